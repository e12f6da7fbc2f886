//! Content in which any byte is wrong: nothing panics, hangs, grows or says what it may not.

use lopside_model::Protocol;
use lopside_model::payload::Payload;
use lopside_payload::{Context, Direction, Sampler, Settings};

/// What one end sends: a message of a stream, or a datagram.
type Piece = (Direction, bool, Vec<u8>);

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn stream(messages: &[&[u8]]) -> Vec<Piece> {
    let sides = [Direction::Out, Direction::In].into_iter().cycle();
    sides.zip(messages).map(|(side, message)| (side, false, message.to_vec())).collect()
}

fn datagrams(messages: &[&[u8]]) -> Vec<Piece> {
    messages.iter().map(|message| (Direction::Out, true, message.to_vec())).collect()
}

/// Conversations of every protocol that is read, several exchanges each.
fn samples() -> Vec<Vec<Piece>> {
    let json: &[u8] = br#"POST /a?b=c%20d&e=Zm9vYmFyYmF6cXV4 HTTP/1.1
Host: a.example
Cookie: sid=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=; x=1
Content-Type: application/json
Content-Length: 96

{"host":"WKS-1","steps":[{"Message":"SGVsbG8gd29ybGQsIHRoaXMgaXMgdGV4dA=="},{"n":[1,2.5e3,null]}]}"#;
    let chunked: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n1a;x=abcdefghijklmnop\r\n<html><!-- a --><p>x</html>\n\r\n0\r\n\r\n";
    let parts: &[u8] = b"POST /u HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: 145\r\n\r\n--XX\r\nContent-Disposition: form-data; name=\"f\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4 stream %%EOF\r\n--XX\r\n\r\nvalue of another field\r\n--XX--rest";
    let xml: &[u8] = b"<?xml version=\"1.0\"?><a b=\"c\"><!-- d --><e>text of it</e><![CDATA[raw]]></a>";
    let png: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\x03tEXtabcCRC!\0\0\0\0IENDCRC!and more";
    let gzip: &[u8] = b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xCB\x48\xCD\xC9\xC9\x57\x28\xCF\x2F\xCA\x49\x01\0\x85\x11\x4A\x0D\x0B\0\0\0";
    let dns: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\x0C6162636465666\x01t\x02ex\0\0\x10\0\x01\0\0\x29\x10\0\0\0\0\0\0\x08\0\x0C\0\x04\0\0\0\0";
    let framed: &[u8] = b"\0\0\0\x11\x01the first of them\0\0\0\x0A\x02and second\0\0\0\x06third!";
    let tls: &[u8] = b"\x16\x03\x01\0\x04abcd\x17\x03\x03\0\x02xy";
    let quic: &[u8] = b"\xC3\0\0\0\x01\x08abcdefgh\x08abcdefgh\x00\x41\x00payload of an initial";
    let rtp: &[u8] = b"\x80\x60\0\x01\0\0\0\x01\x09\x09\x09\x09media bytes of a call";
    let redis: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$21\r\n<a><b>text</b></a>xYz\r\n~more";
    let postgres: &[u8] = b"Q\0\0\0\x11SELECT 1\0\xE1\xF2\x93\xA4\x97and more";
    let ldap: &[u8] =
        b"\x30\x14\x02\x01\x01\x60\x0F\x02\x01\x03\x04\x04cn=a\x80\x04pass\xFF\x97\xB3 and more";
    let counted: &[u8] = b"0004:hostR2d2|0011:all is well9xQ|0003:yes\n";
    let coap: &[u8] = b"\x40\x02\x12\x34\xB4temp\x11\x3C\xFF\xA2\x64host\x68depot-17\x62ok\xF5more";
    let archive = archive();
    vec![
        stream(&[json, chunked].repeat(6)),
        stream(&[parts, b"HTTP/1.1 204 No Content\r\n\r\n".as_slice()].repeat(6)),
        stream(&[xml, png, gzip, framed].repeat(4)),
        stream(
            &[
                b"220 mx ESMTP\r\n".as_slice(),
                b"DATA\r\nSubject: x\r\n\r\nVGhpcyBpcyB0ZXh0IGluIGJhc2U2NCwgYW5kIGxvbmc=\r\n.\r\n",
            ]
            .repeat(5),
        ),
        stream(&[tls, tls]),
        datagrams(&[dns; 12]),
        datagrams(&[quic, rtp, rtp, rtp, rtp, rtp]),
        stream(&[redis, b"+OK\r\n".as_slice()].repeat(6)),
        stream(&[postgres, b"C\0\0\0\x0FINSERT 0 1\0Z\0\0\0\x05I".as_slice()].repeat(6)),
        stream(&[ldap, b"\x30\x0C\x02\x01\x01\x65\x07\x0A\x01\0\x04\0\x04\0".as_slice()].repeat(6)),
        stream(&[counted, b"0002:ok|0003:yesQ7z\n".as_slice()].repeat(6)),
        datagrams(&[coap; 8]),
        (0..16).map(|n| (Direction::Out, true, sound(n))).collect(),
        stream(&[archive.as_slice(), b"ok"].repeat(3)),
    ]
}

/// A packet of sound with more than is due.
fn sound(number: u8) -> Vec<u8> {
    let clock = (u32::from(number) * 160).to_be_bytes();
    let head = [&[0x80, 0, 0, number], &clock[..], &[1, 2, 3, 4]].concat();
    [head, vec![0x7F; 160], (0..number * 3).map(|byte| byte.wrapping_mul(167)).collect()].concat()
}

/// An archive of tar with noise behind its member.
fn archive() -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..5].copy_from_slice(b"a.txt");
    header[124..136].copy_from_slice(b"00000000620\0");
    header[148..156].fill(b' ');
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [header, vec![b'x'; 400], (0..112).map(|byte: u8| byte.wrapping_mul(167)).collect(), vec![0; 1024]]
        .concat()
}

fn judge(pieces: &[Piece], settings: &Settings) -> Option<Payload> {
    let mut sampler = Sampler::new();
    let mut time = 0;
    for (direction, datagram, bytes) in pieces {
        time += 1000;
        if *datagram {
            sampler.datagram(settings, *direction, time, bytes, bytes.len());
        } else {
            for chunk in bytes.chunks(700) {
                sampler.push(settings, *direction, time, chunk);
            }
        }
    }
    assert!(sampler.memory() < 2 * settings.side_bytes + (1 << 20));
    let context =
        Context { transport: Protocol::TCP, source_port: 50_000, destination_port: 80, service: None };
    sampler.finish(settings, &context)
}

fn check(payload: &Payload) {
    assert!((0.0..=1.0).contains(&payload.confidence), "{payload:?}");
    assert_eq!(payload.junk, payload.verdict.is_junk());
    assert!(payload.junk_share.is_none_or(|share| (0.0..=1.0).contains(&share)), "{payload:?}");
    assert!(!payload.reasons.is_empty(), "{payload:?}");
    assert!(
        payload.reasons.iter().all(|reason| reason.bytes().all(|byte| (32..127).contains(&byte))),
        "{payload:?}"
    );
}

#[test]
fn every_byte_may_be_wrong() {
    let settings = Settings::default();
    let mut chance = Chance(7);
    for sample in samples() {
        check(&judge(&sample, &settings).unwrap());
        for _ in 0..150 {
            let mut damaged = sample.clone();
            for _ in 0..=chance.below(6) {
                let at = chance.below(damaged.len());
                let bytes = &mut damaged[at].2;
                let place = chance.below(bytes.len());
                match chance.below(6) {
                    0 => bytes.truncate(place),
                    1 => bytes.insert(place, chance.next() as u8),
                    2 => bytes.extend((0..chance.below(90)).map(|_| 0xFF)),
                    3 => {
                        let copy = bytes.get(place..).unwrap_or_default().to_vec();
                        bytes.extend(copy);
                    }
                    _ => {
                        if let Some(byte) = bytes.get_mut(place) {
                            *byte = chance.next() as u8;
                        }
                    }
                }
            }
            if let Some(payload) = judge(&damaged, &settings) {
                check(&payload);
            }
        }
    }
}

#[test]
fn rubbish_is_survived() {
    let settings = Settings::default();
    let mut chance = Chance(9);
    let nested: Vec<u8> = b"{\"a\":[".repeat(20_000);
    let tags: Vec<u8> = b"<a ".repeat(20_000);
    for length in [1, 2, 5, 31, 200, 70_000] {
        let noise: Vec<u8> = (0..length).map(|_| chance.next() as u8).collect();
        for start in [
            b"".as_slice(),
            b"POST / HTTP/1.1\r\n\r\n",
            b"\x1F\x8B\x08\x1C",
            b"PK\x03\x04",
            b"{\"a\":\"",
            b"\xFF\xD8\xFF",
        ] {
            let message = [start, &noise].concat();
            for pieces in [stream(&[&message]), datagrams(&[&message]), stream(&[message.as_slice(); 9])] {
                check(&judge(&pieces, &settings).unwrap());
            }
        }
    }
    for message in
        [nested, tags, vec![b'{'; 90_000], vec![b'A'; 90_000], b"\"\\".repeat(40_000), b"%2".repeat(9_000)]
    {
        check(&judge(&stream(&[message.as_slice(); 3]), &settings).unwrap());
        let body =
            [format!("POST /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n", message.len()).as_bytes(), &message]
                .concat();
        check(&judge(&stream(&[body.as_slice(); 3]), &settings).unwrap());
    }
}

#[test]
fn the_same_content_gives_the_same_profile() {
    let settings = Settings::default();
    for sample in samples() {
        assert_eq!(judge(&sample, &settings), judge(&sample, &settings));
    }
}

#[test]
fn tiny_settings_are_obeyed() {
    let settings = Settings {
        message_head: 1,
        message_tail: 1,
        first_messages: 1,
        later_messages: 1,
        side_bytes: 4,
        sizes: 1,
        ..Settings::default()
    };
    for sample in samples() {
        check(&judge(&sample, &settings).unwrap());
        let nothing = Settings {
            message_head: 0,
            message_tail: 0,
            first_messages: 0,
            later_messages: 0,
            ..settings.clone()
        };
        judge(&sample, &nothing).iter().for_each(check);
    }
}
