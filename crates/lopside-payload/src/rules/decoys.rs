//! Requests that ask for nothing, around real ones.
//!
//! Speaks for: requests for paths or queries that are drawn evenly, never repeat, and all get the same answer. Silent for: names that
//! servers give (numbers, UUIDs, hashes), paths with different answers. Minimum: 8 such requests; names in hex have many lengths.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use super::short_values::varied;
use crate::evidence::Evidence;
use crate::reading::Exchange;
use crate::statistics::even;

const LEAST: usize = 8;

/// Status, and length and sum of the body.
type Answer = (u64, (u64, u64));

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let asked: Vec<&Exchange> = look.reading.exchanges.iter().filter(|exchange| exchange.request).collect();
    let answers: Vec<&Exchange> = look.other.exchanges.iter().filter(|exchange| !exchange.request).collect();
    let answer = |turn: u32| {
        answers.iter().find(|answer| answer.turn > turn).map(|answer| (answer.status, answer.body))
    };
    let mut by_answer: BTreeMap<Option<Answer>, Vec<&[u8]>> = BTreeMap::new();
    for request in &asked {
        if request.method == b"GET"
            && let Some(name) = random_name(&request.target)
        {
            by_answer.entry(answer(request.turn)).or_default().push(name);
        }
    }
    if let Some(found) = refused(look, &asked, &answers) {
        return vec![found];
    }
    let Some((_, names)) = by_answer.into_iter().max_by_key(|(_, names)| names.len()) else {
        return Vec::new();
    };
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < LEAST
        || distinct.len() * 10 < names.len() * 9
        || !are_drawn(&names, look.limit)
        || names.iter().all(|name| name.iter().all(u8::is_ascii_hexdigit)) && !is_of_many_lengths(&names)
    {
        return Vec::new();
    }
    let share = names.len() as f64 / asked.len().max(1) as f64;
    let text = format!(
        "{} of {} requests are for names that are drawn evenly, never repeat and get one and the same answer",
        names.len(),
        asked.len()
    );
    vec![Evidence::statistic(names.len(), share, 0.7, text)]
}

/// Requests whose only content is a value that is drawn evenly, all refused.
fn refused(look: &Look<'_>, asked: &[&Exchange], answers: &[&Exchange]) -> Option<Evidence> {
    let mut values: Vec<&[u8]> = Vec::new();
    for request in asked.iter().filter(|request| request.method == b"GET") {
        let refused = answers
            .iter()
            .find(|answer| answer.turn > request.turn)
            .is_some_and(|answer| answer.status >= 400);
        let value =
            request.target.rsplit(|byte| matches!(byte, b'=' | b'/' | b'?')).next().unwrap_or_default();
        if refused && value.len() >= 6 && value.iter().all(u8::is_ascii_alphanumeric) {
            values.push(value);
        }
    }
    values.sort_unstable();
    let count = values.len();
    values.dedup();
    let drawn = even(&values.concat(), look.limit).is_some();
    (count >= LEAST && values.len() * 10 >= count * 9 && drawn).then(|| {
        let share = count as f64 / asked.len().max(1) as f64;
        let text = format!(
            "{count} of {} requests carry nothing but values that are drawn evenly, and all are refused",
            asked.len()
        );
        Evidence::statistic(count, share, 0.65, text)
    })
}

/// The last part of a path without its ending, or a query that is no list of fields, where it may be a made-up name.
fn random_name(target: &[u8]) -> Option<&[u8]> {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let path = parts.next()?;
    let name = match parts.next().filter(|query| !query.is_empty() && !query.contains(&b'=')) {
        Some(query) => query,
        None => path.rsplit(|byte| *byte == b'/').next()?.split(|byte| *byte == b'.').next()?,
    };
    let numbers = name.iter().all(u8::is_ascii_digit);
    (name.len() >= 6 && name.iter().all(u8::is_ascii_alphanumeric) && !numbers).then_some(name)
}

/// Whether names are drawn evenly, all together or those of each alphabet: a program may have several ways to make them.
fn are_drawn(names: &[&[u8]], limit: f64) -> bool {
    if even(&names.concat(), limit).is_some() {
        return true;
    }
    let sorts: [fn(&u8) -> bool; 2] = [u8::is_ascii_hexdigit, u8::is_ascii_lowercase];
    let mut by_sort: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
    for name in names {
        let sort = sorts.iter().position(|sort| name.iter().all(sort)).unwrap_or(sorts.len());
        by_sort.entry(sort).or_default().push(name);
    }
    let drawn = by_sort.values().filter(|of_sort| even(&of_sort.concat(), limit).is_some());
    let most = drawn.map(Vec::len).sum::<usize>();
    most >= LEAST && most * 10 >= names.len() * 9
}

/// Whether names in hex have many lengths, or three with an odd one in a quarter of them. Hashes, and numbers of objects, are names that
/// servers give.
fn is_of_many_lengths(names: &[&[u8]]) -> bool {
    let lengths: BTreeSet<usize> = names.iter().map(|name| name.len()).collect();
    let odd = names.iter().filter(|name| name.len() % 2 == 1).count();
    varied(names) || lengths.len() >= 3 && odd * 4 >= names.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    #[test]
    fn random_names_with_one_answer_are_suspect() {
        let mut chance = Chance::new(31);
        let (mut decoys, mut real) = (Talk::default(), Talk::default());
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
        for n in 0..20 {
            let name = String::from_utf8(chance.of(letters, 12)).unwrap();
            decoys.send(format!("GET /{name}.html HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            decoys.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            real.send(format!("GET /{name}.html HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            real.reply(format!("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npage {n:02}").as_bytes());
        }
        assert!(decoys.judge().junk);
        assert!(!real.judge().junk);
    }

    #[test]
    fn names_of_several_alphabets_are_decoys_and_words_are_not() {
        let words = ["orders", "customer", "shipping", "warehouse", "september", "invoices", "drawings"];
        for (drawn, junk) in [(true, true), (false, false)] {
            let mut chance = Chance::new(33);
            let mut talk = Talk::default();
            for n in 0..30 {
                let symbols: &[u8] = [
                    b"0123456789abcdef".as_slice(),
                    b"abcdefghijklmnopqrstuvwxyz",
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                ][n % 3];
                let length = 8 + chance.below(20);
                let name = if drawn {
                    String::from_utf8(chance.of(symbols, length)).unwrap()
                } else {
                    [words[n % 7], words[chance.below(7)], words[chance.below(7)]].concat()
                };
                talk.send(format!("GET /{}/{name}.js HTTP/1.1\r\nHost: a\r\n\r\n", words[n % 7]).as_bytes());
                talk.reply(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
            }
            let told = talk.judge().reasons.iter().any(|reason| reason.contains("one and the same answer"));
            assert_eq!(told, junk);
        }
    }

    #[test]
    fn names_in_hex_are_decoys_where_they_have_many_lengths() {
        for (place, vary, junk) in [("/a?", true, true), ("/files/", true, true), ("/a?", false, false)] {
            let mut chance = Chance::new(32);
            let mut talk = Talk::default();
            for _ in 0..20 {
                let length = if vary { 6 + chance.below(9) } else { 16 };
                let name = String::from_utf8(chance.of(b"0123456789abcdef", length)).unwrap();
                talk.send(format!("GET {place}{name} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
                talk.reply(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
            assert_eq!(talk.judge().junk, junk, "{place} {vary}");
        }
    }
}
