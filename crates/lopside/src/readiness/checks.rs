//! How each check is measured: one small function each, listed in the order they are told.

use std::collections::BTreeMap;

use lopside_engine::host::addresses::{hosts_of, is_nameless};
use lopside_engine::host::coverage::HostCoverage;
use lopside_sources::report::ReadReport;

use crate::output::units::{bytes, count, share};
use crate::readiness::HostReadiness;
use crate::readiness::catalog::Status;
use crate::readiness::clocks::ClockLine;
use crate::readiness::text::seconds;

/// What a check looks at: one host, or all of them as one under the empty name.
pub(super) struct Seen<'s> {
    pub(super) name: &'s str,
    pub(super) coverage: &'s HostCoverage,
    pub(super) clocks: &'s [ClockLine],
    pub(super) report: &'s ReadReport,
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// The share (or seconds) that the thresholds judge; absent where there was nothing to judge by.
    pub(super) share: Option<f64>,
    /// In words.
    pub(super) value: String,
    /// Which of the remedies fits; the default one where silent.
    pub(super) remedy: &'static str,
    /// A status that no threshold gives.
    pub(super) status: Option<Status>,
}

type Measure = fn(&Seen<'_>) -> Reading;

/// Every check.
pub(super) const ALL: &[(&str, Measure)] = &[
    ("R01", process_source),
    ("R02", both_directions),
    ("R03", attributed_bytes),
    ("R04", ambiguous_bytes),
    ("R05", shared_time),
    ("R06", clock),
    ("R07", one_sided),
    ("R08", missed_packets),
    ("R09", unlogged_connections),
    ("R13", ipv6),
    ("R19", named_addresses),
    ("R20", named_destinations),
    ("R22", gaps),
    ("R26", unreadable),
];

impl Reading {
    /// A share of a whole: `98 % of 1,204 flows`.
    fn of(part: u64, whole: u64, what: &str) -> Reading {
        if whole == 0 {
            return Reading::nothing(&format!("no {what}"));
        }
        let value = format!("{} of {} {what}", share(part, whole), count(whole));
        Reading { share: Some(part as f64 / whole as f64), value, ..Reading::default() }
    }

    /// A share of bytes sent outside: `91 % of 1.2 TB sent outside`.
    fn of_bytes(part: u64, whole: u64) -> Reading {
        if whole == 0 {
            return Reading::nothing("nothing measured was sent outside");
        }
        let value = format!("{} of {} sent outside", share(part, whole), bytes(whole));
        Reading { share: Some(part as f64 / whole as f64), value, ..Reading::default() }
    }

    fn nothing(why: &str) -> Reading {
        Reading { value: why.to_owned(), ..Reading::default() }
    }

    fn because(mut self, remedy: &'static str) -> Reading {
        self.remedy = remedy;
        self
    }

    fn failed(value: &str, remedy: &'static str) -> Reading {
        Reading { share: None, value: value.to_owned(), remedy, status: Some(Status::Fail) }
    }
}

fn process_source(seen: &Seen<'_>) -> Reading {
    if seen.coverage.monitored {
        let contacts: u64 = seen.coverage.contacts.values().sum();
        let events = seen.coverage.measured.process_known + contacts + seen.coverage.starts.0;
        let value =
            if events > 0 { "endpoint events read" } else { "endpoint events read, none of a connection" };
        return Reading { share: Some(1.0), value: value.to_owned(), ..Reading::default() };
    }
    Reading { share: Some(0.0), value: "no endpoint event read".to_owned(), ..Reading::default() }
}

fn both_directions(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    if measured.flows == 0 {
        return Reading::failed("no flows", "no_flows");
    }
    let mut reading = Reading::of(measured.bytes_both_known, measured.flows, "flows");
    if let Some((why, _)) = seen.coverage.unmeasured_why.iter().max_by_key(|(why, times)| (**times, *why)) {
        reading.value = format!("{}; others mostly because {why}", reading.value);
    }
    reading
}

fn attributed_bytes(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    Reading::of_bytes(measured.external_bytes_out_process, measured.external_bytes_out)
}

fn ambiguous_bytes(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    Reading::of_bytes(measured.external_bytes_out_ambiguous, measured.external_bytes_out)
}

/// Hours with flows that lie between the first and the last event, an hour of grace on either side.
fn shared_time(seen: &Seen<'_>) -> Reading {
    let (flows, events) = (&seen.coverage.flow_hours, &seen.coverage.event_hours);
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Reading::nothing("no event tells of a connection");
    };
    let within = flows.range(first.saturating_sub(1)..=last.saturating_add(1)).count();
    Reading::of(within as u64, flows.len() as u64, "hours with flows")
}

/// The clock that is furthest off decides.
fn clock(seen: &Seen<'_>) -> Reading {
    if !seen.coverage.monitored {
        return Reading::nothing("no endpoint events");
    }
    let Some(worst) = seen.clocks.iter().max_by(|a, b| {
        a.offset_seconds
            .abs()
            .total_cmp(&b.offset_seconds.abs())
            .then(a.spread_seconds.total_cmp(&b.spread_seconds))
    }) else {
        return Reading {
            status: Some(if seen.coverage.measured.flows == 0 { Status::Unknown } else { Status::Fail }),
            value: "not to be estimated".to_owned(),
            remedy: "unknown",
            share: None,
        };
    };
    let spread = seen.clocks.iter().map(|line| line.spread_seconds).fold(0.0, f64::max);
    let status = match (worst.offset_seconds.abs(), spread) {
        (_, spread) if spread > 30.0 => Status::Fail,
        (offset, spread) if offset <= 2.0 && spread <= 5.0 => Status::Pass,
        _ => Status::Warn,
    };
    let modes = seen.clocks.iter().filter(|line| line.source == worst.source).count();
    let more = if modes > 1 { format!(", one of {modes} values") } else { String::new() };
    let remedy = match status {
        Status::Fail => "spread",
        _ if modes > 1 => "modes",
        _ => "default",
    };
    let value = format!(
        "{} ({}, {} matches, spread {}){more}",
        seconds(worst.offset_seconds),
        worst.source,
        count(worst.matches),
        seconds(spread).trim_start_matches('+'),
    );
    Reading { share: None, value, remedy, status: Some(status) }
}

fn one_sided(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    Reading::of(measured.one_sided, measured.tcp_with_data, "TCP flows with data")
}

fn missed_packets(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    let missed = (measured.sequence_only + measured.lower_bound).min(measured.flows);
    let reading = Reading::of(missed, measured.flows, "flows");
    if measured.sequence_only > measured.lower_bound { reading.because("sequence") } else { reading }
}

fn unlogged_connections(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    if !seen.coverage.monitored {
        return Reading::nothing("no endpoint events");
    }
    let missing = measured.external_tcp.saturating_sub(measured.external_tcp_logged);
    let reading = Reading::of(missing, measured.external_tcp, "external TCP flows");
    let none = measured.external_tcp_logged == 0 && seen.coverage.contacts.is_empty();
    if none { reading.because("absent") } else { reading }
}

fn ipv6(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    let missing = measured.external_v6.saturating_sub(measured.external_v6_process);
    Reading::of(missing, measured.external, "external flows")
}

fn named_addresses(seen: &Seen<'_>) -> Reading {
    let named = !is_nameless(seen.name);
    let value = if named { "a name is known" } else { "known by address alone" };
    Reading { share: Some(f64::from(u8::from(named))), value: value.to_owned(), ..Reading::default() }
}

fn named_destinations(seen: &Seen<'_>) -> Reading {
    let measured = &seen.coverage.measured;
    Reading::of_bytes(measured.external_bytes_out_named, measured.external_bytes_out)
}

fn gaps(seen: &Seen<'_>) -> Reading {
    let (flows, events) = (&seen.coverage.flow_hours, &seen.coverage.event_hours);
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Reading::nothing("no event tells of a connection");
    };
    let within = || flows.range(first..=last);
    let (silent, hours) = (within().filter(|hour| !events.contains(hour)).count(), within().count());
    let mut reading = Reading::of(silent as u64, hours as u64, "hours with flows");
    // Where few flows are named at all, some hours are silent without a gap.
    let measured = &seen.coverage.measured;
    let named = measured.process_known as f64 / measured.flows.max(1) as f64;
    let expected = (1.0 - named).powf(measured.flows as f64 / flows.len().max(1) as f64);
    if let Some(share) = &mut reading.share {
        *share = (*share - expected).max(0.0);
        if silent > 0 && expected > 0.01 {
            reading.value = format!(
                "{}; {:.0} % are to be expected, so few flows are named",
                reading.value,
                expected * 100.0
            );
        }
    }
    reading
}

fn unreadable(seen: &Seen<'_>) -> Reading {
    let skipped = seen.report.skipped;
    let mut reading =
        Reading::of(skipped, seen.report.records.saturating_add(skipped), "records of all inputs");
    if skipped > 0 {
        let all = seen.report.records.saturating_add(skipped);
        reading.value = format!("{} skipped of {} records of all inputs", count(skipped), count(all));
    }
    reading
}

/// The checks that count hosts rather than flows, over all hosts.
pub(super) fn over_hosts(
    hosts: &[HostReadiness],
    coverage: &BTreeMap<String, HostCoverage>,
) -> Vec<(&'static str, Reading)> {
    let hosts_that =
        |keep: &dyn Fn(&HostReadiness) -> bool| hosts.iter().filter(|host| keep(host)).count() as u64;
    let monitored = hosts_that(&|host| host.endpoint_events);
    let good_clock = hosts_that(&|host| {
        host.endpoint_events
            && host.checks.iter().any(|check| check.id == "R06" && check.status == Status::Pass)
    });
    let bad_clock =
        hosts_that(&|host| host.checks.iter().any(|check| check.id == "R06" && check.status == Status::Fail));
    let mut clocks = Reading::of(good_clock, monitored, "hosts keep the sensor's time");
    if monitored > 0 {
        clocks.share = None;
        clocks.remedy = if bad_clock > 0 { "unknown" } else { "default" };
        clocks.status = Some(match (good_clock, bad_clock) {
            (good, _) if good == monitored => Status::Pass,
            (_, 0) => Status::Warn,
            _ => Status::Fail,
        });
    }
    let of_hosts: u64 = coverage.iter().map(|(name, host)| hosts_of(name, host)).sum();
    let addresses = || coverage.iter().filter(|(name, _)| !name.is_empty());
    let all: u64 = addresses().map(|(_, host)| host.ips.len() as u64).sum();
    let named: u64 =
        addresses().filter(|(name, _)| !is_nameless(name)).map(|(_, host)| host.ips.len() as u64).sum();
    vec![
        ("R01", Reading::of(monitored, of_hosts, "hosts")),
        ("R06", clocks),
        ("R19", Reading::of(named, all, "local addresses")),
        ("R22", fleet_gaps(coverage)),
    ]
}

/// Hours, between the first and the last, in which all hosts together lack flows or events although the other kind is there.
fn fleet_gaps(coverage: &BTreeMap<String, HostCoverage>) -> Reading {
    let mut flows: std::collections::BTreeSet<i64> =
        coverage.values().flat_map(|host| host.flow_hours.iter().copied()).collect();
    let events: std::collections::BTreeSet<i64> =
        coverage.values().flat_map(|host| host.event_hours.iter().copied()).collect();
    let (Some(first), Some(last)) =
        (flows.first().max(events.first()).copied(), flows.last().min(events.last()).copied())
    else {
        return Reading::nothing("no hours with both events and flows");
    };
    if events.is_empty() || first > last {
        return Reading::nothing("no hours with both events and flows");
    }
    // An hour of a flow is also one of the event that names its process: only contacts tell of a sensor that stood still.
    flows.retain(|hour| (first..=last).contains(hour));
    let without_events = flows.difference(&events).count() as u64;
    let without_flows = events.range(first..=last).filter(|hour| !flows.contains(hour)).count() as u64;
    let whole = u64::try_from(last - first + 1).unwrap_or(0);
    let reading = Reading::of(without_events.saturating_add(without_flows).min(whole), whole, "hours");
    if without_flows > without_events { reading.because("sensor") } else { reading }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::tests::well_covered;
    use lopside_engine::host::addresses::OTHER_ADDRESSES;
    use lopside_model::net::parse_ip;

    fn read(measure: Measure, coverage: &HostCoverage, clocks: &[ClockLine]) -> Reading {
        measure(&Seen { name: "ws-1", coverage, clocks, report: &ReadReport::default() })
    }

    #[test]
    fn addresses_that_are_told_as_one_count_as_many() {
        let mut rest = HostCoverage::default();
        rest.ips.extend(["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(|ip| parse_ip(ip).unwrap()));
        let coverage = BTreeMap::from([
            (OTHER_ADDRESSES.to_owned(), rest),
            (String::new(), well_covered(1)),
            ("ws-1".to_owned(), well_covered(1)),
        ]);
        let readings = over_hosts(&[], &coverage);
        let value = |id| &readings.iter().find(|(known, _)| *known == id).unwrap().1.value;
        assert!(value("R01").contains("4 hosts"), "{}", value("R01"));
        assert!(value("R19").contains("25 % of 4"), "{}", value("R19"));
    }

    #[test]
    fn a_filtered_sysmon_and_one_that_is_off_get_their_own_advice() {
        let mut host = well_covered(100);
        host.measured.external_tcp_logged = 66;
        let filtered = read(unlogged_connections, &host, &[]);
        assert_eq!((filtered.share, filtered.remedy), (Some(0.34), ""));
        host.measured.external_tcp_logged = 0;
        assert_eq!(read(unlogged_connections, &host, &[]).remedy, "absent");
    }

    #[test]
    fn the_clock_that_is_furthest_off_decides() {
        let line = |source: &str, offset: f64, spread: f64| ClockLine {
            source: source.to_owned(),
            offset_seconds: offset,
            spread_seconds: spread,
            matches: 1_180,
        };
        let host = well_covered(10);
        let lines = [line("security-5156", 0.1, 0.2), line("sysmon-3", -50_027.9, 0.4)];
        let off = read(clock, &host, &lines);
        assert_eq!(off.status, Some(Status::Warn));
        assert!(off.value.starts_with("-50,027.9 s (sysmon-3, 1,180 matches"), "{}", off.value);
        assert_eq!(read(clock, &host, &lines[..1]).status, Some(Status::Pass));
        assert_eq!(read(clock, &host, &[]).status, Some(Status::Fail));
        assert_eq!(read(clock, &host, &[line("sysmon-3", 0.0, 31.0)]).remedy, "spread");
        let two = read(clock, &host, &[line("sysmon-3", -14_400.0, 0.1), line("sysmon-3", -57_600.0, 0.1)]);
        assert_eq!(two.remedy, "modes");
    }

    #[test]
    fn a_gap_is_an_hour_with_flows_between_events() {
        let mut host = well_covered(10);
        host.event_hours = (100..120).chain(130..148).collect();
        assert_eq!(read(gaps, &host, &[]).share, Some(10.0 / 48.0));
        host.event_hours = (100..120).collect();
        assert_eq!(read(gaps, &host, &[]).share, Some(0.0));
        assert_eq!(read(shared_time, &host, &[]).share, Some(21.0 / 48.0));
    }

    #[test]
    fn skipped_records_are_counted() {
        let report = ReadReport { records: 997, skipped: 3, ..ReadReport::default() };
        let host = well_covered(1);
        let reading = unreadable(&Seen { name: "", coverage: &host, clocks: &[], report: &report });
        assert_eq!(reading.value, "3 skipped of 1,000 records of all inputs");
    }
}
