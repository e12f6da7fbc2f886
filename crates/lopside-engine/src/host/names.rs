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
    /// By answer, then corrected time, which stands in the place of what was written.
    lookups: Vec<Lookup<'t>>,
    /// Where those of an answer begin, and how many there are.
    by_answer: HashMap<u128, (usize, usize)>,
}

impl<'t> Names<'t> {
    /// Sorts the lookups of a host by answer and corrected time.
    pub fn new(host: &str, mut lookups: Vec<Lookup<'t>>, clocks: &Clocks) -> Names<'t> {
        for lookup in &mut lookups {
            lookup.time = looked_up_at(host, lookup, clocks);
        }
        let lookups = by_answer_and_time(&lookups);
        let mut by_answer = HashMap::new();
        let mut from = 0;
        for same in lookups.chunk_by(|a, b| a.answer == b.answer) {
            by_answer.extend(same.first().map(|lookup| (lookup.answer, (from, same.len()))));
            from += same.len();
        }
        Names { lookups, by_answer }
    }

    /// The name of an address that a process reached at `start`.
    pub fn find(
        &self,
        address: u128,
        start: i64,
        guid: Option<u128>,
        pid: Option<u32>,
    ) -> Option<(&'t str, NameSource)> {
        let (from, count) = *self.by_answer.get(&address)?;
        let list = self.lookups.get(from..from.saturating_add(count))?;
        let until = list.partition_point(|lookup| lookup.time <= start.saturating_add(LATE));
        let mut best: Option<(NameSource, &'t str)> = None;
        for lookup in list.get(..until)?.iter().rev() {
            let age = start.saturating_sub(lookup.time);
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

/// Lookups by answer, then time, then whatever makes the order total. They are wide: their places are sorted instead of them.
fn by_answer_and_time<'t>(lookups: &[Lookup<'t>]) -> Vec<Lookup<'t>> {
    let tie = |lookup: &Lookup<'t>| (lookup.name, lookup.pid, lookup.guid, lookup.class);
    let mut order: Vec<(u128, i64, usize)> =
        lookups.iter().enumerate().map(|(place, lookup)| (lookup.answer, lookup.time, place)).collect();
    order.sort_unstable_by(|a, b| {
        let tied = || lookups.get(a.2).map(tie).cmp(&lookups.get(b.2).map(tie));
        (a.0, a.1).cmp(&(b.0, b.1)).then_with(tied).then(a.2.cmp(&b.2))
    });
    order.iter().filter_map(|(_, _, place)| lookups.get(*place).copied()).collect()
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
        let names = Names::new("ws-0417", lookups.into(), &Clocks::default());
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
            vec![lookup(EventClass::Sysmon22, 10_000, "a.example", 5)],
            &Clocks::default(),
        );
        assert_eq!(names.find(7, 9_000 * SECOND, None, Some(5)), None);
        assert_eq!(names.find(7, 20_000 * SECOND, None, Some(5)), None);
        assert!(names.find(7, 9_999 * SECOND, None, Some(5)).is_some());
    }
}
