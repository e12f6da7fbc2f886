//! A character of noise between every few of text.
//!
//! Speaks for: text whose every p-th places are drawn evenly while the others read as text. Silent for: UTF-16 (its other places are
//! constant), samples of sound and numbers (their other places are no text). Minimum: 64 noise places over all different messages, 192 of
//! periods above 9.

mod tables;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::Look;
use super::texts::AllTexts;
use crate::class::{HEADER, behind_header};
use crate::evidence::Evidence;
use crate::statistics::{
    self, Alphabet, Counts, Even, FewCounts, Tally, collision, even, even_tally, histogram, sort,
};
use tables::{Texts, folded};

/// The widest period that is tried.
const WIDEST: usize = 16;
/// The most bytes of one kind of text that are looked at.
const MOST: usize = 8 << 10;
/// The widest period of which few places say enough: the more periods and phases are tried, the more often letters of language pass for
/// noise.
const NARROW: usize = 9;
/// The fewest noise places; three times as many of wider periods.
const LEAST: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut best: Option<Evidence> = None;
    for group in AllTexts::of(look).groups() {
        let found = group_of(group, look.limit);
        best = match (best, found) {
            (Some(old), Some(new)) => Some(if new.count > old.count { new } else { old }),
            (old, new) => old.or(new),
        };
    }
    best.into_iter().collect()
}

/// Bytes that are enough to tell noise alone from noise in text by how many of them are control characters.
const ENOUGH: usize = 1 << 10;

/// Noise at some period in texts of one kind: over their bytes, and over their characters where these take several bytes.
fn group_of(mut texts: Vec<&[u8]>, limit: f64) -> Option<Evidence> {
    texts.retain(|text| text.len() >= 10);
    texts.sort_unstable();
    texts.dedup();
    let mut total = 0;
    texts.retain(|text| {
        total += text.len();
        total <= MOST
    });
    let length: usize = texts.iter().map(|text| text.len()).sum();
    // Where noise of any bytes stands between every two characters 6 % of all are control characters, in noise alone 13 %.
    let control = texts.iter().flat_map(|text| *text).filter(|byte| byte.is_ascii_control()).count();
    if length < 2 * LEAST || length >= ENOUGH && control * 11 > length {
        return None;
    }
    let folded: Vec<Vec<u8>> = texts.iter().filter_map(|text| folded(text)).collect();
    let bytes = Texts::of(&texts, false);
    let characters = Texts::of(&folded.iter().map(Vec::as_slice).collect::<Vec<_>>(), true);
    let at_one = |period| at(&bytes, period, limit).or_else(|| at(&characters, period, limit));
    // Texts of ASCII have one period for all.
    let beyond = || bytes.from(0).any(|text| !text.bytes.is_ascii());
    let at_own = || at_any(&bytes, limit).or_else(|| at_any(&characters, limit));
    (2..=WIDEST).find_map(at_one).or_else(|| beyond().then(at_own).flatten())
}

/// Noise at one period, over all texts that have it.
fn at(kind: &Texts<'_>, period: usize, limit: f64) -> Option<Evidence> {
    let least = if period > NARROW { 3 * LEAST } else { LEAST };
    // Texts long enough to tell alone, at any phase; then all at one phase, for short values.
    let mut found = Woven::default();
    for text in kind.from(16 * period) {
        found.eligible += 1;
        if let Some(noise) = phase(&text.counts(period), &[text.bytes], kind.folded, limit) {
            found.put(text.bytes, noise);
        }
    }
    if found.count * 2 < found.eligible || found.drawn(limit).0 < least {
        // A place that each short value has once or twice is a column, not a period.
        let long: Vec<&[u8]> = kind.from(8 * period).map(|text| text.bytes).collect();
        found = Woven { eligible: long.len(), count: long.len(), ..Woven::default() };
        found.around = long.iter().map(|text| text.len()).sum();
        let noise = phase(&kind.counts(8 * period, period), &long, kind.folded, limit)?;
        found.pools.insert((noise.0, true), noise.1);
    }
    found.told(&period.to_string(), least, limit)
}

/// Noise at a period that each text has for itself.
fn at_any(kind: &Texts<'_>, limit: f64) -> Option<Evidence> {
    let mut found = Woven::default();
    for text in kind.from(24 * 2) {
        found.eligible += 1;
        let mut periods = (2..=WIDEST).filter(|period| text.bytes.len() >= 24 * period);
        let at = |period| phase(&text.counts(period), &[text.bytes], kind.folded, limit);
        if let Some(noise) = periods.find_map(at) {
            found.put(text.bytes, noise);
        }
    }
    if found.count * 10 < found.eligible * 7 {
        return None;
    }
    found.told("some fixed", 3 * LEAST, limit)
}

/// The alphabet of noise, if it is of one, and whether it holds small letters: texts may have noise of one case each.
type Kind = (Option<Alphabet>, bool);
/// Noise, and its alphabet, if it is of one.
type Noise = (Option<Alphabet>, Vec<u8>);

/// Texts with noise between their characters.
#[derive(Default)]
struct Woven {
    /// The noise by its alphabet; `None` for marks of no alphabet.
    pools: BTreeMap<Kind, Vec<u8>>,
    around: usize,
    count: usize,
    eligible: usize,
}

impl Woven {
    fn put(&mut self, text: &[u8], (alphabet, noise): Noise) {
        let small = noise.iter().any(u8::is_ascii_lowercase);
        self.pools.entry((alphabet, small)).or_default().extend_from_slice(&noise);
        self.around += text.len();
        self.count += 1;
    }

    /// How many places are drawn evenly, and how far the worst of their alphabets lies from that.
    fn drawn(&self, limit: f64) -> (usize, f64) {
        let (mut places, mut worst) = (0, 0.0f64);
        // A few symbols of text may seem to be drawn evenly.
        for ((alphabet, _), noise) in self.pools.iter().filter(|(_, noise)| noise.len() >= LEAST) {
            let drawn = if alphabet.is_some() { even(noise, limit) } else { even_among(&histogram(noise)) };
            let Some(all) = drawn else { continue };
            // Of a few places, letters of language may seem so: what is left of all periods and texts that were tried has to be plainer.
            let most = if noise.len() >= 3 * LEAST { 3.0 } else { 1.5 };
            if all.alphabet != Alphabet::Letters || all.deviations <= most {
                places += noise.len();
                worst = if all.deviations.abs() > worst.abs() { all.deviations } else { worst };
            }
        }
        (places, worst)
    }

    fn told(&self, period: &str, least: usize, limit: f64) -> Option<Evidence> {
        let (places, worst) = self.drawn(limit);
        // One text has many places and periods to be taken in by.
        let all: usize = self.pools.values().map(Vec::len).sum();
        if places < least || places * 10 < all * 8 || self.count < 2 && places < 2 * LEAST {
            return None;
        }
        let words = format!(
            "text with noise at every {period}. place: {places} places in {} messages or values are drawn evenly (within {worst:.1} standard deviations), the others read as text",
            self.count
        );
        let found = Evidence::contradiction(self.count, places as f64 / self.around.max(1) as f64, words);
        let example: Vec<u8> = self.pools.values().flatten().copied().take(64).collect();
        Some(found.with_deviations(worst).with_example(&example))
    }
}

/// The noise at the phase at which the places of texts are noise and the others read, and its alphabet. `tables` are the counts at each
/// phase.
fn phase(tables: &[FewCounts], texts: &[&[u8]], folded: bool, limit: f64) -> Option<Noise> {
    let period = tables.len();
    let all: OnceCell<Counts> = OnceCell::new();
    let tallies: Vec<Tally> = tables.iter().map(Tally::of_few).collect();
    let any_other = tallies.iter().any(|tally| tally.has(sort::OTHER));
    tables.iter().zip(&tallies).enumerate().find_map(|(phase, (here, tally))| {
        // What the counts sum up to says most of it, before they are looked at one by one.
        let drawn = even_tally(tally, limit);
        if drawn.is_none() && !may_be_of_some(tally, any_other) {
            return None;
        }
        let counts: Counts = here.map(u32::from);
        let all = all.get_or_init(|| {
            tables.iter().fold([0; 256], |mut sums, counts| {
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += u32::from(*count));
                sums
            })
        });
        let others: Counts = std::array::from_fn(|symbol| all[symbol] - counts[symbol]);
        let marks = drawn.is_none() && tally.drawn >= 24;
        let drawn = drawn.or_else(|| even_marks(tally, &counts, &others, folded));
        let drawn = drawn.or_else(|| even_high(&counts))?;
        // Letters of a few words may seem to be drawn evenly too, and digits stand in columns.
        let ascii = drawn.alphabet != Alphabet::Bytes;
        let foreign = ascii && is_foreign(&others, folded);
        let enough = match drawn.alphabet {
            Alphabet::Digits => foreign && tally.drawn >= 24,
            Alphabet::Hex => tally.drawn >= 48,
            Alphabet::Letters => drawn.deviations <= 2.5,
            _ => tally.drawn >= 16,
        };
        if !enough || !(foreign || reads(&others) || !ascii && !folded && wide(texts, period, phase)) {
            return None;
        }
        let places = |text: &[u8]| -> Vec<u8> { text.iter().skip(phase).step_by(period).copied().collect() };
        let noise: Vec<u8> = texts.iter().flat_map(|text| places(text)).collect();
        if marks {
            return Some((None, noise));
        }
        even(&noise, limit).map(|drawn| (Some(drawn.alphabet), noise))
    })
}

/// Whether symbols that are drawn from no alphabet may be drawn from those that occur: marks alone, all that is no graphic ASCII, or
/// graphic ASCII among it.
fn may_be_of_some(tally: &Tally, any_other: bool) -> bool {
    let marks = !tally.has(!(sort::MARK | sort::BASE64_MARK));
    marks || !tally.has(!sort::OTHER) || any_other && !tally.has(sort::OTHER)
}

/// Marks, or letters and marks among characters of another script, that are drawn evenly from those that occur.
fn even_marks(tally: &Tally, counts: &Counts, others: &Counts, folded: bool) -> Option<Even> {
    let all_marks = !tally.has(!(sort::MARK | sort::BASE64_MARK));
    let graphic = !tally.has(sort::OTHER);
    let foreign = || is_foreign(others, folded);
    (all_marks || graphic && foreign()).then(|| even_among(counts)).flatten()
}

/// Bytes that are all beyond ASCII and drawn evenly from these.
fn even_high(counts: &Counts) -> Option<Even> {
    let (ascii, high) = counts.split_at(128);
    let enough = high.iter().sum::<u32>() >= 32 && ascii.iter().all(|count| *count == 0);
    let deviations = enough.then(|| collision(high.iter().copied(), high.len())).flatten()?;
    (deviations.abs() <= 3.0).then_some(Even { alphabet: Alphabet::Printable, deviations })
}

/// Symbols that are drawn evenly from six or more, whatever these are.
fn even_among(counts: &Counts) -> Option<Even> {
    let (kinds, deviations) = statistics::even_among(counts)?;
    let many = counts.iter().sum::<u32>() as usize >= 3 * kinds.min(8);
    (kinds >= 6 && many && deviations.abs() <= 3.0)
        .then_some(Even { alphabet: Alphabet::Printable, deviations })
}

/// Whether the other places are text of UTF-8 with characters of several bytes, between which noise of any bytes stands.
fn wide(texts: &[&[u8]], period: usize, phase: usize) -> bool {
    let (mut letters, mut beyond, mut total) = (0, 0, 0);
    for text in texts {
        let places = text.iter().enumerate().filter(|(place, _)| place % period != phase);
        let others = places.map(|(_, byte)| *byte);
        // What is no text says so soon.
        if characters(&others.clone().take(4 * HEADER).collect::<Vec<u8>>()).is_none() {
            return false;
        }
        let Some(characters) = characters(&others.collect::<Vec<u8>>()) else { return false };
        total += characters.len();
        beyond += characters.iter().filter(|byte| **byte >= 128).count();
        letters += characters.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
    }
    total >= LEAST && beyond * 50 >= total && (letters + beyond) * 10 > total * 6
}

/// The characters behind a header of a text of UTF-8, one byte each; `None` where it is none.
fn characters(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = behind_header(bytes);
    folded(bytes).or_else(|| bytes.is_ascii().then(|| bytes.to_vec()))
}

/// Whether characters so often are those of a text in another script: at least a quarter of them lie beyond ASCII, as folded characters
/// or as letters of a code page with spaces between them, and the rest can be printed.
fn is_foreign(counts: &Counts, folded: bool) -> bool {
    let sum = |range: std::ops::RangeInclusive<u8>| -> u32 {
        range.into_iter().map(|byte| counts[usize::from(byte)]).sum()
    };
    let total: u32 = counts.iter().sum();
    let odd = sum(0..=8) + sum(11..=12) + sum(14..=31) + sum(127..=127);
    let (letters, marks, spaces) = (sum(0xC0..=0xFF), sum(0x80..=0xBF), sum(b' '..=b' '));
    let page = letters > 8 * marks && spaces * 25 > total;
    total >= 32 && odd * 50 <= total && (letters + marks) * 4 > total && (folded || page)
}

/// Whether characters so often are those of text: printable, unevenly drawn, and not of a code or an identifier.
fn reads(counts: &Counts) -> bool {
    let sum = |range: std::ops::RangeInclusive<u8>| -> u32 {
        range.into_iter().map(|byte| counts[usize::from(byte)]).sum()
    };
    let total: u32 = counts.iter().sum();
    let odd = sum(0..=8) + sum(11..=12) + sum(14..=31) + sum(127..=255);
    if total < 16 || odd * 50 > total {
        return false;
    }
    let beyond_hex = sum(b'g'..=b'z') + sum(b'G'..=b'Z') + sum(b' '..=b' ');
    let letters = sum(b'a'..=b'z') + sum(b'A'..=b'Z') + sum(b' '..=b' ');
    let distinct = counts.iter().filter(|count| **count > 0).count();
    let uneven = collision(counts.iter().copied().filter(|count| *count > 0), distinct).unwrap_or(0.0);
    // Coincidence: 0.06 in English, 0.016 in base64.
    let n = f64::from(total);
    let coincidence = counts.iter().map(|count| f64::from(*count) * (f64::from(*count) - 1.0)).sum::<f64>()
        / (n * (n - 1.0));
    let words = letters * 10 > total * 3 && beyond_hex * 10 > letters * 4;
    // Commands and paths have more kinds of characters than prose.
    let enough = coincidence > 0.035 || coincidence > 0.028 && uneven > 15.0 && total >= 400;
    uneven > 6.0 && enough && words && distinct >= 8 && !is_code(counts)
}

/// Whether letters and digits are drawn evenly from those that occur: the groups of a key or a code, which only the marks between them
/// make uneven.
fn is_code(counts: &Counts) -> bool {
    const ENOUGH: u32 = 96;
    let own: Counts =
        std::array::from_fn(|symbol| if (symbol as u8).is_ascii_alphanumeric() { counts[symbol] } else { 0 });
    own.iter().sum::<u32>() >= ENOUGH && statistics::even_among(&own).is_some_and(|(_, uneven)| uneven <= 2.5)
}

#[cfg(test)]
mod tests;
