//! How messages of families go over raw TCP and UDP, and in bodies of HTTP.

use super::order::{Carrier, Order, Side, Talk};
use super::web::{Body, Web};
use crate::chance::Chance;

/// What a message looks like on a stream or in a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// Nothing but the message.
    Bare,
    /// Its length in four bytes, the most significant first.
    Long,
    /// Its length in two bytes, least significant first, and a type before.
    Short(u8),
    /// A line feed behind; for text.
    Line,
    /// A fixed magic, a running number, the length.
    Header([u8; 4]),
}

/// Puts messages on the carrier of a conversation, with answers that fit.
#[derive(Debug, Clone)]
pub(crate) enum Carry {
    /// Bodies of a type.
    Web(Box<Web>),
    /// Framed messages.
    Frames {
        /// How.
        framing: FramingKind,
        /// The next number.
        number: u32,
        /// The share of messages that are answered.
        answered: f64,
    },
}

/// Opaque outside: which framing a conversation keeps to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FramingKind(Framing);

impl Carry {
    /// The carrier of a conversation; `text` where messages hold neither line feeds nor binary.
    pub(crate) fn new(order: &mut Order, carrier: Carrier, text: bool) -> Self {
        if carrier == Carrier::Http {
            return Self::Web(Box::new(Web::new(order)));
        }
        let chance = &mut order.chance;
        let framing = match (carrier, chance.below(5)) {
            (Carrier::Tcp, 0) if text => Framing::Line,
            (Carrier::Tcp, 0 | 1) => Framing::Long,
            (_, 2) => Framing::Short(1 + chance.below(9) as u8),
            (_, 3) => {
                let magic = chance.bytes(2);
                Framing::Header([magic[0], magic[1], 1, 0])
            }
            _ => Framing::Bare,
        };
        let answered = chance.one(&[0.0, 0.0, 0.3, 0.9]);
        Self::Frames { framing: FramingKind(framing), number: chance.below(200) as u32, answered }
    }

    /// Whether messages stand bare, without a length or a type declared around them.
    pub(crate) fn bare(&self) -> bool {
        matches!(self, Self::Frames { framing: FramingKind(Framing::Bare | Framing::Line), .. })
    }

    /// One exchange in which the side that matters sends this message. `kind` is its type in HTTP.
    pub(crate) fn put(
        &mut self,
        order: &mut Order,
        talk: &mut Talk,
        turn: usize,
        kind: &str,
        message: Vec<u8>,
        junk: usize,
    ) {
        match self {
            Self::Web(web) => web.exchange(order, talk, turn, &Body::new(kind, message).with_junk(junk)),
            Self::Frames { framing, number, answered } => {
                *number += 1;
                let bytes = framed(framing.0, *number, &message);
                if order.sender(turn) == Side::Out {
                    talk.say(Side::Out, bytes, junk);
                    if order.chance.happens(*answered) {
                        talk.back(framed(framing.0, *number, &short(&mut order.chance, *number)));
                    }
                } else {
                    if turn == 0 || order.chance.happens(*answered) {
                        talk.out(framed(framing.0, *number, &short(&mut order.chance, *number)));
                    }
                    talk.say(Side::In, bytes, junk);
                }
            }
        }
    }
}

fn short(chance: &mut Chance, number: u32) -> Vec<u8> {
    match chance.below(3) {
        0 => b"OK".to_vec(),
        1 => format!("ACK {number}").into_bytes(),
        _ => format!("{{\"ok\":true,\"seq\":{number}}}").into_bytes(),
    }
}

fn framed(framing: Framing, number: u32, message: &[u8]) -> Vec<u8> {
    let length = message.len() as u32;
    let mut bytes = Vec::with_capacity(message.len() + 12);
    match framing {
        Framing::Bare | Framing::Line => {}
        Framing::Long => bytes.extend(length.to_be_bytes()),
        Framing::Short(kind) => {
            bytes.push(kind);
            bytes.extend((length as u16).to_le_bytes());
        }
        Framing::Header(magic) => {
            bytes.extend(magic);
            bytes.extend(number.to_be_bytes());
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(message);
    if framing == Framing::Line {
        bytes.push(b'\n');
    }
    bytes
}
