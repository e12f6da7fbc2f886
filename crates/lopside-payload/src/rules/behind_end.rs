//! Noise in a value behind the character that ends texts.
//!
//! Speaks for: values with a text, a zero that ends it (in clear or as an escape), and evenly drawn symbols that can be printed in many
//! lengths up to the end that the value itself has. Silent for: binary values, lists of texts between zeros, numbers, words. Minimum: 6
//! values, 4 lengths, 64 symbols. In raw messages of text, the same behind any one control character, up to the next mark between fields or
//! the end of the line, where the symbols are of more kinds than any encoding has: 3 in a message, 12 in all, 384 symbols.

use std::collections::BTreeSet;

use super::letters::uses_all;
use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::statistics::{Alphabet, Even, even};

/// The fewest values, lengths, and symbols.
const VALUES: usize = 6;
const LENGTHS: usize = 4;
const SYMBOLS: usize = 64;
/// The shortest noise that is looked at.
const SHORTEST: usize = 3;

/// The same in raw messages, where what stands behind a control character may be a field of its own.
const IN_MESSAGE: usize = 3;
const PIECES: usize = 12;
const MANY: usize = 384;
/// Marks between fields.
const MARKS: [u8; 4] = *b"|;,\t";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    in_values(look).into_iter().chain(in_messages(look)).collect()
}

/// Noise behind a control character of raw messages of text.
fn in_messages(look: &Look<'_>) -> Option<Evidence> {
    let split: Vec<(u8, &[u8])> = look
        .reading
        .whole_raw(24)
        .filter_map(|unit| Some((only_control(&unit.bytes)?, unit.bytes.as_ref())))
        .collect();
    if split.is_empty() {
        return None;
    }
    let pool = MARKS.iter().filter_map(|mark| fields(&split, *mark)).max_by_key(|pool| pool.total)?;
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    if pool.count < PIECES || lengths.len() < LENGTHS || pool.total < MANY {
        return None;
    }
    let noise = even(&pool.bytes, look.limit).filter(|even| even.alphabet == Alphabet::Printable)?;
    if !uses_all(Alphabet::Printable, &pool.bytes) {
        return None;
    }
    let text = format!(
        "{} texts in fields go on behind a control character: {} printable characters drawn evenly, in {} lengths",
        pool.count,
        pool.total,
        lengths.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(noise.deviations).with_example(&pool.first))
}

/// What stands between control characters and a mark that ends nearly all fields; noise may hold other marks.
fn fields(split: &[(u8, &[u8])], mark: u8) -> Option<Pool> {
    let (mut pool, mut ended, mut all) = (Pool::default(), 0, 0);
    for (control, bytes) in split {
        let mut segments = bytes.split(|byte| byte == control).skip(1).peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_some() {
                all += 1;
                ended += usize::from(memchr::memchr(mark, segment).is_some());
            }
            let field = segment.split(|byte| *byte == mark || matches!(byte, b'\r' | b'\n')).next()?;
            if field.len() >= SHORTEST {
                pool.put(field, segment.len(), false);
            }
        }
    }
    (ended * 10 >= all * 9).then_some(pool)
}

/// The control character of a text that has one kind of them, three times or more, behind something each time.
fn only_control(bytes: &[u8]) -> Option<u8> {
    let is_control = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace() && **byte != 0x1B;
    let control = *bytes.iter().find(is_control)?;
    let count = bytes.iter().filter(|byte| **byte == control).count();
    let mut rest = bytes.split(|byte| *byte == control);
    (count >= IN_MESSAGE && rest.all(is_text_or_empty)).then_some(control)
}

fn is_text_or_empty(part: &[u8]) -> bool {
    part.is_empty() || is_text(part)
}

fn in_values(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut marked) = (Pool::default(), 0);
    for value in look.reading.slots.values().flatten() {
        let Some(behind) = behind_end(&value.bytes) else { continue };
        marked += 1;
        if behind.len() >= SHORTEST && !is_language(behind, 4.0) {
            pool.put(behind, value.bytes.len(), true);
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let enough = pool.count >= VALUES && lengths.len() >= LENGTHS && pool.total >= SYMBOLS;
    if !enough || pool.count * 10 < marked * 7 || pool.same {
        return Vec::new();
    }
    let Some(Even { alphabet, deviations }) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} values go on behind the zero that ends their texts: {} {} drawn evenly ({deviations:.1} standard deviations), in {} lengths",
        pool.count,
        pool.total,
        alphabet.name(),
        lengths.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(deviations).with_example(&pool.first)]
}

/// What follows the only zero of a value, where a text stands before it.
fn behind_end(value: &[u8]) -> Option<&[u8]> {
    const ESCAPED: &[u8] = b"\\u0000";
    let (at, width) = match memchr::memchr(0, value) {
        Some(at) => (at, 1),
        None => (crate::content::find(value, ESCAPED, 0)?, ESCAPED.len()),
    };
    let behind = value.get(at + width..)?;
    let only = memchr::memchr(0, behind).is_none() && crate::content::find(behind, ESCAPED, 0).is_none();
    let reads = value.get(..at).is_some_and(is_text) && behind.iter().all(u8::is_ascii_graphic);
    (at >= 2 && only && reads && !behind.is_empty()).then_some(behind)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(count: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(64);
        let mut talk = Talk::default();
        for number in 0..count {
            let behind = make(&mut chance);
            talk.post(
                "application/json",
                format!(r#"{{"n":{number},"host":"depot-{number}\u0000{behind}"}}"#).as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("the zero that ends"))
    }

    fn drawn(chance: &mut Chance) -> String {
        let length = 6 + chance.below(24);
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn noise_behind_the_end_of_texts_is_junk() {
        assert!(is_junk(12, drawn));
        assert!(!is_junk(5, drawn));
    }

    #[test]
    fn lists_and_words_behind_it_are_not() {
        assert!(!is_junk(12, |chance| format!("{}\\u0000{}", drawn(chance), drawn(chance))));
        assert!(!is_junk(12, |chance| ["administrator", "operator", "guest", "keeper of the house"]
            [chance.below(4)]
        .into()));
    }

    fn is_junk_in_lines(control: char, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(65);
        let mut talk = Talk::default();
        for number in 0..8 {
            let mut fields = Vec::new();
            for name in ["yard", "operator", "10.0.0.7", "quiet"] {
                let behind = String::from_utf8(make(&mut chance)).unwrap();
                fields.push(format!("{name}{control}{behind}"));
            }
            talk.send(format!("{number}|{}\n", fields.join("|")).as_bytes());
            talk.reply(b"ok\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("behind a control character"))
    }

    #[test]
    fn noise_behind_a_control_character_of_fields_is_junk() {
        let of = |symbols: &str, chance: &mut Chance| {
            let length = 4 + chance.below(60);
            chance.of(symbols.as_bytes(), length)
        };
        let graphic: String = (33..127u8).filter(|byte| *byte != b'|').map(char::from).collect();
        assert!(is_junk_in_lines('\u{1}', |chance| of(&graphic, chance)));
        assert!(is_junk_in_lines('\u{1f}', |chance| of(&graphic, chance)));
        // One length, an encoding, words, and blanks before it.
        assert!(!is_junk_in_lines('\u{1}', |chance| chance.of(graphic.as_bytes(), 40)));
        const BASE85: &str =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{}~";
        assert!(!is_junk_in_lines('\u{1}', |chance| of(BASE85, chance)));
        assert!(!is_junk_in_lines('\u{1}', |chance| b"keeper of the house".repeat(1 + chance.below(3))));
        assert!(!is_junk_in_lines(' ', |chance| of(&graphic, chance)));
    }
}
