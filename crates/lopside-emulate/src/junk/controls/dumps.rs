//! Memory, disks and records of fixed size, with zeros where nothing is.

use crate::chance::Chance;
use crate::junk::carry::Carry;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// A page of memory: zeros, pointers, text, code or something packed.
fn page(chance: &mut Chance, size: usize) -> Vec<u8> {
    let mut page = match chance.below(6) {
        0 | 1 => vec![0; size],
        2 => prose::log(chance, size).into_bytes(),
        3 => {
            let base = 0x7ff6_0000_0000_u64 + chance.below(1 << 20) as u64 * 4_096;
            (0..size / 8).flat_map(|_| (base + chance.below(1 << 16) as u64 * 8).to_le_bytes()).collect()
        }
        4 => (0..size)
            .map(|_| chance.one(&[0x48, 0x8b, 0x89, 0xe8, 0x0f, 0xc3, 0x90, 0x55, 0x00, 0xff, 0x24]))
            .collect(),
        _ => chance.bytes(size),
    };
    page.resize(size, 0);
    page
}

/// Small dumps of crashed programs: a header, a directory of streams, pages of memory.
pub(super) fn crash(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size().max(512);
        let mut dump = b"MDMP\x93\xa7\0\0".to_vec();
        dump.extend(3u32.to_le_bytes());
        dump.extend(32u32.to_le_bytes());
        dump.extend([0; 16]);
        for stream in [3u32, 4, 9] {
            dump.extend(stream.to_le_bytes());
            dump.extend(((size / 3) as u32).to_le_bytes());
            dump.extend(((68 + size / 3) as u32).to_le_bytes());
        }
        while dump.len() < size {
            let part = 256 * (1 + order.chance.below(4));
            dump.extend(page(&mut order.chance, part));
        }
        web.exchange(order, &mut talk, turn, &Body::new("application/octet-stream", dump));
    }
    talk
}

/// Records of a fixed size: a number, a time, a text, and zeros.
pub(super) fn records(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let size = order.chance.one(&[128, 256, 512]);
    let mut carry = Carry::new(order, carrier, false);
    let mut number = order.chance.below(90_000) as u32;
    for turn in 0..order.messages {
        let mut bytes = Vec::new();
        for _ in 0..(order.size() / size).clamp(1, if carrier == Carrier::Udp { 1_200 / size } else { 90 }) {
            number += 1;
            let mut record = number.to_le_bytes().to_vec();
            record.extend((1_772_517_600 + u64::from(number)).to_le_bytes());
            let length = (order.chance.spread(30.0, 0.6) as usize).min(size - 20);
            record.extend(prose::words(&mut order.chance, length).into_bytes().into_iter().take(size - 14));
            record.resize(size, 0);
            bytes.extend(record);
        }
        carry.put(order, &mut talk, turn, "application/octet-stream", bytes, 0);
    }
    talk
}

/// Records of sensors: numbers and readings in binary.
pub(super) fn sensors(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    let (station, mut time, mut reading) = (order.chance.below(900) as u16, 1_772_517_600_u32, 20.0f32);
    let magic = order.chance.bytes(2);
    for turn in 0..order.messages {
        let mut bytes = magic.clone();
        let count = (order.size() / 18).clamp(1, 200);
        bytes.extend((count as u16).to_be_bytes());
        for _ in 0..count {
            time += 1;
            reading += order.chance.normal() as f32 * 0.2;
            bytes.extend(station.to_be_bytes());
            bytes.extend(time.to_be_bytes());
            bytes.extend(reading.to_be_bytes());
            bytes.extend((1_013.0 + order.chance.normal() as f32).to_be_bytes());
            bytes.extend((order.chance.below(4_096) as u16).to_be_bytes());
            bytes.extend([0, 0]);
        }
        carry.put(order, &mut talk, turn, "application/octet-stream", bytes, 0);
    }
    talk
}

/// Blocks of a disk with their numbers, many of them empty.
pub(super) fn blocks(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let size = order.chance.one(&[512, 1_024, 4_096]);
    let mut number = order.chance.below(1 << 20) as u64;
    for turn in 0..order.messages {
        number += 1;
        let mut bytes = 0x2560_9513_u32.to_be_bytes().to_vec();
        bytes.extend([0, 0, 0, 1]);
        bytes.extend((turn as u64).to_be_bytes());
        bytes.extend((number * size as u64).to_be_bytes());
        bytes.extend((size as u32).to_be_bytes());
        bytes.extend(page(&mut order.chance, size));
        talk.say(order.sender(turn), bytes, 0);
    }
    talk
}
