//! Databases and caches, with binary values.

use crate::chance::Chance;
use crate::junk::formats::{self, Shape};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;

/// A value as applications store it: text, a serialised object, something packed, a digest.
fn value(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    match chance.below(5) {
        0 => prose::words(chance, bytes).into_bytes(),
        1 => {
            let shape = Shape::draw(chance);
            formats::msgpack(chance, &shape, bytes)
        }
        2 => crate::junk::encode::zlib(prose::log(chance, bytes * 3).as_bytes()),
        3 => chance.bytes(32),
        _ => chance.bytes(bytes.next_multiple_of(16)),
    }
}

/// A message of PostgreSQL.
fn pg(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// PostgreSQL: prepared statements with binary parameters, and rows with binary columns.
pub(super) fn postgresql(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let start = b"\0\x03\0\0user\0app\0database\0main\0application_name\0api\0\0";
    talk.out([&(start.len() as u32 + 4).to_be_bytes()[..], start].concat());
    talk.back(
        [
            pg(b'R', &[0; 4]),
            pg(b'S', b"server_version\x0016.4\0"),
            pg(b'K', &order.chance.bytes(8)),
            pg(b'Z', b"I"),
        ]
        .concat(),
    );
    let table = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let blob = value(&mut order.chance, size);
        if order.sender(turn) == Side::Out {
            let query = format!("s{turn}\0INSERT INTO {table} (id, data) VALUES ($1, $2)\0\0\0");
            let mut bind = format!("\0s{turn}\0").into_bytes();
            bind.extend([0, 1, 0, 1, 0, 2, 0, 0, 0, 4]);
            bind.extend((turn as u32).to_be_bytes());
            bind.extend((blob.len() as u32).to_be_bytes());
            bind.extend(&blob);
            bind.extend([0, 1, 0, 1]);
            talk.out(
                [pg(b'P', query.as_bytes()), pg(b'B', &bind), pg(b'E', &[0; 5]), pg(b'S', &[])].concat(),
            );
            talk.back([pg(b'1', &[]), pg(b'2', &[]), pg(b'C', b"INSERT 0 1\0"), pg(b'Z', b"I")].concat());
        } else {
            talk.out(pg(b'Q', format!("SELECT id, data FROM {table} WHERE id = {turn}\0").as_bytes()));
            let mut columns = vec![0, 2];
            for (name, kind, length) in [("id", 23u32, 4u16), ("data", 17, 0xffff)] {
                columns.extend(name.as_bytes());
                columns.extend([0, 0, 0, 0x40, 1, 0, 1]);
                columns.extend(kind.to_be_bytes());
                columns.extend(length.to_be_bytes());
                columns.extend([0xff, 0xff, 0xff, 0xff, 0, 1]);
            }
            let mut row = vec![0, 2, 0, 0, 0, 4];
            row.extend((turn as u32).to_be_bytes());
            row.extend((blob.len() as u32).to_be_bytes());
            row.extend(&blob);
            talk.back([pg(b'T', &columns), pg(b'D', &row), pg(b'C', b"SELECT 1\0"), pg(b'Z', b"I")].concat());
        }
    }
    talk
}

/// A packet of MySQL.
fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32).to_le_bytes()[..3].to_vec();
    bytes.push(number);
    bytes.extend(body);
    bytes
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let mut out = match bytes.len() {
        length @ 0..=250 => vec![length as u8],
        length @ 251..=65_535 => [&[0xfc][..], &(length as u16).to_le_bytes()].concat(),
        length => [&[0xfd][..], &(length as u32).to_le_bytes()[..3]].concat(),
    };
    out.extend(bytes);
    out
}

/// What server and client say before the first statement.
fn greet(order: &mut Order, talk: &mut Talk) {
    let mut hello = b"\x0a8.4.2\0".to_vec();
    hello.extend((order.chance.below(9_000) as u32).to_le_bytes());
    hello.extend(order.chance.bytes(8).iter().map(|byte| byte & 0x7f | 1));
    hello.extend([0, 0xff, 0xf7, 0xff, 2, 0, 0xff, 0xdf, 21]);
    hello.extend([0; 10]);
    hello.extend(order.chance.bytes(12).iter().map(|byte| byte & 0x7f | 1));
    hello.extend(b"\0mysql_native_password\0");
    talk.back(packet(0, &hello));
    let mut login = vec![0x85, 0xa6, 0x0f, 0, 0, 0, 0, 1, 33];
    login.extend([0; 23]);
    login.extend(b"app\0\x14");
    login.extend(order.chance.bytes(20));
    talk.out(packet(1, &login));
}

/// MySQL: statements with escaped binary values, and rows.
pub(super) fn mysql(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    greet(order, &mut talk);
    let done = [0, 1, 0, 2, 0, 0, 0];
    talk.back(packet(2, &done));
    let table = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let blob = value(&mut order.chance, size);
        if order.sender(turn) == Side::Out {
            let mut query = vec![3];
            query.extend(format!("INSERT INTO {table} VALUES ({turn}, _binary '").as_bytes());
            for byte in &blob {
                match byte {
                    0 => query.extend(b"\\0"),
                    b'\'' | b'\\' | b'"' => query.extend([b'\\', *byte]),
                    b'\n' => query.extend(b"\\n"),
                    b'\r' => query.extend(b"\\r"),
                    0x1a => query.extend(b"\\Z"),
                    _ => query.push(*byte),
                }
            }
            query.extend(b"')");
            talk.out(packet(0, &query));
            talk.back(packet(1, &done));
        } else {
            talk.out(packet(0, format!("\x03SELECT data FROM {table} WHERE id = {turn}").as_bytes()));
            let column = [
                counted(b"def"),
                counted(b"main"),
                counted(table.as_bytes()),
                counted(table.as_bytes()),
                counted(b"data"),
                counted(b"data"),
                vec![12, 63, 0, 255, 255, 0, 0, 252, 144, 0, 0, 0, 0],
            ]
            .concat();
            let end = [0xfe, 0, 0, 2, 0];
            talk.back(
                [
                    packet(1, &[1]),
                    packet(2, &column),
                    packet(3, &end),
                    packet(4, &counted(&blob)),
                    packet(5, &end),
                ]
                .concat(),
            );
        }
    }
    talk
}

/// Redis: values set and got.
pub(super) fn redis(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let bulk = |bytes: &[u8]| [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let prefix = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let blob = value(&mut order.chance, size);
        let key = format!("{prefix}:{}", prose::uuid(&mut order.chance));
        if order.sender(turn) == Side::Out {
            talk.out(
                [
                    b"*5\r\n".to_vec(),
                    bulk(b"SET"),
                    bulk(key.as_bytes()),
                    bulk(&blob),
                    bulk(b"EX"),
                    bulk(b"3600"),
                ]
                .concat(),
            );
            talk.back(b"+OK\r\n".to_vec());
        } else {
            talk.out([b"*2\r\n".to_vec(), bulk(b"GET"), bulk(key.as_bytes())].concat());
            talk.back(bulk(&blob));
        }
    }
    talk
}

/// memcached, as text with binary values.
pub(super) fn memcached(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let prefix = prose::word(&mut order.chance);
    for turn in 0..order.messages {
        let size = order.size();
        let blob = value(&mut order.chance, size);
        let key = format!("{prefix}_{}", order.chance.hex(16).to_lowercase());
        if order.sender(turn) == Side::Out {
            talk.out([format!("set {key} 1 3600 {}\r\n", blob.len()).as_bytes(), &blob, b"\r\n"].concat());
            talk.back(b"STORED\r\n".to_vec());
        } else {
            talk.out(format!("get {key}\r\n").into_bytes());
            talk.back(
                [format!("VALUE {key} 1 {}\r\n", blob.len()).as_bytes(), &blob, b"\r\nEND\r\n"].concat(),
            );
        }
    }
    talk
}

/// MongoDB: documents with object ids and binary values.
pub(super) fn mongodb(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let shape = Shape::draw(&mut order.chance);
    let message = |id: u32, answers: u32, document: &[u8]| {
        let mut bytes = (document.len() as u32 + 21).to_le_bytes().to_vec();
        bytes.extend(id.to_le_bytes());
        bytes.extend(answers.to_le_bytes());
        bytes.extend(2_013u32.to_le_bytes());
        bytes.extend([0; 5]);
        bytes.extend(document);
        bytes
    };
    let small = b"\x11\0\0\0\x01ok\0\0\0\0\0\0\0\xf0\x3f\0";
    for turn in 0..order.messages {
        let size = order.size();
        let large = formats::bson(&mut order.chance, &shape, size);
        let (id, other) = (2 * turn as u32 + 1, 2 * turn as u32 + 2);
        let (request, reply) =
            if order.sender(turn) == Side::Out { (&large[..], &small[..]) } else { (&small[..], &large[..]) };
        talk.out(message(id, 0, request));
        talk.back(message(other, id, reply));
    }
    talk
}
