//! Bytes of noise in a value behind the character that ends texts.
//!
//! Speaks for: values with a text, a zero or another control character that ends it, and evenly drawn bytes of many lengths up to the end
//! that the value itself has: percent signs and the escapes of JSON undone, in forms, queries, paths, cookies, headers, lines, XML and
//! under base64. A reader of the text stops at its end, and nothing says what follows. Silent for: buffers of one size, lists of texts,
//! binary values without a text, ciphertext or compressed content behind a name (never shorter than a nonce and a code). Minimum: 6
//! values, 4 lengths, 64 bytes; some of fewer than 12, or three names in each message.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::content::encoding::{hex, percent};
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, even};

/// The fewest values, lengths, and bytes.
const VALUES: usize = 6;
const LENGTHS: usize = 4;
const BYTES: usize = 64;
/// No ciphertext with a nonce or a code, and hardly any compressed content, is shorter.
const SEALED: u32 = 12;
/// So many names with such values are no name with one sealed value.
const NAMES: usize = 3;
/// The fewest bytes of text before the end.
const TEXT: usize = 2;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Found::default();
    for (name, values) in &look.reading.slots {
        if !name.starts_with("record.") {
            found.name(values.iter().map(|value| decoded(name, &value.bytes)));
        }
    }
    let layers = look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Layer && unit.whole);
    found.name(layers.map(|unit| Cow::Borrowed(unit.bytes.as_ref())));
    found.told(look.limit).into_iter().collect()
}

#[derive(Default)]
struct Found {
    pool: Pool,
    /// Values with a text that ends, and names that have three of those with noise or more.
    ended: usize,
    names: usize,
}

impl Found {
    /// Takes the values of one name, unless they are buffers of one size.
    fn name<'v>(&mut self, values: impl Iterator<Item = Cow<'v, [u8]>>) {
        let ended: Vec<(Vec<u8>, usize)> =
            values.filter_map(|value| Some((behind_end(&value)?, value.len()))).collect();
        let sizes: BTreeSet<usize> = ended.iter().map(|(_, size)| *size).collect();
        self.ended += ended.len();
        if ended.len() > 2 && sizes.len() <= 2 {
            return;
        }
        self.names += usize::from(ended.len() >= NAMES);
        ended.iter().for_each(|(behind, size)| self.pool.put(behind, *size, true));
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        let pool = &self.pool;
        let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
        let short = pool.lengths.iter().filter(|length| **length < SEALED).count();
        let enough = pool.count >= VALUES && lengths.len() >= LENGTHS && pool.total >= BYTES && !pool.same;
        if !enough || pool.count * 10 < self.ended * 7 || short * 12 < pool.count && self.names < NAMES {
            return None;
        }
        let drawn = even(&pool.bytes, limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes)?;
        let text = format!(
            "{} values go on behind the character that ends their texts: {} bytes drawn evenly ({:.1} standard deviations), in {} lengths",
            pool.count,
            pool.total,
            drawn.deviations,
            lengths.len()
        );
        let found = Evidence::contradiction(pool.count, pool.share(), text);
        Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
    }
}

/// A value without the escapes that reading leaves in it.
fn decoded<'v>(name: &str, value: &'v [u8]) -> Cow<'v, [u8]> {
    if name.starts_with("json") && crate::content::find(value, b"\\u00", 0).is_some() {
        return Cow::Owned(unescaped(value));
    }
    if (name == "path" || name.starts_with("header.")) && memchr::memchr(b'%', value).is_some() {
        return Cow::Owned(percent(value, false));
    }
    Cow::Borrowed(value)
}

/// The escapes `\u00XX` of bytes undone.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (Vec::with_capacity(value.len()), 0);
    while let Some(byte) = value.get(at) {
        let digits = value.get(at..at + 6).and_then(|escape| escape.strip_prefix(b"\\u00"));
        if let Some([escaped]) = digits.and_then(hex).as_deref() {
            bytes.push(*escaped);
            at += 6;
        } else {
            bytes.push(*byte);
            at += 1;
        }
    }
    bytes
}

/// What follows the first control character of a value, where a text stands before it: as bytes, where they were written as characters.
fn behind_end(value: &[u8]) -> Option<Vec<u8>> {
    let at = value.iter().position(|byte| *byte < 32 && !matches!(byte, b'\t' | b'\r' | b'\n'))?;
    let (text, behind) = (value.get(..at)?, value.get(at + 1..)?);
    if at < TEXT || behind.is_empty() || !is_text(text) {
        return None;
    }
    let characters = std::str::from_utf8(behind).ok().filter(|text| !text.is_ascii());
    let folded = characters.and_then(|text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect());
    Some(folded.unwrap_or_else(|| behind.to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn escaped(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
    }

    /// Whether forms with fields of a text and what `behind` makes are junk.
    fn is_junk(behind: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for number in 0..12 {
            let (first, second) = (behind(&mut chance), behind(&mut chance));
            let body = format!(
                "h=desk-{}&w=the%20gate%20{number}{}&u=user.{}{}",
                number * 7919,
                escaped(&first),
                number * number,
                escaped(&second)
            );
            talk.post("application/x-www-form-urlencoded", body.as_bytes());
            talk.answer(b"ok");
        }
        told(talk)
    }

    fn told(talk: Talk) -> bool {
        talk.judge().reasons.iter().any(|reason| reason.contains("character that ends their texts"))
    }

    fn noise(chance: &mut Chance, least: usize, most: usize) -> Vec<u8> {
        let length = least + chance.below(most - least);
        chance.bytes(length)
    }

    #[test]
    fn noise_behind_the_end_of_fields_is_junk() {
        for end in [b"\0", b"\x1a", b"\x03"] {
            assert!(is_junk(|chance| [end.as_slice(), &noise(chance, 2, 20)].concat()));
        }
    }

    #[test]
    fn other_values_are_not() {
        assert!(!is_junk(|_| Vec::new()));
        // A sealed value behind its name.
        assert!(!is_junk(|chance| [b"\0".as_slice(), &noise(chance, 28, 90)].concat()));
        // A list of texts, and one with numbers.
        assert!(!is_junk(|chance| format!("\0{}\0{}", chance.below(99_999), chance.below(9)).into_bytes()));
        assert!(!is_junk(|chance| format!("\0the {}. gate", chance.below(9)).into_bytes()));
    }

    #[test]
    fn other_carriers_are_read_and_buffers_are_not_marked() {
        for carrier in ["query", "cookie", "json", "path", "base64", "buffer"] {
            let mut chance = Chance::new(72);
            let mut talk = Talk::default();
            for number in 0..16 {
                let text = format!("a text of number {}", number * number * 31);
                let tail = noise(&mut chance, 2, 20);
                let target = match carrier {
                    "query" => format!("/a?n={number}&t={text}%00{}", escaped(&tail)).replace(' ', "%20"),
                    "path" => format!("/a/{text}%00{}", escaped(&tail)).replace(' ', "%20"),
                    _ => "/a".to_owned(),
                };
                let cookie = if carrier == "cookie" {
                    format!("Cookie: t={text}%00{}\r\n", escaped(&tail))
                } else {
                    String::new()
                };
                let value: String = match carrier {
                    "json" => tail
                        .iter()
                        .fold(format!("{text}\\u0000"), |value, byte| format!("{value}\\u00{byte:02x}")),
                    "base64" => String::from_utf8(encode(&[text.as_bytes(), b"\0", &tail].concat())).unwrap(),
                    "buffer" => {
                        let rest = chance.bytes(31 - text.len());
                        String::from_utf8(encode(&[text.as_bytes(), b"\0", &rest].concat())).unwrap()
                    }
                    _ => text,
                };
                let body = format!("{{\"n\":{number},\"text\":\"{value}\"}}");
                talk.send(
                    format!(
                        "POST {target} HTTP/1.1\r\nHost: a\r\n{cookie}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    )
                    .as_bytes(),
                );
                talk.answer(b"ok");
            }
            assert_eq!(told(talk), carrier != "buffer", "{carrier}");
        }
    }

    #[test]
    fn sealed_values_without_a_text_are_not() {
        let mut chance = Chance::new(73);
        let mut talk = Talk::default();
        for _ in 0..30 {
            let value = |chance: &mut Chance| escaped(&noise(chance, 12, 40));
            let body = format!("a={}&b={}&c={}", value(&mut chance), value(&mut chance), value(&mut chance));
            talk.post("application/x-www-form-urlencoded", body.as_bytes());
            talk.answer(b"ok");
        }
        assert!(!told(talk));
    }
}
