//! Labels in sixteen letters that stand for half bytes, with others strewn in to make them look like words.

use super::{Decoder, NAMES, Names, reads, unpack};
use crate::evidence::Evidence;

/// Sixteen letters that are no digits of hex: the first ones of all, and the first consonants, so that vowels are free.
const CODES: [Decoder; 2] = [first_letter, first_consonant];
/// The fewest foreign symbols of all names.
const STRANGERS: usize = 24;
/// Names looked at in one zone.
const LOOKED_AT: usize = 128;

impl Names<'_> {
    /// Names that decode to text once symbols are out at every few places, or where they stand among such letters.
    pub(super) fn spoiled(&self) -> Option<Evidence> {
        self.every_few().or_else(|| self.nibbles())
    }

    /// Names that decode to text by such letters, only after strangers are out.
    fn nibbles(&self) -> Option<Evidence> {
        let looked: Vec<Vec<u8>> =
            self.0.iter().take(LOOKED_AT).map(|name| name.concat().to_ascii_lowercase()).collect();
        CODES.iter().find_map(|value| {
            let (mut count, mut strangers, mut all) = (0, 0, 0);
            for name in &looked {
                let clean: Vec<u8> = name.iter().filter_map(|byte| value(*byte)).collect();
                if clean.len() < name.len() && clean.len() * 3 > name.len() && reads(&unpack(&clean, 4)) {
                    count += 1;
                    strangers += name.len() - clean.len();
                    all += name.len();
                }
            }
            let found = count >= NAMES && count * 10 >= looked.len() * 6 && strangers >= STRANGERS;
            found.then(|| {
                let share = strangers as f64 / all as f64;
                let text = format!(
                    "{count} names hold text in sixteen letters and {strangers} foreign symbols among these, {:.0} % of them",
                    share * 100.0
                );
                Evidence::contradiction(count, share, text)
            })
        })
    }
}

fn first_letter(byte: u8) -> Option<u8> {
    byte.checked_sub(b'a').filter(|value| *value < 16)
}

fn first_consonant(byte: u8) -> Option<u8> {
    const CONSONANTS: &[u8; 16] = b"bcdfghjklmnpqrst";
    memchr::memchr(byte, CONSONANTS).and_then(|place| u8::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use lopside_model::payload::Verdict;

    fn consonants(text: &str) -> String {
        let letter = |value: u8| char::from(b"bcdfghjklmnpqrst"[usize::from(value)]);
        text.bytes().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect()
    }

    #[test]
    fn vowels_between_consonants_that_stand_for_half_bytes_are_junk() {
        let plain = |n: usize| consonants(&format!("file {n} of it"));
        let words = judged(|chance, n| {
            let mut name = String::new();
            for letter in plain(n).chars() {
                name.push(letter);
                name.push(char::from(b"aeiou"[chance.below(5)]));
                if name.len() == 30 {
                    name.push('.');
                }
            }
            name
        });
        assert_eq!(words, Verdict::Junk);
        assert_ne!(judged(|_, n| plain(n)), Verdict::Junk);
        let names = ["calendar", "delivery", "potatoes", "saturday", "telefone", "monitoring", "registry"];
        assert!(!judged(|_, n| format!("{}{}", names[n % 7], names[n / 7 % 7])).is_junk());
    }
}
