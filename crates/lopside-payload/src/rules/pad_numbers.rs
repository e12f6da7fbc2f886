//! A byte that says how much noise follows what reads.
//!
//! Speaks for: messages and frames in which a byte at one place, counted from the end, gives the seam between text and evenly drawn bytes, while
//! the numbers are flat from a few bytes to many, as no lengths of content are. Silent for: fields at the end that hold ciphertext of real messages,
//! codes of one length, messages that do not read up to the seam. Minimum: 20 messages of both ends, 6 of the one that is judged, 512 bytes of noise.

use super::Look;
use crate::class::text_mask;
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{Alphabet, SizeLaw, even, size_law_from};

/// The fewest messages, of both ends and of the one that is judged.
const LEAST: usize = 20;
const LEAST_OWN: usize = 6;
/// The fewest bytes of noise.
const LEAST_NOISE: usize = 512;
/// Places at which the byte is looked for.
const PLACES: usize = 16;
/// Bytes before the seam that have to read.
const SEAM: usize = 4;
/// How much likelier the flat law has to be, as a natural logarithm: the seams say most of it.
const ADVANTAGE: f64 = 1.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let own = contents(look.reading);
    if own.len() < LEAST_OWN {
        return Vec::new();
    }
    let both = [own, contents(look.other)].concat();
    if both.len() < LEAST {
        return Vec::new();
    }
    (0..PLACES).find_map(|place| at(&both, place, look.limit)).into_iter().collect()
}

/// Whole messages of no protocol that is read here, or what their frames hold.
fn contents<'r>(reading: &'r Reading<'_>) -> Vec<&'r [u8]> {
    let raw = reading.units.iter().filter(|unit| unit.is_whole_and_raw());
    raw.map(|unit| unit.bytes.as_ref()).filter(|bytes| bytes.len() >= 24).collect()
}

fn at(messages: &[&[u8]], place: usize, limit: f64) -> Option<Evidence> {
    let (mut numbers, mut noise, mut longest, mut reads) = (Vec::new(), Vec::new(), &[][..], 0);
    for message in messages {
        let number = usize::from(*message.get(place)?);
        let seam = message.len().checked_sub(number).filter(|seam| *seam >= place + SEAM)?;
        let (content, tail) = message.split_at(seam);
        numbers.push(u32::try_from(number).unwrap_or(u32::MAX));
        noise.extend_from_slice(tail);
        let text = content.get(content.len() - SEAM..).unwrap_or_default();
        reads += usize::from(text_mask(content).iter().rev().take(SEAM).all(|text| *text) && text != tail);
        if tail.len() > longest.len() {
            longest = tail;
        }
    }
    // One message in sixteen may end in something else than text.
    if reads * 16 < messages.len() * 15 || noise.len() < LEAST_NOISE {
        return None;
    }
    let SizeLaw::Flat { least, most, advantage } = size_law_from(&numbers, LEAST) else { return None };
    let even = even(&noise, limit).filter(|even| even.alphabet == Alphabet::Bytes)?;
    if advantage < ADVANTAGE || most < 48 || least * 4 > most {
        return None;
    }
    let around: usize = messages.iter().map(|message| message.len()).sum();
    let share = noise.len() as f64 / around as f64;
    let text = format!(
        "byte {} of {} messages says how much noise follows what reads: {least} to {most} bytes, evenly spread, {:.0} % of them",
        place + 1,
        messages.len(),
        share * 100.0
    );
    let found = Evidence::statistic(messages.len(), share, 0.7, text);
    Some(found.with_deviations(even.deviations).with_example(longest))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Whether messages of a header, words and a tail are junk; `length` draws the length of the tail.
    fn is_junk(framed: bool, length: impl Fn(&mut Chance) -> usize) -> bool {
        let mut chance = Chance::new(41);
        let mut talk = Talk::default();
        for number in 0..40 {
            let length = length(&mut chance);
            let words = format!("d2:id8:c58b7d4a4:note{}e", "quiet ".repeat(3 + chance.below(30)));
            let mut message = vec![7, u8::try_from(length).unwrap(), number];
            message.extend(words.bytes());
            message.extend(chance.bytes(length));
            if framed {
                let size = u16::try_from(message.len()).unwrap().to_be_bytes();
                talk.send(&[&size[..], &message].concat());
                talk.reply(b"\0\x02ok");
            } else {
                talk.datagram(&message);
            }
        }
        talk.judge().junk
    }

    #[test]
    fn a_number_that_says_how_much_noise_follows_text_is_suspect() {
        for framed in [false, true] {
            assert!(is_junk(framed, |chance| chance.below(256)), "{framed}");
        }
    }

    #[test]
    fn codes_and_ciphertext_of_real_messages_are_not() {
        for framed in [false, true] {
            assert!(!is_junk(framed, |_| 32), "{framed}");
            assert!(!is_junk(framed, |chance| 28
                + (chance.unit() * chance.unit() * chance.unit() * 220.0) as usize));
            assert!(!is_junk(framed, |chance| 16 * (1 + chance.below(12))), "{framed}");
        }
    }
}
