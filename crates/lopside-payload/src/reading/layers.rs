//! What encoded values and messages hold, as units of their own.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Carrier, Reading, Unit};
use crate::content::json;
use crate::peel::{Peeled, peel, peel_labelled};

/// Encoded values looked into.
const LAYERS: usize = 128;
/// Shorter values are not looked into.
const SHORTEST_ENCODED: usize = 24;

impl Reading<'_> {
    /// What encoded values hold, as units of their own.
    pub(super) fn layers(&mut self) {
        let mut layers = Vec::new();
        for values in self.slots.values() {
            for value in values.iter().filter(|value| value.bytes.len() >= SHORTEST_ENCODED).take(64) {
                if layers.len() < LAYERS
                    && let Some(inner) = peel(&value.bytes).filter(shows_text)
                {
                    layers.push((value.turn, inner));
                }
            }
        }
        for unit in &mut self.units {
            if layers.len() < LAYERS
                && unit.bytes.len() >= SHORTEST_ENCODED
                && unit.whole
                && let Some(inner) = peel_labelled(&unit.bytes).filter(shows_text)
            {
                unit.wraps = true;
                layers.push((unit.turn, inner));
            }
        }
        for (turn, inner) in layers {
            if let Some(json) = json::read(&inner.bytes) {
                self.json(turn, &inner.bytes, &json);
            }
            self.units.push(Unit::new(Cow::Owned(inner.bytes), turn, Carrier::Layer));
        }
    }
}

/// Whether there is text in what a value holds: all of it, a good part, or every second byte.
fn shows_text(inner: &Peeled) -> bool {
    inner.reads || holds_text(&inner.bytes) || is_half_text(&inner.bytes)
}

/// Whether every second byte is text, and the others are of many kinds: those of UTF-16 are not.
fn is_half_text(bytes: &[u8]) -> bool {
    const SHORTEST: usize = 64;
    const LONGEST: usize = 256;
    const KINDS: usize = 8;
    let start = bytes.get(..bytes.len().min(LONGEST)).unwrap_or(bytes);
    let half = |from: usize| start.iter().skip(from).step_by(2);
    let reads = |from| half(from).all(|byte| matches!(byte, 32..=126 | b'\n' | b'\r' | b'\t'));
    let kinds = |from| half(from).collect::<BTreeSet<_>>().len();
    start.len() >= SHORTEST && (reads(0) && kinds(1) >= KINDS || reads(1) && kinds(0) >= KINDS)
}

/// Whether a good part of some bytes is text.
fn holds_text(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, 32..=126 | b'\n' | b'\r' | b'\t');
    let runs = bytes.split(|byte| !printable(byte)).filter(|run| run.len() >= 16);
    runs.map(<[u8]>::len).sum::<usize>() * 10 >= bytes.len() * 3
}

#[cfg(test)]
mod tests {
    use super::is_half_text;
    use crate::testing::Chance;

    #[test]
    fn every_second_byte_may_be_text() {
        let mut chance = Chance::new(3);
        let text = "the report of the pump in hall four is attached".bytes();
        let woven: Vec<u8> = text.clone().flat_map(|byte| [byte, chance.bytes(1)[0]]).collect();
        assert!(is_half_text(&woven) && is_half_text(&woven[1..]));
        assert!(!is_half_text(&woven[..60]) && !is_half_text(&chance.bytes(200)));
        assert!(!is_half_text(&text.flat_map(|byte| [byte, 0]).collect::<Vec<u8>>()));
    }
}
