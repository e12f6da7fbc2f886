//! White space between the words of texts that is drawn by chance.
//!
//! Writers indent, align and wrap: what stands between two words depends on where they stand. Speaks for: runs of white space inside
//! texts and documents whose characters (spaces, tabs, line feeds, carriage returns; three kinds of these or all) are each as likely as
//! the others, whatever stands before them. Silent for: indentation, line ends, columns, fill of one of them, two kinds (a table of tabs
//! and spaces). Minimum: 24 runs, 128 characters.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{even_among, histogram, pair_collision};

/// The fewest runs, characters and kinds.
const RUNS: usize = 24;
const LEAST: usize = 128;
const KINDS: usize = 3;
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    for unit in look.reading.units.iter().filter(|unit| !unit.headless) {
        let bytes = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        // Runs of three kinds are rare: most texts are done with here.
        if !bytes
            .windows(2)
            .any(|pair| matches!(pair, b"\t\n" | b"\n\t" | b" \r" | b"\r " | b"\t\r" | b"\r\t"))
        {
            continue;
        }
        if !is_text(bytes) {
            continue;
        }
        let mut around = bytes.len();
        for run in bytes.chunk_by(|a, b| is_blank(*a) == is_blank(*b)) {
            if run.len() > 1 && run.first().is_some_and(|byte| is_blank(*byte)) {
                pool.put(run, std::mem::take(&mut around), true);
            }
        }
    }
    if pool.count < RUNS || pool.total < LEAST {
        return Vec::new();
    }
    let Some(deviations) = drawn(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} characters of white space in {} runs stand in no order ({deviations:.1} standard deviations): each kind is as likely as the others",
        pool.total, pool.count
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(deviations).with_example(&pool.first)]
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// How far characters lie from an even draw of three kinds or more; `None` where they are none, each with the next.
fn drawn(blanks: &[u8], limit: f64) -> Option<f64> {
    let (kinds, deviations) = even_among(&histogram(blanks))?;
    let place = |byte| b" \t\r\n".iter().position(|blank| *blank == byte);
    // Kinds that do not come are pairs that do not come: four places for three kinds would be uneven.
    let seen: BTreeSet<u8> = blanks.iter().copied().collect();
    let among = |byte: u8| seen.iter().position(|kind| *kind == byte).filter(|_| place(byte).is_some());
    let pairs = pair_collision(blanks, kinds, among)?;
    (kinds >= KINDS && pairs <= 1.5 * limit).then_some(deviations)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn told(count: usize, blank: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(37);
        let mut talk = Talk::default();
        for number in 0..count {
            let mut body = Vec::new();
            for (place, word) in
                format!("{{ \"n\": {number} , \"state\": \"idle\" , \"hall\": 4 }}").split(' ').enumerate()
            {
                body.extend(word.bytes());
                body.extend(blank(&mut chance, place));
            }
            talk.post("application/json", &body);
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in no order ("))
    }

    #[test]
    fn white_space_in_no_order_is_junk() {
        for kinds in [b" \t\r\n".as_slice(), b" \t\n", b"\r\n "] {
            assert!(told(12, |chance, _| {
                let length = 2 + chance.below(6);
                chance.of(kinds, length)
            }));
            assert!(told(12, |chance, _| chance.of(kinds, 4)));
        }
    }

    #[test]
    fn indentation_and_line_ends_are_in_order() {
        let length = |chance: &mut Chance| 2 + chance.below(6);
        assert!(!told(2, |chance, _| {
            let length = length(chance);
            chance.of(b" \t\r\n", length)
        }));
        assert!(!told(12, |chance, _| {
            let length = length(chance);
            chance.of(b" \t", length)
        }));
        assert!(!told(20, |_, place| [b"\r\n".as_slice(), &b"\t".repeat(place % 4)].concat()));
        assert!(!told(20, |chance, _| [b"\r\n\t".as_slice(), &b" ".repeat(chance.below(5))].concat()));
        assert!(!told(3, |chance, _| {
            let length = 2 + chance.below(3);
            chance.of(b" \t\r\n", length)
        }));
        // As often each, but in the same pairs.
        assert!(!told(20, |chance, _| (0..1 + chance.below(3))
            .flat_map(|_| [b"\r\n", b"\t "][chance.below(2)].to_vec())
            .collect()));
        // White space of binary content.
        assert!(!told(12, |chance, _| {
            let length = length(chance);
            [chance.bytes(20), chance.of(b" \t\r\n", length)].concat()
        }));
    }
}
