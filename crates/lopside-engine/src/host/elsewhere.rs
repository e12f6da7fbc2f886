//! What other hosts call an address: a name for a destination that neither its conversation nor a lookup of its own host names.
//!
//! In: external addresses that were reached without a name ([`Wanted`]), then the lookups of every host ([`Heard`]). Out:
//! [`Elsewhere`], given to every partition of hosts. Such a name is weak. It holds only while exactly one registrable domain was
//! looked up for the address, and only for external addresses: a private one is another machine on another network.
//!
//! Both tables are bounded, and what falls out of them does not depend on the order or the partition of the rows: of too many
//! addresses those with the lowest hashes stay, and an address of too many names has none.

use hashbrown::{HashMap, HashSet};
use lopside_model::name::registrable;
use lopside_model::net::StableHash;
use lopside_model::tables::Lookup;

use crate::host::names::{LATE, LOOKED_BACK, holds_for, looked_up_at};
use crate::join::clock::Clocks;
use crate::numbers::Numbers;

/// Addresses for which a name is looked for, at most.
const ADDRESSES: usize = 262_144;
/// Names of one address; one with more is shared by too many to tell which was meant.
const NAMES: usize = 8;

/// External addresses that were reached without a name.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    addresses: HashSet<u128>,
}

impl Wanted {
    /// Adds an address as tables hold it.
    pub fn add(&mut self, address: u128) {
        self.addresses.insert(address);
        // Cutting now and then costs a sort for as many additions.
        if self.addresses.len() >= 2 * ADDRESSES {
            self.cut(ADDRESSES);
        }
    }

    /// Adds those of another worker.
    pub fn merge(&mut self, other: Wanted) {
        self.addresses.extend(other.addresses);
        self.cut(ADDRESSES);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Keeps the addresses with the lowest hashes: whatever is cut first, the same stay in the end.
    fn cut(&mut self, most: usize) {
        if self.addresses.len() <= most {
            return;
        }
        let mut sorted: Vec<(u64, u128)> =
            self.addresses.iter().map(|address| (StableHash::of(&address.to_le_bytes()), *address)).collect();
        sorted.sort_unstable();
        self.addresses = sorted.into_iter().take(most).map(|(_, address)| address).collect();
    }
}

/// Spans of time, from the lookup to the end of its validity, that do not touch, ascending.
type Spans = Vec<(i64, i64)>;

/// What an address was called when.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Called {
    /// By the number of each name.
    Few(Vec<(u32, Spans)>),
    /// More names than [`NAMES`].
    Many,
}

/// The names of wanted addresses while lookups are gone through.
#[derive(Debug)]
pub struct Heard<'w> {
    wanted: &'w Wanted,
    names: Numbers,
    called: HashMap<u128, Called>,
}

impl<'w> Heard<'w> {
    /// Nothing heard yet of these addresses.
    pub fn new(wanted: &'w Wanted) -> Heard<'w> {
        Heard { wanted, names: Numbers::default(), called: HashMap::new() }
    }

    /// Adds a lookup, endpoint's or sensor's, that is known to be of a host.
    pub fn add(&mut self, lookup: &Lookup<'_>, clocks: &Clocks) {
        if !self.wanted.addresses.contains(&lookup.answer) {
            return;
        }
        let from = looked_up_at(lookup.host.unwrap_or_default(), lookup, clocks);
        // No longer than a host surely looks back at its own, so that one of those is never taken for another host's.
        let until = from.saturating_add(holds_for(lookup).min(LOOKED_BACK));
        let name = self.names.of(lookup.name);
        let called = self.called.entry(lookup.answer).or_insert_with(|| Called::Few(Vec::new()));
        called.add(name, &[(from, until)]);
    }

    /// Adds what another worker heard of the same addresses.
    #[must_use]
    pub fn merge(mut self, other: Heard<'w>) -> Heard<'w> {
        let numbers = self.names.translation(&other.names);
        for (address, theirs) in other.called {
            let called = self.called.entry(address).or_insert_with(|| Called::Few(Vec::new()));
            match theirs {
                Called::Many => *called = Called::Many,
                Called::Few(names) => {
                    for (name, spans) in names {
                        let name = usize::try_from(name).ok().and_then(|name| numbers.get(name));
                        name.into_iter().for_each(|name| called.add(*name, &spans));
                    }
                }
            }
        }
        self
    }

    /// What every host may be told.
    pub fn finish(self) -> Elsewhere {
        Elsewhere { names: self.names, called: self.called }
    }
}

impl Called {
    fn add(&mut self, name: u32, spans: &[(i64, i64)]) {
        let Called::Few(names) = self else { return };
        let known = match names.iter().position(|(known, _)| *known == name) {
            Some(place) => names.get_mut(place),
            None if names.len() >= NAMES => {
                *self = Called::Many;
                return;
            }
            None => {
                names.push((name, Vec::new()));
                names.last_mut()
            }
        };
        if let Some((_, known)) = known {
            spans.iter().for_each(|span| union(known, *span));
        }
    }
}

/// Adds a span to those that do not touch, joining the ones it touches.
fn union(spans: &mut Spans, (mut from, mut until): (i64, i64)) {
    let first = spans.partition_point(|(_, end)| *end < from);
    let mut last = first;
    while let Some((start, end)) = spans.get(last).filter(|(start, _)| *start <= until) {
        from = from.min(*start);
        until = until.max(*end);
        last += 1;
    }
    spans.splice(first..last, [(from, until)]);
}

/// What other hosts call an address.
#[derive(Debug, Default)]
pub struct Elsewhere {
    names: Numbers,
    called: HashMap<u128, Called>,
}

impl Elsewhere {
    /// The name of an address that was reached at `start`: that of the latest span of lookups, the first by name where several began
    /// together. `None` where lookups of that time name several registrable domains.
    ///
    /// A lookup of the asking host itself is known to it and wins before this is asked, so that what is found here was asked for by
    /// another one.
    pub fn find(&self, address: u128, start: i64) -> Option<&str> {
        let Called::Few(names) = self.called.get(&address)? else { return None };
        let mut best: Option<(i64, &str)> = None;
        for (name, spans) in names {
            let began = spans.partition_point(|(from, _)| *from <= start.saturating_add(LATE));
            let span = began.checked_sub(1).and_then(|last| spans.get(last));
            let Some((from, _)) = span.filter(|(_, until)| *until >= start) else { continue };
            let name = self.names.text(*name);
            if best.is_some_and(|(_, known)| registrable(known) != registrable(name)) {
                return None;
            }
            if best.is_none_or(|(latest, known)| (*from, known) > (latest, name)) {
                best = Some((*from, name));
            }
        }
        best.map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_model::record::EventClass;
    use lopside_model::time::{HOUR, SECOND};

    fn lookup(name: &'static str, answer: u128, time: i64) -> Lookup<'static> {
        Lookup {
            host: Some("ws-1"),
            client_ip: None,
            class: EventClass::Sensor.code(),
            time,
            name,
            answer,
            ttl: Some(60),
            pid: None,
            guid: None,
        }
    }

    fn heard<'w>(wanted: &'w Wanted, lookups: &[Lookup<'_>]) -> Heard<'w> {
        let mut heard = Heard::new(wanted);
        lookups.iter().for_each(|lookup| heard.add(lookup, &Clocks::default()));
        heard
    }

    fn wanted(addresses: impl IntoIterator<Item = u128>) -> Wanted {
        Wanted { addresses: addresses.into_iter().collect() }
    }

    #[test]
    fn a_name_holds_for_an_hour_after_its_lookup_and_not_before() {
        let wanted = wanted([7]);
        let names = heard(&wanted, &[lookup("a.example", 7, HOUR), lookup("b.example", 8, HOUR)]).finish();
        assert_eq!(names.find(7, HOUR - SECOND), Some("a.example"), "logged a second late");
        assert_eq!(names.find(7, HOUR - 2 * SECOND), None);
        assert_eq!(names.find(7, 2 * HOUR), Some("a.example"));
        assert_eq!(names.find(7, 2 * HOUR + 1), None);
        assert_eq!(names.find(8, HOUR), None, "nobody wanted it");
    }

    #[test]
    fn two_domains_at_one_time_name_nothing_and_two_names_of_one_domain_the_later() {
        let wanted = wanted([7]);
        let lookups = [
            lookup("a.one.example", 7, 0),
            lookup("b.one.example", 7, HOUR / 2),
            lookup("other.test", 7, 5 * HOUR),
            lookup("a.one.example", 7, 5 * HOUR),
        ];
        let names = heard(&wanted, &lookups).finish();
        assert_eq!(names.find(7, HOUR / 4), Some("a.one.example"));
        assert_eq!(names.find(7, HOUR * 3 / 4), Some("b.one.example"));
        assert_eq!(names.find(7, 5 * HOUR), None);
    }

    #[test]
    fn an_address_of_many_names_has_none_however_they_are_met() {
        let wanted = wanted([7]);
        let names: Vec<&'static str> = (0..9).map(|n| &*format!("n{n}.one.example").leak()).collect();
        let lookups: Vec<Lookup<'_>> = names.iter().map(|name| lookup(name, 7, 0)).collect();
        for cut in 0..=lookups.len() {
            let (one, other) = lookups.split_at(cut);
            let merged = heard(&wanted, one).merge(heard(&wanted, other)).finish();
            assert_eq!(merged.called.get(&7), Some(&Called::Many), "{cut}");
        }
        let eight = heard(&wanted, lookups.get(..8).unwrap_or_default()).finish();
        assert_eq!(eight.find(7, 0), Some("n0.one.example"));
    }

    #[test]
    fn of_too_many_addresses_the_same_stay_whatever_the_order() {
        let most = u128::try_from(ADDRESSES).unwrap_or_default();
        let (mut forward, mut backward, mut other) =
            (Wanted::default(), Wanted::default(), Wanted::default());
        (0..3 * most).for_each(|address| forward.add(address));
        (most..3 * most).rev().for_each(|address| backward.add(address));
        (0..most).for_each(|address| other.add(address));
        forward.merge(Wanted::default());
        backward.merge(other);
        assert_eq!(forward.addresses.len(), ADDRESSES);
        assert_eq!(forward.addresses, backward.addresses);
    }

    #[test]
    fn spans_join_where_they_touch() {
        let mut spans = Spans::new();
        for span in [(10, 20), (40, 50), (20, 30), (0, 5), (29, 41)] {
            union(&mut spans, span);
        }
        assert_eq!(spans, [(0, 5), (10, 50)]);
    }
}
