//! Captures made of whatever bytes come, so that a fuzzer reaches the layers behind the container.

/// Takes bytes for its own purposes from the front of what a fuzzer gives.
pub struct Given<'a>(pub &'a [u8]);

impl<'a> Given<'a> {
    /// One byte, 0 where none is left.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number of four bytes.
    pub fn number(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// At most so many bytes.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// A pcap that grows.
pub struct Capture(pub Vec<u8>);

impl Capture {
    /// An empty one of this link layer.
    pub fn new(link: u32) -> Capture {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
        bytes.extend(link.to_le_bytes());
        Capture(bytes)
    }

    /// A frame at this second.
    pub fn frame(&mut self, second: u32, frame: &[u8]) {
        for number in [second, 0, frame.len() as u32, frame.len() as u32] {
            self.0.extend(number.to_le_bytes());
        }
        self.0.extend(frame);
    }

    /// An IPv4 packet of a raw capture, from one end or the other.
    pub fn packet(&mut self, second: u32, back: bool, protocol: u8, content: &[u8]) {
        let (from, to) = if back { ([10, 0, 0, 2], [10, 0, 0, 1]) } else { ([10, 0, 0, 1], [10, 0, 0, 2]) };
        let mut bytes = vec![0x45, 0];
        bytes.extend(u16::try_from(content.len() + 20).unwrap_or(0).to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
        bytes.extend(from);
        bytes.extend(to);
        bytes.extend(content);
        self.frame(second, &bytes);
    }

    /// A segment between ports 50000 and 443.
    pub fn segment(&mut self, second: u32, back: bool, (seq, ack, flags): (u32, u32, u8), content: &[u8]) {
        let (from, to) = if back { (443_u16, 50_000_u16) } else { (50_000, 443) };
        let mut bytes = Vec::new();
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(seq.to_be_bytes());
        bytes.extend(ack.to_be_bytes());
        bytes.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        bytes.extend(content);
        self.packet(second, back, 6, &bytes);
    }

    /// A datagram to this port.
    pub fn datagram(&mut self, second: u32, back: bool, port: u16, content: &[u8]) {
        let (from, to) = if back { (port, 50_000) } else { (50_000, port) };
        let mut bytes = Vec::new();
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(u16::try_from(content.len() + 8).unwrap_or(0).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(content);
        self.packet(second, back, 17, &bytes);
    }
}
