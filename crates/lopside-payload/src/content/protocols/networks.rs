//! Protocols that run networks: names for hosts, time, keys, routes, flows.

use super::{Extent, Over, Protocol, mutual, protocol};
use crate::content::{bencode, big, little, place};

pub(super) const ALL: &[Protocol] = &[
    protocol("STUN", Over::Datagrams, stun),
    protocol("NTP", Over::Datagrams, ntp),
    protocol("DHCP", Over::Datagrams, dhcp),
    protocol("DHCPv6", Over::Datagrams, dhcp6),
    protocol("RADIUS", Over::Datagrams, radius),
    protocol("Diameter", Over::Both, diameter),
    protocol("IKE", Over::Datagrams, ike),
    protocol("NetFlow", Over::Datagrams, netflow),
    protocol("IPFIX", Over::Both, ipfix),
    protocol("sFlow", Over::Datagrams, sflow),
    protocol("GTP", Over::Datagrams, gtp),
    protocol("TFTP", Over::Datagrams, tftp),
    protocol("DHT of BitTorrent", Over::Datagrams, dht),
    protocol("collectd", Over::Datagrams, collectd),
    mutual("BGP", Over::Streams, bgp),
    mutual("TACACS+", Over::Streams, tacacs),
    protocol("Bitcoin", Over::Streams, bitcoin),
];

/// By its length field (RFC 8489).
fn stun(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 2, 2)?);
    let fits = bytes.first()? & 0xC0 == 0 && big(bytes, 4, 4)? == 0x2112_A442 && length.is_multiple_of(4);
    fits.then(|| Extent::to(length + 20))
}

/// 48 bytes, extension fields, an authenticator (RFC 5905 and 7822).
fn ntp(bytes: &[u8]) -> Option<Extent> {
    const HEADER: usize = 48;
    let [first, stratum, poll, precision, ..] = bytes else { return None };
    let (version, mode) = (first >> 3 & 7, first & 7);
    // Stratum up to 16; poll and precision are powers of two, of seconds, up to 2^17 and down to 2^-32.
    let plausible = matches!(version, 3 | 4) && (1..=5).contains(&mode) && *stratum <= 16 && *poll <= 17;
    // Half of a second of 1968 to 2104 and more: the transmit time is set, the delay and the dispersion are small.
    let small = big(bytes, 4, 2)? < 64 && big(bytes, 8, 2)? < 64;
    let precise = *precision == 0 || *precision >= 0xE0;
    if !plausible || !small || !precise || big(bytes, 40, 4)? < 1 << 31 || bytes.len() < HEADER {
        return None;
    }
    let mut at = HEADER;
    while bytes.len() - at >= 28
        && let Some(length) = big(bytes, at + 2, 2).map(place)
        && length >= 16
        && length.is_multiple_of(4)
        && at + length <= bytes.len()
    {
        at += length;
    }
    // A key identifier alone, or with a digest.
    let left = bytes.len() - at;
    Some(Extent::to(if matches!(left, 4 | 20 | 24 | 36 | 52 | 68) { bytes.len() } else { at }))
}

/// Options end at 255 (RFC 2131).
fn dhcp(bytes: &[u8]) -> Option<Extent> {
    const OPTIONS: usize = 240;
    let known = matches!(bytes, [1 | 2, _, 0..=16, ..]) && big(bytes, 236, 4)? == 0x6382_5363;
    let mut at = known.then_some(OPTIONS)?;
    loop {
        at += match bytes.get(at)? {
            0 => 1,
            255 => return Some(Extent::to(at + 1)),
            _ => 2 + usize::from(*bytes.get(at + 1)?),
        };
    }
}

/// Options, one after the other, to the end of the datagram (RFC 8415).
fn dhcp6(bytes: &[u8]) -> Option<Extent> {
    let mut at = matches!(bytes.first()?, 1..=11).then_some(4)?;
    let mut options = 0;
    while let (Some(code @ 1..=150), Some(length)) = (big(bytes, at, 2), big(bytes, at + 2, 2)) {
        let end = at + 4 + place(length);
        if end > bytes.len() || options == 0 && !matches!((code, length), (1 | 2, 8..=130)) {
            break;
        }
        (at, options) = (end, options + 1);
    }
    (options >= 2).then(|| Extent::to(at))
}

/// By its length field, which its attributes fill (RFC 2865); some have to be there.
fn radius(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 2, 2)?);
    if !matches!(bytes.first()?, 1..=5 | 11..=13 | 40..=45) || !(20..=4096).contains(&length) {
        return None;
    }
    let (mut at, mut attributes) = (20, 0);
    while let (Some(1..=253), Some(size @ 2..)) = (bytes.get(at), bytes.get(at + 1))
        && at + usize::from(*size) <= length
    {
        (at, attributes) = (at + usize::from(*size), attributes + 1);
    }
    let known = length <= bytes.len() && (at == length || attributes >= 3);
    known.then(|| Extent::with_rest(at, length))
}

/// By its length field; its first attribute fits into it (RFC 6733).
fn diameter(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 1, 3)?);
    let attribute = place(big(bytes, 25, 3)?);
    let fits = *bytes.first()? == 1 && bytes.get(4)? & 15 == 0 && length.is_multiple_of(4);
    let first = big(bytes, 20, 3)? < 256 && bytes.get(24)? & 31 == 0 && attribute >= 8;
    (fits && first && 20 + attribute <= length).then(|| Extent::to(length))
}

/// By its length field, behind four zeros where NAT is crossed (RFC 7296 and 3948).
fn ike(bytes: &[u8]) -> Option<Extent> {
    let start = if big(bytes, 0, 4)? == 0 { 4 } else { 0 };
    let kind = *bytes.get(start + 18)?;
    let version = *bytes.get(start + 17)?;
    let known = matches!((version, kind), (0x10, 2..=6 | 32..=33) | (0x20, 34..=43));
    let length = place(big(bytes, start + 24, 4)?);
    (known && (28..1 << 16).contains(&length)).then(|| Extent::to(start + length))
}

/// Version 5 by its count of records, version 9 by the lengths of its sets.
fn netflow(bytes: &[u8]) -> Option<Extent> {
    let (version, count) = (big(bytes, 0, 2)?, place(big(bytes, 2, 2)?));
    if version == 5 && (1..=30).contains(&count) {
        let end = 24 + 48 * count;
        return (end <= bytes.len()).then(|| Extent::to(end));
    }
    if version != 9 || !(1..=500).contains(&count) {
        return None;
    }
    let (mut at, mut sets) = (20, 0);
    while let (Some(0 | 1 | 256..), Some(length)) = (big(bytes, at, 2), big(bytes, at + 2, 2)) {
        let end = at + place(length);
        if length < 8 || end > bytes.len() || sets == count {
            break;
        }
        (at, sets) = (end, sets + 1);
    }
    (sets > 0).then(|| Extent::to(at))
}

/// By its length field, which its sets fill (RFC 7011).
fn ipfix(bytes: &[u8]) -> Option<Extent> {
    let (length, set) = (place(big(bytes, 2, 2)?), place(big(bytes, 18, 2)?));
    let known = big(bytes, 0, 2)? == 10 && matches!(big(bytes, 16, 2)?, 2 | 3 | 256..);
    let mut at = 16;
    while let (Some(2 | 3 | 256..), Some(set)) = (big(bytes, at, 2), big(bytes, at + 2, 2))
        && set >= 4
        && at + place(set) <= length
    {
        at += place(set);
    }
    // What is cut cannot be followed.
    let content = if length <= bytes.len() { at } else { length };
    (known && set >= 4 && 16 + set <= length).then(|| Extent::with_rest(content, length))
}

/// By the count of its samples and their lengths.
fn sflow(bytes: &[u8]) -> Option<Extent> {
    let header = match (big(bytes, 0, 4)?, big(bytes, 4, 4)?) {
        (5, 1) => 28,
        (5, 2) => 40,
        _ => return None,
    };
    let count = big(bytes, header - 4, 4).filter(|count| (1..=64).contains(count))?;
    let mut at = header;
    for _ in 0..count {
        at = at.checked_add(8 + place(big(bytes, at + 4, 4)?)).filter(|end| *end <= bytes.len())?;
    }
    Some(Extent::to(at))
}

/// By its length field: a tunnelled packet, or a message of control.
fn gtp(bytes: &[u8]) -> Option<Extent> {
    let (first, kind) = (*bytes.first()?, *bytes.get(1)?);
    let length = place(big(bytes, 2, 2)?);
    let optional = if first & 7 == 0 { 0 } else { 4 };
    let inner = || bytes.get(8 + optional).map(|inner| inner >> 4);
    match (first >> 4, kind) {
        (3, 255) if matches!(inner()?, 4 | 6) => Some(Extent::to(8 + length)),
        (3, 1 | 2 | 16..=21) if length >= 4 => Some(Extent::to(8 + length)),
        (4, 1 | 2 | 32..=39) if first & 7 == 0 && length >= 8 => Some(Extent::to(4 + length)),
        _ => None,
    }
}

/// Requests: names and values that end in a zero (RFC 1350 and 2347).
fn tftp(bytes: &[u8]) -> Option<Extent> {
    let text = |from: usize| {
        let rest = bytes.get(from..)?;
        let end = memchr::memchr(0, rest).filter(|end| *end > 0)?;
        let text = rest.get(..end)?;
        text.iter().all(|byte| matches!(byte, 32..=126)).then_some((from + end + 1, text))
    };
    let (mode_at, _) = matches!(big(bytes, 0, 2)?, 1 | 2).then(|| text(2))??;
    let (mut at, mode) = text(mode_at)?;
    let known =
        [b"octet".as_slice(), b"netascii", b"mail"].iter().any(|known| mode.eq_ignore_ascii_case(known));
    while let Some((value_at, _)) = text(at)
        && let Some((end, _)) = text(value_at)
    {
        at = end;
    }
    known.then(|| Extent::to(at))
}

/// One dictionary of bencode with a query, an answer or an error (BEP 5).
fn dht(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(
        bytes,
        [b'd', b'1', b':', b'a' | b'r' | b'e' | b'q', ..] | [b'd', b'2', b':', b'i', b'p', ..]
    );
    known.then(|| bencode::dictionary(bytes))?.map(Extent::to)
}

/// Parts, each with its length, the first of them the name of a host, fill it.
fn collectd(bytes: &[u8]) -> Option<Extent> {
    let mut at = matches!((big(bytes, 0, 2)?, big(bytes, 2, 2)?), (0, 6..=260)).then_some(0)?;
    let mut parts = 0;
    while let (Some(0..=9 | 0x100 | 0x101 | 0x200 | 0x210), Some(length)) =
        (big(bytes, at, 2), big(bytes, at + 2, 2))
    {
        let end = at + place(length);
        if length < 5 || end > bytes.len() {
            break;
        }
        (at, parts) = (end, parts + 1);
    }
    (parts >= 3).then(|| Extent::to(at))
}

/// By its length field behind sixteen bytes of 255 (RFC 4271).
fn bgp(bytes: &[u8]) -> Option<Extent> {
    let known = big(bytes, 0, 8)? == u64::MAX && big(bytes, 8, 8)? == u64::MAX;
    let length = place(big(bytes, 16, 2)?);
    (known && (19..=4096).contains(&length) && matches!(bytes.get(18)?, 1..=5)).then(|| Extent::to(length))
}

/// By its length field (RFC 8907).
fn tacacs(bytes: &[u8]) -> Option<Extent> {
    let known = matches!(bytes, [0xC0 | 0xC1, 1..=3, _, 0 | 1 | 4 | 5, ..]);
    let length = place(big(bytes, 8, 4)?);
    (known && (5..1 << 16).contains(&length)).then(|| Extent::to(12 + length))
}

/// By its length field behind the name of a command.
fn bitcoin(bytes: &[u8]) -> Option<Extent> {
    let name = bytes.get(4..16)?;
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let (word, fill) = name.split_at_checked(end)?;
    let known = end >= 2 && word.iter().all(u8::is_ascii_lowercase) && fill.iter().all(|byte| *byte == 0);
    let length = place(little(bytes, 16, 4)?);
    (known && length < 1 << 25).then(|| Extent::to(24 + length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("STUN", || [&[0, 1, 0, 4, 0x21, 0x12, 0xA4, 0x42][..], &[7; 12], &[0, 6, 0, 0]].concat()),
        ("NTP", || [&[0x23, 0, 6, 0xE9][..], &[0; 36], &[0xED, 1, 2, 3, 4, 5, 6, 7]].concat()),
        ("DHCP", || [&[1, 1, 6, 0][..], &[0; 232], b"c\x82Sc\x35\x01\x08\0\x0C\x02pc\xFF"].concat()),
        ("DHCPv6", || [&[1, 7, 7, 7, 0, 1, 0, 10][..], &[9; 10], &[0, 8, 0, 2, 0, 0]].concat()),
        ("RADIUS", || [&[1, 9, 0, 25][..], &[3; 16], b"\x01\x05bob"].concat()),
        ("Diameter", || {
            [&[1, 0, 0, 32, 0x80, 0, 1, 0x18][..], &[0; 12], &[0, 0, 1, 8, 0x40, 0, 0, 12], b"host"].concat()
        }),
        ("IKE", || [&[5; 16][..], &[33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 32], &[1; 4]].concat()),
        ("NetFlow", || [&[0, 5, 0, 1][..], &[0; 68]].concat()),
        ("NetFlow", || [&[0, 9, 0, 1][..], &[0; 16], &[1, 0, 0, 12], &[1; 8]].concat()),
        ("IPFIX", || [&[0, 10, 0, 28][..], &[0; 12], &[1, 0, 0, 12], &[1; 8]].concat()),
        ("sFlow", || {
            let head = [0, 0, 0, 5, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 9, 9, 0, 0, 0, 1];
            [&head[..], &[0, 0, 0, 1, 0, 0, 0, 8], &[3; 8]].concat()
        }),
        ("GTP", || b"\x30\xFF\0\x08\0\0\0\x07\x45\0\0\x08abcd".to_vec()),
        ("TFTP", || b"\0\x01site/boot.cfg\0octet\0blksize\x001428\0".to_vec()),
        ("DHT of BitTorrent", || b"d1:ad2:id4:abcde1:q4:ping1:t2:aa1:y1:qe".to_vec()),
        ("collectd", || b"\0\0\0\x0Ddepot-17\0\0\x08\0\x0C\0\0\0\0\x60\0\0\0\0\x02\0\x08cpu\0".to_vec()),
        ("BGP", || [&[0xFF; 16][..], &[0, 19, 4]].concat()),
        ("TACACS+", || [&[0xC0, 1, 1, 0, 9, 9, 9, 9, 0, 0, 0, 6][..], b"sealed"].concat()),
        ("Bitcoin", || b"\xF9\xBE\xB4\xD9ping\0\0\0\0\0\0\0\0\x08\0\0\0abcd12345678".to_vec()),
    ];
}
