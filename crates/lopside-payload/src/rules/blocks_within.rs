//! Symbols of the encoding's own at fixed places of an encoded text.
//!
//! Speaks for: base64 and hex that decode to text only without a block of one to eight symbols, or of one to four decoded bytes, behind
//! every so many others, counted from the start, although all of it is of the encoding's own symbols. Silent for: what reads as it is,
//! ciphertext, characters of two bytes and numbers, whose other bytes are always the same. That any of the ways that are tried gives 32
//! characters of text from noise happens once in 10^9 values. Minimum: 3 values, 48 bytes of text in each.

use super::Look;
use crate::class::is_text;
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;
use crate::noise::is_language;
use crate::statistics::even;

/// The fewest values, and bytes of text in each.
const VALUES: usize = 3;
const TEXT: usize = 48;
/// The shortest and the longest value that is looked at, and how many are.
const LENGTHS: std::ops::RangeInclusive<usize> = 80..=8192;
const LOOKED_AT: usize = 12;
/// Bytes by which text is told at first.
const START: usize = 32;
/// Bits of a letter drawn evenly.
const BITS: f64 = 4.7;
/// The most symbols, or decoded bytes, between two blocks, and of a block.
const KEPT: usize = 32;
const BLOCK: usize = 8;
const BYTES: usize = 4;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut found, mut tried, mut way) = (Vec::new(), 0, None::<Way>);
    for value in look.reading.may_be_encoded(LENGTHS) {
        let Some(code) = Code::of(value).filter(|code| !reads(&code.decoded(value))) else { continue };
        if tried == LOOKED_AT && found.len() < VALUES {
            break;
        }
        tried += 1;
        // All values are made like the first that is read. Without every other piece a text may read too: the way that leaves the most is
        // the one.
        let read = |way: &Way| way.clean(value, code);
        way = way.or_else(|| ways().filter(read).max_by_key(|way| way.kept * 100 / way.block));
        if way.is_some_and(|way| read(&way)) {
            found.push((value, code));
        }
    }
    let way = way.filter(|_| found.len() >= VALUES && found.len() * 4 >= tried * 3);
    way.and_then(|way| told(way, &found, look.limit)).into_iter().collect()
}

fn told(way: Way, found: &[(&[u8], Code)], limit: f64) -> Option<Evidence> {
    let blocks: Vec<u8> = found.iter().flat_map(|(value, code)| way.blocks(value, *code)).collect();
    // Characters of two bytes, and numbers, have one value again and again there.
    let drawn = even(&blocks, limit)?;
    let text = format!(
        "{} encoded values decode to text only without {} {} behind every {}: {} that are drawn evenly ({:.1} standard deviations)",
        found.len(),
        way.block,
        if way.in_bytes { "decoded bytes" } else { "symbols" },
        way.kept,
        blocks.len(),
        drawn.deviations
    );
    let share = way.block as f64 / (way.block + way.kept) as f64;
    Some(
        Evidence::contradiction(found.len(), share, text)
            .with_deviations(drawn.deviations)
            .with_example(&blocks),
    )
}

/// The encoding of a value.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    Hex,
    Base64,
}

impl Code {
    fn of(value: &[u8]) -> Option<Code> {
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        if value.iter().all(u8::is_ascii_hexdigit) {
            return (digits < value.len()).then_some(Code::Hex);
        }
        let symbols = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
        (digits > 0 && symbols.iter().all(|byte| base64_value(*byte).is_some())).then_some(Code::Base64)
    }

    fn decoded(self, symbols: &[u8]) -> Vec<u8> {
        match self {
            Code::Hex => symbols.get(..symbols.len() & !1).and_then(hex).unwrap_or_default(),
            Code::Base64 => base64_from(symbols, 0),
        }
    }

    /// Symbols that so many bytes take.
    fn symbols(self, bytes: usize) -> usize {
        match self {
            Code::Hex => 2 * bytes,
            Code::Base64 => (4 * bytes).div_ceil(3),
        }
    }
}

/// Where blocks stand: behind, or before, every so many symbols or bytes that are kept.
#[derive(Clone, Copy)]
struct Way {
    kept: usize,
    block: usize,
    first: bool,
    in_bytes: bool,
}

fn ways() -> impl Iterator<Item = Way> {
    let of = |in_bytes: bool| {
        let most = if in_bytes { BYTES } else { BLOCK };
        (1..=most).flat_map(move |block| {
            (1..=KEPT).flat_map(move |kept| [false, true].map(|first| Way { kept, block, first, in_bytes }))
        })
    };
    of(false).chain(of(true))
}

impl Way {
    /// Whether a place is one of those that are kept.
    fn keeps(self, place: usize) -> bool {
        let place = place % (self.kept + self.block);
        if self.first { place >= self.block } else { place < self.kept }
    }

    /// The symbols or bytes of all blocks.
    fn blocks(self, value: &[u8], code: Code) -> Vec<u8> {
        let symbols = value.iter().copied().filter(|byte| *byte != b'=').collect();
        let bytes: Vec<u8> = if self.in_bytes { code.decoded(value) } else { symbols };
        bytes.iter().enumerate().filter(|(place, _)| !self.keeps(*place)).map(|(_, byte)| *byte).collect()
    }

    /// What is left of symbols or bytes, up to so many.
    fn rest(self, bytes: &[u8], most: usize) -> Vec<u8> {
        bytes
            .iter()
            .enumerate()
            .filter(|(place, _)| self.keeps(*place))
            .map(|(_, byte)| *byte)
            .take(most)
            .collect()
    }

    /// Whether a value is a text without its blocks.
    fn clean(self, value: &[u8], code: Code) -> bool {
        let read = |most: usize| {
            if self.in_bytes {
                let symbols = code.symbols(most.saturating_mul(self.block + 1).min(value.len()));
                self.rest(&code.decoded(value.get(..symbols.min(value.len())).unwrap_or_default()), most)
            } else {
                code.decoded(&self.rest(value, code.symbols(most)))
            }
        };
        let plain = |bytes: &[u8]| {
            bytes.len() * 8 >= START * 7
                && bytes.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~'))
        };
        // Most of what is no text says so in a few bytes.
        let starts = plain_start(&read(8)) && plain(&read(START));
        starts && reads(&read(value.len()))
    }
}

fn plain_start(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~'))
}

/// Whether bytes are a text of some length in a language that is written in these letters: every other digit of hex gives letters too.
fn reads(bytes: &[u8]) -> bool {
    let own = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
    let letters = || bytes.iter().copied().filter(u8::is_ascii_alphabetic).collect::<Vec<u8>>();
    bytes.len() >= TEXT && is_text(bytes) && own * 2 > bytes.len() && is_language(&letters(), BITS)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const HEX: &[u8] = b"0123456789abcdef";

    fn is_junk(make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(89);
        let mut talk = Talk::default();
        for number in 0..8 {
            let text = format!(
                "{} list the files of the folder and send them home; they are to be there by noon",
                number * 7919
            );
            let value = String::from_utf8(make(&mut chance, &text)).unwrap();
            talk.post("application/json", format!("{{\"n\":{number},\"data\":\"{value}\"}}").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("behind every"))
    }

    fn hex(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
    }

    /// Puts so many symbols behind, or before, every so many others.
    fn blocks(
        chance: &mut Chance,
        value: &[u8],
        symbols: &[u8],
        (kept, block, first): (usize, usize, bool),
    ) -> Vec<u8> {
        value
            .chunks(kept)
            .flat_map(|part| {
                let noise = chance.of(symbols, block);
                if first { [noise.as_slice(), part].concat() } else { [part, &noise].concat() }
            })
            .collect()
    }

    #[test]
    fn own_symbols_at_fixed_places_of_encoded_texts_are_junk() {
        for way in [(4, 1, false), (12, 3, false), (7, 2, true), (1, 1, false), (30, 8, true)] {
            let plain = |text: &str| {
                encode(text.as_bytes()).into_iter().filter(|byte| *byte != b'=').collect::<Vec<u8>>()
            };
            assert!(is_junk(|chance, text| blocks(chance, &plain(text), BASE64, way)), "{way:?}");
            assert!(is_junk(|chance, text| blocks(chance, &hex(text.as_bytes()), HEX, way)), "{way:?}");
        }
        let all: Vec<u8> = (0..=255).collect();
        for way in [(3, 1, false), (9, 4, true)] {
            assert!(is_junk(|chance, text| hex(&blocks(chance, text.as_bytes(), &all, way))), "{way:?}");
            assert!(is_junk(|chance, text| encode(&blocks(chance, text.as_bytes(), &all, way))), "{way:?}");
        }
    }

    #[test]
    fn texts_and_ciphertext_are_not() {
        assert!(!is_junk(|_, text| encode(text.as_bytes())) && !is_junk(|_, text| hex(text.as_bytes())));
        assert!(!is_junk(|chance, text| encode(&chance.bytes(text.len()))));
        assert!(!is_junk(|chance, text| hex(&chance.bytes(text.len()))));
        assert!(!is_junk(|_, text| encode(&text.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>())));
    }
}
