//! Captures with damage everywhere: no panic, nothing without bound, and no count beyond what the bytes can hold.

use lopside_payload::Settings;

use super::container_tests::sections;
use super::names::{dns, quic, tls};
use super::reader::Options;
use super::testing::{
    ACK, CLIENT, Capture, FIN, RST, SERVER, SYN, Tcp, Told, ethernet, fragment, ip, ip_six, read_with, udp,
};
use crate::windows::testing::Dice;

/// A capture with a bit of everything.
fn everything(link: u32) -> Capture {
    let mut capture = Capture::of_link(link);
    let hello = tls::tests::records(&tls::tests::hello("drop.example", 300), 200);
    capture.handshake();
    for (number, piece) in hello.chunks(150).enumerate() {
        capture.out(&Tcp { seq: 1_001 + 150 * number as u32, ack: 5_001, content: piece, ..Tcp::default() });
    }
    capture.back(&Tcp { flags: FIN | ACK, seq: 5_001, ack: 1_100, content: b"bye" });
    capture.out(&Tcp { flags: RST, seq: 1_200, ack: 0, content: b"why" });
    capture.out(&Tcp { flags: SYN, seq: 77_000, ..Tcp::default() });
    capture.out(&Tcp {
        seq: 77_001,
        ack: 1,
        content: b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        ..Tcp::default()
    });
    let frames = quic::tests::piece(0, &tls::tests::hello("cdn.example", 100));
    capture.udp(50_000, 443, &quic::tests::initial(0, 0, &frames));
    capture.udp_back(53, 50_000, &dns::tests::message());
    let datagram = udp(50_000, 9, &[7; 100]);
    capture.packet(&fragment(CLIENT, SERVER, 17, &datagram[..56], (77, 0, true)));
    capture.packet(&fragment(CLIENT, SERVER, 17, &datagram[56..], (77, 56, false)));
    capture.packet(&ip_six(0, &[[17, 0, 0, 0, 0, 0, 0, 0].as_slice(), &udp(5, 6, b"x")].concat()));
    let inner = ethernet(&ip(CLIENT, SERVER, 17, &udp(50_000, 9, b"abc")));
    capture.udp(61_000, 4_789, &[[8, 0, 0, 0, 0, 0, 7, 0].as_slice(), &inner].concat());
    capture.packet(&ip(CLIENT, SERVER, 47, &[[0, 0, 8, 0].as_slice(), &inner[14..]].concat()));
    capture.packet(&ip(CLIENT, SERVER, 1, b"\x08\x00\x00\x00\x00\x01\x00\x01abcdef"));
    capture
}

fn check(told: &Told, bytes: usize) {
    let mut packets = 0;
    for flow in &told.flows {
        assert!(flow.end >= Some(flow.start));
        packets += flow.source_packets.unwrap_or(0) + flow.destination_packets.unwrap_or(0);
    }
    // A packet may be that of a tunnel and of what is in it.
    assert!(packets <= 6 * bytes as u64 / 16 + 6);
}

#[test]
fn mutated_captures_are_read_to_their_end() {
    let mut dice = Dice(0x5eed_0008);
    let options = Options { memory: 1 << 16, ..Options::default() };
    for link in [1, 1, 1, 0, 12, 101, 113, 276, 9, 50, 51, 108, 228] {
        let sample = everything(link);
        for _ in 0..150 {
            let damaged = dice.damage(sample.bytes());
            check(&read_with(&damaged, &options), damaged.len());
        }
    }
}

#[test]
fn mutated_sections_are_read_to_their_end() {
    let mut dice = Dice(0x5eed_0009);
    for big_endian in [false, true] {
        let sample = sections(big_endian, everything(1).bytes());
        for _ in 0..800 {
            let damaged = dice.damage(&sample);
            check(&read_with(&damaged, &Options::default()), damaged.len());
        }
    }
}

/// Bytes of packets alone are damaged, so that the frames around them stay and every layer is reached.
#[test]
fn mutated_packets_reach_every_layer() {
    let mut dice = Dice(0x5eed_000a);
    let sample = everything(1);
    let frames: Vec<Vec<u8>> = super::testing::frames(sample.bytes());
    for round in 0..1_500 {
        let mut capture = Capture::new();
        for frame in &frames {
            let frame = if dice.below(3) == 0 { damaged_behind(&mut dice, frame) } else { frame.clone() };
            capture.frame(&frame);
        }
        let bytes = capture.bytes().to_vec();
        // The profile has mutation tests of its own.
        let payload = (round % 25 == 0).then(Settings::default);
        check(&read_with(&bytes, &Options { payload, ..Options::default() }), bytes.len());
    }
}

/// Damage behind the link header, mostly single bytes: lengths, offsets, flags.
fn damaged_behind(dice: &mut Dice, frame: &[u8]) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    for _ in 0..1 + dice.below(4) {
        let at = 14 + dice.below(bytes.len() - 14);
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff, dice.below(256) as u8][dice.below(6)];
    }
    bytes
}

/// Numbers, acknowledgements, lengths and times without sense.
#[test]
fn segments_without_sense_are_counted_and_bounded() {
    let mut dice = Dice(0x5eed_000b);
    for _ in 0..60 {
        let mut capture = Capture::new();
        for _ in 0..400 {
            let content = vec![7; dice.below(300)];
            let number = |dice: &mut Dice| match dice.below(4) {
                0 => dice.below(1 << 32) as u32,
                1 => 0x8000_0000_u32.wrapping_add(dice.below(100) as u32),
                _ => dice.below(5_000) as u32,
            };
            let (seq, ack) = (number(&mut dice), number(&mut dice));
            let segment = Tcp { flags: dice.below(32) as u8, seq, ack, content: &content };
            if dice.below(2) == 0 {
                capture.out(&segment);
            } else {
                capture.back(&segment);
            }
            if dice.below(20) == 0 {
                capture.clock = dice.below(4_000_000_000) as u32;
            }
        }
        check(&capture.told(), capture.bytes().len());
    }
}
