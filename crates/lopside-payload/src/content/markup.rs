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
