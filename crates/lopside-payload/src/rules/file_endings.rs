//! Endings of files in the midst of names.
//!
//! A file has one ending, at the end of its name, or two. Endings strewn into paths and parameters, with the next letters right behind
//! them, are there to make noise look like names.
//!
//! Speaks for: paths and parameters of requests in which endings of two kinds stand three times or more with a letter, a digit or a mark
//! of base64 right behind each. Silent for: lists of files (marks between them), names with several endings, addresses in parameters.
//! Minimum: 3 requests, a fifth of all.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;

/// The fewest endings in a value, their kinds, and the fewest values.
const ENDINGS: usize = 3;
const KINDS: usize = 2;
const VALUES: usize = 3;
/// Endings of pages, pictures and programs.
const NAMES: [&[u8]; 12] =
    [b"gif", b"htm", b"html", b"jpg", b"jpeg", b"png", b"php", b"asp", b"aspx", b"jsp", b"css", b"bmp"];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let looked = |name: &str| name == "path" || name.starts_with("query.") || name.starts_with("cookie.");
    let slots = look.reading.slots.iter().filter(|(name, _)| looked(name));
    let (mut found, mut bytes, mut all): (Vec<&[u8]>, usize, usize) = Default::default();
    let mut turns = BTreeSet::new();
    for value in slots.flat_map(|(_, values)| values) {
        all += value.bytes.len();
        if let Some(length) = strewn(&value.bytes) {
            found.push(&value.bytes);
            bytes += length;
            turns.insert(value.turn);
        }
    }
    let requests = look.reading.exchanges.iter().filter(|exchange| exchange.request).count();
    if turns.len() < VALUES || turns.len() * 5 < requests {
        return Vec::new();
    }
    let text = format!(
        "{} of {requests} requests have endings of files in the midst of their names: {} values",
        turns.len(),
        found.len()
    );
    let share = bytes as f64 / all.max(1) as f64;
    vec![
        Evidence::contradiction(turns.len(), share, text)
            .with_example(found.first().copied().unwrap_or_default()),
    ]
}

/// How many bytes of a value are endings with something right behind them, where these are many.
fn strewn(value: &[u8]) -> Option<usize> {
    let (mut count, mut bytes, mut kinds) = (0, 0, BTreeSet::new());
    for dot in memchr::memchr_iter(b'.', value) {
        let rest = value.get(dot + 1..).unwrap_or_default();
        // The longest: `.html` goes on as `.htm` does.
        let Some(name) = NAMES.iter().filter(|name| rest.starts_with(name)).max_by_key(|name| name.len())
        else {
            continue;
        };
        let before = dot.checked_sub(1).and_then(|place| value.get(place)).copied();
        let behind = rest.get(name.len()).copied();
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'-' | b'.');
        // `picture.jpg.png`, `index.php5` and `page.html.gz` are names of files.
        let is_glued = behind.is_some_and(|byte| goes_on(byte) && byte != b'.' && !byte.is_ascii_digit());
        if is_glued && before.is_some_and(|byte| goes_on(byte) || byte == b'/') {
            (count, bytes) = (count + 1, bytes + 1 + name.len());
            kinds.insert(name);
        }
    }
    (count >= ENDINGS && kinds.len() >= KINDS).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn is_junk(mut make: impl FnMut(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(131);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let target = make(&mut chance);
            talk.page(&target, "text/html", b"<html><body><p>all is quiet</p></body></html>");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("endings of files"))
    }

    #[test]
    fn endings_strewn_into_paths_and_parameters_are_junk() {
        let strewn = |chance: &mut Chance| {
            let length = 60 + chance.below(90);
            let noise = encode(&chance.bytes(length));
            let pieces = noise.chunks(9).map(|piece| String::from_utf8_lossy(piece).replace(['+', '='], "_"));
            pieces
                .map(|piece| format!("{piece}{}", [".gif", ".htm", ".jpg", ""][chance.below(4)]))
                .collect::<String>()
        };
        assert!(is_junk(|chance| format!("/{}", strewn(chance))));
        assert!(is_junk(|chance| format!("/view?id={}", strewn(chance))));
    }

    #[test]
    fn lists_of_files_and_names_with_several_endings_are_not() {
        assert!(!is_junk(|chance| format!("/combine?f=a{}.css,b.css,c.js,d.png,e.gif", chance.below(99))));
        assert!(!is_junk(|chance| format!("/a{}.php5/picture.jpg.png/page.html.gz", chance.below(99))));
        assert!(!is_junk(|chance| format!("/go?to=https://a.example/{}.html/b.php/c.asp", chance.below(99))));
        assert!(!is_junk(|chance| format!("/a.html_files/picture{}.png", chance.below(99))));
    }
}
