//! Noise beside records that say themselves how long they are.
//!
//! Speaks for: raw messages of a short header, records (a type, a length, a text) that end before the message does, and evenly drawn
//! bytes up to its end; or of a header, evenly drawn bytes, and a text whose length, written before it, leads to the end of the message.
//! The lengths of the noise are flat from a few bytes to many, or some are less than any code takes. Silent for: ciphertext of real
//! messages behind records, whose lengths are not flat, signatures and codes of one length, fill. Minimum: 24 messages of both ends, 6 of
//! the one that is judged, 256 bytes of noise.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::{is_text, printable};
use crate::content::records::{SCHEMES, Scheme};
use crate::content::{Read, big, little};
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{SizeLaw, even, size_law_from};

/// The fewest messages of both ends and of the one that is judged, and the fewest bytes of noise.
const LEAST: usize = 24;
const LEAST_OWN: usize = 6;
const BYTES: usize = 256;
/// The most messages that are looked at, and the longest header.
const MOST: usize = 160;
const HEADER: usize = 32;
/// The shortest text of a record, and of a whole message behind noise.
const TEXT: usize = 3;
const BODY: usize = 8;
/// Sealed bytes are no fewer.
const SEALED: u32 = 12;
/// How much likelier the flat law has to be, as a natural logarithm.
const ADVANTAGE: f64 = 3.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let contents = judge_all(raw(look.reading), raw(look.other), look.limit);
    let unframed = || judge_all(look.reading.unframed.clone(), look.other.unframed.clone(), look.limit);
    contents.or_else(unframed).into_iter().collect()
}

fn judge_all(own: Vec<&[u8]>, other: Vec<&[u8]>, limit: f64) -> Option<Evidence> {
    if own.len() < LEAST_OWN {
        return None;
    }
    // The other end may answer in another way.
    let alone = (own.len() >= LEAST).then(|| judge_these(&own, limit)).flatten();
    alone.or_else(|| {
        let all: Vec<&[u8]> = own.into_iter().chain(other).take(MOST).collect();
        judge_these(&all, limit)
    })
}

fn judge_these(all: &[&[u8]], limit: f64) -> Option<Evidence> {
    if all.len() < LEAST {
        return None;
    }
    let behind = || {
        (0..=HEADER).find_map(|start| {
            SCHEMES.iter().find_map(|scheme| {
                let seams = seams(all, |message| end_of_records(message, start, *scheme))?;
                judge(&seams, "behind records that have ended", |(message, seam)| message.get(*seam..), limit)
            })
        })
    };
    let before = || {
        let seams = seams(all, start_of_text)?;
        // The header before the noise has one length.
        [0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32].into_iter().find_map(|header| {
            let told = "between a header and a text whose length leads to the end";
            judge(&seams, told, |(message, seam)| message.get(header..*seam), limit)
        })
    };
    behind().or_else(before)
}

/// Whole raw messages that hold no document.
fn raw<'r>(reading: &'r Reading<'_>) -> Vec<&'r [u8]> {
    let raw = reading.whole_raw(BODY).filter(|unit| unit.document.is_none());
    raw.map(|unit| unit.bytes.as_ref()).take(MOST).collect()
}

/// The messages with the place at which what says its length meets what does not, where nearly all have one.
fn seams<'a>(messages: &[&'a [u8]], seam: impl Fn(&[u8]) -> Option<usize>) -> Option<Vec<(&'a [u8], usize)>> {
    let first = messages.iter().take(8).filter(|message| seam(message).is_some()).count();
    if first < 6 {
        return None;
    }
    let found: Vec<(&[u8], usize)> =
        messages.iter().filter_map(|message| Some((*message, seam(message)?))).collect();
    (found.len() * 10 >= messages.len() * 9).then_some(found)
}

/// Where records from a place on end: behind the last that holds text, or nothing.
fn end_of_records(message: &[u8], start: usize, scheme: Scheme) -> Option<usize> {
    let (mut at, mut texts, mut empty) = (start, 0, 0);
    while let Some(record) = scheme.record(message, at) {
        if record.content.is_empty() && texts > 0 && empty == 0 {
            empty += 1;
        } else if record.content.len() >= TEXT && is_text(record.content) {
            texts += 1;
        } else {
            break;
        }
        at = record.end;
    }
    (texts > 0).then_some(at)
}

/// Where a length stands that leads to the end of the message, with text behind it.
fn start_of_text(message: &[u8]) -> Option<usize> {
    const NUMBERS: [(usize, Read); 4] = [(2, big), (2, little), (4, big), (4, little)];
    (0..message.len().saturating_sub(BODY)).find(|at| {
        NUMBERS.iter().any(|(width, read)| {
            let Some(body) = message.get(at + width..).filter(|body| body.len() >= BODY) else {
                return false;
            };
            let leads = read(message, *at, *width) == Some(body.len() as u64);
            leads && printable(body) >= 0.6
        })
    })
}

fn judge<'a>(
    seams: &[(&'a [u8], usize)],
    place: &str,
    noise: impl Fn(&(&'a [u8], usize)) -> Option<&'a [u8]>,
    limit: f64,
) -> Option<Evidence> {
    let mut pool = Pool::default();
    for seam in seams {
        if let Some(noise) = noise(seam) {
            pool.put(noise, seam.0.len(), true);
        }
    }
    if pool.count * 10 < seams.len() * 9 {
        return None;
    }
    let (least, most) = (*pool.lengths.iter().min()?, *pool.lengths.iter().max()?);
    if pool.total < BYTES || most < 40 || least * 4 > most {
        return None;
    }
    let flat = matches!(size_law_from(&pool.lengths, LEAST), SizeLaw::Flat { advantage, .. } if advantage > ADVANTAGE);
    let drawn = even(&pool.bytes, limit).filter(|_| flat || are_too_short(&pool.lengths))?;
    let text = format!(
        "{} messages have noise {place}: {} bytes ({:.1} standard deviations), {least} to {most} in each, as no ciphertext of real messages has, {:.0} % of them",
        pool.count,
        pool.total,
        drawn.deviations,
        pool.share() * 100.0
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.7, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// Whether some lengths are less than a nonce or a code takes, while most are more and all differ.
fn are_too_short(lengths: &[u32]) -> bool {
    let short = lengths.iter().filter(|length| (1..SEALED).contains(*length)).count();
    let long = lengths.iter().filter(|length| **length > 3 * SEALED).count();
    let distinct: BTreeSet<u32> = lengths.iter().copied().collect();
    short >= 3
        && short * 20 >= lengths.len()
        && long * 2 >= lengths.len()
        && distinct.len() * 2 >= lengths.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn records(chance: &mut Chance) -> Vec<u8> {
        let mut bytes = Vec::new();
        for kind in 0..1 + chance.below(3) {
            let text = format!("host depot-{} waits", chance.below(90_000)).repeat(1 + chance.below(4));
            bytes.push(kind as u8 + 1);
            bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    fn is_junk(make: impl Fn(&mut Chance, u8) -> Vec<u8>) -> bool {
        is_junk_of(60, make)
    }

    fn is_junk_of(count: u8, make: impl Fn(&mut Chance, u8) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(69);
        let mut talk = Talk::default();
        for number in 0..count {
            talk.datagram(&make(&mut chance, number));
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("messages have noise"))
    }

    #[test]
    fn noise_of_flat_lengths_beside_records_is_suspect() {
        let behind = |chance: &mut Chance, number: u8| {
            let length = chance.below(200);
            [&[7, number][..], &records(chance), &[255, 0, 0], &chance.bytes(length)].concat()
        };
        assert!(is_junk(behind));
        assert!(!is_junk_of(u8::try_from(super::LEAST).unwrap() - 1, behind));
        assert!(is_junk(|chance, number| {
            let (length, body) = (chance.below(200), records(chance));
            let said = u16::try_from(body.len()).unwrap().to_le_bytes();
            [&[7, 0x71, number, 3][..], &chance.bytes(length), &said, &body].concat()
        }));
    }

    #[test]
    fn the_other_end_may_answer_without_records() {
        let mut chance = Chance::new(70);
        let mut talk = Talk::default();
        for number in 0..40 {
            let length = chance.below(200);
            talk.send(
                &[&[7, number][..], &records(&mut chance), &[255, 0, 0], &chance.bytes(length)].concat(),
            );
            talk.reply(&[b"PA\x02\0".as_slice(), &[number; 10]].concat());
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("messages have noise")));
    }

    #[test]
    fn codes_ciphertext_of_real_messages_and_fill_are_not() {
        assert!(!is_junk(|chance, number| [&[7, number][..], &records(chance), &chance.bytes(64)].concat()));
        assert!(!is_junk(|chance, number| {
            let length = 28 + (chance.unit() * chance.unit() * chance.unit() * 600.0) as usize;
            [&[7, number][..], &records(chance), &chance.bytes(length)].concat()
        }));
        assert!(!is_junk(
            |chance, number| [&[7, number][..], &records(chance), &vec![0; chance.below(200)]].concat()
        ));
    }

    #[test]
    fn a_few_messages_are_not() {
        // Parts of something packed behind what they are parts of.
        let lengths = [5, 9, 11, 44, 61, 39, 72, 90, 58, 83, 47, 66, 95, 52, 78, 69];
        assert!(!is_junk_of(16, |chance, number| {
            [&[7, number][..], &records(chance), &[255, 0, 0], &chance.bytes(lengths[usize::from(number)])]
                .concat()
        }));
    }
}
