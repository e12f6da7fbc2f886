//! The same noise around every message.
//!
//! Speaks for: a block that is drawn evenly, and yet is the same at the head or the tail of each message while the rest changes: no
//! cipher and no compressor gives that, and no format has such a header. Silent for: headers of formats that are read, blocks that are all but a few bytes of each message, encoded texts
//! that begin alike, forms that end alike (in a token), and whole messages that repeat. Minimum: 3 messages, a block of 96 bytes.

use super::Look;
use crate::evidence::Evidence;
use crate::peel::{decode, reads};
use crate::reading::Unit;
use crate::statistics::even;

const MESSAGES: usize = 3;
const LEAST: usize = 96;
/// From this share on the block is the message, and no frame around one.
const WHOLE: f64 = 0.97;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let usable = |unit: &&Unit<'_>| unit.bytes.len() >= LEAST && !unit.headless && !encoded_text(&unit.bytes);
    let units: Vec<&Unit<'_>> = look.reading.units.iter().filter(usable).collect();
    let read = |unit: &&Unit<'_>| unit.document.is_some_and(|found| !found.broken);
    if units.len() < MESSAGES || units.iter().filter(|unit| read(unit)).count() * 2 > units.len() {
        return Vec::new();
    }
    let heads: Vec<&[u8]> = units.iter().map(|unit| unit.bytes.as_ref()).collect();
    let ends: Vec<&[u8]> = units
        .iter()
        .filter(|unit| !unit.declared.contains("urlencoded"))
        .filter_map(|unit| {
            if unit.whole { Some(unit.bytes.as_ref()) } else { (!unit.tail.is_empty()).then_some(unit.tail) }
        })
        .collect();
    let head = shared(&heads, |message, place| message.get(place).copied());
    let tail = shared(&ends, |message, place| {
        message.len().checked_sub(place + 1).and_then(|at| message.get(at).copied())
    });
    let total: usize = heads.iter().map(|message| message.len()).sum();
    let mut found = Vec::new();
    for (place, (count, block)) in [("start", head), ("end", tail)] {
        if block.len() >= LEAST
            && count >= MESSAGES
            && [0, 16]
                .iter()
                .any(|skip| piece(&block, *skip).is_some_and(|piece| even(piece, look.limit).is_some()))
        {
            let share = (block.len() * count) as f64 / total as f64;
            // A test of load sends one block and a number: nothing stands in the frame.
            if share >= WHOLE {
                continue;
            }
            let text = format!(
                "{count} of {} messages {place} with the same {} bytes of noise, {:.0} % of them",
                units.len(),
                block.len(),
                share.min(1.0) * 100.0
            );
            found.push(Evidence::contradiction(count, share.min(1.0), text).with_example(&block));
        }
    }
    found
}

/// Whether a message is base64 or hex of something that reads: texts that begin alike are encoded alike, and seem to be drawn evenly.
fn encoded_text(message: &[u8]) -> bool {
    // A mark of a version may stand before it.
    (0..8).filter_map(|from| decode(message.get(from..)?)).any(|decoded| reads(&decoded))
}

/// The outer half of the block, behind a short header: noise that begins with the message, not a ticket inside it.
fn piece(block: &[u8], skip: usize) -> Option<&[u8]> {
    block.get(skip..skip + ((block.len() - skip.min(block.len())) / 2).max(LEAST / 2))
}

/// What most messages share from one end on: how many share it, and the bytes. Whole messages that repeat share nothing that counts.
fn shared(messages: &[&[u8]], at: impl Fn(&[u8], usize) -> Option<u8>) -> (usize, Vec<u8>) {
    let mut distinct: Vec<&[u8]> = messages.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < MESSAGES {
        return (0, Vec::new());
    }
    let Some(model) = distinct.get(distinct.len() / 2) else { return (0, Vec::new()) };
    let length = |message: &[u8]| {
        (0..)
            .take_while(|place| at(message, *place).is_some() && at(message, *place) == at(model, *place))
            .count()
    };
    let mut lengths: Vec<usize> = distinct
        .iter()
        .filter(|message| message.as_ptr() != model.as_ptr())
        .map(|message| length(message))
        .collect();
    lengths.sort_unstable();
    // Three in four share at least this much.
    let common = lengths.get(lengths.len() / 4).copied().unwrap_or(0);
    let count = lengths.iter().filter(|length| **length >= common).count() + 1;
    (count, (0..common).filter_map(|place| at(model, place)).collect())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    #[test]
    fn the_same_noise_around_changing_content_is_junk() {
        let mut chance = Chance::new(8);
        let (head, tail) = (chance.bytes(900), chance.bytes(1400));
        let mut talk = Talk::default();
        let mut bare = Talk::default();
        for _ in 0..6 {
            let length = 40 + chance.below(100);
            let body = chance.bytes(length);
            talk.post("text/html", b"");
            talk.answer(&[head.as_slice(), &body, &tail].concat());
            bare.post("text/html", b"");
            bare.answer(&body);
        }
        assert_eq!(talk.judge().verdict, Verdict::Junk);
        assert!(!bare.judge().junk);
    }

    #[test]
    fn a_form_that_ends_in_the_same_token_each_time_is_not() {
        let mut chance = Chance::new(9);
        let token = chance.of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 800);
        let judged = |kind: &str| {
            let mut talk = Talk::default();
            for number in 0..20 {
                let start = format!("grant_type=refresh_token&client_id={number}&refresh_token=");
                talk.post(kind, &[start.as_bytes(), &token].concat());
                talk.answer(b"ok");
            }
            talk.judge().reasons
        };
        let told = |kind| judged(kind).iter().any(|reason| reason.contains("end with the same"));
        assert!(!told("application/x-www-form-urlencoded"));
        assert!(told("application/octet-stream"));
    }

    #[test]
    fn a_test_of_load_sends_one_block_with_a_number() {
        let judged = |header: usize| {
            let mut chance = Chance::new(10);
            let block = chance.bytes(1200);
            let mut talk = Talk::default();
            for _ in 0..30 {
                talk.datagram(&[chance.bytes(header).as_slice(), &block].concat());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("end with the same"))
        };
        assert!(!judged(12));
        assert!(judged(120));
    }
}
