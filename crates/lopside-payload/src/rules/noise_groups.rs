//! Bytes of noise, as many each time, between every so many characters of text.
//!
//! Speaks for: texts in which every so many places (up to 40) two or more in a row are drawn evenly from all bytes while the others read
//! on across them. Silent for: records of a text and a number, which begin anew in each (their first places hold no blanks), numbers that
//! are drawn unevenly, wide encodings. Minimum: 128 bytes of noise and as many of text, in 2 messages.

use super::Look;
use crate::evidence::Evidence;
use crate::spans;
use crate::statistics::{Alphabet, even};

/// The widest period that is tried.
const WIDEST: usize = 40;
/// The fewest bytes of noise, which is those of text too, and messages.
const LEAST: usize = 128;
const MESSAGES: usize = 2;
/// The shortest text, and what is looked at of one and of all.
const SHORTEST: usize = 64;
const LOOKED_AT: usize = 4 << 10;
const MOST: usize = 16 << 10;
/// The longest line before a text that is none of it.
const LINE: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units = look.reading.units.iter().filter(|unit| !unit.headless && unit.document.is_none());
    let texts = units.map(|unit| unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes));
    let mixed: Vec<&[u8]> = texts.filter(|text| text.len() >= SHORTEST && is_mixed(text)).collect();
    let mut left = MOST;
    let taken = |text: &&&[u8]| {
        let fits = text.len() <= left;
        left -= if fits { text.len() } else { 0 };
        fits
    };
    let mixed: Vec<&[u8]> = mixed.iter().filter(taken).copied().collect();
    if mixed.len() < MESSAGES {
        return Vec::new();
    }
    let behind: Vec<&[u8]> = mixed.iter().map(|text| behind_line(text)).collect();
    [mixed, behind].iter().find_map(|texts| judge(texts, look.limit)).into_iter().collect()
}

/// Whether a good part of some bytes is none of text, and a good part is.
fn is_mixed(bytes: &[u8]) -> bool {
    let odd = spans::count(bytes, is_odd);
    odd * 12 >= bytes.len() && odd * 20 <= bytes.len() * 11
}

fn is_odd(byte: u8) -> bool {
    !matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')
}

/// A text without the line of text that it begins with.
fn behind_line(text: &[u8]) -> &[u8] {
    let line = memchr::memchr(b'\n', text.get(..LINE.min(text.len())).unwrap_or_default());
    let line = line.filter(|end| !text.get(..*end).unwrap_or_default().iter().any(|byte| is_odd(*byte)));
    line.and_then(|end| text.get(end + 1..)).unwrap_or(text)
}

fn judge(texts: &[&[u8]], limit: f64) -> Option<Evidence> {
    let around: usize = texts.iter().map(|text| text.len()).sum();
    (3..=WIDEST).find_map(|period| {
        // Behind the last whole group stands a shorter one.
        let whole = texts.iter().map(|text| text.get(..text.len() - text.len() % period).unwrap_or(text));
        let whole: Vec<&[u8]> = whole.collect();
        let at = |phase: usize| whole.iter().flat_map(move |text| text.iter().skip(phase).step_by(period)).copied();
        let places: Vec<Vec<u8>> = (0..period).map(|phase| at(phase).collect()).collect();
        let noise = noisy(&places)?;
        let pick = |wanted: bool| -> Vec<u8> {
            let picked = places.iter().zip(&noise).filter(|(_, noisy)| **noisy == wanted);
            picked.flat_map(|(place, _)| place).copied().collect()
        };
        let (drawn, text) = (pick(true), pick(false));
        if drawn.len() < LEAST || text.len() < LEAST {
            return None;
        }
        let found = even(&drawn, limit).filter(|found| found.alphabet == Alphabet::Bytes)?;
        let run = noise.iter().filter(|noisy| **noisy).count();
        let told = format!(
            "{run} bytes of noise stand between every {} of text: {} bytes in {} messages are drawn evenly ({:.1} standard deviations), the others read on",
            period - run,
            drawn.len(),
            texts.len(),
            found.deviations
        );
        let evidence = Evidence::contradiction(texts.len(), drawn.len() as f64 / around as f64, told);
        Some(evidence.with_deviations(found.deviations).with_example(&drawn))
    })
}

/// Which places are noise, where two or more in a row are and all others are text that goes on from one to the next.
fn noisy(places: &[Vec<u8>]) -> Option<Vec<bool>> {
    let (mut noise, mut bare) = (Vec::with_capacity(places.len()), 0);
    for place in places {
        let odd = place.iter().filter(|byte| is_odd(**byte)).count();
        let is_noise = odd * 10 >= place.len() * 3;
        if !is_noise && odd * 50 > place.len() {
            return None;
        }
        let marks = place.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
        bare += usize::from(!is_noise && (marks * 40 < place.len() || marks * 3 > place.len() * 2));
        noise.push(is_noise);
    }
    let next = noise.iter().cycle().skip(1);
    let changes = noise.iter().zip(next).filter(|(a, b)| a != b).count();
    let run = noise.iter().filter(|noisy| **noisy).count();
    // Words begin and end anywhere: nearly each place has blanks and marks now and then, and letters.
    let goes_on = bare * 4 <= noise.len() - run;
    (changes == 2 && run >= 2 && goes_on).then_some(noise)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: &str = "the report of the pump in hall four is attached, and all the values are as they were on monday; see the list of it";

    /// Whether messages are junk that hold what `make` makes.
    fn is_junk(count: usize, make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(29);
        let mut talk = Talk::default();
        for n in 0..count {
            let message = make(&mut chance, n);
            talk.send(&message);
            talk.reply(b"226\r\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("bytes of noise stand between every"))
    }

    fn woven(chance: &mut Chance, n: usize, every: usize, noise: usize) -> Vec<u8> {
        let words: Vec<&str> = TEXT.split(' ').collect();
        let text = (0..70).map(|_| words[chance.below(words.len())]).collect::<Vec<&str>>().join(" ");
        let text = text.get(n % 7..).unwrap();
        text.as_bytes()
            .chunks(every)
            .flat_map(|piece| [piece.to_vec(), chance.bytes(noise)].concat())
            .collect()
    }

    #[test]
    fn noise_between_every_few_characters_is_junk() {
        for (every, noise) in [(5, 2), (7, 4), (9, 4), (12, 8), (30, 6)] {
            assert!(is_junk(8, |chance, n| woven(chance, n, every, noise)), "{every} {noise}");
        }
        assert!(is_junk(8, |chance, n| {
            [format!("STOR {}\r\n", 7 * n * n * n).as_bytes(), &woven(chance, n, 7, 3)].concat()
        }));
    }

    #[test]
    fn records_wide_encodings_and_uneven_numbers_are_not() {
        // A name of eight letters and four bytes of its own, again and again.
        let records = |name: fn(&mut Chance) -> Vec<u8>, number: fn(&mut Chance) -> Vec<u8>| {
            is_junk(8, |chance, _| (0..30).flat_map(|_| [name(chance), number(chance)].concat()).collect())
        };
        let code = |chance: &mut Chance| chance.of(b"ABCDEFGHKMNPRSTUVWXYZ", 8);
        let short = |chance: &mut Chance| {
            let name = ["hall ", "pump 7", "lift b", "roof"][chance.below(4)];
            format!("{name:8}").into_bytes()
        };
        assert!(!records(code, |chance| chance.bytes(4)));
        assert!(!records(short, |chance| chance.bytes(4)));
        assert!(!is_junk(8, |chance, n| {
            woven(chance, n, 9, 4)
                .chunks(13)
                .flat_map(|group| {
                    let (text, _) = group.split_at(9.min(group.len()));
                    [text.to_vec(), vec![0x80 + chance.below(9) as u8, 0xF0, 0, 0]].concat()
                })
                .collect()
        }));
        assert!(!is_junk(8, |_, n| TEXT
            .get(n % 7..)
            .unwrap()
            .bytes()
            .flat_map(|byte| [byte, 0, 0, 0])
            .collect()));
        assert!(!is_junk(1, |chance, n| woven(chance, n, 7, 4)));
    }
}
