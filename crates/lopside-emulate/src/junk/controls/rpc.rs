//! Calls in binary encodings, and their framings.

use crate::junk::formats::{self, Shape};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// Protobuf in bodies.
pub(super) fn protobuf(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let shape = Shape::draw(&mut order.chance);
    let kind =
        order.chance.pick(&["application/x-protobuf", "application/octet-stream", "application/protobuf"]);
    for turn in 0..order.messages {
        let size = order.size();
        let body = formats::protobuf(&mut order.chance, &shape, size);
        web.exchange(order, &mut talk, turn, &Body::new(kind, body));
    }
    talk
}

/// Protobuf with gRPC's five bytes before, as browsers send it, and trailers behind.
pub(super) fn grpc_web(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let shape = Shape::draw(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let mut body = grpc_frame(0, &formats::protobuf(&mut order.chance, &shape, size));
        if order.sender(turn) == Side::In {
            body.extend(grpc_frame(0x80, b"grpc-status:0\r\ngrpc-message:\r\n"));
        }
        web.exchange(order, &mut talk, turn, &Body::new("application/grpc-web+proto", body));
    }
    talk
}

fn grpc_frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![flag];
    frame.extend((message.len() as u32).to_be_bytes());
    frame.extend(message);
    frame
}

/// MessagePack in bodies.
pub(super) fn msgpack(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let shape = Shape::draw(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let body = formats::msgpack(&mut order.chance, &shape, size);
        web.exchange(order, &mut talk, turn, &Body::new("application/msgpack", body));
    }
    talk
}

/// A frame of HTTP/2.
fn h2(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Headers as literals that no table keeps.
fn headers(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in pairs {
        block.extend([0, name.len() as u8]);
        block.extend(name.as_bytes());
        block.push(value.len().min(126) as u8);
        block.extend(value.as_bytes().iter().take(126));
    }
    block
}

/// gRPC over HTTP/2 without TLS.
pub(super) fn grpc(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let shape = Shape::draw(&mut order.chance);
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    hello.extend(h2(4, 0, 0, &[0, 4, 0, 0x3f, 0xff, 0xff]));
    talk.out(hello);
    talk.back([h2(4, 0, 0, &[0, 3, 0, 0, 0, 100]), h2(4, 1, 0, &[])].concat());
    talk.out(h2(4, 1, 0, &[]));
    let service = format!(
        "/{}.v1.{}/{}",
        prose::word(&mut order.chance),
        prose::word(&mut order.chance),
        prose::word(&mut order.chance)
    );
    let host = order.host.clone();
    for turn in 0..order.messages {
        let stream = 2 * turn as u32 + 1;
        let size = order.size().min(16_000);
        let large = grpc_frame(0, &formats::protobuf(&mut order.chance, &shape, size));
        let small = grpc_frame(0, &formats::protobuf(&mut order.chance, &shape, 10));
        let (request, response) =
            if order.sender(turn) == Side::Out { (&large, &small) } else { (&small, &large) };
        let head = headers(&[
            (":method", "POST"),
            (":scheme", "http"),
            (":path", &service),
            (":authority", &host),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]);
        talk.out([h2(1, 4, stream, &head), data(stream, request, true)].concat());
        let head = headers(&[(":status", "200"), ("content-type", "application/grpc")]);
        talk.back(
            [
                h2(1, 4, stream, &head),
                data(stream, response, false),
                h2(1, 5, stream, &headers(&[("grpc-status", "0")])),
            ]
            .concat(),
        );
    }
    talk
}

fn data(stream: u32, message: &[u8], last: bool) -> Vec<u8> {
    let count = message.len().div_ceil(16_000);
    message
        .chunks(16_000)
        .enumerate()
        .flat_map(|(number, part)| h2(0, u8::from(last && number + 1 == count), stream, part))
        .collect()
}

/// Calls in MessagePack on a stream.
pub(super) fn msgpack_rpc(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let shape = Shape::draw(&mut order.chance);
    let method = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let id = [&[0xce][..], &(turn as u32).to_be_bytes()].concat();
        let large = formats::msgpack(&mut order.chance, &shape, size);
        let (arguments, result) =
            if order.sender(turn) == Side::Out { (large, vec![0xc3]) } else { (vec![0xc0], large) };
        talk.out(
            [&[0x94, 0][..], &id, &[0xa0 | method.len() as u8], method.as_bytes(), &[0x91], &arguments]
                .concat(),
        );
        talk.back([&[0x94, 1][..], &id, &[0xc0], &result].concat());
    }
    talk
}

/// Calls of Thrift, framed.
pub(super) fn thrift(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let shape = Shape::draw(&mut order.chance);
    let method = prose::word(&mut order.chance);
    let message = |kind: u8, number: u32, body: Vec<u8>| {
        let mut bytes = vec![0x80, 1, 0, kind];
        bytes.extend((method.len() as u32).to_be_bytes());
        bytes.extend(method.as_bytes());
        bytes.extend(number.to_be_bytes());
        bytes.extend(body);
        [&(bytes.len() as u32).to_be_bytes()[..], &bytes].concat()
    };
    for turn in 0..order.messages {
        let size = order.size();
        let large = formats::thrift(&mut order.chance, &shape, size);
        let (call, reply) = if order.sender(turn) == Side::Out { (large, vec![0]) } else { (vec![0], large) };
        talk.out(message(1, turn as u32, call));
        talk.back(message(2, turn as u32, reply));
    }
    talk
}

/// Messages in JSON behind their length and a code that authenticates them.
pub(super) fn authenticated(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let fields = prose::fields(&mut order.chance);
    let code = order.chance.one(&[16, 20, 32, 64]);
    let front = order.chance.happens(0.6);
    talk.mark(if front { "front" } else { "behind" });
    for turn in 0..order.messages {
        let size = order.size();
        let text = prose::json(&mut order.chance, &fields, size).into_bytes();
        let code = order.chance.bytes(code);
        let length = ((text.len() + code.len()) as u32).to_be_bytes();
        let bytes =
            if front { [&length[..], &code, &text].concat() } else { [&length[..], &text, &code].concat() };
        talk.say(order.sender(turn), bytes, 0);
        if order.chance.happens(0.5) {
            let other = if order.sender(turn) == Side::Out { Side::In } else { Side::Out };
            let text = format!("{{\"ok\":{turn}}}").into_bytes();
            let code = order.chance.bytes(code.len());
            let length = ((text.len() + code.len()) as u32).to_be_bytes();
            let bytes = if front {
                [&length[..], &code, &text].concat()
            } else {
                [&length[..], &text, &code].concat()
            };
            talk.say(other, bytes, 0);
        }
    }
    talk
}
