//! A stream cut into events.

use std::io::{self, Read};

use memchr::memmem;

/// Bytes that one event may have.
pub const LIMIT: usize = 4 << 20;
const READ: usize = 256 << 10;
const START: &[u8] = b"<Event";
const END: &[u8] = b"</Event>";

/// One event, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum EventDocument<'a> {
    /// From `<Event` through `</Event>`.
    Event {
        /// Number of the event in the stream, from 1; damaged ones count.
        number: u64,
        /// Its bytes.
        xml: &'a [u8],
    },
    /// An event that does not end, or not soon enough.
    Damaged {
        /// Number of the event in the stream, from 1.
        number: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Cuts a stream into events. Memory is bounded by [`LIMIT`]; after damage it goes on at the next `<Event`.
#[derive(Debug)]
pub struct EventDocuments<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the part begins that was not yet handed out.
    start: usize,
    ended: bool,
    number: u64,
}

enum Cut {
    Event(usize, usize),
    Damaged(usize, &'static str),
    More,
    End,
}

impl<R: Read> EventDocuments<R> {
    /// Cuts this stream.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, ended: false, number: 0 }
    }

    /// The next event.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn next_document(&mut self) -> io::Result<Option<EventDocument<'_>>> {
        // How far an end was looked for without finding one.
        let mut searched = 0;
        loop {
            match self.cut(&mut searched) {
                Cut::Event(start, end) => {
                    self.start = end;
                    self.number += 1;
                    let xml = self.buffer.get(start..end).unwrap_or_default();
                    return Ok(Some(EventDocument::Event { number: self.number, xml }));
                }
                Cut::Damaged(next, reason) => {
                    self.start = next;
                    self.number += 1;
                    return Ok(Some(EventDocument::Damaged { number: self.number, reason }));
                }
                Cut::End => return Ok(None),
                Cut::More => {
                    let moved = self.start;
                    self.fill()?;
                    searched = searched.saturating_sub(moved - self.start);
                }
            }
        }
    }

    fn cut(&mut self, searched: &mut usize) -> Cut {
        let Some(start) = find_start(&self.buffer, self.start) else {
            // A start may be cut in two by the end of the buffer.
            self.start = self.start.max(self.buffer.len().saturating_sub(START.len()));
            return if self.ended { Cut::End } else { Cut::More };
        };
        self.start = start;
        let body = start + START.len();
        let from = body.max(searched.saturating_sub(END.len()));
        let tail = self.buffer.get(from..).unwrap_or_default();
        let end = memmem::find(tail, END).map(|at| from + at + END.len());
        *searched = self.buffer.len();
        match end {
            Some(end) => match find_start(self.buffer.get(..end).unwrap_or_default(), body) {
                Some(next) if !in_cdata(self.buffer.get(body..next)) => {
                    Cut::Damaged(next, "event does not end")
                }
                _ if end - start > LIMIT => Cut::Damaged(end, "event is longer than 4 MiB"),
                _ => Cut::Event(start, end),
            },
            None if self.buffer.len() - start > LIMIT => {
                let next = find_start(&self.buffer, body).unwrap_or(self.buffer.len() - START.len());
                Cut::Damaged(next, "event is longer than 4 MiB")
            }
            None if self.ended => Cut::Damaged(
                find_start(&self.buffer, body).unwrap_or(self.buffer.len()),
                "event does not end",
            ),
            None => Cut::More,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ, 0);
        let space = self.buffer.get_mut(filled..).unwrap_or_default();
        let read = loop {
            match self.reader.read(space) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(())
    }
}

/// The next `<Event` that is a name by itself, at or after `from`.
pub(super) fn find_start(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memmem::find(bytes.get(from..)?, START)?;
        match bytes.get(at + START.len()) {
            Some(b'>' | b' ' | b'\t' | b'\r' | b'\n' | b'/') => return Some(at),
            None => return None,
            Some(_) => from = at + START.len(),
        }
    }
}

/// Whether these bytes open a CDATA section that they do not close.
fn in_cdata(bytes: Option<&[u8]>) -> bool {
    let bytes = bytes.unwrap_or_default();
    match memmem::rfind(bytes, b"<![CDATA[") {
        Some(open) => memmem::find(bytes.get(open..).unwrap_or_default(), b"]]>").is_none(),
        None => false,
    }
}
