//! Protocols that open in clear and are encrypted thereafter.

use crate::junk::order::{Carrier, Order, Side, Talk};

/// A packet of SSH that is not yet encrypted.
fn ssh_packet(chance: &mut crate::chance::Chance, payload: &[u8]) -> Vec<u8> {
    let mut padding = 8 - (payload.len() + 5) % 8;
    if padding < 4 {
        padding += 8;
    }
    let mut bytes = ((payload.len() + padding + 1) as u32).to_be_bytes().to_vec();
    bytes.push(padding as u8);
    bytes.extend(payload);
    bytes.extend(chance.bytes(padding));
    bytes
}

/// SSH: versions, algorithms, keys, then packets of whole blocks.
pub(super) fn ssh(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    talk.out(b"SSH-2.0-OpenSSH_9.8\r\n".to_vec());
    talk.back(b"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n".to_vec());
    let lists = [
        "curve25519-sha256,ecdh-sha2-nistp256",
        "ssh-ed25519,rsa-sha2-512",
        "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
        "hmac-sha2-256",
        "hmac-sha2-256",
        "none",
        "none",
        "",
        "",
    ];
    for side in [Side::Out, Side::In] {
        let mut payload = vec![20];
        payload.extend(order.chance.bytes(16));
        for list in lists {
            payload.extend((list.len() as u32).to_be_bytes());
            payload.extend(list.as_bytes());
        }
        payload.extend([0; 5]);
        let packet = ssh_packet(&mut order.chance, &payload);
        talk.say(side, packet, 0);
    }
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let key = string(&order.chance.bytes(32));
    let packet = ssh_packet(&mut order.chance, &[&[30][..], &key].concat());
    talk.out(packet);
    let host = string(&[string(b"ssh-ed25519"), string(&order.chance.bytes(32))].concat());
    let signature = string(&[string(b"ssh-ed25519"), string(&order.chance.bytes(64))].concat());
    let key = string(&order.chance.bytes(32));
    let reply = ssh_packet(&mut order.chance, &[&[31][..], &host, &key, &signature].concat());
    talk.back([reply, ssh_packet(&mut order.chance, &[21])].concat());
    let packet = ssh_packet(&mut order.chance, &[21]);
    talk.out(packet);
    for turn in 0..order.messages {
        let size = order.size().next_multiple_of(8) + 20;
        let bytes = order.chance.bytes(size);
        talk.say(order.sender(turn), bytes, 0);
        if order.chance.happens(0.5) {
            let other = if order.sender(turn) == Side::Out { Side::In } else { Side::Out };
            let bytes = order.chance.bytes(36);
            talk.say(other, bytes, 0);
        }
    }
    talk
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 3];
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &(body.len() as u16).to_be_bytes(), body].concat()
}

/// A client's hello with a name.
pub(super) fn client_hello(order: &mut Order) -> Vec<u8> {
    let host = order.host.as_bytes().to_vec();
    let name =
        [&((host.len() + 3) as u16).to_be_bytes()[..], &[0], &(host.len() as u16).to_be_bytes(), &host]
            .concat();
    let share = [&[0, 36, 0, 29, 0, 32][..], &order.chance.bytes(32)].concat();
    let extensions = [
        extension(0, &name),
        extension(10, &[0, 4, 0, 29, 0, 23]),
        extension(13, &[0, 4, 4, 3, 8, 4]),
        extension(43, &[2, 3, 4]),
        extension(51, &share),
        extension(16, b"\0\x0c\x02h2\x08http/1.1"),
    ]
    .concat();
    let mut body = vec![3, 3];
    body.extend(order.chance.bytes(32));
    body.push(32);
    body.extend(order.chance.bytes(32));
    body.extend([0, 6, 0x13, 1, 0x13, 2, 0x13, 3, 1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    [&[1][..], &(body.len() as u32).to_be_bytes()[1..], &body].concat()
}

/// TLS 1.3, with padded records now and then.
pub(super) fn tls(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let hello = client_hello(order);
    let session = hello.get(39..71).unwrap_or_default().to_vec();
    let mut first = record(22, &hello);
    first[2] = 1;
    talk.out(first);
    let share = [&[0, 29, 0, 32][..], &order.chance.bytes(32)].concat();
    let extensions = [extension(43, &[3, 4]), extension(51, &share)].concat();
    let mut body = vec![3, 3];
    body.extend(order.chance.bytes(32));
    body.push(32);
    body.extend(session);
    body.extend([0x13, 1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let hello = [&[2][..], &(body.len() as u32).to_be_bytes()[1..], &body].concat();
    let sealed = {
        let size = 2_000 + order.chance.below(2_500);
        order.chance.bytes(size)
    };
    talk.back([record(22, &hello), record(20, &[1]), record(23, &sealed)].concat());
    let finished = order.chance.bytes(53);
    talk.out([record(20, &[1]), record(23, &finished)].concat());
    let padded = order.chance.happens(0.3);
    for turn in 0..order.messages {
        let size = order.size();
        let size = if padded { size.next_multiple_of(512) } else { size } + 17;
        let records: Vec<u8> =
            order.chance.bytes(size).chunks(16_384).flat_map(|part| record(23, part)).collect();
        talk.say(order.sender(turn), records, 0);
    }
    talk
}
