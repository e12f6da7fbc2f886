//! Byte counts: never a bare number, always with the layer they were taken at and the quality of the measurement.

use serde::{Deserialize, Serialize};

/// How far a count can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Every byte was seen.
    Exact,
    /// Packets were missed: at least this much.
    LowerBound,
    /// Hardly any content was seen; the count comes from sequence numbers. Shown, never used in a ratio.
    SequenceOnly,
    /// Not measured: there is no count.
    #[default]
    Unmeasured,
}

impl Quality {
    /// Whether the count may take part in a ratio.
    pub fn measured(self) -> bool {
        matches!(self, Quality::Exact | Quality::LowerBound)
    }

    /// The less trustworthy of two.
    #[must_use]
    pub fn worse(self, other: Quality) -> Quality {
        self.max(other)
    }

    /// As tables store it.
    pub fn code(self) -> u8 {
        match self {
            Quality::Exact => 0,
            Quality::LowerBound => 1,
            Quality::SequenceOnly => 2,
            Quality::Unmeasured => 3,
        }
    }

    /// The inverse of [`Quality::code`]; unknown codes are `Unmeasured`.
    pub fn from_code(code: u8) -> Quality {
        match code {
            0 => Quality::Exact,
            1 => Quality::LowerBound,
            2 => Quality::SequenceOnly,
            _ => Quality::Unmeasured,
        }
    }

    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Quality::Exact => "exact",
            Quality::LowerBound => "lower_bound",
            Quality::SequenceOnly => "sequence_only",
            Quality::Unmeasured => "unmeasured",
        }
    }
}

/// Which layer a count was taken at. Counts of different layers are never put into one ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// What the application sent.
    Payload,
    /// IP packets with their headers.
    Ip,
    /// Link frames.
    Frame,
    /// Not known.
    #[default]
    Unknown,
}

impl Layer {
    /// As tables store it.
    pub fn code(self) -> u8 {
        match self {
            Layer::Payload => 0,
            Layer::Ip => 1,
            Layer::Frame => 2,
            Layer::Unknown => 3,
        }
    }

    /// The inverse of [`Layer::code`].
    pub fn from_code(code: u8) -> Layer {
        match code {
            0 => Layer::Payload,
            1 => Layer::Ip,
            2 => Layer::Frame,
            _ => Layer::Unknown,
        }
    }

    /// The word of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Payload => "payload",
            Layer::Ip => "ip",
            Layer::Frame => "frame",
            Layer::Unknown => "unknown",
        }
    }
}

/// One direction of a flow: a count where there is one, and its quality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// The count in bytes; absent exactly when the quality is `Unmeasured`.
    pub count: Option<u64>,
    /// How far to believe it.
    pub quality: Quality,
}

impl Bytes {
    /// A direction that nobody measured.
    pub const UNMEASURED: Bytes = Bytes { count: None, quality: Quality::Unmeasured };

    /// A count with its quality; `None` makes it unmeasured whatever the quality says.
    pub fn new(count: Option<u64>, quality: Quality) -> Bytes {
        match count {
            Some(_) if quality != Quality::Unmeasured => Bytes { count, quality },
            _ => Bytes::UNMEASURED,
        }
    }

    /// The count where it may take part in sums and ratios.
    pub fn measured(self) -> Option<u64> {
        self.count.filter(|_| self.quality.measured())
    }
}

/// The ratio of sent to received, where both were measured: `out / in`; with nothing received, `out` itself (as if one byte
/// had come back), so that it stays finite.
pub fn ratio(out: u64, received: u64) -> f64 {
    out as f64 / received.max(1) as f64
}

/// log2((out + k) / (in + k)) with k = 64 KiB: the lopsidedness that small exchanges do not inflate (additive, symmetric).
pub fn log_ratio(out: u64, received: u64) -> f64 {
    const K: f64 = 65_536.0;
    ((out as f64 + K) / (received as f64 + K)).log2()
}

/// What one direction came to below its payload. Absent where the source does not count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Packets.
    pub packets: Option<u64>,
    /// Bytes of IP packets, with their headers.
    pub ip_bytes: Option<u64>,
    /// Bytes of frames, with the headers of the link.
    pub frame_bytes: Option<u64>,
}

impl Weight {
    /// The same where anything of the direction was seen: a sensor that saw no packets of what must have had some writes zeros, which
    /// are no counts.
    #[must_use]
    pub fn if_seen(self, quality: Quality) -> Weight {
        if self.packets == Some(0) && !quality.measured() { Weight::default() } else { self }
    }

    /// Counts of two sensors of one flow: this one's, else the other's.
    #[must_use]
    pub fn or(self, other: Weight) -> Weight {
        Weight {
            packets: self.packets.or(other.packets),
            ip_bytes: self.ip_bytes.or(other.ip_bytes),
            frame_bytes: self.frame_bytes.or(other.frame_bytes),
        }
    }
}

/// Both directions below the payload, beside the bytes that are compared: how they stand to these shows acknowledgements, padding
/// of frames and many small packets. Never mixed with counts of another layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// Packets that the host sent.
    pub packets_out: Option<u64>,
    /// Packets that it received.
    pub packets_in: Option<u64>,
    /// Bytes of IP packets that it sent, with their headers.
    pub ip_bytes_out: Option<u64>,
    /// Bytes of IP packets that it received.
    pub ip_bytes_in: Option<u64>,
    /// Bytes of frames that it sent, with the headers of the link.
    pub frame_bytes_out: Option<u64>,
    /// Bytes of frames that it received.
    pub frame_bytes_in: Option<u64>,
}

impl Wire {
    /// What was sent and what was received.
    pub fn new(out: Weight, received: Weight) -> Wire {
        Wire {
            packets_out: out.packets,
            packets_in: received.packets,
            ip_bytes_out: out.ip_bytes,
            ip_bytes_in: received.ip_bytes,
            frame_bytes_out: out.frame_bytes,
            frame_bytes_in: received.frame_bytes,
        }
    }

    /// The same; absent where nothing is counted.
    pub fn if_any(self) -> Option<Wire> {
        (self != Wire::default()).then_some(self)
    }

    /// The sum of two flows or days. A count that one of them lacks is not known of both.
    #[must_use]
    pub fn plus(self, other: Wire) -> Wire {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        Wire {
            packets_out: sum(self.packets_out, other.packets_out),
            packets_in: sum(self.packets_in, other.packets_in),
            ip_bytes_out: sum(self.ip_bytes_out, other.ip_bytes_out),
            ip_bytes_in: sum(self.ip_bytes_in, other.ip_bytes_in),
            frame_bytes_out: sum(self.frame_bytes_out, other.frame_bytes_out),
            frame_bytes_in: sum(self.frame_bytes_in, other.frame_bytes_in),
        }
    }
}

/// Bytes for people: `1.9 GB`, `12 MB`, `640 B`: decimal units, two figures below ten.
pub fn in_units(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or("EB");
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unmeasured_direction_has_no_count() {
        assert_eq!(Bytes::new(Some(5), Quality::Unmeasured), Bytes::UNMEASURED);
        assert_eq!(Bytes::new(None, Quality::Exact), Bytes::UNMEASURED);
        assert_eq!(Bytes::new(Some(0), Quality::Exact).measured(), Some(0));
        assert_eq!(Bytes::new(Some(9), Quality::SequenceOnly).measured(), None);
    }

    #[test]
    fn a_sum_knows_what_all_its_parts_know() {
        let weight = |packets, frame_bytes| Weight { packets: Some(packets), ip_bytes: None, frame_bytes };
        let captured = Wire::new(weight(3, Some(400)), weight(2, Some(200)));
        let logged = Wire::new(weight(5, None), weight(4, None));
        let sum = captured.plus(logged);
        assert_eq!((sum.packets_out, sum.packets_in), (Some(8), Some(6)));
        assert_eq!((sum.ip_bytes_out, sum.frame_bytes_out), (None, None));
        assert_eq!(Wire::default().if_any(), None);
        assert_eq!(captured.plus(captured).frame_bytes_in, Some(400));
    }

    #[test]
    fn zero_packets_of_what_must_have_had_some_are_no_count() {
        let none = Weight { packets: Some(0), ip_bytes: Some(0), frame_bytes: None };
        assert_eq!(none.if_seen(Quality::Unmeasured), Weight::default());
        assert_eq!(none.if_seen(Quality::Exact), none, "nobody answered");
        let one = Weight { packets: Some(1), ..none };
        assert_eq!(one.if_seen(Quality::Unmeasured), one, "a datagram without a byte count was still seen");
    }

    #[test]
    fn small_exchanges_are_not_lopsided() {
        assert!(log_ratio(5_000, 0) < 0.2);
        assert!(log_ratio(500_000_000, 1_000_000) > 8.0);
    }
}
