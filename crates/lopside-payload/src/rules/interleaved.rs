//! A character of noise between every few of text.
//!
//! Speaks for: text whose every p-th places are drawn evenly while the others read as text. Silent for: UTF-16 (its other places are
//! constant), samples of sound and numbers (their other places are no text). Minimum: 64 noise places over all different messages.

use super::Look;
use crate::content::encoding::percent;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, Counts, collision, even, even_counts};

/// The widest period that is tried.
const WIDEST: usize = 9;
/// The most bytes of one kind of text that are looked at.
const MOST: usize = 8 << 10;
/// The fewest noise places.
const LEAST: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut units: Vec<&[u8]> = Vec::new();
    for unit in look.reading.units.iter().filter(|unit| !unit.headless) {
        // A document that reads to its end is what it is.
        let read = unit.document.is_some_and(|found| !found.broken && found.end * 2 > unit.bytes.len());
        if !read {
            units.push(unit.bytes.get(..unit.bytes.len().min(4096)).unwrap_or(&unit.bytes));
        }
    }
    let paths: Vec<Vec<u8>> = look
        .reading
        .slots
        .get("path")
        .into_iter()
        .flatten()
        .map(|value| percent(last_part(&value.bytes), false))
        .collect();
    let paths = paths.iter().map(Vec::as_slice).collect();
    // Noise that runs through a whole query stands in its names and between its marks too: it is one text before it is parameters.
    let queries: Vec<Vec<u8>> =
        look.reading.exchanges.iter().filter_map(|exchange| query(&exchange.target)).collect();
    let queries = queries.iter().map(Vec::as_slice).collect();
    let slots = look
        .reading
        .slots
        .iter()
        .filter(|(name, _)| *name != "path")
        .map(|(_, values)| values.iter().map(|value| value.bytes.as_slice()).collect());
    let mut best: Option<Evidence> = None;
    for group in [units, paths, queries].into_iter().chain(slots) {
        let found = group_of(group, look.limit);
        best = match (best, found) {
            (Some(old), Some(new)) => Some(if new.count > old.count { new } else { old }),
            (old, new) => old.or(new),
        };
    }
    best.into_iter().collect()
}

/// What follows the last slash of a path.
fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// What follows the question mark of a request's target, its escapes undone.
fn query(target: &[u8]) -> Option<Vec<u8>> {
    let at = memchr::memchr(b'?', target)?;
    Some(percent(target.get(at + 1..)?, false))
}

/// Noise at some period in texts of one kind.
fn group_of(mut texts: Vec<&[u8]>, limit: f64) -> Option<Evidence> {
    texts.retain(|text| text.len() >= 10);
    texts.sort_unstable();
    texts.dedup();
    let mut total = 0;
    texts.retain(|text| {
        total += text.len();
        total <= MOST
    });
    if texts.iter().map(|text| text.len()).sum::<usize>() < 2 * LEAST {
        return None;
    }
    (2..=WIDEST).find_map(|period| at(&texts, period, limit))
}

/// Noise at one period, over all texts that have it.
fn at(texts: &[&[u8]], period: usize, limit: f64) -> Option<Evidence> {
    // Texts long enough to tell alone, at any phase; then all at one phase, for short values.
    let (mut pooled, mut around, mut count, mut eligible) = (Vec::new(), 0, 0, 0);
    for text in texts.iter().filter(|text| text.len() >= 16 * period) {
        eligible += 1;
        if let Some((_, noise)) = phase(&[text], period, limit) {
            pooled.extend_from_slice(&noise);
            around += text.len();
            count += 1;
        }
    }
    if pooled.len() < LEAST || count * 2 < eligible || even(&pooled, limit).is_none() {
        // A place that each short value has once or twice is a column, not a period.
        let long: Vec<&[u8]> = texts.iter().copied().filter(|text| text.len() >= 8 * period).collect();
        let (places, noise) = phase(&long, period, limit)?;
        (pooled, around, count) = (noise, places, long.len());
    }
    if pooled.len() < LEAST {
        return None;
    }
    let all = even(&pooled, limit)?;
    let worst = all.deviations;
    // One text has many places and periods to be taken in by.
    if count < 2 && pooled.len() < 2 * LEAST || all.alphabet == Alphabet::Letters && worst > 3.0 {
        return None;
    }
    let words = format!(
        "text with noise at every {period}. place: {} places in {count} messages or values are drawn evenly (within {worst:.1} standard deviations), the others read as text",
        pooled.len()
    );
    let found = Evidence::contradiction(count, pooled.len() as f64 / around as f64, words);
    Some(found.with_deviations(worst).with_example(&pooled))
}

/// The phase at which the places of texts are noise and the others read: bytes looked at, and the noise.
fn phase(texts: &[&[u8]], period: usize, limit: f64) -> Option<(usize, Vec<u8>)> {
    let mut counts = vec![[0u32; 256]; period];
    let mut total = 0;
    for text in texts {
        total += text.len();
        for (place, byte) in text.iter().enumerate() {
            counts[place % period][usize::from(*byte)] += 1;
        }
    }
    (0..period).find_map(|phase| {
        // The counts say most of it, before the bytes are looked at one by one.
        let here: u32 = counts[phase].iter().sum();
        let mut others = [0u32; 256];
        for (_, part) in counts.iter().enumerate().filter(|(other, _)| *other != phase) {
            for (sum, count) in others.iter_mut().zip(part) {
                *sum += count;
            }
        }
        let drawn = even_counts(&counts[phase], limit).filter(|drawn| drawn.alphabet != Alphabet::Digits)?;
        // Letters of a few words may seem to be drawn evenly too.
        let enough = match drawn.alphabet {
            Alphabet::Hex => here >= 48,
            Alphabet::Letters => drawn.deviations <= 2.5,
            _ => here >= 16,
        };
        if !enough || !reads(&others) {
            return None;
        }
        let places = |text: &[u8]| -> Vec<u8> { text.iter().skip(phase).step_by(period).copied().collect() };
        let noise: Vec<u8> = texts.iter().flat_map(|text| places(text)).collect();
        even(&noise, limit).map(|_| (total, noise))
    })
}

/// Whether characters so often are those of text: printable, unevenly drawn, and not of a code or an identifier.
fn reads(counts: &Counts) -> bool {
    let sum = |range: std::ops::RangeInclusive<u8>| -> u32 {
        range.into_iter().map(|byte| counts[usize::from(byte)]).sum()
    };
    let total: u32 = counts.iter().sum();
    let odd = sum(0..=8) + sum(11..=12) + sum(14..=31) + sum(127..=255);
    if total < 16 || odd * 50 > total {
        return false;
    }
    let beyond_hex = sum(b'g'..=b'z') + sum(b'G'..=b'Z') + sum(b' '..=b' ');
    let letters = sum(b'a'..=b'z') + sum(b'A'..=b'Z') + sum(b' '..=b' ');
    let distinct = counts.iter().filter(|count| **count > 0).count();
    let uneven = collision(counts.iter().copied().filter(|count| *count > 0), distinct).unwrap_or(0.0);
    // Coincidence: 0.06 in English, 0.016 in base64.
    let n = f64::from(total);
    let coincidence = counts.iter().map(|count| f64::from(*count) * (f64::from(*count) - 1.0)).sum::<f64>()
        / (n * (n - 1.0));
    let words = letters * 10 > total * 3 && beyond_hex * 10 > letters * 4;
    uneven > 6.0 && coincidence > 0.035 && words && distinct >= 8
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
    fn noise_through_a_whole_query_is_junk_and_a_query_is_not() {
        let mut chance = Chance::new(4);
        for every in 0..=3 {
            let mut talk = Talk::default();
            for number in 0..10 {
                let query =
                    format!("id={number}&host=WKS-0012&user=jo.miller&state=waiting&task=list-folders");
                let mut mixed = b"GET /gate.php?".to_vec();
                for (place, byte) in query.bytes().enumerate() {
                    mixed.push(byte);
                    if every > 0 && place % every == every - 1 {
                        mixed.push(b'a' + chance.below(26) as u8);
                    }
                }
                mixed.extend_from_slice(b" HTTP/1.1\r\nHost: a.example\r\n\r\n");
                talk.send(&mixed);
                talk.answer(b"ok");
            }
            assert_eq!(talk.judge().junk, every > 0, "{every}");
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
