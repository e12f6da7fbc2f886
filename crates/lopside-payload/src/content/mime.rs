//! MIME: parts between boundaries, with their declared types; in forms and in mail.

use super::find;

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its headers.
    pub(crate) head: &'a [u8],
    /// Its content.
    pub(crate) body: &'a [u8],
}

/// What lies between the boundaries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) parts: Vec<Part<'a>>,
    /// What stands before the first boundary.
    pub(crate) before: &'a [u8],
    /// What follows the closing boundary.
    pub(crate) after: &'a [u8],
}

/// The boundary that a `Content-Type` names.
pub(crate) fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let lower = content_type.to_ascii_lowercase();
    let at = find(&lower, b"boundary=", 0)? + 9;
    let rest = content_type.get(at..)?;
    let value = match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|byte| *byte == b'"').next()?,
        None => rest.split(|byte| matches!(byte, b';' | b' ' | b'\r' | b'\n')).next()?,
    };
    (!value.is_empty()).then_some(value)
}

/// Splits a body at its boundary. `None` where the boundary is not in it.
pub(crate) fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Option<Parts<'a>> {
    let marker = [b"--", boundary].concat();
    let finder = memchr::memmem::Finder::new(&marker);
    let places: Vec<usize> = finder.find_iter(body).take(1024).collect();
    let first = *places.first()?;
    let mut parts = Parts { before: body.get(..first)?, ..Parts::default() };
    for (index, place) in places.iter().enumerate() {
        let from = place + marker.len();
        let rest = body.get(from..)?;
        if rest.starts_with(b"--") {
            parts.after = rest.get(2..)?;
            break;
        }
        let until = places.get(index + 1).copied().unwrap_or(body.len());
        let content = body.get(from..until)?;
        let content =
            content.strip_prefix(b"\r\n").or_else(|| content.strip_prefix(b"\n")).unwrap_or(content);
        parts.parts.push(part(content, until < body.len()));
    }
    Some(parts)
}

fn part(content: &[u8], closed: bool) -> Part<'_> {
    let content = if closed {
        content.strip_suffix(b"\r\n").or_else(|| content.strip_suffix(b"\n")).unwrap_or(content)
    } else {
        content
    };
    let unnamed = [b"\r\n".as_slice(), b"\n"].into_iter().find(|line| content.starts_with(line));
    if let Some(line) = unnamed {
        return Part { head: &[], body: content.get(line.len()..).unwrap_or_default() };
    }
    let (end, start) = match (find(content, b"\r\n\r\n", 0), find(content, b"\n\n", 0)) {
        (Some(place), _) => (place, place + 4),
        (None, Some(place)) => (place, place + 2),
        (None, None) => (content.len(), content.len()),
    };
    let body = content.get(start..).unwrap_or_default();
    Part { head: content.get(..end).unwrap_or_default(), body }
}

/// The value of a header in a block of headers, folded lines joined.
pub(crate) fn header(head: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut value: Option<Vec<u8>> = None;
    for line in head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        if let Some(value) = &mut value {
            match line.first() {
                Some(b' ' | b'\t') => {
                    value.extend_from_slice(line);
                    continue;
                }
                _ => break,
            }
        }
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        if line.get(..colon).is_some_and(|found| found.trim_ascii().eq_ignore_ascii_case(name.as_bytes())) {
            value = Some(line.get(colon + 1..).unwrap_or_default().trim_ascii().to_vec());
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_at_the_boundary() {
        let body = b"pre\r\n--XX\r\nContent-Type: a/b;\r\n c=d\r\n\r\nhello\r\n--XX\r\n\r\nbye\r\n--XX--post";
        let parts = split(body, boundary(b"multipart/form-data; boundary=\"XX\"").unwrap()).unwrap();
        assert_eq!(parts.parts.len(), 2);
        assert_eq!(parts.parts[0].body, b"hello");
        assert_eq!(header(parts.parts[0].head, "content-type").unwrap(), b"a/b; c=d");
        assert_eq!(parts.parts[1].body, b"bye");
        assert_eq!((parts.before, parts.after), (b"pre\r\n".as_slice(), b"post".as_slice()));
        assert_eq!(split(body, b"YY"), None);
    }
}
