//! Noise joined to one end of an encoded text, or to both.

use super::reads_whole;
use crate::class;
use crate::content::document;
use crate::content::encoding::{base64_from, base64_value, hex};

/// Noise beside an encoded text: the symbols that are in no part that decodes to text, where such parts make up half of the value.
pub(super) fn shifted(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() > 8 << 10 {
        return None;
    }
    if value.iter().all(u8::is_ascii_hexdigit) {
        return uncovered(value, 2, |offset| {
            let rest = value.get(offset..)?;
            hex(rest.get(..rest.len() & !1)?)
        });
    }
    // Padding ends a value: what follows it belongs to no encoding.
    let padding = value.iter().position(|byte| *byte == b'=').unwrap_or(value.len());
    let (symbols, rest) = value.split_at(padding);
    let rest = rest.iter().skip_while(|byte| **byte == b'=').copied().collect::<Vec<u8>>();
    if symbols.len() < 24 || !symbols.iter().all(|byte| base64_value(*byte).is_some()) {
        return None;
    }
    // A file has bytes between its texts that are none.
    let is_file = |bytes: &[u8]| {
        document::at_start(bytes, true).is_some_and(|found| found.complete && !found.kind.text())
    };
    if is_file(&base64_from(symbols, 0)) && rest.len() < 8 {
        return None;
    }
    let before = || uncovered(symbols, 4, |offset| Some(base64_from(symbols, offset)));
    if rest.len() < 8 {
        return before();
    }
    if !rest.iter().all(|byte| base64_value(*byte).is_some() || *byte == b'=') {
        return None;
    }
    if reads_whole(&base64_from(symbols, 0)) {
        return Some(rest);
    }
    // Noise on both sides, where one text is all there is between.
    let one = rest.len() < symbols.len() && !rest.contains(&b'=');
    before().filter(|_| one).map(|noise| [noise, rest].concat())
}

/// The symbols outside of the parts that decode to text, at whatever offset. Symbols to a byte: 2 of hex, 4 to 3 of base64.
fn uncovered(symbols: &[u8], group: usize, decoded: impl Fn(usize) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut covered = vec![false; symbols.len()];
    let place = |offset: usize, at: usize| if group == 2 { offset + 2 * at } else { offset + at * 4 / 3 };
    for offset in 0..group {
        for (from, length) in text_runs(&decoded(offset)?) {
            let until = place(offset, from + length).min(symbols.len());
            covered.get_mut(place(offset, from)..until)?.fill(true);
        }
    }
    let outside = covered.iter().filter(|covered| !**covered).count();
    if outside < 6 || outside * 2 > symbols.len() {
        return None;
    }
    // Noise is joined in one place, or at both ends; what is binary between many texts is part of what was encoded.
    let widest =
        covered.chunk_by(|a, b| a == b).filter(|run| run.first() == Some(&false)).map(<[bool]>::len).max();
    let open = |covered: &&bool| !**covered;
    let ends = covered.iter().take_while(open).count() + covered.iter().rev().take_while(open).count();
    if widest.unwrap_or(0).max(ends) * 4 < outside * 3 {
        return None;
    }
    // Symbols at a seam belong half to the text.
    let (mut noise, mut start) = (Vec::new(), 0);
    for run in covered.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.first() == Some(&false) {
            let (from, until) = (
                if start == 0 { 0 } else { start + 3 },
                if end == symbols.len() { end } else { end.saturating_sub(3) },
            );
            noise.extend_from_slice(symbols.get(from..until).unwrap_or_default());
        }
        start = end;
    }
    (noise.len() >= 4).then_some(noise)
}

/// Runs of text that hold words: where they start, and their lengths.
pub(in crate::rules) fn text_runs(bytes: &[u8]) -> Vec<(usize, usize)> {
    let words = |run: &[u8]| {
        let letter = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || **byte == b' ';
        run.iter().filter(letter).count() * 2 > run.len()
    };
    let runs = class::text_runs(bytes, 12).into_iter();
    let runs = runs.filter(|(start, end)| bytes.get(*start..*end).is_some_and(words));
    runs.map(|(start, end)| (start, end - start)).collect()
}
