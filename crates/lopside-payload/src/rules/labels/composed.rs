//! Words beside encoded data in names, put together anew in each from a few.
//!
//! Words in a name say where something is: they come again in the same order, or once each where somebody chose them. Beside data that
//! decodes to text, words from a short list, in an order and a number that are new in nearly every name, say nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Names, decodes};
use crate::evidence::Evidence;

/// The fewest names, and words of the list.
const LEAST: usize = 16;
const KINDS: usize = 5;
/// The shortest word, the shortest data, and how often a word comes on average.
const WORD: usize = 3;
const DATA: usize = 12;
const OFTEN: usize = 3;

impl Names<'_> {
    /// Words of a short list beside data, joined in ever new ways.
    pub(super) fn composed(&self) -> Option<Evidence> {
        let found: Vec<Vec<&[u8]>> = self.0.iter().filter_map(|name| words_beside_data(name)).collect();
        if found.len() < LEAST || found.len() * 10 < self.0.len() * 8 {
            return None;
        }
        let mut kinds: BTreeMap<&[u8], usize> = BTreeMap::new();
        found.iter().flatten().for_each(|word| *kinds.entry(word).or_default() += 1);
        let ways: BTreeSet<&[&[u8]]> = found.iter().map(Vec::as_slice).collect();
        let numbers: BTreeSet<usize> = found.iter().map(Vec::len).collect();
        let words: usize = kinds.values().sum();
        // A word of every name is its place.
        let everywhere = kinds.values().any(|count| *count * 10 >= found.len() * 9);
        let few = kinds.len() >= KINDS && kinds.len() * OFTEN <= words && !everywhere;
        if !few || ways.len() * 5 < found.len() * 2 || numbers.len() < 2 {
            return None;
        }
        let letters: usize = found.iter().flatten().map(|word| word.len()).sum();
        let all: usize = self.0.iter().flatten().map(|label| label.len()).sum();
        let share = letters as f64 / all.max(1) as f64;
        let text = format!(
            "{} names have words beside encoded text, {} of them in {} ways: they are put together from {} and say nothing",
            found.len(),
            words,
            ways.len(),
            kinds.len()
        );
        Some(Evidence::statistic(found.len(), share, 0.6, text))
    }
}

/// The words of a name, one or more, of which another part decodes to text.
fn words_beside_data<'a>(name: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    let parts = || name.iter().flat_map(|label| label.split(|byte| matches!(byte, b'-' | b'_')));
    let is_data = |part: &[u8]| part.len() >= DATA && part.iter().any(u8::is_ascii_digit) && decodes(&[part]);
    let is_word = |part: &&[u8]| part.len() >= WORD && part.iter().all(u8::is_ascii_alphabetic);
    let words: Vec<&[u8]> = parts().filter(is_word).collect();
    (!words.is_empty() && parts().any(is_data)).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use lopside_model::payload::Verdict;

    const WORDS: [&str; 9] =
        ["mail", "static", "media", "news", "shop", "global", "assets", "blog", "portal"];

    #[test]
    fn words_that_are_put_together_anew_beside_data_are_suspect() {
        // In the label of the data the piece that decodes behind words is a contradiction of its own.
        for (mark, told) in [(".", Verdict::Suspect), ("-", Verdict::Junk)] {
            let verdict = judged(move |chance, n| {
                let count = 1 + chance.below(3);
                let words: Vec<&str> = (0..count).map(|_| WORDS[chance.below(9)]).collect();
                format!("{}{mark}{}", words.join("-"), hex(&format!("file {n} of some")))
            });
            assert_eq!(verdict, told, "{mark}");
        }
    }

    #[test]
    fn words_that_say_where_something_is_are_not() {
        let data = |n: usize| hex(&format!("file {n} of some"));
        // A few places, as many words in each name, one word in all, and words that come once.
        let places = ["mail-global", "news", "shop-static-blog", "media-assets", "portal"];
        assert_eq!(judged(|_, n| format!("{}.{}", places[n % 5], data(n))), Verdict::Structured);
        let two =
            judged(|chance, n| format!("{}-{}.{}", WORDS[chance.below(9)], WORDS[chance.below(9)], data(n)));
        assert_eq!(two, Verdict::Structured);
        let one = judged(|chance, n| {
            let more = ["", "-mail", "-news-shop", "-static", "-blog-media"][chance.below(5)];
            format!("depot{more}{}.{}", ["", "-assets"][chance.below(2)], data(n))
        });
        assert_eq!(one, Verdict::Structured);
        let once = judged(|_, n| {
            let own = ["ab", "cd", "ef", "gh", "ij", "kl"].map(|start| format!("{start}{}", WORDS[n % 9]));
            format!("{}-{}{}.{}", own[n % 6], WORDS[(n / 9) % 9], own[(n / 6) % 6], data(n))
        });
        assert_eq!(once, Verdict::Structured);
        // Names of machines without any data.
        let none = judged(|chance, n| {
            let count = 1 + chance.below(3);
            let words: Vec<&str> = (0..count).map(|_| WORDS[chance.below(9)]).collect();
            format!("{}-{n}", words.join("-"))
        });
        assert_eq!(none, Verdict::Structured);
    }
}
