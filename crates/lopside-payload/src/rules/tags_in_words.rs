//! Tags and comments in the midst of words.
//!
//! Markup cuts a word now and then: a break that may be made, a letter in bold, the empty comments of a framework. It does so with a few
//! names, and what it opens it closes. Speaks for: pages and XML whose words are cut by tags that open nothing and by comments, of many
//! names and texts. Silent for: elements with text, the same few tags again and again, comments between words. Minimum: 48 cut words, 16
//! names or texts, in 2 documents.

use std::collections::BTreeSet;

use super::Look;
use crate::class::Class;
use crate::content::document::Kind;
use crate::content::find as find_bytes;
use crate::evidence::Evidence;

/// The fewest cut words, different names or texts that cut them, and documents.
const CUTS: usize = 48;
const KINDS: usize = 16;
const DOCUMENTS: usize = 2;
/// What is looked at of a document, and the longest tag or comment in a word.
const LOOKED_AT: usize = 16 << 10;
const LONGEST: usize = 80;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut kinds, mut cuts, mut documents, mut bytes, mut around) = (BTreeSet::new(), 0, 0, 0, 0);
    let mut first = Vec::new();
    for unit in look.reading.units.iter().filter(|unit| !unit.headless) {
        let by_label = unit.declared == "text/html" || unit.declared.ends_with("xml");
        if !by_label && !matches!(unit.class, Class::Document(Kind::Xml | Kind::Html)) {
            continue;
        }
        let text = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        let found = cuts_in(text);
        around += text.len();
        documents += usize::from(!found.is_empty());
        cuts += found.len();
        bytes += found.iter().map(|piece| piece.len() + 2).sum::<usize>();
        if let (true, Some(piece)) = (first.is_empty(), found.first()) {
            first = piece.to_vec();
        }
        kinds.extend(found);
    }
    if cuts < CUTS || kinds.len() < KINDS || documents < DOCUMENTS {
        return Vec::new();
    }
    let text = format!(
        "{cuts} words of {documents} documents are cut by tags that open nothing and by comments, of {} kinds",
        kinds.len()
    );
    let share = bytes as f64 / around.max(1) as f64;
    vec![Evidence::contradiction(documents, share, text).with_example(&first)]
}

/// What cuts words of a text: the insides of comments and of tags that nothing closes, between two letters.
fn cuts_in(text: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut run): (Vec<&[u8]>, Vec<&[u8]>) = Default::default();
    let (mut at, mut end, mut before) = (0, 0, false);
    while let Some(open) = text.get(at..).and_then(|rest| memchr::memchr(b'<', rest)).map(|place| at + place)
    {
        if open > end || run.is_empty() {
            let goes_on = text.get(end).is_some_and(u8::is_ascii_alphabetic);
            if before && goes_on {
                found.append(&mut run);
            }
            run.clear();
            before = open.checked_sub(1).and_then(|last| text.get(last)).is_some_and(u8::is_ascii_alphabetic);
        }
        let Some(piece) = piece(text.get(open..).unwrap_or_default()) else {
            (at, end, before) = (open + 1, open + 1, false);
            run.clear();
            continue;
        };
        run.push(piece);
        (at, end) = (open + piece.len() + 2, open + piece.len() + 2);
    }
    if before && text.get(end).is_some_and(u8::is_ascii_alphabetic) {
        found.append(&mut run);
    }
    found.retain(|piece| is_idle(text, piece));
    found
}

/// The inside of the tag or comment that some text begins with.
fn piece(text: &[u8]) -> Option<&[u8]> {
    let near = text.get(..text.len().min(LONGEST)).unwrap_or(text);
    let end =
        if near.starts_with(b"<!--") { find_bytes(near, b"-->", 4)? + 2 } else { find_bytes(near, b">", 1)? };
    near.get(1..end)
}

/// Whether the inside of a tag is a comment, or opens what nothing closes.
fn is_idle(text: &[u8], piece: &[u8]) -> bool {
    if piece.starts_with(b"!--") {
        return true;
    }
    // The name of an element may hold a prefix and marks: `ds:Reference`.
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
    let name = piece.split(ends).next().unwrap_or_default();
    !name.is_empty() && find_bytes(text, &[b"</", name, b">"].concat(), 0).is_none()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: &str =
        "turbine report supplier maintenance delivery approval warehouse quarterly attached engine";

    fn drawn(chance: &mut Chance) -> String {
        let length = 2 + chance.below(3);
        String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
    }

    #[test]
    fn elements_with_prefixes_are_closed_by_their_whole_names() {
        let mut talk = Talk::default();
        for number in 0..12 {
            let elements: String =
                (0..20).map(|n| format!("<ds:part-{n} id=\"_{number}\">text{n}text</ds:part-{n}>")).collect();
            talk.post("text/xml", format!("<ds:all>head{elements}tail</ds:all>").as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("are cut by tags")));
    }

    /// Whether pages are junk in whose text `cut` may follow each character.
    fn is_junk(pages: usize, cut: impl Fn(&mut Chance, usize, char) -> String) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for number in 0..pages {
            let mut place = 0;
            let text: String = WORDS
                .chars()
                .map(|letter| {
                    place += 1;
                    if letter == ' ' {
                        "\u{20}".into()
                    } else {
                        format!("{letter}{}", cut(&mut chance, place, letter))
                    }
                })
                .collect();
            let page = format!("<html><head><title>News</title></head><body><p>{text}</p></body></html>");
            talk.page(&format!("/{number}"), "text/html", page.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("are cut by tags"))
    }

    fn now_and_then(chance: &mut Chance, text: String) -> String {
        if chance.below(3) == 0 { text } else { String::new() }
    }

    #[test]
    fn tags_and_comments_of_many_kinds_in_words_are_junk() {
        assert!(is_junk(8, |chance, _, _| {
            let text = format!("<!--{}-->", drawn(chance));
            now_and_then(chance, text)
        }));
        assert!(is_junk(8, |chance, _, _| {
            let text = format!("<{}>", drawn(chance));
            now_and_then(chance, text)
        }));
        // Two in a row cut one word.
        assert!(is_junk(8, |chance, _, _| {
            let text = format!("<!--{}--><{}>", drawn(chance), drawn(chance));
            now_and_then(chance, text)
        }));
        assert!(!is_junk(1, |chance, _, _| format!("<!--{}-->", drawn(chance))));
        assert!(!is_junk(2, |chance, place, _| if place % 8 == 3 {
            format!("<!--{}-->", drawn(chance))
        } else {
            String::new()
        }));
    }

    #[test]
    fn elements_breaks_and_comments_of_frameworks_are_not() {
        assert!(!is_junk(8, |chance, _, _| now_and_then(chance, "<wbr>".into())));
        assert!(!is_junk(8, |chance, _, _| now_and_then(chance, "<!-- -->".into())));
        assert!(!is_junk(8, |chance, place, letter| {
            let text = format!("<span style=\"--i:{place}\">{letter}</span>");
            now_and_then(chance, text)
        }));
        // Between words, and in names that close.
        for (before, behind) in [(" ", " "), (" ", ""), ("", " ")] {
            assert!(!is_junk(8, |chance, _, _| {
                let text = format!("{before}<!-- {} -->{behind}", drawn(chance));
                now_and_then(chance, text)
            }));
        }
        let mut chance = Chance::new(72);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let elements: String =
                (0..40).map(|_| drawn(&mut chance)).map(|name| format!("<{name}>quiet</{name}>")).collect();
            talk.post("text/xml", format!("<?xml version=\"1.0\"?><a>{elements}</a>").as_bytes());
            talk.answer(b"ok");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("are cut by tags")));
    }
}
