//! Data in letters that stand for half bytes, in pages and scripts.
//!
//! Some tools write each half of a byte as one of the letters from `a` to `p`, as names of NetBIOS are written, and put that where a page or a
//! script is expected. No page has a word of so many letters without the rest of the alphabet.
//!
//! Speaks for: texts of HTTP with one run of letters from `a` to `p` (or `A` to `P`) alone, of an even number, that is no word, in bodies of
//! which most have one. Silent for: words, digits of hex, runs in few bodies, bodies that are nothing else, letters of few kinds. Minimum: 6
//! bodies with a run of 16 letters, 160 letters in all of 12 kinds.

use super::Look;
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::histogram;

/// The fewest bodies, letters of a run and of all, and kinds of them.
const BODIES: usize = 6;
const RUN: usize = 16;
const ALL: usize = 160;
const KINDS: usize = 12;
/// What is looked at of a body.
const LOOKED_AT: usize = 64 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut bodies, mut found, mut letters) = (0, 0, Vec::new());
    let (mut around, mut first) = (0, Vec::new());
    let is_body = |unit: &&Unit<'_>| unit.carrier == Carrier::Http && unit.bytes.len() >= 4 * RUN;
    for unit in look.reading.units.iter().filter(is_body) {
        bodies += 1;
        let Some(run) = run(unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or_default()) else {
            continue;
        };
        if found == 0 {
            first = run.to_vec();
        }
        found += 1;
        letters.extend(run.iter().map(u8::to_ascii_lowercase));
        around += unit.bytes.len();
    }
    let counts = histogram(&letters);
    let kinds = counts.iter().filter(|count| **count > 0).count();
    if found < BODIES || found * 3 < bodies * 2 || letters.len() < ALL || kinds < KINDS {
        return Vec::new();
    }
    let text = format!(
        "{found} of {bodies} pages or scripts have a run of letters from a to p alone, which stand for half bytes: {} letters",
        letters.len()
    );
    vec![
        Evidence::statistic(found, 1.0 - letters.len() as f64 / around as f64, 0.65, text)
            .with_example(&first),
    ]
}

/// The only run of letters from `a` to `p`, all small or all capital, that has so many of them.
fn run(body: &[u8]) -> Option<&[u8]> {
    let half = |byte: &u8| matches!(byte, b'a'..=b'p');
    let capital = |byte: &u8| matches!(byte, b'A'..=b'P');
    let mut words = body.split(|byte| !byte.is_ascii_alphanumeric());
    let is_run = |word: &&[u8]| {
        word.len() >= RUN
            && word.len().is_multiple_of(2)
            && (word.iter().all(half) || word.iter().all(capital))
    };
    let first = words.by_ref().find(is_run)?;
    let rest = body.len() - first.len();
    // Words without sense beside it would be others, and a body that is nothing else is no page.
    (words.find(is_run).is_none() && rest >= first.len() / 4 && is_text(body) && rest >= 32).then_some(first)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_told(make: impl Fn(&mut Chance) -> String) -> bool {
        is_told_in(12, make)
    }

    fn is_told_in(pages: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(91);
        let mut talk = Talk::default();
        for number in 0..pages {
            let page = make(&mut chance);
            talk.page(&format!("/lib/{number}.js"), "application/javascript", page.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("half bytes"))
    }

    fn script(middle: &str) -> String {
        format!(
            "var s=function(e,t){{return e.nodeType===9?t:e[0]}};for(var i=0;i<a.length;i++)a.{middle}/*! end */\n"
        )
    }

    fn letters(chance: &mut Chance, alphabet: &[u8], count: usize) -> String {
        String::from_utf8(chance.of(alphabet, count)).unwrap()
    }

    #[test]
    fn letters_of_half_bytes_in_scripts_are_told() {
        for alphabet in [b"abcdefghijklmnop".as_slice(), b"ABCDEFGHIJKLMNOP"] {
            assert!(is_told(|chance| {
                let count = 16 + 2 * chance.below(60);
                script(&letters(chance, alphabet, count))
            }));
        }
    }

    #[test]
    fn words_other_letters_and_few_runs_are_not() {
        assert!(!is_told(|_| script("find")));
        assert!(!is_told(|chance| {
            let count = 16 + 2 * chance.below(60);
            script(&letters(chance, b"abcdefghijklmnopqrstuvwxyz", count))
        }));
        assert!(!is_told(|chance| {
            let count = 16 + 2 * chance.below(60);
            script(&letters(chance, b"abcdef0123456789", count))
        }));
        // Odd numbers are no bytes, and few kinds are a pattern.
        assert!(!is_told(|chance| {
            let count = 17 + 2 * chance.below(60);
            script(&letters(chance, b"abcdefghijklmnop", count))
        }));
        assert!(!is_told(|chance| script(&letters(chance, b"abcd", 40))));
        assert!(!is_told_in(60, |chance| {
            let rare = chance.below(4) == 0;
            let run = letters(chance, b"abcdefghijklmnop", 40);
            script(if rare { &run } else { "find" })
        }));
        // Several of them are words of some kind.
        assert!(!is_told(|chance| {
            let run = letters(chance, b"abcdefghijklmnop", 40);
            script(&format!("{run}.{run}"))
        }));
    }
}
