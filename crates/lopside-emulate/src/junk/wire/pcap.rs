//! A pcap file: Ethernet, microseconds, little-endian.

use std::io::{self, Write};

/// Writes frames to a pcap file, for captures of any size.
///
/// Times are microseconds since 1970 in UTC; frames begin with their Ethernet header.
#[derive(Debug)]
pub struct PcapWriter<W: Write> {
    to: W,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file's header.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(mut to: W) -> io::Result<Self> {
        let mut header = Vec::with_capacity(24);
        header.extend(0xa1b2_c3d4_u32.to_le_bytes());
        header.extend(2u16.to_le_bytes());
        header.extend(4u16.to_le_bytes());
        header.extend([0; 8]);
        header.extend(262_144u32.to_le_bytes());
        header.extend(1u32.to_le_bytes());
        to.write_all(&header)?;
        Ok(Self { to })
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// What the writer says.
    pub fn frame(&mut self, micros: i64, frame: &[u8]) -> io::Result<()> {
        let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let mut header = [0; 16];
        header[0..4].copy_from_slice(&(seconds as u32).to_le_bytes());
        header[4..8].copy_from_slice(&(fraction as u32).to_le_bytes());
        header[8..12].copy_from_slice(&(frame.len() as u32).to_le_bytes());
        header[12..16].copy_from_slice(&(frame.len() as u32).to_le_bytes());
        self.to.write_all(&header)?;
        self.to.write_all(frame)
    }

    /// Flushes what was written.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}
