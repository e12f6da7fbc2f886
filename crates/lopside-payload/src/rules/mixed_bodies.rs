//! Bodies of one type of text of which some read and some are noise.
//!
//! Speaks for: requests to one place that are all declared as text in a character set, where bodies that read and bodies that no
//! character set has, drawn evenly, in many lengths, take turns: whoever seals what it sends seals all of it, or from some message on.
//! Silent for: bodies that are all sealed, sealed ones behind a handshake that reads, other types. Minimum: 4 bodies of each kind, 4
//! turns, 4 lengths, 64 bytes of noise in each.

use std::collections::BTreeSet;

use super::Look;
use crate::class::Class;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::Alphabet;

/// The fewest bodies of each kind, changes between them, and lengths.
const LEAST: usize = 4;
/// The fewest bytes of a body.
const BYTES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts = look.reading.units.iter().filter(|unit| is_text_by_its_label(unit));
    let kinds: Vec<(bool, usize)> =
        texts.filter_map(|unit| Some((is_noise(unit)?, unit.bytes.len()))).collect();
    let noise: BTreeSet<usize> =
        kinds.iter().filter(|(noise, _)| *noise).map(|(_, length)| *length).collect();
    let count = kinds.iter().filter(|(noise, _)| *noise).count();
    let turns = kinds.windows(2).filter(|pair| matches!(pair, [a, b] if a.0 != b.0)).count();
    if count < LEAST || kinds.len() - count < LEAST || turns < LEAST || noise.len() < LEAST {
        return Vec::new();
    }
    let total: usize = kinds.iter().map(|(_, length)| length).sum();
    let held: usize = kinds.iter().filter(|(noise, _)| *noise).map(|(_, length)| length).sum();
    let text = format!(
        "{count} of {} bodies that are declared as text are noise, {held} bytes, in turns with others that read",
        kinds.len()
    );
    vec![Evidence::statistic(count, held as f64 / total.max(1) as f64, 0.6, text)]
}

fn is_text_by_its_label(unit: &Unit<'_>) -> bool {
    let text = unit.declared.starts_with("text/") && unit.declared != "text/html";
    unit.carrier == Carrier::Http && text && !unit.partial && !unit.undecoded && unit.bytes.len() >= BYTES
}

/// Whether a body is noise or reads; `None` for anything between.
fn is_noise(unit: &Unit<'_>) -> Option<bool> {
    match unit.class {
        Class::Random(even) if even.alphabet == Alphabet::Bytes => Some(true),
        Class::Text | Class::Document(_) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(is_noise: impl Fn(usize) -> bool) -> Verdict {
        let mut chance = Chance::new(6);
        let mut talk = Talk::default();
        for n in 0..24 {
            let length = 100 + chance.below(900);
            let lines: Vec<String> = (0..=length / 40)
                .map(|_| format!("{} of {} are there; ", chance.below(999), chance.below(99)))
                .collect();
            let text = format!("report {n}: all is quiet, {}", lines.concat());
            let body = if is_noise(n) { chance.bytes(length) } else { text.into_bytes() };
            talk.post("text/plain", &body);
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    #[test]
    fn noise_in_turns_with_text_is_suspect_and_sealed_sessions_are_not() {
        assert_eq!(judged(|n| n % 3 == 0), Verdict::Suspect);
        // A handshake that reads, and all that follows sealed.
        assert_ne!(judged(|n| n >= 6), Verdict::Suspect);
        assert_ne!(judged(|_| true), Verdict::Suspect);
    }
}
