//! Noise that cuts the words of an encoded text.
//!
//! Speaks for: base64 and hex that decode to a text with one stretch of noise in its midst, which stands between the letters of words, at
//! one place of texts that differ in all their places or at any. Silent for: records with a digest between their texts, which end with
//! their fields: the same marks around it, fill before it, a number that says the length of what stands before, texts of one make
//! (identifiers, times) before it; other code pages. Minimum: 6 values and 60 % of those that are encoded, 32 bytes of noise, letters on
//! both sides of it in half.

use std::collections::BTreeSet;

use super::Look;
use super::beside_text::is_printable;
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest values, and bytes of noise.
const LEAST: usize = 6;
const BYTES: usize = 32;
/// The shortest and the longest value that is looked at, and how many.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=8192;
const VALUES: usize = 256;
/// The fewest bytes of text on each side.
const SIDE: usize = 8;
/// Bytes of noise that may pass for text at its ends.
const SEAM: usize = 8;
/// Numbers before a text that may say its length.
const NUMBERS: usize = 4;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut texts, mut cut) = (0, Vec::new());
    for value in look.reading.may_be_encoded(LENGTHS).into_iter().take(VALUES) {
        let Some(text) = decoded(value) else { continue };
        texts += 1;
        cut.extend(Cut::of(text));
    }
    if cut.len() < LEAST || cut.len() * 10 < texts * 6 {
        return Vec::new();
    }
    told(&cut, texts, look.limit).into_iter().collect()
}

/// What a value holds, where most of it may be text.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    let start = value.get(..LEAST * 4)?;
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let bytes = if start.iter().all(u8::is_ascii_hexdigit) && digits < value.len() {
        hex(value)?
    } else {
        let symbols = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
        if digits == 0 || !symbols.iter().all(|byte| base64_value(*byte).is_some()) {
            return None;
        }
        base64_from(symbols, 0)
    };
    // Text comes first; what is none says so soon.
    (bytes.len() >= 3 * SIDE && bytes.iter().take(SIDE).all(|byte| is_printable(*byte))).then_some(bytes)
}

/// A text with a stretch of noise.
struct Cut {
    text: Vec<u8>,
    from: usize,
    until: usize,
}

impl Cut {
    /// From the first to the last byte that text cannot hold, where a third of the bytes between are such and text is on both sides.
    fn of(text: Vec<u8>) -> Option<Cut> {
        let odd = |byte: &u8| !is_printable(*byte);
        let (from, until) = (text.iter().position(odd)?, text.iter().rposition(odd)? + 1);
        let noise = text.get(from..until)?;
        let dense = noise.iter().filter(|byte| odd(byte)).count() * 3 >= noise.len();
        let sides = from >= SIDE && until + SIDE <= text.len();
        (sides && dense && std::str::from_utf8(noise).is_err()).then_some(Cut { text, from, until })
    }

    fn noise(&self) -> &[u8] {
        self.text.get(self.from..self.until).unwrap_or_default()
    }

    fn before(&self) -> &[u8] {
        self.text.get(..self.from).unwrap_or_default()
    }

    /// Whether letters stand on both sides, and no fill before.
    fn cuts_word(&self) -> bool {
        let letter = |place: Option<usize>| {
            place.and_then(|place| self.text.get(place)).is_some_and(u8::is_ascii_alphanumeric)
        };
        letter(self.from.checked_sub(1)) && letter(Some(self.until)) && !self.before().ends_with(b"  ")
    }

    /// The places of what is neither letter nor digit before the noise, which are the same in texts of one make.
    fn marks(&self) -> Vec<usize> {
        let shown = self.before().get(..self.from.saturating_sub(SEAM).max(SIDE)).unwrap_or_default();
        let marks = shown.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_alphanumeric());
        marks.map(|(place, _)| place).collect()
    }
}

fn told(cut: &[Cut], texts: usize, limit: f64) -> Option<Evidence> {
    let half = |count: usize| count * 2 > cut.len();
    let ends = |end: fn(&[u8]) -> Option<&u8>| {
        half(cut.iter().filter_map(|cut| end(cut.noise())).collect::<BTreeSet<_>>().len())
    };
    let makes: BTreeSet<Vec<usize>> = cut.iter().map(Cut::marks).collect();
    let words = cut.iter().filter(|cut| cut.cuts_word()).count();
    if !ends(<[u8]>::first)
        || !ends(<[u8]>::last)
        || !half(makes.len())
        || words * 20 < cut.len() * 9
        || says_length(cut)
    {
        return None;
    }
    let noise: Vec<u8> = cut.iter().flat_map(|cut| cut.noise()).copied().collect();
    let drawn = (noise.len() >= BYTES).then(|| even(&noise, limit)).flatten()?;
    let around: usize = cut.iter().map(|cut| cut.text.len()).sum();
    let text = format!(
        "{} of {texts} encoded texts are cut in the midst of their words by noise: {} bytes drawn evenly ({:.1} standard deviations)",
        cut.len(),
        noise.len(),
        drawn.deviations
    );
    let found = Evidence::contradiction(cut.len(), noise.len() as f64 / around.max(1) as f64, text);
    (drawn.alphabet == Alphabet::Bytes).then(|| found.with_deviations(drawn.deviations).with_example(&noise))
}

/// Whether a byte near the start goes with the length of what stands before the noise.
fn says_length(cut: &[Cut]) -> bool {
    (0..NUMBERS).any(|place| {
        let rest = |cut: &Cut| Some(cut.from as i64 - i64::from(*cut.text.get(place)?));
        let rests: BTreeSet<i64> = cut.iter().filter_map(rest).collect();
        let lengths: BTreeSet<usize> = cut.iter().map(|cut| cut.from / SEAM).collect();
        lengths.len() > 2
            && rests.last().zip(rests.first()).is_some_and(|(most, least)| most - least <= SEAM as i64)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const WORDS: [&str; 8] =
        ["report", "everything", "quiet", "building", "tonight", "invoice", "customer", "with"];

    fn words(chance: &mut Chance, count: usize) -> String {
        (0..count).map(|_| WORDS[chance.below(8)]).collect::<Vec<_>>().join(" ")
    }

    fn is_junk(is_hex: bool, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(77);
        let mut talk = Talk::default();
        for number in 0..14 {
            let made = make(&mut chance);
            let value = if is_hex {
                made.iter().map(|byte| format!("{byte:02x}")).collect()
            } else {
                String::from_utf8(encode(&made)).unwrap()
            };
            talk.send(format!("PUT {number} {value}\n").as_bytes());
            talk.reply(b"200 ok\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in the midst of their words"))
    }

    #[test]
    fn noise_at_one_place_or_any_in_encoded_texts_is_junk() {
        for (is_hex, length) in [(true, 8), (true, 32), (false, 32), (false, 120)] {
            let at_one = |chance: &mut Chance| {
                let text = words(chance, 20);
                let (before, behind) = text.split_at(33);
                [before.as_bytes(), &chance.bytes(length), behind.as_bytes()].concat()
            };
            assert!(is_junk(is_hex, at_one), "{is_hex} {length}");
            let at_any = |chance: &mut Chance| {
                let text = words(chance, 20);
                let (before, behind) = text.split_at(20 + chance.below(60));
                [before.as_bytes(), &chance.bytes(length), behind.as_bytes()].concat()
            };
            assert!(is_junk(is_hex, at_any), "{is_hex} {length}");
        }
    }

    #[test]
    fn records_are_not() {
        let digest = |chance: &mut Chance| chance.bytes(32);
        for is_hex in [true, false] {
            assert!(!is_junk(is_hex, |chance| words(chance, 20).into_bytes()));
            // An identifier or a padded name before a digest, and texts behind their lengths or types.
            assert!(!is_junk(is_hex, |chance| {
                let id = format!(
                    "{:08x}-{:04x}-{:012x}",
                    chance.below(1 << 32),
                    chance.below(1 << 16),
                    chance.below(1 << 48)
                );
                [id.as_bytes(), &digest(chance), words(chance, 9).as_bytes()].concat()
            }));
            assert!(!is_junk(is_hex, |chance| {
                let name = WORDS[chance.below(8)];
                [format!("{name:24}").as_bytes(), &digest(chance), words(chance, 9).as_bytes()].concat()
            }));
            assert!(!is_junk(is_hex, |chance| {
                let count = 6 + chance.below(7);
                let name = words(chance, count);
                [&[name.len() as u8], name.as_bytes(), &digest(chance), b"\x30", words(chance, 9).as_bytes()]
                    .concat()
            }));
            assert!(!is_junk(is_hex, |chance| {
                let count = 6 + chance.below(7);
                let name = words(chance, count);
                [name.as_bytes(), b"\x12\x20", &digest(chance), b"\x1a\x30", words(chance, 9).as_bytes()]
                    .concat()
            }));
        }
    }
}
