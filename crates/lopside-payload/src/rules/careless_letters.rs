//! Words whose letters do not care which letter stands before them.
//!
//! In every language a letter depends on the one before: pairs of letters come together twice as often as their letters alone would have
//! it, and more in alphabets of few. Letters drawn one by one, as often as a language has each, or shaken out of a text that was there,
//! come in pairs as chance has it.
//!
//! Speaks for: words of Latin, Cyrillic or Greek letters anywhere in texts and heads, of which each comes once, whose pairs of letters
//! come together as often as letters that do not depend on each other do. Silent for: languages, also several at once; made-up words of
//! syllables, capitals (sequences, codes), names in code, alphabets of few letters, content less than half of which is text. Minimum: 120
//! words of 5 lengths, 1,200 pairs of 15 letters.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Look;
use super::drawn_words::texts;
use crate::evidence::Evidence;

/// The fewest words, pairs of letters and kinds of letters, and how many lengths the words have.
const WORDS: usize = 120;
const PAIRS: usize = 1200;
const KINDS: usize = 15;
const LENGTHS: usize = 5;
/// The shortest and the longest word.
const WORD: RangeInclusive<usize> = 3..=24;
/// How often two pairs are the same, by how often they would be if letters did not depend on each other: language has more than one and a
/// third.
const CHANCE: RangeInclusive<f64> = 0.8..=1.12;
/// What is looked at of one text.
const LOOKED_AT: usize = 16 << 10;
/// Letters of one script, of which the first is Latin.
const SCRIPTS: [RangeInclusive<char>; 3] = ['a'..='\u{24F}', '\u{370}'..='\u{3FF}', '\u{400}'..='\u{52F}'];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts = texts(look.reading);
    let around: usize = texts.iter().map(|text| text.len()).sum();
    // Fewer bytes hold fewer words.
    if around < WORDS * WORD.start() {
        return Vec::new();
    }
    let mut found: [BTreeMap<String, usize>; 3] = Default::default();
    for text in texts {
        let start = text.get(..text.len().min(LOOKED_AT)).unwrap_or(text);
        for valid in start.utf8_chunks().map(|chunk| chunk.valid()) {
            for word in words(valid) {
                let script =
                    SCRIPTS.iter().position(|script| word.chars().all(|letter| script.contains(&letter)));
                if let Some(words) = script.and_then(|script| found.get_mut(script)) {
                    *words.entry(word).or_default() += 1;
                }
            }
        }
    }
    found.iter().find_map(|words| told(words, around)).into_iter().collect()
}

fn told(words: &BTreeMap<String, usize>, around: usize) -> Option<Evidence> {
    let once: Vec<Vec<char>> =
        words.iter().filter(|(_, count)| **count == 1).map(|(word, _)| word.chars().collect()).collect();
    let mut lengths: Vec<usize> = once.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let kinds = || lengths.chunk_by(|a, b| a == b);
    let varied = kinds().count() >= LENGTHS && kinds().all(|kind| kind.len() * 2 <= lengths.len());
    let pairs: Vec<(char, char)> = once
        .iter()
        .flat_map(|word| word.windows(2))
        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
        .collect();
    if once.len() < WORDS || !varied || pairs.len() < PAIRS {
        return None;
    }
    let again = again(&pairs)?;
    if !CHANCE.contains(&again) {
        return None;
    }
    let bytes: usize = words.iter().filter(|(_, count)| **count == 1).map(|(word, _)| word.len()).sum();
    let text = format!(
        "{} words come once each, and their letters do not depend on those before them: {} pairs are the same {again:.2} times as often as chance has it, as no language has them",
        once.len(),
        pairs.len()
    );
    let example: String = once.first().into_iter().flatten().collect();
    let share = (bytes as f64 / around.max(1) as f64).min(1.0);
    Some(Evidence::statistic(once.len(), share, 0.65, text).with_example(example.as_bytes()))
}

/// How often two of some pairs are the same, by how often they would be if the second did not depend on the first; `None` where letters
/// are of few kinds.
fn again(pairs: &[(char, char)]) -> Option<f64> {
    let (mut first, mut second, mut both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for pair in pairs {
        *first.entry(pair.0).or_insert(0u64) += 1;
        *second.entry(pair.1).or_insert(0u64) += 1;
        *both.entry(*pair).or_insert(0u64) += 1;
    }
    if first.len() < KINDS || second.len() < KINDS {
        return None;
    }
    let all = pairs.len() as f64;
    let squares = |counts: &BTreeMap<char, u64>| {
        counts.values().map(|count| (*count as f64 / all).powi(2)).sum::<f64>()
    };
    let seen: u64 = both.values().map(|count| count * (count - 1)).sum();
    let expected = all * (all - 1.0) * squares(&first) * squares(&second);
    (expected > 0.0).then(|| seen as f64 / expected)
}

/// Words of small letters, or with one capital at their start, in small form, between blanks and marks of sentences: names in code have
/// other marks beside them.
fn words(text: &str) -> impl Iterator<Item = String> {
    let is_mark = |letter: char| matches!(letter, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'');
    text.split_whitespace().map(move |word| word.trim_matches(is_mark)).filter_map(|word| {
        // Bytes are at least as many as letters.
        let fits = word.len() >= *WORD.start() && word.len() <= WORD.end() * 2;
        let is_word = |word: &str| {
            word.chars().all(char::is_alphabetic) && word.chars().skip(1).all(|letter| !letter.is_uppercase())
        };
        (fits && is_word(word))
            .then(|| word.to_lowercase())
            .filter(|word| WORD.contains(&word.chars().count()))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_junk(mut line: impl FnMut(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(149);
        let mut talk = Talk::default();
        for number in 0..40 {
            let text = format!("PRIVMSG #hall :all is quiet, says {number}. {}\r\n", line(&mut chance));
            talk.send_later(text.as_bytes());
            talk.reply(b"PONG\r\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("do not depend"))
    }

    /// Words of letters that come as often as those of a text.
    fn drawn(chance: &mut Chance, text: &str) -> String {
        let letters: Vec<char> = text.chars().filter(|letter| letter.is_alphabetic()).collect();
        let word = |chance: &mut Chance| -> String {
            (0..3 + chance.below(9)).map(|_| letters[chance.below(letters.len())]).collect()
        };
        (0..9).map(|_| word(chance)).collect::<Vec<_>>().join(" ")
    }

    const GERMAN: &str = "der einkauf bestätigt heute das gutachten über die brücke und der spediteur verschiebt leider das protokoll der sitzung weil die schlüssel fehlen";
    const RUSSIAN: &str = "заказчик ещё не прочитал новый договор поэтому бухгалтерия ждёт второй вторник чтобы отправить исправленный счёт поставщику оборудования";

    #[test]
    fn letters_drawn_as_often_as_a_language_has_them_are_told() {
        assert!(is_junk(|chance| drawn(chance, GERMAN)));
        assert!(is_junk(|chance| drawn(chance, RUSSIAN)));
    }

    #[test]
    fn letters_shaken_out_of_a_text_are_told() {
        assert!(is_junk(|chance| {
            let mut letters: Vec<char> = GERMAN.chars().collect();
            for place in (1..letters.len()).rev() {
                letters.swap(place, chance.below(place + 1));
            }
            letters.into_iter().collect()
        }));
    }

    #[test]
    fn languages_syllables_and_capitals_are_not() {
        let sense = include_str!("careless_letters.rs");
        let words: Vec<String> = sense
            .split(|c: char| !c.is_ascii_lowercase())
            .filter(|word| word.len() > 2)
            .chain(RUSSIAN.split(' '))
            .map(str::to_owned)
            .collect();
        // Names joined of two words, so that they come once.
        let mut place = 0;
        assert!(!is_junk(|_| {
            place += 9;
            (0..9)
                .map(|next| {
                    format!(
                        "{}{}",
                        words[(place + next) % words.len()],
                        words[(place * 7 + next) % words.len()]
                    )
                })
                .collect::<Vec<_>>()
                .join(" ")
        }));
        assert!(!is_junk(|chance| {
            let syllable = |chance: &mut Chance| {
                [b"bcdfghklmnprstvz"[chance.below(16)], b"aeiou"[chance.below(5)]]
                    .map(char::from)
                    .iter()
                    .collect::<String>()
            };
            (0..9)
                .map(|_| (0..2 + chance.below(4)).map(|_| syllable(chance)).collect::<String>())
                .collect::<Vec<_>>()
                .join(" ")
        }));
        // Made-up names in code.
        assert!(!is_junk(|chance| {
            let call = |chance: &mut Chance| {
                let name = drawn(chance, GERMAN).replace(' ', "");
                let (object, member) = name.split_at(name.char_indices().nth(9).unwrap().0);
                format!("{object}.{}();", member.chars().take(8).collect::<String>())
            };
            (0..9).map(|_| call(chance)).collect()
        }));
        assert!(!is_junk(|chance| {
            let peptide = |chance: &mut Chance| chance.of(b"ACDEFGHIKLMNPQRSTVWY", 7);
            (0..9).map(|_| String::from_utf8(peptide(chance)).unwrap()).collect::<Vec<_>>().join(" ")
        }));
    }

    #[test]
    fn codes_of_one_length_and_a_few_keys_are_not() {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
        // Codes of invitations.
        assert!(!is_junk(|chance| {
            let code = |chance: &mut Chance| String::from_utf8(chance.of(LETTERS, 8)).unwrap();
            (0..9).map(|_| code(chance)).collect::<Vec<_>>().join(" ")
        }));
        // Two keys in a line, every third time.
        let mut line = 0;
        assert!(!is_junk(|chance| {
            line += 1;
            let key = |chance: &mut Chance| {
                let length = 16 + chance.below(9);
                String::from_utf8(chance.of(LETTERS, length)).unwrap()
            };
            if line % 3 == 0 { format!("{} {}", key(chance), key(chance)) } else { String::new() }
        }));
    }

    #[test]
    fn short_sequences_of_four_letters_are_not() {
        // What is read of short RNA, in small letters where it repeats.
        assert!(!is_junk(|chance| {
            let read = |chance: &mut Chance| {
                let length = 14 + chance.below(11);
                String::from_utf8(chance.of(b"acgu", length)).unwrap()
            };
            (0..9).map(|_| read(chance)).collect::<Vec<_>>().join(" ")
        }));
    }
}
