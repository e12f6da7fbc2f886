//! Stretches of one block that is repeated.

/// How many bytes from the first on are a block of so many bytes again and again: at least the block, where there are as many bytes.
pub(super) fn from_start(bytes: &[u8], period: usize) -> usize {
    let Some(later) = bytes.get(period..) else { return 0 };
    period + bytes.iter().zip(later).take_while(|(byte, next)| byte == next).count()
}

/// Whether a piece is a block of up to 32 bytes again and again, three times at least.
pub(super) fn is_block(piece: &[u8]) -> bool {
    (1..=32).any(|period| piece.len() >= 3 * period && from_start(piece, period) == piece.len())
}

/// The same from the last byte back.
pub(super) fn from_end(bytes: &[u8], period: usize) -> usize {
    let Some(earlier) = bytes.len().checked_sub(period).and_then(|end| bytes.get(..end)) else { return 0 };
    period + bytes.iter().rev().zip(earlier.iter().rev()).take_while(|(byte, next)| byte == next).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_counted_from_both_ends() {
        assert_eq!(from_start(b"abcabcabx", 3), 8);
        assert_eq!(from_start(b"abcabcab", 3), 8);
        assert_eq!(from_start(b"abc", 3), 3);
        assert_eq!(from_start(b"ab", 3), 0);
        assert!(is_block(b"abcabcabca") && !is_block(b"abcabcab") && !is_block(b"abcabcabcx"));
        assert_eq!(from_end(b"xbcabcabc", 3), 8);
        assert_eq!(from_end(b"aaaa", 1), 4);
        assert_eq!(from_end(b"", 1), 0);
    }
}
