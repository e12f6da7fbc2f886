//! Protocols that carry others in frames: those that HTTP turns into.

use super::{Extent, Over, Protocol, mutual, protocol};
use crate::content::{big, place};

pub(super) const ALL: &[Protocol] =
    &[protocol("WebSocket", Over::Upgraded, web_socket), mutual("HTTP/2", Over::Streams, http2)];

/// By its length, written in the shortest way (RFC 6455).
fn web_socket(bytes: &[u8]) -> Option<Extent> {
    let [first, second, ..] = bytes else { return None };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (length, head) = match second & 0x7F {
        126 => (place(big(bytes, 2, 2)?), 4),
        127 => (place(big(bytes, 2, 8)?), 10),
        short => (usize::from(short), 2),
    };
    let shortest = match head {
        2 => true,
        4 => length > 125,
        _ => (1 << 16..1 << 30).contains(&length),
    };
    let known = match first & 15 {
        0..=2 => first & 0x30 == 0,
        8..=10 => first & 0xF0 == 0x80 && length <= 125,
        _ => false,
    };
    (known && shortest).then(|| Extent::to(head + mask + length))
}

/// By its length; each kind has a size or a stream of its own (RFC 9113).
fn http2(bytes: &[u8]) -> Option<Extent> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if bytes.starts_with(PREFACE) {
        return Some(Extent::to(PREFACE.len()));
    }
    let (length, stream) = (place(big(bytes, 0, 3)?), big(bytes, 5, 4)?);
    let known = match bytes.get(3)? {
        0 | 1 | 9 => (1..1 << 31).contains(&stream) && length <= 1 << 16,
        2 => length == 5,
        3 => length == 4 && stream > 0,
        4 => length.is_multiple_of(6) && stream == 0 && length < 256,
        6 => length == 8 && stream == 0,
        7 => stream == 0 && (8..4096).contains(&length),
        8 => length == 4 && stream < 1 << 31,
        _ => false,
    };
    (known && bytes.get(4)? & 0xD2 == 0).then(|| Extent::to(9 + length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("WebSocket", || b"\x81\x04text".to_vec()),
        ("HTTP/2", || b"\0\0\x04\0\x01\0\0\0\x01data".to_vec()),
        ("HTTP/2", || b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64".to_vec()),
    ];
}
