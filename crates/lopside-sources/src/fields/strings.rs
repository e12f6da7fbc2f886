//! Strings of JSON: where they end, and what their escapes stand for.
//!
//! Most are a few words long, so words of eight bytes are looked at before a search is set up.

use memchr::memchr;

/// Words that are looked at before a longer search.
const SHORT: usize = 5;
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Bits set at the bytes of a word that equal one byte; exact up to the first of them.
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & HIGHS
}

/// Length of the text before the closing quote of a string, after its opening one. `None` where none closes it.
#[inline]
pub(super) fn length(rest: &[u8]) -> Option<usize> {
    for (place, word) in rest.as_chunks::<8>().0.iter().take(SHORT).enumerate() {
        let word = u64::from_le_bytes(*word);
        let (quotes, slashes) = (equal_bytes(word, b'"'), equal_bytes(word, b'\\'));
        if quotes | slashes != 0 {
            let (quote, slash) = (quotes.trailing_zeros(), slashes.trailing_zeros());
            return if quote < slash {
                Some(place * 8 + (quote / 8) as usize)
            } else {
                long(rest, place * 8)
            };
        }
    }
    long(rest, 0)
}

/// The same for a string without escapes; `None` also where there is one.
#[inline]
pub(super) fn plain_length(rest: &[u8]) -> Option<usize> {
    let (words, tail) = rest.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let (quotes, slashes) = (equal_bytes(word, b'"'), equal_bytes(word, b'\\'));
        if quotes | slashes != 0 {
            let (quote, slash) = (quotes.trailing_zeros(), slashes.trailing_zeros());
            return (quote < slash).then_some(place * 8 + (quote / 8) as usize);
        }
    }
    let found = tail.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    (tail.get(found) == Some(&b'"')).then_some(words.len() * 8 + found)
}

/// The same from a byte on before which there is no quote and no half of an escape.
fn long(rest: &[u8], from: usize) -> Option<usize> {
    let mut end = from;
    loop {
        end += memchr(b'"', rest.get(end..)?)?;
        let slashes = rest.get(..end)?.iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes % 2 == 0 {
            return Some(end);
        }
        end += 1;
    }
}

/// Texts with their escapes resolved, one after the other, with a quote after each so that none runs into the next.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// Longer than what is used, so that whole words can be written.
    bytes: Vec<u8>,
    used: usize,
}

impl Arena {
    /// Forgets all texts and makes room for those of a record of this length. No text grows, so that they fit.
    pub(super) fn reset(&mut self, record: usize) {
        self.used = 0;
        if self.bytes.len() < record + 16 {
            self.bytes.resize(record + 16, 0);
        }
    }

    /// How many bytes there are.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// All texts.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// Adds the text of a string, which starts after the opening quote; how many bytes it took through the closing
    /// quote. `None` where it has an escape that is not JSON, or no end. A lone surrogate becomes U+FFFD.
    pub(super) fn take(&mut self, rest: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let Some(chunk) = rest.get(at..).and_then(|rest| rest.first_chunk::<8>()) else {
                return self.take_last(rest, at);
            };
            self.bytes.get_mut(self.used..)?.first_chunk_mut::<8>()?.copy_from_slice(chunk);
            let word = u64::from_le_bytes(*chunk);
            let special = equal_bytes(word, b'"') | equal_bytes(word, b'\\');
            if special == 0 {
                at += 8;
                self.used += 8;
                continue;
            }
            let before = (special.trailing_zeros() / 8) as usize;
            at += before;
            self.used += before;
            match self.special(rest, at)? {
                0 => return Some(at + 1),
                used => at += used,
            }
        }
    }

    /// The same for the last bytes of the record.
    #[cold]
    fn take_last(&mut self, rest: &[u8], mut at: usize) -> Option<usize> {
        loop {
            match *rest.get(at)? {
                b'"' | b'\\' => match self.special(rest, at)? {
                    0 => return Some(at + 1),
                    used => at += used,
                },
                byte => {
                    self.push(byte)?;
                    at += 1;
                }
            }
        }
    }

    /// Resolves the escape at a byte; how long it is, 0 for the closing quote.
    #[inline]
    fn special(&mut self, rest: &[u8], at: usize) -> Option<usize> {
        if rest.get(at) == Some(&b'"') {
            self.push(b'"')?;
            return Some(0);
        }
        let escape = *rest.get(at + 1)?;
        let plain = match escape {
            b'\\' | b'"' | b'/' => escape,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (character, used) = unicode_escape(rest.get(at + 2..)?)?;
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    self.push(byte)?;
                }
                return Some(used + 2);
            }
            _ => return None,
        };
        self.push(plain)?;
        Some(2)
    }

    #[inline]
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.used)? = byte;
        self.used += 1;
        Some(())
    }
}

/// The text of a string's inside with its escapes resolved; `None` where one is not JSON.
pub(super) fn unescaped(inside: &[u8]) -> Option<Vec<u8>> {
    let mut arena = Arena::default();
    let quoted = [inside, b"\""].concat();
    arena.reset(quoted.len());
    arena.take(&quoted)?;
    arena.bytes.truncate(arena.used.saturating_sub(1));
    Some(arena.bytes)
}

/// The character after `\u`, and how many bytes it took: 4, or 10 for a pair.
fn unicode_escape(text: &[u8]) -> Option<(char, usize)> {
    let first = four_digits(text)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4));
    }
    let second = text.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(four_digits);
    match second {
        Some(second @ 0xdc00..=0xdfff) => {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(code)?, 10))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 4)),
    }
}

fn four_digits(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
}
