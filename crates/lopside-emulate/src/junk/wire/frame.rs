//! Frames: Ethernet, perhaps a VLAN tag, IPv4 or IPv6, with checksums that are right.

use std::net::IpAddr;

/// One end of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    /// Its address.
    pub(crate) ip: IpAddr,
    /// Its port.
    pub(crate) port: u16,
}

/// The two ends, and the link on which the sensor listens.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// The initiator.
    pub(crate) client: Endpoint,
    /// The other one.
    pub(crate) server: Endpoint,
    /// The tag of a VLAN.
    pub(crate) vlan: Option<u16>,
}

/// TCP's number of IP's protocol field.
pub(super) const TCP: u8 = 6;
/// UDP's number of IP's protocol field.
pub(super) const UDP: u8 = 17;

/// A frame that one end sends: `segment` is the transport header, with a checksum of zero at `checksum_at`, and the
/// payload. `id` is IPv4's identification.
pub(super) fn frame(
    path: &Path,
    from_client: bool,
    protocol: u8,
    mut segment: Vec<u8>,
    checksum_at: usize,
    id: u16,
) -> Vec<u8> {
    let (from, to) =
        if from_client { (path.client.ip, path.server.ip) } else { (path.server.ip, path.client.ip) };
    let mut sum = transport_checksum(from, to, protocol, &segment);
    if protocol == UDP && sum == 0 {
        sum = 0xffff;
    }
    segment[checksum_at..checksum_at + 2].copy_from_slice(&sum.to_be_bytes());
    let mut frame = ethernet(path, from_client, from.is_ipv4());
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let length = (20 + segment.len()) as u16;
            let mut header = vec![0x45, 0];
            header.extend(length.to_be_bytes());
            header.extend(id.to_be_bytes());
            header.extend([0x40, 0, if from_client { 128 } else { 52 }, protocol, 0, 0]);
            header.extend(from.octets());
            header.extend(to.octets());
            let sum = fold(add(0, &header));
            header[10..12].copy_from_slice(&sum.to_be_bytes());
            frame.extend(header);
        }
        _ => {
            frame.extend([0x60, 0, 0, 0]);
            frame.extend((segment.len() as u16).to_be_bytes());
            frame.extend([protocol, if from_client { 128 } else { 52 }]);
            frame.extend(octets(from));
            frame.extend(octets(to));
        }
    }
    frame.extend(segment);
    // Shorter frames do not exist on Ethernet; the rest is no part of the IP packet.
    if frame.len() < 60 {
        frame.resize(60, 0);
    }
    frame
}

fn ethernet(path: &Path, from_client: bool, ipv4: bool) -> Vec<u8> {
    let client = mac(path.client.ip, 0x02);
    // The gateway stands in for every server.
    let gateway = [0x00, 0x1b, 0x17, 0x00, 0x01, 0x10];
    let (to, from) = if from_client { (gateway, client) } else { (client, gateway) };
    let mut bytes = Vec::with_capacity(1_514);
    bytes.extend(to);
    bytes.extend(from);
    if let Some(tag) = path.vlan {
        bytes.extend([0x81, 0x00]);
        bytes.extend(tag.to_be_bytes());
    }
    bytes.extend(if ipv4 { [0x08, 0x00] } else { [0x86, 0xdd] });
    bytes
}

fn mac(ip: IpAddr, first: u8) -> [u8; 6] {
    let octets = octets(ip);
    let tail = &octets[octets.len() - 4..];
    [first, 0x5e, tail[0], tail[1], tail[2], tail[3]]
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

fn transport_checksum(from: IpAddr, to: IpAddr, protocol: u8, segment: &[u8]) -> u16 {
    let mut sum = add(0, &octets(from));
    sum = add(sum, &octets(to));
    sum += u32::from(protocol) + segment.len() as u32;
    fold(add(sum, segment))
}

fn add(mut sum: u32, bytes: &[u8]) -> u32 {
    for pair in bytes.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
    }
    sum
}

fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_a_known_header() {
        // The example of RFC 1071's successors: this header sums to 0xb861.
        let header = [
            0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01,
            0xc0, 0xa8, 0x00, 0xc7,
        ];
        assert_eq!(fold(add(0, &header)), 0xb861);
    }
}
