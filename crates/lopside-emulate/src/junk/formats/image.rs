//! PNG images.

use crate::chance::Chance;
use crate::junk::encode::{crc32, zlib};

/// A PNG image of about so many bytes: an 8-bit RGB picture with soft noise on a gradient.
pub(crate) fn png(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    // Noise of four bits a channel deflates to about half.
    let pixels = (bytes.saturating_sub(70) as f64 / 1.6).max(4.0);
    let width = (pixels.sqrt() as u32).clamp(2, 4_000);
    let height = (pixels as u32 / width).max(1);
    let mut rows = Vec::with_capacity((width * 3 + 1) as usize * height as usize);
    let base = chance.bytes(3);
    for y in 0..height {
        rows.push(0);
        for x in 0..width {
            let noise = chance.word();
            for (channel, base) in base.iter().enumerate() {
                let soft = (noise >> (8 * channel)) as u8 & 15;
                rows.push(base.wrapping_add((x * 60 / width + y * 60 / height) as u8).wrapping_add(soft));
            }
        }
    }
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut image, b"IHDR", &header);
    chunk(&mut image, b"IDAT", &zlib(&rows));
    chunk(&mut image, b"IEND", &[]);
    image
}

fn chunk(image: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    image.extend((data.len() as u32).to_be_bytes());
    let from = image.len();
    image.extend(name);
    image.extend(data);
    let crc = crc32(&image[from..]);
    image.extend(crc.to_be_bytes());
}

/// A grey JPEG image of about so many bytes: baseline, with Huffman tables of its own.
pub(crate) fn jpeg(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    // A block takes some 12 bytes.
    let blocks = (bytes.saturating_sub(170) / 12).max(1);
    let across = (blocks as f64).sqrt().ceil() as usize;
    let down = blocks.div_ceil(across);
    let mut image = vec![0xff, 0xd8];
    segment(&mut image, 0xe0, b"JFIF\0\x01\x02\0\0\x48\0\x48\0\0");
    let mut table = vec![0];
    table.extend((0..64u8).map(|place| 8 + place));
    segment(&mut image, 0xdb, &table);
    let size = [(down * 8) as u16, (across * 8) as u16].map(u16::to_be_bytes).concat();
    segment(&mut image, 0xc0, &[&[8][..], &size, &[1, 1, 0x11, 0]].concat());
    let levels: Vec<u8> = (0..12).collect();
    segment(&mut image, 0xc4, &huffman(0x00, 4, &levels));
    // The end of a block, and up to three zeros before a value of up to six bits.
    let mut steps = vec![0x00];
    steps.extend((0..4u8).flat_map(|run| (1..=6u8).map(move |bits| run << 4 | bits)));
    segment(&mut image, 0xc4, &huffman(0x10, 5, &steps));
    segment(&mut image, 0xda, &[1, 1, 0, 0, 63, 0]);
    let mut bits = Bits::default();
    for _ in 0..across * down {
        let level = chance.below(7) as u32;
        bits.put(level, 4);
        bits.put(chance.word() as u32 & ((1 << level) - 1), level);
        let mut place = 1;
        while place < 60 {
            // Mostly small values, and an end after some ten of them.
            let code = chance.below(25) as u32;
            if code == 0 && place > 3 {
                break;
            }
            let step = u32::from(steps[code.max(1) as usize]);
            let (run, count) = (step >> 4, step & 15);
            if place + run > 62 {
                break;
            }
            bits.put(code.max(1), 5);
            bits.put(chance.word() as u32 & ((1 << count) - 1), count);
            place += run + 1;
        }
        bits.put(0, 5);
    }
    image.extend(bits.finish());
    image.extend([0xff, 0xd9]);
    image
}

fn segment(image: &mut Vec<u8>, marker: u8, data: &[u8]) {
    image.extend([0xff, marker]);
    image.extend((data.len() as u16 + 2).to_be_bytes());
    image.extend(data);
}

/// A table in which every symbol has a code of one length.
fn huffman(class: u8, length: usize, symbols: &[u8]) -> Vec<u8> {
    let mut table = vec![class];
    table.extend((1..=16).map(|bits| if bits == length { symbols.len() as u8 } else { 0 }));
    table.extend(symbols);
    table
}

/// Bits of a JPEG scan: a zero follows each 0xff.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.held = self.held << count | value;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
        self.held &= (1 << self.count) - 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.count % 8) % 8;
        self.put((1 << missing) - 1, missing);
        self.bytes
    }
}
