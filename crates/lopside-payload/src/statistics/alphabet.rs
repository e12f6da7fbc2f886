//! Symbols drawn evenly from one of the alphabets that encoders and makers of noise use.

use super::collision::deviations;
use super::tally::{Tally, sort};
use super::{Counts, collision, pair_collision};

/// An alphabet, from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alphabet {
    /// `0-9`.
    Digits,
    /// Hex digits in one case.
    Hex,
    /// Lower or upper case letters only: no encoder's alphabet.
    Letters,
    /// `A-Z2-7` or `a-z2-7`, or `0-9a-v`.
    Base32,
    /// Letters in one case and digits.
    Base36,
    /// Letters in both cases: no encoder's alphabet.
    BothCases,
    /// Letters and digits.
    Base62,
    /// Base64, either variant.
    Base64,
    /// Printable characters, the space included or not.
    Printable,
    /// All byte values.
    Bytes,
}

/// Content that is drawn evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Even {
    pub(crate) alphabet: Alphabet,
    /// Standard deviations of the collision statistic.
    pub(crate) deviations: f64,
}

impl Alphabet {
    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Alphabet::Digits => "digits",
            Alphabet::Hex => "hex digits",
            Alphabet::Letters => "letters of one case",
            Alphabet::Base32 => "base32 symbols",
            Alphabet::Base36 => "letters of one case and digits",
            Alphabet::BothCases => "letters",
            Alphabet::Base62 => "letters and digits",
            Alphabet::Base64 => "base64 symbols",
            Alphabet::Printable => "printable characters",
            Alphabet::Bytes => "bytes",
        }
    }

    /// How many symbols it has.
    pub(crate) fn symbols(self) -> usize {
        match self {
            Alphabet::Digits => 10,
            Alphabet::Hex => 16,
            Alphabet::Letters => 26,
            Alphabet::Base32 => 32,
            Alphabet::Base36 => 36,
            Alphabet::BothCases => 52,
            Alphabet::Base62 => 62,
            Alphabet::Base64 => 64,
            Alphabet::Printable => 94,
            Alphabet::Bytes => 256,
        }
    }
}

/// The narrowest alphabet that holds all the bytes, and from which they are drawn evenly within `limit` standard deviations, alone and in
/// pairs. `None` for content with structure, and for fewer than 16 bytes.
pub(crate) fn even(bytes: &[u8], limit: f64) -> Option<Even> {
    if bytes.len() < LEAST {
        return None;
    }
    let (counts, tally) = Tally::counted(bytes);
    let Some(found) = even_tally(&tally, limit) else { return even_but_for_stand_ins(bytes, &counts, limit) };
    let alphabet = found.alphabet;
    let symbols = symbols_of(alphabet, &tally);
    let pairs = if symbols < alphabet.symbols() {
        let mut places = [None; 256];
        let seen = (0..256).filter(|symbol| counts[*symbol] > 0);
        seen.enumerate().for_each(|(place, symbol)| places[symbol] = Some(place));
        pair_collision(bytes, symbols, |byte| places[usize::from(byte)])
    } else {
        pair_collision(bytes, symbols, |byte| place(alphabet, byte))
    };
    let pairs = pairs.unwrap_or(0.0);
    (pairs <= limit * 1.5).then_some(found)
}

/// Signs that stand for those that a carrier forbids: who draws noise from all characters and then puts one sign in place of a quote or a
/// mark between values makes it come twice as often. At most so many.
const STAND_INS: usize = 3;
/// So many kinds of characters are left at least: encodings of 85 symbols have fewer, also with the signs that open and close them.
const LEFT: usize = 88;
/// All printable characters but the space.
const GRAPHIC: usize = 94;

/// Counts without the few kinds that come plainly more often than the others, where these are printable characters of nearly all kinds;
/// `None` where there are none of these.
pub(crate) fn without_stand_ins(counts: &Counts) -> Option<Counts> {
    let mut often: Vec<u32> = counts.iter().copied().filter(|count| *count > 0).collect();
    let graphic = |(kind, count): (usize, &u32)| *count == 0 || (33..127).contains(&kind);
    let all: usize = often.iter().map(|count| *count as usize).sum();
    if often.len() < LEFT || all < ENOUGH * GRAPHIC || !counts.iter().enumerate().all(graphic) {
        return None;
    }
    often.sort_unstable();
    // Three standard deviations above the middle, and half as much again.
    let middle = f64::from(*often.get(often.len() / 2)?);
    let more = |count: u32| f64::from(count) > (middle * 1.5).max(middle + 3.0 * middle.sqrt());
    let stand_ins = || often.iter().copied().filter(|count| more(*count));
    // They come as often as those that never do would have: marks between values come many times as often.
    let extra: f64 = stand_ins().map(|count| f64::from(count) / middle - 1.0).sum();
    let never = GRAPHIC.saturating_sub(often.len());
    let rest = || counts.map(|count| if more(count) { 0 } else { count });
    ((1..=STAND_INS).contains(&stand_ins().count()) && extra <= never as f64 + 1.0).then(rest)
}

/// What is drawn evenly but for signs that stand for others.
fn even_but_for_stand_ins(bytes: &[u8], counts: &Counts, limit: f64) -> Option<Even> {
    let rest = without_stand_ins(counts)?;
    let (kinds, deviations) = even_among(&rest)?;
    let mut places = [None; 256];
    let seen = (0..256).filter(|symbol| rest[*symbol] > 0);
    seen.enumerate().for_each(|(place, symbol)| places[symbol] = Some(place));
    let pairs = pair_collision(bytes, kinds, |byte| places[usize::from(byte)]).unwrap_or(0.0);
    (deviations.abs() <= limit && pairs <= limit * 1.5)
        .then_some(Even { alphabet: Alphabet::Printable, deviations })
}

/// The same from what counts sum up to, without the pairs.
pub(crate) fn even_tally(tally: &Tally, limit: f64) -> Option<Even> {
    if tally.drawn < LEAST as u64 {
        return None;
    }
    candidates(tally).iter().find_map(|alphabet| {
        let deviations = deviations(tally.drawn, tally.squares, symbols_of(*alphabet, tally))?;
        // Too even is no draw either: counters, ramps and permutations.
        (deviations.abs() <= limit).then_some(Even { alphabet: *alphabet, deviations })
    })
}

/// How many kinds of symbols occur, and the standard deviations of their counts from an even draw of these kinds: for noise of an
/// alphabet that is known by nothing but what occurs. Words are drawn far from evenly from any kinds.
pub(crate) fn even_among(counts: &Counts) -> Option<(usize, f64)> {
    let kinds = counts.iter().filter(|count| **count > 0).count();
    Some((kinds, collision(counts.iter().copied().filter(|count| *count > 0), kinds)?))
}

/// So often come the kinds of noise where those that come half as often are none of them.
const OFTEN: u32 = 16;

/// Counts without the few kinds that come most often, and those that come seldom where others come often: what noise stands in has them.
pub(crate) fn without_own(counts: &Counts, most: usize) -> Counts {
    let mut kinds: Vec<usize> = (0..256).filter(|kind| counts[*kind] > 0).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(counts[*kind]));
    let mut rest = *counts;
    kinds.iter().take(most).for_each(|kind| rest[*kind] = 0);
    let often = kinds.get(most + kinds.len().saturating_sub(most) / 3).map_or(0, |kind| rest[*kind]);
    if often >= OFTEN {
        rest.iter_mut().filter(|count| **count * 2 < often).for_each(|count| *count = 0);
    }
    rest
}

/// How many symbols an alphabet has here: what can be printed is often drawn without quotes and brackets, which shows once there is
/// enough of it.
fn symbols_of(alphabet: Alphabet, tally: &Tally) -> usize {
    let enough = || tally.drawn >= (ENOUGH * alphabet.symbols()) as u64;
    if alphabet == Alphabet::Printable && tally.kinds >= FEWEST && enough() {
        tally.kinds
    } else {
        alphabet.symbols()
    }
}

/// The fewest printable characters that count as an alphabet of their own, and how often each has to be drawn.
const FEWEST: usize = 80;
const ENOUGH: usize = 5;

/// The fewest symbols that can be judged.
const LEAST: usize = 16;

/// The alphabets that hold all symbols that occur, from narrow to wide.
fn candidates(tally: &Tally) -> &'static [Alphabet] {
    if tally.has(sort::OTHER) {
        return &[Alphabet::Bytes];
    }
    if tally.has(sort::MARK) {
        return &[Alphabet::Printable];
    }
    if tally.has(sort::BASE64_MARK) {
        return &[Alphabet::Base64];
    }
    let (upper, lower) = (tally.has(sort::UPPER | sort::UPPER_HEX), tally.has(sort::LOWER | sort::LOWER_HEX));
    let (digits, past_f) = (tally.has(sort::DIGIT), tally.has(sort::UPPER | sort::LOWER));
    match (upper && lower, digits, past_f) {
        (true, true, _) => &[Alphabet::Base62, Alphabet::Base64],
        (true, false, _) => &[Alphabet::BothCases],
        (false, _, false) if upper || lower => &[Alphabet::Hex],
        (false, _, false) => &[Alphabet::Digits],
        (false, true, true) => &[Alphabet::Base32, Alphabet::Base36],
        (false, false, true) => &[Alphabet::Letters],
    }
}

/// A number for a symbol, below the size of the alphabet; only that different symbols get different numbers matters.
fn place(alphabet: Alphabet, byte: u8) -> Option<usize> {
    let place = match alphabet {
        Alphabet::Bytes => usize::from(byte),
        Alphabet::Printable => usize::from(byte.checked_sub(33)?),
        Alphabet::Digits => usize::from(byte.checked_sub(b'0')?),
        Alphabet::Hex => usize::try_from(char::from(byte).to_digit(16)?).ok()?,
        Alphabet::Letters => usize::from(byte.to_ascii_lowercase().checked_sub(b'a')?),
        Alphabet::Base32 | Alphabet::Base36 => usize::try_from(char::from(byte).to_digit(36)?).ok()?,
        Alphabet::BothCases | Alphabet::Base62 | Alphabet::Base64 => match byte {
            b'A'..=b'Z' => usize::from(byte - b'A'),
            b'a'..=b'z' => usize::from(byte - b'a') + 26,
            b'0'..=b'9' => usize::from(byte - b'0') + 52,
            b'+' | b'-' => 62,
            _ => 63,
        },
    };
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn a_sign_that_stands_for_others_makes_noise_no_less_even() {
        let graphic: Vec<u8> = (33..127).collect();
        let drawn = |replaced: &[u8], length: usize| {
            let noise = Chance::new(8).of(&graphic, length);
            let replace = |byte: &u8| if replaced.contains(byte) { b'_' } else { *byte };
            even(&noise.iter().map(replace).collect::<Vec<u8>>(), 4.0).map(|even| even.alphabet)
        };
        assert_eq!(drawn(b"-", 9000), Some(Alphabet::Printable));
        assert_eq!(drawn(b";,\"", 9000), Some(Alphabet::Printable));
        // Text has many kinds that come more often, and an encoding has fewer kinds.
        let text = b"It was the best of times, it was the worst of times: 1775, they said! ".repeat(80);
        assert_eq!(even(&[text, Chance::new(9).of(&graphic, 800)].concat(), 4.0), None);
        let few = Chance::new(10).of(&graphic[..70], 9000);
        let few: Vec<u8> = few.iter().map(|byte| if *byte == b'+' { b'-' } else { *byte }).collect();
        assert_eq!(even(&few, 4.0), None);
        // Pieces of noise with a mark between them.
        let noise = Chance::new(13).of(&graphic[..90], 9000);
        let pieces: Vec<u8> = noise.chunks(6).flat_map(|piece| [piece, b"~"].concat()).collect();
        assert_eq!(even(&pieces, 4.0), None);
        // Base85 of which some symbols are marks around it too.
        let armour: Vec<u8> = Chance::new(12).of(&graphic[..85], 9000);
        let armour: Vec<u8> = armour.chunks(90).flat_map(|line| [b"<~", line, b"~>"].concat()).collect();
        assert_eq!(even(&armour, 4.0), None);
        let mut often = Chance::new(11).of(&graphic, 9000);
        (0..9000).step_by(7).for_each(|at| often[at] = graphic[(at / 7) % 5 * 9]);
        assert_eq!(even(&often, 4.0), None);
    }

    #[test]
    fn each_alphabet_is_told() {
        let mut chance = Chance::new(5);
        let cases: [(&[u8], Alphabet); 8] = [
            (b"0123456789", Alphabet::Digits),
            (b"0123456789abcdef", Alphabet::Hex),
            (b"abcdefghijklmnopqrstuvwxyz", Alphabet::Letters),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", Alphabet::Base32),
            (b"abcdefghijklmnopqrstuvwxyz0123456789", Alphabet::Base36),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", Alphabet::BothCases),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", Alphabet::Base64),
            (&(0..=255).collect::<Vec<u8>>(), Alphabet::Bytes),
        ];
        for (symbols, expected) in cases {
            let found = even(&chance.of(symbols, 1200), 4.0);
            assert_eq!(found.map(|even| even.alphabet), Some(expected));
        }
    }

    #[test]
    fn what_can_be_printed_may_leave_quotes_out() {
        let mut chance = Chance::new(6);
        let symbols: Vec<u8> = (b'!'..=b'~').filter(|byte| !b"\"\\<>&'".contains(byte)).collect();
        for length in [100, 600, 3000, 30_000] {
            let found = even(&chance.of(&symbols, length), 4.0);
            assert_eq!(found.map(|even| even.alphabet), Some(Alphabet::Printable), "{length}");
        }
        let text: Vec<u8> =
            (0..40).flat_map(|n| format!("GET/a?b={n}&c=[{{\"x\":{}}}]", n * 7919).into_bytes()).collect();
        assert_eq!(even(&[text.as_slice(), &symbols].concat(), 4.0), None);
    }

    #[test]
    fn language_and_ramps_are_not_even() {
        let text = b"itwasthebestoftimesitwastheworstoftimesitwastheageofwisdomitwastheageoffoolishnessitwastheepochofbelief";
        assert_eq!(even(text, 4.0), None);
        let ramp: Vec<u8> = (0..4096u32).map(|n| n as u8).collect();
        assert_eq!(even(&ramp, 4.0), None);
    }
}
