//! The bytes of a stream, a stretch at a time: what the container readers look through.

use std::io::{self, Read};

/// Bytes that are read at once: few at first, since most captures in a folder are small.
const FIRST_STEP: usize = 16 << 10;
const STEP: usize = 256 << 10;

/// A stretch of a stream that moves forward over it.
pub(super) struct Window<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that were left behind.
    passed: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    /// A window at the start of a stream.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, buffer: Vec::new(), start: 0, end: 0, passed: 0, ended: false }
    }

    /// At least `length` bytes from the present place, or all that are left where there are fewer. More are seen where more were
    /// read.
    pub(super) fn see(&mut self, length: usize) -> &[u8] {
        if self.end - self.start < length && !self.ended {
            self.fill(length);
        }
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Moves on by `length` bytes, as far as there are any.
    pub(super) fn pass(&mut self, length: usize) {
        let length = length.min(self.end - self.start);
        self.start += length;
        self.passed += length as u64;
    }

    /// Moves on by more than is to be held; false where the stream ends before.
    pub(super) fn pass_far(&mut self, mut length: u64) -> bool {
        while length > 0 {
            let seen = self.see(1).len();
            if seen == 0 {
                return false;
            }
            let step = usize::try_from(length).unwrap_or(usize::MAX).min(seen);
            self.pass(step);
            length -= step as u64;
        }
        true
    }

    /// Bytes from the start of the stream to the present place.
    pub(super) fn place(&self) -> u64 {
        self.passed
    }

    fn fill(&mut self, length: usize) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let wanted = length.max((2 * self.buffer.len()).clamp(FIRST_STEP, STEP));
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        while self.end < length {
            let Some(room) = self.buffer.get_mut(self.end..) else { return };
            match self.inner.read(room) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let step = self.0.len().min(1).min(buffer.len());
            (&self.0[..step]).read(buffer).inspect(|read| self.0 = &self.0[*read..])
        }
    }

    #[test]
    fn a_window_moves_over_a_stream_of_drops() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut window = Window::new(Drops(&bytes));
        assert_eq!(&window.see(3)[..3], [0, 1, 2]);
        window.pass(2);
        assert_eq!(window.see(1)[0], 2);
        assert!(window.pass_far(200));
        assert_eq!((window.place(), window.see(4)[0]), (202, 202));
        assert_eq!(window.see(1_000).len(), 54);
        assert!(!window.pass_far(55));
        assert!(window.see(1).is_empty());
    }
}
