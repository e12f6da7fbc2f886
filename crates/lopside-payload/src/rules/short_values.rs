//! Short values that are drawn evenly from an alphabet that no encoder has, and whose lengths vary.
//!
//! Speaks for: fields, parameters and cookies that mean nothing: random letters, or random letters and digits, of any length. Silent for:
//! words, a parameter among many that has less than 4 % of its messages, identifiers and tokens of one length or two, numbers in base 36
//! or 62 (most have the two greatest lengths), base64, base32, base58 and hex. Minimum: 12 different values of 2 to 64 symbols under one
//! name, or under names that come once in 6 messages, 4 lengths, 96 letters or 160 letters and digits.

use std::collections::BTreeSet;

use super::Look;
use super::padded_fields::{is_set, told};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::Value;
use crate::statistics::{Alphabet, even};

/// The fewest values under one name.
const VALUES: usize = 12;
/// The fewest messages with names that come once.
const MESSAGES: usize = 6;
/// The fewest different lengths.
const LENGTHS: usize = 4;
/// The least share of their messages: requests of pages and of those who count them have a parameter of every kind.
const LEAST_SHARE: f64 = 0.04;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots = look.reading.slots.iter().filter(|(name, values)| {
        let field = ["json", "form.", "query.", "cookie."].iter().any(|kind| name.starts_with(kind));
        field && values.len() >= VALUES && !is_set(look, name)
    });
    let found: Vec<Evidence> = slots
        .filter(|(_, values)| share(look, values) >= LEAST_SHARE)
        .filter_map(|(name, values)| judge(&told(name), values.iter(), look.limit))
        .collect();
    if found.is_empty() { fresh(look).into_iter().collect() } else { found }
}

/// The share of some values among the bytes of as many messages as hold one. Absent sizes leave the values alone.
fn share(look: &Look<'_>, values: &[Value]) -> f64 {
    let messages: BTreeSet<u32> = values.iter().map(|value| value.turn).collect();
    let sizes: f64 = look.sizes.iter().map(|size| f64::from(*size)).sum();
    let around = sizes / look.sizes.len().max(1) as f64 * messages.len() as f64;
    let bytes: usize = values.iter().map(|value| value.bytes.len()).sum();
    if around > 0.0 { bytes as f64 / around } else { 1.0 }
}

/// Values of all names that come in one message alone.
fn fresh(look: &Look<'_>) -> Option<Evidence> {
    let once = look.reading.slots.iter().filter(|(name, values)| {
        let field = ["json", "form.", "query."].iter().any(|kind| name.starts_with(kind));
        let first = values.first().map(|value| value.turn);
        field && values.iter().all(|value| Some(value.turn) == first)
    });
    let values: Vec<&Value> = once.flat_map(|(_, values)| values).collect();
    let mut turns: Vec<u32> = values.iter().map(|value| value.turn).collect();
    turns.sort_unstable();
    turns.dedup();
    (turns.len() >= MESSAGES).then(|| judge("names that come once", values.into_iter(), look.limit)).flatten()
}

fn judge<'v>(name: &str, values: impl Iterator<Item = &'v Value>, limit: f64) -> Option<Evidence> {
    let mut texts: Vec<&[u8]> = values.map(|value| value.bytes.as_slice()).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    let plain = texts.iter().all(|text| text.len() <= 64 && text.iter().all(u8::is_ascii_alphanumeric));
    if !plain || texts.len() < VALUES || texts.len() * 10 < all * 9 || !varied(&texts) {
        return None;
    }
    let symbols = texts.concat();
    let drawn = even(&symbols, limit)?;
    let alphabet = widened(drawn.alphabet, &symbols);
    let least = match alphabet {
        Alphabet::Letters | Alphabet::BothCases => 96,
        Alphabet::Base36 | Alphabet::Base62 => 160,
        _ => return None,
    };
    let draw = (alphabet.symbols() as f64).log2();
    if symbols.len() < least || texts.iter().filter(|text| is_language(text, draw)).count() * 3 > texts.len()
    {
        return None;
    }
    if !is_whole(alphabet, &symbols) {
        return None;
    }
    let text = format!(
        "{}: {} values are {} drawn evenly ({:.1} standard deviations), of any length: no encoding of content gives these",
        name,
        texts.len(),
        alphabet.name(),
        drawn.deviations
    );
    let found = Evidence::statistic(texts.len(), 0.5, 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&symbols))
}

/// Draws from 36 symbols may pass for draws from 32 when they are few, but for how many kinds there are.
pub(crate) fn widened(alphabet: Alphabet, symbols: &[u8]) -> Alphabet {
    if alphabet == Alphabet::Base32 && is_whole(Alphabet::Base36, symbols) {
        Alphabet::Base36
    } else {
        alphabet
    }
}

/// Whether symbols are of all of an alphabet: each kind of base32 leaves out four of the letters and digits of one case, base58 `0`, `O`,
/// `I` and `l`.
pub(crate) fn is_whole(alphabet: Alphabet, symbols: &[u8]) -> bool {
    match alphabet {
        Alphabet::Base36 => {
            let mut kinds: Vec<u8> = symbols.to_ascii_lowercase();
            kinds.sort_unstable();
            kinds.dedup();
            kinds.len() >= 34
        }
        Alphabet::Base62 => symbols.iter().filter(|byte| b"0OIl".contains(byte)).count() >= 3,
        _ => true,
    }
}

/// Whether values have many lengths, and not most of them the two greatest, as numbers have.
pub(crate) fn varied(texts: &[&[u8]]) -> bool {
    let mut lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
    lengths.sort_unstable();
    let mut kinds: Vec<&[usize]> = lengths.chunk_by(|a, b| a == b).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
    let two: usize = kinds.iter().take(2).map(|kind| kind.len()).sum();
    kinds.len() >= LENGTHS && two * 4 <= texts.len() * 3
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn judged(make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(2);
        let mut talk = Talk::default();
        for n in 0..30 {
            let value = String::from_utf8(make(&mut chance)).unwrap();
            talk.post(
                "application/json",
                format!("{{\"id\":{n},\"state\":\"idle\",\"ctx\":\"{value}\"}}").as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn values_of_names_that_come_once_are_judged_together() {
        let judged = |letters: &[u8], count: usize| {
            let mut chance = Chance::new(43);
            let mut talk = Talk::default();
            for number in 0..count {
                let mut field = || {
                    let (name, value) = (2 + chance.below(9), 6 + chance.below(10));
                    let name = String::from_utf8(chance.of(b"abcdefgh0123", name)).unwrap();
                    format!(
                        r#""x{name}{number}":[1,"{}",null]"#,
                        String::from_utf8(chance.of(letters, value)).unwrap()
                    )
                };
                let body = format!(r#"{{"n":{number},{},{}}}"#, field(), field());
                talk.post("application/json", body.as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.starts_with("names that come once"))
        };
        assert!(judged(b"abcdefghijklmnopqrstuvwxyz", 14));
        assert!(!judged(b"abcdefghijklmnopqrstuvwxyz", 5));
        assert!(!judged(b"eeeeaaaarrrriiiioottnnslc", 14));
    }

    #[test]
    fn values_of_any_length_that_no_encoder_gives_are_suspect() {
        for symbols in [BASE62, b"abcdefghijklmnopqrstuvwxyz", b"abcdefghijklmnopqrstuvwxyz0123456789"] {
            assert!(judged(|chance| {
                let length = 6 + chance.below(10);
                chance.of(symbols, length)
            }));
        }
    }

    #[test]
    fn a_parameter_among_many_is_left_alone() {
        let judged = |rest: &str| {
            let mut chance = Chance::new(2);
            let mut talk = Talk::default();
            for n in 0..30 {
                let length = 6 + chance.below(10);
                let value = chance.of(b"abcdefghijklmnopqrstuvwxyz0123456789", length);
                let value = String::from_utf8(value).unwrap();
                talk.send(format!("GET /c?n={n}&g={value}{rest} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().junk
        };
        assert!(judged(""));
        assert!(!judged(&"&title=a+page+about+the+weather".repeat(12)));
    }

    #[test]
    fn tokens_numbers_words_and_encodings_are_not() {
        assert!(!judged(|chance| chance.of(BASE62, 11)));
        // Numbers: all but few have the two greatest lengths.
        let number = |chance: &mut Chance| {
            let (mut left, mut digits) = (chance.below(1 << 50), Vec::new());
            while left > 0 {
                digits.push(BASE62[left % 62]);
                left /= 62;
            }
            digits
        };
        assert!(!judged(number));
        let words = ["idle", "running", "finished", "unknown", "waiting", "broken", "department", "invoice"];
        assert!(!judged(
            |chance| format!("{}{}", words[chance.below(8)], words[chance.below(8)]).into_bytes()
        ));
        let base32 = |chance: &mut Chance| {
            let length = 5 + (chance.unit() * chance.unit() * 40.0) as usize;
            chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
        };
        assert!(!judged(base32));
    }
}
