//! A stretch of a file that a parser takes for a whole one.

use std::io::{self, Read, Seek, SeekFrom};

use super::{CHUNK, HEADER};

/// A stretch of chunks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins, in bytes from the start of the file.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

/// Cuts a file of `length` bytes into parts of at most `chunks` chunks of 64 KiB. There is at least one; the last one
/// may end inside of a chunk.
#[must_use]
pub fn parts(length: u64, chunks: u64) -> Vec<Part> {
    let size = chunks.clamp(1, u64::MAX / CHUNK - 1) * CHUNK;
    let mut parts = Vec::new();
    let mut start = HEADER;
    while start < length {
        let end = start.saturating_add(size).min(length);
        parts.push(Part { start, end });
        start = end;
    }
    if parts.is_empty() {
        parts.push(Part { start: HEADER, end: HEADER.max(length) });
    }
    parts
}

/// Shows a file's header and one part of it as if nothing else were there.
#[derive(Debug)]
pub(super) struct Window<R> {
    source: R,
    part: Part,
    at: u64,
}

impl<R: Read + Seek> Window<R> {
    /// The window on a part.
    pub(super) fn new(mut source: R, part: Part) -> io::Result<Self> {
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { source, part, at: 0 })
    }

    /// Where in the file the bytes begin that make no chunk, and they; `None` where there are none.
    pub(super) fn tail(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let length = self.part.end.saturating_sub(self.part.start);
        if length.is_multiple_of(CHUNK) {
            return Ok(None);
        }
        let start = self.part.end - length % CHUNK;
        self.source.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        (&mut self.source).take(length % CHUNK).read_to_end(&mut tail)?;
        self.seek(SeekFrom::Start(0))?;
        Ok(Some((start, tail)))
    }

    /// How many bytes can be seen.
    fn length(&self) -> u64 {
        HEADER + self.part.end.saturating_sub(self.part.start)
    }

    /// Where a byte of the window stands in the file.
    fn outside(&self, at: u64) -> u64 {
        if at < HEADER { at } else { self.part.start.saturating_add(at - HEADER) }
    }
}

impl<R: Read + Seek> Read for Window<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let border = if self.at < HEADER { HEADER } else { self.length() };
        let left = usize::try_from(border.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let read = self.source.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        self.at += read as u64;
        if self.at == HEADER && read > 0 {
            self.seek(SeekFrom::Start(HEADER))?;
        }
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Window<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.source.seek(SeekFrom::Start(self.outside(self.at)))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_file_once() {
        assert_eq!(parts(0, 4), [Part { start: HEADER, end: HEADER }]);
        assert_eq!(parts(HEADER + 10, u64::MAX), [Part { start: HEADER, end: HEADER + 10 }]);
        let three = parts(HEADER + 5 * CHUNK + 1, 2);
        assert_eq!(three.len(), 3);
        assert_eq!(three.last(), Some(&Part { start: HEADER + 4 * CHUNK, end: HEADER + 5 * CHUNK + 1 }));
    }

    #[test]
    fn a_window_shows_the_header_and_its_part() {
        let file: Vec<u8> = (0..HEADER + 3 * CHUNK).map(|at| (at / 4_096) as u8).collect();
        let part = parts(file.len() as u64, 1)[1];
        let mut window = Window::new(io::Cursor::new(&file), part).unwrap();
        let mut seen = Vec::new();
        window.read_to_end(&mut seen).unwrap();
        assert_eq!(seen.len() as u64, HEADER + CHUNK);
        assert_eq!((seen[0], seen[4_095], seen[4_096], seen[4_096 + 65_535]), (0, 0, 17, 32));
        assert_eq!(window.seek(SeekFrom::End(-1)).unwrap(), HEADER + CHUNK - 1);
        assert!(window.seek(SeekFrom::Current(-i64::MAX)).is_err());
    }
}
