//! Whether JSON is one object a line, and how to read it as such where it is not.

use std::io::{self, Read};

use super::{BadDocument, Document, Documents, Fields, JsonError, Shape, Step};

/// Lines that are looked at.
const LINES: usize = 16;
/// Bad records that are kept with their place; more are counted.
const KEPT_BAD: usize = 100;

/// How the JSON of a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One object a line: read it with [`crate::input::for_each_block`].
    Lines,
    /// Anything else: put [`DocumentLines`] between.
    Documents,
}

impl Framing {
    /// Tells the framing from the first bytes of a JSON file ([`crate::input::InputStream::head`]).
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let mut fields = Fields::new(0);
        let mut lines =
            head.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let first = lines.next().unwrap_or_default();
        match first.trim_ascii_start().first() {
            Some(b'{') if !first.ends_with(b"\n") => Self::Documents,
            Some(b'{') => match fields.read_json(&Nothing, first) {
                Ok(()) if is_wrapped(first) => Self::Documents,
                Ok(()) => Self::Lines,
                Err(JsonError::Trailing(_)) => Self::Documents,
                // A damaged line of many, or the first line of an object that is printed over several.
                Err(_) => {
                    let mut whole = lines.take(LINES).filter(|line| line.starts_with(b"{"));
                    let sound = whole.any(|line| fields.read_json(&Nothing, line).is_ok());
                    if sound { Self::Lines } else { Self::Documents }
                }
            },
            Some(b'[') => Self::Documents,
            // Something else before the first object, such as the rest of a line.
            _ => Self::Lines,
        }
    }
}

/// True where the object is only the wrapper of others.
fn is_wrapped(object: &[u8]) -> bool {
    let object = object.trim_ascii_start();
    let mut documents = Documents::new(object, object.len());
    matches!(documents.next_document(), Ok(Some(Document::Object { offset: 1.., .. })))
}

struct Nothing;

impl Shape for Nothing {
    type State = ();

    fn root(&self) {}

    fn step(&self, (): (), _key: &[u8]) -> Step<()> {
        Step::Skip
    }
}

/// Gives the objects of a document one a line, so that line `n` is object `n`, counted from 1; a bad one is a
/// blank line. Line ends inside of an object stand between its members only, and become blanks.
#[derive(Debug)]
pub struct DocumentLines<R> {
    documents: Documents<R>,
    line: Vec<u8>,
    at: usize,
    bad: u64,
    first_bad: Vec<BadDocument>,
}

impl<R: Read> DocumentLines<R> {
    /// Reads objects of at most `limit` bytes.
    pub fn new(reader: R, limit: usize) -> Self {
        let documents = Documents::new(reader, limit);
        Self { documents, line: Vec::new(), at: 0, bad: 0, first_bad: Vec::new() }
    }

    /// How many bad records there were so far.
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// The first of the bad records, with their places.
    pub fn first_bad(&self) -> &[BadDocument] {
        &self.first_bad
    }
}

impl<R: Read> Read for DocumentLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            self.line.clear();
            self.at = 0;
            match self.documents.next_document()? {
                None => return Ok(0),
                Some(Document::Object { bytes, .. }) => {
                    self.line.extend(bytes.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
                }
                Some(Document::Bad(bad)) => {
                    self.bad += 1;
                    if self.first_bad.len() < KEPT_BAD {
                        self.first_bad.push(bad);
                    }
                }
            }
            self.line.push(b'\n');
        }
        let read = self.line.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
