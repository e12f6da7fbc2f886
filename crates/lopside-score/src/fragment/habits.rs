//! What is remembered of one host, and how two memories of the same host become one.
//!
//! Everything here is joined by union, the least or the most, so that neither the order of arrival matters nor whether something
//! arrives twice.

use std::collections::{BTreeMap, BTreeSet};

use super::sending::Sending;

/// So many days of a channel are remembered, the last ones.
const DAYS: usize = 64;

/// A place that is new to its host is settled from so many days of use on.
const SETTLED: u32 = 3;

/// What one host does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostHabits {
    /// Days on which it sends, with the number of its channels.
    pub(crate) days: BTreeMap<i32, u32>,
    /// By user.
    pub(crate) users: BTreeMap<String, UserHabits>,
    /// By process, ascending by its number.
    pub(crate) processes: Vec<ProcessHabits>,
    /// Images that opened senders.
    pub(crate) accessors: BTreeSet<String>,
}

/// What one user's processes do on one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserHabits {
    /// Hours of sending: by day, in any channel and in at least two (bits 0 to 23, UTC).
    pub(crate) hours: BTreeMap<i32, (u32, u32)>,
    /// How they send.
    pub(crate) sending: Sending,
    /// Numbers of the destinations, ascending.
    pub(crate) places: Vec<u32>,
}

/// What one process does on one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessHabits {
    /// Its number.
    pub(crate) process: u32,
    /// How it sends.
    pub(crate) sending: Sending,
    /// Where it sends to, ascending by the number of the destination.
    pub(crate) places: Vec<Place>,
    /// Places beside those that are not remembered; of two memories the more.
    pub(crate) forgotten: u32,
    /// Kinds of account, by their index.
    pub(crate) accounts: [bool; 4],
    /// Image names of parents, ascending.
    pub(crate) parents: Vec<String>,
    /// Whether it sends heavily in media datagrams.
    pub(crate) media: bool,
    /// Whether it sends to places without a name.
    pub(crate) nameless: bool,
}

/// A destination of a process on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its number.
    pub(crate) destination: u32,
    /// The first day.
    pub(crate) first: i32,
    /// The largest heavy size (log2 bytes).
    pub(crate) heavy: Option<u8>,
    /// Days on which it was used; of two memories the more.
    pub(crate) used: u32,
    /// The days on which it was used, where that is remembered.
    pub(crate) past: Option<Box<Past>>,
}

/// The days on which a channel was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Ascending, the last [`DAYS`].
    pub(crate) days: Vec<UsedDay>,
    /// Ports and transports, ascending.
    pub(crate) ports: Vec<u32>,
}

/// What a channel sent on a day: buckets of bytes, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UsedDay {
    /// The day.
    pub(crate) day: i32,
    /// Of the flows that were measured both ways.
    pub(crate) out: u8,
    /// Of those of them that are lopsided.
    pub(crate) lopsided: u8,
    /// Of the flows that were not measured both ways.
    pub(crate) unmeasured: u8,
}

impl Past {
    fn join(&mut self, other: Past) {
        self.days.extend(other.days);
        self.ports.extend(other.ports);
    }

    /// Sorts, and keeps of each day the most and of all days the last.
    pub(crate) fn settle(&mut self) {
        self.days.sort_unstable();
        self.days.dedup_by(|next, first| {
            let same = next.day == first.day;
            if same {
                first.out = first.out.max(next.out);
                first.lopsided = first.lopsided.max(next.lopsided);
                first.unmeasured = first.unmeasured.max(next.unmeasured);
            }
            same
        });
        self.days.drain(..self.days.len().saturating_sub(DAYS));
        self.ports.sort_unstable();
        self.ports.dedup();
    }
}

impl HostHabits {
    /// The first day on which it sends.
    pub(crate) fn first_day(&self) -> Option<i32> {
        self.days.first_key_value().map(|(day, _)| *day)
    }

    /// Whether a place that it first used on a day, and on so many days in all, is one that it only passes by: on no more than half of its
    /// days since, or on fewer than three where it is new to the host.
    pub(crate) fn passes_by(&self, first: i32, used: u32) -> bool {
        // No more days are remembered than these.
        let since = self.days.range(first..).take(DAYS).count() as u32;
        let new = self.first_day() < Some(first);
        used.saturating_mul(2) <= since || new && used < SETTLED
    }

    /// Joins another memory of the same host.
    pub(crate) fn join(&mut self, other: HostHabits) {
        for (day, channels) in other.days {
            let mine = self.days.entry(day).or_default();
            *mine = (*mine).max(channels);
        }
        for (user, habits) in other.users {
            self.users.entry(user).or_default().join(habits);
        }
        self.accessors.extend(other.accessors);
        self.processes.extend(other.processes);
        self.settle();
    }

    /// Sorts by numbers and joins what has the same.
    pub(crate) fn settle(&mut self) {
        self.processes.sort_by_key(|habits| habits.process);
        self.processes.dedup_by(|next, first| {
            let same = next.process == first.process;
            if same {
                first.join(std::mem::take(next));
            }
            same
        });
        self.processes.iter_mut().for_each(ProcessHabits::settle);
        self.users.values_mut().for_each(UserHabits::settle);
    }

    /// Gives processes and destinations the numbers that they have elsewhere.
    pub(crate) fn renumber(&mut self, processes: &[u32], destinations: &[u32]) {
        let of = |numbers: &[u32], number: u32| numbers.get(number as usize).copied().unwrap_or(number);
        for habits in &mut self.processes {
            habits.process = of(processes, habits.process);
        }
        for place in self.destinations_mut() {
            *place = of(destinations, *place);
        }
        self.settle();
    }

    /// Every number of a destination.
    pub(crate) fn destinations_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        let of_processes = self.processes.iter_mut().flat_map(|habits| &mut habits.places);
        let of_users = self.users.values_mut().flat_map(|habits| &mut habits.places);
        of_processes.map(|place| &mut place.destination).chain(of_users)
    }

    /// Keeps of the destinations of users those that are remembered of a process.
    pub(crate) fn forget_places_of_users(&mut self) {
        let of_processes = self.processes.iter().flat_map(|habits| &habits.places);
        let kept: BTreeSet<u32> = of_processes.map(|place| place.destination).collect();
        for habits in self.users.values_mut() {
            habits.places.retain(|place| kept.contains(place));
        }
    }
}

impl UserHabits {
    fn join(&mut self, other: UserHabits) {
        for (day, (any, two)) in other.hours {
            let hours = self.hours.entry(day).or_default();
            *hours = (hours.0 | any, hours.1 | two);
        }
        self.sending.join(other.sending);
        self.places.extend(other.places);
    }

    fn settle(&mut self) {
        self.sending.settle();
        self.places.sort_unstable();
        self.places.dedup();
    }
}

impl ProcessHabits {
    fn join(&mut self, other: ProcessHabits) {
        self.sending.join(other.sending);
        self.places.extend(other.places);
        self.forgotten = self.forgotten.max(other.forgotten);
        self.parents.extend(other.parents);
        for (mine, other) in self.accounts.iter_mut().zip(other.accounts) {
            *mine |= other;
        }
        self.media |= other.media;
        self.nameless |= other.nameless;
    }

    /// Sorts each list and joins what is the same.
    pub(crate) fn settle(&mut self) {
        self.sending.settle();
        self.places.sort_unstable_by_key(|place| place.destination);
        self.places.dedup_by(|next, first| {
            let same = next.destination == first.destination;
            if same {
                first.first = first.first.min(next.first);
                first.heavy = first.heavy.max(next.heavy);
                first.used = first.used.max(next.used);
                match (&mut first.past, next.past.take()) {
                    (Some(mine), Some(other)) => mine.join(*other),
                    (mine @ None, other) => *mine = other,
                    _ => {}
                }
            }
            same
        });
        self.places.iter_mut().filter_map(|place| place.past.as_mut()).for_each(|past| past.settle());
        self.parents.sort_unstable();
        self.parents.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_or_passing() {
        let host = HostHabits { days: (10..20).map(|day| (day, 1)).collect(), ..HostHabits::default() };
        // From its first day on: by the share of days.
        assert!(!host.passes_by(10, 6) && host.passes_by(10, 5) && host.passes_by(10, 1));
        let long = HostHabits { days: (0..200).map(|day| (day, 1)).collect(), ..HostHabits::default() };
        assert!(!long.passes_by(0, 64) && long.passes_by(0, 20));
        // New to it: from three days of use on.
        assert!(host.passes_by(19, 1) && host.passes_by(18, 2) && !host.passes_by(17, 3));
        // A host of one day tells nothing.
        let short = HostHabits { days: [(10, 1)].into(), ..HostHabits::default() };
        assert!(!short.passes_by(10, 1));
    }

    #[test]
    fn hours_of_a_day_that_two_memories_hold_are_those_of_both() {
        let memory = |hours| {
            let habits = UserHabits { hours: [(7, hours)].into(), ..UserHabits::default() };
            HostHabits { users: [("jo".to_owned(), habits)].into(), ..HostHabits::default() }
        };
        let mut both = memory((0b0011, 0b0001));
        both.join(memory((0b0110, 0b0100)));
        assert_eq!(both.users["jo"].hours[&7], (0b0111, 0b0101));
    }
}
