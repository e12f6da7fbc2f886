//! Answers of the domain name system: which name an address was looked up by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lopside_model::{name, net};
use simple_dns::rdata::RData;
use simple_dns::{Packet, PacketFlag};

/// Addresses of one answer that are kept.
const MOST_ANSWERS: usize = 256;
const HEADER: usize = 12;
/// Bytes of the shortest question and of the shortest record.
const QUESTION: usize = 5;
const RECORD: usize = 11;

/// An answer with addresses in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pcap) struct Answer {
    /// The name that was asked for, not the last of its aliases.
    pub(in crate::pcap) name: String,
    /// Addresses and the seconds for which they hold.
    pub(in crate::pcap) addresses: Vec<(u128, u32)>,
}

/// Whether this is a message, by its header and its first question.
pub(super) fn begins(message: &[u8]) -> bool {
    let Some([_, _, first, second, q0, questions, a0, a1, n0, n1, x0, x1]) = message.first_chunk::<HEADER>()
    else {
        return false;
    };
    let counts = [[*a0, *a1], [*n0, *n1], [*x0, *x1]].map(u16::from_be_bytes);
    let answer = first & 0x80 > 0;
    // A kind of query that exists, the reserved bit clear, no failure in a query.
    let kind = first >> 3 & 15;
    let sound = matches!(kind, 0 | 4 | 5) && second & 0x40 == 0 && (answer || second & 15 == 0 || kind == 5);
    let room = usize::from(*questions) * QUESTION
        + counts.iter().map(|count| usize::from(*count) * RECORD).sum::<usize>();
    sound
        && *q0 == 0
        && *questions <= 32
        && (*questions > 0 || counts[0] > 0)
        && HEADER + room <= message.len()
        && question(message, *questions)
}

/// Whether the first question is one: labels of the right lengths, then a class that exists.
fn question(message: &[u8], questions: u8) -> bool {
    if questions == 0 {
        return true;
    }
    let mut at = HEADER;
    while let Some(length) = message.get(at) {
        match length {
            0 => {
                let class = message
                    .get(at + 3..at + 5)
                    .map(|bytes| bytes.iter().fold(0, |class, byte| class << 8 | u16::from(*byte)));
                // The upper bit asks for an answer to one alone (multicast).
                return class.is_some_and(|class| matches!(class & 0x7fff, 1..=4 | 254 | 255));
            }
            1..=63 => at += 1 + usize::from(*length),
            _ => return false,
        }
        if at > HEADER + 255 {
            return false;
        }
    }
    false
}

/// The addresses in an answer; `None` where there are none, or where it is damaged.
pub(super) fn answer(message: &[u8]) -> Option<Answer> {
    // The library makes room for as many records as the header promises.
    if !begins(message) {
        return None;
    }
    let packet = Packet::parse(message).ok()?;
    if !packet.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let asked = packet.questions.first()?;
    let name = name::clean(&asked.qname.to_string())?;
    let addresses: Vec<(u128, u32)> = packet
        .answers
        .iter()
        .filter_map(|record| match &record.rdata {
            RData::A(address) => {
                Some((net::bits(IpAddr::V4(Ipv4Addr::from_bits(address.address))), record.ttl))
            }
            RData::AAAA(address) => {
                Some((net::bits(IpAddr::V6(Ipv6Addr::from_bits(address.address))), record.ttl))
            }
            _ => None,
        })
        .take(MOST_ANSWERS)
        .collect();
    (!addresses.is_empty()).then_some(Answer { name, addresses })
}

#[cfg(test)]
pub(in crate::pcap) mod tests {
    use super::*;
    use crate::windows::testing::Dice;

    /// An answer: the name has an alias, and that an address.
    pub(in crate::pcap) fn message() -> Vec<u8> {
        let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
        message.extend(b"\x04Drop\x07example\x00\x00\x01\x00\x01");
        message.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03cdn\xc0\x11");
        message.extend(b"\xc0\x2a\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xcb\x00\x71\x4d");
        message
    }

    #[test]
    fn the_name_that_was_asked_for_gets_the_address_of_its_alias() {
        let answer = answer(&message()).unwrap();
        assert_eq!(answer.name, "drop.example");
        assert_eq!(answer.addresses, [(net::bits("203.0.113.77".parse().unwrap()), 300)]);
    }

    #[test]
    fn counts_that_lie_and_pointers_in_a_circle_are_refused() {
        let mut many = message();
        many[6] = 0xff;
        assert_eq!(answer(&many), None);
        let mut circle = message();
        circle[30..32].copy_from_slice(b"\xc0\x1e");
        let _told = answer(&circle);
        assert!(!begins(b"GET / HTTP/1.1\r\nHost: a\r\n"));
    }

    #[test]
    fn mutations_never_panic() {
        let mut dice = Dice(0x5eed_0006);
        for _ in 0..30_000 {
            let _told = answer(&dice.damage(&message()));
        }
    }
}
