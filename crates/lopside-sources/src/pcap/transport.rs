//! What an IP packet carries: TCP segments, UDP datagrams, ICMP messages, tunnels.

use etherparse::{TcpHeaderSlice, UdpHeaderSlice};

use super::ip::Packet;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// A segment of TCP.
    Tcp(Segment<'a>),
    /// A datagram, or a packet of a protocol that is not looked into.
    Datagram(Datagram<'a>),
    /// An IP packet in this one.
    Inner(Inner<'a>),
}

/// A segment of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) sequence: u32,
    pub(super) acknowledged: u32,
    pub(super) flags: Flags,
    /// Bytes of content, by the packet's word.
    pub(super) length: u32,
    /// Those that were captured.
    pub(super) content: &'a [u8],
}

/// Flags of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) syn: bool,
    pub(super) ack: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
}

/// A datagram of a protocol without a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Datagram<'a> {
    /// Port, or what stands for it: for ICMP what a request and its answer share.
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    /// Whether the destination is the one who asked, as far as the datagram itself tells.
    pub(super) answers: bool,
    pub(super) length: u32,
    pub(super) content: &'a [u8],
}

/// A packet in a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inner<'a> {
    /// The tunnel's own datagram.
    pub(super) outer: Datagram<'a>,
    /// The packet in it; absent where it carries no IP.
    pub(super) packet: &'a [u8],
}

/// Reads what a whole packet carries.
pub(super) fn open<'a>(packet: &Packet<'a>) -> Result<Content<'a>, &'static str> {
    match packet.protocol {
        6 => tcp(packet),
        17 => udp(packet),
        1 => icmp(packet, answer_of),
        58 => icmp(packet, answer_of_six),
        47 => Ok(generic_routing(packet)),
        4 | 41 => Ok(Content::Inner(Inner { outer: plain(packet), packet: packet.content })),
        // Ports of SCTP stand where those of UDP do.
        132 => match ports(packet.content) {
            Some((source_port, destination_port)) => {
                Ok(Content::Datagram(Datagram { source_port, destination_port, ..plain(packet) }))
            }
            None => Err("an sctp packet ends inside of its header"),
        },
        _ => Ok(Content::Datagram(plain(packet))),
    }
}

fn tcp<'a>(packet: &Packet<'a>) -> Result<Content<'a>, &'static str> {
    const LEAST: usize = 20;
    let mut whole = [0; 60];
    let (bytes, captured) = match packet.content.get(..LEAST) {
        Some(_) => (packet.content, packet.content.len()),
        None if packet.length >= LEAST as u32 && packet.content.len() >= 14 => {
            // A short snap length: what counts stands in the first bytes.
            let room = whole.get_mut(..packet.content.len()).ok_or("a tcp header is cut off")?;
            room.copy_from_slice(packet.content);
            (whole.as_slice(), packet.content.len())
        }
        None => return Err("a tcp header is cut off"),
    };
    let header_length = bytes.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4);
    if header_length < LEAST || header_length as u32 > packet.length {
        return Err("a tcp header has a wrong length");
    }
    let mut padded = [0; 60];
    let header = match bytes.get(..header_length) {
        Some(header) => header,
        None => {
            // Cut inside of its options, which nothing here needs.
            padded.get_mut(..captured).ok_or("a tcp header is cut off")?.copy_from_slice(bytes);
            padded.get(..header_length).ok_or("a tcp header has a wrong length")?
        }
    };
    let header = TcpHeaderSlice::from_slice(header).map_err(|_| "a tcp header is damaged")?;
    Ok(Content::Tcp(Segment {
        source_port: header.source_port(),
        destination_port: header.destination_port(),
        sequence: header.sequence_number(),
        acknowledged: header.acknowledgment_number(),
        flags: Flags { syn: header.syn(), ack: header.ack(), fin: header.fin(), rst: header.rst() },
        length: packet.length - header_length as u32,
        content: packet.content.get(header_length..).unwrap_or_default(),
    }))
}

fn udp<'a>(packet: &Packet<'a>) -> Result<Content<'a>, &'static str> {
    const HEADER: u32 = 8;
    let header = UdpHeaderSlice::from_slice(packet.content).map_err(|_| "a udp header is cut off")?;
    let length = match u32::from(header.length()) {
        // Left to the card, or longer than the field holds.
        0 => packet.length,
        length => length.min(packet.length),
    };
    let length = length.checked_sub(HEADER).ok_or("a udp datagram is shorter than its header")?;
    let content = packet.content.get(HEADER as usize..).unwrap_or_default();
    let outer = Datagram {
        source_port: header.source_port(),
        destination_port: header.destination_port(),
        answers: false,
        length,
        content: content.get(..length as usize).unwrap_or(content),
    };
    match (outer.destination_port, outer.content) {
        // VXLAN, its flags, and that of a valid network id: an Ethernet frame follows.
        (4_789 | 8_472, [8, _, _, _, _, _, _, 0, frame @ ..]) => Ok(inner_frame(outer, frame)),
        _ => Ok(Content::Datagram(outer)),
    }
}

fn inner_frame<'a>(outer: Datagram<'a>, frame: &'a [u8]) -> Content<'a> {
    match super::link::open(1, frame) {
        super::link::Carried::Ip(packet) => Content::Inner(Inner { outer, packet }),
        _ => Content::Datagram(outer),
    }
}

/// GRE (RFC 2784, 2890, 2637) with IP or Ethernet in it.
fn generic_routing<'a>(packet: &Packet<'a>) -> Content<'a> {
    let outer = plain(packet);
    let Some([first, second, high, low]) = packet.content.first_chunk::<4>() else {
        return Content::Datagram(outer);
    };
    let optional = |mask: u8| if first & mask > 0 { 4 } else { 0 };
    let version = second & 7;
    let mut at = 4 + optional(0x80) + optional(0x20) + optional(0x10);
    if version == 1 && second & 0x80 > 0 {
        at += 4;
    }
    // Routing (the second bit) is long gone, and its length depends on itself.
    if first & 0x40 > 0 || version > 1 {
        return Content::Datagram(outer);
    }
    let rest = packet.content.get(at..).unwrap_or_default();
    let kind = u16::from_be_bytes([*high, *low]);
    let carried = match kind {
        0x6558 => super::link::open(1, rest),
        // ERSPAN: a header of its own, then an Ethernet frame.
        0x88be if first & 0x10 > 0 => super::link::open(1, rest.get(8..).unwrap_or_default()),
        0x22eb => super::link::open(1, rest.get(12..).unwrap_or_default()),
        0x880b => super::link::open(9, rest),
        _ => super::link::ether_type(kind, rest),
    };
    match carried {
        super::link::Carried::Ip(packet) => Content::Inner(Inner { outer, packet }),
        _ => Content::Datagram(outer),
    }
}

/// A message: type and code stand for ports, those of a request also for its answer. The content follows eight bytes of header.
fn icmp<'a>(packet: &Packet<'a>, answer: fn(u8) -> Option<(u8, bool)>) -> Result<Content<'a>, &'static str> {
    const HEADER: u32 = 8;
    let Some([kind, code]) = packet.content.first_chunk::<2>() else {
        return Err("an icmp message ends inside of its header");
    };
    let (source_port, destination_port, answers) = match answer(*kind) {
        Some((other, answers)) => (*kind, other, answers),
        None => (*kind, *code, false),
    };
    Ok(Content::Datagram(Datagram {
        source_port: u16::from(source_port),
        destination_port: u16::from(destination_port),
        answers,
        length: packet.length.saturating_sub(HEADER),
        content: packet.content.get(HEADER as usize..).unwrap_or_default(),
    }))
}

/// The type that answers this one or is answered by it, and whether this one is the answer.
fn answer_of(kind: u8) -> Option<(u8, bool)> {
    match kind {
        8 => Some((0, false)),
        0 => Some((8, true)),
        13 => Some((14, false)),
        14 => Some((13, true)),
        15 => Some((16, false)),
        16 => Some((15, true)),
        17 => Some((18, false)),
        18 => Some((17, true)),
        10 => Some((9, false)),
        9 => Some((10, true)),
        _ => None,
    }
}

fn answer_of_six(kind: u8) -> Option<(u8, bool)> {
    match kind {
        128 => Some((129, false)),
        129 => Some((128, true)),
        130 => Some((131, false)),
        131 => Some((130, true)),
        133 => Some((134, false)),
        134 => Some((133, true)),
        135 => Some((136, false)),
        136 => Some((135, true)),
        139 => Some((140, false)),
        140 => Some((139, true)),
        144 => Some((145, false)),
        145 => Some((144, true)),
        _ => None,
    }
}

fn plain<'a>(packet: &Packet<'a>) -> Datagram<'a> {
    Datagram {
        source_port: 0,
        destination_port: 0,
        answers: false,
        length: packet.length,
        content: packet.content,
    }
}

fn ports(bytes: &[u8]) -> Option<(u16, u16)> {
    let [a, b, c, d] = *bytes.first_chunk::<4>()?;
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}
