//! Addresses, ports and protocols, and the classes of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// An IANA protocol number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Protocol(pub u8);

impl Protocol {
    /// TCP.
    pub const TCP: Protocol = Protocol(6);
    /// UDP.
    pub const UDP: Protocol = Protocol(17);
    /// ICMP for IPv4.
    pub const ICMP: Protocol = Protocol(1);
    /// ICMP for IPv6.
    pub const ICMP6: Protocol = Protocol(58);

    /// Reads a name (`tcp`, `UDP`, `icmp`, `ipv6-icmp`) or a number.
    pub fn parse(text: &str) -> Option<Protocol> {
        const NAMES: [(&str, Protocol); 8] = [
            ("tcp", Protocol::TCP),
            ("udp", Protocol::UDP),
            ("icmp", Protocol::ICMP),
            ("icmp6", Protocol::ICMP6),
            ("ipv6-icmp", Protocol::ICMP6),
            ("icmpv6", Protocol::ICMP6),
            ("sctp", Protocol(132)),
            ("gre", Protocol(47)),
        ];
        let named = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, number)| *number);
        named.or_else(|| text.parse().ok().map(Protocol))
    }

    /// `tcp`, `udp`, `icmp`, `icmp6`, else the number.
    pub fn name(self) -> String {
        match self {
            Protocol::TCP => "tcp".into(),
            Protocol::UDP => "udp".into(),
            Protocol::ICMP => "icmp".into(),
            Protocol::ICMP6 => "icmp6".into(),
            Protocol(number) => format!("ip-{number}"),
        }
    }

    /// Whether ports of this protocol are ports (ICMP "ports" are types and codes).
    pub fn has_ports(self) -> bool {
        matches!(self.0, 6 | 17 | 132)
    }
}

/// An address with a port; port 0 stands for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address, IPv4-mapped IPv6 collapsed.
    pub ip: IpAddr,
    /// The port, or the type or code of ICMP.
    pub port: u16,
}

impl Endpoint {
    /// An endpoint of these parts.
    pub fn new(ip: IpAddr, port: u16) -> Endpoint {
        Endpoint { ip: canonical(ip), port }
    }
}

/// The two ends of a conversation without direction, and its protocol: what flows and connections meet by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conversation {
    /// The smaller endpoint.
    pub low: Endpoint,
    /// The larger endpoint.
    pub high: Endpoint,
    /// The protocol.
    pub protocol: Protocol,
}

impl Conversation {
    /// The conversation between two endpoints, in either order.
    pub fn between(a: Endpoint, b: Endpoint, protocol: Protocol) -> Conversation {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        Conversation { low, high, protocol }
    }

    /// A hash that is the same on every machine and run.
    pub fn stable_hash(&self) -> u64 {
        let mut hash = StableHash::default();
        for end in [self.low, self.high] {
            hash.write(&bits(end.ip).to_le_bytes());
            hash.write(&end.port.to_le_bytes());
        }
        hash.write(&[self.protocol.0]);
        hash.finish()
    }
}

/// FNV-1a with a final mix: for partitioning and ids, where the value must be the same on every machine and run.
/// Not for tables keyed by what an attacker chooses.
#[derive(Clone, Copy, Debug)]
pub struct StableHash(u64);

impl Default for StableHash {
    fn default() -> Self {
        StableHash(0xcbf2_9ce4_8422_2325)
    }
}

impl StableHash {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let word = chunk.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
            self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
        for byte in chunks.remainder() {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The hash of all bytes so far (finalizer of MurmurHash3).
    pub fn finish(self) -> u64 {
        let mut h = self.0;
        h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ (h >> 33)
    }

    /// The hash of one byte string.
    pub fn of(bytes: &[u8]) -> u64 {
        let mut hash = StableHash::default();
        hash.write(bytes);
        hash.finish()
    }
}

/// Collapses IPv4-mapped IPv6 to IPv4.
pub fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// Reads an address as telemetry writes it: IPv4, IPv6 in any form, with a zone (`%12`) or brackets, mapped IPv4.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    // The form that resolvers on Windows write, and the plain one.
    let plain = text.as_bytes().strip_prefix(b"::ffff:").unwrap_or(text.as_bytes());
    if plain.first().is_some_and(u8::is_ascii_digit)
        && let Some(four) = parse_four(plain)
    {
        return Some(IpAddr::V4(four));
    }
    if !text.contains(':') {
        return None;
    }
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse::<Ipv6Addr>().ok().map(|six| canonical(IpAddr::V6(six)))
}

/// Reads four numbers with dots and without leading zeros. The dots are found first, so that no number waits for another.
fn parse_four(text: &[u8]) -> Option<Ipv4Addr> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOWS: u64 = ONES * 0x7f;
    let length = text.len();
    if !(7..=15).contains(&length) {
        return None;
    }
    let (low, high) = match text.first_chunk::<8>() {
        Some(first) => {
            let last = u64::from_le_bytes(*text.last_chunk::<8>()?);
            (u64::from_le_bytes(*first), if length == 8 { 0 } else { last >> (8 * (16 - length)) })
        }
        None => {
            let half = |bytes: [u8; 4]| u64::from(u32::from_le_bytes(bytes));
            (half(*text.first_chunk::<4>()?) | half(*text.last_chunk::<4>()?) << 24, 0)
        }
    };
    // A bit for each byte that is a dot.
    let dots = |word: u64| {
        let others = word ^ (ONES * u64::from(b'.'));
        let found = !(((others & LOWS) + LOWS) | others | LOWS);
        ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
    };
    let mut left = dots(low) | dots(high) << 8;
    if left.count_ones() != 3 {
        return None;
    }
    let first = left.trailing_zeros();
    left &= left - 1;
    let second = left.trailing_zeros();
    let third = 31 - left.leading_zeros();
    let word = u128::from(low) | u128::from(high) << 64;
    let one = part(word as u32, first)?;
    let two = part((word >> (8 * (first + 1))) as u32, second - first - 1)?;
    let three = part((word >> (8 * (second + 1))) as u32, third - second - 1)?;
    let four = part((word >> (8 * (third + 1))) as u32, length as u32 - third - 1)?;
    Some(Ipv4Addr::from_bits(one << 24 | two << 16 | three << 8 | four))
}

/// A number of one to three digits at the start of a word, up to 255.
#[inline(always)]
fn part(word: u32, length: u32) -> Option<u32> {
    const HIGHS: u32 = 0x8080_8080;
    if !(1..=3).contains(&length) {
        return None;
    }
    let digits = (word ^ 0x3030_3030) << (8 * (4 - length));
    let value = (digits >> 24) + (digits >> 16 & 0xff) * 10 + (digits >> 8 & 0xff) * 100;
    let sound = (digits.wrapping_add(0x7676_7676) | digits) & HIGHS == 0;
    let leading_zero = length > 1 && word & 0xff == 0x30;
    (sound && !leading_zero && value <= 255).then_some(value)
}

/// An address as 128 bits (IPv4 as mapped): the form in which tables hold it.
#[inline]
pub fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(four) => MAPPED << 32 | u128::from(four.to_bits()),
        IpAddr::V6(six) => six.to_bits(),
    }
}

/// The inverse of [`bits`].
#[inline]
pub fn from_bits(bits: u128) -> IpAddr {
    if bits >> 32 == MAPPED {
        // The low half of the low half.
        return IpAddr::V4(Ipv4Addr::from_bits(bits as u32));
    }
    IpAddr::V6(Ipv6Addr::from_bits(bits))
}

/// What stands before the 32 bits of an IPv4 address (RFC 4291, 2.5.5.2).
const MAPPED: u128 = 0xffff;

/// What kind of address this is, before anybody says which networks are local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// 127/8, ::1.
    Loopback,
    /// 0.0.0.0, ::.
    Unspecified,
    /// 169.254/16, fe80::/10.
    LinkLocal,
    /// RFC 1918 and fc00::/7.
    Private,
    /// 100.64/10: shared by carriers and overlay networks.
    Shared,
    /// 224/4, ff00::/8.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// The platform's own service addresses (168.63.129.16, 169.254.169.254).
    Platform,
    /// Everything else.
    Public,
}

/// The class of an address (RFC 6890 and the platform addresses of the large clouds).
pub fn class(ip: IpAddr) -> AddressClass {
    const PLATFORM: [Ipv4Addr; 2] = [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(169, 254, 169, 254)];
    match ip {
        IpAddr::V4(four) if PLATFORM.contains(&four) => AddressClass::Platform,
        IpAddr::V4(four) if four.is_loopback() => AddressClass::Loopback,
        IpAddr::V4(four) if four.octets()[0] == 0 => AddressClass::Unspecified,
        IpAddr::V4(four) if four.is_link_local() => AddressClass::LinkLocal,
        IpAddr::V4(four) if four.is_private() => AddressClass::Private,
        IpAddr::V4(four) if four.octets()[0] == 100 && four.octets()[1] & 0xc0 == 64 => AddressClass::Shared,
        IpAddr::V4(four) if four.is_multicast() => AddressClass::Multicast,
        IpAddr::V4(four) if four.is_broadcast() => AddressClass::Broadcast,
        IpAddr::V4(_) => AddressClass::Public,
        IpAddr::V6(six) if six.is_loopback() => AddressClass::Loopback,
        IpAddr::V6(six) if six.is_unspecified() => AddressClass::Unspecified,
        IpAddr::V6(six) if six.is_multicast() => AddressClass::Multicast,
        IpAddr::V6(six) if six.segments()[0] & 0xffc0 == 0xfe80 => AddressClass::LinkLocal,
        IpAddr::V6(six) if six.segments()[0] & 0xfe00 == 0xfc00 => AddressClass::Private,
        IpAddr::V6(_) => AddressClass::Public,
    }
}

/// Whether the address stands for a group rather than for one machine.
pub fn is_group(ip: IpAddr) -> bool {
    matches!(class(ip), AddressClass::Multicast | AddressClass::Broadcast)
}

/// Where the peer of a transfer stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Outside the local networks.
    #[default]
    External,
    /// Another local address.
    Internal,
    /// The same host, or a link-local, loopback, multicast or platform address.
    Local,
}

impl Scope {
    /// As tables store it.
    pub fn code(self) -> u8 {
        match self {
            Scope::External => 0,
            Scope::Internal => 1,
            Scope::Local => 2,
        }
    }

    /// The inverse of `code`; an unknown code is the last value.
    pub fn from_code(code: u8) -> Scope {
        match code {
            0 => Scope::External,
            1 => Scope::Internal,
            _ => Scope::Local,
        }
    }

    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Scope::External => "external",
            Scope::Internal => "internal",
            Scope::Local => "local",
        }
    }
}

/// Who opened a transfer, seen from the host that the row is told from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The host opened it to an external peer.
    Outbound,
    /// An external peer opened it.
    Inbound,
    /// Both ends are local.
    Internal,
    /// Both ends are the same host, or it stays on the link.
    Local,
    /// Neither end is local, or the initiator is not known.
    #[default]
    Unknown,
}

impl Direction {
    /// As tables store it.
    pub fn code(self) -> u8 {
        match self {
            Direction::Outbound => 0,
            Direction::Inbound => 1,
            Direction::Internal => 2,
            Direction::Local => 3,
            Direction::Unknown => 4,
        }
    }

    /// The inverse of `code`; an unknown code is the last value.
    pub fn from_code(code: u8) -> Direction {
        match code {
            0 => Direction::Outbound,
            1 => Direction::Inbound,
            2 => Direction::Internal,
            3 => Direction::Local,
            _ => Direction::Unknown,
        }
    }

    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
            Direction::Internal => "internal",
            Direction::Local => "local",
            Direction::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_numbers_are_read_as_the_library_reads_them() {
        let mut texts: Vec<String> = [
            "10.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "01.2.3.4",
            "1..2.3",
            ".1.2.3",
            "1.2.3.",
            "",
            "1.2.3.4 ",
            "1.2.3.a",
            "1.2.3.0004",
            "1111.2.3.4",
            "1.2.3.4.",
            "...........",
            "9.9.9.99",
            "1.2.3./",
        ]
        .map(str::to_owned)
        .to_vec();
        // Every byte in every place of a few.
        for text in ["1.2.3.4", "10.20.30.41", "192.168.100.200", "12.3.4.56"] {
            for place in 0..text.len() {
                for byte in 0..=127_u8 {
                    let mut changed = text.as_bytes().to_vec();
                    changed[place] = byte;
                    texts.push(String::from_utf8(changed).unwrap());
                }
            }
        }
        for text in texts {
            assert_eq!(parse_four(text.as_bytes()), text.parse().ok(), "{text}");
            let mapped = format!("::ffff:{text}");
            let expected = mapped.parse::<Ipv6Addr>().ok().map(|six| canonical(IpAddr::V6(six)));
            if !text.contains(['%', ']']) {
                assert_eq!(parse_ip(&mapped), expected, "{mapped}");
            }
        }
    }

    #[test]
    fn uncompressed_compressed_and_mapped_are_one_address() {
        assert_eq!(parse_ip("fe80:0:0:0:90e:17af:263c:5209"), parse_ip("fe80::90e:17af:263c:5209%12"));
        assert_eq!(parse_ip("::ffff:10.0.0.1"), parse_ip("10.0.0.1"));
        assert_eq!(parse_ip("host"), None);
        let ip = parse_ip("10.0.0.1").unwrap();
        assert_eq!(from_bits(bits(ip)), ip);
    }

    #[test]
    fn a_conversation_has_no_direction() {
        let (a, b) = (
            Endpoint::new(parse_ip("10.0.0.1").unwrap(), 80),
            Endpoint::new(parse_ip("10.0.0.2").unwrap(), 50_000),
        );
        let there = Conversation::between(a, b, Protocol::TCP);
        assert_eq!(there, Conversation::between(b, a, Protocol::TCP));
        assert_eq!(there.stable_hash(), Conversation::between(b, a, Protocol::TCP).stable_hash());
    }

    #[test]
    fn classes() {
        for (text, expected) in [
            ("127.0.0.1", AddressClass::Loopback),
            ("10.1.2.3", AddressClass::Private),
            ("100.64.0.1", AddressClass::Shared),
            ("100.128.0.1", AddressClass::Public),
            ("168.63.129.16", AddressClass::Platform),
            ("fd00::1", AddressClass::Private),
            ("fe80::1", AddressClass::LinkLocal),
            ("2001:db8::1", AddressClass::Public),
            ("239.1.1.1", AddressClass::Multicast),
        ] {
            assert_eq!(class(parse_ip(text).unwrap()), expected, "{text}");
        }
    }
}
