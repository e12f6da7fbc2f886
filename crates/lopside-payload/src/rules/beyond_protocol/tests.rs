use super::{Over, protocols};
use crate::content::protocols::tests::samples;
use crate::testing::{Chance, Talk};

fn judged(make: impl Fn(&mut Chance, u32) -> Vec<u8>) -> bool {
    let mut chance = Chance::new(3);
    let mut talk = Talk::default();
    for n in 0..12 {
        talk.datagram(&make(&mut chance, n));
    }
    talk.judge().junk
}

fn stun(chance: &mut Chance, length: u8) -> Vec<u8> {
    [&[0, 1, 0, length, 0x21, 0x12, 0xA4, 0x42], chance.bytes(12).as_slice()].concat()
}

fn ntp(chance: &mut Chance, n: u32) -> Vec<u8> {
    [&[0x23, 0, 6, 0xE9][..], &[0; 36], &(3_981_506_400 + n * 64).to_be_bytes(), &chance.bytes(4)].concat()
}

#[test]
fn bytes_behind_the_end_are_junk() {
    let law = |chance: &mut Chance| 10 + chance.below(60);
    assert!(judged(|c, _| {
        let n = law(c);
        [stun(c, 0), c.bytes(n)].concat()
    }));
    assert!(judged(|c, n| {
        let length = law(c);
        [ntp(c, n), c.of(b"abcdefghijklmnopqrstuvwxyz", length)].concat()
    }));
}

#[test]
fn attributes_extensions_and_authenticators_are_not() {
    assert!(!judged(|c, _| [stun(c, 12), vec![0, 0x20, 0, 8], c.bytes(8)].concat()));
    assert!(!judged(ntp));
    assert!(!judged(|c, n| [ntp(c, n), vec![0, 0, 0, 1], c.bytes(16)].concat()));
    let extended = |c: &mut Chance, n: u32| {
        let length = 4 * (4 + c.below(9));
        [ntp(c, n), vec![1, 4, 0, length as u8], c.bytes(length - 4), vec![2, 4, 0, 32], c.bytes(28)].concat()
    };
    assert!(!judged(extended));
}

/// A conversation in which one end sends messages, each with a tail, and whether what stands behind them is told.
fn is_told(
    message: impl Fn(&mut Chance, u32) -> Vec<u8>,
    tail: impl Fn(&mut Chance, u32) -> Vec<u8>,
) -> bool {
    let mut chance = Chance::new(5);
    let mut talk = Talk::default();
    for n in 0..40 {
        let (message, tail) = (message(&mut chance, n), tail(&mut chance, n));
        talk.send(&[message, tail].concat());
        talk.reply(b"ok");
    }
    talk.judge().reasons.iter().any(|reason| reason.contains("behind their end"))
}

fn drawn(chance: &mut Chance, _: u32) -> Vec<u8> {
    let length = 6 + chance.below(40);
    chance.bytes(length)
}

fn ldap(chance: &mut Chance, n: u32) -> Vec<u8> {
    let name = format!("cn=depot-{},dc=example", chance.below(90_000));
    let (number, length) = (n as u8 + 1, name.len() as u8);
    [&[0x30, length + 7, 2, 1, number, 0x42, length + 2, 4, length][..], name.as_bytes()].concat()
}

fn modbus(chance: &mut Chance, n: u32) -> Vec<u8> {
    vec![0, n as u8, 0, 0, 0, 6, 1, 3, 0, chance.below(99) as u8, 0, 8]
}

fn redis(chance: &mut Chance, n: u32) -> Vec<u8> {
    let text = "quiet ".repeat(1 + chance.below(6));
    format!("*3\r\n$3\r\nSET\r\n$3\r\nk{n:02}\r\n${}\r\n{text}\r\n", text.len()).into_bytes()
}

fn syslog(chance: &mut Chance, _: u32) -> Vec<u8> {
    let text = format!("<34>1 - depot-{} app - - - all is quiet", chance.below(90_000));
    format!("{} {text}", text.len()).into_bytes()
}

#[test]
fn bytes_behind_messages_of_streams_are_junk() {
    for message in [ldap, modbus, redis, syslog] {
        assert!(is_told(message, drawn));
        assert!(is_told(message, |chance, _| {
            let length = 6 + chance.below(40);
            chance.of(b"0123456789abcdef", length)
        }));
        // Behind a mark, and before the next message.
        assert!(is_told(message, |chance, n| [vec![0xFF, 0x7E], drawn(chance, n)].concat()));
        assert!(is_told(message, |chance, n| [drawn(chance, n), message(chance, n)].concat()));
    }
}

#[test]
fn more_messages_cut_ones_codes_and_zeros_are_not() {
    for message in [ldap, modbus, redis, syslog] {
        assert!(!is_told(message, |_, _| Vec::new()));
        assert!(!is_told(message, message));
        assert!(!is_told(message, |chance, n| {
            let mut next = message(chance, n);
            next.truncate(2 + chance.below(next.len()));
            next
        }));
        assert!(!is_told(message, |chance, _| chance.bytes(16)));
        assert!(!is_told(message, |chance, _| vec![0; chance.below(60)]));
        assert!(!is_told(message, |chance, _| b"all is quiet in the depot "[..chance.below(26)].to_vec()));
    }
}

#[test]
fn streams_that_are_sealed_from_some_message_on_are_not() {
    // SASL: four bytes of length and what they count.
    assert!(!is_told(
        |chance, n| if n < 6 { ldap(chance, n) } else { Vec::new() },
        |chance, n| if n < 6 {
            Vec::new()
        } else {
            let sealed = drawn(chance, n);
            [(sealed.len() as u32).to_be_bytes().as_slice(), &sealed].concat()
        }
    ));
}

#[test]
fn ciphertext_behind_a_header_of_values_is_not() {
    let header = |chance: &mut Chance, n: u32| {
        format!(
            "\u{30}\u{17}\u{2}\u{1}{}\u{c}\u{8}dep-{:04}0\u{8}\u{13}\u{6}status",
            char::from(n as u8),
            chance.below(9999)
        )
        .into_bytes()
    };
    let sealed = |chance: &mut Chance| {
        let length = 28 + (chance.unit() * chance.unit() * chance.unit() * 600.0) as usize;
        chance.bytes(length)
    };
    assert!(!is_told(header, |chance, _| sealed(chance)));
    assert!(is_told(header, drawn));
}

/// Whether what stands behind copies of a message is told, sent as its protocol is.
fn is_told_behind(name: &str, over: Over, message: &[u8], tail: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
    let mut chance = Chance::new(6);
    let mut talk = Talk::default();
    for _ in 0..32 {
        let sent = [message, &tail(&mut chance)].concat();
        if matches!(over, Over::Datagrams | Over::Both | Over::Anything) {
            talk.datagram(&sent);
        } else {
            talk.send(&sent);
            talk.reply(b"ok");
        }
    }
    let name = format!("messages of {name} have undeclared bytes behind their end");
    talk.judge().reasons.iter().any(|reason| reason.contains(&name))
}

#[test]
fn every_protocol_is_heard() {
    let alphabets: [&[u8]; 3] = [
        b"0123456789abcdef",
        b"abcdefghijklmnopqrstuvwxyz",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    ];
    let drawn = |c: &mut Chance, alphabet: Option<&[u8]>| {
        let length = 4 + c.below(40);
        match alphabet {
            Some(alphabet) => c.of(alphabet, length),
            None => c.bytes(length),
        }
    };
    let mut deaf = Vec::new();
    for (number, (name, message)) in samples().into_iter().enumerate() {
        let over = protocols::all().find(|protocol| protocol.name == name).unwrap().over;
        if over == Over::Upgraded {
            continue;
        }
        let alphabet = alphabets[number % alphabets.len()];
        let told = is_told_behind(name, over, &message, |c| drawn(c, None))
            && is_told_behind(name, over, &message, |c| drawn(c, Some(alphabet)));
        let quiet = !is_told_behind(name, over, &message, |c| c.bytes(20))
            && !is_told_behind(name, over, &message, |c| vec![0; c.below(40)]);
        if !told || !quiet {
            deaf.push((name, told, quiet));
        }
    }
    assert!(deaf.is_empty(), "{deaf:?}");
}

/// Requests of HTTP with bytes behind the body that they declare.
fn is_told_behind_bodies(start: &str, tail: impl Fn(&mut Chance) -> Vec<u8>) -> bool {
    let mut chance = Chance::new(8);
    let mut talk = Talk::default();
    talk.send(start.as_bytes());
    talk.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for n in 0..12 {
        let body = format!("{{\"number\":{n},\"state\":\"all is quiet\"}}");
        let head = format!("POST /r HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        talk.send(&[head.as_bytes(), &tail(&mut chance)].concat());
        talk.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
    talk.judge().reasons.iter().any(|reason| reason.contains("messages of HTTP have undeclared"))
}

#[test]
fn bytes_behind_the_body_that_http_declares_are_junk() {
    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let drawn = |chance: &mut Chance| {
        let length = 6 + chance.below(60);
        chance.bytes(length)
    };
    assert!(is_told_behind_bodies(GET, drawn));
    assert!(is_told_behind_bodies(GET, |chance| chance.bytes(37)));
    assert!(!is_told_behind_bodies(GET, |_| b"\r\n\r\n".to_vec()));
    assert!(!is_told_behind_bodies(GET, |_| GET.as_bytes().to_vec()));
    assert!(!is_told_behind_bodies("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", drawn));
}

#[test]
fn a_header_that_looks_like_one_and_is_not_answered_as_such_is_not() {
    // Pieces of a backup: four bytes that could be a length and a number, and ciphertext.
    let mut chance = Chance::new(9);
    let mut talk = Talk::default();
    for n in 0..40u8 {
        let length = 600 + chance.below(2000);
        talk.send(&[&[0x94, 1, 0, n, 0xA3], b"put\x92\xC4 ".as_slice(), &chance.bytes(length)].concat());
        talk.reply(&[0, 0, 0, 7]);
    }
    assert!(!talk.judge().junk);
    // Calls of a data base, answered as such or not.
    for answered in [true, false] {
        let mut talk = Talk::default();
        for n in 0..20u8 {
            let tail = drawn(&mut chance, 0);
            talk.send(&[b"\x04\0\0\x01\x07\0\0\0\x04abc".as_slice(), &[n], &tail].concat());
            talk.reply(if answered { b"\x84\0\0\x01\x08\0\0\0\x04\0\0\0\x01" } else { b"it is well done" });
        }
        assert_eq!(talk.judge().reasons.iter().any(|reason| reason.contains("of Cassandra")), answered);
    }
}
