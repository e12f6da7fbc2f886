//! Texts whose length a number in text says, and noise from their end to the mark that ends their field.
//!
//! Speaks for: messages of fields, each a number, a mark and a text, parted by one mark; the number is smaller than what stands behind it
//! by a little, however long that is, and what it leaves over is drawn evenly, new and of many lengths. Silent for: numbers that count
//! all, numbers that are no lengths (which do not go with the texts), codes of one length, texts that are drawn evenly themselves.
//! Minimum: 6 messages, 16 fields whose numbers lie 24 apart and have 6 values, 64 symbols of 4 lengths.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::{decimal, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest messages, fields, values of the number, and symbols and lengths of noise.
const MESSAGES: usize = 6;
const FIELDS: usize = 16;
const NUMBERS: usize = 6;
const SYMBOLS: usize = 64;
const LENGTHS: usize = 4;
/// How far apart the numbers have to lie, and how much more than it says a field may hold.
const APART: usize = 24;
const MORE: usize = 96;
/// The marks that part fields, and those behind the number.
const BETWEEN: &[u8] = b"|;\n\t,^~&\x1F\x1E";
const BEHIND: &[u8] = b":=#,/ ";
/// How much of the first message is looked at for them.
const START: usize = 1024;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let raw = look.reading.whole_raw(16).filter(|unit| unit.document.is_none());
    let messages: Vec<&[u8]> =
        raw.map(|unit| unit.bytes.as_ref()).filter(|bytes| bytes.is_ascii()).take(256).collect();
    if messages.len() < MESSAGES {
        return Vec::new();
    }
    let found =
        marks(messages.first().copied().unwrap_or_default()).into_iter().find_map(|(between, behind)| {
            let numbers = [decimal as fn(&[u8]) -> Option<u64>, hex];
            numbers.into_iter().find_map(|number| judge(&messages, between, behind, number, look.limit))
        });
    found.into_iter().collect()
}

/// The marks between fields and behind their numbers that the start of a message shows: a number stands between them.
fn marks(message: &[u8]) -> BTreeSet<(u8, u8)> {
    let (mut found, mut before) = (BTreeSet::new(), None::<(usize, u8)>);
    for (at, byte) in message.iter().enumerate().take(START) {
        if let Some((start, between)) = before
            && (1..=8).contains(&(at - start - 1))
            && BEHIND.contains(byte)
            && *byte != between
        {
            found.insert((between, *byte));
        }
        if BETWEEN.contains(byte) {
            before = Some((at, *byte));
        } else if !byte.is_ascii_hexdigit() {
            before = None;
        }
    }
    found
}

/// A number of two hex digits or more.
fn hex(text: &[u8]) -> Option<u64> {
    let digits = (2..=8).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit);
    digits.then(|| u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok())?
}

/// The number of a field and what stands behind it.
fn field(field: &[u8], behind: u8, number: fn(&[u8]) -> Option<u64>) -> Option<(usize, &[u8])> {
    let mark = memchr::memchr(behind, field.get(..field.len().min(12))?)?;
    Some((place(number(field.get(..mark)?)?), field.get(mark + 1..)?))
}

fn judge(
    messages: &[&[u8]],
    between: u8,
    behind: u8,
    number: fn(&[u8]) -> Option<u64>,
    limit: f64,
) -> Option<Evidence> {
    let fields_of = |message: &&[u8]| -> Vec<Option<(usize, Vec<u8>)>> {
        let parts = message.trim_ascii_end().split(|byte| *byte == between).filter(|part| !part.is_empty());
        parts.map(|part| field(part, behind, number).map(|(said, held)| (said, held.to_vec()))).collect()
    };
    let first: Vec<_> = messages.iter().take(3).flat_map(fields_of).collect();
    if first.iter().flatten().count() * 10 < first.len() * 8 {
        return None;
    }
    let (mut pool, mut texts, mut numbers) = (Pool::default(), Vec::new(), BTreeSet::new());
    let (mut fields, mut more, mut holding) = (0usize, 0usize, 0usize);
    for message in messages {
        let held = fields_of(message);
        holding += usize::from(held.iter().all(Option::is_some));
        for (said, text) in held.iter().flatten() {
            fields += 1;
            let Some((text, rest)) = text.split_at_checked(*said).filter(|(_, rest)| rest.len() <= MORE)
            else {
                continue;
            };
            more += 1;
            numbers.insert(*said);
            texts.extend_from_slice(text);
            if !rest.is_empty() {
                pool.put(rest, message.len(), true);
            }
        }
    }
    let apart = numbers.last()? - numbers.first()?;
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let counted = more * 100 >= fields * 95 && numbers.len() >= NUMBERS && apart >= APART;
    let enough = holding * 10 >= messages.len() * 8
        && pool.count >= FIELDS
        && pool.count * 2 >= fields
        && pool.total >= SYMBOLS
        && lengths.len() >= LENGTHS;
    if !counted || !enough || !is_text(&texts) || even(&texts, limit).is_some() {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{} of {fields} fields say where their text ends and go on with noise: {} {} ({:.1} standard deviations) in {} lengths",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        lengths.len()
    );
    let found =
        Evidence::contradiction(pool.count, pool.total as f64 / (texts.len() + pool.total) as f64, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn sentence(chance: &mut Chance) -> String {
        let words = ["the pump", "waits", "in the hall", "until monday", "for a valve", "and a key"];
        let count = 1 + chance.below(7);
        (0..count).map(|_| words[chance.below(6)]).collect::<Vec<_>>().join(" ")
    }

    /// Messages of three fields that `make` writes.
    fn is_junk(make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(23);
        let mut talk = Talk::default();
        for _ in 0..20 {
            let fields: Vec<String> = (0..3).map(|_| make(&mut chance)).collect();
            talk.send(format!("{}\n", fields.join("|")).as_bytes());
            talk.reply(b"ok\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("say where their text ends"))
    }

    fn drawn(chance: &mut Chance, symbols: &[u8], most: usize) -> String {
        let length = chance.below(most);
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn noise_behind_the_length_of_a_text_is_junk() {
        assert!(is_junk(|c| {
            let text = sentence(c);
            format!("{:04}:{text}{}", text.len(), drawn(c, SYMBOLS, 24))
        }));
        assert!(is_junk(|c| {
            let text = sentence(c);
            format!("{:02x}={text}{}", text.len(), drawn(c, b"0123456789abcdef", 60))
        }));
    }

    #[test]
    fn lengths_of_all_other_numbers_and_codes_are_not() {
        assert!(!is_junk(|c| {
            let text = sentence(c);
            format!("{:04}:{text}", text.len())
        }));
        assert!(!is_junk(|c| format!("{:04}:{}{}", c.below(90), sentence(c), drawn(c, SYMBOLS, 24))));
        assert!(!is_junk(|c| {
            let text = sentence(c);
            format!("{:04}:{text}{}", text.len(), String::from_utf8(c.of(b"0123456789abcdef", 8)).unwrap())
        }));
        // What is counted are the bytes before they were encoded.
        assert!(!is_junk(|c| {
            let length = 3 + c.below(60);
            let bytes = c.bytes(length);
            format!("{length:04}:{}", String::from_utf8(encode(&bytes)).unwrap())
        }));
    }
}
