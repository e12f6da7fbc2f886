//! Noise behind the end of a text inside a value: a zero, where a program that reads strings stops.
//!
//! Speaks for: values of forms, parameters, JSON, XML and cookies that hold a text, a zero, and symbols that are drawn evenly. Silent for: lists with zeros between
//! their words, fixed fields, whose rest has what stood there before, zeros at the end. Minimum: 8 values, 96 symbols, 4 lengths.

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even, even_among, histogram};

const VALUES: usize = 8;
const SYMBOLS: usize = 96;
const LENGTHS: usize = 4;
/// More kinds of symbols than words have.
const KINDS: usize = 60;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let slots = look.reading.slots.iter().filter(|(name, _)| !name.starts_with("header"));
    for value in slots.flat_map(|(_, values)| values) {
        if let Some(rest) = behind(&value.bytes).filter(|rest| !rest.is_empty()) {
            pool.put(rest, value.bytes.len(), true);
        }
    }
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    lengths.dedup();
    if pool.count < VALUES || pool.total < SYMBOLS || lengths.len() < LENGTHS || pool.same {
        return Vec::new();
    }
    let Some(deviations) = drawn(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} values go on behind the zero that ends their text: {} symbols that are drawn evenly",
        pool.count, pool.total
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(deviations).with_example(&pool.first)]
}

/// How far symbols lie from an even draw from an alphabet, or from more kinds than words have. Digits may be a number.
fn drawn(symbols: &[u8], limit: f64) -> Option<f64> {
    let alphabet = even(symbols, limit).filter(|found| found.alphabet != Alphabet::Digits);
    let kinds =
        || even_among(&histogram(symbols)).filter(|(kinds, uneven)| *kinds >= KINDS && uneven.abs() <= limit);
    alphabet.map(|found| found.deviations).or_else(|| kinds().map(|(_, uneven)| uneven))
}

/// What follows the only zero of a value, plain or as the escape of JSON.
fn behind(value: &[u8]) -> Option<&[u8]> {
    let (at, width) = match memchr::memchr(0, value) {
        Some(at) => (at, 1),
        None => (crate::content::find(value, b"\\u0000", 0)?, 6),
    };
    let rest = value.get(at + width..)?;
    (at > 0 && memchr::memchr(0, rest).is_none()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn judged(count: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(81);
        let mut talk = Talk::default();
        for n in 0..count {
            let rest = make(&mut chance);
            let body = format!("{{\"n\":{n},\"run\":\"list the files of a user\\u0000{rest}\"}}");
            talk.post("application/json", body.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn noise_behind_the_zero_of_a_text_is_junk_and_words_are_not() {
        let noise = |chance: &mut Chance| {
            let length = 8 + chance.below(12);
            String::from_utf8(chance.of(BASE62, length)).unwrap()
        };
        assert!(judged(12, noise));
        assert!(!judged(6, noise));
        let words = ["and of a group", "with their sizes", "in the folder", "sorted by time of change"];
        assert!(!judged(12, |chance| words[chance.below(4)].to_owned()));
    }
}
