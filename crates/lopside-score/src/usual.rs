//! What is usual, ready to be asked: always without the host that is judged, so that nobody is measured by himself.

use std::collections::BTreeMap;

use lopside_model::channel::Channel;
use lopside_model::net::StableHash;
use rustc_hash::FxHashMap;

use crate::fragment::{Fragment, HostPart, NO_PROCESS, ProcessPart, UNMONITORED, hash_of_pair, identity_of};
use crate::prior::Prior;
use crate::spread::Spread;
use crate::weights::Weights;

/// What the score rests on beside the data: weights and priors.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The weights of the terms.
    pub weights: Weights,
    /// What is taken to be usual before anything was seen.
    pub prior: Prior,
}

/// What is usual.
#[derive(Clone, Debug)]
pub struct Usual {
    fragment: Fragment,
    context: Context,
    /// Of all places of a process, and of those to which it sends heavily.
    all: Unique,
    heavy: Unique,
}

/// Destinations that only one host reaches, by process, and by host (hash) and process: asked, never walked.
#[derive(Clone, Debug, Default)]
struct Unique {
    of: FxHashMap<String, u32>,
    on: FxHashMap<(u64, String), u32>,
}

impl Unique {
    fn new(fragment: &Fragment, destinations: fn(&ProcessPart) -> &BTreeMap<String, u32>) -> Unique {
        let mut unique = Unique::default();
        for (identity, part) in &fragment.processes {
            for destination in destinations(part).keys() {
                if let Some(reached) = fragment.destinations.get(destination).filter(|part| part.hosts == 1) {
                    *unique.of.entry(identity.clone()).or_default() += 1;
                    *unique.on.entry((reached.host_sum, identity.clone())).or_default() += 1;
                }
            }
        }
        unique
    }
}

/// Distinct other hosts that do something, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// Other hosts that do it.
    pub hosts: u32,
    /// Other hosts.
    pub of: u32,
}

impl Usual {
    /// What a merged fragment teaches.
    pub fn from(fragment: Fragment, context: Context) -> Usual {
        let all = Unique::new(&fragment, |part| &part.destinations);
        let heavy = Unique::new(&fragment, |part| &part.heavy_destinations);
        Usual { fragment, context, all, heavy }
    }

    /// The fragment behind it.
    pub fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    /// The prior.
    pub fn prior(&self) -> &Prior {
        &self.context.prior
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.context.weights
    }

    /// Hosts that send at all.
    pub fn hosts(&self) -> u32 {
        self.fragment.hosts.len() as u32
    }

    /// Sending channel-days per host-day.
    pub fn channel_days_per_host_day(&self) -> f64 {
        self.fragment.channel_days as f64 / (self.fragment.host_days.max(1)) as f64
    }

    /// What is known of the host of a channel.
    pub fn host(&self, channel: &Channel) -> Option<&HostPart> {
        self.fragment.hosts.get(&channel.key.host)
    }

    /// What is known of a process on all hosts, and on the host of the channel alone.
    pub fn process(&self, channel: &Channel) -> (Option<&ProcessPart>, Option<&ProcessPart>) {
        let identity = identity_of(channel);
        let own = self.host(channel).and_then(|host| host.processes.get(identity));
        (self.fragment.processes.get(identity), own)
    }

    /// Other hosts on which the process sends.
    pub fn process_peers(&self, channel: &Channel) -> Peers {
        let (all, own) = self.process(channel);
        self.peers(all.map_or(0, |part| part.hosts), own.map_or(0, |part| part.hosts))
    }

    /// Other hosts that send to the destination.
    pub fn destination_peers(&self, channel: &Channel) -> Peers {
        let destination = &channel.key.destination;
        let all = self.fragment.destinations.get(destination).map_or(0, |part| part.hosts);
        self.peers(all, self.reaches(channel, StableHash::of(destination.as_bytes())))
    }

    /// Whether a known process of the same host sends to the destination: what has no process may be its.
    pub fn explained(&self, channel: &Channel) -> bool {
        let hash = StableHash::of(channel.key.destination.as_bytes());
        self.host(channel).is_some_and(|host| host.explained.contains(&hash))
    }

    /// The first day on which the host sent to the destination, by whatever process.
    pub fn first_reached(&self, channel: &Channel) -> Option<i32> {
        self.host(channel)?.reached.get(&StableHash::of(channel.key.destination.as_bytes())).copied()
    }

    /// Other hosts on which the process sends to the destination.
    pub fn pair_peers(&self, channel: &Channel) -> Peers {
        let (identity, destination) = (identity_of(channel), &channel.key.destination);
        let all = self.fragment.processes.get(identity).and_then(|part| part.destinations.get(destination));
        self.peers(all.copied().unwrap_or(0), self.reaches(channel, hash_of_pair(identity, destination)))
    }

    /// Other hosts on which the process sends heavily, at least `size` (log2 bytes).
    pub fn heavy_peers(&self, channel: &Channel, size: u8) -> Peers {
        let (all, own) = self.process(channel);
        let count = |part: Option<&ProcessPart>| part.map_or(0, |part| from_size(&part.heavy, size));
        self.peers(count(all), count(own))
    }

    /// Other hosts that send heavily to the destination, at least `size` (log2 bytes).
    pub fn heavy_destination_peers(&self, channel: &Channel, size: u8) -> Peers {
        let destination = &channel.key.destination;
        let all = self.fragment.destinations.get(destination).map_or(0, |part| from_size(&part.heavy, size));
        let hash = StableHash::of(destination.as_bytes());
        let own =
            self.host(channel).and_then(|host| host.heavy_to.get(&hash)).is_some_and(|own| *own >= size);
        self.peers(all, u32::from(own))
    }

    /// Other hosts on which the process uses a port, and other hosts on which any does.
    pub fn port_peers(&self, channel: &Channel, port: u32) -> (Peers, Peers) {
        let (all, own) = self.process(channel);
        let count =
            |part: Option<&ProcessPart>| part.and_then(|part| part.ports.get(&port)).copied().unwrap_or(0);
        let anywhere = self.fragment.ports.get(&port).copied().unwrap_or(0);
        let here = self
            .host(channel)
            .is_some_and(|host| host.processes.values().any(|part| part.ports.contains_key(&port)));
        (self.peers(count(all), count(own)), self.peers(anywhere, u32::from(here)))
    }

    /// Other hosts on which an image opened senders.
    pub fn accessor_peers(&self, channel: &Channel, image: &str) -> Peers {
        let image = image.to_ascii_lowercase();
        let all = self.fragment.accessors.get(&image).copied().unwrap_or(0);
        let own = self.host(channel).is_some_and(|host| host.accessors.contains(&image));
        self.peers(all, u32::from(own))
    }

    /// The share of the places of this process that no other host reaches, 0 to 1: a habit, not a property of the channel.
    /// What the judged host itself shows counts a quarter, and the judged channel not at all.
    pub fn unique_share(&self, channel: &Channel) -> f64 {
        self.share_of_unique(channel, &self.all, |part| part.pairs)
    }

    /// The same of the places to which it sends heavily.
    pub fn heavy_unique_share(&self, channel: &Channel) -> f64 {
        self.share_of_unique(channel, &self.heavy, |part| part.heavy_pairs)
    }

    fn share_of_unique(&self, channel: &Channel, unique: &Unique, pairs: fn(&ProcessPart) -> u32) -> f64 {
        const PRIOR_PAIRS: f64 = 4.0;
        let (all, own) = self.process(channel);
        let identity = identity_of(channel);
        let host = StableHash::of(channel.key.host.as_bytes());
        let unique_all = unique.of.get(identity).copied().unwrap_or(0);
        let unique_own = unique.on.get(&(host, identity.to_owned())).copied().unwrap_or(0);
        let pairs_all = all.map_or(0, pairs);
        let pairs_own = own.map_or(0, pairs);
        let itself_unique = self.destination_peers(channel).hosts == 0;
        let mine = f64::from(pairs_own.saturating_sub(1)) / 4.0;
        let mine_unique = f64::from(unique_own.saturating_sub(u32::from(itself_unique))) / 4.0;
        let others = f64::from(pairs_all.saturating_sub(pairs_own));
        let others_unique = f64::from(unique_all.saturating_sub(unique_own));
        (others_unique + mine_unique + PRIOR_PAIRS * self.prior().unique_share)
            / (others + mine + PRIOR_PAIRS)
    }

    /// The largest share of unique places, among those to which they send heavily, of the processes of this host that use such a
    /// port on any host: what has no process may be theirs.
    pub fn plausible_unique_share(&self, channel: &Channel, port: u32) -> f64 {
        const PRIOR_PAIRS: f64 = 4.0;
        let Some(host) = self.host(channel) else { return 0.0 };
        let known =
            host.processes.keys().filter(|identity| !matches!(identity.as_str(), NO_PROCESS | UNMONITORED));
        let share = |identity: &String| {
            let part = self.fragment.processes.get(identity).filter(|part| part.ports.contains_key(&port))?;
            let unique = f64::from(self.heavy.of.get(identity).copied().unwrap_or(0));
            Some(unique / (f64::from(part.heavy_pairs) + PRIOR_PAIRS))
        };
        known.filter_map(share).fold(0.0, f64::max)
    }

    /// How many places new to its host the process is expected to reach a day, without the judged channel.
    pub fn new_places_a_day(&self, channel: &Channel) -> f64 {
        const PRIOR_DAYS: f64 = 5.0;
        let (all, _) = self.process(channel);
        let (new, days) = all.map_or((0, 0), |part| (part.new_places, part.days_at_risk));
        let first = self.host(channel).and_then(HostPart::first_day);
        let itself = channel.days.first().is_some_and(|day| Some(day.day) > first);
        let new = f64::from(new.saturating_sub(u32::from(itself)));
        (new + PRIOR_DAYS * self.prior().new_places) / (f64::from(days) + PRIOR_DAYS)
    }

    /// The quantile `q` of a quantity for this process on other hosts, backed off to all processes on other hosts by weight, and
    /// on how many host-days of the process it rests.
    pub fn quantile(
        &self,
        channel: &Channel,
        q: f64,
        of_process: fn(&ProcessPart) -> &Spread,
        of_all: fn(&Fragment) -> &Spread,
    ) -> Option<(f64, u32)> {
        const BACK_OFF: f64 = 20.0;
        let (all, own) = self.process(channel);
        let narrow = all.and_then(|part| of_process(part).quantile_without(own.map(of_process), q));
        let (wide, _) = of_all(&self.fragment).quantile_without(own.map(of_process), q)?;
        let (value, count) = narrow.unwrap_or((wide, 0));
        let weight = f64::from(count) / (f64::from(count) + BACK_OFF);
        Some((weight * value + (1.0 - weight) * wide, count))
    }

    /// `hosts` counted on all hosts, `own` of them on the judged one.
    fn peers(&self, hosts: u32, own: u32) -> Peers {
        Peers { hosts: hosts.saturating_sub(own), of: self.hosts().saturating_sub(1) }
    }

    fn reaches(&self, channel: &Channel, hash: u64) -> u32 {
        u32::from(self.host(channel).is_some_and(|host| host.reached.contains_key(&hash)))
    }
}

impl Peers {
    /// 1 where no other host does it, fading without a cliff to 0 where many do (30, or fewer in a small fleet).
    pub fn rarity(self) -> f64 {
        let many = (0.15 * f64::from(self.of)).clamp(3.0, 30.0);
        (1.0 - f64::from(self.hosts).ln_1p() / many.ln_1p()).max(0.0)
    }

    /// The same with so many more hosts.
    #[must_use]
    pub fn and(self, more: u32) -> Peers {
        Peers { hosts: self.hosts.saturating_add(more), of: self.of.max(self.hosts.saturating_add(more)) }
    }

    /// The rarity, drawn towards a prior that weighs as much as `weight` hosts.
    pub fn rarity_with(self, prior: f64, weight: f64) -> f64 {
        let seen = f64::from(self.of);
        (seen * self.rarity() + weight * prior) / (seen + weight)
    }

    /// 0 where no other host does it, growing to 1 at `many`.
    pub fn commonness(self, many: f64) -> f64 {
        (f64::from(self.hosts).ln_1p() / many.ln_1p()).min(1.0)
    }

    /// `on 3 of 199 other hosts`, `on no other of 199 hosts`.
    pub fn words(self) -> String {
        match (self.hosts, self.of) {
            (_, 0) => "no other host to compare with".into(),
            (0, of) => format!("none of {of} other hosts"),
            (hosts, of) => format!("{hosts} of {of} other hosts"),
        }
    }
}

fn from_size(counts: &BTreeMap<u8, u32>, size: u8) -> u32 {
    counts.range(size..).map(|(_, count)| *count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};

    #[test]
    fn never_by_itself() {
        let channels: Vec<Channel> =
            (0..5).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 0)).collect();
        let usual = Usual::from(Fragment::of(&channels), Context::default());
        let judged = &channels[0];
        assert_eq!(usual.process_peers(judged), Peers { hosts: 4, of: 4 });
        assert_eq!(usual.destination_peers(judged).hosts, 4);
        assert_eq!(usual.pair_peers(judged).hosts, 4);
        assert_eq!(usual.heavy_peers(judged, 28).hosts, 4);
        assert_eq!(usual.heavy_peers(judged, 31).hosts, 0);
    }

    #[test]
    fn rarity_fades_without_a_cliff() {
        let of = |hosts| Peers { hosts, of: 199 }.rarity();
        assert_eq!(of(0), 1.0);
        for hosts in 0..40 {
            assert!(of(hosts) >= of(hosts + 1) && of(hosts) - of(hosts + 1) < 0.25);
        }
        assert_eq!(of(60), 0.0);
    }
}
