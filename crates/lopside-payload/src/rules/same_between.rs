//! One letter or digit again and again between the characters of text.
//!
//! Speaks for: text with the same letter or digit at every p-th place, or the same letters and digits at all but every p-th, while the
//! others read as text with marks in it. Silent for: tables and lists, which have separators at fixed places too, UTF-16 (its other
//! places are zeros), encodings (they have no marks). Minimum: 2 messages, 64 places.

use super::Look;
use super::texts::AllTexts;
use crate::class::{behind_header, is_text};
use crate::evidence::Evidence;

/// The widest period that is tried.
const WIDEST: usize = 24;
/// Bytes of a text that are looked at.
const MOST: usize = 2048;
/// The fewest places of one text, and of all.
const LEAST_OWN: usize = 16;
const LEAST: usize = 64;
/// The fewest messages.
const MESSAGES: usize = 2;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    AllTexts::of(look).groups().filter_map(|group| judge(&group)).collect()
}

fn judge(texts: &[&[u8]]) -> Option<Evidence> {
    let mut texts: Vec<&[u8]> = texts.iter().map(|text| behind_header(text)).collect();
    texts.retain(|text| text.len() >= 2 * LEAST_OWN);
    texts.sort_unstable();
    texts.dedup();
    let found: Vec<(&[u8], Repeated)> =
        texts.iter().filter_map(|text| Some((*text, repeated(text)?))).collect();
    let places: usize = found.iter().map(|(_, repeated)| repeated.places).sum();
    if found.len() < MESSAGES || places < LEAST || found.len() * 2 < texts.len() {
        return None;
    }
    let (first, repeated) = found.first()?;
    let around: usize = found.iter().map(|(text, _)| text.len().min(MOST)).sum();
    let words = format!(
        "{} of {} texts have one and the same symbol at every {}. place: {places} places, the others read as text",
        found.len(),
        texts.len(),
        repeated.period
    );
    let share = places as f64 / around.max(1) as f64;
    Some(Evidence::contradiction(found.len(), share, words).with_example(first))
}

/// A symbol at every so many places of a text.
struct Repeated {
    period: usize,
    places: usize,
}

fn repeated(text: &[u8]) -> Option<Repeated> {
    let text = inner(text.get(..text.len().min(MOST)).unwrap_or(text));
    (2..=WIDEST.min(text.len() / LEAST_OWN)).find_map(|period| {
        let constant = |phase: &usize| {
            let first = text.get(*phase);
            text.iter().skip(*phase).step_by(period).all(|byte| Some(byte) == first)
        };
        // A table has its separators at fixed places as well, but its fields are wider than one symbol.
        let phases: Vec<usize> = (0..period).filter(constant).collect();
        if phases.len() != 1 && phases.len() + 1 != period {
            return None;
        }
        // Nor have lists of items of one length, whose separators may be of two kinds.
        let parts =
            |phase: usize| text.iter().skip(phase).step_by(period).all(|byte| !byte.is_ascii_alphanumeric());
        if (0..period).any(parts) {
            return None;
        }
        let symbols = phases.iter().filter_map(|phase| text.get(*phase).copied());
        let symbols: Vec<u8> = symbols.filter(u8::is_ascii_alphanumeric).collect();
        let symbol = *symbols.first().filter(|_| symbols.len() == phases.len())?;
        let places = text.len() * phases.len() / period;
        let rest = text.iter().enumerate().filter(|(place, _)| !phases.contains(&(place % period)));
        let rest: Vec<u8> = rest.map(|(_, byte)| *byte).collect();
        (places >= LEAST_OWN && rest.len() >= LEAST_OWN && has_marks(&rest, symbol))
            .then_some(Repeated { period, places })
    })
}

/// A text without its beginning and end, where it is long: a header of text may stand before it, and what fills it up behind it.
fn inner(text: &[u8]) -> &[u8] {
    const BEFORE: usize = 32;
    const BEHIND: usize = 64;
    const LONG: usize = 256;
    if text.len() < LONG { text } else { text.get(BEFORE..text.len() - BEHIND).unwrap_or(text) }
}

/// Whether characters are text of many kinds with marks in it, of which a symbol is no great part.
fn has_marks(rest: &[u8], symbol: u8) -> bool {
    let marks = rest.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let own = rest.iter().filter(|byte| **byte == symbol).count();
    let mut kinds = rest.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    is_text(rest) && marks * 20 >= rest.len() && own * 4 < rest.len() && kinds.len() >= 10
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const WORDS: [&str; 8] = ["report", "everything", "is", "quiet", "in", "the", "building", "tonight"];

    fn is_junk(messages: usize, make: impl Fn(&str) -> String) -> bool {
        let mut chance = Chance::new(77);
        let mut talk = Talk::default();
        for number in 0..messages {
            let words: Vec<&str> = (0..12 + number % 5).map(|_| WORDS[chance.below(8)]).collect();
            talk.post("text/plain", make(&words.join(" ")).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("one and the same symbol"))
    }

    /// A symbol before every `step` characters.
    fn between(text: &str, step: usize, symbol: char) -> String {
        let characters: Vec<char> = text.chars().collect();
        characters.chunks(step).map(|part| format!("{symbol}{}", part.iter().collect::<String>())).collect()
    }

    #[test]
    fn the_same_letter_between_all_characters_is_junk() {
        assert!(is_junk(6, |words| between(words, 1, 'm')));
        assert!(is_junk(12, |words| between(words, 3, 'A')));
        // Several symbols, behind a header.
        let all = |words: &str| words.chars().map(|letter| format!("{letter}beef")).collect::<String>();
        assert!(is_junk(12, |words| format!("MSG|{}|{}", words.len(), all(words))));
    }

    #[test]
    fn one_message_lists_tables_and_encodings_are_not() {
        assert!(!is_junk(1, |words| between(words, 1, 'm')));
        assert!(!is_junk(6, |words| between(words, 1, '.')));
        assert!(!is_junk(6, |words| words.bytes().map(|byte| format!("x{byte:03};")).collect()));
        assert!(!is_junk(6, |words| words.bytes().map(|byte| format!("{byte:02x}")).collect()));
        // As maps of scripts write their segments.
        let segment = |byte: u8| {
            format!("A{:03}{}", u32::from(byte) * 31 % 997, if byte.is_multiple_of(3) { ';' } else { ',' })
        };
        assert!(!is_junk(6, |words| words.bytes().map(segment).collect()));
        assert!(!is_junk(6, str::to_owned));
    }
}
