//! Noise in the comments of statements, scripts and pages.
//!
//! A comment is for people, or a note of a tool to itself: a name, a version, where a request came from. Speaks for: comments of code
//! (`/* */`, in statements for data bases too), of pages and of scripts that are drawn evenly, new in each, in many lengths, as they stand
//! or without the blanks and hyphens in them. Silent for: words, hashes and identifiers of few lengths, comments that say they are
//! padding. Minimum: 6 comments of 16 symbols, 4 lengths, 16 apart, 192 symbols.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_noise;
use crate::content::find as find_bytes;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest comments, symbols of each, lengths, how far these lie apart, and symbols in all.
const COMMENTS: usize = 6;
const SHORTEST: usize = 16;
const LENGTHS: usize = 4;
const APART: u32 = 16;
const SYMBOLS: usize = 192;
/// Comments of one message.
const IN_MESSAGE: usize = 32;
/// What a comment says that is there to make a page longer.
const PADDING: [&[u8]; 3] = [b"random-length", b"random length", b"padding"];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    let read = look.reading.slots.get("comment").into_iter().flatten();
    for value in read {
        put(&mut pool, &value.bytes, value.bytes.len());
    }
    for unit in look.reading.whole_raw(SHORTEST).filter(|unit| unit.document.is_none()) {
        let mut at = 0;
        for _ in 0..IN_MESSAGE {
            let Some(start) = find_bytes(&unit.bytes, b"/*", at) else { break };
            let Some(end) = find_bytes(&unit.bytes, b"*/", start + 2) else { break };
            put(&mut pool, unit.bytes.get(start + 2..end).unwrap_or_default(), unit.bytes.len());
            at = end + 2;
        }
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let apart = lengths.last().zip(lengths.first()).is_some_and(|(most, least)| most - least >= APART);
    let symbols = pool.distinct();
    let enough = pool.count >= COMMENTS && lengths.len() >= LENGTHS && apart && symbols.len() >= SYMBOLS;
    let is_number = || even(&symbols, look.limit).is_some_and(|drawn| drawn.alphabet == Alphabet::Digits);
    if !enough || !is_noise(&symbols, look.limit) || is_number() {
        return Vec::new();
    }
    let text = format!(
        "{} comments are drawn evenly, new in each and of {} lengths: {} symbols",
        pool.count,
        lengths.len(),
        pool.total
    );
    vec![Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)]
}

/// Takes a comment of text without its blanks and hyphens.
fn put(pool: &mut Pool, comment: &[u8], around: usize) {
    let says_padding = || PADDING.iter().any(|words| find_bytes(comment, words, 0).is_some());
    let is_text = || comment.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    if comment.len() < SHORTEST || !is_text() || says_padding() {
        return;
    }
    let bare: Vec<u8> =
        comment.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-').collect();
    if bare.len() >= SHORTEST {
        pool.put(&bare, around, false);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// Whether statements for a data base are junk with what `comment` makes in their comments.
    fn is_junk(count: usize, comment: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(93);
        let mut talk = Talk::default();
        for n in 0..count {
            let comment = comment(&mut chance, n);
            let statement =
                format!("\x03INSERT INTO notes VALUES ({n}, 'the pump is quiet') /* {comment} */");
            let length = u32::try_from(statement.len()).unwrap().to_le_bytes();
            talk.send(&[&length[..3], &[0], statement.as_bytes()].concat());
            talk.reply(b"\x07\0\0\x01\0\x01\0\x02\0\0\0");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("comments are drawn evenly"))
    }

    fn drawn(chance: &mut Chance, least: usize, width: usize) -> String {
        let length = least + chance.below(width);
        String::from_utf8(chance.of(BASE62, length)).unwrap()
    }

    #[test]
    fn noise_in_comments_is_junk() {
        assert!(is_junk(12, |chance, _| drawn(chance, 20, 60)));
        assert!(is_junk(12, |chance, _| {
            (0..2 + chance.below(6)).map(|_| drawn(chance, 4, 16) + [" ", "-"][chance.below(2)]).collect()
        }));
    }

    #[test]
    fn few_comments_words_identifiers_numbers_and_declared_padding_are_not() {
        assert!(!is_junk(5, |chance, _| drawn(chance, 60, 60)));
        assert!(!is_junk(12, |chance, n| drawn(chance, 30 + 20 * (n % 3), 1)));
        assert!(!is_junk(12, |chance, _| drawn(chance, 40, 9)));
        assert!(!is_junk(7, |chance, _| drawn(chance, 16, 20)));
        assert!(!is_junk(12, |_, n| format!("from the report of hall {n}, {}", "and again ".repeat(1 + n))));
        assert!(!is_junk(12, |chance, _| (0..20 + chance.below(60))
            .map(|_| char::from(b'0' + chance.below(10) as u8))
            .collect()));
        assert!(!is_junk(12, |chance, _| format!("padding {}", drawn(chance, 200, 300))));
    }
}
