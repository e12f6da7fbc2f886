//! Pieces that mean nothing among the pieces of one text.
//!
//! Speaks for: fields of JSON or XML whose encoded values are the pieces of one compressed text, masked or not, but for some that
//! something beside them tells: a bit of a number, a word, their place. Also for values that read one by one, among others that are
//! noise, where a bit of a number tells which, or where the ones that read are masked or padded as the others are not. Silent for: lists
//! in which all belongs to the text, texts beside signatures and keys (few lengths). Minimum: 4 pieces of noise of 3 lengths, 96 bytes;
//! 12 values where they read one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::Look;
use super::padded_fields::told;
use crate::class::is_text;
use crate::content::document::Kind;
use crate::content::encoding::{base64, base64_from, base64_value, hex};
use crate::content::masked::{self, Mask};
use crate::evidence::Evidence;
use crate::reading::{Unit, Value};
use crate::statistics::even;

/// The fewest pieces of noise, how many lengths they have, and their bytes.
const NOISE: usize = 4;
const LENGTHS: usize = 3;
const BYTES: usize = 96;
/// The fewest values that are told apart one by one.
const VALUES: usize = 12;
/// Documents that are searched for what tells their pieces apart, and all that are looked at.
const SEARCHED: usize = 6;
const DOCUMENTS: usize = 48;
/// Pieces looked at of a document and of all, and the bits of a number that may tell them apart.
const PIECES: usize = 256;
const BITS: u32 = 12;

/// How far a number or a word may stand from the value that it is of.
const BESIDE: usize = 400;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let slots = look.reading.slots.iter().filter(|(name, values)| may_be_pieces(name, values));
    slots.filter_map(|(name, values)| judge(look, name, values)).collect()
}

/// Whether some values are encoded and have several lengths, and not all of them read.
fn may_be_pieces(name: &str, values: &[Value]) -> bool {
    let field = ["json", "xml."].iter().any(|kind| name.starts_with(kind));
    if !field || values.len() < 2 * NOISE {
        return false;
    }
    let few = || values.iter().take(24);
    let lengths: BTreeSet<usize> = few().map(|value| value.bytes.len()).collect();
    let encoded = few().filter(|value| decode(&value.bytes).is_some()).count();
    let reads = |value: &Value| decode(&value.bytes).is_some_and(|bytes| is_piece_of_text(&bytes));
    lengths.len() >= LENGTHS && encoded >= NOISE && !few().all(reads)
}

/// A value with what stands beside it.
struct Piece<'a> {
    symbols: &'a [u8],
    decoded: Option<Vec<u8>>,
    /// By the side, the word before and how often that word came.
    numbers: BTreeMap<Name<'a>, u64>,
    words: BTreeMap<Name<'a>, &'a [u8]>,
}

/// Whether it stands behind the value, a word, and which of those behind that word.
type Name<'a> = (bool, &'a [u8], usize);

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

fn judge(look: &Look<'_>, name: &str, values: &[Value]) -> Option<Evidence> {
    let text = |unit: &&Unit<'_>| {
        unit.whole && unit.document.is_some_and(|found| matches!(found.kind, Kind::Json | Kind::Xml))
    };
    let documents: Vec<Vec<Piece<'_>>> = look
        .reading
        .units
        .iter()
        .filter(text)
        .map(|unit| pieces(unit, values))
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
                // Noise in symbols of base64 need not be whole.
                let lenient = || base64_from(piece.symbols, 0);
                let plain = piece.symbols.iter().all(|byte| base64_value(*byte).is_some());
                let bytes = match &piece.decoded {
                    Some(bytes) => bytes.clone(),
                    None if plain => lenient(),
                    None => piece.symbols.to_vec(),
                };
                self.bytes.extend_from_slice(&bytes);
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

/// The values of one name in a document, where they stand in it.
fn pieces<'a>(unit: &'a Unit<'_>, values: &[Value]) -> Vec<Piece<'a>> {
    let bytes = unit.bytes.as_ref();
    let (mut places, mut at) = (Vec::new(), 0);
    for value in values.iter().filter(|value| value.turn == unit.turn).take(PIECES) {
        if let Some(start) = crate::content::find(bytes, &value.bytes, at) {
            at = start + value.bytes.len();
            places.push((start, at));
        }
    }
    let mut pieces = Vec::with_capacity(places.len());
    for (number, (start, end)) in places.iter().enumerate() {
        let last = number.checked_sub(1).and_then(|last| places.get(last)).map_or(0, |last| last.1);
        let next = places.get(number + 1).map_or(bytes.len(), |next| next.0);
        let symbols = bytes.get(*start..*end).unwrap_or_default();
        let mut piece =
            Piece { symbols, decoded: decode(symbols), numbers: BTreeMap::new(), words: BTreeMap::new() };
        piece.beside(false, bytes.get(last.max(start.saturating_sub(BESIDE))..*start).unwrap_or_default());
        piece.beside(true, bytes.get(*end..next.min(end + BESIDE)).unwrap_or_default());
        pieces.push(piece);
    }
    pieces
}

impl<'a> Piece<'a> {
    /// Takes the numbers and words of one side, each by the word before it.
    fn beside(&mut self, behind: bool, text: &'a [u8]) {
        let kind = |byte: &u8| match byte {
            b'0'..=b'9' => 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | 128.. => 2,
            _ => 0,
        };
        let mut key: &[u8] = b"";
        let mut count = 0;
        for token in text.chunk_by(|a, b| kind(a) == kind(b)) {
            match token.first().map_or(0, kind) {
                1 => {
                    if let Some(number) = crate::content::decimal(token) {
                        self.numbers.insert((behind, key, count), number);
                    }
                    count += 1;
                }
                2 => {
                    self.words.entry((behind, key, 0)).or_insert(token);
                    (key, count) = (token, 0);
                }
                _ => {}
            }
        }
    }
}

/// Whether bytes are cut from text, of UTF-8 or of UTF-16: characters may be cut at both ends.
fn is_piece_of_text(bytes: &[u8]) -> bool {
    let cut = bytes.iter().take(3).take_while(|byte| (0x80..0xC0).contains(*byte)).count();
    if bytes.len() >= 6 && is_text(bytes.get(cut..).unwrap_or_default()) {
        return true;
    }
    // Half of the bytes of UTF-16 are nearly all of a few low values, the other half are letters.
    [0, 1].iter().any(|high| {
        let page = bytes.iter().skip(*high).step_by(2).filter(|byte| **byte <= 5).count();
        let zeros = bytes.iter().skip(*high).step_by(2).filter(|byte| **byte == 0).count();
        let low = bytes.iter().skip(1 - high).step_by(2).filter(|byte| matches!(byte, 9..=13 | 32..)).count();
        bytes.len() >= 12
            && page * 20 >= bytes.len() * 9
            && zeros * 4 >= bytes.len()
            && low * 20 >= bytes.len() * 9
    })
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
    if masks.get(first).is_some_and(Vec::is_empty) {
        return false;
    }
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
        piece.decoded.as_ref().is_some_and(|bytes| is_piece_of_text(bytes)) || unmasked().is_some()
    };
    let taken: Vec<bool> = pieces.iter().map(reads).collect();
    let count = taken.iter().filter(|taken| **taken).count();
    if pieces.len() < VALUES || count < 3 || count + NOISE > pieces.len() {
        return None;
    }
    // Of a few short pieces, noise may pass for text.
    let differ = |choice: &Choice| choice.taken.iter().zip(&taken).filter(|(a, b)| a != b).count();
    let told = |choice: &Choice| choice.number && differ(choice) * 20 <= pieces.len();
    let is_masked = mask.is_some_and(|mask| mask.key != 0);
    (is_masked || is_padded_otherwise(pieces, &taken) || choices(pieces).iter().any(told)).then_some(taken)
}

/// Whether the values that read are padded to whole groups, as their encoder does it, and others are not, which are not of that encoder.
fn is_padded_otherwise(pieces: &[Piece<'_>], taken: &[bool]) -> bool {
    let whole = |piece: &Piece<'_>| piece.symbols.len().is_multiple_of(4);
    let of = |reads: bool| {
        pieces.iter().zip(taken).filter(move |(_, taken)| **taken == reads).map(|(piece, _)| piece)
    };
    let padded = of(true).filter(|piece| piece.symbols.ends_with(b"=")).count();
    of(true).all(whole) && padded >= 3 && of(false).filter(|piece| !whole(piece)).count() >= NOISE
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
    // What stands beside the first and the last piece may be what stands around them all.
    let Some(first) = pieces.get(pieces.len() / 2) else { return found };
    for name in first.numbers.keys() {
        let numbers: Vec<u64> =
            pieces.iter().map(|piece| piece.numbers.get(name).copied().unwrap_or(0)).collect();
        let (any, all) = numbers.iter().fold((0, !0), |(any, all), number| (any | number, all & number));
        for bit in (0..BITS).filter(|bit| (any & !all) >> bit & 1 == 1) {
            let set = |number: &u64| number >> bit & 1 == 1;
            put(numbers.iter().map(set).collect(), true);
            put(numbers.iter().map(|number| !set(number)).collect(), true);
        }
    }
    let keys: BTreeSet<Name<'_>> =
        pieces.iter().flat_map(|piece| piece.words.keys().copied()).take(4096).collect();
    for key in keys.into_iter().take(32) {
        let words: Vec<Option<&&[u8]>> = pieces.iter().map(|piece| piece.words.get(&key)).collect();
        let values: BTreeSet<Option<&&[u8]>> = words.iter().copied().collect();
        for value in values.iter().filter(|_| values.len() <= 8) {
            put(words.iter().map(|word| word == value).collect(), false);
            put(words.iter().map(|word| word != value).collect(), false);
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

    /// Steps that hold a text in pieces, with noise of so many bytes or more between them as `idle` says of each place.
    fn judged(key: u8, idle: impl Fn(&mut Chance) -> bool, (least, more): (usize, usize)) -> Verdict {
        let mut chance = Chance::new(8);
        let mut talk = Talk::default();
        for n in 0..6u64 {
            let masked: Vec<u8> = deflated(&report(&mut chance)).iter().map(|byte| byte ^ key).collect();
            let mut pieces = masked.chunks(24);
            let (mut steps, mut time) = (Vec::new(), 1_772_517_600_000 + n * 60_000);
            while pieces.len() > 0 {
                time += 4 * (1 + chance.below(90) as u64);
                let idles = idle(&mut chance);
                let length = least + chance.below(more);
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
            assert_eq!(judged(key, |chance| chance.below(5) < 2, (9, 40)), Verdict::Junk, "{key}");
            // Signatures between the pieces, and pieces alone.
            assert_ne!(judged(key, |chance| chance.below(5) < 2, (32, 1)), Verdict::Junk, "{key}");
            assert_ne!(judged(key, |_| false, (9, 40)), Verdict::Junk, "{key}");
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
