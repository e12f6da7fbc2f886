//! What the whole run knows when flows get their processes: clocks, owners of addresses, tunnels, local networks.

use std::net::IpAddr;

use hashbrown::HashSet;
use lopside_model::net::{AddressClass, class};

use crate::join::clock::Clocks;
use crate::join::owners::Owners;

/// What the whole run knows.
#[derive(Debug, Default)]
pub struct JoinContext {
    /// Host clocks.
    pub clocks: Clocks,
    /// Who holds which address when.
    pub owners: Owners,
    /// Uids of flows that enclose others.
    pub tunnels: HashSet<String>,
    /// Networks that the user calls local.
    pub local: LocalNets,
    /// Hosts of which any endpoint event was read.
    pub monitored: HashSet<String>,
}

/// Networks that the user calls local.
#[derive(Clone, Debug, Default)]
pub struct LocalNets(pub Vec<(IpAddr, u8)>);

impl LocalNets {
    /// Whether an address lies in one of the networks.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|(net, prefix)| same_prefix(*net, ip, *prefix))
    }
}

fn same_prefix(net: IpAddr, ip: IpAddr, prefix: u8) -> bool {
    match (net, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let shift = 32_u32.saturating_sub(u32::from(prefix));
            shift >= 32 || a.to_bits() >> shift == b.to_bits() >> shift
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let shift = 128_u32.saturating_sub(u32::from(prefix));
            shift >= 128 || a.to_bits() >> shift == b.to_bits() >> shift
        }
        _ => false,
    }
}

impl JoinContext {
    /// Whether an address is local: a configured network, else one that a host owns, else one that the sensor calls local, else a
    /// private one.
    pub fn is_local(&self, ip: IpAddr, sensor_says: Option<u8>) -> bool {
        self.owners.knows(ip) || self.is_local_unowned(ip, sensor_says)
    }

    /// The same for an address that no host owns.
    pub fn is_local_unowned(&self, ip: IpAddr, sensor_says: Option<u8>) -> bool {
        self.local.contains(ip)
            || sensor_says == Some(1)
            || matches!(class(ip), AddressClass::Private | AddressClass::LinkLocal | AddressClass::Loopback)
    }
}
