//! Noise at every p-th character of text in any script and encoding.
//!
//! Speaks for: one place of every p (2 to 9) that never holds what the others are full of: letters of another script, or symbols that are
//! drawn evenly from digits, letters or bytes, while the others read as language: by characters where the text is UTF-8, by bytes else.
//! Silent for: tables and dumps, whose other places hold no language; wide encodings, whose second bytes are no letters; keys in groups.
//! Minimum: 64 noise places.

use super::Look;
use super::texts::AllTexts;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, Counts, FewCounts, Places, Tally, count, even_tally, sort};

/// The widest period that is tried.
const WIDEST: usize = 9;
/// The fewest noise places.
const LEAST: u32 = 64;
/// The most characters of one kind of text that are looked at.
const MOST: usize = 8 << 10;
/// How unlikely it has to be that the other places, drawn as often, miss the same symbols: as a natural logarithm.
const UNLIKELY: f64 = 25.0;
/// The same of a single text, and what it gains by the choice of its period and place.
const UNLIKELY_ALONE: f64 = 8.0;
const CHOICES: f64 = 4.0;
/// Coincidence of letters: 0.06 to 0.08 in languages, 0.038 where all are drawn equally often.
const LANGUAGE: f64 = 0.05;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    AllTexts::of(look).groups().filter_map(|group| in_group(group, look.limit)).take(1).collect()
}

/// Noise in texts of one kind.
fn in_group(mut texts: Vec<&[u8]>, limit: f64) -> Option<Evidence> {
    texts.retain(|text| text.len() >= 16);
    texts.sort_unstable();
    texts.dedup();
    let mut total = 0;
    let symbols: Vec<Vec<u8>> = texts
        .iter()
        .take_while(|text| {
            total += text.len();
            total <= MOST || total == text.len()
        })
        .map(|text| symbols(text.get(..text.len().min(MOST)).unwrap_or(text)))
        .collect();
    let length: usize = symbols.iter().map(Vec::len).sum();
    if length < 2 * LEAST as usize {
        return None;
    }
    let (period, noise) = alike(&symbols, length, limit).or_else(|| each(&symbols, limit))?;
    let text = format!(
        "text with noise at every {period}. character: {noise} places in {} messages or values hold no symbol of the text around them",
        symbols.len()
    );
    let share = f64::from(noise) / length as f64;
    Some(Evidence::contradiction(symbols.len(), share, text).with_example(texts.first()?))
}

/// Texts that have noise at the same places: its period, and how many places.
fn alike(texts: &[Vec<u8>], length: usize, limit: f64) -> Option<(usize, u32)> {
    let mut places = Places::new(WIDEST);
    places.put(texts);
    let periods = (2..=WIDEST).take_while(|period| length >= LEAST as usize * period);
    let mut all = periods.flat_map(|period| (0..period).map(move |phase| (period, phase)));
    all.find_map(|(period, phase)| {
        let noise = places.at(period).get(phase).map(Tally::of_few)?;
        // Most of it is said by what the symbols at a place sum up to.
        if !may_be_noise(&noise, limit) {
            return None;
        }
        let split = Split::of(places.at(period), phase)?;
        split.is_noise(limit).then(|| (period, split.noise.iter().sum()))
    })
}

/// Texts that have noise each at places of its own: the widest period, and how many places.
fn each(texts: &[Vec<u8>], limit: f64) -> Option<(usize, u32)> {
    let mut pooled = Split { period: 0, noise: [0; 256], others: [0; 256] };
    let (mut unlikely, mut found, mut eligible) = (0.0, 0, 0);
    for text in texts.iter().filter(|text| text.len() >= 48) {
        eligible += 1;
        let Some((gain, period, phase)) = unlikeliest(text).filter(|best| best.0 >= UNLIKELY_ALONE) else {
            continue;
        };
        let mut tables = vec![[0; 256]; period];
        count(text, &mut tables);
        let Some(split) = Split::of(&tables, phase) else { continue };
        pooled.add(&split);
        unlikely += gain - CHOICES;
        found += 1;
    }
    let enough = found * 10 >= eligible * 6 && unlikely >= UNLIKELY;
    (enough && pooled.is_noise(limit)).then(|| (pooled.period, pooled.noise.iter().sum()))
}

/// How often each symbol stands at one place of every few, and at the others.
struct Split {
    period: usize,
    noise: Counts,
    others: Counts,
}

/// Classes of symbols, the narrowest first, one bit each.
const CLASSES: [fn(&u8) -> bool; 5] = [
    u8::is_ascii_digit,
    u8::is_ascii_lowercase,
    u8::is_ascii_uppercase,
    u8::is_ascii_alphanumeric,
    u8::is_ascii_graphic,
];

/// The classes that each symbol belongs to.
fn classes() -> [u8; 256] {
    std::array::from_fn(|symbol| {
        let symbol = u8::try_from(symbol).unwrap_or(u8::MAX);
        CLASSES.iter().enumerate().fold(0, |bits, (class, holds)| bits | u8::from(holds(&symbol)) << class)
    })
}

/// The period and place at which a text's symbols are all of one class, where that is least likely if they were the same text as the
/// others: how unlikely, as a natural logarithm, the period and the place. Of several that are the same the last.
fn unlikeliest(text: &[u8]) -> Option<(f64, usize, usize)> {
    let classes = classes();
    let mut totals = [0u32; CLASSES.len()];
    for symbol in text {
        let bits = classes[usize::from(*symbol)];
        totals.iter_mut().enumerate().for_each(|(class, total)| *total += u32::from(bits >> class & 1));
    }
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let places = (2..=WIDEST).flat_map(|period| {
        let mut common = [u8::MAX; WIDEST];
        // Soon most places have symbols of all classes.
        for parts in text.chunks(16 * period) {
            for part in parts.chunks(period) {
                for (common, symbol) in common.iter_mut().zip(part) {
                    *common &= classes[usize::from(*symbol)];
                }
            }
            if common.iter().take(period).all(|common| *common == 0) {
                break;
            }
        }
        (0..period).map(move |phase| (period, phase, common[phase]))
    });
    let gains = places.map(|(period, phase, common)| {
        let here = u32::try_from(text.len().saturating_sub(phase).div_ceil(period)).unwrap_or(u32::MAX);
        let class = totals.get(common.trailing_zeros() as usize);
        let gain = class.map_or(0.0, |within| rarity(within - here, length - here, here));
        (gain, period, phase)
    });
    gains.max_by(|a, b| a.0.total_cmp(&b.0))
}

impl Split {
    /// At one place, from the counts at all of them.
    fn of(tables: &[FewCounts], phase: usize) -> Option<Split> {
        let noise: Counts = tables.get(phase)?.map(u32::from);
        let sum = |symbol: usize| tables.iter().map(|counts| u32::from(counts[symbol])).sum::<u32>();
        let others = std::array::from_fn(|symbol| sum(symbol) - noise[symbol]);
        Some(Split { period: tables.len(), noise, others })
    }

    fn is_noise(&self, limit: f64) -> bool {
        of_another_script(&self.noise, &self.others)
            || drawn_beside_language(&self.noise, &self.others, limit)
    }

    fn add(&mut self, split: &Split) {
        self.period = self.period.max(split.period);
        for (sum, count) in self.noise.iter_mut().zip(&split.noise) {
            *sum += count;
        }
        for (sum, count) in self.others.iter_mut().zip(&split.others) {
            *sum += count;
        }
    }
}

/// How unlikely it is that so many draws all fall on symbols that are so many of the others.
fn rarity(shared: u32, others: u32, draws: u32) -> f64 {
    -(f64::from(shared.max(1)) / f64::from(others.max(1))).ln() * f64::from(draws)
}

/// One symbol a character of UTF-8: itself in ASCII, one of 128 else. Bytes as they are where it is none.
fn symbols(text: &[u8]) -> Vec<u8> {
    let wide = |character: char| {
        let mixed = u32::from(character).wrapping_mul(0x9E37_79B1) >> 25;
        0x80 | u8::try_from(mixed).unwrap_or(0)
    };
    match std::str::from_utf8(text) {
        Ok(text) => {
            text.chars().map(|c| if c.is_ascii() { u8::try_from(c).unwrap_or(0) } else { wide(c) }).collect()
        }
        Err(_) => text.to_vec(),
    }
}

fn sum(counts: &Counts, symbols: impl IntoIterator<Item = u8>) -> u32 {
    symbols.into_iter().map(|symbol| counts[usize::from(symbol)]).sum()
}

/// How many of some symbols occur at all.
fn kinds(counts: &Counts, mut symbols: std::ops::RangeInclusive<u8>) -> usize {
    symbols.by_ref().filter(|symbol| counts[usize::from(*symbol)] > 0).count()
}

/// Whether symbols may be noise beside any others: ASCII that can be seen, or drawn evenly.
fn may_be_noise(noise: &Tally, limit: f64) -> bool {
    noise.drawn >= u64::from(LEAST) && (!noise.has(sort::OTHER) || even_tally(noise, limit).is_some())
}

/// Whether all symbols here are ASCII that can be seen, and most of the others are letters beyond ASCII.
fn of_another_script(noise: &Counts, others: &Counts) -> bool {
    let (here, there) = (noise.iter().sum::<u32>(), others.iter().sum::<u32>());
    let letters = sum(noise, b'0'..=b'9') + sum(noise, b'A'..=b'Z') + sum(noise, b'a'..=b'z');
    here >= LEAST
        && sum(noise, b'!'..=b'~') == here
        && letters * 10 >= here * 8
        && kinds(noise, b'!'..=b'~') >= 8
        && sum(others, 0x80..=0xFF) * 3 >= there
        && kinds(others, 0x80..=0xFF) >= 8
        && controls(others) * 50 <= there
}

/// Characters that text cannot hold.
fn controls(counts: &Counts) -> u32 {
    sum(counts, 0..=8) + sum(counts, [11, 12]) + sum(counts, 14..=31) + counts[127]
}

/// Whether the symbols here are drawn evenly from an alphabet that is not the one of the others, which read as language.
fn drawn_beside_language(noise: &Counts, others: &Counts, limit: f64) -> bool {
    let (here, there) = (noise.iter().sum::<u32>(), others.iter().sum::<u32>());
    if here < LEAST || !is_language(others, there) {
        return false;
    }
    let Some(drawn) = even_tally(&Tally::of(noise), limit) else { return false };
    let shared = match drawn.alphabet {
        Alphabet::Digits => sum(others, b'0'..=b'9'),
        Alphabet::Bytes => {
            // What the others never hold is most of it.
            return (controls(noise) + sum(noise, 0x80..=0xFF)) * 10 >= here * 4;
        }
        Alphabet::Hex => return false,
        Alphabet::Letters => {
            let lower = noise
                .get(usize::from(b'a')..=usize::from(b'z'))
                .is_some_and(|all| all.iter().any(|n| *n > 0));
            sum(others, if lower { b'a'..=b'z' } else { b'A'..=b'Z' })
        }
        Alphabet::Printable => sum(others, b' '..=b'~'),
        _ => sum(others, b'0'..=b'9') + sum(others, b'A'..=b'Z') + sum(others, b'a'..=b'z'),
    };
    rarity(shared, there, here) >= UNLIKELY
}

/// Whether symbols so often are those of text: letters as unevenly drawn as in a language, few that text cannot hold.
fn is_language(counts: &Counts, total: u32) -> bool {
    let folded: Vec<u32> =
        (b'a'..=b'z').map(|letter| sum(counts, [letter, letter.to_ascii_uppercase()])).collect();
    let letters: u32 = folded.iter().sum();
    let wide = sum(counts, 0x80..=0xFF);
    let n = f64::from(letters);
    let coincidence = folded.iter().map(|count| f64::from(*count) * (f64::from(*count) - 1.0)).sum::<f64>()
        / (n * (n - 1.0)).max(1.0);
    let beyond_hex: u32 = folded.iter().skip(6).sum();
    let kinds = folded.iter().filter(|count| **count > 0).count();
    letters >= 60
        && coincidence >= LANGUAGE
        && kinds >= 10
        && beyond_hex * 4 >= letters
        && (letters + wide + counts[usize::from(b' ')]) * 100 >= total * 45
        && wide * 4 <= total
        && controls(counts) * 50 <= total
}

#[cfg(test)]
mod tests;
