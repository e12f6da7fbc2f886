//! The rules that people use today, on the same joined data: what a score has to beat.
//!
//! Each rule sees the days of channels to external places, both directions measured, and claims single days. Rules of one line have
//! no ranking of their own; they rank by bytes sent, as an analyst would sort them.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::net::Scope;

use super::claim::Claim;

/// Hosts that may share a destination that is called rare.
const RARE_HOSTS: usize = 3;
/// Senders a day of the rule of the biggest.
const BIGGEST: usize = 50;
/// Days that the first-seen rule learns before it speaks.
const LEARNING: i32 = 3;
/// Names that a process may reach, where the first-seen rule calls a destination rare.
const FEW_NAMES: usize = 8;

/// A rule's name and its claims.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// In words.
    pub(crate) name: &'static str,
    /// What it claims.
    pub(crate) claims: Vec<Claim>,
}

/// Applies every rule to the channels of all hosts.
pub(crate) fn apply(partitions: &[Vec<Channel>]) -> Vec<Rule> {
    let channels: Vec<&Channel> =
        partitions.iter().flatten().filter(|channel| channel.scope == Scope::External).collect();
    let fleet = Fleet::of(&channels);
    let by = |keep: &dyn Fn(&Channel, &ChannelDay) -> bool| {
        days(&channels)
            .filter(|(channel, day)| keep(channel, day))
            .map(|(channel, day)| claim(channel, day))
            .collect()
    };
    vec![
        Rule { name: "50 MB and ratio 10", claims: by(&|_, day| large(day, 50_000_000, 10)) },
        Rule { name: "producer-consumer ratio 0.9", claims: by(&|_, day| producer(day) > 0.9) },
        Rule {
            name: "rare destination, 5 MB and ratio 10",
            claims: by(&|channel, day| {
                large(day, 5_000_000, 10) && fleet.hosts_of_destination(channel) <= RARE_HOSTS
            }),
        },
        Rule { name: "50 biggest senders a day", claims: biggest(&channels) },
        Rule {
            name: "first seen, 3 days of learning",
            claims: by(&|channel, day| fleet.first_seen(channel, day, LEARNING)),
        },
        Rule {
            name: "first seen, no learning",
            claims: by(&|channel, day| fleet.first_seen(channel, day, 0)),
        },
    ]
}

fn days<'c>(channels: &'c [&'c Channel]) -> impl Iterator<Item = (&'c Channel, &'c ChannelDay)> {
    channels.iter().flat_map(|channel| channel.days.iter().map(move |day| (*channel, day)))
}

fn claim(channel: &Channel, day: &ChannelDay) -> Claim {
    Claim::of_day(channel, day, day.sum.bytes_out as f64)
}

/// More than so many bytes, and more than so many times what came back.
fn large(day: &ChannelDay, bytes: u64, ratio: u64) -> bool {
    day.sum.bytes_out > bytes
        && u128::from(day.sum.bytes_out) > u128::from(day.sum.bytes_in) * u128::from(ratio)
}

/// (sent - received) / (sent + received), from -1 to 1.
fn producer(day: &ChannelDay) -> f64 {
    let (sent, received) = (day.sum.bytes_out as f64, day.sum.bytes_in as f64);
    if sent + received == 0.0 { 0.0 } else { (sent - received) / (sent + received) }
}

fn biggest(channels: &[&Channel]) -> Vec<Claim> {
    let mut by_day: BTreeMap<i32, Vec<Claim>> = BTreeMap::new();
    for (channel, day) in days(channels).filter(|(_, day)| day.sum.bytes_out > 0) {
        by_day.entry(day.day).or_default().push(claim(channel, day));
    }
    let mut claims = Vec::new();
    for mut of_day in by_day.into_values() {
        of_day.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.tie.1.cmp(&b.tie.1)));
        claims.extend(of_day.into_iter().take(BIGGEST));
    }
    claims
}

/// Who reaches what, over all days.
struct Fleet<'c> {
    by_destination: BTreeMap<&'c str, BTreeSet<&'c str>>,
    by_image: BTreeMap<String, BTreeSet<&'c str>>,
    names_of_image: BTreeMap<String, BTreeSet<&'c str>>,
    /// The first day of each host, and of each channel whatever the user.
    first_of_host: BTreeMap<&'c str, i32>,
    first_of_channel: BTreeMap<(&'c str, String, &'c str), i32>,
}

impl<'c> Fleet<'c> {
    fn of(channels: &[&'c Channel]) -> Fleet<'c> {
        let mut fleet = Fleet {
            by_destination: BTreeMap::new(),
            by_image: BTreeMap::new(),
            names_of_image: BTreeMap::new(),
            first_of_host: BTreeMap::new(),
            first_of_channel: BTreeMap::new(),
        };
        for channel in channels {
            let (host, destination) = (channel.key.host.as_str(), channel.key.destination.as_str());
            fleet.by_destination.entry(destination).or_default().insert(host);
            let image = image(channel);
            fleet.by_image.entry(image.clone()).or_default().insert(host);
            fleet.names_of_image.entry(image.clone()).or_default().insert(destination);
            let Some(first) = channel.days.first().map(|day| day.day) else { continue };
            let earliest = fleet.first_of_host.entry(host).or_insert(first);
            *earliest = first.min(*earliest);
            let earliest = fleet.first_of_channel.entry((host, image, destination)).or_insert(first);
            *earliest = first.min(*earliest);
        }
        fleet
    }

    fn hosts_of_destination(&self, channel: &Channel) -> usize {
        self.by_destination.get(channel.key.destination.as_str()).map_or(0, BTreeSet::len)
    }

    /// New to its host, over 10 MB, log2 ratio over 2; and the image on at most 3 other hosts, or the destination on at most 3 others
    /// while the process reaches at most 8 names.
    fn first_seen(&self, channel: &Channel, day: &ChannelDay, learning: i32) -> bool {
        let (host, destination) = (channel.key.host.as_str(), channel.key.destination.as_str());
        let image = image(channel);
        let known_for = self.first_of_host.get(host).map_or(0, |first| day.day - first);
        let others = |set: Option<&BTreeSet<&str>>| set.map_or(0, |hosts| hosts.len().saturating_sub(1));
        let rare_image = !image.is_empty() && others(self.by_image.get(&image)) <= RARE_HOSTS;
        let rare_place = others(self.by_destination.get(destination)) <= RARE_HOSTS
            && self.names_of_image.get(&image).map_or(0, BTreeSet::len) <= FEW_NAMES;
        large(day, 10_000_000, 4)
            && known_for >= learning
            && self.first_of_channel.get(&(host, image, destination)) == Some(&day.day)
            && (rare_image || rare_place)
    }
}

/// The image, with profiles and versions folded; empty where no process is known.
fn image(channel: &Channel) -> String {
    let identity = channel.key.identity.as_deref().unwrap_or("");
    identity.split('/').next().unwrap_or(identity).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_model::Micros;
    use lopside_model::bytes::{Layer, Quality};
    use lopside_model::channel::{ChannelKey, Sender, Sum};
    use lopside_model::identity::Place;
    use lopside_model::process::Process;
    use lopside_model::record::Method;

    fn day(day: i32, sent: u64, received: u64, image: &str) -> ChannelDay {
        let process = Process { image: Some(image.into()), ..Process::default() };
        let sum = Sum { flows: 1, bytes_out: sent, bytes_in: received };
        ChannelDay {
            day,
            sum,
            layer: Layer::Payload,
            quality: (Quality::Exact, Quality::Exact),
            ips: vec!["203.0.113.9".parse().unwrap()],
            first: Micros::of_day(day),
            last: Micros::of_day(day),
            senders: vec![Sender {
                process,
                started: None,
                parent_command_line: None,
                original_name: None,
                company: None,
                bytes_out: sent,
                origin: None,
            }],
            instances: 1,
            method: Method::Tuple,
            confidence: 1_000,
            ..ChannelDay::default()
        }
    }

    fn channel(host: &str, destination: &str, days: Vec<ChannelDay>) -> Channel {
        Channel {
            key: ChannelKey {
                host: host.into(),
                identity: Some("x".into()),
                user: None,
                destination: destination.into(),
            },
            host_ips: Vec::new(),
            monitored: true,
            place: Place::Other,
            scope: Scope::External,
            name: None,
            days,
        }
    }

    fn claims(rules: &[Rule], name: &str) -> usize {
        rules.iter().find(|rule| rule.name.starts_with(name)).unwrap().claims.len()
    }

    #[test]
    fn thresholds() {
        let told = apply(&[vec![channel(
            "a",
            "x.example",
            vec![
                day(1, 60_000_000, 1_000, "x.exe"),
                day(2, 60_000_000, 6_000_000, "x.exe"),
                day(3, 6_000_000, 0, "x.exe"),
            ],
        )]]);
        assert_eq!(claims(&told, "50 MB"), 1);
        assert_eq!(claims(&told, "producer"), 2);
        assert_eq!(claims(&told, "rare destination"), 2);
        assert_eq!(claims(&told, "50 biggest"), 3);
    }

    #[test]
    fn the_first_seen_rule_learns_and_speaks_once() {
        let usual =
            channel("a", "vendor.example", (1..8).map(|n| day(n, 20_000_000, 1_000, "agent.exe")).collect());
        let mut theft = channel(
            "a",
            "drop.example",
            vec![day(5, 20_000_000, 1_000, "x.exe"), day(6, 20_000_000, 1_000, "x.exe")],
        );
        theft.key.identity = Some("y".into());
        let told = apply(&[vec![usual, theft]]);
        let learned = told.iter().find(|rule| rule.name.starts_with("first seen, 3 days")).unwrap();
        assert_eq!(learned.claims.len(), 1);
        assert_eq!(learned.claims[0].days, (5, 5));
        assert_eq!(claims(&told, "first seen, no learning"), 2);
    }

    #[test]
    fn what_many_hosts_share_is_not_rare() {
        let fleet: Vec<Channel> = (0..6)
            .map(|n| {
                channel(&format!("h{n}"), "vendor.example", vec![day(5, 20_000_000, 1_000, "agent.exe")])
            })
            .collect();
        let told = apply(&[fleet]);
        assert_eq!(claims(&told, "rare destination"), 0);
        assert_eq!(claims(&told, "first seen, no learning"), 0);
    }
}
