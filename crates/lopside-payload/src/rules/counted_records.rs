//! Records of one size that a number counts, and noise behind the last of them whose length another number says.
//!
//! Speaks for: messages whose length is that of a header, of as many records of one size as a number in the header says, and of a tail,
//! as long as another number there says, that is drawn evenly and has flat lengths or some that are less than a code takes. Silent for:
//! tails of zeros, of one length, of ciphertext of real messages, records that are drawn evenly too, framed messages. Minimum: 16
//! messages, 4 counts of records, 6 lengths of tails, 256 bytes.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::content::{Read, big, little, place};
use crate::evidence::Evidence;
use crate::statistics::{SizeLaw, even, size_law_from};

/// The fewest messages, counts, lengths of tails, and bytes of them.
const MESSAGES: usize = 16;
const COUNTS: usize = 4;
const LENGTHS: usize = 6;
const BYTES: usize = 256;
/// The longest header, and the shortest and longest record: from 128 on, the two numbers may be the bytes of one length.
const HEADER: usize = 64;
const RECORD: std::ops::RangeInclusive<usize> = 4..=120;
/// Numbers stand in the first bytes.
const NUMBERS: usize = 24;
/// Codes and nonces have as many bytes or more.
const SEALED: u32 = 12;
/// How much likelier the flat law has to be, as a natural logarithm.
const ADVANTAGE: f64 = 3.0;

/// A number of a header.
#[derive(Clone, Copy)]
struct Number {
    at: usize,
    width: usize,
    read: Read,
}

impl Number {
    fn of(self, message: &[u8]) -> Option<usize> {
        (self.read)(message, self.at, self.width).map(place)
    }

    fn overlaps(self, other: Number) -> bool {
        self.at < other.at + other.width && other.at < self.at + self.width
    }
}

fn numbers() -> impl Iterator<Item = Number> {
    let ways: [(usize, Read); 5] = [(1, big), (2, big), (2, little), (4, big), (4, little)];
    (0..NUMBERS).flat_map(move |at| ways.into_iter().map(move |(width, read)| Number { at, width, read }))
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let raw = look.reading.whole_raw(24).filter(|unit| unit.document.is_none());
    let messages: Vec<&[u8]> = raw.map(|unit| unit.bytes.as_ref()).take(128).collect();
    if messages.len() < MESSAGES || look.framed {
        return Vec::new();
    }
    let tails: Vec<Number> = numbers().filter(|tail| may_count(&messages, *tail, 1)).collect();
    let counts: Vec<Number> =
        numbers().filter(|count| may_count(&messages, *count, *RECORD.start())).collect();
    let pairs = tails.iter().flat_map(|tail| counts.iter().map(move |count| (*tail, *count)));
    let found = pairs.filter(|(tail, count)| !tail.overlaps(*count)).find_map(|(tail, count)| {
        let (header, record) = law(&messages, tail, count)?;
        judge(&messages, tail, (header, record), look.limit)
    });
    found.into_iter().collect()
}

/// Whether a number varies and can count parts of at least so many bytes of every message.
fn may_count(messages: &[&[u8]], number: Number, least: usize) -> bool {
    let mut values = BTreeSet::new();
    let fits = messages.iter().filter(|message| {
        let value = number.of(message);
        values.extend(value);
        value.and_then(|value| value.checked_mul(least)).is_some_and(|all| all <= message.len())
    });
    fits.count() * 10 >= messages.len() * 9 && values.len() >= COUNTS
}

/// The size of the header and of a record, where they and the two numbers make up the length of nearly all messages.
fn law(messages: &[&[u8]], tail: Number, count: Number) -> Option<(usize, usize)> {
    let held = |message: &&[u8]| Some((message.len().checked_sub(tail.of(message)?)?, count.of(message)?));
    let (length, first) = held(messages.first()?)?;
    let (other_length, other) = messages.iter().filter_map(held).find(|(_, count)| *count != first)?;
    let more = other_length.abs_diff(length);
    let record = more.checked_div(first.abs_diff(other)).filter(|record| RECORD.contains(record))?;
    let header = length.checked_sub(record * first).filter(|header| *header <= HEADER)?;
    let end = (tail.at + tail.width).max(count.at + count.width);
    let lawful = messages.iter().filter(|message| {
        held(message).is_some_and(|(length, count)| count.checked_mul(record) == length.checked_sub(header))
    });
    let lawful = header >= end && lawful.count() * 10 >= messages.len() * 9;
    (lawful && !go_together(messages, tail, count)).then_some((header, record))
}

/// Whether one number goes with the other: then both count the records, and any two sizes add up.
fn go_together(messages: &[&[u8]], one: Number, other: Number) -> bool {
    let pairs: Vec<(f64, f64)> = messages
        .iter()
        .filter_map(|message| Some((one.of(message)? as f64, other.of(message)? as f64)))
        .collect();
    let n = pairs.len().max(1) as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let sum = |of: fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
    let (both, first, second) = (sum(|a, b| a * b), sum(|a, _| a * a), sum(|_, b| b * b));
    both * both >= 0.9 * first * second
}

fn judge(messages: &[&[u8]], tail: Number, law: (usize, usize), limit: f64) -> Option<Evidence> {
    let (mut pool, mut records) = (Pool::default(), Vec::new());
    for message in messages {
        let length = tail.of(message).filter(|length| *length > 0);
        let end = message.len().saturating_sub(length.unwrap_or(0));
        records.extend_from_slice(message.get(law.0..end).unwrap_or_default());
        if let Some(noise) = length.and_then(|length| message.get(message.len().checked_sub(length)?..)) {
            pool.put(noise, message.len(), true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    if pool.total < BYTES || lengths.len() < LENGTHS || pool.count * 10 < messages.len() * 7 || pool.same {
        return None;
    }
    if even(&records, limit).is_some() {
        return None;
    }
    // No ciphertext is so short; the number says so to the byte.
    let short = pool.lengths.iter().any(|length| *length < SEALED);
    let long = pool.lengths.iter().any(|length| *length >= 4 * SEALED);
    let many = lengths.len() * 3 >= pool.count * 2;
    let flat = matches!(size_law_from(&pool.lengths, MESSAGES), SizeLaw::Flat { advantage, .. } if advantage > ADVANTAGE);
    let drawn = even(&pool.bytes, limit).filter(|_| flat || short && long && many)?;
    let text = format!(
        "{} messages of a header of {} bytes and counted records of {} end in noise whose length a number says: {} bytes ({:.1} standard deviations) in {} lengths, {:.0} % of them",
        pool.count,
        law.0,
        law.1,
        pool.total,
        drawn.deviations,
        lengths.len(),
        pool.share() * 100.0
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.7, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Messages of a header, records of ten bytes and a tail.
    fn is_junk(tail: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(57);
        let mut talk = Talk::default();
        for n in 0..32u8 {
            let (count, tail) = (6 + chance.below(20), tail(&mut chance));
            let mut message = vec![b'P', b'x', 1, u8::try_from(tail.len()).unwrap(), 7, n, 0];
            message.push(count as u8);
            for _ in 0..count {
                message.extend([10, 9, chance.below(4) as u8, chance.below(250) as u8, 0x1A, 0xE1]);
                message.extend([0x69, 0xA8, chance.below(3) as u8, chance.below(200) as u8]);
            }
            talk.datagram(&[message, tail].concat());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("counted records"))
    }

    #[test]
    fn noise_behind_counted_records_is_suspect() {
        assert!(is_junk(|chance| {
            let length = chance.below(120);
            chance.bytes(length)
        }));
        assert!(is_junk(|chance| {
            let length = 1 + chance.below(60);
            chance.of(b"0123456789abcdef", length)
        }));
    }

    #[test]
    fn codes_zeros_and_ciphertext_of_real_messages_are_not() {
        assert!(!is_junk(|chance| chance.bytes(32)));
        assert!(!is_junk(|chance| vec![0; chance.below(120)]));
        assert!(!is_junk(|chance| {
            let length = 28 + (chance.unit() * chance.unit() * chance.unit() * 220.0) as usize;
            chance.bytes(length)
        }));
    }
}
