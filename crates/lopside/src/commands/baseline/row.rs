//! A row of a baseline for other tools: what `export` writes of everything, and `show` of what was asked for.

use std::collections::BTreeMap;

use lopside_score::{DestinationTold, HostTold, Kind, Ports, ProcessTold, Quantity, UserTold, most};
use serde::Serialize;

use super::{names, words};
use crate::output::units;
use crate::redact::Redactor;

/// A row.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) kind: Kind,
    /// `null` where no process is known.
    pub(super) name: Option<String>,
    /// Hosts; of a host, 1.
    pub(super) hosts: u32,
    /// Host-days; of a destination, channel-days.
    pub(super) days: u32,
    pub(super) first_day: Option<String>,
    pub(super) last_day: Option<String>,
    pub(super) destinations: Option<u64>,
    /// Hosts that send much and get little back; of a host absent.
    pub(super) heavy_hosts: Option<u32>,
    pub(super) bytes_median: Option<u64>,
    pub(super) bytes_90: Option<u64>,
    /// Bytes that came back in the same observations; of a destination absent.
    pub(super) bytes_in_median: Option<u64>,
    pub(super) bytes_in_90: Option<u64>,
    pub(super) ratio_median: Option<f64>,
    pub(super) ratio_90: Option<f64>,
    /// Observations by bytes: from a power of two to the next.
    pub(super) histogram: Vec<(u64, u32)>,
    /// The same by bytes that came back; of a destination empty.
    pub(super) bytes_in_histogram: Vec<(u64, u32)>,
    /// The same by ratio of sent to received; of a destination empty.
    pub(super) ratio_histogram: Vec<(f64, u32)>,
    /// Hosts by port and transport; of a destination empty.
    pub(super) ports: BTreeMap<String, u32>,
    /// The first day of each port.
    pub(super) ports_since: BTreeMap<String, String>,
    /// Hosts by process, of a destination; days by process, of a host. At most 20.
    pub(super) processes: BTreeMap<String, u32>,
    /// Days by user; of a host.
    pub(super) users: BTreeMap<String, u32>,
    /// Hosts by destination; of a process or user. At most 20.
    pub(super) reached: BTreeMap<String, u32>,
    /// Hosts by image that starts it; of a process.
    pub(super) parents: BTreeMap<String, u32>,
    /// Observations with sending, by UTC hour; of a destination empty.
    pub(super) hours: Vec<u32>,
    /// Days on which its users were active, by UTC hour; of a host, else empty.
    pub(super) user_hours: Vec<u32>,
}

impl Row {
    /// A row of which only the kind and the days are known.
    fn empty(kind: Kind, days: Option<(i32, i32)>) -> Row {
        Row {
            kind,
            name: None,
            hosts: 0,
            days: 0,
            first_day: days.map(|days| units::day(days.0)),
            last_day: days.map(|days| units::day(days.1)),
            destinations: None,
            heavy_hosts: None,
            bytes_median: None,
            bytes_90: None,
            bytes_in_median: None,
            bytes_in_90: None,
            ratio_median: None,
            ratio_90: None,
            histogram: Vec::new(),
            bytes_in_histogram: Vec::new(),
            ratio_histogram: Vec::new(),
            ports: BTreeMap::new(),
            ports_since: BTreeMap::new(),
            processes: BTreeMap::new(),
            users: BTreeMap::new(),
            reached: BTreeMap::new(),
            parents: BTreeMap::new(),
            hours: Vec::new(),
            user_hours: Vec::new(),
        }
    }

    /// The same with what is sent, and by which ports.
    fn sending(kind: Kind, days: Option<(i32, i32)>, quantity: &Quantity, ports: &Ports) -> Row {
        Row {
            ports: ports.iter().map(|seen| (words::port_name(seen.port), seen.hosts)).collect(),
            ports_since: ports
                .iter()
                .map(|seen| (words::port_name(seen.port), units::day(seen.first)))
                .collect(),
            hours: quantity.hours.to_vec(),
            bytes_in_median: quantity.bytes_back(0.5),
            bytes_in_90: quantity.bytes_back(0.9),
            bytes_in_histogram: quantity.by_bytes_back(),
            bytes_median: quantity.bytes(0.5),
            bytes_90: quantity.bytes(0.9),
            ratio_median: quantity.ratio(0.5).map(round),
            ratio_90: quantity.ratio(0.9).map(round),
            histogram: histogram(quantity.by_bytes()),
            ratio_histogram: ratios(quantity),
            ..Row::empty(kind, days)
        }
    }
}

/// The row of a process identity.
pub(super) fn process(name: &str, row: &ProcessTold, redact: Option<&Redactor>) -> Row {
    Row {
        name: names::known(name).map(|name| names::told(Kind::Process, name, redact)),
        hosts: row.hosts,
        days: row.host_days,
        destinations: Some(row.destinations.len() as u64),
        heavy_hosts: Some(row.heavy_hosts),
        reached: reached(&row.destinations, redact),
        parents: row.parents.iter().map(|(name, hosts)| (name.clone(), hosts)).collect(),
        ..Row::sending(Kind::Process, row.days, &row.quantity, &row.ports)
    }
}

/// The row of a host.
pub(super) fn host(name: &str, row: &HostTold, redact: Option<&Redactor>) -> Row {
    Row {
        name: Some(names::told(Kind::Host, name, redact)),
        hosts: 1,
        days: row.host_days,
        destinations: Some(row.destinations.into()),
        processes: processes(&row.processes, redact),
        users: row.users.iter().map(|(user, days)| (names::told(Kind::User, user, redact), *days)).collect(),
        user_hours: row.user_hours.to_vec(),
        ..Row::sending(Kind::Host, row.days, &row.quantity, &row.ports)
    }
}

/// The row of a user.
pub(super) fn user(name: &str, row: &UserTold, redact: Option<&Redactor>) -> Row {
    Row {
        name: Some(names::told(Kind::User, name, redact)),
        hosts: row.hosts,
        days: row.host_days,
        destinations: Some(row.destinations.len() as u64),
        reached: reached(&row.destinations, redact),
        ..Row::sending(Kind::User, row.days, &row.quantity, &row.ports)
    }
}

/// The row of a destination group.
pub(super) fn destination(name: &str, row: &DestinationTold, redact: Option<&Redactor>) -> Row {
    Row {
        name: Some(names::told(Kind::Destination, name, redact)),
        hosts: row.hosts,
        days: row.channel_days,
        heavy_hosts: Some(row.heavy_hosts),
        bytes_median: row.bytes(0.5),
        bytes_90: row.bytes(0.9),
        histogram: histogram(row.by_bytes()),
        processes: processes(&row.processes, redact),
        ..Row::empty(Kind::Destination, row.days)
    }
}

/// Hosts by destination, the most frequent.
fn reached(all: &BTreeMap<String, u32>, redact: Option<&Redactor>) -> BTreeMap<String, u32> {
    most(all).into_iter().map(|(name, hosts)| (names::told(Kind::Destination, name, redact), hosts)).collect()
}

/// Powers of two for their logarithms.
fn histogram(rows: Vec<(u8, u32)>) -> Vec<(u64, u32)> {
    let power = |log: u8| 1_u64.checked_shl(log.into()).unwrap_or(u64::MAX);
    rows.into_iter().map(|(log, count)| (power(log), count)).collect()
}

/// Powers of two for their logarithms, of ratios.
fn ratios(quantity: &Quantity) -> Vec<(f64, u32)> {
    quantity.by_ratio().into_iter().map(|(log, count)| (f64::from(log).exp2(), count)).collect()
}

fn round(ratio: f64) -> f64 {
    (ratio * 1_000.0).round() / 1_000.0
}

/// The most frequent processes.
fn processes(all: &BTreeMap<String, u32>, redact: Option<&Redactor>) -> BTreeMap<String, u32> {
    let told = |name| {
        names::known(name)
            .map_or("(no process known)".to_owned(), |name| names::told(Kind::Process, name, redact))
    };
    let mut sums = BTreeMap::new();
    for (name, count) in most(all) {
        *sums.entry(told(name)).or_default() += count;
    }
    sums
}
