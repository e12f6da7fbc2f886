//! Pieces that mean nothing among the pieces of one text.
//!
//! Speaks for: an array of JSON whose encoded values are the pieces of one compressed text, masked or not, but for some that something beside
//! them tells: a bit of a number, a word, their place. Also for values that read one by one, among others that are noise, where a bit of a number tells
//! which, or where the ones that read are masked. Silent for: lists in which all belongs to the text, texts beside signatures and keys (few lengths).
//! Minimum: 4 pieces of noise of 3 lengths, 48 bytes; 12 values where they read one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use super::padded_fields::told;
use crate::content::document::Kind;
use crate::content::encoding::{base64, hex};
use crate::content::json;
use crate::content::masked::{self, Mask};
use crate::evidence::Evidence;
use crate::peel::peel;
use crate::reading::Unit;
use crate::statistics::even;

/// The fewest pieces of noise, how many lengths they have, and their bytes.
const NOISE: usize = 4;
const LENGTHS: usize = 3;
const BYTES: usize = 48;
/// The fewest values that are told apart one by one.
const VALUES: usize = 12;
/// Documents that are searched for what tells their pieces apart, and all that are looked at.
const SEARCHED: usize = 6;
const DOCUMENTS: usize = 48;
/// Pieces looked at of a document and of all, and the bits of a number that may tell them apart.
const PIECES: usize = 256;
const BITS: u32 = 12;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let encoded = |name: &str, values: &[crate::reading::Value]| {
        let in_list = name.starts_with("json") && name.contains("[]");
        let few = values.iter().take(16);
        in_list
            && values.len() >= NOISE
            && few.filter(|value| decode(&value.bytes).is_some()).count() >= NOISE
    };
    let slots = look.reading.slots.iter().filter(|(name, values)| encoded(name, values));
    slots.filter_map(|(name, _)| judge(look, name)).collect()
}

/// A value with what stands beside it in its object.
struct Piece<'a> {
    symbols: &'a [u8],
    decoded: Option<Vec<u8>>,
    numbers: BTreeMap<(&'a [u8], usize), u64>,
    words: BTreeMap<&'a [u8], &'a [u8]>,
}

/// What tells pieces apart: the ones that are taken.
struct Choice {
    taken: Vec<bool>,
    /// A bit of a number tells it.
    number: bool,
}

/// The noise found so far.
#[derive(Default)]
struct Noise {
    bytes: Vec<u8>,
    lengths: BTreeSet<usize>,
    count: usize,
    around: usize,
    documents: usize,
}

fn judge(look: &Look<'_>, name: &str) -> Option<Evidence> {
    let path = name.strip_prefix("json")?;
    let documents: Vec<Vec<Piece<'_>>> = look
        .reading
        .units
        .iter()
        .filter(|unit| unit.whole && unit.document.is_some_and(|found| found.kind == Kind::Json))
        .map(|unit| pieces(unit, path))
        .filter(|pieces| !pieces.is_empty())
        .take(DOCUMENTS)
        .collect();
    let mut noise = Noise::default();
    for (place, document) in documents.iter().enumerate() {
        if place >= SEARCHED && noise.documents == 0 {
            break;
        }
        if let Some(taken) = text_among(document) {
            noise.put(document, &taken);
        }
    }
    let all: Vec<Piece<'_>> = documents.into_iter().flatten().take(PIECES).collect();
    if noise.documents == 0
        && let Some(taken) = text_among(&all).or_else(|| texts_among(&all))
    {
        noise.put(&all, &taken);
    }
    noise.told(name, look.limit)
}

impl Noise {
    fn put(&mut self, pieces: &[Piece<'_>], taken: &[bool]) {
        self.documents += 1;
        for (piece, taken) in pieces.iter().zip(taken) {
            self.around += piece.symbols.len();
            if !taken {
                let bytes = piece.decoded.as_deref().unwrap_or(piece.symbols);
                self.bytes.extend_from_slice(bytes);
                self.lengths.insert(bytes.len());
                self.count += 1;
            }
        }
    }

    fn told(&self, name: &str, limit: f64) -> Option<Evidence> {
        if self.count < NOISE || self.lengths.len() < LENGTHS || self.bytes.len() < BYTES {
            return None;
        }
        let drawn = even(&self.bytes, limit)?;
        let text = format!(
            "{}: {} pieces mean nothing among pieces that make up a text: {} bytes drawn evenly ({:.1} standard deviations)",
            told(name),
            self.count,
            self.bytes.len(),
            drawn.deviations
        );
        let share = (self.bytes.len() as f64 / self.around.max(1) as f64).min(1.0);
        let found = Evidence::contradiction(self.count, share, text);
        Some(found.with_deviations(drawn.deviations).with_example(&self.bytes))
    }
}

fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.trim_ascii();
    if value.len() >= 8 && value.iter().all(u8::is_ascii_hexdigit) {
        return hex(value);
    }
    (value.len() >= 8).then(|| base64(value)).flatten()
}

/// The values of one name in a document.
fn pieces<'a>(unit: &'a Unit<'_>, path: &str) -> Vec<Piece<'a>> {
    let bytes = unit.bytes.as_ref();
    let Some(json) = json::read(bytes) else { return Vec::new() };
    let texts = json.texts.iter().filter(|text| text.path == path).take(PIECES);
    texts.filter_map(|text| piece(bytes, text.start, text.end)).collect()
}

fn piece(bytes: &[u8], start: usize, end: usize) -> Option<Piece<'_>> {
    let symbols = bytes.get(start..end)?;
    let open = memchr::memrchr(b'{', bytes.get(..start)?).unwrap_or(0);
    let close = memchr::memchr(b'}', bytes.get(end..)?).map_or(bytes.len(), |close| close + end);
    let mut piece =
        Piece { symbols, decoded: decode(symbols), numbers: BTreeMap::new(), words: BTreeMap::new() };
    for (key, value) in members(bytes.get(open..close)?) {
        if value == symbols {
            continue;
        }
        let runs = value.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty());
        for (place, number) in runs.take(8).enumerate() {
            if let Some(number) = crate::content::decimal(number) {
                piece.numbers.insert((key, place), number);
            }
        }
        piece.words.insert(key, value);
    }
    Some(piece)
}

/// The members of an object that are no containers.
fn members(object: &[u8]) -> Vec<(&[u8], &[u8])> {
    let spaces = |from: usize| object.iter().skip(from).take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', object.get(at..).unwrap_or_default()) {
        let start = at + quote + 1;
        let Some(key) = object.get(start..).and_then(string) else { break };
        at = start + key.len() + 1;
        let colon = at + spaces(at);
        if object.get(colon) != Some(&b':') {
            continue;
        }
        let from = colon + 1 + spaces(colon + 1);
        let rest = object.get(from..).unwrap_or_default();
        let (value, length) = match rest.strip_prefix(b"\"") {
            Some(text) => string(text).map_or((text, rest.len()), |text| (text, text.len() + 2)),
            None => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'{' | b'[');
                let text = rest.split(ends).next().unwrap_or_default();
                (text, text.len())
            }
        };
        at = from + length;
        found.push((key, value));
    }
    found
}

/// A string up to its quote.
fn string(bytes: &[u8]) -> Option<&[u8]> {
    let mut escaped = false;
    let end = bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    bytes.get(..end?)
}

/// The pieces that make up one text, where something beside them tells which these are.
fn text_among(pieces: &[Piece<'_>]) -> Option<Vec<bool>> {
    if pieces.len() < 3 || joined(pieces, &vec![true; pieces.len()], &mut BTreeMap::new()) {
        return None;
    }
    let mut masks = BTreeMap::new();
    choices(pieces).into_iter().map(|choice| choice.taken).find(|taken| joined(pieces, taken, &mut masks))
}

/// Whether the pieces that are taken make up a compressed text. `masks` keeps what the first of them may be masked with.
fn joined(pieces: &[Piece<'_>], taken: &[bool], masks: &mut BTreeMap<usize, Vec<Mask>>) -> bool {
    let taken: Vec<usize> = (0..pieces.len()).filter(|place| taken.get(*place) == Some(&true)).collect();
    let all: Vec<&Piece<'_>> = taken.iter().filter_map(|place| pieces.get(*place)).collect();
    let (Some(first), Some(piece)) = (taken.first(), all.first()) else { return false };
    // Encoded piece by piece, or cut where it was encoded already.
    let encoded = || base64(&all.iter().map(|piece| piece.symbols).collect::<Vec<_>>().concat());
    let one_by_one: Option<Vec<&[u8]>> = all.iter().map(|piece| piece.decoded.as_deref()).collect();
    let Some(bytes) = one_by_one.map(|bytes| bytes.concat()).or_else(encoded) else { return false };
    let own = piece.decoded.as_ref().map_or(piece.symbols.len() * 3 / 4, Vec::len);
    let start = bytes.get(..own.min(bytes.len())).unwrap_or(&bytes);
    let masks = masks.entry(*first).or_insert_with(|| Mask::possible(start));
    masks.iter().any(|mask| mask.text(&bytes).is_some())
}

/// The values that read one by one, where they are masked or a bit of a number tells which they are.
fn texts_among(pieces: &[Piece<'_>]) -> Option<Vec<bool>> {
    let decoded = |piece: &Piece<'_>| piece.decoded.clone().filter(|bytes| bytes.len() >= 8);
    let masked = pieces.iter().filter_map(decoded).take(NOISE).find_map(|bytes| masked::text(&bytes));
    let mask = masked.map(|(mask, _)| mask);
    let reads = |piece: &Piece<'_>| {
        let unmasked = || mask.zip(piece.decoded.as_ref()).and_then(|(mask, bytes)| mask.text(bytes));
        peel(piece.symbols).is_some_and(|inner| inner.reads) || unmasked().is_some()
    };
    let taken: Vec<bool> = pieces.iter().map(reads).collect();
    let count = taken.iter().filter(|taken| **taken).count();
    if pieces.len() < VALUES || count < 3 || count + NOISE > pieces.len() {
        return None;
    }
    let opposite: Vec<bool> = taken.iter().map(|taken| !taken).collect();
    let told = |choice: &Choice| choice.number && (choice.taken == taken || choice.taken == opposite);
    let is_masked = mask.is_some_and(|mask| mask.key != 0);
    (is_masked || choices(pieces).iter().any(told)).then_some(taken)
}

/// All that may tell pieces apart, each way once.
fn choices(pieces: &[Piece<'_>]) -> Vec<Choice> {
    let mut found: Vec<Choice> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut put = |taken: Vec<bool>, number: bool| {
        if taken.contains(&true) && taken.contains(&false) && seen.insert(taken.clone()) {
            found.push(Choice { taken, number });
        }
    };
    let Some(first) = pieces.first() else { return found };
    for name in first.numbers.keys() {
        for bit in 0..BITS {
            let set =
                |piece: &Piece<'_>| piece.numbers.get(name).is_some_and(|number| number >> bit & 1 == 1);
            put(pieces.iter().map(set).collect(), true);
            put(pieces.iter().map(|piece| !set(piece)).collect(), true);
        }
    }
    let keys: BTreeSet<&[u8]> =
        pieces.iter().flat_map(|piece| piece.words.keys().copied()).take(4096).collect();
    for key in keys.into_iter().take(32) {
        let values: BTreeSet<Option<&&[u8]>> = pieces.iter().map(|piece| piece.words.get(key)).collect();
        for value in values.iter().filter(|_| values.len() <= 8) {
            put(pieces.iter().map(|piece| piece.words.get(key) == *value).collect(), false);
            put(pieces.iter().map(|piece| piece.words.get(key) != *value).collect(), false);
        }
    }
    for period in 2..=4 {
        for phase in 0..period {
            put((0..pieces.len()).map(|place| place % period == phase).collect(), false);
            put((0..pieces.len()).map(|place| place % period != phase).collect(), false);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;

    use crate::testing::{Chance, Talk, encode};
    use lopside_model::payload::Verdict;

    fn deflated(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn report(chance: &mut Chance) -> String {
        let mut text = String::new();
        for _ in 0..12 {
            write!(text, "host WKS-{:04} user {} waits; ", chance.below(9999), chance.below(100_000))
                .unwrap();
        }
        text
    }

    /// Steps that hold a text in pieces, with noise of one length or many between them as `idle` says of each place.
    fn judged(key: u8, idle: impl Fn(&mut Chance) -> bool, one_length: bool) -> Verdict {
        let mut chance = Chance::new(8);
        let mut talk = Talk::default();
        for n in 0..6u64 {
            let masked: Vec<u8> = deflated(&report(&mut chance)).iter().map(|byte| byte ^ key).collect();
            let mut pieces = masked.chunks(24);
            let (mut steps, mut time) = (Vec::new(), 1_772_517_600_000 + n * 60_000);
            while pieces.len() > 0 {
                time += 4 * (1 + chance.below(90) as u64);
                let idles = idle(&mut chance);
                let length = if one_length { 32 } else { 9 + chance.below(40) };
                let noise = chance.bytes(length);
                let piece = if idles { &noise } else { pieces.next().unwrap() };
                let stamp = time & !2 | if idles { 0 } else { 2 };
                let message = String::from_utf8(encode(piece)).unwrap();
                let index = steps.len();
                steps.push(format!(
                    "{{\"Timestamp\":\"/Date({stamp})/\",\"Index\":{index},\"Succeeded\":true,\"Message\":\"{message}\"}}"
                ));
            }
            talk.post(
                "application/json",
                format!("{{\"user\":{n},\"steps\":[{}]}}", steps.join(",")).as_bytes(),
            );
            talk.answer(b"ok");
        }
        talk.judge().verdict
    }

    #[test]
    fn idle_steps_that_a_bit_of_the_time_tells_are_junk() {
        for key in [0, 0x5A] {
            assert_eq!(judged(key, |chance| chance.below(5) < 2, false), Verdict::Junk, "{key}");
            // Signatures between the pieces, and pieces alone.
            assert_ne!(judged(key, |chance| chance.below(5) < 2, true), Verdict::Junk, "{key}");
            assert_ne!(judged(key, |_| false, false), Verdict::Junk, "{key}");
        }
    }

    #[test]
    fn values_of_which_a_bit_of_the_time_tells_that_they_read_are_junk() {
        let judged = |told: bool| {
            let mut chance = Chance::new(9);
            let mut talk = Talk::default();
            for n in 0..24u64 {
                let idles = chance.below(3) == 0;
                let length = 20 + chance.below(40);
                let value = if idles { chance.bytes(length) } else { report(&mut chance).into_bytes() };
                let stamp = (1_772_517_600_000 + n * 6001) & !2 | if idles || !told { 0 } else { 2 };
                let message = String::from_utf8(encode(&value)).unwrap();
                talk.post(
                    "application/json",
                    format!("{{\"list\":[{{\"at\":{stamp},\"data\":\"{message}\"}}]}}").as_bytes(),
                );
                talk.answer(b"ok");
            }
            talk.judge().verdict
        };
        assert_eq!(judged(true), Verdict::Junk);
        // A list may hold texts and keys.
        assert_ne!(judged(false), Verdict::Junk);
    }
}
