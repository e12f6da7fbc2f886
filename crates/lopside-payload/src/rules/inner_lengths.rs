//! Fields with a length of their own, texts in them with another, and noise between the end of the text and the end of the field.
//!
//! Speaks for: raw messages that are made of fields, each a type or none, a length, the length of the text in it, the text, and evenly
//! drawn bytes up to the end of the field, in many lengths. The second length may be that of these bytes alone, where some are fewer than
//! ciphertext has. Silent for: records of a name and a value, whose names come again or have no spaces, a subject with sealed content,
//! values of one length, bytes that are not drawn evenly. Minimum: 6 messages, 24 fields with 4 bytes of noise on average in 6
//! lengths, 256 bytes of noise.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::{Read, big, little, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest messages, fields, lengths of noise, and bytes of it.
const MESSAGES: usize = 6;
const FIELDS: usize = 24;
const LENGTHS: usize = 6;
const BYTES: usize = 256;
/// The longest header before the first field, and the most fields of a message.
const HEADER: usize = 24;
const MOST: usize = 64;
/// The shortest text that is no name.
const CONTENT: usize = 48;

/// How the two lengths are written.
#[derive(Clone, Copy)]
struct Scheme {
    start: usize,
    /// The width of a type before them.
    kind: usize,
    width: usize,
    read: Read,
    /// The length of the field counts the length of the text.
    counts_inner: bool,
    /// The length of the text stands before that of the field.
    inner_first: bool,
    /// The length behind that of the text is not that of the field, but of what follows the text in it.
    apart: bool,
}

/// No ciphertext has fewer bytes.
const SEALED: u32 = 12;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let raw = look.reading.whole_raw(16).filter(|unit| unit.document.is_none());
    let messages: Vec<&[u8]> = raw.map(|unit| unit.bytes.as_ref()).take(256).collect();
    if messages.len() < MESSAGES {
        return Vec::new();
    }
    schemes().find_map(|scheme| judge(&messages, scheme, look.limit)).into_iter().collect()
}

fn schemes() -> impl Iterator<Item = Scheme> {
    let kinds: [(usize, Read); 5] = [(2, big), (2, little), (1, big), (4, big), (4, little)];
    let orders = [(false, false, false), (true, false, false), (false, true, false), (false, true, true)];
    (0..=HEADER).flat_map(move |start| {
        kinds.into_iter().flat_map(move |(width, read)| {
            (0..=2).flat_map(move |kind| {
                orders.into_iter().map(move |(counts_inner, inner_first, apart)| Scheme {
                    start,
                    kind,
                    width,
                    read,
                    counts_inner,
                    inner_first,
                    apart,
                })
            })
        })
    })
}

/// The texts and the noise of the fields of a message, where fields take up all of it.
fn fields(message: &[u8], scheme: Scheme) -> Option<Vec<(&[u8], &[u8])>> {
    let Scheme { start, kind, width, read, counts_inner, inner_first, apart } = scheme;
    let (mut at, mut found) = (start, Vec::new());
    while at < message.len() {
        let numbers = at.checked_add(kind)?;
        let (first, second) =
            (place(read(message, numbers, width)?), place(read(message, numbers + width, width)?));
        let (outer, inner) = if inner_first { (second, first) } else { (first, second) };
        let outer = if apart { outer.checked_add(inner)? } else { outer };
        let from = numbers.checked_add(2 * width)?;
        let held = if counts_inner { outer.checked_sub(width)? } else { outer };
        let (text_end, end) = (from.checked_add(inner)?, from.checked_add(held)?);
        let (text, noise) = (message.get(from..text_end)?, message.get(text_end..end)?);
        if !is_text(text) || found.len() >= MOST {
            return None;
        }
        found.push((text, noise));
        at = end;
    }
    (found.len() >= 2).then_some(found)
}

fn judge(messages: &[&[u8]], scheme: Scheme, limit: f64) -> Option<Evidence> {
    // The first messages tell most schemes that do not fit.
    let first = messages.iter().take(4).filter(|message| fields(message, scheme).is_some()).count();
    if first < 3 {
        return None;
    }
    let read: Vec<Vec<(&[u8], &[u8])>> =
        messages.iter().filter_map(|message| fields(message, scheme)).collect();
    let (mut pool, mut texts, mut spaces, mut count) = (Pool::default(), BTreeSet::new(), 0, 0);
    for (text, noise) in read.iter().flatten() {
        count += 1;
        spaces += usize::from(text.contains(&b' '));
        texts.insert(*text);
        if !noise.is_empty() {
            pool.put(noise, text.len() + noise.len(), true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    // Content is longer than any name.
    let long = |fields: &&Vec<(&[u8], &[u8])>| fields.iter().any(|(text, _)| text.len() >= CONTENT);
    let content = read.iter().filter(long).count() * 2 >= read.len();
    let names = !content && (texts.len() * 10 < count * 4 || spaces * 6 < count);
    if read.len() < MESSAGES
        || read.len() * 10 < messages.len() * 8
        || pool.count < FIELDS
        || pool.count * 10 < count * 8
        || pool.total < BYTES
        || lengths.len() < LENGTHS
        || names
        || scheme.apart && lengths.first().is_none_or(|length| *length >= SEALED)
    {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{count} fields of {} messages say where the texts in them end and go on with noise: {} {} ({:.1} standard deviations) in {} lengths",
        read.len(),
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations,
        lengths.len()
    );
    let found = Evidence::contradiction(read.len(), pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    /// Messages of four fields with a text and bytes behind it.
    fn is_junk(text: impl Fn(&mut Chance, usize) -> String, noise: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        is_junk_of(14, text, noise)
    }

    fn is_junk_of(
        count: u8,
        text: impl Fn(&mut Chance, usize) -> String,
        noise: impl Fn(&mut Chance) -> Vec<u8>,
    ) -> bool {
        let mut chance = Chance::new(68);
        let mut talk = Talk::default();
        for number in 0..count {
            let mut message = vec![0x47, 2, number, 4];
            for field in 0..4 {
                let (text, noise) = (text(&mut chance, field), noise(&mut chance));
                message.extend(u16::try_from(text.len() + noise.len()).unwrap().to_be_bytes());
                message.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
                message.extend_from_slice(text.as_bytes());
                message.extend(noise);
            }
            talk.datagram(&message);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("where the texts in them end"))
    }

    fn sentence(chance: &mut Chance, _: usize) -> String {
        format!("the host {} waits in room {}", chance.below(9000), chance.below(90))
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 4 + chance.below(40);
        chance.bytes(length)
    }

    #[test]
    fn noise_between_the_end_of_a_text_and_of_its_field_is_junk() {
        assert!(is_junk(sentence, noise));
        assert!(is_junk_of(7, sentence, noise));
        assert!(!is_junk_of(5, sentence, noise));
    }

    /// Messages of four fields, each a type, the length of its text, its own, the text and noise.
    fn is_junk_behind_types(last: impl Fn(&mut Chance) -> String) -> bool {
        is_junk_with(false, 4, last)
    }

    /// The same with at least so much noise, whose own length may stand in place of that of the field.
    fn is_junk_with(apart: bool, least: usize, last: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(69);
        let mut talk = Talk::default();
        for number in 0..14 {
            let mut message = vec![0x47, 2, number, 4];
            let texts = ["desk-17".to_owned(), "windows".into(), "ready".into(), last(&mut chance)];
            for (kind, text) in (1u8..).zip(texts) {
                let length = least + chance.below(40);
                let noise = chance.bytes(length);
                let held = if apart { noise.len() } else { text.len() + noise.len() };
                message.push(kind);
                message.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
                message.extend(u16::try_from(held).unwrap().to_le_bytes());
                message.extend_from_slice(text.as_bytes());
                message.extend(noise);
            }
            talk.datagram(&message);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("where the texts in them end"))
    }

    #[test]
    fn the_length_of_the_text_may_stand_first_and_behind_a_type() {
        assert!(is_junk_behind_types(|chance| [sentence(chance, 0), sentence(chance, 0)].join("; ")));
        // Names and values.
        assert!(!is_junk_behind_types(|_| "signature".into()));
    }

    #[test]
    fn the_second_length_may_be_that_of_the_noise() {
        let sentences = |chance: &mut Chance| [sentence(chance, 0), sentence(chance, 0)].join("; ");
        assert!(is_junk_with(true, 1, sentences));
        // A text and what is sealed.
        assert!(!is_junk_with(true, 16, sentences));
        assert!(!is_junk_with(true, 1, |_| "signature".into()));
    }

    #[test]
    fn names_with_values_and_zeros_are_not() {
        assert!(!is_junk(|_, field| ["sender", "subject", "body", "key"][field].into(), noise));
        assert!(!is_junk(|chance, _| format!("file-{}.docx", chance.below(90_000)), noise));
        assert!(!is_junk(sentence, |chance| vec![0; 4 + chance.below(40)]));
        assert!(!is_junk(sentence, |chance| chance.bytes(16)));
    }
}
