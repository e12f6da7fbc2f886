//! Bodies of one type of text of which some read and some are noise.
//!
//! Speaks for: bodies of HTTP and of other protocols with a head of lines (STOMP, SIP, MSRP) that are all declared as text, where bodies
//! that read and bodies that no character set has, drawn evenly, in many lengths, take turns: whoever seals what it sends seals all of
//! it, or from some message on.
//! Silent for: bodies that are all sealed, sealed ones behind a handshake that reads, other types. Minimum: 4 bodies of each kind, 4
//! turns, 4 lengths, 64 bytes of noise in each.

use std::collections::BTreeSet;

use super::Look;
use crate::class::{Class, class};
use crate::content::{decimal, find as find_bytes, mime, place};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::Alphabet;

/// The fewest bodies of each kind, changes between them, and lengths.
const LEAST: usize = 4;
/// The fewest bytes of a body.
const BYTES: usize = 64;
/// The longest head of lines, and how many messages of one stretch are looked at.
const HEAD: usize = 1 << 10;
const MESSAGES: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts = look.reading.units.iter().filter(|unit| is_text_by_its_label(unit));
    let kinds: Vec<(bool, usize)> =
        texts.filter_map(|unit| Some((is_noise(unit.class)?, unit.bytes.len()))).collect();
    judge(&kinds).or_else(|| judge(&behind_heads(look))).into_iter().collect()
}

/// Whether each body behind a head of lines that declares text is noise, and its length.
fn behind_heads(look: &Look<'_>) -> Vec<(bool, usize)> {
    let mut kinds = Vec::new();
    for unit in look.reading.whole_raw(BYTES).filter(|unit| unit.document.is_none()) {
        let mut rest = unit.bytes.as_ref();
        for _ in 0..MESSAGES {
            let Some((head, body, behind)) = headed(rest) else { break };
            rest = behind;
            let declared = mime::header(head, "content-type").unwrap_or_default().to_ascii_lowercase();
            let is_encoded = ["content-encoding", "content-transfer-encoding"]
                .iter()
                .any(|name| mime::header(head, name).is_some());
            if declared.starts_with(b"text/") && !is_encoded && body.len() >= BYTES {
                kinds.extend(is_noise(class(body, None, look.limit)).map(|noise| (noise, body.len())));
            }
        }
    }
    kinds
}

/// A head of lines at the start of some text, the body behind it and what follows that: as long as the head says, or to the end.
fn headed(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = text.iter().position(|byte| !matches!(byte, 0 | b'\r' | b'\n'))?;
    let text = text.get(start..)?;
    let near = text.get(..text.len().min(HEAD))?;
    let ends = [b"\n\n".as_slice(), b"\r\n\r\n"].into_iter();
    let (at, length) = ends.filter_map(|end| Some((find_bytes(near, end, 0)?, end.len()))).min()?;
    let head = text
        .get(..at)
        .filter(|head| head.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')))?;
    let body = text.get(at + length..)?;
    let said = mime::header(head, "content-length").and_then(|digits| decimal(digits.trim_ascii()));
    let (body, behind) = body.split_at_checked(said.map_or(body.len(), place))?;
    Some((head, body, behind))
}

fn judge(kinds: &[(bool, usize)]) -> Option<Evidence> {
    let noise: BTreeSet<usize> =
        kinds.iter().filter(|(noise, _)| *noise).map(|(_, length)| *length).collect();
    let count = kinds.iter().filter(|(noise, _)| *noise).count();
    let turns = kinds.windows(2).filter(|pair| matches!(pair, [a, b] if a.0 != b.0)).count();
    if count < LEAST || kinds.len() - count < LEAST || turns < LEAST || noise.len() < LEAST {
        return None;
    }
    let total: usize = kinds.iter().map(|(_, length)| length).sum();
    let held: usize = kinds.iter().filter(|(noise, _)| *noise).map(|(_, length)| length).sum();
    let text = format!(
        "{count} of {} bodies that are declared as text are noise, {held} bytes, in turns with others that read",
        kinds.len()
    );
    Some(Evidence::statistic(count, held as f64 / total.max(1) as f64, 0.6, text))
}

fn is_text_by_its_label(unit: &Unit<'_>) -> bool {
    let text = unit.declared.starts_with("text/") && unit.declared != "text/html";
    unit.carrier == Carrier::Http && text && !unit.partial && !unit.undecoded && unit.bytes.len() >= BYTES
}

/// Whether a body is noise or reads; `None` for anything between.
fn is_noise(class: Class) -> Option<bool> {
    match class {
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

    /// Messages of STOMP under a type, of which some are noise.
    fn is_junk_behind_heads(declared: &str, lengths: usize, is_noise: impl Fn(usize) -> bool) -> bool {
        let mut chance = Chance::new(7);
        let mut talk = Talk::default();
        for n in 0..24 {
            let length = 200 + chance.below(lengths);
            let text = "all is quiet in the hall, ".repeat(length / 26);
            let body = if is_noise(n) { chance.bytes(length) } else { text.into_bytes() };
            let head = format!("SEND\ndestination:/q/logs\n{declared}\ncontent-length:{}\n\n", body.len());
            talk.send(&[head.as_bytes(), &body, b"\0"].concat());
            talk.reply(b"RECEIPT\n\n\0");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("in turns with others"))
    }

    #[test]
    fn bodies_of_other_protocols_are_judged_by_their_heads() {
        assert!(is_junk_behind_heads("content-type:text/plain", 600, |n| n % 3 == 0));
        assert!(!is_junk_behind_heads("content-type:text/plain", 600, |n| n >= 6));
        assert!(!is_junk_behind_heads("content-type:text/plain", 1, |n| n % 3 == 0));
        assert!(!is_junk_behind_heads("content-type:application/octet-stream", 600, |n| n % 3 == 0));
        let encoded = "content-type:text/plain\ncontent-encoding:aes128gcm";
        assert!(!is_junk_behind_heads(encoded, 600, |n| n % 3 == 0));
    }

    #[test]
    fn noise_in_turns_with_text_is_suspect_and_sealed_sessions_are_not() {
        assert_eq!(judged(|n| n % 3 == 0), Verdict::Suspect);
        // A handshake that reads, and all that follows sealed.
        assert_ne!(judged(|n| n >= 6), Verdict::Suspect);
        assert_ne!(judged(|_| true), Verdict::Suspect);
    }
}
