//! Bursts of random bytes, and key exchanges that begin with them.

use crate::junk::noise::Law;
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::Web;

/// Purely random bytes to the server, which says nothing: no framing, no type, nothing to tell them from ciphertext.
/// Over HTTP they are declared to be text, a page or a picture, which they are not.
pub(super) fn burst(order: &mut Order, talk: &mut Talk, carrier: Carrier) {
    let mut web = (carrier == Carrier::Http).then(|| Web::new(order));
    let kinds: &[&str] = &[
        "application/octet-stream",
        "application/json",
        "text/html",
        "text/plain",
        "image/png",
        "application/xml",
        "image/jpeg",
    ];
    let kind = order.chance.pick(kinds);
    if let Some(web) = &mut web {
        talk.mark(kind);
        let path = web.path(&mut order.chance);
        for _ in 0..order.messages {
            let size = order.size();
            let bytes = order.chance.bytes(size);
            talk.say(Side::Out, web.request("POST", &path, &[], Some((kind, &bytes))), size);
            talk.back(web.short_answer(&mut order.chance));
        }
        // Ciphertext is often labelled as bytes or as JSON or text that it once was; a picture is never encrypted.
        talk.undecidable = matches!(
            kind,
            "application/octet-stream" | "application/json" | "text/plain" | "application/xml"
        );
        return;
    }
    let chatty = order.chance.happens(0.4);
    for _ in 0..order.messages {
        let size = order.size();
        talk.say(Side::Out, order.chance.bytes(size), size);
        if chatty && order.chance.happens(0.5) {
            let size = order.chance.one(&[4, 8, 16]);
            talk.back(order.chance.bytes(size));
        }
    }
    talk.undecidable = true;
    talk.expected = Some(&["opaque", "too_little"]);
}

/// See [`burst`].
pub(super) fn make(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    burst(order, &mut talk, carrier);
    order.bulk = Bulk::Out;
    talk
}

/// A first message with random bytes of a random number before the key: what a nonce or a salt looks like.
pub(super) fn setup(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let law = Law::Uniform(8, 400);
    let length = law.next(&mut order.chance);
    let mut first = (length as u16).to_be_bytes().to_vec();
    first.extend(order.chance.bytes(length));
    first.extend(order.chance.bytes(32));
    talk.say(Side::Out, first, length);
    talk.back(order.chance.bytes(32));
    let fields = prose::fields(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let text = prose::json(&mut order.chance, &fields, size);
        let mut bytes = (text.len() as u32).to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        talk.say(order.sender(turn), bytes, 0);
    }
    talk.undecidable = true;
    talk
}
