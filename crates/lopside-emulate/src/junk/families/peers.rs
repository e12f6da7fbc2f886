//! Messages between peers: a short header with a pad length, and a random tail of up to 255 bytes.

use crate::junk::noise::Law;
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;

/// Datagrams, or messages on a stream with a length before; as they are, or wholly obfuscated.
pub(super) fn make(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let whole = order.chance.happens(0.5);
    let most = order.chance.one(&[255, 255, 255, 127, 63]);
    let law = Law::Uniform(0, most);
    let base = order.chance.one(&[24, 44, 60, 76]);
    let key = order.chance.bytes(16);
    talk.mark(if whole { "obfuscated" } else { "clear" });
    let kinds = order.chance.bytes(4);
    let mut padded = 0;
    for turn in 0..order.messages {
        let reply = order.chance.happens(0.4);
        let kind = kinds[order.chance.below(3)];
        for side in [order.sender(turn), if order.sender(turn) == Side::Out { Side::In } else { Side::Out }]
            .into_iter()
            .take(1 + usize::from(reply))
        {
            let length = law.next(&mut order.chance);
            let mut message = vec![kind, length as u8, 1, turn as u8];
            message.extend(order.chance.bytes(16));
            let body = prose::words(&mut order.chance, base);
            message.extend(&body.as_bytes()[..base.min(body.len())]);
            message.extend(order.chance.bytes(length));
            padded += usize::from(length > 0);
            if whole {
                obfuscate(&mut message, &key, turn);
            }
            let mut bytes = Vec::new();
            if carrier == Carrier::Tcp {
                bytes.extend((message.len() as u16).to_be_bytes());
            }
            bytes.extend(message);
            talk.say(side, bytes, length);
        }
    }
    // Only the law of sizes tells when all is obfuscated, and it takes tens of messages.
    talk.undecidable = padded < if whole { 48 } else { 24 };
    if whole {
        talk.expected = Some(&["suspect", "junk"]);
    }
    talk
}

/// A key stream that looks like a cipher's, and each byte with the one before.
fn obfuscate(message: &mut [u8], key: &[u8], turn: usize) {
    let mut state = crate::chance::mix(
        turn as u64 ^ u64::from_le_bytes([key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7]]),
    );
    let mut before = 0;
    for byte in message {
        state = crate::chance::mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
        *byte ^= state as u8 ^ before;
        before = *byte;
    }
}
