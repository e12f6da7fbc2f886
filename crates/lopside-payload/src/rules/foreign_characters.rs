//! Characters that no text of its kind holds, strewn into text.
//!
//! Speaks for: control characters of many kinds inside the words of JSON and of bodies declared as text; bytes that break UTF-8 inside
//! words of another script, or inside words of ASCII where they are drawn evenly from all beyond it; characters of several kinds that
//! nobody sees inside words of Latin letters; commands of Telnet that do nothing inside words. Silent for: escapes of terminals, the
//! marks of formats between fields, text in another code page than declared (it holds no characters of several bytes), texts cut in the
//! midst of a character, joiners of other scripts and of emoji, watermarks of one or two kinds. Minimum: 2 messages and 24 such
//! characters, 16 where UTF-8 is broken, of 8 kinds, or 3 that nobody sees; 96 bytes of 48 kinds in ASCII.

use std::collections::BTreeSet;

use super::Look;
use crate::class::Class;
use crate::content::document::Kind;
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};

/// The fewest messages and characters.
const MESSAGES: usize = 2;
const LEAST: usize = 24;
/// The fewest where a character of several bytes is broken: nothing else does that.
const LEAST_BROKEN: usize = 16;
/// The fewest kinds, and the fewest of those that nobody sees.
const KINDS: usize = 8;
const UNSEEN: usize = 3;
/// The fewest bytes beyond ASCII inside its words, and the fewest kinds: a code page of Vietnamese has as many, but some come often.
const LEAST_BEYOND: usize = 96;
const KINDS_BEYOND: usize = 48;
/// Bytes of a message that are looked at.
const MOST: usize = 16 << 10;

/// Foreign characters of one sort, over all messages.
#[derive(Default)]
struct Foreign {
    bytes: Vec<u8>,
    kinds: BTreeSet<u32>,
    count: usize,
    messages: usize,
    around: usize,
}

impl Foreign {
    /// Takes those of a message: which they are, and how they are written.
    fn put(&mut self, unit: &Unit<'_>, found: &[(u32, &[u8])]) {
        self.around += unit.bytes.len();
        self.messages += usize::from(!found.is_empty());
        self.count += found.len();
        for (kind, bytes) in found {
            self.kinds.insert(*kind);
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn told(&self, least: usize, kinds: usize, what: &str) -> Option<Evidence> {
        let enough = self.messages >= MESSAGES && self.count >= least && self.kinds.len() >= kinds;
        enough.then(|| {
            let text = format!("{} {what} stand inside the words of {} texts", self.count, self.messages);
            let share = self.bytes.len() as f64 / self.around.max(1) as f64;
            Evidence::contradiction(self.messages, share, text).with_example(&self.bytes)
        })
    }
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut sorts: [Foreign; 5] = Default::default();
    let [controls, broken, unseen, commands, beyond] = &mut sorts;
    for unit in look.reading.units.iter().filter(|unit| !unit.headless && unit.bytes.len() >= 16) {
        let bytes = unit.bytes.get(..unit.bytes.len().min(MOST)).unwrap_or(&unit.bytes);
        if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')) {
            continue;
        }
        if is_text_by_label(unit) || matches!(bytes.first(), Some(b'{' | b'[')) {
            controls.put(unit, &controls_in(bytes));
        }
        if is_text_by_label(unit) {
            broken.put(unit, &broken_in(bytes));
        }
        if is_text_by_label(unit) || unit.is_raw() {
            unseen.put(unit, &unseen_in(bytes));
            beyond.put(unit, &beyond_in(bytes));
        }
        if unit.carrier == Carrier::Stream {
            commands.put(unit, &commands_in(bytes));
        }
    }
    [
        controls.told(LEAST, KINDS, "control characters of many kinds"),
        broken.told(LEAST_BROKEN, KINDS, "bytes that break UTF-8"),
        unseen.told(LEAST, UNSEEN, "characters of several kinds that nobody sees"),
        commands.told(LEAST, 1, "commands of Telnet that do nothing"),
        beyond
            .told(LEAST_BEYOND, KINDS_BEYOND, "bytes that no character set has side by side")
            .filter(|_| is_even(&beyond.bytes, look.limit)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_text_by_label(unit: &Unit<'_>) -> bool {
    let document = unit.document.is_some_and(|found| matches!(found.kind, Kind::Json));
    document
        || ["text/", "json", "xml", "javascript"].iter().any(|kind| unit.declared.contains(kind))
            && !matches!(unit.class, Class::Random(_))
}

/// Whether a byte is a control character that no line of text has.
fn is_control(byte: &u8) -> bool {
    matches!(byte, 1..=8 | 14..=31 | 127)
}

/// Control characters with letters or digits on both sides, in text; escapes begin what is meant for a terminal, which has others too.
fn controls_in(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    // What is ciphertext in part breaks UTF-8 as well.
    let reads = std::str::from_utf8(bytes).map_or_else(|cut| cut.error_len().is_none(), |_| true);
    if !reads || memchr::memchr(0, bytes).is_some() || crate::content::find(bytes, b"\x1B[", 0).is_some() {
        return Vec::new();
    }
    runs(bytes, is_control)
        .filter(|(before, _, after)| before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric())
        .flat_map(|(_, run, _)| run.chunks(1))
        .filter_map(|one| Some((u32::from(*one.first()?), one)))
        .collect()
}

/// Runs of bytes of one sort, with the byte before and the byte behind each.
fn runs(bytes: &[u8], sort: fn(&u8) -> bool) -> impl Iterator<Item = (u8, &[u8], u8)> {
    let mut at = 0;
    bytes.chunk_by(move |a, b| sort(a) == sort(b)).filter_map(move |run| {
        let from = at;
        at += run.len();
        let before = *bytes.get(from.checked_sub(1)?)?;
        Some((before, run, *bytes.get(at)?))
    })
}

/// Bytes that go on with a character where none goes on, or that UTF-8 does not have, between two characters of several bytes. What was
/// cut ends with the beginning of a character instead.
fn broken_in(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut found = Vec::new();
    // Ciphertext has characters of several bytes by chance, and zeros and control characters as well.
    if bytes.iter().any(|byte| *byte < 32 && !matches!(byte, b'\t' | b'\r' | b'\n')) {
        return found;
    }
    if !is_of_one_script(bytes) {
        return found;
    }
    let mut chunks = bytes.utf8_chunks().peekable();
    let mut before = false;
    let mut run: Vec<(u32, &[u8])> = Vec::new();
    while let Some(chunk) = chunks.next() {
        let valid = chunk.valid();
        if !valid.is_empty() {
            if before && valid.chars().next().is_some_and(char::is_alphabetic) && !valid.is_char_boundary(1) {
                found.append(&mut run);
            }
            run.clear();
            before = valid.chars().next_back().is_some_and(|last| last.is_alphabetic() && !last.is_ascii());
        }
        let invalid = chunk.invalid();
        if let Some(first) = invalid.first()
            && chunks.peek().is_some()
            && (!run.is_empty() || matches!(first, 0x80..=0xC1 | 0xF5..))
        {
            run.push((u32::from(*first), invalid));
        }
    }
    found
}

/// Whether the characters of several bytes begin with one or two bytes mostly, as those of a script do: other code pages and ciphertext
/// pass for characters of all scripts.
fn is_of_one_script(bytes: &[u8]) -> bool {
    let mut starts = [0usize; 256];
    for chunk in bytes.utf8_chunks() {
        let beyond = chunk.valid().bytes().filter(|byte| *byte >= 0xC0);
        beyond.for_each(|byte| starts[usize::from(byte)] += 1);
    }
    let all: usize = starts.iter().sum();
    starts.sort_unstable_by(|a, b| b.cmp(a));
    let two: usize = starts.iter().take(2).sum();
    two >= LEAST_BROKEN && two * 5 >= all * 3
}

/// Whether a character has no width, turns the direction of writing, or chooses the form of the one before it.
fn is_unseen(character: char) -> bool {
    let directions = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' | '\u{61C}');
    let forms = matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E01EF}' | '\u{34F}');
    let widths =
        matches!(character, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{180E}' | '\u{FEFF}');
    directions || forms || widths
}

/// Characters of no width between two Latin letters.
fn unseen_in(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let (mut found, mut run, mut before) = (Vec::new(), Vec::new(), false);
    for (place, character) in text.char_indices() {
        if is_unseen(character) {
            let end = place + character.len_utf8();
            run.push((u32::from(character), bytes.get(place..end).unwrap_or_default()));
            continue;
        }
        let letter = character.is_ascii_alphabetic();
        if before && letter {
            found.append(&mut run);
        }
        run.clear();
        before = letter;
    }
    found
}

/// Single bytes beyond ASCII between its letters, marks and blanks, in text that is ASCII mostly and no UTF-8.
fn beyond_in(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let high = crate::spans::count(bytes, |byte| byte >= 128);
    if high < 4 || high * 2 > bytes.len() || std::str::from_utf8(bytes).is_ok() {
        return Vec::new();
    }
    if bytes.iter().any(|byte| is_control(byte) || *byte == 0) {
        return Vec::new();
    }
    let words = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let found: Vec<_> = runs(bytes, |byte| *byte >= 128)
        .filter(|(before, run, after)| run.len() == 1 && words(*before) && words(*after))
        .filter_map(|(_, run, _)| Some((u32::from(*run.first()?), run)))
        .collect();
    if found.len() * 4 >= high * 3 { found } else { Vec::new() }
}

/// Whether bytes beyond ASCII are drawn evenly from all that there are.
fn is_even(bytes: &[u8], limit: f64) -> bool {
    let counts = crate::statistics::histogram(bytes);
    crate::statistics::collision(counts.iter().copied().skip(128), 128)
        .is_some_and(|deviations| deviations.abs() <= limit)
}

/// Commands of Telnet (RFC 854) that do nothing, or say that the other end may go on, between two letters.
fn commands_in(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        let from = at + next;
        at = from;
        while matches!(bytes.get(at..at + 2), Some([0xFF, 0xF1 | 0xF9])) {
            at += 2;
        }
        let before = from.checked_sub(1).and_then(|before| bytes.get(before));
        let beside =
            [before, bytes.get(at)].into_iter().all(|byte| byte.is_some_and(u8::is_ascii_alphanumeric));
        if at > from && beside {
            found.extend(bytes.get(from..at).unwrap_or_default().chunks(2).map(|pair| (0, pair)));
        }
        at = at.max(from + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const TEXT: &str = "the report of the pump in hall four is attached and all values are as they were";
    const RUSSIAN: &str = "отчёт о насосе приложен и все значения такие же какими они были вчера";

    fn judged(declared: &str, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        posted(declared, make).judge().junk
    }

    fn told(declared: &str, make: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
        let reasons = posted(declared, make).judge().reasons;
        reasons.iter().any(|reason| reason.contains("stand inside the words"))
    }

    fn posted(declared: &str, make: impl Fn(&mut Chance) -> Vec<u8>) -> Talk {
        let mut chance = Chance::new(61);
        let mut talk = Talk::default();
        for _ in 0..8 {
            let body = make(&mut chance);
            talk.post(declared, &body);
            talk.answer(b"ok");
        }
        talk
    }

    #[test]
    fn one_message_says_too_little() {
        let kinds: Vec<[u8; 1]> = (1..9).chain(14..27).map(|byte| [byte]).collect();
        let kinds: Vec<&[u8]> = kinds.iter().map(<[u8; 1]>::as_slice).collect();
        let marked = |messages: usize| {
            let mut chance = Chance::new(64);
            let mut talk = Talk::default();
            for _ in 0..messages {
                talk.post("text/plain", &strewn(&mut chance, TEXT.repeat(4).as_bytes(), &kinds));
                talk.answer(b"ok");
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("stand inside the words"))
        };
        assert!(marked(2));
        assert!(!marked(1));
    }

    /// A text with one of some pieces behind every seventh byte or so.
    fn strewn(chance: &mut Chance, text: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for byte in text {
            bytes.push(*byte);
            if chance.below(7) == 0 {
                bytes.extend_from_slice(pieces[chance.below(pieces.len())]);
            }
        }
        bytes
    }

    #[test]
    fn control_characters_of_many_kinds_inside_words_are_junk() {
        let kinds: Vec<[u8; 1]> = (1..9).chain(14..27).map(|byte| [byte]).collect();
        let kinds: Vec<&[u8]> = kinds.iter().map(<[u8; 1]>::as_slice).collect();
        let json = format!("{{\"note\":\"{TEXT}\",\"next\":\"{TEXT}\"}}");
        assert!(judged("application/json", |chance| strewn(chance, json.as_bytes(), &kinds)));
        assert!(judged("text/plain", |chance| strewn(chance, TEXT.as_bytes(), &kinds)));
        // Marks between fields, and what a terminal gets.
        assert!(!judged("text/plain", |_| TEXT.replace(' ', "\u{1}").into_bytes()));
        assert!(!judged("text/plain", |chance| strewn(chance, TEXT.as_bytes(), &[b"\x1b[1m", b"\x08"])));
    }

    #[test]
    fn bytes_that_break_characters_are_junk_and_cut_texts_and_code_pages_are_not() {
        let kinds: Vec<[u8; 1]> = (0x80..0xFE).map(|byte| [byte]).collect();
        let kinds: Vec<&[u8]> = kinds.iter().map(<[u8; 1]>::as_slice).collect();
        assert!(judged("text/plain", |chance| strewn(chance, RUSSIAN.as_bytes(), &kinds)));
        assert!(!judged("text/plain", |chance| {
            let cut = |at: usize| RUSSIAN.as_bytes()[..at].to_vec();
            (0..12).flat_map(|_| [cut(20 + chance.below(60)), "…; ".into()].concat()).collect()
        }));
        // Pairs of a Chinese code page, a few of which pass for characters.
        assert!(!judged("text/html", |chance| {
            (0..300)
                .flat_map(|_| [0xB0 + chance.below(0x48) as u8, 0xA1 + chance.below(0x5E) as u8])
                .collect()
        }));
        // The same words in a code page of one byte a letter.
        let page: Vec<u8> =
            RUSSIAN.chars().map(|c| if c == ' ' { b' ' } else { (u32::from(c) % 64) as u8 | 0xC0 }).collect();
        assert!(!judged("text/plain", |chance| page[chance.below(8)..].to_vec()));
    }

    #[test]
    fn bytes_beyond_ascii_are_junk_inside_its_words_and_code_pages_are_not() {
        let judged = |make: &dyn Fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(65);
            let mut talk = Talk::default();
            for _ in 0..16 {
                talk.datagram(&make(&mut chance));
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("side by side"))
        };
        let kinds: Vec<[u8; 1]> = (0x80..=0xFF).map(|byte| [byte]).collect();
        let kinds: Vec<&[u8]> = kinds.iter().map(<[u8; 1]>::as_slice).collect();
        assert!(judged(&|chance| [b"<30>fw1 kernel: ", &*strewn(chance, TEXT.as_bytes(), &kinds)].concat()));
        // Vowels with marks of an old code page: as many kinds, but not as often each.
        assert!(!judged(&|chance| {
            let often = chance.below(5) > 0;
            let some = if often { &kinds[60..70] } else { &kinds[..] };
            strewn(chance, TEXT.repeat(6).as_bytes(), some)
        }));
        assert!(!judged(&|chance| strewn(chance, TEXT.as_bytes(), &["é".as_bytes(), "ü".as_bytes()])));
    }

    #[test]
    fn characters_that_nobody_sees_are_junk_inside_latin_words_alone() {
        let unseen = ["\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}"].map(str::as_bytes);
        let json = format!("{{\"note\":\"{TEXT}\"}}");
        assert!(judged("application/json", |chance| strewn(chance, json.as_bytes(), &unseen)));
        assert!(!judged("application/json", |chance| strewn(chance, json.as_bytes(), &unseen[..1])));
        let others = [
            ["\u{202A}", "\u{202C}", "\u{2066}", "\u{200E}"],
            ["\u{FE00}", "\u{FE0E}", "\u{E0101}", "\u{34F}"],
        ];
        for kinds in others {
            let kinds = kinds.map(str::as_bytes);
            assert!(judged("application/json", |chance| strewn(chance, json.as_bytes(), &kinds)));
        }
        let persian = "می\u{200C}خواهم بروم و نمی\u{200C}توانم ".repeat(9);
        assert!(!judged("text/plain", |chance| format!("{} {persian}", chance.below(99)).into_bytes()));
    }

    #[test]
    fn commands_inside_words_are_junk_and_between_lines_are_not() {
        let judged = |make: &dyn Fn(&mut Chance) -> Vec<u8>| {
            let mut chance = Chance::new(62);
            let mut talk = Talk::default();
            for _ in 0..8 {
                talk.reply(&make(&mut chance));
                talk.send(b"show log\r\n");
            }
            talk.judge().junk
        };
        let idle: [&[u8]; 2] = [b"\xFF\xF1", b"\xFF\xF9"];
        assert!(judged(&|chance| strewn(chance, TEXT.as_bytes(), &idle)));
        assert!(!judged(&|_| [TEXT.as_bytes(), b"\r\n\xFF\xF9"].concat().repeat(4)));
    }

    #[test]
    fn sealed_bytes_behind_a_text_are_no_characters_in_it() {
        for text in [TEXT, RUSSIAN] {
            assert!(!told("text/plain", |chance| {
                let length = 400 + chance.below(300);
                [text.as_bytes(), &chance.bytes(length)].concat()
            }));
        }
    }
}
