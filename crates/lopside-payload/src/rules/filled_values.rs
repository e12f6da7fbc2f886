//! Values filled with a repeated symbol or block, and messages of nothing else among messages that read.
//!
//! Speaks for: values that begin or end in one symbol or block again and again, or are nothing else, in many lengths; text behind such a
//! block; messages that are nothing but one, between messages that read. Silent for: zeros, rulers, masks and other fill of habit, what
//! an encoder makes of repeated bytes (base64 and hex of whole groups), buffers of one size, tests of a line, which send nothing else.
//! Minimum: 6 values with 24 symbols of fill each, 4 lengths, 192 in all; 6 messages with fill before their text; 3 messages of nothing
//! but fill, of 48 bytes each, and 3 that read; of zeros 4 lengths.

use std::collections::BTreeSet;

use super::fill::conventional;
use super::periods::{from_end, from_start};
use super::{Look, Pool};
use crate::class::{Class, behind_header, is_text};
use crate::evidence::Evidence;
use crate::reading::{Unit, Value};

/// The fewest values or messages, lengths, and symbols of fill in one and in all.
const LEAST: usize = 6;
const LENGTHS: usize = 4;
const FILL: usize = 24;
const ALL: usize = 192;
/// The longest block, and how often it comes at least.
const BLOCK: usize = 32;
const TIMES: usize = 3;
/// The shortest message of nothing but fill.
const MESSAGE: usize = 48;
/// The fewest such messages, and the fewest that read beside them.
const MESSAGES: usize = 3;
/// What is looked at of a text.
const LOOKED: usize = 16 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots = look.reading.slots.iter().filter(|(name, _)| *name != "path" && !name.starts_with("header."));
    let values = slots.filter_map(|(name, values)| in_values(name, values));
    values.chain(before_text(look)).chain(inside_text(look)).chain(messages(look)).collect()
}

/// What is repeated at an end of some bytes: the length of the block, and of all its repetitions.
fn repeated(bytes: &[u8], at_end: fn(&[u8], usize) -> usize) -> Option<(usize, usize)> {
    (1..=BLOCK.min(bytes.len() / TIMES)).find_map(|period| {
        let length = at_end(bytes, period);
        (length >= FILL.max(TIMES * period)).then_some((period, length))
    })
}

/// The fill at the start or at the end of a value, and its block.
fn fill(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let at_start = || {
        let (period, length) = repeated(value, from_start)?;
        Some((value.get(..period)?, value.get(..length)?))
    };
    let at_end = || {
        let (period, length) = repeated(value, from_end)?;
        Some((value.get(value.len() - period..)?, value.get(value.len() - length..)?))
    };
    at_start().filter(|(block, _)| is_odd(block)).or_else(|| at_end().filter(|(block, _)| is_odd(block)))
}

/// Whether a block is one that nobody writes by habit.
fn is_odd(block: &[u8]) -> bool {
    let plain = block.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() * 2 >= block.len();
    plain && !conventional(block) && !matches!(block, [b'0' | b'f' | b'F' | b'x' | b'X'])
}

fn in_values(name: &str, values: &[Value]) -> Option<Evidence> {
    if name.to_ascii_lowercase().contains("pad") {
        return None;
    }
    let (mut pool, mut sizes, mut odd_lengths, mut encoded) = (Pool::default(), BTreeSet::new(), 0, 0);
    for value in values.iter().filter(|value| value.bytes.len() >= FILL) {
        let bytes = value.bytes.as_slice();
        let Some((block, fill)) = fill(bytes) else { continue };
        pool.put(fill, bytes.len(), true);
        sizes.insert(bytes.len());
        // What an encoder gives for the same bytes again and again.
        let group = if bytes.iter().all(u8::is_ascii_hexdigit) { 2 } else { 4 };
        let symbols = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte));
        if symbols && (block.len().is_multiple_of(group) || group.is_multiple_of(block.len())) {
            encoded += 1;
            odd_lengths += usize::from(bytes.len() % group == 1);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    if pool.count < LEAST || pool.total < ALL || odd_lengths * 10 < encoded {
        return None;
    }
    let told = super::padded_fields::told(name);
    // Buffers of one size end in zeros, which base64 writes as letters.
    if lengths.len() >= LENGTHS && (sizes.len() >= LENGTHS || encoded == 0) {
        let text = format!(
            "{told}: {} of {} values are filled with a repeated symbol or block: {} symbols, {:.0} % of them, in {} lengths",
            pool.count,
            values.len(),
            pool.total,
            pool.share() * 100.0,
            lengths.len()
        );
        return Some(Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first));
    }
    (encoded == 0 && pool.total == pool.around && pool.total >= 2 * FILL * pool.count).then(|| {
        let text =
            format!("{told}: {} values are nothing but a repeated block: {} symbols", pool.count, pool.total);
        Evidence::statistic(pool.count, pool.share(), 0.6, text).with_example(&pool.first)
    })
}

/// Messages and bodies whose text or document begins behind fill.
fn before_text(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut count) = (Pool::default(), 0);
    for unit in look
        .reading
        .units
        .iter()
        .filter(|unit| !unit.headless && !unit.partial && unit.bytes.len() >= 2 * FILL)
    {
        count += 1;
        let bytes = behind_header(&unit.bytes);
        let Some((period, length)) = repeated(bytes, from_start) else { continue };
        let rest = bytes.get(length..).unwrap_or_default();
        if is_odd(bytes.get(..period)?) && rest.len() >= FILL && is_text(rest) {
            pool.put(bytes.get(..length)?, unit.bytes.len(), true);
        }
    }
    (pool.count >= LEAST && pool.count * 3 >= count).then(|| {
        let text = format!(
            "{} of {count} messages have a repeated symbol or block before their text: {} bytes, {:.0} % of them",
            pool.count,
            pool.total,
            pool.share() * 100.0
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// Long runs of one letter or digit inside texts.
fn inside_text(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut count) = (Pool::default(), 0);
    let texts = look.reading.units.iter().filter(|unit| !unit.headless && unit.document.is_none());
    for unit in texts.filter(|unit| unit.bytes.len() >= 2 * FILL) {
        count += 1;
        let bytes = behind_header(unit.bytes.get(..unit.bytes.len().min(LOOKED)).unwrap_or(&unit.bytes));
        let runs = bytes.chunk_by(|a, b| a == b).filter(|run| run.len() >= FILL);
        let Some(run) =
            runs.max_by_key(|run| run.len()).filter(|run| is_odd(run.get(..1).unwrap_or_default()))
        else {
            continue;
        };
        if is_text(bytes)
            && !bytes.starts_with(run)
            && !bytes.ends_with(run)
            && run.len() + FILL <= bytes.len()
        {
            pool.put(run, unit.bytes.len(), true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    (pool.count >= LEAST && pool.count * 3 >= count && lengths.len() >= LENGTHS).then(|| {
        let text = format!(
            "{} of {count} texts hold one letter or digit again and again: {} in {} lengths, {:.0} % of them",
            pool.count,
            pool.total,
            lengths.len(),
            pool.share() * 100.0
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// Messages of nothing but fill between messages that read.
fn messages(look: &Look<'_>) -> Option<Evidence> {
    let (mut odd, mut zeros, mut belied, mut read, mut around) = (Pool::default(), Pool::default(), 0, 0, 0);
    for unit in look.reading.units.iter().filter(|unit| unit.whole && !unit.headless && !unit.partial) {
        around += unit.bytes.len();
        let bytes = unit.bytes.as_ref();
        match whole(unit) {
            Some(period) if bytes.get(..period) == Some(&[0]) => {
                zeros.put(bytes, bytes.len(), false);
                belied += usize::from(
                    unit.declared.starts_with("text/")
                        || unit.declared.ends_with("json")
                        || unit.declared.ends_with("xml"),
                );
            }
            Some(period) if is_odd(bytes.get(..period)?) => odd.put(bytes, bytes.len(), false),
            Some(_) => {}
            None => read += usize::from(bytes.len() >= FILL && reads(unit)),
        }
    }
    let pool = if odd.count >= MESSAGES { odd } else { zeros };
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let is_zeros = pool.first.first() == Some(&0);
    // Where few read, it is a test of a line with its beginning and its end.
    if read < MESSAGES.max(pool.count / 4)
        || pool.count < MESSAGES
        || is_zeros && belied < MESSAGES && lengths.len() < LENGTHS
    {
        return None;
    }
    let share = pool.total as f64 / around.max(1) as f64;
    let what = if is_zeros { "zeros" } else { "a repeated block" };
    let text = format!(
        "{} messages between {read} that read are nothing but {what}: {} bytes, {:.0} % of all",
        pool.count,
        pool.total,
        share * 100.0
    );
    let found = if belied >= MESSAGES {
        Evidence::contradiction(pool.count, share, format!("{text}; the type declared is text"))
    } else {
        Evidence::statistic(pool.count, share, 0.65, text)
    };
    Some(found.with_example(&pool.first))
}

/// The length of the block of which a message is nothing but repetitions.
fn whole(unit: &Unit<'_>) -> Option<usize> {
    let bytes = unit.bytes.as_ref();
    let (period, length) = repeated(bytes, from_start).filter(|_| bytes.len() >= MESSAGE)?;
    (length == bytes.len()).then_some(period)
}

fn reads(unit: &Unit<'_>) -> bool {
    matches!(unit.class, Class::Document(_) | Class::Text) || is_text(behind_header(&unit.bytes))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    const WORDS: [&str; 4] = ["the shop on the corner", "a desk", "laptop of the lab", "stairs and a door"];

    fn judged(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> Verdict {
        let mut chance = Chance::new(17);
        let mut talk = Talk::default();
        for _ in 0..16 {
            let word = WORDS[chance.below(4)];
            let value = make(&mut chance, word);
            talk.post("application/json", &[br#"{"name":""#.as_slice(), &value, br#""}"#].concat());
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    fn fill(block: &str, length: usize) -> Vec<u8> {
        block.bytes().cycle().take(length).collect()
    }

    #[test]
    fn values_filled_with_a_block_are_junk() {
        let behind =
            judged(|chance, word| [word.as_bytes(), &fill("deadbeef", 30 + chance.below(90))].concat());
        assert_eq!(behind, Verdict::Junk);
        let before = judged(|chance, word| [&fill("A", 30 + chance.below(90)), word.as_bytes()].concat());
        assert_eq!(before, Verdict::Junk);
        assert_eq!(judged(|chance, _| fill("PADDING.", 30 + chance.below(90))), Verdict::Junk);
        assert_eq!(judged(|_, _| fill("no value ", 90)), Verdict::Suspect);
    }

    #[test]
    fn text_that_letters_fill_to_one_size_is_junk() {
        let mut chance = Chance::new(6);
        let mut talk = Talk::default();
        for n in 0..12 {
            let text = format!("h=desk-{n}|u={}|", "x".repeat(3 + chance.below(30)));
            let filled = [text.as_bytes(), &fill("AB", 300 - text.len())].concat();
            let filled = String::from_utf8(filled).unwrap();
            talk.send(format!("GET /a HTTP/1.1\r\nHost: a\r\nCookie: track={filled}\r\n\r\n").as_bytes());
            talk.answer(b"ok");
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("filled with a repeated symbol")));
    }

    #[test]
    fn encoded_buffers_and_rulers_are_left_alone() {
        let zeros =
            judged(|chance, word| encode(&[word.as_bytes(), &vec![0; 30 + chance.below(60)]].concat()));
        assert_eq!(zeros, Verdict::Structured);
        let ruler = judged(|chance, word| [word.as_bytes(), &fill("-", 30 + chance.below(60))].concat());
        assert_eq!(ruler, Verdict::Padded);
    }

    fn datagrams(make: impl Fn(&mut Chance) -> Vec<u8>) -> Verdict {
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..24 {
            let text = format!("report {n} of {}", WORDS[chance.below(4)]);
            talk.datagram(text.as_bytes());
            let other = make(&mut chance);
            talk.datagram(&other);
        }
        talk.judge().verdict
    }

    #[test]
    fn messages_of_nothing_but_a_block_between_others_are_suspect() {
        assert_eq!(datagrams(|chance| fill("0123456789", 60 + chance.below(200))), Verdict::Suspect);
        assert_eq!(datagrams(|chance| vec![0; 60 + chance.below(200)]), Verdict::Suspect);
        // A test of a line, and what was agreed before it.
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..60 {
            let text = format!("test {n}: {}", WORDS[chance.below(4)]);
            let block = fill("0123456789", 60 + chance.below(200));
            talk.datagram(if n < 6 { text.as_bytes() } else { &block });
        }
        assert_ne!(talk.judge().verdict, Verdict::Suspect);
        // A probe of one size.
        assert_ne!(datagrams(|_| vec![0; 64]), Verdict::Suspect);
    }

    #[test]
    fn fill_before_text_is_junk() {
        let verdict = datagrams(|chance| {
            [fill("U", 40 + chance.below(60)), b" and then the list of all that is there".to_vec()].concat()
        });
        assert_eq!(verdict, Verdict::Junk);
    }

    #[test]
    fn what_is_called_padding_is_not() {
        let judged = |name: &str| {
            let mut chance = Chance::new(98);
            let mut talk = Talk::default();
            for number in 0..12 {
                let fill = "kq7".repeat(20 + chance.below(60));
                let body = format!("{{\"number\":{number},\"{name}\":\"{fill}\",\"state\":\"quiet\"}}");
                talk.post("application/json", body.as_bytes());
                talk.answer(b"{}");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("repeated symbol or block"))
        };
        assert!(judged("note"));
        assert!(!judged("padding"));
    }
}
