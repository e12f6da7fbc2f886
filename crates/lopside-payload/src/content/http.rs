//! HTTP/1: heads, bodies by length, in chunks or to the end, and where a message stops being one.

use std::borrow::Cow;

use super::{decimal, find, place};

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    /// Method, target and version, or version, status and reason.
    pub(crate) start: &'a [u8],
    /// Names in lower case, with their values.
    pub(crate) headers: Vec<(String, &'a [u8])>,
    /// The body as it was sent, chunks joined.
    pub(crate) body: Cow<'a, [u8]>,
    /// All of the body is there.
    pub(crate) whole: bool,
    /// Something declares how long the body is: a length or chunks.
    pub(crate) delimited: bool,
    /// Extensions of chunks, as far as they are there.
    pub(crate) extensions: Vec<&'a [u8]>,
    /// Where the message ends.
    pub(crate) end: usize,
}

impl<'a> Message<'a> {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| *value)
    }

    /// Whether it is a request.
    pub(crate) fn request(&self) -> bool {
        !self.start.starts_with(b"HTTP/")
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> &'a [u8] {
        self.start.split(|byte| *byte == b' ').next().unwrap_or_default()
    }

    /// The target of a request.
    pub(crate) fn target(&self) -> &'a [u8] {
        let mut parts = self.start.splitn(2, |byte| *byte == b' ');
        let rest = parts.nth(1).unwrap_or_default();
        let end = memchr::memrchr(b' ', rest).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> Option<u64> {
        decimal(self.start.get(9..12)?)
    }

    /// The declared type, in lower case without parameters; empty where there is none.
    pub(crate) fn declared(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        String::from_utf8_lossy(value.get(..end).unwrap_or(value)).trim().to_ascii_lowercase()
    }
}

/// Whether the bytes start like a message.
pub(crate) fn starts(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"HTTP/1.") {
        return true;
    }
    let line = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    let Some(space) = memchr::memchr(b' ', line.get(..24.min(line.len())).unwrap_or(line)) else {
        return false;
    };
    let method = line.get(..space).unwrap_or_default();
    let upper = method.len() >= 3
        && method.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-' || *byte == b'_');
    let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
    upper && find(line.get(..end).unwrap_or(line), b" HTTP/1.", space).is_some()
}

/// Reads the message at the start of the bytes. `stream_ended` says that nothing follows them. `None` where no head is complete.
pub(crate) fn read(bytes: &[u8], stream_ended: bool) -> Option<Message<'_>> {
    if !starts(bytes) {
        return None;
    }
    let (head_end, body_start) = head(bytes)?;
    let mut lines = bytes
        .get(..head_end)?
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = lines.next()?;
    let headers: Vec<(String, &[u8])> = lines.take(256).filter_map(field).collect();
    let rest = bytes.get(body_start..)?;
    let mut message = Message {
        start,
        headers,
        body: Cow::Borrowed(&[]),
        whole: true,
        delimited: true,
        extensions: Vec::new(),
        end: body_start,
    };
    let chunked = message
        .header("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
    let bodiless = !message.request() && matches!(message.status(), Some(100..=199 | 204 | 304));
    if chunked {
        let (body, used, whole) = chunks(rest, &mut message.extensions, &mut message.headers);
        message.end += used;
        message.body = Cow::Owned(body);
        message.whole = whole;
    } else if let Some(length) = message.header("content-length").and_then(decimal) {
        // A response to HEAD has a length and no body: what follows then starts like a message.
        let length = if !message.request() && starts(rest) { 0 } else { place(length) };
        let body = rest.get(..length.min(rest.len())).unwrap_or(rest);
        message.whole = body.len() == length;
        message.end += body.len();
        message.body = Cow::Borrowed(body);
    } else if !message.request() && !bodiless {
        message.body = Cow::Borrowed(rest);
        message.end = bytes.len();
        message.delimited = false;
        message.whole = stream_ended;
    }
    Some(message)
}

/// The name and the value of a line of a head.
fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = String::from_utf8_lossy(line.get(..colon)?).trim().to_ascii_lowercase();
    Some((name, line.get(colon + 1..)?.trim_ascii()))
}

/// Where the head ends and where the body begins.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let within = bytes.get(..bytes.len().min(128 << 10))?;
    let crlf = find(within, b"\r\n\r\n", 0).map(|place| (place, place + 4));
    let lf = find(within, b"\n\n", 0).map(|place| (place, place + 2));
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The content of chunks, the bytes they take, and whether the last one was there. What follows that belongs to the head.
fn chunks<'a>(
    bytes: &'a [u8],
    extensions: &mut Vec<&'a [u8]>,
    headers: &mut Vec<(String, &'a [u8])>,
) -> (Vec<u8>, usize, bool) {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(line) = memchr::memchr(b'\n', rest.get(..rest.len().min(1024)).unwrap_or(rest)) else {
            return (body, bytes.len(), false);
        };
        let size = rest.get(..line).unwrap_or_default().trim_ascii();
        let digits = size.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let length = std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(length) = length else { return (body, at, false) };
        if let Some(semicolon) = memchr::memchr(b';', size)
            && extensions.len() < 256
        {
            extensions.push(size.get(semicolon + 1..).unwrap_or_default().trim_ascii());
        }
        at += line + 1;
        if length == 0 {
            // Trailers end with an empty line.
            let rest = bytes.get(at..).unwrap_or_default();
            let end = if rest.starts_with(b"\r\n") {
                Some(2)
            } else {
                find(rest, b"\r\n\r\n", 0).map(|end| end + 4)
            };
            let trailers = rest.get(..end.unwrap_or(0)).unwrap_or_default();
            headers.extend(trailers.split(|byte| *byte == b'\n').take(64).filter_map(field));
            return (body, at + end.unwrap_or(rest.len().min(2)), true);
        }
        let Some(chunk) = bytes.get(at..at.saturating_add(length)) else {
            body.extend_from_slice(bytes.get(at..).unwrap_or_default());
            return (body, bytes.len(), false);
        };
        body.extend_from_slice(chunk);
        at += length;
        let rest = bytes.get(at..).unwrap_or_default();
        at += if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_by_length() {
        let bytes = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Type: Text/Plain; charset=x\r\nContent-Length: 5\r\n\r\nhelloGET";
        let message = read(bytes, false).unwrap();
        assert_eq!((message.method(), message.target()), (b"POST".as_slice(), b"/a?b=c".as_slice()));
        assert_eq!((message.body.as_ref(), message.whole), (b"hello".as_slice(), true));
        assert_eq!(&bytes[message.end..], b"GET");
        assert_eq!(message.declared(), "text/plain");
    }

    #[test]
    fn a_body_in_chunks() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n2\r\nef\r\n0\r\n\r\nrest";
        let message = read(bytes, false).unwrap();
        assert_eq!(message.body.as_ref(), b"abcdef");
        assert_eq!(&bytes[message.end..], b"rest");
        assert_eq!(message.status(), Some(200));
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nef\r\n0\r\nX-Sum: 17\r\nX-B: c\r\n\r\nrest";
        let message = read(bytes, false).unwrap();
        assert_eq!((message.header("x-sum"), message.header("x-b")), (Some(&b"17"[..]), Some(&b"c"[..])));
        assert_eq!((message.body.as_ref(), &bytes[message.end..]), (b"ef".as_slice(), b"rest".as_slice()));
    }

    #[test]
    fn a_body_to_the_end_and_none_at_all() {
        let message = read(b"HTTP/1.0 200 OK\n\nall of it", true).unwrap();
        assert!(message.whole && !message.delimited);
        assert_eq!(message.body.as_ref(), b"all of it");
        let message = read(b"HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", true).unwrap();
        assert!(message.body.is_empty());
    }

    #[test]
    fn lengths_that_lie_are_survived() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab";
        assert!(!read(bytes, true).unwrap().whole);
        let bytes = b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999\r\n\r\nab";
        assert_eq!(read(bytes, true).unwrap().body.as_ref(), b"ab");
        assert!(read(b"nothing of the kind", true).is_none());
    }
}
