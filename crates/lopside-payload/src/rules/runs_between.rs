//! Runs of noise behind a mark, or between two, in an encoded text.
//!
//! Speaks for: base64 and hex that decode to text only without runs of symbols that begin at one mark and end at another (`,kwj.`), at
//! the same, or after a fixed number of symbols, in values, bodies and arguments. Silent for: tokens joined by marks, which decode one by
//! one: what is cut at any place has pieces to which no bytes encode, or pieces of whole groups alone, which texts of many lengths do not
//! have; lists whose every other part decodes too; the marks of base64 itself. Minimum: 3 runs a value, 8 in all, 24 bytes of text; 2
//! values, or 8 runs in one.

use std::collections::BTreeSet;

use super::Look;
use crate::class::is_text;
use crate::content::encoding::{base64_from, base64_value, hex};
use crate::evidence::Evidence;

/// The shortest and the longest value that is looked at.
const LENGTHS: std::ops::RangeInclusive<usize> = 40..=8192;
/// Values looked at in one direction.
const VALUES: usize = 256;
/// The longest run, and the longest of a fixed number of symbols.
const LONGEST: usize = 32;
const FIXED: usize = 8;
/// The fewest runs in a value, and in all; the fewest bytes of text.
const RUNS: usize = 3;
const ALL_RUNS: usize = 8;
const TEXT: usize = 24;
/// Kinds of marks tried in one value.
const KINDS: usize = 4;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let values = look.reading.slots.values().flatten().map(|value| value.bytes.as_slice());
    let units =
        look.reading.units.iter().filter(|unit| unit.document.is_none() && unit.whole && !unit.headless);
    let all = values.chain(units.map(|unit| unit.bytes.as_ref())).map(<[u8]>::trim_ascii);
    let values: BTreeSet<&[u8]> =
        all.filter(|value| LENGTHS.contains(&value.len())).take(4 * VALUES).collect();
    let (mut found, mut way) = (Vec::new(), None);
    for value in values.into_iter().filter(|value| may_hold_runs(value)).take(VALUES) {
        // Most values are made like the last one.
        let ways = way.into_iter().chain(ways(value));
        if let Some((seen, cleaned)) = ways.into_iter().find_map(|way| Some((way, Cleaned::of(value, way)?)))
        {
            way = Some(seen);
            found.push((cleaned, value));
        }
    }
    told(&found).into_iter().collect()
}

fn told(found: &[(Cleaned<'_>, &[u8])]) -> Option<Evidence> {
    let runs: usize = found.iter().map(|(cleaned, _)| cleaned.runs.len()).sum();
    let pieces: usize = found.iter().map(|(cleaned, _)| cleaned.pieces).sum();
    let broken: usize = found.iter().map(|(cleaned, _)| cleaned.broken).sum();
    let whole: usize = found.iter().map(|(cleaned, _)| cleaned.whole).sum();
    // Cut anywhere, a quarter of all pieces has one symbol more than a group; cut between groups, none has part of one.
    let cut = broken * 12 >= pieces && broken >= 2 || whole == pieces && pieces >= 12;
    if runs < ALL_RUNS || !cut {
        return None;
    }
    let (symbols, all) = found.iter().fold((0, 0), |(symbols, all), (cleaned, value)| {
        (symbols + cleaned.runs.iter().map(|run| run.len()).sum::<usize>(), all + value.len())
    });
    let text = format!(
        "{} encoded values decode to text only without {runs} runs of symbols behind or between marks: {symbols} symbols",
        found.len()
    );
    let example = found.first().map_or(&[][..], |(_, value)| value);
    Some(Evidence::contradiction(found.len(), symbols as f64 / all.max(1) as f64, text).with_example(example))
}

/// Whether a value is made of symbols and a few kinds of marks that come again and again.
fn may_hold_runs(value: &[u8]) -> bool {
    let own = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let made = own * 10 >= value.len() * 6 && own < value.len() && value.iter().all(u8::is_ascii_graphic);
    // What reads as it is, or without marks, has no runs to be taken out.
    let symbols = || value.iter().copied().filter(|byte| base64_value(*byte).is_some()).collect::<Vec<u8>>();
    let letters = || value.iter().copied().filter(u8::is_ascii_alphanumeric).collect::<Vec<u8>>();
    let read = |symbols: &[u8]| decoded(symbols).is_some_and(|(decoded, _)| reads(&decoded));
    made && !read(&symbols()) && !read(&letters())
}

/// How runs begin and end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// At one mark, up to another or the same.
    Between(u8, u8),
    /// At a mark, so many symbols long behind it.
    Behind(u8, usize),
    /// So many symbols before a mark, and the mark.
    Before(u8, usize),
}

/// All ways that the marks of a value allow.
fn ways(value: &[u8]) -> Vec<Way> {
    let mut kinds: Vec<(usize, u8)> = Vec::new();
    let has = |marks: &[u8]| value.iter().any(|byte| marks.contains(byte));
    // The two marks of one variant of base64 are symbols of it, unless those of the other are there too.
    let mixed = has(b"+/") && has(b"-_");
    let foreign = |byte: &u8| mixed || base64_value(*byte).is_none();
    for byte in value.iter().filter(|byte| byte.is_ascii_punctuation() && **byte != b'=' && foreign(byte)) {
        match kinds.iter_mut().find(|(_, kind)| kind == byte) {
            Some((count, _)) => *count += 1,
            None => kinds.push((1, *byte)),
        }
    }
    kinds.retain(|(count, _)| *count >= RUNS);
    kinds.sort_unstable_by(|a, b| b.cmp(a));
    kinds.truncate(KINDS);
    let mut ways: Vec<Way> = Vec::new();
    for (_, open) in &kinds {
        ways.extend(kinds.iter().map(|(_, close)| Way::Between(*open, *close)));
        ways.extend((1..=FIXED).flat_map(|length| [Way::Behind(*open, length), Way::Before(*open, length)]));
    }
    ways
}

/// A value that reads once its runs are out.
struct Cleaned<'v> {
    runs: Vec<&'v [u8]>,
    /// The pieces between runs, how many have lengths to which no bytes encode, and how many are of whole groups.
    pieces: usize,
    broken: usize,
    whole: usize,
}

impl<'v> Cleaned<'v> {
    fn of(value: &'v [u8], way: Way) -> Option<Cleaned<'v>> {
        let (pieces, runs) = part(value, way)?;
        let (clean, inner) = (pieces.concat(), runs.concat());
        let (decoded, group) = decoded(without_padding(&clean))?;
        if !reads(&decoded) || self::decoded(without_padding(&inner)).is_some_and(|(inner, _)| reads(&inner))
        {
            return None;
        }
        let inner: Vec<&[u8]> = pieces.iter().copied().filter(|piece| !piece.is_empty()).collect();
        // The last piece ends where the text does.
        let inner = inner.split_last().map(|(_, before)| before)?;
        let rest = |piece: &&[u8]| piece.len() % group;
        let broken = inner.iter().filter(|piece| rest(piece) == 1).count();
        let whole = if group == 4 { inner.iter().filter(|piece| rest(piece) == 0).count() } else { 0 };
        Some(Cleaned { runs, pieces: inner.len(), broken, whole })
    }
}

/// Pieces of a value, and runs between them.
type Parts<'v> = (Vec<&'v [u8]>, Vec<&'v [u8]>);

/// The pieces of a value and the runs between them; `None` where there are too few runs, or where one does not end.
fn part(value: &[u8], way: Way) -> Option<Parts<'_>> {
    let (mut pieces, mut runs, mut from, mut at) = (Vec::new(), Vec::new(), 0, 0);
    let mark = match way {
        Way::Between(open, _) => open,
        Way::Behind(mark, _) | Way::Before(mark, _) => mark,
    };
    while let Some(found) = memchr::memchr(mark, value.get(at..)?) {
        let place = at + found;
        let (start, end) = match way {
            Way::Between(_, close) => (place, place + 2 + memchr::memchr(close, value.get(place + 1..)?)?),
            Way::Behind(_, length) => (place, (place + 1 + length).min(value.len())),
            Way::Before(_, length) => (place.checked_sub(length)?, place + 1),
        };
        if start < from || end - start > LONGEST + 2 {
            return None;
        }
        pieces.push(value.get(from..start)?);
        let inner = value.get(start..end)?;
        runs.push(match way {
            Way::Before(..) => inner.get(..inner.len() - 1)?,
            Way::Between(..) => inner.get(1..inner.len() - 1)?,
            Way::Behind(..) => inner.get(1..)?,
        });
        (from, at) = (end, end);
    }
    pieces.push(value.get(from..)?);
    let symbols: usize = runs.iter().map(|run| run.len()).sum();
    (runs.len() >= RUNS && symbols > 0).then_some((pieces, runs))
}

/// Symbols without the padding at their end.
fn without_padding(symbols: &[u8]) -> &[u8] {
    symbols.strip_suffix(b"==").or_else(|| symbols.strip_suffix(b"=")).unwrap_or(symbols)
}

/// What symbols decode to, and how many make a group.
fn decoded(symbols: &[u8]) -> Option<(Vec<u8>, usize)> {
    if symbols.iter().all(u8::is_ascii_hexdigit) {
        return Some((hex(symbols.get(..symbols.len() & !1)?)?, 2));
    }
    // What is no text says so in its first groups.
    let all = symbols.iter().all(|byte| base64_value(*byte).is_some());
    (all && is_text(&base64_from(symbols.get(..TEXT.min(symbols.len()))?, 0)))
        .then(|| (base64_from(symbols, 0), 4))
}

/// Whether bytes are a text of some length.
fn reads(bytes: &[u8]) -> bool {
    bytes.len() >= TEXT && is_text(bytes)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    const TEXT: &str = "list of the files in the folder of the user, with their sizes and times; number";

    fn talk(carrier: &str, make: impl Fn(&mut Chance, Vec<u8>) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(75);
        let mut talk = Talk::default();
        for number in 0..6 {
            let text = format!("{TEXT} {}", number * 7919);
            let encoded = if carrier == "hex" {
                text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
            } else {
                encode(text.as_bytes())
            };
            let value = String::from_utf8(make(&mut chance, encoded)).unwrap();
            match carrier {
                "cookie" => talk.send(
                    format!("GET /a HTTP/1.1\r\nHost: a\r\nCookie: id={}\r\n\r\n", value.replace('=', "%3D"))
                        .as_bytes(),
                ),
                "line" => talk.send(format!("PUT {number} {value}\n").as_bytes()),
                _ => talk
                    .post("application/json", format!("{{\"n\":{number},\"data\":\"{value}\"}}").as_bytes()),
            }
            if carrier == "line" { talk.reply(b"200 ok\n") } else { talk.answer(b"ok") }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("runs of symbols"))
    }

    /// Puts what `run` makes between pieces of a few symbols, each a multiple of `unit`.
    fn strewn(unit: usize, run: impl Fn(&mut Chance) -> Vec<u8>) -> impl Fn(&mut Chance, Vec<u8>) -> Vec<u8> {
        move |chance, encoded| {
            let (mut dirty, mut rest) = (Vec::new(), encoded.as_slice());
            while !rest.is_empty() {
                let length = (unit * (8 / unit + chance.below(24 / unit))).min(rest.len());
                dirty.extend_from_slice(&rest[..length]);
                dirty.extend(run(chance));
                rest = &rest[length..];
            }
            dirty
        }
    }

    fn letters(chance: &mut Chance) -> Vec<u8> {
        let length = 1 + chance.below(9);
        chance.of(b"abcdefghijklmnopqrstuvwxyz", length)
    }

    #[test]
    fn the_marks_of_base64_begin_no_runs() {
        assert!(super::ways(b"abcd+efgh/abcd+efgh/abcd+efgh/abcd").is_empty());
        assert!(!super::ways(b"abcd+efgh-abcd+efgh-abcd+efgh-abcd").is_empty());
        assert!(!super::ways(b"abcd,efgh.abcd,efgh.abcd,efgh.abcd").is_empty());
    }

    #[test]
    fn runs_between_marks_in_encoded_text_are_junk() {
        for carrier in ["cookie", "json", "line", "hex"] {
            for (open, close) in [(b",", b"."), (b"~", b"~"), (b"(", b")")] {
                assert!(
                    talk(carrier, strewn(1, |chance| [open.as_slice(), &letters(chance), close].concat())),
                    "{carrier} {open:?}"
                );
            }
        }
        assert!(talk("json", strewn(4, |chance| [b",".as_slice(), &letters(chance), b"."].concat())));
    }

    #[test]
    fn runs_of_one_length_behind_or_before_a_mark_are_junk() {
        let symbols = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        assert!(talk("json", strewn(1, |chance| [b"!".as_slice(), &chance.of(symbols, 4)].concat())));
        assert!(talk("line", strewn(1, |chance| [chance.of(symbols, 3).as_slice(), b"~"].concat())));
    }

    #[test]
    fn parts_that_are_encoded_one_by_one_are_not() {
        let clean = |_: &mut Chance, encoded: Vec<u8>| encoded;
        assert!(!talk("json", clean) && !talk("hex", clean) && !talk("line", clean));
        // Words with a token each, and words in two lists.
        let words = |token: fn(&mut Chance) -> Vec<u8>| {
            move |chance: &mut Chance, _: Vec<u8>| -> Vec<u8> {
                TEXT.split(' ')
                    .flat_map(|word| {
                        let encoded = encode(word.as_bytes())
                            .into_iter()
                            .filter(|byte| *byte != b'=')
                            .collect::<Vec<u8>>();
                        [encoded.as_slice(), b",", &token(chance), b"."].concat()
                    })
                    .collect()
            }
        };
        assert!(!talk("json", words(letters)));
        assert!(!talk("cookie", words(|_| encode(b"on"))));
        // A token of three parts.
        let token = |chance: &mut Chance, encoded: Vec<u8>| {
            [
                encode(br#"{"alg":"HS256","typ":"JWT"}"#).as_slice(),
                b".",
                &encoded,
                b".",
                &encode(&chance.bytes(32)),
            ]
            .concat()
        };
        assert!(!talk("cookie", token));
    }
}
