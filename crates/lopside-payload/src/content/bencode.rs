//! Bencode, in which peers of BitTorrent and the like write: how far a document goes.

/// How deep lists and dictionaries may stand in each other.
const DEPTH: usize = 32;

/// The length of the dictionary at the start, where one is there from its start to its end.
pub(crate) fn dictionary(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'd') {
        return None;
    }
    let (mut at, mut depth) = (0, 0);
    loop {
        match bytes.get(at)? {
            b'd' | b'l' if depth < DEPTH => (at, depth) = (at + 1, depth + 1),
            b'e' if depth > 0 => (at, depth) = (at + 1, depth - 1),
            b'i' => {
                let digits = bytes.get(at + 1..)?.iter().take(24);
                let length = digits.take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
                if length == 0 || bytes.get(at + 1 + length) != Some(&b'e') {
                    return None;
                }
                at += length + 2;
            }
            b'0'..=b'9' => {
                let rest = bytes.get(at..)?;
                let colon = rest.iter().take(12).position(|byte| *byte == b':')?;
                let length = super::place(super::decimal(rest.get(..colon)?)?);
                at = at.checked_add(colon + 1)?.checked_add(length)?;
            }
            _ => return None,
        }
        if depth == 0 {
            return (at <= bytes.len()).then_some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_followed_to_their_ends() {
        let text = b"d2:id4:\xFF\x00ab5:nodesl3:a:b3:c:de1:ni-42ee";
        assert_eq!(dictionary(text), Some(text.len()));
        assert_eq!(dictionary(&[text.as_slice(), b"more"].concat()), Some(text.len()));
        for cut in 0..text.len() {
            assert_eq!(dictionary(&text[..cut]), None, "{cut}");
        }
        assert_eq!(dictionary(b"d99999999999999999999:a"), None);
        assert_eq!(dictionary(b"dx"), None);
    }
}
