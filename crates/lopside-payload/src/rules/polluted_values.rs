//! Base64 in paths, parameters and cookies that decodes only after foreign symbols and pieces are taken out.
//!
//! Speaks for: symbols and pieces such as `.gif` or `/img` strewn into an encoded text, whatever they are: pieces are learned from how often
//! they come. Silent for: tokens joined by separators, which decode piece by piece. Minimum: 8 foreign symbols, in values that read for 24 bytes once
//! these are out.

use std::collections::BTreeMap;

use super::Look;
use crate::class::is_text;
use crate::content::archives::deflate;
use crate::content::encoding::{base64_from, base64_value, percent};
use crate::evidence::Evidence;

/// The fewest symbols of a value.
const LEAST: usize = 40;
/// The fewest foreign symbols in all values of a name.
const FOREIGN: usize = 8;
/// Values looked at under one name.
const VALUES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (name, values) in &look.reading.slots {
        if name != "path" && !name.starts_with("query.") && !name.starts_with("cookie.") {
            continue;
        }
        let values: Vec<&[u8]> = values
            .iter()
            .map(|value| if name == "path" { last_part(&value.bytes) } else { value.bytes.as_slice() })
            .filter(|value| value.len() >= LEAST)
            .take(VALUES)
            .collect();
        let pieces = pieces(&values);
        let (mut count, mut foreign, mut all, mut broken) = (0, 0, 0, 0);
        for value in values {
            if let Some((strangers, impossible)) = read_cleaned(value, &pieces) {
                count += 1;
                foreign += strangers;
                broken += impossible;
                all += value.len();
            }
        }
        // Parts that were encoded one by one never have one symbol more than a group.
        if foreign >= FOREIGN && broken * 12 >= foreign.min(24) {
            let share = foreign as f64 / all.max(1) as f64;
            let text = format!(
                "{}: {count} values decode to text only after {foreign} foreign symbols are taken out, {:.0} % of them",
                super::padded_fields::told(name),
                share * 100.0
            );
            found.push(Evidence::contradiction(count, share, text));
        }
    }
    found
}

/// What follows the ordinary parts of a path: from the first part on that is neither a word nor a number.
fn last_part(path: &[u8]) -> &[u8] {
    let mut start = 0;
    for part in path.split(|byte| *byte == b'/') {
        let plain = part.iter().all(|byte| byte.is_ascii_lowercase() || b"._-".contains(byte));
        if !plain && part.len() >= 2 && !matches!(part, [b'v', b'0'..=b'9']) {
            break;
        }
        start += part.len() + 1;
    }
    path.get(start..).unwrap_or_default()
}

/// Pieces of a foreign symbol and small letters that come far more often than chance lets them.
fn pieces(values: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut starts: BTreeMap<u8, usize> = BTreeMap::new();
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for value in values {
        for (place, byte) in value.iter().enumerate() {
            if byte.is_ascii_alphanumeric() || *byte == b'%' {
                continue;
            }
            *starts.entry(*byte).or_default() += 1;
            for length in 2..=5 {
                let Some(letters) = value.get(place + 1..=place + length) else { break };
                if !letters.iter().all(u8::is_ascii_lowercase) {
                    break;
                }
                *counts.entry(value.get(place..=place + length).unwrap_or_default()).or_default() += 1;
            }
        }
    }
    let often = |piece: &[u8], count: usize| {
        let all = piece.first().and_then(|first| starts.get(first)).copied().unwrap_or(0);
        count >= 3 && count * 8 >= all
    };
    let mut found: Vec<Vec<u8>> = Vec::new();
    for (piece, count) in &counts {
        // The longest piece that comes nearly as often as its beginning.
        let longer = counts
            .range::<[u8], _>((std::ops::Bound::Excluded(*piece), std::ops::Bound::Unbounded))
            .take_while(|(other, _)| other.starts_with(piece))
            .any(|(other, more)| other.len() == piece.len() + 1 && more * 10 >= count * 6);
        if often(piece, *count) && !longer {
            found.push(piece.to_vec());
        }
    }
    // Longer ones first: they hold the shorter ones.
    found.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    found.truncate(16);
    found
}

/// Foreign symbols in a value that reads once they are out, and how many stretches between them have lengths that no bytes encode to.
fn read_cleaned(value: &[u8], pieces: &[Vec<u8>]) -> Option<(usize, usize)> {
    [b"+/".as_slice(), b"-_"].iter().find_map(|own| {
        let (mut clean, mut foreign, mut stretch, mut impossible) = (Vec::new(), 0, 0, 0);
        let mut at = 0;
        while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
            let piece = pieces.iter().find(|piece| rest.starts_with(piece)).map_or(0, Vec::len);
            let first = *rest.first()?;
            if piece == 0 && (first.is_ascii_alphanumeric() || first == b'%' || own.contains(&first)) {
                clean.push(first);
                stretch += 1;
                at += 1;
                continue;
            }
            foreign += piece.max(usize::from(first != b'='));
            impossible += usize::from(stretch % 4 == 1);
            stretch = 0;
            at += piece.max(1);
        }
        let mut symbols = percent(&clean, false);
        let end = symbols.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
        symbols.truncate(end);
        if foreign == 0 || symbols.len() < LEAST || !symbols.iter().all(|byte| base64_value(*byte).is_some())
        {
            return None;
        }
        // A path has lost what stands before: the first symbols may be none of it.
        (0..4).any(|skip| reads(&base64_from(&symbols, skip))).then_some((foreign, impossible))
    })
}

/// Whether bytes are text from their start to their end, or deflate to it.
fn reads(bytes: &[u8]) -> bool {
    (bytes.len() >= 24 && is_text(bytes))
        || deflate(bytes).is_some_and(|inner| inner.len() >= 24 && is_text(&inner))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const TEXT: &str = "host=WKS-0012;user=jo;task=list the files of the folder and send them home;time=";

    fn judged(cookie: bool, mut spoil: impl FnMut(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(7);
        let mut talk = Talk::default();
        for n in 0..6 {
            let encoded = encode(format!("{TEXT}{}", n * 7919).as_bytes());
            let value = String::from_utf8(spoil(&mut chance, encoded)).unwrap();
            let value = value.replace('+', "%2B").replace('=', "%3D");
            talk.send(
                if cookie {
                    format!("GET /a HTTP/1.1\r\nHost: a\r\nCookie: id={value}\r\n\r\n")
                } else {
                    format!("GET /in/the/{value} HTTP/1.1\r\nHost: a\r\n\r\n")
                }
                .as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn pieces_of_any_kind_are_learned_and_found() {
        for pieces in [["~", "/img"], [".gif", "!"], ["-", "/top"], ["_", "("]] {
            for cookie in [true, false] {
                let spoiled = judged(cookie, |chance, encoded| {
                    let mut dirty = Vec::new();
                    for symbol in encoded {
                        dirty.push(symbol);
                        if chance.below(6) == 0 {
                            dirty.extend_from_slice(pieces[chance.below(2)].as_bytes());
                        }
                    }
                    dirty
                });
                assert!(spoiled, "{pieces:?} {cookie}");
            }
        }
    }

    #[test]
    fn encoded_values_and_joined_tokens_are_left_alone() {
        assert!(!judged(true, |_, encoded| encoded));
        let joined = |_: &mut Chance, encoded: Vec<u8>| {
            let parts: Vec<Vec<u8>> = encoded.chunks(12).map(<[u8]>::to_vec).collect();
            parts.join(&b'.')
        };
        assert!(!judged(true, joined));
    }
}
