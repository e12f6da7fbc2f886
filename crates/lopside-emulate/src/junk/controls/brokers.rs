//! Message brokers.

use crate::chance::Chance;
use crate::junk::encode::gzip;
use crate::junk::formats::{self, Shape};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;

/// What producers publish.
#[derive(Debug, Clone)]
struct Payload {
    kind: usize,
    shape: Shape,
    fields: Vec<&'static str>,
}

impl Payload {
    fn draw(chance: &mut Chance) -> Self {
        Self { kind: chance.below(4), shape: Shape::draw(chance), fields: prose::fields(chance) }
    }

    fn make(&self, chance: &mut Chance, bytes: usize) -> Vec<u8> {
        match self.kind {
            0 => prose::json(chance, &self.fields, bytes).into_bytes(),
            1 => formats::protobuf(chance, &self.shape, bytes),
            2 => formats::msgpack(chance, &self.shape, bytes),
            _ => chance.bytes(bytes.next_multiple_of(16) + 12),
        }
    }
}

fn remaining(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = length > 127;
        bytes.push((length & 127) as u8 | if more { 0x80 } else { 0 });
        length >>= 7;
        if !more {
            return bytes;
        }
    }
}

/// MQTT 3.1.1, each message acknowledged.
pub(super) fn mqtt(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let payload = Payload::draw(&mut order.chance);
    let client = format!("dev-{}", order.chance.hex(8));
    let connect = [&b"\0\x04MQTT\x04\x02\0\x3c\0"[..], &[client.len() as u8], client.as_bytes()].concat();
    talk.out([&[0x10][..], &remaining(connect.len()), &connect].concat());
    talk.back(vec![0x20, 2, 0, 0]);
    let topic = format!("site/{}/{}", prose::word(&mut order.chance), prose::word(&mut order.chance));
    for turn in 0..order.messages {
        let size = order.size();
        let content = payload.make(&mut order.chance, size);
        let id = (turn as u16 + 1).to_be_bytes();
        let body = [&(topic.len() as u16).to_be_bytes()[..], topic.as_bytes(), &id, &content].concat();
        let side = order.sender(turn);
        talk.say(side, [&[0x32][..], &remaining(body.len()), &body].concat(), 0);
        let other = if side == Side::Out { Side::In } else { Side::Out };
        talk.say(other, [&[0x40, 2][..], &id].concat(), 0);
    }
    talk.out(vec![0xe0, 0]);
    talk
}

fn amqp_frame(kind: u8, channel: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(channel.to_be_bytes());
    frame.extend((body.len() as u32).to_be_bytes());
    frame.extend(body);
    frame.push(0xce);
    frame
}

/// AMQP 0-9-1: messages published.
pub(super) fn amqp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let payload = Payload::draw(&mut order.chance);
    talk.out(b"AMQP\0\0\x09\x01".to_vec());
    talk.back(amqp_frame(1, 0, b"\0\x0a\0\x0a\0\x09\0\0\0\0\0\0\0\x05PLAIN\0\0\0\x05en_US"));
    talk.out(amqp_frame(1, 0, b"\0\x0a\0\x0b\0\0\0\0\x05PLAIN\0\0\0\x0b\0guest\0pass\x05en_US"));
    talk.back(amqp_frame(1, 0, b"\0\x0a\0\x1e\x07\xff\0\x02\0\0\0\x3c"));
    talk.out(
        [
            amqp_frame(1, 0, b"\0\x0a\0\x1f\x07\xff\0\x02\0\0\0\x3c"),
            amqp_frame(1, 0, b"\0\x0a\0\x28\x01/\0\0"),
        ]
        .concat(),
    );
    talk.back(amqp_frame(1, 0, b"\0\x0a\0\x29\0"));
    talk.out(amqp_frame(1, 1, b"\0\x14\0\x0a\0"));
    talk.back(amqp_frame(1, 1, b"\0\x14\0\x0b\0\0\0\0"));
    let key = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let content = payload.make(&mut order.chance, size);
        let side = order.sender(turn);
        let method = if side == Side::Out {
            [&b"\0\x3c\0\x28\0\0\x06events"[..], &[key.len() as u8], key.as_bytes(), &[0]].concat()
        } else {
            [
                &b"\0\x3c\0\x3c\x04tag1"[..],
                &(turn as u64 + 1).to_be_bytes(),
                &[0],
                b"\x06events",
                &[key.len() as u8],
                key.as_bytes(),
            ]
            .concat()
        };
        let header = [&b"\0\x3c\0\0"[..], &(content.len() as u64).to_be_bytes(), &[0x10, 0, 2]].concat();
        talk.say(
            side,
            [amqp_frame(1, 1, &method), amqp_frame(2, 1, &header), amqp_frame(3, 1, &content)].concat(),
            0,
        );
    }
    talk
}

fn zigzag(value: i64) -> Vec<u8> {
    crate::junk::encode::varint((value << 1 ^ value >> 63) as u64)
}

fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

/// A batch of records, gzipped or not.
fn batch(chance: &mut Chance, payload: &Payload, bytes: usize, packed: bool) -> Vec<u8> {
    let count = 1 + chance.below(6);
    let mut records = Vec::new();
    for number in 0..count {
        let value = payload.make(chance, (bytes / count).max(8));
        let key = prose::word(chance);
        let mut record = vec![0];
        record.extend(zigzag(number as i64));
        record.extend(zigzag(number as i64));
        record.extend(zigzag(key.len() as i64));
        record.extend(key.as_bytes());
        record.extend(zigzag(value.len() as i64));
        record.extend(value);
        record.extend(zigzag(0));
        records.extend(zigzag(record.len() as i64));
        records.extend(record);
    }
    if packed {
        records = gzip(&records);
    }
    let mut rest = u16::from(packed).to_be_bytes().to_vec();
    rest.extend((count as u32 - 1).to_be_bytes());
    for _ in 0..2 {
        rest.extend(1_772_517_600_000_u64.to_be_bytes());
    }
    rest.extend([0xff; 14]);
    rest.extend((count as u32).to_be_bytes());
    rest.extend(records);
    let mut out = vec![0; 8];
    out.extend((rest.len() as u32 + 9).to_be_bytes());
    out.extend([0, 0, 0, 0, 2]);
    out.extend(crc32c(&rest).to_be_bytes());
    out.extend(rest);
    out
}

/// Kafka: batches produced.
pub(super) fn kafka(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let payload = Payload::draw(&mut order.chance);
    let packed = order.chance.happens(0.4);
    let topic = prose::word(&mut order.chance);
    let name = [&(topic.len() as u16).to_be_bytes()[..], topic.as_bytes()].concat();
    let counted = |bytes: Vec<u8>| [&(bytes.len() as u32).to_be_bytes()[..], &bytes].concat();
    for turn in 0..order.messages {
        let size = order.size();
        let batch = batch(&mut order.chance, &payload, size, packed);
        let id = (turn as u32).to_be_bytes();
        let mut request = vec![0, 0, 0, 3];
        request.extend(id);
        request.extend(b"\0\x08producer\xff\xff\xff\xff\0\0\x75\x30\0\0\0\x01");
        request.extend(&name);
        request.extend([0, 0, 0, 1, 0, 0, 0, 0]);
        request.extend((batch.len() as u32).to_be_bytes());
        request.extend(batch);
        talk.out(counted(request));
        let mut response = id.to_vec();
        response.extend([0, 0, 0, 1]);
        response.extend(&name);
        response.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        response.extend((turn as u64 * 7).to_be_bytes());
        response.extend([0xff; 8]);
        response.extend([0; 4]);
        talk.back(counted(response));
    }
    talk
}

/// STOMP: text frames with bodies of any kind, each with a zero behind.
pub(super) fn stomp(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let payload = Payload::draw(&mut order.chance);
    talk.out(b"CONNECT\naccept-version:1.2\nhost:/\n\n\0".to_vec());
    talk.back(b"CONNECTED\nversion:1.2\n\n\0\n".to_vec());
    let queue = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let content = payload.make(&mut order.chance, size);
        let side = order.sender(turn);
        let head = match side {
            Side::Out => format!("SEND\ndestination:/queue/{queue}\ncontent-length:{}\n\n", content.len()),
            Side::In => format!(
                "MESSAGE\nsubscription:0\nmessage-id:{turn}\ndestination:/queue/{queue}\ncontent-length:{}\n\n",
                content.len()
            ),
        };
        talk.say(side, [head.as_bytes(), &content, b"\0\n"].concat(), 0);
    }
    talk
}
