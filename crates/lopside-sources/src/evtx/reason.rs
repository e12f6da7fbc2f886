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
    match text.strip_prefix("Offset 0x").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest.to_owned(),
        None => text.to_owned(),
    }
}
