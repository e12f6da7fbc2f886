//! Fragments of what is usual: made from the channels of whole hosts, merged by plain addition, the same in whatever order.
//!
//! A host lives in one partition, so its contributions are decided there once and distinct hosts add up exactly. What one host
//! contributes to a count of hosts is at most 1, to a histogram at most one observation a process and day.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::bytes::log_ratio;
use lopside_model::channel::{Channel, ChannelDay, ChannelKey};
use lopside_model::net::StableHash;
use lopside_model::process::file_name;
use lopside_model::time::{HOUR, Micros};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::gate;
use crate::settings::AccountContext;
use crate::spread::{Spread, bucket_of_bytes, bucket_of_ratio};
use crate::weigh::DayScore;

/// The identity under which channels without a process are counted, on hosts with endpoint events.
pub const NO_PROCESS: &str = "";
/// The same on hosts from which no endpoint event came: servers, printers and gateways are compared with each other.
pub const UNMONITORED: &str = "-";

/// At most so many new places of a process count on one host and day.
const NEW_PLACES_A_DAY: u32 = 5;
/// A channel-day whose gate is at least this is heavy.
const HEAVY: f64 = 0.4;

/// Channel-days that do not count towards what is usual, because they are findings themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged(BTreeSet<(u64, i32)>);

/// What is counted of one process identity, on one host or on all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessPart {
    /// Distinct hosts on which it sends.
    pub hosts: u32,
    /// First day on which it sends.
    pub first_day: Option<i32>,
    /// Host-days on which it sends.
    pub days: u32,
    /// Host-days on which it sends, after the first day of the host.
    pub days_at_risk: u32,
    /// Places that were new to their host on such a day.
    pub new_places: u32,
    /// Pairs of host and destination.
    pub pairs: u32,
    /// Bytes sent by the largest channel of a host and day.
    pub out: Spread,
    /// log2 ratio of that channel.
    pub ratio: Spread,
    /// Hosts by port and transport (port × 256 + protocol).
    pub ports: BTreeMap<u32, u32>,
    /// Hosts by kind of account.
    pub accounts: [u32; 4],
    /// Hosts on which it sends heavily, by the largest size (log2 bytes).
    pub heavy: BTreeMap<u8, u32>,
    /// Hosts by image name of the parent.
    pub parents: BTreeMap<String, u32>,
    /// Hosts by destination (all hosts only).
    pub destinations: BTreeMap<String, u32>,
    /// Hosts by destination to which it sends heavily (all hosts only).
    pub heavy_destinations: BTreeMap<String, u32>,
    /// Pairs of host and destination with heavy sending.
    pub heavy_pairs: u32,
}

/// What is counted of one destination group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationPart {
    /// Distinct hosts that send to it.
    pub hosts: u32,
    /// Sum of the hashes of those hosts: names the host where it is one.
    pub host_sum: u64,
    /// Hosts that send heavily to it, by the largest size (log2 bytes).
    pub heavy: BTreeMap<u8, u32>,
}

/// What is counted of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPart {
    /// Days on which it sends.
    pub days: BTreeSet<i32>,
    /// Hours in which a user's processes send: by day, in any channel and in at least two (bits 0 to 23, UTC).
    pub users: BTreeMap<String, BTreeMap<i32, (u32, u32)>>,
    /// By process identity.
    pub processes: BTreeMap<String, ProcessPart>,
    /// First day by hash of the destination, and of the pair of process and destination, that count.
    pub reached: BTreeMap<u64, i32>,
    /// Hashes of the destinations that known processes reach.
    pub explained: BTreeSet<u64>,
    /// The largest heavy size by destination (hash).
    pub heavy_to: BTreeMap<u64, u8>,
    /// Images that opened senders.
    pub accessors: BTreeSet<String>,
}

/// What is usual, as far as some hosts teach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// By host.
    pub hosts: BTreeMap<String, HostPart>,
    /// By process identity; [`NO_PROCESS`] or [`UNMONITORED`] where there is none.
    pub processes: BTreeMap<String, ProcessPart>,
    /// By destination group.
    pub destinations: BTreeMap<String, DestinationPart>,
    /// Hosts by port and transport.
    pub ports: BTreeMap<u32, u32>,
    /// Hosts by image that opened a sender.
    pub accessors: BTreeMap<String, u32>,
    /// Bytes sent by the largest channel of each process, host and day.
    pub out: Spread,
    /// log2 ratio of those.
    pub ratio: Spread,
    /// Channel-days, of any size.
    pub channel_days: u64,
    /// Host-days.
    pub host_days: u64,
}

impl Flagged {
    /// Marks a day of a channel.
    pub fn insert(&mut self, key: &ChannelKey, day: i32) {
        self.0.insert((hash_of_key(key), day));
    }

    /// Marks the days of a channel that reach low.
    pub fn add(&mut self, key: &ChannelKey, scores: &[DayScore], calibration: &Calibration) {
        for score in scores.iter().filter(|score| calibration.severity(score.total).is_some()) {
            self.insert(key, score.day);
        }
    }

    /// Whether the day is marked.
    pub fn contains(&self, key: &ChannelKey, day: i32) -> bool {
        !self.0.is_empty() && self.0.contains(&(hash_of_key(key), day))
    }

    /// Adds the marks of another partition.
    pub fn merge(&mut self, other: Flagged) {
        self.0.extend(other.0);
    }

    /// How many channel-days are marked.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is marked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Fragment {
    /// What these channels teach. They must be all channels of their hosts.
    pub fn of(channels: &[Channel]) -> Fragment {
        Fragment::without(channels, &Flagged::default())
    }

    /// The same without the days that are findings themselves: an earlier case must not make the next one look usual.
    pub fn without(channels: &[Channel], flagged: &Flagged) -> Fragment {
        let mut by_host: BTreeMap<&str, Vec<&Channel>> = BTreeMap::new();
        for channel in channels {
            by_host.entry(&channel.key.host).or_default().push(channel);
        }
        let mut fragment = Fragment::default();
        for (host, mut channels) in by_host {
            channels.sort_by(|a, b| a.key.cmp(&b.key));
            fragment.add_host(host, &channels, flagged);
        }
        fragment
    }

    /// Adds what other hosts teach.
    pub fn merge(&mut self, other: Fragment) {
        for (name, part) in other.hosts {
            self.hosts.entry(name).or_default().merge(part);
        }
        for (name, part) in &other.processes {
            self.processes.entry(name.clone()).or_default().merge(part);
        }
        for (name, part) in other.destinations {
            let mine = self.destinations.entry(name).or_default();
            mine.hosts += part.hosts;
            mine.host_sum = mine.host_sum.wrapping_add(part.host_sum);
            add_counts(&mut mine.heavy, &part.heavy);
        }
        add_counts(&mut self.ports, &other.ports);
        add_counts(&mut self.accessors, &other.accessors);
        self.out.merge(&other.out);
        self.ratio.merge(&other.ratio);
        self.channel_days += other.channel_days;
        self.host_days += other.host_days;
    }

    fn add_host(&mut self, name: &str, channels: &[&Channel], flagged: &Flagged) {
        let mut host = HostPart {
            days: channels.iter().flat_map(|channel| channel.days.iter().map(|day| day.day)).collect(),
            ..HostPart::default()
        };
        self.host_days += host.days.len() as u64;
        let mut by_process: BTreeMap<&str, Vec<&Channel>> = BTreeMap::new();
        for channel in channels {
            self.channel_days += channel.days.len() as u64;
            host.add_hours(channel);
            by_process.entry(identity_of(channel)).or_default().push(channel);
        }
        let mut destinations = BTreeMap::new();
        for (identity, channels) in by_process {
            let part = host.add_process(identity, &channels, flagged, &mut destinations);
            if part.hosts > 0 {
                self.out.merge(&part.out);
                self.ratio.merge(&part.ratio);
                let whole = self.processes.entry(identity.to_owned()).or_default();
                whole.merge(&part);
                host.processes.insert(
                    identity.to_owned(),
                    ProcessPart {
                        destinations: BTreeMap::new(),
                        heavy_destinations: BTreeMap::new(),
                        ..part
                    },
                );
            }
        }
        let host_hash = StableHash::of(name.as_bytes());
        for (destination, heavy) in destinations {
            let part = self.destinations.entry(destination.clone()).or_default();
            part.hosts += 1;
            part.host_sum = part.host_sum.wrapping_add(host_hash);
            if let Some(size) = heavy {
                *part.heavy.entry(size).or_default() += 1;
                host.heavy_to.insert(StableHash::of(destination.as_bytes()), size);
            }
        }
        let ports: BTreeSet<u32> =
            host.processes.values().flat_map(|part| part.ports.keys().copied()).collect();
        for port in ports {
            *self.ports.entry(port).or_default() += 1;
        }
        for image in &host.accessors {
            *self.accessors.entry(image.clone()).or_default() += 1;
        }
        self.hosts.entry(name.to_owned()).or_default().merge(host);
    }
}

impl HostPart {
    /// The first day on which it sends.
    pub fn first_day(&self) -> Option<i32> {
        self.days.first().copied()
    }

    fn merge(&mut self, other: HostPart) {
        self.days.extend(other.days);
        for (user, days) in other.users {
            let mine = self.users.entry(user).or_default();
            for (day, (any, two)) in days {
                let hours = mine.entry(day).or_default();
                *hours = (hours.0 | any, hours.1 | two | (hours.0 & any));
            }
        }
        for (name, part) in &other.processes {
            self.processes.entry(name.clone()).or_default().merge(part);
        }
        for (hash, first) in other.reached {
            let mine = self.reached.entry(hash).or_insert(first);
            *mine = (*mine).min(first);
        }
        self.explained.extend(other.explained);
        for (destination, size) in other.heavy_to {
            let mine = self.heavy_to.entry(destination).or_default();
            *mine = (*mine).max(size);
        }
        self.accessors.extend(other.accessors);
    }

    fn add_hours(&mut self, channel: &Channel) {
        let Some(user) = &channel.key.user else { return };
        let days = self.users.entry(user.clone()).or_default();
        for day in &channel.days {
            let mask = hour_mask(day);
            let hours = days.entry(day.day).or_default();
            *hours = (hours.0 | mask, hours.1 | (hours.0 & mask));
        }
    }

    /// Counts one process of this host; also notes its destinations, with the largest heavy size.
    fn add_process(
        &mut self,
        identity: &str,
        channels: &[&Channel],
        flagged: &Flagged,
        destinations: &mut BTreeMap<String, Option<u8>>,
    ) -> ProcessPart {
        let host_first = self.first_day();
        let mut part = ProcessPart::default();
        let mut largest: BTreeMap<i32, (u64, f64)> = BTreeMap::new();
        let mut first_seen: BTreeMap<&str, i32> = BTreeMap::new();
        let mut parents = BTreeSet::new();
        let mut heavy = None;
        for channel in channels {
            let ordinary = |day: &&ChannelDay| !flagged.contains(&channel.key, day.day);
            for day in channel.days.iter().filter(ordinary) {
                let first = first_seen.entry(&channel.key.destination).or_insert(day.day);
                *first = (*first).min(day.day);
                let size = heavy_size(day);
                heavy = heavy.max(size);
                if size.is_some() {
                    part.heavy_destinations.insert(channel.key.destination.clone(), 1);
                }
                let noted = destinations.entry(channel.key.destination.clone()).or_default();
                *noted = (*noted).max(size);
                let entry = largest.entry(day.day).or_insert((0, 0.0));
                if day.sum.bytes_out >= entry.0 {
                    *entry = (day.sum.bytes_out, log_ratio(day.sum.bytes_out, day.sum.bytes_in));
                }
                for port in &day.ports {
                    part.ports.insert(port_key(port.port, port.protocol.0), 1);
                }
                if let Some(user) = &channel.key.user
                    && let Some(slot) = part.accounts.get_mut(AccountContext::of(user).index())
                {
                    *slot = 1;
                }
                parents.extend(
                    day.senders
                        .iter()
                        .filter_map(|sender| parent_name(sender.process.parent_image.as_deref())),
                );
                self.accessors
                    .extend(day.access.iter().map(|access| access.source_image.to_ascii_lowercase()));
            }
        }
        if first_seen.is_empty() {
            return part;
        }
        part.hosts = 1;
        part.parents = parents.into_iter().map(|parent| (parent, 1)).collect();
        part.heavy = heavy.map(|size| (size, 1)).into_iter().collect();
        part.first_day = largest.keys().next().copied();
        part.days = largest.len() as u32;
        part.days_at_risk = largest.keys().filter(|day| Some(**day) > host_first).count() as u32;
        part.pairs = first_seen.len() as u32;
        part.heavy_pairs = part.heavy_destinations.len() as u32;
        let mut new_places: BTreeMap<i32, u32> = BTreeMap::new();
        for (destination, first) in first_seen {
            let hash = StableHash::of(destination.as_bytes());
            for hash in [hash, hash_of_pair(identity, destination)] {
                let reached = self.reached.entry(hash).or_insert(first);
                *reached = (*reached).min(first);
            }
            if identity != NO_PROCESS && identity != UNMONITORED {
                self.explained.insert(hash);
            }
            part.destinations.insert(destination.to_owned(), 1);
            if Some(first) > host_first {
                *new_places.entry(first).or_default() += 1;
            }
        }
        part.new_places = new_places.values().map(|count| (*count).min(NEW_PLACES_A_DAY)).sum();
        for (bytes_out, ratio) in largest.values() {
            part.out.add(bucket_of_bytes(*bytes_out));
            part.ratio.add(bucket_of_ratio(*ratio));
        }
        part
    }
}

impl ProcessPart {
    fn merge(&mut self, other: &ProcessPart) {
        self.hosts += other.hosts;
        self.first_day = match (self.first_day, other.first_day) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.days += other.days;
        self.days_at_risk += other.days_at_risk;
        self.new_places += other.new_places;
        self.pairs += other.pairs;
        self.heavy_pairs += other.heavy_pairs;
        add_counts(&mut self.heavy_destinations, &other.heavy_destinations);
        self.out.merge(&other.out);
        self.ratio.merge(&other.ratio);
        for (mine, other) in self.accounts.iter_mut().zip(other.accounts) {
            *mine += other;
        }
        add_counts(&mut self.ports, &other.ports);
        add_counts(&mut self.heavy, &other.heavy);
        add_counts(&mut self.parents, &other.parents);
        add_counts(&mut self.destinations, &other.destinations);
    }
}

/// The identity under which a channel is counted.
pub(crate) fn identity_of(channel: &Channel) -> &str {
    let unknown = if channel.monitored { NO_PROCESS } else { UNMONITORED };
    channel.key.identity.as_deref().unwrap_or(unknown)
}

/// A port and transport as one number.
pub(crate) fn port_key(port: u16, protocol: u8) -> u32 {
    u32::from(port) << 8 | u32::from(protocol)
}

/// The hash of a process identity and a destination.
pub(crate) fn hash_of_pair(identity: &str, destination: &str) -> u64 {
    let mut hash = StableHash::default();
    hash.write(identity.as_bytes());
    hash.write(b"\0>");
    hash.write(destination.as_bytes());
    hash.finish()
}

/// The hash of a channel's keys.
pub(crate) fn hash_of_key(key: &ChannelKey) -> u64 {
    let mut hash = StableHash::default();
    for part in [Some(&key.host), key.identity.as_ref(), key.user.as_ref(), Some(&key.destination)] {
        let bytes = part.map_or(&b"\x01"[..], |text| text.as_bytes());
        hash.write(&(bytes.len() as u64).to_le_bytes());
        hash.write(bytes);
    }
    hash.finish()
}

/// The name of a parent image, lower-case.
pub(crate) fn parent_name(image: Option<&str>) -> Option<String> {
    image.map(|image| file_name(image).to_ascii_lowercase()).filter(|name| !name.is_empty())
}

/// The hours (bits 0 to 23, UTC) in which a channel sent on a day; where none was counted, those of its first and last packet.
pub(crate) fn hour_mask(day: &ChannelDay) -> u32 {
    let mut mask = 0;
    for (hour, bytes) in day.hours.iter().enumerate() {
        if *bytes > 0 {
            mask |= 1 << hour;
        }
    }
    if mask == 0 {
        let of = |time: Micros| 1_u32 << (time.0.rem_euclid(24 * HOUR) / HOUR).clamp(0, 23);
        mask = of(day.first) | of(day.last);
    }
    mask
}

/// log2 of the bytes of a heavy channel-day.
pub(crate) fn heavy_size(day: &ChannelDay) -> Option<u8> {
    [day.sum, day.lopsided]
        .into_iter()
        .filter(|sum| gate::gate(sum.bytes_out, sum.bytes_out, Some(sum.bytes_in)) >= HEAVY)
        .map(|sum| sum.bytes_out.max(1).ilog2() as u8)
        .max()
}

fn add_counts<K: Ord + Clone>(mine: &mut BTreeMap<K, u32>, other: &BTreeMap<K, u32>) {
    for (key, count) in other {
        let slot = mine.entry(key.clone()).or_default();
        *slot = slot.saturating_add(*count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    #[test]
    fn the_order_of_merging_does_not_matter() {
        let channels: Vec<Channel> = (0..6)
            .map(|n| channel(&format!("h{n}"), Some("%programfiles%\\a.exe"), &format!("d{}.example", n % 3)))
            .map(|c| on(c, 100, 1 << 24, 1_000))
            .collect();
        let parts: Vec<Fragment> = channels.iter().map(|c| Fragment::of(std::slice::from_ref(c))).collect();
        let whole = Fragment::of(&channels);
        for order in [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4]] {
            let mut merged = Fragment::default();
            for n in order {
                merged.merge(parts[n].clone());
            }
            assert_eq!(merged, whole);
        }
        assert_eq!(whole.processes["%programfiles%\\a.exe"].hosts, 6);
        assert_eq!(whole.destinations["d0.example"].hosts, 2);
    }

    #[test]
    fn one_host_is_one_however_much_it_sends() {
        let mut channels = Vec::new();
        for n in 0..50 {
            let mut c = channel("h", Some("x"), &format!("d{n}"));
            for day in 0..10 {
                c = on(c, day, 1 << 30, 0);
            }
            channels.push(c);
        }
        let fragment = Fragment::of(&channels);
        let part = &fragment.processes["x"];
        assert_eq!(
            (part.hosts, part.days, part.out.quantile_without(None, 0.5).map(|(_, count)| count)),
            (1, 10, Some(10))
        );
        assert_eq!(fragment.host_days, 10);
        assert_eq!(fragment.channel_days, 500);
    }

    #[test]
    fn flagged_days_teach_nothing() {
        let c = on(channel("h", Some("x"), "d"), 3, 1 << 30, 0);
        let mut flagged = Flagged::default();
        flagged.insert(&c.key, 3);
        let fragment = Fragment::without(&[c], &flagged);
        assert!(fragment.processes.is_empty() && fragment.destinations.is_empty());
        assert_eq!(fragment.host_days, 1);
    }
}
