//! Images.

use crate::junk::formats;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::web::{Body, Web};

/// PNG images.
pub(super) fn png(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let image = formats::png(&mut order.chance, size);
        web.exchange(order, &mut talk, turn, Body::new("image/png", image));
    }
    talk
}
