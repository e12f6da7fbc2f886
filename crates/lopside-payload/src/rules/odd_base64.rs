//! Values of symbols of base64 among texts, in lengths that no encoder gives.
//!
//! Four symbols are three bytes, so that a length is never one more than a multiple of four. Who draws symbols has such a length in every
//! fourth value.
//!
//! Speaks for: values of one name that hold nothing but symbols of base64, all 64 of them drawn evenly over all values, in many lengths, of
//! which one in eight encodes nothing, where others under that name are text. Silent for: names of which all values are tokens, which may
//! have any length, tokens with a mark before or behind them (a symbol that is nearly always the same), tokens of few lengths, values with
//! signs that fill the last group. Minimum: 12 values of 16 symbols, 8 lengths that lie 16 apart, 4 values that encode nothing, 6 texts
//! and one for every two values.

use std::collections::BTreeSet;

use super::padded_fields::told;
use super::{Look, Pool};
use crate::class::is_text;
use crate::content::encoding::base64_value;
use crate::evidence::Evidence;
use crate::reading::Value;
use crate::statistics::{Alphabet, even, histogram};

/// The fewest values, their symbols and their lengths, and how far those lie apart.
const VALUES: usize = 12;
const SYMBOLS: usize = 16;
const LENGTHS: usize = 8;
const APART: usize = 16;
/// The fewest values that encode nothing, and which part of all they are.
const ODD: usize = 4;
const PART: usize = 8;
/// The fewest texts under the same name.
const TEXTS: usize = 6;
/// The fewest kinds of symbols at either end.
const ENDS: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    look.reading.slots.iter().filter_map(|(name, values)| judge(name, values, look.limit)).collect()
}

fn judge(name: &str, values: &[Value], limit: f64) -> Option<Evidence> {
    if values.len() < VALUES {
        return None;
    }
    let is_encoded = |value: &[u8]| {
        value.len() >= SYMBOLS && value.iter().all(|byte| base64_value(*byte).is_some() && *byte != b'=')
    };
    let encoded: BTreeSet<&[u8]> =
        values.iter().map(|value| value.bytes.trim_ascii()).filter(|value| is_encoded(value)).collect();
    let is_words = |value: &&Value| value.bytes.contains(&b' ') && is_text(&value.bytes);
    let texts = values.iter().filter(is_words).count();
    if texts < TEXTS || texts * 2 < encoded.len() {
        return None;
    }
    let odd = encoded.iter().filter(|value| value.len() % 4 == 1).count();
    let lengths: BTreeSet<usize> = encoded.iter().map(|value| value.len()).collect();
    let few = encoded.len() < VALUES || odd < ODD || odd * PART < encoded.len() || lengths.len() < LENGTHS;
    if few || lengths.last()? - lengths.first()? < APART {
        return None;
    }
    let kinds = |ends: Vec<u8>| histogram(&ends).iter().filter(|count| **count > 0).count();
    let starts = encoded.iter().filter_map(|value| value.first().copied()).collect();
    let ends = encoded.iter().filter_map(|value| value.last().copied()).collect();
    if kinds(starts) < ENDS || kinds(ends) < ENDS {
        return None;
    }
    let mut pool = Pool::default();
    encoded.iter().for_each(|value| pool.put(value, value.len(), false));
    let drawn = even(&pool.bytes, limit).filter(|drawn| drawn.alphabet == Alphabet::Base64)?;
    let around: usize = values.iter().map(|value| value.bytes.len()).sum();
    let text = format!(
        "{} values of {} are symbols of base64 drawn evenly ({:.1} standard deviations) in {} lengths, {odd} of which encode no bytes",
        encoded.len(),
        told(name),
        drawn.deviations,
        lengths.len()
    );
    let share = pool.total as f64 / around.max(1) as f64;
    let found = Evidence::statistic(encoded.len(), share, 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// Events of which every third has a value that is made so, and the others a text.
    fn is_told(make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        is_told_where(|number| number % 3 == 0, make)
    }

    /// Events of which some have a value that is made so, and the others a text.
    fn is_told_where(encoded: impl Fn(u32) -> bool, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(43);
        let mut talk = Talk::default();
        for number in 0..60 {
            let text = if encoded(number) {
                String::from_utf8(make(&mut chance)).unwrap()
            } else {
                format!("the pump of hall {} is quiet tonight", chance.below(99))
            };
            talk.post("application/json", format!("{{\"n\":{number},\"txt\":\"{text}\"}}").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("encode no bytes"))
    }

    #[test]
    fn symbols_in_lengths_that_encode_nothing_are_told() {
        assert!(is_told(|chance| {
            let length = 16 + chance.below(90);
            chance.of(SYMBOLS, length)
        }));
    }

    #[test]
    fn encoded_bytes_and_tokens_are_not() {
        let encoded = |chance: &mut Chance| {
            let length = 12 + chance.below(60);
            encode(&chance.bytes(length))
        };
        assert!(!is_told(encoded));
        // Without the signs that fill the last group, and behind a mark.
        let bare = |chance: &mut Chance| -> Vec<u8> {
            encoded(chance).into_iter().filter(|symbol| *symbol != b'=').collect()
        };
        assert!(!is_told(bare));
        assert!(!is_told(|chance| [b"v".as_slice(), &bare(chance)].concat()));
        assert!(!is_told(|chance| [bare(chance).as_slice(), b"1"].concat()));
        // Tokens alone may have any length.
        assert!(!is_told_where(
            |_| true,
            |chance| {
                let length = 16 + chance.below(90);
                chance.of(SYMBOLS, length)
            }
        ));
        // A few that were cut: four of forty.
        let made = std::cell::Cell::new(0);
        assert!(!is_told_where(
            |number| number % 3 > 0,
            |chance| {
                let count = 3 * (6 + chance.below(18));
                let mut value = encode(&chance.bytes(count));
                made.set(made.get() + 1);
                value.truncate(value.len() - if made.get() % 10 == 1 { 3 } else { 0 });
                value
            }
        ));
        // Passwords of a few lengths, and ids.
        assert!(!is_told(|chance| {
            let length = 16 + chance.below(6);
            chance.of(SYMBOLS, length)
        }));
        assert!(!is_told(|chance| {
            let length = 16 + chance.below(90);
            chance.of(&SYMBOLS[..62], length)
        }));
    }
}
