//! Ports and transports: on how many hosts, and since when.

use crate::fragment::PortUse;

/// Distinct hosts by port and transport (port × 256 + protocol), with the first day on any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(Vec<PortSeen>);

/// A port and transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSeen {
    /// Port × 256 + protocol.
    pub port: u32,
    /// Hosts.
    pub hosts: u32,
    /// The first day.
    pub first: i32,
}

impl Ports {
    /// Of what each host uses, in a list that ascends.
    pub(crate) fn of_sorted(uses: &[PortUse]) -> Ports {
        let same = uses.chunk_by(|a, b| a.port == b.port);
        // The first of the same port has the first day.
        Ports(
            same.filter_map(|same| {
                let PortUse { port, first } = *same.first()?;
                Some(PortSeen { port, hosts: same.len() as u32, first })
            })
            .collect(),
        )
    }

    /// Counts what one more host uses, each port once.
    pub(crate) fn add_host(&mut self, uses: &[PortUse]) {
        for PortUse { port, first } in uses.iter().copied() {
            match self.0.binary_search_by_key(&port, |seen| seen.port) {
                Ok(place) => {
                    if let Some(seen) = self.0.get_mut(place) {
                        seen.hosts += 1;
                        seen.first = seen.first.min(first);
                    }
                }
                Err(place) => self.0.insert(place, PortSeen { port, hosts: 1, first }),
            }
        }
    }

    /// What there is of a port.
    pub fn get(&self, port: u32) -> Option<&PortSeen> {
        let place = self.0.binary_search_by_key(&port, |seen| seen.port).ok()?;
        self.0.get(place)
    }

    /// Hosts that use a port.
    pub(crate) fn hosts(&self, port: u32) -> u32 {
        self.get(port).map_or(0, |seen| seen.hosts)
    }

    /// All, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &PortSeen> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_the_first_day() {
        let uses = [(80, 5), (443, 2), (443, 2), (443, 9)].map(|(port, first)| PortUse { port, first });
        let ports = Ports::of_sorted(&uses);
        assert_eq!(ports.get(443), Some(&PortSeen { port: 443, hosts: 3, first: 2 }));
        assert_eq!((ports.hosts(80), ports.hosts(22), ports.iter().count()), (1, 0, 2));
        let mut host_by_host = Ports::default();
        for host in [&uses[3..], &uses[..2], &uses[2..3]] {
            host_by_host.add_host(host);
        }
        assert_eq!(host_by_host, ports);
    }
}
