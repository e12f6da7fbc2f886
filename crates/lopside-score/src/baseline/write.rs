//! A baseline as bytes: names sorted and numbered by that order, numbers of variable length. The same baseline gives the same bytes.

use super::{BASELINE_VERSION, Baseline};
use crate::fragment::{HostHabits, Past, ProcessHabits, Sending, UserHabits};
use crate::names::Names;

/// Begins every baseline, before its version.
pub(super) const MAGIC: &[u8; 16] = b"lopside baseline";

/// Bytes being written.
#[derive(Debug, Default)]
struct Writer(Vec<u8>);

/// The numbers that names have in the file, by their numbers in memory.
struct Numbers {
    processes: Vec<u32>,
    destinations: Vec<u32>,
    users: Vec<String>,
    images: Vec<String>,
}

impl Baseline {
    /// The bytes of it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.0.extend_from_slice(MAGIC);
        writer.0.extend_from_slice(&BASELINE_VERSION.to_le_bytes());
        let (first, last) = self.span().unwrap_or((0, -1));
        writer.signed(first.into());
        writer.signed(last.into());
        match self.hidden {
            None => writer.number(0),
            Some(check) => {
                writer.number(1);
                writer.0.extend_from_slice(&check);
            }
        }
        writer.rates(self);
        let habits = &self.fragment.habits;
        let processes = writer.names(&self.fragment.names.processes);
        let destinations = writer.names(&self.fragment.names.destinations);
        let users = writer.texts(habits.iter().flat_map(|host| host.users.keys()));
        let images = writer.texts(habits.iter().flat_map(|host| {
            host.accessors.iter().chain(host.processes.iter().flat_map(|habits| &habits.parents))
        }));
        let numbers = Numbers { processes, destinations, users, images };
        let mut hosts: Vec<(&str, &HostHabits)> = self.fragment.names.hosts.iter().zip(habits).collect();
        hosts.sort_unstable_by_key(|(name, _)| *name);
        writer.number(hosts.len() as u64);
        for (name, habits) in hosts {
            writer.text(name);
            writer.host(habits, first, &numbers);
        }
        writer.0
    }
}

impl Writer {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn signed(&mut self, value: i64) {
        self.number((value << 1 ^ value >> 63) as u64);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A list of numbers, ascending, each as its distance from the one before.
    fn ascending(&mut self, values: impl ExactSizeIterator<Item = u64>) {
        self.number(values.len() as u64);
        let mut last = 0;
        for value in values {
            self.number(value - last);
            last = value;
        }
    }

    fn names(&mut self, names: &Names) -> Vec<u32> {
        let mut order: Vec<(&str, u32)> = names.iter().zip(0..).collect();
        order.sort_unstable();
        self.number(order.len() as u64);
        let mut numbers = vec![0; order.len()];
        for ((text, number), place) in order.into_iter().zip(0..) {
            self.text(text);
            if let Some(slot) = numbers.get_mut(number as usize) {
                *slot = place;
            }
        }
        numbers
    }

    fn texts<'t>(&mut self, texts: impl Iterator<Item = &'t String>) -> Vec<String> {
        let mut texts: Vec<String> = texts.cloned().collect();
        texts.sort_unstable();
        texts.dedup();
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
        texts
    }

    fn rates(&mut self, baseline: &Baseline) {
        let rates = &baseline.rates;
        self.0.extend_from_slice(&rates.weights.to_le_bytes());
        self.number(rates.host_days);
        self.number(rates.totals.count());
        let bins: Vec<(usize, u64)> = rates.totals.bins().collect();
        self.number(bins.len() as u64);
        for (bin, count) in bins {
            self.number(bin as u64);
            self.number(count);
        }
    }

    fn host(&mut self, host: &HostHabits, epoch: i32, numbers: &Numbers) {
        let since = |day: i32| (i64::from(day) - i64::from(epoch)) as u64;
        self.ascending(host.days.keys().map(|day| since(*day)));
        host.days.values().for_each(|channels| self.number(u64::from(*channels)));
        self.number(host.users.len() as u64);
        for (user, habits) in &host.users {
            self.number(place(&numbers.users, user));
            self.user(habits, &since, numbers);
        }
        let accessors: Vec<u64> = host.accessors.iter().map(|image| place(&numbers.images, image)).collect();
        self.ascending(accessors.into_iter());
        let mut processes: Vec<(u32, &ProcessHabits)> =
            host.processes.iter().map(|habits| (of(&numbers.processes, habits.process), habits)).collect();
        processes.sort_unstable_by_key(|(number, _)| *number);
        self.number(processes.len() as u64);
        for (number, habits) in processes {
            self.number(u64::from(number));
            self.process(habits, &since, numbers);
        }
    }

    fn user(&mut self, habits: &UserHabits, since: &dyn Fn(i32) -> u64, numbers: &Numbers) {
        self.ascending(habits.hours.keys().map(|day| since(*day)));
        for (any, two) in habits.hours.values() {
            self.number(u64::from(*any));
            self.number(u64::from(*two));
        }
        self.sending(&habits.sending, since);
        let mut places: Vec<u64> =
            habits.places.iter().map(|place| u64::from(of(&numbers.destinations, *place))).collect();
        places.sort_unstable();
        self.ascending(places.into_iter());
    }

    fn sending(&mut self, sending: &Sending, since: &dyn Fn(i32) -> u64) {
        self.ascending(sending.days.iter().map(|sent| since(sent.day)));
        for sent in &sending.days {
            self.0.extend_from_slice(&[sent.out, sent.ratio, sent.back]);
            self.number(u64::from(sent.hours));
        }
        self.ascending(sending.ports.iter().map(|used| u64::from(used.port)));
        sending.ports.iter().for_each(|used| self.number(since(used.first)));
    }

    fn process(&mut self, habits: &ProcessHabits, since: &dyn Fn(i32) -> u64, numbers: &Numbers) {
        let flags = habits.accounts.iter().chain([&habits.media, &habits.nameless]);
        self.number(flags.zip(0..).map(|(flag, bit)| u64::from(*flag) << bit).sum());
        self.sending(&habits.sending, since);
        let parents: Vec<u64> = habits.parents.iter().map(|image| place(&numbers.images, image)).collect();
        self.ascending(parents.into_iter());
        self.number(u64::from(habits.forgotten));
        let mut places: Vec<_> =
            habits.places.iter().map(|place| (of(&numbers.destinations, place.destination), place)).collect();
        places.sort_unstable_by_key(|(number, _)| *number);
        self.ascending(places.iter().map(|(number, _)| u64::from(*number)));
        for (_, place) in places {
            self.number(since(place.first));
            self.number(place.heavy.map_or(0, |size| u64::from(size) + 1));
            self.past(place.past.as_deref(), since);
        }
    }

    fn past(&mut self, past: Option<&Past>, since: &dyn Fn(i32) -> u64) {
        let none = Past::default();
        let past = past.unwrap_or(&none);
        self.ascending(past.ports.iter().map(|port| u64::from(*port)));
        self.ascending(past.days.iter().map(|used| since(used.day)));
        for used in &past.days {
            self.0.extend_from_slice(&[used.out, used.lopsided, used.unmeasured]);
        }
    }
}

fn of(numbers: &[u32], number: u32) -> u32 {
    numbers.get(number as usize).copied().unwrap_or(0)
}

/// The place of a text that stands in the list.
fn place(texts: &[String], text: &String) -> u64 {
    texts.binary_search(text).unwrap_or(0) as u64
}
