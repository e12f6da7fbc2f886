//! The profile along the messages: how evenly bytes are drawn at their start, in their middle and at their end.

/// Into so many parts each message is divided.
pub(crate) const PARTS: usize = 16;
/// The fewest bytes of a part, over all messages, for a profile.
const LEAST: usize = 32;

/// Of each sixteenth of the messages, start to end, the collision entropy in hundredths of eight bits, 0 to 100; empty where a part
/// has fewer than 32 bytes.
///
/// In: the bytes of each message from its start on, and its whole length. Formula: −log2 of Σ c(c−1) / n(n−1), the unbiased estimate of the
/// chance that two bytes are the same (Rényi's entropy of order 2), so that random bytes give eight bits at every length.
pub(crate) fn along<'a>(messages: impl Iterator<Item = (&'a [u8], u64)>) -> Vec<u8> {
    let mut parts = vec![[0u32; 256]; PARTS];
    for (bytes, length) in messages {
        let length = usize::try_from(length).unwrap_or(usize::MAX).max(bytes.len());
        if length < PARTS {
            continue;
        }
        for (place, counts) in parts.iter_mut().enumerate() {
            let border =
                |place: usize| (length / PARTS * place + length % PARTS * place / PARTS).min(bytes.len());
            let part = bytes.get(border(place)..border(place + 1)).unwrap_or_default();
            for byte in part {
                counts[usize::from(*byte)] += 1;
            }
        }
    }
    let even: Option<Vec<u8>> = parts.iter().map(evenness).collect();
    even.unwrap_or_default()
}

fn evenness(counts: &[u32; 256]) -> Option<u8> {
    let of = |count: &u32| f64::from(*count);
    let drawn: f64 = counts.iter().map(of).sum();
    if drawn < LEAST as f64 {
        return None;
    }
    let pairs: f64 = counts.iter().map(of).map(|count| count * (count - 1.0)).sum();
    let bits = -(pairs / (drawn * (drawn - 1.0))).log2();
    Some((bits * 100.0 / 8.0).round().clamp(0.0, 100.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn a_random_tail_behind_text_shows_where_it_begins() {
        let mut chance = Chance::new(5);
        let messages: Vec<Vec<u8>> = (0..24)
            .map(|_| [b"the quick brown fox jumps over the lazy dogs".repeat(4), chance.bytes(176)].concat())
            .collect();
        let profile = along(messages.iter().map(|message| (message.as_slice(), message.len() as u64)));
        assert_eq!(profile.len(), PARTS);
        assert!(profile[..8].iter().all(|part| *part < 60), "{profile:?}");
        assert!(profile[8..].iter().all(|part| *part > 90), "{profile:?}");
    }

    #[test]
    fn one_value_is_nothing_and_too_little_has_no_profile() {
        assert_eq!(along([(&[7u8; 1024][..], 1024)].into_iter()), [0; PARTS]);
        assert!(along([(&[7u8; 100][..], 100)].into_iter()).is_empty());
        // What was not kept of a long message leaves its later parts empty.
        assert!(along([(&[7u8; 1024][..], 100_000)].into_iter()).is_empty());
        assert!(along([(&[7u8; 1024][..], u64::MAX)].into_iter()).is_empty());
    }
}
