//! Noise between the lines of a text protocol.
//!
//! Speaks for: streams of lines of text with pieces of evenly drawn bytes between them, of many lengths that no number in the line before says, and with no header
//! at their starts: nothing tells a reader where the next line begins. Silent for: framed messages, content that a line announces with a number, cipher blocks, streams that
//! turn into ciphertext and stay so. Minimum: 4 pieces of 32 bytes and 512 in all, 4 lengths, 6 lines, 3 of which follow noise.

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
/// How far a number may lie from the length that it says: it may count a line end or a checksum.
const SLACK: usize = 4;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.framed {
        return Vec::new();
    }
    let mut found = Found::default();
    let stream = |unit: &&Unit<'_>| unit.carrier == Carrier::Stream && !unit.headless && unit.whole;
    for unit in look.reading.units.iter().filter(stream) {
        found.put(&unit.bytes);
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
}

impl<'a> Found<'a> {
    fn put(&mut self, bytes: &'a [u8]) {
        let (before, noise, behind) = parts(bytes);
        self.line(before);
        if noise.len() >= SHORTEST && !has_text(noise) {
            self.announced += usize::from(says(self.last, noise.len()));
            self.heads.extend_from_slice(noise.get(..HEAD).unwrap_or_default());
            self.pool.put(noise, bytes.len(), false);
            self.in_noise = true;
        } else if !noise.is_empty() {
            self.other += 1;
        }
        self.line(behind);
    }

    fn line(&mut self, line: &'a [u8]) {
        if line.is_empty() {
            return;
        }
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

    #[test]
    fn content_that_a_line_announces_is_not() {
        assert!(!judged(|length| format!("PUT the/file/on/the/host {length}\r\n")).is_junk());
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
}
