//! Letters beyond ASCII that are drawn evenly.
//!
//! Speaks for: runs of letters of one script that has a few dozen (Greek, Cyrillic, accented Latin) in texts and values whose letters are
//! drawn evenly. Silent for: language, which has some letters far more often than others, and scripts of many characters. Minimum: runs
//! of 16 letters, 3 of them, 256 letters of 12 kinds or more.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::spans;
use crate::statistics::{even_among, pair_collision};

/// The shortest run, and the fewest runs and letters.
const SHORTEST: usize = 16;
const RUNS: usize = 3;
const LETTERS: usize = 256;
/// Kinds of letters: fewer are a pattern, more no alphabet.
const KINDS: std::ops::RangeInclusive<usize> = 12..=80;
/// Code points that lie in one row.
const ROW: u32 = 128;
/// What is looked at of a text.
const LOOKED_AT: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut rows: BTreeMap<u32, Letters> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for text in texts(look.reading).filter(|text| !text.is_ascii()) {
        let start = text.get(..text.len().min(LOOKED_AT)).unwrap_or(text);
        // A run has no byte of ASCII but spaces.
        if spans::runs(start, 2 * SHORTEST, |byte| byte >= 128 || byte == b' ').next().is_none() {
            continue;
        }
        for run in
            start.utf8_chunks().flat_map(|chunk| chunk.valid().split(|c: char| !is_letter(c) && c != ' '))
        {
            if run.len() >= 2 * SHORTEST && seen.insert(run) {
                put(&mut rows, run, text.len());
            }
        }
    }
    rows.values().find_map(|letters| letters.told(look.limit)).into_iter().collect()
}

/// The letters of one row of code points.
#[derive(Default)]
struct Letters {
    /// Places in the row.
    places: Vec<u8>,
    runs: usize,
    around: usize,
}

fn put(rows: &mut BTreeMap<u32, Letters>, run: &str, around: usize) {
    let letters: Vec<u32> = run.chars().filter(|c| *c != ' ').map(u32::from).collect();
    let Some(row) = letters.first().map(|letter| letter / ROW) else { return };
    if letters.len() >= SHORTEST && letters.iter().all(|letter| letter / ROW == row) {
        let found = rows.entry(row).or_default();
        found.places.extend(letters.iter().map(|letter| (letter % ROW) as u8));
        found.runs += 1;
        found.around += around;
    }
}

impl Letters {
    fn told(&self, limit: f64) -> Option<Evidence> {
        if self.runs < RUNS || self.places.len() < LETTERS {
            return None;
        }
        let (kinds, deviations) = even_among(&crate::statistics::histogram(&self.places))?;
        let mut distinct = self.places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let pairs =
            pair_collision(&self.places, kinds, |place| distinct.binary_search(&place).ok()).unwrap_or(0.0);
        if !KINDS.contains(&kinds) || deviations.abs() > limit || pairs > 1.5 * limit {
            return None;
        }
        let text = format!(
            "{} runs hold {} letters beyond ASCII that are drawn evenly from {kinds} ({deviations:.1} standard deviations), as no language has them",
            self.runs,
            self.places.len()
        );
        let share = (2 * self.places.len()) as f64 / self.around.max(1) as f64;
        Some(Evidence::contradiction(self.runs, share.min(1.0), text).with_deviations(deviations))
    }
}

fn is_letter(c: char) -> bool {
    !c.is_ascii() && c.is_alphabetic()
}

/// Values, and all that is sent.
fn texts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    let values = reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    values.chain(reading.units.iter().map(|unit| unit.bytes.as_ref()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(67);
        let mut talk = Talk::default();
        for number in 0..8 {
            talk.datagram(format!("{}|host={number};state=idle;all is quiet", make(&mut chance)).as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("letters beyond ASCII"))
    }

    #[test]
    fn letters_of_another_script_drawn_evenly_are_junk_and_language_is_not() {
        for first in [0x3B1, 0x430] {
            assert!(is_junk(|chance| {
                let length = 30 + chance.below(60);
                (0..length).filter_map(|_| char::from_u32(first + chance.below(24) as u32)).collect()
            }));
        }
        let words = [
            "заседание",
            "комитета",
            "состоится",
            "завтра",
            "в",
            "ратуше",
            "докладчик",
            "и",
            "договор",
            "подписан",
        ];
        assert!(!is_junk(|chance| (0..30).map(|_| words[chance.below(10)]).collect::<Vec<_>>().join(" ")));
    }
}
