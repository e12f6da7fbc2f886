//! Names of headers, cookies and attributes that come once and are drawn evenly: nobody can read them by name.
//!
//! Speaks for: headers of HTTP and of other protocols of lines, cookies, and attributes in text (`name="value"`, as syslog, logs and
//! metrics have them) whose names come in one message only and are drawn evenly, with values that are drawn evenly too. Silent for:
//! names that are words, names that come again, values that read. Minimum: 12 names in 6 messages, of 48 letters together, and 96
//! symbols of values.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use crate::class::{is_noise, is_text};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest names, messages, letters of names and symbols of values.
const NAMES: usize = 12;
const MESSAGES: usize = 6;
const LETTERS: usize = 48;
const VALUES: usize = 96;
/// The longest name.
const LONGEST: usize = 40;
/// Attributes of one message, and what is looked at of it.
const ATTRIBUTES: usize = 64;
const LOOKED_AT: usize = 8 << 10;

/// In how many messages each name came, and what its values hold.
type Names = BTreeMap<Vec<u8>, (BTreeSet<u32>, Vec<u8>)>;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let kinds = [
        ("headers", of_slots(look, "header.")),
        ("lines", of_slots(look, "line.")),
        ("cookies", of_slots(look, "cookie.")),
        ("attributes", of_text(look)),
    ];
    kinds.into_iter().filter_map(|(what, names)| told(what, &names, look.limit)).collect()
}

fn told(what: &str, names: &Names, limit: f64) -> Option<Evidence> {
    let passing: Vec<_> = names.iter().filter(|(_, (turns, _))| turns.len() == 1).collect();
    let turns: BTreeSet<u32> = passing.iter().flat_map(|(_, (turns, _))| turns).copied().collect();
    let letters: Vec<u8> = passing.iter().flat_map(|(name, _)| own(name)).collect();
    let values: Vec<u8> = passing.iter().flat_map(|(_, (_, value))| value).copied().collect();
    let enough = passing.len() >= NAMES
        && turns.len() >= MESSAGES
        && letters.len() >= LETTERS
        && values.len() >= VALUES;
    let drawn = even(&letters, limit).filter(|_| enough)?;
    is_noise(&values, limit).then(|| {
        let text = format!(
            "{} {what} in {} messages have names that are drawn evenly ({:.1} standard deviations) and never come again, with {} bytes of values that are drawn evenly too",
            passing.len(),
            turns.len(),
            drawn.deviations,
            values.len()
        );
        let found = Evidence::statistic(passing.len(), 0.3, 0.65, text);
        found.with_deviations(drawn.deviations).with_example(&letters)
    })
}

/// What is a name's own: without the mark of what no standard names, and without hyphens.
fn own(name: &[u8]) -> Vec<u8> {
    let name = name.to_ascii_lowercase();
    let bare = name.strip_prefix(b"x-").unwrap_or(&name);
    bare.iter().copied().filter(u8::is_ascii_alphanumeric).collect()
}

/// The names of values that were read, by the kind of their places.
fn of_slots(look: &Look<'_>, kind: &str) -> Names {
    let mut names = Names::new();
    for (name, values) in &look.reading.slots {
        let Some(name) = name.strip_prefix(kind).filter(|name| (2..=LONGEST).contains(&name.len())) else {
            continue;
        };
        let (turns, held) = names.entry(name.as_bytes().to_vec()).or_default();
        for value in values {
            turns.insert(value.turn);
            held.extend_from_slice(&value.bytes);
        }
    }
    names
}

/// The names of attributes in messages of text of no protocol that is read here.
fn of_text(look: &Look<'_>) -> Names {
    let mut names = Names::new();
    for unit in look.reading.whole_raw(16).filter(|unit| unit.document.is_none()) {
        let text = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        let mut at = 0;
        for _ in 0..ATTRIBUTES {
            let Some(sign) = crate::content::find(text, b"=\"", at) else { break };
            let Some(end) = crate::content::find(text, b"\"", sign + 2) else { break };
            let before = text.get(at..sign).unwrap_or_default();
            let length = before.iter().rev().take_while(|byte| is_of_name(**byte)).count();
            let name = before.get(before.len() - length..).unwrap_or_default();
            if (1..=LONGEST).contains(&length) && is_text(before) {
                let (turns, held) = names.entry(name.to_vec()).or_default();
                turns.insert(unit.turn);
                held.extend_from_slice(text.get(sign + 2..end).unwrap_or_default());
            }
            at = end + 1;
        }
    }
    names
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const WORDS: [&str; 24] = [
        "request", "tenant", "region", "retry", "trace", "client", "version", "locale", "device", "stage",
        "parent", "channel", "origin", "budget", "window", "source", "target", "report", "format", "policy",
        "shard", "limit", "cursor", "owner",
    ];

    fn letters(chance: &mut Chance, least: usize) -> String {
        let length = least + chance.below(4);
        String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
    }

    fn noise(chance: &mut Chance) -> String {
        let length = 12 + chance.below(40);
        String::from_utf8(chance.of(BASE62, length)).unwrap()
    }

    /// Whether messages of syslog with attributes, or requests with headers, are told; `pair` draws a name and a value.
    fn told(count: usize, in_headers: bool, pair: impl Fn(&mut Chance, usize) -> (String, String)) -> bool {
        let mut chance = Chance::new(88);
        let mut talk = Talk::default();
        for n in 0..count {
            let (name, value) = pair(&mut chance, n);
            let (second, other) = pair(&mut chance, n + count);
            if in_headers {
                talk.send(
                    format!("GET /a HTTP/1.1\r\nHost: a\r\nX-{name}: {value}\r\nX-{second}: {other}\r\n\r\n")
                        .as_bytes(),
                );
                talk.answer(b"{\"ok\":true}");
            } else {
                let message = format!(
                    "<13>1 2026-01-01T10:00:{n:02}Z host app 7 ID1 [x@32473 {name}=\"{value}\" {second}=\"{other}\"] all is quiet"
                );
                talk.datagram(message.as_bytes());
            }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("never come again, with"))
    }

    #[test]
    fn names_that_are_drawn_and_come_once_are_suspect() {
        for in_headers in [false, true] {
            assert!(told(12, in_headers, |chance, _| (letters(chance, 4), noise(chance))), "{in_headers}");
        }
        assert!(told(12, true, |chance, _| (
            format!("{}-{}", letters(chance, 3), letters(chance, 3)),
            noise(chance)
        )));
    }

    #[test]
    fn few_names_words_names_that_come_again_and_values_that_read_are_not() {
        for in_headers in [false, true] {
            assert!(!told(5, in_headers, |chance, _| (letters(chance, 8), noise(chance))), "{in_headers}");
            assert!(!told(12, in_headers, |chance, n| (WORDS[n].to_owned(), noise(chance))), "{in_headers}");
            assert!(!told(12, in_headers, |chance, _| (letters(chance, 4), "all is quiet here".to_owned())));
            let names: Vec<String> = {
                let mut chance = Chance::new(89);
                (0..12).map(|_| letters(&mut chance, 6)).collect()
            };
            assert!(
                !told(12, in_headers, |chance, n| (names[(n + n / 12 * 3) % 8].clone(), noise(chance))),
                "{in_headers}"
            );
        }
    }
}
