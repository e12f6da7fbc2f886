//! Every form of pcap and pcapng, by name.

use lopside_model::time::SECOND;

use super::testing::{BEGIN, CLIENT, Capture, SERVER, Told, ethernet, ip, read, udp};

const MICROS: i64 = BEGIN as i64 * SECOND;

/// A frame with a datagram of three bytes.
fn frame() -> Vec<u8> {
    ethernet(&ip(CLIENT, SERVER, 17, &udp(50_000, 9, b"abc")))
}

#[track_caller]
fn one_flow(told: &Told, start: i64) {
    assert_eq!(told.skipped, []);
    assert_eq!((told.flows.len(), told.packets), (1, 1));
    assert_eq!((told.flows[0].start, told.flows[0].source_bytes), (start, Some(3)));
}

fn classic(magic: u32, big_endian: bool, long: bool, fraction: u32) -> Vec<u8> {
    let word = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let half = |number: u16| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let frame = frame();
    let mut bytes = word(magic).to_vec();
    bytes.extend([half(2), half(4)].concat());
    bytes.extend([word(0), word(0), word(65_535), word(1)].concat());
    bytes.extend([word(BEGIN), word(fraction), word(frame.len() as u32), word(frame.len() as u32)].concat());
    if long {
        bytes.extend([0; 8]);
    }
    bytes.extend(frame);
    bytes
}

#[test]
fn pcap_in_both_byte_orders_and_resolutions() {
    for big_endian in [false, true] {
        one_flow(&read(&classic(0xa1b2_c3d4, big_endian, false, 123_456)), MICROS + 123_456);
        one_flow(&read(&classic(0xa1b2_3c4d, big_endian, false, 123_456_789)), MICROS + 123_456);
    }
    one_flow(&read(&classic(0xa1b2_cd34, false, true, 123_456)), MICROS + 123_456);
}

#[test]
fn the_length_of_a_check_sequence_is_no_part_of_the_link_layer() {
    let mut bytes = classic(0xa1b2_c3d4, false, false, 0);
    bytes[20..24].copy_from_slice(&0x2400_0001_u32.to_le_bytes());
    one_flow(&read(&bytes), MICROS);
}

#[test]
fn a_capture_that_ends_inside_of_a_frame_says_so() {
    let bytes = classic(0xa1b2_c3d4, false, false, 0);
    let both = [bytes.as_slice(), &bytes[24..bytes.len() - 1]].concat();
    let told = read(&both);
    assert_eq!((told.flows.len(), told.skipped.len()), (1, 1));
    assert_eq!(told.skipped[0], (2, "the capture ends inside of this frame".into()));
    assert_eq!(read(&bytes[..20]).skipped[0].0, 0);
}

#[test]
fn a_damaged_length_costs_one_frame_and_not_the_rest() {
    let mut capture = Capture::new();
    for _ in 0..20 {
        capture.udp(50_000, 9, b"abc");
    }
    let step = 16 + frame().len();
    let mut bytes = capture.bytes().to_vec();
    let at = 24 + 5 * step + 8;
    bytes[at..at + 4].copy_from_slice(&0xfff0_0000_u32.to_le_bytes());
    let told = read(&bytes);
    assert_eq!(told.skipped, [(6, "the header of this frame is damaged".into())]);
    assert_eq!((told.packets, told.flows[0].source_bytes), (19, Some(57)));
}

/// A pcapng that is made block by block.
struct Sections {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl Sections {
    fn new(big_endian: bool) -> Sections {
        let mut sections = Sections { bytes: Vec::new(), big_endian };
        sections.section(big_endian);
        sections
    }

    fn word(&self, number: u32) -> [u8; 4] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn half(&self, number: u16) -> [u8; 2] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn section(&mut self, big_endian: bool) {
        self.big_endian = big_endian;
        let content = [self.word(0x1a2b_3c4d).as_slice(), &self.half(1), &self.half(0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &content);
    }

    fn block(&mut self, kind: u32, content: &[u8]) {
        let padded = content.len().next_multiple_of(4);
        let length = self.word(padded as u32 + 12);
        self.bytes.extend(self.word(kind));
        self.bytes.extend(length);
        self.bytes.extend(content);
        self.bytes.extend(vec![0; padded - content.len()]);
        self.bytes.extend(length);
    }

    /// An interface with these options: code and value.
    fn interface(&mut self, link: u16, options: &[(u16, &[u8])]) {
        let mut content = [self.half(link).as_slice(), &[0, 0], &self.word(0)].concat();
        for (code, value) in options {
            content.extend(self.half(*code));
            content.extend(self.half(value.len() as u16));
            content.extend(*value);
            content.extend(vec![0; value.len().next_multiple_of(4) - value.len()]);
        }
        content.extend([0; 4]);
        self.block(1, &content);
    }

    fn packet(&mut self, interface: u32, ticks: u64, frame: &[u8]) {
        let head = [interface, (ticks >> 32) as u32, ticks as u32, frame.len() as u32, frame.len() as u32];
        let mut content: Vec<u8> = head.iter().flat_map(|number| self.word(*number)).collect();
        content.extend(frame);
        self.block(6, &content);
    }
}

#[test]
fn every_resolution_and_offset_of_time() {
    let whole = i64::from(BEGIN);
    for big_endian in [false, true] {
        for (resolution, ticks, micros) in [
            (6_u8, whole as u64 * 1_000_000 + 123_456, 123_456),
            (9, whole as u64 * 1_000_000_000 + 123_456_789, 123_456),
            (3, whole as u64 * 1_000 + 123, 123_000),
            (0, whole as u64, 0),
            (0x80 | 10, (whole as u64) << 10 | 512, 500_000),
            (0x80 | 20, (whole as u64) << 20 | 1 << 18, 250_000),
            (0x80 | 32, (whole as u64) << 32 | 1 << 31, 500_000),
        ] {
            let mut sections = Sections::new(big_endian);
            sections.interface(1, &[(9, &[resolution])]);
            sections.packet(0, ticks, &frame());
            one_flow(&read(&sections.bytes), MICROS + micros);
        }
        let mut sections = Sections::new(big_endian);
        let hour = if big_endian { 3_600_i64.to_be_bytes() } else { 3_600_i64.to_le_bytes() };
        sections.interface(1, &[(14, &hour)]);
        sections.packet(0, (MICROS - 3_600 * SECOND) as u64, &frame());
        one_flow(&read(&sections.bytes), MICROS);
    }
}

#[test]
fn several_interfaces_and_sections() {
    let mut sections = Sections::new(false);
    sections.interface(127, &[]);
    sections.interface(101, &[(9, &[9])]);
    sections.interface(1, &[]);
    sections.packet(0, MICROS as u64, &frame());
    sections.packet(1, MICROS as u64 * 1_000, &frame()[14..]);
    sections.packet(2, MICROS as u64 + 1, &frame());
    sections.section(true);
    sections.interface(1, &[]);
    sections.packet(0, MICROS as u64 + 2, &frame());
    sections.packet(1, MICROS as u64 + 2, &frame());
    let told = read(&sections.bytes);
    assert_eq!(told.ignored, ["link layer radiotap (ieee 802.11)"]);
    assert_eq!(told.skipped, [(5, "a frame names an interface that the section has not".into())]);
    assert_eq!((told.flows[0].source_bytes, told.flows[0].record), (Some(9), 2));
}

#[test]
fn simple_packets_get_the_time_of_the_frame_before() {
    let mut sections = Sections::new(false);
    sections.interface(1, &[]);
    let simple = [sections.word(frame().len() as u32).as_slice(), &frame()].concat();
    sections.block(3, &simple);
    sections.packet(0, MICROS as u64, &frame());
    sections.block(3, &simple);
    let told = read(&sections.bytes);
    assert_eq!(told.skipped, [(1, "a frame has no time, and none before it has one".into())]);
    assert_eq!((told.flows[0].source_bytes, told.flows[0].end), (Some(6), Some(MICROS)));
}

#[test]
fn the_packet_block_of_old_drafts() {
    let mut sections = Sections::new(false);
    sections.interface(1, &[]);
    let frame = frame();
    let ticks = MICROS as u64;
    let mut content = vec![0, 0, 0, 0];
    for number in [(ticks >> 32) as u32, ticks as u32, frame.len() as u32, frame.len() as u32] {
        content.extend(number.to_le_bytes());
    }
    content.extend(&frame);
    sections.block(2, &content);
    one_flow(&read(&sections.bytes), MICROS);
}

#[test]
fn blocks_of_names_give_a_name_where_nothing_better_is_known() {
    let mut sections = Sections::new(false);
    sections.interface(1, &[]);
    let mut record = vec![1, 0, 17, 0];
    record.extend(SERVER);
    record.extend(b"Drop.Example\0\0\0\0");
    record.extend([0; 4]);
    sections.block(4, &record);
    sections.packet(0, MICROS as u64, &frame());
    let told = read(&sections.bytes);
    assert_eq!(told.names, ["drop.example"]);
}

#[test]
fn other_blocks_are_passed_over_and_damaged_ones_are_counted() {
    let mut sections = Sections::new(false);
    sections.block(0x0bad_cafe, &[1; 100]);
    sections.interface(1, &[]);
    sections.block(10, &[7; 64]);
    sections.packet(0, MICROS as u64, &frame());
    let at = sections.bytes.len();
    sections.packet(0, MICROS as u64, &frame());
    sections.packet(0, MICROS as u64, &frame());
    sections.bytes[at + 4] ^= 4;
    let told = read(&sections.bytes);
    assert_eq!(told.skipped, [(2, "a block has two lengths".into())]);
    assert_eq!(told.flows[0].source_bytes, Some(6));
    let cut = read(&sections.bytes[..at - 2]);
    assert_eq!(cut.skipped, [(1, "the capture ends inside of a block".into())]);
}

/// The frames of a pcap in a pcapng.
pub(super) fn sections(big_endian: bool, capture: &[u8]) -> Vec<u8> {
    let mut sections = Sections::new(big_endian);
    sections.interface(1, &[(9, &[6]), (14, &[0; 8])]);
    for (number, frame) in super::testing::frames(capture).iter().enumerate() {
        sections.packet(0, MICROS as u64 + number as u64, frame);
    }
    sections.bytes
}
