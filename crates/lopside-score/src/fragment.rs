//! Fragments of what is usual: made from the channels of whole hosts, merged by plain addition, the same in whatever order.
//!
//! A host lives in one partition, so its contributions are decided there once and distinct hosts add up exactly. What one host
//! contributes to a count of hosts is at most 1, to a histogram at most one observation a process and day.

mod host;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::channel::{Channel, ChannelDay, ChannelKey};
use lopside_model::net::{Scope, StableHash};
use lopside_model::process::file_name;
use lopside_model::record::NameSource;
use lopside_model::time::{HOUR, Micros};
use serde::{Deserialize, Serialize};

use self::parts::add_counts;
pub use self::parts::{DestinationPart, HostPart, ProcessPart};
use crate::calibration::Calibration;
use crate::gate;
use crate::spread::Spread;
use crate::weigh::DayScore;

/// The identity under which channels without a process are counted, on hosts with endpoint events.
pub const NO_PROCESS: &str = "";
/// The same on hosts from which no endpoint event came: servers, printers and gateways are compared with each other.
pub const UNMONITORED: &str = "-";

/// A channel-day whose gate is at least this is heavy.
pub(crate) const HEAVY: f64 = 0.4;

/// Channel-days that do not count towards what is usual, because they are findings themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged(BTreeSet<(u64, i32)>);

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

/// The identity under which a channel is counted.
pub(crate) fn identity_of(channel: &Channel) -> &str {
    let unknown = if channel.monitored { NO_PROCESS } else { UNMONITORED };
    channel.key.identity.as_deref().unwrap_or(unknown)
}

/// The program of an identity, without the script that it runs. Services, libraries and remote-controlled browsers stay apart: they are
/// programs of their own.
pub(crate) fn family_of(identity: &str) -> &str {
    const APART: [&str; 7] = [
        "svchost.exe",
        "rundll32.exe",
        "regsvr32.exe",
        "dllhost.exe",
        "chrome.exe",
        "msedge.exe",
        "firefox.exe",
    ];
    match identity.split_once('/') {
        Some((family, _)) if !APART.contains(&file_name(family)) => family,
        _ => identity,
    }
}

/// Whether no name is known for an external destination, but by its address.
pub(crate) fn is_nameless(channel: &Channel) -> bool {
    let named = channel.name.as_ref().is_some_and(|(_, source)| *source != NameSource::ReverseDns);
    !named && channel.scope == Scope::External
}

/// The share of a day's bytes, 0 to 1, that went out in datagrams which carry media or games: UDP, but no names, times or QUIC.
pub(crate) fn media_share(day: &ChannelDay) -> f64 {
    const OTHER: [u16; 6] = [53, 80, 123, 443, 853, 5_353];
    let total: f64 = day.ports.iter().map(|port| port.bytes_out as f64).sum();
    let media =
        |port: &&lopside_model::channel::PortSum| port.protocol.0 == 17 && !OTHER.contains(&port.port);
    let sent: f64 = day.ports.iter().filter(media).map(|port| port.bytes_out as f64).sum();
    if total > 0.0 { sent / total } else { 0.0 }
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
