//! Protocols of data bases and caches.

use super::{Extent, Over, Protocol, mutual, protocol};
use crate::class::is_text;
use crate::content::document::{self, Kind};
use crate::content::{big, decimal, little, place};

pub(super) const ALL: &[Protocol] = &[
    mutual("PostgreSQL", Over::Streams, postgres),
    mutual("MySQL", Over::Streams, mysql),
    mutual("Redis", Over::Streams, redis),
    mutual("MongoDB", Over::Streams, mongo),
    mutual("Cassandra", Over::Streams, cassandra),
    mutual("memcached", Over::Streams, memcached),
    mutual("TNS", Over::Streams, tns),
    protocol("Kafka", Over::Streams, kafka),
];

/// The longest message that is believed.
const LONGEST: usize = 1 << 26;

/// By its length behind the kind; texts in it end at a zero.
fn postgres(bytes: &[u8]) -> Option<Extent> {
    const KINDS: &[u8] = b"QPBEDSHCXdcfpFRKZT123ntsANIGWVv";
    let kind = *bytes.first()?;
    if kind == 0 {
        // Who starts a session, asks for encryption or cancels has no kind.
        let length = place(big(bytes, 0, 4)?);
        let known = matches!(big(bytes, 4, 4)?, 0x0003_0000..=0x0003_0002 | 80_877_102..=80_877_104);
        return (known && (8..10_000).contains(&length)).then(|| Extent::to(length));
    }
    let end = place(big(bytes, 1, 4)?) + 1;
    if !KINDS.contains(&kind) || !(5..LONGEST).contains(&end) {
        return None;
    }
    let Some(held) = bytes.get(5..end) else { return Some(Extent::to(end)) };
    let content = match kind {
        b'Q' => Some(texts(held, 1)?),
        // Which command is complete; which statement is to be closed.
        b'C' if held.first()?.is_ascii_uppercase() => Some(texts(held, 1)?),
        b'S' if !held.is_empty() => Some(texts(held, 2)?),
        b'P' => {
            let named = texts(held, 2)?;
            Some(named + 2 + 4 * place(big(held, named, 2)?))
        }
        b'Z' => Some(1),
        b'1' | b'2' | b'3' | b'n' | b's' | b'I' | b'X' | b'H' => Some(0),
        _ => None,
    };
    let content = content.map_or(end, |content| 5 + content);
    (content <= end).then(|| Extent::with_rest(content, end))
}

/// Where so many texts, each with a zero behind it, end.
fn texts(bytes: &[u8], count: usize) -> Option<usize> {
    let mut at = 0;
    for _ in 0..count {
        let rest = bytes.get(at..)?;
        let end = memchr::memchr(0, rest)?;
        at += end + 1;
        if !is_text(rest.get(..end)?) {
            return None;
        }
    }
    Some(at)
}

/// By its length; a command is the first of its sequence, an answer goes on in the ways of answers.
fn mysql(bytes: &[u8]) -> Option<Extent> {
    let [_, _, _, sequence, first, ..] = bytes else { return None };
    let length = place(little(bytes, 0, 3)?);
    let held = bytes.get(4..(4 + length).min(bytes.len()))?;
    let known = match sequence {
        // A command, or the greeting of a server.
        0 => {
            *first <= 0x1F && (length == 1 || held.get(1)?.is_ascii_graphic() || *first >= 0x16)
                || *first == 10
        }
        // All is well or not, how many columns, a login.
        1 => match first {
            0 => length >= 7,
            0xFF => held.get(3) == Some(&b'#'),
            1..=250 if length == 1 => true,
            _ => length >= 32 && big(held, 9, 8)? == 0 && big(held, 17, 8)? == 0,
        },
        2..=64 => match first {
            0 => length < 4096,
            0xFE | 0xFF => length < 512,
            _ => held.starts_with(b"\x03def") || is_row(held),
        },
        _ => false,
    };
    (known && (1..1 << 20).contains(&length)).then(|| Extent::to(4 + length))
}

/// Whether values with their lengths fill a row.
fn is_row(held: &[u8]) -> bool {
    let mut at = 0;
    while let Some(length) = held.get(at) {
        at += match length {
            0xFB => 1,
            0xFC => 3 + place(little(held, at + 1, 2).unwrap_or(u64::from(u32::MAX))),
            0xFD.. => return false,
            short => 1 + usize::from(*short),
        };
    }
    at == held.len()
}

/// By line ends and lengths; a document in the last value ends it (RESP).
fn redis(bytes: &[u8]) -> Option<Extent> {
    let (mut at, mut left, mut hole) = (0, 1usize, None);
    while left > 0 {
        let rest = bytes.get(at..)?;
        let kind = *rest.first()?;
        let line = memchr::memmem::find(rest.get(..rest.len().min(4096))?, b"\r\n")?;
        let word = rest.get(1..line)?;
        let start = at + line + 2;
        left -= 1;
        at = match kind {
            b'+' | b'-' if is_text(word) => start,
            b':' | b'_' | b'#' | b',' if word.len() <= 24 => start,
            b'$' | b'*' if word == b"-1" => start,
            b'*' | b'%' | b'~' | b'>' => {
                let count = decimal(word).filter(|count| *count <= 4096)?;
                left += place(if kind == b'%' { 2 * count } else { count });
                start
            }
            b'$' => {
                let end = start + place(decimal(word).filter(|length| *length < LONGEST as u64)?);
                hole = behind_document(bytes, start, end).or(hole);
                if bytes.get(end..end + 2).is_some_and(|ends| ends != b"\r\n") {
                    return None;
                }
                end + 2
            }
            _ => return None,
        };
        if at > bytes.len() {
            return Some(Extent::to(at));
        }
    }
    Some(Extent { hole: hole.unwrap_or(at..at), end: at })
}

/// What stands behind a document of text that a value begins with.
fn behind_document(bytes: &[u8], start: usize, end: usize) -> Option<std::ops::Range<usize>> {
    let value = bytes.get(start..end).filter(|value| matches!(value.first(), Some(b'<' | b'{' | b'[')))?;
    let found = document::at_start(value, true)?;
    let known = found.complete && matches!(found.kind, Kind::Xml | Kind::Json) && found.end >= 16;
    (known && found.end < value.len()).then_some(start + found.end..end)
}

/// By its length; numbers and a known operation follow.
fn mongo(bytes: &[u8]) -> Option<Extent> {
    let length = place(little(bytes, 0, 4)?);
    let known = matches!(little(bytes, 12, 4)?, 1 | 2001..=2007 | 2010..=2013);
    (known && (16..LONGEST).contains(&length)).then(|| Extent::to(length))
}

/// By its length behind the operation.
fn cassandra(bytes: &[u8]) -> Option<Extent> {
    // What tells that a login was right (16) is left out: calls of DCE have that byte there.
    let known = matches!(bytes, [3..=5 | 0x83..=0x85, 0..=15, _, _, 0..=15, ..]);
    let length = place(big(bytes, 5, 4)?);
    (known && length < 1 << 20).then(|| Extent::to(9 + length))
}

/// The binary protocol: by the length of its body, which holds a key and more.
fn memcached(bytes: &[u8]) -> Option<Extent> {
    let [0x80 | 0x81, operation, ..] = bytes else { return None };
    let (key, extras, body) = (big(bytes, 2, 2)?, u64::from(*bytes.get(4)?), big(bytes, 8, 4)?);
    let fits =
        *operation <= 0x48 && *bytes.get(5)? == 0 && key <= 250 && extras <= 24 && key + extras <= body;
    (fits && body < 1 << 24).then(|| Extent::to(24 + place(body)))
}

/// By its length field.
fn tns(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 0, 2)?);
    let known = big(bytes, 2, 2)? == 0 && matches!(bytes.get(4)?, 1..=14) && bytes.get(6..8)? == [0, 0];
    (known && length >= 10).then(|| Extent::to(length))
}

/// Requests: by their length; an operation, its version, a number and the name of the client follow.
fn kafka(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 0, 4)?);
    let name = place(big(bytes, 12, 2)?);
    let known = big(bytes, 4, 2)? <= 80 && big(bytes, 6, 2)? <= 20 && (1..=249).contains(&name);
    let text = bytes.get(14..14 + name)?.iter().all(u8::is_ascii_graphic);
    (known && text && 10 + name <= length && length < LONGEST).then(|| Extent::to(4 + length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;
    use super::*;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("PostgreSQL", || b"\0\0\0\x13\0\x03\0\0user\0crm\0\0\0".to_vec()),
        ("PostgreSQL", || b"Q\0\0\0\x0DSELECT 1\0".to_vec()),
        ("PostgreSQL", || b"P\0\0\0\x10\0SELECT 1\0\0\0".to_vec()),
        ("MySQL", || b"\x09\0\0\0\x03SELECT 1".to_vec()),
        ("Redis", || b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\nok\r\n".to_vec()),
        ("MongoDB", || [&[20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xDD, 7, 0, 0][..], &[0; 4]].concat()),
        ("Cassandra", || b"\x04\0\0\x01\x07\0\0\0\x04abcd".to_vec()),
        ("memcached", || [&[0x80, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5][..], &[0; 12], b"keyok"].concat()),
        ("TNS", || b"\0\x0C\0\0\x06\0\0\0data".to_vec()),
        ("Kafka", || b"\0\0\0\x12\0\0\0\x07\0\0\0\x01\0\x04prodbody".to_vec()),
    ];

    #[test]
    fn what_stands_behind_the_end_of_a_text_or_document_is_a_hole() {
        assert_eq!(
            postgres(b"Q\0\0\0\x11SELECT 1\0\xE1\xF2\x93\xA4"),
            Some(Extent { hole: 14..18, end: 18 })
        );
        let message = b"*2\r\n$3\r\nSET\r\n$21\r\n<a><b>text</b></a>xYz\r\n";
        let found = redis(message).unwrap();
        assert_eq!((found.hole, found.end), (36..39, 41));
    }
}
