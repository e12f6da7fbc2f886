//! Labels in hex with letters, or letters and digits, strewn in of which some are digits of hex: they shift what follows.

use super::{NAMES, Names, hex_value};
use crate::evidence::Evidence;

/// The fewest bytes of text of a name: of random digits, fewer than two in five pairs are some.
const TEXT: usize = 10;
/// The fewest foreign symbols in all names.
const STRANGERS: usize = 24;
/// Names looked at in one zone.
const LOOKED_AT: usize = 128;

impl Names<'_> {
    /// Names that decode to text once letters are out of them that are no digits of hex, and some symbols that are.
    pub(super) fn slipped(&self) -> Option<Evidence> {
        let (mut count, mut strangers, mut all, mut looked) = (0, 0, 0, 0);
        for labels in self.0.iter().take(LOOKED_AT) {
            let name = labels.concat().to_ascii_lowercase();
            looked += 1;
            let Some(extra) = strangers_in(&name, holds_data(labels)) else { continue };
            count += 1;
            strangers += extra;
            all += name.len();
        }
        let found = count >= NAMES && count * 10 >= looked * 6 && strangers >= STRANGERS;
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
fn strangers_in(name: &[u8], holds_data: bool) -> Option<usize> {
    let digits: Vec<u8> = name.iter().filter_map(|byte| hex_value(*byte)).collect();
    let foreign = name.len() - digits.len();
    let beyond = digits.iter().filter(|digit| matches!(digit, 0 | 1 | 8 | 9)).count();
    if foreign < 2 || digits.len() < 2 * TEXT || beyond * 16 < digits.len() {
        return None;
    }
    let most = |extra: usize| digits.len() - extra >= 2 * TEXT && extra * 4 <= digits.len();
    let vowels = fewest_extra(&digits, |digit| matches!(digit, 0xA | 0xE)).filter(|extra| most(*extra));
    // A symbol drawn from all letters and digits is foreign five times in nine.
    let any = || {
        let extra = fewest_extra(&digits, |_| true).filter(|extra| most(*extra))?;
        (!holds_data && is_strewn(name, digits.len()) && extra * 4 <= foreign * 5 + 8).then_some(extra)
    };
    vowels.or_else(any).map(|extra| foreign + extra)
}

/// Whether a label, or a part of one, is hex as it stands: words are beside it.
fn holds_data(labels: &[&[u8]]) -> bool {
    let mut parts = labels.iter().flat_map(|label| label.split(|byte| matches!(byte, b'-' | b'_')));
    parts.any(|part| part.len() >= TEXT && part.iter().all(u8::is_ascii_hexdigit))
}

/// Whether foreign symbols leave no stretch of two thirds of the digits, as a word before data does.
fn is_strewn(name: &[u8], digits: usize) -> bool {
    let stretches = name.split(|byte| hex_value(*byte).is_none());
    stretches.map(<[u8]>::len).max().is_some_and(|longest| longest * 3 <= digits * 2)
}

/// The fewest digits of those that may be extra without which some digits are text; `None` where they are none without any of these.
fn fewest_extra(digits: &[u8], may_be_extra: impl Fn(u8) -> bool) -> Option<usize> {
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
        if may_be_extra(*digit) {
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
    use super::fewest_extra;
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
        assert_eq!(strewn(b"abcdefghijklmnopqrstuvwxyz0123456789", 5), Verdict::Junk);
        assert_eq!(strewn(b"bcdfghjklmnpqrstvwxz0123456789", 3), Verdict::Junk);
    }

    #[test]
    fn a_word_before_the_data_is_no_noise() {
        let words = ["photographs-of-summer", "thumbnails-small", "scripts-and-styles", "static-assets-mail"];
        let judged = judged(move |chance, n| {
            format!("{}4{}", words[chance.below(4)], hex(&format!("file {n} of some")))
        });
        assert_ne!(judged, Verdict::Junk);
    }

    #[test]
    fn words_beside_labels_of_data_are_no_noise() {
        let words = ["mail-global", "static-assets-blog", "news", "shop-media"];
        let verdict = judged(move |chance, n| {
            let data = hex(&format!("file {n} of some more"));
            let (first, second) = data.split_at(20);
            format!("{first}.{}.{second}", words[chance.below(4)])
        });
        assert_ne!(verdict, Verdict::Junk);
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
    fn extra_digits_are_found_wherever_they_stand() {
        let digits = |text: &str| -> Vec<u8> {
            text.chars().map(|symbol| symbol.to_digit(16).unwrap() as u8).collect()
        };
        let vowels = |digit: u8| matches!(digit, 0xA | 0xE);
        assert_eq!(fewest_extra(&digits("66696c65"), vowels), Some(0));
        assert_eq!(fewest_extra(&digits("a6e6a696ce65"), vowels), Some(2));
        assert_eq!(fewest_extra(&digits("8669"), vowels), None);
        assert_eq!(fewest_extra(&digits("86669"), |_| true), Some(1));
    }
}
