//! Extensions of chunks that no standard and no service defines.
//!
//! Speaks for: extensions of HTTP's chunks whose names never come again, or whose values are drawn evenly with lengths that vary. Silent
//! for: signatures of chunks, and extensions of one name and one length. Minimum: 2 extensions and 32 symbols.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::statistics::even;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let parts: Vec<(&[u8], &[u8])> = look
        .reading
        .extensions
        .iter()
        .map(|extension| {
            let equals = memchr::memchr(b'=', extension).unwrap_or(extension.len());
            let (name, value) = extension.split_at(equals);
            (name, value.get(1..).unwrap_or_default())
        })
        .filter(|(name, _)| !name.ends_with(b"signature") && !name.eq_ignore_ascii_case(b"ieof"))
        .collect();
    let names: BTreeSet<&[u8]> = parts.iter().map(|(name, _)| *name).collect();
    let lengths: BTreeSet<usize> = parts.iter().map(|(_, value)| value.len()).collect();
    let fresh = parts.len() >= 2 && names.len() * 10 >= parts.len() * 9;
    let symbols: Vec<u8> = if fresh {
        parts.iter().flat_map(|(name, value)| [*name, *value]).flatten().copied().collect()
    } else {
        parts.iter().flat_map(|(_, value)| *value).copied().collect()
    };
    let varied = parts.len() >= 4 && lengths.len() * 3 >= parts.len().min(12);
    // Names may be of another alphabet than values.
    let drawn = |symbols: &[u8]| symbols.len() >= 32 && even(symbols, look.limit).is_some();
    let apart = || {
        let names: Vec<u8> = parts.iter().flat_map(|(name, _)| *name).copied().collect();
        let values: Vec<u8> = parts.iter().flat_map(|(_, value)| *value).copied().collect();
        drawn(&names) || drawn(&values)
    };
    if !(fresh || varied) || !(drawn(&symbols) || fresh && apart()) {
        return Vec::new();
    }
    let around: usize = look.reading.units.iter().map(|unit| unit.bytes.len()).sum();
    let share = symbols.len() as f64 / (symbols.len() + around) as f64;
    let text = format!(
        "{} chunks of HTTP have extensions that nothing defines: {} symbols that are drawn evenly{}",
        parts.len(),
        symbols.len(),
        if fresh { ", under names that never come again" } else { "" }
    );
    vec![Evidence::contradiction(parts.len(), share, text).with_example(&symbols)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn judged(extension: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for n in 0..8 {
            let body = format!("{{\"page\":{n},\"note\":\"what people write about it\"}}");
            let chunk = format!("{:x};{}\r\n{body}\r\n0\r\n\r\n", body.len(), extension(&mut chance));
            talk.send(format!("POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}").as_bytes());
            talk.answer(b"");
        }
        talk.judge().junk
    }

    #[test]
    fn extensions_with_noise_are_junk_and_signatures_are_not() {
        let text = |chance: &mut Chance, symbols: &[u8], length| {
            String::from_utf8(chance.of(symbols, length)).unwrap()
        };
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        assert!(judged(|c| format!("{}={}", text(c, letters, 3), text(c, letters, 7))));
        assert!(judged(|c| {
            let length = 6 + c.below(30);
            format!("pad={}", text(c, b"0123456789abcdef", length))
        }));
        assert!(judged(|c| format!(
            "{}={}",
            text(c, letters, 3),
            text(c, b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 60)
        )));
        assert!(!judged(|c| format!("chunk-signature={}", text(c, b"0123456789abcdef", 64))));
        assert!(!judged(|c| format!("seq={:04}", c.below(9000))));
    }
}
