//! What is usual, as one channel asks it: always without its own host, so that nobody is measured by himself.
//!
//! What there is of its host, process and destination is looked up once, whatever number of factors ask.

use lopside_model::channel::Channel;

use crate::fleet::{Family, Fleet};
use crate::fragment::{
    DestinationPart, FamilyOnHost, HostPart, NO_PROCESS, ProcessPart, Reached, UNMONITORED, identity_of,
};
use crate::peers::Peers;
use crate::prior::Prior;
use crate::spread::Spread;
use crate::usual::Usual;
use crate::weights::Weights;

/// What is usual, for one channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'u> {
    /// The channel.
    pub(crate) channel: &'u Channel,
    usual: &'u Usual,
    host: Option<&'u HostPart>,
    /// The process on all hosts, and on this one.
    all: Option<&'u ProcessPart>,
    own: Option<&'u ProcessPart>,
    /// The program on all hosts, and on this one.
    family: Option<&'u Family>,
    own_family: Option<&'u FamilyOnHost>,
    /// The destination on all hosts, and on this one.
    destination: Option<&'u DestinationPart>,
    reached: Option<&'u Reached>,
    /// Hosts on which the process sends to the destination, and whether this one is of them.
    pair: (u32, bool),
}

/// Days of processes on hosts, and on how many of them something was sent in three hours, the middle one the judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourDays {
    /// Days by hour.
    by_hour: [u32; 3],
    /// Days.
    pub(crate) of: u32,
}

impl HourDays {
    fn of(hour: u8, days: u32, hours: &[u32; 24]) -> HourDays {
        HourDays { by_hour: [23, 0, 1].map(|by| hours[(usize::from(hour) + by) % 24]), of: days }
    }

    fn without(self, own: HourDays) -> HourDays {
        let mut left = HourDays { of: self.of.saturating_sub(own.of), ..self };
        for (days, own) in left.by_hour.iter_mut().zip(own.by_hour) {
            *days = days.saturating_sub(own);
        }
        left
    }

    /// Days with sending, of the hour in which that is most.
    pub(crate) fn with(self) -> u32 {
        self.by_hour.into_iter().max().unwrap_or(0)
    }
}

impl<'u> Seen<'u> {
    /// What there is of a channel.
    pub(crate) fn new(channel: &'u Channel, usual: &'u Usual) -> Seen<'u> {
        let fleet = usual.fleet();
        let host = usual.host(&channel.key.host);
        let process = usual.process(identity_of(channel));
        let destination = usual.destination(&channel.key.destination);
        let family = process.and_then(|number| fleet.family_of.get(number as usize)).copied();
        let of_pair = |(process, destination)| {
            (fleet.pair(process, destination), host.is_some_and(|host| host.reaches_by(process, destination)))
        };
        Seen {
            channel,
            usual,
            host,
            all: process.and_then(|number| fleet.process(number)),
            own: host.zip(process).and_then(|(host, number)| host.process(number)),
            family: family.and_then(|number| fleet.families.get(number as usize)),
            own_family: host.zip(family).and_then(|(host, number)| host.family(number)),
            destination: destination.and_then(|number| fleet.destinations.get(number as usize)),
            reached: host.zip(destination).and_then(|(host, number)| host.place(number)),
            pair: process.zip(destination).map_or((0, false), of_pair),
        }
    }

    /// The prior.
    pub(crate) fn prior(&self) -> &'u Prior {
        self.usual.prior()
    }

    /// The weights.
    pub(crate) fn weights(&self) -> &'u Weights {
        self.usual.weights()
    }

    /// Hosts that send at all.
    pub(crate) fn hosts(&self) -> u32 {
        self.usual.hosts()
    }

    /// What is known of the host.
    pub(crate) fn host(&self) -> Option<&'u HostPart> {
        self.host
    }

    /// What is known of the process on all hosts, and on the host of the channel alone.
    pub(crate) fn process(&self) -> (Option<&'u ProcessPart>, Option<&'u ProcessPart>) {
        (self.all, self.own)
    }

    /// Other hosts on which the process sends.
    pub(crate) fn process_peers(&self) -> Peers {
        self.of_process(|part| part.hosts)
    }

    /// Other hosts that send to the destination.
    pub(crate) fn destination_peers(&self) -> Peers {
        self.peers(self.destination.map_or(0, |part| part.hosts), u32::from(self.reached.is_some()))
    }

    /// Other hosts that send heavily to the destination and only pass by. They excuse little: a campaign sends from several hosts at once,
    /// and none of them has been there before or stays.
    pub(crate) fn passing(&self) -> u32 {
        let own = self.reached.is_some_and(|reached| reached.passing);
        self.destination.map_or(0, |part| part.passing).saturating_sub(u32::from(own))
    }

    /// Other hosts that send to the destination, a few that only pass by not counted.
    pub(crate) fn settled_destination_peers(&self) -> Peers {
        self.destination_peers().with_passing(self.passing())
    }

    /// Other hosts on which the process sends to the destination, a few that only pass by not counted.
    pub(crate) fn settled_pair_peers(&self) -> Peers {
        self.pair_peers().with_passing(self.passing())
    }

    /// Whether a known process of the same host sends to the destination: what has no process may be its.
    pub(crate) fn explained(&self) -> bool {
        self.reached.is_some_and(|reached| reached.explained)
    }

    /// The first day on which the host sent to the destination, by whatever process.
    pub(crate) fn first_reached(&self) -> Option<i32> {
        self.reached.map(|reached| reached.first)
    }

    /// Other places to which the host sends heavily, at least `size` (log2 bytes), by whatever process.
    pub(crate) fn heavy_places(&self, size: u8) -> usize {
        let all = self
            .host
            .map_or(0, |host| host.places.iter().filter(|(_, reached)| reached.heavy >= Some(size)).count());
        all.saturating_sub(usize::from(self.sends_heavily(size)))
    }

    /// Other places to which the process sends heavily from this host, at least `size` (log2 bytes).
    pub(crate) fn heavy_places_of_process(&self, size: u8) -> usize {
        let all = self.own.map_or(0, |part| part.heavy_pairs.from(&size) as usize);
        all.saturating_sub(usize::from(self.sends_heavily(size)))
    }

    /// Whether the host sends heavily to the destination, at least `size` (log2 bytes).
    fn sends_heavily(&self, size: u8) -> bool {
        self.reached.is_some_and(|reached| reached.heavy >= Some(size))
    }

    /// Other places to which the process sends from this host, and days on which it sends there without the channel.
    pub(crate) fn elsewhere(&self) -> (u32, u32) {
        let (places, days) = self.own.map_or((0, 0), |part| (part.pairs, part.days));
        let own_days = u32::try_from(self.channel.days.len()).unwrap_or(u32::MAX);
        (places.saturating_sub(u32::from(self.pair.1)), days.saturating_sub(own_days))
    }

    /// Other hosts on which the process sends to the destination.
    pub(crate) fn pair_peers(&self) -> Peers {
        self.peers(self.pair.0, u32::from(self.pair.1))
    }

    /// Other hosts on which the process sends heavily, at least `size` (log2 bytes).
    pub(crate) fn heavy_peers(&self, size: u8) -> Peers {
        self.of_process(|part| part.heavy.from(&size))
    }

    /// Other hosts that send heavily to the destination, at least `size` (log2 bytes).
    pub(crate) fn heavy_destination_peers(&self, size: u8) -> Peers {
        let own = self.reached.and_then(|reached| reached.heavy).is_some_and(|own| own >= size);
        self.peers(self.destination.map_or(0, |part| part.heavy.from(&size)), u32::from(own))
    }

    /// The same, a few that only pass by not counted.
    pub(crate) fn settled_heavy_peers(&self, size: u8) -> Peers {
        self.heavy_destination_peers(size).with_passing(self.passing())
    }

    /// Other hosts on which the process uses a port, and other hosts on which any does.
    pub(crate) fn port_peers(&self, port: u32) -> (Peers, Peers) {
        let of_process = self.of_process(|part| part.ports.hosts(port));
        let here = self.host.is_some_and(|host| host.uses_port(port));
        (of_process, self.peers(self.fleet().ports.hosts(port), u32::from(here)))
    }

    /// The first day on which the process used a port: on any host, and on this one.
    pub(crate) fn first_use_of_port(&self, port: u32) -> (Option<i32>, Option<i32>) {
        let first = |part: Option<&ProcessPart>| Some(part?.ports.get(port)?.first);
        (first(self.all), first(self.own))
    }

    /// In how many host-days of other hosts the process sends in an hour (UTC) or next to it; and the same of all processes.
    pub(crate) fn hour_days(&self, hour: u8) -> (HourDays, HourDays) {
        let of = |part: &ProcessPart| HourDays::of(hour, part.days, &part.hours);
        let own = self.own.map(of).unwrap_or_default();
        let fleet = self.fleet();
        let all = HourDays::of(hour, fleet.process_days, &fleet.hours);
        (self.all.map(of).unwrap_or_default().without(own), all.without(own))
    }

    /// Other hosts on which an image opened senders.
    pub(crate) fn accessor_peers(&self, image: &str) -> Peers {
        let image = image.to_ascii_lowercase();
        let all = self.fleet().accessors.get(&image).copied().unwrap_or(0);
        let own = self.host.is_some_and(|host| host.accessors.contains(&image));
        self.peers(all, u32::from(own))
    }

    /// Other hosts that run the program, whatever script.
    pub(crate) fn family_peers(&self) -> Peers {
        self.peers(self.family.map_or(0, |family| family.hosts), u32::from(self.own_family.is_some()))
    }

    /// The first day on which the host ran the program, whatever script.
    pub(crate) fn family_first_day(&self) -> Option<i32> {
        self.own_family?.first_day
    }

    /// The share of the places of this process that no other host reaches, 0 to 1: a habit, not a property of the channel.
    /// What the judged host itself shows counts a quarter, and the judged channel not at all.
    pub(crate) fn unique_share(&self) -> f64 {
        const PRIOR_PAIRS: f64 = 4.0;
        let (unique_all, pairs_all) = self.all.map_or((0, 0), |part| (part.lone, part.pairs));
        let (unique_own, pairs_own) = self.own.map_or((0, 0), |part| (part.lone, part.pairs));
        let itself_unique = self.destination_peers().hosts == 0;
        let mine = f64::from(pairs_own.saturating_sub(1)) / 4.0;
        let mine_unique = f64::from(unique_own.saturating_sub(u32::from(itself_unique))) / 4.0;
        let others = f64::from(pairs_all.saturating_sub(pairs_own));
        let others_unique = f64::from(unique_all.saturating_sub(unique_own));
        (others_unique + mine_unique + PRIOR_PAIRS * self.prior().unique_share)
            / (others + mine + PRIOR_PAIRS)
    }

    /// Other hosts on which the program sends at least `size` (log2 bytes) to a place of that host alone, of those that run it.
    pub(crate) fn lone_senders(&self, size: u8) -> Peers {
        let all = self.family.map_or(0, |family| family.lone.from(&size));
        let own = self.own_family.and_then(|own| own.lone).is_some_and(|own| own >= size);
        Peers { hosts: all.saturating_sub(u32::from(own)), of: self.family_peers().hosts }
    }

    /// The same for the known processes of the channel's host that use such a port or, for media, send media: those of the process
    /// for which it is most usual. What has no process may be theirs.
    pub(crate) fn plausible_lone_senders(&self, port: u32, media: bool, size: u8) -> Peers {
        let fleet = self.fleet();
        let mut most: Option<(Peers, &str)> = None;
        for (number, _) in self.host.into_iter().flat_map(|host| &host.processes) {
            let fits =
                |part: &&ProcessPart| if media { part.media > 0 } else { part.ports.get(port).is_some() };
            let identity = self.usual.identity(*number);
            let known = !matches!(identity, NO_PROCESS | UNMONITORED);
            if !known || fleet.process(*number).filter(fits).is_none() {
                continue;
            }
            let family =
                fleet.family_of.get(*number as usize).and_then(|family| fleet.families.get(*family as usize));
            let Some(family) = family else { continue };
            let peers = Peers { hosts: family.lone.from(&size), of: family.hosts };
            // Numbers of processes depend on partitions: of equals the first by name.
            if most.is_none_or(|(best, name)| (peers.share(), name) > (best.share(), identity)) {
                most = Some((peers, identity));
            }
        }
        most.map_or(Peers::default(), |(peers, _)| peers)
    }

    /// Other hosts on which the process sends media heavily; without a process, those of the host's process that does so most.
    pub(crate) fn media_peers(&self) -> Peers {
        let mut hosts = self.of_process(|part| part.media).hosts;
        if self.channel.key.identity.is_none() {
            let processes = self.host.into_iter().flat_map(|host| &host.processes);
            let most =
                processes.filter_map(|(number, _)| self.fleet().process(*number)).map(|part| part.media);
            hosts = hosts.max(most.max().unwrap_or(0));
        }
        self.peers(hosts, 0)
    }

    /// Other hosts on which the process sends to places without a name, of those that run it.
    pub(crate) fn nameless_peers(&self) -> Peers {
        let hosts = self.of_process(|part| part.nameless).hosts;
        Peers { hosts, of: self.process_peers().hosts }
    }

    /// How many places the process reaches on a host, in the mean over hosts.
    pub(crate) fn places_a_host(&self) -> f64 {
        self.all.map_or(0.0, |part| f64::from(part.pairs) / f64::from(part.hosts.max(1)))
    }

    /// How many places new to its host the process is expected to reach a day, without the judged channel.
    pub(crate) fn new_places_a_day(&self) -> f64 {
        const PRIOR_DAYS: f64 = 5.0;
        let (new, days) = self.all.map_or((0, 0), |part| (part.new_places, part.days_at_risk));
        let first = self.host.and_then(HostPart::first_day);
        let itself = self.channel.days.first().is_some_and(|day| Some(day.day) > first);
        let new = f64::from(new.saturating_sub(u32::from(itself)));
        (new + PRIOR_DAYS * self.prior().new_places) / (f64::from(days) + PRIOR_DAYS)
    }

    /// The quantile `q` of a quantity for this process on other hosts, backed off to all processes on other hosts by weight, and
    /// on how many host-days of the process it rests.
    pub(crate) fn quantile(
        &self,
        q: f64,
        of_process: fn(&ProcessPart) -> &Spread,
        of_all: fn(&Fleet) -> &Spread,
    ) -> Option<(f64, u32)> {
        const BACK_OFF: f64 = 20.0;
        let own = self.own.map(of_process);
        let narrow = self.all.and_then(|part| of_process(part).quantile_without(own, q));
        let (wide, _) = of_all(self.fleet()).quantile_without(own, q)?;
        let (value, count) = narrow.unwrap_or((wide, 0));
        let weight = f64::from(count) / (f64::from(count) + BACK_OFF);
        Some((weight * value + (1.0 - weight) * wide, count))
    }

    fn fleet(&self) -> &'u Fleet {
        self.usual.fleet()
    }

    /// What is counted of the process on other hosts.
    fn of_process(&self, count: impl Fn(&ProcessPart) -> u32) -> Peers {
        self.peers(self.all.map_or(0, &count), self.own.map_or(0, &count))
    }

    /// `hosts` counted on all hosts, `own` of them on the judged one.
    fn peers(&self, hosts: u32, own: u32) -> Peers {
        Peers { hosts: hosts.saturating_sub(own), of: self.hosts().saturating_sub(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragment::Fragment;
    use crate::testing::{channel, on};
    use crate::usual::Context;

    #[test]
    fn never_by_itself() {
        let channels: Vec<Channel> =
            (0..5).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 0)).collect();
        let usual = Usual::from(Fragment::of(&channels), Context::default());
        let judged = Seen::new(&channels[0], &usual);
        assert_eq!(judged.process_peers(), Peers { hosts: 4, of: 4 });
        assert_eq!(judged.destination_peers().hosts, 4);
        assert_eq!(judged.pair_peers().hosts, 4);
        assert_eq!(judged.heavy_peers(28).hosts, 4);
        assert_eq!(judged.heavy_peers(31).hosts, 0);
    }
}
