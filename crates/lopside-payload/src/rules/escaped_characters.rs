//! Characters that no text holds, behind escapes inside the words of values.
//!
//! Who escapes a character means to keep it. Control characters and bytes that no UTF-8 has stand between fields or nowhere; inside words
//! they only hide these. Speaks for: values of forms, queries, cookies, JSON and XML whose words are cut by such characters of many
//! kinds, written with percent signs, `\u` or references. Silent for: binary values (hashes, keys), which have few words, other code
//! pages, whose characters are letters, marks between fields, which are of few kinds. Minimum: 24 of them, 6 kinds, in 2 values.

use std::collections::BTreeSet;

use super::Look;
use super::padded_fields::told;
use crate::content::encoding::hex;
use crate::evidence::Evidence;

/// The fewest characters, kinds and values.
const LEAST: usize = 24;
const KINDS: usize = 6;
const VALUES: usize = 2;
/// What is looked at of a value.
const LOOKED_AT: usize = 4 << 10;
/// Places whose values have escapes.
const PLACES: [&str; 6] = ["form.", "query.", "cookie.", "json", "xml.", "html."];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (name, values) in &look.reading.slots {
        if !PLACES.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        let (mut count, mut cut, mut around, mut kinds) = (0, 0, 0, BTreeSet::new());
        for value in values {
            let bytes = value.bytes.get(..value.bytes.len().min(LOOKED_AT)).unwrap_or(&value.bytes);
            let foreign = foreign_in(&unescaped(bytes));
            around += bytes.len();
            cut += usize::from(!foreign.is_empty());
            count += foreign.len();
            kinds.extend(foreign);
        }
        if count >= LEAST && kinds.len() >= KINDS && cut >= VALUES {
            let text = format!(
                "{}: {count} escaped characters of {} kinds that no text holds stand inside the words of {cut} values",
                told(name),
                kinds.len()
            );
            found.push(Evidence::contradiction(cut, count as f64 / around.max(1) as f64, text));
        }
    }
    found
}

/// A value without the escapes of control characters that JSON (`\u0007`) and XML (`&#7;`, `&#x7;`) have.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        let rest = value.get(at..).unwrap_or_default();
        match escape(rest) {
            Some((control, length)) => {
                bytes.push(control);
                at += length;
            }
            None => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    bytes
}

/// The control character that some text begins with as an escape, and the length of that.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let (control, length) = match text {
        [b'\\', b'u', b'0', b'0', high, low, ..] => (*hex(&[*high, *low])?.first()?, 6),
        [b'&', b'#', rest @ ..] => {
            let digits = rest.get(..rest.iter().take(5).position(|byte| *byte == b';')?)?;
            let number = match digits {
                [b'x' | b'X', digits @ ..] => {
                    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
                }
                _ => std::str::from_utf8(digits).ok()?.parse().ok()?,
            };
            (number, digits.len() + 3)
        }
        _ => return None,
    };
    is_control(control).then_some((control, length))
}

/// Whether a byte is a control character that no line of text has.
fn is_control(byte: u8) -> bool {
    matches!(byte, 1..=8 | 14..=31 | 127)
}

/// The control characters and bytes of no character between two letters of a text; none where half are no letters and blanks, or where
/// few control characters are among them: that is binary, or of another code page.
fn foreign_in(bytes: &[u8]) -> Vec<u8> {
    let (mut inside, mut run, mut letters) = (Vec::new(), Vec::new(), 0);
    let mut before = false;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match u8::try_from(u32::from(character)) {
                Ok(byte) if is_control(byte) => run.push(byte),
                _ => {
                    let is_letter = character.is_alphabetic();
                    letters +=
                        usize::from(is_letter || character == ' ' || character == '+') * character.len_utf8();
                    if before && is_letter {
                        inside.append(&mut run);
                    }
                    run.clear();
                    before = is_letter;
                }
            }
        }
        run.extend_from_slice(chunk.invalid());
    }
    let controls = inside.iter().filter(|byte| is_control(**byte)).count();
    if letters * 2 >= bytes.len() && controls * 4 >= inside.len() { inside } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: &str = "the report of the pump in hall four is attached and all values are as they were";

    /// Whether values are junk in whose words `escapes` stand at every so many places.
    fn is_junk(declared: &str, around: (&str, &str), escape: impl Fn(&mut Chance, char) -> String) -> bool {
        let mut chance = Chance::new(57);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let text: String = TEXT
                .chars()
                .map(|letter| {
                    let letter = if letter == ' ' && declared.contains("form") { '+' } else { letter };
                    format!("{letter}{}", escape(&mut chance, letter))
                })
                .collect();
            talk.post(declared, format!("{}{text}{}", around.0, around.1).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("escaped characters"))
    }

    const FORM: (&str, (&str, &str)) = ("application/x-www-form-urlencoded", ("topic=4&text=", ""));
    const JSON: (&str, (&str, &str)) = ("application/json", ("{\"topic\":4,\"text\":\"", "\"}"));
    const XML: (&str, (&str, &str)) = ("text/xml", ("<?xml version=\"1.0\"?><a><text>", "</text></a>"));

    fn one_of(chance: &mut Chance, bytes: &[u8]) -> Option<u8> {
        (chance.below(6) == 0).then(|| bytes[chance.below(bytes.len())])
    }

    #[test]
    fn escaped_characters_that_no_text_holds_in_words_are_junk() {
        let all = [1, 2, 3, 4, 5, 6, 7, 8, 0xFE, 0xFF, 0xC0, 0xC1];
        let told = |kind: (&str, (&str, &str)), write: fn(u8) -> String, bytes: &[u8]| {
            is_junk(kind.0, kind.1, |chance, _| one_of(chance, bytes).map(write).unwrap_or_default())
        };
        assert!(told(FORM, |byte| format!("%{byte:02X}"), &all));
        assert!(told(FORM, |byte| format!("%{byte:02X}"), &all[..8]));
        assert!(told(JSON, |byte| format!("\\u{byte:04x}"), &all[..8]));
        assert!(told(XML, |byte| format!("&#x{byte:x};"), &all[..8]));
        assert!(told(XML, |byte| format!("&#{byte};"), &all[..8]));
        // Of few kinds.
        assert!(!told(FORM, |byte| format!("%{byte:02X}"), &[0x1D, 0x1E, 0x1F]));
        // Letters of another code page.
        assert!(!told(FORM, |byte| format!("%{byte:02X}"), b"\xE4\xF6\xFC\xDF\xE9\xE8\xE0\xC7"));
    }

    #[test]
    fn marks_between_words_and_binary_values_are_not() {
        // Before a blank no letter follows them.
        let blanks: Vec<usize> = TEXT.match_indices(' ').map(|(place, _)| place).collect();
        let place = std::cell::Cell::new(0);
        assert!(!is_junk(FORM.0, FORM.1, |chance, _| {
            place.set((place.get() + 1) % TEXT.len());
            if blanks.contains(&place.get()) {
                format!("%{:02X}", 1 + chance.below(8))
            } else {
                String::new()
            }
        }));
        assert!(!is_junk(FORM.0, FORM.1, |chance, letter| {
            if letter == '+' { format!("%{:02X}", 1 + chance.below(8)) } else { String::new() }
        }));
        // In a single value, and a few.
        let place = std::cell::Cell::new(0);
        let until = |most: usize, every: usize| {
            place.set(0);
            is_junk(FORM.0, FORM.1, |chance, _| {
                place.set(place.get() + 1);
                let here = place.get() <= most && place.get().is_multiple_of(every);
                if here { format!("%{:02X}", 1 + chance.below(8)) } else { String::new() }
            })
        };
        assert!(until(400, 2));
        assert!(!until(TEXT.len(), 1));
        assert!(!until(400, 24));
        let mut chance = Chance::new(58);
        let mut talk = Talk::default();
        for _ in 0..40 {
            let hash: String = chance.bytes(20).iter().map(|byte| format!("%{byte:02X}")).collect();
            talk.post(FORM.0, format!("info_hash={hash}&port=6881").as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("escaped characters")));
    }
}
