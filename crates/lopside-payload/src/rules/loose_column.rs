//! A column of records that no encoder gives.
//!
//! Speaks for: messages of text whose parts are joined by the same mark, the last or first of which is drawn evenly from hex or base64 in
//! lengths to which no bytes encode: odd in hex, one more than whole groups in base64. Silent for: tokens of letters and digits, values
//! of few lengths, encodings. Minimum: 10 messages, 8 lengths, 4 impossible ones and a tenth of all, 256 symbols.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::reading::Unit;
use crate::statistics::even;

/// The fewest messages.
const LEAST: usize = 10;
/// How many lengths there are, and how many of the values have impossible ones.
const LENGTHS: usize = 8;
const IMPOSSIBLE: usize = 4;
/// The fewest symbols of a value, and of all.
const SHORTEST: usize = 12;
const SYMBOLS: usize = 256;
/// Symbols of hex that are taken for hex.
const HEX: usize = 24;
/// Marks that join parts.
const MARKS: [u8; 6] = [b';', b'|', b'\t', b',', b'#', b':'];

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts: Vec<&[u8]> = look
        .reading
        .units
        .iter()
        .filter(|unit| {
            unit.whole && !unit.headless && unit.document.is_none() && unit.bytes.len() >= 2 * SHORTEST
        })
        .filter_map(record)
        .collect();
    if texts.len() < LEAST {
        return Vec::new();
    }
    MARKS.iter().find_map(|mark| joined_by(&texts, *mark, look.limit)).into_iter().collect()
}

/// The text of a message without what ends it.
fn record<'a>(unit: &'a Unit<'_>) -> Option<&'a [u8]> {
    let bytes = crate::class::behind_header(unit.bytes.as_ref().trim_ascii_end());
    let bytes =
        unit.bytes.strip_suffix(b"\0").filter(|_| unit.bytes.len() > 16).unwrap_or(bytes).trim_ascii_end();
    crate::class::is_text(bytes).then_some(bytes)
}

fn joined_by(texts: &[&[u8]], mark: u8, limit: f64) -> Option<Evidence> {
    let last = |text: &&[u8]| -> Option<usize> { memchr::memrchr(mark, text) };
    let (mut pool, mut impossible, mut hex, mut other) = (Pool::default(), 0, Vec::new(), Vec::new());
    for text in texts {
        let Some(value) = last(text).and_then(|at| text.get(at + 1..)) else { continue };
        let symbol = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        if value.len() < SHORTEST || !value.iter().all(symbol) || is_language(value, 4.0) {
            continue;
        }
        let is_hex = value.iter().all(u8::is_ascii_hexdigit);
        if is_hex && value.len() >= HEX {
            hex.extend_from_slice(value);
            impossible += usize::from(!value.len().is_multiple_of(2));
        } else {
            other.extend_from_slice(value);
            impossible += usize::from(value.len() % 4 == 1);
        }
        pool.put(value, text.len(), false);
    }
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let most = pool.count >= LEAST && pool.count * 10 >= texts.len() * 8 && pool.total >= SYMBOLS;
    if !most || lengths.len() < LENGTHS || impossible < IMPOSSIBLE || impossible * 10 < pool.count {
        return None;
    }
    // Tokens of letters and digits may have any length: symbols of base64 say that it is base64.
    let base64 = other.iter().filter(|byte| matches!(byte, b'+' | b'/')).count() * 128 >= other.len();
    let drawn = |symbols: &[u8]| symbols.len() < 64 || even(symbols, limit).is_some();
    (base64 && drawn(&hex) && drawn(&other)).then(|| {
        let text = format!(
            "the last parts of {} of {} messages are drawn evenly and have {} lengths, {impossible} of them such as no encoder gives: {} symbols",
            pool.count,
            texts.len(),
            lengths.len(),
            pool.total
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fn is_marked(value: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(66);
        let mut talk = Talk::default();
        for number in 0..24 {
            let head = format!("{number};7;host;the report of the day is {number};");
            let value = value(&mut chance);
            talk.send(&[head.as_bytes(), &value, b"\0"].concat());
            talk.reply(b"ok\0");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("no encoder gives"))
    }

    #[test]
    fn columns_of_lengths_that_no_encoder_gives_are_junk() {
        assert!(is_marked(|chance| {
            let length = 40 + chance.below(200);
            let hex = chance.below(2) == 0;
            chance.of(if hex { b"0123456789abcdef" } else { BASE64 }, length)
        }));
    }

    #[test]
    fn encoded_values_and_tokens_are_not() {
        assert!(!is_marked(|chance| {
            let length = 40 + chance.below(200);
            encode(&chance.bytes(length))
        }));
        assert!(!is_marked(|chance| chance.of(BASE64, 45)));
        assert!(!is_marked(|chance| {
            let length = 40 + chance.below(200);
            chance.of(BASE64.get(..62).unwrap(), length)
        }));
    }
}
