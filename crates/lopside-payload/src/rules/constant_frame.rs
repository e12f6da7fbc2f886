//! The same noise around every message.
//!
//! Speaks for: a block that is drawn evenly, and yet is the same at the head or the tail of each message while the rest changes: no
//! cipher and no compressor gives that, and no format has such a header. Silent for: headers of formats that are read, blocks that are
//! all but a few bytes of each message, encoded texts that begin alike, forms that end alike (in a token), and whole messages that
//! repeat. Minimum: 3 messages, a block of 96 bytes.

use super::Look;
use super::shared_ends::{heads, tails};
use crate::evidence::Evidence;
use crate::peel::{decode, reads};
use crate::reading::Unit;
use crate::statistics::{even, even_among, histogram};

const MESSAGES: usize = 3;
const LEAST: usize = 96;
/// How many kinds of characters noise of an alphabet of its own has, and how often each comes at least.
const OWN: std::ops::RangeInclusive<usize> = 20..=94;
const OFTEN: usize = 4;
/// From this share on the block is the message, and no frame around one.
const WHOLE: f64 = 0.97;
/// Of what shows how a long message ends: how far from its end that begins, and how far it leaves off, for what closes an upload.
const LAST: usize = 1024;
const END: usize = 256;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let usable = |unit: &&Unit<'_>| unit.bytes.len() >= LEAST && !unit.headless && !encoded_text(&unit.bytes);
    let units: Vec<&Unit<'_>> = look.reading.units.iter().filter(usable).collect();
    let read = |unit: &&Unit<'_>| unit.document.is_some_and(|found| !found.broken);
    if units.len() < MESSAGES || units.iter().filter(|unit| read(unit)).count() * 2 > units.len() {
        return Vec::new();
    }
    let total: usize = units.iter().map(|unit| seen(unit)).sum();
    let mut found = Vec::new();
    for (place, count, block) in [("start", at_start(&units)), ("end", at_end(&units))]
        .into_iter()
        .filter_map(|(place, frame)| frame.map(|(count, block)| (place, count, block)))
    {
        let noise =
            [0, 16].iter().any(|skip| piece(block, *skip).is_some_and(|piece| is_noise(piece, look.limit)));
        let share = (block.len() * count) as f64 / total as f64;
        // A test of load sends one block and a number: nothing stands in the frame.
        if block.len() < LEAST || count < MESSAGES || !noise || share >= WHOLE {
            continue;
        }
        let text = format!(
            "{count} of {} messages {place} with the same {} bytes of noise, {:.0} % of them",
            units.len(),
            block.len(),
            share.min(1.0) * 100.0
        );
        found.push(Evidence::contradiction(count, share.min(1.0), text).with_example(block));
    }
    found
}

/// Whether bytes are drawn evenly from an alphabet that encoders use, or from one of their own.
fn is_noise(piece: &[u8], limit: f64) -> bool {
    let counts = histogram(piece);
    // Of letters, digits and signs each comes as often as any other in no text and no code.
    let of_own =
        || even_among(&counts).filter(|(kinds, _)| OWN.contains(kinds) && piece.len() >= OFTEN * kinds);
    // States of pages are base64 with escapes.
    let is_sign = |byte: &&u8| !byte.is_ascii_alphanumeric() && !b"+/=-_%".contains(*byte);
    let signs = piece.iter().filter(is_sign).count() * 16 >= piece.len();
    even(piece, limit).is_some() || signs && of_own().is_some_and(|(_, deviations)| deviations.abs() <= limit)
}

/// What was kept of a message.
fn seen(unit: &Unit<'_>) -> usize {
    unit.bytes.len() + unit.tail.len()
}

/// What the messages start with, behind headers, and how many.
fn at_start<'u>(units: &[&'u Unit<'_>]) -> Option<(usize, &'u [u8])> {
    let mut different: Vec<&Unit<'_>> = units.to_vec();
    different.sort_unstable_by_key(|unit| (unit.bytes.as_ref(), unit.tail));
    different.dedup_by_key(|unit| (unit.bytes.as_ref(), unit.tail));
    let messages: Vec<&[u8]> = different.iter().map(|unit| unit.bytes.as_ref()).collect();
    let found = heads(&messages)?;
    let goes_on = |(index, start): &(usize, usize)| {
        different.get(*index).is_some_and(|unit| goes_on(unit, start + found.block.len()))
    };
    (different.len() >= MESSAGES && found.starts.iter().all(goes_on))
        .then_some((found.starts.len(), found.block))
}

/// Whether a message is known to go on as something else: where the sample ends in the block, by its last bytes.
fn goes_on(unit: &Unit<'_>, end: usize) -> bool {
    if unit.whole || end < unit.bytes.len() {
        return true;
    }
    let last = unit.tail.len().checked_sub(LAST).and_then(|from| unit.tail.get(from..unit.tail.len() - END));
    let alphabet = |bytes: &[u8]| even(bytes, 6.0).map(|found| found.alphabet);
    let first = unit.bytes.get(unit.bytes.len().saturating_sub(LAST)..).unwrap_or_default();
    last.is_some_and(|last| alphabet(last) != alphabet(first))
}

/// What the messages end with, and how many.
fn at_end<'u>(units: &[&'u Unit<'_>]) -> Option<(usize, &'u [u8])> {
    let mut ends: Vec<&[u8]> = units
        .iter()
        .filter(|unit| !unit.declared.contains("urlencoded"))
        .filter_map(|unit| {
            if unit.whole { Some(unit.bytes.as_ref()) } else { (!unit.tail.is_empty()).then_some(unit.tail) }
        })
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let (block, count) = tails(&ends)?;
    (ends.len() >= MESSAGES).then_some((count, block))
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::testing::{Chance, Talk};
    use flate2::Compression;
    use flate2::write::GzEncoder;
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
    fn noise_of_an_alphabet_of_its_own_is_noise_and_code_is_not() {
        let judged = |head: &[u8]| {
            let mut talk = Talk::default();
            for number in 0..8 {
                talk.post(
                    "text/html",
                    &[head, format!("report {number} of the night: all is quiet").as_bytes()].concat(),
                );
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("start with the same"))
        };
        let mut chance = Chance::new(13);
        assert!(judged(&chance.of(b"abcdefghijklmnopqrstuvwxyz<>=/\"", 700)));
        assert!(judged(
            &chance.of(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(){};. ", 700)
        ));
        let code = include_bytes!("constant_frame.rs");
        assert!(!judged(code.get(2000..2700).unwrap()));
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

    #[test]
    fn headers_of_several_lengths_may_stand_before_the_noise() {
        let mut chance = Chance::new(11);
        let head = chance.bytes(300);
        let mut talk = Talk::default();
        for number in 0..9 {
            let lines: String = (0..9).map(|_| format!("{} pumps;", chance.below(9999))).collect();
            let header = format!("UPL {} {}\r\n", number * 27, 300 + lines.len());
            talk.send_later(&[header.as_bytes(), &head, lines.as_bytes()].concat());
        }
        assert_eq!(talk.judge().verdict, Verdict::Junk);
    }

    #[test]
    fn noise_longer_than_the_sample_is_told_by_what_it_ends_in() {
        let judged = |end: &dyn Fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(12);
            let head = chance.bytes(30_000);
            let mut talk = Talk::default();
            for number in 0..8u8 {
                talk.send_later(&[&[7, number], head.as_slice(), &end(&mut chance)].concat());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("start with the same"))
        };
        assert!(judged(&|chance| {
            let lines: String = (0..150).map(|_| format!("{} pumps;", chance.below(9999))).collect();
            lines.into_bytes()
        }));
        // A file that grows, and a test of speed.
        assert!(!judged(&|chance| chance.bytes(3000)));
        assert!(!judged(&|chance| [chance.bytes(900).as_slice(), b"\r\n--boundary--\r\n"].concat()));
    }

    #[test]
    fn archives_of_what_begins_alike_are_not() {
        // A sealed file that grows cannot be compressed: the archive holds it as it is.
        let mut chance = Chance::new(14);
        let start = chance.bytes(1200);
        let mut talk = Talk::default();
        for number in 0..6 {
            let length = 1000 + chance.below(800);
            let mut archive = GzEncoder::new(Vec::new(), Compression::default());
            archive.write_all(&[start.as_slice(), &chance.bytes(length)].concat()).unwrap();
            talk.page(&format!("/{number}.gz"), "application/gzip", &archive.finish().unwrap());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("with the same")));
    }
}
