//! A few symbols put into encoded text, or behind it.
//!
//! Speaks for: values that decode to text with one short stretch of noise in it, at any place or where it breaks a document; values that
//! decode to text and end as no encoder ends them: with a single symbol of a group, bits that should be unused, or symbols behind the
//! padding. Silent for: pieces that stand always at the same distance from the start or the end (checksums, headers), bytes of another
//! code page, values cut to one length. Minimum: 6 values with such a stretch and 48 bytes in all; 4 values with such an end.

use std::collections::BTreeSet;

use super::Look;
use super::beside_text::is_printable;
use crate::content::document::{self, Kind};
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest values with a stretch of noise, and with an end that no encoder gives.
const STRETCHES: usize = 6;
const ENDS: usize = 4;
/// The shortest and the longest value that is looked at.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=8192;
/// Values looked at in one direction.
const VALUES: usize = 512;
/// The longest stretch of noise in decoded bytes, and the fewest bytes of text on each side of it.
const LONGEST: usize = 32;
const SIDE: usize = 8;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let texts: Vec<Encoded<'_>> =
        look.reading.may_be_encoded(LENGTHS).into_iter().take(VALUES).filter_map(Encoded::read).collect();
    [inside(&texts, look.limit), at_end(&texts)].into_iter().flatten().collect()
}

/// A value that decodes to text.
struct Encoded<'a> {
    value: &'a [u8],
    decoded: Vec<u8>,
    /// It ends as no encoder ends it.
    odd_end: bool,
}

impl<'a> Encoded<'a> {
    fn read(value: &'a [u8]) -> Option<Encoded<'a>> {
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let (decoded, odd_end) = if value.iter().all(u8::is_ascii_hexdigit) && digits < value.len() {
            (hex(value.get(..value.len() & !1)?)?, value.len() % 2 == 1)
        } else {
            let symbols = value.iter().position(|byte| *byte == b'=').unwrap_or(value.len());
            let (symbols, rest) = value.split_at(symbols);
            let plain = |byte: &u8| base64_value(*byte).is_some();
            if !symbols.iter().all(plain) || !rest.iter().all(|byte| *byte == b'=' || plain(byte)) {
                return None;
            }
            let behind = rest.iter().any(plain) && !is_signed(rest);
            (base64_from(symbols, 0), behind || is_odd_end(symbols))
        };
        let text = decoded.iter().filter(|byte| is_printable(**byte)).count();
        let reads = decoded.len() >= 3 * SIDE && text * 5 >= decoded.len() * 4;
        (reads && letters(&decoded)).then_some(Encoded { value, decoded, odd_end })
    }

    /// Whether a document of JSON, which is UTF-8, can be read to its end once the stretch is out of it.
    fn is_broken_by(&self, start: usize, stretch: &[u8]) -> bool {
        let before = self.decoded.get(..start).unwrap_or_default();
        let behind = self.decoded.get(start + stretch.len()..).unwrap_or_default();
        document::at_start(&[before, behind].concat(), true)
            .is_some_and(|found| found.kind == Kind::Json && found.complete && !found.broken)
    }

    /// The bytes from the first to the last that text cannot hold, where they are few and text is on both sides: where they start, and
    /// they.
    fn stretch(&self) -> Option<(usize, &[u8])> {
        let odd = |byte: &u8| !is_printable(*byte);
        let (first, last) = (self.decoded.iter().position(odd)?, self.decoded.iter().rposition(odd)?);
        let stretch = self.decoded.get(first..=last)?;
        let sides = first >= SIDE && last + SIDE < self.decoded.len() && stretch.len() <= LONGEST;
        (sides && std::str::from_utf8(stretch).is_err()).then_some((first, stretch))
    }
}

/// Half of the bytes are letters, digits or spaces: text, not any bytes of that range.
fn letters(bytes: &[u8]) -> bool {
    let count = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ').count();
    count * 2 > bytes.len()
}

/// Whether padding is followed by a signature in hex, behind two dashes or not, as frameworks sign what they store in cookies.
fn is_signed(rest: &[u8]) -> bool {
    let padding = rest.iter().take_while(|byte| **byte == b'=').count();
    let signature = rest.get(padding..).map(|rest| rest.strip_prefix(b"--").unwrap_or(rest));
    signature.is_some_and(|digits| {
        matches!(digits.len(), 32 | 40 | 64 | 96 | 128) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

/// Whether symbols end with one of a group, or with bits that an encoder leaves unused.
fn is_odd_end(symbols: &[u8]) -> bool {
    let last = symbols.last().and_then(|byte| base64_value(*byte)).unwrap_or(0);
    match symbols.len() % 4 {
        1 => true,
        2 => last & 0b1111 != 0,
        3 => last & 0b11 != 0,
        _ => false,
    }
}

fn inside(texts: &[Encoded<'_>], limit: f64) -> Option<Evidence> {
    let mut broken = 0;
    let found: Vec<(usize, usize, &[u8])> = texts
        .iter()
        .filter_map(|text| {
            let (start, stretch) = text.stretch()?;
            broken += usize::from(text.is_broken_by(start, stretch));
            Some((start, text.decoded.len() - start - stretch.len(), stretch))
        })
        .collect();
    let bytes: Vec<u8> = found.iter().flat_map(|found| found.2).copied().collect();
    let starts: BTreeSet<u8> = found.iter().filter_map(|found| found.2.first()).copied().collect();
    let distinct = |place: fn(&(usize, usize, &[u8])) -> usize| {
        found.iter().map(place).collect::<BTreeSet<usize>>().len() * 2 > found.len()
    };
    let enough = found.len() >= STRETCHES && found.len() * 10 >= texts.len() * 6 && bytes.len() >= 48;
    let anywhere = distinct(|found| found.0) && distinct(|found| found.1);
    if !enough || starts.len() * 2 < found.len() || !anywhere && broken < STRETCHES {
        return None;
    }
    let noise = even(&bytes, limit)?;
    let around: usize = texts.iter().map(|text| text.decoded.len()).sum();
    let text = format!(
        "{} of {} encoded texts have a stretch of noise inside: {} bytes ({:.1} standard deviations)",
        found.len(),
        texts.len(),
        bytes.len(),
        noise.deviations
    );
    let share = bytes.len() as f64 / around.max(1) as f64;
    let found = Evidence::contradiction(found.len(), share, text);
    Some(found.with_deviations(noise.deviations).with_example(&bytes))
}

fn at_end(texts: &[Encoded<'_>]) -> Option<Evidence> {
    let odd: Vec<&Encoded<'_>> = texts.iter().filter(|text| text.odd_end).collect();
    let lengths: BTreeSet<usize> = odd.iter().map(|text| text.value.len()).collect();
    if odd.len() < ENDS || odd.len() * 10 < texts.len() * 4 || lengths.len() < ENDS {
        return None;
    }
    let text = format!(
        "{} of {} encoded texts end as no encoder ends them: something was put behind them",
        odd.len(),
        texts.len()
    );
    let around: usize = texts.iter().map(|text| text.value.len()).sum();
    let share = odd.len() as f64 / around.max(1) as f64;
    let first =
        odd.first().map(|text| text.value.get(text.value.len().saturating_sub(16)..).unwrap_or_default());
    Some(Evidence::contradiction(odd.len(), share, text).with_example(first.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    const WORDS: [&str; 6] = ["report", "everything", "quiet", "building", "tonight", "invoice"];

    /// Values in base64 or hex of texts that vary, each changed by `change`.
    fn judged(is_hex: bool, change: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(6);
        let mut talk = Talk::default();
        for n in 0..16 {
            let words: Vec<&str> = (0..chance.below(12)).map(|_| WORDS[chance.below(6)]).collect();
            let text = format!("host=WKS-{n};list the files and send them home; {}", words.join(" "));
            let value = if is_hex {
                text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
            } else {
                encode(text.as_bytes()).into_iter().filter(|byte| *byte != b'=').collect()
            };
            let value = String::from_utf8(change(&mut chance, value)).unwrap();
            talk.post("application/json", format!("{{\"type\":{n},\"data\":\"{value}\"}}").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn a_few_symbols_at_any_place_of_encoded_texts_are_junk() {
        for (is_hex, symbols) in [(false, SYMBOLS), (true, b"0123456789abcdef".as_slice())] {
            assert!(judged(is_hex, |chance, value| {
                let at = 16 + 4 * chance.below((value.len() - 32) / 4);
                [&value[..at], &chance.of(symbols, 12), &value[at..]].concat()
            }));
            assert!(!judged(is_hex, |_, value| value));
        }
    }

    #[test]
    fn noise_always_at_one_place_is_junk_where_it_breaks_a_document() {
        let document = |is_json: bool| {
            let mut chance = Chance::new(7);
            let mut talk = Talk::default();
            for n in 0..16 {
                let text = if is_json {
                    format!("{{\"orderAmount\":{n},\"state\":\"waiting\"}}")
                } else {
                    format!("an order of {n} that is waiting")
                };
                let (before, behind) = text.as_bytes().split_at(8);
                let noise = [&[0xF0 | (n as u8)], chance.bytes(4).as_slice(), &[0x81 + n as u8]].concat();
                let value = String::from_utf8(encode(&[before, &noise, behind].concat())).unwrap();
                talk.post("application/json", format!("{{\"type\":{n},\"data\":\"{value}\"}}").as_bytes());
                talk.answer(b"ok");
            }
            talk.judge().junk
        };
        assert!(document(true) && !document(false));
    }

    #[test]
    fn symbols_behind_encoded_texts_are_junk_where_no_encoder_ends_so() {
        assert!(judged(false, |chance, value| [value, chance.of(SYMBOLS, 5)].concat()));
        assert!(judged(true, |chance, value| [value, chance.of(b"0123456789abcdef", 5)].concat()));
        // Cut to one length, as logs are.
        assert!(!judged(false, |_, value| value[..61].to_vec()));
    }

    #[test]
    fn checksums_and_other_code_pages_are_not() {
        assert!(!judged(true, |chance, value| {
            let sum: String = chance.bytes(4).iter().map(|byte| format!("{byte:02x}")).collect();
            [&value[..20], sum.as_bytes(), &value[20..]].concat()
        }));
        assert!(!judged(true, |chance, value| {
            let at = 2 * (10 + chance.below(12));
            [&value[..at], b"fc6dc3e4", &value[at..]].concat()
        }));
    }

    #[test]
    fn a_signature_behind_two_dashes_is_not() {
        let judged = |digits: usize| {
            let mut chance = Chance::new(23);
            let mut talk = Talk::default();
            for number in 0..24 {
                let state = format!(
                    "{{\"session\":\"open and quiet\",\"user\":{number},\"return\":\"{}\"}}",
                    "x".repeat(number)
                );
                let value = String::from_utf8(encode(state.as_bytes())).unwrap();
                let behind = String::from_utf8(chance.of(b"0123456789abcdef", digits)).unwrap();
                talk.send(
                    format!("GET /p/{number} HTTP/1.1\r\nHost: a\r\nCookie: state={value}--{behind}\r\n\r\n")
                        .as_bytes(),
                );
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("as no encoder ends them"))
        };
        assert!(!judged(40));
        assert!(judged(41));
    }
}
