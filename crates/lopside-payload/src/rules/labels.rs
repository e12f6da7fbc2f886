//! Extra symbols in encoded DNS labels.
//!
//! Speaks for: labels in hex or base32 with strangers strewn in, so that they decode only after cleaning. Silent for: tunnels that encode
//! and nothing else, names that services make up, and EDNS padding, which is declared. Minimum: 8 different names and 24 strangers.

use std::collections::BTreeSet;

use super::Look;
use crate::evidence::Evidence;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    let padded = look.reading.dns.iter().filter(|dns| dns.padding > 0).count();
    if padded > 0 {
        let bytes: usize = look.reading.dns.iter().map(|dns| dns.padding).sum();
        found.push(Evidence::padding(
            padded,
            0.0,
            format!("{padded} messages of DNS declare {bytes} bytes of padding (EDNS)"),
        ));
    }
    found.extend(strewn(look));
    found
}

fn strewn(look: &Look<'_>) -> Option<Evidence> {
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    let (mut counts, mut names) = ([0u32; 256], 0);
    for dns in look.reading.dns.iter().filter(|dns| !dns.response) {
        let data = dns.labels.len().saturating_sub(2);
        for label in dns.labels.iter().take(data).filter(|label| label.len() >= 12) {
            if seen.insert(label) {
                names += 1;
                for byte in label {
                    let value = usize::from(byte.to_ascii_lowercase());
                    counts[value] += 1;
                }
            }
        }
    }
    if names < 8 {
        return None;
    }
    let (inside, outside) = two_levels(&counts)?;
    let share = f64::from(outside) / f64::from(inside + outside);
    let text = format!(
        "{names} labels are encoded with 16 symbols and have {outside} others strewn in, {:.0} % of them",
        share * 100.0
    );
    (outside >= 24).then(|| Evidence::contradiction(names, share, text))
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
    (uneven < 8.0 && per_hex > 2.0 * per_other && per_hex >= 8.0 && outside * 50 > inside)
        .then_some((inside, outside))
}
