//! What all hosts together do: made in one pass over the habits of each.

use std::collections::BTreeMap;

use crate::counts::Counts;
use crate::fragment::{
    DestinationPart, FamilyOnHost, HostHabits, HostPart, NO_PROCESS, PortUse, ProcessHabits, ProcessPart,
    Reached, UNMONITORED, family_of, settle_ports,
};
use crate::names::{Names, Numbers};
use crate::ports::Ports;
use crate::spread::Spread;

/// At most so many new places of a process count on one host and day.
const NEW_PLACES_A_DAY: u32 = 5;

/// Sums over hosts. Lists are by number of the process, program or destination.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// Process identities, as the lists count them.
    pub(crate) processes: Vec<ProcessPart>,
    /// The program of each process identity.
    pub(crate) family_of: Vec<u32>,
    /// Programs, scripts taken together.
    pub(crate) families: Vec<Family>,
    /// Destination groups.
    pub(crate) destinations: Vec<DestinationPart>,
    /// Hosts by process and destination, ascending.
    pairs: Vec<(u32, u32, u32)>,
    /// Hosts by port and transport.
    pub(crate) ports: Ports,
    /// Hosts by image that opened a sender.
    pub(crate) accessors: BTreeMap<String, u32>,
    /// Bytes sent by the largest channel of each process, host and day.
    pub out: Spread,
    /// Bytes that those received.
    pub back: Spread,
    /// log2 ratio of those.
    pub ratio: Spread,
    /// Days of a process on a host, and those of them with sending in each hour (UTC).
    pub(crate) process_days: u32,
    /// See `process_days`.
    pub(crate) hours: [u32; 24],
    /// Channel-days, of any size.
    pub(crate) channel_days: u64,
    /// Host-days.
    pub(crate) host_days: u64,
}

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Family {
    /// Hosts on which it sends.
    pub(crate) hosts: u32,
    /// Hosts on which it sends heavily to a destination that no other host reaches, by the largest size.
    pub(crate) lone: Counts<u8>,
}

impl Fleet {
    /// The sums over hosts, by their habits, and each host with what it has of them.
    pub(crate) fn of(habits: Vec<HostHabits>, names: &Numbers) -> (Fleet, Vec<HostPart>) {
        let mut fleet = Fleet {
            processes: vec![ProcessPart::default(); names.processes.len()],
            destinations: vec![DestinationPart::default(); names.destinations.len()],
            ..Fleet::default()
        };
        let mut families = Names::default();
        fleet.family_of = names.processes.iter().map(|name| families.number(family_of(name))).collect();
        fleet.families = vec![Family::default(); families.len()];
        let unknown = [NO_PROCESS, UNMONITORED].map(|name| names.processes.find(name));
        let places: Vec<Vec<(u32, Reached)>> =
            habits.iter().map(|host| fleet.add_places(host, unknown)).collect();
        fleet.count_pairs(&habits);
        fleet.count_ports(&habits);
        let hosts =
            habits.into_iter().zip(places).map(|(host, places)| fleet.add_host(host, places)).collect();
        (fleet, hosts)
    }

    /// What all hosts do of a process; `None` where none does.
    pub(crate) fn process(&self, number: u32) -> Option<&ProcessPart> {
        self.processes.get(number as usize).filter(|part| part.hosts > 0)
    }

    /// Hosts on which a process sends to a destination.
    pub(crate) fn pair(&self, process: u32, destination: u32) -> u32 {
        let place = self.pairs.binary_search_by_key(&(process, destination), |pair| (pair.0, pair.1));
        place.ok().and_then(|place| self.pairs.get(place)).map_or(0, |pair| pair.2)
    }

    /// Counts the destinations of a host, whatever process sends there.
    fn add_places(&mut self, host: &HostHabits, unknown: [Option<u32>; 2]) -> Vec<(u32, Reached)> {
        let of_process = |habits: &ProcessHabits| !unknown.contains(&Some(habits.process));
        let mut places: Vec<(u32, Reached)> = Vec::new();
        for habits in &host.processes {
            let explained = of_process(habits);
            places.extend(habits.places.iter().map(|place| {
                let (first, heavy, used) = (place.first, place.heavy, place.used);
                (place.destination, Reached { first, heavy, used, explained, passing: false })
            }));
        }
        places.sort_unstable_by_key(|(destination, _)| *destination);
        places.dedup_by(|(next, more), (first, reached)| {
            if next == first {
                reached.first = reached.first.min(more.first);
                reached.heavy = reached.heavy.max(more.heavy);
                reached.used = reached.used.max(more.used);
                reached.explained |= more.explained;
            }
            next == first
        });
        for (destination, reached) in &mut places {
            if let Some(part) = self.destinations.get_mut(*destination as usize) {
                part.hosts += 1;
                if let Some(size) = reached.heavy {
                    reached.passing = host.passes_by(reached.first, reached.used);
                    part.heavy.add(&size, 1);
                    part.passing += u32::from(reached.passing);
                }
            }
        }
        places
    }

    fn count_pairs(&mut self, habits: &[HostHabits]) {
        let of_host =
            |host: &HostHabits| host.processes.iter().map(|habits| habits.places.len()).sum::<usize>();
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(habits.iter().map(of_host).sum());
        for habits in habits.iter().flat_map(|host| &host.processes) {
            pairs.extend(habits.places.iter().map(|place| (habits.process, place.destination)));
        }
        pairs.sort_unstable();
        let counted = pairs.chunk_by(|a, b| a == b);
        self.pairs =
            counted.filter_map(|same| same.first().map(|pair| (pair.0, pair.1, same.len() as u32))).collect();
    }

    fn count_ports(&mut self, habits: &[HostHabits]) {
        let mut of_hosts: Vec<PortUse> = Vec::new();
        let mut of_processes: Vec<(u32, PortUse)> = Vec::new();
        for host in habits {
            of_hosts.extend(ports_of(host));
            for habits in &host.processes {
                of_processes.extend(habits.sending.ports.iter().map(|port| (habits.process, *port)));
            }
        }
        of_hosts.sort_unstable();
        self.ports = Ports::of_sorted(&of_hosts);
        of_processes.sort_unstable();
        for same in of_processes.chunk_by(|a, b| a.0 == b.0) {
            let ports: Vec<PortUse> = same.iter().map(|(_, port)| *port).collect();
            if let Some(part) =
                same.first().and_then(|(process, _)| self.processes.get_mut(*process as usize))
            {
                part.ports = Ports::of_sorted(&ports);
            }
        }
    }

    fn add_host(&mut self, host: HostHabits, places: Vec<(u32, Reached)>) -> HostPart {
        self.host_days += host.days.len() as u64;
        self.channel_days += host.days.values().map(|channels| u64::from(*channels)).sum::<u64>();
        let first_day = host.first_day();
        let ports = ports_of(&host);
        let of_process = |habits: &ProcessHabits| {
            let process = habits.process;
            habits.places.iter().map(move |place| (process, place.destination)).collect::<Vec<_>>()
        };
        let pairs = host.processes.iter().flat_map(of_process).collect();
        let mut families: Vec<(u32, FamilyOnHost)> = Vec::new();
        let mut processes = Vec::with_capacity(host.processes.len());
        let mut past = Vec::new();
        for mut habits in host.processes {
            let process = habits.process;
            let remembered = habits.places.iter_mut();
            past.extend(
                remembered.filter_map(|place| Some(((process, place.destination), place.past.take()?))),
            );
            let (number, part, lone) = self.part_of(habits, first_day);
            self.add_part(number, &part);
            let family = self.family_of.get(number as usize).copied().unwrap_or(0);
            families.push((family, FamilyOnHost { first_day: part.first_day, lone }));
            processes.push((number, part));
        }
        families.sort_unstable_by_key(|(family, _)| *family);
        families.dedup_by(|(next, more), (first, known)| {
            if next == first {
                known.first_day = known.first_day.into_iter().chain(more.first_day).min();
                known.lone = known.lone.max(more.lone);
            }
            next == first
        });
        for (family, known) in &families {
            if let Some(part) = self.families.get_mut(*family as usize) {
                part.hosts += 1;
                if let Some(size) = known.lone {
                    part.lone.add(&size, 1);
                }
            }
        }
        for image in &host.accessors {
            *self.accessors.entry(image.clone()).or_default() += 1;
        }
        HostPart {
            days: host.days,
            users: host.users,
            processes,
            families,
            places,
            pairs,
            ports,
            accessors: host.accessors,
            past,
        }
    }

    /// What is counted of a process on one host, and the largest heavy size to a destination that no other host reaches.
    fn part_of(&self, habits: ProcessHabits, host_first: Option<i32>) -> (u32, ProcessPart, Option<u8>) {
        let mut part = ProcessPart {
            hosts: 1,
            first_day: habits.sending.first_day(),
            days: habits.sending.days.len() as u32,
            days_at_risk: habits.sending.days.iter().filter(|sent| Some(sent.day) > host_first).count()
                as u32,
            pairs: (habits.places.len() as u32).saturating_add(habits.forgotten),
            // What is forgotten was of little use, and mostly reached by this host alone.
            lone: habits.forgotten,
            ports: Ports::of_sorted(&habits.sending.ports),
            accounts: habits.accounts.map(u32::from),
            media: u32::from(habits.media),
            nameless: u32::from(habits.nameless),
            ..ProcessPart::default()
        };
        habits.sending.count_hours(&mut part.hours);
        for sent in habits.sending.days.iter().filter(|sent| sent.is_measured()) {
            part.out.add(sent.out);
            part.back.add(sent.back);
            part.ratio.add(sent.ratio);
        }
        for parent in habits.parents {
            part.parents.add(parent.as_str(), 1);
        }
        let mut lone = None;
        let mut heavy = None;
        let mut new_places: Vec<i32> = Vec::new();
        for place in &habits.places {
            heavy = heavy.max(place.heavy);
            if let Some(size) = place.heavy {
                part.heavy_pairs.add(&size, 1);
            }
            if self.destinations.get(place.destination as usize).is_some_and(|part| part.hosts == 1) {
                part.lone += 1;
                lone = lone.max(place.heavy);
            }
            if Some(place.first) > host_first {
                new_places.push(place.first);
            }
        }
        if let Some(size) = heavy {
            part.heavy.add(&size, 1);
        }
        new_places.sort_unstable();
        let of_days = new_places.chunk_by(|a, b| a == b);
        part.new_places = of_days.map(|day| (day.len() as u32).min(NEW_PLACES_A_DAY)).sum();
        (habits.process, part, lone)
    }

    /// Adds what one host has of a process to what all have; ports are counted already.
    fn add_part(&mut self, number: u32, part: &ProcessPart) {
        self.out.merge(&part.out);
        self.back.merge(&part.back);
        self.ratio.merge(&part.ratio);
        self.process_days += part.days;
        add_hours(&mut self.hours, &part.hours);
        let Some(all) = self.processes.get_mut(number as usize) else { return };
        all.hosts += part.hosts;
        all.first_day = all.first_day.into_iter().chain(part.first_day).min();
        all.days += part.days;
        all.days_at_risk += part.days_at_risk;
        all.new_places += part.new_places;
        all.pairs += part.pairs;
        all.lone += part.lone;
        all.media += part.media;
        all.nameless += part.nameless;
        all.out.merge(&part.out);
        all.back.merge(&part.back);
        all.ratio.merge(&part.ratio);
        add_hours(&mut all.hours, &part.hours);
        for (mine, other) in all.accounts.iter_mut().zip(part.accounts) {
            *mine += other;
        }
        for (size, hosts) in part.heavy.iter() {
            all.heavy.add(size, hosts);
        }
        for (size, pairs) in part.heavy_pairs.iter() {
            all.heavy_pairs.add(size, pairs);
        }
        for (parent, hosts) in part.parents.iter() {
            all.parents.add(parent.as_str(), hosts);
        }
    }
}

fn add_hours(all: &mut [u32; 24], part: &[u32; 24]) {
    for (all, part) in all.iter_mut().zip(part) {
        *all += part;
    }
}

/// The ports that any process of a host uses, ascending.
fn ports_of(host: &HostHabits) -> Vec<PortUse> {
    let of_processes = host.processes.iter().flat_map(|habits| &habits.sending.ports);
    let mut ports: Vec<PortUse> = of_processes.copied().collect();
    settle_ports(&mut ports);
    ports
}
