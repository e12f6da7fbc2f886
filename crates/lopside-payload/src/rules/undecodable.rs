//! Bodies that declare gzip or deflate and are neither.
//!
//! Speaks for: answers, and requests with pages, scripts, styles and forms, whose declared encoding cannot be undone because they are
//! drawn evenly from the first byte: whoever asked for them would read an error. Silent for: parts of files, cut bodies, text, bodies of
//! cipher blocks and of one length, octet streams and JSON in requests (stores and reporters that encrypt keep the label). Minimum: 3
//! bodies of 64 bytes, 3 lengths.

use super::{Look, Pool};
use crate::class::Class;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::Alphabet;

/// The fewest bodies, and how many lengths they have.
const LEAST: usize = 3;
/// The fewest bytes of a body.
const BYTES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut count) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Http && !unit.partial) {
        count += 1;
        if unit.undecoded && is_noise(unit) && !may_be_ciphertext(look, unit) {
            pool.put(&unit.bytes, unit.bytes.len(), true);
        }
    }
    if !pool.is_unsealed_noise(LEAST, look.limit) {
        return Vec::new();
    }
    let text = format!(
        "{} of {count} bodies are declared to be compressed and cannot be inflated: {} bytes that are drawn evenly from the first on",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, 1.0, text).with_example(&pool.first)]
}

fn is_noise(unit: &Unit<'_>) -> bool {
    let even = matches!(unit.class, Class::Random(even) if even.alphabet == Alphabet::Bytes);
    unit.whole && !unit.headless && unit.bytes.len() >= BYTES && even
}

/// Whether programs send ciphertext so, under the label of what they encrypted.
fn may_be_ciphertext(look: &Look<'_>, unit: &Unit<'_>) -> bool {
    const OPENED: [&str; 5] = ["text/html", "javascript", "text/css", "xml", "x-www-form-urlencoded"];
    let asked = look.reading.exchanges.iter().any(|exchange| exchange.turn == unit.turn && exchange.request);
    let opened = OPENED.iter().any(|kind| unit.declared.contains(kind));
    unit.declared.is_empty() || unit.declared.contains("octet-stream") || asked && !opened
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(declared: &str, make: impl Fn(&mut Chance) -> Vec<u8>) -> Verdict {
        let mut chance = Chance::new(31);
        let mut talk = Talk::default();
        for number in 0..6 {
            talk.send(
                format!("GET /a/{number} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n").as_bytes(),
            );
            let body = make(&mut chance);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {declared}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            talk.reply(&[head.as_bytes(), &body].concat());
        }
        talk.judge().verdict
    }

    #[test]
    fn noise_under_the_label_of_gzip_is_junk() {
        let noise = |chance: &mut Chance| {
            let length = 301 + chance.below(900);
            chance.bytes(length)
        };
        assert_eq!(judged("application/javascript", noise), Verdict::Junk);
        assert_eq!(judged("application/json", noise), Verdict::Junk);
        assert_eq!(judged("application/octet-stream", noise), Verdict::Opaque);
    }

    #[test]
    fn gzip_text_and_cipher_blocks_are_not() {
        let gzip = |chance: &mut Chance| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            let noise = chance.bytes(400);
            encoder.write_all(&noise).unwrap();
            encoder.finish().unwrap()
        };
        let text = |chance: &mut Chance| {
            (0..9)
                .map(|_| format!("error {}: no such file; ", chance.below(99)))
                .collect::<String>()
                .into_bytes()
        };
        let blocks = |chance: &mut Chance| {
            let count = 20 + chance.below(40);
            chance.bytes(16 * count)
        };
        for make in [gzip as fn(&mut Chance) -> Vec<u8>, text, blocks] {
            assert_ne!(judged("application/javascript", make), Verdict::Junk);
        }
    }
}
