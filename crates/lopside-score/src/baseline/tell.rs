//! What a baseline holds, row by row: of each process, host, user and destination.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Baseline;
use crate::counts::Counts;
use crate::fragment::{HostHabits, PortUse, Sending, settle_ports};
use crate::ports::Ports;
use crate::spread::{Spread, log_of_bytes, log_of_ratio};

/// At most so many others are named in a row.
const NAMED: usize = 20;

/// What a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A process identity.
    Process,
    /// A host.
    Host,
    /// A user.
    User,
    /// A destination group.
    Destination,
}

/// What a baseline rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// First day, since 1970-01-01 UTC.
    pub first_day: i32,
    /// Last day.
    pub last_day: i32,
    /// Hosts.
    pub hosts: u32,
    /// Host-days with sending.
    pub host_days: u64,
    /// Channel-days.
    pub channel_days: u64,
    /// Process identities.
    pub processes: u64,
    /// Destination groups.
    pub destinations: u64,
    /// Places that processes on hosts reach beside those that are remembered.
    pub forgotten: u64,
    /// Whether names are hashed.
    pub names_hashed: bool,
    /// Channel-days by which rates are made.
    pub rated_channel_days: u64,
}

/// What is usual of a row: one observation a host, process (or user) and day, of the largest channel where that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantity {
    /// Bytes sent.
    out: Spread,
    /// Bytes received.
    back: Spread,
    /// log2 ratio.
    ratio: Spread,
    /// Observations with sending in each hour (UTC), by any channel.
    pub hours: [u32; 24],
}

/// A process identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessTold {
    /// Hosts on which it sends.
    pub hosts: u32,
    /// First and last day.
    pub days: Option<(i32, i32)>,
    /// Host-days.
    pub host_days: u32,
    /// What it sends.
    pub quantity: Quantity,
    /// Ports and transports.
    pub ports: Ports,
    /// Hosts by image that starts it.
    pub parents: Counts<String>,
    /// Hosts by destination.
    pub destinations: BTreeMap<String, u32>,
    /// Pairs of host and destination.
    pub pairs: u32,
    /// Hosts on which it sends heavily.
    pub heavy_hosts: u32,
}

/// A host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostTold {
    /// First and last day.
    pub days: Option<(i32, i32)>,
    /// Days on which it sends.
    pub host_days: u32,
    /// What its processes send.
    pub quantity: Quantity,
    /// Days by process.
    pub processes: BTreeMap<String, u32>,
    /// Destinations.
    pub destinations: u32,
    /// Days by user.
    pub users: BTreeMap<String, u32>,
    /// Ports and transports.
    pub ports: Ports,
    /// Days on which its users were active, by UTC hour.
    pub user_hours: [u32; 24],
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserTold {
    /// Hosts on which the user's processes send.
    pub hosts: u32,
    /// First and last day.
    pub days: Option<(i32, i32)>,
    /// Host-days.
    pub host_days: u32,
    /// What they send.
    pub quantity: Quantity,
    /// Ports and transports.
    pub ports: Ports,
    /// Hosts by destination.
    pub destinations: BTreeMap<String, u32>,
}

/// A destination group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DestinationTold {
    /// Hosts that send to it.
    pub hosts: u32,
    /// First and last day.
    pub days: Option<(i32, i32)>,
    /// Channel-days that are remembered.
    pub channel_days: u32,
    /// Bytes sent, of each channel and day.
    pub out: Spread,
    /// Hosts by process.
    pub processes: BTreeMap<String, u32>,
    /// Hosts that send heavily to it.
    pub heavy_hosts: u32,
}

impl Quantity {
    /// Bytes that a share `q` of the observations stay within.
    pub fn bytes(&self, q: f64) -> Option<u64> {
        bytes_at(&self.out, q)
    }

    /// Bytes that came back in a share `q` of the observations, at most.
    pub fn bytes_back(&self, q: f64) -> Option<u64> {
        self.back.quantile_without(None, q).map(|(bucket, _)| match bucket {
            0.0 => 0,
            bucket => log_of_bytes(bucket).exp2() as u64,
        })
    }

    /// The ratio that a share `q` of the observations stay within.
    pub fn ratio(&self, q: f64) -> Option<f64> {
        self.ratio.quantile_without(None, q).map(|(bucket, _)| log_of_ratio(bucket).exp2())
    }

    /// Observations by bytes, from the first power of two that occurs to the last: the power, and how many lie from it to the next.
    pub fn by_bytes(&self) -> Vec<(u8, u32)> {
        by_doubling(&self.out, |bucket| i32::from(bucket / 2))
            .into_iter()
            .map(|(log, n)| (log as u8, n))
            .collect()
    }

    /// The same by bytes that came back: powers of two, and 0 where next to nothing did.
    pub fn by_bytes_back(&self) -> Vec<(u64, u32)> {
        let rows = by_doubling(&self.back, |bucket| i32::from(bucket).div_euclid(2));
        let power = |log: i32| if log == 0 { 0 } else { 1_u64.checked_shl(log as u32).unwrap_or(u64::MAX) };
        rows.into_iter().map(|(log, n)| (power(log), n)).collect()
    }

    /// The same by ratio: the power of two, negative where more came back.
    pub fn by_ratio(&self) -> Vec<(i32, u32)> {
        by_doubling(&self.ratio, |bucket| (i32::from(bucket) - 64).div_euclid(2))
    }

    fn add(&mut self, sending: &Sending) {
        sending.count_hours(&mut self.hours);
        for sent in sending.days.iter().filter(|sent| sent.is_measured()) {
            self.out.add(sent.out);
            self.back.add(sent.back);
            self.ratio.add(sent.ratio);
        }
    }
}

/// Bytes that a share `q` of the observations stay within.
pub(super) fn bytes_at(spread: &Spread, q: f64) -> Option<u64> {
    spread.quantile_without(None, q).map(|(bucket, _)| log_of_bytes(bucket).exp2() as u64)
}

fn by_doubling(spread: &Spread, of: impl Fn(u8) -> i32) -> Vec<(i32, u32)> {
    let mut sums: BTreeMap<i32, u32> = BTreeMap::new();
    for (bucket, count) in spread.iter() {
        let sum = sums.entry(of(bucket)).or_default();
        *sum = sum.saturating_add(count);
    }
    let range = sums.keys().next().copied().zip(sums.keys().next_back().copied());
    range.map_or_else(Vec::new, |(first, last)| {
        (first..=last).map(|at| (at, sums.get(&at).copied().unwrap_or(0))).collect()
    })
}

impl DestinationTold {
    /// Bytes that a share `q` of the channel-days stay within.
    pub fn bytes(&self, q: f64) -> Option<u64> {
        bytes_at(&self.out, q)
    }

    /// Channel-days by bytes, as [`Quantity::by_bytes`].
    pub fn by_bytes(&self) -> Vec<(u8, u32)> {
        by_doubling(&self.out, |bucket| i32::from(bucket / 2))
            .into_iter()
            .map(|(log, n)| (log as u8, n))
            .collect()
    }
}

/// The most frequent of some names, at most 20, ties by name.
pub fn most(names: &BTreeMap<String, u32>) -> Vec<(&str, u32)> {
    let mut list: Vec<(&str, u32)> = names.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    list.truncate(NAMED);
    list
}

fn widen(days: &mut Option<(i32, i32)>, day: i32) {
    *days = Some(days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
}

impl Baseline {
    /// What it rests on.
    pub fn summary(&self) -> Summary {
        let (first_day, last_day) = self.span().unwrap_or((0, -1));
        Summary {
            first_day,
            last_day,
            hosts: self.hosts(),
            host_days: self.host_days(),
            channel_days: self.fragment.channel_days(),
            processes: self.fragment.names.processes.len() as u64,
            destinations: self.fragment.names.destinations.len() as u64,
            forgotten: self
                .fragment
                .habits
                .iter()
                .flat_map(|host| &host.processes)
                .map(|habits| u64::from(habits.forgotten))
                .sum(),
            names_hashed: self.is_hidden(),
            rated_channel_days: self.rates.totals.count(),
        }
    }

    /// Every process identity, by name.
    pub fn processes(&self) -> BTreeMap<String, ProcessTold> {
        let names = &self.fragment.names;
        let mut told: BTreeMap<u32, ProcessTold> = BTreeMap::new();
        for habits in self.fragment.habits.iter().flat_map(|host| &host.processes) {
            let row = told.entry(habits.process).or_default();
            row.hosts += 1;
            row.host_days += habits.sending.days.len() as u32;
            habits.sending.days.iter().for_each(|sent| widen(&mut row.days, sent.day));
            row.quantity.add(&habits.sending);
            row.ports.add_host(&habits.sending.ports);
            habits.parents.iter().for_each(|parent| row.parents.add(parent.as_str(), 1));
            row.pairs += (habits.places.len() as u32).saturating_add(habits.forgotten);
            row.heavy_hosts += u32::from(habits.places.iter().any(|place| place.heavy.is_some()));
            for place in &habits.places {
                let name = names.destinations.text(place.destination);
                match row.destinations.get_mut(name) {
                    Some(hosts) => *hosts += 1,
                    None => drop(row.destinations.insert(name.to_owned(), 1)),
                }
            }
        }
        told.into_iter().map(|(number, row)| (names.processes.text(number).to_owned(), row)).collect()
    }

    /// Every destination group, by name.
    pub fn destinations(&self) -> BTreeMap<String, DestinationTold> {
        let names = &self.fragment.names;
        let mut told: BTreeMap<u32, DestinationTold> = BTreeMap::new();
        for host in &self.fragment.habits {
            // The host counts once, whatever number of processes sends there.
            let mut seen: BTreeMap<u32, bool> = BTreeMap::new();
            for habits in &host.processes {
                for place in &habits.places {
                    *seen.entry(place.destination).or_default() |= place.heavy.is_some();
                    let row = told.entry(place.destination).or_default();
                    widen(&mut row.days, place.first);
                    *row.processes.entry(names.processes.text(habits.process).to_owned()).or_default() += 1;
                    for used in place.past.iter().flat_map(|past| &past.days) {
                        widen(&mut row.days, used.day);
                        row.channel_days += 1;
                        row.out.add(used.out);
                    }
                }
            }
            for (destination, heavy) in seen {
                let row = told.entry(destination).or_default();
                row.hosts += 1;
                row.heavy_hosts += u32::from(heavy);
            }
        }
        told.into_iter().map(|(number, row)| (names.destinations.text(number).to_owned(), row)).collect()
    }

    /// Every user, by name.
    pub fn users(&self) -> BTreeMap<String, UserTold> {
        let names = &self.fragment.names;
        let mut told: BTreeMap<&String, UserTold> = BTreeMap::new();
        let of_hosts = self.fragment.habits.iter().flat_map(|host| &host.users);
        for (user, habits) in of_hosts.filter(|(_, habits)| !habits.sending.days.is_empty()) {
            let row = told.entry(user).or_default();
            row.hosts += 1;
            row.host_days += habits.sending.days.len() as u32;
            habits.sending.days.iter().for_each(|sent| widen(&mut row.days, sent.day));
            row.quantity.add(&habits.sending);
            row.ports.add_host(&habits.sending.ports);
            for place in &habits.places {
                *row.destinations.entry(names.destinations.text(*place).to_owned()).or_default() += 1;
            }
        }
        told.into_iter().map(|(user, row)| (user.clone(), row)).collect()
    }

    /// What all hosts do together.
    pub fn fleet(&self) -> Quantity {
        let mut quantity = Quantity::default();
        for habits in self.fragment.habits.iter().flat_map(|host| &host.processes) {
            quantity.add(&habits.sending);
        }
        quantity
    }

    /// Every host, by name.
    pub fn host_rows(&self) -> BTreeMap<String, HostTold> {
        let names = &self.fragment.names;
        let row = |(name, host): (&str, &HostHabits)| (name.to_owned(), self.host_row(host));
        names.hosts.iter().zip(&self.fragment.habits).map(row).collect()
    }

    fn host_row(&self, host: &HostHabits) -> HostTold {
        let names = &self.fragment.names;
        let mut row = HostTold { host_days: host.days.len() as u32, ..HostTold::default() };
        host.days.keys().for_each(|day| widen(&mut row.days, *day));
        let mut destinations: Vec<u32> = Vec::new();
        let mut ports: Vec<PortUse> = Vec::new();
        for habits in &host.processes {
            row.quantity.add(&habits.sending);
            ports.extend_from_slice(&habits.sending.ports);
            row.processes
                .insert(names.processes.text(habits.process).to_owned(), habits.sending.days.len() as u32);
            destinations.extend(habits.places.iter().map(|place| place.destination));
        }
        destinations.sort_unstable();
        destinations.dedup();
        row.destinations = destinations.len() as u32;
        settle_ports(&mut ports);
        row.ports.add_host(&ports);
        for (user, habits) in &host.users {
            row.users.insert(user.clone(), habits.hours.len() as u32);
            for (any, _) in habits.hours.values() {
                for (hour, slot) in row.user_hours.iter_mut().enumerate() {
                    *slot += any >> hour & 1;
                }
            }
        }
        row
    }
}
