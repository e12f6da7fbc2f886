//! Protocols of machines and their controllers.

use super::{Extent, Over, Protocol, bare, protocol};
use crate::content::{big, little, place};

pub(super) const ALL: &[Protocol] = &[
    protocol("Modbus", Over::Both, modbus),
    protocol("S7comm", Over::Streams, s7),
    protocol("DNP3", Over::Both, dnp3),
    protocol("IEC 104", Over::Streams, iec104),
    protocol("BACnet", Over::Datagrams, bacnet),
    protocol("OPC UA", Over::Streams, opc_ua),
    protocol("EtherNet/IP", Over::Both, ethernet_ip),
    protocol("FINS", Over::Streams, fins),
    protocol("MELSEC", Over::Both, melsec),
    bare("CoAP", coap),
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

/// An empty message has nothing behind its number (RFC 7252).
fn coap(bytes: &[u8]) -> Option<Extent> {
    matches!(bytes, [0x40 | 0x60 | 0x70, 0, _, _, ..]).then(|| Extent::to(4))
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
        ("CoAP", || vec![0x60, 0, 0x12, 0x34]),
    ];

    #[test]
    fn what_no_parameter_takes_is_a_hole() {
        let mut message = SAMPLES[3].1();
        message[3] += 4;
        message.extend([9, 8, 7, 6]);
        assert_eq!(s7(&message), Some(Extent { hole: 25..29, end: 29 }));
    }
}
