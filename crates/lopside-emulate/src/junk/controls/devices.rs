//! What devices and agents tell: logs, counters, readings, times, firmware.

use crate::junk::encode::{gzip, hex};
use crate::junk::formats;
use crate::junk::order::{Carrier, Order, Talk};
use crate::junk::prose;

/// Syslog: datagrams, or frames with their length in digits.
pub(super) fn syslog(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let (host, program) = (prose::word(&mut order.chance), prose::word(&mut order.chance));
    for _ in 0..order.messages {
        let size = order.size().min(1_200);
        let chance = &mut order.chance;
        let text = format!(
            "<{}>1 {} {host} {program} {} - - id={} {}",
            8 * (1 + chance.below(20)) + 6,
            prose::moment(chance),
            chance.below(9_000),
            hex(&chance.bytes(8)),
            prose::words(chance, size)
        );
        talk.out(if carrier == Carrier::Tcp {
            format!("{} {text}", text.len()).into_bytes()
        } else {
            text.into_bytes()
        });
    }
    talk
}

/// Counters as text.
pub(super) fn statsd(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let service = prose::word(&mut order.chance);
    for _ in 0..order.messages {
        let size = order.size().min(1_200);
        let mut text = String::new();
        while text.len() < size {
            let chance = &mut order.chance;
            text.push_str(&format!(
                "{service}.{}.{}:{}|{}\n",
                prose::word(chance),
                prose::word(chance),
                chance.below(9_000),
                chance.pick(&["c", "g", "ms"])
            ));
        }
        talk.out(text.into_bytes());
    }
    talk
}

/// CoAP: readings put and acknowledged, with tokens.
pub(super) fn coap(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let path = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let id = (turn as u16 + 700).to_be_bytes();
        let token = order.chance.bytes(8);
        let size = order.size().min(900);
        let text = format!(
            "{{\"t\":{:.2},\"n\":{turn},\"note\":\"{}\"}}",
            order.chance.real(15.0, 30.0),
            prose::words(&mut order.chance, size.saturating_sub(30))
        );
        let path = &path.as_bytes()[..path.len().min(12)];
        talk.out(
            [
                &[0x48, 3][..],
                &id,
                &token,
                &[0xb0 | path.len() as u8],
                path,
                &[0x11, 50, 0xff],
                text.as_bytes(),
            ]
            .concat(),
        );
        talk.back([&[0x68, 0x44][..], &id, &token].concat());
    }
    talk
}

/// NetFlow version 5.
pub(super) fn netflow(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut total = 0u32;
    for turn in 0..order.messages {
        let count = (order.size() / 48).clamp(1, 27);
        let mut packet = vec![0, 5];
        packet.extend((count as u16).to_be_bytes());
        packet.extend((900_000 + turn as u32 * 1_000).to_be_bytes());
        packet.extend((1_772_517_600 + turn as u32).to_be_bytes());
        packet.extend([0; 4]);
        packet.extend(total.to_be_bytes());
        packet.extend([0; 4]);
        for _ in 0..count {
            let chance = &mut order.chance;
            packet.extend([
                10,
                20,
                chance.below(12) as u8,
                chance.below(250) as u8,
                203,
                0,
                113,
                chance.below(250) as u8,
                0,
                0,
                0,
                0,
                0,
                1,
                0,
                2,
            ]);
            packet.extend((1 + chance.below(900) as u32).to_be_bytes());
            packet.extend((chance.spread(9_000.0, 2.0) as u32).to_be_bytes());
            packet.extend((800_000 + chance.below(90_000) as u32).to_be_bytes());
            packet.extend((890_000 + chance.below(9_000) as u32).to_be_bytes());
            packet.extend((49_152 + chance.below(16_000) as u16).to_be_bytes());
            packet.extend(chance.one(&[443u16, 80, 53, 445]).to_be_bytes());
            packet.extend([0, 0x1b, 6, 0, 0, 0, 0, 0, 24, 24, 0, 0]);
        }
        total += count as u32;
        talk.out(packet);
    }
    talk
}

/// Logs of Graylog, each gzipped.
pub(super) fn gelf(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let host = prose::word(&mut order.chance);
    for _ in 0..order.messages {
        let size = order.size() * 2;
        let text = format!(
            "{{\"version\":\"1.1\",\"host\":\"{host}\",\"short_message\":\"{}\",\"_request\":\"{}\"}}",
            prose::words(&mut order.chance, size),
            prose::uuid(&mut order.chance)
        );
        let packed = gzip(text.as_bytes());
        talk.out(packed);
    }
    talk
}

/// NTP: times of which the small part is noise.
pub(super) fn ntp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    for turn in 0..order.messages {
        let stamp = |order: &mut Order| {
            [&(3_981_506_400u32 + turn as u32 * 64).to_be_bytes()[..], &order.chance.bytes(4)].concat()
        };
        let mut query = vec![0x23, 0, 6, 0xe9];
        query.extend([0; 36]);
        let sent = stamp(order);
        query.extend(&sent);
        talk.out(query);
        let mut reply = vec![0x24, 2, 6, 0xe9, 0, 0, 0x0f, 0x20, 0, 0, 0x0a, 0x11, 192, 0, 2, 9];
        reply.extend(stamp(order));
        reply.extend(sent);
        reply.extend(stamp(order));
        reply.extend(stamp(order));
        talk.back(reply);
    }
    talk
}

/// TFTP: an archive in numbered blocks.
pub(super) fn tftp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let total = (order.messages * 512).clamp(600, 400_000);
    let file = formats::zip(&mut order.chance, total);
    talk.out(format!("\0\x01{}.bin\0octet\0", prose::word(&mut order.chance)).into_bytes());
    for (number, part) in file.chunks(512).enumerate() {
        let number = (number as u16 + 1).to_be_bytes();
        talk.back([&[0, 3][..], &number, part].concat());
        talk.out([&[0, 4][..], &number].concat());
    }
    talk
}
