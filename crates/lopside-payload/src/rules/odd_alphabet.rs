//! Values of letters, digits and some marks in an alphabet that no encoder has.
//!
//! Speaks for: values of one name, and whole bodies, that are drawn evenly from all letters and digits and from 6 to 22 marks: more
//! symbols than base64 has, and fewer than the encodings of 85 and 91. Silent for: these encodings and tokens with marks between their
//! parts (some symbols come far more often), passwords (which are short), characters of all kinds (`letters`). Minimum: 4 values of 4
//! lengths, a quarter of them of 48 symbols; 8 symbols of each kind in all.

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::statistics::{even_among, histogram, pair_collision};

/// The fewest values, and of how many lengths.
const VALUES: usize = 4;
const LENGTHS: usize = 4;
/// The shortest value, and one that is longer than passwords.
const SHORTEST: usize = 8;
const LONG: u32 = 48;
/// Letters of both cases and digits, and how many marks are beside them.
const PLAIN: usize = 62;
const MARKS: std::ops::RangeInclusive<usize> = 6..=22;
/// How often each kind of symbol has to come: an even draw leaves one out once in 3,000 times.
const EACH: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots =
        look.reading.slots.values().map(|values| values.iter().map(|value| value.bytes.as_slice()).collect());
    let bodies = look.reading.units.iter().filter(|unit| unit.whole && unit.document.is_none());
    let bodies: Vec<&[u8]> = bodies.map(|unit| unit.bytes.trim_ascii()).collect();
    slots.chain([bodies]).filter_map(|values: Vec<&[u8]>| judge(&values, look.limit)).take(1).collect()
}

fn judge(values: &[&[u8]], limit: f64) -> Option<Evidence> {
    let mut pool = Pool::default();
    for value in
        values.iter().filter(|value| value.len() >= SHORTEST && value.iter().all(u8::is_ascii_graphic))
    {
        pool.put(value, value.len(), false);
    }
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    lengths.dedup();
    let long = pool.lengths.iter().filter(|length| **length >= LONG).count();
    if pool.count < VALUES
        || pool.count * 2 < values.len()
        || lengths.len() < LENGTHS
        || long * 4 < pool.count
    {
        return None;
    }
    let symbols = pool.bytes.as_slice();
    let counts = histogram(symbols);
    let plain =
        (0..=u8::MAX).filter(|byte| byte.is_ascii_alphanumeric() && counts[usize::from(*byte)] > 0).count();
    let (kinds, deviations) = even_among(&counts)?;
    let odd = plain == PLAIN && MARKS.contains(&(kinds - plain)) && symbols.len() >= EACH * kinds;
    if !odd || deviations.abs() > limit || repeats(symbols, kinds, limit) {
        return None;
    }
    let text = format!(
        "{} values are drawn evenly from letters, digits and {} marks, which no encoding has: {} symbols ({deviations:.1} standard deviations)",
        pool.count,
        kinds - plain,
        pool.total
    );
    let share = pool.share();
    Some(
        Evidence::contradiction(pool.count, share, text)
            .with_deviations(deviations)
            .with_example(&pool.first),
    )
}

/// Whether symbols come in the same pairs again and again.
fn repeats(symbols: &[u8], kinds: usize, limit: f64) -> bool {
    let counts = histogram(symbols);
    let own: Vec<u8> = (0..=u8::MAX).filter(|byte| counts[usize::from(*byte)] > 0).collect();
    let pairs = pair_collision(symbols, kinds, |byte| own.binary_search(&byte).ok());
    pairs.is_some_and(|deviations| deviations > 1.5 * limit)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const PLAIN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn is_junk(value: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for _ in 0..60 {
            let cookie = String::from_utf8(value(&mut chance)).unwrap();
            talk.send(format!("GET /poll HTTP/1.1\r\nHost: a\r\nCookie: data={cookie}\r\n\r\n").as_bytes());
            talk.answer(b"none");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("which no encoding has"))
    }

    fn drawn(chance: &mut Chance, marks: &str, length: usize) -> Vec<u8> {
        let length = length + chance.below(length);
        chance.of([PLAIN, marks].concat().as_bytes(), length)
    }

    #[test]
    fn letters_digits_and_some_marks_are_of_no_encoding() {
        assert!(is_junk(|chance| drawn(chance, "!#%&*+-.?@_", 80)));
        assert!(is_junk(|chance| drawn(chance, "#$&*+=?@^", 60)));
    }

    #[test]
    fn encodings_tokens_and_passwords_are_of_one() {
        assert!(!is_junk(|chance| drawn(chance, "!#*+-?@_", 12)));
        assert!(!is_junk(|chance| drawn(chance, ".-:+=^!/*?&<>()[]{}@%$#", 90)));
        assert!(!is_junk(|chance| drawn(chance, "+/", 90)));
        assert!(!is_junk(|chance| {
            let parts: Vec<Vec<u8>> = b"!*~|:#"
                .iter()
                .map(|mark| {
                    let length = 12 + chance.below(12);
                    [&encode(&chance.bytes(length)), [*mark].as_slice()].concat()
                })
                .collect();
            parts.concat()
        }));
    }
}
