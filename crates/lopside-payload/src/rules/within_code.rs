//! Values in the middle of code that is otherwise always the same.
//!
//! Speaks for: scripts that are the same in each answer but for one stretch, evenly drawn and new in each, which stands in code: outside
//! of quotes, comments and numbers, where only names and marks may stand. Silent for: values in texts and comments, numbers, calls at the
//! start of an answer, names, which are words. Minimum: 4 bodies that share 64 bytes before and behind, 32 symbols each, 256 in all.

use std::collections::BTreeSet;

use super::shared_ends::alike;
use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, even};

/// The fewest bodies.
const LEAST: usize = 4;
/// What they share at both ends.
const SHARED: usize = 64;
/// The fewest symbols of a value, and of all.
const SHORTEST: usize = 32;
const ALL: usize = 256;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let scripts = look.reading.units.iter().filter(|unit| {
        let script = ["javascript", "ecmascript"].iter().any(|kind| unit.declared.contains(kind));
        script && unit.carrier == Carrier::Http && unit.whole && !unit.partial && !unit.undecoded
    });
    let bodies: BTreeSet<&[u8]> = scripts.map(|unit| unit.bytes.as_ref()).collect();
    let Some(first) = bodies.first() else { return Vec::new() };
    let start = bodies.iter().map(|body| alike(first.iter(), body.iter())).min().unwrap_or(0);
    let end = bodies.iter().map(|body| alike(first.iter().rev(), body.iter().rev())).min().unwrap_or(0);
    if bodies.len() < LEAST
        || start < SHARED
        || end < SHARED
        || !is_code(first.get(..start).unwrap_or_default())
    {
        return Vec::new();
    }
    let mut pool = Pool::default();
    for body in &bodies {
        let value = body.get(start..body.len().saturating_sub(end)).unwrap_or_default();
        if value.len() >= SHORTEST && is_value(value) {
            pool.put(value, body.len(), true);
        }
    }
    let drawn = even(&pool.bytes, look.limit).filter(|drawn| drawn.alphabet != Alphabet::Digits);
    if pool.count < LEAST || pool.count * 10 < bodies.len() * 9 || pool.total < ALL || drawn.is_none() {
        return Vec::new();
    }
    let text = format!(
        "{} scripts are the same but for a value that is no name and stands in the midst of the code: {} symbols, new in each",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, 1.0 - pool.share(), text).with_example(&pool.first)]
}

/// Symbols of an encoding that are no number and no word.
fn is_value(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/'))
        && !value.starts_with(b"0x")
        && !is_language(value, 4.0)
}

/// Whether what follows some script is code: no quote, comment, address or number is open at its end.
pub(super) fn is_code(script: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = script.get(at) {
        let rest = script.get(at..).unwrap_or_default();
        let close: Option<(&[u8], usize)> = match byte {
            b'"' => Some((b"\"", 1)),
            b'\'' => Some((b"'", 1)),
            b'`' => Some((b"`", 1)),
            b'/' if rest.starts_with(b"/*") => Some((b"*/", 2)),
            b'/' if rest.starts_with(b"//") => Some((b"\n", 2)),
            _ => None,
        };
        let Some((close, from)) = close else {
            at += 1;
            continue;
        };
        match closing(rest, close, from) {
            Some(end) => at += end,
            None => return false,
        }
    }
    // An expression between slashes cannot be told from a division: a slash on the last line may have opened one.
    let line = script.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let near = line.get(line.len().saturating_sub(SHARED)..).unwrap_or_default();
    !near.contains(&b'/') && !script.ends_with(b"0x")
}

/// Where what was opened is closed, past escapes.
fn closing(text: &[u8], close: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(byte) = text.get(at) {
        if *byte == b'\\' {
            at += 2;
        } else if text.get(at..)?.starts_with(close) {
            return Some(at + close.len());
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(around: (&str, &str)) -> bool {
        let mut chance = Chance::new(52);
        let mut talk = Talk::default();
        let code = "e.find=function(t){n.each(t)};var map=this.call;".repeat(4);
        for number in 0..10 {
            let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let value = String::from_utf8(chance.of(symbols, 64 + number)).unwrap();
            let body = format!("/*! it's a script */{code}{}{value}{}{code}", around.0, around.1);
            talk.page(&format!("/a.js?v={number}"), "application/javascript", body.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in the midst of the code"))
    }

    #[test]
    fn values_in_the_midst_of_code_are_junk() {
        assert!(is_junk(("e.queue=fun", "ction(t){n.push(t)};")));
        assert!(is_junk(("", "")));
    }

    #[test]
    fn values_in_texts_and_comments_are_not() {
        for around in [
            ("var a=\"", "\";"),
            ("f('", "');"),
            ("/*", "*/"),
            ("//", "\n"),
            ("a=`", "`;"),
            ("a=/", "/;"),
            ("a='it\\'s ", "';"),
        ] {
            assert!(!is_junk(around), "{around:?}");
        }
    }

    #[test]
    fn a_few_scripts_and_short_names_of_builds_are_not() {
        let told = |count: usize, length: usize| {
            let mut chance = Chance::new(53);
            let mut talk = Talk::default();
            let code = "e.find=function(t){n.each(t)};var map=this.call;".repeat(4);
            for number in 0..count {
                let name =
                    String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length + number % 3)).unwrap();
                talk.page(
                    &format!("/{number}.js"),
                    "application/javascript",
                    format!("{code}var {name}=1;{code}").as_bytes(),
                );
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("in the midst of the code"))
        };
        assert!(told(10, 40));
        assert!(!told(10, 12));
        assert!(!told(3, 90));
    }
}
