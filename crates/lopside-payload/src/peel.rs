//! What a value holds under its encodings.

use crate::class::is_text;
use crate::content::document::{self, Kind};
use crate::content::{archives, encoding};

/// A decoded value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peeled {
    pub(crate) bytes: Vec<u8>,
    /// How many layers were taken off.
    pub(crate) depth: usize,
    /// What was found can be read: a document or text. Otherwise it may be anything.
    pub(crate) reads: bool,
}

/// Layers that are taken off at most.
pub(crate) const DEPTH: usize = 3;

/// The same of a value, or of what follows a short word and a mark in it: `blob:`, `data=`.
pub(crate) fn peel_labelled(value: &[u8]) -> Option<Peeled> {
    const LABEL: usize = 16;
    peel(value).or_else(|| {
        let start = value.get(..LABEL.min(value.len()))?;
        let mark = start.iter().position(|byte| matches!(byte, b':' | b'='))?;
        let word = |label: &[u8]| {
            !label.is_empty()
                && label.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_ ".contains(byte))
        };
        start.get(..mark).filter(|label| word(label))?;
        peel(value.get(mark + 1..)?)
    })
}

/// Takes off base64, hex and deflate. `None` where the value is none of these.
pub(crate) fn peel(value: &[u8]) -> Option<Peeled> {
    let mut current = decode(value)?;
    let mut depth = 1;
    while depth < DEPTH {
        let next = match document::at_start(&current, true) {
            Some(found)
                if found.complete
                    && matches!(found.kind, Kind::Gzip | Kind::Zlib)
                    && found.end == current.len() =>
            {
                archives::inflated(&current, found.kind)
            }
            Some(_) => break,
            None => match decode(&current) {
                Some(next) => next,
                None => break,
            },
        };
        current = next;
        depth += 1;
    }
    let reads = reads(&current);
    Some(Peeled { bytes: current, depth, reads })
}

/// Whether bytes are a document or text, or deflate to one.
pub(crate) fn reads(bytes: &[u8]) -> bool {
    if bytes.len() < 8 {
        return false;
    }
    let document =
        document::at_start(bytes, true).is_some_and(|found| !found.broken || found.end * 2 > bytes.len());
    document
        || is_text(bytes)
        || archives::deflate(bytes).is_some_and(|inner| inner.len() >= 16 && is_text(&inner))
}

/// One layer of base64 or hex. Shorter values, and words, are left alone.
pub(crate) fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.trim_ascii();
    if value.len() < 16 {
        return None;
    }
    if value.len().is_multiple_of(2) && value.iter().all(u8::is_ascii_hexdigit) {
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        return (digits > 0 && digits < value.len()).then(|| encoding::hex(value)).flatten();
    }
    let named = value.starts_with(b"data:").then(|| crate::content::find(value, b";base64,", 0)).flatten();
    let value = named.map_or(Some(value), |place| value.get(place + 8..))?;
    // What is no base64 says so soon.
    if !value.iter().all(|byte| encoding::is_base64(*byte)) {
        return None;
    }
    let upper = value.iter().any(u8::is_ascii_uppercase);
    let lower = value.iter().any(u8::is_ascii_lowercase);
    let slashes = value.iter().filter(|byte| **byte == b'/').count();
    // Paths and words joined by hyphens are in the alphabet too.
    if !(upper && lower) || slashes * 12 > value.len() {
        return None;
    }
    encoding::base64(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_come_off_to_a_depth() {
        let inner = peel(b"eyJhIjoiYjEyMzQ1Njc4OSIsImMiOlsxLDJdfQ==").unwrap();
        assert_eq!(
            (inner.bytes.as_slice(), inner.depth, inner.reads),
            (br#"{"a":"b123456789","c":[1,2]}"#.as_slice(), 1, true)
        );
        assert_eq!(peel(b"68656c6c6f20776f726c6421").unwrap().bytes, b"hello world!");
        assert_eq!(peel(b"just-a-slug-with-words"), None);
        assert_eq!(peel(b"short"), None);
        assert_eq!(peel_labelled(b"blob:68656c6c6f20776f726c6421").unwrap().bytes, b"hello world!");
        assert_eq!(peel_labelled(b"68656c6c6f20776f726c6421").unwrap().bytes, b"hello world!");
        assert_eq!(peel_labelled(b"a/b:68656c6c6f20776f726c6421"), None);
    }
}
