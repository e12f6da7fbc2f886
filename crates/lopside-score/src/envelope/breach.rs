//! By how much a sanctioned sender left its envelope.
//!
//! Measures: bytes of the host and day over `max_bytes_per_day`, the ratio over `max_ratio`, the share of bytes over other ports and at other
//! hours, and, with `nowhere_else`, another destination. Usual: what the entry says; inside of it there is no finding. Silent when: no entry
//! names the process, host and user; told without points where the entry is for other destinations, has expired, or its sender cannot
//! be told or is another program. Limits: an entry is only as narrow as it was written; amounts of what was not measured both ways
//! cannot be checked, and then nothing is taken to be inside. Source of the formula: a quarter at the limit and whole at eight times, in
//! doublings; shares as they are; limits together 1 - Π(1 - s), times the gate's size.
//!
//! Points are set by hand (no labelled fleet has envelopes to fit on): a whole breach is worth [`WHOLE_POINTS`] decibans, so that by itself it
//! reaches medium against every shipped reference. What spoke for the sender as usual counts 0 then.

use crate::gate::{self, ramp};
use crate::words;

/// Decibans of a whole breach.
pub const WHOLE_POINTS: f64 = 40.0;
/// Doublings over a limit at which a breach is whole: eight times.
const DOUBLINGS: f64 = 3.0;
/// What is over a limit at all counts at least so much.
const LEAST: f64 = 0.25;
/// Points are multiples of its inverse, as those of all factors are.
const GRAIN: f64 = 64.0;

/// One limit that was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// The host sent more in the day than it may.
    Bytes {
        /// What all its channels in this envelope sent.
        sent: u64,
        /// What they may.
        limit: u64,
    },
    /// More was sent for what came back.
    Ratio {
        /// Sent to received.
        ratio: f64,
        /// What it may be.
        limit: f64,
    },
    /// Over other ports.
    Ports {
        /// The part of the bytes, 0 to 1.
        share: f64,
        /// The port most of them went over.
        port: u16,
    },
    /// At other hours.
    Hours {
        /// The part of the bytes, 0 to 1.
        share: f64,
    },
    /// Somewhere else, where the process may send nowhere else.
    Elsewhere,
}

impl Left {
    /// 0 to 1.
    fn strength(&self) -> f64 {
        let over = |times: f64| LEAST + (1.0 - LEAST) * ramp(times.max(1.0).log2(), (0.0, DOUBLINGS));
        match self {
            Left::Bytes { sent, limit } => over(*sent as f64 / (*limit).max(1) as f64),
            Left::Ratio { ratio, limit } => over(ratio / limit.max(1e-9)),
            Left::Ports { share, .. } | Left::Hours { share } => share.clamp(0.0, 1.0),
            Left::Elsewhere => 1.0,
        }
    }

    /// A part of a sentence.
    fn words(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", (share * 100.0).clamp(1.0, 100.0));
        match self {
            Left::Bytes { sent, limit } => format!(
                "sent {} in the day where {} are agreed ({:.1} times)",
                words::bytes(*sent),
                words::bytes(*limit),
                *sent as f64 / (*limit).max(1) as f64
            ),
            Left::Ratio { ratio, limit } => {
                format!("sent {ratio:.0} times what came back where {limit:.0} times are agreed")
            }
            Left::Ports { share, port } => {
                format!(
                    "{} of the bytes went over ports that are not agreed, most over {port}",
                    percent(*share)
                )
            }
            Left::Hours { share } => {
                format!("{} of the bytes were sent outside of the agreed hours", percent(*share))
            }
            Left::Elsewhere => "went where it is not to send".into(),
        }
    }
}

/// Every limit of an envelope that a channel left on a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breach {
    /// The limits, in the order they are told; never none.
    pub left: Vec<Left>,
    /// Bytes that the channel sent on the day: little of them is no breach to speak of.
    pub sent: u64,
}

impl Breach {
    /// All of it: 0 to 1.
    pub fn strength(&self) -> f64 {
        let within: f64 = self.left.iter().map(|left| 1.0 - left.strength()).product();
        (1.0 - within).clamp(0.0, 1.0) * gate::size(self.sent)
    }

    /// Decibans, to 1/64.
    pub fn points(&self) -> f64 {
        (self.strength() * WHOLE_POINTS * GRAIN).round() / GRAIN
    }

    /// By how much, in words.
    pub fn words(&self) -> String {
        self.left.iter().map(Left::words).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breach(left: Left, sent: u64) -> Breach {
        Breach { left: vec![left], sent }
    }

    #[test]
    fn bounded_and_growing() {
        let mut last = 0.0;
        for times in 1..40_u64 {
            let now = breach(Left::Bytes { sent: times << 30, limit: 1 << 30 }, times << 30).points();
            assert!((last..=WHOLE_POINTS).contains(&now));
            last = now;
        }
        assert_eq!(last, WHOLE_POINTS);
        assert_eq!(breach(Left::Elsewhere, 1_000).points(), 0.0);
        let odd = breach(Left::Ratio { ratio: f64::INFINITY, limit: 0.0 }, u64::MAX);
        assert!((0.0..=WHOLE_POINTS).contains(&odd.points()));
    }

    #[test]
    fn it_says_by_how_much() {
        let told = breach(Left::Bytes { sent: 9_000_000_000, limit: 3_000_000_000 }, 1).words();
        assert_eq!(told, "sent 9.0 GB in the day where 3.0 GB are agreed (3.0 times)");
    }
}
