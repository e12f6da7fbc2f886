//! The host that an HTTP request is for.

use memchr::memchr;

/// Bytes of a request's head that are waited for.
pub(super) const LONGEST: usize = 16 << 10;
const MOST_HEADERS: usize = 100;
/// Bytes of the longest word for a method that is looked at.
const LONGEST_METHOD: usize = 24;

/// What the head of a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// It names a host.
    Host(String),
    /// It names none.
    NoHost,
    /// It goes on.
    More,
}

/// Whether bytes begin like a request or an answer of HTTP; `None` where they are too few to tell.
pub(super) fn begins(bytes: &[u8]) -> Option<bool> {
    const ANSWER: &[u8] = b"HTTP/1.";
    const SECOND: &[u8] = b"PRI * HTTP/2.0";
    let shared = |known: &[u8]| bytes.iter().zip(known).all(|(a, b)| a == b);
    if bytes.len() < SECOND.len() && (shared(ANSWER) || shared(SECOND)) {
        return (bytes.len() >= ANSWER.len() && shared(ANSWER)).then_some(true);
    }
    if shared(ANSWER) || shared(SECOND) {
        return Some(true);
    }
    let method =
        bytes.iter().take_while(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-')).count();
    match bytes.get(method) {
        None if method <= LONGEST_METHOD => return None,
        Some(b' ') if (3..=LONGEST_METHOD).contains(&method) => {}
        _ => return Some(false),
    }
    match memchr(b'\n', bytes) {
        Some(end) => {
            let line = bytes.get(..end).unwrap_or_default().trim_ascii_end();
            let version = line.len().checked_sub(8).and_then(|at| line.get(at..));
            Some(version.is_some_and(|version| version.starts_with(b"HTTP/1.")))
        }
        None if bytes.len() >= LONGEST => Some(false),
        None => None,
    }
}

/// Reads the head of a request at the start of a stream.
pub(super) fn head(bytes: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes);
    let host = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"));
    if let Some(host) = host {
        // The value is whole where a line follows or the head ended.
        let whole = !matches!(status, Ok(httparse::Status::Partial))
            || request.headers.last().is_some_and(|last| last.name != host.name);
        if whole {
            return super::host_name(host.value).map_or(Head::NoHost, Head::Host);
        }
    }
    match status {
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST => Head::More,
        _ => Head::NoHost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::testing::Dice;

    const REQUEST: &[u8] =
        b"POST /up?x=1 HTTP/1.1\r\nUser-Agent: a\r\nHost: Drop.Example:8080\r\nContent-Length: 3\r\n\r\nabc";

    #[test]
    fn the_host_is_found_in_whatever_order_it_stands() {
        assert_eq!(head(REQUEST), Head::Host("drop.example".into()));
        assert_eq!(head(b"GET / HTTP/1.0\r\n\r\n"), Head::NoHost);
        assert_eq!(head(b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"), Head::NoHost);
        assert_eq!(
            head(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"),
            Head::Host("a.example".into())
        );
    }

    #[test]
    fn a_host_that_is_cut_off_is_waited_for() {
        let end = REQUEST.windows(2).position(|pair| pair == b"\r\n").unwrap();
        for cut in 0..REQUEST.len() {
            match head(&REQUEST[..cut]) {
                Head::More => {}
                Head::Host(host) => assert_eq!(host, "drop.example", "{cut}"),
                Head::NoHost => panic!("{cut}"),
            }
            let begins = begins(&REQUEST[..cut]);
            assert_eq!(begins, (cut > end + 1).then_some(true), "{cut}");
        }
    }

    #[test]
    fn other_protocols_are_told_from_http() {
        for other in [
            b"SSH-2.0-x\r\n".as_slice(),
            b"GET lost\r\n",
            b"\x16\x03\x01\x02\x00",
            b"get / http/1.1\r\n",
            b"EHLO a\r\n",
        ] {
            assert_eq!(begins(other), Some(false), "{}", String::from_utf8_lossy(other));
        }
        assert_eq!(begins(b"HTTP/1.1 200 OK\r\n"), Some(true));
        assert_eq!(begins(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Some(true));
    }

    #[test]
    fn mutations_never_panic() {
        let mut dice = Dice(0x5eed_0005);
        for _ in 0..20_000 {
            let damaged = dice.damage(REQUEST);
            let _told = (begins(&damaged), head(&damaged));
        }
    }
}
