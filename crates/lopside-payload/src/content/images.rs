//! Images, sound, video and fonts: walked from part to part to their end.

use super::document::{Document, Kind};
use super::{big, little, place};

fn document(kind: Kind, bytes: &[u8], end: Option<usize>) -> Document {
    match end.filter(|end| *end <= bytes.len()) {
        Some(end) => Document { kind, end, complete: true, broken: false },
        None => Document { kind, end: bytes.len(), complete: false, broken: false },
    }
}

/// PNG: chunks with lengths, to `IEND`.
pub(crate) fn png(bytes: &[u8]) -> Option<Document> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
        return None;
    }
    let mut at = 8;
    loop {
        let Some(length) = big(bytes, at, 4) else { return Some(document(Kind::Png, bytes, None)) };
        let Some(name) = bytes.get(at + 4..at + 8) else { return Some(document(Kind::Png, bytes, None)) };
        // The third letter is reserved to be a capital, and lengths have 31 bits.
        let is_name =
            name.iter().all(u8::is_ascii_alphabetic) && name.get(2).is_some_and(u8::is_ascii_uppercase);
        if !is_name || length >> 31 != 0 {
            return Some(Document { kind: Kind::Png, end: at, complete: false, broken: true });
        }
        let end = at.saturating_add(12).saturating_add(place(length));
        if name == b"IEND" {
            return Some(document(Kind::Png, bytes, Some(end)));
        }
        at = end;
    }
}

/// JPEG: segments with lengths, then coded data to the end marker.
pub(crate) fn jpeg(bytes: &[u8]) -> Option<Document> {
    if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return None;
    }
    let mut at = 2;
    let mut scans = 0;
    loop {
        let Some(marker) = bytes.get(at..at + 2) else { return Some(document(Kind::Jpeg, bytes, None)) };
        let [0xFF, code] = *marker else {
            return Some(Document { kind: Kind::Jpeg, end: at, complete: false, broken: true });
        };
        match code {
            0xD9 => return Some(document(Kind::Jpeg, bytes, Some(at + 2))),
            0xFF => at += 1,
            0x01 | 0xD0..=0xD7 => at += 2,
            _ => {
                let Some(length) = big(bytes, at + 2, 2) else {
                    return Some(document(Kind::Jpeg, bytes, None));
                };
                at = at.saturating_add(2).saturating_add(place(length));
                if code == 0xDA {
                    scans += 1;
                    at = after_scan(bytes, at);
                }
            }
        }
        if scans > 1000 {
            return Some(document(Kind::Jpeg, bytes, None));
        }
    }
}

/// Coded data ends at a marker that is neither an escaped 0xFF nor a restart.
fn after_scan(bytes: &[u8], mut at: usize) -> usize {
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        at += next;
        match bytes.get(at + 1) {
            Some(0 | 0xD0..=0xD7) => at += 2,
            _ => return at,
        }
    }
    bytes.len()
}

/// GIF: blocks of sub-blocks, to the trailer.
pub(crate) fn gif(bytes: &[u8]) -> Option<Document> {
    if !bytes.starts_with(b"GIF87a") && !bytes.starts_with(b"GIF89a") {
        return None;
    }
    let cut = || Some(document(Kind::Gif, bytes, None));
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let Some(flags) = bytes.get(10) else { return cut() };
    let mut at = 13 + table(*flags);
    loop {
        let Some(block) = bytes.get(at) else { return cut() };
        match block {
            0x3B => return Some(document(Kind::Gif, bytes, Some(at + 1))),
            0x21 => at += 2,
            0x2C => {
                let Some(flags) = bytes.get(at + 9) else { return cut() };
                at += 11 + table(*flags);
            }
            _ => return Some(Document { kind: Kind::Gif, end: at, complete: false, broken: true }),
        }
        loop {
            let Some(length) = bytes.get(at) else { return cut() };
            at += 1 + usize::from(*length);
            if *length == 0 {
                break;
            }
        }
    }
}

/// RIFF (WAV, WebP, AVI): one length for all.
pub(crate) fn riff(bytes: &[u8]) -> Option<Document> {
    let known = bytes.starts_with(b"RIFF") && bytes.get(8..12)?.iter().all(|byte| (32..127).contains(byte));
    let length = place(little(bytes, 4, 4)?);
    known.then(|| document(Kind::Riff, bytes, length.checked_add(8).map(|end| end + (end & 1))))
}

/// BMP: one length for all.
pub(crate) fn bmp(bytes: &[u8]) -> Option<Document> {
    let (length, header) = (little(bytes, 2, 4)?, little(bytes, 14, 4)?);
    let known =
        bytes.starts_with(b"BM") && little(bytes, 6, 4)? == 0 && matches!(header, 12 | 40 | 56 | 108 | 124);
    known.then(|| document(Kind::Bmp, bytes, Some(place(length))))
}

/// MP4 and its kin: boxes with lengths.
pub(crate) fn mp4(bytes: &[u8]) -> Option<Document> {
    const FIRST: [&[u8]; 6] = [b"ftyp", b"styp", b"moof", b"sidx", b"moov", b"free"];
    if !FIRST.contains(&bytes.get(4..8)?) {
        return None;
    }
    let mut at = 0usize;
    while let Some(short) = big(bytes, at, 4) {
        let Some(name) = bytes.get(at + 4..at + 8) else { break };
        if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ') {
            return Some(Document { kind: Kind::Mp4, end: at, complete: at > 0, broken: at == 0 });
        }
        let length = match short {
            0 => return Some(document(Kind::Mp4, bytes, Some(bytes.len()))),
            1 => big(bytes, at + 8, 8).unwrap_or(0),
            other => other,
        };
        if length < 8 {
            return Some(Document { kind: Kind::Mp4, end: at, complete: at > 0, broken: at == 0 });
        }
        let end = at.saturating_add(place(length));
        if end > bytes.len() {
            return Some(document(Kind::Mp4, bytes, None));
        }
        at = end;
    }
    Some(Document { kind: Kind::Mp4, end: at, complete: true, broken: false })
}

/// Ogg: pages with tables of lengths.
pub(crate) fn ogg(bytes: &[u8]) -> Option<Document> {
    let mut at = 0usize;
    while bytes.get(at..)?.starts_with(b"OggS\0") {
        let Some(segments) = bytes.get(at + 26) else { return Some(document(Kind::Ogg, bytes, None)) };
        let Some(table) = bytes.get(at + 27..at + 27 + usize::from(*segments)) else {
            return Some(document(Kind::Ogg, bytes, None));
        };
        at += 27 + table.len() + table.iter().map(|length| usize::from(*length)).sum::<usize>();
        if at > bytes.len() {
            return Some(document(Kind::Ogg, bytes, None));
        }
    }
    (at > 0).then(|| document(Kind::Ogg, bytes, Some(at)))
}

/// Web fonts name their length; OpenType is taken to the end.
pub(crate) fn font(bytes: &[u8]) -> Option<Document> {
    if bytes.starts_with(b"wOFF") || bytes.starts_with(b"wOF2") {
        return Some(document(Kind::Font, bytes, Some(place(big(bytes, 8, 4)?))));
    }
    bytes.starts_with(b"OTTO\0").then(|| document(Kind::Font, bytes, Some(bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_ends_with_its_last_chunk() {
        let mut png_bytes = b"\x89PNG\r\n\x1A\n\0\0\0\x03tEXtabcCRC!\0\0\0\0IENDCRC!".to_vec();
        let end = png_bytes.len();
        png_bytes.extend_from_slice(b"junk");
        let found = png(&png_bytes).unwrap();
        assert_eq!((found.end, found.complete), (end, true));
        assert!(png(b"\x89PNG\r\n\x1A\n\x12\x34\x56\x78\x01\x02\x03\x04").unwrap().broken);
    }

    #[test]
    fn a_jpeg_ends_with_its_marker() {
        let image = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xDA\0\x02zz\xFF\0zz\xFF\xD9junk";
        let found = jpeg(image).unwrap();
        assert_eq!((&image[found.end..], found.complete), (b"junk".as_slice(), true));
        assert!(jpeg(b"\xFF\xD8\xFF\xE0\0\x04abnonsense").unwrap().broken);
    }

    #[test]
    fn a_gif_and_a_wav_end_by_their_lengths() {
        let image = b"GIF89a\x01\0\x01\0\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3Bjunk";
        let found = gif(image).unwrap();
        assert_eq!((&image[found.end..], found.complete), (b"junk".as_slice(), true));
        let sound = b"RIFF\x06\0\0\0WAVEabjunk";
        assert_eq!(riff(sound).unwrap().end, 14);
    }
}
