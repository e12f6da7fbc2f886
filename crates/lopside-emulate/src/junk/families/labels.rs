//! Names of DNS with data in them and characters or labels added that mean nothing.

use crate::chance::Chance;
use crate::junk::dns::{self, Edns, Question};
use crate::junk::encode::{base32, hex};
use crate::junk::noise::{Alphabet, Law};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose::{self, Text};

/// Encoded data with extra characters, so that labels look normal.
pub(super) fn polluted(order: &mut Order, _: Carrier) -> Talk {
    let encoding = order.chance.pick(&["hex", "base32"]);
    // Characters that the encoding does not have.
    let foreign: &[u8] = match (encoding, order.chance.below(2)) {
        ("hex", 0) => b"ghijklmnopqrstuvwxyz",
        ("hex", _) => b"-",
        (_, 0) => b"0189",
        _ => b"-0",
    };
    let share = order.share.clamp(0.05, 0.6);
    let alphabet = String::from_utf8_lossy(foreign).into_owned();
    let few = order.messages < 12;
    let mut talk =
        make(order, &format!("{encoding} {}", alphabet.get(..2).unwrap_or("-")), move |chance, size| {
            let real = ((size as f64 * (1.0 - share)) as usize).max(8);
            let encoded = encode(chance, encoding, real);
            let (mut name, mut junk) = (String::new(), 0);
            for symbol in encoded.chars() {
                name.push(symbol);
                if chance.happens(share / (1.0 - share)) {
                    name.push(foreign[chance.below(foreign.len())] as char);
                    junk += 1;
                }
            }
            (split(&name, 48), junk)
        });
    talk.undecidable = few;
    talk
}

/// Labels of random characters beside labels with data.
pub(super) fn added(order: &mut Order, _: Carrier) -> Talk {
    let messages = order.messages;
    let alphabet = order.chance.one(&[Alphabet::Lower, Alphabet::Alnum, Alphabet::Hex]);
    let front = order.chance.happens(0.5);
    let share = order.share.clamp(0.05, 0.9);
    let mut talk = make(order, alphabet.word(), move |chance, size| {
        let real = ((size as f64 * (1.0 - share)) as usize).max(6);
        let encoded = split(&encode(chance, "base32", real), 40);
        let mean = (size as f64 * share) as usize;
        let length = Law::Uniform(3.max(mean / 3), 8.max(mean * 5 / 3)).next(chance).min(90);
        let junk = split(&alphabet.text(chance, length).to_lowercase(), 30);
        let name = if front { format!("{junk}.{encoded}") } else { format!("{encoded}.{junk}") };
        (name, length)
    });
    // Only the law of lengths tells them from digests and keys.
    talk.undecidable = messages < 24;
    talk
}

/// Ordinary questions, and answers of text with junk in it.
pub(super) fn answers(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let zone = zone(&mut order.chance);
    let alphabet = order.chance.one(&[Alphabet::Alnum, Alphabet::Base64, Alphabet::Bytes]);
    let padding = order.chance.happens(0.35);
    talk.mark(if padding { "EDNS padding" } else { "TXT" });
    talk.mark(alphabet.word());
    for number in 0..order.messages {
        let question = Question {
            id: order.chance.word() as u16,
            name: format!("{}{number}.{zone}", prose::word(&mut order.chance)),
            kind: if padding { dns::A } else { dns::TXT },
        };
        let (real, junk) = order.split();
        if padding {
            // Padding has to be zeros.
            let edns = Edns { options: vec![(dns::PADDING, order.chance.bytes(junk.min(800)))], block: None };
            let bytes = dns::query(&question, Some(&edns));
            talk.say(Side::Out, bytes, junk.min(800));
            let ip = order.chance.bytes(4);
            talk.back(dns::answer(&question, &[(dns::A, ip)], None));
        } else {
            talk.out(dns::query(&question, None));
            let mut text = format!(
                "v=cfg1; {}; ",
                Text::Sentences.make(&mut order.chance, real.max(8)).replace('\n', " ")
            )
            .into_bytes();
            let length = order.chance.below(2 * junk.clamp(6, 400));
            text.extend(alphabet.noise(&mut order.chance, length));
            talk.say(Side::In, dns::answer(&question, &[(dns::TXT, dns::texts(&text))], None), length);
        }
    }
    talk.undecidable = order.messages < 16;
    talk
}

fn make(
    order: &mut Order,
    variant: &str,
    mut name: impl FnMut(&mut Chance, usize) -> (String, usize),
) -> Talk {
    let mut talk = Talk::default();
    talk.mark(variant);
    let zone = zone(&mut order.chance);
    let kind = order.chance.one(&[dns::A, dns::A, dns::TXT, dns::NULL, dns::AAAA]);
    for _ in 0..order.messages {
        let size = order.size().min(120);
        let (data, junk) = name(&mut order.chance, size);
        let question = Question { id: order.chance.word() as u16, name: format!("{data}.{zone}"), kind };
        talk.say(Side::Out, dns::query(&question, None), junk);
        let answer = match kind {
            dns::A => vec![(dns::A, order.chance.bytes(4))],
            dns::AAAA => vec![(dns::AAAA, order.chance.bytes(16))],
            dns::TXT => vec![(dns::TXT, dns::texts(b"ok"))],
            _ => vec![(dns::NULL, b"ok".to_vec())],
        };
        talk.back(dns::answer(&question, &answer, None));
    }
    talk
}

fn encode(chance: &mut Chance, encoding: &str, length: usize) -> String {
    let clear = Text::Listing.make(chance, length);
    let start = if clear.len() > 70 { 60 } else { 0 };
    let clear = clear.as_bytes().get(start..).unwrap_or_default();
    let bytes = &clear[..clear.len().min(if encoding == "hex" { length / 2 } else { length * 5 / 8 }.max(3))];
    if encoding == "hex" { hex(bytes) } else { base32(bytes) }
}

/// Labels of at most so many characters.
fn split(text: &str, most: usize) -> String {
    let parts: Vec<String> =
        text.as_bytes().chunks(most).map(|part| part.iter().map(|byte| *byte as char).collect()).collect();
    parts.join(".")
}

fn zone(chance: &mut Chance) -> String {
    format!(
        "{}.{}-{}.example.com",
        chance.pick(&["ns", "t", "d", "cdn", "a"]),
        prose::word(chance),
        prose::word(chance)
    )
}
