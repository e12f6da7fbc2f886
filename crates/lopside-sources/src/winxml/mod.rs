//! Windows events as XML: `<Event xmlns=…>` documents (also with a prefix, `<ns0:Event …>`), one a line, one after another, or inside of `<Events>`.
//!
//! In: what `wevtutil`, `Get-WinEvent … ToXml()`, event forwarding and Splunk's `XmlWinEventLog` write, as a stream. Out:
//! rows, through [`crate::windows`].
//!
//! [`EventDocuments`] cuts the stream into events, so that damage in one costs only that one; [`read_event`] reads one.

mod documents;
mod event;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::fields::Fields;
use crate::source::{InputInfo, Sink};

pub use documents::{EventDocument, EventDocuments, LIMIT};
pub use event::{read_event, read_event_data};

/// Whether a stream that begins like this holds Windows events.
#[must_use]
pub fn recognise(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    if text.first() != Some(&b'<') {
        return false;
    }
    let Some((start, _)) = documents::first_start(text) else { return false };
    text.get(start..).is_some_and(|event| {
        // Providers write `System` first; the head may end before what follows.
        let event = event.get(..event.len().min(4 << 10)).unwrap_or_default();
        memchr::memmem::find(event, b"<System>").is_some()
            || memchr::memmem::find(event, b":System>").is_some()
    })
}

/// Reads all events of a stream. Places are numbers of events, from 1.
///
/// # Errors
/// When the reader fails; what was read before is with the sink.
pub fn read(
    info: &InputInfo<'_>,
    reader: impl Read,
    fields: &mut Fields,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let mut documents = EventDocuments::new(reader);
    while let Some(document) = documents.next_document()? {
        match document {
            EventDocument::Event { number, xml } => read_event(info, fields, xml, number, sink),
            EventDocument::Damaged { number, reason } => sink.skipped(number, reason),
        }
    }
    Ok(())
}
