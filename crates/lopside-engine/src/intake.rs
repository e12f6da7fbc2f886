//! From records to the first exchange: every row goes to the partition where it is needed.
//!
//! Flows, connections and the names that conversations carry go by conversation; what concerns one host goes by host; lookups that
//! a sensor saw wait by client address until it is known whose address that is; files wait by uid until their flow is found.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use lopside_model::Micros;
use lopside_model::net::{StableHash, from_bits};
use lopside_model::record::{EventClass, FlowKind, Record};
use lopside_model::table;
use lopside_model::tables::{
    Access, Bind, Connection, Contact, FileSeen, Flow, FlowName, Lease, Lookup, ProcessEnd, ProcessStart,
    Transfer,
};
use lopside_model::time::SECOND;
use lopside_sources::source::Sink;

use crate::error::EngineError;
use crate::exchange::{Budget, Exchange, Outbox};
use crate::join::conversation::{connection_ends, flow_ends, name_ends};
use crate::join::owners::Claims;

table! {
    /// Where the flow of a uid went: so that records which know only the uid can follow it.
    Locator, PackedLocator, LocatorBuilder, LocatorColumns, "locator" {
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
    /// By host, resolved and sorted by start, where transfers are asked for.
    pub told: Exchange<Transfer<'static>>,
}

impl Exchanges {
    /// Empty exchanges of this many partitions each.
    pub fn new(partitions: usize, budget: &Arc<Budget>) -> Exchanges {
        Exchanges {
            flows: Exchange::new(partitions, budget),
            connections: Exchange::new(partitions, budget),
            names: Exchange::new(partitions, budget),
            files: Exchange::new(partitions, budget),
            files_by_uid: Exchange::new(partitions, budget),
            locators: Exchange::new(partitions, budget),
            sensor_lookups: Exchange::new(partitions, budget),
            lookups: Exchange::new(partitions, budget),
            starts: Exchange::new(partitions, budget),
            ends: Exchange::new(partitions, budget),
            accesses: Exchange::new(partitions, budget),
            binds: Exchange::new(partitions, budget),
            transfers: Exchange::new(partitions, budget),
            contacts: Exchange::new(partitions, budget),
            told: Exchange::new(partitions, budget),
        }
    }
}

/// The hash by which everything of one host meets.
pub fn host_hash(host: &str) -> u64 {
    StableHash::of(host.as_bytes())
}

/// What all workers learned while reading.
#[derive(Debug, Default)]
pub struct Learned {
    /// Hosts of which any endpoint event was read.
    pub monitored: BTreeSet<String>,
    /// Who claims which address by lease.
    pub claims: Claims,
    /// The first thing that went wrong.
    pub error: Option<EngineError>,
}

impl Learned {
    /// Adds what another worker learned.
    pub fn merge(&mut self, other: Learned) {
        self.monitored.extend(other.monitored);
        self.claims.merge(other.claims);
        self.error = self.error.take().or(other.error);
    }
}

/// One worker's way into the exchanges.
pub struct Intake<'e> {
    flows: Outbox<'e, Flow<'static>>,
    connections: Outbox<'e, Connection<'static>>,
    names: Outbox<'e, FlowName<'static>>,
    files: Outbox<'e, FileSeen<'static>>,
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
            files: Outbox::new(&exchanges.files_by_uid),
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
                self.connections.send(connection_ends(row).stable_hash(), row)
            }
            Record::FlowName(row) => self.names.send(name_ends(row).stable_hash(), row),
            Record::FileSeen(row) => self.files.send(StableHash::of(row.uid.as_bytes()), row),
            Record::ProcessStart(row) => {
                self.monitored(row.host);
                self.starts.send(host_hash(row.host), row)
            }
            Record::ProcessEnd(row) => {
                self.monitored(row.host);
                self.ends.send(host_hash(row.host), row)
            }
            Record::Access(row) => self.accesses.send(host_hash(row.host), row),
            Record::Bind(row) => {
                self.monitored(row.host);
                self.binds.send(host_hash(row.host), row)
            }
            Record::Lookup(row) => match (row.host, row.client_ip) {
                (Some(host), _) => {
                    self.monitored(host);
                    self.lookups.send(host_hash(host), row)
                }
                (None, Some(ip)) => self.sensor_lookups.send(StableHash::of(&ip.to_le_bytes()), row),
                (None, None) => Ok(()),
            },
            Record::Lease(row) => {
                self.lease(row);
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
        self.flows.send(flow_ends(row).stable_hash(), row)
    }

    fn lease(&mut self, row: &Lease<'_>) {
        if let Some(host) = row.host {
            let until = row.time.saturating_add(i64::from(row.seconds.unwrap_or(0)).saturating_mul(SECOND));
            self.learned.claims.add_span(from_bits(row.ip), host, EventClass::Sensor, row.time, until);
        }
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
