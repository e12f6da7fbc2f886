//! Answers and requests that are hex digits, as no bytes are encoded.
//!
//! Speaks for: bodies of HTTP that hold nothing but hex digits drawn evenly, of many lengths, an odd one in a quarter of them: two digits
//! are a byte. Silent for: hashes and numbers (few lengths), encoded content (even lengths), parts of files. Minimum: 8 bodies of 16
//! digits, 6 lengths, half of all bodies of that type.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

/// The fewest bodies, their digits and their lengths.
const LEAST: usize = 8;
const SHORTEST: usize = 16;
const LENGTHS: usize = 6;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let is_hex = |unit: &&Unit<'_>| {
        let body = unit.carrier == Carrier::Http && unit.whole && !unit.partial;
        body && unit.bytes.len() >= SHORTEST && unit.bytes.iter().all(u8::is_ascii_hexdigit)
    };
    let bodies: Vec<&Unit<'_>> = look.reading.units.iter().filter(is_hex).collect();
    let Some(first) = bodies.first().filter(|_| bodies.len() >= LEAST) else { return Vec::new() };
    let alike = |unit: &Unit<'_>| unit.carrier == Carrier::Http && unit.declared == first.declared;
    let all = look.reading.units.iter().filter(|unit| alike(unit)).count();
    let mut pool = Pool::default();
    bodies
        .iter()
        .copied()
        .filter(|unit| alike(unit))
        .for_each(|unit| pool.put(&unit.bytes, unit.bytes.len(), true));
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let odd = pool.lengths.iter().filter(|length| !length.is_multiple_of(2)).count();
    let few = pool.count < LEAST || pool.count * 2 < all || lengths.len() < LENGTHS || odd * 4 < pool.count;
    let drawn = even(&pool.bytes, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Hex);
    let (false, Some(drawn)) = (few, drawn) else { return Vec::new() };
    let text = format!(
        "{} of {all} bodies are {} hex digits drawn evenly, in odd number in {odd} of them, which encodes no bytes",
        pool.count, pool.total
    );
    let sent: usize = look.reading.units.iter().map(|unit| unit.bytes.len()).sum();
    let share = pool.total as f64 / sent.max(1) as f64;
    vec![
        Evidence::statistic(pool.count, share, 0.7, text)
            .with_deviations(drawn.deviations)
            .with_example(&pool.first),
    ]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(length: impl Fn(&mut Chance) -> usize) -> bool {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for number in 0..12 {
            let length = length(&mut chance);
            let body = chance.of(b"0123456789abcdef", length);
            talk.page(&format!("/a?n={number}"), "text/html", &body);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("encodes no bytes"))
    }

    #[test]
    fn hex_digits_in_odd_numbers_are_suspect_and_encoded_bytes_are_not() {
        assert!(judged(|chance| 30 + chance.below(300)));
        assert!(!judged(|chance| 2 * (15 + chance.below(150))));
        // Numbers whose first digits may be zeros, and a hash.
        assert!(!judged(|chance| 62 + chance.below(3)));
        assert!(!judged(|_| 64));
    }
}
