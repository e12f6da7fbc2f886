//! Long stretches of bytes of one sort, found without a look at each byte.
//!
//! Most content has none of what a rule looks for. What is looked for is long, so that of most bytes it is enough to know that one near
//! them is of another sort; and where each byte has to be looked at, tables tell its sort: noise makes every branch on it a guess.

/// The stretches of at least so many bytes (one or more) of one sort, each as long as it goes: as `split` and a filter by length give them.
pub(crate) fn runs(bytes: &[u8], least: usize, sort: impl Fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    let least = least.max(1);
    // Before this place stands a byte of another sort, or the start.
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(at..)?;
            let (first, more) = rest.split_at_checked(least)?;
            if let Some(last) = first.iter().rposition(|byte| !sort(*byte)) {
                at += last + 1;
                continue;
            }
            let length = least + more.iter().take_while(|byte| sort(**byte)).count();
            at += length + 1;
            return rest.get(..length);
        }
    })
}

/// What a byte may be in a text of UTF-8: a character of ASCII that text holds, the first of several bytes, one that goes on, or none of
/// these.
const PARTS: [u8; 256] = {
    let mut parts = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        parts[byte] = match byte as u8 {
            b'\t' | b'\r' | b'\n' | 32..=126 => ASCII,
            0xC2..=0xF4 => FIRST,
            0x80..=0xBF => NEXT,
            _ => NONE,
        };
        byte += 1;
    }
    parts
};
const ASCII: u8 = 0;
const FIRST: u8 = 1;
const NEXT: u8 = 2;
const NONE: u8 = 3;

/// Which part may follow which, one bit each: four times the first and the second.
const FOLLOWS: u32 = {
    let pairs = [(ASCII, ASCII), (ASCII, FIRST), (FIRST, NEXT), (NEXT, NEXT), (NEXT, ASCII), (NEXT, FIRST)];
    let (mut bits, mut place) = (0, 0);
    while place < pairs.len() {
        bits |= 1 << (pairs[place].0 * 4 + pairs[place].1);
        place += 1;
    }
    bits
};

/// Where the next stretch of at least so many bytes starts, from `from` on, that may be text by what stands beside each of its bytes;
/// `None` where there is none. No character lies across its start, and what is no text lies before it, where it does at `from`.
pub(crate) fn may_be_text(bytes: &[u8], from: usize, least: usize) -> Option<usize> {
    let (mut before, mut length) = (NONE, 0);
    for (place, byte) in bytes.iter().enumerate().skip(from) {
        let part = PARTS[usize::from(*byte)];
        let follows = FOLLOWS >> (before * 4 + part) & 1;
        length = length * follows as usize + 1;
        before = part;
        if length >= least {
            return Some(place + 1 - length);
        }
    }
    None
}

/// How many bytes are of a sort: summed up many at a time where the sort can be told without branches.
pub(crate) fn count(bytes: &[u8], sort: impl Fn(u8) -> bool) -> usize {
    let in_part = |part: &[u8]| usize::from(part.iter().map(|byte| u8::from(sort(*byte))).sum::<u8>());
    bytes.chunks(usize::from(u8::MAX)).map(in_part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn runs_are_those_of_a_split() {
        let mut chance = Chance::new(37);
        let sorts: [fn(u8) -> bool; 3] =
            [|byte| byte < 200, |byte| byte.is_ascii_punctuation(), |byte| byte != b'a'];
        for length in [0, 1, 5, 300, 2000] {
            for bytes in [chance.bytes(length), chance.of(b"ab,.", length), vec![b'b'; length]] {
                for (sort, least) in sorts.into_iter().flat_map(|sort| [1, 2, 10].map(|least| (sort, least)))
                {
                    let split = bytes.split(|byte| !sort(*byte)).filter(|run| run.len() >= least);
                    let (found, expected): (Vec<_>, Vec<_>) =
                        (runs(&bytes, least, sort).collect(), split.collect());
                    assert_eq!(found, expected, "{least} {bytes:?}");
                    assert_eq!(count(&bytes, sort), bytes.iter().filter(|byte| sort(**byte)).count());
                }
            }
        }
    }

    #[test]
    fn what_may_be_text_starts_at_its_first_byte() {
        assert_eq!(may_be_text(b"\x00\x01ab\xFFabc\xC3\xA9d", 0, 4), Some(5));
        assert_eq!(may_be_text(b"\x00\x01ab\xFFabc\xC3\xA9d", 6, 4), Some(6));
        assert_eq!(may_be_text(b"abc\xC3d", 0, 5), None);
        assert_eq!(may_be_text(b"abc\xA9\xA9\xA9\xA9", 0, 4), Some(3));
        assert_eq!(may_be_text(b"", 0, 1), None);
    }
}
