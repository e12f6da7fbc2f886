//! Runs of marks that are drawn evenly.
//!
//! Speaks for: runs of nothing but punctuation in texts and values whose marks are drawn evenly from ten kinds or more. Silent for:
//! encodings with marks, rulers, drawings, code, patterns, programs in languages of marks: these have few kinds, or some far more often
//! than others. Minimum: 6 different runs of 10 marks, 192 marks.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::spans;
use crate::statistics::{Counts, even_among, histogram, pair_collision, without_own};

/// The shortest run, the fewest different ones, and the fewest marks of all.
const SHORTEST: usize = 10;
const RUNS: usize = 6;
const MARKS: usize = 192;
/// The fewest kinds, beside two that may come more often.
const KINDS: usize = 10;
const OWN: usize = 2;
/// What is looked at of a text.
const LOOKED_AT: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut seen) = (Pool::default(), BTreeSet::new());
    let mut marks = 0;
    for text in texts(look.reading) {
        let mut found = false;
        let runs = spans::runs(text, SHORTEST, |byte| byte.is_ascii_punctuation());
        // A mark before or behind the noise belongs to what it stands in.
        for run in runs.filter_map(|run| run.get(1..run.len() - 1)) {
            if pool.total < 1 << 16 && seen.insert(run) {
                pool.put(run, text.len(), false);
                found = true;
            }
        }
        if found {
            marks += text.iter().filter(|byte| byte.is_ascii_punctuation()).count();
        }
    }
    // Encodings with many marks have such runs by chance, and most marks elsewhere.
    if pool.total * 3 < marks {
        return Vec::new();
    }
    if pool.count < RUNS || pool.total < MARKS {
        return Vec::new();
    }
    let all = histogram(&pool.bytes);
    let Some((kinds, deviations)) = drawn(&pool.bytes, &all, look.limit)
        .or_else(|| drawn(&pool.bytes, &without_own(&all, OWN), look.limit))
    else {
        return Vec::new();
    };
    let text = format!(
        "{} runs are of nothing but marks, which are drawn evenly from {kinds} kinds: {} marks ({deviations:.1} standard deviations)",
        pool.count, pool.total
    );
    let found = Evidence::contradiction(pool.count, pool.share().min(1.0), text);
    vec![found.with_deviations(deviations).with_example(&pool.first)]
}

/// How many kinds of marks are drawn evenly, and how far from that they are, where `counts` are those of the marks or of most of them.
fn drawn(marks: &[u8], counts: &Counts, limit: f64) -> Option<(usize, f64)> {
    // Where one mark stands for all that cannot be printed, the others are bytes that happen to be marks.
    if (counts.iter().sum::<u32>() as usize) * 3 < marks.len() * 2 {
        return None;
    }
    let (kinds, deviations) = even_among(counts)?;
    let even = kinds >= KINDS && deviations.abs() <= 1.5 * limit && !repeats(marks, counts, limit);
    even.then_some((kinds, deviations))
}

/// Values, and texts of no format that is read.
fn texts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    let values = reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    let units = reading.units.iter().filter(|unit| unit.document.is_none()).map(|unit| unit.bytes.as_ref());
    values.chain(units).map(|text| text.get(..text.len().min(LOOKED_AT)).unwrap_or(text))
}

/// Whether marks come in the same pairs again and again, as in patterns.
fn repeats(marks: &[u8], counts: &Counts, limit: f64) -> bool {
    let kinds: Vec<u8> = (0..=255).filter(|mark| counts[usize::from(*mark)] > 0).collect();
    let pairs = pair_collision(marks, kinds.len(), |mark| kinds.binary_search(&mark).ok());
    pairs.is_some_and(|deviations| deviations > 1.5 * limit)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(count: usize, make: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for number in 0..count {
            let marks = make(&mut chance, number);
            talk.post(
                "application/json",
                format!(r#"{{"n":{number},"until":"deliver to {marks}"}}"#).as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("nothing but marks"))
    }

    fn drawn(chance: &mut Chance) -> String {
        let length = 12 + chance.below(40);
        String::from_utf8(chance.of(b"!#$%*+-.:;?@^_~|()[]", length)).unwrap()
    }

    #[test]
    fn marks_drawn_evenly_are_junk() {
        assert!(is_junk(12, |chance, _| drawn(chance)));
        assert!(!is_junk(5, |chance, _| drawn(chance)));
    }

    #[test]
    fn eleven_kinds_of_marks_are_enough() {
        let of = |marks: &'static [u8]| {
            is_junk(24, move |chance, _| {
                let length = 12 + chance.below(40);
                String::from_utf8(chance.of(marks, length)).unwrap()
            })
        };
        assert!(of(b"!@#$%^*()_+"));
        assert!(!of(b"!@#$%^*()"));
    }

    #[test]
    fn the_printable_side_of_dumps_is_not() {
        assert!(!is_junk(30, |chance, _| {
            let bytes = chance.bytes(64);
            bytes
                .iter()
                .map(|byte| {
                    if byte.is_ascii_punctuation() && !b"\"\\".contains(byte) {
                        char::from(*byte)
                    } else {
                        '.'
                    }
                })
                .collect()
        }));
    }

    #[test]
    fn encodings_with_many_marks_are_not() {
        let symbols: Vec<u8> = (b' '..=b'_').filter(|byte| !b"\"\\".contains(byte)).collect();
        assert!(!is_junk(60, |chance, _| String::from_utf8(chance.of(&symbols, 900)).unwrap()));
    }

    #[test]
    fn rulers_patterns_and_code_are_not() {
        for line in [
            "-=-=-=-=-=-=-=-=-=-=-=-=",
            "*~.,.~*~.,.~*~.,.~*~.,.~*",
            "[][(![]+[])[+[]]+([][[]]+[])",
            "!#$%&()*+,-./:;<=>?@[]^_`{|}~",
        ] {
            let more = |number: usize| line.chars().take(number % 8).collect::<String>();
            assert!(!is_junk(12, |_, number| format!("{line}{}", more(number))), "{line}");
        }
    }
}
