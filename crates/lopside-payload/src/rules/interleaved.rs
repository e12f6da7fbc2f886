//! A character of noise between every few of text.
//!
//! Speaks for: text whose every p-th places are drawn evenly while the others read as text. Silent for: UTF-16 (its other places are
//! constant), samples of sound and numbers (their other places are no text). Minimum: 64 noise places over all different messages.

use super::Look;
use crate::class::is_text;
use crate::content::document;
use crate::content::encoding::percent;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, collision, even, histogram};

/// The widest period that is tried.
const WIDEST: usize = 9;
/// The fewest noise places.
const LEAST: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut texts: Vec<&[u8]> = Vec::new();
    for unit in look.reading.units.iter().filter(|unit| !unit.headless) {
        // A document that reads to its end is what it is.
        let read = document::at_start(&unit.bytes, unit.whole)
            .is_some_and(|found| !found.broken && found.end * 2 > unit.bytes.len());
        if !read {
            texts.push(unit.bytes.get(..unit.bytes.len().min(4096)).unwrap_or(&unit.bytes));
        }
    }
    let decoded: Vec<Vec<u8>> = look
        .reading
        .slots
        .values()
        .flatten()
        .filter(|value| value.bytes.len() >= 32)
        .take(512)
        .map(|value| percent(&value.bytes, false))
        .collect();
    texts.extend(decoded.iter().map(Vec::as_slice));
    texts.sort_unstable();
    texts.dedup();
    for period in 2..=WIDEST {
        if let Some(found) = at(&texts, period, look.limit) {
            return vec![found];
        }
    }
    Vec::new()
}

/// Noise at one period, over all texts that have it.
fn at(texts: &[&[u8]], period: usize, limit: f64) -> Option<Evidence> {
    let (mut pooled, mut text_total, mut count) = (Vec::new(), 0, 0);
    for text in texts.iter().filter(|text| text.len() >= 3 * period && text.len() >= 24) {
        for phase in 0..period {
            let (mut noise, mut rest) = (Vec::new(), Vec::new());
            for (place, byte) in text.iter().enumerate() {
                if place % period == phase { noise.push(*byte) } else { rest.push(*byte) }
            }
            if noise.len() < 16 || !reads(&rest) {
                continue;
            }
            // Digits at equal distances are columns of a table.
            if even(&noise, limit)
                .is_some_and(|even| !matches!(even.alphabet, Alphabet::Digits | Alphabet::Hex))
            {
                pooled.extend_from_slice(&noise);
                text_total += text.len();
                count += 1;
                break;
            }
        }
    }
    let noise_total = pooled.len();
    if noise_total < LEAST {
        return None;
    }
    let worst = even(&pooled, limit)?.deviations;
    let share = noise_total as f64 / text_total as f64;
    let words = format!(
        "text with noise at every {period}. place: {noise_total} places in {count} messages are drawn evenly (within {worst:.1} standard deviations), the others read as text"
    );
    Some(Evidence::contradiction(count, share, words).with_deviations(worst))
}

/// Whether bytes read as text: printable, and far from an even choice of characters, in pairs too.
fn reads(bytes: &[u8]) -> bool {
    if !is_text(bytes) || bytes.len() < 16 {
        return false;
    }
    let counts = histogram(bytes);
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte == b' ').count();
    let distinct = counts.iter().filter(|count| **count > 0).count();
    let uneven = collision(counts.iter().copied().filter(|count| *count > 0), distinct).unwrap_or(0.0);
    // Coincidence: 0.06 in English, 0.016 in base64.
    let n = bytes.len() as f64;
    let coincidence = counts.iter().map(|count| f64::from(*count) * (f64::from(*count) - 1.0)).sum::<f64>()
        / (n * (n - 1.0));
    uneven > 6.0 && coincidence > 0.035 && letters * 2 > bytes.len() && distinct >= 8
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    const TEXT: &str = "GET /updates/check?version=10.0.19041&host=WKS-0012&user=jo and tell me what to do with the files in the folder";

    #[test]
    fn noise_between_every_few_characters_is_junk() {
        let mut chance = Chance::new(3);
        for every in 1..=4 {
            let mut talk = Talk::default();
            for _ in 0..6 {
                let mut mixed = Vec::new();
                for (place, byte) in TEXT.bytes().enumerate() {
                    mixed.push(byte);
                    if place % every == every - 1 {
                        mixed.push(b'a' + chance.below(26) as u8);
                    }
                }
                talk.send(&mixed);
                talk.answer(b"ok");
            }
            assert_eq!(talk.judge().verdict, Verdict::Junk, "{every}");
        }
    }

    #[test]
    fn wide_characters_and_sound_are_not() {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for _ in 0..6 {
            talk.send(&TEXT.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>());
            talk.send_later(
                &(0..800)
                    .flat_map(|n| [chance.below(256) as u8, ((n as f64 / 9.0).sin() * 20.0) as i8 as u8])
                    .collect::<Vec<u8>>(),
            );
        }
        assert!(!talk.judge().junk);
    }
}
