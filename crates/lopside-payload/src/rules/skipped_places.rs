//! Noise in places of files that every reader skips.
//!
//! Comments of images and archives are text by their formats, extra fields are lists of parts with lengths, nothing stands between the
//! members of an archive or the objects of a PDF, and what only takes up room is left as it was: zeros, or what stood there before. No
//! program that writes such files draws bytes for these places.
//!
//! Speaks for: evenly drawn bytes, or printable noise that no encoder gives, in the comments of PNG, JPEG, GIF, gzip, ZIP and RIFF (also
//! behind words), in extra fields that do not add up, in gaps of ZIP and PDF, in the fillers of RIFF and MP4, at the ends of the rows of
//! BMP and in the fourth bytes of its pixels. Silent for: texts, encodings, packed and structured content, parts that add up, members that
//! were overwritten, zeros and old bytes, images that are noise themselves, pieces of one length that a code has. Minimum: 2 files with
//! such pieces in one kind of place, 128 bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Pool, is_signature};
use crate::class::{Class, class};
use crate::content::document;
use crate::content::skipped::{Place, has_places, skipped};
use crate::evidence::Evidence;
use crate::statistics::{Alphabet, even};

/// The fewest files, and the fewest bytes of noise in all.
const FILES: usize = 2;
const LEAST: usize = 128;
/// Shorter pieces say nothing alone, but for those that are one place in many parts.
const SHORTEST: usize = 12;
/// Files looked at.
const LOOKED: usize = 80;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pools: BTreeMap<(Place, &str), Pieces> = BTreeMap::new();
    let files = look.reading.units.iter().filter_map(|unit| {
        let document = unit.document.filter(|found| has_places(found.kind) && !unit.headless)?;
        Some((unit, document.kind))
    });
    for (unit, kind) in files.take(LOOKED) {
        let bytes = unit.bytes.as_ref();
        let mut places = BTreeSet::new();
        for (place, piece) in skipped(bytes, kind) {
            let noise = beyond_words(place, &piece);
            let noise = if place == Place::Gap { noise.trim_ascii() } else { noise };
            if noise.len() < SHORTEST || !foreign(place, noise, bytes, look.limit) {
                continue;
            }
            let pieces = pools.entry((place, kind.name())).or_default();
            pieces.pool.put(noise, if places.is_empty() { bytes.len() } else { 0 }, true);
            pieces.lengths.insert(piece.len());
            pieces.files += usize::from(places.insert(place));
        }
    }
    pools.iter().filter_map(|((place, kind), pieces)| judge(*place, kind, pieces, look.limit)).collect()
}

/// Noise in one kind of place.
#[derive(Default)]
struct Pieces {
    pool: Pool,
    /// The lengths of the pieces with the words before their noise.
    lengths: BTreeSet<usize>,
    files: usize,
}

fn judge(place: Place, kind: &str, pieces: &Pieces, limit: f64) -> Option<Evidence> {
    let (pool, files) = (&pieces.pool, pieces.files);
    let of_code = pieces.lengths.len() == 1 && pieces.lengths.iter().all(|length| is_signature(*length));
    if files < FILES || pool.total < LEAST || of_code && !in_rows(place) {
        return None;
    }
    let noise = even(&pool.bytes, limit).filter(|noise| is_of_no_encoder(noise.alphabet))?;
    let name = match place {
        Place::Comment => "in comments",
        Place::Extra => "in extra fields that do not add up",
        Place::Gap => "between their parts",
        Place::Filler => "in parts that only take up room",
        Place::RowEnds => "at the ends of rows",
        Place::FourthBytes => "in the fourth bytes of pixels that have three",
    };
    let text = format!(
        "{files} {kind} files have {} that are drawn evenly {name}, which readers skip: {} bytes, {:.0} % of them",
        noise.alphabet.name(),
        pool.total,
        pool.share() * 100.0
    );
    let found = Evidence::contradiction(files, pool.share(), text);
    Some(found.with_deviations(noise.deviations).with_example(&pool.first))
}

/// Whether a place is spread over the rows of an image.
fn in_rows(place: Place) -> bool {
    matches!(place, Place::RowEnds | Place::FourthBytes)
}

/// Noise that no encoder writes: hex, base64 and the like may be any content.
fn is_of_no_encoder(alphabet: Alphabet) -> bool {
    matches!(alphabet, Alphabet::Bytes | Alphabet::Printable | Alphabet::BothCases | Alphabet::Letters)
}

/// A piece of a comment without the words at its start, where it is no text.
fn beyond_words(place: Place, piece: &[u8]) -> &[u8] {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let words = piece.iter().take_while(|byte| printable(byte)).count();
    if place == Place::Comment && words < piece.len() {
        piece.get(words..).unwrap_or_default()
    } else {
        piece
    }
}

/// Whether a piece is noise that is no part of its file: nothing packed, no older part of an archive, and not drawn evenly because all of
/// the image is.
fn foreign(place: Place, piece: &[u8], file: &[u8], limit: f64) -> bool {
    if in_rows(place) {
        let pixels = file.get(54..file.len().min(4 << 10)).unwrap_or_default();
        // Of rows that noise fills a part of every one is noise.
        let colours: Vec<u8> = pixels.chunks(4).filter_map(|pixel| pixel.first()).copied().collect();
        return even(piece, limit).is_some() && even(&colours, limit).is_none();
    }
    let is_packed = document::at_start(piece, true).is_some_and(|found| found.kind.compressed());
    !is_packed
        && matches!(class(piece, None, limit), Class::Random(found) if is_of_no_encoder(found.alphabet))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::testing::{Chance, Talk, encode};

    const WORDS: &[u8] = b"made with the program that makes images of pumps, ";

    /// Makes a file with a comment.
    type Maker = fn(&[u8]) -> Vec<u8>;

    fn png(comment: &[u8]) -> Vec<u8> {
        let piece = |name: &[u8], content: &[u8]| {
            let named = [name, content].concat();
            let mut sum = flate2::Crc::new();
            sum.update(&named);
            [&(content.len() as u32).to_be_bytes(), named.as_slice(), &sum.sum().to_be_bytes()].concat()
        };
        let header = piece(b"IHDR", b"\0\0\0\x0A\0\0\0\x0A\x08\x02\0\0\0");
        let text = piece(b"tEXt", &[b"Comment\0", comment].concat());
        let packed = packed(b"all of these pixels are grey ");
        [b"\x89PNG\r\n\x1A\n".as_slice(), &header, &text, &piece(b"IDAT", &packed), &piece(b"IEND", b"")]
            .concat()
    }

    fn unicode_png(comment: &[u8]) -> Vec<u8> {
        let image = png(&[b"\0\0en\0Note\0", comment].concat());
        let at = image.windows(4).position(|name| name == b"tEXt").unwrap();
        [&image[..at], b"iTXt", &image[at + 4..]].concat()
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn jpeg(comment: &[u8]) -> Vec<u8> {
        let length = (comment.len() as u16 + 2).to_be_bytes();
        [b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xFE", length.as_slice(), comment, b"\xFF\xDA\0\x02zzzz\xFF\xD9"]
            .concat()
    }

    fn gif(comment: &[u8]) -> Vec<u8> {
        let blocks: Vec<u8> =
            comment.chunks(200).flat_map(|block| [&[block.len() as u8], block].concat()).collect();
        [
            b"GIF89a\x01\0\x01\0\0\0\0\x21\xFE".as_slice(),
            &blocks,
            b"\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B",
        ]
        .concat()
    }

    fn gzip(flag: u8, field: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"the pump in hall four is well and runs ").unwrap();
        let mut file = encoder.finish().unwrap();
        file[3] |= flag;
        let length = (field.len() as u16).to_le_bytes();
        let field = if flag == 4 { [&length, field].concat() } else { [field, b"\0"].concat() };
        file.splice(10..10, field);
        file
    }

    fn zip(extra: &[u8], gap: &[u8], comment: &[u8]) -> Vec<u8> {
        let fields = |content: &[u8]| {
            let size = (content.len() as u32).to_le_bytes();
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], size.as_slice(), &size, &[1, 0]].concat()
        };
        let mut file = Vec::new();
        for (extra, gap) in [(extra, gap), (b"", b""), (b"", b"")] {
            let content = b"the pump in hall four is well";
            let extra_length = (extra.len() as u16).to_le_bytes();
            let fields = fields(content);
            let parts = [b"PK\x03\x04", fields.as_slice(), &extra_length, b"a", extra, content, gap];
            parts.iter().for_each(|part| file.extend_from_slice(part));
        }
        let start = (file.len() as u32).to_le_bytes();
        let directory = [b"PK\x01\x02\x14\0".as_slice(), &[0; 60]].concat();
        let size = (directory.len() as u32).to_le_bytes();
        let end = [b"PK\x05\x06\0\0\0\0\x03\0\x03\0".as_slice(), &size, &start].concat();
        [file, directory, end, (comment.len() as u16).to_le_bytes().to_vec(), comment.to_vec()].concat()
    }

    fn pdf(gap: &[u8]) -> Vec<u8> {
        let start = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog>>\nendobj\n";
        let rest = b"\n2 0 obj\n<</Type/Pages>>\nendobj\nxref\n0 3\ntrailer\n<<>>\nstartxref\n90\n%%EOF\n";
        [start.as_slice(), gap, rest].concat()
    }

    fn riff(name: &[u8], content: &[u8]) -> Vec<u8> {
        let part = |name: &[u8], content: &[u8]| {
            let even = content.len() + content.len() % 2;
            let mut part = [name, &(content.len() as u32).to_le_bytes(), content].concat();
            part.resize(8 + even, 0);
            part
        };
        let info = [b"INFO".as_slice(), &part(b"ICMT", content)].concat();
        let filler = if name == b"LIST" { part(name, &info) } else { part(name, content) };
        let all = [b"WAVE".as_slice(), &filler, &part(b"data", &[128; 90])].concat();
        part(b"RIFF", &all)
    }

    fn mp4(filler: &[u8]) -> Vec<u8> {
        let part =
            |name: &[u8], content: &[u8]| [&(content.len() as u32 + 8).to_be_bytes(), name, content].concat();
        [part(b"ftyp", b"isom\0\0\x02\0isom"), part(b"free", filler), part(b"mdat", &[7; 99])].concat()
    }

    fn bmp(
        bits: u16,
        width: usize,
        height: usize,
        mut pixel: impl FnMut(usize) -> u8,
        mut fill: impl FnMut() -> u8,
    ) -> Vec<u8> {
        let mut pixels = Vec::new();
        for row in 0..height {
            for place in 0..width {
                pixels.extend((0..3).map(|colour| pixel(row + 3 * place + colour)));
                if bits == 32 {
                    pixels.push(fill());
                }
            }
            while pixels.len() % 4 > 0 {
                pixels.push(fill());
            }
        }
        let size = pixels.len() as u32;
        let mut file = [
            b"BM".as_slice(),
            &(size + 54).to_le_bytes(),
            &[0; 4],
            &54u32.to_le_bytes(),
            &40u32.to_le_bytes(),
        ]
        .concat();
        file.extend((width as u32).to_le_bytes());
        file.extend((height as u32).to_le_bytes());
        file.extend([1, 0]);
        file.extend(bits.to_le_bytes());
        file.extend([0; 4]);
        file.extend(size.to_le_bytes());
        file.extend([0; 16]);
        file.extend(pixels);
        file
    }

    fn told(files: usize, mut make: impl FnMut(&mut Chance) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(57);
        let mut talk = Talk::default();
        for _ in 0..files {
            let file = make(&mut chance);
            talk.post("application/octet-stream", &file);
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("which readers skip"))
    }

    fn noise(chance: &mut Chance) -> Vec<u8> {
        let length = 40 + chance.below(150);
        chance.bytes(length)
    }

    #[test]
    fn noise_in_comments_is_junk() {
        let makers: [Maker; 7] = [
            png,
            unicode_png,
            jpeg,
            gif,
            |noise| zip(b"", b"", noise),
            |noise| riff(b"LIST", noise),
            |noise| {
                let noise: Vec<u8> = noise.iter().copied().filter(|byte| *byte > 0).collect();
                gzip(16, &noise)
            },
        ];
        for (number, make) in makers.iter().enumerate() {
            assert!(told(8, |chance| make(&noise(chance))), "{number}");
            assert!(told(8, |chance| make(&[WORDS, &noise(chance)].concat())), "{number}");
            assert!(!told(8, |chance| make(&WORDS[chance.below(9)..].repeat(4))), "{number}");
            assert!(!told(8, |chance| make(&encode(&noise(chance)))), "{number}");
        }
        // Noise that can be printed is of no encoder either.
        let printable: Vec<u8> = (b'!'..=b'~').collect();
        assert!(told(8, |chance| {
            let length = 90 + chance.below(90);
            jpeg(&chance.of(&printable, length))
        }));
        // Some are noise.
        assert!(told(12, |chance| jpeg(&if chance.below(2) == 0 { noise(chance) } else { WORDS.to_vec() })));
        assert!(!told(1, |chance| jpeg(&chance.bytes(400))));
        assert!(!told(2, |chance| jpeg(&chance.bytes(45))));
    }

    #[test]
    fn what_is_packed_or_of_the_length_of_a_code_is_no_noise() {
        assert!(!told(8, |chance| {
            let text = encode(&noise(chance));
            jpeg(&packed(&text))
        }));
        assert!(!told(8, |chance| jpeg(&chance.bytes(64))));
        assert!(told(8, |chance| jpeg(&chance.bytes(67))));
        // Again and again the same is a habit of the writer.
        let same = Chance::new(3).bytes(300);
        assert!(!told(8, |_| jpeg(&same)));
    }

    #[test]
    fn extra_fields_that_add_up_may_hold_anything() {
        let part = |noise: Vec<u8>| [b"ap", (noise.len() as u16).to_le_bytes().as_slice(), &noise].concat();
        assert!(told(8, |chance| gzip(4, &noise(chance))));
        assert!(!told(8, |chance| gzip(4, &part(noise(chance)))));
        assert!(told(8, |chance| zip(&noise(chance), b"", b"")));
        assert!(!told(8, |chance| zip(&part(noise(chance)), b"", b"")));
    }

    #[test]
    fn noise_between_parts_is_junk_and_what_was_overwritten_is_not() {
        assert!(told(8, |chance| zip(b"", &noise(chance), b"")));
        assert!(told(8, |chance| pdf(&noise(chance))));
        assert!(!told(8, |chance| zip(b"", &[b"PK\x03\x04", noise(chance).as_slice()].concat(), b"")));
        assert!(!told(8, |_| pdf(b"% a note of the writer, which may stand here")));
    }

    #[test]
    fn noise_that_takes_up_room_is_junk_and_zeros_are_not() {
        assert!(told(8, |chance| mp4(&noise(chance))));
        assert!(told(8, |chance| riff(b"JUNK", &noise(chance))));
        assert!(!told(8, |chance| mp4(&vec![0; 40 + chance.below(90)])));
        assert!(!told(8, |chance| riff(b"bext", &noise(chance))));
    }

    #[test]
    fn noise_at_the_ends_of_rows_is_junk_but_for_images_of_noise() {
        let smooth = |place: usize| (place % 90) as u8;
        for (bits, width) in [(24, 7), (24, 5), (32, 16)] {
            assert!(told(4, |chance| {
                let mut other = Chance::new(chance.next());
                bmp(bits, width, 64, smooth, || other.bytes(1)[0])
            }));
            assert!(!told(4, |_| bmp(bits, width, 64, smooth, || 0)));
            assert!(!told(4, |chance| {
                let (mut colours, mut other) = (Chance::new(chance.next()), Chance::new(chance.next()));
                bmp(bits, width, 64, |_| colours.bytes(1)[0], || other.bytes(1)[0])
            }));
        }
    }
}
