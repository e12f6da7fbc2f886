//! What counts of symbols say before the symbols are looked at one by one.
//!
//! How many were drawn, of how many kinds and of which sorts, and the sum of the squares of their counts: all that a test of evenness
//! needs. A test is asked of every short run of every text, and says no nearly always: it must not cost more than the run.

use super::{Counts, histogram};

/// Counts of symbols, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many symbols were drawn.
    pub(crate) drawn: u64,
    /// The sum of the squares of their counts.
    pub(crate) squares: u64,
    /// How many kinds of symbols occur.
    pub(crate) kinds: usize,
    /// The sorts of symbols that occur: bits of [`sort`].
    pub(crate) sorts: u8,
}

/// Fewer bytes are summed up while they are counted, more afterwards.
const FEW: usize = 256;

/// The sorts of bytes by which alphabets differ: what is not graphic ASCII; marks that no base64 has; marks of base64; capitals, small
/// letters and digits.
pub(crate) mod sort {
    /// Control characters, the space, and all beyond ASCII.
    pub(crate) const OTHER: u8 = 1;
    /// Marks that are in no variant of base64.
    pub(crate) const MARK: u8 = 1 << 1;
    /// `+`, `/`, `-` and `_`.
    pub(crate) const BASE64_MARK: u8 = 1 << 2;
    /// `A` to `F`.
    pub(crate) const UPPER_HEX: u8 = 1 << 3;
    /// `G` to `Z`.
    pub(crate) const UPPER: u8 = 1 << 4;
    /// `a` to `f`.
    pub(crate) const LOWER_HEX: u8 = 1 << 5;
    /// `g` to `z`.
    pub(crate) const LOWER: u8 = 1 << 6;
    /// Digits.
    pub(crate) const DIGIT: u8 = 1 << 7;
}

/// The sort of each byte.
const SORTS: [u8; 256] = {
    let mut sorts = [sort::OTHER; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        sorts[byte as usize] = match byte {
            b'+' | b'/' | b'-' | b'_' => sort::BASE64_MARK,
            b'A'..=b'F' => sort::UPPER_HEX,
            b'G'..=b'Z' => sort::UPPER,
            b'a'..=b'f' => sort::LOWER_HEX,
            b'g'..=b'z' => sort::LOWER,
            b'0'..=b'9' => sort::DIGIT,
            _ => sort::MARK,
        };
        byte += 1;
    }
    sorts
};

impl Tally {
    /// Bytes with their counts.
    pub(crate) fn counted(bytes: &[u8]) -> (Counts, Tally) {
        if bytes.len() >= FEW {
            let counts = histogram(bytes);
            let tally = Tally::of(&counts);
            return (counts, tally);
        }
        let (mut counts, mut tally) = ([0u32; 256], Tally::default());
        for byte in bytes {
            let count = &mut counts[usize::from(*byte)];
            tally.squares += 2 * u64::from(*count) + 1;
            tally.kinds += usize::from(*count == 0);
            tally.sorts |= SORTS[usize::from(*byte)];
            *count += 1;
        }
        tally.drawn = bytes.len() as u64;
        (counts, tally)
    }

    /// Counts summed up.
    pub(crate) fn of(counts: &Counts) -> Tally {
        let mut tally = Tally::default();
        for (count, sort) in counts.iter().zip(&SORTS) {
            tally.drawn += u64::from(*count);
            tally.squares += u64::from(*count) * u64::from(*count);
            tally.kinds += usize::from(*count > 0);
            tally.sorts |= if *count > 0 { *sort } else { 0 };
        }
        tally
    }

    /// The same of counts that are 65,535 in all at most.
    pub(crate) fn of_few(counts: &[u16; 256]) -> Tally {
        let (mut drawn, mut squares, mut kinds, mut sorts) = (0u32, 0u32, 0u16, 0u16);
        for (count, sort) in counts.iter().zip(&SORTS) {
            drawn += u32::from(*count);
            squares += u32::from(*count) * u32::from(*count);
            kinds += u16::from(*count > 0);
            sorts |= if *count > 0 { u16::from(*sort) } else { 0 };
        }
        Tally {
            drawn: u64::from(drawn),
            squares: u64::from(squares),
            kinds: usize::from(kinds),
            sorts: (sorts & 0xFF) as u8,
        }
    }

    /// Whether any symbol is of one of these sorts.
    pub(crate) fn has(&self, sorts: u8) -> bool {
        self.sorts & sorts != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn all_ways_of_counting_agree() {
        let mut chance = Chance::new(17);
        for length in [0, 1, 40, FEW - 1, FEW, 3000] {
            for bytes in [chance.bytes(length), chance.of(b"abcdef0123", length), vec![7; length]] {
                let (counts, tally) = Tally::counted(&bytes);
                assert_eq!(counts, histogram(&bytes));
                assert_eq!(tally, Tally::of(&counts));
                let few = std::array::from_fn(|symbol| u16::try_from(counts[symbol]).unwrap());
                assert_eq!(tally, Tally::of_few(&few));
                assert_eq!(tally.kinds, counts.iter().filter(|count| **count > 0).count());
                assert_eq!(tally.drawn as usize, length);
            }
        }
    }

    #[test]
    fn sorts_are_those_of_the_standard_library() {
        for byte in 0..=255u8 {
            let (_, tally) = Tally::counted(&[byte]);
            assert_eq!(tally.has(sort::OTHER), !byte.is_ascii_graphic());
            assert_eq!(tally.has(sort::MARK | sort::BASE64_MARK), byte.is_ascii_punctuation());
            assert_eq!(tally.has(sort::UPPER | sort::UPPER_HEX), byte.is_ascii_uppercase());
            assert_eq!(tally.has(sort::LOWER | sort::LOWER_HEX), byte.is_ascii_lowercase());
            assert_eq!(tally.has(sort::DIGIT | sort::LOWER_HEX | sort::UPPER_HEX), byte.is_ascii_hexdigit());
        }
    }
}
