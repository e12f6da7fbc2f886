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
