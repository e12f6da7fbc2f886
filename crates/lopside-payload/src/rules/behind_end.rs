//! Noise in a value behind the character that ends texts.
//!
//! Speaks for: values with a text, a zero that ends it (in clear or as an escape), and evenly drawn symbols that can be printed in many
//! lengths up to the end that the value itself has. Silent for: binary values, lists of texts between zeros, numbers, words. Minimum: 6
//! values, 4 lengths, 64 symbols.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::statistics::{Even, even};

/// The fewest values, lengths, and symbols.
const VALUES: usize = 6;
const LENGTHS: usize = 4;
const SYMBOLS: usize = 64;
/// The shortest noise that is looked at.
const SHORTEST: usize = 3;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut marked) = (Pool::default(), 0);
    for value in look.reading.slots.values().flatten() {
        let Some(behind) = behind_end(&value.bytes) else { continue };
        marked += 1;
        if behind.len() >= SHORTEST && !is_language(behind, 4.0) {
            pool.put(behind, value.bytes.len(), true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let enough = pool.count >= VALUES && lengths.len() >= LENGTHS && pool.total >= SYMBOLS;
    if !enough || pool.count * 10 < marked * 7 || pool.same {
        return Vec::new();
    }
    let Some(Even { alphabet, deviations }) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} values go on behind the zero that ends their texts: {} {} drawn evenly ({deviations:.1} standard deviations), in {} lengths",
        pool.count,
        pool.total,
        alphabet.name(),
        lengths.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(deviations).with_example(&pool.first)]
}

/// What follows the only zero of a value, where a text stands before it.
fn behind_end(value: &[u8]) -> Option<&[u8]> {
    const ESCAPED: &[u8] = b"\\u0000";
    let (at, width) = match memchr::memchr(0, value) {
        Some(at) => (at, 1),
        None => (crate::content::find(value, ESCAPED, 0)?, ESCAPED.len()),
    };
    let behind = value.get(at + width..)?;
    let only = memchr::memchr(0, behind).is_none() && crate::content::find(behind, ESCAPED, 0).is_none();
    let reads = value.get(..at).is_some_and(is_text) && behind.iter().all(u8::is_ascii_graphic);
    (at >= 2 && only && reads && !behind.is_empty()).then_some(behind)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(count: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(64);
        let mut talk = Talk::default();
        for number in 0..count {
            let behind = make(&mut chance);
            talk.post(
                "application/json",
                format!(r#"{{"n":{number},"host":"depot-{number}\u0000{behind}"}}"#).as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("the zero that ends"))
    }

    fn drawn(chance: &mut Chance) -> String {
        let length = 6 + chance.below(24);
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn noise_behind_the_end_of_texts_is_junk() {
        assert!(is_junk(12, drawn));
        assert!(!is_junk(5, drawn));
    }

    #[test]
    fn lists_and_words_behind_it_are_not() {
        assert!(!is_junk(12, |chance| format!("{}\\u0000{}", drawn(chance), drawn(chance))));
        assert!(!is_junk(12, |chance| ["administrator", "operator", "guest", "keeper of the house"]
            [chance.below(4)]
        .into()));
    }
}
