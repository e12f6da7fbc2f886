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
    fn small_exchanges_are_not_lopsided() {
        assert!(log_ratio(5_000, 0) < 0.2);
        assert!(log_ratio(500_000_000, 1_000_000) > 8.0);
    }
}
