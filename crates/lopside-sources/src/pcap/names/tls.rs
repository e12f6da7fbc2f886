//! The server name in a TLS client hello: that one extension, through everything that stands before it.
//!
//! Only this is read by hand: libraries that parse all of TLS cost more to build than all other parsers here.

/// Bytes of a client hello that are waited for; post-quantum keys and certificates make it long, not this long.
pub(super) const LONGEST: usize = 32 << 10;

/// What a client hello says, as far as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// It names the server.
    Name(String),
    /// It names none.
    NoName,
    /// It goes on.
    More,
    /// It is none.
    None,
}

/// Whether bytes begin like a record with a handshake in it: by as many as there are.
pub(super) fn begins(bytes: &[u8]) -> Option<bool> {
    const LONGEST_RECORD: u16 = (1 << 14) + 256;
    match bytes {
        [] => None,
        [0x16] | [0x16, 3] => None,
        [0x16, 3, 0..=4] | [0x16, 3, 0..=4, _] => None,
        [0x16, 3, 0..=4, high, low, rest @ ..] => {
            let length = u16::from_be_bytes([*high, *low]);
            if !(4..=LONGEST_RECORD).contains(&length) {
                return Some(false);
            }
            rest.first().map(|kind| matches!(kind, 1 | 2))
        }
        _ => Some(false),
    }
}

/// Reads the records at the start of a stream up to the end of the client hello.
pub(super) fn client_hello(mut stream: &[u8]) -> Hello {
    let mut handshake = Vec::new();
    while let Some(([kind, _, _, high, low], rest)) = stream.split_first_chunk::<5>() {
        if *kind != 0x16 {
            return Hello::None;
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let record = rest.get(..length).unwrap_or(rest);
        handshake.extend_from_slice(record);
        let Some(after) = rest.get(length..).filter(|_| length > 0) else { break };
        stream = after;
        if handshake.len() >= LONGEST {
            break;
        }
    }
    handshake_hello(&handshake)
}

/// Reads a client hello without records around it, as in QUIC.
pub(super) fn handshake_hello(handshake: &[u8]) -> Hello {
    let Some(([kind, a, b, c], body)) = handshake.split_first_chunk::<4>() else { return Hello::More };
    if *kind != 1 {
        return Hello::None;
    }
    let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
    if length > LONGEST {
        return Hello::None;
    }
    let (body, whole) = match body.get(..length) {
        Some(body) => (body, true),
        None => (body, false),
    };
    match extensions(body) {
        Some(hello) => hello,
        None if whole => Hello::NoName,
        None => Hello::More,
    }
}

/// `None` where the bytes end first.
fn extensions(body: &[u8]) -> Option<Hello> {
    let mut cursor = Cursor(body);
    // Version and random.
    cursor.take(34)?;
    let session = cursor.byte()?;
    cursor.take(usize::from(session))?;
    let ciphers = cursor.number()?;
    cursor.take(usize::from(ciphers))?;
    let compressions = cursor.byte()?;
    cursor.take(usize::from(compressions))?;
    let length = usize::from(cursor.number()?);
    let whole = cursor.0.get(..length);
    let mut list = Cursor(whole.unwrap_or(cursor.0));
    while !list.0.is_empty() {
        let (kind, length) = (list.number()?, list.number()?);
        let content = list.take(usize::from(length))?;
        if kind == 0 {
            return Some(server_name(content).map_or(Hello::NoName, Hello::Name));
        }
    }
    whole.map(|_| Hello::NoName)
}

fn server_name(content: &[u8]) -> Option<String> {
    let mut cursor = Cursor(content);
    cursor.number()?;
    let kind = cursor.byte()?;
    let length = cursor.number()?;
    let name = cursor.take(usize::from(length))?;
    if kind != 0 { None } else { super::host_name(name) }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes))
    }
}

#[cfg(test)]
pub(in crate::pcap) mod tests {
    use super::*;
    use crate::windows::testing::Dice;

    /// A client hello with this name behind `padding` bytes of another extension.
    pub(in crate::pcap) fn hello(name: &str, padding: usize) -> Vec<u8> {
        let counted = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
        let entry = [&[0], counted(name.as_bytes()).as_slice()].concat();
        let server = [[0, 0].as_slice(), &counted(&counted(&entry))].concat();
        let other = [[0, 21].as_slice(), &counted(&vec![0; padding])].concat();
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0]);
        body.extend(counted(&[other, server].concat()));
        let length = (body.len() as u32).to_be_bytes();
        [&[1], &length[1..], &body].concat()
    }

    /// The same in records of at most this many bytes.
    pub(in crate::pcap) fn records(handshake: &[u8], size: usize) -> Vec<u8> {
        let record =
            |piece: &[u8]| [&[0x16, 3, 1], (piece.len() as u16).to_be_bytes().as_slice(), piece].concat();
        handshake.chunks(size).flat_map(record).collect()
    }

    #[test]
    fn the_name_is_found_behind_long_extensions_and_over_records() {
        for padding in [0, 1_200, 9_000] {
            let hello = hello("Drop.Example", padding);
            for size in [40, 700, 16_000] {
                let stream = records(&hello, size);
                assert_eq!(client_hello(&stream), Hello::Name("drop.example".into()));
                for cut in 0..stream.len() - 1 {
                    assert!(!matches!(client_hello(&stream[..cut]), Hello::None | Hello::NoName), "{cut}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_name_is_not_told() {
        assert_eq!(client_hello(&records(&hello("10.1.2.3", 0), 900)), Hello::NoName);
        assert_eq!(client_hello(&records(&hello("a b\u{7}", 0), 900)), Hello::NoName);
        assert_eq!(client_hello(b"\x17\x03\x03\x00\x02ab"), Hello::None);
    }

    #[test]
    fn mutations_never_panic() {
        let mut dice = Dice(0x5eed_0003);
        let stream = records(&hello("drop.example", 30), 60);
        for _ in 0..20_000 {
            let _hello = client_hello(&dice.damage(&stream));
        }
    }
}
