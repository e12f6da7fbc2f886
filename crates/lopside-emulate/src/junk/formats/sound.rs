//! Sound: WAV, frames of MP3, pages of Ogg.

use crate::chance::Chance;

/// Samples of a voice-like sum of waves.
pub(crate) fn samples(chance: &mut Chance, count: usize) -> Vec<i16> {
    let waves: Vec<(f64, f64)> =
        (0..3).map(|_| (chance.real(0.01, 0.3), chance.real(300.0, 4_000.0))).collect();
    (0..count)
        .map(|place| {
            let sum: f64 = waves.iter().map(|(speed, height)| height * (speed * place as f64).sin()).sum();
            (sum + 120.0 * chance.normal()) as i16
        })
        .collect()
}

/// A WAV file of about so many bytes.
pub(crate) fn wav(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let count = bytes.saturating_sub(44) / 2 + 8;
    let length = (count * 2) as u32;
    let mut out = b"RIFF".to_vec();
    out.extend((36 + length).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend([1, 0, 1, 0]);
    out.extend(16_000u32.to_le_bytes());
    out.extend(32_000u32.to_le_bytes());
    out.extend([2, 0, 16, 0]);
    out.extend(b"data");
    out.extend(length.to_le_bytes());
    out.extend(samples(chance, count).into_iter().flat_map(i16::to_le_bytes));
    out
}

/// One frame of MP3: MPEG 1 layer 3, 128 kbit/s at 44.1 kHz.
pub(crate) fn mp3_frame(chance: &mut Chance) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
    frame.extend([0; 4]);
    frame.extend(chance.bytes(409));
    frame
}

/// One page of Ogg with one packet.
pub(crate) fn ogg_page(serial: u32, number: u32, position: u64, flags: u8, packet: &[u8]) -> Vec<u8> {
    let packet = &packet[..packet.len().min(255 * 250)];
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(position.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    page.push((packet.len() / 255 + 1) as u8);
    page.extend(vec![255; packet.len() / 255]);
    page.push((packet.len() % 255) as u8);
    page.extend(packet);
    let mut crc = 0u32;
    for byte in &page {
        crc ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    page[22..26].copy_from_slice(&crc.to_le_bytes());
    page
}

/// A sample as telephones send it (G.711 µ-law).
pub(crate) fn mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let value = i32::from(sample).abs().min(32_635) + 132;
    let exponent = 24u32.saturating_sub((value as u32).leading_zeros()).min(7) as i32;
    let mantissa = value >> (exponent + 3) & 15;
    !(sign | (exponent << 4 | mantissa) as u8)
}
