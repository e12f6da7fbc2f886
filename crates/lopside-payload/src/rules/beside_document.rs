//! Bytes before, behind or inside a document that says itself where it begins and ends.
//!
//! Speaks for: content that no reader of the document sees. Silent for: white space, guards against script inclusion, calls around a
//! document, terminators, parts whose length something declares, and pieces as long as signatures, nonces and checksums are. Minimum: 24
//! noise bytes over all messages, in 2 messages, or in one where the type is declared or the piece is longer than 512 bytes.

use super::periods::is_block;
use super::{Look, Pool, is_signature};
use crate::class::{Class, behind_header, is_noise, is_text, printable, words};
use crate::content::document::{self, Document, Kind};
use crate::content::{big, find as find_bytes, json, little};
use crate::evidence::Evidence;
use crate::reading::{Carrier, Unit};
use crate::statistics::{Alphabet, even};

/// Bytes that are judged one piece at a time, and the fewest of a piece inside a document that is judged with others.
const NOISE: usize = 24;
const SHORTEST_INSIDE: usize = 8;

/// Where the foreign bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    Behind,
    Inside,
}

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut found, mut broken) = (Found::default(), 0);
    let units = look.reading.units.iter().filter(|unit| !unit.headless && !unit.partial);
    for unit in units.filter(|unit| !document::holds_documents(&unit.bytes)) {
        broken += usize::from(breaks_inside(unit));
        if let Some((start, document)) = embedded(unit, look.limit) {
            found.around(unit, start, &document, look.limit);
        }
    }
    // Where most messages are ciphertext and nothing else, that behind a document is the next of them.
    let sealed =
        look.reading.units.iter().filter(|unit| unit.is_raw() && matches!(unit.class, Class::Random(_)));
    if sealed.count() > found.documents {
        found.pools.iter_mut().filter(|pool| !pool.declared).for_each(|pool| *pool = Pool::default());
    }
    let mut told = found.told(look.limit);
    if broken >= 2 {
        let text = format!("{broken} files break their format inside, though their ends are there");
        told.push(Evidence::contradiction(broken, 0.3, text));
    }
    told
}

/// The documents of one direction, and what was found around and inside them.
#[derive(Default)]
struct Found {
    documents: usize,
    /// The format of the last that holds something foreign.
    kind: Option<Kind>,
    /// Foreign bytes, by [`Place`].
    pools: [Pool; 3],
    /// All that stands before documents of messages of which nothing is declared.
    heads: Pool,
}

impl Found {
    /// Takes what stands before, inside and behind a document of a unit.
    fn around(&mut self, unit: &Unit<'_>, start: usize, document: &Document, limit: f64) {
        self.documents += 1;
        let bytes = unit.bytes.as_ref();
        let head = bytes.get(..start).unwrap_or_default();
        // Printable noise behind the header of a frame.
        let printed = behind_header(head);
        let noise = printed.len() >= NOISE && printable(printed) == 1.0;
        let mut put = |place, piece: &[u8]| self.put(unit, start, document, place, piece, limit);
        put(Place::Before, if noise { printed } else { head });
        let until = if document.complete { document.end } else { bytes.len() };
        let ends = document.complete
            || unit.whole && matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']' | b'>'));
        if document.kind.text()
            && let Some(piece) = bytes.get(start..until).and_then(|text| unreadable(text, ends, limit))
        {
            put(Place::Inside, piece);
        } else if document.complete {
            self.behind(unit, start, document, limit);
        } else if document.kind == Kind::Json {
            if let Some((from, to)) = hole(bytes.get(start..).unwrap_or_default(), unit.whole) {
                put(Place::Inside, bytes.get(start + from..start + to).unwrap_or_default());
            } else if !unit.whole && !unit.tail.is_empty() {
                put(Place::Behind, cut_tail(unit.tail));
            }
        } else if !unit.whole && !document.broken {
            put(Place::Behind, behind_marker(document.kind, unit.tail));
        }
        if !head.is_empty() && unit.is_raw() && !length_declared(unit, start, document, start) {
            self.heads.put(head, bytes.len(), false);
        }
    }

    /// Takes what stands behind a document that is complete: a stream may go on with the next document behind the noise.
    fn behind(&mut self, unit: &Unit<'_>, start: usize, document: &Document, limit: f64) {
        let bytes = unit.bytes.as_ref();
        let mut from = document.end;
        for _ in 0..32 {
            let rest = bytes.get(from..).unwrap_or_default();
            let next = next_document(rest, unit.whole)
                .or_else(|| next_alike(rest, bytes.get(start..)?, document.kind, unit.whole));
            let piece = rest.get(..next.map_or(rest.len(), |(at, _)| at)).unwrap_or_default();
            self.put(unit, start, document, Place::Behind, piece, limit);
            match next {
                Some((at, found)) if found.complete && found.end > 0 => {
                    from += at + found.end;
                    self.documents += 1;
                }
                _ => break,
            }
        }
    }

    /// Takes a piece, where it is foreign and nothing says its length.
    fn put(
        &mut self,
        unit: &Unit<'_>,
        start: usize,
        document: &Document,
        place: Place,
        piece: &[u8],
        limit: f64,
    ) {
        if foreign(unit, document.kind, place, piece, limit)
            && !length_declared(unit, start, document, piece.len())
            && let Some(pool) = self.pools.get_mut(place as usize)
        {
            self.kind = Some(document.kind);
            pool.put(piece, unit.bytes.len(), matches!(unit.carrier, Carrier::Http | Carrier::Part));
        }
    }

    fn told(&self, limit: f64) -> Vec<Evidence> {
        let kind = self.kind.map_or("", Kind::name);
        let pools = [Place::Before, Place::Behind, Place::Inside].into_iter().zip(&self.pools);
        let found: Vec<Evidence> =
            pools.filter_map(|(place, pool)| judge(place, pool, self.documents, kind, limit)).collect();
        if found.is_empty() {
            return judge_heads(&self.heads, self.documents, limit).into_iter().collect();
        }
        found
    }
}

/// Whether an image or an archive that is all there starts and ends as such and cannot be read between.
fn breaks_inside(unit: &Unit<'_>) -> bool {
    let bytes = unit.bytes.as_ref();
    let found = (0..24.min(bytes.len())).find_map(|start| {
        if matches!(bytes.get(start), Some(b'{' | b'[' | b'<')) {
            return None;
        }
        document::at_start(bytes.get(start..)?, unit.whole).filter(|found| found.broken && !found.kind.text())
    });
    let ends = |kind| match kind {
        Kind::Png => bytes.ends_with(b"IEND\xAE\x42\x60\x82"),
        Kind::Jpeg => bytes.ends_with(b"\xFF\xD9"),
        Kind::Gif => bytes.ends_with(b"\0\x3B"),
        Kind::Gzip => true,
        // Its directory is there, and does not stand where it says.
        Kind::Zip => little(bytes, bytes.len().saturating_sub(22), 4) == Some(0x0605_4B50),
        _ => false,
    };
    unit.whole && bytes.len() >= 64 && found.is_some_and(|found| ends(found.kind))
}

/// The stretch of a text that text cannot hold, where it is noise, or too short to say whether it is. Where the `text` does not `end` as
/// its format does, text has to follow.
fn unreadable(text: &[u8], ends: bool, limit: f64) -> Option<&[u8]> {
    let odd = |byte: &u8| *byte < 9 || (14..32).contains(byte) || *byte == 127;
    let first = text.iter().position(odd)?;
    let last = text.iter().rposition(odd)?;
    let before = text.get(..first)?.iter().rev().take_while(|byte| !byte.is_ascii()).count();
    let behind = text.get(last + 1..)?.iter().take_while(|byte| !byte.is_ascii()).count();
    let piece = text.get(first - before..=last + behind)?;
    let rest = text.get(last + behind + 1..)?;
    let noise = piece.len() >= SHORTEST_INSIDE
        && printable(piece) < 0.7
        && (piece.len() < NOISE || even(piece, limit).is_some());
    (noise && (ends || rest.len() >= 32 && is_text(rest))).then_some(piece)
}

/// Pieces before documents of messages of which nothing is declared, too short to be told one by one: drawn evenly all together, of
/// lengths that vary and that nothing says. A reader has to know where the document starts.
fn judge_heads(heads: &Pool, documents: usize, limit: f64) -> Option<Evidence> {
    let mut lengths = heads.lengths.clone();
    lengths.sort_unstable();
    lengths.dedup();
    let enough = heads.count >= 6
        && heads.count * 10 >= documents * 8
        && heads.bytes.len() >= 64
        && lengths.len() >= 4;
    let noise = even(&heads.bytes, limit).filter(|noise| noise.alphabet != Alphabet::Digits)?;
    (enough && !heads.same).then(|| {
        let text = format!(
            "{} of {documents} documents have {} bytes of noise before them, of {} different lengths that nothing says",
            heads.count,
            heads.total,
            lengths.len()
        );
        Evidence::statistic(heads.count, heads.share(), 0.65, text)
            .with_deviations(noise.deviations)
            .with_example(&heads.first)
    })
}

fn judge(place: Place, pool: &Pool, documents: usize, kind: &str, limit: f64) -> Option<Evidence> {
    if pool.count == 0 || pool.bytes.len() < NOISE {
        return None;
    }
    // A line end behind a document belongs to it, and one before the next document to nothing.
    let cleared = pool.behind_line_ends();
    let pool = cleared.as_ref().unwrap_or(pool);
    let cleared = pool.before_line_ends();
    let pool = cleared.as_ref().unwrap_or(pool);
    // In a stream without declared bodies only noise is foreign; anything else may be another part of the protocol.
    let one = pool.bytes.iter().all(|byte| Some(byte) == pool.bytes.first());
    if !pool.declared && !one && even(&pool.bytes, limit).is_none() {
        return None;
    }
    // Words and numbers before a document are a header of it, however much they vary.
    let noise = || even(&pool.bytes, limit).is_some() || is_noise(&pool.bytes, limit);
    if place == Place::Before && !one && !noise() && !is_block(&pool.first) {
        return None;
    }
    let short = |length: &u32| (*length as usize) < NOISE;
    if place == Place::Inside && pool.lengths.iter().all(short) && even(&pool.bytes, limit).is_none() {
        return None;
    }
    let first = pool.lengths.first().copied().unwrap_or(0) as usize;
    let constant = pool.lengths.iter().all(|length| *length as usize == first);
    let short = if pool.declared { 40 } else { 512 };
    // In a few messages without a declared body a header of the frame may stand before a code.
    let code =
        is_signature(first) || !pool.declared && pool.count < 4 && is_signature(first.saturating_sub(4));
    if constant && code && first <= 512 && place != Place::Inside {
        return None;
    }
    // One in ten may have taken a byte from beside it.
    let mut lengths = pool.lengths.clone();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0) as usize;
    let as_usual = lengths.iter().filter(|length| **length as usize == usual).count();
    if place != Place::Inside && as_usual * 10 >= lengths.len() * 8 && is_signature(usual) && usual <= 64 {
        return None;
    }
    if pool.count < 2 && first < short {
        return None;
    }
    // One and the same text behind every document is a habit of the writer, not noise.
    if pool.same && is_text(&pool.bytes) && even(&pool.first, limit).is_none() {
        return None;
    }
    let place = match place {
        Place::Before => "before their start",
        Place::Behind => "behind their end",
        Place::Inside => "inside",
    };
    let text = format!(
        "{} of {documents} {kind} documents have undeclared bytes {place}: {} bytes, {:.0} % of them",
        pool.count,
        pool.total,
        pool.share() * 100.0
    );
    Some(Evidence::contradiction(pool.count, pool.share(), text).with_example(&pool.first))
}

/// The document in a unit, with the place where it starts.
fn embedded(unit: &Unit<'_>, limit: f64) -> Option<(usize, Document)> {
    let bytes = unit.bytes.as_ref();
    if let Some(document) = unit.document
        && (document.end >= 16
            || document.kind != Kind::Json
            || document.complete && bytes.starts_with(b"{\""))
        && (document.complete || document.kind == Kind::Json || !unit.whole && !unit.tail.is_empty())
        && document.kind != Kind::Tar
    {
        return Some((0, document));
    }
    if unit.carrier == Carrier::Datagram && bytes.len() < 48 {
        return None;
    }
    // Behind noise: a start of JSON or XML from which the rest can be read.
    let mut tries = 0;
    let mut from = 1;
    let within = bytes.get(..bytes.len().min(12 << 10)).unwrap_or(bytes);
    while let Some(next) = within.get(from..).and_then(|rest| memchr::memchr3(b'{', b'[', b'<', rest)) {
        let start = from + next;
        from = start + 1;
        let rest = bytes.get(start..)?;
        if !likely(rest) {
            continue;
        }
        tries += 1;
        if tries > 24 {
            break;
        }
        if let Some(found) = document::at_start(rest, unit.whole).filter(|found| found.kind.text())
            && rest.get(..found.end).is_some_and(|text| is_text(text) && even(text, limit).is_none())
            && (found.complete && found.end >= 24
                || !found.broken && !unit.whole && found.end >= 64
                || found.broken && start <= NOISE && found.end >= 64)
            && (found.end * 8 > bytes.len() || even(bytes.get(..start)?, limit).is_some())
        {
            return Some((start, Document { end: found.end + start, ..found }));
        }
    }
    const MAGICS: [&[u8]; 5] =
        [b"\x89PNG\r\n\x1A\n", b"%PDF-1.", b"PK\x03\x04", b"\x1F\x8B\x08", b"\xFF\xD8\xFF\xE0\0\x10JFIF"];
    MAGICS.iter().find_map(|magic| {
        let start = find_bytes(within, magic, 1)?;
        let found = document::at_start(bytes.get(start..)?, unit.whole).filter(|found| found.complete)?;
        (found.end * 8 > bytes.len()).then_some((start, Document { end: found.end + start, ..found }))
    })
}

/// The next document of text in what follows one: where it starts, and how far it goes.
fn next_document(rest: &[u8], whole: bool) -> Option<(usize, Document)> {
    let mut from = 0;
    for _ in 0..24 {
        let at = from + memchr::memchr3(b'{', b'[', b'<', rest.get(from..)?)?;
        let here = rest.get(at..)?;
        if likely(here)
            && let Some(found) = document::at_start(here, whole)
            && (found.complete && found.end >= 16 || !found.broken && found.end >= 64)
            && here.get(..found.end).is_some_and(is_text)
        {
            return Some((at, found));
        }
        from = at + 1;
    }
    None
}

/// The next document of the format of the one at the start of `model`, where that is no text: it starts with the same mark.
fn next_alike(rest: &[u8], model: &[u8], kind: Kind, whole: bool) -> Option<(usize, Document)> {
    let mark = model.get(..4).filter(|_| !kind.text())?;
    let at = find_bytes(rest, mark, 1)?;
    let found = document::at_start(rest.get(at..)?, whole)?;
    (found.kind == kind && found.complete).then_some((at, found))
}

/// Whether a bracket may start a document: cheap, before it is read.
fn likely(rest: &[u8]) -> bool {
    let next = rest.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    match (rest.first(), next) {
        (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{' | b'"' | b'[')) => true,
        (Some(b'<'), Some(next)) => matches!(next, b'?' | b'!') || next.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Whether a piece beside a document is foreign to it.
fn foreign(unit: &Unit<'_>, kind: Kind, place: Place, piece: &[u8], limit: f64) -> bool {
    let trimmed = piece.trim_ascii();
    let trimmed = trimmed.strip_suffix(b"\0").unwrap_or(trimmed);
    if trimmed.len() < 4 {
        // Spaces behind an archive or an image are no white space of its format.
        return place == Place::Behind && !kind.text() && piece.len() > 16 && unit.carrier != Carrier::Layer;
    }
    // What fills a buffer is padding, and is told by another rule, unless a body was declared to be the document.
    if let Some(first) = trimmed.first()
        && trimmed.iter().all(|byte| byte == first)
    {
        let conventional = matches!(first, 0 | 0xFF | b'=' | b'-');
        return (unit.carrier == Carrier::Http && kind.text() || !conventional) && trimmed.len() > 16;
    }
    match place {
        Place::Before => noise_before(unit, trimmed, limit),
        Place::Inside => true,
        Place::Behind => {
            if document::at_start(trimmed, unit.whole).is_some()
                || (kind == Kind::Html && trimmed.starts_with(b"<"))
            {
                return false;
            }
            // The next frame of a stream: a few bytes, then the next document.
            let next = trimmed.get(..trimmed.len().min(64)).unwrap_or(trimmed);
            let another = next.iter().position(|byte| matches!(byte, b'{' | b'[' | b'<'));
            if another.is_some_and(|at| {
                trimmed
                    .get(at..)
                    .is_some_and(|rest| likely(rest) && document::at_start(rest, unit.whole).is_some())
            }) {
                return false;
            }
            // Prose and program text behind a document are told by nobody, unless all of the body is declared to be JSON; noise and bytes
            // are.
            let prose = is_text(trimmed) && words(trimmed) && !is_noise(trimmed, limit);
            let declared = unit.carrier == Carrier::Http && unit.declared.contains("json");
            !prose || kind == Kind::Json && declared && unit.whole && trimmed.len() >= NOISE
        }
    }
}

/// What stands before a document is noise: not a word, a call, a guard or a header line.
fn noise_before(unit: &Unit<'_>, piece: &[u8], limit: f64) -> bool {
    if printable(piece) < 0.9 {
        // A binary header is short; noise is long.
        return piece.len() >= 24
            || (matches!(unit.carrier, Carrier::Http | Carrier::Layer)
                && piece.len() >= 8
                && piece.first() != Some(&0));
    }
    if words(piece)
        || piece.ends_with(b"(")
        || piece.ends_with(b"=")
        || piece.ends_with(b":")
        || piece.starts_with(b")]}")
    {
        return false;
    }
    piece.len() >= 16 && (even(piece, limit).is_some() || is_noise(piece, limit))
}

/// Whether some number says how long the piece or the document is.
fn length_declared(unit: &Unit<'_>, start: usize, document: &Document, piece: usize) -> bool {
    let bytes = unit.bytes.as_ref();
    let body = document.end - start;
    let near = |number: u64| {
        let number = super::super::content::place(number);
        number == body
            || (piece > 8
                && (number == piece
                    || number.abs_diff(piece) <= 2 && is_text(bytes.get(..start).unwrap_or_default())))
    };
    for width in [4usize, 2] {
        for back in [0usize, 1, 4, 8] {
            let Some(at) = start.checked_sub(width + back) else { continue };
            if big(bytes, at, width).is_some_and(|number| number as usize == body)
                || little(bytes, at, width).is_some_and(|number| number as usize == body)
            {
                return true;
            }
        }
    }
    document.kind == Kind::Json
        && bytes
            .get(start..)
            .and_then(json::read)
            .is_some_and(|json| json.numbers.iter().any(|number| near(*number)))
}

/// What stands behind the mark with which a format ends, in the last bytes of a document that is cut by the sample.
fn behind_marker(kind: Kind, tail: &[u8]) -> &[u8] {
    let mark: &[u8] = match kind {
        Kind::Png => b"IEND\xAE\x42\x60\x82",
        Kind::Pdf => b"%%EOF",
        Kind::Html => b"</html>",
        _ => return &[],
    };
    memchr::memmem::rfind(tail, mark).and_then(|place| tail.get(place + mark.len()..)).unwrap_or_default()
}

/// The end of a cut body that should end with a bracket: what follows the last one.
fn cut_tail(tail: &[u8]) -> &[u8] {
    let last = tail.iter().rposition(|byte| matches!(byte, b'}' | b']')).map_or(0, |place| place + 1);
    let rest = tail.get(last..).unwrap_or_default();
    if printable(tail) > 0.97 && rest.len() < 64 { &[] } else { rest }
}

/// A stretch inside a broken document after which it goes on to its end.
fn hole(bytes: &[u8], whole: bool) -> Option<(usize, usize)> {
    let found = json::read(bytes)?;
    if !whole || !matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']')) {
        return None;
    }
    if found.broken {
        let (from, to) = json::gap(bytes)?;
        let piece = bytes.get(from..to)?;
        return (piece.len() >= 8 && !words(piece)).then_some((from, to));
    }
    None
}

#[cfg(test)]
mod tests;
