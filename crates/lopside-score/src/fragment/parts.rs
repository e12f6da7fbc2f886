//! What is counted of one process, one destination, one host.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::spread::Spread;

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
    /// Hosts by destination to which it sends heavily, and the largest size (all hosts only).
    pub heavy_destinations: BTreeMap<String, (u32, u8)>,
    /// Hosts on which it sends heavily in media datagrams.
    pub media: u32,
    /// Hosts on which it sends to places without a name.
    pub nameless: u32,
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

impl HostPart {
    /// The first day on which it sends.
    pub fn first_day(&self) -> Option<i32> {
        self.days.first().copied()
    }

    pub(super) fn merge(&mut self, other: HostPart) {
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
}

impl ProcessPart {
    pub(super) fn merge(&mut self, other: &ProcessPart) {
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
        self.media += other.media;
        self.nameless += other.nameless;
        for (destination, (hosts, size)) in &other.heavy_destinations {
            let mine = self.heavy_destinations.entry(destination.clone()).or_default();
            *mine = (mine.0.saturating_add(*hosts), mine.1.max(*size));
        }
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

/// Adds counts by key.
pub(super) fn add_counts<K: Ord + Clone>(mine: &mut BTreeMap<K, u32>, other: &BTreeMap<K, u32>) {
    for (key, count) in other {
        let slot = mine.entry(key.clone()).or_default();
        *slot = slot.saturating_add(*count);
    }
}
