//! Messages of ASN.1 in its basic or distinguished encoding: the outermost element says how long it is, and its elements fill it.

use super::{Extent, Over, Protocol, bare, mutual, protocol};
use crate::content::{big, place};

pub(super) const ALL: &[Protocol] = &[
    mutual("LDAP", Over::Both, ldap),
    protocol("SNMP", Over::Datagrams, snmp),
    protocol("Kerberos", Over::Both, kerberos),
    bare("ASN.1", any),
];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
const OCTETS: u8 = 4;
/// Elements within elements are followed so deep.
const DEPTH: usize = 16;

/// An element: its tag, where its content starts and where it ends, be that there or not.
#[derive(Clone, Copy)]
struct Element {
    tag: u8,
    start: usize,
    end: usize,
}

/// The element at a place, of a definite length.
fn element(bytes: &[u8], at: usize) -> Option<Element> {
    let tag = *bytes.get(at)?;
    let first = *bytes.get(at + 1)?;
    let (length, start) = match first {
        0..=0x7F => (u64::from(first), at + 2),
        0x81..=0x84 => (big(bytes, at + 2, usize::from(first & 7))?, at + 2 + usize::from(first & 7)),
        _ => return None,
    };
    // Tags of several bytes are not used by these.
    let end = start.checked_add(place(length))?;
    (tag & 31 != 31 && tag != 0).then_some(Element { tag, start, end })
}

/// The elements that fill a constructed one as far as it is there; `None` where they do not.
fn elements(bytes: &[u8], outer: Element) -> Option<Vec<Element>> {
    let (mut at, mut found) = (outer.start, Vec::new());
    let end = outer.end.min(bytes.len());
    while at < end && found.len() < 256 {
        let Some(inner) = element(bytes, at) else {
            // The header of an element may be cut where the bytes are.
            return (outer.end > bytes.len() && bytes.len() - at < 6).then_some(found);
        };
        if inner.end > outer.end {
            return None;
        }
        at = inner.end;
        found.push(inner);
    }
    Some(found)
}

/// Messages have a number and an operation (RFC 4511).
fn ldap(bytes: &[u8]) -> Option<Extent> {
    let outer = element(bytes, 0).filter(|outer| outer.tag == SEQUENCE)?;
    let number = element(bytes, outer.start).filter(|number| number.tag == INTEGER)?;
    let operation = element(bytes, number.end)?;
    let fits = number.end - number.start <= 4 && (number.end..=outer.end).contains(&operation.end);
    let known = matches!(operation.tag, 0x42 | 0x4A | 0x50 | 0x60..=0x79);
    // Controls may follow; nothing else does.
    let controls = element(bytes, operation.end).filter(|controls| controls.tag == 0xA0);
    let content = controls.map_or(operation.end, |controls| controls.end.min(outer.end));
    (fits && known).then(|| Extent::with_rest(content, outer.end))
}

/// Messages have a version and a community or a header (RFC 1157, 1901 and 3412).
fn snmp(bytes: &[u8]) -> Option<Extent> {
    let outer = element(bytes, 0).filter(|outer| outer.tag == SEQUENCE && outer.end <= bytes.len())?;
    let version = element(bytes, outer.start).filter(|version| version.tag == INTEGER)?;
    let second = element(bytes, version.end)?;
    let third = element(bytes, second.end)?;
    let content = match bytes.get(version.start..version.end)? {
        [0 | 1] if second.tag == OCTETS && matches!(third.tag, 0xA0..=0xA8) => third.end,
        [3] if second.tag == SEQUENCE && third.tag == OCTETS => element(bytes, third.end)?.end,
        _ => return None,
    };
    (content <= outer.end).then(|| Extent::with_rest(content, outer.end))
}

/// Messages are elements of the application, in streams behind their length in four bytes (RFC 4120).
fn kerberos(bytes: &[u8]) -> Option<Extent> {
    let known = |at: usize| {
        let outer =
            element(bytes, at).filter(|outer| matches!(outer.tag, 0x6A..=0x6F | 0x74..=0x76 | 0x7E))?;
        let inner = element(bytes, outer.start).filter(|inner| inner.tag == SEQUENCE)?;
        (inner.end == outer.end).then_some(outer.end)
    };
    if let Some(end) = known(0) {
        return Some(Extent::to(end));
    }
    let said = place(big(bytes, 0, 4)?) + 4;
    known(4).filter(|end| *end <= said).map(|end| Extent::with_rest(end, said))
}

/// What a sequence holds.
#[derive(Default)]
struct Held {
    elements: usize,
    text: usize,
    bits: bool,
}

/// A sequence of several elements, some of which are text. Keys and signatures have bits or nothing but numbers, and stand before content.
fn any(bytes: &[u8]) -> Option<Extent> {
    let outer =
        element(bytes, 0).filter(|outer| outer.tag & 0x20 != 0 && outer.tag != 0x3F && outer.end >= 16)?;
    let mut held = Held::default();
    walk(bytes, outer, DEPTH, &mut held)?;
    let known = outer.end <= bytes.len() && held.elements >= 4 && held.text >= 8 && !held.bits;
    known.then(|| Extent::to(outer.end))
}

fn walk(bytes: &[u8], outer: Element, depth: usize, held: &mut Held) -> Option<()> {
    for inner in elements(bytes, outer)? {
        held.elements += 1;
        held.bits |= inner.tag == BITS;
        if inner.tag & 0x20 != 0 {
            if depth == 0 || held.elements > 4096 {
                return None;
            }
            walk(bytes, inner, depth - 1, held)?;
        } else if let Some(content) = bytes.get(inner.start..inner.end)
            && !matches!(inner.tag, 1..=3 | 5 | 6 | 9 | 10)
            && content.iter().all(|byte| matches!(byte, 32..=126))
        {
            held.text += content.len();
        }
    }
    Some(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Sample;
    use super::*;

    const BIND: &[u8] = b"\x30\x14\x02\x01\x01\x60\x0F\x02\x01\x03\x04\x04cn=a\x80\x04pass";

    pub(in super::super) const SAMPLES: &[Sample] = &[
        ("LDAP", || BIND.to_vec()),
        ("SNMP", || {
            b"\x30\x18\x02\x01\x01\x04\x06public\xA0\x0B\x02\x01\x07\x02\x01\0\x02\x01\0\x30\0".to_vec()
        }),
        ("Kerberos", || b"\x6A\x0B\x30\x09\xA1\x03\x02\x01\x05\xA2\x02\x30\0".to_vec()),
        ("Kerberos", || b"\0\0\0\x0D\x6A\x0B\x30\x09\xA1\x03\x02\x01\x05\xA2\x02\x30\0".to_vec()),
        ("ASN.1", || b"\x30\x17\x02\x01\x09\x0C\x08depot-17\x30\x08\x13\x06status".to_vec()),
    ];

    #[test]
    fn what_a_length_around_a_message_counts_beyond_it_is_a_hole() {
        let message = b"\0\0\0\x11\x6A\x0B\x30\x09\xA1\x03\x02\x01\x05\xA2\x02\x30\0\xE1\xF2\x93\xA4";
        assert_eq!(kerberos(message), Some(Extent { hole: 17..21, end: 21 }));
        let mut message = [BIND, &[0xE1, 0xF2, 0x93, 0xA4]].concat();
        message[1] += 4;
        assert_eq!(ldap(&message), Some(Extent { hole: 22..26, end: 26 }));
    }

    #[test]
    fn signatures_and_keys_are_no_messages() {
        let signature = [&[0x30, 68, 2, 32][..], &[7; 32], &[2, 32], &[9; 32]].concat();
        assert_eq!(any(&signature), None);
        let key = [&[0x30, 32, 0x30, 6, 6, 4, 42, 1, 2, 3, 0x0C, 8][..], b"name key", &[3, 12, 0], &[9; 11]]
            .concat();
        assert_eq!(any(&key), None);
    }
}
