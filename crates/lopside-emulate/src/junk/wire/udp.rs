//! Messages to datagrams, one each.

use super::frame::{UDP, frame};
use super::{Pace, Packet, Path};
use crate::chance::Chance;
use crate::junk::order::{Message, Side};

/// The packets of a conversation over UDP.
pub(crate) fn udp_packets(path: &Path, messages: &[Message], pace: Pace, chance: &mut Chance) -> Vec<Packet> {
    let mut packets = Vec::with_capacity(messages.len());
    let mut now = pace.start;
    let mut ids = [chance.word() as u16, chance.word() as u16];
    let mut before = None;
    for message in messages {
        now += match (before, message.side) {
            (None, _) => 0,
            (Some(Side::Out), Side::In) => {
                pace.round_trip + (chance.unit() * 0.2 * pace.round_trip as f64) as i64
            }
            _ => (chance.spread(pace.pause, 0.6) as i64).clamp(40, 90_000_000),
        };
        before = Some(message.side);
        let from_client = message.side == Side::Out;
        let (from, to) = if from_client {
            (path.client.port, path.server.port)
        } else {
            (path.server.port, path.client.port)
        };
        let mut segment = Vec::with_capacity(8 + message.bytes.len());
        segment.extend(from.to_be_bytes());
        segment.extend(to.to_be_bytes());
        segment.extend(((8 + message.bytes.len()) as u16).to_be_bytes());
        segment.extend([0, 0]);
        segment.extend(&message.bytes);
        let id = &mut ids[usize::from(!from_client)];
        *id = id.wrapping_add(1);
        packets.push(Packet { micros: now, frame: frame(path, from_client, UDP, segment, 6, *id) });
    }
    packets
}
