//! Protocols of brokers, caches and queues.

use super::{Extent, Over, Protocol, mutual, protocol};
use crate::content::{big, decimal, find, little, place};

pub(super) const ALL: &[Protocol] = &[
    mutual("MQTT", Over::Streams, mqtt),
    mutual("AMQP", Over::Streams, amqp),
    mutual("AMQP 1.0", Over::Streams, amqp1),
    protocol("STOMP", Over::Streams, stomp),
    protocol("a queue or cache of text", Over::Streams, counted_lines),
    mutual("SMPP", Over::Streams, smpp),
    protocol("Zabbix", Over::Streams, zabbix),
    protocol("Gearman", Over::Streams, gearman),
    mutual("FastCGI", Over::Streams, fast_cgi),
];

/// The longest message that is believed.
const LONGEST: usize = 1 << 26;

/// A number of seven bits a byte, least first, and where it ends.
fn seven_bits(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for at in 0..4 {
        let byte = *bytes.get(from + at)?;
        number |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, from + at + 1));
        }
    }
    None
}

/// By its remaining length; each kind has to begin as it does.
fn mqtt(bytes: &[u8]) -> Option<Extent> {
    let first = *bytes.first()?;
    let (length, start) = seven_bits(bytes, 1)?;
    let topic = |at: usize| {
        let size = place(big(bytes, at, 2)?);
        let text = bytes.get(at + 2..at + 2 + size)?;
        Some(size > 0 && size + 2 <= length && text.iter().all(|byte| *byte >= 32))
    };
    let known = match (first >> 4, first & 15) {
        (1, 0) => matches!(bytes.get(start..start + 6)?, b"\0\x04MQTT" | b"\0\x06MQIs"),
        (2, 0) => length >= 2 && *bytes.get(start)? <= 1,
        (3, flags) => flags & 6 != 6 && topic(start)?,
        (4 | 5 | 7, 0) | (6, 2) | (11, 0) => (2..=4).contains(&length),
        (8 | 10, 2) => topic(start + 2)?,
        (9, 0) => (3..64).contains(&length),
        (12..=14, 0) => length == 0,
        _ => false,
    };
    known.then(|| Extent::to(start + length))
}

/// By the size of its frame, and by the byte that ends it.
fn amqp(bytes: &[u8]) -> Option<Extent> {
    if bytes.starts_with(b"AMQP") {
        return bytes.get(4).filter(|first| **first <= 3).map(|_| Extent::to(8));
    }
    let end = place(big(bytes, 3, 4)?) + 8;
    let known = matches!(bytes.first()?, 1..=3 | 8) && big(bytes, 1, 2)? < 2048 && end < LONGEST;
    let ended = bytes.get(end - 1).is_none_or(|last| *last == 0xCE);
    (known && ended).then(|| Extent::to(end))
}

/// By the size of its frame; a described type begins what it holds.
fn amqp1(bytes: &[u8]) -> Option<Extent> {
    let size = place(big(bytes, 0, 4)?);
    let start = 4 * usize::from(*bytes.get(4)?);
    let known =
        matches!(bytes.get(5)?, 0 | 1) && (8..=32).contains(&start) && (start..LONGEST).contains(&size);
    let described = size == start || bytes.get(start..start + 2)? == [0, 0x53];
    (known && described).then(|| Extent::to(size))
}

/// By the length of its body, or by the zero that ends it.
fn stomp(bytes: &[u8]) -> Option<Extent> {
    const COMMANDS: [&[u8]; 14] = [
        b"CONNECT",
        b"STOMP",
        b"CONNECTED",
        b"SEND",
        b"SUBSCRIBE",
        b"UNSUBSCRIBE",
        b"ACK",
        b"NACK",
        b"BEGIN",
        b"COMMIT",
        b"DISCONNECT",
        b"MESSAGE",
        b"RECEIPT",
        b"ERROR",
    ];
    let start = bytes.iter().position(|byte| *byte != b'\n')?;
    let head = bytes.get(start..bytes.len().min(start + 4096))?;
    let line = memchr::memchr(b'\n', head)?;
    if !COMMANDS.contains(&head.get(..line)?.trim_ascii_end()) {
        return None;
    }
    let body = match (find(head, b"\n\n", line), find(head, b"\n\r\n", line)) {
        (Some(plain), Some(other)) if other < plain => other + 3,
        (Some(plain), _) => plain + 2,
        (None, other) => other? + 3,
    };
    let said =
        head.get(..body)?.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"content-length:"));
    let end = match said {
        Some(said) => start + body + place(decimal(said.trim_ascii())?),
        None => start + body + memchr::memchr(0, bytes.get(start + body..)?)?,
    };
    if bytes.get(end).is_some_and(|zero| *zero != 0) {
        return None;
    }
    let breaks = bytes.get(end + 1..).unwrap_or_default();
    let breaks = breaks.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    Some(Extent::to(end + 1 + breaks))
}

/// Commands in lines, some of which end in the length of what follows: memcached, NATS and beanstalk.
fn counted_lines(bytes: &[u8]) -> Option<Extent> {
    const PLAIN: [&[u8]; 26] = [
        b"get",
        b"gets",
        b"delete",
        b"incr",
        b"decr",
        b"touch",
        b"STORED",
        b"NOT_STORED",
        b"EXISTS",
        b"NOT_FOUND",
        b"END",
        b"DELETED",
        b"TOUCHED",
        b"PING",
        b"PONG",
        b"SUB",
        b"UNSUB",
        b"CONNECT",
        b"INFO",
        b"+OK",
        b"-ERR",
        b"INSERTED",
        b"reserve",
        b"watch",
        b"use",
        b"USING",
    ];
    let line = memchr::memmem::find(bytes.get(..bytes.len().min(4096))?, b"\r\n")?;
    let mut words = bytes.get(..line)?.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let name = words.next()?;
    if PLAIN.contains(&name) {
        return Some(Extent::to(line + 2));
    }
    let said = match name {
        // Key, flags, time, length; key, flags, length; priority, delay, time, length.
        b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas" => words.nth(3),
        b"VALUE" => words.nth(2),
        b"put" => words.nth(3),
        b"PUB" | b"HPUB" | b"MSG" | b"HMSG" | b"RESERVED" | b"FOUND" => words.next_back(),
        _ => None,
    };
    let end = line + 2 + place(decimal(said?).filter(|length| *length < LONGEST as u64)?);
    bytes.get(end..end + 2).is_none_or(|ends| ends == b"\r\n").then(|| Extent::to(end + 2))
}

/// By its length before the command.
fn smpp(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 0, 4)?);
    let command = big(bytes, 4, 4)? & 0x7FFF_FFFF;
    let known = matches!(command, 0..=9 | 0x0B | 0x15 | 0x21 | 0x102 | 0x103) && big(bytes, 8, 4)? < 0x600;
    let counted = (1..1 << 31).contains(&big(bytes, 12, 4)?);
    (known && counted && (16..1 << 16).contains(&length)).then(|| Extent::to(length))
}

/// By its length behind its name.
fn zabbix(bytes: &[u8]) -> Option<Extent> {
    let known = bytes.starts_with(b"ZBXD") && matches!(bytes.get(4)?, 1..=3);
    let length = place(little(bytes, 5, 4)?);
    (known && length < LONGEST).then(|| Extent::to(13 + length))
}

/// By its length behind its kind.
fn gearman(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes.get(..4)?, b"\0REQ" | b"\0RES") && big(bytes, 4, 4)? < 64;
    let length = place(big(bytes, 8, 4)?);
    (known && length < LONGEST).then(|| Extent::to(12 + length))
}

/// By the lengths of its content and of its padding.
fn fast_cgi(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes, [1, 1..=11, _, _, _, _, _, 0, ..]) && big(bytes, 2, 2)? < 4096;
    let length = place(big(bytes, 4, 2)?);
    known.then(|| Extent::to(8 + length + usize::from(bytes.get(6).copied().unwrap_or(0))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("MQTT", || b"\x30\x09\0\x03a/btext".to_vec()),
        ("MQTT", || b"\x10\x0C\0\x04MQTT\x04\x02\0\x3C\0\0".to_vec()),
        ("AMQP", || b"\x01\0\x01\0\0\0\x04abcd\xCE".to_vec()),
        ("AMQP 1.0", || b"\0\0\0\x0C\x02\0\0\0\0\x53\x10\x45".to_vec()),
        ("STOMP", || b"SEND\ndestination:/q\n\nhello\0\n".to_vec()),
        ("STOMP", || b"SEND\ncontent-length:5\n\nhello\0".to_vec()),
        ("a queue or cache of text", || b"set k 0 60 5\r\nhello\r\n".to_vec()),
        ("a queue or cache of text", || b"PUB a.b 5\r\nhello\r\n".to_vec()),
        ("a queue or cache of text", || b"STORED\r\n".to_vec()),
        ("SMPP", || b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x07".to_vec()),
        ("Zabbix", || b"ZBXD\x01\x04\0\0\0\0\0\0\0data".to_vec()),
        ("Gearman", || b"\0REQ\0\0\0\x07\0\0\0\x04data".to_vec()),
        ("FastCGI", || b"\x01\x05\0\x01\0\x04\0\0data".to_vec()),
    ];
}
