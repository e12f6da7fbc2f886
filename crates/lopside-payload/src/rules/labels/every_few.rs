//! Encoded labels with a symbol of noise between every few.

use super::joined::Text;
use super::{CODES, Decoder, NAMES, Names, unpack};
use crate::evidence::Evidence;

/// The fewest symbols of a part of a name, and the fewest bytes that it decodes to.
const SYMBOLS: usize = 16;
const BYTES: usize = 6;
/// Names looked at in one zone.
const LOOKED_AT: usize = 128;
/// The widest period that is tried.
const WIDEST: usize = 5;

/// What is left of some symbols.
#[derive(Clone, Copy)]
struct Sieve {
    period: usize,
    phase: usize,
    /// The places of the phase are kept, or else they are the ones that go.
    keeps: bool,
}

impl Sieve {
    fn all() -> impl Iterator<Item = Sieve> {
        let phases = (2..=WIDEST).flat_map(|period| (0..period).map(move |phase| (period, phase)));
        let both = phases.flat_map(|(period, phase)| [(period, phase, false), (period, phase, true)]);
        // Of pairs it is the same which goes and which stays.
        both.filter(|(period, _, keeps)| *period > 2 || !keeps).map(|(period, phase, keeps)| Sieve {
            period,
            phase,
            keeps,
        })
    }

    fn of(self, symbols: &[u8]) -> Vec<u8> {
        let places = symbols.iter().enumerate();
        let kept = places.filter(|(place, _)| (place % self.period == self.phase) == self.keeps);
        kept.map(|(_, symbol)| *symbol).collect()
    }
}

impl Names<'_> {
    /// Names of which a part decodes to text once every p-th symbol is out of it, or all but these.
    pub(super) fn every_few(&self) -> Option<Evidence> {
        let names: Vec<Vec<Vec<u8>>> = self.0.iter().take(LOOKED_AT).map(|name| parts(name)).collect();
        let names: Vec<&Vec<Vec<u8>>> = names.iter().filter(|parts| !parts.is_empty()).collect();
        // Of text in hex behind a mark, the first halves of bytes are text too.
        let plain = |name: &&Vec<&[u8]>| Text::longest(name).is_some_and(|text| text.is_most());
        let read = || self.0.iter().take(LOOKED_AT).filter(plain).count();
        if names.len() < NAMES || read() * 2 >= names.len() {
            return None;
        }
        for (value, bits) in CODES {
            for sieve in Sieve::all() {
                let text = |part: &&Vec<u8>| {
                    is_text(&sieve.of(part), value, bits) && !is_text(part.as_slice(), value, bits)
                };
                let found: Vec<&Vec<u8>> = names.iter().filter_map(|parts| parts.iter().find(text)).collect();
                if found.len() >= NAMES && found.len() * 10 >= names.len() * 6 {
                    return Some(told(sieve, &found));
                }
            }
        }
        None
    }
}

fn told(sieve: Sieve, found: &[&Vec<u8>]) -> Evidence {
    let all: usize = found.iter().map(|part| part.len()).sum();
    let kept: usize = found.iter().map(|part| sieve.of(part).len()).sum();
    let text = format!(
        "{} names decode to text only after {} of every {} symbols are taken out: {} of {all}",
        found.len(),
        if sieve.keeps { sieve.period - 1 } else { 1 },
        sieve.period,
        all - kept
    );
    Evidence::contradiction(found.len(), (all - kept) as f64 / all.max(1) as f64, text)
}

/// The parts of a name that may be encoded, in small letters: each label, the first ones and all.
fn parts(name: &[&[u8]]) -> Vec<Vec<u8>> {
    let firsts = (2..=name.len().min(4)).filter_map(|count| name.get(..count)).map(<[&[u8]]>::concat);
    let parts = name.iter().map(|label| label.to_vec()).chain(firsts);
    parts.filter(|part| part.len() >= SYMBOLS).map(|part| part.to_ascii_lowercase()).take(8).collect()
}

/// Whether all symbols are of a code, and what they stand for is text.
fn is_text(symbols: &[u8], value: Decoder, bits: usize) -> bool {
    let values: Option<Vec<u8>> = symbols.iter().map(|byte| value(*byte)).collect();
    let Some(bytes) = values.map(|values| unpack(&values, bits)) else { return false };
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
    bytes.len() >= BYTES
        && letters * 3 > bytes.len() * 2
        && bytes.iter().all(|byte| matches!(byte, 32..=126 | b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hex, judged};
    use crate::testing::Chance;
    use lopside_model::payload::Verdict;

    fn base32(text: &str) -> String {
        let bits: Vec<u8> =
            text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let value =
            |group: &[u8]| (0..5).fold(0, |value, at| value << 1 | group.get(at).copied().unwrap_or(0));
        bits.chunks(5)
            .map(|group| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(value(group))]))
            .collect()
    }

    /// A name in one label or two, with a symbol of noise behind every few.
    fn spoiled(chance: &mut Chance, every: usize, encoded: &str) -> String {
        let mut name = String::new();
        for (place, symbol) in encoded.chars().enumerate() {
            name.push(symbol);
            if every > 0 && place % every == every - 1 {
                name.push(char::from(chance.of(b"abcdef234567", 1)[0]));
            }
        }
        if name.len() > 60 {
            name.insert(40, '.');
        }
        name
    }

    #[test]
    fn symbols_between_every_few_are_junk_and_encoded_names_are_not() {
        for (every, verdict) in
            [(0, Verdict::Structured), (1, Verdict::Junk), (2, Verdict::Junk), (4, Verdict::Junk)]
        {
            let text = |n: usize| format!("file {n} of some");
            assert_eq!(judged(|chance, n| spoiled(chance, every, &base32(&text(n)))), verdict, "{every}");
            assert_eq!(judged(|chance, n| spoiled(chance, every, &hex(&text(n)))), verdict, "{every}");
        }
    }

    #[test]
    fn names_that_are_noise_or_words_are_left_alone() {
        let noise = |chance: &mut Chance, _| {
            String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz234567", 32)).unwrap()
        };
        assert_eq!(judged(noise), Verdict::Structured);
        let words = |chance: &mut Chance, _| {
            (0..4)
                .map(|_| ["north", "mirror", "static", "images", "update"][chance.below(5)])
                .collect::<String>()
        };
        assert_eq!(judged(words), Verdict::Structured);
    }
}
