//! Base64 in paths, parameters, cookies, fields and bodies that decodes only after foreign symbols and pieces are taken out.
//!
//! Speaks for: symbols and pieces such as `.gif` or `/img` strewn into an encoded text, whatever they are: pieces are learned from how
//! often they come. Silent for: line breaks, and tokens joined by separators, which decode piece by piece: no encoder gives a token of
//! one symbol more than a group. Minimum: 8 foreign symbols, in values that read for 24 bytes once these are out.

use std::borrow::Cow;
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
/// How bodies are named; of one alone too much may be by chance.
const BODIES: &str = "bodies";
/// What is looked at of a body.
const BODY: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (name, values) in &look.reading.slots {
        if !["path", "query.", "cookie.", "json.", "form."].iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        let values = values
            .iter()
            .map(|value| if name == "path" { last_part(&value.bytes) } else { value.bytes.as_slice() });
        found.extend(judge(name, values.map(Cow::Borrowed)));
    }
    found.extend(judge(BODIES, bodies(look)));
    found
}

/// Bodies that are encoded for the most part, their line breaks left out.
fn bodies<'a>(look: &'a Look<'_>) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    units.filter_map(|unit| {
        let body = unit.bytes.get(..unit.bytes.len().min(BODY)).unwrap_or(&unit.bytes).trim_ascii();
        let own = || body.iter().filter(|byte| base64_value(**byte).is_some()).count();
        let text = body.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        if !text || own() * 3 < body.len() {
            return None;
        }
        let breaks = |byte: &u8| matches!(byte, b'\r' | b'\n');
        Some(if body.iter().any(breaks) {
            Cow::Owned(body.iter().copied().filter(|byte| !breaks(byte)).collect())
        } else {
            Cow::Borrowed(body)
        })
    })
}

/// The evidence of all values of one name.
fn judge<'a>(name: &str, values: impl Iterator<Item = Cow<'a, [u8]>>) -> Option<Evidence> {
    let values: Vec<Cow<'a, [u8]>> = values.filter(|value| value.len() >= LEAST).take(VALUES).collect();
    let pieces = pieces(&values);
    let in_request = ["path", "query.", "cookie."].iter().any(|kind| name.starts_with(kind));
    let (mut count, mut foreign, mut all, mut broken) = (0, 0, 0, 0);
    for value in &values {
        if let Some(cleaned) =
            read_cleaned(value, &pieces).filter(|cleaned| in_request || cleaned.spread(value.len()))
        {
            count += 1;
            foreign += cleaned.foreign;
            broken += cleaned.impossible;
            all += value.len();
        }
    }
    if name == BODIES && count < 2 {
        return None;
    }
    // Parts that were encoded one by one never have one symbol more than a group.
    (foreign >= FOREIGN && broken * 12 >= foreign.min(24)).then(|| {
        let share = foreign as f64 / all.max(1) as f64;
        let text = format!(
            "{}: {count} values decode to text only after {foreign} foreign symbols are taken out, {:.0} % of them",
            super::padded_fields::told(name),
            share * 100.0
        );
        Evidence::contradiction(count, share, text)
    })
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
fn pieces(values: &[Cow<'_, [u8]>]) -> Vec<Vec<u8>> {
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

/// A value that reads once foreign symbols are out.
struct Cleaned {
    foreign: usize,
    /// Stretches between them, how many have lengths that no bytes encode to, and the longest.
    stretches: usize,
    impossible: usize,
    longest: usize,
}

impl Cleaned {
    /// Whether strangers stand all over the value: armour around an encoding, or a name before it, does not.
    fn spread(&self, length: usize) -> bool {
        self.stretches >= 4 && self.longest * 2 <= length
    }
}

/// A value without its foreign symbols, where that reads.
fn read_cleaned(value: &[u8], pieces: &[Vec<u8>]) -> Option<Cleaned> {
    [b"+/".as_slice(), b"-_"].iter().find_map(|own| {
        let (mut clean, mut foreign, mut stretch) = (Vec::new(), 0, 0);
        let mut stretches: Vec<usize> = Vec::new();
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
            stretches.push(stretch);
            stretch = 0;
            at += piece.max(1);
        }
        let impossible = stretches.iter().filter(|length| **length % 4 == 1).count();
        stretches.push(stretch);
        stretches.retain(|length| *length > 0);
        let mut symbols = percent(&clean, false);
        let end = symbols.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
        symbols.truncate(end);
        if foreign == 0 || symbols.len() < LEAST || !symbols.iter().all(|byte| base64_value(*byte).is_some())
        {
            return None;
        }
        // A path has lost what stands before: the first symbols may be none of it.
        let longest = stretches.iter().max().copied().unwrap_or(0);
        let cleaned = Cleaned { foreign, stretches: stretches.len(), impossible, longest };
        (0..4).any(|skip| reads(&base64_from(&symbols, skip))).then_some(cleaned)
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

    fn judged_body(field: bool, spoil: impl FnMut(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        judged_bodies(6, field, spoil).junk
    }

    fn judged_bodies(
        count: usize,
        field: bool,
        mut spoil: impl FnMut(&mut Chance, Vec<u8>) -> Vec<u8>,
    ) -> lopside_model::payload::Payload {
        let mut chance = Chance::new(7);
        let mut talk = Talk::default();
        for n in 0..count {
            let encoded = encode(format!("{TEXT}{}", n * 7919).as_bytes());
            let value = String::from_utf8(spoil(&mut chance, encoded)).unwrap();
            let body = if field { format!("{{\"id\":{n},\"data\":\"{value}\"}}") } else { value };
            talk.post(if field { "application/json" } else { "text/plain" }, body.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge()
    }

    #[test]
    fn bodies_and_fields_are_read_too() {
        for piece in [",", ":", "~", "/img", ".php"] {
            for field in [true, false] {
                let spoiled = judged_body(field, |chance, encoded| {
                    let mut dirty = Vec::new();
                    for symbol in encoded {
                        dirty.push(symbol);
                        if chance.below(3) == 0 {
                            dirty.extend_from_slice(piece.as_bytes());
                        }
                    }
                    dirty
                });
                assert!(spoiled, "{piece} {field}");
            }
        }
        let wrapped = |_: &mut Chance, encoded: Vec<u8>| {
            encoded.chunks(38).collect::<Vec<_>>().join(b"\r\n".as_slice())
        };
        assert!(!judged_body(false, wrapped));
        let armour = |_: &mut Chance, encoded: Vec<u8>| {
            [b"-----BEGIN DATA-----\n", encoded.as_slice(), b"\n-----END DATA-----"].concat()
        };
        assert!(!judged_body(false, armour));
        // A list of encoded words: each is one by itself.
        let list = |_: &mut Chance, _: Vec<u8>| {
            TEXT.split(' ').map(|word| encode(word.as_bytes())).collect::<Vec<_>>().join(&b',')
        };
        assert!(!judged_body(false, list) && !judged_body(true, list));
    }

    #[test]
    fn one_body_may_read_by_chance() {
        let told = |count| {
            let dirty = |chance: &mut Chance, encoded: Vec<u8>| -> Vec<u8> {
                let marked =
                    |symbol: u8| if chance.below(3) == 0 { vec![symbol, b','] } else { vec![symbol] };
                encoded.into_iter().flat_map(marked).collect()
            };
            let reasons = judged_bodies(count, false, dirty).reasons;
            reasons.iter().any(|reason| reason.contains("decode to text only after"))
        };
        assert!(told(2));
        assert!(!told(1));
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
