//! What may stand behind, and before, a piece of code or markup.

use super::super::within_code::is_code;
use crate::class::is_text;

/// Where a piece of code or markup leaves off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Place {
    /// Among the names of code, or of a tag: no value can follow.
    Names,
    /// Where a value of code may follow.
    Value,
    /// In a tag, where a value without quotes may follow.
    Tag,
    /// In the text of an element; `open` where elements wait for their ends that have to have them.
    Text { open: bool },
    /// In a text in quotes, or in a comment, which wait for their ends.
    Held,
}

/// Where a piece leaves off; `None` where it is no code and no markup.
pub(in super::super) fn place(piece: &[u8]) -> Option<Place> {
    // What stands before it may be the last bytes of a header.
    let odd = piece.iter().take(8).rposition(|byte| !matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126));
    let piece = piece.get(odd.map_or(0, |last| last + 1)..)?;
    if !is_text(piece) {
        return None;
    }
    if tags(piece) >= TAGS {
        return Some(in_markup(piece));
    }
    if is_program(piece) {
        return Some(in_code(piece));
    }
    is_sheet(piece).then(|| in_sheet(piece))
}

/// Whether code or markup can only be meant to begin right behind some symbols: `word` is the last of them, as far as all messages share
/// it.
pub(super) fn goes_on(word: &[u8], rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'<') => {
            let tag: Vec<u8> = rest.iter().skip(1).take(3).map(u8::to_ascii_lowercase).collect();
            tag.first().is_some_and(u8::is_ascii_alphabetic) && !tag.starts_with(b"br") && tags(rest) >= TAGS
        }
        Some(b' ') => KEYWORDS.iter().any(|keyword| word.ends_with(keyword.trim_ascii())) && is_program(rest),
        Some(mark) => b"({[.;:,)|&?!=".contains(mark) && is_program(rest),
        None => false,
    }
}

/// The fewest tags of markup, and the fewest words of code.
const TAGS: usize = 3;
const WORDS: usize = 3;
/// The fewest properties of a style sheet.
const DECLARATIONS: usize = 4;
/// Words that only code has in numbers, with the mark that tells them from language.
const KEYWORDS: [&[u8]; 14] = [
    b"function ",
    b"function(",
    b"return ",
    b"var ",
    b"let ",
    b"const ",
    b"typeof ",
    b"===",
    b"=>",
    b"this.",
    b"if(",
    b"for(",
    b"while(",
    b"new ",
];

/// Tags that begin with a name.
pub(in super::super) fn tags(piece: &[u8]) -> usize {
    let opens = memchr::memchr_iter(b'<', piece).filter(|place| {
        let rest = piece.get(place + 1..).unwrap_or_default();
        let name = rest.strip_prefix(b"/").unwrap_or(rest);
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && matches!(name.get(length), Some(b'>' | b' ' | b'/' | b'\n' | b'\r' | b'\t'))
    });
    opens.count()
}

/// Whether a piece is code: words of it, and brackets.
fn is_program(piece: &[u8]) -> bool {
    let brackets = piece.iter().filter(|byte| b"(){}[];".contains(byte)).count();
    let words =
        KEYWORDS.iter().map(|keyword| memchr::memmem::find_iter(piece, keyword).count()).sum::<usize>();
    brackets >= 4 && brackets * 40 >= piece.len() && words >= WORDS
}

/// Whether a piece is a style sheet: blocks of nothing but names with values.
fn is_sheet(piece: &[u8]) -> bool {
    let mut declarations = 0;
    for block in piece.split(|byte| *byte == b'{').skip(1) {
        let mut parts = block.splitn(2, |byte| *byte == b'}');
        let inside = parts.next().unwrap_or_default();
        // What is open at the end may be cut, and what holds blocks of its own has a name alone.
        if parts.next().is_none() {
            continue;
        }
        for declaration in inside.split(|byte| *byte == b';').map(<[u8]>::trim_ascii) {
            let name = declaration.split(|byte| *byte == b':').next().unwrap_or_default();
            let is_name =
                !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
            match (declaration.is_empty(), is_name && declaration.len() > name.len()) {
                (true, _) => {}
                (false, true) => declarations += 1,
                (false, false) => return false,
            }
        }
    }
    declarations >= DECLARATIONS
}

/// Where a style sheet leaves off: in its selectors and before the names of properties stand no values, in brackets and quotes anything
/// may.
fn in_sheet(piece: &[u8]) -> Place {
    let opened = piece.iter().rposition(|byte| *byte == b'(');
    let closed = piece.iter().rposition(|byte| *byte == b')');
    match piece.last() {
        _ if opened > closed || !is_code(piece) => Place::Held,
        Some(b'{' | b'}' | b';') => Place::Names,
        _ => Place::Value,
    }
}

fn in_code(piece: &[u8]) -> Place {
    match piece.last() {
        _ if !is_code(piece) => Place::Held,
        Some(
            b'{' | b'}' | b';' | b'(' | b')' | b'[' | b']' | b'|' | b'&' | b'!' | b'<' | b'>' | b'.' | b'?',
        ) => Place::Names,
        _ => Place::Value,
    }
}

fn in_markup(piece: &[u8]) -> Place {
    match elements(piece) {
        Ok(open) => Place::Text { open: !open.is_empty() },
        Err(place) => place,
    }
}

/// The elements that are open at the end of some markup; or what else is.
fn elements(piece: &[u8]) -> Result<Vec<Vec<u8>>, Place> {
    let (mut open, mut at) = (Vec::<Vec<u8>>::new(), 0);
    while let Some(start) = memchr::memchr(b'<', piece.get(at..).unwrap_or_default()).map(|place| at + place)
    {
        let rest = piece.get(start..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            match crate::content::find(rest, b"-->", 4) {
                Some(end) => at = start + end + 3,
                None => return Err(Place::Held),
            }
            continue;
        }
        let end = tag_end(rest)?;
        element(rest.get(1..end).unwrap_or_default(), &mut open);
        at = start + end + 1;
        if let Some(code) = open.last().filter(|name| matches!(name.as_slice(), b"script" | b"style")) {
            let closing = [b"</".as_slice(), code].concat();
            let inner = piece.get(at..).unwrap_or_default();
            match crate::content::find(&inner.to_ascii_lowercase(), &closing, 0) {
                Some(end) => at += end,
                None => return Err(in_code(inner)),
            }
        }
    }
    Ok(open)
}

/// Whether markup goes on, behind a page that leaves off in a text, where no text leaves it: inside a tag, with the end of an element
/// that nothing opened, or with the start of a page.
pub(in super::super) fn breaks_off(page: &[u8], rest: &[u8]) -> bool {
    let Ok(open) = elements(page) else { return false };
    let Some(mark) = rest.iter().position(|byte| matches!(byte, b'<' | b'>')) else { return false };
    let (before, tag) = rest.split_at(mark);
    if tag.starts_with(b">") {
        // Marks of text stand alone, and arrows behind marks.
        return matches!(before.last(), Some(b'"' | b'\'' | b'/')) || ends_tag(before);
    }
    let start: Vec<u8> = tag.iter().take(9).map(u8::to_ascii_lowercase).collect();
    if [b"<!doctype".as_slice(), b"<html"].iter().any(|page| start.starts_with(page)) {
        return before.trim_ascii().is_empty();
    }
    let Some(name) = tag.strip_prefix(b"</") else { return false };
    let name: Vec<u8> =
        name.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    CLOSED.contains(&name.as_slice()) && !open.contains(&name)
}

/// Whether some bytes are the rest of a tag that has no values: `/div` or `p`.
fn ends_tag(bytes: &[u8]) -> bool {
    let name = bytes.strip_prefix(b"/").unwrap_or(bytes);
    (1..=10).contains(&name.len()) && name.iter().all(u8::is_ascii_alphanumeric)
}

/// Elements whose ends nobody writes too often, as careless pages do those of blocks.
const CLOSED: [&[u8]; 14] = [
    b"a", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6", b"title", b"table", b"ul", b"ol", b"pre", b"button",
    b"label",
];

/// Where the tag at the start of some markup ends, or what it leaves open.
fn tag_end(markup: &[u8]) -> Result<usize, Place> {
    let mut quote = None;
    for (at, byte) in markup.iter().enumerate().skip(1) {
        match (quote, byte) {
            (Some(mark), byte) if mark == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Ok(at),
            _ => {}
        }
    }
    Err(match (quote, markup.last()) {
        (Some(_), _) => Place::Held,
        (None, Some(b'=' | b'/' | b':' | b'-')) => Place::Tag,
        (None, _) => Place::Names,
    })
}

/// Takes a tag into the elements that are open: those that have to be closed.
fn element(tag: &[u8], open: &mut Vec<Vec<u8>>) {
    const MAY_STAY_OPEN: [&[u8]; 27] = [
        b"html",
        b"head",
        b"body",
        b"p",
        b"li",
        b"dt",
        b"dd",
        b"tr",
        b"td",
        b"th",
        b"thead",
        b"tbody",
        b"tfoot",
        b"option",
        b"colgroup",
        b"br",
        b"hr",
        b"img",
        b"input",
        b"meta",
        b"link",
        b"base",
        b"area",
        b"col",
        b"wbr",
        b"center",
        b"font",
    ];
    let (closes, tag) = match tag.strip_prefix(b"/") {
        Some(tag) => (true, tag),
        None => (false, tag),
    };
    let name: Vec<u8> =
        tag.iter().take_while(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    if closes {
        if let Some(last) = open.iter().rposition(|element| *element == name) {
            open.truncate(last);
        }
    } else if !name.is_empty() && !tag.ends_with(b"/") && !MAY_STAY_OPEN.contains(&name.as_slice()) {
        open.push(name);
    }
}
