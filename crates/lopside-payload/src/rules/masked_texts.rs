//! Noise beside texts of which every byte is joined to one value by exclusive or.
//!
//! Such a mask hides no law of letters: the most frequent byte is a space or a vowel. Speaks for: raw messages that read once they are
//! unmasked, by one value for all or one for each, where the rules of noise beside text speak of what they hold. Silent for: what they
//! are silent for, text as it stands, ciphertext. Minimum: 8 messages of 48 bytes, and what those rules need.

use std::borrow::Cow;

use super::{Look, beside_text, pad_lengths, unmarked_text};
use crate::class::{class, text_runs};
use crate::content::document;
use crate::evidence::Evidence;
use crate::reading::{Reading, Unit};
use crate::statistics::histogram;

/// The fewest messages, and the fewest bytes of one.
const LEAST: usize = 8;
const BYTES: usize = 48;
/// Messages by which a mask is looked for.
const LOOKED_AT: usize = 16;
/// What is most frequent in texts.
const FREQUENT: [u8; 5] = [b' ', b'e', b'a', b'0', b'.'];
/// The shortest run of text that says something: of random bytes one in ten million is the start of one.
const RUN: usize = 16;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units: Vec<&Unit<'_>> =
        look.reading.whole_raw(BYTES).filter(|unit| unit.document.is_none()).collect();
    let first = units.get(..units.len().min(LOOKED_AT)).unwrap_or_default();
    if units.len() < LEAST || first.iter().any(|unit| reads(&unit.bytes)) {
        return Vec::new();
    }
    let Some(mask) = Mask::of(first) else { return Vec::new() };
    let unmasked = units.iter().map(|unit| {
        let bytes = mask.off(&unit.bytes);
        let mut clear = Unit::new(Cow::Owned(bytes), unit.turn, unit.carrier);
        clear.document = document::at_start(&clear.bytes, true);
        clear.class = class(&clear.bytes, clear.document, look.limit);
        clear
    });
    let reading = Reading { units: unmasked.collect(), messages: units.len(), ..Reading::default() };
    let other = Reading::default();
    let clear = Look { reading: &reading, other: &other, other_sizes: &[], ..*look };
    let rules = [beside_text::find, unmarked_text::find, pad_lengths::find];
    let found = rules.iter().flat_map(|rule| rule(&clear)).next();
    let told = |found: Evidence| Evidence { text: format!("masked with one value: {}", found.text), ..found };
    found.map(told).into_iter().collect()
}

/// What masks texts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mask {
    /// One value for all.
    One(u8),
    /// One for each message, which makes the most frequent byte of this one.
    Each(u8),
}

impl Mask {
    /// The mask without which most of some messages read.
    fn of(units: &[&Unit<'_>]) -> Option<Mask> {
        let all: Vec<u8> = units.iter().flat_map(|unit| unit.bytes.iter().take(1 << 10)).copied().collect();
        let (most, count) = most_frequent(&all);
        // Random bytes are as frequent as the one in fifty of text only in messages of noise alone.
        let each = units.iter().filter(|unit| most_frequent(&unit.bytes).1 * 50 >= unit.bytes.len()).count();
        if count * 50 < all.len() && each * 3 < units.len() * 2 {
            return None;
        }
        let one = FREQUENT.map(|frequent| Mask::One(most ^ frequent));
        let masks = one.into_iter().chain(FREQUENT.map(Mask::Each));
        masks.filter(|mask| !matches!(mask, Mask::One(key) if !hides(most, *key))).find(|mask| {
            let read = units.iter().filter(|unit| reads(&mask.off(&unit.bytes))).count();
            read * 4 >= units.len() * 3
        })
    }

    fn off(self, bytes: &[u8]) -> Vec<u8> {
        let key = match self {
            Mask::One(key) => key,
            Mask::Each(frequent) => {
                let most = most_frequent(bytes).0;
                if hides(most, most ^ frequent) { most ^ frequent } else { 0 }
            }
        };
        bytes.iter().map(|byte| byte ^ key).collect()
    }
}

/// Whether a mask hides texts: not where zeros are most frequent, as in binary fields, and not one that turns small letters to capitals.
fn hides(most: u8, key: u8) -> bool {
    most != 0 && !matches!(key, 0 | 0x20)
}

/// The most frequent byte, and how often it comes.
fn most_frequent(bytes: &[u8]) -> (u8, usize) {
    let counts = histogram(bytes);
    let (byte, count) = (0u8..=255).zip(counts).max_by_key(|(_, count)| *count).unwrap_or((0, 0));
    (byte, count as usize)
}

/// Whether a quarter of some bytes is text, in runs that hold letters and spaces.
fn reads(bytes: &[u8]) -> bool {
    let runs = text_runs(bytes, RUN);
    let text: Vec<u8> =
        runs.iter().filter_map(|(from, to)| bytes.get(*from..*to)).flatten().copied().collect();
    let letters = text.iter().filter(|byte| byte.is_ascii_lowercase() || **byte == b' ').count();
    text.len() * 4 >= bytes.len() && letters * 2 >= text.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn is_marked(key: impl Fn(usize) -> u8, noise: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(66);
        let mut talk = Talk::default();
        for number in 0..40 {
            let text = format!(
                "report {number} of the yard: {}",
                "all is quiet there; ".repeat(2 + chance.below(6))
            );
            let clear = [text.as_bytes(), &noise(&mut chance)].concat();
            let masked: Vec<u8> = clear.iter().map(|byte| byte ^ key(number)).collect();
            talk.datagram(&masked);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("masked with one value"))
    }

    fn tail(chance: &mut Chance) -> Vec<u8> {
        let length = 20 + chance.below(230);
        chance.bytes(length)
    }

    #[test]
    fn noise_beside_masked_texts_is_suspect() {
        assert!(is_marked(|_| 0xA7, tail));
        assert!(is_marked(|_| 0x3C, tail));
        assert!(is_marked(|number| 0x80 | (number * 37) as u8, tail));
    }

    #[test]
    fn masked_texts_alone_codes_and_clear_text_are_not() {
        assert!(!is_marked(|_| 0xA7, |_| Vec::new()));
        assert!(!is_marked(|_| 0xA7, |chance| chance.bytes(32)));
        assert!(!is_marked(|_| 0, tail));
        // Binary fields with names in capitals between them.
        assert!(!is_marked(|_| 0x20, |chance| [vec![b' '; 90], tail(chance)].concat()));
        let mut chance = Chance::new(67);
        let mut talk = Talk::default();
        for _ in 0..40 {
            let length = 100 + chance.below(300);
            talk.datagram(&chance.bytes(length));
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("masked with one value")));
    }
}
