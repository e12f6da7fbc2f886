//! Encodings that families and controls share.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

/// The letters of base64.
pub(crate) const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The letters of base64 for addresses.
pub(crate) const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The letters of base32, in lower case.
pub(crate) const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The digits of base16.
pub(crate) const BASE16: &[u8] = b"0123456789abcdef";

/// Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = bits(bytes, 6, BASE64);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Base64 for addresses, without padding.
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    bits(bytes, 6, BASE64_URL)
}

/// Base32 in lower case, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    bits(bytes, 5, BASE32)
}

/// Hexadecimal digits in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bits(bytes, 4, BASE16)
}

/// Base64 in lines, as in mail; each ends with CR and LF.
pub(crate) fn base64_lines(bytes: &[u8], width: usize) -> String {
    let text = base64(bytes);
    let mut lines = String::with_capacity(text.len() + text.len() / width.max(1) * 2 + 2);
    for line in text.as_bytes().chunks(width.max(1)) {
        lines.extend(line.iter().map(|letter| *letter as char));
        lines.push_str("\r\n");
    }
    lines
}

fn bits(bytes: &[u8], width: u32, letters: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / width as usize + 4);
    let (mut held, mut count, mask) = (0u32, 0, (1 << width) - 1);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        count += 8;
        while count >= width {
            count -= width;
            text.push(letters[(held >> count & mask) as usize] as char);
        }
        held &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(letters[(held << (width - count) & mask) as usize] as char);
    }
    text
}

/// What is not a letter or a digit as `%xx`.
pub(crate) fn percent(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            out.push(*byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Deflated, without a header.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // A vector takes everything.
    drop(encoder.write_all(bytes));
    encoder.finish().unwrap_or_default()
}

/// Deflated, with zlib's header.
pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    drop(encoder.write_all(bytes));
    encoder.finish().unwrap_or_default()
}

/// Deflated, with gzip's header.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    drop(encoder.write_all(bytes));
    encoder.finish().unwrap_or_default()
}

/// The checksum of gzip, PNG and zip.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A number as protobuf writes it.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3);
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts() {
        assert_eq!(base64(b"light w"), "bGlnaHQgdw==");
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        assert_eq!(percent(b"a b/c"), "a%20b%2Fc");
        assert_eq!(varint(300), [0xac, 2]);
        assert_eq!(base64_lines(b"light work.", 8), "bGlnaHQg\r\nd29yay4=\r\n");
    }
}
