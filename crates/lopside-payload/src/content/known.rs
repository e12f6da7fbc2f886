//! Protocols that are encrypted or authenticated by design, and others that are told by a few bytes.

use std::collections::BTreeSet;

use super::{big, little};
use crate::class::printable;
use crate::statistics::{Alphabet, even};

/// What a message was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    Tls,
    Dtls,
    Quic,
    Ssh,
    WireGuard,
    Rtp,
    Stun,
    OpenVpn,
    Http2,
    Esp,
}

impl Known {
    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Known::Tls => "TLS",
            Known::Dtls => "DTLS",
            Known::Quic => "QUIC",
            Known::Ssh => "SSH",
            Known::WireGuard => "WireGuard",
            Known::Rtp => "RTP",
            Known::Stun => "STUN",
            Known::OpenVpn => "OpenVPN",
            Known::Http2 => "HTTP/2",
            Known::Esp => "IPsec",
        }
    }

    /// Content is encrypted by the protocol, so that its randomness says nothing.
    pub(crate) fn encrypted(self) -> bool {
        !matches!(self, Known::Rtp | Known::Stun | Known::Http2)
    }
}

/// The protocol of a stream message that starts at the first byte.
pub(crate) fn stream(bytes: &[u8]) -> Option<Known> {
    if tls(bytes) {
        return Some(Known::Tls);
    }
    if bytes.starts_with(b"SSH-2.0-") || bytes.starts_with(b"SSH-1.99-") {
        return Some(Known::Ssh);
    }
    if bytes.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
        return Some(Known::Http2);
    }
    None
}

/// Records of TLS that follow each other to the end of the bytes.
pub(crate) fn tls(bytes: &[u8]) -> bool {
    let mut at = 0;
    let mut records = 0;
    while let (Some(kind), Some(version), Some(length)) =
        (bytes.get(at), big(bytes, at + 1, 2), big(bytes, at + 3, 2))
    {
        if !(20..=24).contains(kind)
            || !(0x0300..=0x0304).contains(&version)
            || length > 18_432
            || length == 0
        {
            return false;
        }
        records += 1;
        at += 5 + usize::try_from(length).unwrap_or(0);
    }
    records > 0
}

/// The protocol of a datagram.
pub(crate) fn datagram(bytes: &[u8], length: u64) -> Option<Known> {
    let first = *bytes.first()?;
    if (20..=25).contains(&first) && matches!(big(bytes, 1, 2), Some(0xFEFF | 0xFEFD | 0xFEFC | 0x0100)) {
        let record = big(bytes, 11, 2)? + 13;
        return (record <= length).then_some(Known::Dtls);
    }
    if first & 0xC0 == 0xC0
        && matches!(big(bytes, 1, 4), Some(1 | 0 | 0x6B33_43CF | 0xFF00_0000..=0xFF00_00FF))
    {
        let (destination, at) = (usize::from(*bytes.get(5)?), 6);
        let source = usize::from(*bytes.get(at + destination)?);
        return (destination <= 20 && source <= 20 && length >= 21).then_some(Known::Quic);
    }
    if first & 0xC0 == 0xC0
        && bytes
            .get(1..5)
            .is_some_and(|version| matches!(version, [b'Q' | b'T', b'0', b'0'..=b'9', b'0'..=b'9']))
    {
        return Some(Known::Quic);
    }
    if bytes.get(1..4) == Some(&[0, 0, 0]) {
        let fits = matches!((first, length), (1, 148) | (2, 92) | (3, 64))
            || (first == 4 && length >= 32 && length.is_multiple_of(16));
        if fits {
            return Some(Known::WireGuard);
        }
    }
    if first & 0xC0 == 0 && big(bytes, 4, 4) == Some(0x2112_A442) && big(bytes, 2, 2)? + 20 == length {
        return Some(Known::Stun);
    }
    None
}

/// How far the clock of RTP goes on from one packet to the next, at the most, back or forth: eleven seconds at the rate of video.
const CLOCK_STEP: u64 = 1 << 20;

/// Whether datagrams of one direction are RTP: version 2, one or few sources, sequence numbers that go up by one, and a clock that goes
/// on with them.
pub(crate) fn rtp(messages: &[(u64, &[u8])]) -> bool {
    let headers: Vec<(u64, u64, u64)> = messages
        .iter()
        .filter_map(|(index, bytes)| {
            let first = *bytes.first()?;
            let kind = *bytes.get(1)?;
            let control = (192..=223).contains(&kind);
            (first >> 6 == 2 && !control).then_some((*index, big(bytes, 2, 2)?, big(bytes, 8, 4)?))
        })
        .collect();
    if headers.len() < 4 || headers.len() * 4 < messages.len() * 3 {
        return false;
    }
    let steps = headers.windows(2).filter(|pair| match pair {
        [(index, sequence, source), (next_index, next_sequence, next_source)] => {
            let step = next_sequence.wrapping_sub(*sequence) & 0xFFFF;
            let between = next_index - index;
            source != next_source
                || (step >= 1 && step <= between.max(1) + 2)
                || (between > 1 && step > 0 && step <= between * 2)
        }
        _ => false,
    });
    let mut sources: Vec<u64> = headers.iter().map(|(_, _, source)| *source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.len() * 3 <= headers.len() && steps.count() * 10 >= (headers.len() - 1) * 8 && has_clock(messages)
}

/// Whether the numbers at the place of RTP's clock lie near to each other from one datagram to the next of its source: others have text
/// or lengths there.
fn has_clock(messages: &[(u64, &[u8])]) -> bool {
    let clocks: Vec<(u64, u64, u64)> = messages
        .iter()
        .filter_map(|(index, bytes)| Some((*index, big(bytes, 4, 4)?, big(bytes, 8, 4)?)))
        .collect();
    let (mut pairs, mut near) = (0, 0);
    for pair in clocks.windows(2) {
        let [(index, clock, source), (next_index, next_clock, next_source)] = pair else { continue };
        if source == next_source {
            pairs += 1;
            let step = next_clock.wrapping_sub(*clock) & 0xFFFF_FFFF;
            let step = step.min((1 << 32) - step);
            near += usize::from(step <= CLOCK_STEP.saturating_mul(next_index - index));
        }
    }
    near * 5 >= pairs * 3
}

/// Whether datagrams of one direction are ESP: one index, and sequence numbers that go up. Only on its port: others count their messages
/// too.
pub(crate) fn esp(messages: &[(u64, &[u8])]) -> bool {
    counted(messages, |bytes| Some((big(bytes, 0, 4)?, big(bytes, 4, 4)?)))
}

/// Whether datagrams are OpenVPN's data packets: an operation code with a peer, packet numbers that go up, and no text behind them.
pub(crate) fn open_vpn(messages: &[(u64, &[u8])]) -> bool {
    let data: Vec<(u64, &[u8])> = messages
        .iter()
        .copied()
        .filter(|(_, bytes)| bytes.first().is_some_and(|first| first >> 3 == 9))
        .collect();
    let text = data.iter().filter(|(_, bytes)| bytes.get(8..).is_some_and(|held| printable(held) > 0.6));
    data.len() * 4 >= messages.len() * 3
        && text.count() * 2 < data.len()
        && counted(&data, |bytes| Some((big(bytes, 0, 4)?, big(bytes, 4, 4)?)))
}

/// The fewest packets of QUIC that show what they are without those that open the connection, the shortest identifier of the other end
/// that is asked for, the longest that there is, and how many kinds of first bytes there are at least.
const LATER_PACKETS: usize = 16;
const IDENTIFIER: usize = 4;
const LONGEST_IDENTIFIER: usize = 20;
const FIRST_BYTES: usize = 8;

/// Whether datagrams of one direction are the packets that QUIC sends once a connection stands (RFC 9000, 17.3.1): a first byte whose
/// upper two bits are 01 and whose lower five are masked in each packet anew, the identifier that the other end chose, and what is sealed.
/// A capture that begins late, or a conversation after a silence, has no others.
pub(crate) fn quic_later(messages: &[(u64, &[u8])], limit: f64) -> bool {
    let first_bits = |(_, bytes): &(u64, &[u8])| bytes.first().is_some_and(|first| first >> 6 == 1);
    if messages.len() < LATER_PACKETS || !messages.iter().all(first_bits) {
        return false;
    }
    let firsts: BTreeSet<u8> =
        messages.iter().filter_map(|(_, bytes)| bytes.first().map(|first| first & 31)).collect();
    let identifier = |bytes: &&[u8]| {
        bytes.get(1..=IDENTIFIER).is_some_and(|found| {
            messages.first().and_then(|(_, first)| first.get(1..=IDENTIFIER)) == Some(found)
        })
    };
    let alike = messages.iter().map(|(_, bytes)| *bytes).filter(identifier).count();
    let sealed: Vec<u8> = messages
        .iter()
        .filter_map(|(_, bytes)| bytes.get(1 + LONGEST_IDENTIFIER..))
        .flatten()
        .take(SEALED)
        .copied()
        .collect();
    firsts.len() >= FIRST_BYTES
        && alike * 10 >= messages.len() * 9
        && even(&sealed, limit).is_some_and(|even| even.alphabet == Alphabet::Bytes)
}

/// Sealed bytes looked at.
const SEALED: usize = 16 << 10;

/// A constant beside a number that counts the messages, in at least four of them.
fn counted(messages: &[(u64, &[u8])], fields: impl Fn(&[u8]) -> Option<(u64, u64)>) -> bool {
    let found: Vec<(u64, u64, u64)> = messages
        .iter()
        .filter_map(|(index, bytes)| fields(bytes).map(|(constant, number)| (*index, constant, number)))
        .collect();
    if found.len() < 4 || found.len() < messages.len() {
        return false;
    }
    found.windows(2).all(|pair| match pair {
        [(index, constant, number), (next_index, next_constant, next_number)] => {
            let step = next_number.wrapping_sub(*number);
            constant == next_constant && step >= 1 && step <= (next_index - index).saturating_mul(4) + 4
        }
        _ => false,
    })
}

/// Whether datagrams of one direction carry a counter in their first sixteen bytes that goes up with each of them: a protocol with a
/// header, whatever it carries.
pub(crate) fn counter(messages: &[(u64, &[u8])]) -> Option<usize> {
    if messages.len() < 8 {
        return None;
    }
    for at in 0..16 {
        for width in [4, 2, 1] {
            for read in [big, little] {
                let modulus = 1u64 << (8 * width);
                let steps = |pair: &[(u64, &[u8])]| match pair {
                    [(index, bytes), (next_index, next)] => {
                        let (Some(a), Some(b)) = (read(bytes, at, width), read(next, at, width)) else {
                            return false;
                        };
                        let step = b.wrapping_sub(a) & (modulus - 1);
                        let between = next_index - index;
                        step >= 1 && step <= between.saturating_mul(2).max(1) && step < modulus / 2
                    }
                    _ => false,
                };
                let right = messages.windows(2).filter(|pair| steps(pair)).count();
                if right * 10 >= (messages.len() - 1) * 9 {
                    return Some(at);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn encrypted_protocols_are_told() {
        assert_eq!(stream(b"\x16\x03\x01\x00\x04abcd\x17\x03\x03\x00\x02x"), Some(Known::Tls));
        assert_eq!(stream(b"SSH-2.0-OpenSSH_9.6\r\n"), Some(Known::Ssh));
        assert_eq!(stream(b"\x16\x03\x01\xFF\xFFabcd"), None);
        assert_eq!(datagram(b"\xC3\0\0\0\x01\x08abcdefgh\x00\x00", 1200), Some(Known::Quic));
        assert_eq!(datagram(b"\x04\0\0\0abcdefgh", 96), Some(Known::WireGuard));
        assert_eq!(datagram(b"\x16\xFE\xFD\0\0\0\0\0\0\0\0\0\x10rest", 29), Some(Known::Dtls));
    }

    #[test]
    fn later_packets_of_quic_are_told_without_those_before() {
        let told = |first: fn(&mut Chance) -> u8, identifier: bool, sealed: bool, count: usize| {
            let mut chance = Chance::new(5);
            let packets: Vec<Vec<u8>> = (0..count)
                .map(|_| {
                    let own = chance.bytes(8);
                    let identifier =
                        if identifier { b"\xE2\xD2\xAB\xC5\xCF\x0F\x53\x3A".as_slice() } else { &own };
                    let rest = if sealed { chance.bytes(90) } else { chance.of(b"status of the yard", 90) };
                    [&[first(&mut chance)], identifier, &rest].concat()
                })
                .collect();
            let messages: Vec<(u64, &[u8])> =
                packets.iter().enumerate().map(|(n, bytes)| (n as u64, bytes.as_slice())).collect();
            quic_later(&messages, 4.0)
        };
        assert!(told(|chance| 0x40 | chance.below(64) as u8, true, true, 24));
        assert!(!told(|chance| 0x40 | chance.below(64) as u8, true, true, 12));
        assert!(!told(|chance| 0x40 | chance.below(64) as u8, false, true, 24));
        assert!(!told(|chance| 0x40 | chance.below(64) as u8, true, false, 24));
        // A byte of any value, as a length or a type, and one of few.
        assert!(!told(|chance| chance.below(256) as u8, true, true, 24));
        assert!(!told(|chance| 0x41 + chance.below(4) as u8, true, true, 24));
    }

    #[test]
    fn a_counter_before_text_is_no_openvpn() {
        let mut chance = Chance::new(3);
        let mut told = |text: bool| {
            let packets: Vec<Vec<u8>> = (0..10u32)
                .map(|n| {
                    let held = if text {
                        b"an order of the day, as it is written down".to_vec()
                    } else {
                        chance.bytes(60)
                    };
                    [b"I\xC0\x01\0".as_slice(), &n.to_be_bytes(), &held].concat()
                })
                .collect();
            let messages: Vec<(u64, &[u8])> =
                packets.iter().enumerate().map(|(n, bytes)| (n as u64, bytes.as_slice())).collect();
            open_vpn(&messages)
        };
        assert!(told(false) && !told(true));
    }

    #[test]
    fn media_is_told_by_its_sequence_numbers() {
        let mut chance = Chance::new(2);
        let packets: Vec<Vec<u8>> = (0..10u16)
            .map(|n| {
                [&[0x80, 96][..], &n.to_be_bytes(), &[0, 0, 0, 1, 9, 9, 9, 9], &chance.bytes(100)].concat()
            })
            .collect();
        let messages: Vec<(u64, &[u8])> =
            packets.iter().enumerate().map(|(n, bytes)| (n as u64, bytes.as_slice())).collect();
        assert!(rtp(&messages));
        let noise: Vec<Vec<u8>> = (0..40).map(|_| chance.bytes(100)).collect();
        let messages: Vec<(u64, &[u8])> =
            noise.iter().enumerate().map(|(n, bytes)| (n as u64, bytes.as_slice())).collect();
        assert!(!rtp(&messages) && !esp(&messages) && counter(&messages).is_none());
        // A number, a length and a text that begins alike.
        let texts: Vec<Vec<u8>> = (0..20u16)
            .map(|n| {
                let length = 300 + chance.below(900) as u16;
                [&[0x8F, 0x42][..], &n.to_be_bytes(), &length.to_be_bytes(), b"report of the yard"].concat()
            })
            .collect();
        let messages: Vec<(u64, &[u8])> =
            texts.iter().enumerate().map(|(n, bytes)| (n as u64, bytes.as_slice())).collect();
        assert!(!rtp(&messages));
    }
}
