//! Length fields that account for the messages: who declares what it sends, hides nothing beside it.

use super::{big, decimal, little, place};

/// How the messages of one direction say their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Where in a frame the length stands.
    pub(crate) at: usize,
    /// Its bytes; 0 for a number in digits or of variable width.
    pub(crate) width: usize,
}

/// The fewest messages, and the fewest different lengths among them.
pub(crate) const LEAST_MESSAGES: usize = 4;
const LEAST_LENGTHS: usize = 3;

/// The framing that accounts for all messages: each is a sequence of frames, each frame of the length that stands in it.
/// `messages` are pairs of bytes and whole length. `None` where none does, or where there are too few to say.
pub(crate) fn find(messages: &[(&[u8], u64)]) -> Option<Framing> {
    let mut lengths: Vec<u64> = messages.iter().map(|(_, length)| *length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let many_frames = messages.len() < LEAST_MESSAGES || lengths.len() < LEAST_LENGTHS;
    binary(messages, many_frames).or_else(|| written(messages, many_frames))
}

fn binary(messages: &[(&[u8], u64)], many_frames: bool) -> Option<Framing> {
    for width in [4, 2, 3, 8, 1] {
        for at in 0..=16 {
            for read in [big, little] {
                if whole_messages(messages, at, width, read) && !many_frames {
                    return Some(Framing { at, width });
                }
                for extra in [0, at + width, 1, 2, 4, 5, 8, 9, 12, 16, 20, 24, 32] {
                    let frame = |bytes: &[u8], from: usize| {
                        read(bytes, from.checked_add(at)?, width)
                            .and_then(|length| length.checked_add(extra as u64))
                    };
                    if walk(messages, many_frames, (at + width) as u64, frame) {
                        return Some(Framing { at, width });
                    }
                }
            }
        }
    }
    None
}

/// One frame a message: its field and its length differ by the same number everywhere.
fn whole_messages(
    messages: &[(&[u8], u64)],
    at: usize,
    width: usize,
    read: fn(&[u8], usize, usize) -> Option<u64>,
) -> bool {
    let mut difference = None;
    for (bytes, length) in messages {
        let Some(field) = read(bytes, at, width) else { return false };
        let this = length.wrapping_sub(field);
        if *difference.get_or_insert(this) != this || this > 64 {
            return false;
        }
    }
    true
}

/// Whether frames fill every message to its end, as far as it is there.
fn walk(
    messages: &[(&[u8], u64)],
    many_frames: bool,
    least: u64,
    frame: impl Fn(&[u8], usize) -> Option<u64>,
) -> bool {
    let (mut frames, mut lengths) = (0u32, [0u64; 4]);
    for (bytes, length) in messages {
        let mut at = 0u64;
        while at < *length {
            let from = place(at);
            if from >= bytes.len() {
                break;
            }
            let Some(next) = frame(bytes, from) else {
                // A header that the end of the sample cut.
                if bytes.len() as u64 == *length || bytes.len() - from > 16 {
                    return false;
                }
                break;
            };
            if next < least.max(2) || next > 1 << 26 || at + next > *length {
                return false;
            }
            if !lengths.contains(&next) {
                lengths.rotate_right(1);
                lengths[0] = next;
            }
            frames += 1;
            at += next;
        }
    }
    let different = lengths.iter().filter(|length| **length > 0).count();
    // A single message proves nothing unless many frames fill it.
    frames >= if many_frames { 8 } else { 4 } && different >= LEAST_LENGTHS
}

/// Lengths in digits (`123:`, `123 <`, `00a4`) or of variable width (seven bits a byte after one byte of type).
fn written(messages: &[(&[u8], u64)], many_frames: bool) -> Option<Framing> {
    let digits = |bytes: &[u8], from: usize| {
        let rest = bytes.get(from..from + 12.min(bytes.len().checked_sub(from)?))?;
        let end = rest.iter().position(|byte| !byte.is_ascii_digit()).filter(|end| *end > 0)?;
        let (number, extra) = (decimal(rest.get(..end)?)?, u64::from(rest.get(end) == Some(&b':')));
        matches!(rest.get(end), Some(b':' | b' ')).then_some(number + end as u64 + 1 + extra)
    };
    let packets = |bytes: &[u8], from: usize| {
        let text = std::str::from_utf8(bytes.get(from..from.checked_add(4)?)?).ok()?;
        let length = u64::from_str_radix(text, 16).ok()?;
        // The ends of a section of packets have no content.
        Some(if length < 4 { 4 } else { length })
    };
    let seven_bits = |bytes: &[u8], from: usize| {
        let mut length = 0u64;
        for place in 0..4 {
            let byte = *bytes.get(from + 1 + place)?;
            length |= u64::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(length + place as u64 + 2);
            }
        }
        None
    };
    let found = walk(messages, many_frames, 2, digits)
        || walk(messages, many_frames, 4, packets)
        || walk(messages, many_frames, 2, seven_bits);
    found.then_some(Framing { at: 0, width: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    fn find_in(messages: &[Vec<u8>]) -> Option<Framing> {
        find(&messages.iter().map(|bytes| (bytes.as_slice(), bytes.len() as u64)).collect::<Vec<_>>())
    }

    #[test]
    fn a_field_that_accounts_for_every_message_is_found() {
        let mut chance = Chance::new(4);
        let framed: Vec<Vec<u8>> = (0..6)
            .map(|_| {
                let body = {
                    let length = 20 + chance.below(900);
                    chance.bytes(length)
                };
                [&[1, 7][..], &(body.len() as u16).to_be_bytes(), &body].concat()
            })
            .collect();
        assert_eq!(find_in(&framed), Some(Framing { at: 2, width: 2 }));
        let stream = vec![framed.iter().chain(&framed).flatten().copied().collect::<Vec<u8>>()];
        assert!(find_in(&stream).is_some());
    }

    #[test]
    fn lengths_in_digits_are_found() {
        let frames: Vec<Vec<u8>> =
            (0..6).map(|n| format!("{}:{},", 10 + n, "x".repeat(10 + n)).into_bytes()).collect();
        assert!(find_in(&frames).is_some());
    }

    #[test]
    fn noise_has_no_framing() {
        let mut chance = Chance::new(8);
        for _ in 0..100 {
            let noise: Vec<Vec<u8>> = (0..5)
                .map(|_| {
                    let length = 20 + chance.below(300);
                    chance.bytes(length)
                })
                .collect();
            assert_eq!(find_in(&noise), None);
        }
    }
}
