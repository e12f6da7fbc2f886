//! Base64 and hex that decode only after something is taken out.
//!
//! Speaks for: foreign symbols strewn into an encoded value, pieces like `.gif` in it, and noise joined to an encoded text so that it
//! decodes from some place on only. Silent for: line breaks, separators between tokens, wider encodings (base85 uses its other symbols as
//! often), and pieces as long as signatures. Minimum: a value of 40 symbols; 4 strangers where what is left decodes to something that
//! reads, 12 where not.

mod joined;
mod strewn;

use std::collections::BTreeSet;

use super::{Look, Pool};
use crate::class::{behind_header, is_text};
use crate::content::archives::deflate;
use crate::content::document::{self, Kind};
use crate::content::encoding::{base64, base64_from, base64_value, hex, percent};
use crate::evidence::Evidence;
use crate::peel::reads;
use crate::spans;
use crate::statistics::{Alphabet, even};
use joined::shifted;
pub(super) use joined::text_runs;
use strewn::{is_wider, separated, strewn};

/// The fewest symbols of a value.
const LEAST: usize = 40;
/// Values looked at in one direction.
const VALUES: usize = 1500;
/// Symbols of a piece that is the same in all values and yet no header.
const LONGEST_HEADER: usize = 96;

#[derive(Default)]
struct Found {
    /// Values that decode to something that reads once strangers are out.
    cleaned: Pool,
    /// Values whose strangers stand among evenly drawn symbols.
    strewn: Pool,
    /// Their own symbols and their strangers, one after the other, and the widest alphabet.
    strewn_clean: Vec<u8>,
    strangers: Vec<u8>,
    alphabet: Option<Alphabet>,
    /// Values that were looked at: a body may be a field as well.
    seen: BTreeSet<Vec<u8>>,
    /// Values that decode from some place on.
    shifted: Pool,
    /// The same in pages, whose state ends with a code.
    in_pages: Pool,
    /// Pieces of file names in encoded values.
    pieces: Pool,
    /// Lines between lines of base64.
    lines: Pool,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut found = Found::default();
    // Bodies first: what is taken for a comment or a field of one is a piece of it.
    for unit in look.reading.units.iter().filter(|unit| !unit.headless && unit.bytes.len() >= LEAST) {
        let text = behind_header(unit.bytes.get(..unit.bytes.len().min(8 << 10)).unwrap_or(&unit.bytes));
        // Foreign symbols may lie beyond ASCII.
        if !is_text(text) {
            continue;
        }
        found.lines(text);
        match unit.document {
            // Its fields are looked at one by one.
            None if unit.declared == "application/x-www-form-urlencoded" => {}
            // A stranger may look like an escape.
            None if strangers_in(text.trim_ascii()).is_some() => {
                found.value(text.trim_ascii(), look.limit, false);
            }
            None => found.value(&percent(text.trim_ascii(), false), look.limit, false),
            Some(document) if document.kind == Kind::Html => {
                let runs = text.split(|byte| !byte.is_ascii_alphanumeric() && !b"+/=".contains(byte));
                for noise in runs.filter(|run| run.len() >= 2 * LEAST).take(16).filter_map(shifted) {
                    found.in_pages.put(&noise, text.len(), true);
                }
                found.elements(text);
            }
            Some(_) => {}
        }
    }
    let mut seen = 0;
    for (name, values) in &look.reading.slots {
        for value in values.iter().filter(|value| value.bytes.len() >= LEAST) {
            seen += 1;
            if seen <= VALUES {
                // A stranger may look like an escape, where none are undone.
                let escaped = ["path", "header."].iter().any(|kind| name.starts_with(kind));
                let value = if escaped { percent(&value.bytes, false) } else { value.bytes.clone() };
                if name == "path" {
                    let longest =
                        value.split(|byte| *byte == b'/').max_by_key(|part| part.len()).unwrap_or_default();
                    found.value(longest, look.limit, false);
                } else if name == "header.set-cookie" {
                    let pair = value.split(|byte| *byte == b';').next().unwrap_or_default();
                    let name = pair.iter().position(|byte| *byte == b'=').map_or(0, |equals| equals + 1);
                    found.value(pair.get(name..).unwrap_or_default(), look.limit, false);
                } else {
                    found.value(&value, look.limit, name == "comment");
                }
            }
        }
    }
    found.told(look.limit)
}

impl Found {
    /// Takes a value, which may be a `piece` of a body that was taken before.
    fn value(&mut self, value: &[u8], limit: f64, piece: bool) {
        if !self.seen.insert(value.to_vec()) {
            return;
        }
        // The marks of an address are no strangers.
        if crate::content::find(value.get(..value.len().min(64)).unwrap_or(value), b"://", 0).is_some() {
            return;
        }
        if let Some(strangers) = file_pieces(value, limit) {
            self.pieces.put(&vec![b'.'; strangers], value.len(), true);
        } else if let Some(strangers) = cleaned(value) {
            self.cleaned.put(&vec![b'*'; strangers], value.len(), true);
        } else if let Some(strewn) = strewn(value, limit) {
            // The same symbols twice are no more an even draw.
            let start = strewn.clean.get(..LEAST.min(strewn.clean.len())).unwrap_or_default();
            if piece && crate::content::find(&self.strewn_clean, start, 0).is_some() {
                return;
            }
            self.strewn.put(&strewn.strangers, value.len(), true);
            self.strewn_clean.extend_from_slice(&strewn.clean);
            self.strangers.extend_from_slice(&strewn.strangers);
            self.alphabet = self.alphabet.max(Some(strewn.alphabet));
        } else if let Some(noise) = shifted(value) {
            // The state of a page comes back as a field; its first bytes are those of ASP.NET's format.
            let pool = if value.starts_with(b"/wE") { &mut self.in_pages } else { &mut self.shifted };
            pool.put(&noise, value.len(), true);
        }
    }

    /// Texts of a page's elements that hold no blanks and read once foreign symbols are out of them.
    fn elements(&mut self, page: &[u8]) {
        let texts = page.split(|byte| *byte == b'<').filter_map(|piece| {
            let start = piece.iter().position(|byte| *byte == b'>')?;
            piece.get(start + 1..)
        });
        let dense = |text: &&[u8]| text.len() >= LEAST && !text.iter().any(u8::is_ascii_whitespace);
        for text in texts.filter(dense).take(16) {
            if let Some(strangers) = cleaned(text) {
                self.cleaned.put(&vec![b'*'; strangers], text.len(), true);
            }
        }
    }

    /// Lines of base64 with lines of noise between them. The first and the last may be those of an envelope.
    fn lines(&mut self, text: &[u8]) {
        let lines: Vec<&[u8]> = text
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| line.len() >= LEAST)
            .collect();
        let is_encoded =
            |line: &&[u8]| line.iter().all(|byte| base64_value(*byte).is_some() || *byte == b'=');
        let encoded: Vec<&[u8]> = lines.iter().copied().filter(is_encoded).collect();
        let Some(width) = encoded.iter().map(|line| line.len()).max() else { return };
        let envelope = [
            text.trim_ascii().split(|byte| *byte == b'\n').next(),
            text.trim_ascii().rsplit(|byte| *byte == b'\n').next(),
        ];
        let others: Vec<&[u8]> = lines.iter().copied().filter(|line| !is_encoded(line)).collect();
        let odd = |line: &&&[u8]| {
            let is_outer = envelope.iter().flatten().any(|outer| outer.trim_ascii() == **line);
            !is_outer
                && line.len() <= width + 8
                && line.iter().all(u8::is_ascii_graphic)
                && !line.starts_with(b"--")
        };
        // Half of the lines may be noise where the others are an encoding beyond doubt.
        let beyond_doubt = || reads_whole(&base64_from(&encoded.concat(), 0));
        if encoded.len() < 3 || others.len() >= encoded.len() && !beyond_doubt() {
            return;
        }
        // A mark at the start of each may tell a reader to skip it.
        let noise: Vec<&[u8]> = others.iter().filter(odd).copied().collect();
        let mark = noise.first().and_then(|line| line.first());
        let marked = noise.iter().all(|line| line.first() == mark);
        let noise: Vec<u8> =
            noise.iter().flat_map(|line| line.iter().skip(usize::from(marked))).copied().collect();
        if !noise.is_empty() {
            self.lines.put(&noise, text.len(), true);
        }
    }

    fn told(self, limit: f64) -> Vec<Evidence> {
        let mut told = Vec::new();
        if self.cleaned.count > 0 {
            let text = format!(
                "{} encoded values decode to something that reads only after foreign symbols are taken out: {} symbols",
                self.cleaned.count, self.cleaned.total
            );
            told.push(
                Evidence::contradiction(self.cleaned.count, self.cleaned.share(), text)
                    .with_example(&self.cleaned.first),
            );
        }
        // Few symbols may seem to be drawn evenly, words among them: all together have to.
        let clean = &self.strewn_clean;
        if self.strewn.total >= 12
            && self.strewn.count >= 2
            && clean.len() >= 160
            && even(clean, limit).is_some()
            && self.alphabet.is_some_and(|alphabet| !is_wider(clean, &self.strangers, alphabet))
        {
            let text = format!(
                "{} encoded values have foreign symbols strewn into them: {} among evenly drawn ones",
                self.strewn.count, self.strewn.total
            );
            told.push(
                Evidence::contradiction(self.strewn.count, self.strewn.share(), text)
                    .with_example(&self.strewn.first),
            );
        }
        told.extend(joined(&self.shifted, 1.0, limit));
        told.extend(joined(&self.in_pages, 0.8, limit));
        if self.lines.count >= 2 && !self.lines.same && even(&self.lines.bytes, limit).is_some() {
            let text = format!(
                "{} texts have lines of noise among lines of base64: {} symbols",
                self.lines.count, self.lines.total
            );
            told.push(
                Evidence::contradiction(self.lines.count, self.lines.share(), text)
                    .with_example(&self.lines.first),
            );
        }
        if self.pieces.count > 0 {
            let text =
                format!("{} encoded values have pieces of file names strewn into them", self.pieces.count);
            told.push(
                Evidence::contradiction(self.pieces.count, self.pieces.share(), text)
                    .with_example(&self.pieces.first),
            );
        }
        told
    }
}

/// Noise joined to encoded texts, unless this share of the pieces is as long as a code.
fn joined(pool: &Pool, codes: f64, limit: f64) -> Option<Evidence> {
    // One and the same piece may be a header; no header is so long and drawn evenly.
    let header = pool.same && pool.first.len() < LONGEST_HEADER;
    let conventional = header || is_code(&pool.lengths, codes) || is_check(&pool.lengths);
    let drawn = even(&pool.distinct(), limit)?;
    let in_hex = drawn.alphabet == Alphabet::Hex && is_hex_code(&pool.lengths);
    (pool.count >= 2 && pool.total >= 48 && !conventional && !in_hex).then(|| {
        let text = format!(
            "{} encoded values decode to text but for {} symbols of noise joined to it",
            pool.count, pool.total
        );
        Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first)
    })
}

/// Whether this share of the pieces has the length of one nonce or authentication code, in symbols, but for the symbols of a seam, and
/// the others are shorter: the first bytes of a code may pass for text by chance.
fn is_code(lengths: &[u32], share: f64) -> bool {
    let most = lengths.iter().max().copied().unwrap_or(0);
    let near = lengths.iter().copied().filter(|length| most - length <= 6);
    let least = near.clone().min().unwrap_or(0);
    let bytes = least * 3 / 4..=(most + 6) * 3 / 4;
    near.count() as f64 >= lengths.len() as f64 * share
        && [16, 20, 24, 28, 32, 48, 64, 128, 256, 384, 512].iter().any(|length| bytes.contains(length))
}

/// Whether nearly all pieces have the length of one code in hex, but for the symbols of a seam.
fn is_hex_code(lengths: &[u32]) -> bool {
    let most = lengths.iter().max().copied().unwrap_or(0);
    let near = lengths.iter().filter(|length| most - **length <= 8).count();
    near * 10 >= lengths.len() * 9
        && [32, 40, 48, 56, 64, 96, 128].iter().any(|code| (most..=most + 8).contains(code))
}

/// Whether the pieces have the length of one checksum of four bytes, or of eight, in hex or base64: symbols of a seam belong half to the
/// text, and its first bytes may pass for text by chance.
fn is_check(lengths: &[u32]) -> bool {
    let most = lengths.iter().max().copied().unwrap_or(0);
    let as_long = lengths.iter().filter(|length| **length + 1 >= most).count();
    let near = lengths.iter().filter(|length| **length + 5 >= most).count();
    most <= 16 && as_long * 5 >= lengths.len() * 2 && near * 10 >= lengths.len() * 9
}

/// Strangers in a value that reads once they are out, and does not before.
fn cleaned(value: &[u8]) -> Option<usize> {
    let value = without_files(value);
    strangers_in(&value).or_else(|| {
        let unescaped = percent(&value, false);
        (unescaped.len() < value.len()).then(|| strangers_in(&unescaped)).flatten()
    })
}

/// The same for a value without pieces, as it stands.
fn strangers_in(value: &[u8]) -> Option<usize> {
    let body: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'=')).collect();
    let letters = spans::count(&body, |byte| byte.is_ascii_alphanumeric());
    let standard = spans::count(&body, |byte| matches!(byte, b'+' | b'/'));
    let for_urls = spans::count(&body, |byte| matches!(byte, b'-' | b'_'));
    // The marks of the other variant may be the strangers.
    let variants = [(b"+/".as_slice(), standard), (b"-_", for_urls), (b"+/-_", standard + for_urls)];
    for (own, marks) in variants {
        let strangers = body.len() - letters - marks;
        if strangers < 4 || letters + marks < 32 || (own.len() == 4 && separated(&body)) {
            continue;
        }
        // Marks of the other variant alone are how this one is written.
        let odd = body.iter().any(|byte| !byte.is_ascii_alphanumeric() && !b"+/-_.:,~|".contains(byte));
        let is_own = |byte: &u8| byte.is_ascii_alphanumeric() || own.contains(byte);
        let clean = || body.iter().copied().filter(is_own).collect::<Vec<u8>>();
        if (odd || standard > 0 && for_urls > 0) && reads_whole(&base64_from(&clean(), 0)) {
            return Some(strangers);
        }
    }
    // Hex: letters that are no digits. What the hex digits of anything else decode to is not text for 20 bytes.
    let digits = spans::count(value, |byte| byte.is_ascii_hexdigit());
    let letters = spans::count(value, |byte| byte.is_ascii_hexdigit() && byte.is_ascii_alphabetic());
    let foreign = value.len() - digits;
    // Columns of numbers have next to none of the six letters.
    if foreign < 4 || foreign >= 3 * digits || letters * 16 < digits || digits < 40 || !breaks_pairs(value) {
        return None;
    }
    let clean: Vec<u8> = value.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    let decoded = hex(clean.get(..clean.len() & !1)?)?;
    is_text(&decoded).then_some(foreign)
}

/// Whether strangers in hex stand within its pairs, or are of many kinds at many distances: what is written between the pairs, before the
/// first or around all of them parts the words of a dump or a command.
fn breaks_pairs(value: &[u8]) -> bool {
    let stretches = value.split(|byte| !byte.is_ascii_hexdigit()).map(<[u8]>::len);
    let stretches: Vec<usize> = stretches.filter(|length| *length > 0).collect();
    let odd = stretches.iter().filter(|length| *length % 2 == 1).count();
    let lengths: BTreeSet<usize> = stretches.iter().copied().collect();
    let kinds: BTreeSet<u8> = value.iter().copied().filter(|byte| !byte.is_ascii_hexdigit()).collect();
    // No dump has so many marks; a command has a blank behind it.
    let many = kinds.len() >= 8 && !kinds.contains(&b' ');
    many || odd >= 3 && odd * 6 >= stretches.len()
        || stretches.len() >= 8 && lengths.len() >= 4 && kinds.len() >= 3
}

/// Whether bytes are text or a document from their start to their end.
fn reads_whole(bytes: &[u8]) -> bool {
    let document = document::at_start(bytes, true)
        .is_some_and(|found| found.complete && found.end * 10 >= bytes.len() * 9 && bytes.len() >= 24);
    document
        || (bytes.len() >= 24 && is_text(bytes))
        || deflate(bytes).is_some_and(|inner| inner.len() >= 24 && is_text(&inner))
}

/// A value without pieces like `.gif`.
fn without_files(value: &[u8]) -> Vec<u8> {
    let mut parts = value.split(|byte| *byte == b'.');
    let mut rest = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let end = FILE_ENDS.iter().filter(|end| part.starts_with(end)).map(|end| end.len()).max();
        if end.is_none() {
            rest.push(b'.');
        }
        rest.extend_from_slice(part.get(end.unwrap_or(0)..).unwrap_or_default());
    }
    rest
}

const FILE_ENDS: [&[u8]; 10] =
    [b"gif", b"htm", b"html", b"jpg", b"jpeg", b"png", b"php", b"css", b"asp", b"bmp"];

/// Pieces like `.gif` between evenly drawn symbols; the number of symbols in them.
fn file_pieces(value: &[u8], limit: f64) -> Option<usize> {
    let mut rest: Vec<u8> = Vec::new();
    let mut pieces = 0;
    let mut parts = value.split(|byte| *byte == b'.');
    rest.extend_from_slice(parts.next()?);
    for part in parts {
        let end = FILE_ENDS.iter().filter(|end| part.starts_with(end)).max_by_key(|end| end.len())?;
        pieces += 1 + end.len();
        rest.extend_from_slice(part.get(end.len()..)?);
    }
    let count = value.iter().filter(|byte| **byte == b'.').count();
    if count < 2
        || rest.len() < LEAST
        || !rest.iter().all(|byte| base64_value(*byte).is_some() || *byte == b'=')
    {
        return None;
    }
    let clean: Vec<u8> = rest.iter().copied().filter(|byte| base64_value(*byte).is_some()).collect();
    (even(&clean, limit).is_some() || base64(&clean).is_some_and(|bytes| reads(&bytes))).then_some(pieces)
}

#[cfg(test)]
mod tests;
