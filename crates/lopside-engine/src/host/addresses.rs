//! Hosts that are nothing but an address: a flood makes as many of them as it likes.
//!
//! In: the coverage of each partition's hosts. Out: the busiest of them each for itself, and the rest as one. Which those are does not
//! depend on partitions or threads: the order is total, and counts merge by addition.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lopside_model::net::parse_ip;

use crate::host::coverage::HostCoverage;

/// The name under which the rest stands.
pub const OTHER_ADDRESSES: &str = "other addresses";
/// Hosts that are told apart by their address alone: more than any list of them would be read, less than their coverage needs memory.
const KEPT: usize = 65_536;

/// By how many flows, then by name.
type Rank = (u64, Reverse<String>);

/// The busiest hosts without a name, and the rest.
#[derive(Debug)]
pub struct Addresses {
    most: usize,
    kept: BTreeMap<Rank, HostCoverage>,
    rest: HostCoverage,
}

impl Default for Addresses {
    fn default() -> Self {
        Addresses::keeping(KEPT)
    }
}

impl Addresses {
    fn keeping(most: usize) -> Addresses {
        Addresses { most, kept: BTreeMap::new(), rest: HostCoverage::default() }
    }

    /// Takes those hosts out of the coverage of a partition that no endpoint event and no lease gives a name.
    pub fn take(&mut self, coverage: &mut BTreeMap<String, HostCoverage>) {
        let nameless = |name: &String, host: &mut HostCoverage| !host.monitored && is_nameless(name);
        for (name, host) in coverage.extract_if(.., nameless) {
            self.kept.insert((host.measured.flows, Reverse(name)), host);
            if self.kept.len() > self.most
                && let Some((_, host)) = self.kept.pop_first()
            {
                self.rest.merge(host);
            }
        }
    }

    /// All of them by name; the rest, where there is one, as [`OTHER_ADDRESSES`].
    pub fn into_coverage(self) -> impl Iterator<Item = (String, HostCoverage)> {
        let rest = (self.rest != HostCoverage::default()).then(|| (OTHER_ADDRESSES.to_owned(), self.rest));
        self.kept.into_iter().map(|((_, Reverse(name)), host)| (name, host)).chain(rest)
    }
}

/// Whether a host is known by address alone.
pub fn is_nameless(name: &str) -> bool {
    name == OTHER_ADDRESSES || parse_ip(name).is_some()
}

/// How many hosts an entry of a run's coverage stands for.
pub fn hosts_of(name: &str, host: &HostCoverage) -> u64 {
    match name {
        "" => 0,
        OTHER_ADDRESSES => host.ips.len() as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, flows: u64) -> (String, HostCoverage) {
        let mut host = HostCoverage::default();
        host.measured.flows = flows;
        host.ips.extend(parse_ip(name));
        host.flow_hours.insert(492_561);
        host.unmeasured_why.insert("one side only".into(), flows);
        (name.to_owned(), host)
    }

    fn of(partitions: &[&[(&str, u64)]]) -> BTreeMap<String, HostCoverage> {
        let mut addresses = Addresses::keeping(2);
        let mut all = BTreeMap::new();
        for partition in partitions {
            let mut coverage = partition.iter().map(|(name, flows)| host(name, *flows)).collect();
            addresses.take(&mut coverage);
            all.extend(coverage);
        }
        all.extend(addresses.into_coverage());
        all
    }

    #[test]
    fn the_busiest_stay_and_the_rest_is_one_however_they_come() {
        let (a, b, c, d) = (("10.0.0.1", 5), ("10.0.0.2", 9), ("10.0.0.3", 5), ("10.0.0.4", 1));
        let all = of(&[&[a, b], &[c, d, ("ws-1", 1)]]);
        assert_eq!(all, of(&[&[d, c], &[("ws-1", 1)], &[b], &[a]]));
        assert_eq!(all.keys().collect::<Vec<_>>(), ["10.0.0.1", "10.0.0.2", OTHER_ADDRESSES, "ws-1"]);
        let rest = &all[OTHER_ADDRESSES];
        assert_eq!((rest.measured.flows, rest.ips.len(), rest.flow_hours.len()), (6, 2, 1));
        assert_eq!(rest.unmeasured_why["one side only"], 6);
        assert_eq!(all.iter().map(|(name, host)| hosts_of(name, host)).sum::<u64>(), 5);
    }

    #[test]
    fn few_stay_as_they_are() {
        let all = of(&[&[("10.0.0.1", 5)], &[("10.0.0.4", 1)]]);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["10.0.0.1", "10.0.0.4"]);
    }
}
