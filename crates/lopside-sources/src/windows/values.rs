//! How Windows events spell nothing, processes, hosts and paths.

use std::borrow::Cow;

/// Whether a text stands for nothing: `""`, `-`, `N/A` and the like.
#[must_use]
#[inline]
pub fn is_null(text: &str) -> bool {
    match text.as_bytes().first() {
        // Most texts begin with what none of these do, and no blank either.
        Some(b'0'..=b'9' | b'A'..=b'M' | b'O'..=b'Z' | b'a'..=b'm' | b'o'..=b'z' | b'{' | b'\\' | b':') => {
            false
        }
        _ => is_spelling_of_nothing(text),
    }
}

fn is_spelling_of_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "-" | "?" | "(null)" | "<unknown process>" | "N/A" | "NA" | "n/a" | "(empty)")
}

/// A process id: decimal or `0x` hexadecimal. `None` for anything else.
#[must_use]
pub fn process_id(text: &str) -> Option<u32> {
    if let Some(number) = short_number(text.as_bytes()) {
        return Some(number);
    }
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok()
        }
        Some(_) => None,
        None if text.starts_with('+') => None,
        None => text.parse().ok(),
    }
}

/// A number of one to nine digits.
#[inline]
pub(super) fn short_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u32::from(digit);
    }
    Some(number)
}

/// A text without the blanks around it.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// A GUID in any case, with or without braces, as 128 bits in the order of its digits. `None` for zero and for
/// anything else.
#[must_use]
pub fn guid(text: &str) -> Option<u128> {
    let text = trimmed(text);
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    if let Some(bits) = usual_guid(inner.as_bytes()) {
        return (bits != 0).then_some(bits);
    }
    let mut bits = 0_u128;
    let mut digits = 0;
    for byte in inner.bytes() {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'-' => continue,
            _ => return None,
        };
        bits = bits << 4 | u128::from(value);
        digits += 1;
    }
    (digits == 32 && bits != 0).then_some(bits)
}

/// Groups of 8, 4, 4, 4 and 12 digits.
fn usual_guid(text: &[u8]) -> Option<u128> {
    let [a0, a1, a2, a3, a4, a5, a6, a7, b'-', b0, b1, b2, b3, b'-', c0, c1, c2, c3, b'-', rest @ ..] = text
    else {
        return None;
    };
    let [d0, d1, d2, d3, b'-', e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11] = rest else { return None };
    let words = [
        [a0, a1, a2, a3, a4, a5, a6, a7],
        [b0, b1, b2, b3, c0, c1, c2, c3],
        [d0, d1, d2, d3, e0, e1, e2, e3],
        [e4, e5, e6, e7, e8, e9, e10, e11],
    ];
    words
        .iter()
        .try_fold(0, |bits, word| Some(bits << 32 | u128::from(eight_digits(word.map(|byte| *byte))?)))
}

/// Eight hexadecimal digits, all at once.
fn eight_digits(text: [u8; 8]) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_be_bytes(text);
    let letters = word >> 6 & ONES;
    let values = (word & (ONES * 0x0f)) + letters * 9;
    // What these values are written as in lower case must be what was written.
    let above_nine = (values + ONES * 6) >> 4 & ONES;
    let written = values + ONES * 0x30 + above_nine * 0x27;
    if values & (ONES * 0xf0) != 0 || written != word | letters << 5 {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) as u32)
}

/// The key of a host: its name's first label in lower case; an address stays whole.
#[must_use]
pub fn host_key(name: &str) -> Option<Cow<'_, str>> {
    let name = trimmed(name);
    if is_null(name) {
        return None;
    }
    let label = match name.split_once('.') {
        Some((label, _)) if !label.is_empty() && lopside_model::net::parse_ip(name).is_none() => label,
        _ => name,
    };
    Some(if label.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(label.to_ascii_lowercase())
    } else {
        Cow::Borrowed(label)
    })
}

/// What follows the volume in a path: `\windows\x.exe` for `\device\harddiskvolume2\windows\x.exe`, `C:\Windows\x.exe`,
/// `\??\C:\Windows\x.exe` and `\SystemRoot\x.exe` alike (the latter with `\windows` in front), so that a path as the
/// filtering platform writes it can be compared with one as Sysmon does. Compare without regard to case.
#[must_use]
pub fn dos_tail(path: &str) -> Cow<'_, str> {
    for prefix in [r"\??\", r"\\?\"] {
        if let Some(rest) = strip_prefix_ignoring_case(path, prefix) {
            return dos_tail(rest);
        }
    }
    for root in [r"\SystemRoot\", r"%SystemRoot%\", r"%windir%\"] {
        if let Some(rest) = strip_prefix_ignoring_case(path, root) {
            return Cow::Owned(format!(r"\windows\{rest}"));
        }
    }
    if let Some(rest) = strip_prefix_ignoring_case(path, r"\device\harddiskvolume") {
        return Cow::Borrowed(rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    match path.as_bytes() {
        [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic() => {
            Cow::Borrowed(path.get(2..).unwrap_or(path))
        }
        _ => Cow::Borrowed(path),
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    if start.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_ids_are_decimal_or_hexadecimal() {
        assert_eq!(process_id("6120"), Some(6120));
        assert_eq!(process_id("0x17e8"), Some(6120));
        assert_eq!(process_id("-1"), None);
        assert_eq!(process_id("+1"), None);
        assert_eq!(process_id("0x+1"), None);
        assert_eq!(process_id("4294967296"), None);
    }

    #[test]
    fn guids_in_either_case_are_one_and_zero_is_none() {
        let bits = guid("{7b1f22c0-3256-69b1-4e02-000000001f00}");
        assert_eq!(bits, Some(0x7b1f_22c0_3256_69b1_4e02_0000_0000_1f00));
        assert_eq!(guid("7B1F22C0-3256-69B1-4E02-000000001F00"), bits);
        assert_eq!(guid("{00000000-0000-0000-0000-000000000000}"), None);
        assert_eq!(guid("{7b1f22c0-3256-69b1-4e02-000000001f0}"), None);
        assert_eq!(guid("{7b1f22c0-3256-69b1-4e02-000000001f000}"), None);
    }

    #[test]
    fn digits_are_read_as_the_library_reads_them() {
        for place in 0..8 {
            for byte in 0..=255_u8 {
                let mut text = *b"7b1F22c0";
                text[place] = byte;
                let expected = str::from_utf8(&text)
                    .ok()
                    .filter(|text| !text.starts_with('+'))
                    .and_then(|text| u32::from_str_radix(text, 16).ok());
                assert_eq!(eight_digits(text), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn a_host_is_the_first_label_in_lower_case() {
        assert_eq!(host_key("WS-0417.corp.example").as_deref(), Some("ws-0417"));
        assert_eq!(host_key("10.20.30.41").as_deref(), Some("10.20.30.41"));
        assert_eq!(host_key("-"), None);
        assert_eq!(host_key(".x").as_deref(), Some(".x"));
    }

    #[test]
    fn device_paths_and_dos_paths_share_their_tail() {
        for path in [
            r"\device\harddiskvolume2\windows\system32\svchost.exe",
            r"C:\windows\system32\svchost.exe",
            r"\??\C:\windows\system32\svchost.exe",
            r"\\?\c:\windows\system32\svchost.exe",
            r"\SystemRoot\system32\svchost.exe",
            r"%SystemRoot%\system32\svchost.exe",
        ] {
            assert_eq!(dos_tail(path), r"\windows\system32\svchost.exe", "{path}");
        }
        assert_eq!(dos_tail("System"), "System");
        assert_eq!(dos_tail("Ä:\\x"), "Ä:\\x");
    }
}
