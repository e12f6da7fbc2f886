//! Formats and protocols, recognised and read by content. Each answers how far it could account for the bytes.

pub(crate) mod archives;
pub(crate) mod bencode;
pub(crate) mod dns;
pub(crate) mod document;
pub(crate) mod encoding;
pub(crate) mod framing;
pub(crate) mod http;
pub(crate) mod images;
pub(crate) mod json;
pub(crate) mod known;
pub(crate) mod markup;
pub(crate) mod masked;
pub(crate) mod mime;
pub(crate) mod protocols;
pub(crate) mod records;
pub(crate) mod skipped;
pub(crate) mod web_socket;

/// A whole number in decimal digits; `None` for anything else.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter()
        .try_fold(0u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// The place of `needle`, from `from` on.
pub(crate) fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, needle).map(|place| place + from)
}

/// Reads a number of so many bytes at a place: [`big`] or [`little`].
pub(crate) type Read = fn(&[u8], usize, usize) -> Option<u64>;

/// An unsigned number in network order at `at`.
pub(crate) fn big(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    Some(field.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// An unsigned number with its least byte first at `at`.
pub(crate) fn little(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// A number as a place in memory.
pub(crate) fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
