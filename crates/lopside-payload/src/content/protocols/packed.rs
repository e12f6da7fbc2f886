//! Ways to write values in bytes: each value says itself where it ends.

use super::{Extent, Over, Protocol, bare, protocol};
use crate::content::{big, little, place};

pub(super) const ALL: &[Protocol] = &[
    protocol("gRPC", Over::Streams, grpc),
    bare("Protocol Buffers", |bytes| fields(bytes).map(|end| Extent::with_rest(end, bytes.len()))),
    bare("MessagePack", message_pack),
    bare("CBOR", cbor),
    bare("BSON", bson),
    bare("pickle", pickle),
    protocol("Thrift", Over::Anything, thrift),
];

/// More values of one message are not followed.
const MOST: usize = 1 << 14;

/// What the values of a message hold; a message without words is believed of no kind.
#[derive(Default)]
struct Held {
    /// Texts of three letters and more.
    texts: usize,
}

impl Held {
    fn take(&mut self, bytes: Option<&[u8]>) {
        let text = |bytes: &[u8]| bytes.len() >= 3 && bytes.iter().all(|byte| matches!(byte, 32..=126));
        self.texts += usize::from(bytes.is_some_and(text));
    }
}

/// A message behind a byte for compression and its length: fields of Protocol Buffers fill it.
fn grpc(bytes: &[u8]) -> Option<Extent> {
    let end = place(big(bytes, 1, 4)?) + 5;
    let message = bytes.get(5..end).filter(|_| bytes.first() == Some(&0))?;
    Some(Extent::with_rest(5 + fields(message)?, end))
}

/// A number of seven bits a byte, least first, and where it ends.
fn varint(bytes: &[u8], from: usize) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for at in 0..10 {
        let byte = *bytes.get(from + at)?;
        number |= u64::from(byte & 0x7F).checked_shl(7 * at as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((number, from + at + 1));
        }
    }
    None
}

/// Where fields end that begin with the first ones and go up: several, with text. Field 0 and the kinds 6 and 7 are of nothing.
fn fields(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut last, mut count, mut held) = (0, 0, 0, Held::default());
    while let Some((tag, start)) = varint(bytes, at) {
        let number = tag >> 3;
        let end = match tag & 7 {
            0 => varint(bytes, start).map(|(_, end)| end),
            1 => Some(start + 8),
            2 => varint(bytes, start).and_then(|(length, from)| {
                let end = from.checked_add(place(length))?;
                held.take(bytes.get(from..end));
                Some(end)
            }),
            5 => Some(start + 4),
            _ => None,
        };
        let Some(end) = end.filter(|end| *end <= bytes.len() && number >= last.max(1) && number <= last + 64)
        else {
            break;
        };
        (at, last, count) = (end, number, count + 1);
        if count > MOST {
            return None;
        }
    }
    (count >= 3 && last >= 2 && held.texts > 0).then_some(at)
}

/// The fields of bytes that a message of Protocol Buffers fills from its start to its end, in any order: the number of each that holds
/// bytes, and these. `None` where they do not fill it.
pub(crate) fn fields_of(bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let (mut at, mut fields) = (0, Vec::new());
    while at < bytes.len() {
        let (tag, start) = varint(bytes, at)?;
        let end = match tag & 7 {
            0 => varint(bytes, start)?.1,
            1 => start + 8,
            5 => start + 4,
            2 => {
                let (length, from) = varint(bytes, start)?;
                let end = from.checked_add(place(length))?;
                fields.push((tag >> 3, bytes.get(from..end)?));
                end
            }
            _ => return None,
        };
        at = end;
        if tag >> 3 == 0 || fields.len() > MOST {
            return None;
        }
    }
    (at == bytes.len()).then_some(fields)
}

/// A map or an array of several values (MessagePack).
fn message_pack(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes.first()?, 0x82..=0x8F | 0x92..=0x9F | 0xDC..=0xDF);
    let (mut at, mut left, mut count, mut held) = (0, usize::from(known), 0, Held::default());
    while left > 0 {
        let byte = *bytes.get(at)?;
        let number = |width| big(bytes, at + 1, width).map(place);
        // How long the value is itself, and how many it holds.
        let (length, holds) = match byte {
            0x80..=0x8F => (1, 2 * usize::from(byte & 15)),
            0x90..=0x9F => (1, usize::from(byte & 15)),
            0xA0..=0xBF => (1 + usize::from(byte & 31), 0),
            0xC4 | 0xD9 => (2 + number(1)?, 0),
            0xC5 | 0xDA => (3 + number(2)?, 0),
            0xC6 | 0xDB => (5 + number(4)?, 0),
            0xC7 => (3 + number(1)?, 0),
            0xC8 => (4 + number(2)?, 0),
            0xC9 => (6 + number(4)?, 0),
            0xCC | 0xD0 => (2, 0),
            0xCD | 0xD1 | 0xD4 => (3, 0),
            0xCA | 0xCE | 0xD2 => (5, 0),
            0xCB | 0xCF | 0xD3 => (9, 0),
            0xD5 => (4, 0),
            0xD6 => (6, 0),
            0xD7 => (10, 0),
            0xD8 => (18, 0),
            0xDC => (3, number(2)?),
            0xDD => (5, number(4)?),
            0xDE => (3, 2 * number(2)?),
            0xDF => (5, number(4)?.checked_mul(2)?),
            0xC1 => return None,
            _ => (1, 0),
        };
        if matches!(byte, 0xA3..=0xBF | 0xD9..=0xDB) {
            let head = if byte < 0xC0 { 1 } else { 2 };
            held.take(bytes.get(at + head..at + length));
        }
        at = at.checked_add(length).filter(|end| *end <= bytes.len())?;
        (left, count) = ((left - 1).checked_add(holds)?, count + 1);
        if count > MOST || left > MOST {
            return None;
        }
    }
    (count >= 4 && held.texts >= 2).then(|| Extent::to(at))
}

/// A map or an array of several values (RFC 8949).
pub(super) fn cbor(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes.first()?, 0x82..=0x9B | 0xA2..=0xBB | 0xD8 | 0xD9);
    let (mut at, mut left, mut count, mut held) = (0, usize::from(known), 0, Held::default());
    while left > 0 {
        let byte = *bytes.get(at)?;
        let (number, head) = match byte & 31 {
            small @ 0..=23 => (u64::from(small), 1),
            24 => (big(bytes, at + 1, 1)?, 2),
            25 => (big(bytes, at + 1, 2)?, 3),
            26 => (big(bytes, at + 1, 4)?, 5),
            27 => (big(bytes, at + 1, 8)?, 9),
            // Values of no stated length are seldom and end in a mark.
            _ => return None,
        };
        let (length, holds) = match byte >> 5 {
            2 | 3 => (place(number), 0),
            4 => (0, place(number)),
            5 => (0, place(number).checked_mul(2)?),
            6 => (0, 1),
            _ => (0, 0),
        };
        let start = at + head;
        let end = start.checked_add(length).filter(|end| *end <= bytes.len())?;
        if byte >> 5 == 3 {
            held.take(bytes.get(start..end));
        }
        at = end;
        (left, count) = ((left - 1).checked_add(holds)?, count + 1);
        if count > MOST || left > MOST {
            return None;
        }
    }
    (count >= 4 && held.texts >= 2).then(|| Extent::to(at))
}

/// A document by its length, which a zero ends, and of which the names of its first value can be printed.
fn bson(bytes: &[u8]) -> Option<Extent> {
    let end = place(little(bytes, 0, 4)?);
    let rest = bytes.get(5..bytes.len().min(end.max(5)))?;
    let name = rest.get(..memchr::memchr(0, rest.get(..rest.len().min(64))?)?)?;
    let known = matches!(bytes.get(4)?, 1..=19) && !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    (known && end >= 12 && *bytes.get(end - 1)? == 0).then(|| Extent::to(end))
}

/// One frame by its length, at whose end stands the mark that ends all (Python's pickle from version 4 on).
fn pickle(bytes: &[u8]) -> Option<Extent> {
    let end = place(little(bytes, 3, 8)?).checked_add(11)?;
    let known = matches!(bytes, [0x80, 4 | 5, 0x95, ..]) && (16..1 << 24).contains(&end);
    (known && *bytes.get(end - 1)? == b'.').then(|| Extent::to(end))
}

/// A call by its name, its number and the fields of its arguments (the strict binary protocol), with its length before it or not.
fn thrift(bytes: &[u8]) -> Option<Extent> {
    let start = if big(bytes, 0, 2)? == 0x8001 { 0 } else { 4 };
    let known = matches!(big(bytes, start, 4)?, 0x8001_0001..=0x8001_0004);
    let name = place(big(bytes, start + 4, 4)?);
    let text = bytes.get(start + 8..)?.get(..name)?;
    let word = (1..=128).contains(&name) && text.iter().all(u8::is_ascii_graphic);
    let end = (known && word).then(|| thrift_value(bytes, 12, start + 12 + name, 0))??;
    let said = if start == 0 { end } else { 4 + place(big(bytes, 0, 4)?) };
    (end <= said).then(|| Extent::with_rest(end, said))
}

/// Where a value of a type ends.
fn thrift_value(bytes: &[u8], kind: u8, at: usize, depth: usize) -> Option<usize> {
    let end = match kind {
        2 | 3 => at + 1,
        6 => at + 2,
        8 => at + 4,
        4 | 10 => at + 8,
        11 => at.checked_add(4)?.checked_add(place(big(bytes, at, 4)?))?,
        12 if depth < 16 => {
            let mut at = at;
            loop {
                let kind = *bytes.get(at)?;
                if kind == 0 {
                    break at + 1;
                }
                at = thrift_value(bytes, kind, at + 3, depth + 1)?;
            }
        }
        13..=15 if depth < 16 => {
            let kinds = if kind == 13 { 2 } else { 1 };
            let (first, last) = (*bytes.get(at)?, *bytes.get(at + kinds - 1)?);
            let count = big(bytes, at + kinds, 4).filter(|count| *count <= MOST as u64)?;
            let mut at = at + kinds + 4;
            for _ in 0..count {
                at = thrift_value(bytes, first, at, depth + 1)?;
                if kind == 13 {
                    at = thrift_value(bytes, last, at, depth + 1)?;
                }
            }
            at
        }
        _ => return None,
    };
    (end <= bytes.len()).then_some(end)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;
    use super::*;

    const FIELDS: &[u8] = b"\x08\x01\x12\x06report\x1A\x04text\x28\x07";

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("gRPC", || [&[0, 0, 0, 0, FIELDS.len() as u8], FIELDS].concat()),
        ("Protocol Buffers", || FIELDS.to_vec()),
        ("MessagePack", || b"\x83\xA4host\xA8depot-17\xA4load\xCB\x3F\xE0\0\0\0\0\0\0\xA2ok\xC3".to_vec()),
        ("CBOR", || b"\xA3\x64host\x68depot-17\x64load\x18\x2A\x62ok\xF5".to_vec()),
        ("pickle", || b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8C\x0Cdepot waits.\x94.".to_vec()),
        ("Thrift", || b"\x80\x01\0\x01\0\0\0\x04ping\0\0\0\x01\x0B\0\x01\0\0\0\x05depot\0".to_vec()),
        ("BSON", || b"\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0".to_vec()),
    ];

    #[test]
    fn what_no_field_takes_is_a_hole() {
        let noise = [7, 0xD6, 0x7B, 0x48];
        let message = [&[0, 0, 0, 0, (FIELDS.len() + 4) as u8], FIELDS, &noise].concat();
        let found = grpc(&message).unwrap();
        assert_eq!((found.hole, found.end), (message.len() - 4..message.len(), message.len()));
    }
}
