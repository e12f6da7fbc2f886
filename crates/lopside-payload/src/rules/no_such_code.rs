//! Bodies of words that are declared as a language of which they hold no sign.
//!
//! Speaks for: bodies declared as scripts or style sheets that are words and hold, beside what may be encoded data, not one bracket,
//! quote, equals or semicolon, without which there is no program, or whose brackets do not close one another; and bodies declared as
//! JSON, pages, XML, tables or forms that do not begin, or part nothing, as these do and whose words are drawn evenly. Silent for:
//! comments and empty answers, errors told in words (one text, or short), brackets in quotes and patterns (fewer than a third), bodies
//! that are cut, data alone under such a label, text of a language under the label of another format. Minimum: 3 different bodies of 192
//! bytes with 12 words; 256 letters in words of 5 lengths for formats that are no code.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::is_text;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

/// The fewest bodies, bytes of one, and words of one.
const BODIES: usize = 3;
const BYTES: usize = 192;
const WORDS: usize = 12;
/// The fewest letters, and lengths of words, of formats that are no code.
const LETTERS: usize = 256;
const LENGTHS: usize = 5;
/// The fewest brackets that say something of a body.
const BRACKETS: usize = 12;
/// How many open brackets are looked back at.
const DEEPEST: usize = 64;
/// A longer word may be encoded data.
const DATA: usize = 40;
/// What is looked at of a body.
const LOOKED_AT: usize = 16 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found: [Found<'_>; 2] = Default::default();
    let mut seen = BTreeSet::new();
    for unit in look.reading.units.iter().filter(|unit| matches!(unit.carrier, Carrier::Http | Carrier::Part))
    {
        let Some(kind) = kind(&unit.declared) else { continue };
        let [code, formats] = &mut found;
        let found = if matches!(kind, Kind::Code) { code } else { formats };
        found.bodies += 1;
        if let Some(words) = words_alone(unit, kind)
            && seen.insert(unit.bytes.as_ref())
        {
            found.put(unit, &words);
        }
    }
    let [code, formats] = &found;
    let unbalanced = unbalanced(look);
    if unbalanced.is_some() {
        return unbalanced.into_iter().collect();
    }
    code.told("script or style sheet", None)
        .or_else(|| formats.told("format", Some(look.limit)))
        .into_iter()
        .collect()
}

/// Whole scripts and style sheets whose brackets do not close one another.
fn unbalanced(look: &Look<'_>) -> Option<Evidence> {
    let (mut pool, mut bodies) = (Pool::default(), BTreeSet::new());
    for unit in look.reading.units.iter().filter(|unit| matches!(unit.carrier, Carrier::Http | Carrier::Part))
    {
        let code = matches!(kind(&unit.declared), Some(Kind::Code));
        let whole = unit.whole && !unit.headless && !unit.partial && !unit.undecoded;
        if code && whole && unit.bytes.len() >= BYTES && bodies.insert(unit.bytes.as_ref()) {
            let (brackets, alone) = brackets(&unit.bytes);
            if brackets >= BRACKETS && alone * 3 >= brackets && is_text(&unit.bytes) {
                pool.put(&unit.bytes, unit.bytes.len(), true);
            }
        }
    }
    (pool.count >= BODIES && pool.count * 10 >= bodies.len() * 6).then(|| {
        let text = format!(
            "{} of {} scripts or style sheets have brackets of which a third or more close nothing or are never closed",
            pool.count,
            bodies.len()
        );
        Evidence::contradiction(pool.count, 0.5, text).with_example(&pool.first)
    })
}

/// How many brackets a text has, and how many of these stand alone. What stands in quotes counts too: it may unsettle some, not most.
fn brackets(text: &[u8]) -> (usize, usize) {
    let (mut open, mut all, mut alone): (Vec<u8>, usize, usize) = (Vec::new(), 0, 0);
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => {
                open.push(*byte);
                all += 1;
            }
            b')' | b']' | b'}' => {
                all += 1;
                let wanted = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                let from = open.len().saturating_sub(DEEPEST);
                match open.iter().skip(from).rposition(|byte| *byte == wanted).map(|place| from + place) {
                    Some(place) => {
                        alone += open.len() - place - 1;
                        open.truncate(place);
                    }
                    None => alone += 1,
                }
            }
            _ => {}
        }
    }
    (all, alone + open.len())
}

/// What a type promises.
#[derive(Clone, Copy)]
enum Kind {
    /// A program or a style sheet.
    Code,
    /// A document that begins with one of some characters.
    Begins(&'static [u8]),
    /// Values between one of some characters.
    Parted(&'static [u8]),
}

fn kind(declared: &str) -> Option<Kind> {
    const KINDS: [(&str, Kind); 8] = [
        ("javascript", Kind::Code),
        ("ecmascript", Kind::Code),
        ("text/css", Kind::Code),
        ("json", Kind::Begins(b"{[\"-0123456789")),
        ("html", Kind::Begins(b"<")),
        ("xml", Kind::Begins(b"<")),
        ("csv", Kind::Parted(b",;\t|")),
        ("x-www-form-urlencoded", Kind::Parted(b"=&")),
    ];
    KINDS.iter().find(|(name, _)| declared.contains(name)).map(|(_, kind)| *kind)
}

/// The words of a body that holds no sign of what it is declared to be, data among them left out.
fn words_alone<'u>(unit: &'u Unit<'_>, kind: Kind) -> Option<Vec<&'u [u8]>> {
    let body = unit.bytes.get(..unit.bytes.len().min(LOOKED_AT)).unwrap_or(&unit.bytes);
    let start = body.trim_ascii_start();
    let signs: &[u8] = match kind {
        Kind::Code
            if [b"/*".as_slice(), b"//", b"<!--", b"#!", b"@"].iter().any(|sign| start.starts_with(sign)) =>
        {
            return None;
        }
        Kind::Code => b"(){}[];=\"'`",
        Kind::Begins(signs) if start.first().is_none_or(|first| signs.contains(first)) => return None,
        Kind::Begins(_) => b"<{",
        Kind::Parted(signs) => signs,
    };
    if unit.partial || unit.undecoded || unit.headless || body.len() < BYTES || !is_text(body) {
        return None;
    }
    let words: Vec<&[u8]> = body
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty() && word.len() < DATA)
        .collect();
    let none = !words.iter().any(|word| word.iter().any(|byte| signs.contains(byte)));
    (none && words.len() >= WORDS).then_some(words)
}

/// Bodies without a sign of their language.
#[derive(Default)]
struct Found<'u> {
    pool: Pool,
    bodies: usize,
    /// Their words of letters, each once.
    words: BTreeSet<&'u [u8]>,
}

impl<'u> Found<'u> {
    fn put(&mut self, unit: &'u Unit<'_>, words: &[&'u [u8]]) {
        let held: usize = words.iter().map(|word| word.len() + 1).sum();
        self.pool.put(
            unit.bytes.get(..held.min(unit.bytes.len())).unwrap_or_default(),
            unit.bytes.len(),
            true,
        );
        self.words.extend(words.iter().filter(|word| word.iter().all(u8::is_ascii_alphabetic)));
    }

    fn told(&self, what: &str, limit: Option<f64>) -> Option<Evidence> {
        if self.pool.count < BODIES
            || self.pool.count * 2 < self.bodies
            || limit.is_some_and(|limit| !self.is_drawn(limit))
        {
            return None;
        }
        let text = format!(
            "{} of {} bodies are no {what} of the type that they are declared to be: words, and not one sign of it",
            self.pool.count, self.bodies
        );
        Some(Evidence::contradiction(self.pool.count, self.pool.share(), text).with_example(&self.pool.first))
    }

    /// Whether the letters of words of many lengths are drawn evenly.
    fn is_drawn(&self, limit: f64) -> bool {
        let lengths: BTreeSet<usize> = self.words.iter().map(|word| word.len()).collect();
        let letters: Vec<u8> = self.words.iter().copied().flatten().copied().collect();
        let drawn = || {
            even(&letters, limit)
                .is_some_and(|even| matches!(even.alphabet, Alphabet::Letters | Alphabet::BothCases))
        };
        letters.len() >= LETTERS && lengths.len() >= LENGTHS && drawn()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk, encode};

    fn is_junk(declared: &str, body: impl Fn(&mut Chance, usize) -> String) -> bool {
        let mut chance = Chance::new(87);
        let mut talk = Talk::default();
        for number in 0..8 {
            let body = body(&mut chance, number);
            talk.page(&format!("/a/{number}"), declared, body.as_bytes());
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("not one sign of it"))
    }

    fn salad(chance: &mut Chance, words: usize) -> String {
        let word = |chance: &mut Chance| {
            let length = 1 + chance.below(11);
            String::from_utf8(chance.of(b"abcdefghijklmnopqrstuvwxyz", length)).unwrap()
        };
        (0..words).map(|_| word(chance)).collect::<Vec<_>>().join(" ")
    }

    fn data(number: usize) -> String {
        let text = format!("list the files of the folder and send them home, number {}", number * 7919);
        String::from_utf8(encode(text.as_bytes())).unwrap()
    }

    #[test]
    fn words_that_are_no_code_around_data_are_junk() {
        for declared in ["application/javascript", "text/javascript", "text/css"] {
            // One head and one tail, run into the data.
            assert!(is_junk(declared, |_, number| {
                let mut fixed = Chance::new(3);
                format!("{}{}{}", salad(&mut fixed, 40), data(number), salad(&mut fixed, 30))
            }));
            assert!(is_junk(declared, |chance, number| format!("{} {}", salad(chance, 60), data(number))));
        }
        for declared in ["application/json", "text/html", "application/xml", "text/csv"] {
            assert!(
                is_junk(declared, |chance, number| format!("{} {}", salad(chance, 60), data(number))),
                "{declared}"
            );
        }
    }

    #[test]
    fn brackets_that_close_nothing_are_junk_and_those_of_code_are_not() {
        let judged = |declared: &str, body: &dyn Fn(&mut Chance) -> String| {
            let mut chance = Chance::new(88);
            let mut talk = Talk::default();
            for number in 0..8 {
                let body = body(&mut chance);
                talk.page(&format!("/a/{number}"), declared, body.as_bytes());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("close nothing"))
        };
        let drawn = |chance: &mut Chance| {
            let word = |chance: &mut Chance| {
                format!("{}{}", salad(chance, 1), ["(", ")", "{", "}", ";", "=", "", "["][chance.below(8)])
            };
            (0..90).map(|_| word(chance)).collect::<Vec<_>>().join(" ")
        };
        for declared in ["application/javascript", "text/css"] {
            assert!(judged(declared, &drawn), "{declared}");
        }
        let code = |chance: &mut Chance| {
            let line = |chance: &mut Chance| {
                format!("f(a[{}],{{b:')'}});if(/[({{]/.test(c)){{d(\"(\")}}", chance.below(99))
            };
            (0..20).map(|_| line(chance)).collect::<Vec<_>>().concat()
        };
        assert!(!judged("application/javascript", &code));
        // The same symbols under another type.
        assert!(!judged("text/plain", &drawn));
    }

    #[test]
    fn code_comments_errors_and_text_are_not() {
        let js = "application/javascript";
        assert!(!is_junk(js, |chance, number| format!(
            "var a{number}='{}';f(a{number});",
            salad(chance, 60)
        )));
        assert!(!is_junk(js, |chance, _| format!("/* {} */", salad(chance, 60))));
        assert!(!is_junk("text/css", |chance, _| format!(
            ".a{{color:red}} .b{{content:\"{}\"}}",
            salad(chance, 60)
        )));
        assert!(!is_junk(js, |_, _| {
            "the file that was asked for is not here and nobody knows where it went ".repeat(4)
        }));
        // Data alone, and errors in words under the label of a document.
        assert!(!is_junk(js, |chance, _| String::from_utf8(encode(&chance.bytes(400))).unwrap()));
        assert!(!is_junk("application/json", |_, number| format!(
            "error {number} {}",
            "the service is busy and asks to be called again in a while ".repeat(5)
        )));
    }
}
