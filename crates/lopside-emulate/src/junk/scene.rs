//! Who talks with whom, when, how much and how fast: drawn alike for junk and controls.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::order::{Bulk, Carrier, Order};
use super::prose;
use super::wire::{Endpoint, Pace, Path};
use crate::chance::Chance;

/// Ports of servers. None of them has a protocol that analysers would assume.
const WEB: &[u16] = &[80, 80, 80, 80, 8080, 8080, 8000, 8888];
const STREAMS: &[u16] =
    &[4_455, 7_012, 7_443, 8_446, 9_191, 9_780, 10_443, 14_077, 18_443, 21_044, 33_010, 40_123];
const DATAGRAMS: &[u16] = &[4_477, 7_015, 9_277, 21_099, 16_500, 21_077, 27_600, 33_033, 41_000, 48_128];

/// Everything about a conversation but its content.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// What carries it.
    pub(crate) carrier: Carrier,
    /// Whether it is to hold junk.
    pub(crate) junk: bool,
    /// The two ends.
    pub(crate) path: Path,
    /// When and how fast.
    pub(crate) pace: Pace,
    /// What the family or the control is asked for.
    pub(crate) order: Order,
}

/// Draws scenes.
#[derive(Debug)]
pub(crate) struct Scenes {
    seed: u64,
    hard: bool,
    hosts: Vec<String>,
    servers: Vec<IpAddr>,
    used: BTreeSet<(Endpoint, Endpoint)>,
}

impl Scenes {
    /// Scenes of a seed.
    pub(crate) fn new(seed: u64, hard: bool) -> Self {
        let mut chance = Chance::of(seed, "junk servers", 0, 0);
        let hosts = (0..60).map(|_| host(&mut chance)).collect();
        let servers = (0..160).map(|_| server(&mut chance)).collect();
        Self { seed, hard, hosts, servers, used: BTreeSet::new() }
    }

    /// The scene of conversation `number`, which begins within an hour from `from`.
    pub(crate) fn draw(&mut self, number: u64, from: i64) -> Scene {
        let mut chance = Chance::of(self.seed, "junk scene", number, 0);
        let carrier = [Carrier::Http, Carrier::Tcp, Carrier::Udp, Carrier::Dns]
            [chance.weighted(&[0.46, 0.27, 0.19, 0.08])];
        let junk = chance.happens(0.36);
        let path = self.path(&mut chance, carrier);
        let pace = Pace {
            start: from + (chance.unit() * 2.4e9) as i64,
            round_trip: chance.spread(24_000.0, 0.8).clamp(300.0, 400_000.0) as i64,
            pause: chance.spread(900_000.0, 1.0).clamp(2_000.0, 12_000_000.0),
            mishaps: if chance.happens(0.3) { chance.real(0.002, 0.03) } else { 0.0 },
        };
        let order = self.order(number, &mut chance, carrier);
        Scene { carrier, junk, path, pace, order }
    }

    fn order(&self, number: u64, chance: &mut Chance, carrier: Carrier) -> Order {
        let (fewest, most) = if self.hard { (2.0, 70.0) } else { (6.0, 140.0) };
        let messages = log_uniform(chance, fewest, most) as usize;
        let (low, high, limit): (f64, f64, usize) = match carrier {
            Carrier::Http => (160.0, 5_000.0, 60_000),
            Carrier::Tcp => (100.0, 4_000.0, 60_000),
            Carrier::Udp => (90.0, 900.0, 1_300),
            Carrier::Dns => (20.0, 160.0, 200),
        };
        let share = if self.hard {
            log_uniform(chance, 0.01, 0.5)
        } else {
            match chance.below(6) {
                0 => log_uniform(chance, 0.01, 0.1),
                1 => 0.1,
                2 => 0.3,
                3 => 0.5,
                4 => 0.8,
                _ => chance.real(0.1, 0.9),
            }
        };
        Order {
            messages,
            median: log_uniform(chance, low, high),
            spread: chance.real(0.05, 0.8),
            limit,
            share,
            bulk: chance.one(&[Bulk::Out, Bulk::Out, Bulk::Out, Bulk::In, Bulk::Both]),
            host: self.hosts.get(chance.below(self.hosts.len())).cloned().unwrap_or_default(),
            hard: self.hard,
            chance: Chance::of(self.seed, "junk content", number, 0),
        }
    }

    fn path(&mut self, chance: &mut Chance, carrier: Carrier) -> Path {
        loop {
            let server = self.servers[chance.below(self.servers.len())];
            let port = match carrier {
                Carrier::Http => chance.one(WEB),
                Carrier::Tcp => chance.one(STREAMS),
                Carrier::Udp => chance.one(DATAGRAMS),
                Carrier::Dns => 53,
            };
            let client = client(chance, server.is_ipv6());
            let path = Path {
                client: Endpoint { ip: client, port: 49_152 + chance.below(16_384) as u16 },
                server: Endpoint { ip: server, port },
                vlan: if chance.happens(0.1) { Some(10 + chance.below(40) as u16) } else { None },
            };
            if self.used.insert((path.client, path.server)) {
                return path;
            }
        }
    }
}

fn log_uniform(chance: &mut Chance, low: f64, high: f64) -> f64 {
    (chance.real(low.ln(), (high + 1.0).ln())).exp().min(high)
}

fn client(chance: &mut Chance, six: bool) -> IpAddr {
    let (net, host) = (chance.below(12) as u8, 10 + chance.below(200) as u8);
    if six {
        IpAddr::V6(Ipv6Addr::new(0xfd12, 0x40, 7, u16::from(net), 0, 0, 0x21, u16::from(host)))
    } else {
        IpAddr::V4(Ipv4Addr::new(10, 20, net, host))
    }
}

fn server(chance: &mut Chance) -> IpAddr {
    if chance.happens(0.12) {
        let part = |chance: &mut Chance| chance.word() as u16;
        return IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            part(chance),
            0,
            0,
            0,
            part(chance),
            1 + part(chance) % 90,
        ));
    }
    let [a, b, c] = chance.one(&[[203, 0, 113], [198, 51, 100], [192, 0, 2]]);
    IpAddr::V4(Ipv4Addr::new(a, b, c, 1 + chance.below(253) as u8))
}

fn host(chance: &mut Chance) -> String {
    let first = chance.pick(&["www", "api", "app", "cdn", "data", "login", "files", "sync", "m", "edge"]);
    let ending = chance.pick(&["com", "net", "org", "io", "de", "co.uk"]);
    format!("{first}.{}-{}.example.{ending}", prose::word(chance), prose::word(chance))
}
