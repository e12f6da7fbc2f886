//! Lines of noise among lines of text.
//!
//! Speaks for: texts with lines of words and lines without a space that are drawn evenly from all that can be printed, in many lengths.
//! Silent for: encodings, whose lines have one length and whose alphabets leave symbols out, lists of passwords, which are no text,
//! language. Minimum: 3 texts, 12 lines of 6 lengths, 384 symbols.

use super::letters::uses_all;
use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, Even, even};

/// The fewest texts, lines and different lengths.
const TEXTS: usize = 3;
const LINES: usize = 12;
const LENGTHS: usize = 6;
/// The shortest line, and the fewest symbols of all.
const SHORTEST: usize = 10;
const SYMBOLS: usize = 384;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let values = look.reading.slots.iter().filter(|(name, _)| !name.starts_with("header"));
    let values = values.flat_map(|(_, values)| values).map(|value| value.bytes.as_slice());
    let units = look.reading.units.iter().filter(|unit| !unit.headless && unit.document.is_none());
    let texts = units.map(|unit| unit.bytes.get(..unit.bytes.len().min(8 << 10)).unwrap_or(&unit.bytes));
    let (mut lines, mut count) = (Pool::default(), 0);
    for text in texts.chain(values).filter(|text| memchr::memchr(b'\n', text).is_some() && is_text(text)) {
        let all: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
        let reads = all.iter().filter(|line| is_of_words(line)).count();
        let noise: Vec<&[u8]> = all.iter().copied().filter(|line| is_of_symbols(line)).collect();
        if reads > 0 && noise.len() <= 2 * reads {
            noise.iter().for_each(|line| lines.put(line, text.len() / noise.len(), false));
            count += usize::from(!noise.is_empty());
        }
    }
    let drawn = even(&lines.bytes, look.limit).filter(|found| {
        found.alphabet == Alphabet::Printable
            && lines.total >= SYMBOLS
            && uses_all(found.alphabet, &lines.bytes)
    });
    let told = drawn.filter(|_| count >= TEXTS && is_varied(&lines));
    told.map(|even| tell(&lines, even)).into_iter().collect()
}

fn tell(pool: &Pool, found: Even) -> Evidence {
    let text = format!(
        "{} lines of noise stand among lines of text: {} {}, {:.0} % of them",
        pool.count,
        pool.total,
        found.alphabet.name(),
        pool.share() * 100.0
    );
    let told = Evidence::contradiction(pool.count, pool.share(), text);
    told.with_deviations(found.deviations).with_example(&pool.first)
}

/// Whether lines have many lengths.
fn is_varied(pool: &Pool) -> bool {
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    lengths.dedup();
    pool.count >= LINES && lengths.len() >= LENGTHS
}

/// Whether a line has words or columns.
fn is_of_words(line: &[u8]) -> bool {
    let blanks = line.iter().filter(|byte| **byte == b' ').count();
    line.len() >= SHORTEST && blanks >= 1 && (blanks * 16 >= line.len() || blanks >= 3)
}

/// Whether a line has no space, and marks between letters and digits.
fn is_of_symbols(line: &[u8]) -> bool {
    let marks = line.iter().filter(|byte| byte.is_ascii_punctuation()).count();
    line.len() >= SHORTEST && line.iter().all(u8::is_ascii_graphic) && marks * 8 >= line.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: [&str; 4] = [
        "outlook.exe   10269   332638 K SYSTEM",
        "the meeting is at noon in the small room",
        "svchost.exe    7528   648168 K SYSTEM",
        "everything else is as it was before",
    ];

    fn is_junk(line: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(45);
        let mut talk = Talk::default();
        for number in 0..12 {
            let mut text = Vec::new();
            for place in 0..4 {
                text.extend(TEXT[(number + place) % 4].bytes());
                text.push(b'\n');
                text.extend(line(&mut chance));
                text.push(b'\n');
            }
            talk.send(&text);
            talk.reply(b"next\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("among lines of text"))
    }

    #[test]
    fn lines_of_noise_are_junk() {
        let symbols: Vec<u8> = (b'!'..=b'~').filter(|byte| !b"\"\\<>&'".contains(byte)).collect();
        assert!(is_junk(|chance| {
            let length = 10 + chance.below(70);
            chance.of(&symbols, length)
        }));
    }

    #[test]
    fn text_and_encodings_are_not() {
        assert!(!is_junk(|chance| TEXT[chance.below(4)].as_bytes().to_vec()));
        let base85: Vec<u8> = (b'!'..=b'u').collect();
        assert!(!is_junk(|chance| {
            let length = 10 + chance.below(70);
            chance.of(&base85, length)
        }));
        assert!(!is_junk(|chance| {
            let words = ["it", "was", "the", "best", "of", "times", "and", "worst", "age", "wisdom"];
            let line: Vec<&str> = (0..12).map(|_| words[chance.below(10)]).collect();
            line.join(" ").into_bytes()
        }));
    }
}
