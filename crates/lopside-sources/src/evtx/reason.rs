//! What the parser says about damage, in words that name a place and can be counted.

use std::error::Error;

use evtx::err::EvtxError;

use super::{CHUNK, HEADER, Part};

/// Damage: where, and what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The record's number, or bytes from the start of the file.
    pub(super) place: u64,
    /// What is wrong there.
    pub(super) reason: String,
}

impl Failure {
    /// What the parser's error means in this part of the file.
    pub(super) fn of(error: &EvtxError, part: Part) -> Failure {
        let inside = innermost(error);
        let in_file = |chunk: u64, offset: u64| {
            part.start.saturating_add(chunk.saturating_mul(CHUNK)).saturating_add(offset)
        };
        match error {
            EvtxError::FailedToParseRecord { record_id, .. } => {
                Failure { place: *record_id, reason: format!("event record: {inside}") }
            }
            EvtxError::FailedToParseChunk { chunk_id, .. } => {
                Failure { place: in_file(*chunk_id, 0), reason: format!("chunk at this byte: {inside}") }
            }
            EvtxError::FailedToReadRecordAt { chunk, offset, .. } => Failure {
                place: in_file(chunk.unwrap_or_default(), *offset),
                reason: format!("event record at this byte: {inside}"),
            },
            _ => Failure { place: part.start.max(HEADER), reason: format!("event log: {inside}") },
        }
    }
}

/// The innermost cause, without offsets and values, so that equal damage is counted together.
pub(super) fn innermost(error: &EvtxError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    // What stands in the place of a magic number differs each time.
    let text = text.split(", found").next().unwrap_or_default();
    let text = match text.strip_prefix("Offset ").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest,
        None => text,
    };
    without_values(text)
}

/// The text with `…` for each number, and without what is no text: bytes of the log that a message quotes.
fn without_values(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut in_word, mut in_value) = (false, false);
    for character in text.chars() {
        let part_of_word = character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        let odd = character.is_control() || !character.is_ascii();
        if odd || (character.is_ascii_digit() && !in_word) {
            if !in_value {
                plain.push('…');
            }
            in_value = true;
        } else if !(in_value && part_of_word) {
            in_value = false;
            plain.push(character);
        }
        in_word = part_of_word && !in_value;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_damage_has_equal_reasons() {
        for (text, expected) in [
            (
                "Tried to read an invalid byte `0x41` as binxml token",
                "Tried to read an invalid byte `…` as binxml token",
            ),
            (
                "buffer too small for name at offset 512 (need 2 bytes, have 0)",
                "buffer too small for name at offset … (need … bytes, have …)",
            ),
            (
                "chunk header CRC32 invalid (stored 0x0000abcd, computed 0x1)",
                "chunk header CRC32 invalid (stored …, computed …)",
            ),
            ("not a name: \u{1}\u{fffd}\u{e9}\u{2}", "not a name: …"),
            ("invalid UTF-8", "invalid UTF-8"),
        ] {
            assert_eq!(without_values(text), expected);
        }
    }
}
