//! Fragments of what is usual: what the hosts of one partition do, merged by union, the same in whatever order.
//!
//! A host lives in one partition, so distinct hosts add up exactly; where the same host comes twice, as with a baseline, its two
//! memories become one. What one host contributes to a count of hosts is at most 1, to a histogram at most one observation a process
//! and day.

mod habits;
mod learn;
mod parts;
mod sending;

use std::collections::BTreeSet;

use lopside_model::channel::{Channel, ChannelDay, ChannelKey};
use lopside_model::net::{Scope, StableHash};
use lopside_model::process::file_name;
use lopside_model::time::{HOUR, Micros};

pub(crate) use self::habits::{HostHabits, Past, Place, ProcessHabits, UsedDay, UserHabits};
use self::learn::Depth;
pub use self::parts::{DestinationPart, HostPart, ProcessPart};
pub(crate) use self::parts::{FamilyOnHost, Reached};
pub(crate) use self::sending::{PortUse, Sending, SendingDay, settle_ports};
use crate::calibration::Calibration;
use crate::gate;
use crate::names::Numbers;
use crate::weigh::DayScore;

/// The identity under which channels without a process are counted, on hosts with endpoint events.
pub const NO_PROCESS: &str = "";
/// The same on hosts from which no endpoint event came: servers, printers and gateways are compared with each other.
pub const UNMONITORED: &str = "-";

/// A channel-day whose gate is at least this is heavy.
pub(crate) const HEAVY: f64 = 0.4;
/// Below this many bytes no gate is: the quick answer for most channel-days.
const LIGHT: u64 = 1 << 19;

/// Channel-days that do not count towards what is usual, because they are findings themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged(BTreeSet<(u64, i32)>);

/// What is usual, as far as some hosts teach it: their habits, with the names in them kept once.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// The names.
    pub(crate) names: Numbers,
    /// By number of the host.
    pub(crate) habits: Vec<HostHabits>,
}

impl Flagged {
    /// Marks a day of a channel.
    pub fn insert(&mut self, key: &ChannelKey, day: i32) {
        self.0.insert((hash_of_key(key), day));
    }

    /// Marks the days of a channel that stand out.
    pub fn add(&mut self, key: &ChannelKey, scores: &[DayScore], calibration: &Calibration) {
        for score in scores.iter().filter(|score| score.total >= calibration.stands_out_from()) {
            self.insert(key, score.day);
        }
    }

    /// Whether the day is marked.
    pub fn contains(&self, key: &ChannelKey, day: i32) -> bool {
        !self.0.is_empty() && self.0.contains(&(hash_of_key(key), day))
    }

    /// The marked days of one channel.
    pub(crate) fn of(&self, key: &ChannelKey) -> Vec<i32> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let hash = hash_of_key(key);
        self.0.range((hash, i32::MIN)..=(hash, i32::MAX)).map(|(_, day)| *day).collect()
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
        Fragment::to(Depth::Sums, channels, flagged)
    }

    /// The same with the days on which each channel was used, to be kept.
    pub fn remembering(channels: &[Channel], flagged: &Flagged) -> Fragment {
        Fragment::to(Depth::Days, channels, flagged)
    }

    fn to(depth: Depth, channels: &[Channel], flagged: &Flagged) -> Fragment {
        let mut sorted: Vec<&Channel> = channels.iter().collect();
        if !sorted.is_sorted_by(|a, b| a.key <= b.key) {
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let mut fragment = Fragment::default();
        for channels in sorted.chunk_by(|a, b| a.key.host == b.key.host) {
            let Some(first) = channels.first() else { continue };
            let habits = fragment.learn(channels, flagged, depth);
            fragment.remember(&first.key.host, habits);
        }
        fragment
    }

    /// Takes in what other hosts teach, and what others know of the same hosts.
    pub fn merge(&mut self, other: Fragment) {
        if self.habits.is_empty() {
            *self = other;
            return;
        }
        let processes = self.names.processes.take_in(&other.names.processes);
        let destinations = self.names.destinations.take_in(&other.names.destinations);
        for (host, mut habits) in other.names.hosts.iter().zip(other.habits) {
            habits.renumber(&processes, &destinations);
            self.remember(host, habits);
        }
    }

    /// Hosts that send at all.
    pub fn hosts(&self) -> u32 {
        self.habits.len() as u32
    }

    /// Days on which a host sent, of all hosts.
    pub fn host_days(&self) -> u64 {
        self.habits.iter().map(|host| host.days.len() as u64).sum()
    }

    /// Days on which a channel sent, of any size, of all hosts.
    pub fn channel_days(&self) -> u64 {
        self.habits.iter().flat_map(|host| host.days.values()).map(|channels| u64::from(*channels)).sum()
    }

    fn remember(&mut self, host: &str, habits: HostHabits) {
        let number = self.names.hosts.number(host) as usize;
        match self.habits.get_mut(number) {
            Some(known) => known.join(habits),
            None => self.habits.push(habits),
        }
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
    let named = channel.name.as_ref().is_some_and(|(_, source)| source.is_relied_on());
    !named && channel.scope == Scope::External
}

/// Where Windows hands updates to other machines (Delivery Optimization).
const UPDATES: (u16, u8) = (7_680, 6);

/// The share of a day's bytes, 0 to 1, that went out in datagrams which carry media or games (UDP, but no names, times or QUIC), or as
/// updates for other machines: what goes to any address by its nature.
pub(crate) fn media_share(day: &ChannelDay) -> f64 {
    const OTHER: [u16; 6] = [53, 80, 123, 443, 853, 5_353];
    let total: f64 = day.ports.iter().map(|port| port.bytes_out as f64).sum();
    let media = |port: &&lopside_model::channel::PortSum| match (port.port, port.protocol.0) {
        UPDATES => true,
        (port, protocol) => protocol == 17 && !OTHER.contains(&port),
    };
    let sent: f64 = day.ports.iter().filter(media).map(|port| port.bytes_out as f64).sum();
    if total > 0.0 { sent / total } else { 0.0 }
}

/// A port and transport as one number.
pub(crate) fn port_key(port: u16, protocol: u8) -> u32 {
    u32::from(port) << 8 | u32::from(protocol)
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
    for (hour, _) in day.hours.iter() {
        mask |= 1 << hour;
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
        .filter(|sum| sum.bytes_out >= LIGHT)
        .filter(|sum| {
            let back = gate::of_the_peer(day, sum.bytes_in);
            gate::gate(sum.bytes_out, sum.bytes_out, Some(back)) >= HEAVY
        })
        .map(|sum| sum.bytes_out.max(1).ilog2() as u8)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::usual::{Context, Usual};

    #[test]
    fn the_order_of_merging_does_not_matter() {
        let channels: Vec<Channel> = (0..6)
            .map(|n| channel(&format!("h{n}"), Some("%programfiles%\\a.exe"), &format!("d{}.example", n % 3)))
            .map(|c| on(c, 100, 1 << 24, 1_000))
            .collect();
        let parts: Vec<Fragment> = channels.iter().map(|c| Fragment::of(std::slice::from_ref(c))).collect();
        let whole = Usual::from(Fragment::of(&channels), Context::default());
        // The last order has a host twice: its memories become one.
        for order in [&[0, 1, 2, 3, 4, 5][..], &[5, 3, 1, 0, 2, 4], &[3, 5, 1, 3, 0, 2, 4]] {
            let mut merged = Fragment::default();
            for n in order {
                merged.merge(parts[*n].clone());
            }
            assert_eq!((merged.hosts(), merged.host_days(), merged.channel_days()), (6, 6, 6));
            let merged = Usual::from(merged, Context::default());
            assert_eq!(
                merged.fleet_process("%programfiles%\\a.exe"),
                whole.fleet_process("%programfiles%\\a.exe")
            );
            assert_eq!(merged.fleet_destination("d0.example"), whole.fleet_destination("d0.example"));
        }
        assert_eq!(whole.fleet_process("%programfiles%\\a.exe").unwrap().hosts, 6);
        assert_eq!(whole.fleet_destination("d0.example").unwrap().hosts, 2);
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
        assert_eq!((fragment.host_days(), fragment.channel_days()), (10, 500));
        let usual = Usual::from(fragment, Context::default());
        let part = usual.fleet_process("x").unwrap();
        assert_eq!(
            (part.hosts, part.days, part.out.quantile_without(None, 0.5).map(|(_, count)| count)),
            (1, 10, Some(10))
        );
    }

    #[test]
    fn days_that_were_not_measured_are_days_of_no_size() {
        let mut channels: Vec<Channel> =
            (0..3).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 1 << 20)).collect();
        let mut unmeasured = on(channel("h3", Some("x"), "d"), 1, 0, 0);
        unmeasured.days[0].unmeasured.add(1 << 30, 0);
        channels.push(unmeasured);
        let usual = Usual::from(Fragment::of(&channels), Context::default());
        let part = usual.fleet_process("x").unwrap();
        let counted = |spread: &crate::spread::Spread| spread.iter().map(|(_, count)| count).sum::<u32>();
        assert_eq!((part.days, part.hours[10]), (4, 4));
        assert_eq!([&part.out, &part.back, &part.ratio].map(counted), [3; 3]);
    }

    #[test]
    fn flagged_days_teach_nothing() {
        let c = on(channel("h", Some("x"), "d"), 3, 1 << 30, 0);
        let mut flagged = Flagged::default();
        flagged.insert(&c.key, 3);
        let usual = Usual::from(Fragment::without(&[c], &flagged), Context::default());
        assert!(usual.fleet_process("x").is_none() && usual.fleet_destination("d").is_none());
        assert_eq!(usual.host_days(), 1);
    }
}
