//! A character of noise between every few characters of text.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::encode::percent;
use crate::junk::noise::Alphabet;
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};
use crate::junk::web::Web;

/// Text with noise between.
#[derive(Debug, Clone, Copy)]
struct Mixer {
    /// Real characters before each noise character.
    every: usize,
    /// Whether noise comes first.
    first: bool,
    alphabet: Alphabet,
}

impl Mixer {
    fn draw(order: &mut Order, alphabets: &[Alphabet]) -> Self {
        // The share of junk follows from the period: a half, a third, … a seventh.
        let every = if order.hard {
            1 + order.chance.below(8)
        } else {
            ((1.0 / order.share.clamp(0.15, 0.6)) - 0.5) as usize
        };
        Self {
            every: every.clamp(1, 8),
            first: order.chance.happens(0.5),
            alphabet: order.chance.one(alphabets),
        }
    }

    fn mix(self, chance: &mut Chance, text: &[u8]) -> (Vec<u8>, usize) {
        let mut mixed = Vec::with_capacity(text.len() * 2 + 2);
        let mut count = 0;
        for (number, part) in text.chunks(self.every).enumerate() {
            if number > 0 || self.first {
                mixed.extend(self.alphabet.noise(chance, 1));
                count += 1;
            }
            mixed.extend(part);
        }
        (mixed, count)
    }
}

/// Whole messages of it.
pub(super) fn body(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let text = Text::draw(&mut order.chance);
    let mixer = Mixer::draw(
        order,
        &[Alphabet::Lower, Alphabet::Alnum, Alphabet::Base64, Alphabet::Printable, Alphabet::Bytes],
    );
    talk.mark(&format!("every {} {}", mixer.every, mixer.alphabet.word()));
    let kind = order.chance.pick(&[
        "text/plain",
        "application/octet-stream",
        "text/html",
        "application/x-www-form-urlencoded",
    ]);
    let mut carry = Carry::new(order, carrier, false);
    let mut real = 0;
    for turn in 0..order.messages {
        let size = order.size();
        let content = text.make(&mut order.chance, (size * mixer.every / (mixer.every + 1)).max(12));
        real += content.len();
        let (message, junk) = mixer.mix(&mut order.chance, content.as_bytes());
        carry.put(order, &mut talk, turn, kind, message, junk);
    }
    talk.undecidable = real < 200 * mixer.every;
    talk
}

/// The path or the query of requests.
pub(super) fn request(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mixer = Mixer::draw(order, &[Alphabet::Lower, Alphabet::Alnum, Alphabet::Hex]);
    let place = order.chance.pick(&["query", "path", "cookie"]);
    talk.mark(&format!("{place} every {} {}", mixer.every, mixer.alphabet.word()));
    let mut web = Web::new(order);
    let (name, path) = (prose::word(&mut order.chance), web.path(&mut order.chance));
    let mut real = 0;
    for _ in 0..order.messages {
        let size = order.size().min(900) * mixer.every / (mixer.every + 1);
        let fields = ["owner", "path", "comment"];
        let content = match order.chance.below(3) {
            0 => prose::record(&mut order.chance, &fields),
            1 => prose::words(&mut order.chance, size.max(16)),
            _ => format!(
                "host={}&user={}&task={}",
                order.host,
                prose::person(&mut order.chance),
                prose::words(&mut order.chance, size.max(8))
            ),
        };
        real += content.len();
        let (mixed, junk) = mixer.mix(&mut order.chance, content.as_bytes());
        let mixed = percent(&mixed);
        let bytes = match place {
            "query" => web.request("GET", &format!("{path}?{name}={mixed}"), &[], None),
            "path" => web.request("GET", &format!("{path}/{mixed}"), &[], None),
            _ => web.request("GET", &path, &[("Cookie", format!("{name}={mixed}"))], None),
        };
        talk.say(Side::Out, bytes, junk);
        talk.back(web.short_answer(&mut order.chance));
    }
    order.bulk = Bulk::Out;
    talk.undecidable = real < 200 * mixer.every;
    talk
}
