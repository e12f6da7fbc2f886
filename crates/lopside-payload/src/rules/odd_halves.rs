//! Text in two bytes a character whose other halves are noise but where they are zero.
//!
//! In UTF-16 the other halves of Latin letters are zero; of characters beyond these they are few, and then the halves beside them are no
//! text. Speaks for: raw messages and values of which every second byte is a text of letters, and the others are zero in part, or one
//! value, and else drawn evenly from all bytes. Silent for: UTF-16, samples, tables and flags, whose bytes are few or no text. Minimum: 2
//! texts of 32 bytes, 128 halves of noise, one in twenty zero.

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even, histogram};

/// The fewest texts, the shortest, and the fewest halves of noise.
const TEXTS: usize = 2;
const SHORTEST: usize = 32;
/// What may be a header before each text.
const HEADER: usize = 12;
const LEAST: usize = 128;
/// One in so many halves at least is the value that takes the place of noise.
const SHARE: usize = 20;
/// Bytes of a text that are looked at, and noise in all: of more it would show that one value of bytes does not come.
const LOOKED_AT: usize = 2 << 10;
const MOST: usize = 8 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none());
    let texts = units.map(|unit| unit.bytes.as_ref()).filter(|bytes| bytes.len() >= SHORTEST);
    let (mut pool, mut blank, mut words) = (Pool::default(), 0, Vec::new());
    for text in texts.filter_map(|bytes| bytes.get(..bytes.len().min(LOOKED_AT))) {
        let halves: [Vec<u8>; 2] =
            [0, 1].map(|from| text.iter().skip(HEADER + from).step_by(2).copied().collect());
        let [first, second] = &halves;
        let Some((letters, others)) =
            [(first, second), (second, first)].into_iter().find(|(one, _)| reads(one))
        else {
            continue;
        };
        let noise: Vec<u8> = others.iter().copied().filter(|byte| *byte != 0).collect();
        if pool.total < MOST {
            pool.put(&noise, text.len(), false);
            blank += others.len() - noise.len();
            words.extend_from_slice(letters);
        }
    }
    if pool.count < TEXTS || pool.total < LEAST || blank * SHARE < pool.total {
        return Vec::new();
    }
    let noise = even(&pool.bytes, look.limit).filter(|noise| noise.alphabet == Alphabet::Bytes);
    let Some(noise) = noise.filter(|_| even(&words, look.limit).is_none()) else { return Vec::new() };
    let text = format!(
        "every second byte of {} texts is drawn evenly ({:.1} standard deviations) but for {blank} zeros: {} bytes beside letters",
        pool.count, noise.deviations, pool.total
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(noise.deviations).with_example(&pool.first)]
}

/// Whether halves are a text of letters.
fn reads(halves: &[u8]) -> bool {
    let counts = histogram(halves);
    let letters: u32 = (b'a'..=b'z').chain(*b" ").map(|byte| counts[usize::from(byte)]).sum();
    is_text(halves) && letters as usize * 2 > halves.len()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn told(count: usize, make: impl Fn(&mut Chance, u8) -> [u8; 2]) -> bool {
        let mut chance = Chance::new(59);
        let mut talk = Talk::default();
        for number in 0..count {
            let text =
                format!("report {number} of the pump: all is well, and was at {} too", chance.below(24));
            let halves: Vec<u8> = text.bytes().flat_map(|byte| make(&mut chance, byte)).collect();
            talk.send(&[b"WL\x01\x02\x03\x04".as_slice(), &halves].concat());
            talk.reply(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("every second byte of"))
    }

    #[test]
    fn noise_in_some_of_the_other_halves_is_junk() {
        for share in [2, 3, 9] {
            assert!(told(16, |chance, byte| {
                let half = if chance.below(share) == 0 { 0 } else { chance.below(256) as u8 };
                [half, byte]
            }));
        }
        assert!(told(16, |chance, byte| [
            byte,
            if chance.below(3) == 0 { 0 } else { chance.below(256) as u8 }
        ]));
    }

    #[test]
    fn wide_characters_flags_and_noise_alone_are_not() {
        assert!(!told(16, |_, byte| [0, byte]));
        assert!(!told(16, |chance, byte| [[0, 4, 32][chance.below(3)], byte]));
        // Numbers of two bytes, some round.
        assert!(!told(16, |chance, _| [chance.below(256) as u8, b'm' + chance.below(2) as u8]));
        assert!(!told(16, |chance, _| {
            let half = if chance.below(3) == 0 { 0 } else { chance.below(256) as u8 };
            [half, b'0' + chance.below(3) as u8]
        }));
        // One text, and few halves.
        assert!(!told(1, |chance, byte| [
            if chance.below(3) == 0 { 0 } else { chance.below(256) as u8 },
            byte
        ]));
        assert!(!told(4, |chance, byte| [
            if chance.below(3) > 0 { 0 } else { chance.below(256) as u8 },
            byte
        ]));
        assert!(!told(16, |chance, _| [
            if chance.below(2) == 0 { 0 } else { chance.below(256) as u8 },
            chance.below(256) as u8
        ]));
        assert!(!told(16, |chance, _| [
            if chance.below(2) == 0 { 0 } else { chance.below(256) as u8 },
            b'a' + chance.below(26) as u8
        ]));
    }
}
