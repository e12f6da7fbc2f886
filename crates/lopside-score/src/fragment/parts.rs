//! What is counted of one process, one destination, one host, once all fragments are together.

use std::collections::{BTreeMap, BTreeSet};

use super::habits::{Past, UserHabits};
use super::sending::PortUse;
use crate::counts::Counts;
use crate::ports::Ports;
use crate::spread::Spread;

/// What is counted of one process identity, on one host or on all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Bytes sent by the largest channel of a host and day, where it was measured both ways.
    pub out: Spread,
    /// Bytes that channel received.
    pub back: Spread,
    /// log2 ratio of that channel.
    pub ratio: Spread,
    /// Host-days with sending in each hour (UTC).
    pub hours: [u32; 24],
    /// Hosts by port and transport.
    pub ports: Ports,
    /// Hosts by kind of account.
    pub accounts: [u32; 4],
    /// Hosts on which it sends heavily, by the largest size (log2 bytes).
    pub heavy: Counts<u8>,
    /// Hosts by image name of the parent.
    pub parents: Counts<String>,
    /// Hosts on which it sends heavily in media datagrams.
    pub media: u32,
    /// Hosts on which it sends to places without a name.
    pub nameless: u32,
    /// Pairs of host and destination with heavy sending, by the largest size (log2 bytes).
    pub heavy_pairs: Counts<u8>,
    /// Destinations that only one host reaches, and does so by this process.
    pub lone: u32,
}

/// What is counted of one destination group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationPart {
    /// Distinct hosts that send to it.
    pub hosts: u32,
    /// Hosts that send heavily to it, by the largest size (log2 bytes).
    pub heavy: Counts<u8>,
    /// Of those the ones that only pass by: on few of their days since, or since yesterday.
    pub passing: u32,
}

/// What is counted of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostPart {
    /// Days on which it sends, with the number of its channels.
    pub days: BTreeMap<i32, u32>,
    /// What each user's processes do on it.
    pub(crate) users: BTreeMap<String, UserHabits>,
    /// By number of the process, ascending.
    pub(crate) processes: Vec<(u32, ProcessPart)>,
    /// By number of the program, ascending.
    pub(crate) families: Vec<(u32, FamilyOnHost)>,
    /// By number of the destination, ascending.
    pub(crate) places: Vec<(u32, Reached)>,
    /// Numbers of process and destination, ascending.
    pub(crate) pairs: Vec<(u32, u32)>,
    /// Ports and transports of any process, ascending.
    pub(crate) ports: Vec<PortUse>,
    /// Images that opened senders.
    pub accessors: BTreeSet<String>,
    /// Earlier days of channels, by numbers of process and destination, ascending.
    pub(crate) past: Vec<((u32, u32), Box<Past>)>,
}

/// How a host sends to a destination, by whatever process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The first day.
    pub(crate) first: i32,
    /// The largest heavy size (log2 bytes).
    pub(crate) heavy: Option<u8>,
    /// Days on which its most used process does.
    pub(crate) used: u32,
    /// Whether a known process does.
    pub(crate) explained: bool,
    /// Whether it sends heavily and only passes by.
    pub(crate) passing: bool,
}

/// A program on a host, scripts taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FamilyOnHost {
    /// The first day on which it sends.
    pub(crate) first_day: Option<i32>,
    /// The largest heavy size to a destination that no other host reaches.
    pub(crate) lone: Option<u8>,
}

impl HostPart {
    /// The first day on which it sends.
    pub fn first_day(&self) -> Option<i32> {
        self.days.first_key_value().map(|(day, _)| *day)
    }

    /// A process on it.
    pub(crate) fn process(&self, number: u32) -> Option<&ProcessPart> {
        of(&self.processes, number)
    }

    /// A program on it.
    pub(crate) fn family(&self, number: u32) -> Option<&FamilyOnHost> {
        of(&self.families, number)
    }

    /// Whether a process on it sends to a destination.
    pub(crate) fn reaches_by(&self, process: u32, destination: u32) -> bool {
        self.pairs.binary_search(&(process, destination)).is_ok()
    }

    /// Earlier days on which a process on it sent to a destination.
    pub(crate) fn past(&self, process: u32, destination: u32) -> Option<&Past> {
        let place = self.past.binary_search_by_key(&(process, destination), |(pair, _)| *pair).ok()?;
        self.past.get(place).map(|(_, past)| past.as_ref())
    }

    /// Whether any process on it uses a port.
    pub(crate) fn uses_port(&self, port: u32) -> bool {
        self.ports.binary_search_by_key(&port, |used| used.port).is_ok()
    }

    /// A destination that it reaches.
    pub(crate) fn place(&self, number: u32) -> Option<&Reached> {
        of(&self.places, number)
    }
}

/// What a list that is sorted by number holds of one.
fn of<T>(list: &[(u32, T)], number: u32) -> Option<&T> {
    let place = list.binary_search_by_key(&number, |(known, _)| *known).ok()?;
    list.get(place).map(|(_, part)| part)
}
