//! What is usual, ready to be asked: always without the host that is judged, so that nobody is measured by himself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use lopside_model::channel::Channel;
use lopside_model::net::StableHash;

use crate::fragment::{
    Fragment, HostPart, NO_PROCESS, ProcessPart, UNMONITORED, family_of, hash_of_pair, identity_of,
};
use crate::gate::ramp;
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
    /// Places that only one host reaches, by process: of all its places, and by program of those to which it sends heavily.
    all: HashMap<String, Lone>,
    heavy: HashMap<String, Lone>,
    /// Hosts by program, scripts taken together.
    families: HashMap<String, u32>,
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
        let all = lone(
            &fragment,
            |part| part.destinations.keys().map(|destination| (destination, 0)),
            |identity| identity,
        );
        let heavy = lone(
            &fragment,
            |part| part.heavy_destinations.iter().map(|(destination, (_, size))| (destination, *size)),
            family_of,
        );
        let mut families: HashMap<String, u32> = HashMap::new();
        for host in fragment.hosts.values() {
            let own: BTreeSet<&str> = host.processes.keys().map(|identity| family_of(identity)).collect();
            for family in own {
                *families.entry(family.to_owned()).or_default() += 1;
            }
        }
        Usual { fragment, context, all, heavy, families }
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

    /// Other hosts that run the program, whatever script.
    pub fn family_peers(&self, channel: &Channel) -> Peers {
        let family = family_of(identity_of(channel));
        let own = self.family_on_host(channel).next().is_some();
        self.peers(self.families.get(family).copied().unwrap_or(0), u32::from(own))
    }

    /// The first day on which the host ran the program, whatever script.
    pub fn family_first_day(&self, channel: &Channel) -> Option<i32> {
        self.family_on_host(channel).filter_map(|part| part.first_day).min()
    }

    fn family_on_host<'u>(&'u self, channel: &'u Channel) -> impl Iterator<Item = &'u ProcessPart> {
        let family = family_of(identity_of(channel));
        let after = self
            .host(channel)
            .map(|host| host.processes.range::<str, _>((Bound::Included(family), Bound::Unbounded)));
        after
            .into_iter()
            .flatten()
            .take_while(move |(identity, _)| identity.starts_with(family))
            .filter(move |(identity, _)| family_of(identity) == family)
            .map(|(_, part)| part)
    }

    /// The share of the places of this process that no other host reaches, 0 to 1: a habit, not a property of the channel.
    /// What the judged host itself shows counts a quarter, and the judged channel not at all.
    pub fn unique_share(&self, channel: &Channel) -> f64 {
        const PRIOR_PAIRS: f64 = 4.0;
        let (all, own) = self.process(channel);
        let host = StableHash::of(channel.key.host.as_bytes());
        let lone = self.all.get(identity_of(channel));
        let unique_all = lone.map_or(0, |lone| lone.places);
        let unique_own = lone.and_then(|lone| lone.on.get(&host)).map_or(0, |own| own.0);
        let (pairs_all, pairs_own) = (all.map_or(0, |part| part.pairs), own.map_or(0, |part| part.pairs));
        let itself_unique = self.destination_peers(channel).hosts == 0;
        let mine = f64::from(pairs_own.saturating_sub(1)) / 4.0;
        let mine_unique = f64::from(unique_own.saturating_sub(u32::from(itself_unique))) / 4.0;
        let others = f64::from(pairs_all.saturating_sub(pairs_own));
        let others_unique = f64::from(unique_all.saturating_sub(unique_own));
        (others_unique + mine_unique + PRIOR_PAIRS * self.prior().unique_share)
            / (others + mine + PRIOR_PAIRS)
    }

    /// Other hosts on which the program sends at least `size` (log2 bytes) to a place of that host alone, of those that run it.
    pub fn lone_senders(&self, channel: &Channel, size: u8) -> Peers {
        let family = family_of(identity_of(channel));
        let others = self.family_peers(channel).hosts;
        let Some(lone) = self.heavy.get(family) else { return Peers { hosts: 0, of: others } };
        let host = StableHash::of(channel.key.host.as_bytes());
        let own = lone.on.get(&host).is_some_and(|own| own.1 >= size);
        Peers { hosts: from_size(&lone.sizes, size).saturating_sub(u32::from(own)), of: others }
    }

    /// The same for the known processes of the channel's host that use such a port or, for media, send media: those of the process
    /// for which it is most usual. What has no process may be theirs.
    pub fn plausible_lone_senders(&self, channel: &Channel, port: u32, media: bool, size: u8) -> Peers {
        let mut most = Peers::default();
        for (identity, _) in self.host(channel).into_iter().flat_map(|host| &host.processes) {
            let known = !matches!(identity.as_str(), NO_PROCESS | UNMONITORED);
            let fits =
                |part: &&ProcessPart| if media { part.media > 0 } else { part.ports.contains_key(&port) };
            if !known || self.fragment.processes.get(identity).filter(fits).is_none() {
                continue;
            }
            let family = family_of(identity);
            let lone = self.heavy.get(family).map_or(0, |lone| from_size(&lone.sizes, size));
            let peers = Peers { hosts: lone, of: self.families.get(family).copied().unwrap_or(0) };
            if peers.share() > most.share() || most.of == 0 {
                most = peers;
            }
        }
        most
    }

    /// Other hosts on which the process sends media heavily; without a process, those of the host's process that does so most.
    pub fn media_peers(&self, channel: &Channel) -> Peers {
        let (all, own) = self.process(channel);
        let count = |part: Option<&ProcessPart>| part.map_or(0, |part| part.media);
        let mut hosts = count(all).saturating_sub(count(own));
        if channel.key.identity.is_none() {
            let processes = self.host(channel).into_iter().flat_map(|host| host.processes.keys());
            let most =
                processes.filter_map(|identity| self.fragment.processes.get(identity)).map(|part| part.media);
            hosts = hosts.max(most.max().unwrap_or(0));
        }
        self.peers(hosts, 0)
    }

    /// Other hosts on which the process sends to places without a name, of those that run it.
    pub fn nameless_peers(&self, channel: &Channel) -> Peers {
        let (all, own) = self.process(channel);
        let count = |part: Option<&ProcessPart>| part.map_or(0, |part| part.nameless);
        let of = |part: Option<&ProcessPart>| part.map_or(0, |part| part.hosts);
        Peers { hosts: count(all).saturating_sub(count(own)), of: of(all).saturating_sub(of(own)) }
    }

    /// How many places the process reaches on a host, in the mean over hosts.
    pub fn places_a_host(&self, channel: &Channel) -> f64 {
        let (all, _) = self.process(channel);
        all.map_or(0.0, |part| f64::from(part.pairs) / f64::from(part.hosts.max(1)))
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

    /// The share of hosts that do it, with pseudo-counts: what is expected of one more.
    pub fn share(self) -> f64 {
        (f64::from(self.hosts) + 0.3) / (f64::from(self.of) + 2.0)
    }

    /// How surprising it is of one more: 0 where a third or more do it, 1 where fewer than one in a hundred do.
    pub fn surprise(self) -> f64 {
        ramp(-self.share().log10(), (0.5, 2.0))
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

/// Destinations that only one host reaches, of one process: how many, on each host (hash) with the largest size, and hosts by that.
/// Asked, never walked.
#[derive(Clone, Debug, Default)]
struct Lone {
    places: u32,
    on: BTreeMap<u64, (u32, u8)>,
    sizes: BTreeMap<u8, u32>,
}

/// Counts lone destinations by what `key` makes of a process identity.
fn lone<'f, I: Iterator<Item = (&'f String, u8)>>(
    fragment: &'f Fragment,
    destinations: impl Fn(&'f ProcessPart) -> I,
    key: impl Fn(&str) -> &str,
) -> HashMap<String, Lone> {
    let mut all: BTreeMap<String, Lone> = BTreeMap::new();
    for (identity, part) in &fragment.processes {
        let mut lone = all.remove(key(identity)).unwrap_or_default();
        for (destination, size) in destinations(part) {
            if let Some(reached) = fragment.destinations.get(destination).filter(|part| part.hosts == 1) {
                lone.places += 1;
                let on = lone.on.entry(reached.host_sum).or_default();
                *on = (on.0 + 1, on.1.max(size));
            }
        }
        all.insert(key(identity).to_owned(), lone);
    }
    for lone in all.values_mut() {
        for (_, size) in lone.on.values() {
            *lone.sizes.entry(*size).or_default() += 1;
        }
    }
    all.into_iter().collect()
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
