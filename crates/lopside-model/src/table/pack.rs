//! The bytes of a packed row: which columns it has, then those columns one after the other.
//!
//! A row begins with 64 bits, one a column: set where there is something to read. What is absent, zero or `false` takes no further
//! byte, and most of a row's columns are. A number is its length and as many bytes as it needs, an IPv4 address four bytes, a
//! label two, other text stands in its place. The row's moment (its first time) is kept beside the bytes, because rows are sorted
//! by it, and other times of the row are told from there.

use super::batch::Labels;

/// The bytes that one word takes; what is read may begin anywhere before the end, so that a batch ends with this many to spare.
pub(super) const WORD: usize = 8;
/// In the first byte of a number: told from the row's moment.
const FROM_MOMENT: u64 = 0x10;
/// In the first two bytes of a label: its number did not fit and follows.
const WIDE_LABEL: u16 = u16::MAX;

/// Writes one row behind others.
#[derive(Debug)]
pub struct Packer<'b> {
    bytes: &'b mut Vec<u8>,
    labels: &'b mut Labels,
    start: usize,
    at: usize,
    /// What all columns of a row take at most, text apart.
    most: usize,
    present: u64,
    column: u32,
    moment: Option<i64>,
}

impl<'b> Packer<'b> {
    /// Begins a row after `start` bytes; its columns take `most` bytes at most, text apart.
    #[inline(always)]
    pub(super) fn new(
        bytes: &'b mut Vec<u8>,
        labels: &'b mut Labels,
        start: usize,
        most: usize,
    ) -> Packer<'b> {
        let mut packer =
            Packer { bytes, labels, start, at: start + WORD, most, present: 0, column: 0, moment: None };
        packer.make_room();
        packer
    }

    /// Ends the row: its moment, and where the next one begins.
    #[inline(always)]
    pub(super) fn finish(self) -> (i64, usize) {
        if let Some(place) = self.bytes.get_mut(self.start..self.start + WORD) {
            place.copy_from_slice(&self.present.to_le_bytes());
        }
        (self.moment.unwrap_or(0), self.at)
    }

    fn make_room(&mut self) {
        let room = self.at + self.most + 2 * WORD;
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
    }

    /// Goes to the next column, and says whether it is written.
    #[inline(always)]
    pub(super) fn column(&mut self, present: bool) -> bool {
        self.present |= u64::from(present) << self.column;
        self.column += 1;
        present
    }

    /// Writes the first `count` bytes of a word.
    #[inline(always)]
    pub(super) fn word(&mut self, word: u64, count: usize) {
        if let Some(place) = self.bytes.get_mut(self.at..self.at + WORD) {
            place.copy_from_slice(&word.to_le_bytes());
            self.at += count;
        }
    }

    /// Writes a number.
    #[inline(always)]
    pub(super) fn number(&mut self, value: u64) {
        self.tagged(value, 0);
    }

    #[inline(always)]
    fn tagged(&mut self, value: u64, tag: u64) {
        let count = 8 - value.leading_zeros() as usize / 8;
        if count < WORD {
            self.word(value << 8 | tag | count as u64, count + 1);
        } else {
            self.word(tag | count as u64, 1);
            self.word(value, WORD);
        }
    }

    /// Keeps the first time of the row as its moment; `false` where there was one already.
    #[inline(always)]
    pub(super) fn first_time(&mut self, time: i64) -> bool {
        let first = self.moment.is_none();
        self.moment = self.moment.or(Some(time));
        first
    }

    /// Writes a signed number: itself or what it is after the row's moment, whichever is shorter.
    #[inline(always)]
    pub(super) fn signed(&mut self, value: i64) {
        let folded = |value: i64| (value << 1 ^ value >> 63) as u64;
        let (plain, after) = (folded(value), folded(value.wrapping_sub(self.moment.unwrap_or(0))));
        if after < plain { self.tagged(after, FROM_MOMENT) } else { self.tagged(plain, 0) }
    }

    /// Writes 128 bits.
    #[inline(always)]
    pub(super) fn wide(&mut self, value: u128) {
        // The halves of 128 bits.
        let (high, low) = ((value >> 64) as u64, value as u64);
        if high == 0 && low >> 32 == 0xffff {
            self.word((low & 0xffff_ffff) << 8 | 4, 5);
        } else {
            self.word(16, 1);
            self.word(low, WORD);
            self.word(high, WORD);
        }
    }

    /// Writes a text that comes once.
    #[inline(always)]
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.truncate(self.at);
        self.bytes.extend_from_slice(text.as_bytes());
        self.at = self.bytes.len();
        self.make_room();
    }

    /// Writes a text that comes often.
    #[inline(always)]
    pub(super) fn label(&mut self, text: &str) {
        let number = self.labels.number(self.column, text);
        match u16::try_from(number) {
            Ok(number) if number != WIDE_LABEL => self.word(u64::from(number), 2),
            _ => {
                self.word(u64::from(WIDE_LABEL), 2);
                self.word(u64::from(number), 4);
            }
        }
    }
}

/// Reads one row.
#[derive(Debug)]
pub struct Unpacker<'a> {
    bytes: &'a [u8],
    labels: &'a Labels,
    at: usize,
    present: u64,
    moment: i64,
    /// Whether the moment was read.
    begun: bool,
}

impl<'a> Unpacker<'a> {
    /// The row that begins after `start` bytes.
    #[inline(always)]
    pub(super) fn new(bytes: &'a [u8], labels: &'a Labels, start: usize, moment: i64) -> Unpacker<'a> {
        let mut unpacker = Unpacker { bytes, labels, at: start, present: 0, moment, begun: false };
        unpacker.present = unpacker.word(WORD);
        unpacker
    }

    /// Goes to the next column, and says whether there is something to read.
    #[inline(always)]
    pub(super) fn column(&mut self) -> bool {
        let present = self.present & 1 == 1;
        self.present >>= 1;
        present
    }

    /// Reads a word, of which `count` bytes count; the rest is of what follows.
    #[inline(always)]
    fn word(&mut self, count: usize) -> u64 {
        let word = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<WORD>());
        self.at += count;
        word.map_or(0, |word| u64::from_le_bytes(*word))
    }

    /// Reads a word of `count` bytes, fewer than eight.
    #[inline(always)]
    pub(super) fn part(&mut self, count: usize) -> u64 {
        self.word(count) & ((1 << (8 * count)) - 1)
    }

    /// Reads a whole word.
    #[inline(always)]
    pub(super) fn whole(&mut self) -> u64 {
        self.word(WORD)
    }

    /// Reads a number.
    #[inline(always)]
    pub(super) fn number(&mut self) -> u64 {
        self.tagged().0
    }

    #[inline(always)]
    fn tagged(&mut self) -> (u64, u64) {
        let word = self.word(1);
        let count = (word & 0xf) as usize;
        if count < WORD {
            self.at += count;
            (word >> 8 & ((1 << (8 * count)) - 1), word & FROM_MOMENT)
        } else {
            (self.whole(), word & FROM_MOMENT)
        }
    }

    /// The row's moment, once.
    #[inline(always)]
    pub(super) fn first_time(&mut self) -> Option<i64> {
        let first = !self.begun;
        self.begun = true;
        first.then_some(self.moment)
    }

    /// Reads a signed number.
    #[inline(always)]
    pub(super) fn signed(&mut self) -> i64 {
        let (folded, tag) = self.tagged();
        let value = (folded >> 1) as i64 ^ -((folded & 1) as i64);
        if tag == FROM_MOMENT { value.wrapping_add(self.moment) } else { value }
    }

    /// Reads 128 bits.
    #[inline(always)]
    pub(super) fn wide(&mut self) -> u128 {
        let word = self.word(1);
        if word & 0xff == 4 {
            self.at += 4;
            return u128::from(word >> 8 & 0xffff_ffff | 0xffff_0000_0000);
        }
        let (low, high) = (self.whole(), self.whole());
        u128::from(high) << 64 | u128::from(low)
    }

    /// Reads a text that came once.
    #[inline(always)]
    pub(super) fn text(&mut self) -> &'a str {
        let length = usize::try_from(self.number()).unwrap_or(0);
        let text = self.bytes.get(self.at..self.at.saturating_add(length)).unwrap_or_default();
        self.at += text.len();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Reads a text that came often.
    #[inline(always)]
    pub(super) fn label(&mut self) -> &'a str {
        let number = self.part(2);
        let number = if number == u64::from(WIDE_LABEL) { self.part(4) } else { number };
        self.labels.text(number as u32)
    }
}
