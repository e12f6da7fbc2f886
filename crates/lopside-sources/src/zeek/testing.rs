//! A sink that keeps what it gets, and ways to read a few lines.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::record::{Record, SeenKind};
use lopside_model::tables::{FileSeen, Flow, FlowName, Lease, Lookup};

use crate::input::{InputStream, Limits};
use crate::job::{Job, Lend};
use crate::source::{InputInfo, Sink};

/// Everything that a reader said, as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) seen: BTreeMap<String, u64>,
    pub(crate) ignored: BTreeMap<String, u64>,
    pub(crate) skipped: Vec<(u64, String)>,
    pub(crate) flows: Vec<OwnedFlow>,
    pub(crate) rows: Vec<String>,
}

/// What tests look at in a flow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnedFlow {
    pub(crate) sensor: String,
    pub(crate) uid: Option<String>,
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
    pub(crate) protocol: u8,
    pub(crate) source: (u128, u16),
    pub(crate) destination: (u128, u16),
    pub(crate) kind: u8,
    pub(crate) flags: [bool; 3],
    pub(crate) out: (Option<u64>, u8),
    pub(crate) back: (Option<u64>, u8),
    pub(crate) layer: u8,
    pub(crate) why: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) local: [Option<u8>; 2],
    pub(crate) parents: Option<String>,
    pub(crate) place: u64,
}

impl Kept {
    /// Adds what another sink got.
    pub(crate) fn absorb(&mut self, other: Kept) {
        for (kind, count) in other.seen {
            *self.seen.entry(kind).or_default() += count;
        }
        for (kind, count) in other.ignored {
            *self.ignored.entry(kind).or_default() += count;
        }
        self.skipped.extend(other.skipped);
        self.flows.extend(other.flows);
        self.rows.extend(other.rows);
    }

    /// Brings what came in any order into one.
    pub(crate) fn sort(&mut self) {
        self.skipped.sort();
        self.flows.sort_by(|one, other| {
            (one.start, &one.uid, one.place).cmp(&(other.start, &other.uid, other.place))
        });
        self.rows.sort();
    }
}

impl Sink for Kept {
    fn seen(&mut self, kind: &'static str, _time: Option<Micros>) {
        *self.seen.entry(kind.to_owned()).or_default() += 1;
    }

    fn put(&mut self, record: &Record<'_>) {
        match record {
            Record::Flow(flow) => self.flows.push(owned(flow)),
            Record::FlowName(FlowName { sensor, uid, time, origin, name, .. }) => {
                self.rows.push(format!("name {sensor} {uid:?} {time} {origin} {name}"));
            }
            Record::FileSeen(FileSeen {
                sensor,
                uid,
                from_source,
                mime,
                name,
                seen_bytes,
                missing_bytes,
                kind,
                ..
            }) => {
                let kind = SeenKind::from_code(*kind).name();
                let bytes = format!("{seen_bytes:?} {missing_bytes:?}");
                self.rows.push(format!("{kind} {sensor} {uid} {from_source:?} {mime:?} {name:?} {bytes}"));
            }
            Record::Lookup(Lookup { client_ip, name, answer, ttl, .. }) => {
                let ip = |bits| lopside_model::net::from_bits(bits);
                self.rows.push(format!("lookup {:?} {name} {} {ttl:?}", client_ip.map(ip), ip(*answer)));
            }
            Record::Lease(Lease { ip, host, mac, seconds, .. }) => {
                self.rows.push(format!(
                    "lease {} {host:?} {mac:?} {seconds:?}",
                    lopside_model::net::from_bits(*ip)
                ));
            }
            other => self.rows.push(format!("{other:?}")),
        }
    }

    fn ignored(&mut self, kind: &str) {
        *self.ignored.entry(kind.to_owned()).or_default() += 1;
    }

    fn skipped(&mut self, place: u64, reason: &str) {
        self.skipped.push((place, reason.to_owned()));
    }
}

fn owned(flow: &Flow<'_>) -> OwnedFlow {
    OwnedFlow {
        sensor: flow.sensor.to_owned(),
        uid: flow.uid.map(str::to_owned),
        start: flow.start,
        end: flow.end,
        protocol: flow.protocol,
        source: (flow.source_ip, flow.source_port),
        destination: (flow.destination_ip, flow.destination_port),
        kind: flow.kind,
        flags: [flow.initiator_known, flow.opening, flow.answered],
        out: (flow.source_bytes, flow.source_quality),
        back: (flow.destination_bytes, flow.destination_quality),
        layer: flow.layer,
        why: flow.unmeasured_why.map(str::to_owned),
        service: flow.service.map(str::to_owned),
        state: flow.state.map(str::to_owned),
        local: [flow.source_local, flow.destination_local],
        parents: flow.tunnel_parents.map(str::to_owned),
        place: flow.record,
    }
}

/// Lends one sink.
struct One(std::sync::Mutex<Kept>);

impl Lend for One {
    fn lend(&self, call: &mut dyn FnMut(&mut dyn Sink)) {
        call(&mut *self.0.lock().unwrap());
    }
}

/// Reads bytes as an input of this name, with whatever source recognises them.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Kept {
    let sinks = One(std::sync::Mutex::new(Kept::default()));
    let limits = Limits::default();
    let sensor = super::sensor_of(name);
    let dispatchers = crate::job::Dispatchers::default();
    let job = Job::new(InputInfo { input: 7, name, sensor: &sensor }, &limits, &sinks, &dispatchers);
    let stream = InputStream::from_bytes(name, bytes);
    if let Some(source) = crate::recognise::stream_source(stream.head()) {
        (source.read)(stream, &job);
    }
    drop(job);
    sinks.0.into_inner().unwrap()
}
