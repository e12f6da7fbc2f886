//! Filler at the head, at the tail or inside of documents that say themselves where they begin and end.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::encode::gzip;
use crate::junk::formats;
use crate::junk::noise::{Alphabet, Law};
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;

/// Documents that junk stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    Json,
    Xml,
    Html,
    Png,
    Gzip,
    Text,
}

impl Document {
    fn draw(chance: &mut Chance) -> Self {
        chance.one(&[Self::Json, Self::Json, Self::Xml, Self::Html, Self::Png, Self::Gzip, Self::Text])
    }

    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Html => "html",
            Self::Png => "png",
            Self::Gzip => "gzip",
            Self::Text => "text",
        }
    }

    fn is_text(self) -> bool {
        !matches!(self, Self::Png | Self::Gzip)
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml",
            Self::Html => "text/html; charset=utf-8",
            Self::Png => "image/png",
            Self::Gzip => "application/gzip",
            Self::Text => "text/plain",
        }
    }

    fn make(self, chance: &mut Chance, fields: &[&str], bytes: usize) -> Vec<u8> {
        match self {
            Self::Json => prose::json(chance, fields, bytes).into_bytes(),
            Self::Xml => prose::xml(chance, bytes).into_bytes(),
            Self::Html => prose::html(chance, bytes).into_bytes(),
            Self::Png => formats::png(chance, bytes),
            // Logs deflate to about a third.
            Self::Gzip => gzip(prose::log(chance, bytes * 3).as_bytes()),
            Self::Text => prose::sentences(chance, bytes).into_bytes(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    Tail,
    Inside,
}

/// Junk before the document.
pub(super) fn head(order: &mut Order, carrier: Carrier) -> Talk {
    make(order, carrier, Place::Head)
}

/// Junk behind the document.
pub(super) fn tail(order: &mut Order, carrier: Carrier) -> Talk {
    make(order, carrier, Place::Tail)
}

/// Junk in the middle of the document, at a place that is drawn anew or stays.
pub(super) fn inside(order: &mut Order, carrier: Carrier) -> Talk {
    make(order, carrier, Place::Inside)
}

fn make(order: &mut Order, carrier: Carrier, place: Place) -> Talk {
    let mut talk = Talk::default();
    let document = Document::draw(&mut order.chance);
    let alphabet = if order.hard {
        order.chance.one(&[
            Alphabet::Words,
            Alphabet::Alnum,
            Alphabet::Base64,
            Alphabet::Hex,
            Alphabet::Bytes,
        ])
    } else {
        order.chance.one(Alphabet::ALL)
    };
    let mean = order.junk_median();
    let law = Law::around(&mut order.chance, mean);
    let fixed_place = order.chance.happens(0.5).then(|| order.chance.real(0.1, 0.9));
    let fields = prose::fields(&mut order.chance);
    let mut carry = Carry::new(order, carrier, false);
    for word in [document.word(), alphabet.word(), law.word()] {
        talk.mark(word);
    }
    let mut filler = 0;
    for turn in 0..order.messages {
        let (real, _) = order.split();
        let content = document.make(&mut order.chance, &fields, real);
        let length = law.next(&mut order.chance);
        let room = order.limit.saturating_sub(content.len());
        let junk = alphabet.noise(&mut order.chance, length.min(room.max(8)));
        filler += junk.len();
        let count = junk.len();
        let message = match place {
            Place::Head => [junk, content].concat(),
            Place::Tail => [content, junk].concat(),
            Place::Inside => {
                let share = fixed_place.unwrap_or_else(|| order.chance.real(0.1, 0.9));
                let at = (content.len() as f64 * share) as usize;
                [&content[..at], &junk, &content[at..]].concat()
            }
        };
        carry.put(order, &mut talk, turn, document.kind(), message, count);
    }
    // Sense and nonsense cannot be told from each other in text without a grammar, a few letters within text hardly, and a
    // handful of bytes proves nothing.
    let in_text = document == Document::Text || place == Place::Inside && document.is_text();
    let faint = in_text && alphabet != Alphabet::Bytes && filler / order.messages.max(1) < 16;
    talk.undecidable = filler < 48 || faint || alphabet == Alphabet::Words && in_text;
    talk
}
