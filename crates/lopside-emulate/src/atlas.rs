//! The outside world: which names there are and which addresses they have. Big providers share addresses between
//! names; rented servers stand beside each other whoever rents them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::chance::{Chance, hash, mix};
use crate::names;

/// A kind of neighbourhood, with the number of its /16 networks and the addresses that names share in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A content network: few addresses, many names.
    Cdn,
    /// A big cloud.
    Cloud,
    /// Rented servers.
    Hosting,
    /// A company's own network.
    Own,
    /// Homes.
    Residential,
}

/// Names and addresses of the outside world, all drawn from the seed.
#[derive(Debug, Clone)]
pub(crate) struct Atlas {
    seed: u64,
    popular: Vec<Arc<str>>,
    webmail: Vec<Arc<str>>,
}

impl Atlas {
    /// Draws the sites that everybody visits.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut chance = Chance::of(seed, "popular sites", 0, 0);
        let mut site = |_| -> Arc<str> {
            let owner = names::word(&mut chance);
            let domain = names::domain(&mut chance, &owner);
            match chance.below(3) {
                0 => format!("www.{domain}").into(),
                1 => format!("{}.{domain}", names::label(&mut chance)).into(),
                _ => domain.into(),
            }
        };
        let popular = (0..900).map(&mut site).collect();
        let webmail = (0..5).map(&mut site).collect();
        Self { seed, popular, webmail }
    }

    /// One of the sites that everybody visits, the first far more often.
    pub(crate) fn popular(&self, chance: &mut Chance) -> Arc<str> {
        self.popular[chance.popular(self.popular.len())].clone()
    }

    /// A mail service in the browser.
    pub(crate) fn webmail(&self, chance: &mut Chance) -> Arc<str> {
        self.webmail[chance.popular(self.webmail.len())].clone()
    }

    /// A site that hardly anybody else visits.
    pub(crate) fn rare(chance: &mut Chance) -> Arc<str> {
        let owner = names::word(chance);
        let domain = names::domain(chance, &owner);
        if chance.happens(0.6) { domain.into() } else { format!("{}.{domain}", names::label(chance)).into() }
    }

    /// The addresses of a name, always the same ones.
    pub(crate) fn addresses(&self, name: &str) -> Vec<Ipv4Addr> {
        let mut chance = Chance::of(self.seed, "addresses of a name", hash(name), 0);
        let reach = self.reach(name);
        let count = if reach == Reach::Hosting { chance.one(&[1, 1, 1, 2]) } else { chance.range(2, 4) };
        let mut list: Vec<_> = (0..count).map(|_| self.address(reach, &mut chance)).collect();
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The name behind a name, where one stands in front of a shared service.
    pub(crate) fn canonical(&self, name: &str) -> Option<String> {
        let mut chance = Chance::of(self.seed, "canonical name", hash(name), 0);
        let shared = matches!(self.reach(name), Reach::Cdn | Reach::Cloud) && chance.happens(0.5);
        shared.then(|| {
            format!(
                "{}-{}.edge{}.anycast-net.example",
                names::word(&mut chance),
                chance.below(90),
                chance.below(9)
            )
        })
    }

    /// A random address in a neighbourhood.
    pub(crate) fn address(&self, reach: Reach, chance: &mut Chance) -> Ipv4Addr {
        let (networks, shared) = match reach {
            Reach::Cdn => (5, 40),
            Reach::Cloud => (12, 1_500),
            Reach::Hosting => (14, 60_000),
            Reach::Own => (400, 200),
            Reach::Residential => (40, 60_000),
        };
        let network = chance.below(networks) as u64;
        let place = mix(self.seed ^ hash("network").wrapping_add(network * 8 + reach as u64));
        let host = chance.below(shared) + 257;
        Ipv4Addr::new(first_octet(place), (place >> 16) as u8, (host >> 8) as u8, host as u8)
    }

    fn reach(&self, name: &str) -> Reach {
        const CLOUDS: &[&str] =
            &["microsoft.com", "windows.net", "amazonaws.com", "sharepoint.com", "office365.com"];
        if CLOUDS.iter().any(|cloud| name.ends_with(cloud)) {
            return Reach::Cloud;
        }
        let mut chance = Chance::of(self.seed, "reach of a name", hash(owner(name)), 0);
        chance.one(&[Reach::Cdn, Reach::Cloud, Reach::Cloud, Reach::Hosting, Reach::Hosting, Reach::Own])
    }
}

/// The last two labels of a name.
fn owner(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    match (dots.next(), dots.next()) {
        (Some(_), Some(second)) => name.get(second + 1..).unwrap_or(name),
        _ => name,
    }
}

/// A first octet that is public and not reserved for documentation or tests.
fn first_octet(place: u64) -> u8 {
    const AVOID: &[u8] = &[0, 10, 100, 127, 169, 172, 192, 198, 203];
    let mut octet = (place % 223) as u8;
    while AVOID.contains(&octet) {
        octet = octet.wrapping_add(11) % 223;
    }
    octet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_addresses() {
        let atlas = Atlas::draw(5);
        assert_eq!(atlas.addresses("a.example"), atlas.addresses("a.example"));
        let mut chance = Chance::of(1, "x", 0, 0);
        for _ in 0..2_000 {
            let address = atlas.address(Reach::Residential, &mut chance);
            assert!(!address.is_private() && !address.is_loopback() && !address.is_multicast(), "{address}");
        }
    }
}
