//! Readiness: whether process, destination, bytes out, bytes in, user and payload are measured, per host.
//!
//! In: what a run knows of coverage, clocks and reading. Out: [`Readiness`], told as text ([`text`]) or as the interface's JSON
//! (it serialises to it). What is checked and when it passes is a data file ([`catalog`]); how it is measured is one small function
//! a check ([`checks`]).

mod catalog;
mod checks;
mod clocks;
pub(crate) mod text;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use lopside_engine::host::coverage::{HostCoverage, Measured};
use lopside_engine::join::clock::Clocks;
use lopside_model::Micros;
use lopside_sources::report::ReadReport;
use serde::Serialize;

pub(crate) use catalog::Status;
pub(crate) use clocks::ClockLine;
pub(crate) use verdict::Verdict;

use crate::readiness::catalog::{Catalog, Entry};
use crate::readiness::checks::{Reading, Seen};
use crate::readiness::verdict::Judged;

/// What the telemetry at hand can tell.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Readiness {
    /// Over all hosts.
    pub(crate) overall: Overall,
    /// Each host, by name; those of no endpoint event too.
    pub(crate) hosts: Vec<HostReadiness>,
    /// Each kind of record that was read.
    pub(crate) sources: Vec<Source>,
}

/// All hosts together.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Overall {
    /// Whether the analytic can be answered.
    pub(crate) verdict: Verdict,
    /// Why not, in a few words.
    pub(crate) reason: Option<String>,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Bytes sent to external peers.
    pub(crate) external_bytes_out: u64,
    /// Of them, with process, user and destination.
    pub(crate) external_bytes_out_with_process_user_destination: u64,
    /// Hosts of which endpoint events were read.
    pub(crate) monitored_hosts: u64,
    /// Of them, those that can be answered for.
    pub(crate) measurable_hosts: u64,
    /// Local addresses in the flows of which no endpoint event was read.
    pub(crate) unmonitored_addresses: u64,
    /// Bytes that those sent to external peers.
    pub(crate) unmonitored_external_bytes_out: u64,
    /// The checks over all hosts.
    pub(crate) checks: Vec<Check>,
}

/// One host.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HostReadiness {
    /// Its name, or its address where no name is known.
    pub(crate) name: String,
    /// Whether the analytic can be answered for it.
    pub(crate) verdict: Verdict,
    /// Why not, in a few words.
    pub(crate) reason: Option<String>,
    /// Whether any endpoint event of it was read.
    pub(crate) endpoint_events: bool,
    #[serde(flatten)]
    pub(crate) counts: Counts,
    /// Flows with bytes sent.
    pub(crate) bytes_out_known: u64,
    /// Flows with bytes received.
    pub(crate) bytes_in_known: u64,
    /// Bytes sent to external peers.
    pub(crate) external_bytes_out: u64,
    /// How far its clocks are ahead of the sensors'.
    pub(crate) clocks: Vec<ClockLine>,
    /// The checks.
    pub(crate) checks: Vec<Check>,
}

/// Flows, and of how many of them what is known.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Counts {
    pub(crate) flows: u64,
    pub(crate) process_known: u64,
    pub(crate) bytes_both_known: u64,
    pub(crate) both_known: u64,
    pub(crate) user_known: u64,
    pub(crate) name_known: u64,
    pub(crate) payload_seen: u64,
}

/// How one check came out.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) id: String,
    pub(crate) title: String,
    /// What its value is; told once, over all hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measures: Option<String>,
    pub(crate) status: Status,
    /// What was measured, in words.
    pub(crate) value: String,
    /// What to do; absent where it passed.
    pub(crate) advice: Option<String>,
}

/// One kind of record.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Source {
    pub(crate) kind: String,
    pub(crate) files: u64,
    pub(crate) records: u64,
    pub(crate) skipped: u64,
    pub(crate) first: Option<Micros>,
    pub(crate) last: Option<Micros>,
}

impl Readiness {
    /// Judges what a run knows; hosts of no name (flows without a local end) count in the sums only.
    ///
    /// # Errors
    /// Where the list of checks that ships with Lopside is broken.
    pub(crate) fn of(
        coverage: &BTreeMap<String, HostCoverage>,
        clocks: &Clocks,
        report: &ReadReport,
    ) -> anyhow::Result<Readiness> {
        let catalog = Catalog::shipped()?;
        let hosts: Vec<HostReadiness> = coverage
            .iter()
            .filter(|(name, host)| !name.is_empty() && (host.monitored || host.measured.flows > 0))
            .map(|(name, coverage)| HostReadiness::of(name, coverage, clocks, report, &catalog))
            .collect();
        Ok(Readiness {
            overall: Overall::of(coverage, &hosts, report, &catalog),
            hosts,
            sources: sources(report),
        })
    }
}

impl HostReadiness {
    fn of(
        name: &str,
        coverage: &HostCoverage,
        clocks: &Clocks,
        report: &ReadReport,
        catalog: &Catalog,
    ) -> HostReadiness {
        let clocks = clocks::lines(name, clocks);
        let seen = Seen { name, coverage, clocks: &clocks, report };
        let checks = checks::ALL
            .iter()
            .filter_map(|(id, measure)| Some(Check::of(catalog.get(id)?, measure(&seen))))
            .collect();
        let Judged { verdict, reason } = Verdict::of_host(coverage);
        HostReadiness {
            name: name.to_owned(),
            verdict,
            reason,
            endpoint_events: coverage.monitored,
            counts: Counts::of(&coverage.measured),
            bytes_out_known: coverage.measured.bytes_out_known,
            bytes_in_known: coverage.measured.bytes_in_known,
            external_bytes_out: coverage.measured.external_bytes_out,
            clocks,
            checks,
        }
    }
}

impl Overall {
    fn of(
        coverage: &BTreeMap<String, HostCoverage>,
        hosts: &[HostReadiness],
        report: &ReadReport,
        catalog: &Catalog,
    ) -> Overall {
        let merged = merge(coverage.values());
        let unmonitored: BTreeSet<IpAddr> = coverage
            .iter()
            .filter(|(name, host)| !name.is_empty() && !host.monitored)
            .flat_map(|(_, host)| host.ips.iter().copied())
            .collect();
        let monitored = || hosts.iter().filter(|host| host.endpoint_events);
        let Judged { verdict, reason } = Verdict::of_all(hosts);
        let seen = Seen { name: "", coverage: &merged, clocks: &[], report };
        let over_hosts = checks::over_hosts(hosts, coverage);
        let checks = checks::ALL
            .iter()
            .filter_map(|(id, measure)| {
                let known =
                    over_hosts.iter().find(|(known, _)| known == id).map(|(_, reading)| reading.clone());
                let entry = catalog.get(id)?;
                let check = Check::of(entry, known.unwrap_or_else(|| measure(&seen)));
                Some(Check { measures: Some(entry.measures.clone()), ..check })
            })
            .collect();
        Overall {
            verdict,
            reason,
            counts: Counts::of(&merged.measured),
            external_bytes_out: merged.measured.external_bytes_out,
            external_bytes_out_with_process_user_destination: merged.measured.external_bytes_out_explained,
            monitored_hosts: monitored().count() as u64,
            measurable_hosts: monitored().filter(|host| host.verdict == Verdict::Measurable).count() as u64,
            unmonitored_addresses: unmonitored.len() as u64,
            unmonitored_external_bytes_out: hosts
                .iter()
                .filter(|host| !host.endpoint_events)
                .map(|host| host.external_bytes_out)
                .fold(0, u64::saturating_add),
            checks,
        }
    }
}

impl Counts {
    fn of(measured: &Measured) -> Counts {
        Counts {
            flows: measured.flows,
            process_known: measured.process_known,
            bytes_both_known: measured.bytes_both_known,
            both_known: measured.both_known,
            user_known: measured.user_known,
            name_known: measured.name_known,
            payload_seen: measured.payload_seen,
        }
    }
}

impl Check {
    fn of(entry: &Entry, reading: Reading) -> Check {
        let status = match (reading.status, reading.share) {
            (Some(status), _) => status,
            (None, Some(share)) => entry.status(share),
            (None, None) => Status::Unknown,
        };
        let advice = match status {
            Status::Pass => None,
            Status::Unknown if reading.remedy.is_empty() => None,
            _ => entry.remedy(reading.remedy).map(str::to_owned),
        };
        Check {
            id: entry.id.clone(),
            title: entry.title.clone(),
            measures: None,
            status,
            value: reading.value,
            advice,
        }
    }
}

fn sources(report: &ReadReport) -> Vec<Source> {
    let source = |kind: &lopside_sources::report::KindReport| Source {
        kind: kind.kind.clone(),
        files: kind.files,
        records: kind.records,
        skipped: kind.skipped,
        first: kind.first,
        last: kind.last,
    };
    report.kinds.iter().map(source).collect()
}

/// The counts of several hosts as one; hours and addresses as a union.
fn merge<'c>(hosts: impl Iterator<Item = &'c HostCoverage>) -> HostCoverage {
    let mut all = HostCoverage::default();
    for host in hosts {
        all.measured.merge(&host.measured);
        all.monitored |= host.monitored;
        all.external_contacts += host.external_contacts;
        all.starts = (all.starts.0 + host.starts.0, all.starts.1 + host.starts.1);
        all.flow_hours.extend(&host.flow_hours);
        all.event_hours.extend(&host.event_hours);
        for (class, count) in &host.contacts {
            *all.contacts.entry(*class).or_insert(0) += count;
        }
        for (why, count) in &host.unmeasured_why {
            *all.unmeasured_why.entry(why.clone()).or_insert(0) += count;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host of which everything was measured.
    pub(super) fn well_covered(flows: u64) -> HostCoverage {
        HostCoverage {
            measured: Measured {
                flows,
                process_known: flows,
                bytes_both_known: flows,
                bytes_out_known: flows,
                bytes_in_known: flows,
                both_known: flows,
                user_known: flows,
                name_known: flows,
                external: flows,
                external_bytes_out: 1_000 * flows,
                external_bytes_out_explained: 1_000 * flows,
                external_bytes_out_process: 1_000 * flows,
                external_bytes_out_named: 1_000 * flows,
                tcp_with_data: flows,
                external_tcp: flows,
                external_tcp_logged: flows,
                ..Measured::default()
            },
            monitored: true,
            ips: BTreeSet::from([IpAddr::from([10, 0, 0, 7])]),
            flow_hours: (100..148).collect(),
            event_hours: (100..148).collect(),
            ..HostCoverage::default()
        }
    }

    fn readiness(hosts: &[(&str, HostCoverage)]) -> Readiness {
        let coverage = hosts.iter().map(|(name, host)| ((*name).to_owned(), host.clone())).collect();
        Readiness::of(&coverage, &Clocks::default(), &ReadReport::default()).unwrap()
    }

    fn status(host: &HostReadiness, id: &str) -> Status {
        host.checks.iter().find(|check| check.id == id).unwrap().status
    }

    #[test]
    fn a_host_of_which_all_is_measured_is_measurable() {
        let told = readiness(&[("ws-1", well_covered(100))]);
        assert_eq!(told.hosts[0].verdict, Verdict::Measurable);
        assert_eq!(told.overall.verdict, Verdict::Measurable);
        for id in ["R01", "R02", "R03", "R04", "R05", "R07", "R08", "R09", "R13", "R19", "R20", "R22"] {
            assert_eq!(status(&told.hosts[0], id), Status::Pass, "{id}");
        }
    }

    #[test]
    fn a_one_sided_sensor_is_never_measurable() {
        let mut host = well_covered(100);
        host.measured.bytes_out_known = 2;
        host.measured.bytes_both_known = 2;
        host.measured.both_known = 2;
        host.measured.one_sided = 98;
        let told = readiness(&[("ws-1", host)]);
        assert_eq!(told.hosts[0].verdict, Verdict::NotMeasurable);
        assert!(told.hosts[0].reason.as_deref().unwrap().contains("bytes out"));
        assert_eq!(status(&told.hosts[0], "R07"), Status::Fail);
        let check = told.hosts[0].checks.iter().find(|check| check.id == "R07").unwrap();
        assert!(check.value.contains("98 %") && check.advice.as_deref().unwrap().contains("-C"));
    }

    #[test]
    fn counts_from_sequence_numbers_are_no_measurement() {
        let mut host = well_covered(10);
        host.measured.bytes_out_known = 0;
        host.measured.bytes_both_known = 0;
        host.measured.both_known = 0;
        host.measured.sequence_only = 10;
        let told = readiness(&[("ws-1", host)]);
        assert_eq!(told.hosts[0].verdict, Verdict::NotMeasurable);
        assert_eq!(status(&told.hosts[0], "R08"), Status::Fail);
        assert!(told.hosts[0].checks.iter().any(|check| check.id == "R08"
            && check.advice.as_deref().is_some_and(|advice| advice.contains("sequence numbers"))));
    }

    #[test]
    fn events_without_flows_and_flows_without_events() {
        let events = HostCoverage { monitored: true, external_contacts: 9, ..HostCoverage::default() };
        let mut flows = well_covered(50);
        flows.monitored = false;
        flows.measured.process_known = 0;
        flows.measured.both_known = 0;
        let told = readiness(&[("10.0.0.9", flows), ("ws-1", events)]);
        assert_eq!(told.hosts[0].verdict, Verdict::Partly);
        assert!(told.hosts[0].reason.as_deref().unwrap().contains("no endpoint events"));
        assert_eq!(status(&told.hosts[0], "R01"), Status::Fail);
        assert_eq!(status(&told.hosts[0], "R19"), Status::Fail);
        assert_eq!(told.hosts[1].verdict, Verdict::NotMeasurable);
        assert_eq!(status(&told.hosts[1], "R02"), Status::Fail);
        assert_eq!(told.overall.verdict, Verdict::NotMeasurable);
        assert_eq!(told.overall.unmonitored_addresses, 1);
    }

    #[test]
    fn the_json_has_the_keys_of_the_interface() {
        let told = serde_json::to_value(readiness(&[("ws-1", well_covered(3))])).unwrap();
        let keys =
            "verdict flows process_known bytes_both_known both_known user_known name_known payload_seen";
        for key in keys.split(' ') {
            assert!(told["overall"].get(key).is_some() && told["hosts"][0].get(key).is_some(), "{key}");
        }
        assert_eq!(told["overall"]["external_bytes_out_with_process_user_destination"], 3_000);
        assert_eq!(told["overall"]["verdict"], "measurable");
        let check = &told["hosts"][0]["checks"][0];
        for key in ["id", "title", "status", "value", "advice"] {
            assert!(check.get(key).is_some(), "{key}");
        }
        assert!(told["hosts"][0]["clocks"].is_array() && told["sources"].is_array());
    }
}
