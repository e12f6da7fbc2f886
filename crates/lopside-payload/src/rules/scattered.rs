//! Noise of varied lengths between the texts of a message.
//!
//! A reader of several texts and bytes in one message finds where each of them ends by lengths, or because the bytes have always the same
//! length. Speaks for: evenly drawn stretches between texts that have many lengths, which no number before them tells, or that cut words
//! in two; also between short texts that zeros end. Silent for: numbers that go with the lengths of such stretches, keys and hashes of
//! one length, bytes that are not drawn evenly. Minimum: 12 stretches in 2 messages, 6 lengths, 192 bytes.

use std::collections::BTreeMap;

use super::{Look, Pool};
use crate::content::{Read, big, little};
use crate::evidence::Evidence;
use crate::reading::Unit;
use crate::spans;
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
        unit.is_raw() && !unit.headless && unit.document.is_none() && unit.bytes.len() >= 2 * TEXT + NOISE
    };
    let units: Vec<&Unit<'_>> = look.reading.units.iter().filter(raw).collect();
    let between: Vec<Vec<Stretch<'_>>> = units.iter().map(|unit| stretches(&unit.bytes)).collect();
    // Texts too short to be told from noise by their length are told by the zero that ends each.
    let behind_zeros = || units.iter().map(|unit| behind_zeros(&unit.bytes)).collect::<Vec<_>>();
    told(&between, look.limit).or_else(|| told(&behind_zeros(), look.limit)).into_iter().collect()
}

/// The evidence of the stretches of all messages.
fn told(found: &[Vec<Stretch<'_>>], limit: f64) -> Option<Evidence> {
    let units = found.len();
    let messages = found.iter().filter(|stretches| !stretches.is_empty()).count();
    let stretches: Vec<&Stretch<'_>> = found.iter().flatten().collect();
    // Long ciphertext has something now and then that passes for text.
    let noise: usize = stretches.iter().map(|stretch| stretch.end - stretch.start).sum();
    let behind: usize = stretches.iter().map(|stretch| stretch.behind).sum();
    if messages < 2 || messages * 2 < units || stretches.len() < STRETCHES || behind * 3 < noise {
        return None;
    }
    judge(&stretches, messages, limit)
}

fn judge(stretches: &[&Stretch<'_>], messages: usize, limit: f64) -> Option<Evidence> {
    let (noise, deviations) =
        TRIMS.iter().find_map(|(from, until)| noise(stretches, *from, *until, limit))?;
    let varied = is_varied(stretches);
    let text = |stretch: &Stretch<'_>| Counted {
        from: stretch.start - stretch.text,
        length: stretch.text,
        header: 0,
    };
    let stretch = |stretch: &Stretch<'_>| {
        let length = stretch.end - stretch.start;
        Counted { from: stretch.start, length: length.saturating_sub(BEFORE), header: BEFORE as u64 }
    };
    // A record of a name and sealed bytes. Behind a text that a zero ends, nothing is expected any more.
    let record = |stretch: &Stretch<'_>| {
        let length = stretch.end - stretch.start + stretch.text;
        let least = length.saturating_sub(BEFORE);
        Counted { from: stretch.start - stretch.text, length: least, header: 4 + BEFORE as u64 }
    };
    let ended = stretches.iter().filter(|stretch| stretch.message.get(stretch.start) == Some(&0)).count();
    let cut = cuts_words(stretches) && !is_told(stretches, text);
    let is_record = || ended * 5 < stretches.len() * 4 && is_told(stretches, record);
    if !(cut || varied && !is_record()) || is_told(stretches, stretch) {
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

/// Whether nothing marks where stretches begin and end: no byte stands before half of them, none behind half of them, and a third of them
/// cut a word.
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

/// What a number counts: from where on, how many bytes at least, and how many more where a header of this or of the next record is among
/// them.
struct Counted {
    from: usize,
    length: usize,
    header: u64,
}

/// Whether a number at one distance before the place, or behind it, tells how many bytes follow in two of five stretches; or a number in
/// the text does.
fn is_told(stretches: &[&Stretch<'_>], counted: impl Fn(&Stretch<'_>) -> Counted) -> bool {
    let mut told: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut spelled = 0;
    for stretch in stretches {
        let Counted { from, length, header } = counted(stretch);
        for (kind, (width, read)) in NUMBERS.iter().enumerate() {
            for shift in 0..2 * BEFORE {
                let Some(at) = (from + shift).checked_sub(BEFORE + width) else { continue };
                // A number within the stretch counts what follows it.
                let rest = length.saturating_sub(shift.saturating_sub(BEFORE)) as u64;
                let says = |said: u64| (rest..=rest + 2 + header).contains(&said);
                if read(stretch.message, at, *width).is_some_and(says) {
                    *told.entry((kind, shift)).or_default() += 1;
                }
            }
        }
        let text = stretch.message.get(stretch.start - stretch.text..stretch.start).unwrap_or_default();
        spelled += usize::from(super::said_lengths::says_length(text, length));
    }
    told.values().max().copied().unwrap_or(0).max(spelled) * 5 >= stretches.len() * 2
}

/// How numbers are written: most significant byte first or last, and by seven bits a byte, with and without a sign.
const NUMBERS: [(usize, Read); 9] = [
    (1, big),
    (2, big),
    (2, little),
    (4, big),
    (4, little),
    (2, sevens),
    (3, sevens),
    (2, signed_sevens),
    (1, signed_sevens),
];

/// A number of so many bytes with seven bits each, the least significant first; all but the last have their eighth bit set.
fn sevens(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let (last, others) = bytes.get(at..at + width)?.split_last()?;
    let whole = *last < 128 && others.iter().all(|byte| *byte >= 128);
    let sum = |sum: u64, byte: &u8| sum << 7 | u64::from(byte & 127);
    whole.then(|| others.iter().rev().fold(u64::from(*last), sum))
}

/// The same of numbers with a sign in their lowest bit.
fn signed_sevens(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    sevens(bytes, at, width).map(|number| number / 2)
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

/// The shortest text before a zero: four bytes of noise pass for one before one zero in fifty.
const ENDED: usize = 4;

/// The bytes between the zeros that end texts and the next text of that kind.
fn behind_zeros(message: &[u8]) -> Vec<Stretch<'_>> {
    let looked_at = message.get(..message.len().min(LOOKED_AT)).unwrap_or(message);
    let (mut found, mut last) = (Vec::new(), None);
    for zero in memchr::memchr_iter(0, looked_at) {
        let before = looked_at.get(..zero).unwrap_or_default();
        let text =
            before.iter().rev().take_while(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126)).count();
        let start = zero - text;
        let letters = before.iter().skip(start).filter(|byte| is_word(**byte) || **byte == b' ').count();
        if text < ENDED || letters * 2 <= text {
            continue;
        }
        if let Some((length, from)) = last
            && start >= from + NOISE
            && found.len() < MOST
        {
            found.push(Stretch { message, start: from, end: start, text: length, behind: text });
        }
        last = Some((text, zero));
    }
    found
}

/// The texts of a message: printable ASCII and characters of UTF-8, of eight bytes or more, half of them letters and spaces.
fn texts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = spans::may_be_text(bytes, at, TEXT) {
        at = start;
        while let Some(length) = bytes.get(at..).map(character).filter(|length| *length > 0) {
            at += length;
        }
        let text = bytes.get(start..at).unwrap_or_default();
        let letters = || text.iter().filter(|byte| is_word(**byte) || **byte == b' ').count();
        if text.len() >= TEXT && letters() * 2 > text.len() {
            found.push((start, at));
        }
        at += 1;
    }
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
    fn noise_behind_short_texts_that_zeros_end_is_suspect() {
        let judged = |bytes: &dyn Fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(36);
            let mut talk = Talk::default();
            for n in 0..14u8 {
                let mut message = vec![1, n];
                for field in 0..5 {
                    let text = format!(";k{field}={}", WORDS[chance.below(6)]);
                    message.extend_from_slice(text.as_bytes());
                    message.push(0);
                    message.extend(bytes(&mut chance));
                }
                talk.datagram(&message);
            }
            talk.judge().junk
        };
        assert!(judged(&|chance| {
            let length = 10 + chance.below(22);
            chance.bytes(length)
        }));
        // Object identifiers, times, blobs with their length, and nothing.
        assert!(!judged(&|chance| chance.bytes(12)));
        assert!(!judged(&|chance| [&[0, 0, 1, 0x97, 3], chance.bytes(3).as_slice()].concat()));
        assert!(!judged(&|chance| {
            let length = 10 + chance.below(22);
            [&(length as u32).to_le_bytes()[..], &[0], &chance.bytes(length)].concat()
        }));
        assert!(!judged(&|_| Vec::new()));
    }

    #[test]
    fn records_of_a_name_and_sealed_bytes_are_left_alone() {
        let sevens = |mut number: usize| {
            let mut bytes = Vec::new();
            while number > 127 {
                bytes.push(128 | (number & 127) as u8);
                number >>= 7;
            }
            bytes.push(number as u8);
            bytes
        };
        for counts_record in [true, false] {
            let mut chance = Chance::new(33);
            let mut talk = Talk::default();
            for n in 0..14u8 {
                let mut message = vec![0xF0, n, 0, 1];
                for _ in 0..4 {
                    let topic = format!("plant/{}/{}", WORDS[chance.below(6)], WORDS[chance.below(6)]);
                    let length = 20 + chance.below(200);
                    let sealed = chance.bytes(length);
                    let counted = if counts_record { 2 + topic.len() + length } else { length };
                    let (before, behind) =
                        if counts_record { (counted, None) } else { (topic.len(), Some(counted)) };
                    message.push(0x30);
                    message.extend(sevens(before));
                    if counts_record {
                        message.extend([0, topic.len() as u8]);
                    }
                    message.extend_from_slice(topic.as_bytes());
                    message.extend(
                        behind.map(|length| [vec![0x12], sevens(length)].concat()).unwrap_or_default(),
                    );
                    message.extend(sealed);
                }
                talk.datagram(&message);
            }
            assert!(!talk.judge().junk, "{counts_record}");
        }
    }

    /// Sealed messages behind the names of their topics, whose lengths the capture's segments have cut off, were once suspect.
    #[test]
    fn long_sealed_bytes_behind_short_names_are_left_alone() {
        let judged = |least: usize, more: usize| {
            let mut chance = Chance::new(35);
            let mut talk = Talk::default();
            for n in 0..20u8 {
                let mut message = vec![0xF0, n, 0, 1];
                for _ in 0..2 {
                    message.extend_from_slice(WORDS[chance.below(6)].as_bytes());
                    message.extend_from_slice(b"/state of it");
                    let length = least + chance.below(more);
                    message.push(0);
                    message.extend(chance.bytes(length));
                }
                talk.datagram(&message);
            }
            talk.judge().junk
        };
        assert!(!judged(60, 100));
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
