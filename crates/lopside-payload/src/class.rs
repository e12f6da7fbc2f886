//! The measured class of some bytes: what they are, by reading them.

use crate::content::document::{Document, Kind};
use crate::spans;
use crate::statistics::{Even, even, even_among, histogram};

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Class {
    /// Too few to say.
    Short,
    /// A document that was read, complete or cut by the sample.
    Document(Kind),
    /// Text.
    Text,
    /// Drawn evenly from an alphabet: ciphertext, compressed content without a header, or noise.
    Random(Even),
    /// Mostly one value.
    Fill(u8),
    /// None of these.
    Binary,
}

/// The fewest bytes that are classed.
pub(crate) const LEAST: usize = 16;

/// The class of bytes with the document at their start; `limit` is the threshold in deviations.
pub(crate) fn class(bytes: &[u8], document: Option<Document>, limit: f64) -> Class {
    if bytes.len() < LEAST {
        return Class::Short;
    }
    if let Some(document) = document
        && !(document.broken && document.end < bytes.len() / 2)
    {
        return Class::Document(document.kind);
    }
    let looked = bytes.get(..bytes.len().min(8 << 10)).unwrap_or(bytes);
    if let Some(even) = even(looked, limit) {
        return Class::Random(even);
    }
    let counts = histogram(looked);
    let most = counts.iter().enumerate().max_by_key(|(_, count)| **count);
    if let Some((value, count)) = most
        && *count as usize * 10 >= looked.len() * 9
    {
        return Class::Fill(u8::try_from(value).unwrap_or(0));
    }
    if is_text(looked) { Class::Text } else { Class::Binary }
}

/// Whether bytes are text: printable, or UTF-8 beyond ASCII, but for one in fifty.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let (valid, other) = bytes.split_at_checked(valid).unwrap_or((bytes, &[]));
    // What is no text says so soon.
    let mut odd = 0;
    let parts = valid.chunks(PART).map(|part| spans::count(part, is_odd));
    let parts =
        parts.chain(other.chunks(PART).map(|part| spans::count(part, |byte| byte >= 128 || is_odd(byte))));
    parts.into_iter().all(|here| {
        odd += here;
        odd * 50 <= bytes.len()
    })
}

/// Bytes that are looked at before it is asked whether they say enough.
const PART: usize = 510;

/// Whether a byte of ASCII is one that text cannot hold.
fn is_odd(byte: u8) -> bool {
    (byte < 32 && !matches!(byte, b'\t' | b'\r' | b'\n')) || byte == 127
}

/// Whether characters are drawn evenly from an alphabet, or from very many kinds.
pub(crate) fn is_noise(text: &[u8], limit: f64) -> bool {
    let few = text.get(..text.len().min(2048)).unwrap_or(text);
    let kinds = || even_among(&histogram(few)).is_some_and(|(kinds, uneven)| kinds >= 60 && uneven <= limit);
    text.len() >= 64 && (even(text, limit).is_some() || text.len() >= 128 && kinds())
}

/// Whether text has the look of words: spaces between short runs of letters, or lines.
pub(crate) fn words(text: &[u8]) -> bool {
    let separators = text.iter().filter(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b',')).count();
    let punctuation = text
        .iter()
        .filter(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
        .count();
    separators * 14 >= text.len()
        || (separators + punctuation) * 6 >= text.len() && punctuation * 3 < text.len()
}

/// Which bytes are text: printable ASCII, line ends and tabs, and whole characters of UTF-8 beyond it.
pub(crate) fn text_mask(bytes: &[u8]) -> Vec<bool> {
    let mut mask: Vec<bool> =
        bytes.iter().map(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126)).collect();
    // Each first byte of a character is looked at: none is hidden in another character.
    for (place, pair) in bytes.windows(2).enumerate() {
        if let [0xC2..=0xF4, 0x80..=0xBF] = pair
            && let Some(length) = bytes.get(place..).and_then(character)
            && let Some(marks) = mask.get_mut(place..place + length)
        {
            marks.fill(true);
        }
    }
    mask
}

/// The bytes of the character of several bytes that UTF-8 begins with; `None` where there is none.
fn character(bytes: &[u8]) -> Option<usize> {
    let length = match bytes.first()? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let whole = bytes.get(..length)?;
    // Most of what is no text says so in its second byte.
    (whole.get(1)? & 0xC0 == 0x80 && std::str::from_utf8(whole).is_ok()).then_some(length)
}

/// Runs of text of at least so many bytes: where each starts and ends.
pub(crate) fn text_runs(bytes: &[u8], least: usize) -> Vec<(usize, usize)> {
    let (mut runs, mut at) = (Vec::new(), 0);
    let least = least.max(1);
    while let Some(start) = spans::may_be_text(bytes, at, least) {
        at = start;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let text = match rest.first() {
                Some(b'\t' | b'\r' | b'\n' | 32..=126) => 1,
                Some(128..) => character(rest).unwrap_or(0),
                _ => 0,
            };
            if text == 0 {
                break;
            }
            at += text;
        }
        if at - start >= least {
            runs.push((start, at));
        }
        at += 1;
    }
    runs
}

/// The longest header of a frame that is passed over.
pub(crate) const HEADER: usize = 16;

/// The bytes behind a short header of a frame: behind the last that text cannot hold.
pub(crate) fn behind_header(bytes: &[u8]) -> &[u8] {
    let header = bytes.get(..HEADER.min(bytes.len())).unwrap_or(bytes);
    let last = header.iter().rposition(|byte| !matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126));
    bytes.get(last.map_or(0, |last| last + 1)..).unwrap_or(bytes)
}

/// The same from counts.
pub(crate) fn printable_share(counts: &crate::statistics::Counts) -> f64 {
    let text = [b'\t', b'\r', b'\n'].into_iter().chain(32..=126);
    let printable: u32 = text.map(|byte| counts[usize::from(byte)]).sum();
    f64::from(printable) / f64::from(counts.iter().sum::<u32>().max(1))
}

/// The share of printable ASCII, line ends and tabs included.
pub(crate) fn printable(bytes: &[u8]) -> f64 {
    if bytes.is_empty() {
        return 0.0;
    }
    let printable = spans::count(bytes, |byte| matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126));
    printable as f64 / bytes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::document;
    use crate::testing::Chance;

    fn class_of(bytes: &[u8]) -> Class {
        class(bytes, document::at_start(bytes, true), 4.0)
    }

    #[test]
    fn the_mask_of_text_takes_whole_characters_alone() {
        let bytes =
            "a\n\u{e9}\u{20ac}\u{1f600}".bytes().chain(*b"\x00\xe2\x82x\xff\xc0\xaf\xed\xa0\x80\xe2\x82");
        let bytes: Vec<u8> = bytes.collect();
        // What the standard library takes for characters, without control characters.
        let told = bytes.utf8_chunks().flat_map(|chunk| {
            let valid = chunk.valid().bytes().map(|byte| byte >= 32 && byte != 127 || byte == b'\n');
            valid.chain(chunk.invalid().iter().map(|_| false)).collect::<Vec<bool>>()
        });
        let told: Vec<bool> = told.collect();
        assert_eq!(text_mask(&bytes), told);
        let mut at = 0;
        let runs = told.chunk_by(|a, b| a == b).filter_map(|run| {
            at += run.len();
            (run.first() == Some(&true)).then_some((at - run.len(), at))
        });
        assert_eq!(text_runs(&bytes, 1), runs.collect::<Vec<_>>());
        assert_eq!(text_runs(&bytes, 5), [(0, 11)]);
    }

    #[test]
    fn runs_are_those_of_the_mask_and_text_has_few_odd_bytes() {
        let mut chance = Chance::new(39);
        for length in [0, 3, 50, 51, 700] {
            let pieces: [&[u8]; 6] =
                [b"abc", "\u{e9}".as_bytes(), "\u{20ac}".as_bytes(), b"\xE2\x82", b"\0", b"\xFF"];
            for kinds in [2, 5, 6] {
                let drawn = (0..length).flat_map(|_| pieces[chance.below(kinds)].to_vec());
                let bytes: Vec<u8> =
                    drawn.collect::<Vec<u8>>().into_iter().chain(chance.bytes(length / 50)).collect();
                let mask = text_mask(&bytes);
                for least in [1, 4, 10] {
                    let mut at = 0;
                    let runs = mask.chunk_by(|a, b| a == b).filter_map(|run| {
                        at += run.len();
                        (run.first() == Some(&true) && run.len() >= least).then_some((at - run.len(), at))
                    });
                    let runs: Vec<(usize, usize)> = runs.collect();
                    assert_eq!(text_runs(&bytes, least), runs, "{least} {bytes:?}");
                }
                let valid = std::str::from_utf8(&bytes).map_or_else(
                    |cut| if cut.error_len().is_none() { bytes.len() } else { cut.valid_up_to() },
                    |_| bytes.len(),
                );
                let odd = bytes.iter().enumerate().filter(|(place, byte)| {
                    byte.is_ascii_control() && !b"\t\r\n".contains(byte) || **byte >= 128 && *place >= valid
                });
                assert_eq!(is_text(&bytes), odd.count() * 50 <= bytes.len());
            }
        }
    }

    #[test]
    fn each_class_is_told() {
        let mut chance = Chance::new(1);
        assert_eq!(class_of(b"short"), Class::Short);
        assert_eq!(class_of(b"{\"key\": \"a value of it\"}"), Class::Document(Kind::Json));
        assert_eq!(class_of(b"a few words of plain text, as people write them"), Class::Text);
        assert!(matches!(class_of(&chance.bytes(500)), Class::Random(_)));
        assert_eq!(class_of(&[0; 64]), Class::Fill(0));
        assert_eq!(class_of(&b"\0\x01\0\x02\0\x07".repeat(20)), Class::Binary);
        assert!(is_text("größer als üblich".as_bytes()));
    }
}
