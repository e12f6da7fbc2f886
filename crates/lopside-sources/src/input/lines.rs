//! Line-aligned blocks of a stream.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

/// Bytes of a block, unless a line is longer.
const BLOCK_BYTES: usize = 1 << 20;
/// Over-long lines that are kept with their place; more are counted.
const KEPT_LINES: usize = 100;

/// Whole lines of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// Number of the block in its stream, from 0.
    pub index: u64,
    /// Number of its first line in the stream, from 1.
    pub first_line: u64,
    /// Bytes of the decoded stream before it.
    pub offset: u64,
    /// The lines, each with its newline; only the last of a stream may lack one.
    pub bytes: &'a [u8],
}

impl<'a> Block<'a> {
    /// The lines that are not blank.
    #[must_use]
    pub fn lines(&self) -> Lines<'a> {
        Lines { rest: self.bytes, number: self.first_line, offset: self.offset }
    }
}

/// One line, without its line ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number in the stream, from 1; blank lines count.
    pub number: u64,
    /// Bytes of the decoded stream before it.
    pub offset: u64,
    /// The line without `\n` or `\r\n`.
    pub bytes: &'a [u8],
}

/// Goes through the lines of a block and leaves out blank ones. Lines end with `\n` or `\r\n`.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
    offset: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest);
            let taken = end.map_or(self.rest.len(), |end| end + 1);
            let (line, rest) = self.rest.split_at_checked(taken)?;
            let (number, offset) = (self.number, self.offset);
            self.rest = rest;
            self.number += 1;
            self.offset += taken as u64;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let bytes = line.strip_suffix(b"\r").unwrap_or(line);
            if !bytes.trim_ascii_start().is_empty() {
                return Some(Line { number, offset, bytes });
            }
        }
        None
    }
}

/// A line that was skipped because it is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {number} of {bytes} bytes is longer than the limit and was skipped")]
pub struct LongLine {
    /// Number in the stream, from 1.
    pub number: u64,
    /// Bytes of the decoded stream before it.
    pub offset: u64,
    /// Its bytes, the line ending included.
    pub bytes: u64,
}

/// The over-long lines of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LongLines {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<LongLine>,
}

/// Cuts a stream into blocks of whole lines. Memory is bounded by the line limit.
#[derive(Debug)]
pub struct LineBlocks<R> {
    reader: R,
    block: usize,
    limit: usize,
    /// Bytes after the last newline that was given out.
    carry: Vec<u8>,
    next_index: u64,
    next_line: u64,
    offset: u64,
    ended: bool,
    skipped: LongLines,
}

impl<R: Read> LineBlocks<R> {
    /// Blocks of about 1 MiB; a line of more than `line_limit` bytes is skipped.
    pub fn new(reader: R, line_limit: usize) -> Self {
        Self::with_block_bytes(reader, line_limit, BLOCK_BYTES)
    }

    /// The same with another size of blocks.
    pub fn with_block_bytes(reader: R, line_limit: usize, block_bytes: usize) -> Self {
        let limit = line_limit.max(1);
        Self {
            reader,
            block: block_bytes.clamp(1, limit.saturating_add(1)),
            limit,
            carry: Vec::new(),
            next_index: 0,
            next_line: 1,
            offset: 0,
            ended: false,
            skipped: LongLines::default(),
        }
    }

    /// Fills the buffer with the next block, which takes the buffer's memory.
    ///
    /// # Errors
    /// When the reader fails; streams of [`super::Opening`] do not.
    pub fn next_into<'b>(&mut self, buffer: &'b mut Vec<u8>) -> io::Result<Option<Block<'b>>> {
        let Some(place) = self.fill(buffer)? else { return Ok(None) };
        Ok(Some(place.block(buffer)))
    }

    /// Lines given out or skipped so far.
    pub fn lines(&self) -> u64 {
        self.next_line - 1
    }

    /// Bytes given out or skipped so far.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    /// The lines that were skipped so far.
    pub fn skipped(&self) -> &LongLines {
        &self.skipped
    }

    /// Ends with the lines that were skipped.
    pub fn into_skipped(self) -> LongLines {
        self.skipped
    }

    /// Fills the buffer from its start and says where the block lies. The buffer keeps its length, so that it is
    /// cleared only once.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<BlockPlace>> {
        let mut filled = self.take_carry(buffer);
        let mut searched = filled;
        let mut want = self.block;
        loop {
            // A line and its newline fit in one byte more than the limit.
            want = want.min(self.limit.saturating_add(1));
            filled = self.read_up_to(buffer, filled, want)?;
            let fresh = buffer.get(searched..filled).unwrap_or_default();
            if let Some(newline) = memrchr(b'\n', fresh) {
                let end = searched + newline + 1;
                self.carry.extend_from_slice(buffer.get(end..filled).unwrap_or_default());
                return Ok(Some(self.give(buffer, end)));
            }
            searched = filled;
            if filled > self.limit {
                filled = self.skip_line(buffer, filled)?;
                searched = 0;
                want = self.block;
            } else if self.ended {
                return Ok((filled > 0).then(|| self.give(buffer, filled)));
            } else {
                want = filled.saturating_mul(2).max(self.block);
            }
        }
    }

    /// Puts what was carried over at the start of the buffer; returns its length.
    fn take_carry(&mut self, buffer: &mut Vec<u8>) -> usize {
        let filled = self.carry.len();
        if buffer.len() < filled {
            buffer.resize(filled, 0);
        }
        if let Some(start) = buffer.get_mut(..filled) {
            start.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        filled
    }

    /// Reads until the buffer holds `want` bytes or the stream ends; returns how much it holds.
    fn read_up_to(&mut self, buffer: &mut Vec<u8>, mut filled: usize, want: usize) -> io::Result<usize> {
        if buffer.len() < want {
            buffer.resize(want, 0);
        }
        while filled < want && !self.ended {
            match self.reader.read(buffer.get_mut(filled..want).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read.min(want - filled),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn give(&mut self, buffer: &[u8], length: usize) -> BlockPlace {
        let (index, first_line, offset) = (self.next_index, self.next_line, self.offset);
        let bytes = buffer.get(..length).unwrap_or_default();
        let newlines = memchr_iter(b'\n', bytes).count() as u64;
        let unfinished = u64::from(bytes.last().is_some_and(|last| *last != b'\n'));
        self.next_index += 1;
        self.next_line += newlines + unfinished;
        self.offset += length as u64;
        BlockPlace { index, first_line, offset, length }
    }

    /// Drops the line that the buffer begins, and moves what follows it to the start; returns its length.
    fn skip_line(&mut self, buffer: &mut Vec<u8>, mut filled: usize) -> io::Result<usize> {
        let mut bytes = 0;
        let left = loop {
            bytes += filled as u64;
            filled = self.read_up_to(buffer, 0, self.block)?;
            if let Some(newline) = memchr(b'\n', buffer.get(..filled).unwrap_or_default()) {
                bytes += newline as u64 + 1;
                buffer.copy_within(newline + 1..filled, 0);
                break filled - newline - 1;
            }
            if filled == 0 {
                break 0;
            }
        };
        self.skipped.count += 1;
        if self.skipped.first.len() < KEPT_LINES {
            self.skipped.first.push(LongLine { number: self.next_line, offset: self.offset, bytes });
        }
        self.next_line += 1;
        self.offset += bytes;
        Ok(left)
    }
}

/// Where a block lies, apart from its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockPlace {
    index: u64,
    first_line: u64,
    offset: u64,
    length: usize,
}

impl BlockPlace {
    pub(super) fn block<'b>(&self, buffer: &'b [u8]) -> Block<'b> {
        let bytes = buffer.get(..self.length).unwrap_or_default();
        Block { index: self.index, first_line: self.first_line, offset: self.offset, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (u64, u64, Vec<u8>);

    /// Numbers, offsets and bytes of all lines, and the over-long ones, with blocks of some size.
    fn read(text: &[u8], limit: usize, block: usize) -> (Vec<Found>, LongLines, u64) {
        let mut blocks = LineBlocks::with_block_bytes(text, limit, block);
        let mut buffer = Vec::new();
        let mut lines = Vec::new();
        while let Some(block) = blocks.next_into(&mut buffer).unwrap() {
            lines.extend(block.lines().map(|line| (line.number, line.offset, line.bytes.to_vec())));
        }
        assert_eq!(blocks.bytes(), text.len() as u64);
        let count = blocks.lines();
        (lines, blocks.into_skipped(), count)
    }

    #[test]
    fn lines_are_the_same_with_blocks_of_any_size() {
        let text = b"one\r\n\n  \r\ntwo two\nthree\n\nlast";
        let whole = read(text, 100, 1000);
        let expected: Vec<Found> = vec![
            (1, 0, b"one".to_vec()),
            (4, 10, b"two two".to_vec()),
            (5, 18, b"three".to_vec()),
            (7, 25, b"last".to_vec()),
        ];
        assert_eq!(whole, (expected, LongLines::default(), 7));
        for block in 1..40 {
            assert_eq!(read(text, 100, block), whole, "blocks of {block} bytes");
        }
    }

    #[test]
    fn a_final_newline_and_an_empty_stream_make_no_line() {
        assert_eq!(read(b"a\nb\n", 9, 3).2, 2);
        assert_eq!(read(b"", 9, 3), (vec![], LongLines::default(), 0));
        assert_eq!(read(b"\n\n\n", 9, 2).2, 3);
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_with_its_place() {
        let mut text = b"short\n".to_vec();
        text.extend(vec![b'x'; 5000]);
        text.extend(b"\nnext\n12345678\n123456789\nend");
        for block in [1, 3, 8, 9, 64, 4096] {
            let (lines, skipped, count) = read(&text, 8, block);
            let texts: Vec<&[u8]> = lines.iter().map(|line| line.2.as_slice()).collect();
            assert_eq!(texts, [&b"short"[..], b"next", b"12345678", b"end"], "blocks of {block}");
            assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), [1, 3, 4, 6]);
            let first = LongLine { number: 2, offset: 6, bytes: 5001 };
            assert_eq!(skipped.first, [first, LongLine { number: 5, offset: 5021, bytes: 10 }]);
            assert_eq!((skipped.count, count), (2, 6));
        }
    }

    #[test]
    fn an_endless_last_line_does_not_grow_memory() {
        let endless = io::repeat(b'x').take(300 << 20);
        let mut blocks = LineBlocks::new(endless, 1 << 20);
        let mut buffer = Vec::new();
        assert_eq!(blocks.next_into(&mut buffer).unwrap(), None);
        assert_eq!(blocks.skipped().first, [LongLine { number: 1, offset: 0, bytes: 300 << 20 }]);
        assert!(buffer.capacity() <= 3 << 20);
    }
}
