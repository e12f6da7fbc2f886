//! Captures made by hand, and a reader that keeps what it gets, for tests.

use std::path::Path;

use lopside_model::Micros;
use lopside_model::record::Record;
use lopside_model::tables::Flow;

use super::reader::{Options, read_bytes};
use crate::source::{InputInfo, Sink};

/// What a capture came to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Its flows, by start.
    pub(super) flows: Vec<Flow<'static>>,
    /// Names that conversations carry.
    pub(super) names: Vec<String>,
    /// Lookups: name and address.
    pub(super) lookups: Vec<(String, u128)>,
    /// Packets.
    pub(super) packets: u64,
    /// Frames that are known and not used.
    pub(super) ignored: Vec<String>,
    /// Places and reasons.
    pub(super) skipped: Vec<(u64, String)>,
}

impl Sink for Told {
    fn seen(&mut self, _kind: &'static str, time: Option<Micros>) {
        assert!(time.is_some_and(Micros::plausible));
        self.packets += 1;
    }

    fn put(&mut self, record: &Record<'_>) {
        match record {
            Record::Flow(flow) => {
                let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
                self.flows.push(Flow {
                    sensor: "test",
                    uid: flow.uid.map(leak),
                    unmeasured_why: flow.unmeasured_why.map(leak),
                    service: flow.service.map(leak),
                    state: flow.state.map(leak),
                    tunnel_parents: flow.tunnel_parents.map(leak),
                    remote_name: flow.remote_name.map(leak),
                    payload: flow.payload.map(leak),
                    host: None,
                    guid: None,
                    image: None,
                    user: None,
                    ..*flow
                });
            }
            Record::FlowName(name) => self.names.push(name.name.to_owned()),
            Record::Lookup(lookup) => self.lookups.push((lookup.name.to_owned(), lookup.answer)),
            other => panic!("{other:?}"),
        }
    }

    fn ignored(&mut self, kind: &str) {
        self.ignored.push(kind.to_owned());
    }

    fn skipped(&mut self, place: u64, reason: &str) {
        self.skipped.push((place, reason.to_owned()));
    }
}

/// Reads a capture.
pub(super) fn read(bytes: &[u8]) -> Told {
    read_with(bytes, &Options::default())
}

/// Reads a capture in a certain way.
pub(super) fn read_with(bytes: &[u8], options: &Options) -> Told {
    let mut told = Told::default();
    let info = InputInfo { input: 3, name: "test.pcap", sensor: "test" };
    read_bytes(&info, bytes, options, &mut told);
    told.flows.sort_by_key(|flow| (flow.start, flow.record, flow.uid));
    told
}

/// Reads a capture from disk.
pub(super) fn read_file(path: &Path) -> Told {
    read(&std::fs::read(path).unwrap())
}

/// Seconds since 1970 at which made captures begin.
pub(super) const BEGIN: u32 = 1_773_220_440;

/// The ends of made conversations.
pub(super) const CLIENT: [u8; 4] = [10, 20, 30, 41];
pub(super) const SERVER: [u8; 4] = [203, 0, 113, 77];

/// A capture that is made frame by frame.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    bytes: Vec<u8>,
    /// Milliseconds since the beginning.
    pub(super) clock: u32,
    /// Bytes of each frame that are captured.
    pub(super) snap: usize,
}

impl Capture {
    /// A pcap of Ethernet, little endian, in microseconds.
    pub(super) fn new() -> Capture {
        Capture::of_link(1)
    }

    /// The same of another link layer.
    pub(super) fn of_link(link: u32) -> Capture {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
        bytes.extend(link.to_le_bytes());
        Capture { bytes, clock: 0, snap: usize::MAX }
    }

    /// A frame, a millisecond after the one before.
    pub(super) fn frame(&mut self, frame: &[u8]) -> &mut Self {
        let data = &frame[..frame.len().min(self.snap)];
        self.bytes.extend((BEGIN + self.clock / 1_000).to_le_bytes());
        self.bytes.extend((self.clock % 1_000 * 1_000).to_le_bytes());
        self.bytes.extend((data.len() as u32).to_le_bytes());
        self.bytes.extend((frame.len() as u32).to_le_bytes());
        self.bytes.extend(data);
        self.clock += 1;
        self
    }

    /// An IP packet in an Ethernet frame.
    pub(super) fn packet(&mut self, packet: &[u8]) -> &mut Self {
        self.frame(&ethernet(packet))
    }

    /// A segment of the client.
    pub(super) fn out(&mut self, segment: &Tcp<'_>) -> &mut Self {
        self.packet(&ip(CLIENT, SERVER, 6, &segment.bytes(51_544, 8_443)))
    }

    /// A segment of the server.
    pub(super) fn back(&mut self, segment: &Tcp<'_>) -> &mut Self {
        self.packet(&ip(SERVER, CLIENT, 6, &segment.bytes(8_443, 51_544)))
    }

    /// A handshake: the client's bytes begin at 1,001, the server's at 5,001.
    pub(super) fn handshake(&mut self) -> &mut Self {
        self.out(&Tcp { flags: SYN, seq: 1_000, ..Tcp::default() })
            .back(&Tcp { flags: SYN | ACK, seq: 5_000, ack: 1_001, ..Tcp::default() })
            .out(&Tcp { seq: 1_001, ack: 5_001, ..Tcp::default() })
    }

    /// A datagram from the client's port to the server's.
    pub(super) fn udp(&mut self, from: u16, to: u16, content: &[u8]) -> &mut Self {
        self.packet(&ip(CLIENT, SERVER, 17, &udp(from, to, content)))
    }

    /// A datagram of the server.
    pub(super) fn udp_back(&mut self, from: u16, to: u16, content: &[u8]) -> &mut Self {
        self.packet(&ip(SERVER, CLIENT, 17, &udp(from, to, content)))
    }

    /// The file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it comes to.
    pub(super) fn told(&self) -> Told {
        read(&self.bytes)
    }

    /// The only flow of it.
    pub(super) fn flow(&self) -> Flow<'static> {
        let told = self.told();
        assert_eq!(told.skipped, []);
        assert_eq!(told.flows.len(), 1, "{:#?}", told.flows);
        told.flows[0]
    }
}

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const ACK: u8 = 16;

/// A segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp<'a> {
    pub(super) flags: u8,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) content: &'a [u8],
}

impl Default for Tcp<'_> {
    fn default() -> Self {
        Tcp { flags: ACK, seq: 0, ack: 0, content: b"" }
    }
}

impl Tcp<'_> {
    pub(super) fn bytes(&self, from: u16, to: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.ack.to_be_bytes());
        bytes.extend([0x50, self.flags, 0x20, 0, 0, 0, 0, 0]);
        bytes.extend(self.content);
        bytes
    }
}

/// A datagram.
pub(super) fn udp(from: u16, to: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(from.to_be_bytes());
    bytes.extend(to.to_be_bytes());
    bytes.extend((content.len() as u16 + 8).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(content);
    bytes
}

/// An IPv4 packet.
pub(super) fn ip(from: [u8; 4], to: [u8; 4], protocol: u8, content: &[u8]) -> Vec<u8> {
    fragment(from, to, protocol, content, (0, 0, false))
}

/// A fragment of an IPv4 packet: its identification, offset in bytes, and whether more follows.
pub(super) fn fragment(
    from: [u8; 4],
    to: [u8; 4],
    protocol: u8,
    content: &[u8],
    (identification, offset, more): (u16, u16, bool),
) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    // Longer than the field holds: left to the card.
    bytes.extend(u16::try_from(content.len() + 20).unwrap_or(0).to_be_bytes());
    bytes.extend(identification.to_be_bytes());
    bytes.extend(((offset / 8) | (u16::from(more) << 13)).to_be_bytes());
    bytes.extend([64, protocol, 0, 0]);
    bytes.extend(from);
    bytes.extend(to);
    bytes.extend(content);
    bytes
}

/// An IPv6 packet between 2001:db8::1 and 2001:db8::2.
pub(super) fn ip_six(next: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((content.len() as u16).to_be_bytes());
    bytes.extend([next, 64]);
    for last in [1, 2] {
        bytes.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes.extend(content);
    bytes
}

/// An Ethernet frame.
pub(super) fn ethernet(packet: &[u8]) -> Vec<u8> {
    let kind = if packet.first().is_some_and(|byte| byte >> 4 == 6) { [0x86, 0xdd] } else { [8, 0] };
    [&[2; 12], kind.as_slice(), packet].concat()
}

/// Source bytes, destination bytes and what was missed of a flow.
pub(super) fn counts(flow: &Flow<'_>) -> (Option<u64>, Option<u64>, Option<u64>) {
    (flow.source_bytes, flow.destination_bytes, flow.missed_bytes)
}

/// The frames of a made capture.
pub(super) fn frames(mut capture: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    capture = &capture[24..];
    while !capture.is_empty() {
        let length = u32::from_le_bytes(capture[8..12].try_into().unwrap()) as usize;
        frames.push(capture[16..16 + length].to_vec());
        capture = &capture[16 + length..];
    }
    frames
}
