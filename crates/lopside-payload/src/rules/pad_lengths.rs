//! A number that says how much noise follows what a message holds.
//!
//! Speaks for: messages with a byte at one place whose value, taken from the length of the message, mostly leaves one of a few lengths,
//! with as many bytes drawn evenly at their ends, in clear or with each byte joined to the one before by exclusive or; the numbers are
//! flat, as no lengths of content are. Numbers in bytes or words before text likewise; in words, where some are less than a code takes.
//! Silent for: framed messages (unless the numbers are flat beyond doubt), lengths of content, which
//! always leave the same header; padding that is zeros or fills blocks. Minimum: 16 messages of the end that is judged, or of both ends
//! and 6 of its own, and 256 bytes of padding.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::class::text_mask;
use crate::content::{Read, big, little};
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{SizeLaw, even, size_law_from};

/// The fewest messages, of the end that is judged and of both.
const LEAST_OWN: usize = 6;
const LEAST: usize = 16;
/// The fewest bytes of padding.
const LEAST_PADDING: usize = 256;
/// The least share of padding: any byte of long messages seems to say the length of a few bytes at their ends.
const LEAST_SHARE: f64 = 0.1;
/// Places at which the byte is looked for.
const PLACES: usize = 16;
/// The most padding of a message with text, and bytes at a seam that are looked at.
const MOST: usize = 2048;
const SEAM: usize = 16;
/// The fewest characters of text at a seam behind something else.
const WORD: usize = 4;
/// Numbers in the first words of a message, and how many of its bytes are looked at for them.
const NUMBERS: usize = 4;
const HEAD: usize = 96;
/// The shortest code or nonce.
const CODE: u32 = 8;
/// How much likelier the flat law of numbers in words has to be, as a natural logarithm.
const IN_WORDS: f64 = 4.0;
/// How much likelier the flat law has to be, as a natural logarithm: the few lengths that are left say most of it.
const ADVANTAGE: f64 = 1.0;
const FRAMED: f64 = 6.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let own = raw(look.reading);
    if own.len() < LEAST_OWN {
        return Vec::new();
    }
    // What one end holds may have few lengths while the other's has many; where an end says little, both are one protocol.
    let both = [own.as_slice(), raw(look.other).as_slice()].concat();
    let sets = [own, both];
    // What frames their messages may have taken the number for a part of the header.
    let before = [looked_at(&look.reading.unframed), looked_at(&look.other.unframed)];
    let before = [before[0].clone(), before.concat()];
    if let Some(found) = sets.iter().chain(&before).find_map(|messages| behind_text(messages, look.limit)) {
        return vec![found];
    }
    // Where lengths account for the messages, numbers in them are of their protocol, unless they are flat beyond doubt.
    let advantage = if look.framed { FRAMED } else { ADVANTAGE };
    sets.iter().find_map(|messages| clear_or_joined(messages, look.limit, advantage)).into_iter().collect()
}

/// A number that says how much noise follows text, in messages of any lengths.
fn behind_text(messages: &[&[u8]], limit: f64) -> Option<Evidence> {
    if messages.len() < LEAST {
        return None;
    }
    let shortest = messages.iter().map(|message| message.len()).min()?;
    let places = (0..PLACES.min(shortest)).flat_map(|place| [(place, 1), (place, 2), (place, 4)]);
    let in_bytes = places.into_iter().find_map(|(place, width)| {
        let reads: &[Read] = if width == 1 { &[big] } else { &[big, little] };
        reads.iter().find_map(|read| {
            let number =
                |message: &[u8]| Some((crate::content::place(read(message, place, width)?), place + width));
            behind_text_by(messages, number, limit).filter(|(found, _)| found.advantage >= ADVANTAGE)
        })
    });
    // A number in words before a tail is the length of content in many protocols. What is drawn evenly and holds something is never
    // shorter than a code.
    let in_words = || {
        (0..NUMBERS).find_map(|which| {
            let number = |message: &[u8]| number_in_words(message, which);
            behind_text_by(messages, number, limit)
                .filter(|(found, _)| found.advantage >= IN_WORDS && found.least < CODE)
        })
    };
    in_bytes.or_else(in_words).map(|(_, evidence)| evidence)
}

/// The law of numbers.
struct Spread {
    least: u32,
    advantage: f64,
}

/// The number of this place among those in the first words of a message, and where it ends.
fn number_in_words(message: &[u8], which: usize) -> Option<(usize, usize)> {
    let head = message.get(..message.len().min(HEAD))?;
    let mut at = 0;
    for _ in 0..which {
        at = after_number(head, at)?.1;
    }
    let (start, end) = after_number(head, at)?;
    Some((crate::content::place(crate::content::decimal(head.get(start..end)?)?), end))
}

/// Where the next number from a place on starts and ends.
fn after_number(head: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + head.get(from..)?.iter().position(u8::is_ascii_digit)?;
    let digits = head.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some((start, start + digits))
}

/// The numbers that `number` reads, each with the place where it ends, where as many bytes of noise follow the text.
fn behind_text_by(
    messages: &[&[u8]],
    number: impl Fn(&[u8]) -> Option<(usize, usize)>,
    limit: f64,
) -> Option<(Spread, Evidence)> {
    let (mut numbers, mut tails, mut texts, mut words) = (Vec::new(), Vec::new(), 0, 0);
    for message in messages {
        let (number, end) = number(message)?;
        let seam = message.len().checked_sub(number).filter(|seam| *seam >= end && number <= MOST)?;
        let before = message.get(seam.saturating_sub(SEAM).max(end)..seam)?;
        texts += usize::from(before.len() >= SEAM / 2 && ends_text(before));
        words +=
            usize::from(before.len() >= WORD && text_mask(before).iter().rev().take(WORD).all(|text| *text));
        numbers.push(u32::try_from(number).ok()?);
        tails.push(message.get(seam..)?);
    }
    // A few characters behind binary fields are text at the seam too, where nearly all messages have them.
    if texts * 10 < messages.len() * 7 && words * 16 < messages.len() * 15 {
        return None;
    }
    let SizeLaw::Flat { least, most, advantage } = size_law_from(&numbers, LEAST) else { return None };
    let padding = tails.concat();
    if most < 48 || least * 4 > most || padding.len() < LEAST_PADDING {
        return None;
    }
    let noise = even(&padding, limit)?;
    // Right behind the seam it is noise too.
    let starts: Vec<u8> = tails.iter().flat_map(|tail| tail.iter().take(SEAM)).copied().collect();
    even(&starts, limit)?;
    let around: usize = messages.iter().map(|message| message.len()).sum();
    let share = padding.len() as f64 / around as f64;
    let text = format!(
        "a number in {} messages says how much noise follows their text: {least} to {most} bytes, evenly spread, {:.0} % of them",
        messages.len(),
        share * 100.0
    );
    let found = Evidence::statistic(messages.len(), share, 0.65, text);
    Some((Spread { least, advantage }, found.with_deviations(noise.deviations).with_example(&starts)))
}

/// Whether bytes are the end of a text: characters may be cut at both ends.
fn ends_text(bytes: &[u8]) -> bool {
    let cut = bytes.iter().take(3).take_while(|byte| (0x80..0xC0).contains(*byte)).count();
    crate::class::is_text(bytes.get(cut..).unwrap_or_default())
}

/// Messages as they were before they were cut into frames.
fn looked_at<'r>(messages: &[&'r [u8]]) -> Vec<&'r [u8]> {
    messages.iter().copied().filter(|message| message.len() >= 8).collect()
}

/// Whole messages of no protocol that is read here.
fn raw<'r>(reading: &'r Reading<'_>) -> Vec<&'r [u8]> {
    reading.whole_raw(8).map(|unit| unit.bytes.as_ref()).collect()
}

fn clear_or_joined(messages: &[&[u8]], limit: f64, advantage: f64) -> Option<Evidence> {
    if messages.len() < LEAST || (0..PLACES).any(|place| counts_what_follows(messages, place)) {
        return None;
    }
    padded(messages, limit, advantage).or_else(|| {
        let joined: Vec<Vec<u8>> = messages.iter().map(|message| differences(message)).collect();
        let joined: Vec<&[u8]> = joined.iter().map(Vec::as_slice).collect();
        padded(&joined, limit, advantage)
    })
}

/// Each byte joined to the one before by exclusive or: undoes that it was.
fn differences(message: &[u8]) -> Vec<u8> {
    let before = std::iter::once(&0).chain(message);
    message.iter().zip(before).map(|(byte, before)| byte ^ before).collect()
}

/// Whether the byte at a place is the low one of a length of what follows it, in messages of several records too.
fn counts_what_follows(messages: &[&[u8]], place: usize) -> bool {
    let is_length = |message: &&&[u8]| {
        message.get(place).is_some_and(|low| (message.len() % 256) == (place + 1 + usize::from(*low)) % 256)
    };
    messages.iter().filter(is_length).count() * 4 >= messages.len()
}

fn padded(messages: &[&[u8]], limit: f64, ahead: f64) -> Option<Evidence> {
    let shortest = messages.iter().map(|message| message.len()).min()?;
    (0..PLACES.min(shortest)).find_map(|place| padded_at(messages, place, limit, ahead))
}

/// Whether the byte at a place says how long the padding is.
fn padded_at(messages: &[&[u8]], place: usize, limit: f64, ahead: f64) -> Option<Evidence> {
    let mut left: BTreeMap<usize, usize> = BTreeMap::new();
    let (mut numbers, mut tails) = (Vec::with_capacity(messages.len()), Vec::new());
    for message in messages {
        let number = *message.get(place)?;
        // What is left holds the byte itself.
        let rest = message.len().checked_sub(usize::from(number)).filter(|rest| *rest > place)?;
        *left.entry(rest).or_default() += 1;
        numbers.push(u32::from(number));
        tails.push(message.get(rest..)?);
    }
    // A length of content leaves one header; chance leaves nearly as many lengths as there are messages.
    let again = || left.iter().filter(|(_, count)| **count > 1);
    let repeated = again().map(|(_, count)| count).sum::<usize>();
    // The low byte of a wider length leaves the header and whole 256s.
    let headers: BTreeSet<usize> = again().map(|(rest, _)| rest % 256).collect();
    if headers.len() < 2 || repeated * 10 < messages.len() * 7 {
        return None;
    }
    let SizeLaw::Flat { least, most, advantage } = size_law_from(&numbers, LEAST) else { return None };
    if advantage < ahead || most < 48 || least * 4 > most {
        return None;
    }
    let padding = tails.concat();
    if padding.len() < LEAST_PADDING {
        return None;
    }
    let noise = even(&padding, limit)?;
    let around: usize = messages.iter().map(|message| message.len()).sum();
    let share = padding.len() as f64 / around as f64;
    if share < LEAST_SHARE {
        return None;
    }
    let text = format!(
        "byte {} of {} messages says how much noise follows the {} lengths that they hold: {least} to {most} bytes, evenly spread, {:.0} % of them",
        place + 1,
        messages.len(),
        left.len(),
        share * 100.0
    );
    let longest = tails.iter().max_by_key(|tail| tail.len()).copied().unwrap_or_default();
    let found = Evidence::statistic(messages.len(), share, 0.7, text);
    Some(found.with_deviations(noise.deviations).with_example(longest))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Payload;

    /// Messages of a header with a number at its third byte, a body and a tail that `make` draws.
    fn judged(joined: bool, make: impl Fn(&mut Chance) -> (usize, Vec<u8>)) -> Payload {
        let mut chance = Chance::new(12);
        let mut talk = Talk::default();
        for _ in 0..40 {
            let (held, tail) = make(&mut chance);
            let mut message = chance.bytes(2);
            message.push(u8::try_from(tail.len()).unwrap());
            message.extend(chance.bytes(19));
            message.extend(std::iter::repeat_n(7, held));
            message.extend(&tail);
            if joined {
                for place in 1..message.len() {
                    message[place] ^= message[place - 1];
                }
            }
            talk.datagram(&message);
        }
        talk.judge()
    }

    #[test]
    fn a_number_that_says_how_much_noise_follows_is_suspect() {
        for joined in [false, true] {
            let payload = judged(joined, |chance| {
                let length = chance.below(256);
                ([8, 20, 22][chance.below(3)], chance.bytes(length))
            });
            assert!(payload.junk && payload.reasons[0].starts_with("byte 3 of 40"), "{:?}", payload.reasons);
        }
    }

    #[test]
    fn lengths_of_content_are_not() {
        // Two kinds of header before ciphertext of real messages, whose lengths are not flat.
        let payload = judged(false, |chance| {
            let length = 20 + (chance.unit() * chance.unit() * 200.0) as usize;
            ([8, 20][chance.below(2)], chance.bytes(length))
        });
        assert!(!payload.junk, "{:?}", payload.reasons);
        // The low byte of a length of two, before content of any length.
        let mut chance = Chance::new(13);
        let mut talk = Talk::default();
        for _ in 0..60 {
            let content = chance.below(700);
            let length = u16::try_from(content).unwrap().to_be_bytes();
            talk.datagram(&[&b"\x13\x07"[..], &length, &chance.bytes(content)].concat());
        }
        let payload = talk.judge();
        assert!(!payload.reasons.iter().any(|reason| reason.starts_with("byte ")), "{:?}", payload.reasons);
        // Records with a length before each, at times two in a message.
        let mut talk = Talk::default();
        for number in 0..60 {
            let content = chance.below(240);
            let mut message =
                [&[0, 0, 0, u8::try_from(content).unwrap()], chance.bytes(content).as_slice()].concat();
            if number % 3 == 0 {
                message.extend([0, 0, 0, 5, 4, 0, 0, 1, 9]);
            }
            talk.datagram(&message);
        }
        let payload = talk.judge();
        assert!(!payload.reasons.iter().any(|reason| reason.starts_with("byte ")), "{:?}", payload.reasons);
        // A byte of long messages that seems to say the length of a small part of them.
        let payload = judged(false, |chance| {
            let length = chance.below(240);
            ([3000, 4000, 5000][chance.below(3)], chance.bytes(length))
        });
        assert!(!payload.reasons.iter().any(|reason| reason.starts_with("byte ")), "{:?}", payload.reasons);
        // Zeros up to a number.
        let payload = judged(false, |chance| ([8, 20][chance.below(2)], vec![0; chance.below(256)]));
        assert!(!payload.reasons.iter().any(|reason| reason.starts_with("byte ")), "{:?}", payload.reasons);
    }

    #[test]
    fn a_number_that_says_how_much_noise_follows_text_is_suspect_and_one_of_zeros_is_not() {
        let judged = |noise: fn(&mut Chance, usize) -> Vec<u8>| {
            let mut chance = Chance::new(13);
            let mut talk = Talk::default();
            for n in 0..48u32 {
                let text = "peer 10.0.0.7 is up and waits; ".repeat(1 + chance.below(9));
                let length = chance.below(256);
                let mut message = b"NDX\x02".to_vec();
                message.extend(u32::try_from(length).unwrap().to_be_bytes());
                message.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
                message.extend(n.to_be_bytes());
                message.extend_from_slice(text.as_bytes());
                message.extend(noise(&mut chance, length));
                talk.datagram(&message);
            }
            talk.judge().junk
        };
        assert!(judged(|chance, length| chance.bytes(length)));
        assert!(!judged(|_, length| vec![0; length]));
    }

    #[test]
    fn a_number_in_words_that_says_how_much_noise_follows_is_suspect() {
        let judged = |length: &dyn Fn(&mut Chance) -> usize, tail: &dyn Fn(&mut Chance, usize) -> Vec<u8>| {
            let mut chance = Chance::new(14);
            let mut talk = Talk::default();
            for number in 0..60 {
                let length = length(&mut chance);
                let words = "all is quiet here ".repeat(1 + chance.below(6));
                let head = format!("ND/2 STATE {number} fill={length}\nnote: {words}\n\n");
                talk.datagram(&[head.as_bytes(), &tail(&mut chance, length)].concat());
            }
            let payload = talk.judge();
            payload.reasons.iter().any(|reason| reason.starts_with("a number in "))
        };
        let noise = |chance: &mut Chance, length: usize| chance.bytes(length);
        assert!(judged(&|chance| chance.below(200), &noise));
        // Sealed content is never as short as that, and has lengths of its own; zeros and words are no noise.
        assert!(!judged(&|chance| 28 + chance.below(200), &noise));
        assert!(!judged(&|chance| (chance.unit() * chance.unit() * chance.unit() * 220.0) as usize, &noise));
        assert!(!judged(&|chance| chance.below(200), &|_, length| vec![0; length]));
        assert!(
            !judged(&|chance| chance.below(200), &|chance, length| chance.of(b"reports of the yard", length))
        );
    }

    /// Whether messages of a header, words and a tail are junk; `length` draws the length of the tail.
    fn is_junk_behind_words(framed: bool, length: impl Fn(&mut Chance) -> usize) -> bool {
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
    fn a_byte_at_any_place_that_says_how_much_noise_follows_words_is_suspect() {
        for framed in [false, true] {
            assert!(is_junk_behind_words(framed, |chance| chance.below(256)), "{framed}");
        }
    }

    #[test]
    fn the_number_may_stand_in_the_header_of_a_frame() {
        let is_junk = |noise: fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(42);
            let mut talk = Talk::default();
            for number in 0..30 {
                let noise = noise(&mut chance);
                let words = format!("note {number}: {}", "quiet ".repeat(3 + chance.below(30)));
                let size = u32::try_from(words.len() + noise.len()).unwrap().to_be_bytes();
                let header = [&size[..], &[u8::try_from(noise.len()).unwrap()]].concat();
                talk.send(&[&header, words.as_bytes(), &noise].concat());
                talk.reply(b"\0\0\0\x02\0ok");
            }
            talk.judge().junk
        };
        assert!(is_junk(|chance| {
            let length = chance.below(256);
            chance.bytes(length)
        }));
        assert!(!is_junk(|chance| vec![0; chance.below(256)]));
        assert!(!is_junk(|chance| chance.bytes(32)));
    }

    #[test]
    fn codes_and_ciphertext_of_real_messages_behind_words_are_not() {
        for framed in [false, true] {
            assert!(!is_junk_behind_words(framed, |_| 32), "{framed}");
            assert!(!is_junk_behind_words(framed, |chance| 28
                + (chance.unit() * chance.unit() * chance.unit() * 220.0) as usize));
            assert!(!is_junk_behind_words(framed, |chance| 16 * (1 + chance.below(12))), "{framed}");
        }
    }

    #[test]
    fn framed_messages_count_where_the_numbers_are_flat_beyond_doubt() {
        let is_junk = |number: &dyn Fn(&mut Chance) -> usize| {
            let mut chance = Chance::new(47);
            let mut talk = Talk::default();
            for turn in 0..120 {
                let noise = number(&mut chance);
                let content = chance.bytes([30, 44, 62][turn % 3]);
                let message =
                    [&[0, 7, u8::try_from(noise).unwrap(), 1], content.as_slice(), &chance.bytes(noise)]
                        .concat();
                talk.send(
                    &[&u16::try_from(message.len()).unwrap().to_be_bytes(), message.as_slice()].concat(),
                );
                talk.reply(b"\0\x02ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("says how much noise"))
        };
        assert!(is_junk(&|chance| chance.below(200)));
        assert!(!is_junk(&|chance| (28.0 + -chance.unit().ln() * 40.0).min(255.0) as usize));
    }
}
