//! Fields whose numbers come once, with noise in them.
//!
//! A field of Protocol Buffers has its number from a schema, and a reader passes over numbers that it does not know. Speaks for: messages
//! in which many fields of evenly drawn bytes have numbers that come in one message only. Silent for: fields that come again, whatever
//! they hold, ciphertext, which is no sequence of fields. Minimum: 24 such numbers in 6 messages, four fifths of the numbers over 15 that
//! hold noise, 512 bytes.

use std::collections::BTreeMap;

use super::Look;
use crate::content::protocols::fields_of;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest numbers, messages and bytes.
const NUMBERS: usize = 24;
const MESSAGES: usize = 6;
const BYTES: usize = 512;
/// Numbers up to this one take a single byte: schemas give them first.
const SHORT: u64 = 15;
/// The shortest field.
const SHORTEST: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut numbers: BTreeMap<u64, (usize, Vec<&[u8]>)> = BTreeMap::new();
    let (mut messages, mut around) = (0, 0);
    for unit in look.reading.whole_raw(SHORTEST) {
        let Some(fields) = fields_of(&unit.bytes) else { continue };
        around += unit.bytes.len();
        let mut of_message: BTreeMap<u64, Vec<&[u8]>> = BTreeMap::new();
        for (number, content) in
            fields.into_iter().filter(|(number, field)| *number > SHORT && field.len() >= SHORTEST)
        {
            of_message.entry(number).or_default().push(content);
        }
        messages += usize::from(!of_message.is_empty());
        for (number, contents) in of_message {
            let held = numbers.entry(number).or_default();
            held.0 += 1;
            held.1.extend(contents);
        }
    }
    let passing = || numbers.values().filter(|(messages, _)| *messages == 1);
    let count = passing().count();
    let noise: Vec<u8> = passing().flat_map(|(_, contents)| contents.concat()).collect();
    if count < NUMBERS || messages < MESSAGES || count * 5 < numbers.len() * 4 || noise.len() < BYTES {
        return Vec::new();
    }
    let Some(drawn) = even(&noise, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes) else {
        return Vec::new();
    };
    let text = format!(
        "{count} numbers of fields in {messages} messages come once and hold noise: {} bytes ({:.1} standard deviations)",
        noise.len(),
        drawn.deviations
    );
    let share = noise.len() as f64 / around.max(1) as f64;
    vec![
        Evidence::contradiction(messages, share, text).with_deviations(drawn.deviations).with_example(&noise),
    ]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn number(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value > 0x7F {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    fn field(tag: u64, content: &[u8]) -> Vec<u8> {
        [number(tag << 3 | 2), number(content.len() as u64), content.to_vec()].concat()
    }

    /// Whether messages of a text and of fields that `make` makes are junk.
    fn is_junk(count: usize, make: impl Fn(&mut Chance, usize) -> (u64, Vec<u8>)) -> bool {
        let mut chance = Chance::new(94);
        let mut talk = Talk::default();
        for n in 0..count {
            let mut message = [vec![8, n as u8], field(2, b"the pump is quiet")].concat();
            for place in 0..6 {
                let (tag, content) = make(&mut chance, place);
                message.extend(field(tag, &content));
            }
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            talk.send(&[&[0][..], &length, &message].concat());
            talk.reply(b"\0\0\0\0\x02\x08\x01");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("numbers of fields"))
    }

    fn drawn(chance: &mut Chance) -> Vec<u8> {
        let length = 9 + chance.below(80);
        chance.bytes(length)
    }

    #[test]
    fn noise_under_numbers_that_come_once_is_junk() {
        assert!(is_junk(12, |chance, _| (600 + chance.below(19_000) as u64, drawn(chance))));
    }

    #[test]
    fn few_messages_numbers_that_come_again_and_texts_are_not() {
        assert!(!is_junk(5, |chance, _| (600 + chance.below(19_000) as u64, drawn(chance))));
        assert!(!is_junk(12, |chance, place| (600 + place as u64, drawn(chance))));
        assert!(!is_junk(12, |chance, _| {
            (
                600 + chance.below(19_000) as u64,
                "all is quiet in the hall, ".repeat(1 + chance.below(3)).into_bytes(),
            )
        }));
        // A few numbers that come once beside many that come again.
        assert!(!is_junk(30, |chance, place| match place {
            0 => (600 + chance.below(19_000) as u64, drawn(chance)),
            _ => (20 + chance.below(160) as u64, drawn(chance)),
        }));
    }
}
