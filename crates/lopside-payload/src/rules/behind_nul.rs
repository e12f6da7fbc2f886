//! Noise behind the zero that ends a text, up to the end of the field.
//!
//! Structures of C have texts in fields of one size: a zero ends each, and behind it stand zeros or what stood in memory before, which is
//! drawn from nothing evenly.
//!
//! Speaks for: raw messages in which texts begin at the same places, end in a zero after many lengths, and go on as evenly drawn bytes up
//! to where the next field, or the message, begins or ends at its place. Silent for: zeros, old texts, one text before a key, which has
//! one length. Minimum: 6 messages of one size, 2 such fields in nine of ten, 4 lengths of text in each, 384 bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest messages, their bytes, fields, lengths of texts in a field, and bytes of noise.
const MESSAGES: usize = 6;
const BYTES: usize = 48;
const FIELDS: usize = 2;
const LENGTHS: usize = 4;
const NOISE: usize = 384;
/// The shortest text, and what is looked at of a message.
const TEXT: usize = 3;
const LOOKED_AT: usize = 2 << 10;
const LOOKED: usize = 256;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let messages: Vec<&[u8]> =
        look.reading.whole_raw(BYTES).take(LOOKED).map(|unit| unit.bytes.as_ref()).collect();
    let mut sizes: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
    for message in &messages {
        sizes.entry(message.len()).or_default().push(message);
    }
    let Some(same) = sizes.into_values().max_by_key(Vec::len).filter(|same| same.len() >= MESSAGES) else {
        return Vec::new();
    };
    let (fields, noise) = filled(&same);
    if fields < FIELDS || noise.len() < NOISE {
        return Vec::new();
    }
    let Some(drawn) = even(&noise, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes) else {
        return Vec::new();
    };
    let share =
        noise.len() as f64 / messages.iter().map(|message| message.len()).sum::<usize>().max(1) as f64;
    let text = format!(
        "{} messages of one size have noise behind the zeros that end their texts: {} bytes in {fields} fields",
        same.len(),
        noise.len()
    );
    vec![
        Evidence::contradiction(same.len(), share, text)
            .with_deviations(drawn.deviations)
            .with_example(&noise),
    ]
}

/// How many fields have texts of many lengths, and what stands behind the zeros that end these.
fn filled(messages: &[&[u8]]) -> (usize, Vec<u8>) {
    let mut starts: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        for (start, end) in texts(message.get(..LOOKED_AT).unwrap_or(message)) {
            starts.entry(start).or_default().insert(index, end);
        }
    }
    starts.retain(|_, ends| ends.len() * 10 >= messages.len() * 9);
    // The places of one text, which have its zero in common, are one field.
    let mut firsts: Vec<(usize, BTreeMap<usize, usize>)> = Vec::new();
    for (start, ends) in starts {
        if firsts.last().is_none_or(|(_, before)| !is_same_field(before, &ends)) {
            firsts.push((start, ends));
        }
    }
    let nexts = firsts.iter().skip(1).map(|(start, _)| Some(*start)).chain([None]);
    let (mut fields, mut noise) = (0, Vec::new());
    for ((_, ends), next) in firsts.iter().zip(nexts) {
        let lengths: BTreeSet<usize> = ends.values().copied().collect();
        if lengths.len() < LENGTHS {
            continue;
        }
        fields += 1;
        for (index, end) in ends {
            let Some(message) = messages.get(*index) else { continue };
            noise.extend_from_slice(message.get(end + 1..next.unwrap_or(message.len())).unwrap_or_default());
        }
    }
    (fields, noise)
}

/// Whether most of the texts that begin at two places, by their message and the zero that ends them, are the same.
fn is_same_field(one: &BTreeMap<usize, usize>, other: &BTreeMap<usize, usize>) -> bool {
    let same = other.iter().filter(|(index, end)| one.get(index) == Some(end)).count();
    same * 2 > other.len()
}

/// Texts that begin a message or stand behind a byte that is none of text, or somewhere in noise, and end in a zero: where each starts
/// and where the zero is.
fn texts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let is_text = |byte: &u8| matches!(byte, 32..=126 | 0xC2..=0xF4 | 0x80..=0xBF);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(zero) = bytes.get(at..).and_then(|rest| memchr::memchr(0, rest)) {
        let end = at + zero;
        let length =
            bytes.get(at..end).unwrap_or_default().iter().rev().take_while(|byte| is_text(byte)).count();
        // Noise before a text may end in bytes that pass for text: each place may be its start.
        for start in end - length..end.saturating_sub(TEXT - 1) {
            let whole = bytes.get(start..end).is_some_and(|text| std::str::from_utf8(text).is_ok());
            if whole {
                found.push((start, end));
            }
        }
        at = end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: [&str; 6] = ["report", "of", "the", "night", "is", "quiet"];

    fn is_junk(mut fill: impl FnMut(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(113);
        let mut talk = Talk::default();
        for number in 0..20u32 {
            let mut record = [b"JOB1".as_slice(), &number.to_be_bytes()].concat();
            for size in [24, 40, 80] {
                let text: String =
                    (0..1 + chance.below(size / 8)).map(|_| format!("{} ", WORDS[chance.below(6)])).collect();
                let text = text.trim_end().get(..text.trim_end().len().min(size - 2)).unwrap();
                let rest = fill(&mut chance, size - 1 - text.len());
                record.extend([text.as_bytes(), b"\0", &rest].concat());
            }
            talk.send(&record);
            talk.reply(b"JOBR\0\0\0\0");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("end their texts"))
    }

    #[test]
    fn fields_that_go_on_as_noise_are_junk_and_zeros_and_old_texts_are_not() {
        assert!(is_junk(|chance, length| chance.bytes(length)));
        assert!(!is_junk(|_, length| vec![0; length]));
        let old = b"what stood here before, and what stood here before that, and long before that as well, in words";
        assert!(!is_junk(|_, length| old[..length].to_vec()));
    }

    #[test]
    fn keys_behind_a_text_are_not() {
        let mut chance = Chance::new(114);
        let mut talk = Talk::default();
        for _ in 0..20 {
            let name = WORDS.join(" ").get(..8 + chance.below(20)).unwrap().to_owned();
            let mut record = [b"KEY1".as_slice(), name.as_bytes()].concat();
            record.resize(40, 0);
            record.extend(chance.bytes(32));
            talk.send(&record);
            talk.reply(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("end their texts")));
    }

    #[test]
    fn pieces_of_files_behind_their_names_are_not() {
        // A name, and as much of a compressed file as fits behind it into a block.
        let mut chance = Chance::new(115);
        let mut talk = Talk::default();
        for number in 0..20 {
            let mut block = format!("PUT {}{number}.zip\0", WORDS[chance.below(6)]).into_bytes();
            let rest = 512 - block.len();
            block.extend(chance.bytes(rest));
            talk.send(&block);
            talk.reply(b"ACK\0");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("end their texts")));
    }
}
