//! Which name a flow carries, among those of its conversation: by the sensor's id of the flow, else by time.

use hashbrown::HashMap;
use lopside_model::tables::FlowName;
use lopside_model::time::SECOND;

use crate::join::duplicates::MergedFlow;

/// Up to this many names are looked at one by one; more get an index.
const FEW: usize = 16;
/// A name without an id is seen this close to its flow.
const NEAR: i64 = SECOND;

/// The names of a conversation, the most trusted first.
pub(super) struct CarriedNames<'b, 't> {
    names: &'b [FlowName<'t>],
    index: Option<Index<'t>>,
}

/// Where names stand: a conversation may have as many of them as flows.
struct Index<'t> {
    /// The first of each id.
    by_uid: HashMap<&'t str, usize>,
    /// Those without an id, and all of them: each by trust, then time, as they come.
    without_uid: Vec<usize>,
    all: Vec<usize>,
}

impl<'b, 't> CarriedNames<'b, 't> {
    /// Of names by trust, then time.
    pub(super) fn new(names: &'b [FlowName<'t>]) -> CarriedNames<'b, 't> {
        CarriedNames { names, index: (names.len() > FEW).then(|| Index::of(names)) }
    }

    /// The most trusted name of a flow.
    pub(super) fn find(&self, flow: &MergedFlow<'_>) -> Option<&'b FlowName<'t>> {
        match &self.index {
            Some(index) => self.names.get(index.find(self.names, flow)?),
            None => self.names.iter().find(|name| belongs(name, flow)),
        }
    }
}

fn belongs(name: &FlowName<'_>, flow: &MergedFlow<'_>) -> bool {
    match name.uid {
        Some(uid) if flow.row.uid.is_some() => flow.uids().any(|own| own == uid),
        _ => during(flow).contains(&name.time),
    }
}

/// When a name of a flow may have been seen.
fn during(flow: &MergedFlow<'_>) -> std::ops::RangeInclusive<i64> {
    flow.row.start.saturating_sub(NEAR)..=flow.end().saturating_add(NEAR)
}

impl<'t> Index<'t> {
    fn of(names: &[FlowName<'t>]) -> Index<'t> {
        let mut by_uid = HashMap::new();
        let mut without_uid = Vec::new();
        for (place, name) in names.iter().enumerate() {
            match name.uid {
                Some(uid) => drop(by_uid.entry(uid).or_insert(place)),
                None => without_uid.push(place),
            }
        }
        Index { by_uid, without_uid, all: (0..names.len()).collect() }
    }

    fn find(&self, names: &[FlowName<'_>], flow: &MergedFlow<'_>) -> Option<usize> {
        if flow.row.uid.is_none() {
            return first_during(names, &self.all, flow);
        }
        let by_uid = flow.uids().filter_map(|uid| self.by_uid.get(uid).copied()).min();
        by_uid.into_iter().chain(first_during(names, &self.without_uid, flow)).min()
    }
}

/// The first of some names that was seen during a flow: those of one trust are sorted by time.
fn first_during(names: &[FlowName<'_>], places: &[usize], flow: &MergedFlow<'_>) -> Option<usize> {
    let during = during(flow);
    let name = |place: &usize| names.get(*place).map(|name| (name.origin, name.time));
    let mut rest = places;
    while let Some((origin, _)) = rest.first().and_then(name) {
        let before = |place: &usize| name(place) < Some((origin, *during.start()));
        let from = rest.get(rest.partition_point(before)..).unwrap_or_default();
        let found = from
            .first()
            .filter(|place| name(place).is_some_and(|(own, time)| own == origin && during.contains(&time)));
        if let Some(found) = found {
            return Some(*found);
        }
        let others = from.partition_point(|place| name(place).is_some_and(|(own, _)| own == origin));
        rest = from.get(others..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::conversation::name_order;
    use crate::join::duplicates::merge;
    use crate::join::duplicates::tests::flow;

    fn name(origin: u8, time: i64, uid: Option<&'static str>, text: &'static str) -> FlowName<'static> {
        let flow = flow("a", "u", 0);
        FlowName {
            sensor: "a",
            uid,
            time,
            protocol: 6,
            source_ip: flow.source_ip,
            source_port: flow.source_port,
            destination_ip: flow.destination_ip,
            destination_port: flow.destination_port,
            origin,
            name: text,
        }
    }

    #[test]
    fn an_index_finds_what_looking_at_each_finds() {
        let uids: Vec<&'static str> = (0..40).map(|uid| &*format!("u{uid}").leak()).collect();
        let mut names = Vec::new();
        for (number, uid) in (0_i64..).zip(&uids) {
            let text = &*format!("n{number}.example").leak();
            let uid = (number % 3 != 0).then_some(*uid);
            names.push(name((number % 3) as u8, number * 7 % 31 * SECOND, uid, text));
        }
        names.sort_by(name_order);
        let mut found = 0;
        for (number, uid) in uids.iter().enumerate() {
            let mut row = flow("a", uid, number as i64 * SECOND / 2);
            if number % 4 == 1 {
                row.uid = None;
            }
            let merged = merge(&[row]);
            let expected = names.iter().find(|name| belongs(name, &merged[0])).map(|name| name.name);
            let index = CarriedNames::new(&names).find(&merged[0]).map(|name| name.name);
            assert_eq!(index, expected, "{number}");
            found += usize::from(expected.is_some());
        }
        assert!((20..40).contains(&found), "{found}");
    }
}
