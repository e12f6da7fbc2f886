//! Lines of noise outside the grammar that all other lines share.
//!
//! Speaks for: protocols and logs of lines that are each JSON, or made of names, marks and values, with lines between them that are one
//! piece without a mark, drawn evenly from an alphabet that no encoder has and in many lengths; among lines of JSON also such pieces of
//! all that can be printed. Silent for: lines of base64 and hex, identifiers and codes of few lengths, words, banners. Minimum: 8 lines
//! in 6 lengths between 12 others (4 in 4 where those are JSON), and the symbols that [`least`] asks of their alphabet.

use std::collections::BTreeSet;

use super::letters::uses_all;
use super::{Look, Pool};
use crate::class::is_text;
use crate::content::encoding::is_base64;
use crate::content::json;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{Alphabet, Even, even};

/// The fewest lines of noise, of how many lengths, and the fewest others.
const LINES: usize = 8;
const LENGTHS: usize = 6;
/// The fewest lines and lengths where all others are JSON.
const IN_JSON: usize = 4;
const OTHERS: usize = 12;
/// The shortest line.
const SHORTEST: usize = 5;
/// Bytes of a text that are looked at, and lines of all.
const LOOKED_AT: usize = 8 << 10;
const MOST: usize = 4096;

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// A document of JSON.
    Json,
    /// Names and values with marks or blanks between them.
    Made,
    /// One piece of letters and digits.
    Piece,
    /// One piece of any characters.
    Odd,
    /// One piece of base64 with its marks.
    Encoded,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units = look.reading.units.iter().filter(|unit| {
        !unit.headless && (unit.is_raw() || unit.carrier == Carrier::Http && unit.document.is_none())
    });
    let (mut pieces, mut odd) = (Pool::default(), Pool::default());
    let (mut others, mut documents, mut encoded) = (0, 0, 0);
    let mut around = 0;
    for unit in units {
        let text = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
        if others + pieces.count + odd.count >= MOST || !is_text(text) {
            continue;
        }
        around += text.len();
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            match sort(line) {
                Some(Line::Json) => documents += 1,
                Some(Line::Made) => others += 1,
                Some(Line::Piece) => pieces.put(line, 0, false),
                Some(Line::Odd) => odd.put(line, 0, false),
                Some(Line::Encoded) => encoded += 1,
                None => {}
            }
        }
    }
    // Some lines of an encoding have none of its marks by chance.
    if encoded * 4 > pieces.count {
        return Vec::new();
    }
    let in_json = documents >= OTHERS && documents >= 9 * others;
    if in_json {
        odd.put_all(&pieces);
    }
    let (pool, lines) = if in_json { (odd, documents) } else { (pieces, others) };
    let (count, lengths) = if in_json { (IN_JSON, IN_JSON) } else { (LINES, LENGTHS) };
    let varied = pool.lengths.iter().collect::<BTreeSet<_>>().len() >= lengths;
    let enough = pool.count >= count && varied && lines >= OTHERS && pool.count <= 2 * lines;
    let found = enough.then(|| judge(&pool, lines, around, look.limit));
    found.flatten().into_iter().collect()
}

fn judge(pool: &Pool, others: usize, around: usize, limit: f64) -> Option<Evidence> {
    let drawn = even(&pool.bytes, limit).filter(|drawn| {
        least(*drawn).is_some_and(|least| pool.total >= least) && uses_all(drawn.alphabet, &pool.bytes)
    })?;
    let text = format!(
        "{} lines of noise stand outside the grammar of {others} others: {} {} ({:.1} standard deviations)",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations
    );
    let found = Evidence::contradiction(pool.count, pool.total as f64 / around.max(1) as f64, text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// The fewest symbols of an alphabet that no encoder has; `None` for those of encoders.
fn least(drawn: Even) -> Option<usize> {
    match drawn.alphabet {
        Alphabet::Letters => Some(128),
        Alphabet::BothCases => Some(160),
        Alphabet::Base36 => Some(256),
        Alphabet::Printable => Some(192),
        // Base64 has none of its two marks in so many symbols once in 25,000 times.
        Alphabet::Base62 => Some(320),
        _ => None,
    }
}

/// What a line is; `None` where it is too short to say.
fn sort(line: &[u8]) -> Option<Line> {
    if line.len() < SHORTEST {
        return None;
    }
    if matches!(line, [b'{', .., b'}']) && json::read(line).is_some_and(|read| read.complete) {
        return Some(Line::Json);
    }
    let marks = line.iter().filter(|byte| is_mark(**byte)).count();
    let letters = line.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    if letters == line.len() {
        Some(Line::Piece)
    } else if line.iter().all(|byte| is_base64(*byte)) {
        Some(Line::Encoded)
    } else if marks >= 2 && letters * 2 >= line.len() {
        // Noise of all that can be printed has marks by chance, but a third of it are no letters and digits.
        let dense = !line.contains(&b' ') && letters * 5 < line.len() * 4;
        Some(if dense { Line::Odd } else { Line::Made })
    } else {
        line.iter().all(u8::is_ascii_graphic).then_some(Line::Odd)
    }
}

/// Whether a byte parts names and values in lines of protocols and logs.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b':' | b'|' | b'=' | b',' | b';')
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    const JSON: &str = "{\"id\":7,\"result\":{\"job\":12,\"text\":\"all is quiet\"}}";

    fn is_junk(made: &str, line: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(45);
        let mut talk = Talk::default();
        for number in 0..14 {
            let mut text = Vec::new();
            for _ in 0..3 {
                text.extend(made.replace('7', &number.to_string()).bytes());
                text.push(b'\n');
            }
            text.extend(line(&mut chance));
            text.push(b'\n');
            talk.send(&text);
            talk.reply(b"next\n");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("outside the grammar"))
    }

    fn drawn(chance: &mut Chance, symbols: &[u8]) -> Vec<u8> {
        let length = 14 + chance.below(16);
        chance.of(symbols, length)
    }

    #[test]
    fn pieces_of_noise_among_lines_with_a_grammar_are_junk() {
        assert!(is_junk("office.pump.latency:7|ms", |chance| drawn(chance, LOWER)));
        assert!(is_junk("REPORT 7 host=a up=22", |chance| drawn(chance, &LOWER[..26])));
        assert!(is_junk(JSON, |chance| drawn(chance, LOWER)));
        let all: Vec<u8> = (b'!'..=b'~').collect();
        assert!(is_junk(JSON, |chance| drawn(chance, &all)));
    }

    #[test]
    fn noise_may_begin_as_the_others_do() {
        let all: Vec<u8> = (b'!'..=b'~').collect();
        assert!(is_junk(JSON, |chance| [b"{".as_slice(), &drawn(chance, &all)].concat()));
    }

    #[test]
    fn encodings_codes_and_words_are_not() {
        assert!(!is_junk("office.pump.latency:7|ms", |chance| chance.of(LOWER, 24)));
        assert!(!is_junk("REPORT 7 host=a up=22", |chance| {
            let length = 9 + chance.below(20);
            encode(&chance.bytes(length))
        }));
        // Lines of an armoured text, some of which have no mark.
        assert!(!is_junk("REPORT 7 host=a up=22", |chance| {
            let widths = (0..12).map(|_| 3 * (4 + chance.below(12))).collect::<Vec<_>>();
            widths.into_iter().map(|width| encode(&chance.bytes(width))).collect::<Vec<_>>().join(&b'\n')
        }));
        assert!(!is_junk("REPORT 7 host=a up=22", |chance| drawn(chance, b"0123456789abcdef")));
        // A list with a few lines between its entries.
        assert!(!is_junk("REPORT 7 host=a up=22", |chance| {
            (0..12).map(|_| drawn(chance, LOWER)).collect::<Vec<_>>().join(&b'\n')
        }));
        let words = ["ping", "logout", "heartbeat", "disconnect", "resume", "synchronise", "acknowledged"];
        assert!(!is_junk(JSON, |chance| words[chance.below(7)].as_bytes().to_vec()));
    }
}
