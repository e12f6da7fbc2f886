//! Encoded values with a symbol of noise between every few.
//!
//! Speaks for: values and bodies, also of several lines, in hex or base64 that decode to text once every p-th symbol (p from 2 to 8) is
//! out of them, or all but these, and to nothing as they stand. Silent for: what decodes as it is, from its first symbol or its second;
//! texts in two bytes a character, of which half the digits may pass for marks. Minimum: 2 values of 48 symbols that hold 16 bytes of
//! words.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Look;
use crate::class::is_text;
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;
use crate::statistics::histogram;

/// The fewest values, their symbols, and the bytes of text that they hold.
const VALUES: usize = 2;
const SYMBOLS: usize = 48;
const TEXT: usize = 16;
/// Values looked at, and symbols of each.
const MOST: usize = 512;
const LOOKED_AT: usize = 4 << 10;
/// The widest period.
const WIDEST: usize = 8;
/// The fewest kinds of symbols of noise, and of characters of a text: what is always the same, as points of one colour are, is neither.
const KINDS: usize = 8;
/// Symbols of what is left by which most periods are ruled out.
const PROBE: usize = 24;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut count, mut noise, mut all, mut first) = (0, Vec::new(), 0, Vec::new());
    for value in values(look) {
        let Some(out) = sieved(&value) else { continue };
        if count == 0 {
            first = value.to_vec();
        }
        count += 1;
        noise.extend(out);
        all += value.len();
    }
    let kinds = histogram(&noise).iter().filter(|count| **count > 0).count();
    if count < VALUES || kinds < KINDS {
        return Vec::new();
    }
    let noise = noise.len();
    let text = format!(
        "{count} encoded values decode to text only after symbols at fixed places are taken out: {noise} of {all}"
    );
    vec![Evidence::contradiction(count, noise as f64 / all as f64, text).with_example(&first)]
}

/// Values and bodies that are nothing but symbols of an encoding, each once, without the ends of their lines.
fn values<'a>(look: &Look<'a>) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let slots = look.reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    let units = look.reading.units.iter().filter(|unit| unit.document.is_none() && !unit.headless);
    let all =
        slots.chain(units.map(|unit| unit.bytes.as_ref())).filter(|value| value.len() >= SYMBOLS).take(MOST);
    let looked = all.map(|value| value.get(..value.len().min(LOOKED_AT)).unwrap_or(value).trim_ascii());
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let symbols = move |value: &&[u8]| {
        value
            .iter()
            .all(|byte| base64_value(*byte).is_some() || matches!(byte, b'=' | b'.' | b'~') || is_end(byte))
    };
    let joined = move |value: &'a [u8]| -> Cow<'a, [u8]> {
        if !value.iter().any(is_end) {
            return value.into();
        }
        value.iter().filter(|byte| !is_end(byte)).copied().collect::<Vec<u8>>().into()
    };
    looked.filter(symbols).map(joined).collect::<BTreeSet<Cow<'a, [u8]>>>().into_iter()
}

/// The symbols without which a value decodes to text.
fn sieved(value: &[u8]) -> Option<Vec<u8>> {
    if reads_as_it_is(value) {
        return None;
    }
    let phases = (2..=WIDEST).flat_map(|period| (0..period).map(move |phase| (period, phase)));
    phases.flat_map(|(period, phase)| [(period, phase, false), (period, phase, true)]).find_map(
        |(period, phase, keeps)| {
            let part = |kept: bool| {
                let places = value.iter().enumerate();
                places
                    .filter(move |(place, _)| ((place % period == phase) == keeps) == kept)
                    .map(|(_, symbol)| *symbol)
            };
            let probe: Vec<u8> = part(true).take(PROBE).collect();
            if !reads(&probe) {
                return None;
            }
            let text = decoded(&part(true).collect::<Vec<u8>>());
            let kinds = histogram(&text).iter().filter(|count| **count > 0).count();
            (is_words(&text) && text.len() >= TEXT && kinds >= KINDS).then(|| part(false).collect())
        },
    )
}

/// Whether a value decodes for the most part from its first symbol or from one of the next.
fn reads_as_it_is(value: &[u8]) -> bool {
    (0..4).any(|skip| {
        let mut bytes = decoded(value.get(skip..).unwrap_or_default());
        bytes.retain(|byte| *byte != 0);
        let printable = bytes.iter().filter(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126)).count();
        // The state of a page begins with a mark and ends with a code.
        let text = bytes.get(3..bytes.len() * 2 / 3).is_some_and(|text| text.len() >= TEXT && is_text(text));
        printable * 10 >= bytes.len() * 9 || text || is_text(&bytes)
    })
}

/// Whether symbols decode to words: text of letters, digits and spaces for the most part.
fn reads(symbols: &[u8]) -> bool {
    is_words(&decoded(symbols))
}

fn is_words(bytes: &[u8]) -> bool {
    let plain =
        bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte == b' ' || **byte >= 128).count();
    !bytes.is_empty()
        && is_text(bytes)
        && !bytes.iter().any(|byte| *byte < 9 || *byte == 127)
        && plain * 2 > bytes.len()
}

/// What symbols decode to: in hex where all are digits of it, else in base64.
fn decoded(symbols: &[u8]) -> Vec<u8> {
    let pairs = symbols.get(..symbols.len() & !1).unwrap_or_default();
    match pairs.iter().all(u8::is_ascii_hexdigit).then(|| hex(pairs)).flatten() {
        Some(bytes) => bytes,
        None => base64_from(symbols, 0),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const TEXT: &str = "the list of the orders of the yard, number ";

    fn hexed(text: &str) -> Vec<u8> {
        text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
    }

    fn is_junk(count: usize, make: impl Fn(&mut Chance, &str) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(81);
        let mut talk = Talk::default();
        for number in 0..count {
            let text = format!("{TEXT}{}", number * 7919);
            let value = String::from_utf8(make(&mut chance, &text)).unwrap();
            talk.send(format!("GET /a HTTP/1.1\r\nHost: a\r\nCookie: id={value}\r\n\r\n").as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("at fixed places"))
    }

    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

    fn woven(chance: &mut Chance, encoded: &[u8], every: usize, noise: usize) -> Vec<u8> {
        encoded.chunks(every).flat_map(|few| [few.to_vec(), chance.of(LETTERS, noise)].concat()).collect()
    }

    #[test]
    fn symbols_between_every_few_of_encoded_values_are_junk() {
        for (every, noise) in [(1, 1), (2, 1), (4, 1), (1, 3)] {
            assert!(is_junk(4, |chance, text| woven(chance, &hexed(text), every, noise)), "{every} {noise}");
            assert!(
                is_junk(4, |chance, text| woven(chance, &encode(text.as_bytes()), every, noise)),
                "{every} {noise}"
            );
        }
        assert!(is_junk(4, |chance, text| {
            let encoded = hexed(text);
            encoded.iter().flat_map(|symbol| [*symbol, b"0123456789abcdef"[chance.below(16)]]).collect()
        }));
    }

    #[test]
    fn bodies_may_be_cut_into_lines() {
        let is_junk = |make: &dyn Fn(&mut Chance, &str) -> Vec<u8>| {
            let mut chance = Chance::new(82);
            let mut talk = Talk::default();
            for number in 0..6 {
                let text = format!("{TEXT}{} and that of the other yard", number * 7919);
                let lines = make(&mut chance, &text).chunks(64).collect::<Vec<_>>().join(&b'\n');
                talk.page("/a.hex", "text/plain", &lines);
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("at fixed places"))
        };
        assert!(is_junk(&|chance, text| {
            hexed(text)
                .chunks(2)
                .flat_map(|pair| [pair, &chance.of(b"0123456789abcdef", 1)].concat())
                .collect()
        }));
        assert!(!is_junk(&|_, text| hexed(text)));
    }

    #[test]
    fn values_that_decode_as_they_are_and_noise_are_not() {
        assert!(!is_junk(8, |_, text| hexed(text)));
        assert!(!is_junk(8, |_, text| encode(text.as_bytes())));
        assert!(!is_junk(8, |_, text| hexed(&format!("{text}{text}"))[1..].to_vec()));
        assert!(!is_junk(8, |chance, _| encode(&chance.bytes(80))));
        assert!(!is_junk(8, |chance, _| chance.of(b"0123456789abcdef", 96)));
        // A text and its code, as pages keep their state.
        assert!(!is_junk(400, |chance, _| {
            let text: Vec<u8> =
                (0..16).flat_map(|_| [chance.of(LETTERS, 4), b" ".to_vec()].concat()).collect();
            let code = chance.bytes(20);
            encode(&[b"\xff\x01\x0f", text.as_slice(), &code].concat())
        }));
        // Points of one colour.
        assert!(!is_junk(8, |chance, _| encode(
            &[chance.bytes(3), b"abc".to_vec()][chance.below(2)].repeat(40)
        )));
        // Two bytes a character.
        let wide = |text: &str| -> Vec<u8> { text.bytes().flat_map(|byte| [byte, 0]).collect() };
        assert!(!is_junk(8, |_, text| wide(text)
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect()));
        assert!(!is_junk(8, |_, text| encode(&wide(text))));
    }
}
