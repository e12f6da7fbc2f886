//! Values that are one symbol again and again, as long as it takes.
//!
//! Speaks for: headers, cookies, parameters and fields that hold a single symbol 48 times or more, in many lengths. Silent for: masks of secrets and
//! rulers, which are short or of one length; spaces. Minimum: 4 values of 4 lengths that lie 24 apart, most of those of their name.

use super::Look;
use super::padded_fields::told;
use crate::evidence::Evidence;

/// The shortest value.
const SHORTEST: usize = 48;
/// The fewest values, and the fewest lengths.
const LEAST: usize = 4;
/// How far the lengths lie apart.
const APART: usize = 24;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (name, values) in &look.reading.slots {
        let filled = values.iter().filter(|value| {
            let first = value.bytes.first().copied().unwrap_or(b' ');
            first.is_ascii_graphic() && value.bytes.iter().all(|byte| *byte == first)
        });
        let filled: Vec<&[u8]> =
            filled.map(|value| value.bytes.as_slice()).filter(|value| value.len() >= SHORTEST).collect();
        let mut lengths: Vec<usize> = filled.iter().map(|value| value.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let spread = lengths.last().zip(lengths.first()).map_or(0, |(most, least)| most - least);
        if filled.len() < LEAST
            || filled.len() * 10 < values.len() * 6
            || lengths.len() < LEAST
            || spread < APART
        {
            continue;
        }
        let total: usize = filled.iter().map(|value| value.len()).sum();
        let text = format!(
            "{}: {} values are one symbol again and again, in {} lengths: {total} bytes",
            told(name),
            filled.len(),
            lengths.len()
        );
        let example = filled.first().copied().unwrap_or_default();
        found.push(Evidence::contradiction(filled.len(), 0.5, text).with_example(example));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;

    fn is_junk(value: impl Fn(usize) -> String) -> bool {
        let mut talk = Talk::default();
        for number in 0..12 {
            let head = "GET /ping HTTP/1.1\r\nHost: a.example\r\n";
            talk.send(format!("{head}X-Align: {}\r\n\r\n", value(number)).as_bytes());
            talk.answer(b"pong");
        }
        talk.judge().junk
    }

    #[test]
    fn headers_of_one_symbol_are_junk() {
        assert!(is_junk(|number| ["x", "0", "o", "="][number % 4].repeat(200 + number * 37)));
    }

    #[test]
    fn masks_and_rulers_are_not() {
        assert!(!is_junk(|number| "*".repeat(6 + number)));
        assert!(!is_junk(|_| "-".repeat(72)));
        assert!(!is_junk(|number| format!("{} state {number}", "=".repeat(60 + number * 20))));
    }
}
