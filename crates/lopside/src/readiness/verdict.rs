//! The verdict: whether the analytic can be answered for a host, and for all of them.
//!
//! It needs both byte counts and the process. A host whose bytes out were not measured (one side seen, or sequence numbers alone) is
//! never measurable, however much else is known of it.

use lopside_engine::host::coverage::HostCoverage;
use serde::Serialize;

use crate::readiness::HostReadiness;

/// A share that counts as measured.
const MEASURED: f64 = 0.80;
/// Under this share nothing can be said.
const HARDLY: f64 = 0.20;
/// A share of flows with process and bytes that is enough where the bytes sent outside are explained.
const MOST_FLOWS: f64 = 0.50;
/// The share of hosts that makes all of it measurable.
const NEARLY_ALL: f64 = 0.95;

/// Whether the analytic can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// No.
    NotMeasurable,
    /// For a part of what was sent.
    Partly,
    /// Yes.
    Measurable,
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// What is missing; absent where nothing is.
    pub(crate) reason: Option<String>,
}

impl Verdict {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Verdict::Measurable => "measurable",
            Verdict::Partly => "partly",
            Verdict::NotMeasurable => "not measurable",
        }
    }

    /// Judges one host.
    pub(crate) fn of_host(coverage: &HostCoverage) -> Judged {
        let measured = &coverage.measured;
        let judged = |verdict, reason: &str| Judged { verdict, reason: Some(reason.to_owned()) };
        if measured.flows == 0 {
            return judged(Verdict::NotMeasurable, "bytes: no flow of it was measured");
        }
        let share = |count: u64| count as f64 / measured.flows as f64;
        let (out, back) = (share(measured.bytes_out_known), share(measured.bytes_in_known));
        let (bytes, both) = (share(measured.bytes_both_known), share(measured.both_known));
        // Lookups and other datagrams are counted on a sensor that sees one side of every connection: they must not hide it.
        let one_sided = measured.one_sided as f64 >= MEASURED * measured.tcp_with_data.max(1) as f64;
        for (known, what) in [(out, "bytes out"), (back, "bytes in"), (bytes, "bytes both ways")] {
            if known < HARDLY || (one_sided && known < MEASURED) {
                return judged(Verdict::NotMeasurable, what);
            }
        }
        if !coverage.monitored {
            return judged(Verdict::Partly, "process: no endpoint events");
        }
        for (known, what) in [(out, "bytes out"), (back, "bytes in"), (bytes, "bytes both ways")] {
            if known < MEASURED {
                return judged(Verdict::Partly, what);
            }
        }
        let explained = match measured.external_bytes_out {
            0 => both,
            sent => measured.external_bytes_out_process as f64 / sent as f64,
        };
        if both >= MEASURED || (both >= MOST_FLOWS && explained >= MEASURED) {
            return Judged { verdict: Verdict::Measurable, reason: None };
        }
        judged(
            Verdict::Partly,
            if explained < HARDLY && both < HARDLY { "process: hardly any" } else { "process" },
        )
    }

    /// Judges all hosts.
    pub(crate) fn of_all(hosts: &[HostReadiness]) -> Judged {
        let monitored: Vec<&HostReadiness> = hosts.iter().filter(|host| host.endpoint_events).collect();
        let measurable = monitored.iter().filter(|host| host.verdict == Verdict::Measurable).count();
        let reason = Some(format!("on {measurable} of {} hosts with endpoint events", monitored.len()));
        if hosts.is_empty() {
            let reason = Some("no host was seen".to_owned());
            return Judged { verdict: Verdict::NotMeasurable, reason };
        }
        if monitored.is_empty() {
            let verdict = hosts.iter().map(|host| host.verdict).max().unwrap_or(Verdict::NotMeasurable);
            return Judged {
                verdict,
                reason: Some("no endpoint events: bytes by host, not by process".to_owned()),
            };
        }
        if monitored.iter().all(|host| host.counts.flows == 0) {
            let reason =
                "no flows of the hosts with endpoint events: destinations by process, no bytes".to_owned();
            return Judged { verdict: Verdict::NotMeasurable, reason: Some(reason) };
        }
        let verdict = if measurable as f64 >= NEARLY_ALL * monitored.len() as f64 {
            Verdict::Measurable
        } else if monitored.iter().any(|host| host.verdict != Verdict::NotMeasurable) {
            Verdict::Partly
        } else {
            Verdict::NotMeasurable
        };
        Judged { verdict, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::tests::well_covered;

    #[test]
    fn a_host_is_measurable_by_flows_or_by_bytes_sent_outside() {
        let mut host = well_covered(100);
        assert_eq!(Verdict::of_host(&host).verdict, Verdict::Measurable);
        host.measured.both_known = 60;
        assert_eq!(Verdict::of_host(&host).verdict, Verdict::Measurable);
        host.measured.external_bytes_out_process = 50_000;
        let judged = Verdict::of_host(&host);
        assert_eq!((judged.verdict, judged.reason.as_deref()), (Verdict::Partly, Some("process")));
    }

    #[test]
    fn lookups_do_not_hide_a_sensor_that_sees_one_side() {
        let mut host = well_covered(100);
        (host.measured.tcp_with_data, host.measured.one_sided) = (50, 50);
        (host.measured.bytes_out_known, host.measured.bytes_both_known, host.measured.both_known) =
            (50, 50, 50);
        let judged = Verdict::of_host(&host);
        assert_eq!((judged.verdict, judged.reason.as_deref()), (Verdict::NotMeasurable, Some("bytes out")));
    }

    #[test]
    fn bytes_out_decide() {
        let mut host = well_covered(100);
        host.measured.bytes_out_known = 79;
        host.measured.bytes_both_known = 79;
        assert_eq!(Verdict::of_host(&host).verdict, Verdict::Partly);
        host.measured.bytes_out_known = 19;
        host.measured.bytes_both_known = 19;
        assert_eq!(Verdict::of_host(&host).verdict, Verdict::NotMeasurable);
    }
}
