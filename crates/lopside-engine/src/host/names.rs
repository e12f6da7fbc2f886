//! Names of destinations from lookups: which name did this process, or this host, ask for before it reached an address?
//!
//! In: the lookups of one host, endpoints' and sensors'. Out: for an address at a moment the name by the precedence of
//! `NameSource`: the same process, the same host, then what a sensor saw.

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::record::{EventClass, NameSource};
use lopside_model::tables::Lookup;
use lopside_model::time::SECOND;

use crate::join::clock::Clocks;

/// A lookup counts for at least this long.
const SHORTEST: i64 = 3_600 * SECOND;
/// Lookups this long before a flow are all looked at.
pub(super) const LOOKED_BACK: i64 = 24 * SHORTEST;
/// A lookup may be logged this long after the flow it led to.
pub(super) const LATE: i64 = SECOND;

/// When a host made a lookup, corrected by its clock.
pub(super) fn looked_up_at(host: &str, lookup: &Lookup<'_>, clocks: &Clocks) -> i64 {
    match EventClass::from_code(lookup.class) {
        EventClass::Sensor => lookup.time,
        class => clocks.corrected(host, class, Micros(lookup.time)).0,
    }
}

/// How long the answer of a lookup counts, in microseconds: its time to live, an hour at least.
pub(super) fn holds_for(lookup: &Lookup<'_>) -> i64 {
    i64::from(lookup.ttl.unwrap_or(0)).saturating_mul(SECOND).max(SHORTEST)
}

/// The lookups of one host by answer.
#[derive(Debug, Default)]
pub struct Names<'t> {
    by_answer: HashMap<u128, Vec<(i64, Lookup<'t>)>>,
}

impl<'t> Names<'t> {
    /// Sorts the lookups of a host by answer and corrected time.
    pub fn new(host: &str, lookups: &[Lookup<'t>], clocks: &Clocks) -> Names<'t> {
        let mut by_answer: HashMap<u128, Vec<(i64, Lookup<'t>)>> = HashMap::new();
        for lookup in lookups {
            let time = looked_up_at(host, lookup, clocks);
            by_answer.entry(lookup.answer).or_default().push((time, *lookup));
        }
        // Each list is sorted for itself, in whatever order.
        by_answer.values_mut().for_each(|list| {
            list.sort_by(|(a_time, a), (b_time, b)| {
                (a_time, a.name, a.pid, a.guid, a.class).cmp(&(b_time, b.name, b.pid, b.guid, b.class))
            });
        });
        Names { by_answer }
    }

    /// The name of an address that a process reached at `start`.
    pub fn find(
        &self,
        address: u128,
        start: i64,
        guid: Option<u128>,
        pid: Option<u32>,
    ) -> Option<(&'t str, NameSource)> {
        let list = self.by_answer.get(&address)?;
        let until = list.partition_point(|(time, _)| *time <= start.saturating_add(LATE));
        let mut best: Option<(NameSource, &'t str)> = None;
        for (time, lookup) in list.get(..until)?.iter().rev() {
            let age = start.saturating_sub(*time);
            if age > holds_for(lookup) {
                // Later entries in this loop are older still, but a longer time to live may save one of the next few.
                if age > LOOKED_BACK {
                    break;
                }
                continue;
            }
            let source = trust(lookup, guid, pid);
            if best.is_none_or(|(known, _)| source < known) {
                best = Some((source, lookup.name));
            }
            if source == NameSource::DnsProcess {
                break;
            }
        }
        best.map(|(source, name)| (name, source))
    }
}

fn trust(lookup: &Lookup<'_>, guid: Option<u128>, pid: Option<u32>) -> NameSource {
    if EventClass::from_code(lookup.class) == EventClass::Sensor {
        return NameSource::DnsSensor;
    }
    let same = match (lookup.guid, guid) {
        (Some(a), Some(b)) => a == b,
        _ => lookup.pid.is_some() && lookup.pid == pid,
    };
    if same { NameSource::DnsProcess } else { NameSource::DnsHost }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(class: EventClass, time: i64, name: &'static str, pid: u32) -> Lookup<'static> {
        Lookup {
            host: Some("ws-0417"),
            client_ip: None,
            class: class.code(),
            time: time * SECOND,
            name,
            answer: 7,
            ttl: None,
            pid: Some(pid),
            guid: None,
        }
    }

    #[test]
    fn the_process_own_lookup_wins_over_a_later_one_of_the_host() {
        let lookups = [
            lookup(EventClass::Sysmon22, 100, "mine.example", 5),
            lookup(EventClass::Sysmon22, 110, "other.example", 6),
            lookup(EventClass::Sensor, 111, "seen.example", 0),
        ];
        let names = Names::new("ws-0417", &lookups, &Clocks::default());
        assert_eq!(
            names.find(7, 120 * SECOND, None, Some(5)),
            Some(("mine.example", NameSource::DnsProcess))
        );
        assert_eq!(names.find(7, 120 * SECOND, None, Some(9)), Some(("other.example", NameSource::DnsHost)));
        assert_eq!(names.find(8, 120 * SECOND, None, Some(5)), None);
    }

    #[test]
    fn a_lookup_after_the_flow_or_long_before_it_does_not_count() {
        let names = Names::new(
            "ws-0417",
            &[lookup(EventClass::Sysmon22, 10_000, "a.example", 5)],
            &Clocks::default(),
        );
        assert_eq!(names.find(7, 9_000 * SECOND, None, Some(5)), None);
        assert_eq!(names.find(7, 20_000 * SECOND, None, Some(5)), None);
        assert!(names.find(7, 9_999 * SECOND, None, Some(5)).is_some());
    }
}
