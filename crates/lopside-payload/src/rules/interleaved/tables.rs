//! Texts of one kind, with how often each symbol stands at each place of every few.

use std::borrow::Cow;

use super::WIDEST;
use crate::statistics::{FewCounts, Places, count};

/// Texts of this many bytes are counted for all periods at once: these are asked for again and again, and the text has enough bytes for
/// each.
const LONG: usize = 1 << 9;

/// Texts of one kind: up to 65,535 bytes.
pub(super) struct Texts<'a> {
    texts: Vec<Text<'a>>,
    /// Each byte is a character.
    pub(super) folded: bool,
}

/// A text, with its counts where it is long.
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    places: Option<Places>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(texts: &[&'a [u8]], folded: bool) -> Texts<'a> {
        let text = |bytes: &&'a [u8]| Text {
            bytes,
            places: (bytes.len() >= LONG).then(|| Places::of(bytes, WIDEST)),
        };
        Texts { texts: texts.iter().map(text).collect(), folded }
    }

    /// The texts of so many bytes or more.
    pub(super) fn from(&self, least: usize) -> impl Iterator<Item = &Text<'a>> {
        self.texts.iter().filter(move |text| text.bytes.len() >= least)
    }

    /// How often each symbol stands at each place of a period in all of these.
    pub(super) fn counts(&self, least: usize, period: usize) -> Vec<FewCounts> {
        let mut sums = vec![[0; 256]; period];
        for text in self.from(least) {
            let Some(places) = &text.places else {
                count(text.bytes, &mut sums);
                continue;
            };
            for (sums, counts) in sums.iter_mut().zip(places.at(period)) {
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        sums
    }
}

impl Text<'_> {
    /// How often each symbol stands at each place of a period.
    pub(super) fn counts(&self, period: usize) -> Cow<'_, [FewCounts]> {
        if let Some(places) = &self.places {
            return Cow::Borrowed(places.at(period));
        }
        let mut counts = vec![[0; 256]; period];
        count(self.bytes, &mut counts);
        Cow::Owned(counts)
    }
}

/// A text of UTF-8 with one byte for each character, those beyond ASCII from 128 on. `None` where there are none of these.
pub(super) fn folded(text: &[u8]) -> Option<Vec<u8>> {
    let whole = match std::str::from_utf8(text) {
        Ok(whole) => whole,
        Err(cut) if cut.error_len().is_none() => std::str::from_utf8(text.get(..cut.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    let fold = |character: char| {
        u8::try_from(character).ok().filter(u8::is_ascii).unwrap_or(128 | (u32::from(character) & 127) as u8)
    };
    (!whole.is_ascii()).then(|| whole.chars().map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn long_and_short_texts_are_counted_alike() {
        let mut chance = Chance::new(29);
        let (long, short, none) = (chance.bytes(LONG + 5), chance.bytes(90), chance.bytes(20));
        let texts = Texts::of(&[&long, &short, &none], false);
        for period in 2..=WIDEST {
            let mut expected = vec![[0; 256]; period];
            count(&long, &mut expected);
            let first = texts.from(0).next().map(|text| text.counts(period).into_owned());
            assert_eq!(first, Some(expected.clone()));
            count(&short, &mut expected);
            assert_eq!(texts.counts(40, period), expected);
        }
    }
}
