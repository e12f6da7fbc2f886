//! Characters of noise strewn into words, at no fixed distance.
//!
//! Speaks for: texts of language in which marks, digits and capitals stand between two small letters, drawn evenly from all that can be
//! printed or from all marks. Silent for: what people and programs put into words (hyphens, apostrophes, dots, capitals of names, digits
//! of identifiers), which are few kinds or of which a few come far more often than others; encodings and passwords, whose small letters
//! are drawn evenly too. Minimum: 160 such places, one in forty characters, of 48 kinds, or of 10 kinds of marks, without those that come
//! most often.

use super::Look;
use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::{Counts, even_among, without_own};

/// The fewest places.
const PLACES: u32 = 160;
/// The fewest kinds of symbols of which all can be printed, and of marks alone.
const KINDS: usize = 48;
const MARKS: usize = 10;
/// How much oftener two small letters beside strangers are the same than two of 26 drawn evenly, where they are of words: 1.7 in English,
/// 1.2 in base85.
const WORDS: f64 = 1.4;
/// What is looked at of a text.
const LOOKED_AT: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut counts, mut small, mut all, mut texts): (Counts, Counts, u32, usize) =
        ([0; 256], [0; 256], 0, 0);
    for text in texts_of(look.reading) {
        let before = counts.iter().sum::<u32>();
        put(text, &mut counts, &mut small);
        let added = counts.iter().sum::<u32>() - before;
        all += u32::try_from(text.len()).unwrap_or(0);
        texts += usize::from(added > 0);
    }
    if sameness(&small) < WORDS {
        return Vec::new();
    }
    judge(&counts, all, texts, look.limit).into_iter().collect()
}

fn judge(counts: &Counts, all: u32, texts: usize, limit: f64) -> Option<Evidence> {
    let mut marks = *counts;
    (0..=255u8).filter(|byte| !byte.is_ascii_punctuation()).for_each(|byte| marks[usize::from(byte)] = 0);
    let (places, kinds, deviations) =
        [(counts, KINDS, 6), (&marks, MARKS, 3)].into_iter().find_map(|(counts, least, own)| {
            let rest = without_own(counts, own);
            let places = rest.iter().sum::<u32>();
            let (kinds, deviations) =
                (places >= PLACES && places * 40 >= all).then(|| even_among(&rest)).flatten()?;
            (kinds >= least && deviations.abs() <= 1.5 * limit).then_some((places, kinds, deviations))
        })?;
    let text = format!(
        "{texts} texts have strangers between the letters of their words: {places}, drawn evenly from {kinds} kinds ({deviations:.1} standard deviations)"
    );
    let share = f64::from(places) / f64::from(all.max(1));
    Some(Evidence::contradiction(texts, share, text).with_deviations(deviations))
}

/// How much oftener two letters are the same than two drawn evenly.
fn sameness(letters: &Counts) -> f64 {
    let all = f64::from(letters.iter().sum::<u32>()).max(1.0);
    26.0 * letters.iter().map(|count| (f64::from(*count) / all).powi(2)).sum::<f64>()
}

/// Counts what stands between two small letters, and these.
fn put(text: &[u8], counts: &mut Counts, small: &mut Counts) {
    for window in text.windows(3) {
        let [left, middle, right] = window else { continue };
        if left.is_ascii_lowercase()
            && right.is_ascii_lowercase()
            && middle.is_ascii_graphic()
            && !middle.is_ascii_lowercase()
        {
            counts[usize::from(*middle)] += 1;
            small[usize::from(*left)] += 1;
            small[usize::from(*right)] += 1;
        }
    }
}

/// Texts of no format that is read, and values.
fn texts_of<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    let units = reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    let values = reading.slots.iter().filter(|(name, _)| !name.starts_with("header.") && *name != "path");
    let values = values.flat_map(|(_, values)| values).map(|value| value.bytes.as_slice());
    let texts = units.map(|unit| unit.bytes.as_ref()).chain(values).filter(|text| text.len() >= 24);
    texts.map(|text| text.get(..text.len().min(LOOKED_AT)).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: &str = "the meeting of the council was moved to the small room because the roof of the town hall is under repair, and \
        everything else is as it was before; host=depot-7 user=lex office-door re-opened at noon by the building's keeper";

    fn is_junk(strange: impl Fn(&mut Chance, usize) -> Option<u8>) -> bool {
        let mut chance = Chance::new(62);
        let mut talk = Talk::default();
        for number in 0..12 {
            let mut text = format!("KL {number} ").into_bytes();
            for (place, letter) in TEXT.bytes().enumerate() {
                text.push(letter);
                text.extend(strange(&mut chance, place));
            }
            text.push(b'\n');
            talk.send(&text);
            talk.reply(b"next\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("strangers between"))
    }

    #[test]
    fn characters_of_all_kinds_between_letters_are_junk_at_any_distance() {
        assert!(is_junk(|chance, _| (chance.below(4) == 0).then(|| 33 + chance.below(93) as u8)));
        assert!(is_junk(|chance, _| (chance.below(3) == 0).then(|| b"!#$%*+-.:;?@^_~|"[chance.below(16)])));
    }

    #[test]
    fn what_stands_in_words_is_not() {
        assert!(!is_junk(|_, _| None));
        assert!(!is_junk(|chance, _| (chance.below(6) == 0).then(|| b"-'./_@=A7"[chance.below(9)])));
        assert!(!is_junk(|_, place| (place % 5 == 0).then_some(b'-')));
    }

    #[test]
    fn lists_of_passwords_and_base85_are_not() {
        for last in [b'~', b'u'] {
            let mut chance = Chance::new(63);
            let mut talk = Talk::default();
            let symbols: Vec<u8> = (b'!'..=last).collect();
            for _ in 0..12 {
                let list: Vec<Vec<u8>> = (0..20).map(|_| chance.of(&symbols, 24)).collect();
                talk.send(&[TEXT.as_bytes(), b":\n", &list.join(&b'\n')].concat());
                talk.reply(b"ok\n");
            }
            assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("strangers between")));
        }
    }
}
