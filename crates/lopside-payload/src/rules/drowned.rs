//! Text drowned in noise: of every character there are several of noise, at any distance.
//!
//! Speaks for: messages and values in which most symbols are drawn evenly from one alphabet, and those beyond that are the symbols of
//! text, of which no two stand together oftener than chance puts them there. Silent for: encodings and ciphertext with fields, names and
//! texts between them, whose letters stand together; passwords, whose marks are drawn evenly; numbers with one place drawn evenly, whose
//! other places are few kinds or no text. Minimum: 12 times the alphabet of noise, 96 symbols of text of 10 kinds.

use super::Look;
use super::texts::AllTexts;
use crate::class::HEADER;
use crate::evidence::Evidence;
use crate::statistics::{Counts, histogram};

/// Bytes of a text that are looked at, and of all texts of one kind.
const MOST: usize = 16 << 10;
const MOST_OF_ALL: usize = 128 << 10;
/// The shortest text.
const SHORTEST: usize = 64;
/// How often each symbol of the noise has to come.
const OFTEN: f64 = 12.0;
/// The least share of noise that is told by this rule, and the fewest symbols and kinds of symbols of text.
const LEAST_NOISE: f64 = 0.55;
const TEXT: f64 = 96.0;
const KINDS: usize = 10;
/// Of the symbols of text, the share that may stand together beyond what chance gives: most of them do in text.
const TOGETHER: f64 = 0.1;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    AllTexts::up_to(look, MOST).groups().filter_map(|group| in_group(&group)).take(1).collect()
}

/// Whether an alphabet has a symbol.
type Holds = fn(u8) -> bool;

/// The alphabets that makers of noise draw from, from narrow to wide, and what they are called.
const ALPHABETS: [(&str, Holds); 8] = [
    ("hex digits", |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
    ("hex digits", |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')),
    ("small letters", |byte| byte.is_ascii_lowercase()),
    ("capitals", |byte| byte.is_ascii_uppercase()),
    ("letters and digits", |byte| byte.is_ascii_alphanumeric()),
    ("base64 symbols", |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')),
    ("base64 symbols", |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
    ("bytes", |_| true),
];

/// Text drowned in texts of one kind.
fn in_group(texts: &[&[u8]]) -> Option<Evidence> {
    let mut total = 0;
    let texts: Vec<&[u8]> = texts
        .iter()
        .filter(|text| text.len() >= SHORTEST)
        // The header of a frame comes again and again.
        .map(|text| text.get(HEADER..).unwrap_or(text))
        .take_while(|text| {
            total += text.len();
            total <= MOST_OF_ALL
        })
        .collect();
    let mut counts: Counts = [0; 256];
    for text in &texts {
        counts.iter_mut().zip(histogram(text)).for_each(|(sum, count)| *sum += count);
    }
    ALPHABETS.iter().find_map(|(name, holds)| {
        let drowned = Drowned::of(&counts, *holds)?;
        let most = TOGETHER * drowned.text;
        let alone = drowned.paired(&texts) <= 0.0 && drowned.together(&texts) <= most;
        (alone && drowned.is_in_all(&texts)).then(|| drowned.told(name, &texts))
    })
}

/// Symbols of text among evenly drawn noise.
struct Drowned {
    /// The symbols that come oftener than noise alone would have them.
    beyond: [bool; 256],
    /// How many of them are beyond the noise, and of how many kinds.
    text: f64,
    kinds: usize,
    /// All symbols, and those that are noise.
    all: f64,
    noise: f64,
}

impl Drowned {
    fn of(counts: &Counts, holds: Holds) -> Option<Drowned> {
        let all = f64::from(counts.iter().sum::<u32>());
        let (floor, symbols) = floor(counts, holds)?;
        let noise = floor * symbols as f64;
        if noise < LEAST_NOISE * all || all - noise < TEXT {
            return None;
        }
        let excess = |byte: u8| {
            let within = if holds(byte) { floor } else { 0.0 };
            f64::from(counts[usize::from(byte)]) - within
        };
        let is_beyond = |byte: u8| excess(byte) >= if holds(byte) { 5.0 * floor.sqrt() } else { 8.0 };
        let beyond: [bool; 256] = std::array::from_fn(|byte| u8::try_from(byte).is_ok_and(is_beyond));
        let sum = |of: &dyn Fn(u8) -> bool| -> f64 {
            (0..=255u8).filter(|byte| is_beyond(*byte) && of(*byte)).map(excess).sum()
        };
        let text = sum(&|_| true);
        let can_be_read = sum(&|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n'));
        let letters = sum(&|byte| byte.is_ascii_alphanumeric() || byte == b' ');
        // An encoding has no marks but these.
        let marks = sum(&|byte| !byte.is_ascii_alphanumeric() && !b"+/-_=".contains(&byte));
        let within = (0..=255u8).filter(|byte| holds(*byte) && is_beyond(*byte)).count();
        let kinds = (0..=255u8).filter(|byte| is_beyond(*byte)).count();
        let reads = can_be_read >= 0.85 * text && letters >= 0.4 * text && marks >= 0.08 * text;
        // Passwords have letters as often as letters, whatever marks are between them.
        let enough = text >= TEXT && (within >= 3 && kinds >= KINDS || within >= 1 && kinds >= 2 * KINDS);
        (reads && enough).then_some(Drowned { beyond, text, kinds, all, noise })
    }

    /// Whether symbols of text are as many in most of the texts: noise is in all.
    fn is_in_all(&self, texts: &[&[u8]]) -> bool {
        let share = |text: &[u8]| {
            let here = text.iter().filter(|byte| self.beyond[usize::from(**byte)]).count();
            here as f64 / text.len().max(1) as f64
        };
        let long: Vec<f64> = texts.iter().filter(|text| text.len() >= 256).map(|text| share(text)).collect();
        let mean = long.iter().sum::<f64>() / long.len().max(1) as f64;
        let alike = long.iter().filter(|share| (0.6 * mean..=1.6 * mean).contains(*share)).count();
        alike * 5 >= long.len() * 4
    }

    /// How many pairs of symbols of text there are beyond what chance gives, of all kinds together.
    fn paired(&self, texts: &[&[u8]]) -> f64 {
        let is = |byte: &u8| self.beyond[usize::from(*byte)];
        let (mut pairs, mut firsts, mut seen) = (0u32, 0u32, 0u32);
        for text in texts {
            for (first, second) in text.iter().zip(text.iter().skip(1)) {
                seen += 1;
                firsts += u32::from(is(first));
                pairs += u32::from(is(first) && is(second));
            }
        }
        let share = f64::from(firsts) / f64::from(seen.max(1));
        let chance = share * share * f64::from(seen);
        f64::from(pairs) - chance - 3.0 * chance.sqrt()
    }

    /// How many pairs of neighbours there are beyond what chance gives, kind by kind.
    fn together(&self, texts: &[&[u8]]) -> f64 {
        let mut pairs = vec![0u32; 1 << 16];
        let (mut firsts, mut seconds): (Counts, Counts) = ([0; 256], [0; 256]);
        let mut seen = 0u32;
        for text in texts {
            for (first, second) in text.iter().zip(text.iter().skip(1)) {
                pairs[usize::from(*first) << 8 | usize::from(*second)] += 1;
                firsts[usize::from(*first)] += 1;
                seconds[usize::from(*second)] += 1;
                seen += 1;
            }
        }
        let beyond = |(pair, often): (usize, &u32)| {
            let chance = f64::from(firsts[pair >> 8]) * f64::from(seconds[pair & 255]) / f64::from(seen);
            let more = f64::from(*often) - chance;
            (more > 4.0 * chance.sqrt() + 3.0).then_some(more)
        };
        pairs.iter().enumerate().filter(|(_, often)| **often > 3).filter_map(beyond).sum()
    }

    fn told(&self, name: &str, texts: &[&[u8]]) -> Evidence {
        let words = format!(
            "{} messages or values are text drowned in noise: {:.0} % are {name} drawn evenly, the others are of {} kinds that text has and stand alone",
            texts.len(),
            100.0 * self.noise / self.all,
            self.kinds
        );
        let found = Evidence::contradiction(texts.len(), self.noise / self.all, words);
        found.with_example(texts.first().copied().unwrap_or_default())
    }
}

/// How often each symbol of noise comes, and how many symbols it is drawn from: the rarer half of them come equally often, up to chance
/// and a few of text. `None` where they do not.
fn floor(counts: &Counts, holds: Holds) -> Option<(f64, usize)> {
    let mut often: Vec<u32> =
        (0..=255u8).filter(|byte| holds(*byte)).map(|byte| counts[usize::from(byte)]).collect();
    often.sort_unstable();
    let low = often.get(..often.len() / 2)?;
    let (least, most) = (f64::from(*low.first()?), f64::from(*low.last()?));
    let floor = f64::from(low.iter().sum::<u32>()) / low.len() as f64;
    let chance = 4.5 * floor.sqrt();
    let even = least >= 0.75 * floor - chance && most <= 1.4 * floor + chance;
    (floor >= OFTEN && even).then_some((floor, often.len()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    /// Lines of a table, each message another part of it.
    fn table(chance: &mut Chance) -> Vec<u8> {
        let names = ["Silva Lda", "Harris Ltd", "Virta Oy", "Dubois SA", "Nowak"];
        let lines = (0..12).map(|_| {
            let (number, cents) = (10_000 + chance.below(80_000), chance.below(100));
            format!(
                "{number};{};{}.{cents:02};2026-04-{:02}\n",
                names[chance.below(5)],
                number / 7,
                cents % 30
            )
        });
        lines.collect::<String>().into_bytes()
    }

    fn is_told(make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(91);
        let mut talk = Talk::default();
        for _ in 0..10 {
            talk.post("text/plain", &make(&mut chance));
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("drowned in noise"))
    }

    /// Noise behind each character: as many symbols as chance wants.
    fn drowned(chance: &mut Chance, noise: impl Fn(&mut Chance, usize) -> Vec<u8>, most: usize) -> Vec<u8> {
        let text = table(chance);
        let mut mixed = Vec::new();
        for byte in text {
            mixed.push(byte);
            let length = 1 + chance.below(most);
            mixed.extend(noise(chance, length));
        }
        mixed
    }

    #[test]
    fn text_among_letters_base64_and_bytes_is_junk() {
        assert!(is_told(|chance| drowned(chance, |chance, length| chance.of(LETTERS, length), 7)));
        assert!(is_told(|chance| drowned(chance, Chance::bytes, 15)));
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        assert!(is_told(|chance| drowned(chance, |chance, length| chance.of(symbols, length), 15)));
    }

    #[test]
    fn text_beside_noise_is_told_by_other_rules() {
        let beside = |chance: &mut Chance| {
            let (text, length) = (table(chance), 1000 + chance.below(2000));
            [text, chance.of(LETTERS, length)].concat()
        };
        assert!(!is_told(beside));
        assert!(!is_told(table));
    }

    #[test]
    fn tokens_between_names_passwords_and_encodings_are_not() {
        let tokens = |chance: &mut Chance| {
            let line = |chance: &mut Chance| {
                let token = String::from_utf8(chance.of(LETTERS, 30)).unwrap();
                format!("name-{}: {token}; ", chance.below(100))
            };
            (0..40).map(|_| line(chance)).collect::<String>().into_bytes()
        };
        assert!(!is_told(tokens));
        let passwords = |chance: &mut Chance| {
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            let mut list = Vec::new();
            for _ in 0..120 {
                list.extend(chance.of(letters, 9));
                list.extend(chance.of(b"!#$%&*+,-.:;?@_~", 1));
            }
            list
        };
        assert!(!is_told(passwords));
        // Ciphertext in base64 with a few of its bytes more frequent, as JSON has it in names and values.
        let sealed = |chance: &mut Chance| {
            let (first, second) = (encode(&chance.bytes(700)), encode(&chance.bytes(40)));
            [b"iv=".as_slice(), &second, b"; the sealed text: ", &first].concat()
        };
        assert!(!is_told(sealed));
    }
}
