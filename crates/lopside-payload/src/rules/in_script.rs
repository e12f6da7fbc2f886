//! Values in scripts and style sheets that stand where the grammar has only names.
//!
//! Speaks for: bodies declared as scripts or style sheets with a long value of letters and digits, new in each, between marks of code, or
//! of base64 between a mark of code and a quote that opens behind it. Silent for: values in quotes, behind equals signs, colons, commas
//! and slashes (texts, addresses, data URIs, comments), names, which are words. Minimum: 4 bodies, 40 symbols in each, 256 in all, as
//! much digits and capitals as encodings have.

use std::collections::BTreeSet;

use super::within_code::is_code;
use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::Carrier;

/// The fewest bodies.
const LEAST: usize = 4;
/// The fewest symbols of a value, and of all.
const SHORTEST: usize = 40;
const ALL: usize = 256;
/// Bits of a symbol of hex, the narrowest encoding.
const BITS: f64 = 4.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut seen) = (Pool::default(), BTreeSet::new());
    let bodies = look.reading.units.iter().filter(|unit| {
        let declared =
            ["javascript", "ecmascript", "text/css"].iter().any(|kind| unit.declared.contains(kind));
        declared && unit.carrier == Carrier::Http && unit.whole && !unit.partial
    });
    let mut count = 0;
    for unit in bodies {
        count += 1;
        if let Some(value) = encoded_value(&unit.bytes).or_else(|| bare_value(&unit.bytes))
            && seen.insert(value)
        {
            pool.put(value, unit.bytes.len(), true);
        }
    }
    if pool.count < LEAST || pool.count * 2 < count || pool.total < ALL {
        return Vec::new();
    }
    let text = format!(
        "{} scripts or style sheets hold a value that is no name where only a name may stand: {} symbols, new in each",
        pool.count, pool.total
    );
    // All that stands around the values is there to hold them.
    vec![Evidence::contradiction(pool.count, 1.0 - pool.share(), text).with_example(&pool.first)]
}

/// The longest stretch of letters, digits, hyphens and underscores, where it is no name and stands between marks of code.
fn bare_value(code: &[u8]) -> Option<&[u8]> {
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_mark = |byte: Option<&u8>| byte.is_some_and(|byte| b"{}()[];!&|?<>\n".contains(byte));
    let (start, value) = longest_run(code, is_symbol)?;
    let before = start.checked_sub(1).and_then(|place| code.get(place));
    let marked = is_mark(before) && is_mark(code.get(start + value.len()));
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (marked && digits * 16 >= value.len() && !is_language(value, BITS)).then_some(value)
}

/// The longest value of base64 that begins behind a mark of code, where no text and no comment is open, and that a quote follows which
/// then opens one.
fn encoded_value(code: &[u8]) -> Option<&[u8]> {
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let (start, value) = longest_run(code, is_symbol)?;
    let marked =
        start.checked_sub(1).and_then(|place| code.get(place)).is_some_and(|byte| b"{};".contains(byte));
    let quoted = matches!(code.get(start + value.len()), Some(b'"' | b'\''));
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let symbols = digits * 20 >= value.len() && !value.starts_with(b"/") && !is_language(value, BITS);
    (marked && quoted && symbols && is_code(code.get(..start)?)).then_some(value)
}

/// The first of the longest stretches of some symbols that are long enough, and where it starts.
fn longest_run(code: &[u8], is_symbol: impl Fn(u8) -> bool) -> Option<(usize, &[u8])> {
    let (mut longest, mut start) = (None::<(usize, &[u8])>, 0);
    for run in code.chunk_by(|a, b| is_symbol(*a) == is_symbol(*b)) {
        let symbols = run.first().is_some_and(|byte| is_symbol(*byte));
        if symbols && run.len() >= SHORTEST && longest.is_none_or(|(_, old)| old.len() < run.len()) {
            longest = Some((start, run));
        }
        start += run.len();
    }
    longest
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn is_junk(declared: &str, code: impl Fn(&str) -> String) -> bool {
        let mut chance = Chance::new(50);
        let mut talk = Talk::default();
        for number in 0..10 {
            let value = String::from_utf8(chance.of(b"0123456789abcdef", 60 + 2 * number)).unwrap();
            talk.page(&format!("/a.js?v={number}"), declared, code(&value).as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("only a name may stand"))
    }

    #[test]
    fn values_between_marks_of_code_are_junk() {
        let css = ".left{margin:3px;color:#a0b1c2}.right{margin:5px}";
        assert!(is_junk("text/css", |value| format!(
            "{css}{value}{}",
            css.chars().rev().collect::<String>()
        )));
        assert!(is_junk("application/javascript", |value| format!("function f(a){{return a&&{value};}}")));
    }

    #[test]
    fn encoded_values_before_a_quote_that_opens_are_junk_and_texts_are_not() {
        let judged = |around: (&str, &str)| {
            let mut chance = Chance::new(53);
            let mut talk = Talk::default();
            for number in 0..10 {
                let value = String::from_utf8(encode(&chance.bytes(70 + 2 * number))).unwrap();
                let code = "function ab(e,t){var n=e.cd||t;return n?ef(n,12):null}";
                let body =
                    format!("!function(){{\"use strict\";{code}{}{value}{}{code}}}();", around.0, around.1);
                talk.page(&format!("/a.js?v={number}"), "application/javascript", body.as_bytes());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("only a name may stand"))
        };
        assert!(judged(("", "\";")));
        for around in [("f(\"", "\");"), ("a=\"{", "\";"), ("/*}", "\"*/"), ("a='", "';")] {
            assert!(!judged(around), "{around:?}");
        }
    }

    #[test]
    fn values_in_texts_addresses_and_names_are_not() {
        for code in
            ["var a=\"#\";", "f('#');", "a={k:#};", "/*#*/", "url(data:image/png;base64,#)", "load(/img/#)"]
        {
            assert!(!is_junk("application/javascript", |value| code.replace('#', value)), "{code}");
        }
        assert!(!is_junk("text/css", |_| ".a{}getElementsByClassNameAndTagNameAndAttribute4;".repeat(3)));
    }
}
