//! Strangers of any kind at any place inside the words of a text.
//!
//! Speaks for: texts in which digits, marks, capitals, or characters and bytes beyond ASCII, or several of these, stand between two
//! letters, drawn evenly from five kinds or more, or one and the same sign as often behind first letters and before last ones as between
//! others, where the letters on both sides go together as letters of the language of that text do: taken out, it reads. The language is
//! learned from the letters that stand side by side, with what those of Europe have in common. Silent for: codes, tokens and passwords,
//! whose letters do not go together; spelling with digits for letters, phonetic spelling, hyphens, names, identifiers and formulae, whose
//! signs are few or far from evenly drawn. Minimum: 72 different places of this kind, one in fifty letters, beside 12 kinds of letters;
//! 1.25 bits (language has 2.5, the pieces of encoded texts 0.5) and 6 standard deviations.

mod anywhere;
mod joints;

use super::Look;
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::spans;
use crate::statistics::{Counts, even_among, without_own};
use joints::{Joints, Sort};

/// The fewest different places, and of so many letters one has a stranger.
const PLACES: u32 = 72;
const ONE_IN: usize = 50;
/// The most kinds of signs that a text has of its own.
const OWN: usize = 3;
/// How much better letters beside strangers go together than any two of them, in standard deviations and bits.
const DEVIATIONS: f64 = 6.0;
const BITS: f64 = 1.25;
/// What is looked at of a text, and of all.
const LOOKED_AT: usize = 8 << 10;
const ALL: usize = 32 << 10;
/// Of so many bytes of a text one is a blank or more: what is encoded has none.
const BLANKS: usize = 30;

/// What strangers may be, and how many kinds at least.
const SETS: [(Sort, usize, &str); 7] = [
    (Sort::DIGIT, 8, "digits"),
    (Sort::MARK, 5, "marks"),
    (Sort::DIGIT.or(Sort::MARK), 8, "digits and marks"),
    (Sort::BEYOND, 12, "characters beyond ASCII"),
    (Sort::CAPITAL, 14, "capitals"),
    (Sort::CAPITAL.or(Sort::DIGIT), 20, "capitals and digits"),
    (Sort::CAPITAL.or(Sort::DIGIT).or(Sort::MARK), 26, "capitals, digits and marks"),
];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut left = ALL;
    let texts: Vec<&[u8]> = texts(look.reading)
        .filter(|text| may_read(text))
        .take_while(|text| {
            left = left.saturating_sub(text.len());
            left > 0
        })
        .collect();
    // Most content has next to nothing between two letters of one word.
    let places: usize = texts.iter().map(|text| places(text)).sum();
    let letters: usize = texts.iter().map(|text| spans::count(text, |byte| byte.is_ascii_alphabetic())).sum();
    if places < PLACES as usize || places * ONE_IN < letters {
        return Vec::new();
    }
    SETS.iter()
        .find_map(|(sort, kinds, name)| judge(&texts, *sort, *kinds, name, look.limit))
        .or_else(|| one_sign(&texts))
        .into_iter()
        .collect()
}

/// One sign that stands anywhere in words.
fn one_sign(texts: &[&[u8]]) -> Option<Evidence> {
    let joints = Joints::of(texts, Sort::MARK.or(Sort::SIGN));
    let counts = joints.strangers();
    let (often, count) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    let often = u8::try_from(often)
        .ok()
        .filter(|_| *count >= PLACES && *count as usize * ONE_IN >= joints.letters)?;
    let texts_of = || texts.iter().flat_map(|text| text.utf8_chunks()).map(|chunk| chunk.valid());
    let sign = texts_of().flat_map(str::chars).find(|c| joints::folded(*c) == often)?;
    let (bits, better) = joints.go_together(|symbol| symbol == often)?;
    let told = bits >= BITS && better >= DEVIATIONS && anywhere::stands_anywhere(texts_of(), sign);
    told.then(|| {
        let text = format!(
            "words have one sign inside, wherever it was: {count} different places between letters that go together without it ({bits:.1} bits, {better:.0} standard deviations), behind first letters and before last ones as elsewhere"
        );
        let share = joints.all as f64 / texts.iter().map(|text| text.len()).sum::<usize>().max(1) as f64;
        Evidence::contradiction(joints.texts, share.min(1.0), text)
    })
}

/// Texts of no format that is read, and values.
fn texts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    let units = reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    let values = reading.slots.iter().filter(|(name, _)| !name.starts_with("header."));
    let values = values.flat_map(|(_, values)| values).map(|value| value.bytes.as_slice());
    let texts = units.map(|unit| unit.bytes.as_ref()).chain(values).filter(|text| text.len() >= 24);
    texts.map(|text| text.get(..text.len().min(LOOKED_AT)).unwrap_or(text))
}

/// Whether text with words may be more than half of some bytes.
fn may_read(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(256)).unwrap_or(bytes);
    let blanks = spans::count(start, |byte| matches!(byte, b' ' | b'\n' | b'_' | b'+'));
    let printable = spans::count(start, |byte| matches!(byte, b' '..=b'~'));
    blanks * BLANKS >= start.len() && (printable * 5 >= start.len() * 3 || is_text(start))
}

/// Places where a letter, or a byte beyond ASCII, may go on behind something else.
fn places(text: &[u8]) -> usize {
    let places = text.windows(3).filter(|window| match window {
        [left, middle, right] => {
            let letter = |byte: &u8| byte.is_ascii_lowercase() || *byte >= 128;
            letter(left) && letter(right) && !middle.is_ascii_lowercase() && !middle.is_ascii_whitespace()
        }
        _ => false,
    });
    // Behind every letter stands a sign, or two of them.
    let runs = text.windows(4).filter(|window| {
        matches!(window, [left, first, second, right] if left.is_ascii_lowercase() && right.is_ascii_lowercase()
            && first.is_ascii_graphic() && !first.is_ascii_lowercase() && second.is_ascii_graphic() && !second.is_ascii_lowercase())
    });
    places.count() + runs.count()
}

fn judge(texts: &[&[u8]], sort: Sort, kinds: usize, name: &str, limit: f64) -> Option<Evidence> {
    let joints = Joints::of(texts, sort);
    let counts = joints.strangers();
    let (own, drawn, deviations) = (0..=OWN).find_map(|own| drawn(&counts, own, kinds, limit))?;
    let places: u32 = own.iter().sum();
    let (bits, better) = joints.go_together(|symbol| own[usize::from(symbol)] > 0)?;
    if bits < BITS || better < DEVIATIONS || places as usize * ONE_IN < joints.letters {
        return None;
    }
    let text = format!(
        "words have strangers inside: {places} different places with {name}, drawn evenly from {drawn} kinds ({deviations:.1} standard deviations), between letters that go together without them ({bits:.1} bits, {better:.0} standard deviations)"
    );
    let share = joints.all as f64 / texts.iter().map(|text| text.len()).sum::<usize>().max(1) as f64;
    Some(Evidence::contradiction(joints.texts, share.min(1.0), text).with_deviations(deviations))
}

/// The counts of strangers without so many kinds that come most often, where these are drawn evenly from enough kinds.
fn drawn(counts: &Counts, own: usize, least: usize, limit: f64) -> Option<(Counts, usize, f64)> {
    let rest = without_own(counts, own);
    let (kinds, deviations) = (rest.iter().sum::<u32>() >= PLACES).then(|| even_among(&rest)).flatten()?;
    (kinds >= least && deviations.abs() <= limit).then_some((rest, kinds, deviations))
}

#[cfg(test)]
mod tests;
