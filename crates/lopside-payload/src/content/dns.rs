//! DNS messages: questions, and padding by EDNS.

use super::{big, place};

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dns {
    pub(crate) response: bool,
    /// Labels of the first question.
    pub(crate) labels: Vec<Vec<u8>>,
    /// The type asked for.
    pub(crate) kind: u16,
    /// Bytes of padding that an option declares (RFC 7830).
    pub(crate) padding: usize,
    /// The padding itself, where it is not zeros.
    pub(crate) odd_padding: Vec<u8>,
    /// Texts of the answers (TXT), strings joined.
    pub(crate) texts: Vec<Vec<u8>>,
    /// Bytes that belong to no record.
    pub(crate) after: usize,
}

/// Reads a message that takes all the bytes but those in [`Dns::after`]. `None` for anything else.
pub(crate) fn read(bytes: &[u8]) -> Option<Dns> {
    let flags = big(bytes, 2, 2)?;
    let counts: Vec<u64> = (0..4).map(|index| big(bytes, 4 + 2 * index, 2)).collect::<Option<_>>()?;
    let opcode = flags >> 11 & 0xF;
    let [questions, answers, authorities, extra] = *counts.as_slice() else { return None };
    if questions != 1 || opcode > 5 || flags & 0x40 != 0 || answers > 512 || authorities > 128 || extra > 128
    {
        return None;
    }
    let mut dns = Dns { response: flags & 0x8000 != 0, ..Dns::default() };
    let mut at = name(bytes, 12, Some(&mut dns.labels))?;
    dns.kind = u16::try_from(big(bytes, at, 2)?).ok()?;
    if !matches!(big(bytes, at + 2, 2)? & 0x7FFF, 1 | 3 | 4 | 255) {
        return None;
    }
    at += 4;
    for _ in 0..answers + authorities + extra {
        at = name(bytes, at, None)?;
        let (kind, length) = (big(bytes, at, 2)?, place(big(bytes, at + 8, 2)?));
        at += 10;
        let data = bytes.get(at..at.checked_add(length)?)?;
        match kind {
            41 => dns.options(data),
            16 => dns.texts.push(strings(data)),
            _ => {}
        }
        at += length;
    }
    dns.after = bytes.len().saturating_sub(at);
    Some(dns)
}

impl Dns {
    fn options(&mut self, mut options: &[u8]) {
        while let (Some(code), Some(length)) = (big(options, 0, 2), big(options, 2, 2)) {
            let end = 4 + place(length);
            if code == 12 {
                self.padding += end;
                let content = options.get(4..end).unwrap_or_default();
                if content.iter().any(|byte| *byte != 0) {
                    self.odd_padding.extend_from_slice(content);
                }
            }
            options = options.get(end..).unwrap_or_default();
        }
    }
}

/// Character strings, joined.
fn strings(mut data: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let (string, next) = rest.split_at(usize::from(*length).min(rest.len()));
        joined.extend_from_slice(string);
        data = next;
    }
    joined
}

/// Reads a name; the place behind it.
fn name(bytes: &[u8], mut at: usize, mut labels: Option<&mut Vec<Vec<u8>>>) -> Option<usize> {
    for _ in 0..128 {
        let length = *bytes.get(at)?;
        match length {
            0 => return Some(at + 1),
            1..=63 => {
                let label = bytes.get(at + 1..at + 1 + usize::from(length))?;
                if let Some(labels) = labels.as_deref_mut() {
                    labels.push(label.to_vec());
                }
                at += 1 + label.len();
            }
            192..=255 => {
                bytes.get(at + 1)?;
                return Some(at + 2);
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_with_padding() {
        let mut message = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\x03www\x02ex\0\0\x01\0\x01".to_vec();
        message.extend_from_slice(b"\0\0\x29\x10\0\0\0\0\0\0\x08\0\x0C\0\x04\0\0\0\0");
        message.extend_from_slice(b"xyz");
        let dns = read(&message).unwrap();
        assert_eq!(dns.labels, [b"www".to_vec(), b"ex".to_vec()]);
        assert_eq!((dns.kind, dns.padding, dns.after, dns.response), (1, 8, 3, false));
        assert_eq!(read(&message[..20]), None);
        assert_eq!(read(b"something else altogether"), None);
    }
}
