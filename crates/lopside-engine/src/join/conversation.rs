//! One partition of the first exchange, folded conversation by conversation.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use lopside_model::net::{Conversation, Endpoint, Protocol, bits, from_bits};
use lopside_model::table::Table;
use lopside_model::tables::{Connection, FileSeen, Flow, FlowName};

use crate::error::EngineError;
use crate::exchange::Batch;
use crate::join::large::SortedConversations;
pub use crate::join::slices::Slice;
use crate::join::slices::{SLICE, cut, names_of};
use crate::order::Sorted;

/// The tables of one partition of the first exchange.
#[derive(Debug, Default)]
pub struct ConversationTables {
    /// Flow records of every sensor.
    pub flows: Vec<Batch<Flow<'static>>>,
    /// Connections of every host.
    pub connections: Vec<Batch<Connection<'static>>>,
    /// Names that conversations carry.
    pub names: Vec<Batch<FlowName<'static>>>,
    /// What sensors' logs tell of content, sent here by the uid of the flow or by its ends.
    pub files: Vec<Batch<FileSeen<'static>>>,
}

/// Everything that speaks of one conversation: rows in a total order that does not depend on their arrival.
#[derive(Debug)]
pub struct Group<'a, 'b> {
    /// The two ends.
    pub conversation: Conversation,
    /// Flow records by start.
    pub flows: &'b [Flow<'a>],
    /// Connections by time.
    pub connections: &'b [Connection<'a>],
    /// Names by trust, then time.
    pub names: &'b [FlowName<'a>],
    /// Whether any connection speaks of the conversation.
    pub spoken_of: bool,
    /// The slice of a conversation with very many flows; `None` where it is whole. Among the connections are those of the slice.
    pub slice: Option<Slice>,
}

/// Which conversations are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// Every one.
    All,
    /// Those that some host's connection speaks of.
    WithConnections,
}

/// What is done with a conversation, or with a slice of it.
pub(super) type GroupFold<'f> = dyn FnMut(&Group<'_, '_>) -> Result<(), EngineError> + 'f;

/// The time of a connection that decides to which slice of its conversation it belongs.
pub type ConnectionTime<'c> = dyn Fn(&Connection<'_>) -> i64 + 'c;

/// The conversations of one partition.
pub enum Conversations {
    /// Held whole.
    Whole(ConversationTables),
    /// On disk, because they are too many to be held.
    Sorted(SortedConversations),
}

impl From<ConversationTables> for Conversations {
    fn from(tables: ConversationTables) -> Self {
        Conversations::Whole(tables)
    }
}

impl Conversations {
    /// What sensors' logs tell of content.
    pub fn files(&self) -> &[Batch<FileSeen<'static>>] {
        match self {
            Conversations::Whole(tables) => &tables.files,
            Conversations::Sorted(tables) => &tables.files,
        }
    }

    /// Calls `fold` for each conversation, in an order that does not depend on arrival. `time` says to which slice a connection belongs.
    ///
    /// # Errors
    /// When `fold` fails, or rows cannot be read back.
    pub fn each(
        &self,
        folded: Folded,
        time: &ConnectionTime<'_>,
        mut fold: impl FnMut(&Group<'_, '_>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        match self {
            Conversations::Whole(tables) => each(tables, folded, &mut fold),
            Conversations::Sorted(tables) => tables.each(folded, time, &mut fold),
        }
    }
}

/// The order of flows that begin together.
pub(crate) fn flow_tie(a: &Flow<'_>, b: &Flow<'_>) -> Ordering {
    (a.end, a.sensor, a.uid, a.input, a.record).cmp(&(b.end, b.sensor, b.uid, b.input, b.record))
}

/// The order of connections of one moment.
pub(crate) fn connection_tie(a: &Connection<'_>, b: &Connection<'_>) -> Ordering {
    (a.host, a.class, a.input, a.record).cmp(&(b.host, b.class, b.input, b.record))
}

fn each(
    tables: &ConversationTables,
    folded: Folded,
    fold: &mut impl FnMut(&Group<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let (mut own_flows, mut own_connections) = (Vec::new(), Vec::new());
    let (mut by_time, mut own_names) = (Vec::new(), Vec::new());
    let flows = Sorted::new(&tables.flows, flow_tie);
    let connections = Sorted::new(&tables.connections, connection_tie);
    let names = Sorted::new(&tables.names, name_order);
    let (mut flow, mut connection, mut name) = (0, 0, 0);
    loop {
        let heads = [flows.key(flow).map(|key| key.0), connections.key(connection).map(|key| key.0)];
        let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
        if folded == Folded::WithConnections && heads[1] != Some(hash) {
            while flows.key(flow).is_some_and(|key| key.0 == hash) {
                flow += 1;
            }
            continue;
        }
        // Names of conversations that no flow speaks of are passed over.
        while names.key(name).is_some_and(|key| key.0 < hash) {
            name += 1;
        }
        own_connections.clear();
        by_time.clear();
        take(&connections, &mut connection, usize::MAX, hash, &mut own_connections);
        take(&names, &mut name, usize::MAX, hash, &mut by_time);
        let mut from = i64::MIN;
        loop {
            own_flows.clear();
            take(&flows, &mut flow, SLICE, hash, &mut own_flows);
            let mut next = flows.key(flow).filter(|key| key.0 == hash).map(|key| key.1);
            if let Some(start) = next {
                let kept = cut(own_flows.iter().map(|row| row.start), start);
                flow -= own_flows.len() - kept;
                next = flows.key(flow).map(|key| key.1);
                own_flows.truncate(kept);
            }
            let slice = Slice::between(from, next);
            names_of(slice, &by_time, &mut own_names);
            let rows = Rows {
                flows: &own_flows,
                connections: &own_connections,
                names: &own_names,
                spoken_of: !own_connections.is_empty(),
            };
            rows.fold(slice, fold)?;
            let Some(next) = next else { break };
            from = next;
        }
    }
}

/// Takes the rows of a key off the front of an order.
fn take<'t, T: Table>(
    sorted: &Sorted<'t, T>,
    position: &mut usize,
    most: usize,
    key: u64,
    into: &mut Vec<T::Row<'t>>,
) {
    while into.len() < most && sorted.key(*position).is_some_and(|(own, _)| own == key) {
        sorted.with(*position, |row| into.push(row));
        *position += 1;
    }
}

/// Names by trust, then time, then whatever makes the order total.
pub(crate) fn name_order(a: &FlowName<'_>, b: &FlowName<'_>) -> Ordering {
    (a.origin, a.time, a.sensor, a.uid, a.name).cmp(&(b.origin, b.time, b.sensor, b.uid, b.name))
}

/// The rows of one hash: nearly always of one conversation.
pub(super) struct Rows<'t, 'b> {
    pub(super) flows: &'b [Flow<'t>],
    pub(super) connections: &'b [Connection<'t>],
    pub(super) names: &'b [FlowName<'t>],
    /// Whether any connection has this hash, be it of another slice.
    pub(super) spoken_of: bool,
}

impl<'t, 'b> Rows<'t, 'b> {
    /// Connections that no flow speaks of.
    pub(super) fn of_connections(connections: &'b [Connection<'t>]) -> Rows<'t, 'b> {
        Rows { flows: &[], connections, names: &[], spoken_of: !connections.is_empty() }
    }
}

impl Rows<'_, '_> {
    pub(super) fn fold(
        &self,
        slice: Option<Slice>,
        fold: &mut (impl FnMut(&Group<'_, '_>) -> Result<(), EngineError> + ?Sized),
    ) -> Result<(), EngineError> {
        let first =
            self.flows.first().map(flow_ends).or_else(|| self.connections.first().map(connection_ends));
        let Some(conversation) = first else { return Ok(()) };
        let low = (bits(conversation.low.ip), conversation.low.port);
        let high = (bits(conversation.high.ip), conversation.high.port);
        let belongs = |source: (u128, u16), destination: (u128, u16), protocol: u8| {
            protocol == conversation.protocol.0
                && ((source, destination) == (low, high) || (source, destination) == (high, low))
        };
        macro_rules! alone {
            ($rows:expr) => {
                $rows.iter().all(|row| {
                    let source = (row.source_ip, row.source_port);
                    belongs(source, (row.destination_ip, row.destination_port), row.protocol)
                })
            };
        }
        if alone!(self.flows) && alone!(self.connections) && alone!(self.names) {
            return fold(&Group {
                conversation,
                flows: self.flows,
                connections: self.connections,
                names: self.names,
                spoken_of: self.spoken_of,
                slice,
            });
        }
        self.fold_apart(slice, fold)
    }

    /// Two conversations share a hash, by chance or by somebody's will: each is folded for itself.
    fn fold_apart(
        &self,
        slice: Option<Slice>,
        fold: &mut (impl FnMut(&Group<'_, '_>) -> Result<(), EngineError> + ?Sized),
    ) -> Result<(), EngineError> {
        let all: BTreeSet<Conversation> =
            self.flows.iter().map(flow_ends).chain(self.connections.iter().map(connection_ends)).collect();
        for conversation in all {
            let flows: Vec<Flow<'_>> =
                self.flows.iter().filter(|row| flow_ends(row) == conversation).copied().collect();
            let connections: Vec<Connection<'_>> =
                self.connections.iter().filter(|row| connection_ends(row) == conversation).copied().collect();
            let names: Vec<FlowName<'_>> =
                self.names.iter().filter(|row| name_ends(row) == conversation).copied().collect();
            // Of two conversations the connections of other slices are not told apart.
            let spoken_of = !connections.is_empty();
            fold(&Group {
                conversation,
                flows: &flows,
                connections: &connections,
                names: &names,
                spoken_of,
                slice,
            })?;
        }
        Ok(())
    }
}

/// The conversation that a flow record speaks of.
pub fn flow_ends(flow: &Flow<'_>) -> Conversation {
    ends((flow.source_ip, flow.source_port), (flow.destination_ip, flow.destination_port), flow.protocol)
}

/// The conversation that a connection speaks of.
pub fn connection_ends(connection: &Connection<'_>) -> Conversation {
    ends(
        (connection.source_ip, connection.source_port),
        (connection.destination_ip, connection.destination_port),
        connection.protocol,
    )
}

/// The conversation that a sensor's log tells of, where the record names its ends.
pub fn seen_ends(seen: &FileSeen<'_>) -> Option<Conversation> {
    let (source, destination) = (seen.source_ip?, seen.destination_ip?);
    Some(ends((source, seen.source_port), (destination, seen.destination_port), seen.protocol?))
}

/// The conversation that carries a name.
pub fn name_ends(name: &FlowName<'_>) -> Conversation {
    ends((name.source_ip, name.source_port), (name.destination_ip, name.destination_port), name.protocol)
}

fn ends(source: (u128, u16), destination: (u128, u16), protocol: u8) -> Conversation {
    Conversation::between(
        Endpoint::new(from_bits(source.0), source.1),
        Endpoint::new(from_bits(destination.0), destination.1),
        Protocol(protocol),
    )
}
