//! One byte or block repeated to fill messages to a size.
//!
//! Speaks for: fill of no convention that makes the sizes of messages round. Zeros, spaces and 0xFF are conventional: padding. Silent
//! for: repetition inside messages (tables, images, dumps). Minimum: 3 messages with 24 bytes of fill each at their end or start.

use std::collections::BTreeMap;

use super::periods::from_end;
use super::{Look, Pool};
use crate::content::encoding::base64_value;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{SizeLaw, size_law};

/// The fewest bytes of fill in a message.
const LEAST: usize = 24;
/// What is left of messages that hold nothing but fill: a number and a time.
const NOTHING: usize = 16;
/// The longest block that is repeated.
const BLOCK: usize = 32;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (odd, usual, law) = Ends::of(look).parted();
    let (mut found, units) = (Vec::from_iter(fields(look)), law.units);
    let varied = odd.lengths.iter().any(|length| Some(length) != odd.lengths.first());
    if law.nothing_else && odd.count == units && odd.count >= 3 {
        let text = format!("{units} messages are nothing but a repeated block: {} bytes", odd.total);
        found.push(Evidence::padding(odd.count, odd.share(), text).with_example(&odd.first));
    } else if odd.count >= 3 && odd.count * 3 >= units && (law.sizes.is_some() && varied || odd.share() > 0.2)
    {
        let text = format!(
            "{} of {units} messages are filled with a repeated byte or block: {} bytes, {:.0} % of them{}",
            odd.count,
            odd.total,
            odd.share() * 100.0,
            law.sizes.map_or(String::new(), |law| format!(", to {law}"))
        );
        found.push(Evidence::contradiction(odd.count, odd.share(), text).with_example(&odd.first));
    }
    if usual.count >= 2 && usual.share() > 0.05 {
        let text = format!(
            "{} of {units} messages end in zeros, spaces or 0xFF: {} bytes, {:.0} % of them",
            usual.count,
            usual.total,
            usual.share() * 100.0
        );
        found.push(Evidence::padding(usual.count, usual.share(), text).with_example(&usual.first));
    }
    found
}

/// What the messages of one direction end in.
#[derive(Default)]
struct Ends {
    odd: Pool,
    usual: Pool,
    /// Sizes of messages with fill.
    sizes: Vec<u32>,
    units: usize,
    /// The most bytes that a message with fill has beside it.
    rest: usize,
    /// How many messages are filled with the same symbols.
    blocks: BTreeMap<Vec<u8>, usize>,
}

/// What is said of messages that are filled.
struct Law {
    units: usize,
    /// What their sizes are, in words.
    sizes: Option<String>,
    /// They hold nothing else, so there is nothing that is filled up: a test of the line.
    nothing_else: bool,
}

impl Ends {
    fn of(look: &Look<'_>) -> Ends {
        let mut ends = Ends::default();
        let long = |unit: &&Unit<'_>| unit.carrier != Carrier::Layer && unit.bytes.len() >= 2 * LEAST;
        for unit in look.reading.units.iter().filter(long) {
            ends.units += 1;
            ends.put(unit);
        }
        ends
    }

    fn put(&mut self, unit: &Unit<'_>) {
        let bytes = if unit.whole || unit.tail.is_empty() { unit.bytes.as_ref() } else { unit.tail };
        let Some((block, length)) = fill(bytes).filter(|(block, _)| !is_encoded(bytes, block)) else {
            return;
        };
        let from = bytes.len() - length.min(bytes.len());
        self.rest = self.rest.max(from);
        let usual = conventional(block) || block == [EBCDIC_SPACE] && is_ebcdic(bytes);
        if !usual {
            let mut symbols = block.to_vec();
            symbols.sort_unstable();
            *self.blocks.entry(symbols).or_default() += 1;
        }
        let pool = if usual { &mut self.usual } else { &mut self.odd };
        pool.put(bytes.get(from..).unwrap_or_default(), bytes.len(), unit.carrier == Carrier::Http);
        self.sizes.push(u32::try_from(unit.length.max(unit.bytes.len() as u64)).unwrap_or(u32::MAX));
    }

    /// Fill of no convention, fill of habit, and what is said of both. Who fills has a block for it: records that come again are new in
    /// each message.
    fn parted(self) -> (Pool, Pool, Law) {
        let new_in_each = self.blocks.values().all(|count| *count * 4 < self.odd.count);
        let law = Law { units: self.units, sizes: rounded(&self.sizes), nothing_else: self.rest <= NOTHING };
        (if new_in_each { Pool::default() } else { self.odd }, self.usual, law)
    }
}

/// Fields and headers that hold nothing but one symbol again and again, as many as the others of their messages lack.
fn fields(look: &Look<'_>) -> Option<Evidence> {
    look.reading.slots.iter().find_map(|(name, values)| {
        let filled = values.iter().filter(|value| {
            let first = value.bytes.first().copied().unwrap_or(0);
            // Rulers are shorter, masks of secrets are of stars.
            let odd = first.is_ascii_punctuation() && first != b'*' && value.bytes.len() >= 2 * LEAST;
            value.bytes.len() >= LEAST
                && (first.is_ascii_alphanumeric() || odd)
                && value.bytes.iter().all(|byte| *byte == first)
        });
        let mut lengths: Vec<usize> = filled.map(|value| value.bytes.len()).collect();
        let (count, total) = (lengths.len(), lengths.iter().sum::<usize>());
        lengths.sort_unstable();
        lengths.dedup();
        // Who pads on purpose says so.
        let says = name.to_ascii_lowercase().contains("pad");
        (count >= 6 && count * 10 >= values.len() * 7 && lengths.len() >= 4 && !says).then(|| {
            let text = format!(
                "{}: {count} values are one symbol again and again: {total} of them, in {} lengths",
                super::padded_fields::told(name),
                lengths.len()
            );
            Evidence::contradiction(count, 0.5, text)
        })
    })
}

/// In words, where sizes are constant or multiples.
fn rounded(sizes: &[u32]) -> Option<String> {
    match size_law(sizes) {
        SizeLaw::Constant(size) => Some(format!("a constant size of {size} bytes")),
        SizeLaw::Quantised(step) => Some(format!("multiples of {step} bytes")),
        _ => None,
    }
}

/// Fill that programs and protocols write by habit.
pub(super) fn conventional(block: &[u8]) -> bool {
    matches!(
        block,
        [0 | 0xFF
            | b' '
            | b'='
            | b'-'
            | b'*'
            | b'\n'
            | b'.'
            | b'#'
            | b'_'
            | 0x7F
            | 0x80
            | 0xD5
            | 0xCC
            | 0xCD
            | 0xFE
            | 0xFD
            | 0xDD]
    ) || block.iter().all(|byte| *byte < 0x20)
        || block.contains(&ESCAPE)
}

/// Whether a block is what base64 gives for the same bytes again and again: the symbols up to it are whole groups.
fn is_encoded(bytes: &[u8], block: &[u8]) -> bool {
    let period = block.len();
    let symbol = |byte: &&u8| base64_value(**byte).is_some() || **byte == b'=';
    let closed = bytes.iter().rev().skip_while(|byte| !symbol(byte));
    let symbols = closed.take_while(symbol).count();
    let groups = period.is_multiple_of(4) || 4_usize.is_multiple_of(period);
    groups
        && symbols < bytes.len()
        && symbols.is_multiple_of(4)
        && block.iter().all(|byte| base64_value(*byte).is_some())
}

/// It begins the commands of a terminal.
const ESCAPE: u8 = 0x1B;

/// The space of EBCDIC, with which records of mainframes are filled.
const EBCDIC_SPACE: u8 = 0x40;

/// Whether most of what is no space is letters and digits of EBCDIC, most of which lie beyond ASCII.
fn is_ebcdic(bytes: &[u8]) -> bool {
    let others = bytes.iter().filter(|byte| **byte != EBCDIC_SPACE).count();
    let letter = |byte: &&u8| matches!(byte, 0x81..=0x89 | 0x91..=0x99 | 0xA2..=0xA9 | 0xC1..=0xC9 | 0xD1..=0xD9 | 0xE2..=0xE9 | 0xF0..=0xF9);
    bytes.iter().filter(letter).count() * 10 > others * 7
}

/// The block that is repeated at the end of the bytes, and how far back it goes.
fn fill(bytes: &[u8]) -> Option<(&[u8], usize)> {
    // A line end or a bracket may close the message.
    for end in [bytes.len(), bytes.len().saturating_sub(1), bytes.len().saturating_sub(2)] {
        let body = bytes.get(..end)?;
        for period in 1..=BLOCK {
            let length = from_end(body, period);
            if length >= LEAST.max(4 * period) {
                return body.get(body.len() - period..).map(|block| (block, length));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    #[test]
    fn headers_of_one_symbol_and_many_lengths_are_junk_and_declared_padding_is_not() {
        let judged = |name: &str| {
            let mut chance = Chance::new(10);
            let mut talk = Talk::default();
            for n in 0..12 {
                let fill = "0".repeat(100 + chance.below(300));
                talk.send(
                    format!("GET /ping?n={n} HTTP/1.1\r\nHost: a\r\n{name}: {fill}\r\n\r\n").as_bytes(),
                );
                talk.answer(b"ok");
            }
            talk.judge().junk
        };
        assert!(judged("X-Align"));
        assert!(!judged("X-Padding"));
    }

    #[test]
    fn messages_of_nothing_but_a_block_are_padding() {
        let judged = |header: usize| {
            let mut chance = Chance::new(11);
            let mut talk = Talk::default();
            for _ in 0..12 {
                let length = 1000 + chance.below(400);
                let block = b"0123456789".iter().copied().cycle().take(length);
                talk.datagram(&[chance.bytes(header), block.collect()].concat());
            }
            talk.judge().verdict
        };
        assert_eq!(judged(12), Verdict::Padded);
        assert_eq!(judged(60), Verdict::Junk);
    }

    #[test]
    fn records_that_come_again_in_one_message_are_no_fill() {
        let mut chance = Chance::new(12);
        let mut talk = Talk::default();
        for _ in 0..24 {
            let record = chance.bytes(16);
            talk.send(&[b"2T\0\x10plant/line/temp\0\x01".to_vec(), record.repeat(4)].concat());
            talk.reply(b"@\x02\0\x01");
        }
        assert!(!talk.judge().junk);
    }

    #[test]
    fn spaces_of_ebcdic_are_padding() {
        let mut chance = Chance::new(9);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let length = 100 + chance.below(200);
            let mut record =
                chance.of(b"\x81\x82\x83\x85\x89\x95\x96\x99\xA2\xA3\xC1\xD2\xE2\xF1\xF4@", length);
            record.push(0x81);
            record.resize(400, 0x40);
            talk.send(&record);
            talk.answer(b"ok");
        }
        assert_ne!(talk.judge().verdict, Verdict::Junk);
    }

    #[test]
    fn fill_to_round_sizes_is_junk_and_zeros_are_padding() {
        let mut chance = Chance::new(8);
        for (block, verdict) in
            [(b"A".as_slice(), Verdict::Junk), (b"\xDE\xAD\xBE\xEF", Verdict::Junk), (b"\0", Verdict::Padded)]
        {
            let mut talk = Talk::default();
            for _ in 0..8 {
                let length = 100 + chance.below(300);
                let mut message = chance.bytes(length);
                message.extend(block.iter().cycle().take(1024 - length));
                talk.send(&message);
                talk.answer(b"ok");
            }
            assert_eq!(talk.judge().verdict, verdict);
        }
    }
}
