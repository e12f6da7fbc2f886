//! One flow, however often it was written: running totals, copies of a log, two sensors on one path, and the endpoint's own
//! record beside a sensor's.
//!
//! In: the flow records of one conversation by start. Out: merged flows by start, each with every record it stands for, and chained
//! to the flow that it continues.

use lopside_model::bytes::{Bytes, Quality, Weight};
use lopside_model::channel::Origin;
use lopside_model::record::FlowKind;
use lopside_model::tables::Flow;
use lopside_model::time::SECOND;

/// Two sensors see one packet within this time of each other.
const SENSORS_APART: i64 = 2 * SECOND;
/// Without agreeing counts, two sensors must agree on the start this closely.
const STARTS_AGREE: i64 = SECOND / 2;
/// A flow continues another of its conversation after at most this pause.
const CHAIN_GAP: i64 = 15 * 60 * SECOND;
/// An endpoint's own record of a conversation is written within this time of its end.
const NATIVE_APART: i64 = 5 * SECOND;
/// How many later starts are looked at for a copy: bounds the work on a tuple with millions of flows.
const LOOK_AHEAD: usize = 64;

/// A flow with every record that speaks of it.
#[derive(Clone, Debug)]
pub struct MergedFlow<'a> {
    /// The record that tells it best; its counts are the best of all records.
    pub row: Flow<'a>,
    /// The record that names process and bytes together, if any.
    pub native: Option<Box<Flow<'a>>>,
    /// Every further record, sorted: `row` is the first.
    pub more: Vec<Origin>,
    /// Uids of every further record.
    pub more_uids: Vec<&'a str>,
    /// Whether it continues the flow before it.
    pub continues: bool,
}

impl<'a> MergedFlow<'a> {
    #[inline]
    fn new(row: &Flow<'a>) -> MergedFlow<'a> {
        MergedFlow {
            native: (row.kind == FlowKind::Native.code()).then(|| Box::new(*row)),
            more: Vec::new(),
            more_uids: Vec::new(),
            continues: false,
            row: *row,
        }
    }

    /// Where the row itself was written.
    pub fn origin(&self) -> Origin {
        Origin { input: self.row.input, record: self.row.record }
    }

    /// Uids of every record.
    pub fn uids(&self) -> impl Iterator<Item = &'a str> {
        self.row.uid.into_iter().chain(self.more_uids.iter().copied())
    }

    /// The last moment that is known of it.
    pub fn end(&self) -> i64 {
        self.row.end.unwrap_or(self.row.start).max(self.row.start)
    }

    fn has_uid(&self, uid: Option<&str>) -> bool {
        uid.is_some_and(|uid| self.uids().any(|known| known == uid))
    }

    fn absorb(&mut self, other: &MergedFlow<'a>) {
        let own = self.origin();
        self.more.extend([other.origin()].iter().chain(&other.more).filter(|origin| **origin != own));
        for uid in other.uids() {
            if !self.has_uid(Some(uid)) {
                self.more_uids.push(uid);
            }
        }
        if self.native.is_none() {
            self.native.clone_from(&other.native);
        }
    }
}

/// Bytes that the source of a flow sent.
pub fn source_bytes(flow: &Flow<'_>) -> Bytes {
    Bytes::new(flow.source_bytes, Quality::from_code(flow.source_quality))
}

/// Bytes that the destination of a flow sent.
pub fn destination_bytes(flow: &Flow<'_>) -> Bytes {
    Bytes::new(flow.destination_bytes, Quality::from_code(flow.destination_quality))
}

/// What the source of a flow sent, below the payload.
pub fn source_weight(flow: &Flow<'_>) -> Weight {
    Weight {
        packets: flow.source_packets,
        ip_bytes: flow.source_ip_bytes,
        frame_bytes: flow.source_frame_bytes,
    }
}

/// What the destination of a flow sent, below the payload.
pub fn destination_weight(flow: &Flow<'_>) -> Weight {
    Weight {
        packets: flow.destination_packets,
        ip_bytes: flow.destination_ip_bytes,
        frame_bytes: flow.destination_frame_bytes,
    }
}

/// Which end of a record that names process and bytes the process stands at: the one it calls local.
pub fn native_end_is_source(flow: &Flow<'_>) -> bool {
    flow.source_local == Some(1) || flow.destination_local != Some(1)
}

/// Merges the records of one conversation.
pub fn merge<'a>(flows: &[Flow<'a>]) -> Vec<MergedFlow<'a>> {
    if let [only] = flows {
        return Vec::from([MergedFlow::new(only)]);
    }
    let mut merged: Vec<MergedFlow<'a>> = Vec::with_capacity(flows.len());
    for row in flows {
        let same = merged.iter_mut().rev().take(LOOK_AHEAD).find(|known| known.has_uid(row.uid));
        match same {
            Some(known) => later_total(known, &MergedFlow::new(row)),
            None => merged.push(MergedFlow::new(row)),
        }
    }
    let one_sensor = merged.windows(2).all(|pair| matches!(pair, [a, b] if a.row.sensor == b.row.sensor));
    if !one_sensor {
        merged = across_sensors(merged);
    }
    for flow in &mut merged {
        flow.more.sort_unstable();
        flow.more.dedup();
    }
    merged.sort_by_key(|flow| (flow.row.start, flow.origin()));
    chain(merged)
}

/// Running totals and the final record of one flow, or a record that was read twice: the largest stands.
fn later_total<'a>(known: &mut MergedFlow<'a>, flow: &MergedFlow<'a>) {
    let total = |row: &Flow<'_>| {
        (
            row.kind != FlowKind::Running.code(),
            row.source_bytes.unwrap_or(0).saturating_add(row.destination_bytes.unwrap_or(0)),
        )
    };
    known.absorb(flow);
    if total(&flow.row) > total(&known.row) {
        // The counts of the larger record, told under the place of the first.
        let (input, record) = (known.row.input, known.row.record);
        let start = known.row.start.min(flow.row.start);
        known.row = Flow { start, input, record, ..flow.row };
    }
}

/// The same flow at several sensors becomes one.
fn across_sensors(flows: Vec<MergedFlow<'_>>) -> Vec<MergedFlow<'_>> {
    let mut result: Vec<MergedFlow<'_>> = Vec::with_capacity(flows.len());
    let mut sensors: Vec<Vec<&str>> = Vec::with_capacity(flows.len());
    for flow in flows {
        let candidate = result
            .iter()
            .zip(&sensors)
            .enumerate()
            .rev()
            .take(LOOK_AHEAD)
            .filter(|(_, (known, seen_by))| {
                !seen_by.contains(&flow.row.sensor) && same_flow(known, &flow)
                    || is_part(known, seen_by, &flow)
            })
            .min_by_key(|(index, (known, _))| (known.row.start.abs_diff(flow.row.start), *index))
            .map(|(index, _)| index);
        match candidate.and_then(|index| Some((result.get_mut(index)?, sensors.get_mut(index)?))) {
            Some((known, seen_by)) => {
                seen_by.push(flow.row.sensor);
                best_of(known, &flow);
            }
            None => {
                sensors.push(vec![flow.row.sensor]);
                result.push(flow);
            }
        }
    }
    result
}

fn same_flow(a: &MergedFlow<'_>, b: &MergedFlow<'_>) -> bool {
    if a.native.is_some() != b.native.is_some() {
        // An endpoint writes its record when the conversation ends and seldom knows when it began.
        let (native, flow) = if a.native.is_some() { (a, b) } else { (b, a) };
        return native.row.source_port != 0
            && native.end() >= flow.row.start - NATIVE_APART
            && native.end() <= flow.end() + NATIVE_APART;
    }
    let apart = a.row.start.abs_diff(b.row.start);
    let forward = close(source_bytes(&a.row), aligned(a, b).0);
    let backward = close(destination_bytes(&a.row), aligned(a, b).1);
    apart <= SENSORS_APART.unsigned_abs() && forward && backward || apart <= STARTS_AGREE.unsigned_abs()
}

/// A sensor that saw less of a conversation than another, or ends a flow after a shorter pause, writes parts of what the other wrote
/// whole: within its time, and without an opening of their own.
fn is_part(known: &MergedFlow<'_>, seen_by: &[&str], flow: &MergedFlow<'_>) -> bool {
    let elsewhere = seen_by.iter().any(|sensor| *sensor != flow.row.sensor);
    elsewhere
        && known.native.is_none()
        && flow.native.is_none()
        && !flow.row.opening
        && flow.row.start >= known.row.start
        && flow.end() <= known.end().saturating_add(STARTS_AGREE)
}

/// The counts of `b` in the orientation of `a`.
fn aligned(a: &MergedFlow<'_>, b: &MergedFlow<'_>) -> (Bytes, Bytes) {
    let (source, destination) = (source_bytes(&b.row), destination_bytes(&b.row));
    if same_orientation(&a.row, &b.row) { (source, destination) } else { (destination, source) }
}

fn same_orientation(a: &Flow<'_>, b: &Flow<'_>) -> bool {
    a.source_ip == b.source_ip && a.source_port == b.source_port
}

/// Within five in a hundred of each other, or not to be compared.
fn close(a: Bytes, b: Bytes) -> bool {
    match (a.measured(), b.measured()) {
        (Some(a), Some(b)) => a.abs_diff(b).saturating_mul(20) <= a.max(b).max(2_000),
        _ => true,
    }
}

/// Keeps, for each direction, the better measurement of two sensors; within one layer only.
fn best_of<'a>(known: &mut MergedFlow<'a>, other: &MergedFlow<'a>) {
    let rank = |bytes: Bytes| (std::cmp::Reverse(bytes.quality), bytes.count);
    let (theirs_out, theirs_in) = aligned(known, other);
    let native_counts = known.native.is_some() && other.native.is_none();
    if known.row.layer == other.row.layer || native_counts {
        let mine = (source_bytes(&known.row), destination_bytes(&known.row));
        let out = if rank(theirs_out) > rank(mine.0) { theirs_out } else { mine.0 };
        let received = if rank(theirs_in) > rank(mine.1) { theirs_in } else { mine.1 };
        known.row.source_bytes = out.count;
        known.row.source_quality = out.quality.code();
        known.row.destination_bytes = received.count;
        known.row.destination_quality = received.quality.code();
    }
    weights(&mut known.row, &other.row);
    if native_counts {
        // The sensor saw the packets: its times are those of the wire.
        known.row.start = other.row.start;
        known.row.opening = other.row.opening;
    } else if other.native.is_none() {
        known.row.start = known.row.start.min(other.row.start);
        known.row.opening |= other.row.opening;
    }
    known.row.end = known.row.end.max(other.row.end);
    known.row.answered |= other.row.answered;
    known.row.initiator_known |= other.row.initiator_known && same_orientation(&known.row, &other.row);
    known.row.service = known.row.service.or(other.row.service);
    known.row.source_local = known.row.source_local.max(other.row.source_local);
    known.row.destination_local = known.row.destination_local.max(other.row.destination_local);
    known.row.remote_name = known.row.remote_name.or(other.row.remote_name);
    known.row.tunnel_parents = known.row.tunnel_parents.or(other.row.tunnel_parents);
    if same_orientation(&known.row, &other.row) {
        known.row.payload = known.row.payload.or(other.row.payload);
    }
    let measured = |code: u8| Quality::from_code(code).measured();
    if measured(known.row.source_quality) && measured(known.row.destination_quality) {
        known.row.unmeasured_why = None;
    } else {
        known.row.unmeasured_why = known.row.unmeasured_why.or(other.row.unmeasured_why);
    }
    known.absorb(other);
}

/// Keeps for each direction what is counted below the payload, of either sensor.
fn weights(known: &mut Flow<'_>, other: &Flow<'_>) {
    let (source, destination) = (source_weight(other), destination_weight(other));
    let (source, destination) =
        if same_orientation(known, other) { (source, destination) } else { (destination, source) };
    let (out, received) = (source_weight(known).or(source), destination_weight(known).or(destination));
    known.source_packets = out.packets;
    known.source_ip_bytes = out.ip_bytes;
    known.source_frame_bytes = out.frame_bytes;
    known.destination_packets = received.packets;
    known.destination_ip_bytes = received.ip_bytes;
    known.destination_frame_bytes = received.frame_bytes;
}

/// Marks flows that continue the one before: a record without an opening, soon after.
fn chain(mut flows: Vec<MergedFlow<'_>>) -> Vec<MergedFlow<'_>> {
    let mut last: Option<(i64, bool)> = None;
    for flow in &mut flows {
        if let Some((end, native)) = last {
            flow.continues = !flow.row.opening
                && !native
                && flow.native.is_none()
                && flow.row.start <= end.saturating_add(CHAIN_GAP);
        }
        last = Some((flow.end().max(last.map_or(i64::MIN, |(end, _)| end)), flow.native.is_some()));
    }
    flows
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lopside_model::net::{bits, parse_ip};

    pub(crate) fn flow(sensor: &'static str, uid: &'static str, start: i64) -> Flow<'static> {
        Flow {
            sensor,
            uid: Some(uid),
            kind: FlowKind::Final.code(),
            start,
            end: Some(start + SECOND),
            protocol: 6,
            source_ip: bits(parse_ip("10.20.30.41").unwrap()),
            source_port: 51_544,
            destination_ip: bits(parse_ip("203.0.113.77").unwrap()),
            destination_port: 8_443,
            initiator_known: true,
            opening: true,
            answered: true,
            source_bytes: Some(100_000),
            source_quality: Quality::Exact.code(),
            destination_bytes: Some(1_000),
            destination_quality: Quality::Exact.code(),
            layer: 0,
            source_packets: Some(100),
            destination_packets: Some(50),
            missed_bytes: Some(0),
            state: Some("SF"),
            input: 0,
            record: u64::try_from(start / SECOND).unwrap_or(0) + 1,
            ..Flow::default()
        }
    }

    #[test]
    fn two_sensors_make_one_flow_with_both_records() {
        let mut second = flow("b", "u2", 300_000);
        second.source_bytes = Some(101_000);
        second.input = 1;
        let merged = merge(&[flow("a", "u1", 0), second]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].more.len(), 1);
        assert_eq!(merged[0].row.source_bytes, Some(101_000));
    }

    #[test]
    fn parts_that_another_sensor_saw_whole_are_one_flow_with_it() {
        let mut whole = flow("a", "u1", 0);
        whole.end = Some(1_000 * SECOND);
        let part = |uid, start: i64, bytes| {
            let mut part = flow("b", uid, start);
            part.input = 1;
            part.opening = start == 0;
            part.source_bytes = Some(bytes);
            part
        };
        let merged = merge(&[whole, part("u2", 0, 40_000), part("u3", 400 * SECOND, 60_000)]);
        assert_eq!(merged.len(), 1);
        assert_eq!((merged[0].row.source_bytes, merged[0].more.len()), (Some(100_000), 2));
        // One with an opening is another flow, and so is one that goes on afterwards.
        let mut other = part("u4", 400 * SECOND, 60_000);
        other.opening = true;
        let mut longer = part("u5", 400 * SECOND, 60_000);
        longer.end = Some(2_000 * SECOND);
        assert_eq!(merge(&[whole, other]).len(), 2);
        assert_eq!(merge(&[whole, longer]).len(), 2);
    }

    #[test]
    fn one_sensor_reusing_a_port_makes_two() {
        let merged = merge(&[flow("a", "u1", 0), flow("a", "u2", 300_000)]);
        assert_eq!(merged.len(), 2);
        assert!(!merged[1].continues);
    }

    #[test]
    fn a_running_total_gives_way_to_the_final_record() {
        let mut running = flow("a", "u1", 0);
        running.kind = FlowKind::Running.code();
        running.source_bytes = Some(60_000);
        let merged = merge(&[running, flow("a", "u1", 0)]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].row.source_bytes, Some(100_000));
    }

    #[test]
    fn each_sensor_gives_the_direction_it_saw() {
        let mut one = flow("a", "u1", 0);
        one.destination_bytes = None;
        one.destination_quality = Quality::Unmeasured.code();
        one.unmeasured_why = Some("one side only");
        let mut other = flow("b", "u2", 100);
        other.source_bytes = None;
        other.source_quality = Quality::Unmeasured.code();
        let merged = merge(&[one, other]);
        assert_eq!(merged.len(), 1);
        assert_eq!(
            (merged[0].row.source_bytes, merged[0].row.destination_bytes),
            (Some(100_000), Some(1_000))
        );
        assert_eq!(merged[0].row.unmeasured_why, None);
    }

    #[test]
    fn a_record_without_an_opening_continues_the_one_before() {
        let mut rest = flow("a", "u2", 400 * SECOND);
        rest.opening = false;
        let mut late = flow("a", "u3", 4_000 * SECOND);
        late.opening = false;
        let merged = merge(&[flow("a", "u1", 0), rest, late]);
        assert_eq!(merged.iter().map(|flow| flow.continues).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn an_endpoints_own_record_lends_its_process_to_the_sensors_flow() {
        let mut native = flow("elastic", "e1", SECOND);
        native.kind = FlowKind::Native.code();
        native.host = Some("ws-0417");
        native.pid = Some(6_120);
        let merged = merge(&[flow("a", "u1", 0), native]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].native.as_ref().unwrap().pid, Some(6_120));
        assert_eq!(merged[0].row.start, 0);
    }
}
