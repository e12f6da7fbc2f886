//! Noise behind a dictionary of bencode, which says itself where it ends.
//!
//! Speaks for: messages of peers in which evenly drawn bytes of many lengths follow the dictionary, behind a short header or none. Silent
//! for: pieces of files and of metadata, which have one length, and signatures. Minimum: 6 messages, 4 lengths, 96 bytes.

use super::{Look, Pool};
use crate::content::bencode::dictionary;
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest messages, lengths and bytes.
const MESSAGES: usize = 6;
const LENGTHS: usize = 4;
const BYTES: usize = 96;
/// The longest header before a dictionary.
const HEADER: usize = 24;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut documents) = (Pool::default(), 0);
    for unit in look.reading.whole_raw(0) {
        let Some(end) = end_of_dictionary(&unit.bytes) else { continue };
        documents += 1;
        let rest = unit.bytes.get(end..).unwrap_or_default();
        if rest.len() >= 4 {
            pool.put(rest, unit.bytes.len(), false);
        }
    }
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    lengths.dedup();
    let enough = pool.count >= MESSAGES && pool.count * 2 >= documents && pool.total >= BYTES;
    if !enough || lengths.len() < LENGTHS {
        return Vec::new();
    }
    let Some(drawn) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} of {documents} dictionaries of bencode have noise behind their end: {} bytes of {} lengths ({:.1} standard deviations)",
        pool.count,
        pool.total,
        lengths.len(),
        drawn.deviations
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(drawn.deviations).with_example(&pool.first)]
}

/// Where the dictionary in a message ends, behind a header of a few bytes.
fn end_of_dictionary(message: &[u8]) -> Option<usize> {
    let starts = (0..HEADER.min(message.len()))
        .filter(|at| message.get(*at) == Some(&b'd') && message.get(at + 1).is_some_and(u8::is_ascii_digit));
    starts
        .filter_map(|start| Some((start, dictionary(message.get(start..)?)?)))
        .find_map(|(start, length)| (length >= 16).then_some(start + length))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    #[test]
    fn noise_behind_dictionaries_is_junk_and_pieces_of_one_length_are_not() {
        let judged = |length: fn(&mut Chance) -> usize| {
            let mut chance = Chance::new(17);
            let mut talk = Talk::default();
            for n in 0..12 {
                let mut message = chance.bytes(8);
                let note = "all is quiet ".repeat(1 + chance.below(4));
                message.extend_from_slice(format!("d4:note{}:{note}1:qi{n}ee", note.len()).as_bytes());
                let length = length(&mut chance);
                message.extend(chance.bytes(length));
                talk.datagram(&message);
            }
            talk.judge().junk
        };
        assert!(judged(|chance| 20 + chance.below(90)));
        assert!(!judged(|_| 64));
        assert!(!judged(|_| 0));
    }
}
