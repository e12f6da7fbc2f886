//! Messages to TCP segments: handshake, segments of the agreed size, acknowledgements, retransmissions and segments out
//! of order now and then, and an end.

use super::frame::{TCP, frame};
use super::{Pace, Packet, Path};
use crate::chance::Chance;
use crate::junk::order::{Message, Side};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// The packets of a conversation over TCP, by time.
pub(crate) fn tcp_packets(path: &Path, messages: &[Message], pace: Pace, chance: &mut Chance) -> Vec<Packet> {
    let mut session = Session::new(path, pace, chance.clone());
    session.open();
    let mut before = None;
    for message in messages {
        session.pause(before, message.side);
        session.send(message);
        before = Some(message.side);
    }
    session.close();
    session.packets.sort_by_key(|packet| packet.micros);
    session.packets
}

/// One end's numbers.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    /// The next sequence number.
    next: u32,
    /// What was acknowledged to the other end.
    acknowledged: u32,
    /// IPv4's identification.
    id: u16,
    /// The clock of time stamps.
    clock: u32,
    /// The other end's last time stamp.
    echo: u32,
}

struct Session<'p> {
    path: &'p Path,
    pace: Pace,
    chance: Chance,
    packets: Vec<Packet>,
    now: i64,
    ends: [End; 2],
    largest: usize,
    stamps: bool,
}

impl<'p> Session<'p> {
    fn new(path: &'p Path, pace: Pace, mut chance: Chance) -> Self {
        let end = |chance: &mut Chance| End {
            next: chance.word() as u32,
            id: chance.word() as u16,
            clock: chance.word() as u32,
            ..End::default()
        };
        let ends = [end(&mut chance), end(&mut chance)];
        let stamps = chance.happens(0.4);
        let largest =
            if path.client.ip.is_ipv6() { 1_440 } else { chance.one(&[1_460, 1_460, 1_460, 1_400, 1_360]) };
        Self { path, pace, chance, packets: Vec::new(), now: pace.start, ends, largest, stamps }
    }

    fn open(&mut self) {
        self.segment(Side::Out, SYN, 0);
        self.ends[0].next = self.ends[0].next.wrapping_add(1);
        self.now += self.pace.round_trip;
        self.ends[1].acknowledged = self.ends[0].next;
        self.segment(Side::In, SYN | ACK, 0);
        self.ends[1].next = self.ends[1].next.wrapping_add(1);
        self.ends[0].acknowledged = self.ends[1].next;
        self.now += 60;
        self.segment(Side::Out, ACK, 0);
    }

    fn pause(&mut self, before: Option<Side>, side: Side) {
        self.now += match (before, side) {
            (None, _) => 300 + self.chance.below(900) as i64,
            (Some(Side::Out), Side::In) => {
                self.pace.round_trip + (self.chance.unit() * self.pace.round_trip as f64) as i64
            }
            _ => (self.chance.spread(self.pace.pause, 0.8) as i64).clamp(200, 90_000_000),
        };
    }

    /// Sends a message in segments, which the other end acknowledges two at a time.
    fn send(&mut self, message: &Message) {
        let largest = self.largest - if self.stamps { 12 } else { 0 };
        let (from, to) = numbers(message.side);
        let count = message.bytes.len().div_ceil(largest);
        for (number, part) in message.bytes.chunks(largest).enumerate() {
            let last = number + 1 == count;
            let sequence = self.ends[from].next;
            let flags = if last { PSH | ACK } else { ACK };
            let swapped = !last && self.chance.happens(self.pace.mishaps);
            // A segment that was overtaken by the one after it.
            let late = if swapped { 55 } else { 0 };
            self.now += 24;
            self.place(message.side, flags, sequence, part, late);
            if self.chance.happens(self.pace.mishaps) {
                let again = self.pace.round_trip + 200_000 + self.chance.below(30_000) as i64;
                self.place(message.side, flags, sequence, part, again);
            }
            self.ends[from].next = sequence.wrapping_add(part.len() as u32);
            if last || number % 2 == 1 {
                self.ends[to].acknowledged = self.ends[from].next;
                let later = if last { (self.pace.round_trip / 2).min(2_000) } else { 70 };
                self.segment(other(message.side), ACK, later);
            }
        }
    }

    fn close(&mut self) {
        // Later than anything that was sent again.
        self.now += 600_000 + self.pace.round_trip + self.chance.below(400_000) as i64;
        if self.chance.happens(0.1) {
            self.segment(Side::Out, RST | ACK, 0);
            return;
        }
        let first = if self.chance.happens(0.7) { Side::Out } else { Side::In };
        let (from, to) = numbers(first);
        self.segment(first, FIN | ACK, 0);
        self.ends[from].next = self.ends[from].next.wrapping_add(1);
        self.now += self.pace.round_trip / 2 + 10;
        self.ends[to].acknowledged = self.ends[from].next;
        self.segment(other(first), FIN | ACK, 0);
        self.ends[to].next = self.ends[to].next.wrapping_add(1);
        self.now += self.pace.round_trip / 2 + 10;
        self.ends[from].acknowledged = self.ends[to].next;
        self.segment(first, ACK, 0);
    }

    fn segment(&mut self, side: Side, flags: u8, later: i64) {
        let sequence = self.ends[numbers(side).0].next;
        self.place(side, flags, sequence, &[], later);
    }

    fn place(&mut self, side: Side, flags: u8, sequence: u32, payload: &[u8], later: i64) {
        let (from, to) = numbers(side);
        let (source, target) = if side == Side::Out {
            (self.path.client.port, self.path.server.port)
        } else {
            (self.path.server.port, self.path.client.port)
        };
        let micros = self.now + later;
        let options = self.options(flags, from, to, micros);
        let acknowledged = if flags & ACK == 0 { 0 } else { self.ends[from].acknowledged };
        let window: u16 = if flags & SYN == 0 { 501 } else { 64_240 };
        let mut bytes = Vec::with_capacity(20 + options.len() + payload.len());
        bytes.extend(source.to_be_bytes());
        bytes.extend(target.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(acknowledged.to_be_bytes());
        bytes.push((((20 + options.len()) / 4) << 4) as u8);
        bytes.push(flags);
        bytes.extend(window.to_be_bytes());
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(options);
        bytes.extend(payload);
        self.ends[from].id = self.ends[from].id.wrapping_add(1);
        let id = self.ends[from].id;
        let frame = frame(self.path, side == Side::Out, TCP, bytes, 16, id);
        self.packets.push(Packet { micros, frame });
    }

    fn options(&mut self, flags: u8, from: usize, to: usize, micros: i64) -> Vec<u8> {
        let mut options = Vec::new();
        if flags & SYN != 0 {
            options.extend([2, 4]);
            options.extend((self.largest as u16).to_be_bytes());
            options.extend([1, 3, 3, 8, 1, 1, 4, 2]);
        }
        if self.stamps {
            let value = self.ends[from].clock.wrapping_add(((micros - self.pace.start) / 1_000) as u32);
            let echo = if flags & ACK == 0 { 0 } else { self.ends[from].echo };
            options.extend([1, 1, 8, 10]);
            options.extend(value.to_be_bytes());
            options.extend(echo.to_be_bytes());
            self.ends[to].echo = value;
        }
        options
    }
}

fn numbers(side: Side) -> (usize, usize) {
    if side == Side::Out { (0, 1) } else { (1, 0) }
}

fn other(side: Side) -> Side {
    if side == Side::Out { Side::In } else { Side::Out }
}
