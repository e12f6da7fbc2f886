//! The same key twice in one object or form: a value that is read, and one that is noise.
//!
//! A reader takes the last value, or the first, and never sees the other (RFC 8259, 4). Speaks for: keys that come twice in one message,
//! where one of the two values is drawn evenly over all messages and the other is not. Silent for: lists, keys with several values of one
//! kind, elements of arrays. Minimum: 8 pairs, 96 symbols, 4 lengths.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Value;
use crate::statistics::{Alphabet, even};

const PAIRS: usize = 8;
const SYMBOLS: usize = 96;
const LENGTHS: usize = 4;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
    let slots = look.reading.slots.iter();
    let slots = slots
        .filter(|(name, _)| (name.starts_with("json.") || name.starts_with("form.")) && !name.contains('['));
    for (_, values) in slots {
        pairs.extend(values.chunk_by(|a, b| a.turn == b.turn).filter_map(|same| match same {
            [Value { bytes: first, .. }, Value { bytes: second, .. }] => {
                Some((first.as_slice(), second.as_slice()))
            }
            _ => None,
        }));
    }
    if pairs.len() < PAIRS {
        return Vec::new();
    }
    let firsts: Vec<&[u8]> = pairs.iter().map(|pair| pair.0).collect();
    let seconds: Vec<&[u8]> = pairs.iter().map(|pair| pair.1).collect();
    let noise = match (drawn(&firsts, look.limit), drawn(&seconds, look.limit)) {
        (Some(_), None) => firsts,
        (None, Some(_)) => seconds,
        _ => return Vec::new(),
    };
    let symbols = noise.concat();
    let text = format!(
        "{} keys come twice in one message, with a value that reads and with one of noise: {} symbols",
        pairs.len(),
        symbols.len()
    );
    let around: usize = pairs.iter().map(|(first, second)| first.len() + second.len()).sum();
    let share = symbols.len() as f64 / around.max(1) as f64;
    vec![Evidence::contradiction(pairs.len(), share, text).with_example(&symbols)]
}

/// Whether values of many lengths are drawn evenly, all together.
fn drawn(values: &[&[u8]], limit: f64) -> Option<()> {
    let symbols = values.concat();
    let lengths: BTreeSet<usize> = values.iter().map(|value| value.len()).collect();
    let found = (symbols.len() >= SYMBOLS && lengths.len() >= LENGTHS).then(|| even(&symbols, limit))??;
    (found.alphabet != Alphabet::Digits).then_some(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn judged(count: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(82);
        let mut talk = Talk::default();
        for n in 0..count {
            let other = make(&mut chance);
            let body = format!("{{\"n\":{n},\"host\":\"{other}\",\"host\":\"office-{}\"}}", n % 5);
            talk.post("application/json", body.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn a_key_that_comes_twice_with_noise_is_junk_and_with_names_is_not() {
        let noise = |chance: &mut Chance| {
            let length = 14 + chance.below(12);
            String::from_utf8(chance.of(BASE62, length)).unwrap()
        };
        assert!(judged(12, noise));
        assert!(judged(super::PAIRS, noise));
        assert!(!judged(super::PAIRS - 1, noise));
        assert!(!judged(12, |chance| format!("office-number-{}", chance.below(90))));
    }
}
