//! Values of RPC encodings: protobuf, MessagePack, BSON, Thrift's compact cousin.

use crate::chance::Chance;
use crate::junk::encode::varint;
use crate::junk::prose;

/// Kinds of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Number,
    Text,
    Long,
    Real,
    Flag,
    Key,
    Blob,
}

/// The fields that messages of a conversation have in common.
#[derive(Debug, Clone)]
pub(crate) struct Shape(Vec<Field>);

impl Shape {
    /// A shape; with keys and values that look random, as real ones have.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let kinds =
            [Field::Number, Field::Text, Field::Long, Field::Real, Field::Flag, Field::Key, Field::Blob];
        Self((0..4 + chance.below(6)).map(|_| chance.one(&kinds)).collect())
    }
}

fn long(chance: &mut Chance, bytes: usize) -> String {
    let length = (chance.spread(bytes as f64, 0.4) as usize).clamp(3, 4_000);
    prose::words(chance, length)
}

/// A message of about so many bytes.
pub(crate) fn protobuf(chance: &mut Chance, shape: &Shape, bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let each = (bytes / (shape.0.len() + 1)).clamp(4, 60);
    while out.len() < bytes {
        let mut item = Vec::new();
        for (number, field) in shape.0.iter().enumerate() {
            let tag = |kind: u64| varint((number as u64 + 1) << 3 | kind);
            let counted = |bytes: &[u8]| [varint(bytes.len() as u64), bytes.to_vec()].concat();
            let value = match field {
                Field::Number => [tag(0), varint(chance.spread(5_000.0, 2.0) as u64)].concat(),
                Field::Flag => [tag(0), vec![chance.below(2) as u8]].concat(),
                Field::Real => [tag(1), chance.real(0.0, 900.0).to_le_bytes().to_vec()].concat(),
                Field::Text => [tag(2), counted(prose::word(chance).as_bytes())].concat(),
                Field::Long => [tag(2), counted(long(chance, each).as_bytes())].concat(),
                Field::Key => [tag(2), counted(&chance.bytes(16))].concat(),
                Field::Blob => {
                    let length = chance.spread(each as f64, 0.5) as usize + 1;
                    [tag(2), counted(&chance.bytes(length))].concat()
                }
            };
            item.extend(value);
        }
        if out.is_empty() && item.len() * 2 > bytes {
            return item;
        }
        out.extend(varint(15 << 3 | 2));
        out.extend(varint(item.len() as u64));
        out.extend(item);
    }
    out
}

/// A map, or an array of maps, of about so many bytes.
pub(crate) fn msgpack(chance: &mut Chance, shape: &Shape, bytes: usize) -> Vec<u8> {
    let mut items = Vec::new();
    let (mut size, each) = (0, (bytes / (shape.0.len() + 1)).clamp(4, 60));
    while size < bytes && items.len() < 60_000 {
        let mut item = vec![0x80 | shape.0.len() as u8];
        for (number, field) in shape.0.iter().enumerate() {
            text(&mut item, &format!("f{number}"));
            match field {
                Field::Number => {
                    item.push(0xce);
                    item.extend((chance.spread(5_000.0, 2.0) as u32).to_be_bytes());
                }
                Field::Flag => item.push(0xc2 | chance.below(2) as u8),
                Field::Real => {
                    item.push(0xcb);
                    item.extend(chance.real(0.0, 900.0).to_be_bytes());
                }
                Field::Text => text(&mut item, prose::word(chance)),
                Field::Long => text(&mut item, &long(chance, each)),
                Field::Key | Field::Blob => {
                    let length =
                        if *field == Field::Key { 16 } else { chance.spread(each as f64, 0.5) as usize + 1 };
                    item.push(0xc5);
                    item.extend((length as u16).to_be_bytes());
                    item.extend(chance.bytes(length));
                }
            }
        }
        size += item.len();
        items.push(item);
    }
    if items.len() == 1 {
        return items.concat();
    }
    let mut out = vec![0xdc];
    out.extend((items.len() as u16).to_be_bytes());
    out.extend(items.concat());
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    if text.len() < 32 {
        out.push(0xa0 | text.len() as u8);
    } else {
        out.push(0xda);
        out.extend((text.len() as u16).to_be_bytes());
    }
    out.extend(text.as_bytes());
}

/// A document of about so many bytes, with binary values.
pub(crate) fn bson(chance: &mut Chance, shape: &Shape, bytes: usize) -> Vec<u8> {
    let mut out = vec![0; 4];
    let each = (bytes / (shape.0.len() + 1)).max(4);
    for (number, field) in shape.0.iter().enumerate() {
        let (kind, value) = match field {
            Field::Number => (0x10, (chance.spread(5_000.0, 2.0) as u32).to_le_bytes().to_vec()),
            Field::Flag => (0x08, vec![chance.below(2) as u8]),
            Field::Real => (0x01, chance.real(0.0, 900.0).to_le_bytes().to_vec()),
            Field::Key => (0x07, chance.bytes(12)),
            Field::Text | Field::Long => {
                let text = long(chance, each);
                (0x02, [&(text.len() as u32 + 1).to_le_bytes()[..], text.as_bytes(), &[0]].concat())
            }
            Field::Blob => {
                let length = chance.spread(each as f64, 0.5) as usize + 1;
                (0x05, [&(length as u32).to_le_bytes()[..], &[0], &chance.bytes(length)].concat())
            }
        };
        out.push(kind);
        out.extend(format!("f{number}\0").as_bytes());
        out.extend(value);
    }
    out.push(0);
    let length = out.len() as u32;
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// The struct of a call in Thrift's binary protocol.
pub(crate) fn thrift(chance: &mut Chance, shape: &Shape, bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let each = (bytes / (shape.0.len() + 1)).max(4);
    for (number, field) in shape.0.iter().enumerate() {
        let (kind, value) = match field {
            Field::Number => (8, (chance.spread(5_000.0, 2.0) as u32).to_be_bytes().to_vec()),
            Field::Flag => (2, vec![chance.below(2) as u8]),
            Field::Real => (4, chance.real(0.0, 900.0).to_be_bytes().to_vec()),
            _ => {
                let content = match field {
                    Field::Key => chance.bytes(16),
                    Field::Blob => {
                        let length = chance.spread(each as f64, 0.5) as usize + 1;
                        chance.bytes(length)
                    }
                    _ => long(chance, each).into_bytes(),
                };
                (11, [&(content.len() as u32).to_be_bytes()[..], &content].concat())
            }
        };
        out.push(kind);
        out.extend((number as u16 + 1).to_be_bytes());
        out.extend(value);
    }
    out.push(0);
    out
}
