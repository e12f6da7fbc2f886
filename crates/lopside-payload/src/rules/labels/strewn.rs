//! Strangers among evenly drawn symbols of hex or base32.

use super::{NAMES, Names, hex_value};
use crate::evidence::Evidence;

impl Names<'_> {
    /// Symbols of hex, evenly drawn, with strangers among them.
    pub(super) fn strewn(&self) -> Option<Evidence> {
        let mut counts = [0u32; 256];
        let long = self.0.iter().filter(|name| name.iter().map(|label| label.len()).sum::<usize>() >= 12);
        let mut names = 0;
        for name in long {
            names += 1;
            for byte in name.iter().flat_map(|label| label.iter()) {
                counts[usize::from(byte.to_ascii_lowercase())] += 1;
            }
        }
        let dirty = self.0.iter().filter(|name| is_strewn(name)).count();
        if names < NAMES || dirty * 2 < names {
            return None;
        }
        let (inside, outside) = two_levels(&counts).or_else(|| beside_base32(&counts))?;
        let share = f64::from(outside) / f64::from(inside + outside);
        let text = format!(
            "{names} names are encoded with 16 or 32 symbols and have {outside} others strewn in, {:.0} % of them",
            share * 100.0
        );
        (outside >= 24).then(|| Evidence::contradiction(names, share, text))
    }
}

/// Whether symbols that are none of hex stand between three or more pieces with digits: a word before a number does not.
fn is_strewn(name: &[&[u8]]) -> bool {
    let data = name.concat().to_ascii_lowercase();
    let foreign = data.iter().filter(|byte| hex_value(**byte).is_none()).count();
    let pieces = data
        .split(|byte| hex_value(*byte).is_none())
        .filter(|piece| piece.iter().any(u8::is_ascii_digit))
        .count();
    foreign >= 2 && pieces >= 3
}

/// Symbols of base32 drawn evenly, and others that are none: how many of each. `None` for wider alphabets, which use them as often.
fn beside_base32(counts: &[u32; 256]) -> Option<(u32, u32)> {
    let base: Vec<u32> = (b'a'..=b'z').chain(b'2'..=b'7').map(|byte| counts[usize::from(byte)]).collect();
    let inside: u32 = base.iter().sum();
    let others = [b'0', b'1', b'8', b'9', b'-', b'_'].map(|byte| counts[usize::from(byte)]);
    let kinds = others.iter().filter(|count| **count > 0).count();
    let outside = counts.iter().sum::<u32>() - inside;
    let rate = f64::from(outside) / kinds.max(1) as f64 / (f64::from(inside) / 32.0);
    let uneven = crate::statistics::collision(base.iter().copied(), 32)?;
    (uneven < 6.0 && inside >= 320 && outside * 10 > inside && !(0.6..=1.6).contains(&rate))
        .then_some((inside, outside))
}

/// Hex digits drawn evenly and often, other symbols drawn evenly and seldom: how many of each. `None` for anything else.
fn two_levels(counts: &[u32; 256]) -> Option<(u32, u32)> {
    let count = |byte: u8| counts[usize::from(byte)];
    let hex: Vec<u32> = (b'0'..=b'9').chain(b'a'..=b'f').map(count).collect();
    let other: Vec<u32> = (b'g'..=b'z').map(count).collect();
    let marks = counts.iter().sum::<u32>() - hex.iter().sum::<u32>() - other.iter().sum::<u32>();
    let (inside, outside) = (hex.iter().sum::<u32>(), other.iter().sum::<u32>() + marks);
    let (per_hex, per_other) = (f64::from(inside) / 16.0, f64::from(other.iter().sum::<u32>()) / 20.0);
    let uneven = crate::statistics::collision(hex.iter().copied(), 16)?;
    (uneven < 8.0 && per_hex > 2.0 * per_other && per_hex >= 8.0 && outside * 10 > inside)
        .then_some((inside, outside))
}
