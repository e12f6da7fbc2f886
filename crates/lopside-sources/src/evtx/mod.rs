//! EVTX: the files in which Windows keeps its event logs.
//!
//! In: a file, or whatever reads and seeks. Out: rows, through [`crate::winjson`] and [`crate::windows`].
//!
//! The `evtx` crate renders each chunk of 64 KiB to JSON, and a glance at the JSON settles what most events are. A large
//! file can be cut into [`parts`] that are read side by side, each with a reader and a sink of its own.

mod part;
mod reason;
#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};

use evtx::{EvtxParser, ParserSettings};

use crate::fields::Fields;
use crate::source::{InputInfo, Outcome, Sink};
use crate::winjson;

use part::Window;
pub use part::{Part, parts};
use reason::Failure;

const HEADER: u64 = 4_096;
const CHUNK: u64 = 65_536;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum EvtxError {
    /// The reader failed.
    #[error("cannot read the event log: {0}")]
    Io(#[from] std::io::Error),
    /// The header is damaged.
    #[error("the event log's header is damaged: {0}")]
    Header(String),
}

/// Whether a file that begins like this is an EVTX file.
#[must_use]
pub fn recognise(head: &[u8]) -> bool {
    head.starts_with(b"ElfFile\0")
}

/// Reads a whole file. Places are record numbers of the log; those of damage that has none are bytes from the start of
/// the file, as the reason says.
///
/// # Errors
/// Where the file's header cannot be read. Damage behind it is told to the sink, and all else is read.
pub fn read(
    info: &InputInfo<'_>,
    mut source: impl Read + Seek,
    fields: &mut Fields,
    sink: &mut dyn Sink,
) -> Result<(), EvtxError> {
    let length = source.seek(SeekFrom::End(0))?;
    for part in parts(length, u64::MAX) {
        read_part(info, &mut source, part, fields, sink)?;
    }
    Ok(())
}

/// Reads one part of a file. `fields` comes from [`crate::windows::new_fields`].
///
/// # Errors
/// Where the file's header cannot be read.
pub fn read_part(
    info: &InputInfo<'_>,
    source: impl Read + Seek,
    part: Part,
    fields: &mut Fields,
    sink: &mut dyn Sink,
) -> Result<(), EvtxError> {
    let mut window = Window::new(source, part)?;
    tell_of_tail(&mut window, sink)?;
    let header = |error| EvtxError::Header(reason::innermost(&error));
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let mut parser = EvtxParser::from_read_seek(window).map_err(header)?.with_configuration(settings);
    for chunk in parser.chunks_json_bytes(false) {
        for (number, json) in chunk.records() {
            if winjson::read_object(info, fields, json, number, sink) == Outcome::NotMine {
                sink.ignored("windows-event");
            }
        }
        for item in &chunk.items {
            if let evtx::RenderedChunkItem::Failed(error) = item {
                let Failure { place, reason } = Failure::of(error, part);
                sink.skipped(place, &reason);
            }
        }
    }
    Ok(())
}

/// A file that ends inside of a chunk has lost what was in it; the parser passes over it in silence.
fn tell_of_tail(window: &mut Window<impl Read + Seek>, sink: &mut dyn Sink) -> Result<(), EvtxError> {
    let Some((at, tail)) = window.tail()? else { return Ok(()) };
    if tail.iter().any(|byte| *byte != 0) {
        sink.skipped(at, "chunk at this byte: the file ends inside of it");
    }
    Ok(())
}
