//! Noise of varied lengths between the texts of a message.
//!
//! A reader of several texts and bytes in one message finds where each of them ends by lengths, or because the bytes have always the same length. Speaks for:
//! evenly drawn stretches between texts that have many lengths, which no number before them tells, or that cut words in two. Silent for: numbers that go with the lengths
//! of such stretches, keys and hashes of one length, bytes that are not drawn evenly. Minimum: 12 stretches in 2 messages, 6 lengths, 192 bytes.

use std::collections::BTreeMap;

use super::{Look, Pool};
use crate::content::{big, little};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::even;

/// The fewest stretches of noise, messages with some, and bytes of noise.
const STRETCHES: usize = 12;
const BYTES: usize = 192;
/// The shortest text, and the shortest noise between two.
const TEXT: usize = 8;
const NOISE: usize = 8;
/// What is looked at of a message, and stretches of one.
const LOOKED_AT: usize = 8 << 10;
const MOST: usize = 64;
/// Bytes before a stretch in which a number may tell its length.
const BEFORE: usize = 8;
/// Bytes at the ends of a stretch that may be numbers, terminators and types: taken off from its start and its end.
const TRIMS: [(usize, usize); 6] = [(0, 0), (1, 0), (1, 4), (1, 8), (4, 0), (8, 0)];

/// A stretch of noise between two texts.
struct Stretch<'a> {
    message: &'a [u8],
    start: usize,
    end: usize,
    /// The lengths of the texts before and behind it.
    text: usize,
    behind: usize,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let raw = |unit: &&Unit<'_>| {
        let stream = matches!(unit.carrier, Carrier::Stream | Carrier::Datagram);
        stream && !unit.headless && unit.document.is_none() && unit.bytes.len() >= 2 * TEXT + NOISE
    };
    let units: Vec<&Unit<'_>> = look.reading.units.iter().filter(raw).collect();
    let found: Vec<Vec<Stretch<'_>>> = units.iter().map(|unit| stretches(&unit.bytes)).collect();
    let messages = found.iter().filter(|stretches| !stretches.is_empty()).count();
    let stretches: Vec<&Stretch<'_>> = found.iter().flatten().collect();
    // Long ciphertext has something now and then that passes for text.
    let noise: usize = stretches.iter().map(|stretch| stretch.end - stretch.start).sum();
    let behind: usize = stretches.iter().map(|stretch| stretch.behind).sum();
    if messages < 2 || messages * 2 < units.len() || stretches.len() < STRETCHES || behind * 8 < noise {
        return Vec::new();
    }
    judge(&stretches, messages, look.limit).into_iter().collect()
}

fn judge(stretches: &[&Stretch<'_>], messages: usize, limit: f64) -> Option<Evidence> {
    let (noise, deviations) =
        TRIMS.iter().find_map(|(from, until)| noise(stretches, *from, *until, limit))?;
    let varied = is_varied(stretches);
    let cut = cuts_words(stretches)
        && !is_told(stretches, |stretch| stretch.start - stretch.text, |stretch| stretch.text);
    if !(varied || cut) || is_told(stretches, |stretch| stretch.start, |stretch| stretch.end - stretch.start)
    {
        return None;
    }
    let around: usize = stretches.iter().map(|stretch| stretch.end - stretch.start + stretch.text).sum();
    let share = noise.total as f64 / around.max(1) as f64;
    let text = format!(
        "{messages} messages have {} stretches of noise between texts: {} bytes ({deviations:.1} standard deviations), and {}",
        stretches.len(),
        noise.total,
        if varied { "nothing says how long they are" } else { "they cut words in two" }
    );
    let found = Evidence::statistic(messages, share, 0.65, text);
    Some(found.with_deviations(deviations).with_example(&noise.first))
}

/// The stretches without so many bytes at their ends, where these are drawn evenly.
fn noise(stretches: &[&Stretch<'_>], from: usize, until: usize, limit: f64) -> Option<(Pool, f64)> {
    let mut pool = Pool::default();
    for stretch in stretches {
        let core = stretch.message.get(stretch.start + from..stretch.end.saturating_sub(until));
        if let Some(core) = core.filter(|core| !core.is_empty()) {
            pool.put(core, 0, false);
        }
    }
    let drawn = (pool.total >= BYTES).then(|| even(&pool.bytes, limit)).flatten()?;
    Some((pool, drawn.deviations))
}

/// Six lengths or more, none of which half of the stretches have, up to the bytes that may pass for text.
fn is_varied(stretches: &[&Stretch<'_>]) -> bool {
    let mut lengths: Vec<usize> = stretches.iter().map(|stretch| stretch.end - stretch.start).collect();
    lengths.sort_unstable();
    let near = |from: usize| lengths.iter().filter(|length| (from..from + 4).contains(length)).count();
    let most = lengths.iter().map(|length| near(*length)).max().unwrap_or(0);
    lengths.dedup();
    lengths.len() >= 6 && most * 2 < stretches.len()
}

/// Whether nothing marks where stretches begin and end: no byte stands before half of them, none behind half of them, and a third of them cut a word.
fn cuts_words(stretches: &[&Stretch<'_>]) -> bool {
    let (mut before, mut behind): (BTreeMap<u8, usize>, BTreeMap<u8, usize>) = Default::default();
    let mut inside = 0;
    for stretch in stretches {
        let ends = [stretch.start.checked_sub(1), Some(stretch.end)];
        let [left, right] = ends.map(|at| at.and_then(|at| stretch.message.get(at)).copied().unwrap_or(0));
        *before.entry(left).or_default() += 1;
        *behind.entry(right).or_default() += 1;
        inside += usize::from(is_word(left) && is_word(right));
    }
    let any = |ends: &BTreeMap<u8, usize>| {
        ends.len() >= 6 && ends.values().all(|count| count * 2 <= stretches.len())
    };
    inside * 3 >= stretches.len() && any(&before) && any(&behind)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 128
}

/// Whether a number at one distance before or behind a place tells the length of what follows it in two of five stretches.
fn is_told(
    stretches: &[&Stretch<'_>],
    place: impl Fn(&Stretch<'_>) -> usize,
    length: impl Fn(&Stretch<'_>) -> usize,
) -> bool {
    let mut told: BTreeMap<(usize, usize, bool), usize> = BTreeMap::new();
    let mut spelled = 0;
    for stretch in stretches {
        let (place, length) = (place(stretch), length(stretch));
        for width in [1, 2, 4] {
            for shift in 0..2 * BEFORE {
                for (wide, read) in [(true, big as fn(&[u8], usize, usize) -> Option<u64>), (false, little)] {
                    let Some(at) = (place + shift).checked_sub(BEFORE + width) else { continue };
                    // A number within the stretch counts what follows it.
                    let rest = length.saturating_sub((shift + 1).saturating_sub(BEFORE + 1));
                    let says = read(stretch.message, at, width)
                        .is_some_and(|said| (rest as u64..=rest as u64 + 2).contains(&said));
                    if says {
                        *told.entry((width, shift, wide)).or_default() += 1;
                    }
                }
            }
        }
        let text = stretch.message.get(stretch.start - stretch.text..stretch.start).unwrap_or_default();
        spelled += usize::from(super::beside_text::says_length(text, length));
    }
    told.values().max().copied().unwrap_or(0).max(spelled) * 5 >= stretches.len() * 2
}

/// The bytes between texts that are none, where they are long enough.
fn stretches(message: &[u8]) -> Vec<Stretch<'_>> {
    let looked_at = message.get(..message.len().min(LOOKED_AT)).unwrap_or(message);
    let mut found = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    for (start, end) in texts(looked_at) {
        if let Some((text, from)) = last
            && start - from >= NOISE
            && found.len() < MOST
        {
            found.push(Stretch { message, start: from, end: start, text: from - text, behind: end - start });
        }
        last = Some((start, end));
    }
    found
}

/// The texts of a message: printable ASCII and characters of UTF-8, of eight bytes or more, half of them letters and spaces.
fn texts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    let mut close = |start: usize, end: usize| {
        let text = bytes.get(start..end).unwrap_or_default();
        let letters = text.iter().filter(|byte| is_word(**byte) || **byte == b' ').count();
        if text.len() >= TEXT && letters * 2 > text.len() {
            found.push((start, end));
        }
    };
    while at < bytes.len() {
        let length = character(bytes.get(at..).unwrap_or_default());
        if length == 0 {
            close(start, at);
            start = at + 1;
        }
        at += length.max(1);
    }
    close(start, bytes.len());
    found
}

/// How many bytes the character of text at the start takes; 0 for anything else.
fn character(bytes: &[u8]) -> usize {
    let length = match bytes.first() {
        Some(b'\t' | b'\r' | b'\n' | 32..=126) => return 1,
        Some(0xC3..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        _ => return 0,
    };
    let valid = bytes.get(..length).is_some_and(|character| std::str::from_utf8(character).is_ok());
    // Two bytes of noise pass for a character now and then: one of text has others beside it, or letters.
    if valid { length } else { 0 }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: [&str; 6] = ["report", "everything", "quiet", "building", "tonight", "invoice"];

    /// Records of three texts with bytes behind each.
    fn judged(mut bytes: impl FnMut(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(31);
        let mut talk = Talk::default();
        for n in 0..14u8 {
            let mut message = vec![1, 0, n, 7];
            for _ in 0..3 {
                let words: Vec<&str> = (0..2 + chance.below(4)).map(|_| WORDS[chance.below(6)]).collect();
                message.extend_from_slice(words.join(" ").as_bytes());
                message.push(0);
                message.extend(bytes(&mut chance));
            }
            message.extend_from_slice(b"the end of it all");
            talk.datagram(&message);
        }
        talk.judge().junk
    }

    #[test]
    fn noise_of_any_length_between_texts_is_suspect_and_keys_and_told_bytes_are_not() {
        assert!(judged(|chance| {
            let length = 10 + chance.below(40);
            chance.bytes(length)
        }));
        assert!(!judged(|chance| chance.bytes(32)));
        assert!(!judged(|chance| {
            let length = 10 + chance.below(40);
            [&[0, u8::try_from(length).unwrap()], chance.bytes(length).as_slice()].concat()
        }));
        assert!(!judged(|chance| vec![7; 10 + chance.below(40)]));
    }

    #[test]
    fn noise_of_one_length_that_cuts_words_is_suspect_and_behind_a_mark_it_is_not() {
        let judged = |marked: bool| {
            let mut chance = Chance::new(32);
            let mut talk = Talk::default();
            for _ in 0..20 {
                let words: Vec<&str> = (0..20).map(|_| WORDS[chance.below(6)]).collect();
                let text = words.concat();
                let at = 10 + chance.below(text.len() - 20);
                let (front, back) = text.split_at(at);
                let noise = chance.bytes(40);
                let mark = if marked { "=" } else { "" };
                talk.datagram(&[front.as_bytes(), mark.as_bytes(), &noise, back.as_bytes()].concat());
            }
            talk.judge().junk
        };
        assert!(judged(false));
        assert!(!judged(true));
    }
}
