//! Parameters of queries under names that never come again: nobody can read them by name.
//!
//! Speaks for: names that are drawn evenly, each in one request only, with values that are opaque. Silent for: a number or a time without
//! a name, and for parameters that come again. Minimum: 8 names in 6 requests, of 24 symbols together; of 16 where all are hex and in 8
//! requests.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest names, requests and symbols of names.
const NAMES: usize = 8;
const REQUESTS: usize = 6;
const SYMBOLS: usize = 24;
/// The same of symbols of hex digits: so short no names of a service are all hex.
const HEX_SYMBOLS: usize = 16;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let plain = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    let (mut fields, mut all) = (Vec::new(), 0);
    for (name, found) in &look.reading.slots {
        let Some(key) = name.strip_prefix("query.") else { continue };
        all += 1;
        if let ([value], true) = (found.as_slice(), key.len() >= 2)
            && plain(key.as_bytes())
            && plain(&value.bytes)
        {
            fields.push((key, value));
        }
    }
    let has_letters = |key: &str| key.bytes().any(|byte| byte.is_ascii_alphabetic());
    let lettered = fields.iter().filter(|(key, _)| has_letters(key)).count();
    let hex = fields.iter().all(|(key, _)| key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // Numbers are names of places; two hex digits are a number now and then, and come again.
    let (least, requests, share) = if hex && lettered * 5 >= fields.len() * 2 {
        (HEX_SYMBOLS, NAMES, 6)
    } else {
        (SYMBOLS, REQUESTS, 7)
    };
    if least == SYMBOLS {
        fields.retain(|(key, _)| has_letters(key));
    }
    let turns: BTreeSet<u32> = fields.iter().map(|(_, value)| value.turn).collect();
    let symbols: Vec<u8> = fields.iter().flat_map(|(key, _)| key.bytes()).collect();
    let names = fields.len();
    // Letters alone are drawn evenly in no language; that those with digits are takes as many again.
    if names < NAMES
        || turns.len() < requests
        || names * 10 < all * share
        || symbols.len() < least
        || even(&symbols, look.limit).is_none()
    {
        return Vec::new();
    }
    let values: usize = fields.iter().map(|(_, value)| value.bytes.len()).sum();
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
        let hex =
            |chance: &mut Chance, length| String::from_utf8(chance.of(b"0123456789abcdef", length)).unwrap();
        assert!(judged(|c, _| format!("{}={}", hex(c, 2), hex(c, 40))));
        assert!(!judged(|c, n| format!("{n:02}={}", hex(c, 40))));
        let words = [
            "from", "until", "sort", "page", "limit", "offset", "owner", "state", "order", "fields",
            "expand", "query", "filter", "locale", "format", "depth",
        ];
        assert!(!judged(|_, n| format!("{}=something", words[n])));
    }
}
