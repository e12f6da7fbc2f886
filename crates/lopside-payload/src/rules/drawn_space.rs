//! White space that is drawn by chance.
//!
//! Speaks for: spaces and tabs behind a text or a document of which each is as likely as the other, whatever stands before it: nobody
//! indents or fills so. Silent for: indentation, columns, fill of one of them. Minimum: 2 messages with 16 at their ends, 96 in all.

use super::{Look, Pool};
use crate::evidence::Evidence;

const MESSAGES: usize = 2;
const SHORTEST: usize = 16;
const LEAST: usize = 96;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    for unit in look.reading.units.iter().filter(|unit| unit.whole) {
        let bytes = unit.bytes.as_ref();
        let text = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
        let space = bytes.get(text..).unwrap_or_default();
        if text > 0 && space.len() >= SHORTEST {
            pool.put(space, bytes.len(), true);
        }
    }
    if pool.count < MESSAGES || pool.total < LEAST || pool.same || !is_drawn(&pool.bytes, look.limit) {
        return Vec::new();
    }
    let text = format!(
        "{} messages end in {} spaces and tabs in no order: each is as likely as the other, whatever stands before it",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)]
}

/// Whether half are tabs, and half differ from the one before, from that before it, and so on: all are sums of fair draws.
fn is_drawn(space: &[u8], limit: f64) -> bool {
    let tabs = space.iter().filter(|byte| **byte == b'\t').count();
    let changes = |apart: usize| space.iter().zip(space.iter().skip(apart)).filter(|(a, b)| a != b).count();
    let fair = |count: usize, of: usize| (2.0 * count as f64 - of as f64).abs() <= limit * (of as f64).sqrt();
    fair(tabs, space.len()) && (1..=8).all(|apart| fair(changes(apart), space.len().saturating_sub(apart)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(count: usize, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(83);
        let mut talk = Talk::default();
        for n in 0..count {
            let space = make(&mut chance);
            let body = format!("{{\"n\":{n},\"state\":\"idle\"}}");
            talk.post("application/json", &[body.as_bytes(), &space].concat());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn spaces_and_tabs_by_chance_are_junk_and_fill_and_indentation_are_not() {
        assert!(judged(6, |chance| chance.of(b" \t", 60)));
        assert!(judged(2, |chance| chance.of(b" \t", 200)));
        assert!(!judged(1, |chance| chance.of(b" \t", 200)));
        assert!(!judged(2, |chance| chance.of(b" \t", 40)));
        assert!(!judged(6, |chance| b" ".repeat(30 + chance.below(60))));
        assert!(!super::is_drawn(&b"\t\t  ".repeat(30), 4.0));
        assert!(!super::is_drawn(&b"\t\t\t    ".repeat(30), 4.0));
    }
}
