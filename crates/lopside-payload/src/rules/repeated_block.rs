//! A block of bytes that is repeated before, inside or behind text or a document.
//!
//! Speaks for: text, or a document that is read, with a stretch beside or inside it that is one and the same block of bytes again and
//! again, a block that text cannot hold. Silent for: one value repeated and control characters (padding), blocks that are text, and
//! content that is not text around it. Minimum: 2 messages, 3 repetitions of at least 3 different bytes, 48 bytes in all.

use super::{Look, Pool};
use crate::class::HEADER;
use crate::content::document;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

use super::beside_text::is_printable;

/// The lengths of blocks.
const BLOCK: std::ops::RangeInclusive<usize> = 3..=32;
/// What is looked at of a message.
const LENGTH: usize = 8 << 10;
/// Places at which a block is looked for in one message.
const PLACES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut units) = (Pool::default(), 0);
    for unit in look.reading.units.iter().filter(|unit| !unit.headless && unit.carrier != Carrier::Layer) {
        units += 1;
        let bytes = unit.bytes.get(..unit.bytes.len().min(LENGTH)).unwrap_or(&unit.bytes);
        if let Some(stretch) = stretch(bytes).filter(|stretch| reads_around(unit, bytes, *stretch)) {
            pool.put(bytes.get(stretch.0..stretch.1).unwrap_or_default(), unit.bytes.len(), true);
        }
    }
    if pool.count < 2 || pool.count * 10 < units || pool.total < 48 {
        return Vec::new();
    }
    let text = format!(
        "{} of {units} messages hold a block of bytes again and again beside text or a document: {} bytes, {:.0} % of them",
        pool.count,
        pool.total,
        pool.share() * 100.0
    );
    vec![Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)]
}

/// Where the first block that is repeated, and that text cannot hold, starts and ends.
fn stretch(bytes: &[u8]) -> Option<(usize, usize)> {
    let odd =
        bytes.iter().enumerate().skip(HEADER.min(bytes.len() / 4)).filter(|(_, byte)| !is_printable(**byte));
    odd.take(PLACES)
        .find_map(|(place, _)| BLOCK.into_iter().find_map(|period| repeated(bytes, place, period)))
}

/// The stretch around a place that repeats with a period.
fn repeated(bytes: &[u8], place: usize, period: usize) -> Option<(usize, usize)> {
    let (left, right) = bytes.split_at_checked(place)?;
    let same = |(byte, next): &(&u8, &u8)| byte == next;
    let beside = |at: usize| bytes.get(at).zip(bytes.get(at + period)).is_some_and(|pair| same(&pair));
    if !beside(place) && !place.checked_sub(1).is_some_and(beside) {
        return None;
    }
    let behind = right.iter().zip(right.get(period..)?).take_while(same).count();
    // What comes a period later ends where the rest has it.
    let later = bytes.get(period..place + period)?;
    let before = left.iter().rev().zip(later.iter().rev()).take_while(same).count();
    let (from, to) = (place - before, place + behind + period);
    let stretch = bytes.get(from..to)?;
    let whole = behind + before >= (2 * period).max(12) - period.min(4) && stretch.len() >= 3 * period;
    if !whole || std::str::from_utf8(stretch).is_ok_and(|text| !text.contains(is_control)) {
        return None;
    }
    let mut block = stretch.get(..period)?.to_vec();
    // Commands of a terminal: colours around each word.
    if crate::content::find(stretch, b"\x1b[", 0).is_some() {
        return None;
    }
    let held = block.iter().filter(|byte| **byte >= 32).count();
    block.sort_unstable();
    block.dedup();
    (block.len() >= 3 && held * 2 > period).then_some((from, to))
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\r' | '\n')
}

/// Whether what stands around a stretch is text, or a document starts behind it or ends before it.
fn reads_around(unit: &Unit<'_>, bytes: &[u8], (from, to): (usize, usize)) -> bool {
    let (head, rest) = (bytes.get(..from).unwrap_or_default(), bytes.get(to..).unwrap_or_default());
    if document::at_start(rest, unit.whole).is_some_and(|found| !found.broken) {
        return true;
    }
    let odd = |piece: &[u8]| piece.iter().filter(|byte| !is_printable(**byte)).count();
    let skipped = head.get(HEADER.min(head.len())..).unwrap_or_default();
    let text = head.len() + rest.len();
    text >= 24 && (odd(skipped) + odd(rest)) * 20 <= text
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(8);
        let mut talk = Talk::default();
        for n in 0..6 {
            let text = format!("report of host {n}; all is quiet. {}", "Nothing new; ".repeat(1 + n % 4));
            talk.send(&make(&mut chance, &text));
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    fn blocks(chance: &mut Chance, period: usize, length: usize) -> Vec<u8> {
        let block = chance.bytes(period);
        block.iter().copied().cycle().take(length).collect()
    }

    #[test]
    fn a_block_that_is_repeated_beside_text_is_junk() {
        assert!(judged(|chance, text| [blocks(chance, 9, 90).as_slice(), text.as_bytes()].concat()));
        assert!(judged(|chance, text| {
            let (before, behind) = text.split_at(20);
            [before.as_bytes(), &blocks(chance, 7, 40), behind.as_bytes()].concat()
        }));
        assert!(judged(|chance, text| {
            let json = format!("{{\"note\":\"{text}\"}}");
            [blocks(chance, 12, 70).as_slice(), json.as_bytes()].concat()
        }));
    }

    #[test]
    fn padding_text_and_tables_are_not() {
        assert!(!judged(|_, text| [text.as_bytes(), &[0; 60]].concat()));
        assert!(!judged(|_, text| [text.as_bytes(), &b"\x01\0\0\0".repeat(12)].concat()));
        assert!(!judged(|_, text| format!("{} {text}", "äöü-".repeat(12)).into_bytes()));
        assert!(!judged(|_, text| format!("{}\r\n{text}", "-=-".repeat(20)).into_bytes()));
        // Colours of a terminal around nothing.
        assert!(!judged(|_, text| format!("{text} {}", "\x1b[0m ".repeat(9)).into_bytes()));
        assert!(!judged(|chance, _| [
            chance.bytes(40).as_slice(),
            &blocks(chance, 6, 60),
            &chance.bytes(90)
        ]
        .concat()));
    }
}
