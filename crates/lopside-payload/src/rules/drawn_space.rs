//! White space that is drawn by chance.
//!
//! Speaks for: spaces, tabs and line breaks before, inside or behind a text or a document that come in no order, each as likely whatever
//! stands before it: nobody indents or fills so. Silent for: indentation, columns, fill of one of them, line ends of two
//! characters. Minimum: 2 messages with 16 at one of these places, 96 in all.

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::spans;

const MESSAGES: usize = 2;
const SHORTEST: usize = 16;
const LEAST: usize = 96;
/// The largest share of one kind.
const MOST_OF_ONE: f64 = 0.7;
/// What is looked at of a message.
const LOOKED_AT: usize = 16 << 10;
/// The places of white space, in words.
const PLACES: [&str; 3] = ["begin with", "hold", "end in"];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pools: [Pool; 3] = Default::default();
    for unit in look.reading.units.iter().filter(|unit| unit.whole) {
        let bytes = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        for run in spans::runs(bytes, SHORTEST, is_space).filter(|run| run.len() < bytes.len()) {
            let (within, place) = (bytes.as_ptr_range(), run.as_ptr_range());
            let place =
                if place.start == within.start { 0 } else { 1 + usize::from(place.end == within.end) };
            if let Some(pool) = pools.get_mut(place) {
                pool.put(run, bytes.len(), true);
            }
        }
    }
    PLACES.into_iter().zip(&pools).filter_map(|(place, pool)| told(place, pool, look.limit)).collect()
}

fn told(place: &str, pool: &Pool, limit: f64) -> Option<Evidence> {
    // A line end before or behind what was drawn is none of it.
    let bare = pool.before_line_ends();
    let pools = [Some(pool), bare.as_ref()].into_iter().flatten();
    let enough = |pool: &&Pool| pool.count >= MESSAGES && pool.total >= LEAST && !pool.same;
    let drawn = pools.filter(enough).find(|pool| is_drawn(&pool.bytes, limit))?;
    let text = format!(
        "{} messages {place} {} spaces, tabs or line breaks in no order: each is as likely as it is elsewhere, whatever stands before it",
        drawn.count, drawn.total
    );
    Some(Evidence::contradiction(drawn.count, drawn.share(), text).with_example(&drawn.first))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether two or more kinds, of which none is most of all, are followed one to eight places on by the same as often as draws of their
/// own would be, whatever stands before them.
fn is_drawn(space: &[u8], limit: f64) -> bool {
    let mut counts = [0usize; 256];
    space.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let share = |count: usize| count as f64 / space.len() as f64;
    let chance: f64 = counts.iter().map(|count| share(*count).powi(2)).sum();
    let fair = |count: usize, of: usize| {
        let of = of as f64;
        (count as f64 - of * chance).abs() <= limit * (of * chance * (1.0 - chance)).sqrt()
    };
    let again = |apart: usize| space.iter().zip(space.iter().skip(apart)).filter(|(a, b)| a == b).count();
    counts.iter().all(|count| share(*count) <= MOST_OF_ONE)
        && (1..=8).all(|apart| fair(again(apart), space.len().saturating_sub(apart)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(count: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(83);
        let mut talk = Talk::default();
        for n in 0..count {
            let body = make(&mut chance, &format!("{{\"n\":{n},\"state\":\"idle\"}}"));
            talk.post("application/json", &body);
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in no order"))
    }

    fn behind(text: &str, space: &[u8]) -> Vec<u8> {
        [text.as_bytes(), space].concat()
    }

    #[test]
    fn spaces_and_tabs_by_chance_are_junk_and_fill_and_indentation_are_not() {
        assert!(judged(6, |chance, text| behind(text, &chance.of(b" \t", 60))));
        assert!(judged(2, |chance, text| behind(text, &chance.of(b" \t", 200))));
        assert!(!judged(1, |chance, text| behind(text, &chance.of(b" \t", 200))));
        assert!(!judged(2, |chance, text| behind(text, &chance.of(b" \t", 40))));
        assert!(!judged(6, |chance, text| behind(text, &b" ".repeat(30 + chance.below(60)))));
        assert!(!super::is_drawn(&b"\t\t  ".repeat(30), 4.0));
        assert!(!super::is_drawn(&b"\t\t\t    ".repeat(30), 4.0));
        assert!(!super::is_drawn(&b" ".repeat(300), 4.0));
    }

    #[test]
    fn line_breaks_by_chance_are_junk_anywhere() {
        let all: &[u8] = b" \t\r\n";
        // Some more often than others.
        assert!(judged(6, |chance, text| behind(text, &chance.of(b" \t\r\n \t", 60))));
        assert!(!judged(6, |chance, text| behind(text, &chance.of(b"       \t", 60))));
        assert!(judged(6, |chance, text| behind(text, &chance.of(all, 60))));
        assert!(judged(6, |chance, text| [chance.of(all, 60), text.into()].concat()));
        assert!(judged(6, |chance, text| text
            .replacen(':', &format!(":{}", String::from_utf8(chance.of(all, 60)).unwrap()), 1)
            .into()));
        assert!(judged(6, |chance, text| behind(
            text,
            &[&chance.of(b" \t", 90), b"\r\n".as_slice()].concat()
        )));
    }

    #[test]
    fn blank_lines_and_deep_indentation_are_not() {
        assert!(!judged(6, |chance, text| behind(text, &b"\r\n".repeat(20 + chance.below(30)))));
        assert!(!judged(6, |chance, text| behind(text, &b"\n\t\t\t".repeat(9 + chance.below(30)))));
        assert!(!judged(40, |chance, text| {
            let indented = format!(":\n{}", " ".repeat(16 + 4 * chance.below(4)));
            text.replace(':', &indented).into()
        }));
    }
}
