//! Parameters of queries under names that never come again: nobody can read them by name.
//!
//! Speaks for: names that are drawn evenly, each in one request only, with values that are opaque. Silent for: a number or a time without a name,
//! and for parameters that come again. Minimum: 8 names in 6 requests, of 24 symbols together.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::even;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut names, mut symbols, mut values, mut all) = (0, Vec::new(), 0, 0);
    let mut turns = BTreeSet::new();
    for (name, found) in &look.reading.slots {
        let Some(key) = name.strip_prefix("query.") else { continue };
        all += 1;
        let ([value], true) = (found.as_slice(), key.len() >= 2) else { continue };
        let plain =
            |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        if plain(key.as_bytes()) && plain(&value.bytes) && key.bytes().any(|byte| byte.is_ascii_alphabetic())
        {
            names += 1;
            symbols.extend_from_slice(key.as_bytes());
            values += value.bytes.len();
            turns.insert(value.turn);
        }
    }
    // Letters alone are drawn evenly in no language; that those with digits are takes as many again.
    if names < 8 || turns.len() < 6 || names * 10 < all * 7 || symbols.len() < 24 {
        return Vec::new();
    }
    if even(&symbols, look.limit).is_none() {
        return Vec::new();
    }
    let text = format!(
        "{names} parameters in {} requests have names that are drawn evenly and never come again, with {values} bytes of values",
        turns.len()
    );
    let share = turns.len() as f64 / look.reading.exchanges.len().max(1) as f64;
    vec![Evidence::statistic(names, share.min(1.0), 0.65, text).with_example(&symbols)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(query: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..16 {
            let query = query(&mut chance, n);
            talk.send(format!("GET /a?{query} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            talk.answer(format!("{{\"n\":{n}}}").as_bytes());
        }
        talk.judge().junk
    }

    #[test]
    fn names_that_never_come_again_are_suspect() {
        let of = |chance: &mut Chance, length| {
            String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
        };
        assert!(judged(|c, _| format!("{}={}", of(c, 5), of(c, 20))));
        assert!(!judged(|c, _| format!("token={}", of(c, 20))));
        assert!(!judged(|_, n| format!("id={n}&_={}", 1_772_517_600 + n)));
        let words = [
            "from", "until", "sort", "page", "limit", "offset", "owner", "state", "order", "fields",
            "expand", "query", "filter", "locale", "format", "depth",
        ];
        assert!(!judged(|_, n| format!("{}=something", words[n])));
    }
}
