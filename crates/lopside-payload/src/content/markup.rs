//! XML and HTML: tags that open and close.

use super::document::{Document, Kind};
use super::find;

/// Reads the document at the start of the bytes. `whole` says that nothing follows them.
pub(crate) fn read(bytes: &[u8], whole: bool) -> Option<Document> {
    let start: Vec<u8> = bytes.iter().take(512).map(u8::to_ascii_lowercase).collect();
    if start.starts_with(b"<!doctype html")
        || start.starts_with(b"<html")
        || find(&start, b"<html", 0).is_some()
    {
        return Some(html(bytes, whole));
    }
    if start.starts_with(b"<!--")
        || start.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'?' | b'!'))
    {
        return xml(bytes);
    }
    None
}

/// HTML ends with its closing tag where it has one; servers leave it out, and append comments and scripts.
fn html(bytes: &[u8], whole: bool) -> Document {
    let lower = bytes.to_ascii_lowercase();
    let closing = memchr::memmem::rfind(&lower, b"</html>");
    let (end, complete) = match closing {
        Some(place) => (place + 7, true),
        None => (text_end(bytes), whole && text_end(bytes) == bytes.len()),
    };
    Document { kind: Kind::Html, end, complete, broken: false }
}

/// How far the bytes are text: up to the first control character that text does not hold.
fn text_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte < 9 || (14..27).contains(byte)).unwrap_or(bytes.len())
}

fn xml(bytes: &[u8]) -> Option<Document> {
    let mut depth = 0usize;
    let mut elements = 0usize;
    let mut at = 0;
    loop {
        let Some(open) = memchr::memchr(b'<', bytes.get(at..)?).map(|place| place + at) else {
            return (elements > 0).then_some(cut(bytes.len()));
        };
        let rest = bytes.get(open..)?;
        let (closer, skip): (&[u8], usize) = if rest.starts_with(b"<!--") {
            (b"-->", 4)
        } else if rest.starts_with(b"<![CDATA[") {
            (b"]]>", 9)
        } else if rest.starts_with(b"<?") {
            (b"?>", 2)
        } else {
            (b">", 1)
        };
        let Some(close) = find(rest, closer, skip) else {
            return (elements > 0).then_some(cut(bytes.len()));
        };
        let inside = rest.get(skip..close)?;
        at = open + close + closer.len();
        if skip != 1 || inside.starts_with(b"!") {
            continue;
        }
        let name = inside.strip_prefix(b"/").unwrap_or(inside);
        if !name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return (elements > 1).then_some(Document {
                kind: Kind::Xml,
                end: open,
                complete: false,
                broken: true,
            });
        }
        elements += 1;
        if inside.starts_with(b"/") {
            depth = depth.saturating_sub(1);
        } else if !inside.ends_with(b"/") {
            depth += 1;
        }
        if depth == 0 {
            return Some(Document { kind: Kind::Xml, end: at, complete: true, broken: false });
        }
    }
}

fn cut(end: usize) -> Document {
    Document { kind: Kind::Xml, end, complete: false, broken: false }
}

/// The stretches of a document where its grammar is broken: tags that are none, in XML also tags that do not match and text between
/// elements. Scripts and styles are passed over.
pub(crate) fn faults(bytes: &[u8], xml: bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // Open elements: the place of their name, and whether elements are in them.
    let mut open: Vec<(&[u8], (usize, usize))> = Vec::new();
    let (mut at, mut after_end) = (0, false);
    while let Some(start) = memchr::memchr(b'<', bytes.get(at..).unwrap_or_default()).map(|place| place + at)
    {
        let rest = bytes.get(start..).unwrap_or_default();
        let passed = PASSED.iter().find(|(opener, _)| rest.starts_with(opener));
        if let Some((opener, closer)) = passed {
            let Some(end) = find(rest, closer, opener.len()) else { break };
            (at, after_end) = (start + end + closer.len(), false);
            continue;
        }
        let Some(tag) = Tag::read(rest) else { break };
        let text = bytes.get(at..start).unwrap_or_default().trim_ascii();
        let between = after_end || tag.kind == TagKind::Start;
        // Words between elements are a text with marks in it.
        let one = !text.is_empty() && !text.iter().any(u8::is_ascii_whitespace);
        if xml && !open.is_empty() && between && one {
            found.push((at, start));
        }
        if tag.broken || !xml && tag.name.len() > LONGEST_NAME {
            found.push((start, start + tag.length));
        }
        match tag.kind {
            TagKind::Start if xml => open.push((tag.name, (start, start + tag.length))),
            TagKind::End if xml => {
                if let Some((name, place)) = open.pop()
                    && name != tag.name
                {
                    found.extend([place, (start, start + tag.length)]);
                }
            }
            _ => {}
        }
        after_end = tag.kind != TagKind::Start;
        at = start + tag.length;
        let raw = [b"script".as_slice(), b"style"].into_iter().find(|raw| tag.name.eq_ignore_ascii_case(raw));
        if let Some(raw) = raw.filter(|_| !xml && tag.kind == TagKind::Start) {
            at = raw_end(bytes, at, raw);
        }
    }
    found
}

/// How what is no tag starts and ends.
const PASSED: [(&[u8], &[u8]); 4] =
    [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"), (b"<!", b">")];

/// Names of elements of HTML and of attributes are shorter.
const LONGEST_NAME: usize = 40;

/// Where the content of a script or a style ends.
fn raw_end(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr::memmem::find_iter(rest, b"</")
        .find(|place| {
            rest.get(place + 2..place + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
        .map_or(bytes.len(), |place| from + place)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TagKind {
    Start,
    End,
    Empty,
}

/// A tag: what stands from `<` to `>`.
struct Tag<'a> {
    name: &'a [u8],
    kind: TagKind,
    length: usize,
    /// What follows its name is no list of attributes.
    broken: bool,
}

impl<'a> Tag<'a> {
    /// The tag at the start of the bytes; `None` where it is cut off. A `<` that begins no name is text.
    fn read(bytes: &'a [u8]) -> Option<Tag<'a>> {
        let inside = bytes.get(1..)?;
        let end = inside.first() == Some(&b'/');
        let from = usize::from(end);
        let name_length = inside
            .get(from..)?
            .iter()
            .take_while(|byte| !byte.is_ascii_whitespace() && !b"/>=\"'<".contains(byte))
            .count();
        let name = inside.get(from..from + name_length)?;
        if !name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_' || *byte >= 0x80) {
            return Some(Tag { name: b"", kind: TagKind::Empty, length: 1, broken: false });
        }
        let (mut at, mut spaced, mut broken) = (from + name_length, true, false);
        loop {
            let byte = *inside.get(at)?;
            match byte {
                b'>' => break,
                b'/' if inside.get(at + 1) == Some(&b'>') => {
                    return Some(Tag { name, kind: TagKind::Empty, length: at + 3, broken });
                }
                b'"' | b'\'' => {
                    at = memchr::memchr(byte, inside.get(at + 1..)?)? + at + 2;
                    spaced = false;
                    continue;
                }
                _ if byte.is_ascii_whitespace() => spaced = true,
                // A name follows white space, a value its equals sign; what touches a closing quote or runs into an opening one is neither.
                b'=' => at = value_end(inside, at + 1, &mut broken)?.saturating_sub(1),
                _ => {
                    let length = inside
                        .get(at..)?
                        .iter()
                        .take_while(|byte| !byte.is_ascii_whitespace() && !b"=>\"'".contains(byte))
                        .count();
                    at += length;
                    broken |= !spaced || length > LONGEST_NAME;
                    broken |= matches!(inside.get(at), Some(b'"' | b'\''));
                    continue;
                }
            }
            if byte == b'=' {
                spaced = false;
            }
            at += 1;
        }
        Some(Tag { name, kind: if end { TagKind::End } else { TagKind::Start }, length: at + 2, broken })
    }
}

/// Where the value of an attribute ends; it is broken where quotes stand inside one that has none around it.
fn value_end(inside: &[u8], from: usize, broken: &mut bool) -> Option<usize> {
    let spaces = inside.get(from..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let start = from + spaces;
    let first = *inside.get(start)?;
    if matches!(first, b'"' | b'\'') {
        return Some(memchr::memchr(first, inside.get(start + 1..)?)? + start + 2);
    }
    let length =
        inside.get(start..)?.iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'>').count();
    *broken |= inside.get(start..start + length)?.iter().any(|byte| matches!(byte, b'"' | b'\''));
    Some(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_root_is_the_end() {
        let text = br#"<?xml version="1.0"?><!-- a > b --><a x="1"><b/><c>t</c></a>junk"#;
        let document = read(text, true).unwrap();
        assert!(document.complete);
        assert_eq!(&text[document.end..], b"junk");
    }

    #[test]
    fn html_ends_with_its_tag() {
        let text = b"<!DOCTYPE html><HTML><p>x</HTML>rest";
        let document = read(text, true).unwrap();
        assert!(document.complete && document.kind == Kind::Html);
        assert_eq!(&text[document.end..], b"rest");
    }

    #[test]
    fn an_unfinished_document_is_cut() {
        assert!(!read(b"<a><b>", true).unwrap().complete);
        assert_eq!(read(b"< 5 and more", true), None);
    }
}
