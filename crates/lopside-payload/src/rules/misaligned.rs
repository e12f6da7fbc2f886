//! Encoded text that goes on at another place of its groups: something was put into it, or before it.
//!
//! Speaks for: base64 or hex that decodes to text, and from some place on to text only when it is read from another symbol of its groups,
//! with a few symbols between that belong to neither; and text that decodes from a symbol on at which no group begins, behind symbols that
//! change. Silent for: what decodes from its start, joined texts without anything between them, marks of a version that stay the same.
//! Minimum: 4 values, four fifths of those that are encoded, with 4 to 96 symbols each.

use std::collections::BTreeSet;

use super::Look;
use super::encodings::text_runs;
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;

/// The fewest values.
const LEAST: usize = 4;
/// The fewest and the most symbols that were put in.
const PUT_IN: std::ops::RangeInclusive<usize> = 4..=96;
/// The shortest and the longest value that is looked at.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=4096;
/// Values looked at in one direction.
const VALUES: usize = 256;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pieces, mut texts, mut around) = (Vec::new(), 0, 0);
    for value in look.reading.may_be_encoded(LENGTHS).into_iter().take(VALUES) {
        match read(value) {
            Some(Text::With(piece)) => {
                pieces.push(piece);
                around += value.len();
            }
            Some(Text::Alone) => texts += 1,
            None => {}
        }
    }
    let distinct: BTreeSet<&[u8]> = pieces.iter().copied().collect();
    if pieces.len() < LEAST || pieces.len() < 4 * texts || distinct.len() * 2 < pieces.len() {
        return Vec::new();
    }
    let symbols: usize = pieces.iter().map(|piece| piece.len()).sum();
    let text = format!(
        "{} encoded texts go on at another symbol of their groups behind symbols that belong to neither part: {symbols} symbols",
        pieces.len()
    );
    let share = symbols as f64 / around as f64;
    let first = pieces.first().copied().unwrap_or_default();
    vec![Evidence::contradiction(pieces.len(), share, text).with_example(first)]
}

/// A text in some symbols: from which to which, and where its groups begin.
#[derive(Clone, Copy, Debug)]
struct Part {
    from: usize,
    until: usize,
    offset: usize,
}

/// An encoded text, and the symbols that were put into it or before it.
enum Text<'v> {
    Alone,
    With(&'v [u8]),
}

/// The encoded text that a value is; `None` for anything else.
fn read(value: &[u8]) -> Option<Text<'_>> {
    let symbols = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
    let parts = parts(symbols)?;
    let covered: usize = parts.iter().map(|part| part.until - part.from).sum();
    // The ends of texts are hidden by groups that are not whole.
    if covered * 10 < symbols.len() * 7 {
        return None;
    }
    let piece = match parts.as_slice() {
        [only] if only.offset == 0 => return Some(Text::Alone),
        [only] => symbols.get(..only.from)?,
        [first, second] if first.offset == 0 && second.offset != 0 => {
            symbols.get(first.until..second.from)?
        }
        _ => return None,
    };
    PUT_IN.contains(&piece.len()).then_some(Text::With(piece))
}

/// The texts in some symbols, one after the other, at most two; `None` where the symbols are of no encoding.
fn parts(symbols: &[u8]) -> Option<Vec<Part>> {
    let is_hex = symbols.iter().all(u8::is_ascii_hexdigit);
    if !is_hex && !symbols.iter().all(|byte| base64_value(*byte).is_some()) {
        return None;
    }
    // Symbols and bytes of a group.
    let (group, bytes) = if is_hex { (2, 1) } else { (4, 3) };
    let mut found: Vec<Part> = Vec::new();
    for offset in 0..group {
        let rest = symbols.get(offset..)?;
        let decoded = if is_hex { hex(rest.get(..rest.len() & !1)?)? } else { base64_from(symbols, offset) };
        for (from, length) in text_runs(&decoded) {
            let place = |at: usize| offset + at * group / bytes;
            found.push(Part { from: place(from), until: place(from + length).min(symbols.len()), offset });
        }
    }
    found.sort_unstable_by_key(|part| part.from);
    let apart = found.windows(2).all(|pair| matches!(pair, [a, b] if a.until <= b.from + 4));
    (apart && (1..=2).contains(&found.len())).then_some(found)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const TEXT: &[u8] = b"list of files in the folder of the user, with their sizes and times, number ";

    fn judged(hexadecimal: bool, change: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(71);
        let mut talk = Talk::default();
        for number in 0..12 {
            let text = [TEXT, format!("{number} of the day").as_bytes()].concat();
            let value = if hexadecimal {
                text.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
            } else {
                encode(&text)
            };
            let value = change(&mut chance, value);
            talk.post("text/plain", &value);
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn symbols_of_one_length_in_an_encoding_or_before_it_are_junk() {
        let symbols = |chance: &mut Chance, count| {
            chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", count)
        };
        for count in [5, 6, 7] {
            assert!(judged(false, |chance, value| {
                [&value[..40], &symbols(chance, count), &value[40..]].concat()
            }));
        }
        assert!(judged(false, |chance, value| [symbols(chance, 5), value].concat()));
        assert!(
            judged(true, |chance, value| [&value[..41], &chance.of(b"89abcdef", 7), &value[41..]].concat())
        );
    }

    #[test]
    fn whole_encodings_and_marks_before_them_are_not() {
        assert!(!judged(false, |_, value| value));
        assert!(!judged(true, |_, value| value));
        assert!(!judged(false, |_, value| [b"v2kid".as_slice(), &value].concat()));
        // Two texts joined, the padding of the first left out.
        assert!(!judged(false, |_, value| {
            let value = value.into_iter().filter(|byte| *byte != b'=').collect::<Vec<u8>>();
            [value.as_slice(), &value].concat()
        }));
    }
}
