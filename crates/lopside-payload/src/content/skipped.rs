//! Places of files that every reader skips: comments, extra fields, gaps between parts, and what fills rows.

use super::document::Kind;
use super::{big, find, little, place};

/// A place of a file that readers skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A comment, which is text by the format.
    Comment,
    /// An extra field whose parts do not add up to it.
    Extra,
    /// Between two parts, where the format has nothing.
    Gap,
    /// A part that only takes up room.
    Filler,
    /// What fills the rows of an image up.
    RowEnds,
    /// The fourth byte of pixels that have three.
    FourthBytes,
}

/// Parts looked at of one file.
const PARTS: usize = 256;
/// Bytes collected of one file.
const BYTES: usize = 8 << 10;

/// Whether a format has such places.
pub(crate) fn has_places(kind: Kind) -> bool {
    use Kind::{Bmp, Gif, Gzip, Jpeg, Mp4, Pdf, Png, Riff, Zip};
    matches!(kind, Bmp | Gif | Gzip | Jpeg | Mp4 | Pdf | Png | Riff | Zip)
}

/// What stands in the skipped places of a file, as far as its bytes go.
pub(crate) fn skipped(bytes: &[u8], kind: Kind) -> Vec<(Place, Vec<u8>)> {
    let mut found = Vec::new();
    // A file that contradicts itself is read up to there.
    let _read = match kind {
        Kind::Png => png(bytes, &mut found),
        Kind::Jpeg => jpeg(bytes, &mut found),
        Kind::Gif => gif(bytes, &mut found),
        Kind::Bmp => bmp(bytes, &mut found),
        Kind::Riff => riff(bytes, &mut found),
        Kind::Mp4 => mp4(bytes, &mut found),
        Kind::Gzip => gzip(bytes, &mut found),
        Kind::Zip => zip(bytes, &mut found),
        Kind::Pdf => pdf(bytes, &mut found),
        _ => None,
    };
    found.retain(|(_, piece)| !piece.is_empty());
    found
}

type Found = Vec<(Place, Vec<u8>)>;

fn put(found: &mut Found, place: Place, piece: &[u8]) {
    found.push((place, piece.get(..piece.len().min(BYTES)).unwrap_or(piece).to_vec()));
}

/// The texts of PNG, which are Latin-1 or UTF-8 behind a keyword.
fn png(bytes: &[u8], found: &mut Found) -> Option<()> {
    let mut at = 8usize;
    for _ in 0..PARTS {
        let length = place(big(bytes, at, 4)?);
        let name = bytes.get(at + 4..at + 8)?;
        let content = bytes.get(at + 8..)?;
        let content = content.get(..length.min(content.len()))?;
        let key = memchr::memchr(0, content).map_or(0, |end| end + 1);
        match name {
            b"tEXt" => put(found, Place::Comment, content.get(key..)?),
            b"iTXt" if content.get(key) == Some(&0) => {
                let tags = content.get(key + 2..)?;
                let text = tags.splitn(3, |byte| *byte == 0).nth(2).unwrap_or_default();
                put(found, Place::Comment, text);
            }
            _ => {}
        }
        at = at.checked_add(12)?.checked_add(length)?;
    }
    None
}

/// The comments of JPEG, up to the coded data.
fn jpeg(bytes: &[u8], found: &mut Found) -> Option<()> {
    let mut at = 2usize;
    for _ in 0..PARTS {
        let [0xFF, code] = *bytes.get(at..at + 2)? else { return None };
        if matches!(code, 0xDA | 0xD9) {
            return None;
        }
        let length = place(big(bytes, at + 2, 2)?);
        let content = bytes.get(at + 4..)?;
        let content = content.get(..length.checked_sub(2)?.min(content.len()))?;
        if code == 0xFE {
            put(found, Place::Comment, content);
        }
        at += 2 + length;
    }
    None
}

/// The comments of GIF, which are ASCII by the format.
fn gif(bytes: &[u8], found: &mut Found) -> Option<()> {
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + table(*bytes.get(10)?);
    for _ in 0..PARTS {
        let mut is_comment = false;
        match *bytes.get(at)? {
            0x21 => {
                is_comment = *bytes.get(at + 1)? == 0xFE;
                at += 2;
            }
            0x2C => at += 11 + table(*bytes.get(at + 9)?),
            _ => return None,
        }
        let mut comment = Vec::new();
        loop {
            let length = usize::from(*bytes.get(at)?);
            if is_comment && comment.len() < BYTES {
                comment.extend_from_slice(bytes.get(at + 1..at + 1 + length)?);
            }
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        put(found, Place::Comment, &comment);
    }
    None
}

/// What fills the rows of BMP up to whole words, and the fourth bytes of pixels where nothing says that they are alpha.
fn bmp(bytes: &[u8], found: &mut Found) -> Option<()> {
    const PLAIN_HEADER: u64 = 40;
    let start = place(little(bytes, 10, 4)?);
    let (width, bits) = (place(little(bytes, 18, 4)?), place(little(bytes, 28, 2)?));
    if little(bytes, 14, 4)? != PLAIN_HEADER || little(bytes, 30, 4)? != 0 || width == 0 || width > 1 << 16 {
        return None;
    }
    let (used, row) = ((width * bits).div_ceil(8), (width * bits).div_ceil(32) * 4);
    let pixels = bytes.get(start..)?;
    let rows = || pixels.chunks_exact(row);
    if bits == 32 {
        let fourth: Vec<u8> = pixels.iter().skip(3).step_by(4).copied().take(BYTES).collect();
        put(found, Place::FourthBytes, &fourth);
    } else if used < row {
        let ends: Vec<u8> = rows().filter_map(|row| row.get(used..)).flatten().copied().take(BYTES).collect();
        put(found, Place::RowEnds, &ends);
    }
    Some(())
}

/// The pieces of RIFF that take up room, and its texts.
fn riff(bytes: &[u8], found: &mut Found) -> Option<()> {
    const FILLERS: [&[u8]; 5] = [b"JUNK", b"junk", b"PAD ", b"FLLR", b"filr"];
    let mut at = 12usize;
    for _ in 0..PARTS {
        let name = bytes.get(at..at + 4)?;
        let length = place(little(bytes, at + 4, 4)?);
        let content = bytes.get(at + 8..)?;
        let content = content.get(..length.min(content.len()))?;
        if FILLERS.contains(&name) {
            put(found, Place::Filler, content);
        } else if name == b"LIST" && content.starts_with(b"INFO") {
            let mut rest = content.get(4..)?;
            while let (Some(length), Some(text)) = (little(rest, 4, 4).map(place), rest.get(8..)) {
                put(found, Place::Comment, text.get(..length.min(text.len()))?);
                rest = text.get(length.checked_add(length & 1)?..).unwrap_or_default();
            }
        }
        at = at.checked_add(8)?.checked_add(length)?.checked_add(length & 1)?;
    }
    None
}

/// The boxes of MP4 that take up room.
fn mp4(bytes: &[u8], found: &mut Found) -> Option<()> {
    let mut at = 0usize;
    for _ in 0..PARTS {
        let length = place(big(bytes, at, 4)?);
        let name = bytes.get(at + 4..at + 8)?;
        if length < 8 {
            return None;
        }
        let content = bytes.get(at + 8..)?;
        if matches!(name, b"free" | b"skip" | b"wide") {
            put(found, Place::Filler, content.get(..(length - 8).min(content.len()))?);
        }
        at = at.checked_add(length)?;
    }
    None
}

/// The extra field of gzip, where its parts (two letters and a length) do not add up, and its comment.
fn gzip(bytes: &[u8], found: &mut Found) -> Option<()> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = *bytes.get(3)?;
    let mut at = 10usize;
    if flags & EXTRA != 0 {
        let length = place(little(bytes, at, 2)?);
        let extra = bytes.get(at + 2..(at + 2 + length).min(bytes.len()))?;
        if extra.len() == length && !adds_up(extra) {
            put(found, Place::Extra, extra);
        }
        at += 2 + length;
    }
    if flags & NAME != 0 {
        at += memchr::memchr(0, bytes.get(at..)?)? + 1;
    }
    if flags & COMMENT != 0 {
        let rest = bytes.get(at..)?;
        put(found, Place::Comment, rest.get(..memchr::memchr(0, rest)?)?);
    }
    Some(())
}

/// Whether bytes are parts of two bytes and a length, as in the extra fields of gzip and ZIP. Fewer bytes than a head has may follow, as
/// some writers align with.
fn adds_up(extra: &[u8]) -> bool {
    const HEAD: usize = 4;
    let mut at = 0usize;
    while let Some(length) = little(extra, at + 2, 2) {
        at = at.saturating_add(HEAD).saturating_add(place(length));
    }
    at <= extra.len()
}

/// Gaps between the members of ZIP whose sizes stand before them, extra fields that do not add up, and comments.
fn zip(bytes: &[u8], found: &mut Found) -> Option<()> {
    const HEADER: usize = 30;
    const ENCRYPTED: u64 = 1;
    const DESCRIBED: u64 = 8;
    let mut at = 0usize;
    for _ in 0..PARTS {
        let header = bytes.get(at..)?;
        if header.starts_with(b"PK\x01\x02") || header.starts_with(b"PK\x05\x06") {
            break;
        }
        if !header.starts_with(b"PK\x03\x04") || little(header, 6, 2)? & (DESCRIBED | ENCRYPTED) != 0 {
            return None;
        }
        let (size, name, extra) = (little(header, 18, 4)?, little(header, 26, 2)?, little(header, 28, 2)?);
        let (name, extra) = (HEADER + place(name), place(extra));
        let fields = header.get(name..name + extra)?;
        if !adds_up(fields) && fields.iter().any(|byte| *byte != 0) {
            put(found, Place::Extra, fields);
        }
        at = at.checked_add(name + extra)?.checked_add(place(size))?;
        let rest = bytes.get(at..)?;
        let next = find(rest, b"PK", 0).filter(|next| *next > 0);
        if let Some(next) = next {
            put(found, Place::Gap, rest.get(..next)?);
            at += next;
        }
    }
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    put(found, Place::Comment, bytes.get(end + 22..)?);
    Some(())
}

/// What stands between the objects of PDF.
fn pdf(bytes: &[u8], found: &mut Found) -> Option<()> {
    const END: &[u8] = b"endobj";
    let mut at = 0usize;
    for _ in 0..PARTS {
        let start = find(bytes, END, at)? + END.len();
        let next = find(bytes, b" obj", start)?;
        let between = bytes.get(start..next)?;
        // The numbers of the next object belong to it.
        let end = between.iter().rposition(|byte| !byte.is_ascii_digit() && *byte != b' ');
        put(found, Place::Gap, between.get(..end.map_or(0, |end| end + 1))?);
        at = next;
    }
    None
}
