//! Sound and pictures that move, as files, as segments, and in packets.

use crate::chance::Chance;
use crate::junk::formats;
use crate::junk::order::{Bulk, Carrier, Order, Side, Talk};
use crate::junk::web::{Body, Web};

/// WAV files.
pub(super) fn wav(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let file = formats::wav(&mut order.chance, size);
        web.exchange(order, &mut talk, turn, &Body::new("audio/wav", file));
    }
    talk
}

/// Pieces of MP3, each of whole frames.
pub(super) fn mp3(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let count = (order.size() / 417).max(1);
        let frames: Vec<u8> = (0..count).flat_map(|_| formats::mp3_frame(&mut order.chance)).collect();
        web.exchange(order, &mut talk, turn, &Body::new("audio/mpeg", frames));
    }
    talk
}

/// Recordings in Ogg.
pub(super) fn ogg(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let serial = order.chance.word() as u32;
        let mut file = formats::ogg_page(serial, 0, 0, 2, b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0");
        file.extend(formats::ogg_page(serial, 1, 0, 0, b"OpusTags\x04\0\0\0lavf\0\0\0\0"));
        let size = order.size();
        let mut number = 2;
        while file.len() < size {
            let length = 60 + order.chance.below(300);
            let packet = [&[0x78][..], &order.chance.bytes(length)].concat();
            file.extend(formats::ogg_page(serial, number, u64::from(number - 1) * 960, 0, &packet));
            number += 1;
        }
        web.exchange(order, &mut talk, turn, &Body::new("audio/ogg", file));
    }
    talk
}

/// Segments of a film that are encrypted as a whole, in blocks, under the type of what they hold.
pub(super) fn segments(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let kind = order.chance.pick(&["video/MP2T", "application/octet-stream", "video/mp4"]);
    for turn in 0..order.messages {
        let size = order.size().next_multiple_of(16);
        let bytes = order.chance.bytes(size);
        talk.out(web.request("GET", &format!("{path}/seg-{turn}.ts"), &[], None));
        talk.back(web.response("200 OK", &[], Some((kind, &bytes))));
    }
    order.bulk = Bulk::In;
    talk
}

/// A header of RTP.
fn header(kind: u8, number: u16, time: u32, source: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, kind];
    bytes.extend(number.to_be_bytes());
    bytes.extend(time.to_be_bytes());
    bytes.extend(source.to_be_bytes());
    bytes
}

fn packets(order: &mut Order, kind: u8, step: u32, mut body: impl FnMut(&mut Order) -> Vec<u8>) -> Talk {
    let mut talk = Talk::default();
    let sources = [order.chance.word() as u32, order.chance.word() as u32];
    let mut numbers = [order.chance.word() as u16, order.chance.word() as u16];
    let mut times = [order.chance.word() as u32, order.chance.word() as u32];
    for turn in 0..order.messages {
        let side = order.sender(turn);
        let from = usize::from(side == Side::In);
        numbers[from] = numbers[from].wrapping_add(1);
        times[from] = times[from].wrapping_add(step);
        let mut packet = header(kind, numbers[from], times[from], sources[from]);
        packet.extend(body(order));
        talk.say(side, packet, 0);
    }
    talk
}

/// RTP with a voice, µ-law of 20 ms.
pub(super) fn rtp(order: &mut Order, _: Carrier) -> Talk {
    packets(order, 0, 160, |order| {
        formats::samples(&mut order.chance, 160).into_iter().map(formats::mulaw).collect()
    })
}

/// SRTP: a voice, a voice of constant rate, or pictures, encrypted, with a code behind.
pub(super) fn srtp(order: &mut Order, _: Carrier) -> Talk {
    let style = order.chance.below(3);
    let length = |chance: &mut Chance, order_size: usize| match style {
        0 => 160,
        1 => (chance.spread(70.0, 0.35) as usize).clamp(8, 400),
        _ => order_size.min(1_180),
    };
    packets(order, 111, 960, |order| {
        let size = order.size();
        let size = length(&mut order.chance, size) + 10;
        order.chance.bytes(size)
    })
}
