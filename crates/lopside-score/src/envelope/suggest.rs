//! Narrow entries learned from history: what sends much and often, to whom, over which ports, at which hours, how much.
//!
//! In: channels of all partitions. Out: one suggestion a process identity and destination group that sent on several days, with the
//! evidence. Nothing is sanctioned by it: a person reviews it and names an owner. Days that were flagged teach nothing, so that a
//! theft is not suggested as usual.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::bytes::ratio;
use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::net::Scope;

use super::entry::image_and_runs;
use super::judge::sent;
use super::propose::{headroom, rounded_up};
use super::reading::{date_of, hours_within};
use super::written::{Amount, Written};
use crate::settings::AccountContext;

/// Hosts, users and ports that an entry names; more are no list that people review.
const NAMED: usize = 12;
/// What is told of hours where they are at most so many.
const HOURS: u32 = 12;
/// Room above what was seen.
const ROOM: f64 = 1.5;

/// From what on history is worth a suggestion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// Bytes sent over all days and hosts.
    pub bytes: u64,
    /// Different days.
    pub days: usize,
    /// Sent to received.
    pub ratio: f64,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted { bytes: 50_000_000, days: 3, ratio: 1.5 }
    }
}

/// A suggestion, without owner, reason and dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The entry.
    pub written: Written,
    /// What it rests on, in words.
    pub evidence: String,
    /// Bytes sent in all.
    pub bytes_out: u64,
}

/// What is learned of one process identity and destination group.
#[derive(Clone, Debug, Default)]
struct Learned {
    names: BTreeMap<String, u64>,
    scope: Scope,
    images: BTreeSet<String>,
    companies: BTreeSet<String>,
    products: BTreeSet<String>,
    hosts: BTreeSet<String>,
    users: BTreeSet<String>,
    ports: BTreeMap<(u16, String), u64>,
    hours: u32,
    days: BTreeSet<i32>,
    /// Bytes sent by host and day.
    by_day: BTreeMap<(String, i32), u64>,
    ratio: f64,
    out: u64,
    back: u64,
}

/// Suggestions from channels, those that sent most first; `flagged` says which channel-days are not to teach.
pub fn suggest(
    partitions: &[Vec<Channel>],
    flagged: &dyn Fn(usize, usize, usize) -> bool,
    wanted: Wanted,
) -> Vec<Suggestion> {
    let mut learned: BTreeMap<(&str, &str), Learned> = BTreeMap::new();
    for (partition, channels) in partitions.iter().enumerate() {
        for (place, channel) in channels.iter().enumerate() {
            let Some(identity) = channel.key.identity.as_deref() else { continue };
            let slot = learned.entry((identity, channel.key.destination.as_str())).or_default();
            for (index, day) in channel.days.iter().enumerate() {
                if day.sum.flows > 0 && !flagged(partition, place, index) {
                    slot.add(channel, day);
                }
            }
        }
    }
    let mut suggestions: Vec<Suggestion> = learned
        .iter()
        .filter(|(_, learned)| learned.worth(wanted))
        .filter_map(|((identity, destination), learned)| learned.suggestion(identity, destination))
        .collect();
    suggestions.sort_by(|one, other| {
        other.bytes_out.cmp(&one.bytes_out).then_with(|| one.evidence.cmp(&other.evidence))
    });
    suggestions
}

impl Learned {
    fn add(&mut self, channel: &Channel, day: &ChannelDay) {
        self.scope = channel.scope;
        if let Some((name, _)) = &channel.name {
            let bytes = self.names.entry(name.clone()).or_default();
            *bytes = bytes.saturating_add(sent(day));
        }
        for sender in &day.senders {
            let process = &sender.process;
            self.images.extend(process.image.clone());
            self.companies.extend(process.company.clone());
            self.products.extend(process.product.clone());
        }
        self.hosts.insert(channel.key.host.clone());
        self.users.extend(channel.key.user.clone());
        for port in &day.ports {
            let bytes = self.ports.entry((port.port, port.protocol.name())).or_default();
            *bytes = bytes.saturating_add(port.bytes_out);
        }
        for (hour, _) in day.hours.iter() {
            self.hours |= 1 << hour;
        }
        self.days.insert(day.day);
        let bytes = self.by_day.entry((channel.key.host.clone(), day.day)).or_default();
        *bytes = bytes.saturating_add(sent(day));
        if day.sum.bytes_in > 0 {
            self.ratio = self.ratio.max(ratio(day.sum.bytes_out, day.sum.bytes_in));
        }
        self.out = self.out.saturating_add(sent(day));
        self.back = self.back.saturating_add(day.sum.bytes_in);
    }

    fn worth(&self, wanted: Wanted) -> bool {
        self.out >= wanted.bytes
            && self.days.len() >= wanted.days
            && ratio(self.out, self.back) >= wanted.ratio
    }

    fn most(&self) -> u64 {
        self.by_day.values().copied().max().unwrap_or(0)
    }

    fn suggestion(&self, identity: &str, destination: &str) -> Option<Suggestion> {
        let (image, runs) = image_and_runs(identity);
        let few = |texts: &BTreeSet<String>| {
            if texts.len() <= NAMED { texts.iter().cloned().collect::<Vec<_>>() } else { Vec::new() }
        };
        // One name for all of it is narrower than its group.
        let place = match self.names.len() {
            1 => self.names.keys().next().cloned(),
            _ => None,
        };
        let ports = self.ports.keys().filter(|(port, _)| *port > 0);
        let port = |(port, transport): &(u16, String)| match transport.as_str() {
            "tcp" | "udp" => Amount::Text(format!("{port}/{transport}")),
            _ => Amount::Number(u64::from(*port)),
        };
        let ports: Vec<Amount> =
            if self.ports.len() <= NAMED { ports.map(port).collect() } else { Vec::new() };
        let most = (self.most() as f64 * ROOM) as u64;
        let written = Written {
            image: vec![self.image().unwrap_or(image).to_owned()].into(),
            runs: runs.map(str::to_owned).into_iter().collect::<Vec<_>>().into(),
            signer: few(&self.companies).into(),
            product: if self.companies.is_empty() { few(&self.products).into() } else { Vec::new().into() },
            hosts: few(&self.hosts).into(),
            users: self.users().into(),
            destinations: vec![place.unwrap_or_else(|| destination.to_owned())].into(),
            ports,
            hours: hours_within(self.hours, HOURS),
            max_bytes_per_day: Some(Amount::Text(headroom(most))),
            max_ratio: (self.ratio > 0.0).then(|| rounded_up(self.ratio * ROOM)),
            ..Written::default()
        };
        Some(Suggestion { written, evidence: self.evidence()?, bytes_out: self.out })
    }

    /// The path where there is but one: sources differ in letters' case, and some name a device instead of a drive.
    fn image(&self) -> Option<&str> {
        let on_a_drive = |image: &&String| image.as_bytes().get(1) == Some(&b':');
        let paths = || self.images.iter().filter(|image| on_a_drive(image) || self.images.len() == 1);
        let first = paths().next()?;
        paths().all(|image| image.eq_ignore_ascii_case(first)).then_some(first.as_str())
    }

    /// Users by name where they are few, else by the kinds of their accounts.
    fn users(&self) -> Vec<String> {
        if self.users.len() <= NAMED / 2 {
            return self.users.iter().cloned().collect();
        }
        let kinds: BTreeSet<&str> = self.users.iter().map(|user| AccountContext::of(user).name()).collect();
        kinds.into_iter().map(str::to_owned).collect()
    }

    fn evidence(&self) -> Option<String> {
        let (first, last) = (self.days.first()?, self.days.last()?);
        let maker = match self.companies.len() + self.products.len() {
            0 => "; the telemetry does not name its maker",
            _ => "",
        };
        Some(format!(
            "on {} of {} days from {} to {}, from {}: {} out, {} back; at most {} a day and host{maker}",
            self.days.len(),
            last - first + 1,
            date_of(*first),
            date_of(*last),
            crate::words::count(self.hosts.len(), "host"),
            crate::words::bytes(self.out),
            crate::words::bytes(self.back),
            crate::words::bytes(self.most()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    fn agent(host: &str, days: std::ops::Range<i32>) -> Channel {
        let mut agent = channel(host, Some(r"%programfiles%\vendor\agent.exe"), "backup.example");
        for day in days {
            agent = on(agent, day, 100_000_000, 1_000_000);
        }
        agent
    }

    #[test]
    fn what_sends_on_several_days_is_suggested_as_narrowly_as_it_was_seen() {
        let seldom = on(channel("h2", Some(r"%programfiles%\other.exe"), "once.example"), 1, 900_000_000, 1);
        let partitions = [vec![agent("h1", 0..4)], vec![agent("h2", 1..5), seldom]];
        let suggestions = suggest(&partitions, &|_, _, _| false, Wanted::default());
        assert_eq!(suggestions.len(), 1, "{suggestions:#?}");
        let written = &suggestions[0].written;
        assert_eq!(written.hosts.list(), ["h1", "h2"]);
        assert_eq!(written.hours.as_deref(), Some("10-11"));
        assert_eq!(written.max_bytes_per_day, Some(Amount::Text("150 MB".into())));
        assert_eq!(written.max_ratio, Some(150.0));
        assert_eq!(written.ports, [Amount::Text("443/tcp".into())]);
        assert!(
            suggestions[0].evidence.starts_with("on 5 of 5 days from 1970-01-01"),
            "{}",
            suggestions[0].evidence
        );
    }

    #[test]
    fn one_path_in_several_spellings_keeps_its_drive() {
        let of = |images: &[&str]| {
            let images = images.iter().map(|image| (*image).to_owned()).collect();
            Learned { images, ..Learned::default() }.image().map(str::to_owned)
        };
        let device = r"\device\harddiskvolume3\agent\bin\a.exe";
        assert_eq!(
            of(&[r"C:\agent\bin\A.exe", r"c:\agent\bin\a.exe", device]).as_deref(),
            Some(r"C:\agent\bin\A.exe")
        );
        assert_eq!(of(&["System"]).as_deref(), Some("System"));
        assert_eq!(of(&[r"C:\app\1.2\a.exe", r"C:\app\1.3\a.exe"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn flagged_days_teach_nothing() {
        let partitions = [vec![agent("h1", 0..4)]];
        assert!(suggest(&partitions, &|_, _, day| day > 1, Wanted::default()).is_empty());
    }

    #[test]
    fn hours_over_midnight() {
        let of = |hours: &[u32]| hours_within(hours.iter().fold(0, |mask, hour| mask | 1 << hour), HOURS);
        assert_eq!(of(&[22, 23, 0, 1]).as_deref(), Some("22-02"));
        assert_eq!(of(&[23]).as_deref(), Some("23-24"));
        assert_eq!(of(&[0]).as_deref(), Some("00-01"));
        assert_eq!(of(&[0, 12]), None);
        assert_eq!(of(&[]), None);
    }
}
