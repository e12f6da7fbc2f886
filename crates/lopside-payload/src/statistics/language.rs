//! How many bits letters take in language, for a likelihood ratio of words against noise.
//!
//! Counted over pairs of letters in a tutorial in twelve languages of Europe (345,593 letters, English for a third; accents left out),
//! smoothed, and rounded up to half a bit. Each row adds up to less than one, so that the ratio of this law to any other is a ratio of a
//! (sub-)probability: under the other law its mean is at most 1, and it exceeds 1/q with a probability of at most q (Markov). English
//! takes 3.9 bits a letter by it, evenly drawn letters 6.9, where 4.7 would do.

/// Half bits of each letter `a` to `z`, in base 36: at the start of a word; in the middle of a word whose letters before are not known;
/// after `a`, `b`, …
const PAIRS: [&[u8; 26]; 28] = [
    b"9b989adcafc99aa9fb96babied",
    b"8fbb6ecb8fcab88cj898adffde",
    b"cc9aiecgcec8a5eaj687dbgjgc",
    b"6egj4jjj9dj9jf8jj7afajej7i",
    b"7jcj7ij58ebchi5ijbh86jijhc",
    b"7jjd3hji6jffjf6jjbbf9jfjee",
    b"bfa9bebgbeb8b5jcj578fdebgc",
    b"9jje8bfj4hj9jf4jj9g99jjjfj",
    b"7jef3iaa7fjce79jjcbb9jjjgj",
    b"6jhj2jjh7ejbjg9jjahbfdjjgj",
    b"cead8d9hgec7858eia78gbjfje",
    b"6jjb3hfjah9cjb7jjhbg8ghjjg",
    b"8jbg5jhjafaaib6jj7778jgjdh",
    b"6hic4hei5jg7ge8bii9cbgjjbj",
    b"4bjh5hji9jhh7f69jcfebjjjhj",
    b"7jb56d7f8dfhhc8jjja7afijcg",
    b"jdcacbcieiea76d9j5aa89ajje",
    b"6jgi5jjd8jj8hf79j6bc9jjjgi",
    b"ijjjijjjjjjjjijjjjjj1jijji",
    b"6iba4ifg8jabbc9igb79bggjbc",
    b"9j9i6ijd8fabfe6chj859ihjfc",
    b"7jgj4ij67jiiig6hj9d9bigjag",
    b"bbbc8ecgaed986ecj577ifeife",
    b"7jjj3jjj4jgfjc6jjdejfhjjcj",
    b"6jbg6jj75jhjjb6acb9ffjjjaj",
    b"9jdj7jjj7jjjjjbcjjj2jjj6jj",
    b"bb9ebjhfhe8fcb54jd97djdjgf",
    b"6fee4jjj7jffc88gighe6gcj8f",
];

/// What stands before a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing: a word begins.
    Start,
    /// Something of the same word that is not known.
    Unknown,
    /// A letter, of either case.
    Letter(u8),
}

/// Bits that a letter (of either case) takes after what stands before it. `None` for anything but `a` to `z`.
pub(crate) fn letter_bits(before: Before, letter: u8) -> Option<f64> {
    let row = match before {
        Before::Start => 0,
        Before::Unknown => 1,
        Before::Letter(byte) => 2 + usize::from(byte.to_ascii_lowercase().checked_sub(b'a')?),
    };
    let column = usize::from(letter.to_ascii_lowercase().checked_sub(b'a')?);
    let half_bits = char::from(*PAIRS.get(row)?.get(column)?).to_digit(36)?;
    Some(f64::from(half_bits) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(word: &str) -> f64 {
        let before = std::iter::once(Before::Start).chain(word.bytes().map(Before::Letter));
        word.bytes().zip(before).filter_map(|(letter, before)| letter_bits(before, letter)).sum()
    }

    #[test]
    fn each_row_is_a_probability() {
        let rows = [Before::Start, Before::Unknown].into_iter().chain((b'a'..=b'z').map(Before::Letter));
        for before in rows {
            let sum: f64 =
                (b'a'..=b'z').filter_map(|letter| letter_bits(before, letter)).map(|b| 0.5f64.powf(b)).sum();
            assert!(sum > 0.5 && sum <= 1.0, "{before:?} {sum}");
        }
    }

    #[test]
    fn words_take_fewer_bits_than_noise() {
        for word in ["department", "Rechnung", "information", "bonjour"] {
            assert!(bits(word) < 4.7 * word.len() as f64, "{word}");
        }
        for noise in ["xkqjwvzpth", "bvgtdqqzkx"] {
            assert!(bits(noise) > 6.0 * noise.len() as f64, "{noise}");
        }
        assert_eq!(letter_bits(Before::Start, b'1'), None);
    }
}
