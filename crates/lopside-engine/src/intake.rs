//! From records to the first exchange: every row goes to the partition where it is needed.
//!
//! Flows, connections and the names that conversations carry go by conversation; what concerns one host goes by host; lookups that
//! a sensor saw wait by client address until it is known whose address that is; files whose record names no ends wait by uid until
//! their flow is found.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use lopside_model::Micros;
use lopside_model::net::{StableHash, from_bits};
use lopside_model::record::{EventClass, FlowKind, LocalEnd, Record};
use lopside_model::table;
use lopside_model::tables::{
    Access, Bind, Connection, Contact, FileSeen, Flow, FlowName, Lease, Lookup, ProcessEnd, ProcessStart,
    Transfer,
};
use lopside_model::time::SECOND;
use lopside_sources::source::Sink;

use crate::error::EngineError;
use crate::exchange::{Budget, Exchange, Outbox};
use crate::join::conversation::{connection_ends, flow_ends, name_ends, seen_ends};
use crate::join::duplicates::native_end_is_source;
use crate::join::owners::Claims;

table! {
    /// Where the flow of a uid went: so that records which know only the uid can follow it.
    Locator, LocatorBuilder, LocatorColumns, "locator" {
        /// The uid.
        uid: OptText,
        /// The partition of its conversation.
        partition: Small,
    }
}

/// Every table on its way.
pub struct Exchanges {
    /// By conversation.
    pub flows: Exchange<Flow<'static>>,
    /// By conversation.
    pub connections: Exchange<Connection<'static>>,
    /// By conversation.
    pub names: Exchange<FlowName<'static>>,
    /// By conversation, once located.
    pub files: Exchange<FileSeen<'static>>,
    /// By uid.
    pub files_by_uid: Exchange<FileSeen<'static>>,
    /// By uid.
    pub locators: Exchange<Locator<'static>>,
    /// By client address.
    pub sensor_lookups: Exchange<Lookup<'static>>,
    /// By host.
    pub lookups: Exchange<Lookup<'static>>,
    /// By host.
    pub starts: Exchange<ProcessStart<'static>>,
    /// By host.
    pub ends: Exchange<ProcessEnd<'static>>,
    /// By host.
    pub accesses: Exchange<Access<'static>>,
    /// By host.
    pub binds: Exchange<Bind<'static>>,
    /// By host.
    pub transfers: Exchange<Transfer<'static>>,
    /// By host.
    pub contacts: Exchange<Contact<'static>>,
    /// What may be held of them.
    pub budget: Arc<Budget>,
}

impl Exchanges {
    /// Empty exchanges of this many partitions each.
    pub fn new(partitions: usize, budget: &Arc<Budget>) -> Exchanges {
        Exchanges {
            flows: Exchange::new(partitions, |row| flow_ends(row).stable_hash(), budget),
            connections: Exchange::new(partitions, |row| connection_ends(row).stable_hash(), budget),
            names: Exchange::new(partitions, |row| name_ends(row).stable_hash(), budget),
            files: Exchange::new(partitions, |row| uid_hash(Some(row.uid)), budget),
            files_by_uid: Exchange::new(partitions, |row| uid_hash(Some(row.uid)), budget),
            locators: Exchange::new(partitions, |row| uid_hash(row.uid), budget),
            sensor_lookups: Exchange::new(
                partitions,
                |row| StableHash::of(&row.client_ip.unwrap_or(0).to_le_bytes()),
                budget,
            ),
            lookups: Exchange::new(partitions, |row| host_hash(row.host.unwrap_or("")), budget),
            starts: Exchange::new(partitions, |row| host_hash(row.host), budget),
            ends: Exchange::new(partitions, |row| host_hash(row.host), budget),
            accesses: Exchange::new(partitions, |row| host_hash(row.host), budget),
            binds: Exchange::new(partitions, |row| host_hash(row.host), budget),
            transfers: Exchange::new(partitions, |row| host_hash(row.host.unwrap_or("")), budget),
            contacts: Exchange::new(partitions, |row| host_hash(row.host), budget),
            budget: Arc::clone(budget),
        }
    }
}

/// The hash by which everything of one host meets.
pub fn host_hash(host: &str) -> u64 {
    StableHash::of(host.as_bytes())
}

/// The hash by which records that know only the uid of their flow meet it.
pub(crate) fn uid_hash(uid: Option<&str>) -> u64 {
    StableHash::of(uid.unwrap_or("").as_bytes())
}

/// What all workers learned while reading.
#[derive(Debug, Default)]
pub struct Learned {
    /// Hosts of which any endpoint event was read.
    pub monitored: BTreeSet<String>,
    /// Who claims which address: by connections, leases, and records that name host and address themselves.
    pub claims: Claims,
    /// Uids of flows that enclose others.
    pub tunnels: BTreeSet<String>,
    /// The first thing that went wrong.
    pub error: Option<EngineError>,
}

impl Learned {
    /// Adds what another worker learned.
    pub fn merge(&mut self, other: Learned) {
        self.monitored.extend(other.monitored);
        self.claims.merge(other.claims);
        self.tunnels.extend(other.tunnels);
        self.error = self.error.take().or(other.error);
    }

    /// A connection whose own end is certain proves that its host holds that address.
    fn claim(&mut self, connection: &Connection<'_>) {
        let ip = match LocalEnd::from_code(connection.local_end) {
            LocalEnd::Source | LocalEnd::SourceAccepted => connection.source_ip,
            LocalEnd::Destination => connection.destination_ip,
            LocalEnd::Unknown => return,
        };
        let class = EventClass::from_code(connection.class);
        self.claims.add(from_bits(ip), connection.host, class, Micros(connection.time));
    }

    /// Tunnels, and the hosts that name their address in their own flow records.
    fn note(&mut self, flow: &Flow<'_>) {
        if let Some(parents) = flow.tunnel_parents {
            self.tunnels.extend(parents.split(',').filter(|uid| !uid.is_empty()).map(str::to_owned));
        }
        if flow.kind == FlowKind::Native.code()
            && let Some(host) = flow.host
        {
            let local = if native_end_is_source(flow) { flow.source_ip } else { flow.destination_ip };
            self.claims.add(from_bits(local), host, EventClass::Sensor, Micros(flow.start));
        }
    }

    fn lease(&mut self, row: &Lease<'_>) {
        if let Some(host) = row.host {
            let until = row.time.saturating_add(i64::from(row.seconds.unwrap_or(0)).saturating_mul(SECOND));
            self.claims.add_span(from_bits(row.ip), host, EventClass::Sensor, row.time, until);
        }
    }
}

/// One worker's way into the exchanges.
pub struct Intake<'e> {
    flows: Outbox<'e, Flow<'static>>,
    connections: Outbox<'e, Connection<'static>>,
    names: Outbox<'e, FlowName<'static>>,
    files: Outbox<'e, FileSeen<'static>>,
    files_by_uid: Outbox<'e, FileSeen<'static>>,
    sensor_lookups: Outbox<'e, Lookup<'static>>,
    lookups: Outbox<'e, Lookup<'static>>,
    starts: Outbox<'e, ProcessStart<'static>>,
    ends: Outbox<'e, ProcessEnd<'static>>,
    accesses: Outbox<'e, Access<'static>>,
    binds: Outbox<'e, Bind<'static>>,
    learned: Learned,
    last_host: String,
    results: &'e Mutex<Learned>,
}

impl<'e> Intake<'e> {
    /// An intake into these exchanges; what it learned goes to `results` when it is closed.
    pub fn new(exchanges: &'e Exchanges, results: &'e Mutex<Learned>) -> Intake<'e> {
        Intake {
            flows: Outbox::new(&exchanges.flows),
            connections: Outbox::new(&exchanges.connections),
            names: Outbox::new(&exchanges.names),
            files: Outbox::new(&exchanges.files),
            files_by_uid: Outbox::new(&exchanges.files_by_uid),
            sensor_lookups: Outbox::new(&exchanges.sensor_lookups),
            lookups: Outbox::new(&exchanges.lookups),
            starts: Outbox::new(&exchanges.starts),
            ends: Outbox::new(&exchanges.ends),
            accesses: Outbox::new(&exchanges.accesses),
            binds: Outbox::new(&exchanges.binds),
            learned: Learned::default(),
            last_host: String::new(),
            results,
        }
    }

    /// Sends everything on.
    pub fn close(self) {
        let Intake {
            flows,
            connections,
            names,
            files,
            files_by_uid,
            sensor_lookups,
            lookups,
            starts,
            ends,
            accesses,
            binds,
            mut learned,
            results,
            ..
        } = self;
        let closed = [
            flows.close(),
            connections.close(),
            names.close(),
            files.close(),
            files_by_uid.close(),
            sensor_lookups.close(),
            lookups.close(),
            starts.close(),
            ends.close(),
            accesses.close(),
            binds.close(),
        ];
        for error in closed.into_iter().filter_map(Result::err) {
            learned.error.get_or_insert(error);
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).merge(learned);
    }

    fn monitored(&mut self, host: &str) {
        if self.last_host != host {
            host.clone_into(&mut self.last_host);
            if !self.learned.monitored.contains(host) {
                self.learned.monitored.insert(host.to_owned());
            }
        }
    }

    fn send(&mut self, record: &Record<'_>) -> Result<(), EngineError> {
        match record {
            Record::Flow(row) => self.flow(row),
            Record::Connection(row) => {
                self.monitored(row.host);
                self.learned.claim(row);
                self.connections.send(row)
            }
            Record::FlowName(row) => self.names.send(row),
            // What names the ends of its conversation need not ask where the flow of a uid is.
            Record::FileSeen(row) => match seen_ends(row) {
                Some(ends) => self.files.send_by(ends.stable_hash(), row),
                None => self.files_by_uid.send(row),
            },
            Record::ProcessStart(row) => {
                self.monitored(row.host);
                self.starts.send(row)
            }
            Record::ProcessEnd(row) => {
                self.monitored(row.host);
                self.ends.send(row)
            }
            Record::Access(row) => self.accesses.send(row),
            Record::Bind(row) => {
                self.monitored(row.host);
                self.binds.send(row)
            }
            Record::Lookup(row) => match (row.host, row.client_ip) {
                (Some(host), _) => {
                    self.monitored(host);
                    self.lookups.send(row)
                }
                (None, Some(_)) => self.sensor_lookups.send(row),
                (None, None) => Ok(()),
            },
            Record::Lease(row) => {
                self.learned.lease(row);
                Ok(())
            }
        }
    }

    fn flow(&mut self, row: &Flow<'_>) -> Result<(), EngineError> {
        if row.kind == FlowKind::Native.code()
            && let Some(host) = row.host
        {
            self.monitored(host);
        }
        self.learned.note(row);
        self.flows.send(row)
    }
}

impl Sink for Intake<'_> {
    fn seen(&mut self, _kind: &'static str, _time: Option<Micros>) {}

    fn put(&mut self, record: &Record<'_>) {
        if let Err(error) = self.send(record) {
            self.learned.error.get_or_insert(error);
        }
    }

    fn ignored(&mut self, _kind: &str) {}

    fn skipped(&mut self, _place: u64, _reason: &str) {}
}
