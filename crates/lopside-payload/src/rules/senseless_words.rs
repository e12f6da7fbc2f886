//! Words without sense: letters drawn evenly and cut into pieces of many lengths.
//!
//! Speaks for: runs of words in any text or value (bodies, comments, fields, what stands before or behind a message) whose letters are
//! drawn evenly. Silent for: language, whose letters are drawn far from evenly, whatever its words; codes in groups of one length.
//! Minimum: runs of 3 words with 56 letters, 5 lengths of words of which none has half; 320 letters in 3 texts, or 480 in one; shorter
//! runs: 480 letters in 8 values of one name.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::spans;
use crate::statistics::{Alphabet, even};

/// The fewest words and letters of a run.
const WORDS: usize = 3;
const IN_RUN: usize = 56;
const IN_SHORT: usize = 12;
/// The fewest letters of all: fewer letters of a language may seem to be drawn evenly.
const LETTERS: usize = 320;
const IN_ONE: usize = 480;
/// The fewest texts, where not one says enough.
const TEXTS: usize = 3;
/// The fewest texts and letters, where runs are too short to be told one by one.
const SHORTS: usize = 8;
const SHORT_LETTERS: usize = 480;
/// Lengths of words.
const LENGTHS: usize = 5;
/// Letters of a run that are few.
const FEW: usize = 120;
/// The longest word: longer runs of letters are judged as such.
const LONGEST: usize = 20;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Found::default();
    for text in leaves(look.reading) {
        found.put(text, IN_RUN, true);
    }
    let told = found.told(look, IN_ONE, (TEXTS, LETTERS));
    // Runs too short to be told one by one, all of one place.
    let short = || {
        look.reading.slots.values().find_map(|values| {
            let mut found = Found::default();
            values.iter().for_each(|value| found.put(&value.bytes, IN_SHORT, false));
            found.told(look, usize::MAX, (SHORTS, SHORT_LETTERS))
        })
    };
    told.or_else(short).into_iter().collect()
}

/// Runs of words without sense.
#[derive(Default)]
struct Found {
    pool: Pool,
    seen: BTreeSet<Vec<u8>>,
    lengths: Vec<usize>,
    texts: usize,
}

impl Found {
    /// Takes the runs of a text with so many letters or more, where `drawn` those that are drawn evenly.
    fn put(&mut self, text: &[u8], least: usize, drawn: bool) {
        let before = self.pool.count;
        for run in spans::runs(text, least, |byte| byte.is_ascii_alphabetic() || is_gap(byte)) {
            // Noise may stand in a line or a sentence of its own among others that read; these, all together, may pass for noise.
            let parts = run.split(|byte| matches!(byte, b'\r' | b'\n' | b'.' | b','));
            let taken =
                parts.filter(|part| drawn && part.len() >= least && self.run(part, least, drawn)).count();
            if taken == 0 {
                self.run(run, least, drawn);
            }
        }
        self.texts += usize::from(self.pool.count > before);
    }

    /// Whether a run is taken, or was before.
    fn run(&mut self, run: &[u8], least: usize, drawn: bool) -> bool {
        let found = letters(run).filter(|(letters, _)| letters.len() >= least && self.pool.total < 1 << 16);
        let Some((letters, words)) = found.filter(|(letters, _)| !drawn || is_drawn(letters)) else {
            return false;
        };
        // A comment is a value and a piece of its page.
        if self.seen.insert(letters.clone()) {
            self.pool.put(&letters, run.len(), false);
            self.lengths.extend(words);
        }
        true
    }

    /// What is told of so many letters in one text, or of so many texts and letters.
    fn told(&mut self, look: &Look<'_>, in_one: usize, (texts, letters): (usize, usize)) -> Option<Evidence> {
        let pool = &self.pool;
        let enough = pool.total >= in_one || self.texts >= texts && pool.total >= letters;
        if !enough || !are_varied(&mut self.lengths) {
            return None;
        }
        let drawn = even(&pool.bytes, look.limit).filter(|drawn| drawn.alphabet == Alphabet::Letters)?;
        let around: usize = look.reading.units.iter().map(|unit| unit.bytes.len()).sum();
        let share = (pool.total as f64 / around.max(pool.around) as f64).min(1.0);
        let text = format!(
            "{} texts hold words without sense: {} letters drawn evenly ({:.1} standard deviations), cut into {} words",
            self.texts,
            pool.total,
            drawn.deviations,
            self.lengths.len()
        );
        let found = Evidence::contradiction(self.texts, share, text);
        Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
    }
}

/// All values, and the starts of all texts, these without a word that is cut.
fn leaves<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    const LOOKED_AT: usize = 8 << 10;
    let values = reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    let units = reading.units.iter().map(|unit| unit.bytes.as_ref());
    values.chain(units).map(|text| {
        if text.len() <= LOOKED_AT {
            return text;
        }
        let start = text.get(..LOOKED_AT).unwrap_or(text);
        let end = start.iter().rposition(|byte| !(byte.is_ascii_alphabetic() || is_gap(*byte)));
        start.get(..end.unwrap_or(LOOKED_AT)).unwrap_or(start)
    })
}

/// What stands between words.
fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'.' | b'-' | b'_' | b'+')
}

/// Whether the letters of one run are drawn evenly: a few letters of language, of which there may be many runs, seem so within four
/// standard deviations.
fn is_drawn(letters: &[u8]) -> bool {
    let few = letters.len() < FEW;
    even(letters, 4.0).is_some_and(|drawn| drawn.deviations <= if few { 2.0 } else { 3.0 })
}

/// The letters of a run of words in small form, and the lengths of its words; without the first and the last word, which may be a piece
/// of something else.
fn letters(run: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let words: Vec<&[u8]> = run.split(|byte| is_gap(*byte)).filter(|word| !word.is_empty()).collect();
    let inner = words.get(1..words.len().checked_sub(1)?)?;
    if inner.len() < WORDS || inner.iter().any(|word| word.len() > LONGEST) {
        return None;
    }
    Some((inner.concat().to_ascii_lowercase(), inner.iter().map(|word| word.len()).collect()))
}

/// Words of many lengths, and not most of one.
fn are_varied(lengths: &mut [usize]) -> bool {
    lengths.sort_unstable();
    let kinds = || lengths.chunk_by(|a, b| a == b);
    let most = kinds().map(<[usize]>::len).max().unwrap_or(0);
    kinds().count() >= LENGTHS && most * 2 <= lengths.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const SENSE: [&str; 14] = [
        "der",
        "antrag",
        "wurde",
        "the",
        "meeting",
        "building",
        "of",
        "zending",
        "vertraagd",
        "approuve",
        "budget",
        "counsel",
        "report",
        "quiet",
    ];

    fn word(chance: &mut Chance, length: Option<usize>) -> String {
        let length = length.unwrap_or(2 + chance.below(8));
        String::from_utf8(chance.of(LETTERS, length)).unwrap()
    }

    fn is_junk(
        count: usize,
        words: usize,
        make: impl Fn(&mut Chance) -> String,
        around: (&str, &str),
    ) -> bool {
        let mut chance = Chance::new(60);
        let mut talk = Talk::default();
        for number in 0..count {
            let words: Vec<String> = (0..words).map(|_| make(&mut chance)).collect();
            let text = format!("{number} {}{}{}", around.0, words.join(" "), around.1);
            talk.page("/a", "text/html", text.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("without sense"))
    }

    #[test]
    fn words_of_evenly_drawn_letters_are_junk_wherever_they_stand() {
        let senseless = |chance: &mut Chance| word(chance, None);
        for around in [
            ("<html><!--", "--><p>all is quiet</p></html>"),
            ("", "::the report of it"),
            ("{\"a\":\"", "\"}"),
        ] {
            assert!(is_junk(8, 30, senseless, around), "{around:?}");
        }
        assert!(is_junk(1, 300, senseless, ("<html><!--", "--></html>")));
    }

    #[test]
    fn lines_of_words_without_sense_between_others_are_junk() {
        let line = |chance: &mut Chance| (0..16).map(|_| word(chance, None)).collect::<Vec<_>>().join(" ");
        assert!(is_junk(
            8,
            2,
            |chance| format!("\nall is quiet and the meeting is at noon\n{}", line(chance)),
            ("", "")
        ));
    }

    #[test]
    fn comments_that_are_always_the_same_are_junk() {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        let comment = |count: usize, chance: &mut Chance| {
            (0..count).map(|_| word(chance, None)).collect::<Vec<_>>().join(" ")
        };
        let (head, tail) = (comment(160, &mut chance), comment(120, &mut chance));
        for _ in 0..15 {
            let length = 300 + chance.below(300);
            let value = String::from_utf8(encode(&chance.bytes(length))).unwrap();
            let page = format!(
                "<html><head><!-- {head} --></head><body><p>{value}</p><!-- {tail} --></body></html>"
            );
            talk.page("/a", "text/html", page.as_bytes());
        }
        assert!(talk.judge().reasons.iter().any(|reason| reason.contains("without sense")));
    }

    #[test]
    fn language_codes_and_a_few_words_are_not() {
        assert!(!is_junk(8, 60, |chance| SENSE[chance.below(14)].to_owned(), ("<p>", "</p>")));
        assert!(!is_junk(8, 60, |chance| word(chance, Some(5)), ("<p>", "</p>")));
        assert!(!is_junk(2, 30, |chance| word(chance, None), ("<p>", "</p>")));
    }
}
