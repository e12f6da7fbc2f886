//! Text whose length a number in bytes before it says, and noise up to the end of the message or frame.
//!
//! Speaks for: messages of a header of one length, a text as long as a number in the header says, and evenly drawn bytes behind it that
//! are fewer, in some messages, than a code takes, and of many lengths. Silent for: codes and ciphertext of real messages, whose lengths
//! start where a nonce and a code end, zeros, one length, messages that the text ends. Minimum: 12 messages, 9 in ten of which have both,
//! 6 lengths of text that lie 24 apart, 4 lengths of noise, 48 bytes.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::{Read, big, little, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest messages, lengths of text and of noise, and bytes of noise.
const MESSAGES: usize = 12;
const TEXTS: usize = 6;
const LENGTHS: usize = 4;
const BYTES: usize = 48;
/// How far apart the lengths of texts lie.
const APART: usize = 24;
/// The longest header, and the most bytes of it behind the number.
const HEADER: usize = 32;
const BEHIND: usize = 12;
/// A code or a nonce has as many bytes or more, and so often noise is shorter: in three messages, and one in twenty.
const SEALED: u32 = 12;

/// Where the length of the text stands, how it is written, and where the text starts.
#[derive(Clone, Copy)]
struct Scheme {
    at: usize,
    width: usize,
    read: Read,
    start: usize,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let raw = look.reading.whole_raw(8);
    let messages: Vec<&[u8]> = raw.map(|unit| unit.bytes.as_ref()).take(128).collect();
    // Frames may hide the number with the rest of their header.
    let all = [messages.as_slice(), look.reading.unframed.as_slice()];
    let mut all = all.into_iter().filter(|messages| messages.len() >= MESSAGES);
    let found = all.find_map(|messages| schemes().find_map(|scheme| judge(messages, scheme, look.limit)));
    found.into_iter().collect()
}

fn schemes() -> impl Iterator<Item = Scheme> {
    let ways: [(usize, Read); 5] = [(4, big), (4, little), (2, big), (2, little), (1, big)];
    (0..HEADER).flat_map(move |at| {
        ways.into_iter().flat_map(move |(width, read)| {
            (0..=BEHIND).map(move |behind| Scheme { at, width, read, start: at + width + behind })
        })
    })
}

/// The text of a message and what stands behind it.
fn parts(message: &[u8], scheme: Scheme) -> Option<(&[u8], &[u8])> {
    let length = place((scheme.read)(message, scheme.at, scheme.width)?);
    let (text, rest) = message.get(scheme.start..)?.split_at_checked(length)?;
    let reads =
        length >= 4 && text.iter().all(|byte| !matches!(byte, 0..=8 | 14..=31 | 127)) && is_text(text);
    reads.then_some((text, rest))
}

fn judge(messages: &[&[u8]], scheme: Scheme, limit: f64) -> Option<Evidence> {
    let both = |message: &&[u8]| parts(message, scheme).is_some_and(|(_, rest)| !rest.is_empty());
    if messages.iter().take(4).filter(|message| both(message)).count() < 3 {
        return None;
    }
    let (mut pool, mut lengths) = (Pool::default(), BTreeSet::new());
    for message in messages {
        let Some((text, rest)) = parts(message, scheme) else { continue };
        lengths.insert(text.len());
        if !rest.is_empty() {
            pool.put(rest, message.len(), true);
        }
    }
    let short = pool.lengths.iter().filter(|length| **length < SEALED).count();
    let kinds: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let enough = pool.count * 10 >= messages.len() * 9
        && pool.total >= BYTES
        && kinds.len() >= LENGTHS
        && short >= 3
        && short * 20 >= pool.count
        && lengths.len() >= TEXTS
        && lengths.last()? - lengths.first()? >= APART;
    if !enough || pool.same {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{} messages say how long their text is and go on with noise: {} {} ({:.1} standard deviations) in {} lengths, some less than any code takes",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        kinds.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Frames of a length, the length of the text in them, a number, a text and a tail.
    fn is_junk(framed: bool, tail: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for n in 0..20u32 {
            let text = format!("pump {} waits{}", chance.below(900), " in the hall".repeat(chance.below(7)));
            let tail = tail(&mut chance);
            let mut message = Vec::new();
            if framed {
                message.extend(u32::try_from(text.len() + tail.len()).unwrap().to_le_bytes());
            }
            message.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            message.extend(n.to_be_bytes());
            message.extend_from_slice(text.as_bytes());
            message.extend(tail);
            talk.send(&message);
            talk.reply(b"\x01\x02");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("say how long their text is"))
    }

    #[test]
    fn short_noise_behind_the_end_of_a_text_is_junk() {
        for framed in [false, true] {
            assert!(is_junk(framed, |chance| {
                let length = 3 + chance.below(18);
                chance.bytes(length)
            }));
            assert!(is_junk(framed, |chance| {
                let length = 3 + chance.below(18);
                chance.of(b"abcdefghijklmnopqrstuvwxyz", length)
            }));
        }
    }

    #[test]
    fn codes_zeros_and_ciphertext_are_not() {
        for framed in [false, true] {
            assert!(!is_junk(framed, |_| Vec::new()));
            assert!(!is_junk(framed, |chance| chance.bytes(8)));
            assert!(!is_junk(framed, |chance| vec![0; chance.below(18)]));
            assert!(!is_junk(framed, |chance| {
                let length = 28 + chance.below(90);
                chance.bytes(length)
            }));
            // Checksums and what is filled up to four bytes.
            assert!(!is_junk(framed, |chance| [chance.bytes(4), vec![0; chance.below(4)]].concat()));
        }
    }
}
