//! A stream cut into events.

use std::io::{self, Read};

use memchr::memmem;

/// Bytes that one event may have.
pub const LIMIT: usize = 4 << 20;
const READ: usize = 256 << 10;
/// Bytes that a start may have at most and still lie in two pieces: a `<`, a long prefix, `:Event` and what follows.
const START: usize = 80;

/// One event, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum EventDocument<'a> {
    /// From `<Event` through `</Event>`, with a prefix where the stream has one.
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
    /// How this stream writes the element; its first event tells.
    tag: Option<Tag>,
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
        Self { reader, tag: None, buffer: Vec::new(), start: 0, ended: false, number: 0 }
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
        if self.tag.is_none() {
            self.tag = first_start(self.buffer.get(self.start..).unwrap_or_default()).map(|(_, tag)| tag);
        }
        let found = self.tag.as_ref().and_then(|tag| Some((tag, tag.find(&self.buffer, self.start)?)));
        let Some((tag, start)) = found else {
            // A start may be cut in two by the end of the buffer.
            self.start = self.start.max(self.buffer.len().saturating_sub(START));
            return if self.ended { Cut::End } else { Cut::More };
        };
        self.start = start;
        let body = start + tag.start.len();
        let from = body.max(searched.saturating_sub(tag.end.len()));
        let tail = self.buffer.get(from..).unwrap_or_default();
        let end = memmem::find(tail, &tag.end).map(|at| from + at + tag.end.len());
        *searched = self.buffer.len();
        match end {
            Some(end) => match tag.find(self.buffer.get(..end).unwrap_or_default(), body) {
                Some(next) if !in_cdata(self.buffer.get(body..next)) => {
                    Cut::Damaged(next, "event does not end")
                }
                _ if end - start > LIMIT => Cut::Damaged(end, "event is longer than 4 MiB"),
                _ => Cut::Event(start, end),
            },
            None if self.buffer.len() - start > LIMIT => {
                let next = tag.find(&self.buffer, body);
                let next = next.unwrap_or(self.buffer.len().saturating_sub(START)).max(body);
                Cut::Damaged(next, "event is longer than 4 MiB")
            }
            None if self.ended => {
                Cut::Damaged(tag.find(&self.buffer, body).unwrap_or(self.buffer.len()), "event does not end")
            }
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

/// The element of an event as a stream writes it: `<Event`, or with a namespace's prefix `<ns0:Event`.
#[derive(Debug)]
pub(super) struct Tag {
    start: Vec<u8>,
    end: Vec<u8>,
}

impl Tag {
    fn of(prefix: &[u8]) -> Tag {
        Tag { start: [b"<", prefix, b"Event"].concat(), end: [b"</", prefix, b"Event>"].concat() }
    }

    /// The next start that is a name by itself, at or after `from`.
    fn find(&self, bytes: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let at = from + memmem::find(bytes.get(from..)?, &self.start)?;
            match bytes.get(at + self.start.len()) {
                Some(byte) if ends_name(*byte) => return Some(at),
                None => return None,
                Some(_) => from = at + self.start.len(),
            }
        }
    }
}

fn ends_name(byte: u8) -> bool {
    matches!(byte, b'>' | b' ' | b'\t' | b'\r' | b'\n' | b'/')
}

/// The first event of a stream, and how it is written.
pub(super) fn first_start(bytes: &[u8]) -> Option<(usize, Tag)> {
    const NAME: &[u8] = b"Event";
    memmem::find_iter(bytes, NAME).find_map(|at| {
        bytes.get(at + NAME.len()).filter(|byte| ends_name(**byte))?;
        let before = bytes.get(..at)?;
        let open = before.iter().rposition(|byte| !is_prefix(*byte))?;
        let prefix = before.get(open + 1..)?;
        let whole = prefix.is_empty() || (prefix.len() < START / 2 && prefix.ends_with(b":"));
        (before.get(open) == Some(&b'<') && whole).then(|| (open, Tag::of(prefix)))
    })
}

fn is_prefix(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':')
}

/// Whether these bytes open a CDATA section that they do not close.
fn in_cdata(bytes: Option<&[u8]>) -> bool {
    let bytes = bytes.unwrap_or_default();
    match memmem::rfind(bytes, b"<![CDATA[") {
        Some(open) => memmem::find(bytes.get(open..).unwrap_or_default(), b"]]>").is_none(),
        None => false,
    }
}
