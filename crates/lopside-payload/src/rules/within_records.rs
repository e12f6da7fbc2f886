//! Noise behind the ends of the texts in records of several kinds.
//!
//! A record says how long it is, and a text in it where it ends: what stands between the two is read by nobody. Speaks for: raw messages
//! that are made of records (a type or none, a length, content), most of which hold a text, a mark that ends it, and evenly drawn bytes
//! up to the end of the record, of many lengths, in records of three types or more. Silent for: records of one type or two that hold a
//! name and sealed or compressed data, buffers with zeros or what stood there before, keys and codes of one length. Minimum: 6 messages,
//! 24 such records, 6 lengths, 512 bytes of noise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::records::{SCHEMES, Scheme};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest messages, records with noise, types of these, lengths of noise, and bytes of it.
const MESSAGES: usize = 6;
const RECORDS: usize = 24;
const TYPES: usize = 3;
const LENGTHS: usize = 6;
const BYTES: usize = 512;
/// The longest header before the first record.
const HEADER: usize = 24;
/// The shortest text and the shortest noise behind it.
const TEXT: usize = 2;
const NOISE: usize = 6;
/// The marks that may end a text.
const MARKS: [u8; 7] = [0, b'|', b'\n', 0x1F, 0xFF, b';', b'#'];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let messages: Vec<&[u8]> = look.reading.whole_raw(16).map(|unit| unit.bytes.as_ref()).take(96).collect();
    let Some(first) = messages.first().filter(|_| messages.len() >= MESSAGES) else { return Vec::new() };
    let starts = (0..=HEADER).flat_map(|start| SCHEMES.iter().map(move |scheme| (start, scheme)));
    starts
        .filter(|(start, scheme)| holds_noise(first, *start, scheme))
        .find_map(|(start, scheme)| judge(&messages, start, scheme, look.limit))
        .into_iter()
        .collect()
}

/// Whether a message is made of records and one of them goes on behind its text.
fn holds_noise(message: &[u8], start: usize, scheme: &Scheme) -> bool {
    let records = scheme.records(message, start).filter(|records| records.len() >= 2).unwrap_or_default();
    records.iter().any(|record| MARKS.iter().any(|mark| behind_text(record.content, *mark).is_some()))
}

fn judge(messages: &[&[u8]], start: usize, scheme: &Scheme, limit: f64) -> Option<Evidence> {
    let read: Vec<_> = messages.iter().filter_map(|message| scheme.records(message, start)).collect();
    if read.len() < MESSAGES || read.len() * 10 < messages.len() * 9 {
        return None;
    }
    let all = read.iter().flatten().filter(|record| record.content.len() >= TEXT).count();
    MARKS.iter().find_map(|mark| {
        let (mut pool, mut types): (_, BTreeMap<(&[u8], usize), usize>) = (Pool::default(), BTreeMap::new());
        for records in &read {
            for (place, record) in records.iter().enumerate() {
                let Some(noise) = behind_text(record.content, *mark) else { continue };
                pool.put(noise, record.content.len(), false);
                *types.entry((record.kind, if record.kind.is_empty() { place } else { 0 })).or_default() += 1;
            }
        }
        let often = types.values().filter(|count| **count >= 4).count();
        let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
        if pool.count < RECORDS
            || pool.count * 2 < all
            || often < TYPES
            || lengths.len() < LENGTHS
            || pool.total < BYTES
        {
            return None;
        }
        let drawn = even(&pool.bytes, limit)?;
        let text = format!(
            "{} of {all} records of {often} types go on behind the end of their text: {} bytes of noise ({:.1} standard deviations) in {} lengths",
            pool.count,
            pool.total,
            drawn.deviations,
            lengths.len()
        );
        let found = Evidence::contradiction(read.len(), pool.share(), text);
        Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
    })
}

/// What follows the first of some marks, where a text stands before it and none behind it.
fn behind_text(content: &[u8], mark: u8) -> Option<&[u8]> {
    let (text, noise) = content.split_at_checked(memchr::memchr(mark, content)?)?;
    let noise = noise.get(1..)?;
    let reads = text.len() >= TEXT && is_text(text) && text.iter().any(u8::is_ascii_alphanumeric);
    (reads && noise.len() >= NOISE && !is_text(noise)).then_some(noise)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: [&str; 6] = ["PC-LAB153", "en-US", "report", "x64", "the list of orders", "none"];

    fn is_junk(
        types: u8,
        little: bool,
        mark: u8,
        mut noise: impl FnMut(&mut Chance, usize) -> Vec<u8>,
    ) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for number in 0..12u8 {
            let mut message = vec![0x52, 0xD2, number];
            for field in 0..6 {
                let mut content = WORDS[chance.below(6)].as_bytes().to_vec();
                if field < types {
                    content.push(mark);
                    let length = content.len();
                    content.extend(noise(&mut chance, length));
                }
                let length = content.len() as u32;
                message.push(0x10 + field);
                message.extend(if little { length.to_le_bytes() } else { length.to_be_bytes() });
                message.extend(content);
            }
            talk.send_later(&message);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("behind the end of their text"))
    }

    #[test]
    fn noise_up_to_the_end_of_records_is_junk() {
        for little in [true, false] {
            assert!(is_junk(6, little, 0, |chance, length| chance.bytes(128 - length)));
            assert!(is_junk(4, little, b'|', |chance, _| {
                let length = 8 + chance.below(60);
                chance.bytes(length)
            }));
        }
    }

    #[test]
    fn buffers_codes_and_names_with_data_are_not() {
        assert!(!is_junk(6, true, 0, |_, length| vec![0; 128 - length]));
        assert!(!is_junk(6, true, 0, |chance, _| chance.bytes(16)));
        assert!(!is_junk(6, true, 0, |_, length| b"old text of the buffer\0and more of it\0".repeat(4)
            [length..]
            .to_vec()));
        // A name and what is sealed, in one type of record.
        assert!(!is_junk(1, true, 0, |chance, _| {
            let length = 8 + chance.below(60);
            chance.bytes(length)
        }));
    }
}
