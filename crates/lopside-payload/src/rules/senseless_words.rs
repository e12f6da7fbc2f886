//! Words without sense: letters drawn evenly, with blanks or marks between them as between words.
//!
//! Speaks for: words of letters of one case that take more bits in language than as draws, or of letters of one case with digits, in many lengths, whatever they stand in
//! (text, elements of pages, parameters, fields). Silent for: languages, whose letters are uneven, hex, base32, tokens of one length, lists with one on each line, and
//! where there are few beside other words. Minimum: in 2 messages 48 different words, 6 lengths, 320 letters, a seventh of all words; with digits 48 words, 400 symbols.

use std::collections::BTreeSet;

use super::Look;
use super::short_values::{is_whole, widened};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, Before, even, letter_bits};

/// The fewest words, lengths and messages.
const WORDS: usize = 48;
const LENGTHS: usize = 6;
const MESSAGES: usize = 2;
/// The fewest letters, and letters and digits.
const LETTERS: usize = 320;
const SYMBOLS: usize = 400;
/// The shortest and the longest word that counts.
const WORD: std::ops::RangeInclusive<usize> = 4..=16;
/// More bits a letter in language than this are none: a draw from 26 letters takes 6.9 on average, language 3.9.
const NO_LANGUAGE: f64 = 5.6;
/// Words of all that are looked at for each that has no sense, at most.
const BESIDE: usize = 7;
/// About so many symbols are judged.
const MOST_DRAWN: usize = 600;
/// Bytes of a text, and words in all, that are looked at.
const MOST: usize = 8 << 10;
const ALL: usize = 20_000;

/// Words without sense of one kind.
#[derive(Default)]
struct Words<'t> {
    words: BTreeSet<&'t [u8]>,
    symbols: usize,
    messages: BTreeSet<u32>,
}

impl<'t> Words<'t> {
    fn put(&mut self, word: &'t [u8], turn: u32) {
        if self.words.insert(word) {
            self.symbols += word.len();
            self.messages.insert(turn);
        }
    }

    /// How far they lie from an even draw of one of some alphabets, where they are enough.
    fn drawn(&self, least: usize, alphabets: &[Alphabet], limit: f64) -> Option<(Vec<u8>, f64)> {
        let lengths: BTreeSet<usize> = self.words.iter().map(|word| word.len()).collect();
        let enough = self.words.len() >= WORDS && self.symbols >= least;
        if !enough || lengths.len() < LENGTHS || self.messages.len() < MESSAGES {
            return None;
        }
        // What was chosen is a little uneven, which very many symbols would show; those of a few are taken from all over the alphabet.
        let step = (self.symbols / MOST_DRAWN).max(1);
        let symbols: Vec<u8> = self.words.iter().step_by(step).copied().flatten().copied().collect();
        let found = even(&symbols, limit)?;
        let alphabet = widened(found.alphabet, &symbols);
        let whole = alphabets.contains(&alphabet) && is_whole(alphabet, &symbols);
        whole.then_some((symbols, found.deviations))
    }
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let fields = look.reading.slots.iter().filter(|(name, _)| {
        ["query.", "form.", "json", "xml.", "cookie."].iter().any(|kind| name.starts_with(kind))
    });
    let fields = fields.flat_map(|(_, values)| values).map(|value| (value.turn, value.bytes.as_slice()));
    let units = look.reading.units.iter().filter(|unit| !unit.headless);
    let units = units.map(|unit| (unit.turn, unit.bytes.as_ref()));
    let (mut letters, mut mixed) = (Words::default(), Words::default());
    let (mut all, mut bytes) = (0, 0);
    for (turn, text) in units.chain(fields) {
        let text = text.get(..text.len().min(MOST)).unwrap_or(text);
        for word in words(text).filter(|word| WORD.contains(&word.len())) {
            all += 1;
            if all > ALL {
                break;
            }
            let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
            let small = word.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase);
            if small && bits(word) > NO_LANGUAGE * word.len() as f64 {
                letters.put(word, turn);
            } else if (1..word.len()).contains(&digits)
                && word.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
                && !word.iter().all(u8::is_ascii_hexdigit)
            {
                mixed.put(word, turn);
            }
        }
        bytes += text.len();
    }
    let kinds = [
        (&letters, LETTERS, &[Alphabet::Letters][..], "letters"),
        (&mixed, SYMBOLS, &[Alphabet::Base36][..], "letters and digits"),
    ];
    let told = kinds.into_iter().find_map(|(words, least, alphabets, name)| {
        let (symbols, deviations) = words.drawn(least, alphabets, 1.5 * look.limit)?;
        (words.words.len() * BESIDE >= all).then(|| {
            let text = format!(
                "{} of {all} words are {name} that are drawn evenly ({deviations:.1} standard deviations), in many lengths: words without sense",
                words.words.len()
            );
            let share = words.symbols as f64 / bytes.max(1) as f64;
            let found = Evidence::statistic(words.messages.len(), share.min(1.0), 0.7, text);
            found.with_deviations(deviations).with_example(&symbols)
        })
    });
    told.into_iter().collect()
}

/// What stands between blanks, marks and escapes of forms, on lines with several words: a list has one on each.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n');
    let several = |line: &&[u8]| line.iter().filter(|byte| matches!(byte, b' ' | b'+')).count() >= 2;
    lines.filter(several).flat_map(|line| {
        line.split(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'/' | b'=' | 128..))
    })
}

/// Bits of a word in language.
fn bits(word: &[u8]) -> f64 {
    let mut before = Before::Start;
    let mut bits = 0.0;
    for letter in word {
        bits += letter_bits(before, *letter).unwrap_or(9.0);
        before = Before::Letter(*letter);
    }
    bits
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: &str = "the report of the pump in hall four is attached and all values are as they were";

    fn judged(messages: usize, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for n in 0..messages {
            let words: Vec<String> =
                TEXT.split(' ').map(|word| format!("{word} {}", make(&mut chance))).collect();
            talk.post("text/plain", format!("{n} {}", words.join(" ")).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    fn word(chance: &mut Chance, symbols: &[u8]) -> String {
        let length = 4 + chance.below(10);
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn words_of_evenly_drawn_letters_are_suspect() {
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        assert!(judged(10, |chance| word(chance, letters)));
        assert!(judged(14, |chance| word(chance, b"abcdefghijklmnopqrstuvwxyz0123456789")));
        assert!(!judged(2, |chance| word(chance, letters)), "too few");
    }

    #[test]
    fn words_of_languages_and_identifiers_are_not() {
        let finnish = ["kertomus", "pumpusta", "liitteenä", "kaikki", "arvot", "ennallaan", "yhtiö", "hyvää"];
        let polish =
            ["sprawozdanie", "przyczyny", "wszystkie", "szczegóły", "zgłoszenie", "grzejnik", "jeszcze"];
        let pinyin = ["baogao", "zhengchang", "suoyou", "shuzhi", "fujian", "xiangqing", "qingjia", "huiyi"];
        for words in [&finnish[..], &polish[..], &pinyin[..]] {
            assert!(!judged(14, |chance| words[chance.below(words.len())].to_owned()));
        }
        // Hex, base32 and identifiers of one length.
        assert!(!judged(14, |chance| word(chance, b"0123456789abcdef")));
        assert!(!judged(14, |chance| word(chance, b"abcdefghijklmnopqrstuvwxyz234567")));
        let symbols = b"abcdefghijklmnopqrstuvwxyz0123456789";
        assert!(!judged(14, |chance| String::from_utf8(chance.of(symbols, 8)).unwrap()));
    }
}
