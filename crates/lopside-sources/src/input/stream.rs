//! One decoded stream of bytes, with its first bytes at hand.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Fault, InputError};

/// Bytes of a stream that are looked at to recognise it.
pub const SNIFF_BYTES: usize = 64 << 10;

/// One stream of bytes: a file or an entry of an archive, decompressed, text as UTF-8 without a mark.
///
/// Reading it never fails: a fault ends the stream and is reported by [`super::Opening::open`].
pub struct InputStream<'a> {
    /// Display name: the path, then `!` and the name inside for entries of archives.
    pub name: String,
    /// Index of the input on the command line's list ([`super::InputFile::index`]).
    pub index: usize,
    /// Number of this stream within its input, from 0.
    pub ordinal: u64,
    /// Bytes on disk of a plain file or promised by the archive; absent where nobody knows before the end.
    pub size: Option<u64>,
    reader: Peeked<Box<dyn Read + 'a>>,
    /// The file itself, where the stream is a plain one that was not decoded.
    plain: Option<&'a Path>,
    spool: Spool<'a>,
}

impl<'a> InputStream<'a> {
    pub(super) fn new(
        (name, index, ordinal, size): (String, usize, u64, Option<u64>),
        reader: Peeked<Box<dyn Read + 'a>>,
        plain: Option<&'a Path>,
        spool: Spool<'a>,
    ) -> Self {
        Self { name, index, ordinal, size, reader, plain, spool }
    }

    /// A stream over bytes in memory, for tests and for callers that have the content already.
    #[must_use]
    pub fn from_bytes(name: &str, bytes: &'a [u8]) -> Self {
        let reader: Box<dyn Read + 'a> = Box::new(bytes);
        let size = Some(bytes.len() as u64);
        let spool = Spool { folder: Path::new("."), limit: 0 };
        Self::new((name.to_owned(), 0, 0, size), super::text::decoded(Peeked::new(reader)).0, None, spool)
    }

    /// The first [`SNIFF_BYTES`] of the stream, all of it where it is shorter. Does not move the position.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        self.reader.head()
    }

    /// The whole stream as a file to seek in, at its start: the file itself where it is a plain one, else a
    /// temporary file that vanishes when closed. Call it before anything was read.
    ///
    /// # Errors
    /// When the file vanished, or the temporary one cannot be written or grows beyond [`super::Limits::spool`].
    pub fn into_file(mut self) -> Result<File, InputError> {
        let file = match self.plain {
            Some(path) => File::open(path).map_err(|error| Fault::from_io(&error)),
            None => self.spool.store(&mut self.reader),
        };
        file.map_err(|fault| InputError { name: self.name, fault })
    }
}

impl Read for InputStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// A reader whose first bytes were read ahead.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    position: usize,
    inner: R,
}

impl<R: Read> Peeked<R> {
    /// Reads ahead up to [`SNIFF_BYTES`]. The inner reader must not fail (see `Guarded`); an error ends it.
    pub(super) fn new(mut inner: R) -> Self {
        let mut head = Vec::new();
        // An error would come again with the next read.
        let _read = (&mut inner).take(SNIFF_BYTES as u64).read_to_end(&mut head);
        Self { head, position: 0, inner }
    }

    /// The bytes read ahead, from the present position.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get(self.position..).unwrap_or_default()
    }

    /// Leaves out some of the bytes read ahead.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.position = (self.position + bytes).min(self.head.len());
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.head.len() {
            self.head = Vec::new();
            self.position = 0;
            return self.inner.read(buffer);
        }
        let read = self.head().read(buffer)?;
        self.position += read;
        Ok(read)
    }
}

/// Where temporary files go.
#[derive(Clone, Copy)]
pub(super) struct Spool<'a> {
    pub(super) folder: &'a Path,
    pub(super) limit: u64,
}

impl Spool<'_> {
    /// Copies a stream to a temporary file and rewinds it.
    pub(super) fn store(&self, reader: &mut dyn Read) -> Result<File, Fault> {
        let failed = |error: io::Error| Fault::SpoolFailed(error.to_string());
        let mut file = tempfile::tempfile_in(self.folder).map_err(failed)?;
        let copied = io::copy(&mut reader.take(self.limit.saturating_add(1)), &mut file).map_err(failed)?;
        if copied > self.limit {
            return Err(Fault::SpoolTooLarge { limit: self.limit });
        }
        file.flush().map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(file)
    }
}
