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
