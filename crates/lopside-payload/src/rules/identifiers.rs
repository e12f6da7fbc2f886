//! Identifiers of a document that are the pieces of a text and of noise behind it.
//!
//! Speaks for: GUIDs, keys and other hex in the order in which documents have them, whose digits are a compressed text and go on as noise
//! of many lengths: no identifiers make up a text. Silent for: identifiers and signatures of which nothing can be inflated. Minimum: 3
//! documents, 3 lengths, 48 bytes of noise.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::{encoding::hex, masked};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest documents, and how many lengths of noise they have.
const LEAST: usize = 3;
/// The fewest bytes of noise of all.
const BYTES: usize = 48;
/// Documents looked at.
const LOOKED_AT: usize = 48;
/// The fewest digits of an identifier, and of those of a document.
const SHORTEST: usize = 16;
const DIGITS: usize = 64;
/// How many identifiers may stand before the first of the text, and how many bytes of it may be a header.
const HEADER: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut lengths, mut tried) = (Pool::default(), BTreeSet::new(), 0);
    let texts = look.reading.units.iter().filter(|unit| unit.whole && !unit.headless && is_text(&unit.bytes));
    for unit in texts.take(LOOKED_AT) {
        // What is never found in the first documents is not looked for in all.
        if tried >= 2 * LEAST && pool.count == 0 {
            break;
        }
        let Some(bytes) = digits(&unit.bytes).as_deref().and_then(hex) else { continue };
        tried += 1;
        if let Some(rest) = behind_text(&bytes) {
            lengths.insert(rest.len());
            pool.put(rest, bytes.len(), true);
        }
    }
    if pool.count < LEAST || pool.count * 2 < tried || lengths.len() < LEAST || pool.total < BYTES {
        return Vec::new();
    }
    let Some(drawn) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "identifiers of {} documents are the pieces of compressed texts and of {} bytes behind these that are drawn evenly ({:.1} standard deviations)",
        pool.count, pool.total, drawn.deviations
    );
    vec![
        Evidence::contradiction(pool.count, pool.share(), text)
            .with_deviations(drawn.deviations)
            .with_example(&pool.first),
    ]
}

/// The digits of all identifiers of a text, in order: runs of hex, those of a GUID without its hyphens. `None` where there are few.
fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let symbol = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    let mut digits = Vec::new();
    for run in text.split(|byte| !symbol(byte)) {
        let own: Vec<u8> = run.iter().copied().filter(|byte| *byte != b'-').collect();
        let last = !digits.is_empty() && own.len() >= 2;
        let digit = own.iter().any(u8::is_ascii_digit);
        if own.iter().all(u8::is_ascii_hexdigit)
            && (own.len() >= SHORTEST || last && digit && own.len().is_multiple_of(2) && own.len() >= 8)
        {
            digits.extend_from_slice(&own);
        }
    }
    digits.truncate(digits.len() / 2 * 2);
    (digits.len() >= DIGITS).then_some(digits)
}

/// What stands behind the text that is inflated from the start of some bytes, behind a short header.
fn behind_text(bytes: &[u8]) -> Option<&[u8]> {
    let starts = (0..=HEADER).filter_map(|header| Some((header, bytes.get(header..)?)));
    let found = starts.filter_map(|(_, rest)| Some((masked::text_at_start(rest)?.1, rest))).next();
    let (end, rest) = found?;
    rest.get(end..).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;

    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(noise: bool, text: bool) -> Verdict {
        let mut chance = Chance::new(12);
        let mut talk = Talk::default();
        for number in 0..6 {
            talk.send(format!("GET /list/{number}.xml HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            for _ in 0..9 {
                write!(encoder, "show the folder {} and wait; ", chance.below(9999)).unwrap();
            }
            let mut bytes = if text { encoder.finish().unwrap() } else { chance.bytes(120) };
            let length = 40 + chance.below(90);
            bytes.extend(if noise { chance.bytes(length) } else { Vec::new() });
            let mut body = String::from("<?xml version=\"1.0\"?>\r\n<list>");
            for piece in bytes.chunks(16) {
                let hex = piece.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                write!(body, "<item name=\"System.Data\" key=\"{{{hex}}}\"/>").unwrap();
            }
            body.push_str("</list>");
            talk.answer(body.as_bytes());
        }
        talk.judge().verdict
    }

    #[test]
    fn identifiers_that_make_up_a_text_and_noise_are_junk() {
        assert_eq!(judged(true, true), Verdict::Junk);
        assert_eq!(judged(false, true), Verdict::Structured);
        assert_eq!(judged(true, false), Verdict::Structured);
    }
}
