//! A byte that says how much noise follows what another number of the same header accounts for.
//!
//! Speaks for: messages whose length is a header, what one number counts (bytes, or records of one size) and as much as a byte says,
//! where the bytes at the end are drawn evenly and the byte is drawn evenly from a few to hundreds: padding that means to blur the sizes
//! of messages. Silent for: framed messages, lengths of names, keys and codes, which are not spread so, padding that fills blocks, less
//! than a tenth of the bytes. Minimum: 16 messages of the end that is judged, or of both ends and 6 of its own, 256 bytes of padding.

use super::Look;
use crate::content::{Read, big, little};
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{SizeLaw, even, size_law_from};

/// The fewest messages, of the end that is judged and of both.
const LEAST_OWN: usize = 6;
const LEAST: usize = 16;
/// The most messages that are looked at, and the places of both numbers.
const MOST: usize = 96;
const PLACES: usize = 16;
/// The fewest bytes of padding, and the most that one message has at least.
const PADDING: usize = 256;
const WIDEST: u32 = 64;
/// How much likelier the flat law has to be, as a natural logarithm: what accounts for the lengths says the rest.
const ADVANTAGE: f64 = 1.0;
/// The largest record that a number counts.
const RECORD: i64 = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.framed {
        return Vec::new();
    }
    let own = raw(look.reading);
    if own.len() < LEAST_OWN {
        return Vec::new();
    }
    let both: Vec<&[u8]> = own.iter().copied().chain(raw(look.other)).take(MOST).collect();
    [own, both].iter().find_map(|messages| judge(messages, look.limit)).into_iter().collect()
}

/// Whole messages of no protocol that is read here.
fn raw<'r>(reading: &'r Reading<'_>) -> Vec<&'r [u8]> {
    reading.whole_raw(PLACES).map(|unit| unit.bytes.as_ref()).take(MOST).collect()
}

fn judge(messages: &[&[u8]], limit: f64) -> Option<Evidence> {
    if messages.len() < LEAST {
        return None;
    }
    // Where a number accounts for all, what another one seems to say is the same once more.
    if counted(messages, None, &vec![0; messages.len()]) {
        return None;
    }
    (0..PLACES).find_map(|at| {
        let padding: Vec<u32> =
            messages.iter().filter_map(|message| message.get(at)).map(|byte| u32::from(*byte)).collect();
        let SizeLaw::Flat { least, most, advantage } = size_law_from(&padding, LEAST) else { return None };
        if advantage < ADVANTAGE || most < WIDEST || least * 4 > most {
            return None;
        }
        counted(messages, Some(at), &padding)
            .then(|| told(messages, &padding, (least, most), limit))
            .flatten()
    })
}

/// Whether a number, beside the byte at a place, counts what so much padding leaves of each message.
fn counted(messages: &[&[u8]], at: Option<usize>, padding: &[u32]) -> bool {
    let numbers: [(usize, Read); 3] = [(2, big), (2, little), (1, big)];
    (0..PLACES).any(|place| {
        numbers.iter().any(|(width, read)| {
            let apart = at.is_none_or(|at| place + width <= at || place > at);
            let pairs = messages.iter().zip(padding).map(|(message, padding)| {
                let rest = i64::try_from(message.len()).ok()?.checked_sub(i64::from(*padding))?;
                Some((i64::try_from(read(message, place, *width)?).ok()?, rest))
            });
            apart && pairs.collect::<Option<Vec<(i64, i64)>>>().is_some_and(|pairs| is_line(&pairs))
        })
    })
}

/// Whether all rests are a header and records of one size, as many as the numbers say.
fn is_line(pairs: &[(i64, i64)]) -> bool {
    let (Some(least), Some(most)) = (pairs.iter().min(), pairs.iter().max()) else { return false };
    let (numbers, rests) = (most.0 - least.0, most.1 - least.1);
    if numbers < 4 || rests <= 0 || rests % numbers != 0 {
        return false;
    }
    let record = rests / numbers;
    let header = least.1 - record * least.0;
    (1..=RECORD).contains(&record)
        && (1..=RECORD).contains(&header)
        && pairs.iter().all(|(number, rest)| header + record * number == *rest)
}

fn told(messages: &[&[u8]], padding: &[u32], (least, most): (u32, u32), limit: f64) -> Option<Evidence> {
    let tails: Vec<&[u8]> = messages
        .iter()
        .zip(padding)
        .filter_map(|(message, padding)| message.get(message.len().checked_sub(*padding as usize)?..))
        .collect();
    let all = tails.concat();
    let around: usize = messages.iter().map(|message| message.len()).sum();
    if all.len() < PADDING || all.len() * 10 < around {
        return None;
    }
    let drawn = even(&all, limit)?;
    let share = all.len() as f64 / around as f64;
    let text = format!(
        "a byte in {} messages says how much noise follows what another number accounts for: {least} to {most} bytes, evenly spread, {:.0} % of them",
        messages.len(),
        share * 100.0
    );
    let found = Evidence::statistic(messages.len(), share, 0.6, text);
    Some(found.with_deviations(drawn.deviations).with_example(tails.first()?))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_marked(record: usize, mut padding: impl FnMut(&mut Chance) -> (u8, Vec<u8>)) -> bool {
        let mut chance = Chance::new(57);
        let mut talk = Talk::default();
        for number in 0..40u8 {
            let count = 3 + chance.below(60) * if record == 1 { 7 } else { 1 };
            let (said, pad) = padding(&mut chance);
            let body = chance.bytes(count * record);
            let head = [b"Px", &[1, said, number, 0][..], &(count as u16).to_be_bytes(), &[0; 9]].concat();
            talk.datagram(&[head, body, pad].concat());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("another number accounts for"))
    }

    fn flat(chance: &mut Chance, most: usize) -> (u8, Vec<u8>) {
        let length = chance.below(most);
        (length as u8, chance.bytes(length))
    }

    #[test]
    fn padding_that_is_declared_and_flat_is_suspect() {
        assert!(is_marked(1, |chance| flat(chance, 256)));
        assert!(is_marked(11, |chance| flat(chance, 256)));
    }

    #[test]
    fn names_codes_blocks_and_zeros_are_not() {
        assert!(!is_marked(1, |chance| flat(chance, 40)));
        assert!(!is_marked(1, |chance| (32, chance.bytes(32))));
        assert!(!is_marked(1, |chance| {
            let length = chance.below(16);
            (length as u8, chance.bytes(length))
        }));
        assert!(!is_marked(1, |chance| {
            let length = chance.below(256);
            (length as u8, vec![0; length])
        }));
        // Sums of blocks, with how many there are, and how many again.
        let mut chance = Chance::new(58);
        let mut talk = Talk::default();
        for number in 0..40u8 {
            let count = 4 + chance.below(220);
            let head = [number, 0, count as u8, 0, 0, 0, 20, count as u8, 0, 0, 0, 2, 0, 0, 0, 0];
            talk.send_later(&[&head[..], &chance.bytes(20 * count)].concat());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("another number accounts for")));
        // Lengths of names, few of them long.
        assert!(!is_marked(1, |chance| {
            let length = (8.0 * (1.0 + 9.0 * chance.unit() * chance.unit() * chance.unit())) as usize;
            (length as u8, chance.bytes(length))
        }));
    }
}
