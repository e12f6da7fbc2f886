//! Letters between those of plain names, and names of letters alone among names that decode.

use super::{NAMES, Names, decodes};
use crate::evidence::Evidence;
use crate::rules::short_values::varied;
use crate::statistics::{Alphabet, collision, even, histogram};

/// The fewest names, symbols of each, and letters of noise in all.
const PLAIN: usize = 16;
const SYMBOLS: usize = 12;
const LETTERS: usize = 160;
/// The fewest kinds of letters.
const KINDS: usize = 24;
/// The widest period.
const WIDEST: usize = 5;
/// Names are written with letters, digits and hyphens; this far from even they are no draw, in standard deviations.
const UNEVEN: f64 = 10.0;

impl Names<'_> {
    /// Names in which every p-th symbol is a letter, drawn evenly, and the others are drawn far from evenly.
    pub(super) fn between(&self, limit: f64) -> Option<Evidence> {
        let names: Vec<Vec<u8>> = self.0.iter().map(|name| name.concat().to_ascii_lowercase()).collect();
        let long: Vec<&Vec<u8>> = names.iter().filter(|name| name.len() >= SYMBOLS).collect();
        if long.len() < PLAIN || long.len() * 10 < names.len() * 7 {
            return None;
        }
        (2..=WIDEST).flat_map(|period| (0..period).map(move |phase| (period, phase))).find_map(|(period, phase)| {
            let mut parts = vec![Vec::new(); period];
            for name in &long {
                for (place, symbol) in name.iter().enumerate() {
                    parts.get_mut(place % period)?.push(*symbol);
                }
            }
            let noise = parts.swap_remove(phase);
            // Where the others are drawn too, names are codes: letters and digits in turn.
            if parts.iter().any(|part| even(part, limit).is_some()) {
                return None;
            }
            let rest = parts.concat();
            if noise.len() < LETTERS || !noise.iter().all(u8::is_ascii_lowercase) {
                return None;
            }
            // Names that can be spoken have consonants and vowels in turn.
            let drawn =
                even(&noise, limit).filter(|drawn| drawn.alphabet == Alphabet::Letters && kinds(&noise) >= KINDS)?;
            let others = collision(histogram(&rest).into_iter().filter(|count| *count > 0), kinds(&rest))?;
            (others > UNEVEN).then(|| {
                let text = format!(
                    "{} names have a letter of noise at every {period}. place: {} letters are drawn evenly ({:.1} standard deviations), and the others are not ({others:.0})",
                    long.len(),
                    noise.len(),
                    drawn.deviations
                );
                let share = noise.len() as f64 / (noise.len() + rest.len()) as f64;
                Evidence::contradiction(long.len(), share, text).with_deviations(drawn.deviations)
            })
        })
    }

    /// Names of letters that are drawn evenly, in many lengths, among names that decode to text.
    pub(super) fn among_texts(&self, limit: f64) -> Option<Evidence> {
        let texts = self.0.iter().filter(|name| decodes(name)).count();
        if texts < NAMES {
            return None;
        }
        let others: Vec<Vec<u8>> = self
            .0
            .iter()
            .filter(|name| !decodes(name))
            .map(|name| name.concat().to_ascii_lowercase())
            .collect();
        let long: Vec<&[u8]> =
            others.iter().map(Vec::as_slice).filter(|name| name.len() >= SYMBOLS).collect();
        let symbols = long.concat();
        let letters: Vec<u8> = symbols.iter().copied().filter(u8::is_ascii_lowercase).collect();
        // A tenth of digits is fewer than any encoding has, and what counts names.
        if long.len() < NAMES
            || letters.len() < LETTERS
            || letters.len() * 10 < symbols.len() * 9
            || !varied(&long)
        {
            return None;
        }
        let drawn = even(&letters, limit).filter(|drawn| drawn.alphabet == Alphabet::Letters)?;
        let text = format!(
            "{} names are letters that are drawn evenly ({:.1} standard deviations) and of many lengths, among {texts} names that decode to text: {} letters",
            long.len(),
            drawn.deviations,
            letters.len()
        );
        let all: usize = self.0.iter().flatten().map(|label| label.len()).sum();
        let found = Evidence::contradiction(long.len(), symbols.len() as f64 / all.max(1) as f64, text);
        Some(found.with_deviations(drawn.deviations))
    }
}

/// How many kinds of symbols there are.
fn kinds(symbols: &[u8]) -> usize {
    histogram(symbols).iter().filter(|count| **count > 0).count()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use crate::testing::Chance;
    use lopside_model::payload::Verdict;

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    fn host(chance: &mut Chance, n: usize) -> String {
        let user = ["jansen", "miller", "garcia"][chance.below(3)];
        format!("pc-lis{}-{user}-{n}", 600 + chance.below(4))
    }

    #[test]
    fn letters_between_those_of_plain_names_are_junk() {
        for period in [2, 3] {
            let spread = |chance: &mut Chance, n: usize| {
                let mut name = String::new();
                for (place, symbol) in host(chance, n).chars().enumerate() {
                    name.push(symbol);
                    if place % (period - 1) == period - 2 {
                        name.push(char::from(LETTERS[chance.below(26)]));
                    }
                }
                name
            };
            assert_eq!(judged(spread), Verdict::Junk, "{period}");
        }
        assert_ne!(judged(host), Verdict::Junk);
        // Names that can be spoken.
        let spoken = |chance: &mut Chance, _: usize| -> String {
            (0..8)
                .flat_map(|_| {
                    let pair = [b"bcdfghjklmnpqrstvwxyz"[chance.below(21)], b"aeiou"[chance.below(5)]];
                    pair.map(char::from)
                })
                .collect()
        };
        assert_ne!(judged(spoken), Verdict::Junk);
        let pairs = |chance: &mut Chance, _: usize| -> String {
            (0..12)
                .flat_map(|_| {
                    [char::from(LETTERS[chance.below(26)]), char::from(b'0' + chance.below(10) as u8)]
                })
                .collect()
        };
        assert_ne!(judged(pairs), Verdict::Junk);
    }

    #[test]
    fn names_of_letters_among_names_that_decode_are_junk() {
        let among = |symbols: &'static [u8], one_length: bool| {
            judged(move |chance, n| {
                if n % 2 == 0 {
                    return hex(&format!("host-{n}|list the folder"));
                }
                let length = if one_length { 40 } else { 20 + chance.below(40) };
                String::from_utf8(chance.of(symbols, length)).unwrap()
            })
        };
        assert_eq!(among(LETTERS, false), Verdict::Junk);
        assert_ne!(among(LETTERS, true), Verdict::Junk);
        assert_ne!(among(b"0123456789abcdef", true), Verdict::Junk);
    }
}
