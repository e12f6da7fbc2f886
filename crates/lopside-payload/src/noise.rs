//! Runs of symbols in text that are drawn evenly, and the words they have grown into.
//!
//! A run is a stretch of letters, digits, `+` and `/`. Encoders and people leave something between a token and the words beside it; what
//! is put into a text at any place has word on its left or its right. Whether the letters at the ends of a run are words is a likelihood
//! ratio: their bits in language against their bits as draws from the run's own alphabet, over every length that the piece of word may
//! have. If all of the run is noise, the mean of that ratio is at most 1.

use crate::statistics::{Alphabet, Before, even, letter_bits};

/// A run of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run<'a> {
    /// What is noise in it.
    pub(crate) core: &'a [u8],
    /// The run with the pieces of words at its ends.
    pub(crate) token: &'a [u8],
    /// Where the token starts.
    pub(crate) start: usize,
    pub(crate) alphabet: Alphabet,
    pub(crate) left: Glue,
    pub(crate) right: Glue,
}

/// The piece of a word at one end of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glue {
    /// The likeliest length of the piece; 0 for none.
    pub(crate) length: usize,
    /// The mean of the likelihood ratio over the lengths from 1 on, as a logarithm to base 2.
    pub(crate) bits: f64,
}

/// The shortest run.
const SHORTEST: usize = 16;
/// The longest piece of a word.
const PIECE: usize = 15;
/// A mark of base64 so near to an end may be one of a path or a form, and what stands before it a word of its own.
const MARK: usize = 24;
/// A piece that gains fewer bits is none.
const LEAST_GAIN: f64 = 2.0;
/// Runs told of one text.
const RUNS: usize = 64;

/// The runs of noise in a text, in order.
pub(crate) fn runs(text: &[u8], limit: f64) -> Vec<Run<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for token in text.split(|byte| !is_symbol(*byte)) {
        if token.len() >= SHORTEST
            && found.len() < RUNS
            && let Some(run) = run(token, start, limit)
        {
            found.push(run);
        }
        start += token.len() + 1;
    }
    found
}

fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn run(token: &[u8], start: usize, limit: f64) -> Option<Run<'_>> {
    let draw = Draw::of(token);
    let has_mark = |part: Option<&[u8]>| part.unwrap_or(token).iter().any(|byte| matches!(byte, b'+' | b'/'));
    let left = if has_mark(token.get(..MARK)) { Glue::NONE } else { Glue::before(token, draw) };
    let right = if has_mark(token.len().checked_sub(MARK).and_then(|from| token.get(from..))) {
        Glue::NONE
    } else {
        Glue::behind(token, draw)
    };
    let core = token.get(left.length..token.len().checked_sub(right.length)?)?;
    let even = even(core, limit)?;
    let noise = even.alphabet != Alphabet::Digits && !is_language(core, draw.bits);
    noise.then_some(Run { core, token, start, alphabet: even.alphabet, left, right })
}

/// How many bits a symbol takes as a draw from the alphabet of its token.
#[derive(Clone, Copy)]
struct Draw {
    bits: f64,
    /// The middle of the token is hex: symbols that are not are no draws, and take this much.
    foreign: Option<f64>,
}

impl Draw {
    /// By the middle half of the token where that is hex, else by all of it.
    fn of(token: &[u8]) -> Draw {
        let quarter = token.len() / 4;
        let middle = token.get(quarter..token.len() - quarter).unwrap_or(token);
        if alphabet_size(middle) == 16 {
            return Draw { bits: 4.0, foreign: Some(10.0) };
        }
        Draw { bits: (alphabet_size(token) as f64).log2(), foreign: None }
    }

    fn bits_of(self, symbol: u8) -> f64 {
        self.foreign.filter(|_| !symbol.is_ascii_hexdigit()).unwrap_or(self.bits)
    }
}

impl Glue {
    const NONE: Glue = Glue { length: 0, bits: f64::NEG_INFINITY };

    /// At the start of a token.
    fn before(token: &[u8], draw: Draw) -> Glue {
        Glue::of(|length| gain(token.get(..length)?, Before::Start, draw))
    }

    /// At its end.
    fn behind(token: &[u8], draw: Draw) -> Glue {
        Glue::of(|length| gain(token.get(token.len().checked_sub(length)?..)?, Before::Unknown, draw))
    }

    /// From the logarithm of the likelihood ratio at each length; `None` where no word can be.
    fn of(gain: impl Fn(usize) -> Option<f64>) -> Glue {
        let (mut best, mut length, mut sum) = (LEAST_GAIN, 0, 0.0);
        for tried in 1..=PIECE {
            let Some(gain) = gain(tried) else { continue };
            sum += gain.exp2();
            if gain > best {
                (best, length) = (gain, tried);
            }
        }
        Glue { length, bits: (sum / PIECE as f64).log2() }
    }
}

/// Bits gained by reading a piece as part of a word instead of as draws.
fn gain(piece: &[u8], before: Before, draw: Draw) -> Option<f64> {
    // A word in small letters, with a capital, or in capitals: half, a quarter and an eighth of all words.
    let rest = piece.get(1..)?;
    let case = match (piece.first()?.is_ascii_lowercase(), rest.iter().all(u8::is_ascii_lowercase)) {
        (true, true) => 1.0,
        (false, true) if before == Before::Start => 2.0,
        _ if piece.iter().all(u8::is_ascii_uppercase) => 3.0,
        _ => return None,
    };
    let (mut before, mut gained) = (before, -case);
    for letter in piece {
        gained += draw.bits_of(*letter) - letter_bits(before, *letter)?;
        before = Before::Letter(*letter);
    }
    Some(gained)
}

/// Whether symbols are words, names of things and the like: as draws of so many bits they are less likely, or hardly likelier.
pub(crate) fn is_language(symbols: &[u8], draw: f64) -> bool {
    let mut bits = 0.0;
    let mut last: Option<u8> = None;
    for symbol in symbols {
        let goes_on = last.filter(|last| {
            last.is_ascii_alphabetic() && (last.is_ascii_uppercase() || symbol.is_ascii_lowercase())
        });
        bits += match (goes_on, letter_bits(Before::Start, *symbol)) {
            (_, None) if symbol.is_ascii_digit() => 6.0,
            (_, None) => 9.0,
            (Some(last), Some(_)) => letter_bits(Before::Letter(last), *symbol).unwrap_or(9.0),
            // One letter in six begins a word, and in names of things each word is joined to the last.
            (None, Some(start)) => start + if last.is_some() { 3.0 } else { 0.0 },
        };
        last = Some(*symbol);
    }
    bits < (draw + 0.5) * symbols.len() as f64
}

/// How many symbols the narrowest alphabet of the token has.
fn alphabet_size(token: &[u8]) -> usize {
    let has = |test: fn(&u8) -> bool| token.iter().any(test);
    if has(|byte| matches!(byte, b'+' | b'/')) {
        return 64;
    }
    let (upper, lower, digits) =
        (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase), has(u8::is_ascii_digit));
    if !(upper && lower) && token.iter().all(u8::is_ascii_hexdigit) {
        return 16;
    }
    let letters = if upper && lower { 52 } else { 26 };
    letters + if digits { 10 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn noise_is_found_with_the_words_around_it() {
        let mut chance = Chance::new(3);
        let noise = chance.of(BASE62, 60);
        let text = [b"the meeting of the depart".as_slice(), &noise, b"ment is over"].concat();
        let found = runs(&text, 4.0);
        let [run] = found.as_slice() else { panic!("{found:?}") };
        assert!((5..=7).contains(&run.left.length) && (3..=5).contains(&run.right.length), "{run:?}");
        assert!(run.left.bits > 4.0 && run.right.bits > 0.0, "{run:?}");
        assert_eq!((run.start, run.token.len()), (19, 6 + 60 + 4));
    }

    #[test]
    fn words_numbers_and_identifiers_are_no_noise() {
        let text = b"getElementsByClassName XMLHttpRequestUpload internationalization 20260303060028480404 \
            Donaudampfschifffahrtsgesellschaft api/v2/accounts/settings/notifications SCREAMINGCONSTANTNAMES";
        assert_eq!(runs(text, 4.0), []);
    }

    #[test]
    fn the_ends_of_noise_are_seldom_words() {
        // Markov: the mean ratio exceeds 2^b with a probability of at most 2^-b.
        let mut chance = Chance::new(7);
        let (mut over, mut all) = (0, 0);
        for symbols in [BASE62, b"abcdefghijklmnopqrstuvwxyz", b"0123456789abcdef"] {
            for _ in 0..1000 {
                let noise = chance.of(symbols, 48);
                for run in runs(&noise, 6.0) {
                    all += 2;
                    over += u32::from(run.left.bits > 5.0) + u32::from(run.right.bits > 5.0);
                }
            }
        }
        assert!(all > 5000 && f64::from(over) <= f64::from(all) / 32.0, "{over} of {all}");
    }
}
