//! Words of text that are noise from an alphabet that no encoder has, told by a mark that they hold.
//!
//! Words that hold a mark of a kind are looked at together: without that mark, the other symbols of words that are noise are drawn as
//! evenly as before, from letters and more marks than encodings have, whichever mark they were chosen by. Names, numbers, addresses and
//! code are far from that.
//!
//! Speaks for: words in texts of any kind (between white space, quotes and brackets of markup), in heads and in values, with one of the
//! marks that text seldom has inside, whose other symbols are drawn evenly from all letters of one case or both, with all digits or
//! without, and several more marks. Silent for: words of language and code, encodings (base64, base85, base91, uuencode), hashes of
//! passwords, words that come again, tokens of few lengths (passwords), what is no text. Minimum: 24 words of 5 lengths (6 where they
//! have 1,000 symbols), 10 of each of the others.

use std::collections::BTreeSet;

use super::Look;
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{even_among, histogram, pair_collision};

/// The marks, or several together, that words are chosen by.
const CHOSEN_BY: [&[u8]; 10] = [b"^|~`\\{}", b"#", b"@", b"!", b"%", b"&", b"*", b"$", b";", b"|"];
/// The shortest word, and how much of it at each end may be marks of what it stands in.
const SHORTEST: usize = 10;
const ENDS: usize = 3;
/// The fewest words, of as many symbols in all or not, and the fewest lengths.
const WORDS: usize = 24;
const FEW_WORDS: usize = 6;
const MANY_SYMBOLS: usize = 1000;
const LENGTHS: usize = 5;
/// How often each kind of symbol has to come.
const EACH: usize = 10;
/// Marks that encodings and names have; the fewest others.
const USUAL_MARKS: &[u8] = b"-_.~+/=:,";
const OTHER_MARKS: usize = 2;
/// From so many kinds on an encoding may have them all but for these.
const MANY_KINDS: usize = 71;
const IN_NO_ENCODING: &[u8] = b"-'";
/// Bytes of a text that are looked at, and words in all.
const LOOKED_AT: usize = 16 << 10;
const MOST: usize = 4000;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (words, around) = words(look);
    if words.len() < FEW_WORDS {
        return Vec::new();
    }
    CHOSEN_BY.iter().find_map(|marks| judge(&words, marks, around, look.limit)).into_iter().collect()
}

/// The words of all texts that hold one of the marks inside, and the bytes of these texts.
fn words<'a>(look: &Look<'a>) -> (Vec<&'a [u8]>, usize) {
    let units = look.reading.units.iter();
    let units = units.filter(|unit| unit.document.is_none_or(|found| found.kind.text() || found.broken));
    let units = units.map(|unit| unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes));
    let of_heads =
        |name: &str| ["header.", "cookie.", "query."].iter().any(|format| name.starts_with(format));
    let values = look.reading.slots.iter().filter(|(name, _)| of_heads(name));
    let values = values.flat_map(|(_, values)| values).map(|value| value.bytes.as_slice());
    let (mut found, mut around) = (Vec::new(), 0);
    for text in units.chain(values) {
        around += text.len();
        if found.len() > MOST || !CHOSEN_BY.iter().any(|marks| marks.iter().any(|mark| text.contains(mark))) {
            continue;
        }
        let before = found.len();
        let is_between = |byte: &u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'<' | b'>');
        let inner = |word: &'a [u8]| word.get(ENDS..word.len() - ENDS);
        let long = text.split(is_between).filter(|word| word.len() >= SHORTEST).filter_map(inner);
        found.extend(long.filter(|word| word.iter().any(|byte| is_mark(*byte))));
        if found.len() > before && !is_text(text) {
            found.truncate(before);
        }
    }
    (found, around)
}

fn is_mark(byte: u8) -> bool {
    CHOSEN_BY.iter().any(|marks| marks.contains(&byte))
}

fn judge(words: &[&[u8]], marks: &[u8], around: usize, limit: f64) -> Option<Evidence> {
    let chosen: Vec<&[u8]> =
        words.iter().copied().filter(|word| word.iter().any(|byte| marks.contains(byte))).collect();
    let symbols: Vec<u8> = chosen.concat().into_iter().filter(|byte| !marks.contains(byte)).collect();
    let least = if symbols.len() >= MANY_SYMBOLS { FEW_WORDS } else { WORDS };
    if chosen.len() < least {
        return None;
    }
    let lengths: BTreeSet<usize> = chosen.iter().map(|word| word.len()).collect();
    if lengths.len() < LENGTHS {
        return None;
    }
    let counts = histogram(&symbols);
    let (kinds, deviations) = even_among(&counts)?;
    let seen: Vec<u8> = (0..=u8::MAX).filter(|byte| counts[usize::from(*byte)] > 0).collect();
    if deviations.abs() > limit || symbols.len() < EACH * kinds || !is_of_no_encoder(&seen) {
        return None;
    }
    let pairs = pair_collision(&symbols, kinds, |byte| seen.binary_search(&byte).ok());
    if pairs.is_some_and(|deviations| deviations > 1.5 * limit) {
        return None;
    }
    let bytes: usize = chosen.iter().map(|word| word.len() + 2 * ENDS).sum();
    let share = bytes as f64 / around.max(1) as f64;
    let text = format!(
        "{} words of texts are drawn evenly from {kinds} kinds of symbols, which no encoding has: {} symbols of {} lengths ({deviations:.1} standard deviations)",
        chosen.len(),
        symbols.len(),
        lengths.len()
    );
    let found = Evidence::contradiction(chosen.len(), share, text);
    Some(found.with_deviations(deviations).with_example(chosen.first()?))
}

/// Whether symbols are all letters of one case or both, all digits or none, and more marks than an encoding has.
fn is_of_no_encoder(seen: &[u8]) -> bool {
    let count = |sort: fn(&u8) -> bool| seen.iter().filter(|byte| sort(byte)).count();
    let (small, large) = (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase));
    let digits = count(u8::is_ascii_digit);
    let other = seen.iter().filter(|byte| byte.is_ascii_punctuation() && !USUAL_MARKS.contains(byte)).count();
    // Encodings of many symbols in capitals alone exist.
    let letters = small == 26 && matches!(large, 0 | 26);
    let many = seen.len() < MANY_KINDS || IN_NO_ENCODING.iter().all(|mark| seen.contains(mark));
    letters && matches!(digits, 0 | 10) && other >= OTHER_MARKS && many
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const SMALL: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const LARGE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &[u8] = b"0123456789";

    /// Reports in which `make` puts something between words.
    fn told(declared: &str, make: impl Fn(&mut Chance) -> String) -> bool {
        let mut chance = Chance::new(29);
        let mut talk = Talk::default();
        for number in 0..60 {
            let mut text = format!("report {number}:");
            for word in "the pump in hall four ran well until noon and was then shut off".split(' ') {
                text += &format!(" {word}");
                if chance.below(2) == 0 {
                    text += &make(&mut chance);
                }
            }
            talk.post(declared, text.as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("words of texts are drawn"))
    }

    fn drawn(chance: &mut Chance, symbols: &[u8], least: usize) -> String {
        let length = least + chance.below(20);
        String::from_utf8(chance.of(symbols, length)).unwrap()
    }

    #[test]
    fn words_of_noise_with_marks_are_junk() {
        let printable: Vec<u8> = (b'!'..=b'~').collect();
        let alphabets = [
            printable,
            [SMALL, DIGITS, b"#!@"].concat(),
            [SMALL, LARGE, DIGITS, b"#$%&*"].concat(),
            [SMALL, b"*;!,"].concat(),
        ];
        for symbols in &alphabets {
            let around = [(" ", " "), (" /*", "*/"), (" <!--", "-->"), (" <p v=\"", "\"/>"), (" ;", "")];
            for (before, behind) in around {
                let make = |chance: &mut Chance| format!("{before}{}{behind}", drawn(chance, symbols, 9));
                assert!(told("text/plain", make), "{before} {}", String::from_utf8_lossy(symbols));
            }
        }
    }

    #[test]
    fn encodings_names_and_code_are_none() {
        let silent: [fn(&mut Chance) -> String; 9] = [
            |chance| format!(" {}#x", String::from_utf8(encode(&chance.bytes(21))).unwrap()),
            |chance| drawn(chance, b"0123456789abcdef#%&", 12),
            // Base85, base91 and uuencode.
            |chance| format!(" {}", drawn(chance, &(b'!'..=b'u').collect::<Vec<u8>>(), 20)),
            |chance| {
                let symbols: Vec<u8> = (b'!'..=b'~').filter(|byte| !b"-'\\".contains(byte)).collect();
                format!(" {}", drawn(chance, &symbols, 20))
            },
            |chance| format!(" {}", drawn(chance, &(b' '..=b'_').collect::<Vec<u8>>(), 20)),
            // Tokens with one mark between their parts.
            |chance| format!(" {}|{}", drawn(chance, SMALL, 9), drawn(chance, SMALL, 9)),
            |chance| format!(" user{}@mail.example;q={}&n=7", chance.below(900), chance.below(90)),
            |chance| format!(" if(a[{}]!==b&&c){{d();e|=f}}", chance.below(99)),
            // Passwords have few lengths.
            |chance| {
                let symbols = [SMALL, LARGE, DIGITS, b"#$%&*"].concat();
                let length = 16 + chance.below(4);
                format!(" {}", String::from_utf8(chance.of(&symbols, length)).unwrap())
            },
        ];
        for (number, make) in silent.iter().enumerate() {
            assert!(!told("text/plain", make), "{number}");
        }
        // What comes again is a name.
        let mut chance = Chance::new(5);
        let names: Vec<String> =
            (0..40).map(|_| drawn(&mut chance, &[SMALL, DIGITS, b"#!@"].concat(), 9)).collect();
        assert!(!told("text/plain", |chance| format!(" {}", names[chance.below(40)])));
    }

    #[test]
    fn a_few_long_words_are_enough_and_heads_are_read() {
        let cookies_of = |symbols: &[u8], count: usize, least: usize, most: usize| {
            let mut chance = Chance::new(31);
            let mut talk = Talk::default();
            for _ in 0..count {
                let word = drawn(&mut chance, symbols, least);
                let word = word.get(..word.len().min(most)).unwrap();
                talk.send(format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: w={word}\r\n\r\n").as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("words of texts are drawn"))
        };
        let symbols = [SMALL, LARGE, DIGITS, b"!#$&'*^`|~(){}-"].concat();
        let cookies = |count, least| cookies_of(&symbols, count, least, 999);
        assert!(cookies(12, 180));
        assert!(!cookies(5, 180) && !cookies(12, 60));
        // Some of few kinds say nothing where they are short.
        let symbols = [SMALL, b"^|~!$"].concat();
        assert!(cookies_of(&symbols, 60, 10, 40));
        assert!(!cookies_of(&symbols, 60, 10, 16));
    }
}
