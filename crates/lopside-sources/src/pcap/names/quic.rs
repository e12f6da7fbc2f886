//! The client hello in a QUIC Initial: its keys are made of the connection id that stands beside it (RFC 9001 section 5.2, RFC 9369), so that
//! anybody on the path may read it.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::tls::{self, Hello};

const TAG: usize = 16;
const SAMPLE: usize = 16;
const LONGEST_ID: usize = 20;
/// Datagrams from the client that are looked at for its hello.
const MOST_DATAGRAMS: u32 = 16;
/// Pieces of the hello that are kept.
const MOST_PIECES: usize = 64;

/// What a version of QUIC is made of.
struct Version {
    number: u32,
    salt: [u8; 20],
    /// The two bits of an Initial.
    initial: u8,
    labels: [&'static [u8]; 3],
}

const ONE: [&[u8]; 3] = [b"tls13 quic key", b"tls13 quic iv", b"tls13 quic hp"];

const VERSIONS: [Version; 3] = [
    Version {
        number: 1,
        salt: [
            0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
            0xcc, 0xbb, 0x7f, 0x0a,
        ],
        initial: 0,
        labels: ONE,
    },
    Version {
        number: 0x6b33_43cf,
        salt: [
            0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
            0xf9, 0xbd, 0x2e, 0xd9,
        ],
        initial: 1,
        labels: [b"tls13 quicv2 key", b"tls13 quicv2 iv", b"tls13 quicv2 hp"],
    },
    // Draft 29, which outlived its time.
    Version {
        number: 0xff00_001d,
        salt: [
            0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
            0x43, 0x90, 0xa8, 0x99,
        ],
        initial: 0,
        labels: ONE,
    },
];

/// The client hello of one conversation, which may lie in several packets and datagrams.
#[derive(Debug, Default)]
pub(super) struct Initials {
    keys: Option<(Vec<u8>, Keys)>,
    pieces: Vec<(u64, Vec<u8>)>,
    datagrams: u32,
    /// A packet was opened with its keys: nothing but QUIC does that.
    pub(super) certain: bool,
}

/// Whether a datagram begins like an Initial of a known version.
pub(super) fn begins(datagram: &[u8]) -> bool {
    Header::read(datagram).is_some()
}

impl Initials {
    /// Looks at a datagram of the client.
    pub(super) fn add(&mut self, datagram: &[u8]) -> Hello {
        self.datagrams += 1;
        if self.datagrams > MOST_DATAGRAMS {
            return Hello::None;
        }
        let mut rest = datagram;
        // A datagram may hold several packets, those of other kinds after the Initials.
        while let Some(header) = Header::read(rest) {
            let Some((packet, after)) = rest.split_at_checked(header.end) else { break };
            if let Some(frames) = self.open(&header, packet) {
                self.certain = true;
                self.collect(&frames);
            }
            rest = after;
        }
        if self.certain { self.hello() } else { Hello::None }
    }

    /// Bytes of memory.
    pub(super) fn heap(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.len() + 32).sum::<usize>() + 512
    }

    /// The frames of a packet, where its keys fit.
    fn open(&mut self, header: &Header<'_>, packet: &[u8]) -> Option<Vec<u8>> {
        // The keys stay those of the first id that the client chose.
        if self.keys.is_none() {
            self.keys = Some((header.destination.to_vec(), Keys::of(header.version, header.destination)?));
        }
        let (id, keys) = self.keys.as_ref()?;
        if let Some(frames) = keys.open(header, packet) {
            return Some(frames);
        }
        // After a retry the client uses the id that the server chose.
        if self.certain && id != header.destination {
            let keys = Keys::of(header.version, header.destination)?;
            let frames = keys.open(header, packet)?;
            self.keys = Some((header.destination.to_vec(), keys));
            self.pieces.clear();
            return Some(frames);
        }
        None
    }

    /// Keeps the pieces of the handshake.
    fn collect(&mut self, frames: &[u8]) {
        let mut cursor = Varints(frames);
        while let Some(kind) = cursor.next() {
            let more = match kind {
                0 | 1 => Some(()),
                2 | 3 => cursor.pass_acknowledgement(kind == 3),
                6 => cursor.piece().map(|(offset, piece)| {
                    if self.pieces.len() < MOST_PIECES && offset < tls::LONGEST as u64 {
                        self.pieces.push((offset, piece.to_vec()));
                    }
                }),
                _ => None,
            };
            if more.is_none() {
                return;
            }
        }
    }

    /// What the pieces come to.
    fn hello(&mut self) -> Hello {
        self.pieces.sort();
        let mut handshake: Vec<u8> = Vec::new();
        for (offset, piece) in &self.pieces {
            let Ok(offset) = usize::try_from(*offset) else { break };
            if offset > handshake.len() {
                break;
            }
            handshake.extend_from_slice(piece.get(handshake.len() - offset..).unwrap_or_default());
        }
        tls::handshake_hello(&handshake)
    }
}

/// The header of an Initial.
struct Header<'a> {
    version: &'static Version,
    destination: &'a [u8],
    /// Where the packet number stands.
    number: usize,
    /// Where the packet ends.
    end: usize,
}

impl<'a> Header<'a> {
    fn read(packet: &'a [u8]) -> Option<Header<'a>> {
        let (first, mut rest) = packet.split_first()?;
        let (number, after) = rest.split_first_chunk::<4>()?;
        let number = u32::from_be_bytes(*number);
        let version = VERSIONS.iter().find(|version| version.number == number)?;
        if first & 0xc0 != 0xc0 || first >> 4 & 3 != version.initial {
            return None;
        }
        rest = after;
        let mut id = || {
            let (length, after) = rest.split_first()?;
            let (id, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            (id.len() <= LONGEST_ID).then_some(id)
        };
        let destination = id()?;
        id()?;
        let mut cursor = Varints(rest);
        let token = cursor.next()?;
        cursor.take(token)?;
        let length = usize::try_from(cursor.next()?).ok()?;
        let number = packet.len() - cursor.0.len();
        let end = number.checked_add(length)?;
        // Room for the longest number and the sample behind it.
        (length >= 4 + SAMPLE && end <= packet.len()).then_some(Header { version, destination, number, end })
    }
}

/// The keys of a client's Initials.
struct Keys {
    cipher: Aes128Gcm,
    vector: [u8; 12],
    mask: Aes128,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    fn of(version: &Version, destination: &[u8]) -> Option<Keys> {
        let (_, secret) = Hkdf::<Sha256>::extract(Some(&version.salt), destination);
        let client: [u8; 32] = expand(&secret, b"tls13 client in")?;
        let client = Hkdf::<Sha256>::from_prk(&client).ok()?;
        let [key, vector, mask] = version.labels;
        let key: [u8; 16] = expand(&client, key)?;
        let mask: [u8; 16] = expand(&client, mask)?;
        Some(Keys {
            cipher: Aes128Gcm::new(&key.into()),
            vector: expand(&client, vector)?,
            mask: Aes128::new(&mask.into()),
        })
    }

    /// The content of a packet; `None` where the keys do not fit.
    fn open(&self, header: &Header<'_>, packet: &[u8]) -> Option<Vec<u8>> {
        let sample = packet.get(header.number + 4..)?.first_chunk::<SAMPLE>()?;
        let mut mask = (*sample).into();
        self.mask.encrypt_block(&mut mask);
        let mut opened = packet.get(..header.end)?.to_vec();
        let first = opened.first_mut()?;
        *first ^= mask.first()? & 0x0f;
        let length = usize::from(*first & 3) + 1;
        let mut number = 0_u32;
        for (byte, mask) in
            opened.get_mut(header.number..header.number + length)?.iter_mut().zip(mask.iter().skip(1))
        {
            *byte ^= mask;
            number = number << 8 | u32::from(*byte);
        }
        let mut nonce = self.vector;
        for (byte, number) in nonce.iter_mut().skip(8).zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        let (associated, content) = opened.split_at_mut_checked(header.number + length)?;
        let (content, tag) = content.split_at_mut_checked(content.len().checked_sub(TAG)?)?;
        let tag: [u8; TAG] = (&*tag).try_into().ok()?;
        let opened = self.cipher.decrypt_inout_detached(
            &nonce.into(),
            associated,
            InOutBuf::from(&mut *content),
            &tag.into(),
        );
        opened.ok().map(|()| content.to_vec())
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1), without context; the label has its prefix.
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &[u8]) -> Option<[u8; N]> {
    let mut info = Vec::with_capacity(4 + label.len());
    info.extend(u16::try_from(N).ok()?.to_be_bytes());
    info.push(u8::try_from(label.len()).ok()?);
    info.extend_from_slice(label);
    info.push(0);
    let mut key = [0; N];
    secret.expand(&info, &mut key).ok().map(|()| key)
}

/// Numbers of variable length (RFC 9000 section 16).
struct Varints<'a>(&'a [u8]);

impl<'a> Varints<'a> {
    fn next(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        let more = (1_usize << (first >> 6)) - 1;
        let (bytes, rest) = rest.split_at_checked(more)?;
        self.0 = rest;
        Some(bytes.iter().fold(u64::from(first & 0x3f), |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn piece(&mut self) -> Option<(u64, &'a [u8])> {
        let offset = self.next()?;
        let length = self.next()?;
        Some((offset, self.take(length)?))
    }

    fn pass_acknowledgement(&mut self, congestion: bool) -> Option<()> {
        self.next()?;
        self.next()?;
        let ranges = self.next()?;
        self.next()?;
        for _ in 0..ranges {
            self.next()?;
            self.next()?;
        }
        if congestion {
            for _ in 0..3 {
                self.next()?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
pub(in crate::pcap) mod tests {
    use super::super::tls::tests::hello;
    use super::*;
    use crate::windows::testing::Dice;

    const ID: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

    /// An Initial with these frames, as a client seals it.
    pub(in crate::pcap) fn initial(version: usize, number: u32, frames: &[u8]) -> Vec<u8> {
        let version = &VERSIONS[version];
        let keys = Keys::of(version, &ID).unwrap();
        let mut packet = vec![0xc3 | version.initial << 4];
        packet.extend(version.number.to_be_bytes());
        packet.push(8);
        packet.extend(ID);
        packet.extend([0, 0]);
        let length = 4 + frames.len() + TAG;
        packet.extend((0x4000 | length as u16).to_be_bytes());
        let at = packet.len();
        packet.extend(number.to_be_bytes());
        let mut nonce = keys.vector;
        for (byte, number) in nonce[8..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        let mut content = frames.to_vec();
        let tag = keys
            .cipher
            .encrypt_inout_detached(&nonce.into(), &packet, InOutBuf::from(content.as_mut_slice()))
            .unwrap();
        packet.extend(content);
        packet.extend(tag);
        let mut mask = <[u8; 16]>::try_from(&packet[at + 4..at + 20]).unwrap().into();
        keys.mask.encrypt_block(&mut mask);
        packet[0] ^= mask[0] & 0x0f;
        for place in 0..4 {
            packet[at + place] ^= mask[1 + place];
        }
        packet
    }

    /// A frame with a piece of the handshake.
    pub(in crate::pcap) fn piece(offset: usize, bytes: &[u8]) -> Vec<u8> {
        let mut frame = vec![6];
        frame.extend((0x8000_0000 | offset as u32).to_be_bytes());
        frame.extend((0x8000_0000 | bytes.len() as u32).to_be_bytes());
        frame.extend(bytes);
        frame
    }

    /// The first packet of the sample in RFC 9001 appendix A.2: header and the start of its content.
    #[test]
    fn keys_are_those_of_the_standard() {
        let keys = Keys::of(&VERSIONS[0], &ID).unwrap();
        assert_eq!(keys.vector, [0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c]);
        let mut mask =
            [0xd1, 0xb1, 0xc9, 0x8d, 0xd7, 0x68, 0x9f, 0xb8, 0xec, 0x11, 0xd2, 0x42, 0xb1, 0x23, 0xdc, 0x9b]
                .into();
        keys.mask.encrypt_block(&mut mask);
        assert_eq!(mask[..5], [0x43, 0x7b, 0x9a, 0xec, 0x36]);
    }

    #[test]
    fn the_name_is_found_in_each_version_and_over_several_datagrams() {
        let hello = hello("Cdn.Example", 1_400);
        for version in 0..VERSIONS.len() {
            let mut initials = Initials::default();
            let (first, second) = hello.split_at(900);
            let late = [[0; 30].as_slice(), &piece(900, second), &[1]].concat();
            assert_eq!(initials.add(&initial(version, 1, &late)), Hello::More);
            let frames = [piece(0, &first[..400]), piece(400, &first[400..])].concat();
            assert_eq!(initials.add(&initial(version, 0, &frames)), Hello::Name("cdn.example".into()));
        }
    }

    #[test]
    fn several_packets_of_one_datagram_are_read() {
        let hello = hello("cdn.example", 100);
        let (first, second) = hello.split_at(60);
        let datagram = [initial(0, 0, &piece(0, first)), initial(0, 1, &piece(60, second))].concat();
        assert_eq!(Initials::default().add(&datagram), Hello::Name("cdn.example".into()));
    }

    #[test]
    fn a_wrong_tag_is_no_quic() {
        let mut datagram = initial(0, 0, &piece(0, &hello("cdn.example", 0)));
        *datagram.last_mut().unwrap() ^= 1;
        let mut initials = Initials::default();
        assert_eq!((initials.add(&datagram), initials.certain), (Hello::None, false));
    }

    #[test]
    fn mutations_never_panic() {
        let mut dice = Dice(0x5eed_0004);
        let frames = [[2, 5, 0, 0, 5].as_slice(), &piece(0, &hello("cdn.example", 20))].concat();
        let datagram = initial(0, 0, &frames);
        for _ in 0..3_000 {
            Initials::default().add(&dice.damage(&datagram));
            // And with content that is authentic and wrong.
            Initials::default().add(&initial(1, 9, &dice.damage(&frames)));
        }
    }
}
