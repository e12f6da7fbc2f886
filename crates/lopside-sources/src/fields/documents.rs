//! The objects of a file that is not one object a line.
//!
//! Understood are objects one after the other with or without line ends, printed over several lines, arrays of
//! objects, and the wrappers of exporters: `{"value":[…]}`, `{"hits":{"hits":[…]}}` and the others of
//! [`WRAPPERS`]. Memory is bounded by one object. After damage, reading goes on at the next line that starts
//! with `{`.

use std::io::{self, Read};

use memchr::{memchr, memchr3};

/// Names of arrays that wrap records at the top of a document. An array counts where its first element is an
/// object; `hits` is also looked for inside of an object `hits`.
pub const WRAPPERS: [&str; 8] =
    ["value", "hits", "Results", "results", "records", "Records", "events", "Events"];

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Brackets in one another that are followed.
const DEPTH: usize = 256;

/// What [`Documents::next_document`] came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document<'a> {
    /// An object; its brackets and quotes are right, the rest is for [`super::Fields::read_json`] to see.
    Object {
        /// Number of the object or damaged object, from 0.
        ordinal: u64,
        /// Bytes of the decoded stream before it.
        offset: u64,
        /// The object, from `{` to `}`.
        bytes: &'a [u8],
    },
    /// Something that is none.
    Bad(BadDocument),
}

/// Something that is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {ordinal} at byte {offset} {problem}")]
pub struct BadDocument {
    /// Number of the object or damaged object, from 0.
    pub ordinal: u64,
    /// Bytes of the decoded stream before it.
    pub offset: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a record of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Problem {
    /// Its quotes or brackets do not match.
    #[error("is damaged json")]
    Damaged,
    /// Something other than objects stands where one is expected.
    #[error("is not a json object")]
    NotAnObject,
    /// It is longer than the limit.
    #[error("is longer than the limit and was skipped")]
    TooLong,
    /// The stream ends before it does.
    #[error("ends early")]
    Truncated,
}

/// Streams the objects of a JSON document.
#[derive(Debug)]
pub struct Documents<R> {
    reader: R,
    limit: usize,
    chunk: Vec<u8>,
    at: usize,
    filled: usize,
    /// Bytes of the stream before the chunk.
    chunk_offset: u64,
    mode: Mode,
    /// Open brackets. Those before `start` of a record are the arrays and objects around it.
    stack: Vec<u8>,
    record: Option<Record>,
    element: Vec<u8>,
    /// The last byte outside of strings that was no blank.
    before: u8,
    line_start: bool,
    /// The last string, as far as it may name a wrapper.
    name: Vec<u8>,
    /// Whether the object that is open in the outermost one is called `hits`.
    in_hits: bool,
    /// The array just opened may hold the records.
    may_wrap: bool,
    next_ordinal: u64,
    finished: bool,
}

/// How the next byte is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    String,
    Escape,
    /// Something that is no object, until the next bracket or line.
    Garbage,
    /// After damage, until a line starts with a bracket.
    Lost,
}

/// A record, or a value beside the records of a wrapper, that is being read.
#[derive(Debug, Clone, Copy)]
struct Record {
    /// Length of the stack before it.
    depth: usize,
    offset: u64,
    /// Where it goes on in the chunk.
    mark: usize,
    long: bool,
    /// It is not wanted: it stands beside the records.
    beside: bool,
}

/// The end of a record.
enum End {
    Object { offset: u64 },
    Bad { offset: u64, problem: Problem },
}

impl<R: Read> Documents<R> {
    /// Reads objects of at most `limit` bytes.
    pub fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            chunk: vec![0; CHUNK],
            at: 0,
            filled: 0,
            chunk_offset: 0,
            mode: Mode::Plain,
            stack: Vec::new(),
            record: None,
            element: Vec::new(),
            before: 0,
            line_start: true,
            name: Vec::new(),
            in_hits: false,
            may_wrap: false,
            next_ordinal: 0,
            finished: false,
        }
    }

    /// The next object or damaged place; `None` at the end.
    ///
    /// # Errors
    /// When the reader fails; streams of [`crate::input::Opening`] do not.
    pub fn next_document(&mut self) -> io::Result<Option<Document<'_>>> {
        let Some(end) = self.advance()? else { return Ok(None) };
        let ordinal = self.next_ordinal;
        self.next_ordinal += 1;
        Ok(Some(match end {
            End::Object { offset } => Document::Object { ordinal, offset, bytes: &self.element },
            End::Bad { offset, problem } => Document::Bad(BadDocument { ordinal, offset, problem }),
        }))
    }

    fn advance(&mut self) -> io::Result<Option<End>> {
        loop {
            if self.at == self.filled && !self.refill()? {
                return Ok(self.finish());
            }
            let end = match self.mode {
                Mode::Plain => self.plain(),
                Mode::String => self.string(),
                Mode::Escape => {
                    self.at += 1;
                    self.mode = Mode::String;
                    None
                }
                Mode::Garbage => {
                    self.garbage();
                    None
                }
                Mode::Lost => {
                    self.lost();
                    None
                }
            };
            if end.is_some() {
                return Ok(end);
            }
        }
    }

    fn refill(&mut self) -> io::Result<bool> {
        self.keep_record();
        self.chunk_offset += self.filled as u64;
        (self.at, self.filled) = (0, 0);
        if let Some(record) = &mut self.record {
            record.mark = 0;
        }
        loop {
            match self.reader.read(&mut self.chunk) {
                Ok(read) => {
                    self.filled = read.min(self.chunk.len());
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Copies what was read of the record out of the chunk, unless it grows too long.
    fn keep_record(&mut self) {
        let Some(record) = &mut self.record else { return };
        let part = self.chunk.get(record.mark..self.at).unwrap_or_default();
        record.mark = self.at;
        record.long |= self.element.len() + part.len() > self.limit;
        if record.long || record.beside {
            self.element.clear();
        } else {
            self.element.extend_from_slice(part);
        }
    }

    fn finish(&mut self) -> Option<End> {
        if std::mem::replace(&mut self.finished, true) {
            return None;
        }
        let offset = self.record.map_or(self.offset(), |record| record.offset);
        let open = self.record.is_some() || !self.stack.is_empty();
        self.record = None;
        self.stack.clear();
        (open && self.mode != Mode::Lost).then_some(End::Bad { offset, problem: Problem::Truncated })
    }

    fn offset(&self) -> u64 {
        self.chunk_offset + self.at as u64
    }

    /// Reads bytes outside of strings.
    fn plain(&mut self) -> Option<End> {
        while self.at < self.filled {
            let byte = *self.chunk.get(self.at)?;
            if matches!(byte, b' ' | b'\t' | b'\r') {
                self.at += 1;
                continue;
            }
            if byte == b'\n' {
                self.line_start = true;
                self.at += 1;
                continue;
            }
            let may_wrap = std::mem::take(&mut self.may_wrap);
            let end = match byte {
                b'{' | b'[' => self.open(byte, may_wrap),
                b'}' | b']' => self.close(byte),
                b'"' if self.in_object() => {
                    self.name.clear();
                    self.mode = Mode::String;
                    self.at += 1;
                    None
                }
                b',' => {
                    self.at += 1;
                    None
                }
                _ if self.in_object() => {
                    self.at += 1;
                    None
                }
                _ => Some(self.not_an_object()),
            };
            self.before = byte;
            self.line_start = false;
            if end.is_some() || self.mode != Mode::Plain {
                return end;
            }
        }
        None
    }

    /// True inside of a record, or of an object around the records.
    fn in_object(&self) -> bool {
        self.record.is_some() || self.stack.last() == Some(&b'{')
    }

    fn open(&mut self, bracket: u8, may_wrap: bool) -> Option<End> {
        if may_wrap && bracket == b'{' {
            // The object so far is a wrapper; here its first record starts.
            self.record = None;
        }
        let outside = self.record.is_none();
        let fits = match self.stack.last() {
            Some(b'{') => self.before == b':',
            Some(_) if !outside => matches!(self.before, b'[' | b','),
            _ => true,
        };
        if !fits || self.stack.len() >= DEPTH {
            return self.broken(bracket);
        }
        let wraps = bracket == b'[' && self.names_wrapper();
        if self.stack.len() == 1 {
            self.in_hits = bracket == b'{' && self.name == b"hits";
        }
        let beside = outside && self.stack.last() == Some(&b'{') && !wraps;
        if outside && (bracket == b'{' || beside) {
            self.element.clear();
            let (depth, offset, mark) = (self.stack.len(), self.offset(), self.at);
            self.record = Some(Record { depth, offset, mark, long: false, beside });
        }
        self.stack.push(bracket);
        self.may_wrap = wraps;
        self.at += 1;
        None
    }

    /// True where an array that opens here may hold the records.
    fn names_wrapper(&self) -> bool {
        let place = match self.stack.as_slice() {
            [b'{'] => true,
            [b'{', b'{'] => self.in_hits,
            _ => false,
        };
        place && self.before == b':' && WRAPPERS.iter().any(|name| name.as_bytes() == self.name)
    }

    fn close(&mut self, bracket: u8) -> Option<End> {
        let opened = if bracket == b'}' { b'{' } else { b'[' };
        if self.stack.last() != Some(&opened) {
            return if self.record.is_some() { self.broken(bracket) } else { Some(self.not_an_object()) };
        }
        self.at += 1;
        self.stack.pop();
        let record = self.record?;
        if self.stack.len() > record.depth {
            return None;
        }
        self.keep_record();
        let Record { offset, long, beside, .. } = self.record.take()?;
        if long && !beside {
            return Some(End::Bad { offset, problem: Problem::TooLong });
        }
        (!beside).then_some(End::Object { offset })
    }

    /// A record whose brackets do not match. A line that starts with `{` is taken for the next one.
    fn broken(&mut self, bracket: u8) -> Option<End> {
        let offset = self.record.map_or(self.offset(), |record| record.offset);
        let depth = self.record.map_or(self.stack.len(), |record| record.depth);
        self.stack.truncate(depth);
        // What is around the records is no longer known.
        if self.record.is_none() || self.stack.last() == Some(&b'{') {
            self.stack.clear();
        }
        self.record = None;
        self.mode = if bracket == b'{' && self.line_start { Mode::Plain } else { Mode::Lost };
        Some(End::Bad { offset, problem: Problem::Damaged })
    }

    fn not_an_object(&mut self) -> End {
        let offset = self.offset();
        self.mode = Mode::Garbage;
        self.at += 1;
        End::Bad { offset, problem: Problem::NotAnObject }
    }

    fn string(&mut self) -> Option<End> {
        let rest = self.chunk.get(self.at..self.filled).unwrap_or_default();
        let found = memchr3(b'"', b'\\', b'\n', rest);
        let text = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
        if self.name.len() < 16 {
            self.name.extend_from_slice(text.get(..text.len().min(16)).unwrap_or_default());
        }
        self.at += text.len();
        match self.chunk.get(self.at).filter(|_| found.is_some())? {
            b'"' => {
                self.mode = Mode::Plain;
                self.at += 1;
                None
            }
            b'\\' => {
                self.mode = Mode::Escape;
                self.at += 1;
                None
            }
            // JSON has no line ends in strings: a quote is missing or too many.
            _ => self.broken(b'"'),
        }
    }

    fn garbage(&mut self) {
        let rest = self.chunk.get(self.at..self.filled).unwrap_or_default();
        let stop = |byte: &u8| matches!(byte, b'{' | b'[' | b']' | b'\n');
        match rest.iter().position(stop) {
            None => self.at = self.filled,
            Some(place) => {
                self.at += place;
                self.mode = Mode::Plain;
            }
        }
    }

    fn lost(&mut self) {
        let rest = self.chunk.get(self.at..self.filled).unwrap_or_default();
        if self.line_start {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',');
            match rest.iter().position(|byte| !blank(byte)) {
                None => self.at = self.filled,
                Some(place) => {
                    self.at += place;
                    self.line_start = false;
                    let goes_on = matches!(rest.get(place), Some(b'{' | b'[' | b']'));
                    if goes_on {
                        self.mode = Mode::Plain;
                        self.line_start = true;
                    }
                }
            }
        } else {
            match memchr(b'\n', rest) {
                None => self.at = self.filled,
                Some(place) => {
                    self.at += place + 1;
                    self.line_start = true;
                }
            }
        }
    }
}
