//! Encodings of bytes as text: base64, hex and percent signs.

/// Decodes base64 in either variant; padding and line breaks are allowed. `None` for anything else.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut symbols = Vec::with_capacity(text.len());
    let mut padding = 0;
    for byte in text {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            _ if padding > 0 => return None,
            _ => symbols.push(base64_value(*byte)?),
        }
    }
    if padding > 2 || symbols.len() % 4 == 1 {
        return None;
    }
    Some(pack(&symbols))
}

/// Whether a byte may stand in base64 of either variant: a symbol, padding or a line break.
pub(crate) fn is_base64(byte: u8) -> bool {
    base64_value(byte).is_some() || matches!(byte, b'=' | b'\r' | b'\n')
}

/// Decodes as many whole groups of base64 symbols as there are from `offset` on; strangers end it.
pub(crate) fn base64_from(text: &[u8], offset: usize) -> Vec<u8> {
    let symbols: Vec<u8> = text.iter().skip(offset).map_while(|byte| base64_value(*byte)).collect();
    pack(&symbols)
}

fn pack(symbols: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(symbols.len() * 3 / 4);
    let mut groups = symbols.chunks_exact(4);
    let word = |group: &[u8]| group.iter().fold(0u32, |word, symbol| word << 6 | u32::from(*symbol));
    for group in &mut groups {
        let [_, a, b, c] = word(group).to_be_bytes();
        bytes.extend_from_slice(&[a, b, c]);
    }
    let rest = groups.remainder();
    let [_, a, b, _] = (word(rest) << (6 * (4 - rest.len()))).to_be_bytes();
    bytes.extend_from_slice([a, b].get(..rest.len().saturating_sub(1)).unwrap_or_default());
    bytes
}

/// The value of a base64 symbol of either variant.
pub(crate) fn base64_value(byte: u8) -> Option<u8> {
    let value = VALUES[usize::from(byte)];
    (value < 64).then_some(value)
}

/// The values of base64 symbols; 64 for all other bytes.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut byte = 0;
    while byte < 256 {
        let symbol = byte as u8;
        values[byte] = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => 64,
        };
        byte += 1;
    }
    values
};

/// Decodes hex digits of either case. `None` for anything else and for an odd number of them.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    text.chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// Decodes percent signs (and `+` as a space, in forms); what is not an escape stays.
pub(crate) fn percent(text: &[u8], form: bool) -> Vec<u8> {
    if !form && memchr::memchr(b'%', text).is_none() {
        return text.to_vec();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escaped = (*byte == b'%').then(|| text.get(at + 1..at + 3).and_then(hex)).flatten();
        match (escaped.as_deref(), byte) {
            (Some([value]), _) => {
                bytes.push(*value);
                at += 3;
                continue;
            }
            (_, b'+') if form => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        assert_eq!(base64(b"aGVsbG8=").unwrap(), b"hello");
        assert_eq!(base64(b"aGVs\r\nbG8").unwrap(), b"hello");
        assert_eq!(base64_from(b"xaGVsbG8h", 1), b"hello!");
        assert_eq!(hex(b"68656C6c6f").unwrap(), b"hello");
        assert_eq!(percent(b"a%20b+c%zz%", true), b"a b c%zz%");
    }

    #[test]
    fn strangers_are_refused() {
        assert_eq!(base64(b"aGV*bG8="), None);
        assert_eq!(base64(b"a=Gs"), None);
        assert_eq!(base64(b"aGVsb"), None);
        assert_eq!(hex(b"abc"), None);
        assert_eq!(hex(b"xy"), None);
    }
}
