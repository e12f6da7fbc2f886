//! Numbers in text that say how long the bytes beside it are.
//!
//! Texts are full of numbers: one of them is a length only where the same one, counted from the start or from the end of the text, is so
//! in most messages.

use super::beside_text::Parts;
use crate::content::{decimal, place};

/// Numbers looked at from either end.
const NUMBERS: usize = 16;

/// Whether a number at one place says a length in most of the messages: pairs of a message and its parts.
pub(super) fn are_said<'p>(messages: impl Iterator<Item = (&'p [u8], &'p Parts)>) -> bool {
    let (mut from_start, mut from_end, mut count) = ([0usize; NUMBERS], [0usize; NUMBERS], 0);
    for (bytes, parts) in messages {
        count += 1;
        let lengths = [parts.start, bytes.len() - parts.end, parts.hole.len()];
        let said: Vec<bool> =
            numbers(&parts.text).map(|number| lengths.iter().any(|length| says(number, *length))).collect();
        for (sum, said) in from_start.iter_mut().zip(&said) {
            *sum += usize::from(*said);
        }
        for (sum, said) in from_end.iter_mut().zip(said.iter().rev()) {
            *sum += usize::from(*said);
        }
    }
    from_start.iter().chain(&from_end).any(|said| said * 2 > count)
}

/// Whether any number in a text says a length.
pub(super) fn says_length(text: &[u8], length: usize) -> bool {
    numbers(text).any(|number| says(number, length))
}

/// The numbers in a text.
fn numbers(text: &[u8]) -> impl Iterator<Item = usize> {
    text.split(|byte| !byte.is_ascii_digit()).filter_map(decimal).map(place)
}

/// A length may count a delimiter.
fn says(number: usize, length: usize) -> bool {
    length > 0 && number > 2 && number.abs_diff(length) <= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::beside_text::parts;
    use crate::testing::Chance;

    fn said(make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(47);
        let messages: Vec<(Vec<u8>, Parts)> = (0..20)
            .filter_map(|_| {
                let bytes = make(&mut chance);
                parts(&bytes).map(|parts| (bytes, parts))
            })
            .collect();
        assert!(messages.len() > 10);
        are_said(messages.iter().map(|(bytes, parts)| (bytes.as_slice(), parts)))
    }

    #[test]
    fn a_length_stands_at_one_place() {
        assert!(said(|chance| {
            let length = 20 + chance.below(90);
            [
                format!("report of host {} length {length} ", chance.below(90)).as_bytes(),
                &chance.bytes(length),
            ]
            .concat()
        }));
        assert!(!said(|chance| {
            let numbers: Vec<String> = (0..12).map(|_| format!("disk {}", chance.below(99))).collect();
            [format!("report of {} ", numbers.join(" and ")).as_bytes(), &chance.bytes(60)].concat()
        }));
    }
}
