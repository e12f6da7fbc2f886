//! Noise at the ends or the starts of lines, whatever the lines are.
//!
//! Speaks for: texts whose lines, of several makes, all end or begin in a piece that never comes again, drawn evenly from an alphabet
//! that no encoder and no maker of identifiers has: letters alone, or letters and digits with marks; or from letters and digits in many
//! lengths; or in as many symbols of such an alphabet that nothing parts from the rest of the line. Silent for: columns of tables and
//! logs, which lines of one make have and a blank parts, identifiers and checksums (hex, base64, letters and digits of one length),
//! names, words. Minimum: 24 lines, 192 symbols; 3 makes, but for what nothing parts.

use std::collections::{BTreeMap, BTreeSet};

use super::letters::uses_all;
use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even, even_among, histogram};

/// The fewest lines, makes of lines with two each, and symbols.
const LINES: usize = 24;
const MAKES: usize = 3;
const SYMBOLS: usize = 192;
/// The fewest lines of a text that is looked at, and the shortest piece.
const IN_TEXT: usize = 3;
const SHORTEST: usize = 3;
/// The fewest kinds of symbols that are no letters' and digits' alone.
const KINDS: usize = 56;
/// The fewest lengths, where no alphabet says enough.
const LENGTHS: usize = 6;
/// How many symbols nothing parts from a line.
const SHORTEST_GLUED: usize = 6;
const LONGEST_GLUED: usize = 48;
/// Symbols behind these that are looked at.
const BESIDE: usize = 4;
/// What is looked at of a text.
const LOOKED_AT: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    let texts = units.map(|unit| unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes));
    let mut lines: Vec<Vec<&[u8]>> = Vec::new();
    for text in texts.filter(|text| memchr::memchr(b'\n', text).is_some() && is_text(text)) {
        let of_text: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
        let of_text = of_text.into_iter().filter(|line| !line.is_empty());
        let words = of_text.map(|line| {
            line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect()
        });
        let words: Vec<Vec<&[u8]>> = words.collect();
        if words.len() >= IN_TEXT {
            lines.extend(words);
        }
    }
    if lines.len() < LINES {
        return Vec::new();
    }
    let last = judge(&lines, "end", |line| line.last().copied(), look.limit);
    let found = last.or_else(|| judge(&lines, "begin", |line| line.first().copied(), look.limit));
    let starts: Vec<Vec<u8>> = lines.iter().map(|line| line.join(&b' ')).collect();
    let found = found.or_else(|| glued(&starts, "begin", look.limit));
    let ends = || starts.iter().map(|line| line.iter().rev().copied().collect()).collect::<Vec<Vec<u8>>>();
    found.or_else(|| glued(&ends(), "end", look.limit)).into_iter().collect()
}

/// The same of as many symbols at the starts of lines, to which what follows them is glued.
fn glued(lines: &[Vec<u8>], place: &str, limit: f64) -> Option<Evidence> {
    // What is shorter is a part of it.
    let lengths = (SHORTEST_GLUED..=LONGEST_GLUED).rev();
    let (pool, (told, deviations)) = lengths.into_iter().find_map(|length| {
        let pool = starts(lines, length);
        let enough = pool.count >= LINES && pool.total >= SYMBOLS && pool.count * 10 >= lines.len() * 9;
        let drawn = enough.then(|| useless(&pool, limit)).flatten()?;
        Some((pool, drawn))
    })?;
    let length = pool.first.len();
    if goes_on(lines, &pool, limit) {
        return None;
    }
    let parted = |line: &&Vec<u8>| line.get(length).is_some_and(|byte| b" \t:;,|=/".contains(byte));
    (lines.iter().filter(parted).count() * 2 < lines.len()).then(|| {
        let text = format!(
            "{} of {} lines {place} with {length} symbols that are drawn evenly from {told} ({deviations:.1} standard deviations), with the text glued to them",
            pool.count,
            lines.len()
        );
        let found = Evidence::contradiction(pool.count, pool.share(), text);
        found.with_deviations(deviations).with_example(&pool.bytes)
    })
}

/// Whether what follows the pieces of lines is drawn as they are: they are parts of longer noise, as of passwords or encoded lines.
fn goes_on(lines: &[Vec<u8>], pool: &Pool, limit: f64) -> bool {
    let from = pool.first.len();
    let next: Vec<u8> = lines.iter().flat_map(|line| line.iter().skip(from).take(BESIDE)).copied().collect();
    let of_noise = histogram(&pool.bytes);
    let marks =
        next.iter().filter(|byte| byte.is_ascii_punctuation() && of_noise[usize::from(**byte)] > 0).count();
    even(&next, limit).is_some() || marks * 25 > next.len()
}

/// So many symbols at the starts of lines, where they are graphic and never come again.
fn starts(lines: &[Vec<u8>], length: usize) -> Pool {
    let (mut pool, mut seen) = (Pool::default(), BTreeSet::new());
    for line in lines {
        let piece = line.get(..length).filter(|piece| piece.iter().all(u8::is_ascii_graphic));
        if let Some(piece) = piece.filter(|piece| seen.insert(*piece)) {
            pool.put(piece, line.len(), false);
        }
    }
    pool
}

fn judge<'a>(
    lines: &[Vec<&'a [u8]>],
    place: &str,
    piece: impl Fn(&Vec<&'a [u8]>) -> Option<&'a [u8]>,
    limit: f64,
) -> Option<Evidence> {
    let mut seen: BTreeMap<&[u8], usize> = BTreeMap::new();
    lines.iter().filter_map(&piece).for_each(|piece| *seen.entry(piece).or_default() += 1);
    let (mut pool, mut makes): (Pool, BTreeMap<usize, usize>) = Default::default();
    for line in lines {
        let Some(piece) = piece(line).filter(|piece| piece.len() >= SHORTEST && seen.get(piece) == Some(&1))
        else {
            continue;
        };
        if piece.iter().all(u8::is_ascii_graphic) && !piece.iter().all(u8::is_ascii_digit) {
            pool.put(piece, line.iter().map(|word| word.len() + 1).sum(), false);
            *makes.entry(line.len()).or_default() += 1;
        }
    }
    let several = makes.values().filter(|count| **count >= 2).count() >= MAKES;
    if pool.count < LINES || pool.total < SYMBOLS || pool.count * 10 < lines.len() * 7 || !several {
        return None;
    }
    let (told, deviations) = useless(&pool, limit)?;
    let text = format!(
        "{} of {} lines of several makes {place} in pieces that are drawn evenly from {told} ({deviations:.1} standard deviations) and never come again",
        pool.count,
        lines.len()
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(deviations).with_example(&pool.bytes))
}

/// In words, from which alphabet pieces are drawn, where it is one that no encoder and no maker of identifiers has.
fn useless(pool: &Pool, limit: f64) -> Option<(String, f64)> {
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    if let Some(drawn) = even(&pool.bytes, limit) {
        let told = match drawn.alphabet {
            Alphabet::Letters | Alphabet::BothCases => true,
            Alphabet::Base36 | Alphabet::Base62 => {
                lengths.len() >= LENGTHS && uses_all(drawn.alphabet, &pool.bytes)
            }
            Alphabet::Printable => uses_all(drawn.alphabet, &pool.bytes),
            _ => return None,
        };
        return told.then(|| (drawn.alphabet.name().to_owned(), drawn.deviations));
    }
    // Letters and digits with a few marks that no encoding adds to them.
    let marks: BTreeSet<u8> = pool
        .bytes
        .iter()
        .copied()
        .filter(|byte| byte.is_ascii_punctuation() && !b"+/-_=.~".contains(byte))
        .collect();
    let (kinds, deviations) = even_among(&histogram(&pool.bytes))?;
    (kinds >= KINDS && marks.len() >= 2 && deviations.abs() <= limit)
        .then(|| (format!("{kinds} symbols, some of which no encoding has"), deviations))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const LINES: [&str; 5] = [
        "Directory of the house",
        "",
        "2026-01-01 10:20 1,234 lease.docx",
        "2026-01-07 11:40 700 budget of it.xlsx",
        "150 go",
    ];

    fn is_junk(one_make: bool, piece: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(65);
        let mut talk = Talk::default();
        for number in 0..12 {
            let mut text = Vec::new();
            for line in 0..6 {
                let line = if one_make { LINES[2] } else { LINES[(line + number) % 5] };
                text.extend_from_slice(line.as_bytes());
                text.push(b' ');
                text.extend(piece(&mut chance));
                text.extend_from_slice(b"\r\n");
            }
            talk.send(&text);
            talk.reply(b"next\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("lines of several makes"))
    }

    #[test]
    fn noise_at_the_ends_of_all_lines_is_junk() {
        let marked = [BASE62, b"!?#"].concat();
        assert!(is_junk(false, |chance| chance.of(&marked, 17)));
        assert!(is_junk(false, |chance| chance.of(b"abcdefghijklmnopqrstuvwxyz", 9)));
        assert!(is_junk(false, |chance| {
            let length = 4 + chance.below(20);
            chance.of(BASE62, length)
        }));
    }

    /// Whether lines are junk that begin, or end, with what `piece` draws.
    fn are_glued_junk(behind: bool, between: &str, piece: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(66);
        let mut talk = Talk::default();
        for number in 0..12 {
            let lines = (0..6).flat_map(|line| {
                let text = format!("task{} of hall {}", number * 7 + line, ["four", "six", "ten"][line % 3]);
                let piece = piece(&mut chance);
                let (first, last) =
                    if behind { (text.into_bytes(), piece) } else { (piece, text.into_bytes()) };
                [first, between.as_bytes().to_vec(), last, b"\r\n".to_vec()].concat()
            });
            talk.send(&lines.collect::<Vec<u8>>());
            talk.reply(b"next\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("with the text glued to them"))
    }

    #[test]
    fn noise_of_one_length_that_is_glued_to_lines_is_junk() {
        let marked = [BASE62, b"!$%*"].concat();
        for behind in [false, true] {
            assert!(are_glued_junk(behind, "", |chance| chance.of(&marked, 15)));
            assert!(are_glued_junk(behind, "", |chance| chance.of(b"abcdefghijklmnopqrstuvwxyz", 30)));
        }
        // Parts of longer noise: encoded lines, passwords in a table.
        let whole = |symbols: Vec<u8>, least: usize, width: usize, before: &'static str| {
            let mut chance = Chance::new(67);
            let mut talk = Talk::default();
            for number in 0..12 {
                let lines = (0..6).flat_map(|line| {
                    let length = least + chance.below(width);
                    let text =
                        if before.is_empty() { String::new() } else { format!("{before}{number}{line},") };
                    [text.into_bytes(), chance.of(&symbols, length), b"\r\n".to_vec()].concat()
                });
                talk.send(&lines.collect::<Vec<u8>>());
                talk.reply(b"next\n");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("with the text glued to them"))
        };
        assert!(!whole(marked.clone(), 70, 1, ""));
        assert!(!whole((b'!'..=b'u').collect(), 70, 1, ""));
        assert!(!whole(marked.clone(), 14, 16, "https://hall.example,user"));
        assert!(!whole(b"abcdefghijklmnopqrstuvwxyz".to_vec(), 70, 1, ""));
        // Parted from the line, or an identifier.
        assert!(!are_glued_junk(false, ": ", |chance| chance.of(&marked, 15)));
        assert!(!are_glued_junk(false, "", |chance| chance.of(BASE62, 22)));
        assert!(!are_glued_junk(false, "", |chance| chance.of(b"0123456789abcdef", 16)));
    }

    #[test]
    fn columns_identifiers_and_names_are_not() {
        let marked = [BASE62, b"!?#"].concat();
        assert!(!is_junk(true, |chance| chance.of(&marked, 17)));
        assert!(!is_junk(false, |chance| chance.of(BASE62, 22)));
        assert!(!is_junk(false, |chance| chance.of(b"0123456789abcdef", 16)));
        assert!(!is_junk(false, |chance| format!("report_{}.docx", chance.below(90_000)).into_bytes()));
    }
}
