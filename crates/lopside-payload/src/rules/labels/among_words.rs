//! Encoded text in pieces that stand behind or before words in the labels of a name.

use super::{CODES, NAMES, Names, reads, unpack};
use crate::evidence::Evidence;

/// The fewest symbols of what is encoded in a name: of words, so many hardly ever decode to text.
const SYMBOLS: usize = 16;
/// The fewest labels with words, in all names.
const LABELS: usize = 24;

impl Names<'_> {
    /// Names of which one piece of each label, the last or the first between hyphens, decodes to text in a row, and the words beside
    /// these pieces belong to nothing.
    pub(super) fn among_words(&self) -> Option<Evidence> {
        [true, false].into_iter().find_map(|last| {
            let (mut count, mut labels, mut words, mut all) = (0, 0, 0, 0);
            for name in &self.0 {
                let Some((beside, symbols)) = beside_pieces(name, last) else { continue };
                count += 1;
                labels += beside;
                words += symbols;
                all += name.iter().map(|label| label.len()).sum::<usize>();
            }
            (count >= NAMES && count * 10 >= self.0.len() * 6 && labels >= LABELS).then(|| {
                let share = words as f64 / all as f64;
                let text = format!(
                    "{count} names decode to text only without the words in {labels} of their labels: {words} symbols, {:.0} % of them",
                    share * 100.0
                );
                Evidence::contradiction(count, share, text)
            })
        })
    }
}

/// How many labels of a name have words beside the piece that is encoded, and their symbols; `None` where the pieces are no text, or
/// where there are none without the words.
fn beside_pieces(name: &[&[u8]], last: bool) -> Option<(usize, usize)> {
    let piece = |label: &&[u8]| -> Vec<u8> {
        let mut parts = label.split(|byte| *byte == b'-');
        let part = if last { parts.next_back() } else { parts.next() };
        part.unwrap_or_default().to_ascii_lowercase()
    };
    let pieces: Vec<Vec<u8>> = name.iter().map(piece).collect();
    let data = pieces.concat();
    let beside: Vec<usize> = name
        .iter()
        .zip(&pieces)
        .map(|(label, piece)| label.len() - piece.len())
        .filter(|rest| *rest > 0)
        .collect();
    if beside.is_empty() || data.len() < SYMBOLS {
        return None;
    }
    let told = CODES.iter().any(|(value, bits)| {
        let clean: Option<Vec<u8>> = data.iter().map(|byte| value(*byte)).collect();
        clean.is_some_and(|clean| reads(&unpack(&clean, *bits)))
    });
    told.then(|| (beside.len(), beside.iter().sum()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use crate::testing::Chance;
    use lopside_model::payload::Verdict;

    const WORDS: [&str; 6] = ["order", "turbine", "supplier", "ticket", "review", "south"];

    /// Names of so many labels, each with a piece of hex of a text and a word before or behind it.
    fn of(join: impl Fn(&mut Chance, &str, &str) -> String) -> Verdict {
        judged(|chance, n| {
            let data = hex(&format!("file {n:02} of some ones"));
            let pieces = data.as_bytes().chunks(10).map(|piece| std::str::from_utf8(piece).unwrap());
            let labels: Vec<String> = pieces
                .map(|piece| {
                    let word = WORDS[chance.below(6)];
                    join(chance, word, piece)
                })
                .collect();
            labels.join(".")
        })
    }

    #[test]
    fn pieces_behind_or_before_words_are_junk() {
        assert_eq!(of(|_, word, piece| format!("{word}-{piece}")), Verdict::Junk);
        assert_eq!(of(|c, word, piece| format!("{word}-{}-{piece}", WORDS[c.below(6)])), Verdict::Junk);
        assert_eq!(of(|_, word, piece| format!("{piece}-{word}")), Verdict::Junk);
    }

    #[test]
    fn tunnels_without_words_words_and_numbers_are_not() {
        assert!(!of(|_, _, piece| piece.to_owned()).is_junk());
        assert!(!of(|c, word, _| format!("{word}-{}", WORDS[c.below(6)])).is_junk());
        assert!(!of(|c, word, _| format!("{word}-{:08x}", c.next() as u32)).is_junk());
    }
}
