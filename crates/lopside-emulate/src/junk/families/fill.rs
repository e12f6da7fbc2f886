//! Zeros, one letter or a repeated block, up to a round size.

use crate::junk::carry::Carry;
use crate::junk::encode::gzip;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;

/// Messages padded to a multiple of a size.
pub(super) fn make(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let sizes: &[usize] =
        if carrier == Carrier::Udp { &[256, 512, 1_024] } else { &[256, 512, 1_024, 1_460, 4_096] };
    let size = order.chance.one(sizes);
    let what = order.chance.pick(&["zeros", "letter", "block", "spaces"]);
    let block = {
        let length = 2 + order.chance.below(30);
        order.chance.bytes(length)
    };
    let letter = *order.chance.pick(&["A", "X", "0", "."]).as_bytes().first().unwrap_or(&b'A');
    let packed = order.chance.happens(0.25);
    let kind = if packed { "application/gzip" } else { "application/json" };
    talk.mark(&format!("{what} to {size}{}", if packed { " gzip" } else { "" }));
    let fields = prose::fields(&mut order.chance);
    let mut carry = Carry::new(order, carrier, false);
    let in_http = carrier == Carrier::Http;
    for turn in 0..order.messages {
        let real = (order.size() as f64 * (1.0 - order.share)).max(24.0) as usize;
        let mut message = if packed {
            gzip(prose::log(&mut order.chance, real * 3).as_bytes())
        } else {
            prose::json(&mut order.chance, &fields, real).into_bytes()
        };
        let before = message.len();
        let target = before.next_multiple_of(size).min(order.limit.max(before));
        while message.len() < target {
            message.push(match what {
                "zeros" => 0,
                "letter" => letter,
                "spaces" => b' ',
                _ => block[message.len() % block.len()],
            });
        }
        carry.put(order, &mut talk, turn, kind, message, target - before);
    }
    // Zeros to a record's size are a convention outside HTTP, and blanks around JSON are allowed.
    let convention = what == "zeros" && !in_http || what == "spaces" && !packed;
    talk.undecidable = convention;
    if convention {
        talk.expected = Some(&["padded", "junk", "suspect", "structured", "plain"]);
    }
    talk
}
