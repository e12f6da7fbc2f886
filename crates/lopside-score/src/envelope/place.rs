//! Where an envelope lets its sender send to, over which ports, and at which hours.

use std::net::IpAddr;

use lopside_model::channel::{Channel, ChannelDay, PortSum};
use lopside_model::name::clean;
use lopside_model::net::{Protocol, Scope, parse_ip};

use super::pattern::Pattern;

/// Addresses that a channel-day keeps: with as many, there may be more.
const KEPT: usize = 64;

/// A destination: a domain and what lies below it, a network, or all local peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Any peer.
    Any,
    /// Any peer within the local networks.
    Internal,
    /// A domain and what lies below it.
    Domain(String),
    /// Addresses.
    Network(IpAddr, u8),
}

impl Destination {
    /// Reads `example.com`, `*.example.com`, `203.0.113.0/24`, `internal` or `*`.
    pub fn read(text: &str) -> Option<Destination> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "*" | "**" | "any" => return Some(Destination::Any),
            "internal" => return Some(Destination::Internal),
            _ => {}
        }
        if let Some((ip, prefix)) = network(text) {
            return Some(Destination::Network(ip, prefix));
        }
        let name = clean(text.strip_prefix("*.").unwrap_or(text))?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || !byte.is_ascii();
        (name.bytes().all(letters) && !name.starts_with('.')).then_some(Destination::Domain(name))
    }

    /// Whether everything that a channel sent on a day went there.
    pub fn covers(&self, channel: &Channel, day: &ChannelDay) -> bool {
        match self {
            Destination::Any => true,
            Destination::Internal => channel.scope == Scope::Internal,
            Destination::Domain(domain) => {
                let named = channel.name.as_ref().map(|(name, _)| name.as_str());
                let group = channel.key.destination.as_str();
                // The group is the registrable domain; a narrower name is compared with the one that most bytes went to.
                below(group, domain)
                    || (below(domain, group) && named.is_some_and(|name| below(name, domain)))
            }
            Destination::Network(ip, prefix) => {
                !day.ips.is_empty()
                    && day.ips.len() < KEPT
                    && day.ips.iter().all(|address| within(*address, *ip, *prefix))
            }
        }
    }

    /// Whether everything that the other one covers is covered here.
    pub fn holds(&self, other: &Destination) -> bool {
        match (self, other) {
            (Destination::Any, _) => true,
            (Destination::Domain(wide), Destination::Domain(narrow)) => below(narrow, wide),
            (Destination::Network(ip, prefix), Destination::Network(other, longer)) => {
                prefix <= longer && within(*other, *ip, *prefix)
            }
            (one, other) => one == other,
        }
    }
}

/// Whether a name is the domain or lies below it, at a dot.
fn below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Reads a network, or an address as one.
pub fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(ip, prefix)| (ip, Some(prefix)));
    let ip = parse_ip(address.trim())?;
    let widest = if ip.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => widest,
        Some(text) => text.trim().parse().ok().filter(|prefix| *prefix <= widest)?,
    };
    Some((ip, prefix))
}

/// Whether an address lies in a network.
pub fn within(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32_u8),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    };
    let ((one, width), (other, same)) = (bits(address), bits(network));
    width == same
        && one.checked_shr(u32::from(width.saturating_sub(prefix))).unwrap_or(0)
            == other.checked_shr(u32::from(width.saturating_sub(prefix))).unwrap_or(0)
}

/// Some ports of one transport, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    first: u16,
    last: u16,
    protocol: Option<Protocol>,
}

impl Ports {
    /// Reads `443`, `443/tcp`, `2500-3300/tcp`.
    pub fn read(text: &str) -> Option<Ports> {
        let (numbers, transport) = text.split_once('/').map_or((text, None), |(n, t)| (n, Some(t)));
        let protocol = match transport.map(|word| word.trim().to_ascii_lowercase()) {
            None => None,
            Some(word) if word == "tcp" => Some(Protocol::TCP),
            Some(word) if word == "udp" => Some(Protocol::UDP),
            Some(_) => return None,
        };
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some(Ports { first, last, protocol })
    }

    /// Whether it holds the port of a sum.
    pub fn has(&self, sum: &PortSum) -> bool {
        (self.first..=self.last).contains(&sum.port)
            && self.protocol.is_none_or(|protocol| protocol == sum.protocol)
    }

    /// How many ports there are.
    pub fn count(&self) -> u32 {
        u32::from(self.last - self.first) + 1
    }

    /// Whether everything that the other one holds is held here.
    pub fn holds(&self, other: &Ports) -> bool {
        self.first <= other.first
            && other.last <= self.last
            && (self.protocol.is_none() || self.protocol == other.protocol)
    }
}

/// Hours of the UTC day as a mask, from `08-18` (from the beginning of the first to the beginning of the last; `22-06` goes over
/// midnight). `None` where it is no such text.
pub fn hours(text: &str) -> Option<u32> {
    let (from, to) = text.split_once('-')?;
    let hour = |text: &str| {
        let text = text.trim();
        let text = text.strip_suffix(":00").unwrap_or(text);
        text.parse::<u32>().ok().filter(|hour| *hour <= 24)
    };
    let (from, to) = (hour(from)?, hour(to)?);
    if from == to || from == 24 {
        return None;
    }
    let end = if to > from { to } else { to + 24 };
    Some((from..end).fold(0, |mask, hour| mask | 1 << (hour % 24)))
}

/// A host: by name, or by a network that its address lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// By name.
    Named(Pattern),
    /// By address.
    Within(IpAddr, u8),
}

impl Host {
    /// Reads a name with stars, or a network.
    pub fn read(text: &str) -> Option<Host> {
        match network(text) {
            Some((ip, prefix)) => Some(Host::Within(ip, prefix)),
            None => Pattern::new(text).map(Host::Named),
        }
    }

    /// Whether a host is meant: all of its addresses must lie within.
    pub fn fits(&self, name: &str, ips: &[IpAddr]) -> bool {
        match self {
            Host::Named(pattern) => pattern.fits(name),
            Host::Within(ip, prefix) => {
                let own = parse_ip(name);
                let mut all = ips.iter().copied().chain(own).peekable();
                all.peek().is_some() && all.all(|address| within(address, *ip, *prefix))
            }
        }
    }

    /// Whether every host that the other one means is meant here.
    pub fn holds(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Named(wide), Host::Named(narrow)) => wide.holds(narrow),
            (Host::Within(ip, prefix), Host::Within(other, longer)) => {
                prefix <= longer && within(*other, *ip, *prefix)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    #[test]
    fn domains_at_dots_and_networks_whole() {
        let named = on(channel("h", Some("x"), "team.sharepoint.com"), 1, 1, 1);
        let covers = |text: &str| Destination::read(text).unwrap().covers(&named, &named.days[0]);
        assert!(covers("sharepoint.com") && covers("*.sharepoint.com") && covers("*"));
        assert!(!covers("point.com") && !covers("other.sharepoint.com") && !covers("internal"));
        assert!(covers("203.0.113.0/24") && !covers("203.0.113.0/30") && !covers("10.0.0.0/8"));
        for wrong in ["", "a b", "http://x.example/", "10.0.0.0/33"] {
            assert!(Destination::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn ports_and_hours() {
        let ports = Ports::read("2500-3300/tcp").unwrap();
        assert_eq!(ports.count(), 801);
        assert!(
            ports.holds(&Ports::read("2600/tcp").unwrap()) && !ports.holds(&Ports::read("2600").unwrap())
        );
        assert!(
            Ports::read("0-70000").is_none()
                && Ports::read("9-8").is_none()
                && Ports::read("1/sctp").is_none()
        );
        assert_eq!(hours("00-24").map(u32::count_ones), Some(24));
        assert_eq!(hours("22-06").map(u32::count_ones), Some(8));
        assert_eq!(hours("8-18"), Some(0b11_1111_1111 << 8));
        assert!(hours("8").is_none() && hours("8-25").is_none() && hours("5-5").is_none());
    }

    #[test]
    fn hosts_by_name_or_address() {
        let ips = ["10.0.5.9".parse().unwrap()];
        assert!(Host::read("10.0.5.0/24").unwrap().fits("srv-1", &ips));
        assert!(!Host::read("10.0.5.0/24").unwrap().fits("srv-1", &[]));
        assert!(Host::read("srv-*").unwrap().fits("SRV-1", &ips));
        assert!(Host::read("2001:db8::/32").is_some_and(|host| !host.fits("x", &ips)));
    }
}
