//! Messages to packets: TCP with all that happens to it on the way, UDP, Ethernet and IP below, and the pcap file.

mod frame;
mod pcap;
mod tcp;
mod udp;

pub(crate) use frame::{Endpoint, Path};
pub use pcap::PcapWriter;
pub(crate) use tcp::tcp_packets;
pub(crate) use udp::udp_packets;

/// One frame as a sensor saw it.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// Microseconds since 1970.
    pub(crate) micros: i64,
    /// The frame from its Ethernet header on.
    pub(crate) frame: Vec<u8>,
}

/// How fast a conversation goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// First packet, in microseconds since 1970.
    pub(crate) start: i64,
    /// From one end to the other and back, in microseconds.
    pub(crate) round_trip: i64,
    /// Between exchanges, the median in microseconds.
    pub(crate) pause: f64,
    /// The share of segments that are sent again or change places.
    pub(crate) mishaps: f64,
}
