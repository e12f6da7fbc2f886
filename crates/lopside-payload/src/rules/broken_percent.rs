//! Percent signs strewn into the targets of requests that escape nothing.
//!
//! A percent sign in a target stands before two hex digits, or before `u` and four. Careless clients leave signs as people type them,
//! behind numbers, around the names of macros and in formats: always at the same places. Speaks for: targets that hold percent signs
//! behind a letter or digit with something else behind, of several kinds, in other surroundings each time. Silent for: escapes, macros
//! and formats that come again, wildcards at the ends of values, a sign now and then. Minimum: 6 requests with 2 such signs, a third of
//! all; 24 signs, 3 kinds of what follows, half of the surroundings different.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;

/// The fewest requests, signs in each, signs in all, and kinds of what follows.
const REQUESTS: usize = 6;
const EACH: usize = 2;
const SIGNS: usize = 24;
const KINDS: usize = 3;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let requests = || look.reading.exchanges.iter().filter(|exchange| exchange.request);
    let broken = requests().map(|exchange| (exchange, signs(&exchange.target)));
    let broken: Vec<_> = broken.filter(|(_, signs)| signs.len() >= EACH).collect();
    if broken.len() < REQUESTS || broken.len() * 3 < requests().count() {
        return Vec::new();
    }
    let around: Vec<&[u8]> = broken.iter().flat_map(|(_, signs)| signs.iter().copied()).collect();
    let kinds: BTreeSet<&u8> = around.iter().filter_map(|around| around.get(BEFORE + 1)).collect();
    let different: BTreeSet<&[u8]> = around.iter().copied().collect();
    if around.len() < SIGNS || kinds.len() < KINDS || different.len() * 2 < around.len() {
        return Vec::new();
    }
    let bytes: usize = broken.iter().map(|(exchange, _)| exchange.target.len()).sum();
    let text = format!(
        "{} percent signs in the targets of {} requests escape nothing, and {} of them stand in surroundings of their own",
        around.len(),
        broken.len(),
        different.len()
    );
    let share = around.len() as f64 * 2.0 / bytes.max(1) as f64;
    let found = Evidence::contradiction(broken.len(), share, text);
    vec![found.with_example(broken.first().map_or(&[], |(exchange, _)| exchange.target.as_slice()))]
}

/// How many bytes before a sign and behind it are its surroundings.
const BEFORE: usize = 2;
const BEHIND: usize = 2;

/// Percent signs between symbols of a value that escape nothing, with their surroundings.
fn signs(target: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = target.get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let sign = at + next;
        at = sign + 1;
        let behind = target.get(sign + 1..).unwrap_or_default();
        let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
        let escapes = behind.get(..2).is_some_and(is_hex)
            || behind.first() == Some(&b'u') && behind.get(1..5).is_some_and(is_hex);
        let within = sign.checked_sub(BEFORE).and_then(|from| target.get(from..sign + 1 + BEHIND));
        let is_inside = |around: &&[u8]| {
            around.get(BEFORE - 1).is_some_and(u8::is_ascii_alphanumeric)
                && around
                    .get(BEFORE + 1)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"%-_.".contains(byte))
        };
        found.extend(within.filter(|_| !escapes).filter(is_inside));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn told(requests: usize, target: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(53);
        let mut talk = Talk::default();
        for number in 0..requests {
            talk.page(&target(&mut chance, number), "text/html", b"<html></html>");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("escape nothing"))
    }

    fn strewn(chance: &mut Chance, signs: &[&str], every: usize) -> String {
        let mut target = "/".to_owned();
        for letter in "dGhlIHB1bXAgaW4gaGFsbCBmb3VyIGlzIHdlbGw".chars() {
            target.push(if chance.below(2) == 0 {
                letter
            } else {
                char::from(b'a' + chance.below(26) as u8)
            });
            if chance.below(every) == 0 {
                target += signs[chance.below(signs.len())];
            }
        }
        target
    }

    #[test]
    fn signs_strewn_into_targets_are_junk() {
        assert!(told(16, |chance, _| strewn(chance, &["%%", "%zq", "%-", "%g1", "%5"], 6)));
        assert!(told(40, |chance, n| {
            if n % 2 == 0 { strewn(chance, &["%x", "%q", "%w"], 5) } else { format!("/page/{n}") }
        }));
    }

    #[test]
    fn escapes_macros_formats_and_wildcards_are_not() {
        assert!(!told(16, |chance, _| strewn(chance, &["%20", "%u0411", "%C3%A9"], 5)));
        assert!(!told(5, |chance, _| strewn(chance, &["%%", "%zq", "%-", "%g1", "%5"], 3)));
        assert!(!told(40, |chance, n| {
            if n % 5 == 0 { strewn(chance, &["%%", "%zq", "%-", "%g1"], 4) } else { format!("/page/{n}") }
        }));
        assert!(!told(12, |chance, _| strewn(chance, &["%x"], 4)));
        // A sign now and then, and few in all.
        assert!(!told(24, |chance, _| format!("/off/{}%off", chance.below(90))));
        assert!(!told(8, |chance, _| format!("/off/{}%zz{}%yy{}%ww", chance.below(90), chance.below(9), 1)
            .replacen("%ww", "", 1)));
        assert!(!told(24, |chance, _| format!("/px?a=x%%CLICK%%y%SITE%z%-Q&r={}", chance.below(900))));
        assert!(!told(24, |chance, _| {
            let word = |chance: &mut Chance| String::from_utf8(chance.of(b"abcdefghij", 6)).unwrap();
            format!("/find?name=%{}%&city=%{}%&hall={}%", word(chance), word(chance), word(chance))
        }));
    }
}
