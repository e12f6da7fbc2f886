//! A few bytes of content as text that is harmless wherever it is shown.

/// Bytes of content that are shown.
pub(crate) const SHOWN: usize = 48;

/// The first [`SHOWN`] bytes: printable ASCII as it is, line ends and tabs as `\r`, `\n`, `\t`, a backslash doubled, any other byte as
/// `\x` with two hexadecimal digits. `...` behind it says that there is more.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * SHOWN);
    for byte in bytes.iter().take(SHOWN) {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\x{other:02X}")),
        }
    }
    if bytes.len() > SHOWN {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_printable_ascii_comes_out() {
        let hostile: Vec<u8> = (0..=255).collect();
        for chunk in hostile.chunks(SHOWN) {
            let text = excerpt(chunk);
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
            assert!(!text.ends_with("..."));
        }
        assert_eq!(excerpt(b"a\\\r\n\t\x1b[31m\xE2\x80\xAE"), r"a\\\r\n\t\x1B[31m\xE2\x80\xAE");
    }

    #[test]
    fn a_longer_one_is_cut_and_says_so() {
        assert_eq!(excerpt(&[b'a'; SHOWN + 1]), format!("{}...", "a".repeat(SHOWN)));
    }
}
