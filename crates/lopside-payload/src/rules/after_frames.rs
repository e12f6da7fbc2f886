//! Noise behind the texts of frames in a stream, which no number accounts for.
//!
//! A reader of a stream knows where a message ends by what was said of its length. Speaks for: messages of a stream that begin with a
//! number and as many bytes of text, in many lengths, and of which some or all go on with evenly drawn bytes of many lengths, before the
//! next begins with such a number again. Silent for: datagrams, which say their length; framings that account for all of a message; tails
//! of which a number in the header, in the text or at their own start says the length, or that of text and tail; codes of one length;
//! what turns into ciphertext and stays so. Minimum: 8 messages, 4 of them with tails of 24 bytes in 4 lengths, 256 bytes in all; 4
//! lengths of texts.

use std::collections::BTreeSet;

use super::said_lengths::says_length;
use super::{Look, Pool};
use crate::class::is_text;
use crate::content::{Read, big, little, place};
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::even;

/// The fewest messages, tails, lengths of these and of texts, and bytes of tails.
const MESSAGES: usize = 8;
const TAILS: usize = 4;
const LENGTHS: usize = 4;
const BYTES: usize = 256;
/// The shortest tail, and the shortest text before one.
const TAIL: usize = 24;
const TEXT: usize = 8;
/// The last place of the number, and how many messages are looked at.
const LAST: usize = 12;
const MOST: usize = 96;

/// How the number is written that says how much text follows it.
#[derive(Clone, Copy)]
struct Scheme {
    at: usize,
    width: usize,
    read: Read,
}

/// A message with its parts: a header, a text, a tail.
struct Parts<'a> {
    message: &'a [u8],
    text: &'a [u8],
    tail: &'a [u8],
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.framed {
        return Vec::new();
    }
    let raw = look.reading.whole_raw(1).filter(|unit| unit.carrier == Carrier::Stream);
    let messages: Vec<&[u8]> = raw.map(|unit| unit.bytes.as_ref()).take(MOST).collect();
    if messages.len() < MESSAGES {
        return Vec::new();
    }
    let numbers: [(usize, Read); 4] = [(2, big), (2, little), (4, big), (4, little)];
    let mut schemes = (0..=LAST).flat_map(|at| numbers.map(|(width, read)| Scheme { at, width, read }));
    schemes.find_map(|scheme| judge(&messages, scheme, look.limit)).into_iter().collect()
}

fn judge(messages: &[&[u8]], scheme: Scheme, limit: f64) -> Option<Evidence> {
    let parts = |message: &&'_ [u8]| scheme.parts(message).is_some();
    // Few schemes hold for the first messages.
    if messages.iter().take(MESSAGES).filter(|message| parts(message)).count() + 1 < MESSAGES {
        return None;
    }
    let all: Vec<Parts<'_>> = messages.iter().filter_map(|message| scheme.parts(message)).collect();
    if all.len() * 20 < messages.len() * 19 {
        return None;
    }
    let tailed: Vec<&Parts<'_>> =
        all.iter().filter(|parts| parts.tail.len() >= TAIL && parts.text.len() >= TEXT).collect();
    let mut pool = Pool::default();
    tailed.iter().for_each(|parts| pool.put(parts.tail, parts.message.len(), false));
    let texts: BTreeSet<usize> = tailed.iter().map(|parts| parts.text.len()).collect();
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let blocks = lengths.iter().all(|length| length.is_multiple_of(8));
    if pool.count < TAILS
        || pool.total < BYTES
        || lengths.len() < LENGTHS
        || texts.len() < LENGTHS
        || blocks
        || is_told(&tailed, scheme)
    {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{} of {} messages of a stream go on behind the text whose length they say: {} bytes of noise ({:.1} standard deviations) in {} lengths, which nothing tells",
        pool.count,
        messages.len(),
        pool.total,
        drawn.deviations,
        lengths.len()
    );
    let found = Evidence::statistic(pool.count, pool.share(), 0.65, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

impl Scheme {
    /// The parts of a message that begins with frames of text; `None` where it does not.
    fn parts<'a>(self, message: &'a [u8]) -> Option<Parts<'a>> {
        let (text, mut end) = self.frame(message, 0)?;
        // More frames may follow.
        while let Some((more, next)) = self.frame(message, end).filter(|(more, _)| more.len() >= TEXT) {
            if !is_text(more) {
                break;
            }
            end = next;
        }
        is_text(text).then_some(Parts { message, text, tail: message.get(end..)? })
    }

    /// The content of the frame at a place, and where it ends.
    fn frame(self, message: &[u8], from: usize) -> Option<(&[u8], usize)> {
        let said = place((self.read)(message, from.checked_add(self.at)?, self.width)?);
        let start = from + self.at + self.width;
        let end = start.checked_add(said)?;
        Some((message.get(start..end)?, end))
    }
}

/// Whether a number says the length of tails, or that of texts with their tails: at one place of the header or of the tails, or in the
/// text.
fn is_told(tailed: &[&Parts<'_>], scheme: Scheme) -> bool {
    let spelled = tailed.iter().filter(|parts| says_length(parts.text, parts.tail.len())).count();
    let numbers: [(usize, Read); 5] = [(1, big), (2, big), (2, little), (4, big), (4, little)];
    let header = scheme.at + scheme.width;
    let told = |bytes: fn(&Parts<'_>) -> usize, at: usize, (width, read): (usize, Read)| {
        // A number counts some bytes of a header too, always the same.
        let mut differences: Vec<u64> = tailed
            .iter()
            .filter_map(|parts| {
                let start = bytes(parts);
                let said = read(parts.message, start + at, width)?;
                let counted = [parts.tail.len(), parts.tail.len() + parts.text.len()];
                let near = counted.into_iter().map(|length| (said + 32).wrapping_sub(length as u64));
                near.into_iter().find(|difference| *difference <= 64)
            })
            .collect();
        differences.sort_unstable();
        let most = differences.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
        most * 2 > tailed.len()
    };
    spelled * 2 > tailed.len()
        || (0..header + 8).any(|at| numbers.iter().any(|number| told(|_| 0, at, *number)))
        || (0..8).any(|at| {
            numbers.iter().any(|number| told(|parts| parts.message.len() - parts.tail.len(), at, *number))
        })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_marked(every: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for number in 0..24 {
            let text =
                format!("report {number} of the yard; {}", "all is quiet. ".repeat(1 + chance.below(6)));
            let message = if number % every == 0 {
                make(&mut chance, &text)
            } else {
                [&[0, 1], &(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
            };
            talk.send(&message);
            talk.reply(&[0, 1, 0, 0]);
        }
        told(talk)
    }

    fn told(talk: Talk) -> bool {
        talk.judge().reasons.iter().any(|reason| reason.contains("whose length they say"))
    }

    fn drawn(chance: &mut Chance) -> Vec<u8> {
        let length = 40 + chance.below(300);
        chance.bytes(length)
    }

    fn frame(text: &str, tail: &[u8]) -> Vec<u8> {
        [&[0, 1], &(text.len() as u16).to_be_bytes()[..], text.as_bytes(), tail].concat()
    }

    #[test]
    fn noise_that_no_number_accounts_for_is_suspect() {
        for every in [1, 2, 5] {
            assert!(is_marked(every, |chance, text| frame(text, &drawn(chance))), "{every}");
        }
    }

    #[test]
    fn tails_that_are_told_codes_and_blocks_are_not() {
        for every in [1, 2, 5] {
            assert!(!is_marked(every, |chance, text| frame(text, &chance.bytes(32))));
            assert!(!is_marked(every, |chance, text| frame(text, &chance.bytes(61))));
            assert!(!is_marked(every, |chance, text| {
                let blocks = 3 + chance.below(20);
                frame(text, &chance.bytes(16 * blocks))
            }));
            assert!(!is_marked(every, |chance, text| {
                let tail = drawn(chance);
                frame(text, &[&[2, 0], &(tail.len() as u16).to_be_bytes()[..], &tail].concat())
            }));
            assert!(!is_marked(every, |chance, text| {
                let tail = drawn(chance);
                frame(&format!("{text} size={}", tail.len()), &tail)
            }));
            // A line and what is compressed are no frames of text.
            assert!(!is_marked(every, |chance, text| [text.as_bytes(), b"\n", &drawn(chance)].concat()));
        }
        // A number that counts all.
        assert!(!is_marked(1, |chance, text| {
            let tail = drawn(chance);
            let all = (text.len() + tail.len() + 2) as u16;
            [&all.to_be_bytes(), &(text.len() as u16).to_be_bytes()[..], text.as_bytes(), &tail].concat()
        }));
    }

    #[test]
    fn a_few_messages_and_ciphertext_that_follows_are_not() {
        // Names of pictures, and what is packed of them.
        let mut chance = Chance::new(62);
        let mut few = Talk::default();
        for number in 0..7 {
            let name = format!("picture {number} of the {}yard", "old ".repeat(number));
            few.send(&frame(&name, &drawn(&mut chance)));
            few.reply(&[0, 1, 0, 0]);
        }
        assert!(!told(few));
        let mut talk = Talk::default();
        for number in 0..30 {
            let sealed = drawn(&mut chance);
            let message = if number < 8 {
                frame(&format!("hello {number}, {}", "is anybody there? ".repeat(1 + number % 5)), &sealed)
            } else {
                sealed
            };
            talk.send(&message);
            talk.reply(&[0, 1, 0, 0]);
        }
        assert!(!told(talk));
    }
}
