//! Symbols that no encoder writes, in content that says that it is base64.
//!
//! Speaks for: parts of mails (`Content-Transfer-Encoding: base64`), armour (`-----BEGIN …-----`) and addresses that hold data
//! (`;base64,`) whose lines have symbols strewn into them that are not in base64: a reader drops them, and no writer has a reason to
//! write them. Silent for: the variant for addresses, percent signs, lines of other content between (footers, heads of armour), a few
//! such symbols, other encodings under a wrong name, whose symbols are for the most part others. Minimum: 24 strangers among ten times as
//! many symbols at most, in half of the lines.

use super::{Look, Pool};
use crate::content::find as find_bytes;
use crate::evidence::Evidence;
use crate::statistics::histogram;

/// The fewest strangers.
const STRANGERS: usize = 24;
/// The shortest line that is looked at, and how many of its characters have to be base64's, in hundredths.
const LINE: usize = 16;
const OWN: usize = 66;
/// Places of one message that are looked at.
const PLACES: usize = 32;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut pool, mut lines, mut strange, mut symbols) = (Pool::default(), 0, 0, 0);
    let units = look.reading.units.iter().map(|unit| (unit.bytes.as_ref(), unit.bytes.len()));
    let values =
        look.reading.slots.values().flatten().map(|value| (value.bytes.as_slice(), value.bytes.len()));
    for (text, around) in units.chain(values) {
        for encoded in encoded_in(text) {
            let found = Strangers::of(encoded);
            lines += found.lines;
            strange += found.strange;
            symbols += found.own;
            if !found.symbols.is_empty() {
                pool.put(&found.symbols, around, true);
            }
        }
    }
    if pool.total < STRANGERS || strange * 2 < lines || is_wider(&pool.bytes, symbols) {
        return Vec::new();
    }
    let text = format!(
        "{} texts that say they are base64 have symbols that no encoder writes in {strange} of {lines} lines: {}",
        pool.count, pool.total
    );
    vec![Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)]
}

/// Whether strangers are as many kinds, and each as often, as a wider encoding has beside the symbols of base64.
fn is_wider(strangers: &[u8], own: usize) -> bool {
    let kinds = histogram(strangers).iter().filter(|count| **count > 0).count();
    let rate = strangers.len() as f64 / kinds.max(1) as f64 / (own as f64 / 64.0).max(1.0);
    kinds >= 12 && (0.6..=1.6).contains(&rate)
}

/// What follows the words of a text that say that base64 does.
fn encoded_in(text: &[u8]) -> Vec<&[u8]> {
    const DATA: &[u8] = b";base64,";
    const ARMOUR: &[u8] = b"-----BEGIN ";
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(place) = find_bytes(text, b"base64", at).filter(|_| found.len() < PLACES) {
        at = place + 6;
        let rest = text.get(at..).unwrap_or_default();
        if text.get(..at + 1).is_some_and(|before| before.ends_with(DATA)) {
            let end = rest.iter().position(|byte| b"\"')<> \r\n".contains(byte)).unwrap_or(rest.len());
            found.extend(rest.get(1..end));
        } else if says_encoding(text.get(..place).unwrap_or_default()) {
            found.extend(body(rest));
        }
    }
    at = 0;
    while let Some(place) = find_bytes(text, ARMOUR, at).filter(|_| found.len() < PLACES) {
        at = place + ARMOUR.len();
        let rest = text.get(at..).unwrap_or_default();
        let Some(end) = find_bytes(rest, b"\n-----END", 0) else { break };
        found.extend(find_bytes(rest, b"-----", 0).and_then(|start| rest.get(start + 5..end)));
    }
    found
}

/// Whether a line of a head says that it names the encoding of what follows.
fn says_encoding(before: &[u8]) -> bool {
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    line.get(..line.len().min(40))
        .unwrap_or_default()
        .to_ascii_lowercase()
        .starts_with(b"content-transfer-encoding:")
}

/// The body behind the rest of a head, up to a boundary.
fn body(rest: &[u8]) -> Option<&[u8]> {
    let blank = [b"\r\n\r\n".as_slice(), b"\n\n"]
        .into_iter()
        .filter_map(|blank| Some(find_bytes(rest, blank, 0)? + blank.len()));
    let body = rest.get(blank.min()?..)?;
    let end = [b"\n--".as_slice(), b"\n.\r", b"\n\r\n", b"\n\n"]
        .into_iter()
        .filter_map(|end| find_bytes(body, end, 0))
        .min();
    body.get(..end.unwrap_or(body.len()))
}

/// The strangers in lines that are base64 for the most part.
#[derive(Default)]
struct Strangers {
    symbols: Vec<u8>,
    /// Symbols of base64 beside them.
    own: usize,
    lines: usize,
    strange: usize,
}

impl Strangers {
    fn of(encoded: &[u8]) -> Strangers {
        let lines =
            || encoded.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| line.len() >= LINE);
        let has = |marks: &[u8]| encoded.iter().any(|byte| marks.contains(byte));
        // One variant of two: both marks are strangers where those of the other come too.
        let url = has(b"-_") && !has(b"+/");
        let own = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || b"=%".contains(byte)
                || if url { b"-_" } else { b"+/" }.contains(byte)
        };
        let mut found = Strangers::default();
        for line in lines() {
            let strangers = line.iter().filter(|byte| !own(byte));
            let count = strangers.clone().count();
            // Encodings before base64 have no small letters.
            let small = line.iter().filter(|byte| byte.is_ascii_lowercase()).count() * 6 >= line.len();
            let most = (line.len() - count) * 100 >= line.len() * OWN;
            if line.iter().all(u8::is_ascii_graphic) && small && most {
                found.own += line.len() - count;
                found.lines += 1;
                found.strange += usize::from(count > 0);
                found.symbols.extend(strangers);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn judged(carrier: &str, spoil: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(85);
        let mut talk = Talk::default();
        for number in 0..3 {
            let content = [b"%PDF-1.5 a file of many things ".as_slice(), &chance.bytes(600)].concat();
            let lines: Vec<Vec<u8>> =
                encode(&content).chunks(76).map(|line| spoil(&mut chance, line.to_vec())).collect();
            let lines = String::from_utf8(lines.join(b"\r\n".as_slice())).unwrap();
            match carrier {
                "mail" => {
                    talk.send(b"DATA\r\n");
                    talk.reply(b"354 go on\r\n");
                    talk.send(format!("From: a@a.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf\r\ncontent-transfer-encoding:  base64\r\n\r\n{lines}\r\n--b--\r\n_______________\r\nlist mailing list, see http://a.example/~list\r\n.\r\n").as_bytes());
                    talk.reply(b"250 taken\r\n");
                }
                "armour" => {
                    talk.post(
                        "text/plain",
                        format!(
                            "-----BEGIN THING-----\r\nVersion: 7\r\n\r\n{lines}\r\n-----END THING-----\r\n"
                        )
                        .as_bytes(),
                    );
                    talk.answer(b"ok");
                }
                _ => {
                    let data = lines.replace("\r\n", "");
                    talk.page(&format!("/{number}"), "text/html", format!("<html><body><p>a page</p><img src=\"data:image/png;base64,{data}\"></body></html>").as_bytes());
                }
            }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("no encoder writes"))
    }

    #[test]
    fn strangers_in_what_says_it_is_base64_are_junk() {
        for carrier in ["mail", "armour", "page"] {
            let strewn = |chance: &mut Chance, line: Vec<u8>| -> Vec<u8> {
                line.into_iter()
                    .flat_map(|symbol| {
                        if chance.below(12) == 0 {
                            vec![b"!-_.:"[chance.below(5)], symbol]
                        } else {
                            vec![symbol]
                        }
                    })
                    .collect()
            };
            assert!(judged(carrier, strewn), "{carrier}");
            assert!(!judged(carrier, |_, line| line), "{carrier}");
            // The variant for addresses.
            let url = |_: &mut Chance, line: Vec<u8>| -> Vec<u8> {
                line.into_iter()
                    .map(|symbol| match symbol {
                        b'+' => b'-',
                        b'/' => b'_',
                        other => other,
                    })
                    .collect()
            };
            assert!(!judged(carrier, url), "{carrier}");
        }
    }

    #[test]
    fn another_encoding_under_its_name_is_not() {
        for last in [b'`', b'u'] {
            let symbols: Vec<u8> = (b'!'..=last).collect();
            assert!(!judged("mail", |chance, line| chance.of(&symbols, line.len())));
        }
    }
}
