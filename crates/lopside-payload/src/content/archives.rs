//! Archives, compressed streams and office containers: verified by reading them, not by their magic.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use flate2::read::ZlibDecoder;

use super::document::{Document, Kind};
use super::{big, find, little, masked, place};

/// At most this much is inflated of one document.
const INFLATED: u64 = 1 << 20;

/// gzip: header, deflate stream, eight bytes of trailer; members may follow each other.
pub(crate) fn gzip(bytes: &[u8]) -> Option<Document> {
    let mut at = 0;
    loop {
        let member = gzip_member(bytes.get(at..)?);
        match member {
            Some(member) if member.complete => at += member.end,
            Some(member) if at == 0 => return Some(member),
            _ => break,
        }
    }
    (at > 0).then_some(Document { kind: Kind::Gzip, end: at, complete: true, broken: false })
}

fn gzip_member(bytes: &[u8]) -> Option<Document> {
    let flags = *bytes.get(3)?;
    if !bytes.starts_with(&[0x1F, 0x8B, 8]) || flags & 0xE0 != 0 {
        return None;
    }
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + place(little(bytes, at, 2)?);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    let body = bytes.get(at..)?;
    let inflated = inflate(DeflateDecoder::new(body));
    let used = place(inflated.0.total_in());
    let (complete, broken) = (inflated.1 == End::Done && body.len() >= used + 8, inflated.1 == End::Broken);
    let end = if complete { at + used + 8 } else { bytes.len() };
    Some(Document { kind: Kind::Gzip, end, complete, broken })
}

/// zlib: two bytes of header, deflate stream, four bytes of checksum.
pub(crate) fn zlib(bytes: &[u8]) -> Option<Document> {
    let header = big(bytes, 0, 2)?;
    if header % 31 != 0 || bytes.len() < 8 {
        return None;
    }
    let mut decoder = ZlibDecoder::new(bytes);
    let (end, made) = drain(&mut decoder);
    if made < 8 && end != End::Done {
        return None;
    }
    let used = place(decoder.total_in());
    match end {
        End::Done => {
            Some(Document { kind: Kind::Zlib, end: used.min(bytes.len()), complete: true, broken: false })
        }
        End::Cut => Some(Document { kind: Kind::Zlib, end: bytes.len(), complete: false, broken: false }),
        End::Broken => (made > 256).then_some(Document {
            kind: Kind::Zlib,
            end: used.min(bytes.len()),
            complete: false,
            broken: true,
        }),
    }
}

/// What a bare deflate stream holds, where it inflates to its end and uses all the bytes.
pub(crate) fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 5;
    if bytes.len() >= HEADER && !masked::may_start(bytes, 0) {
        return None;
    }
    let mut decoder = DeflateDecoder::new(bytes);
    let mut inflated = Vec::new();
    decoder.by_ref().take(INFLATED).read_to_end(&mut inflated).ok()?;
    (place(decoder.total_in()) == bytes.len() && inflated.len() >= bytes.len() / 2).then_some(inflated)
}

/// What a gzip or zlib document holds, up to a bound.
pub(crate) fn inflated(bytes: &[u8], kind: Kind) -> Vec<u8> {
    let mut inflated = Vec::new();
    // A cut stream gives what it gave before it was cut.
    let _cut = match kind {
        Kind::Gzip => flate2::read::MultiGzDecoder::new(bytes).take(INFLATED).read_to_end(&mut inflated),
        Kind::Zlib => ZlibDecoder::new(bytes).take(INFLATED).read_to_end(&mut inflated),
        _ => Ok(0),
    };
    inflated
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Cut,
    Broken,
}

fn inflate(mut decoder: DeflateDecoder<&[u8]>) -> (DeflateDecoder<&[u8]>, End) {
    let (end, _) = drain(&mut decoder);
    (decoder, end)
}

fn drain(decoder: &mut impl Read) -> (End, u64) {
    let mut block = [0; 8 << 10];
    let mut total = 0;
    loop {
        match decoder.read(&mut block) {
            Ok(0) => return (End::Done, total),
            Ok(read) => total += read as u64,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return (End::Cut, total),
            Err(_) => return (End::Broken, total),
        }
        if total > INFLATED {
            return (End::Cut, total);
        }
    }
}

/// Zstandard: frames of blocks with lengths.
pub(crate) fn zstd(bytes: &[u8]) -> Option<Document> {
    if !bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return None;
    }
    let descriptor = *bytes.get(4)?;
    let single = descriptor & 0x20 != 0;
    let size_bytes = [usize::from(single), 2, 4, 8][usize::from(descriptor >> 6)];
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let mut at = 5 + usize::from(!single) + size_bytes + dictionary;
    let cut = Document { kind: Kind::Zstd, end: bytes.len(), complete: false, broken: false };
    loop {
        let Some(header) = little(bytes, at, 3) else { return Some(cut) };
        let length = if header >> 1 & 3 == 1 { 1 } else { place(header >> 3) };
        if header >> 1 & 3 == 3 {
            return Some(Document { broken: true, end: at, ..cut });
        }
        at += 3 + length;
        if header & 1 == 1 {
            break;
        }
    }
    if descriptor & 4 != 0 {
        at += 4;
    }
    Some(if at > bytes.len() { cut } else { Document { complete: true, end: at, ..cut } })
}

/// ZIP (and office documents): the end record names the size of the directory and of its comment.
pub(crate) fn zip(bytes: &[u8], whole: bool) -> Option<Document> {
    if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(b"PK\x05\x06") {
        return None;
    }
    let method = little(bytes, 8, 2)?;
    if bytes.starts_with(b"PK\x03\x04") && method > 99 {
        return None;
    }
    let mut from = 0;
    while let Some(end) = find(bytes, b"PK\x05\x06", from) {
        let directory =
            little(bytes, end + 12, 4).zip(little(bytes, end + 16, 4)).zip(little(bytes, end + 20, 2));
        if let Some(((size, offset), comment)) = directory
            && (size + offset == end as u64 || offset == 0xFFFF_FFFF || size == 0xFFFF_FFFF)
        {
            let end = end + 22 + place(comment);
            if end <= bytes.len() {
                return Some(Document { kind: Kind::Zip, end, complete: true, broken: false });
            }
        }
        from = end + 4;
    }
    Some(Document { kind: Kind::Zip, end: bytes.len(), complete: false, broken: whole })
}

/// xz ends with `YZ` in its footer.
pub(crate) fn xz(bytes: &[u8], whole: bool) -> Option<Document> {
    if !bytes.starts_with(b"\xFD7zXZ\0") {
        return None;
    }
    let footer = memchr::memmem::rfind(bytes, b"YZ").filter(|place| (place + 2) % 4 == 0 && *place > 20);
    let end = footer.map_or(bytes.len(), |place| place + 2);
    Some(Document { kind: Kind::Xz, end, complete: footer.is_some(), broken: whole && footer.is_none() })
}

/// bzip2 has no byte-aligned end: it is taken to the end of the bytes.
pub(crate) fn bzip2(bytes: &[u8]) -> Option<Document> {
    let starts = bytes.starts_with(b"BZh") && bytes.get(4..10)? == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    starts.then_some(Document { kind: Kind::Bzip2, end: bytes.len(), complete: true, broken: false })
}

/// 7z names the place and the size of its end.
pub(crate) fn seven_zip(bytes: &[u8]) -> Option<Document> {
    if !bytes.starts_with(b"7z\xBC\xAF\x27\x1C") {
        return None;
    }
    let end = 32u64.checked_add(little(bytes, 12, 8)?)?.checked_add(little(bytes, 20, 8)?)?;
    let complete = end <= bytes.len() as u64;
    let end = if complete { place(end) } else { bytes.len() };
    Some(Document { kind: Kind::SevenZip, end, complete, broken: false })
}

/// PDF ends with `%%EOF`, the last one where it was amended.
pub(crate) fn pdf(bytes: &[u8], whole: bool) -> Option<Document> {
    if !bytes.starts_with(b"%PDF-") {
        return None;
    }
    let last = memchr::memmem::rfind(bytes, b"%%EOF");
    let end = last.map_or(bytes.len(), |place| place + 5);
    Some(Document { kind: Kind::Pdf, end, complete: last.is_some(), broken: whole && last.is_none() })
}

/// A Windows program. What follows its sections (a signature, an installer's data) belongs to it.
pub(crate) fn program(bytes: &[u8]) -> Option<Document> {
    let header = place(little(bytes, 60, 4)?);
    let is_program = bytes.get(header..header.checked_add(4)?)? == b"PE\0\0";
    is_program.then_some(Document { kind: Kind::Program, end: bytes.len(), complete: true, broken: false })
}

/// An OLE compound file (older office documents).
pub(crate) fn compound(bytes: &[u8]) -> Option<Document> {
    let starts = bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    starts.then_some(Document { kind: Kind::Compound, end: bytes.len(), complete: true, broken: false })
}

/// tar: blocks of 512 bytes with a checksum of each header.
pub(crate) fn tar(bytes: &[u8]) -> Option<Document> {
    if bytes.get(257..262)? != b"ustar" {
        return None;
    }
    Some(Document { kind: Kind::Tar, end: bytes.len(), complete: true, broken: false })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"to be or not to be, that is the question, whether tis nobler in the mind to suffer";

    #[test]
    fn the_end_of_a_compressed_stream_is_found() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(TEXT).unwrap();
        let packed = encoder.finish().unwrap();
        let document = gzip(&[packed.as_slice(), b"junk"].concat()).unwrap();
        assert!(document.complete);
        assert_eq!(document.end, packed.len());
        assert!(!gzip(&packed[..packed.len() - 20]).unwrap().complete);

        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(TEXT).unwrap();
        let packed = encoder.finish().unwrap();
        let document = zlib(&[packed.as_slice(), b"junk"].concat()).unwrap();
        assert_eq!((document.end, document.complete), (packed.len(), true));
        assert_eq!(inflated(&packed, Kind::Zlib), TEXT);

        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(TEXT).unwrap();
        assert_eq!(deflate(&encoder.finish().unwrap()).unwrap(), TEXT);
    }

    #[test]
    fn a_magic_alone_is_no_document() {
        assert!(gzip(b"\x1F\x8B\x08\xFFxxxxxxxxxxxxxxxxxxxx").is_none());
        assert!(gzip(b"\x1F\x8B\x08\x00aaaaaa\xFF\xFF\xFF\xFF\xFF").unwrap().broken);
        assert!(zlib(b"\x78\x9C\xFF\xFF\xFF\xFF\xFF\xFF\xFF").is_none());
        assert!(zip(b"PK\x03\x04\x14\0\0\0\x08\0 and no directory", true).unwrap().broken);
    }
}
