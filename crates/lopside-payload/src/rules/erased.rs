//! Noise that is taken back as soon as it is written.
//!
//! What is typed and erased is a slip: letters of the word that was meant. Programs move back over numbers and bars. Speaks for: runs of
//! characters before as many backspaces, deletes or steps to the left, in lines of a stream, that are drawn evenly from letters, letters
//! and digits or all that can be printed. Silent for: binary content, slips, progress, letters that are printed twice or underlined, wheels
//! that turn.
//! Minimum: 24 runs, 192 characters.

use super::{Look, Pool};
use crate::content::decimal;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, even};

/// The fewest runs and characters.
const RUNS: usize = 24;
const LEAST: usize = 192;
/// Bytes of a message that are looked at.
const LOOKED_AT: usize = 16 << 10;
/// What begins a command to a terminal.
const ESCAPE: &[u8] = b"\x1B[";

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    for unit in look.reading.units.iter().filter(|unit| unit.carrier == Carrier::Stream) {
        let bytes = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        if memchr::memchr3(8, 127, 27, bytes).is_some() && is_for_terminals(bytes) {
            let mut around = bytes.len();
            erased(bytes, |run| pool.put(run, std::mem::take(&mut around), false));
        }
    }
    if pool.count < RUNS || pool.total < LEAST {
        return Vec::new();
    }
    let Some(noise) = even(&pool.bytes, look.limit).filter(|noise| is_no_number(noise.alphabet)) else {
        return Vec::new();
    };
    let text = format!(
        "{} runs of {} are erased as soon as they are written: {} characters drawn evenly ({:.1} standard deviations)",
        pool.count,
        noise.alphabet.name(),
        pool.total,
        noise.deviations
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(noise.deviations).with_example(&pool.first)]
}

/// Whether bytes are text and what terminals are told: of binary content some bytes are steps back by chance.
fn is_for_terminals(bytes: &[u8]) -> bool {
    let told = |byte: u8| byte >= 32 || matches!(byte, 7..=10 | 13 | 27);
    bytes.iter().all(|byte| told(*byte)) && std::str::from_utf8(bytes).is_ok()
}

fn is_no_number(alphabet: Alphabet) -> bool {
    !matches!(alphabet, Alphabet::Digits | Alphabet::Hex | Alphabet::Bytes)
}

/// Gives each run of characters that the next ones take back.
fn erased(bytes: &[u8], mut take: impl FnMut(&[u8])) {
    let (mut line, mut at): (Vec<u8>, usize) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at).copied() {
        let (back, length) = steps_back(bytes.get(at..).unwrap_or_default());
        at += length.max(1);
        match byte {
            _ if back > 0 => {
                let kept = line.len().saturating_sub(back);
                take(line.get(kept..).unwrap_or_default());
                line.truncate(kept);
            }
            b' '..=b'~' if length == 0 => line.push(byte),
            b'\r' | b'\n' => line.clear(),
            _ => {}
        }
    }
}

/// How many steps to the left some bytes begin with, and how many bytes say so; with no steps, those of another command.
fn steps_back(bytes: &[u8]) -> (usize, usize) {
    let single = bytes.iter().take_while(|byte| matches!(byte, 8 | 127)).count();
    if single > 0 {
        return (single, single);
    }
    let Some(command) = bytes.strip_prefix(ESCAPE) else { return (0, 0) };
    let digits = command.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    let steps = match command.get(digits) {
        Some(b'D') => command.get(..digits).and_then(decimal).map_or(1, crate::content::place),
        _ => 0,
    };
    (steps, ESCAPE.len() + digits + 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// Lines in which something stands behind some letters.
    fn told(lines: usize, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(47);
        let mut talk = Talk::default();
        for _ in 0..lines {
            let mut line = Vec::new();
            for letter in "show log of the pump".bytes() {
                line.push(letter);
                if chance.below(3) == 0 {
                    line.extend(make(&mut chance));
                }
            }
            line.extend(b"\r\n");
            talk.send(&line);
            talk.reply(b"all is quiet\r\n$ ");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("erased as soon"))
    }

    fn taken_back(noise: Vec<u8>, how: usize) -> Vec<u8> {
        let back = match how {
            0 => vec![8; noise.len()],
            1 => vec![127; noise.len()],
            _ => format!("\x1B[{}D\x1B[K", noise.len()).into_bytes(),
        };
        [noise, back].concat()
    }

    #[test]
    fn noise_that_is_taken_back_is_junk() {
        let printable: Vec<u8> = (b'!'..=b'~').collect();
        for how in 0..3 {
            for symbols in [SYMBOLS, &printable] {
                assert!(told(24, |chance| {
                    let length = 1 + chance.below(6);
                    taken_back(chance.of(symbols, length), how)
                }));
            }
        }
    }

    #[test]
    fn slips_progress_and_what_stays_are_not() {
        assert!(!told(3, |chance| taken_back(chance.of(SYMBOLS, 9), 0)));
        assert!(!told(12, |chance| taken_back(chance.of(SYMBOLS, 1), 0)));
        assert!(!told(24, |chance| taken_back(b"the pump the log"[chance.below(9)..].to_vec(), 1)));
        assert!(!told(24, |chance| taken_back(format!("{}", 10 + chance.below(89)).into_bytes(), 0)));
        assert!(!told(24, |chance| taken_back(b"|/-\\"[chance.below(4)..].to_vec(), 0)));
        // Underlined letters, and letters in a colour.
        assert!(!told(24, |chance| [b"_\x08".as_slice(), &chance.of(SYMBOLS, 1)].concat()));
        assert!(!told(24, |chance| [b"\x1B[31m".as_slice(), &chance.of(SYMBOLS, 4), b"\x1B[0m"].concat()));
    }

    #[test]
    fn binary_content_erases_nothing() {
        let mut chance = Chance::new(48);
        let mut talk = Talk::default();
        for _ in 0..30 {
            let text = b"MESSAGE\nto: the pump in hall four\n\n".as_slice();
            let bytes: Vec<u8> = chance.bytes(1100).into_iter().filter(|byte| *byte != b' ').collect();
            talk.send(&[text, &bytes].concat());
            talk.reply(b"ok\n");
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("erased as soon")));
        assert!(!super::is_for_terminals(&chance.bytes(90)));
        assert!(!super::is_for_terminals(b"pump\x08\x01") && !super::is_for_terminals(b"pump\x08\xC3("));
        assert!(super::is_for_terminals("Füße\x08\x1B[2D\r\n\x07".as_bytes()));
    }
}
