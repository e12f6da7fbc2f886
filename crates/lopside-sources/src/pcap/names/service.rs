//! Which protocol content is of, by the content and never by the port. The words are those of Zeek where it has one.

use super::{dns, http, quic, tls};

/// What the first bytes of a direction, or a datagram, look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// A protocol.
    Known(&'static str),
    /// Too few bytes to tell, or the other end decides.
    More,
    /// None that is known.
    Unknown,
}

/// Bytes of a direction after which nothing more is guessed from it.
pub(super) const ENOUGH: usize = 2_048;

/// Looks at the first bytes that one end sent over a stream; `peer` is what the other end sent first.
pub(super) fn stream(bytes: &[u8], peer: &[u8]) -> Guess {
    if bytes.is_empty() {
        return Guess::More;
    }
    let mut more = false;
    for (name, begins) in
        [("ssl", tls::begins(bytes)), ("http", http::begins(bytes)), ("dns", framed_dns(bytes))]
    {
        match begins {
            Some(true) => return Guess::Known(name),
            Some(false) => {}
            None => more = true,
        }
    }
    match by_magic(bytes).or_else(|| by_shape(bytes)).or_else(|| by_command(bytes, peer)) {
        Some(name) => Guess::Known(name),
        None if more || is_greeting(bytes) || bytes.len() < 8 => Guess::More,
        None => Guess::Unknown,
    }
}

/// Looks at one datagram.
pub(super) fn datagram(bytes: &[u8]) -> Guess {
    const LINES: [(&[u8], &str); 9] = [
        (b"M-SEARCH * HTTP/1.1", "ssdp"),
        (b"NOTIFY * HTTP/1.1", "ssdp"),
        (b"HTTP/1.1 200 OK", "ssdp"),
        (b"INVITE sip:", "sip"),
        (b"REGISTER sip:", "sip"),
        (b"OPTIONS sip:", "sip"),
        (b"SIP/2.0 ", "sip"),
        (b"d1:ad2:id20:", "bittorrent"),
        (b"d1:rd2:id20:", "bittorrent"),
    ];
    if let Some((_, name)) = LINES.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Guess::Known(name);
    }
    if quic::begins(bytes) {
        return Guess::Known("quic");
    }
    if dns::begins(bytes) {
        return Guess::Known("dns");
    }
    let known = match bytes {
        // BOOTP with the cookie of DHCP.
        [1 | 2, 1, 6, ..] if bytes.get(236..240) == Some(&[0x63, 0x82, 0x53, 0x63]) => Some("dhcp"),
        [1 | 11 | 3 | 5, _, _, ..] if is_dhcp_six(bytes) => Some("dhcp"),
        [0..=3, _, _, _, 0x21, 0x12, 0xa4, 0x42, ..] => Some("stun"),
        [0x14..=0x17, 0xfe, 0xfd | 0xff, ..] if bytes.len() >= 13 => Some("dtls"),
        [1, 0, 0, 0, ..] if bytes.len() == 148 => Some("wireguard"),
        [0, 1 | 2, rest @ ..] if is_trivial_transfer(rest) => Some("tftp"),
        [first, stratum, ..] if is_time(bytes, *first, *stratum) => Some("ntp"),
        [0x30, ..] => tagged(bytes),
        [0x6a..=0x7e, ..] => kerberos(bytes).then_some("krb"),
        [b'<', digit, ..] if digit.is_ascii_digit() => is_syslog(bytes).then_some("syslog"),
        // A datagram of NetBIOS, with its addresses and a name.
        [0x10 | 0x11, 2 | 10 | 14 | 26, ..] if bytes.get(14) == Some(&0x20) => Some("netbios-dgm"),
        _ => None,
    };
    known.map_or(Guess::Unknown, Guess::Known)
}

/// Protocols that begin with bytes that no other has.
fn by_magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGICS: [(usize, &[u8], &str); 16] = [
        (0, b"SSH-", "ssh"),
        (0, b"RFB 00", "rfb"),
        (0, b"JRMI\x00", "java-rmi"),
        (0, b"\x13BitTorrent protocol", "bittorrent"),
        (0, b"AMQP\x00", "amqp"),
        (4, b"\xffSMB", "smb"),
        (4, b"\xfeSMB", "smb"),
        (4, b"\xfdSMB", "smb"),
        (4, b"\xfcSMB", "smb"),
        (4, b"git-upload-pack ", "git"),
        (4, b"git-receive-pack ", "git"),
        (4, b"\x04\xd2\x16\x2f", "postgresql"),
        (4, b"\x00\x03\x00\x00user\x00", "postgresql"),
        (0, b"+OK ", "pop3"),
        (0, b"* OK ", "imap"),
        (0, b"MQIsdp", "mqtt"),
    ];
    MAGICS
        .iter()
        .find(|(at, magic, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
        .map(|(_, _, name)| *name)
}

/// Protocols that are told by lengths and fields that fit.
fn by_shape(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // A connection-oriented call: version 5, a kind, the representation of data, a length that covers the header.
        [5, 0 | 1, 0 | 2 | 3 | 11..=19, _, 0x10 | 0, 0, 0, 0, low, high, ..]
            if u16::from_le_bytes([*low, *high]) >= 16 =>
        {
            Some("dce_rpc")
        }
        // Session service of NetBIOS: the request for a session, with two encoded names.
        [0x81, 0, 0, 0x44, 0x20, ..] => Some("netbios-ssn"),
        // TPKT around a request or a confirmation for a connection.
        [3, 0, _, _, _, 0xe0 | 0xd0, ..] => Some("rdp"),
        [0x10, _, 0, 4, b'M', b'Q', b'T', b'T', ..] => Some("mqtt"),
        [0x12, 1, 0, _, 0, 0, _, 0, 0, ..] => Some("tds"),
        [_, _, 0, 0, 10, b'4'..=b'9', b'.', ..] => Some("mysql"),
        [5, 1, 0] | [5, 1, 2] | [5, 2, 0, 1 | 2] | [5, 3, 0, 1, 2] => Some("socks"),
        [0xff, 0xfb..=0xfe, _, 0xff, 0xfb..=0xfe, ..] => Some("telnet"),
        [b'*', b'1'..=b'9', b'\r', b'\n', b'$', ..] => Some("redis"),
        [a, b, c, d, rest @ ..] if kerberos(rest) => {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            (length >= rest.len().min(length) && length < 1 << 20 && length > 20).then_some("krb_tcp")
        }
        [0x30, ..] => tagged(bytes),
        _ => None,
    }
}

/// Protocols of lines: a command after the other end's greeting.
fn by_command(bytes: &[u8], peer: &[u8]) -> Option<&'static str> {
    let starts = |words: &[&[u8]]| {
        words.iter().any(|word| bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    };
    let contains = |word: &[u8]| bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if is_greeting(bytes) && bytes.contains(&b'\n') {
        if contains(b"smtp") {
            return Some("smtp");
        }
        if contains(b"ftp") {
            return Some("ftp");
        }
    }
    if starts(&[b"EHLO ", b"HELO ", b"LHLO "]) {
        return Some("smtp");
    }
    if is_greeting(peer) && starts(&[b"USER ", b"AUTH TLS", b"AUTH SSL", b"FEAT\r", b"OPTS ", b"SYST\r"]) {
        return Some("ftp");
    }
    if starts(&[b"NICK ", b"CAP LS"]) {
        return Some("irc");
    }
    None
}

fn is_greeting(bytes: &[u8]) -> bool {
    bytes.starts_with(b"220 ") || bytes.starts_with(b"220-")
}

/// A message with its length before it; `None` where it goes on.
fn framed_dns(bytes: &[u8]) -> Option<bool> {
    let Some(([high, low], rest)) = bytes.split_first_chunk::<2>() else { return Some(false) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length < 17 || length > 4_096 && rest.len() < length {
        return Some(false);
    }
    match rest.get(..length) {
        Some(message) => Some(dns::begins(message)),
        // Flags of a query or an answer that may exist: worth waiting for.
        None if rest.len() >= 12 => {
            let plausible = matches!(rest.get(2), Some(flags) if matches!(flags >> 3 & 15, 0 | 4 | 5))
                && matches!(rest.get(4..6), Some([0, 1]));
            if plausible { None } else { Some(false) }
        }
        None => Some(false),
    }
}

/// BER: directory access by its operations, network management by its versions.
fn tagged(bytes: &[u8]) -> Option<&'static str> {
    let (content, _) = element(bytes)?;
    match content {
        [2, 1, 0 | 1, 4, length, ..] if *length <= 64 => Some("snmp"),
        [2, 1, 3, 0x30, ..] => Some("snmp"),
        [2, size @ 1..=4, rest @ ..] => {
            let operation = rest.get(usize::from(*size))?;
            matches!(operation, 0x42 | 0x4a | 0x60..=0x79).then_some("ldap")
        }
        _ => None,
    }
}

/// Kerberos: a tag of an application, a sequence, and its version or a ticket's.
fn kerberos(bytes: &[u8]) -> bool {
    let Some(0x6a | 0x6b | 0x6c | 0x6d | 0x6e | 0x6f | 0x7e) = bytes.first() else { return false };
    let Some((sequence, _)) = element(bytes) else { return false };
    let Some((fields, _)) = element(sequence).filter(|_| sequence.first() == Some(&0x30)) else {
        return false;
    };
    matches!(fields, [0xa0 | 0xa1, 3, 2, 1, 5, ..])
}

/// The content of an element as far as it is there, and its length.
fn element(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, rest) = match bytes.get(1)? {
        short @ 0..=0x7f => (usize::from(*short), bytes.get(2..)?),
        0x81 => (usize::from(*bytes.get(2)?), bytes.get(3..)?),
        0x82 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), bytes.get(4..)?),
        0x83 | 0x84 => {
            let count = usize::from(bytes.get(1)? & 7);
            let length =
                bytes.get(2..2 + count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, bytes.get(2 + count..)?)
        }
        _ => return None,
    };
    Some((rest.get(..length).unwrap_or(rest), length))
}

fn is_dhcp_six(bytes: &[u8]) -> bool {
    // Options one after the other to the end, the first that of an identity or an elapsed time.
    let mut at = 4;
    let mut options = 0;
    while let Some([a, b, c, d]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let (kind, length) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
        if kind == 0 || kind > 150 {
            return false;
        }
        options += 1;
        at += 4 + usize::from(length);
    }
    options >= 2 && at == bytes.len()
}

fn is_trivial_transfer(rest: &[u8]) -> bool {
    let mut words = rest.split(|byte| *byte == 0);
    let name = words.next().unwrap_or_default();
    let mode = words.next().unwrap_or_default();
    let printable = !name.is_empty() && name.iter().all(|byte| (b' '..=b'~').contains(byte));
    printable
        && [b"octet".as_slice(), b"netascii", b"mail"].iter().any(|known| mode.eq_ignore_ascii_case(known))
}

fn is_time(bytes: &[u8], first: u8, stratum: u8) -> bool {
    // Versions 1 to 4, the modes of clients, servers, peers and broadcasts.
    let (version, mode) = (first >> 3 & 7, first & 7);
    let poll = bytes.get(2).is_some_and(|poll| *poll <= 17);
    matches!(bytes.len(), 48 | 68 | 72 | 120)
        && (1..=4).contains(&version)
        && (1..=5).contains(&mode)
        && stratum <= 16
        && poll
}

fn is_syslog(bytes: &[u8]) -> bool {
    let digits = bytes.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits) && bytes.get(1 + digits) == Some(&b'>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::testing::Dice;

    #[test]
    fn streams_are_told_by_their_content() {
        for (bytes, name) in [
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), "ssl"),
            (b"GET / HTTP/1.1\r\n", "http"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", "ssh"),
            (b"\x00\x00\x00\x45\xffSMBr", "smb"),
            (b"\x05\x00\x0b\x03\x10\x00\x00\x00\x74\x00\x00\x00", "dce_rpc"),
            (b"\x03\x00\x00\x13\x0e\xe0\x00\x00", "rdp"),
            (b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", "ldap"),
            (b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x63\x84", "ldap"),
            (b"220 mail.example ESMTP\r\n", "smtp"),
            (b"EHLO client\r\n", "smtp"),
            (b"JRMI\x00\x02\x4b", "java-rmi"),
            (b"\x00\x00\x01\x40\x6a\x82\x01\x3c\x30\x82\x01\x38\xa1\x03\x02\x01\x05", "krb_tcp"),
        ] {
            assert_eq!(stream(bytes, b""), Guess::Known(name));
        }
        assert_eq!(stream(b"USER a\r\n", b"220 ready\r\n"), Guess::Known("ftp"));
        assert_eq!(stream(b"220 ready\r\n", b""), Guess::More);
        assert_eq!(stream(b"\x8f\x01\x77\x99\x00\x13\x42\xa0\xbb", b""), Guess::Unknown);
    }

    #[test]
    fn datagrams_are_told_by_their_content() {
        let mut time = vec![0x23, 0, 6, 0xec];
        time.resize(48, 0);
        let mut lease = vec![1, 1, 6, 0];
        lease.resize(236, 0);
        lease.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1]);
        for (bytes, name) in [
            (dns::tests::message(), "dns"),
            (time, "ntp"),
            (lease, "dhcp"),
            (b"\x00\x01boot.bin\x00octet\x00".to_vec(), "tftp"),
            (b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19".to_vec(), "snmp"),
            (b"<13>Oct  3 17:10:35 host x".to_vec(), "syslog"),
            (b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n".to_vec(), "ssdp"),
        ] {
            assert_eq!(datagram(&bytes), Guess::Known(name));
        }
        assert_eq!(datagram(&[0x9a; 48]), Guess::Unknown);
    }

    /// Random bytes are hardly ever taken for a protocol.
    #[test]
    fn noise_is_of_no_protocol() {
        let mut dice = Dice(0x5eed_0007);
        let mut taken = 0;
        for _ in 0..20_000 {
            let noise: Vec<u8> = (0..1 + dice.below(200)).map(|_| dice.below(256) as u8).collect();
            taken += u32::from(matches!(datagram(&noise), Guess::Known(_)));
            taken += u32::from(matches!(stream(&noise, b""), Guess::Known(_)));
        }
        assert!(taken < 20, "{taken}");
    }
}
