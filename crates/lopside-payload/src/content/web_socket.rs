//! Frames of WebSocket (RFC 6455), unmasked and put together to messages.

use super::{big, place};

/// What one end sends after the upgrade.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sent {
    /// The data messages, each with whether it is sent as text.
    pub(crate) messages: Vec<(bool, Vec<u8>)>,
    /// What pings and pongs hold.
    pub(crate) pings: Vec<Vec<u8>>,
}

/// The messages in what one end sends after the upgrade. `None` where it is no sequence of frames, and where an extension changes their
/// content (compression). A frame that is cut ends it.
pub(crate) fn messages(bytes: &[u8]) -> Option<Sent> {
    let (mut sent, mut open, mut at) = (Sent::default(), None::<(bool, Vec<u8>)>, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(frame) = frame(rest)? else { break };
        at += frame.end;
        match frame.opcode {
            0 => open.as_mut()?.1.extend_from_slice(&frame.content),
            1 | 2 => open = Some((frame.opcode == 1, frame.content)),
            8 => continue,
            9 | 10 => {
                sent.pings.push(frame.content);
                continue;
            }
            _ => return None,
        }
        if frame.last {
            sent.messages.extend(open.take());
        }
    }
    Some(sent)
}

struct Frame {
    opcode: u8,
    /// It ends its message.
    last: bool,
    content: Vec<u8>,
    /// Bytes of all of it.
    end: usize,
}

/// The frame at the start of the bytes: `None` where there is none, nothing inside where it is cut.
fn frame(bytes: &[u8]) -> Option<Option<Frame>> {
    let (Some(first), Some(second)) = (bytes.first(), bytes.get(1)) else { return Some(None) };
    if first & 0x70 != 0 {
        return None;
    }
    let (length, head) = match second & 0x7F {
        126 => (big(bytes, 2, 2), 4),
        127 => (big(bytes, 2, 8), 10),
        short => (Some(u64::from(short)), 2),
    };
    let masked = second & 0x80 != 0;
    let start: usize = head + if masked { 4 } else { 0 };
    let content = length.and_then(|length| bytes.get(start..start.checked_add(place(length))?));
    let Some(content) = content else { return Some(None) };
    let end = start + content.len();
    let content = match bytes.get(head..start) {
        Some(key) if masked => content.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        _ => content.to_vec(),
    };
    Some(Some(Frame { opcode: first & 15, last: first & 0x80 != 0, content, end }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Chance, Talk};

    fn masked(opcode: u8, content: &[u8], key: [u8; 4]) -> Vec<u8> {
        let mut frame = vec![opcode];
        match u8::try_from(content.len()) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => {
                frame.push(0xFE);
                frame.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        frame.extend(key);
        frame.extend(content.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    #[test]
    fn frames_become_messages() {
        let stream = [
            masked(0x01, b"one ", [1, 2, 3, 4]),
            masked(0x89, b"ping", [9, 9, 9, 9]),
            masked(0x80, b"message", [5, 6, 7, 8]),
            masked(0x82, &[7; 300], [0; 4]),
            b"\x81\x05cut".to_vec(),
        ]
        .concat();
        let sent = messages(&stream).unwrap();
        assert_eq!(sent.messages, [(true, b"one message".to_vec()), (false, vec![7; 300])]);
        assert_eq!(sent.pings, [b"ping"]);
        assert_eq!(messages(b"\xC1\x02ok"), None);
        assert_eq!(messages(b"\x80\x02ok"), None);
    }

    #[test]
    fn what_a_message_holds_is_judged() {
        for noise in [false, true] {
            let mut chance = Chance::new(48);
            let mut talk = Talk::default();
            talk.send(b"GET /s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            talk.reply(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            );
            for number in 0..20 {
                let mut message =
                    format!("{{\"event\":\"state\",\"number\":{number},\"text\":\"all is quiet\"}}")
                        .into_bytes();
                if noise {
                    let length = 20 + chance.below(120);
                    message.extend(chance.of(b"abcdefghijklmnopqrstuvwxyz0123456789", length));
                }
                let key = u32::try_from(chance.below(1 << 30)).unwrap().to_be_bytes();
                talk.send(&masked(0x81, &message, key));
                talk.reply(b"\x81\x02ok");
            }
            assert_eq!(talk.judge().junk, noise);
        }
    }
}
