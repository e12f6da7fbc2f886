//! Values whose neighbours say what they hold, some of which hold it and others noise.
//!
//! Who packs texts, or writes them in a set of characters, and says so beside each value has packed all that say so. A store that
//! encrypts what it is given keeps the label of that, but then encrypts all of it.
//!
//! Speaks for: values of JSON and elements of XML in base64 or hex beside which, in the same object or tag, stands the name of a
//! compression, a file or UTF-16, where values under one name and one such label hold what it says, and others are drawn evenly from the
//! first byte. Silent for: values that are all noise, labels that differ, lengths of cipher blocks, one length. Minimum: 3 values that
//! hold what they say, 3 that are noise, of 24 bytes and 3 lengths.

use std::collections::BTreeMap;

use super::{Look, Pool};
use crate::content::document::{self, Kind};
use crate::content::{find as find_bytes, json};
use crate::evidence::Evidence;
use crate::peel::decode;
use crate::statistics::{Alphabet, even};

/// The fewest values that hold what is said, and that are noise.
const LEAST: usize = 3;
/// The shortest value, and the fewest bytes that are noise.
const VALUE: usize = 32;
const NOISE: usize = 24;
/// How far a label may stand from a value, values of one document, and documents.
const NEAR: usize = 300;
const VALUES: usize = 256;
const DOCUMENTS: usize = 64;

/// What a label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Gzip,
    Zlib,
    Png,
    Jpeg,
    Zip,
    Pdf,
    Utf16,
}

/// Labels, in small letters.
const LABELS: [(&[u8], Said); 9] = [
    (b"gzip", Said::Gzip),
    (b"zlib", Said::Zlib),
    (b"image/png", Said::Png),
    (b"image/jpeg", Said::Jpeg),
    (b"application/zip", Said::Zip),
    (b"application/pdf", Said::Pdf),
    (b"utf-16", Said::Utf16),
    (b"utf16", Said::Utf16),
    (b"ucs-2", Said::Utf16),
];

/// Values under one name and label.
#[derive(Default)]
struct Found {
    holding: usize,
    noise: Pool,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut all: BTreeMap<(String, Said), Found> = BTreeMap::new();
    let texts = look.reading.units.iter().filter(|unit| unit.document.is_some_and(|found| found.kind.text()));
    for unit in texts.take(DOCUMENTS) {
        let Some(document) = unit.document else { continue };
        if !LABELS.iter().any(|(label, _)| holds_label(&unit.bytes, label)) {
            continue;
        }
        let values = if document.kind == Kind::Json { of_json(&unit.bytes) } else { of_markup(&unit.bytes) };
        for (name, around, value) in values {
            let Some((_, said)) =
                LABELS.iter().find(|(label, _)| around.iter().any(|text| holds_label(text, label)))
            else {
                continue;
            };
            let Some(bytes) = decode(value).filter(|bytes| bytes.len() >= NOISE) else { continue };
            let found = all.entry((name, *said)).or_default();
            if is_noise(&bytes, look.limit) {
                found.noise.put(&bytes, unit.bytes.len(), true);
            } else if said.is_held(&bytes) {
                found.holding += 1;
            }
        }
    }
    all.values().find_map(|found| found.told(look)).into_iter().collect()
}

impl Found {
    fn told(&self, look: &Look<'_>) -> Option<Evidence> {
        let pool = &self.noise;
        if self.holding < LEAST || !pool.is_unsealed_noise(LEAST, look.limit) {
            return None;
        }
        let around: usize = look.reading.units.iter().map(|unit| unit.bytes.len()).sum();
        let text = format!(
            "{} of {} values of one name are noise, {} bytes, where a label beside each says what it holds and the others hold it",
            pool.count,
            pool.count + self.holding,
            pool.total
        );
        let share = (pool.total as f64 * 4.0 / 3.0 / around.max(1) as f64).min(1.0);
        Some(Evidence::contradiction(pool.count, share, text).with_example(&pool.first))
    }
}

impl Said {
    /// Whether bytes are what is said.
    fn is_held(self, bytes: &[u8]) -> bool {
        let kind = document::at_start(bytes, true).map(|document| document.kind);
        match self {
            Said::Gzip => kind == Some(Kind::Gzip),
            Said::Zlib => kind == Some(Kind::Zlib),
            Said::Png => kind == Some(Kind::Png),
            Said::Jpeg => kind == Some(Kind::Jpeg),
            Said::Zip => kind == Some(Kind::Zip),
            Said::Pdf => kind == Some(Kind::Pdf),
            Said::Utf16 => {
                let units =
                    bytes.chunks_exact(2).filter_map(|unit| Some(u16::from_le_bytes(unit.try_into().ok()?)));
                let swapped = units.clone().map(u16::swap_bytes);
                bytes.len().is_multiple_of(2)
                    && (char::decode_utf16(units).all(|unit| unit.is_ok())
                        || char::decode_utf16(swapped).all(|unit| unit.is_ok()))
            }
        }
    }
}

fn is_noise(bytes: &[u8], limit: f64) -> bool {
    document::at_start(bytes, true).is_none()
        && even(bytes, limit).is_some_and(|drawn| drawn.alphabet == Alphabet::Bytes)
}

fn holds_label(text: &[u8], label: &[u8]) -> bool {
    if find_bytes(text, label, 0).is_some() {
        return true;
    }
    // Names of sets are written in capitals.
    find_bytes(text, &label.to_ascii_uppercase(), 0).is_some()
}

/// A value with its name and what stands around it.
type Labelled<'t> = (String, [&'t [u8]; 2], &'t [u8]);

/// Values of JSON with what stands around each in its object.
fn of_json(bytes: &[u8]) -> Vec<Labelled<'_>> {
    let Some(json) = json::read(bytes) else { return Vec::new() };
    let long = json.texts.into_iter().filter(|text| text.end - text.start >= VALUE).take(VALUES);
    long.filter_map(|text| {
        let before = bytes.get(text.start.saturating_sub(NEAR)..text.start)?;
        let open = before.iter().rposition(|byte| *byte == b'{').unwrap_or(0);
        let behind = bytes.get(text.end..(text.end + NEAR).min(bytes.len()))?;
        let close = behind.iter().position(|byte| *byte == b'}').unwrap_or(behind.len());
        Some((text.path, [before.get(open..)?, behind.get(..close)?], bytes.get(text.start..text.end)?))
    })
    .collect()
}

/// Texts of elements with the tag of each.
fn of_markup(bytes: &[u8]) -> Vec<Labelled<'_>> {
    let (mut values, mut at) = (Vec::new(), 0);
    while let Some(close) = find_bytes(bytes, b"</", at).filter(|_| values.len() < VALUES) {
        let before = bytes.get(at..close).unwrap_or_default();
        at = close + 2;
        let Some(end) = before.iter().rposition(|byte| *byte == b'>') else { continue };
        let value = before.get(end + 1..).unwrap_or_default().trim_ascii();
        let Some(open) = before.get(..end).and_then(|tag| tag.iter().rposition(|byte| *byte == b'<')) else {
            continue;
        };
        let tag = before.get(open + 1..end).unwrap_or_default();
        if value.len() >= VALUE {
            let name = tag.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            let name =
                String::from_utf8_lossy(name.get(..name.len().min(60)).unwrap_or_default()).into_owned();
            values.push((name, [tag, &[][..]], value));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::testing::{Chance, Talk, encode};

    fn packed(chance: &mut Chance) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let lines: String = (0..6).map(|_| format!("pump {} is quiet;", chance.below(9999))).collect();
        encoder.write_all(lines.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn wide(chance: &mut Chance) -> Vec<u8> {
        let text = format!("Die Pumpe {} läuft wieder ruhig, sagt {}", chance.below(9999), chance.below(99));
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 50 + chance.below(300);
        chance.bytes(length)
    }

    fn is_junk(
        label: (&str, &str),
        xml: bool,
        hold: fn(&mut Chance) -> Vec<u8>,
        other: fn(&mut Chance) -> Vec<u8>,
    ) -> bool {
        let mut chance = Chance::new(101);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let mut steps = Vec::new();
            for number in 0..4 {
                let holds = number % 2 == 0;
                let bytes = if holds { hold(&mut chance) } else { other(&mut chance) };
                let value = String::from_utf8(encode(&bytes)).unwrap();
                let label = if holds { label.0 } else { label.1 };
                steps.push(if xml {
                    format!("<note id=\"{number}\" charset=\"{label}\">{value}</note>")
                } else {
                    format!("{{\"seq\":{number},\"text\":\"{value}\",\"enc\":\"{label}\"}}")
                });
            }
            if xml {
                let body = format!("<?xml version=\"1.0\"?><list>{}</list>", steps.join(""));
                talk.post("text/xml", body.as_bytes());
            } else {
                talk.post("application/json", format!("{{\"steps\":[{}]}}", steps.join(",")).as_bytes());
            }
            talk.answer(b"{}");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("label beside each"))
    }

    #[test]
    fn noise_under_the_label_of_what_others_hold_is_junk() {
        assert!(is_junk(("gzip+b64", "gzip+b64"), false, packed, noise));
        assert!(is_junk(("UTF-16LE", "UTF-16LE"), true, wide, |chance| {
            let length = 40 + chance.below(99);
            chance.bytes(2 * length)
        }));
    }

    #[test]
    fn what_holds_what_it_says_or_is_noise_in_all_or_says_something_else_is_not() {
        assert!(!is_junk(("gzip", "gzip"), false, packed, packed));
        assert!(!is_junk(("gzip", "gzip"), false, noise, noise));
        assert!(!is_junk(("gzip", "sealed"), false, packed, noise));
        assert!(!is_junk(("gzip", "gzip"), false, packed, |chance| chance.bytes(64)));
    }
}
