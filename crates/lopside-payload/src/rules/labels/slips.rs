//! Labels in hex with letters strewn in of which some are digits of hex: they shift what follows.

use super::{NAMES, Names, hex_value};
use crate::evidence::Evidence;

/// The fewest bytes of text of a name: of random digits, fewer than two in five pairs are some.
const TEXT: usize = 10;
/// The fewest foreign symbols in all names.
const STRANGERS: usize = 24;
/// Names looked at in one zone.
const LOOKED_AT: usize = 128;

impl Names<'_> {
    /// Names that decode to text once letters are out of them that are no digits, and some vowels that are.
    pub(super) fn slipped(&self) -> Option<Evidence> {
        let looked: Vec<Vec<u8>> =
            self.0.iter().take(LOOKED_AT).map(|name| name.concat().to_ascii_lowercase()).collect();
        let (mut count, mut strangers, mut all) = (0, 0, 0);
        for name in &looked {
            let Some(extra) = strangers_in(name) else { continue };
            count += 1;
            strangers += extra;
            all += name.len();
        }
        let found = count >= NAMES && count * 10 >= looked.len() * 6 && strangers >= STRANGERS;
        found.then(|| {
            let share = strangers as f64 / all as f64;
            let text = format!(
                "{count} names decode to text only after {strangers} letters are taken out, some of them digits of hex, {:.0} % of them",
                share * 100.0
            );
            Evidence::contradiction(count, share, text)
        })
    }
}

/// How many symbols are foreign in a name whose others are hex of text. Base32 has none of four digits: there, what is taken for one is
/// none.
fn strangers_in(name: &[u8]) -> Option<usize> {
    let digits: Vec<u8> = name.iter().filter_map(|byte| hex_value(*byte)).collect();
    let foreign = name.len() - digits.len();
    let beyond = digits.iter().filter(|digit| matches!(digit, 0 | 1 | 8 | 9)).count();
    if foreign < 2 || digits.len() < 2 * TEXT || beyond * 16 < digits.len() {
        return None;
    }
    let vowels = fewest_vowels(&digits)?;
    (digits.len() - vowels >= 2 * TEXT && vowels * 4 <= digits.len()).then_some(foreign + vowels)
}

/// The fewest digits `a` and `e` without which some digits are text; `None` where they are none without any of these.
fn fewest_vowels(digits: &[u8]) -> Option<usize> {
    const NEVER: usize = usize::MAX;
    // Between two bytes, and after each first half of one.
    let (mut even, mut odd) = (0usize, [NEVER; 16]);
    for digit in digits {
        let mut next = [NEVER; 16];
        let mut ends = NEVER;
        for (half, fewest) in (0u8..).zip(&odd) {
            if *fewest < ends && is_text(half << 4 | digit) {
                ends = *fewest;
            }
        }
        if matches!(digit, 0xA | 0xE) {
            next = odd.map(|fewest| fewest.saturating_add(1));
            ends = ends.min(even.saturating_add(1));
        }
        let kept = next.get_mut(usize::from(*digit))?;
        *kept = even.min(*kept);
        (even, odd) = (ends, next);
    }
    // The last byte of a label may be cut.
    Some(odd.into_iter().fold(even, usize::min)).filter(|fewest| *fewest < NEVER)
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | 32..=126)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use super::fewest_vowels;
    use lopside_model::payload::Verdict;

    #[test]
    fn letters_among_hex_of_text_are_junk_though_some_are_digits() {
        let strewn = |letters: &'static [u8], every: usize| {
            judged(move |chance, n| {
                let data = hex(&format!("file {n} of some"));
                let symbols = data.bytes().flat_map(|symbol| {
                    let extra = (chance.below(every) == 0).then(|| letters[chance.below(letters.len())]);
                    [Some(symbol), extra]
                });
                String::from_utf8(symbols.flatten().collect()).unwrap()
            })
        };
        assert_eq!(strewn(b"aeinorstu", 3), Verdict::Junk);
        assert_eq!(strewn(b"aeiou", 2), Verdict::Junk);
        assert_eq!(strewn(b"ghijklmnopqrstuvwxyz", 1), Verdict::Junk);
    }

    #[test]
    fn other_names_are_not() {
        let of = |symbols: &'static [u8]| {
            judged(move |chance, _| String::from_utf8(chance.of(symbols, 48)).unwrap())
        };
        assert_ne!(of(b"abcdefghijklmnopqrstuvwxyz234567"), Verdict::Junk);
        assert_ne!(of(b"0123456789abcdefghijklmnopqrstuv"), Verdict::Junk);
        assert_ne!(of(b"0123456789abcdefghijklmnopqrstuvwxyz"), Verdict::Junk);
        assert_ne!(of(b"0123456789abcdef"), Verdict::Junk);
    }

    #[test]
    fn vowels_are_found_wherever_they_stand() {
        let digits = |text: &str| -> Vec<u8> {
            text.chars().map(|symbol| symbol.to_digit(16).unwrap() as u8).collect()
        };
        assert_eq!(fewest_vowels(&digits("66696c65")), Some(0));
        assert_eq!(fewest_vowels(&digits("a6e6a696ce65")), Some(2));
        assert_eq!(fewest_vowels(&digits("8669")), None);
    }
}
