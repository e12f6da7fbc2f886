//! Documents that say themselves where they end.

use super::{archives, images, json, markup};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Xml,
    Html,
    Gzip,
    Zlib,
    Zstd,
    Xz,
    Bzip2,
    Zip,
    SevenZip,
    Png,
    Jpeg,
    Gif,
    Riff,
    Bmp,
    Mp4,
    Ogg,
    Pdf,
    Font,
    Tar,
    Program,
    Compound,
}

/// A document at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) kind: Kind,
    /// Bytes that belong to it: up to its end, or as far as it could be followed.
    pub(crate) end: usize,
    /// It ended by its own rules.
    pub(crate) complete: bool,
    /// It contradicts its own rules before the bytes end.
    pub(crate) broken: bool,
}

impl Kind {
    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Json => "JSON",
            Kind::Xml => "XML",
            Kind::Html => "HTML",
            Kind::Gzip => "gzip",
            Kind::Zlib => "zlib",
            Kind::Zstd => "Zstandard",
            Kind::Xz => "xz",
            Kind::Bzip2 => "bzip2",
            Kind::Zip => "ZIP",
            Kind::SevenZip => "7z",
            Kind::Png => "PNG",
            Kind::Jpeg => "JPEG",
            Kind::Gif => "GIF",
            Kind::Riff => "RIFF",
            Kind::Bmp => "BMP",
            Kind::Mp4 => "MP4",
            Kind::Ogg => "Ogg",
            Kind::Pdf => "PDF",
            Kind::Font => "font",
            Kind::Tar => "tar",
            Kind::Program => "program",
            Kind::Compound => "compound file",
        }
    }

    /// Whether its content is compressed, so that it looks random.
    pub(crate) fn compressed(self) -> bool {
        !matches!(
            self,
            Kind::Json | Kind::Xml | Kind::Html | Kind::Tar | Kind::Bmp | Kind::Program | Kind::Compound
        )
    }

    /// Whether it is text.
    pub(crate) fn text(self) -> bool {
        matches!(self, Kind::Json | Kind::Xml | Kind::Html)
    }
}

/// The document that starts at the first byte, if one does. `whole` says that the bytes are all there are.
pub(crate) fn at_start(bytes: &[u8], whole: bool) -> Option<Document> {
    let [first, second, ..] = bytes else { return None };
    match (first, second) {
        (b'{' | b'[', _) => from_json(bytes),
        (b'<', _) => markup::read(bytes, whole),
        (0xEF, 0xBB) => {
            let rest = bytes.get(3..)?;
            let document = at_start(rest, whole).filter(|document| document.kind.text())?;
            Some(Document { end: document.end + 3, ..document })
        }
        (0x1F, 0x8B) => archives::gzip(bytes),
        (0x78, 0x01 | 0x5E | 0x9C | 0xDA) => archives::zlib(bytes),
        (0x28, 0xB5) => archives::zstd(bytes),
        (b'P', b'K') => archives::zip(bytes, whole),
        (0xFD, b'7') => archives::xz(bytes, whole),
        (b'B', b'Z') => archives::bzip2(bytes),
        (b'7', b'z') => archives::seven_zip(bytes),
        (0x89, b'P') => images::png(bytes),
        (0xFF, 0xD8) => images::jpeg(bytes),
        (b'G', b'I') => images::gif(bytes),
        (b'R', b'I') => images::riff(bytes),
        (b'B', b'M') => images::bmp(bytes),
        (b'O', b'g') => images::ogg(bytes),
        (b'%', b'P') => archives::pdf(bytes, whole),
        (b'w', b'O') | (b'O', b'T') => images::font(bytes),
        (b'M', b'Z') => archives::program(bytes),
        (0xD0, 0xCF) => archives::compound(bytes),
        _ => images::mp4(bytes).or_else(|| archives::tar(bytes)),
    }
}

/// Whether bytes are a file of a format that holds documents and packed pieces among bytes of its own: tables of columns, data bases,
/// models, arrays.
pub(crate) fn holds_documents(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 9] = [
        b"PAR1",
        b"Obj\x01",
        b"ORC",
        b"ARROW1",
        b"SQLite format 3\0",
        b"\x89HDF",
        b"\x93NUMPY",
        b"glTF",
        b"GGUF",
    ];
    MARKS.iter().any(|mark| bytes.starts_with(mark))
}

fn from_json(bytes: &[u8]) -> Option<Document> {
    let json = json::read(bytes)?;
    // A bracket and a word are not a document yet.
    let enough = json.complete || json.end >= 16;
    enough.then_some(Document {
        kind: Kind::Json,
        end: json.end,
        complete: json.complete,
        broken: json.broken,
    })
}
