//! Text encodings: UTF-8 and UTF-16, with or without a mark, to UTF-8 without one.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE};

use super::stream::Peeked;

/// Units that are looked at where there is no mark.
const UNITS: usize = 128;

/// Decodes a stream to UTF-8 without a mark; true where it had to be changed. What is not text, or not valid
/// UTF-8, passes as it is.
pub(super) fn decoded<'a>(mut raw: Peeked<Box<dyn Read + 'a>>) -> (Peeked<Box<dyn Read + 'a>>, bool) {
    let (encoding, mark) = match raw.head() {
        [0xef, 0xbb, 0xbf, ..] => (None, 3),
        [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
        [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
        head => (guess(head), 0),
    };
    raw.skip(mark);
    match encoding {
        None => (raw, mark > 0),
        Some(encoding) => (Peeked::new(Box::new(Utf16::new(raw, encoding))), true),
    }
}

/// UTF-16 without a mark: printable ASCII in one byte of each of the first units, zero in the other.
fn guess(head: &[u8]) -> Option<&'static Encoding> {
    let units = || head.as_chunks::<2>().0.iter().take(UNITS);
    if units().len() < 4 {
        return None;
    }
    let is_text = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if units().all(|[low, high]| *high == 0 && is_text(*low)) {
        Some(UTF_16LE)
    } else if units().all(|[high, low]| *high == 0 && is_text(*low)) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Decodes UTF-16 as it is read. Lone surrogates and half a unit at the end become U+FFFD.
struct Utf16<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_start: usize,
    raw_end: usize,
    text: Vec<u8>,
    text_start: usize,
    text_end: usize,
    finished: bool,
}

impl<R: Read> Utf16<R> {
    fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; 32 << 10],
            raw_start: 0,
            raw_end: 0,
            text: vec![0; 64 << 10],
            text_start: 0,
            text_end: 0,
            finished: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_start == self.raw_end {
            self.raw_start = 0;
            self.raw_end = self.inner.read(&mut self.raw)?;
        }
        let last = self.raw_end == 0;
        let raw = self.raw.get(self.raw_start..self.raw_end).unwrap_or_default();
        let (result, read, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, last);
        self.raw_start += read;
        self.text_start = 0;
        self.text_end = written;
        self.finished = last && result == encoding_rs::CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text_start == self.text_end && !self.finished {
            self.refill()?;
        }
        let read = self.text.get(self.text_start..self.text_end).unwrap_or_default().read(buffer)?;
        self.text_start += read;
        Ok(read)
    }
}
