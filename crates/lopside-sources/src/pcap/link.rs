//! Link layers: from the bytes of a frame to the IP packet in it.

use etherparse::{Ethernet2HeaderSlice, LinuxSllHeaderSlice, SingleVlanHeaderSlice};

/// Tags of virtual networks (and of MPLS) that are followed inside of each other.
const MOST_TAGS: usize = 8;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried<'a> {
    /// An IP packet, of the version that its first byte tells.
    Ip(&'a [u8]),
    /// Something that is no IP, by its name.
    Other(&'static str),
    /// A link layer that is not read, by its name.
    UnreadLink(&'static str),
    /// Nothing that can be read, and why.
    Damaged(&'static str),
}

/// Looks into a frame of this link type (a number of the registry of link types, <https://www.tcpdump.org/linktypes.html>).
pub(super) fn open(link: u16, frame: &[u8]) -> Carried<'_> {
    match link {
        1 => match Ethernet2HeaderSlice::from_slice(frame) {
            Ok(header) => ether_type(header.ether_type().0, rest(frame, 14)),
            Err(_) => SHORT,
        },
        // BSD loopback: a protocol family in the byte order of the machine; OpenBSD's always in that of the network.
        0 | 108 => match frame.first_chunk::<4>() {
            Some(family) => loopback(u32::from_be_bytes(*family), rest(frame, 4)),
            None => SHORT,
        },
        // Raw IP, and what single systems called it.
        12 | 14 | 101 | 228 | 229 => Carried::Ip(frame),
        113 => match LinuxSllHeaderSlice::from_slice(frame) {
            Ok(_) => ether_type(number(frame, 14), rest(frame, 16)),
            // The library knows a few kinds of device; the protocol stands at the same place for all.
            Err(_) if frame.len() >= 16 => ether_type(number(frame, 14), rest(frame, 16)),
            Err(_) => SHORT,
        },
        276 if frame.len() >= 20 => ether_type(number(frame, 0), rest(frame, 20)),
        276 => SHORT,
        // PPP, with or without the address and control bytes of HDLC.
        9 | 50 => {
            let at = if frame.starts_with(&[0xff, 0x03]) { 2 } else { 0 };
            point_to_point(number(frame, at), rest(frame, at + 2))
        }
        // PPPoE without Ethernet.
        51 => ether_type(0x8864, frame),
        _ => Carried::UnreadLink(name_of(link)),
    }
}

/// What follows an Ethernet type.
pub(super) fn ether_type(mut kind: u16, mut bytes: &[u8]) -> Carried<'_> {
    for _ in 0..MOST_TAGS {
        match kind {
            0x0800 | 0x86dd => return Carried::Ip(bytes),
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => match SingleVlanHeaderSlice::from_slice(bytes) {
                Ok(tag) => {
                    kind = tag.ether_type().0;
                    bytes = rest(bytes, 4);
                }
                Err(_) => return SHORT,
            },
            0x8864 if bytes.len() >= 8 => return point_to_point(number(bytes, 6), rest(bytes, 8)),
            0x8847 | 0x8848 => {
                let Some(label) = bytes.first_chunk::<4>() else { return SHORT };
                bytes = rest(bytes, 4);
                if label[2] & 1 == 1 {
                    // The last label; what follows does not say what it is.
                    return match bytes.first().map(|byte| byte >> 4) {
                        Some(4 | 6) => Carried::Ip(bytes),
                        _ => Carried::Other("mpls"),
                    };
                }
            }
            0x0806 => return Carried::Other("arp"),
            0x8035 => return Carried::Other("rarp"),
            0x888e => return Carried::Other("eapol"),
            0x88cc => return Carried::Other("lldp"),
            0x88e5 => return Carried::Other("macsec"),
            0x8863 => return Carried::Other("pppoe discovery"),
            // No type but the length of an IEEE 802.3 frame.
            0..=0x05ff => return subnetwork(bytes),
            _ => return Carried::Other("other ethernet types"),
        }
    }
    Carried::Damaged("a frame has too many tags")
}

/// IEEE 802.3: IP only behind the header of a subnetwork access protocol.
fn subnetwork(bytes: &[u8]) -> Carried<'_> {
    match bytes {
        [0xaa, 0xaa, 0x03, 0, 0, 0, high, low, inner @ ..] => match u16::from_be_bytes([*high, *low]) {
            0x0800 | 0x86dd => Carried::Ip(inner),
            _ => Carried::Other("ieee 802.3"),
        },
        _ => Carried::Other("ieee 802.3"),
    }
}

fn loopback(family: u32, bytes: &[u8]) -> Carried<'_> {
    // The number of IPv6 differs from system to system, and the byte order with the machine.
    match if family > 0xffff { family.swap_bytes() } else { family } {
        2 | 10 | 24 | 28 | 30 => Carried::Ip(bytes),
        _ => Carried::Other("loopback, no ip"),
    }
}

fn point_to_point(protocol: u16, bytes: &[u8]) -> Carried<'_> {
    match protocol {
        0x0021 | 0x0057 => Carried::Ip(bytes),
        _ => Carried::Other("ppp control"),
    }
}

const SHORT: Carried<'static> = Carried::Damaged("a frame ends inside of its link header");

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

/// A number of the network's byte order; 0 beyond the end.
fn number(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()).map_or(0, |bytes| u16::from_be_bytes(*bytes))
}

/// The name of a link layer that is not read.
fn name_of(link: u16) -> &'static str {
    match link {
        3 => "link layer ax.25",
        6 => "link layer token ring",
        7 => "link layer arcnet",
        8 => "link layer slip",
        10 => "link layer fddi",
        105 => "link layer ieee 802.11",
        107 => "link layer frame relay",
        119 => "link layer prism (ieee 802.11)",
        127 => "link layer radiotap (ieee 802.11)",
        163 => "link layer avs (ieee 802.11)",
        187 | 201 => "link layer bluetooth",
        189 | 220 | 249 | 266 => "link layer usb",
        192 => "link layer ppi",
        195 | 230 => "link layer ieee 802.15.4",
        227 => "link layer can",
        239 => "link layer nflog",
        240 | 241 => "link layer netanalyzer",
        242 => "link layer ip over infiniband",
        247 => "link layer infiniband",
        252 => "link layer wireshark upper pdu",
        253 => "link layer netlink",
        _ => "other link layers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: [u8; 4] = [0x45, 0, 0, 4];

    fn framed(header: &[u8]) -> Vec<u8> {
        [header, &IP].concat()
    }

    #[test]
    fn ip_is_found_behind_each_link_layer() {
        let mac = [0_u8; 12];
        let ethernet = |tail: &[u8]| [&mac, tail].concat();
        let cooked = |kind: u8| {
            [&[0, 0, 0, 1, 0, 6], [0_u8; 8].as_slice(), &[8, 0]].concat()[usize::from(kind)..].to_vec()
        };
        for (link, header) in [
            (1, ethernet(&[8, 0])),
            (1, ethernet(&[0x81, 0, 0, 5, 8, 0])),
            (1, ethernet(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd])),
            (1, ethernet(&[0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64])),
            (1, ethernet(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 6, 0, 0x21])),
            (1, ethernet(&[0, 12, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0])),
            (0, vec![2, 0, 0, 0]),
            (0, vec![0, 0, 0, 30]),
            (108, vec![0, 0, 0, 24]),
            (101, vec![]),
            (228, vec![]),
            (113, cooked(0)),
            (276, [&[8, 0], [0_u8; 18].as_slice()].concat()),
            (9, vec![0xff, 3, 0, 0x21]),
            (9, vec![0, 0x57]),
        ] {
            let frame = framed(&header);
            assert_eq!(open(link, &frame), Carried::Ip(&IP), "link {link}, {header:x?}");
            for cut in 0..frame.len() {
                let _opened = open(link, &frame[..cut]);
            }
        }
    }

    #[test]
    fn what_is_no_ip_is_named() {
        let arp = [&[0_u8; 12], [8_u8, 6].as_slice()].concat();
        assert_eq!(open(1, &arp), Carried::Other("arp"));
        assert_eq!(open(127, &arp), Carried::UnreadLink("link layer radiotap (ieee 802.11)"));
        assert_eq!(open(1, &arp[..13]), SHORT);
        let tags = [&[0_u8; 12], [0x81, 0, 0, 1].repeat(20).as_slice()].concat();
        assert_eq!(open(1, &tags), Carried::Damaged("a frame has too many tags"));
    }
}
