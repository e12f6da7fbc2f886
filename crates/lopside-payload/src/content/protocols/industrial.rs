//! Protocols of machines and their controllers.

use super::{Extent, Over, Protocol, mutual, packed, protocol};
use crate::content::{big, document, little, place};

pub(super) const ALL: &[Protocol] = &[
    mutual("Modbus", Over::Both, modbus),
    mutual("S7comm", Over::Streams, s7),
    protocol("DNP3", Over::Both, dnp3),
    mutual("IEC 104", Over::Streams, iec104),
    protocol("BACnet", Over::Datagrams, bacnet),
    mutual("OPC UA", Over::Streams, opc_ua),
    mutual("EtherNet/IP", Over::Both, ethernet_ip),
    mutual("FINS", Over::Streams, fins),
    protocol("MELSEC", Over::Both, melsec),
    protocol("KNX/IP", Over::Datagrams, knx),
    protocol("SOME/IP", Over::Both, some_ip),
    protocol("DoIP", Over::Both, doip),
    protocol("RTPS", Over::Datagrams, rtps),
    protocol("CoAP", Over::Datagrams, coap),
];

/// By its length field; what its function takes fills it.
fn modbus(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 4, 2)?);
    let end = 6 + length;
    if big(bytes, 2, 2)? != 0 || !(3..=254).contains(&length) {
        return None;
    }
    let counted = |at: usize| bytes.get(at).map(|count| usize::from(*count));
    // How long requests and answers of the function are.
    let (one, other) = match bytes.get(7)? {
        1..=4 => (6, counted(8)? + 3),
        5 | 6 => (6, 6),
        15 | 16 => (6, if length > 6 { counted(12)? + 7 } else { 6 }),
        0x81..=0x98 => (3, 3),
        7 | 8 | 11 | 12 | 17 | 20..=24 | 43 => (length, length),
        _ => return None,
    };
    if length == one || length == other {
        return Some(Extent::to(end));
    }
    // Who asks for registers names an address and a number of them.
    let asks = matches!(bytes.get(7)?, 1..=4) && (1..=125).contains(&big(bytes, 10, 2)?);
    let content = if asks { one } else { other };
    (content < length).then(|| Extent::with_rest(6 + content, end))
}

/// By the length of its transport, and by the lengths of its parameters and data within.
fn s7(bytes: &[u8]) -> Option<Extent> {
    let said = place(big(bytes, 2, 2)?);
    let head = usize::from(*bytes.get(4)?);
    if !matches!(bytes, [3, 0, ..]) || said < 7 || head + 5 > said {
        return None;
    }
    match bytes.get(5)? & 0xF0 {
        // Who connects, and what confirms it: parameters fill them.
        0xE0 | 0xD0 => (head + 5 == said).then(|| Extent::to(said)),
        0xF0 if head == 2 && *bytes.get(7)? == 0x32 => {
            let more = if matches!(bytes.get(8)?, 2 | 3) { 2 } else { 0 };
            let content = 17 + more + place(big(bytes, 13, 2)?) + place(big(bytes, 15, 2)?);
            (content <= said).then(|| Extent::with_rest(content, said))
        }
        _ => None,
    }
}

/// By its length field: blocks of sixteen bytes, a checksum of two behind each.
fn dnp3(bytes: &[u8]) -> Option<Extent> {
    let length = usize::from(*bytes.get(2).filter(|length| **length >= 5)?);
    let data = length - 5;
    bytes.starts_with(&[0x05, 0x64]).then(|| Extent::to(10 + data + 2 * data.div_ceil(16)))
}

/// By its length byte.
fn iec104(bytes: &[u8]) -> Option<Extent> {
    let [0x68, length @ 4..=253, control @ ..] = bytes else { return None };
    let [first, second, third, _, ..] = control else { return None };
    let fits = match first & 3 {
        0 | 2 => *length >= 10 && third & 1 == 0 && matches!(control.get(4)?, 1..=127),
        1 => *length == 4 && *first == 1 && *second == 0 && third & 1 == 0,
        _ => *length == 4 && control.get(1..4)? == [0, 0, 0],
    };
    fits.then(|| Extent::to(2 + usize::from(*length)))
}

/// By its length field.
fn bacnet(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 2, 2)?);
    let network = match bytes.get(1)? {
        9..=11 => *bytes.get(4)? == 1,
        4 => *bytes.get(10)? == 1,
        0..=8 => length <= 64,
        _ => false,
    };
    (*bytes.first()? == 0x81 && network && length >= 6).then(|| Extent::to(length))
}

/// By its length field behind the kind of message.
fn opc_ua(bytes: &[u8]) -> Option<Extent> {
    const KINDS: [&[u8]; 6] = [b"HEL", b"ACK", b"ERR", b"OPN", b"CLO", b"MSG"];
    let length = place(little(bytes, 4, 4)?);
    let known = KINDS.contains(&bytes.get(..3)?) && matches!(bytes.get(3)?, b'F' | b'C' | b'A');
    (known && (12..1 << 24).contains(&length)).then(|| Extent::to(length))
}

/// By its length field.
fn ethernet_ip(bytes: &[u8]) -> Option<Extent> {
    let command = little(bytes, 0, 2)?;
    let length = place(little(bytes, 2, 2)?);
    let known = matches!(command, 4 | 0x63..=0x66 | 0x6F | 0x70 | 0x72 | 0x73);
    let plain = little(bytes, 8, 4)? <= 0x69 && little(bytes, 20, 4)? == 0;
    (known && plain).then(|| Extent::to(24 + length))
}

/// By its length field behind its name.
fn fins(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 4, 4)?);
    (bytes.starts_with(b"FINS") && (8..1 << 16).contains(&length)).then(|| Extent::to(8 + length))
}

/// By its length field (frames 3E in binary).
fn melsec(bytes: &[u8]) -> Option<Extent> {
    let length = place(little(bytes, 7, 2)?);
    let known = matches!(bytes, [0x50 | 0xD0, 0, 0, 0xFF, 0xFF, 3, 0, ..]);
    (known && length >= 2).then(|| Extent::to(9 + length))
}

/// By its length field behind the size of its header.
fn knx(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 4, 2)?);
    let known = matches!(bytes, [6, 0x10, 2..=5 | 9, _, ..]);
    (known && (8..=1024).contains(&length)).then(|| Extent::to(length))
}

/// By its length field, which counts from behind itself.
fn some_ip(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 4, 4)?);
    let known = matches!(bytes.get(12..16)?, [1, 0..=15, 0..=2 | 0x80 | 0x81, 0..=15]);
    (known && (8..1 << 20).contains(&length)).then(|| Extent::to(8 + length))
}

/// By its length field (ISO 13400).
fn doip(bytes: &[u8]) -> Option<Extent> {
    let length = place(big(bytes, 4, 4)?);
    let known = matches!(bytes, [1..=3, 0xFC..=0xFE, ..]) && bytes.first()? ^ bytes.get(1)? == 0xFF;
    (known && length < 1 << 20).then(|| Extent::to(8 + length))
}

/// By the lengths of its submessages; one of no length goes on to the end.
fn rtps(bytes: &[u8]) -> Option<Extent> {
    let mut at = bytes.starts_with(b"RTPS\x02").then_some(20)?;
    let mut count = 0;
    while let (Some(1..=0x35), Some(flags)) = (bytes.get(at), bytes.get(at + 1)) {
        let length = if flags & 1 == 0 { big(bytes, at + 2, 2)? } else { little(bytes, at + 2, 2)? };
        let end = if length == 0 { bytes.len() } else { at + 4 + place(length) };
        if end > bytes.len() {
            break;
        }
        (at, count) = (end, count + 1);
    }
    (count > 0).then(|| Extent::to(at))
}

/// Options go up to a mark, and behind it a document of the format that they name ends; an empty message has nothing behind its number
/// (RFC 7252).
fn coap(bytes: &[u8]) -> Option<Extent> {
    let [first, code, _, _, ..] = bytes else { return None };
    if *code == 0 {
        return matches!(first, 0x40 | 0x60 | 0x70).then(|| Extent::to(4));
    }
    let known = first >> 6 == 1 && first & 15 <= 8 && matches!(code, 1..=7 | 65..=95 | 128..=143 | 160..=165);
    let (mut at, mut number, mut format, mut words) =
        (known.then_some(4 + usize::from(first & 15))?, 0, None, 0);
    while let Some(option) = bytes.get(at).filter(|option| **option != 0xFF) {
        let (delta, value, end) = coap_option(bytes, *option, at)?;
        number += delta;
        match number {
            // Sealed as a whole (RFC 8613).
            9 => return None,
            12 => format = Some(value.iter().fold(0, |sum: u64, byte| sum << 8 & 0xFFFF | u64::from(*byte))),
            3 | 8 | 11 | 15 => words += usize::from(!value.is_empty() && value.is_ascii()),
            _ => {}
        }
        at = end;
    }
    if at >= bytes.len() {
        return (at == bytes.len() && (words > 0 || bytes.len() <= 12)).then(|| Extent::to(at));
    }
    let payload = bytes.get(at + 1..)?;
    let end = match format {
        // Who gets or deletes has nothing to say.
        _ if matches!(code, 1 | 4) => return Some(Extent::with_rest(at, bytes.len())),
        Some(50) => document::at_start(payload, true).filter(|found| found.complete)?.end,
        Some(60) => packed::cbor(payload)?.end,
        _ => return (words > 0).then(|| Extent::to(bytes.len())),
    };
    Some(Extent::with_rest(at + 1 + end, bytes.len()))
}

/// An option: how much its number is more than the last, its value, and where it ends.
fn coap_option(bytes: &[u8], option: u8, at: usize) -> Option<(usize, &[u8], usize)> {
    let (delta, from) = extended(bytes, option >> 4, at + 1)?;
    let (length, from) = extended(bytes, option & 15, from)?;
    Some((delta, bytes.get(from..from + length)?, from + length))
}

/// A number of an option: small, or in one or two bytes more.
fn extended(bytes: &[u8], small: u8, at: usize) -> Option<(usize, usize)> {
    match small {
        0..=12 => Some((usize::from(small), at)),
        13 => Some((13 + usize::from(*bytes.get(at)?), at + 1)),
        14 => Some((269 + place(big(bytes, at, 2)?), at + 2)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;
    use super::*;

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("Modbus", || vec![0, 1, 0, 0, 0, 6, 1, 3, 1, 94, 0, 8]),
        ("Modbus", || vec![0, 1, 0, 0, 0, 7, 1, 3, 4, 1, 2, 3, 4]),
        ("S7comm", || vec![3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2, 0xC0, 1, 9]),
        ("S7comm", || {
            vec![3, 0, 0, 25, 2, 0xF0, 0x80, 0x32, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0xF0, 0, 0, 1, 0, 1, 3, 0xC0]
        }),
        ("DNP3", || [&[5, 0x64, 23][..], &[0xC4; 7], &[1; 16], &[2; 2], &[3; 4]].concat()),
        ("IEC 104", || vec![0x68, 14, 0, 0, 0, 0, 1, 1, 3, 0, 1, 0, 1, 0, 0, 1]),
        ("BACnet", || vec![0x81, 10, 0, 12, 1, 4, 0, 5, 1, 12, 12, 0]),
        ("OPC UA", || b"MSGF\x14\0\0\0abcdefghijkl".to_vec()),
        ("EtherNet/IP", || [&[0x6F, 0, 4, 0][..], &[0; 20], b"rest"].concat()),
        ("FINS", || b"FINS\0\0\0\x0C\0\0\0\x02\0\0\0\0abcd".to_vec()),
        ("MELSEC", || vec![0x50, 0, 0, 0xFF, 0xFF, 3, 0, 4, 0, 1, 2, 3, 4]),
        ("KNX/IP", || vec![6, 0x10, 4, 0x20, 0, 12, 4, 1, 7, 0, 0x29, 0]),
        ("SOME/IP", || b"\x12\x34\0\x01\0\0\0\x0C\0\0\0\x01\x01\x01\0\0data".to_vec()),
        ("DoIP", || b"\x02\xFD\x80\x01\0\0\0\x04data".to_vec()),
        ("RTPS", || [b"RTPS\x02\x03\x01\x0F".as_slice(), &[7; 12], &[9, 1, 8, 0], &[5; 8]].concat()),
        ("CoAP", || vec![0x60, 0, 0x12, 0x34]),
        ("CoAP", || b"\x40\x02\x12\x34\xB4temp\x11\x32\xFF{\"host\":\"depot-17\",\"load\":7}".to_vec()),
    ];

    #[test]
    fn what_no_parameter_takes_is_a_hole() {
        let mut message = SAMPLES[3].1();
        message[3] += 4;
        message.extend([9, 8, 7, 6]);
        assert_eq!(s7(&message), Some(Extent { hole: 25..29, end: 29 }));
    }

    #[test]
    fn a_request_that_gets_has_no_payload() {
        let get = b"\x40\x01\x12\x34\xB4temp";
        assert_eq!(coap(get), Some(Extent::to(9)));
        let more = [get.as_slice(), b"\xFF\x97\xE1\xF2"].concat();
        assert_eq!(coap(&more), Some(Extent { hole: 9..13, end: 13 }));
    }
}
