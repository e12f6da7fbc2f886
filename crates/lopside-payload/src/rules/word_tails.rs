//! A piece of noise behind, or before, each word of a text.
//!
//! Speaks for: texts in any language whose words go on behind the same mark, or begin before it, with symbols drawn evenly in many
//! lengths: `Do/d not/x deliver/fyx`, `the(qp) price[k]`. Silent for: words with their kind or their stem behind them, which come again
//! and again and are no even draw; names with a hash of one length; numbers; addresses and paths, whose parts are words; what stands
//! behind few of the words, or behind the same few (keys of a log). Minimum: 3 texts or 60 words in one, a fifth of the words of each
//! (half where the marks differ), 4 in a text; 40 words, a third of them different, 3 lengths, 96 symbols, most of them new.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::Reading;
use crate::statistics::{Alphabet, even};

/// The fewest words with a tail in a text, and of its words one in so many has one.
const IN_TEXT: usize = 4;
const ONE_IN: usize = 5;
/// The same where each has a mark of its own.
const ONE_IN_ANY: usize = 2;
/// The fewest texts, or the fewest words where there are not as many; the fewest words in all.
const TEXTS: usize = 3;
const IN_ONE: usize = 60;
const WORDS: usize = 40;
/// The fewest symbols and lengths of tails.
const SYMBOLS: usize = 96;
const LENGTHS: usize = 3;
/// Of so many words, or of all, a quarter has a piece of its own.
const MANY: usize = 240;
/// Of so many words, or of all, a third is different: a log has few keys.
const HEADS: usize = 60;
/// The longest tail and the longest word.
const TAIL: usize = 16;
const WORD: usize = 40;
/// What is looked at of a text, and how many texts.
const LOOKED_AT: usize = 8 << 10;
const MOST: usize = 512;
/// Bits of a letter drawn evenly.
const BITS: f64 = 4.7;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut sides = [Side::default(), Side::default()];
    for text in texts(look.reading).take(MOST) {
        let Some(mark) = Mark::of(text) else { continue };
        let [behind, before] = &mut sides;
        behind.put(text, mark, tail);
        before.put(text, mark, lead);
    }
    sides.iter().find_map(|side| side.told(look.limit)).into_iter().collect()
}

/// Texts of several words.
fn texts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    let units = reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    let values = reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    let texts = units.map(|unit| unit.bytes.as_ref()).chain(values);
    texts.filter(|text| text.len() >= 16).map(|text| text.get(..text.len().min(LOOKED_AT)).unwrap_or(text))
}

/// What stands between words and pieces in a text: one mark in the midst of a fifth of its first words or more, or any in half of them.
#[derive(Clone, Copy, Debug)]
enum Mark {
    One(u8),
    Any,
}

impl Mark {
    fn of(text: &[u8]) -> Option<Mark> {
        const LOOKED_FOR: usize = 200;
        let start = text.get(..text.len().min(LOOKED_FOR)).unwrap_or(text);
        let (mut counts, mut words, mut any) = ([0u16; 128], 0, 0);
        for word in start.split(|byte| byte.is_ascii_whitespace()).filter(|word| word.len() >= 3) {
            words += 1;
            let inner = word.get(1..word.len() - 1).unwrap_or_default();
            let mut seen = 0u128;
            for byte in inner.iter().filter(|byte| Mark::Any.is(**byte)) {
                if seen >> byte & 1 == 0 {
                    seen |= 1 << byte;
                    counts[usize::from(*byte)] += 1;
                }
            }
            any += usize::from(seen != 0);
        }
        let (mark, count) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
        let mark = u8::try_from(mark).ok()?;
        match usize::from(*count) {
            _ if words < IN_TEXT => None,
            // Most of the words with a mark have this one.
            count if count * ONE_IN >= words && count * 10 >= any * 8 => Some(Mark::One(mark)),
            _ => (any * ONE_IN_ANY >= words).then_some(Mark::Any),
        }
    }

    fn is(self, byte: u8) -> bool {
        match self {
            Mark::One(mark) => byte == mark,
            Mark::Any => byte.is_ascii_punctuation() && byte != b'\'',
        }
    }

    fn one_in(self) -> usize {
        match self {
            Mark::One(_) => ONE_IN,
            Mark::Any => ONE_IN_ANY,
        }
    }
}

/// A word and the piece behind the mark in it, without what closes the piece or ends a sentence.
fn tail(word: &[u8], mark: Mark) -> Option<(&[u8], &[u8])> {
    let end = word.iter().rposition(|byte| !byte.is_ascii_punctuation())? + 1;
    let place = word.get(..end)?.iter().rposition(|byte| mark.is(*byte))?;
    Some((word.get(..place)?, word.get(place + 1..end)?))
}

/// A word and the piece before the mark in it.
fn lead(word: &[u8], mark: Mark) -> Option<(&[u8], &[u8])> {
    let start = word.iter().position(|byte| !byte.is_ascii_punctuation())?;
    let place = start + word.get(start..)?.iter().position(|byte| mark.is(*byte))?;
    Some((word.get(place + 1..)?, word.get(start..place)?))
}

/// Parts a word: what is left of it, and its piece.
type Part = fn(&[u8], Mark) -> Option<(&[u8], &[u8])>;

/// The pieces on one side of words.
#[derive(Default)]
struct Side<'t> {
    pieces: BTreeSet<&'t [u8]>,
    heads: BTreeSet<&'t [u8]>,
    /// All pieces, one after the other, and the words that they stand beside.
    symbols: Vec<u8>,
    words: Vec<u8>,
    lengths: BTreeSet<usize>,
    count: usize,
    texts: usize,
    around: usize,
}

impl<'t> Side<'t> {
    fn put(&mut self, text: &'t [u8], mark: Mark, part: Part) {
        let mut words: Vec<&[u8]> =
            text.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect();
        // The last word may be cut, and the first one a command.
        if text.len() == LOOKED_AT {
            words.pop();
        }
        let parts: Vec<(&[u8], &[u8])> = words
            .iter()
            .filter_map(|word| part(word, mark))
            .filter(|(word, piece)| is_pair(word, piece))
            .collect();
        if parts.len() < IN_TEXT || parts.len() * mark.one_in() < words.len() {
            return;
        }
        for (word, piece) in &parts {
            self.pieces.insert(piece);
            self.symbols.extend_from_slice(piece);
            self.heads.insert(word);
            self.words.extend(word.iter().filter(|byte| byte.is_ascii_alphabetic()));
            self.lengths.insert(piece.len());
        }
        self.count += parts.len();
        self.texts += 1;
        self.around += text.len();
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        let enough = self.count >= WORDS && (self.texts >= TEXTS || self.count >= IN_ONE);
        // Of pieces of one or two letters many are the same, of kinds of words nearly all.
        let fresh =
            self.pieces.len() * 4 >= self.count.min(MANY) && self.heads.len() * 3 >= self.count.min(HEADS);
        if !enough || self.symbols.len() < SYMBOLS || self.lengths.len() < LENGTHS || !fresh {
            return None;
        }
        let drawn = even(&self.symbols, limit)?;
        let told = !matches!(drawn.alphabet, Alphabet::Digits | Alphabet::Bytes);
        // Words in letters beyond ASCII are no draw of these.
        let beside =
            self.words.len() < WORDS || is_language(&self.words, BITS) || even(&self.words, limit).is_none();
        (told && beside).then(|| {
            let text = format!(
                "{} words in {} texts have a piece of noise behind or before one mark: {} {} drawn evenly ({:.1} standard deviations), in {} lengths",
                self.count,
                self.texts,
                self.symbols.len(),
                drawn.alphabet.name(),
                drawn.deviations,
                self.lengths.len()
            );
            let share = (self.symbols.len() + self.count) as f64 / self.around.max(1) as f64;
            let found = Evidence::contradiction(self.texts, share, text);
            found.with_deviations(drawn.deviations).with_example(&self.symbols)
        })
    }
}

/// Whether a word and a piece can be what is looked for.
fn is_pair(word: &[u8], piece: &[u8]) -> bool {
    (1..=TAIL).contains(&piece.len())
        && (1..=WORD).contains(&word.len())
        && piece.iter().all(u8::is_ascii_alphanumeric)
        && word.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 128)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: [&str; 22] = [
        "report",
        "everything",
        "quiet",
        "building",
        "tonight",
        "invoice",
        "customer",
        "and",
        "the",
        "meeting",
        "of",
        "is",
        "before",
        "not",
        "folder",
        "printer",
        "badge",
        "ticket",
        "contract",
        "route",
        "sensor",
        "monday",
    ];
    const CYRILLIC: [&str; 22] = [
        "отчёт",
        "завтра",
        "и",
        "счёт",
        "не",
        "здание",
        "встреча",
        "клиент",
        "папка",
        "принтер",
        "склад",
        "пропуск",
        "договор",
        "маршрут",
        "после",
        "утром",
        "никто",
        "каждый",
        "сломан",
        "рано",
        "поздно",
        "новый",
    ];

    fn is_junk(words: &[&str], make: impl Fn(&mut Chance, &str) -> String) -> bool {
        let mut chance = Chance::new(79);
        let mut talk = Talk::default();
        for number in 0..12 {
            let made: Vec<String> = (0..12)
                .map(|_| {
                    let word = words[chance.below(words.len())];
                    make(&mut chance, word)
                })
                .collect();
            if number % 2 == 0 {
                talk.post(
                    "application/json",
                    format!("{{\"n\":{number},\"text\":\"{}.\"}}", made.join(" ")).as_bytes(),
                );
                talk.answer(b"ok");
            } else {
                talk.post("text/plain", format!("{}.\n", made.join(" ")).as_bytes());
                talk.answer(b"ok");
            }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("piece of noise behind or before"))
    }

    fn drawn(chance: &mut Chance, symbols: &[u8], most: usize) -> String {
        let length = 1 + chance.below(most);
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    #[test]
    fn noise_at_each_word_is_junk() {
        for words in [WORDS.as_slice(), &CYRILLIC] {
            assert!(is_junk(words, |chance, word| format!("{word}/{}", drawn(chance, LETTERS, 4))));
            assert!(is_junk(words, |chance, word| format!("{word}({})", drawn(chance, LETTERS, 7))));
            assert!(is_junk(words, |chance, word| format!(
                "{word}{}{}",
                ["/", "~", "::"][chance.below(3)],
                drawn(chance, LETTERS, 5)
            )));
            assert!(is_junk(words, |chance, word| format!(
                "{}~{word}",
                drawn(chance, b"abcdefghijklmnopqrstuvwxyz0123456789", 7)
            )));
        }
    }

    #[test]
    fn kinds_and_stems_of_words_hashes_and_numbers_are_not() {
        const KINDS: [&str; 9] = ["NN", "NNS", "VBD", "DT", "IN", "JJ", "PRP", "RB", "VBZ"];
        assert!(!is_junk(&WORDS, |_, word| word.to_owned()));
        assert!(!is_junk(&WORDS, |chance, word| format!("{word}/{}", KINDS[chance.below(9)])));
        assert!(!is_junk(&WORDS, |chance, word| format!("{word}/{}", WORDS[chance.below(22)])));
        assert!(!is_junk(&WORDS, |chance, word| format!(
            "{word}_{}",
            String::from_utf8(chance.of(LETTERS, 5)).unwrap()
        )));
        assert!(!is_junk(&WORDS, |chance, word| format!("{word}:{}", chance.below(9000))));
        // The keys of a log.
        assert!(!is_junk(&WORDS, |chance, word| match word {
            "of" | "is" | "not" => format!("{word}={}", drawn(chance, LETTERS, 9)),
            _ => word.to_owned(),
        }));
    }
}
