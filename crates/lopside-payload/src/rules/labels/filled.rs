//! Labels that one symbol fills at their ends, or from their start to their end beside labels with data.

use std::collections::BTreeMap;

use super::super::periods::from_end;
use super::{NAMES, Names, base32_value, hex_value};
use crate::evidence::Evidence;

/// The fewest symbols of fill at the end of a label.
const FILL: usize = 12;

impl Names<'_> {
    /// Labels that end in one and the same symbol many times, behind something else.
    pub(super) fn filled(&self) -> Option<Evidence> {
        let (mut by_symbol, mut all): (BTreeMap<u8, (usize, usize)>, usize) = Default::default();
        for name in &self.0 {
            all += name.iter().map(|label| label.len()).sum::<usize>();
            if let Some((symbol, length)) = name.iter().find_map(|label| fill(label)).or_else(|| whole(name))
            {
                let (names, symbols) = by_symbol.entry(symbol).or_default();
                *names += 1;
                *symbols += length;
            }
        }
        let (_, (names, symbols)) = by_symbol.into_iter().max_by_key(|(_, (names, _))| *names)?;
        (names >= NAMES && names * 5 >= self.0.len() * 3).then(|| {
            let share = symbols as f64 / all.max(1) as f64;
            let text = format!(
                "{names} names have labels that one symbol fills, or their ends: {symbols} symbols, {:.0} % of them",
                share * 100.0
            );
            Evidence::contradiction(names, share, text)
        })
    }
}

/// The symbol that fills the end of a label and how often it stands there, unless an encoder gives it for zeros.
fn fill(label: &[u8]) -> Option<(u8, usize)> {
    let symbol = label.last()?.to_ascii_lowercase();
    let length = from_end(label, 1);
    let zeros = symbol == b'0' && label.iter().all(|byte| hex_value(*byte).is_some())
        || symbol == b'a' && label.iter().all(|byte| base32_value(byte.to_ascii_lowercase()).is_some());
    (length >= FILL && length < label.len() && !zeros).then_some((symbol, length))
}

/// The symbol of a label that holds nothing else, beside others that are of no encoding that gives it for zeros.
fn whole(name: &[&[u8]]) -> Option<(u8, usize)> {
    let label = name.iter().find(|label| label.len() >= FILL && from_end(label, 1) == label.len())?;
    let symbol = label.last()?.to_ascii_lowercase();
    let others = || name.iter().filter(|other| *other != label).flat_map(|other| other.iter());
    let zeros = match symbol {
        b'0' => true,
        b'a' => others().all(|byte| base32_value(byte.to_ascii_lowercase()).is_some()),
        _ => false,
    };
    (others().count() >= FILL && !zeros).then_some((symbol, label.len()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use lopside_model::payload::Verdict;

    #[test]
    fn labels_that_one_symbol_fills_are_junk_and_encoded_zeros_are_not() {
        let filled = |symbol: &str| {
            let symbol = symbol.to_owned();
            judged(move |_, n| {
                let data = hex(&format!("file {n}"));
                format!("{data}{}", symbol.repeat(50 - data.len()))
            })
        };
        assert_eq!(filled("q"), Verdict::Junk);
        assert_eq!(filled("0"), Verdict::Structured);
    }
    #[test]
    fn labels_of_one_symbol_beside_data_are_junk() {
        let filled = |symbol: &str| {
            let symbol = symbol.to_owned();
            judged(move |chance, n| {
                let fill = symbol.repeat(20 + chance.below(30));
                format!("{}.{fill}", hex(&format!("the file {n} of 90")))
            })
        };
        assert_eq!(filled("a"), Verdict::Junk);
        assert_eq!(filled("0"), Verdict::Structured);
    }
}
