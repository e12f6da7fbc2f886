//! Made-up labels, and the words with which they begin.

use std::collections::BTreeMap;

use crate::statistics::even;

/// Whether symbols are drawn evenly, or letters of both cases that were made small, and digits.
pub(super) fn is_drawn(symbols: &[u8]) -> bool {
    let (letters, digits): (Vec<u8>, Vec<u8>) = symbols.iter().partition(|byte| byte.is_ascii_alphabetic());
    let both = || {
        letters.len() + digits.len() == symbols.len()
            && [letters, digits].iter().all(|part| part.is_empty() || even(part, 5.0).is_some())
    };
    even(symbols, 5.0).is_some() || both()
}

/// What labels have behind the words with which many of them begin: `static`, `www`. Labels that are drawn evenly share no more than a
/// symbol or two.
pub(super) fn behind_words(labels: &[Vec<u8>]) -> Vec<u8> {
    const WORD: std::ops::RangeInclusive<usize> = 3..=12;
    let mut starts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for label in labels {
        WORD.filter_map(|length| label.get(..length))
            .for_each(|start| *starts.entry(start).or_default() += 1);
    }
    let often = (labels.len() / 40).max(4);
    let behind = |label: &'_ Vec<u8>| {
        let word = WORD.rev().find(|length| {
            label.get(..*length).is_some_and(|start| starts.get(start).is_some_and(|count| *count >= often))
        });
        label.get(word.unwrap_or(0)..).unwrap_or_default().to_vec()
    };
    labels.iter().flat_map(behind).collect()
}

#[cfg(test)]
mod tests {
    use super::behind_words;
    use crate::testing::Chance;

    #[test]
    fn words_that_come_again_are_taken_off() {
        let mut chance = Chance::new(70);
        let labels: Vec<Vec<u8>> = (0..40)
            .map(|number| {
                let rest = chance.of(b"abcdefghijklmnopqrstuvwxyz", 8);
                [["static", "www", "mail"][number % 3].as_bytes(), &rest].concat()
            })
            .collect();
        let rest = behind_words(&labels);
        assert!((310..=330).contains(&rest.len()), "{}", rest.len());
    }
}
