//! Bytes that mean nothing: alphabets, and laws of length.

use super::encode::{BASE16, BASE64, BASE64_URL};
use super::prose;
use crate::chance::Chance;

/// What noise is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Any byte.
    Bytes,
    /// `a` to `z`.
    Lower,
    /// Letters and digits.
    Alnum,
    /// Letters of base64.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// What can be printed.
    Printable,
    /// Words without sense, which look like text.
    Words,
}

impl Alphabet {
    /// Alphabets that stand in text.
    pub(crate) const TEXT: &[Self] = &[Self::Lower, Self::Alnum, Self::Base64, Self::Hex];
    /// All but words.
    pub(crate) const ALL: &[Self] =
        &[Self::Bytes, Self::Bytes, Self::Lower, Self::Alnum, Self::Base64, Self::Hex, Self::Printable];

    /// The word in a variant's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Lower => "a-z",
            Self::Alnum => "alnum",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Printable => "printable",
            Self::Words => "words",
        }
    }

    /// So many bytes of noise.
    pub(crate) fn noise(self, chance: &mut Chance, count: usize) -> Vec<u8> {
        match self {
            Self::Bytes => chance.bytes(count),
            Self::Lower => of(chance, b"abcdefghijklmnopqrstuvwxyz", count),
            Self::Alnum => of(chance, &BASE64[..62], count),
            Self::Base64 => of(chance, BASE64, count),
            Self::Hex => of(chance, BASE16, count),
            Self::Printable => (0..count).map(|_| 33 + chance.below(94) as u8).collect(),
            Self::Words => prose::babble(chance, count).into_bytes(),
        }
    }

    /// The same as text; bytes become letters of base64 for addresses.
    pub(crate) fn text(self, chance: &mut Chance, count: usize) -> String {
        let noise = match self {
            Self::Bytes => of(chance, BASE64_URL, count),
            other => other.noise(chance, count),
        };
        noise.into_iter().map(char::from).collect()
    }
}

fn of(chance: &mut Chance, letters: &[u8], count: usize) -> Vec<u8> {
    (0..count).map(|_| letters[chance.below(letters.len())]).collect()
}

/// How long pieces of noise are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Law {
    /// Always so long.
    Constant(usize),
    /// From, to, each as likely.
    Uniform(usize, usize),
    /// This mean, the short ones more likely.
    Geometric(usize),
}

impl Law {
    /// A law around a mean.
    pub(crate) fn around(chance: &mut Chance, mean: f64) -> Self {
        let mean = mean.max(4.0);
        match chance.below(10) {
            0..=1 => Self::Constant(mean as usize),
            2..=7 => {
                let low = (mean * chance.real(0.0, 0.4)) as usize;
                Self::Uniform(low, (2.0 * mean) as usize - low)
            }
            _ => Self::Geometric(mean as usize),
        }
    }

    /// The word in a variant's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Constant(_) => "constant",
            Self::Uniform(..) => "uniform",
            Self::Geometric(_) => "geometric",
        }
    }

    /// The next length.
    pub(crate) fn next(self, chance: &mut Chance) -> usize {
        match self {
            Self::Constant(length) => length,
            Self::Uniform(low, high) => chance.range(low as i64, high as i64) as usize,
            Self::Geometric(mean) => {
                (-(1.0 - chance.unit()).ln() * mean as f64).min(mean as f64 * 8.0) as usize + 1
            }
        }
    }
}
