//! Junk of a length that never changes, added to each encoded string before, behind or within it.

use crate::junk::carry::Carry;
use crate::junk::encode::{base64, hex};
use crate::junk::noise::Alphabet;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose::Text;

/// The same length in every message of the conversation.
pub(super) fn make(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let most = order.limit as f64 * 0.6;
    let length = (order.junk_median() * order.chance.real(0.7, 1.3)).clamp(4.0, most) as usize;
    let text = Text::draw(&mut order.chance);
    let encoding = order.chance.pick(&["plain", "base64", "base64 of all", "hex", "ciphertext"]);
    let place = order.chance.pick(&["head", "tail", "inside"]);
    let alphabet = match encoding {
        "base64" => Alphabet::Base64,
        "hex" => Alphabet::Hex,
        "plain" => order.chance.one(Alphabet::ALL),
        _ => Alphabet::Bytes,
    };
    let at_share = order.chance.real(0.2, 0.8);
    let at_fixed = 4 * (2 + order.chance.below(12));
    let kind =
        order.chance.pick(&["text/plain", "application/octet-stream", "text/html", "application/json"]);
    talk.mark(&format!("{encoding} {place} {}", alphabet.word()));
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let real = (order.size().saturating_sub(length)).max(24);
        let clear = text.make(&mut order.chance, real);
        let content = match encoding {
            "base64" => base64(clear.as_bytes()).into_bytes(),
            "hex" => hex(clear.as_bytes()).into_bytes(),
            "ciphertext" => order.chance.bytes(clear.len()),
            _ => clear.into_bytes(),
        };
        let junk = alphabet.noise(&mut order.chance, length);
        let at = match place {
            "head" => 0,
            "tail" => content.len(),
            // Two habits: a place by share, and a place by number.
            _ if at_share < 0.5 => at_fixed.min(content.len()),
            _ => (content.len() as f64 * at_share) as usize,
        };
        let mut message = [&content[..at], &junk, &content[at..]].concat();
        let mut count = length;
        if encoding == "base64 of all" {
            message = base64(&message).into_bytes();
            count = count * 4 / 3;
        }
        carry.put(order, &mut talk, turn, kind, message, count);
    }
    // A random head or tail of a few dozen bytes on a stream may be a code that authenticates the message, and what
    // stands beside ciphertext may be its nonce.
    let may_be_a_code = carry.bare() && place != "inside" && length <= 64 && alphabet == Alphabet::Bytes;
    let framed_code = !carry.bare() && carrier != Carrier::Http && length <= 64 && place != "inside";
    talk.undecidable = encoding == "ciphertext"
        || may_be_a_code
        || framed_code
        || length < 8
        || length * order.messages < 64;
    talk
}
