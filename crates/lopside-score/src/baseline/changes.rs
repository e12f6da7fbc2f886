//! What differs between two baselines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Baseline;
use super::tell::{DestinationTold, HostTold, Kind, ProcessTold, UserTold};

/// A difference between two baselines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// What it is of.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Hosts (of a host: days) in the older one; absent where it is new.
    pub before: Option<u32>,
    /// The same in the newer one; absent where it is gone.
    pub after: Option<u32>,
    /// Bytes that 9 of 10 observations stay within in the older one.
    pub bytes_before: Option<u64>,
    /// The same in the newer one.
    pub bytes_after: Option<u64>,
    /// How large the change is: doublings of hosts and of bytes together.
    pub doublings: f64,
}

impl Baseline {
    /// What is new in `newer`, gone from it, or changed by half a doubling or more; the largest first.
    pub fn changes(&self, newer: &Baseline) -> Vec<Changed> {
        let of_process = |row: ProcessTold| (row.hosts, row.quantity.bytes(0.9));
        let of_user = |row: UserTold| (row.hosts, row.quantity.bytes(0.9));
        let of_host = |row: HostTold| (row.host_days, row.quantity.bytes(0.9));
        let of_destination = |row: DestinationTold| (row.hosts, row.bytes(0.9));
        let mut changes = Vec::new();
        changed(
            &mut changes,
            Kind::Process,
            rows(self.processes(), of_process),
            rows(newer.processes(), of_process),
        );
        changed(&mut changes, Kind::Host, rows(self.host_rows(), of_host), rows(newer.host_rows(), of_host));
        changed(&mut changes, Kind::User, rows(self.users(), of_user), rows(newer.users(), of_user));
        changed(
            &mut changes,
            Kind::Destination,
            rows(self.destinations(), of_destination),
            rows(newer.destinations(), of_destination),
        );
        changes.sort_by(|a, b| {
            b.doublings.total_cmp(&a.doublings).then_with(|| (a.kind, &a.name).cmp(&(b.kind, &b.name)))
        });
        changes
    }
}

type Rows = BTreeMap<String, (u32, Option<u64>)>;

fn rows<T>(rows: BTreeMap<String, T>, of: impl Fn(T) -> (u32, Option<u64>)) -> Rows {
    rows.into_iter().map(|(name, row)| (name, of(row))).collect()
}

/// Changes of less than this many doublings are not told.
const LEAST: f64 = 0.5;

fn changed(changes: &mut Vec<Changed>, kind: Kind, before: Rows, mut after: Rows) {
    let log = |value: f64| (1.0 + value).log2();
    let mut told = |name: String, old: Option<(u32, Option<u64>)>, new: Option<(u32, Option<u64>)>| {
        let count = |side: Option<(u32, Option<u64>)>| log(side.map_or(0.0, |side| f64::from(side.0)));
        let bytes = |side: Option<(u32, Option<u64>)>| side.and_then(|side| side.1);
        let size = |side| log(bytes(side).unwrap_or(0) as f64 / 65_536.0);
        let doublings = (count(new) - count(old)).abs() + (size(new) - size(old)).abs();
        if doublings >= LEAST {
            changes.push(Changed {
                kind,
                name,
                before: old.map(|side| side.0),
                after: new.map(|side| side.0),
                bytes_before: bytes(old),
                bytes_after: bytes(new),
                doublings: (doublings * 10.0).round() / 10.0,
            });
        }
    };
    for (name, old) in before {
        let new = after.remove(&name);
        told(name, Some(old), new);
    }
    for (name, new) in after {
        told(name, None, Some(new));
    }
}
