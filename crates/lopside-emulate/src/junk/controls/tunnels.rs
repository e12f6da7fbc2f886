//! Encryption below the application: tunnels and sealed frames.

use crate::junk::order::{Carrier, Order, Side, Talk};

/// Messages of an application, each sealed and with its length before.
pub(super) fn sealed_frames(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let block = order.chance.happens(0.4);
    for turn in 0..order.messages {
        let size = order.size();
        let size = if block { size.next_multiple_of(16) } else { size + 16 };
        let mut bytes = (size as u32).to_be_bytes().to_vec();
        bytes.extend(order.chance.bytes(size));
        talk.say(order.sender(turn), bytes, 0);
    }
    talk
}

/// WireGuard: a handshake, then data whose content is padded to 16 bytes.
pub(super) fn wireguard(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let indices = [order.chance.bytes(4), order.chance.bytes(4)];
    let mut first = vec![1, 0, 0, 0];
    first.extend(&indices[0]);
    first.extend(order.chance.bytes(124));
    first.resize(148, 0);
    talk.out(first);
    let mut second = vec![2, 0, 0, 0];
    second.extend(&indices[1]);
    second.extend(&indices[0]);
    second.extend(order.chance.bytes(64));
    second.resize(92, 0);
    talk.back(second);
    let mut counters = [0u64, 0];
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let from = usize::from(side == Side::In);
        let size = order.size().next_multiple_of(16);
        let mut bytes = vec![4, 0, 0, 0];
        bytes.extend(&indices[1 - from]);
        bytes.extend(counters[from].to_le_bytes());
        bytes.extend(order.chance.bytes(size + 16));
        counters[from] += 1;
        talk.say(side, bytes, 0);
    }
    talk
}

/// A stream or datagrams of ciphertext without any frame: opaque, and nothing more can be said.
pub(super) fn bare(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let block = order.chance.happens(0.5);
    for turn in 0..order.messages {
        let size = order.size();
        let size = if block { size.next_multiple_of(16) } else { size + 16 };
        let bytes = order.chance.bytes(size);
        talk.say(order.sender(turn), bytes, 0);
        if order.chance.happens(0.3) {
            let other = if order.sender(turn) == Side::Out { Side::In } else { Side::Out };
            let bytes = order.chance.bytes(48);
            talk.say(other, bytes, 0);
        }
    }
    talk
}

/// OpenVPN over UDP, or over TCP with a length before each packet.
pub(super) fn openvpn(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let sessions = [order.chance.bytes(8), order.chance.bytes(8)];
    let say = |talk: &mut Talk, side: Side, packet: Vec<u8>| {
        let bytes = if carrier == Carrier::Tcp {
            [&(packet.len() as u16).to_be_bytes()[..], &packet].concat()
        } else {
            packet
        };
        talk.say(side, bytes, 0);
    };
    say(&mut talk, Side::Out, [&[7 << 3][..], &sessions[0], &[0, 0, 0, 0, 0]].concat());
    say(
        &mut talk,
        Side::In,
        [&[8 << 3][..], &sessions[1], &[1, 0, 0, 0, 0], &sessions[0], &[0, 0, 0, 0]].concat(),
    );
    for number in 1..5u32 {
        let size = 120 + order.chance.below(900);
        let sealed = order.chance.bytes(size);
        let side = if number % 2 == 1 { Side::Out } else { Side::In };
        let session = &sessions[usize::from(side == Side::In)];
        say(
            &mut talk,
            side,
            [
                &[4 << 3][..],
                session,
                &[0],
                &number.to_be_bytes(),
                &[22, 3, 3],
                &(size as u16).to_be_bytes(),
                &sealed,
            ]
            .concat(),
        );
    }
    let mut numbers = [0u32, 0];
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let number = &mut numbers[usize::from(side == Side::In)];
        *number += 1;
        let number = number.to_be_bytes();
        let size = order.size().min(1_400) + 16;
        let sealed = order.chance.bytes(size);
        say(&mut talk, side, [&[9 << 3, 0, 0, 1][..], &number, &sealed].concat());
    }
    talk
}

/// IPsec in UDP: a number of the association, a running number, whole blocks.
pub(super) fn esp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let associations = [order.chance.bytes(4), order.chance.bytes(4)];
    let mut numbers = [0u32, 0];
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let from = usize::from(side == Side::In);
        numbers[from] += 1;
        let size = order.size().next_multiple_of(16) + 28;
        let sealed = order.chance.bytes(size);
        talk.say(side, [&associations[from][..], &numbers[from].to_be_bytes(), &sealed].concat(), 0);
        if turn % 20 == 19 {
            talk.out(vec![0xff]);
        }
    }
    talk
}

/// QUIC: Initial packets of 1,200 bytes, then short headers.
pub(super) fn quic(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let ids = [order.chance.bytes(8), order.chance.bytes(8)];
    for (side, to, from) in [(Side::Out, 1, 0), (Side::In, 0, 1)] {
        let mut packet = vec![0xc3 & 0xf0 | order.chance.below(16) as u8, 0, 0, 0, 1, 8];
        packet.extend(&ids[to]);
        packet.push(8);
        packet.extend(&ids[from]);
        packet.push(0);
        let length = 1_200 - packet.len() - 2;
        packet.extend((length as u16 | 0x4000).to_be_bytes());
        packet.extend(order.chance.bytes(length));
        talk.say(side, packet, 0);
    }
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let mut packet = vec![0x40 | order.chance.below(64) as u8];
        packet.extend(&ids[usize::from(side == Side::Out)]);
        let size = order.size().min(1_250) + 16;
        packet.extend(order.chance.bytes(size));
        talk.say(side, packet, 0);
    }
    talk
}

/// DTLS 1.2: records of sealed data after a handshake.
pub(super) fn dtls(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let record = |kind: u8, epoch: u16, number: u64, body: &[u8]| {
        let mut bytes = vec![kind, 0xfe, 0xfd];
        bytes.extend(epoch.to_be_bytes());
        bytes.extend(&number.to_be_bytes()[2..]);
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
        bytes
    };
    let mut hello = vec![0xfe, 0xfd];
    hello.extend(order.chance.bytes(32));
    hello.extend([0, 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0]);
    let length = &(hello.len() as u32).to_be_bytes()[1..];
    let handshake = [&[1][..], length, &[0, 0, 0, 0, 0], length, &hello].concat();
    talk.out(record(22, 0, 0, &handshake));
    let mut reply = vec![0xfe, 0xfd, 20];
    reply.extend(order.chance.bytes(20));
    let length = &(reply.len() as u32).to_be_bytes()[1..];
    talk.back(record(22, 0, 0, &[&[3][..], length, &[0, 0, 0, 0, 0], length, &reply].concat()));
    let mut numbers = [0u64, 0];
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let from = usize::from(side == Side::In);
        numbers[from] += 1;
        let size = order.size().min(1_250);
        let sealed =
            [&[0, 1][..], &numbers[from].to_be_bytes()[2..], &order.chance.bytes(size + 16)].concat();
        talk.say(side, record(23, 1, numbers[from], &sealed), 0);
    }
    talk
}
