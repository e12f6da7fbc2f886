//! One and the same sentence again and again in each message.
//!
//! People say a thing once, programs write a line for each time they say it. A sentence that follows itself without an end of a line,
//! many times in each of several messages that hold something else too, is there to make them long.
//!
//! Speaks for: a block of words of up to 300 bytes that stands at least five times in a row in messages, bodies and comments of pages.
//! Silent for: lines, lists, tables and code, rulers, messages that are nothing else (tests of a line). Minimum: 4 messages, half of all
//! that are as long, 160 bytes in each, a fifth of the content.

use super::Look;
use super::periods::{from_end, from_start};
use crate::content::find as find_bytes;
use crate::evidence::Evidence;

/// The lengths of a block, and how often it stands in a row.
const BLOCK: std::ops::RangeInclusive<usize> = 24..=300;
const TIMES: usize = 5;
/// The fewest bytes of a stretch, and the fewest of a message beside it.
const STRETCH: usize = 160;
const BESIDE: usize = 16;
/// The fewest messages, and the least share of the content.
const MESSAGES: usize = 4;
const SHARE: f64 = 0.2;
/// Places at which a block is looked for, and by how many bytes.
const PLACES: usize = 8;
const PROBE: usize = 20;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut count, mut all, mut bytes, mut around) = (0, 0, 0, 0);
    let mut first: Option<&[u8]> = None;
    for unit in look.reading.units.iter().filter(|unit| unit.bytes.len() >= STRETCH) {
        (all, around) = (all + 1, around + unit.bytes.len());
        let Some(stretch) = stretch(&unit.bytes) else { continue };
        if stretch.len() + BESIDE > unit.bytes.len() {
            continue;
        }
        (count, bytes) = (count + 1, bytes + stretch.len());
        first = first.or(Some(stretch));
    }
    let share = bytes as f64 / around.max(1) as f64;
    if count < MESSAGES || count * 2 < all || share < SHARE {
        return Vec::new();
    }
    let text = format!(
        "{count} of {all} messages hold one sentence again and again: {bytes} bytes, {:.0} % of them",
        share * 100.0
    );
    vec![Evidence::contradiction(count, share, text).with_example(first.unwrap_or_default())]
}

/// The first stretch of a text that is a block of words again and again.
fn stretch(text: &[u8]) -> Option<&[u8]> {
    let step = (text.len() / PLACES).max(1);
    (0..PLACES).map(|place| place * step + step / 2).find_map(|at| {
        let probe = text.get(at..at + PROBE).filter(|probe| probe.iter().all(|byte| is_of_words(*byte)))?;
        let near = text.get(..text.len().min(at + PROBE + BLOCK.end()))?;
        let period = find_bytes(near, probe, at + 1)? - at;
        let behind = from_start(text.get(at..)?, period);
        let before = from_end(text.get(..at + period)?, period).saturating_sub(period);
        let stretch = text.get(at - before..at + behind)?;
        let block = stretch.get(..period)?;
        let words = block.iter().filter(|byte| **byte == b' ').count();
        let held = BLOCK.contains(&period) && stretch.len() >= (TIMES * period).max(STRETCH);
        (held && (3..period / 2).contains(&words) && block.iter().all(|byte| is_of_words(*byte)))
            .then_some(stretch)
    })
}

/// Whether a byte may stand in a sentence.
fn is_of_words(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 128
        || matches!(byte, b' ' | b'.' | b',' | b'!' | b'?' | b'\'' | b'-')
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const SENTENCE: &str = "The early bird catches the worm, they say. ";

    fn is_junk(make: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(107);
        let mut talk = Talk::default();
        for number in 0..8 {
            let text = make(&mut chance, number);
            talk.page("/a", "text/plain", text.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("one sentence"))
    }

    #[test]
    fn a_sentence_that_fills_messages_is_junk_before_and_behind_what_they_say() {
        assert!(is_junk(|chance, number| {
            let mut text =
                format!("interval={}\ntask=get {number}\n{}", chance.below(900), SENTENCE.repeat(40));
            text.truncate(1300);
            text
        }));
        assert!(is_junk(|chance, number| format!(
            "{}now get the file {number} at {}",
            SENTENCE.repeat(60),
            chance.below(999)
        )));
    }

    #[test]
    fn lines_tables_rulers_and_tests_of_a_line_are_not() {
        assert!(!is_junk(|_, number| format!(
            "{number}\n{}",
            "the pump of hall 4 is quiet tonight\n".repeat(30)
        )));
        assert!(!is_junk(|_, number| format!(
            "{number}: {}",
            "[\"the pump of hall 4 is quiet\"],".repeat(30)
        )));
        assert!(!is_junk(|_, number| format!("report {number} of the night {}", "- ".repeat(300))));
        assert!(!is_junk(|_, _| SENTENCE.repeat(30)));
        assert!(!is_junk(|_, number| format!("report {number} of the night: {}", SENTENCE.repeat(3))));
    }
}
