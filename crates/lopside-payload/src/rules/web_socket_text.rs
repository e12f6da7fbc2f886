//! Messages of WebSocket that are sent as text and hold none.
//!
//! Speaks for: messages sent as text, which is UTF-8 (RFC 6455, 8.1), whose bytes are drawn evenly. Silent for: messages sent as binary,
//! text of any script. Minimum: 2 different messages, 64 bytes.

use super::{Look, Pool};
use crate::class::Class;
use crate::evidence::Evidence;
use crate::statistics::Alphabet;

const MESSAGES: usize = 2;
const LEAST: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let texts = look.reading.units.iter().filter(|unit| unit.is_raw() && unit.declared == "text/plain");
    for unit in texts {
        let noise = matches!(unit.class, Class::Random(even) if even.alphabet == Alphabet::Bytes);
        if noise && std::str::from_utf8(&unit.bytes).is_err() {
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    if pool.count < MESSAGES || pool.total < LEAST || pool.same {
        return Vec::new();
    }
    let text = format!(
        "{} messages of WebSocket are sent as text and hold none: {} bytes that are drawn evenly",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, 0.5, text).with_example(&pool.first)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    #[test]
    fn text_of_web_socket_has_to_be_text() {
        let judged = |opcode: u8, messages: usize| {
            let mut chance = Chance::new(63);
            let mut talk = Talk::default();
            talk.send(b"GET /s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            talk.reply(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            );
            for _ in 0..messages {
                let length = 60 + chance.below(60);
                talk.reply(&[&[opcode, length as u8], chance.bytes(length).as_slice()].concat());
                talk.send(b"\x81\x82\0\0\0\0ok");
            }
            talk.judge().junk
        };
        assert!(judged(0x81, 8));
        assert!(!judged(0x82, 8));
        assert!(judged(0x81, 2));
        assert!(!judged(0x81, 1));
    }
}
