//! Printable noise of one length at an end of texts.
//!
//! Speaks for: texts that all begin or end with as many symbols, drawn evenly from more printable ones than encoders have, and then read
//! at once: signatures and keys are encoded, and something divides them from text. Silent for: hex, base64, base85, noise with a mark
//! between it and the text. Minimum: 12 texts, 16 symbols each, 512 in all.

use super::Look;
use crate::class::{is_text, printable};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even, histogram};

/// The fewest texts.
const LEAST: usize = 12;
/// The fewest symbols of noise at an end, the most, and the fewest of all.
const SHORTEST: usize = 16;
const LONGEST: usize = 256;
const ALL: usize = 512;
/// The fewest symbols of text beside them.
const TEXT: usize = 8;
/// More kinds of symbols than base85 has.
const KINDS: usize = 86;
/// Symbols of text behind the noise that may seem to belong to it.
const SEAM: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts: Vec<&[u8]> =
        look.reading.units.iter().filter(|unit| is_plain(unit)).map(|unit| unit.bytes.as_ref()).collect();
    if texts.len() < LEAST {
        return Vec::new();
    }
    let reversed: Vec<Vec<u8>> = texts.iter().map(|text| text.iter().rev().copied().collect()).collect();
    let reversed: Vec<&[u8]> = reversed.iter().map(Vec::as_slice).collect();
    let before = at_start(&texts, "before", look.limit);
    before.or_else(|| at_start(&reversed, "behind", look.limit)).into_iter().collect()
}

fn is_plain(unit: &Unit<'_>) -> bool {
    let text =
        unit.declared.starts_with("text/") || unit.carrier != Carrier::Http && unit.declared.is_empty();
    text && unit.carrier != Carrier::Layer
        && unit.whole
        && !unit.headless
        && !unit.partial
        && unit.document.is_none()
        && unit.bytes.len() >= SHORTEST + TEXT
        && is_text(&unit.bytes)
}

fn at_start(texts: &[&[u8]], side: &str, limit: f64) -> Option<Evidence> {
    let widest = (0..LONGEST).take_while(|column| is_drawn(texts, *column)).count();
    let length =
        (widest.saturating_sub(SEAM)..=widest).rev().filter(|length| *length >= SHORTEST).find(|length| {
            let noise: Vec<u8> =
                texts.iter().filter_map(|text| text.get(..*length)).flatten().copied().collect();
            let kinds = histogram(&noise).iter().filter(|count| **count > 0).count();
            let drawn = even(&noise, limit).is_some_and(|drawn| drawn.alphabet == Alphabet::Printable);
            noise.len() >= ALL && kinds >= KINDS && drawn
        })?;
    let rests: Vec<&[u8]> = texts.iter().filter_map(|text| text.get(length..)).collect();
    if rests.iter().filter(|rest| rest.len() >= TEXT).count() * 10 < rests.len() * 9 || is_divided(&rests) {
        return None;
    }
    let rest = rests.concat();
    let words = rest.iter().filter(|byte| byte.is_ascii_lowercase() || **byte == b' ').count();
    if even(&rest, limit).is_some() || printable(&rest) < 0.9 || words * 2 < rest.len() {
        return None;
    }
    let share =
        (length * texts.len()) as f64 / texts.iter().map(|text| text.len()).sum::<usize>().max(1) as f64;
    let text = format!(
        "{} texts have {length} printable characters of noise {side} them, of more kinds than any encoder has, and nothing between",
        texts.len()
    );
    Some(Evidence::contradiction(texts.len(), share, text).with_example(texts.first()?))
}

/// Whether a column holds symbols that can be seen, of so many kinds as chance gives.
fn is_drawn(texts: &[&[u8]], column: usize) -> bool {
    let mut seen = [false; 256];
    for text in texts {
        match text.get(column) {
            Some(byte) if byte.is_ascii_graphic() => seen[usize::from(*byte)] = true,
            _ => return false,
        }
    }
    let expected = 90.0 * (1.0 - (-(texts.len() as f64) / 90.0).exp());
    seen.iter().filter(|seen| **seen).count() as f64 >= 0.7 * expected
}

/// Whether the same mark stands between noise and text in all.
fn is_divided(rests: &[&[u8]]) -> bool {
    let first = rests.first().and_then(|rest| rest.first());
    let mark = first.is_some_and(|byte| !byte.is_ascii_alphanumeric());
    mark && rests.iter().all(|rest| rest.first() == first)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_marked(make: impl Fn(Vec<u8>, &str) -> Vec<u8>, symbols: std::ops::RangeInclusive<u8>) -> bool {
        let mut chance = Chance::new(68);
        let symbols: Vec<u8> = symbols.collect();
        let mut talk = Talk::default();
        for number in 0..30 {
            let noise = chance.of(&symbols, 33);
            let word = ["list", "show", "wait for", "copy", "take"][chance.below(5)];
            talk.post("text/plain", &make(noise, &format!("{word} the folder {number} of the host")));
            talk.answer(b"");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("than any encoder has"))
    }

    #[test]
    fn printable_noise_at_an_end_of_texts_is_junk() {
        assert!(is_marked(|noise, text| [noise.as_slice(), text.as_bytes()].concat(), 33..=126));
        assert!(is_marked(|noise, text| [text.as_bytes(), noise.as_slice()].concat(), 33..=126));
    }

    #[test]
    fn encoded_or_divided_ends_are_not() {
        assert!(!is_marked(|noise, text| [noise.as_slice(), text.as_bytes()].concat(), 33..=117));
        assert!(!is_marked(|noise, text| [noise.as_slice(), b"\n", text.as_bytes()].concat(), 33..=126));
    }
}
