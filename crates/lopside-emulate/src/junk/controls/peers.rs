//! Games, calls between peers, and file sharing.

use crate::chance::Chance;
use crate::junk::encode::crc32;
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;

/// A game: numbers of packets, acknowledged ones, positions that change a little.
pub(super) fn game(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let magic = order.chance.bytes(2);
    let mut place = [order.chance.real(-500.0, 500.0), order.chance.real(-500.0, 500.0), 12.0];
    let mut heading = order.chance.real(0.0, 6.2);
    for turn in 0..order.messages {
        let mut packet = magic.clone();
        packet.extend((turn as u16).to_le_bytes());
        packet.extend((turn as u16).saturating_sub(2).to_le_bytes());
        packet.extend(0xffff_fffbu32.to_le_bytes());
        let count = (order.size() / 24).clamp(1, 40);
        packet.push(count as u8);
        for entity in 0..count {
            heading += 0.1 * order.chance.normal();
            for (axis, value) in place.iter_mut().enumerate() {
                *value += if axis == 0 { heading.cos() } else { heading.sin() };
            }
            packet.extend((entity as u16).to_le_bytes());
            packet.extend(place.iter().flat_map(|value| (*value as f32).to_le_bytes()));
            packet.extend((heading as f32).to_le_bytes());
            packet.extend([order.chance.below(4) as u8, 100]);
        }
        talk.say(order.sender(turn), packet, 0);
    }
    talk
}

/// The same, encrypted: a number in clear, sizes as states give them.
pub(super) fn sealed_game(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    for turn in 0..order.messages {
        let count = (order.size() / 24).clamp(1, 40);
        let mut packet = (turn as u32).to_le_bytes().to_vec();
        packet.extend(order.chance.bytes(11 + 22 * count + 16));
        talk.say(order.sender(turn), packet, 0);
    }
    talk
}

/// STUN: questions for one's address, with a code and a checksum.
pub(super) fn stun(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let user = format!("{}:{}", order.chance.hex(4), order.chance.hex(8));
    for _ in 0..order.messages {
        let id = order.chance.bytes(12);
        let attribute = |kind: u16, value: &[u8]| {
            let mut bytes = [&kind.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat();
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        };
        let mut request = [
            attribute(6, user.as_bytes()),
            attribute(0x24, &[0x6e, 0, 1, 0xff]),
            attribute(0x802a, &order.chance.bytes(8)),
        ]
        .concat();
        request.extend(attribute(8, &order.chance.bytes(20)));
        talk.out(message(1, &id, request));
        let mut reply = attribute(0x20, &[&[0, 1][..], &order.chance.bytes(6)].concat());
        reply.extend(attribute(8, &order.chance.bytes(20)));
        talk.back(message(0x101, &id, reply));
    }
    talk
}

fn message(kind: u16, id: &[u8], attributes: Vec<u8>) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend((attributes.len() as u16 + 8).to_be_bytes());
    bytes.extend(0x2112_a442u32.to_be_bytes());
    bytes.extend(id);
    bytes.extend(attributes);
    let sum = crc32(&bytes) ^ 0x5354_554e;
    bytes.extend([0x80, 0x28, 0, 4]);
    bytes.extend(sum.to_be_bytes());
    bytes
}

/// The table of BitTorrent's peers: dictionaries with identifiers and addresses.
pub(super) fn dht(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let ids = [order.chance.bytes(20), order.chance.bytes(20)];
    for _ in 0..order.messages {
        let (transaction, target) = (order.chance.bytes(2), order.chance.bytes(20));
        talk.out(
            [
                b"d1:ad2:id20:",
                &ids[0][..],
                b"6:target20:",
                &target,
                b"e1:q9:find_node1:t2:",
                &transaction,
                b"1:y1:qe",
            ]
            .concat(),
        );
        let nodes = order.chance.bytes(26 * 8);
        talk.back(
            [b"d1:rd2:id20:", &ids[1][..], b"5:nodes208:", &nodes, b"e1:t2:", &transaction, b"1:y1:re"]
                .concat(),
        );
    }
    talk
}

fn piece(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let clear = prose::log(chance, bytes * 3);
    let mut packed = crate::junk::encode::zlib(clear.as_bytes());
    packed.truncate(bytes);
    packed
}

/// Pieces of a file between peers.
pub(super) fn bittorrent(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let hash = order.chance.bytes(20);
    for side in [Side::Out, Side::In] {
        let hello = [
            &b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05"[..],
            &hash,
            b"-qB4650-",
            &order.chance.bytes(12),
        ]
        .concat();
        talk.say(side, hello, 0);
    }
    for turn in 0..order.messages {
        let size = order.size().min(16_384);
        let content = piece(&mut order.chance, size);
        let place = [(turn as u32).to_be_bytes(), 0u32.to_be_bytes()].concat();
        let side = order.sender(turn);
        let other = if side == Side::Out { Side::In } else { Side::Out };
        talk.say(other, [&[0, 0, 0, 13, 6][..], &place, &(content.len() as u32).to_be_bytes()].concat(), 0);
        talk.say(side, [&(content.len() as u32 + 9).to_be_bytes()[..], &[7], &place, &content].concat(), 0);
    }
    talk
}
