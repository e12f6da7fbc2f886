//! The gate: how far a channel-day is what the analytic is about, large and lopsided. It multiplies each evidence before it is
//! weighed, so that nothing small and nothing balanced is ever a finding, and there is no cliff.

use lopside_model::bytes::log_ratio;
use lopside_model::channel::{Channel, ChannelDay};

/// log2 bytes at which size begins to count (256 KiB) and counts wholly (6 MB).
const SIZE: (f64, f64) = (18.0, 22.5);
/// log2 of the ratio at which lopsidedness begins to count (1.4 : 1) and counts wholly (4 : 1).
const LOPSIDED: (f64, f64) = (0.5, 2.0);
/// What an unmeasured ratio counts for: it may be lopsided or not.
const UNKNOWN_RATIO: f64 = 0.7;

/// 0 below `from`, 1 above `to`, a straight line between.
pub(crate) fn ramp(value: f64, (from, to): (f64, f64)) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// How large: 0 to 1.
pub(crate) fn size(bytes_out: u64) -> f64 {
    ramp((bytes_out.max(1) as f64).log2(), SIZE)
}

/// How lopsided: 0 to 1.
pub(crate) fn lopsided(bytes_out: u64, bytes_in: u64) -> f64 {
    ramp(log_ratio(bytes_out, bytes_in), LOPSIDED)
}

/// What came back on a day beyond the sender's own words. An answer in DNS repeats its question (RFC 1035, 4.1.2), so that data in
/// questions come back whole and the ratio stays at 1 whatever was carried out: of what port 53 gave back, as much as was sent there
/// is none of the peer's.
pub(crate) fn of_the_peer(day: &ChannelDay, bytes_in: u64) -> u64 {
    const DNS: u16 = 53;
    let asked = day.ports.iter().filter(|port| port.port == DNS);
    let repeated = asked.fold(0_u64, |sum, port| sum.saturating_add(port.bytes_out.min(port.bytes_in)));
    bytes_in.saturating_sub(repeated)
}

/// The gate of a channel-day: 0 to 1. Without both directions (`bytes_in` absent) the ratio is taken to be undecided.
pub(crate) fn gate(window_out: u64, bytes_out: u64, bytes_in: Option<u64>) -> f64 {
    size(window_out) * bytes_in.map_or(UNKNOWN_RATIO, |bytes_in| lopsided(bytes_out, bytes_in))
}

/// Whether the gate of any day of a channel may be above 0: a quick look that most channels do not pass.
pub(crate) fn may_open(channel: &Channel) -> bool {
    let sent = |sum: fn(&ChannelDay) -> u64| channel.days.iter().map(sum).fold(0, u64::saturating_add);
    // All days together, since a sum may reach back.
    let each: [fn(&ChannelDay) -> u64; 3] =
        [|day| day.sum.bytes_out, |day| day.lopsided.bytes_out, |day| day.unmeasured.bytes_out];
    each.into_iter().any(|bytes| size(sent(bytes)) > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    #[test]
    fn bounded_and_monotone() {
        let mut last = 0.0;
        for exponent in 0..64 {
            let now = gate(1 << exponent, 1 << exponent, Some(1 << 12));
            assert!((last..=1.0).contains(&now));
            last = now;
        }
        assert_eq!(last, 1.0);
        assert_eq!(gate(u64::MAX, u64::MAX, Some(u64::MAX)), 0.0);
    }

    #[test]
    fn answers_that_repeat_the_question_are_no_answer() {
        // 10 MB of questions, answered by as much and a fifth more.
        let mut asked = on(channel("h", Some("x"), "203.0.113.9"), 1, 10_000_000, 12_000_000);
        let open = |channel: &Channel| {
            let day = &channel.days[0];
            gate(day.sum.bytes_out, day.sum.bytes_out, Some(of_the_peer(day, day.sum.bytes_in)))
        };
        assert_eq!(open(&asked), 0.0);
        asked.days[0].ports[0].port = 53;
        assert_eq!(open(&asked), 1.0);
        // Names that are looked up bring more back than they cost.
        asked.days[0].sum.bytes_in = 26_000_000;
        asked.days[0].ports[0].bytes_in = 26_000_000;
        assert_eq!(open(&asked), 0.0);
    }

    #[test]
    fn small_or_balanced_is_shut() {
        assert_eq!(gate(200_000, 200_000, Some(0)), 0.0);
        assert_eq!(gate(1 << 33, 1 << 33, Some(1 << 33)), 0.0);
        assert!(gate(2_181_167, 2_181_167, Some(27_238)) > 0.4);
    }
}
