//! Noise between the lines of a text protocol.
//!
//! Speaks for: streams of lines of text with pieces of evenly drawn bytes between them, of many lengths that no number in the line before
//! says, and with no header at their starts: nothing tells a reader where the next line begins. Silent for: framed messages, content that
//! a line announces with a number, cipher blocks, streams that turn into ciphertext and stay so. Minimum: 4 pieces of 32 bytes and 512 in
//! all, 4 lengths, 6 lines, 3 of which follow noise.

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

/// The fewest pieces of noise, and how many lengths they have.
const PIECES: usize = 4;
const LENGTHS: usize = 4;
/// The fewest bytes of a piece, and of all.
const SHORTEST: usize = 32;
const BYTES: usize = 512;
/// The fewest lines, and how many of them follow noise.
const LINES: usize = 6;
const RETURNS: usize = 3;
/// The shortest line.
const LINE: usize = 16;
/// Bytes at the start of a piece in which a header would show.
const HEAD: usize = 4;
/// How far a number may lie from the length that it says: it may count a line end or a checksum, and
/// a short last line may follow.
const SLACK: usize = 8;
/// How many times as long as its first piece content may be that a line announces at its end.
const LONGER: usize = 64;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.framed {
        return Vec::new();
    }
    let mut found = Found::default();
    let stream = |unit: &&Unit<'_>| unit.carrier == Carrier::Stream && !unit.headless && unit.whole;
    for unit in look.reading.units.iter().filter(stream) {
        pieces(&unit.bytes).for_each(|piece| found.put(piece));
    }
    found.told(look.limit).into_iter().collect()
}

#[derive(Default)]
struct Found<'a> {
    pool: Pool,
    heads: Vec<u8>,
    lines: usize,
    returns: usize,
    announced: usize,
    other: usize,
    /// The last line, where nothing but lines came after it.
    last: &'a [u8],
    in_noise: bool,
    /// Bytes that the last line announced and that are still to come: content may come in several messages.
    left: usize,
}

impl<'a> Found<'a> {
    fn put(&mut self, bytes: &'a [u8]) {
        let (before, noise, behind) = parts(bytes);
        self.line(before);
        if noise.len() >= SHORTEST && !has_text(noise) {
            let open = behind.is_empty();
            self.announced += usize::from(says(self.last, noise.len()) || self.is_part(noise.len(), open));
            self.heads.extend_from_slice(noise.get(..HEAD).unwrap_or_default());
            self.pool.put(noise, bytes.len(), false);
            self.in_noise = true;
        } else if !noise.is_empty() {
            self.other += 1;
        }
        self.line(behind);
    }

    /// Whether a piece of so many bytes begins or continues what the line before announced at its end; `open` where the message ends
    /// with it.
    fn is_part(&mut self, length: usize, open: bool) -> bool {
        if !self.in_noise && open {
            let said = last_number(self.last).filter(|said| *said / LONGER <= length);
            self.left = said.unwrap_or(0);
        }
        let part = length <= self.left + SLACK;
        self.left = self.left.saturating_sub(length);
        part
    }

    fn line(&mut self, line: &'a [u8]) {
        if line.is_empty() {
            return;
        }
        self.left = 0;
        self.lines += 1;
        self.returns += usize::from(self.in_noise);
        self.in_noise = false;
        self.last = line;
    }

    fn told(&self, limit: f64) -> Option<Evidence> {
        let pool = &self.pool;
        let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
        let blocks = lengths.iter().all(|length| length.is_multiple_of(8));
        let enough = pool.count >= PIECES && pool.total >= BYTES && lengths.len() >= LENGTHS && !blocks;
        let lines = self.lines >= LINES && self.returns >= RETURNS;
        let all = pool.count + self.lines + self.other;
        if !enough || !lines || self.announced * 2 > pool.count || self.other * 8 > all {
            return None;
        }
        let drawn = even(&pool.bytes, limit).filter(|drawn| drawn.alphabet == Alphabet::Bytes)?;
        even(&self.heads, limit)?;
        let text = format!(
            "{} pieces of noise stand between {} lines of text: {} bytes ({:.1} standard deviations) in {} lengths that nothing says",
            pool.count,
            self.lines,
            pool.total,
            drawn.deviations,
            lengths.len()
        );
        Some(
            Evidence::statistic(pool.count, pool.share(), 0.65, text)
                .with_deviations(drawn.deviations)
                .with_example(&pool.first),
        )
    }
}

fn is_symbol(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | 32..=126 | 128..)
}

/// A message parted before each line behind noise: what one end sends in quick succession is one message.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let runs = if crate::class::is_text(bytes) { Vec::new() } else { crate::class::text_runs(bytes, LINE) };
    let is_line = |(start, end): &(usize, usize)| {
        bytes.get(*start..*end).is_some_and(|run| memchr::memchr(b'\n', run).is_some())
    };
    let mut ends: Vec<usize> =
        runs.iter().filter(|run| is_line(run)).map(|(start, _)| *start).filter(|start| *start > 0).collect();
    ends.push(bytes.len());
    let starts: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| bytes.get(start..end))
}

/// The lines of text before and behind what is none.
fn parts(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
    if crate::class::is_text(bytes) {
        return if bytes.ends_with(b"\n") && bytes.len() >= LINE {
            (bytes, &[], &[])
        } else {
            (&[], bytes, &[])
        };
    }
    let ascii = |byte: &u8| is_symbol(*byte) && *byte < 128;
    let run = bytes.iter().take_while(|byte| ascii(byte)).count();
    let head = bytes.get(..run).unwrap_or_default();
    let end = memchr::memrchr(b'\n', head).map_or(0, |end| end + 1);
    let before = if end >= LINE { end } else { 0 };
    let (mut start, text) = (bytes.len(), bytes.ends_with(b"\n"));
    if text {
        start -= bytes.iter().rev().take_while(|byte| ascii(byte)).count();
        if bytes.len() - start < LINE {
            start = bytes.len();
        }
    }
    let start = start.max(before);
    (
        bytes.get(..before).unwrap_or_default(),
        bytes.get(before..start).unwrap_or_default(),
        bytes.get(start..).unwrap_or_default(),
    )
}

/// Whether a stretch holds words.
fn has_text(noise: &[u8]) -> bool {
    noise.split(|byte| !matches!(byte, 32..=126)).any(|run| run.len() >= LINE)
}

/// The decimal number that a line ends with.
fn last_number(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let number = crate::content::decimal(line.get(line.len() - digits..)?)?;
    usize::try_from(number).ok()
}

/// Whether a number in a line, decimal or in hex, says so many bytes.
fn says(line: &[u8], length: usize) -> bool {
    let near = |number: u64| (number as usize).abs_diff(length) <= SLACK;
    let words =
        line.split(|byte| !byte.is_ascii_hexdigit()).filter(|word| !word.is_empty() && word.len() <= 9);
    let hex =
        |word: &[u8]| std::str::from_utf8(word).ok().and_then(|word| u64::from_str_radix(word, 16).ok());
    words
        .into_iter()
        .any(|word| crate::content::decimal(word).is_some_and(near) || hex(word).is_some_and(near))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    fn judged(line: impl Fn(usize) -> String) -> Verdict {
        let mut chance = Chance::new(77);
        let mut talk = Talk::default();
        for number in 0..14 {
            let length = 101 + chance.below(700);
            let noise = chance.bytes(length);
            talk.send_later(line(length).as_bytes());
            talk.reply(format!("OK {number}\r\n").as_bytes());
            talk.send_later(&noise);
        }
        talk.judge().verdict
    }

    #[test]
    fn noise_between_lines_is_suspect() {
        assert_eq!(judged(|_| "STAT the host waits and all is quiet\r\n".into()), Verdict::Suspect);
    }

    /// Lines and noise by turns, all in one message or in messages of several lines.
    fn joined(every: usize, line: impl Fn(usize) -> String) -> bool {
        let mut chance = Chance::new(76);
        let (mut talk, mut message) = (Talk::default(), Vec::new());
        for number in 1..=16 {
            let length = 101 + chance.below(300);
            let noise = chance.bytes(length);
            message.extend([line(length).as_bytes(), &noise].concat());
            if number % every == 0 {
                talk.send(&std::mem::take(&mut message));
                talk.reply(b"OK\r\n");
            }
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("stand between"))
    }

    #[test]
    fn lines_and_noise_in_one_message_are_told_apart() {
        for every in [16, 4, 2] {
            assert!(joined(every, |_| "STAT the host waits and all is quiet\r\n".into()));
            assert!(!joined(every, |length| format!("PUT the/file/on/the/host {length}\r\n")));
            assert!(!joined(every, |length| format!(
                "PUT the/file/on/the/host\r\n\x01{}",
                length as u8 as char
            )));
        }
    }

    #[test]
    fn content_that_a_line_announces_is_not() {
        assert!(!judged(|length| format!("PUT the/file/on/the/host {length}\r\n")).is_junk());
    }

    /// Values as a cache sends them: a line that ends with their length or another number, and the value in messages of 1,460 bytes.
    fn values(said: impl Fn(usize) -> usize, end: &[u8]) -> Verdict {
        let mut chance = Chance::new(79);
        let mut talk = Talk::default();
        for number in 0..24 {
            let length = 33 + chance.below(4000);
            talk.send(format!("get user_{number:016x}\r\n").as_bytes());
            let line = format!("VALUE user_{number:016x} 1 {}\r\n", said(length)).into_bytes();
            let answer = [line, chance.bytes(length), end.to_vec()].concat();
            answer.chunks(1460).for_each(|part| talk.reply(part));
        }
        talk.judge().verdict
    }

    #[test]
    fn values_that_come_in_several_messages_are_not() {
        for end in [b"".as_slice(), b"\r\nEND\r\n"] {
            assert!(!values(|length| length, end).is_junk());
            // Where the rest was not seen.
            assert!(!values(|length| length * 3, end).is_junk());
        }
        // A number of something else announces nothing.
        assert!(values(|_| 9, b"").is_junk());
        assert!(values(|length| length * 500, b"").is_junk());
    }

    #[test]
    fn noise_beyond_what_a_line_announces_is_suspect() {
        let pieces = |said: fn(usize) -> usize| {
            let mut chance = Chance::new(80);
            let mut talk = Talk::default();
            for number in 0..10 {
                let lengths = [900 + chance.below(90), 500 + chance.below(90), 700 + chance.below(90)];
                let line = format!("STORE the file {number} {}\r\n", said(lengths.iter().sum()));
                talk.send_later(&[line.as_bytes(), &chance.bytes(lengths[0])].concat());
                lengths[1..].iter().for_each(|length| talk.send_later(&chance.bytes(*length)));
                talk.reply(b"OK\r\n");
            }
            // Their sizes are told by another rule.
            talk.judge().reasons.iter().any(|reason| reason.contains("stand between"))
        };
        assert!(!pieces(|all| all));
        assert!(pieces(|all| all / 2));
    }

    #[test]
    fn ciphertext_that_follows_lines_is_not() {
        let mut chance = Chance::new(78);
        let mut talk = Talk::default();
        for number in 0..40 {
            let length = 101 + chance.below(700);
            let noise = chance.bytes(length);
            if number < 10 {
                talk.send_later(b"EHLO the.host.of.the.office\r\n");
            } else {
                talk.send_later(&noise);
            }
            talk.reply(b"250 ok\r\n");
        }
        assert!(!talk.judge().junk);
    }

    #[test]
    fn frames_of_lines_and_of_what_is_packed_are_not() {
        let mut chance = Chance::new(81);
        let mut talk = Talk::default();
        for number in 0..30 {
            let length = 101 + chance.below(700);
            let content = if number % 2 == 0 {
                format!("LOG the host {number} waits and all is {}quiet\n", "very ".repeat(number % 7))
                    .into_bytes()
            } else {
                chance.bytes(length)
            };
            talk.send_later(&[(content.len() as u32).to_be_bytes().as_slice(), &content].concat());
        }
        assert!(!talk.judge().reasons.iter().any(|reason| reason.contains("stand between")));
    }
}
