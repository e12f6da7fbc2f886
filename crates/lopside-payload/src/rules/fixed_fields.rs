//! Texts in fields of one size whose rest is noise.
//!
//! Speaks for: texts behind a byte that says their length, and evenly drawn bytes up to where the next such text starts, so that text and
//! noise have one of a few sizes together. Silent for: fields filled with zeros, spaces or what stood there before, lists of texts and
//! codes, commands of Redis, whose values say their lengths. Minimum: 24 texts of 4 bytes and more, of 4 lengths, and 1,024 bytes of
//! noise.

use std::collections::BTreeMap;

use super::Look;
use crate::class::text_mask;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The shortest text.
const TEXT: usize = 4;
/// The fewest texts.
const LEAST: usize = 24;
/// The fewest bytes of noise.
const LEAST_NOISE: usize = 1024;
/// The least share of noise, and the fewest bytes of it behind a text on average.
const LEAST_SHARE: f64 = 0.15;
const LEAST_GAP: usize = 16;
/// The most sizes that fields have.
const SIZES: usize = 4;
/// How far sizes may lie from the usual.
const NEAR: usize = 3;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut sizes, mut lengths) = (BTreeMap::<usize, usize>::new(), Vec::new());
    let (mut noise, mut around, mut count) = (Vec::new(), 0, 0);
    let raw = look.reading.units.iter().filter(|unit| unit.document.is_none() && unit.is_raw());
    for unit in raw.filter(|unit| unit.bytes.len() >= 64 && !is_of_redis(&unit.bytes)) {
        let bytes = unit.bytes.get(..unit.bytes.len().min(4096)).unwrap_or(&unit.bytes);
        let texts = counted_texts(bytes);
        around += bytes.len();
        for pair in texts.windows(2) {
            let &[(start, end), (next, _)] = pair else { continue };
            // In text any letter passes for a length, and what follows is more text.
            let between = bytes.get(end..next).unwrap_or_default();
            if text_mask(between).iter().all(|text| *text) {
                continue;
            }
            *sizes.entry(next - start).or_default() += 1;
            lengths.push(end - start);
            noise.extend_from_slice(between);
            count += 1;
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    let enough = count >= LEAST && lengths.len() >= 4 && noise.len() >= LEAST_NOISE;
    if !enough || usual(sizes) * 10 < count * 7 {
        return Vec::new();
    }
    let Some(found) = even(&noise, look.limit).filter(|even| even.alphabet == Alphabet::Bytes) else {
        return Vec::new();
    };
    let share = noise.len() as f64 / around as f64;
    // Numbers and codes between names are a few bytes.
    if share < LEAST_SHARE || noise.len() < LEAST_GAP * count {
        return Vec::new();
    }
    let text = format!(
        "{count} texts stand in fields of one size with noise behind them: {} bytes, {:.0} % of the content",
        noise.len(),
        share * 100.0
    );
    vec![Evidence::contradiction(count, share, text).with_deviations(found.deviations).with_example(&noise)]
}

/// Whether a message is a command of Redis: an array of values, each behind its length.
fn is_of_redis(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"*") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(b"\r\n$"))
}

/// How many fields have one of a few sizes, or nearly: noise before a length may pass for one, and take that for a letter.
fn usual(mut sizes: BTreeMap<usize, usize>) -> usize {
    let mut usual = 0;
    for _ in 0..SIZES {
        let Some((most, _)) =
            sizes.iter().max_by_key(|(_, count)| **count).map(|(size, count)| (*size, *count))
        else {
            break;
        };
        usual += sizes
            .extract_if(most.saturating_sub(NEAR)..=most + NEAR, |_, _| true)
            .map(|(_, n)| n)
            .sum::<usize>();
    }
    usual
}

/// Texts behind a byte that says how long they are, where something else follows: where that byte stands, and where the text ends.
fn counted_texts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mask = text_mask(bytes);
    let (mut texts, mut at) = (Vec::new(), 0);
    while let Some(length) = bytes.get(at).map(|length| usize::from(*length)) {
        let end = at + 1 + length;
        let is_text = |text: &[bool]| text.iter().all(|text| *text);
        // One letter over and over is filler, whose own code may stand before it as if that were its length.
        let varies = |text: &[u8]| text.iter().any(|byte| Some(byte) != text.first());
        if length >= TEXT
            && mask.get(at + 1..end).is_some_and(is_text)
            && bytes.get(at + 1..end).is_some_and(varies)
        {
            texts.push((at, end));
            at = end;
        } else {
            at += 1;
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Messages of records that begin with a head, which is their length where it is empty.
    fn judged(head: &[u8], fill: impl Fn(&mut Chance, usize) -> Vec<u8>) -> lopside_model::payload::Payload {
        let mut chance = Chance::new(43);
        let mut talk = Talk::default();
        for _ in 0..20 {
            let mut record = Vec::new();
            for size in [64, 128, 64] {
                let words = ["report", "of", "the", "night", "is", "quiet"];
                let text: Vec<&str> = words.into_iter().cycle().take(1 + chance.below(9)).collect();
                let text = text.join(" ");
                record.push(u8::try_from(text.len()).unwrap());
                record.extend(text.bytes());
                record.extend(fill(&mut chance, size - 1 - text.len()));
            }
            let length = u32::try_from(record.len()).unwrap().to_le_bytes();
            talk.send(&[if head.is_empty() { &length } else { head }, &record].concat());
            talk.reply(b"\x04\0\0\0done");
        }
        talk.judge()
    }

    fn is_junk(fill: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        judged(b"", fill).junk
    }

    #[test]
    fn fields_filled_with_noise_are_junk() {
        assert!(is_junk(|chance, length| chance.bytes(length)));
    }

    #[test]
    fn filler_of_one_letter_is_no_text() {
        // Frames of sound are filled with a letter whose code is 85, so that the first of 86 passes for the length of the others.
        let filler = [vec![b'U'; 86], vec![0xFF; 20]].concat();
        assert!(super::counted_texts(&filler).is_empty());
        let text = [b"\x09all is ok".as_slice(), &[0xFF; 20]].concat();
        assert_eq!(super::counted_texts(&text), [(0, 10)]);
    }

    #[test]
    fn letters_of_text_are_no_lengths_of_fields() {
        let mut chance = Chance::new(49);
        let mut talk = Talk::default();
        for n in 0..20 {
            let words = ["report", "of", "the", "night", "is", "quiet", "and", "turbine"];
            let text: Vec<&str> = (0..400).map(|_| words[chance.below(8)]).collect();
            // Two short texts behind their lengths, as chance makes them now and then, far apart.
            let packed = [b"\x04abcd\0".as_slice(), &chance.bytes(1_500), b"\0\x05efghi\0"].concat();
            let value = if n % 2 == 0 { text.join(" ").into_bytes() } else { packed };
            talk.send(&[b"set it ", value.as_slice()].concat());
            talk.reply(b"STORED\r\n");
        }
        let reasons = talk.judge().reasons;
        assert!(!reasons.iter().any(|reason| reason.contains("fields of one size")), "{reasons:?}");
    }

    #[test]
    fn values_of_redis_say_their_lengths() {
        let told = |head: &[u8]| {
            let reasons = judged(head, |chance, length| chance.bytes(length)).reasons;
            reasons.iter().any(|reason| reason.contains("fields of one size"))
        };
        assert!(told(b"*** record\n"));
        assert!(!told(b"*3\r\n$"));
    }

    #[test]
    fn fields_filled_with_zeros_or_followed_by_codes_are_not() {
        assert!(!is_junk(|_, length| vec![0; length]));
        assert!(!is_junk(|chance, _| chance.bytes(20)));
        assert!(!is_junk(|_, length| b"what stood here before, and before that"[..length.min(39)].to_vec()));
    }

    #[test]
    fn lists_of_names_with_numbers_are_not() {
        let mut chance = Chance::new(44);
        let mut talk = Talk::default();
        for _ in 0..20 {
            let mut list = b"LIST".to_vec();
            for _ in 0..20 {
                let name = ["pump", "valve", "turbine", "lamp of hall"][chance.below(4)];
                list.push(name.len() as u8);
                list.extend([name.as_bytes(), &chance.bytes(6)].concat());
            }
            talk.send(&list);
            talk.reply(b"done");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("fields of one size")));
    }
}
