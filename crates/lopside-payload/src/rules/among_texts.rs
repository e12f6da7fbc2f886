//! Messages that are noise of flat lengths, among others that are text.
//!
//! A conversation in clear text has no ciphertext in it: where one sends both, by turns, under the same header or none, and the lengths
//! of what is noise are flat between two bounds, that is there to drown the rest.
//!
//! Speaks for: datagrams, messages of streams and contents of frames that are text, or noise from behind a header that texts have too.
//! Silent for: what begins as text and becomes ciphertext, sizes as real messages have them, cipher blocks, counters. Minimum: 14
//! messages that are noise, 6 that are text, 6 changes between them, 1,024 bytes of noise.

use super::Look;
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, SizeLaw, even, size_law_from};

/// The fewest messages of noise and of text, changes between them, and bytes of noise.
const NOISY: usize = 14;
const TEXTS: usize = 6;
const CHANGES: usize = 6;
const BYTES: usize = 1024;
/// How much likelier a flat law has to be than the best other, as a natural logarithm.
const ADVANTAGE: f64 = 4.0;
/// The same where nothing stands before the noise and both come by turns so often.
const BARE: f64 = 2.0;
const OFTEN: usize = 12;
/// The longest header that all messages have.
const HEADER: usize = 16;
/// The shortest message behind it that is judged.
const SHORTEST: usize = 12;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.counted {
        return Vec::new();
    }
    let messages: Vec<&[u8]> = look.reading.whole_raw(1).map(|unit| unit.bytes.as_ref()).collect();
    if messages.len() < NOISY + TEXTS {
        return Vec::new();
    }
    let header = (0..=HEADER).find(|header| is_parted(&messages, *header, look.limit));
    header.and_then(|header| told(&messages, header, look.limit)).into_iter().collect()
}

/// What a message is behind a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Noise,
    Other,
}

fn sort(message: &[u8], header: usize, limit: f64) -> Sort {
    let content = message.get(header..).unwrap_or_default();
    if content.len() < SHORTEST {
        return Sort::Other;
    }
    if is_text(content) {
        return Sort::Text;
    }
    let noise =
        content.len() >= 16 && even(content, limit).is_some_and(|drawn| drawn.alphabet == Alphabet::Bytes);
    if noise { Sort::Noise } else { Sort::Other }
}

/// Whether messages behind so long a header are text or noise, both by turns.
fn is_parted(messages: &[&[u8]], header: usize, limit: f64) -> bool {
    let few = messages.get(..messages.len().min(24)).unwrap_or_default();
    let sorts: Vec<Sort> = few.iter().map(|message| sort(message, header, limit)).collect();
    let count = |wanted: Sort| sorts.iter().filter(|sort| **sort == wanted).count();
    count(Sort::Text) >= 2 && count(Sort::Noise) >= 4 && count(Sort::Other) * 5 <= sorts.len()
}

fn told(messages: &[&[u8]], header: usize, limit: f64) -> Option<Evidence> {
    let sorts: Vec<Sort> = messages.iter().map(|message| sort(message, header, limit)).collect();
    let known: Vec<Sort> = sorts.iter().copied().filter(|sort| *sort != Sort::Other).collect();
    let changes = known.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let texts = known.iter().filter(|sort| **sort == Sort::Text).count();
    let noisy: Vec<&[u8]> = messages
        .iter()
        .zip(&sorts)
        .filter(|(_, sort)| **sort == Sort::Noise)
        .filter_map(|(message, _)| message.get(header..))
        .collect();
    let bytes: usize = noisy.iter().map(|noise| noise.len()).sum();
    if noisy.len() < NOISY
        || texts < TEXTS
        || changes < CHANGES
        || bytes < BYTES
        || known.len() * 5 < sorts.len() * 4
    {
        return None;
    }
    // A header of its own, with a number or a kind, is no noise.
    let starts: Vec<u8> = noisy.iter().flat_map(|noise| noise.iter().take(4)).copied().collect();
    even(&starts, limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes)?;
    let sizes: Vec<u32> = noisy.iter().map(|noise| u32::try_from(noise.len()).unwrap_or(u32::MAX)).collect();
    let SizeLaw::Flat { least, most, advantage } = size_law_from(&sizes, NOISY) else { return None };
    let asked = if header == 0 && changes >= OFTEN { BARE } else { ADVANTAGE };
    if advantage < asked || 4 * most < 5 * least {
        return None;
    }
    let all: usize = messages.iter().map(|message| message.len()).sum();
    let text = format!(
        "{} messages of noise with sizes flat from {least} to {most} (likelihood ratio e^{advantage:.0}) stand among {texts} of text",
        noisy.len()
    );
    let share = bytes as f64 / all.max(1) as f64;
    Some(
        Evidence::statistic(noisy.len(), share, 0.65, text)
            .with_example(noisy.first().copied().unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Messages, of which some are text, by a number for each.
    fn is_junk(
        is_text: impl Fn(usize) -> bool,
        length: impl Fn(&mut Chance) -> usize,
        header: &[u8],
    ) -> bool {
        let mut chance = Chance::new(127);
        let mut talk = Talk::default();
        for number in 0..90 {
            let content = if is_text(number) {
                format!(
                    "the pump {number} of hall {} is quiet tonight, says {}",
                    chance.below(9),
                    chance.below(99)
                )
                .into_bytes()
            } else {
                let length = length(&mut chance);
                chance.bytes(length)
            };
            talk.datagram(&[header, &content].concat());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("stand among"))
    }

    #[test]
    fn noise_of_flat_lengths_among_texts_is_told() {
        let flat = |chance: &mut Chance| 200 + chance.below(900);
        for header in [b"".as_slice(), b"\x01text\0\0"] {
            assert!(is_junk(|number| number % 3 == 0, flat, header), "{header:?}");
        }
    }

    #[test]
    fn what_becomes_ciphertext_and_sizes_of_real_messages_are_not() {
        let flat = |chance: &mut Chance| 200 + chance.below(900);
        assert!(!is_junk(|number| number < 20, flat, b""));
        let real = |chance: &mut Chance| 24 + (-chance.unit().ln() * 200.0) as usize;
        assert!(!is_junk(|number| number % 3 == 0, real, b""));
        let blocks = |chance: &mut Chance| 16 * (9 + chance.below(40));
        assert!(!is_junk(|number| number % 3 == 0, blocks, b""));
    }

    #[test]
    fn datagrams_with_counters_and_frames_of_nearly_one_size_are_not() {
        // Sealed frames of sound among texts of signalling.
        assert!(!is_junk(|number| number % 3 == 0, |chance| 160 + chance.below(30), b""));
        // A protocol of its own: a counter, then what is said in clear or sealed.
        let mut chance = Chance::new(128);
        let mut talk = Talk::default();
        for number in 0..90u32 {
            let content = if number % 3 == 0 {
                format!("the pump {number} of hall {} is quiet tonight", chance.below(9)).into_bytes()
            } else {
                let length = 200 + chance.below(900);
                chance.bytes(length)
            };
            talk.datagram(&[b"GM\x01\0".as_slice(), &number.to_be_bytes(), &content].concat());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("stand among")));
    }
}
