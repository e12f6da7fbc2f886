//! IP packets: ends, protocol, and how long the content is by the packet's own word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};
use lopside_model::net;

/// Extension headers of IPv6 that are followed.
const MOST_EXTENSIONS: usize = 16;

/// An IP packet, or a fragment of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    /// Who sent it, IPv4 as mapped.
    pub(super) source: u128,
    /// To whom.
    pub(super) destination: u128,
    /// The protocol of the content.
    pub(super) protocol: u8,
    /// The content as far as it was captured.
    pub(super) content: &'a [u8],
    /// How long the content is.
    pub(super) length: u32,
    /// How long the packet is with its headers.
    pub(super) total: u32,
    /// Which part of a packet this is, where it is one.
    pub(super) fragment: Option<Fragment>,
}

/// Which part of a packet a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// What all fragments of the packet share, beside the ends.
    pub(super) identification: u32,
    /// Where the content stands in the whole, in bytes.
    pub(super) offset: u32,
    /// Whether more follows it.
    pub(super) more: bool,
}

/// Reads a packet. `on_wire` is how many bytes there were at most by the link's word; at least what was captured.
pub(super) fn open(bytes: &[u8], on_wire: u32) -> Result<Packet<'_>, &'static str> {
    match bytes.first().map(|byte| byte >> 4) {
        Some(4) => four(bytes, on_wire),
        Some(6) => six(bytes, on_wire),
        Some(_) => Err("an ip packet is of no known version"),
        None => Err("a frame ends before its ip packet"),
    }
}

fn four(bytes: &[u8], on_wire: u32) -> Result<Packet<'_>, &'static str> {
    let header = Ipv4HeaderSlice::from_slice(bytes)
        .map_err(|_| "the header of an ipv4 packet is damaged or cut off")?;
    let header_length = u32::from(header.ihl()) * 4;
    let total = match u32::from(header.total_len()) {
        // The card was to cut it: no length was written yet.
        0 => on_wire,
        total => total.min(on_wire),
    };
    if total < header_length {
        return Err("an ipv4 packet is shorter than its header");
    }
    let offset = u32::from(header.fragments_offset().byte_offset());
    let more = header.more_fragments();
    let fragment = (more || offset > 0).then(|| Fragment {
        identification: u32::from(header.identification()),
        offset,
        more,
    });
    Ok(Packet {
        source: mapped(header.source()),
        destination: mapped(header.destination()),
        protocol: header.protocol().0,
        content: content(bytes, header_length, total),
        length: total - header_length,
        total,
        fragment,
    })
}

fn six(bytes: &[u8], on_wire: u32) -> Result<Packet<'_>, &'static str> {
    const HEADER: u32 = 40;
    let header = Ipv6HeaderSlice::from_slice(bytes)
        .map_err(|_| "the header of an ipv6 packet is damaged or cut off")?;
    let total = match u32::from(header.payload_length()) {
        // Longer than the field holds, or left to the card.
        0 if header.next_header().0 == 0 || on_wire > 65_535 => on_wire,
        length => (length + HEADER).min(on_wire),
    };
    let mut packet = Packet {
        source: net::bits(IpAddr::V6(Ipv6Addr::from(header.source()))),
        destination: net::bits(IpAddr::V6(Ipv6Addr::from(header.destination()))),
        protocol: header.next_header().0,
        content: content(bytes, HEADER, total),
        length: total.checked_sub(HEADER).ok_or("an ipv6 packet is shorter than its header")?,
        total,
        fragment: None,
    };
    for _ in 0..MOST_EXTENSIONS {
        if !extension(&mut packet)? {
            return Ok(packet);
        }
    }
    Err("an ipv6 packet has too many extension headers")
}

/// Steps over one extension header; false where none stands here.
fn extension(packet: &mut Packet<'_>) -> Result<bool, &'static str> {
    const CUT: &str = "an ipv6 packet ends inside of an extension header";
    // A later fragment has no further headers: they stand in the first.
    if packet.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return Ok(false);
    }
    let head = |count: usize| packet.content.get(..count).ok_or(CUT);
    let length = match packet.protocol {
        // Hop by hop, routing, destination options, mobility, host identity, shim.
        0 | 43 | 60 | 135 | 139 | 140 => (u32::from(head(2)?[1]) + 1) * 8,
        44 => {
            let Some([_, _, high, low, identification @ ..]) = packet.content.first_chunk::<8>() else {
                return Err(CUT);
            };
            let offset = u16::from_be_bytes([*high, *low]);
            let more = offset & 1 == 1;
            // One that is neither first nor followed is a whole packet.
            if more || offset & 0xfff8 > 0 {
                packet.fragment = Some(Fragment {
                    identification: u32::from_be_bytes(*identification),
                    offset: u32::from(offset & 0xfff8),
                    more,
                });
            }
            8
        }
        51 => (u32::from(head(2)?[1]) + 2) * 4,
        _ => return Ok(false),
    };
    let next = *packet.content.first().ok_or(CUT)?;
    packet.length = packet.length.checked_sub(length).ok_or(CUT)?;
    packet.content = packet.content.get(length as usize..).unwrap_or_default();
    packet.protocol = next;
    Ok(true)
}

fn content(bytes: &[u8], from: u32, to: u32) -> &[u8] {
    let end = bytes.len().min(to as usize);
    bytes.get(from as usize..end).unwrap_or_default()
}

fn mapped(address: [u8; 4]) -> u128 {
    net::bits(IpAddr::V4(Ipv4Addr::from(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four(total: u16, fragment: u16) -> Vec<u8> {
        let mut bytes = vec![0x45, 0];
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 7]);
        bytes.extend(fragment.to_be_bytes());
        bytes.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend([0xaa; 20]);
        bytes
    }

    fn six(next: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend((content.len() as u16).to_be_bytes());
        bytes.extend([next, 64]);
        bytes.extend([0x20; 32]);
        bytes.extend(content);
        bytes
    }

    #[test]
    fn the_length_of_the_packet_is_believed_before_that_of_the_frame() {
        let bytes = four(30, 0);
        assert_eq!((open(&bytes, 454_462_121).unwrap().length, open(&bytes, 40).unwrap().length), (10, 10));
        assert_eq!(open(&bytes, 40).unwrap().content.len(), 10);
    }

    #[test]
    fn a_cut_frame_keeps_its_length() {
        let bytes = four(1_500, 0);
        let packet = open(&bytes, 1_500).unwrap();
        assert_eq!((packet.length, packet.content.len()), (1_480, 20));
    }

    #[test]
    fn a_length_beyond_the_wire_or_absent_is_the_wires() {
        assert_eq!(open(&four(1_500, 0), 40).unwrap().length, 20);
        assert_eq!(open(&four(0, 0), 40).unwrap().length, 20);
        assert!(open(&four(19, 0), 40).is_err());
    }

    #[test]
    fn fragments_say_where_they_stand() {
        let fragment = open(&four(40, 0x2000 | 185), 40).unwrap().fragment.unwrap();
        assert_eq!((fragment.offset, fragment.more, fragment.identification), (1_480, true, 7));
    }

    #[test]
    fn extension_headers_are_stepped_over() {
        let chain = [
            &[60, 0, 0, 0, 0, 0, 0, 0],
            &[44, 0, 0, 0, 0, 0, 0, 0],
            &[17, 0, 0, 1, 0, 0, 0, 9],
            [1_u8; 8].as_slice(),
        ];
        let bytes = six(0, &chain.concat());
        let packet = open(&bytes, bytes.len() as u32).unwrap();
        assert_eq!((packet.protocol, packet.length, packet.content.len()), (17, 8, 8));
        assert_eq!(packet.fragment, Some(Fragment { identification: 9, offset: 0, more: true }));
        for cut in 0..bytes.len() {
            let _opened = open(&bytes[..cut], cut as u32);
        }
        let endless = six(0, &[0_u8; 8].repeat(100));
        assert_eq!(open(&endless, 5_000), Err("an ipv6 packet has too many extension headers"));
    }
}
