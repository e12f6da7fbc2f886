//! Words that come once each and whose letters are drawn.
//!
//! A language spends its letters unevenly, in the names of things and in slips too; words that somebody makes up letter by letter, or
//! syllable by syllable so that they can be pronounced, spend them evenly, and hardly one of them comes twice. Words that come again are
//! left out, so that those among honest ones are found wherever they stand.
//!
//! Speaks for: words in small letters anywhere in texts, heads and names of DNS, of which each comes once, and whose letters are drawn
//! evenly from all, or whose vowels, and the consonants before them, are. Silent for: names with which browsers probe resolvers,
//! languages, also several at once, content less than half of which is text, words of few lengths (codes of meetings, sequences), what is
//! joined to digits or marks of an encoding. Minimum: 24 words of 5 lengths with 320 letters; 40 words with 150 vowels and as many
//! consonants before them; 15 % of the text.

use std::collections::BTreeSet;

use super::Look;
use crate::class::text_runs;
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{Alphabet, Before, collision, even, letter_bits};

/// The fewest words and letters, and how many lengths the words have, of which none has half.
const WORDS: usize = 24;
const LETTERS: usize = 320;
const LENGTHS: usize = 5;
/// The fewest words that can be pronounced, and the fewest vowels and consonants before vowels of them.
const SPOKEN: usize = 40;
const SOUNDS: usize = 150;
/// From so many on each of the two says enough; fewer have to be even together.
const MANY: usize = 300;
const TOGETHER: f64 = 3.0;
/// The fewest kinds of consonants before vowels.
const ONSETS: usize = 8;
/// The shortest and the longest word.
const WORD: std::ops::RangeInclusive<usize> = 3..=40;
/// Standard deviations: of letters of a few hundred words of several languages some lie within four.
const NEAR: f64 = 3.0;
const PAIRS: f64 = 4.0;
/// Bits that a letter of words takes by the law of languages: fewer are words.
const LANGUAGE: f64 = 4.3;
/// The least share of such words in what is looked at.
const SHARE: f64 = 0.15;
/// The longest name with which browsers probe whether names are made up for them.
const PROBE: usize = 15;
/// The shortest text, how much of each is looked at, and of all.
const TEXT: usize = 16;
const LOOKED_AT: usize = 8 << 10;
const ALL: usize = 64 << 10;
const VOWELS: &[u8] = b"aeiou";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts = texts(look.reading);
    let words = once(&texts);
    if words.len() < WORDS || !are_varied(&words) {
        return Vec::new();
    }
    let (kind, deviations) =
        match (letters(&without_probes(look.reading, &words), look.limit), spoken(&words)) {
            (Some(deviations), _) => ("letters", deviations),
            (None, Some(deviations)) => ("vowels, and consonants before them,", deviations),
            _ => return Vec::new(),
        };
    let (total, around) = (
        words.iter().map(|word| word.len()).sum::<usize>(),
        texts.iter().map(|text| text.len()).sum::<usize>(),
    );
    let share = (total as f64 / around.max(1) as f64).min(1.0);
    // Encodings of many signs have short runs of letters.
    if share < SHARE {
        return Vec::new();
    }
    let text = format!(
        "{} words come once each and have {kind} drawn evenly ({deviations:.1} standard deviations), as no language has them",
        words.len()
    );
    let example = words.first().copied().unwrap_or_default();
    vec![
        Evidence::statistic(words.len(), share, 0.65, text).with_deviations(deviations).with_example(example),
    ]
}

/// The words without the names of letters with which browsers probe their resolvers.
fn without_probes<'w>(reading: &Reading<'_>, words: &[&'w [u8]]) -> Vec<&'w [u8]> {
    let labels: BTreeSet<&[u8]> =
        reading.dns.iter().flat_map(|message| &message.labels).map(Vec::as_slice).collect();
    words.iter().copied().filter(|word| word.len() > PROBE || !labels.contains(word)).collect()
}

/// Standard deviations of the letters of all words from an even draw; `None` where they are not drawn so.
fn letters(words: &[&[u8]], limit: f64) -> Option<f64> {
    let letters = words.concat();
    if letters.len() < LETTERS {
        return None;
    }
    let drawn = even(&letters, limit).filter(|drawn| drawn.alphabet == Alphabet::Letters)?;
    (drawn.deviations <= NEAR).then_some(drawn.deviations)
}

/// The same of the vowels and the consonants before them, the one that lies farther off.
fn spoken(words: &[&[u8]]) -> Option<f64> {
    let (mut vowels, mut onsets, mut both) = ([0u32; 26], [0u32; 26], vec![0u32; 26 * 26]);
    let place = |letter: u8| usize::from(letter - b'a');
    for word in words {
        word.iter().filter(|letter| is_vowel(**letter)).for_each(|letter| vowels[place(*letter)] += 1);
        for pair in word.windows(2) {
            if let &[before, vowel] = pair
                && is_vowel(vowel)
                && !is_vowel(before)
            {
                onsets[place(before)] += 1;
                both[place(before) * 26 + place(vowel)] += 1;
            }
        }
    }
    let kinds = onsets.iter().filter(|count| **count > 0).count();
    let few = vowels.iter().sum::<u32>().min(onsets.iter().sum()) as usize;
    if words.len() < SPOKEN || few < SOUNDS || kinds < ONSETS || bits_a_letter(words) < LANGUAGE {
        return None;
    }
    let even = |counts: &[u32], kinds: usize| collision(counts.iter().copied(), kinds);
    let (vowels, onsets) = (even(&vowels, VOWELS.len())?, even(&onsets, kinds)?);
    let pairs = even(&both, kinds * VOWELS.len())?;
    let near = vowels.abs() <= NEAR && onsets.abs() <= NEAR && pairs <= PAIRS;
    (near && (few >= MANY || vowels + onsets <= TOGETHER)).then_some(vowels.max(onsets))
}

fn is_vowel(letter: u8) -> bool {
    VOWELS.contains(&letter)
}

/// Bits that the letters of words take in language.
fn bits_a_letter(words: &[&[u8]]) -> f64 {
    let of = |word: &[u8]| -> f64 {
        let before = std::iter::once(Before::Start).chain(word.iter().map(|letter| Before::Letter(*letter)));
        word.iter().zip(before).filter_map(|(letter, before)| letter_bits(before, *letter)).sum()
    };
    let letters: usize = words.iter().map(|word| word.len()).sum();
    words.iter().map(|word| of(word)).sum::<f64>() / letters.max(1) as f64
}

/// Words of many lengths, and not most of one.
fn are_varied(words: &[&[u8]]) -> bool {
    let mut lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();
    lengths.sort_unstable();
    let kinds = || lengths.chunk_by(|a, b| a == b);
    kinds().count() >= LENGTHS && kinds().all(|kind| kind.len() * 2 <= lengths.len())
}

/// The words that come once in all texts, in order.
fn once<'t>(texts: &[&'t [u8]]) -> Vec<&'t [u8]> {
    let mut words: Vec<(&[u8], usize)> = texts.iter().flat_map(|text| words(text)).zip(0..).collect();
    if words.len() < WORDS {
        return Vec::new();
    }
    words.sort_unstable();
    let alone = words.chunk_by(|a, b| a.0 == b.0).filter_map(|same| match same {
        [(word, place)] => Some((*place, *word)),
        _ => None,
    });
    let mut alone: Vec<(usize, &[u8])> = alone.collect();
    alone.sort_unstable();
    alone.into_iter().map(|(_, word)| word).collect()
}

/// The words of a text in small letters, without those that are joined to something else.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.iter().position(|byte| is_part(*byte))?;
            let length = text.get(start..)?.iter().take_while(|byte| is_part(**byte)).count();
            at = start + length;
            let word = text.get(start..at)?;
            let is_word = WORD.contains(&length) && word.iter().all(u8::is_ascii_lowercase);
            if is_word && text.get(at) != Some(&b'=') {
                return Some(word);
            }
        }
    })
}

/// What words may be a part of: letters, digits, characters beyond ASCII and marks of encodings and escapes.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 128 || matches!(byte, b'+' | b'%' | b'\\')
}

/// The starts of all texts, what heads say, and the names asked for, each once.
pub(super) fn texts<'r>(reading: &'r Reading<'_>) -> Vec<&'r [u8]> {
    const OF_HEADS: [&str; 4] = ["path", "query.", "cookie.", "header."];
    let of_head = |name: &str| OF_HEADS.iter().any(|start| name.starts_with(start));
    let heads = reading.slots.iter().filter(|(name, _)| of_head(name)).flat_map(|(_, values)| values);
    let heads = heads.map(|value| value.bytes.as_slice());
    let names: BTreeSet<&[Vec<u8>]> = reading.dns.iter().map(|message| message.labels.as_slice()).collect();
    let labels = names.into_iter().flatten().map(Vec::as_slice);
    let units = reading.units.iter().flat_map(|unit| {
        let start = unit.bytes.get(..LOOKED_AT.min(unit.bytes.len())).unwrap_or_default();
        let mut runs = text_runs(start, TEXT);
        // In images and the like short texts come about by chance.
        if runs.iter().map(|(from, to)| to - from).sum::<usize>() * 2 < start.len() {
            runs.clear();
        }
        runs.into_iter().filter_map(move |(from, to)| start.get(from..to))
    });
    let mut room = ALL;
    let all = units.chain(heads).chain(labels);
    all.take_while(|text| {
        let fits = room > 0;
        room = room.saturating_sub(text.len());
        fits
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    fn told(talk: Talk) -> bool {
        talk.judge().reasons.iter().any(|reason| reason.contains("come once each"))
    }

    fn drawn(chance: &mut Chance) -> String {
        let length = 3 + chance.below(20);
        String::from_utf8(chance.of(LETTERS, length)).unwrap()
    }

    /// Syllables of a consonant and a vowel, some with a consonant behind it.
    fn spoken(chance: &mut Chance) -> String {
        let mut word = String::new();
        for _ in 0..1 + chance.below(4) {
            word.push(char::from(b"bcdfghklmnprstvz"[chance.below(16)]));
            word.push(char::from(b"aeiou"[chance.below(5)]));
            if chance.below(3) == 0 {
                word.push(char::from(b"lnrs"[chance.below(4)]));
            }
        }
        word
    }

    fn topics(mut word: impl FnMut(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(83);
        let mut talk = Talk::default();
        for number in 0..30 {
            let topic =
                format!("plant/{}/line{}/{}/temperature", word(&mut chance), number % 4, word(&mut chance));
            let rest = [
                b"\0".as_slice(),
                &[topic.len() as u8],
                topic.as_bytes(),
                b"{\"value\":17.5,\"note\":\"all is quiet\"}",
            ]
            .concat();
            talk.send_later(&[b"0".as_slice(), &[rest.len() as u8], &rest].concat());
        }
        told(talk)
    }

    fn devices(count: usize, mut word: impl FnMut(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(84);
        let mut talk = Talk::default();
        for number in 0..count {
            let words: Vec<String> = (0..6).map(|_| word(&mut chance)).collect();
            let name = words.join(" ");
            talk.post("application/xml", format!("<?xml version=\"1.0\"?><list><device nr=\"{number}\" name=\"Printer {name}\" room=\"{}\"/></list>", number % 7).as_bytes());
            talk.answer(b"{}");
        }
        told(talk)
    }

    #[test]
    fn words_of_drawn_letters_among_others_that_come_again_are_told() {
        assert!(topics(drawn));
        assert!(devices(30, spoken));
    }

    #[test]
    fn names_of_drawn_syllables_are_told() {
        let mut chance = Chance::new(85);
        let mut talk = Talk::default();
        for number in 0..40u8 {
            let mut name = Vec::new();
            for label in [spoken(&mut chance), "7465787420".into(), spoken(&mut chance), "example".into()] {
                name.push(label.len() as u8);
                name.extend(label.bytes());
            }
            talk.datagram(
                &[b"\x12", [number].as_slice(), b"\x01\0\0\x01\0\0\0\0\0\0", &name, b"\0\0\x01\0\x01"]
                    .concat(),
            );
        }
        assert!(told(talk));
    }

    #[test]
    fn languages_codes_and_sequences_are_not() {
        let sense = include_str!("drawn_words.rs");
        let words: Vec<String> = sense
            .split(|c: char| !c.is_ascii_lowercase())
            .filter(|word| word.len() > 2)
            .map(str::to_owned)
            .collect();
        let mut place = 0;
        assert!(!devices(60, |_| {
            place += 1;
            words[place % words.len()].clone()
        }));
        // Codes of meetings: three, four and three letters.
        assert!(!devices(40, |chance| {
            let length = 3 + chance.below(2);
            String::from_utf8(chance.of(LETTERS, length)).unwrap()
        }));
        // Hex, whose letters are six.
        assert!(!devices(60, |chance| {
            let length = 3 + chance.below(9);
            String::from_utf8(chance.of(b"abcdef", length)).unwrap()
        }));
        // A few.
        assert!(!devices(4, spoken));
        // Images, in which runs of printable bytes come about.
        let mut chance = Chance::new(86);
        let mut talk = Talk::default();
        for number in 0..20 {
            let mut image = chance.bytes(3000);
            for _ in 0..12 {
                image.extend(
                    [drawn(&mut chance).as_bytes(), b" - ", drawn(&mut chance).as_bytes(), b" * "].concat(),
                );
                image.extend(chance.bytes(90));
            }
            talk.page(&format!("/{number}.bin"), "application/octet-stream", &image);
        }
        assert!(!told(talk));
    }

    /// Lines of these texts, sent one by one.
    fn lines(lines: impl IntoIterator<Item = String>) -> bool {
        let mut talk = Talk::default();
        for line in lines {
            talk.send_later(format!("NOTE {line}\r\n").as_bytes());
            talk.reply(b"OK\r\n");
        }
        told(talk)
    }

    #[test]
    fn a_few_long_names_and_codes_of_one_length_are_not() {
        let mut chance = Chance::new(87);
        assert!(!lines((0..20).map(|_| {
            let length = 24 + chance.below(12);
            format!("the host is {}", String::from_utf8(chance.of(LETTERS, length)).unwrap())
        })));
        assert!(!lines((0..60).map(|_| String::from_utf8(chance.of(LETTERS, 12)).unwrap())));
    }

    #[test]
    fn texts_of_types_are_not() {
        // Sentences that show all letters of a type spend them evenly.
        let pangrams = [
            "the quick brown fox jumps over a lazy dog",
            "pack my box with five dozen liquor jugs",
            "sphinx of black quartz judge vow",
            "waltz bad nymph for jigs vex",
            "jackdaws crave my big quetzal",
        ];
        assert!(!lines(pangrams.map(str::to_owned)));
    }

    #[test]
    fn tokens_of_letters_digits_and_marks_are_not() {
        // Some of the pieces between their marks happen to have no digit.
        let mut chance = Chance::new(88);
        assert!(!lines((0..40).map(|_| {
            let token = chance.of(b"abcdefghijklmnopqrstuvwxyz0123456789-_", 900);
            String::from_utf8(token).unwrap()
        })));
    }

    #[test]
    fn a_few_names_made_of_syllables_are_not() {
        let mut chance = Chance::new(89);
        assert!(!lines(
            (0..12).map(|_| [spoken(&mut chance), spoken(&mut chance), spoken(&mut chance)].join(" "))
        ));
    }
}
