//! Usage: bytes summed over the whole span by process, host, user and destination, from every transfer, whoever opened it.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::name::group;
use lopside_model::net::{Scope, from_bits};

use crate::host::resolve::HostView;

/// What usage is summed by, at its finest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageKey {
    /// The host.
    pub host: String,
    /// The image.
    pub image: Option<String>,
    /// The services of a service host.
    pub service: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The destination group.
    pub destination: String,
    /// Where the peer stands.
    pub scope: Scope,
}

/// What was sent and received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageSum {
    /// First packet.
    pub first: Micros,
    /// Last packet.
    pub last: Micros,
    /// Flows.
    pub flows: u64,
    /// Bytes that the host sent, where measured.
    pub bytes_out: u64,
    /// Bytes that it received, where measured.
    pub bytes_in: u64,
    /// Flows of which a direction was not measured.
    pub unmeasured: u64,
}

impl UsageSum {
    /// Adds another sum.
    pub fn merge(&mut self, other: &UsageSum) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.flows = self.flows.saturating_add(other.flows);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.unmeasured = self.unmeasured.saturating_add(other.unmeasured);
    }
}

/// Adds the transfers of a part of a host.
pub fn add_usage(sums: &mut BTreeMap<UsageKey, UsageSum>, view: &HostView<'_, '_>) {
    for transfer in &view.transfers {
        let told = transfer.told();
        if told.host.is_none() || Scope::from_code(told.scope) == Scope::Local {
            continue;
        }
        let key = UsageKey {
            host: view.host.to_owned(),
            image: told.image.map(str::to_owned),
            service: told.services.map(str::to_owned),
            user: told.user.map(str::to_owned),
            destination: group(transfer.name().map(|(name, _)| name), from_bits(transfer.peer().0)),
            scope: Scope::from_code(told.scope),
        };
        let usable =
            |count: Option<u64>, code| count.filter(|_| lopside_model::Quality::from_code(code).measured());
        let (out, received) =
            (usable(told.bytes_out, told.out_quality), usable(told.bytes_in, told.in_quality));
        let sum = UsageSum {
            first: Micros(told.start),
            last: Micros(told.end),
            flows: 1,
            bytes_out: out.unwrap_or(0),
            bytes_in: received.unwrap_or(0),
            unmeasured: u64::from(out.is_none() || received.is_none()),
        };
        sums.entry(key).and_modify(|known| known.merge(&sum)).or_insert(sum);
    }
}
