//! Images that no program can show: pieces whose checksums do not hold, or pixels that are none.
//!
//! Every writer of PNG puts a checksum behind each piece, and every reader refuses the image where one does not hold; the pixels are a
//! stream of zlib. Bytes that somebody puts into a piece leave its checksum behind.
//!
//! Speaks for: whole PNGs of which a piece that has to be there has another checksum than it should, or whose pixels do not begin to
//! inflate; evenly drawn bytes in pieces that need not be there, under names and in lengths that change from image to image, whose
//! checksums do not hold. Silent for: images that are cut, the variant of Apple's tools (pixels without the header of zlib), pieces of one
//! maker, and where most images are well (damage on the way). Minimum: 2 images, half of all PNGs, 64 bytes in such pieces; 4 images and
//! as many names and lengths for pieces that need not be there.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::Crc;
use flate2::read::ZlibDecoder;

use super::{Look, Pool};
use crate::content::document::Kind;
use crate::content::{big, place};
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest images, and the fewest bytes of their pieces that do not hold.
const IMAGES: usize = 2;
const BYTES: usize = 64;
/// The fewest images, names and lengths of pieces that need not be there.
const SPARE: usize = 4;
/// Where the first piece stands, and what stands around the content of each: its length, its name and its checksum.
const FIRST: usize = 8;
const AROUND: usize = 12;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let (mut count, mut all, mut broken, mut around) = (0, 0, 0, 0);
    let mut first: Option<&[u8]> = None;
    let (mut spare, mut names) = (Pool::default(), BTreeSet::new());
    for unit in look.reading.units.iter().filter(|unit| unit.whole && !unit.partial) {
        let is_png = |kind: Kind| kind == Kind::Png;
        let Some(document) = unit.document.filter(|found| found.complete && is_png(found.kind)) else {
            continue;
        };
        let image = unit.bytes.get(..document.end).unwrap_or_default();
        (all, around) = (all + 1, around + unit.bytes.len());
        if let Some(piece) = broken_pieces(image) {
            (count, broken) = (count + 1, broken + piece.1);
            first = first.or(Some(piece.0));
        }
        if let Some((name, content)) = spare_piece(image) {
            spare.put(content, unit.bytes.len(), true);
            names.insert(name);
        }
    }
    if let Some(found) = of_spare(&spare, names.len(), all, look.limit) {
        return vec![found];
    }
    if count < IMAGES || count * 2 < all || broken < BYTES {
        return Vec::new();
    }
    let share = broken as f64 / around.max(1) as f64;
    let text = format!(
        "{count} of {all} PNG images hold {broken} bytes in pieces whose checksums do not hold or whose pixels cannot be read"
    );
    vec![Evidence::contradiction(count, share, text).with_example(first.unwrap_or_default())]
}

/// What is told of pieces that need not be there, of so many names.
fn of_spare(pool: &Pool, names: usize, images: usize, limit: f64) -> Option<Evidence> {
    let lengths: BTreeSet<u32> = pool.lengths.iter().copied().collect();
    let enough = pool.count >= SPARE && pool.count * 2 >= images && names >= SPARE && lengths.len() >= SPARE;
    let drawn = even(&pool.bytes, limit).filter(|_| enough && pool.total >= BYTES)?;
    let text = format!(
        "{} of {images} PNG images hold {} bytes of noise in pieces that need not be there, of {names} names, whose checksums do not hold",
        pool.count, pool.total
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

/// The pieces of an image, each with its name before its content, and with whether its checksum holds.
fn pieces(image: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut at = FIRST;
    std::iter::from_fn(move || {
        let length = place(big(image, at, 4)?);
        let end = at.checked_add(AROUND)?.checked_add(length)?;
        let named = image.get(at + 4..end - 4)?;
        let mut sum = Crc::new();
        sum.update(named);
        at = end;
        Some((named, big(image, end - 4, 4) == Some(u64::from(sum.sum()))))
    })
}

/// Whether an image can be shown without a piece, which a small first letter says.
fn is_spare(named: &[u8]) -> bool {
    named.first().is_some_and(u8::is_ascii_lowercase)
}

/// The name and the content of the first piece that need not be there and does not hold.
fn spare_piece(image: &[u8]) -> Option<(&[u8], &[u8])> {
    pieces(image)
        .find(|(named, holds)| !holds && is_spare(named))
        .and_then(|(named, _)| named.split_at_checked(4))
}

/// The first piece of an image that does not hold, and the bytes of all these.
fn broken_pieces(image: &[u8]) -> Option<(&[u8], usize)> {
    let (mut first, mut bytes): (Option<&[u8]>, usize) = (None, 0);
    let (mut pixels, mut is_of_apple): (Vec<u8>, bool) = (Vec::new(), false);
    for (named, holds) in pieces(image) {
        let content = named.get(4..).unwrap_or_default();
        is_of_apple |= named.starts_with(b"CgBI");
        if named.starts_with(b"IDAT") {
            pixels.extend_from_slice(content);
        }
        if !is_spare(named) && !holds {
            first = first.or(Some(content));
            bytes += content.len();
        }
    }
    if first.is_none() && !is_of_apple && !pixels.is_empty() && !inflates(&pixels) {
        let content = image.get(FIRST..)?;
        return Some((content, pixels.len()));
    }
    first.map(|first| (first, bytes))
}

/// Whether pixels begin as a stream of zlib.
fn inflates(pixels: &[u8]) -> bool {
    let mut start = [0; 64];
    ZlibDecoder::new(pixels).read(&mut start).is_ok_and(|read| read > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Crc;

    use crate::testing::{Chance, Talk};

    fn piece(name: &[u8], content: &[u8], holds: bool) -> Vec<u8> {
        let named = [name, content].concat();
        let mut sum = Crc::new();
        sum.update(&named);
        let sum = if holds { sum.sum() } else { sum.sum() ^ 0x5A };
        [&(content.len() as u32).to_be_bytes(), named.as_slice(), &sum.to_be_bytes()].concat()
    }

    fn pixels(chance: &mut Chance) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&chance.bytes(300)).unwrap();
        encoder.finish().unwrap()
    }

    fn is_junk(make: impl Fn(&mut Chance, usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(91);
        let mut talk = Talk::default();
        for number in 0..8 {
            let pieces = make(&mut chance, number);
            let header = piece(b"IHDR", b"\0\0\0\x0A\0\0\0\x0A\x08\x02\0\0\0", true);
            let image =
                [b"\x89PNG\r\n\x1A\n".as_slice(), &header, &pieces, &piece(b"IEND", b"", true)].concat();
            talk.page(&format!("/{number}.png"), "image/png", &image);
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("PNG images"))
    }

    #[test]
    fn noise_in_a_piece_whose_checksum_was_left_behind_is_junk() {
        assert!(is_junk(|chance, _| {
            let length = 200 + chance.below(300);
            piece(b"IDAT", &chance.bytes(length), false)
        }));
    }

    #[test]
    fn pixels_that_are_noise_are_junk() {
        assert!(is_junk(|chance, _| piece(b"IDAT", &[b"\xA7", chance.bytes(250).as_slice()].concat(), true)));
    }

    #[test]
    fn noise_in_pieces_that_need_not_be_there_is_junk_where_their_checksums_do_not_hold() {
        let spare = |names: &'static [&'static str; 8], width: usize, holds: bool| {
            is_junk(|chance, number| {
                let length = 90 + chance.below(width);
                let spare = piece(names[number].as_bytes(), &chance.bytes(length), holds);
                [spare, piece(b"IDAT", &pixels(chance), true)].concat()
            })
        };
        const NAMES: [&str; 8] = ["cbXz", "zsXz", "lwXz", "qnXz", "fnXz", "qeXz", "coXz", "maXz"];
        const ONE: [&str; 8] = ["prVt"; 8];
        assert!(spare(&NAMES, 300, true) != spare(&NAMES, 300, false));
        assert!(!spare(&NAMES, 300, true));
        assert!(!spare(&ONE, 300, false));
        assert!(!spare(&NAMES, 1, false));
        // What somebody wrote into them.
        assert!(!is_junk(|chance, number| {
            let text = format!("the tile {number} of the map, {}", "drawn again ".repeat(1 + number));
            [piece(NAMES[number].as_bytes(), text.as_bytes(), false), piece(b"IDAT", &pixels(chance), true)]
                .concat()
        }));
        // Damage on the way.
        assert!(!is_junk(|chance, number| {
            let length = 90 + chance.below(300);
            let spare = piece(NAMES[number].as_bytes(), &chance.bytes(length), number % 3 > 0);
            [spare, piece(b"IDAT", &pixels(chance), true)].concat()
        }));
    }

    #[test]
    fn images_that_hold_are_not_nor_is_damage_nor_the_variant_of_apple() {
        assert!(!is_junk(|chance, _| piece(b"IDAT", &pixels(chance), true)));
        assert!(!is_junk(|chance, number| piece(b"IDAT", &pixels(chance), number % 4 > 0)));
        assert!(!is_junk(|chance, _| {
            [piece(b"CgBI", b"\x30\0\x20\x06", true), piece(b"IDAT", &chance.bytes(250), true)].concat()
        }));
        assert!(!is_junk(|chance, _| {
            [piece(b"IDAT", &pixels(chance), true), piece(b"maRk", &chance.bytes(99), false)].concat()
        }));
    }
}
