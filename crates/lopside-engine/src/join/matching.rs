//! Which connection opened which flow: nearest in corrected time, on the same 5-tuple.
//!
//! In: the connections and merged flows of one conversation. Out: each connection's flow, or that no flow speaks of it.

use lopside_model::Micros;
use lopside_model::net::{Endpoint, Protocol, bits, from_bits, is_group};
use lopside_model::record::{EventClass, LocalEnd};
use lopside_model::tables::{Connection, Contact};
use lopside_model::time::SECOND;

use crate::join::clock::Corrected;
use crate::join::context::JoinContext;
use crate::join::conversation::{Group, Slice};
use crate::join::duplicates::MergedFlow;

/// A connection is written this close to the start of its flow, once clocks are corrected.
const NEAR: i64 = 5 * SECOND;
/// Endpoints report the first datagram of a process and stay silent for a while after it.
const DATAGRAM_SILENCE: i64 = 65 * SECOND;
/// Without an estimated clock, this much error is allowed for, at lower confidence.
const UNVERIFIED: i64 = 120 * SECOND;

/// A connection that was assigned to a flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'c, 't> {
    pub(super) connection: &'c Connection<'t>,
    pub(super) corrected: Corrected,
    /// 0 at the start of the flow, 1 within it, 2 only if the clock is wrong by no more than two minutes.
    pub(super) rank: u8,
    /// Corrected time minus start of the flow, microseconds, absolute.
    pub(super) apart: u64,
}

/// The connections of a conversation, each assigned to the flow it opened.
pub(super) struct Events<'c, 't> {
    /// By the number of the flow.
    assigned: Vec<(usize, Candidate<'c, 't>)>,
    pub(super) unmatched: Vec<&'c Connection<'t>>,
}

impl<'c, 't> Events<'c, 't> {
    pub(super) fn assign(
        group: &Group<'t, 'c>,
        flows: &[MergedFlow<'t>],
        context: &JoinContext,
    ) -> Events<'c, 't> {
        let mut events = Events { assigned: Vec::new(), unmatched: Vec::new() };
        for connection in group.connections {
            let event = EventClass::from_code(connection.class);
            let belongs = |slice: Slice| (slice.from..slice.until).contains(&slice_time(connection, context));
            if !group.slice.is_none_or(belongs) {
                continue;
            }
            let blocked = event == EventClass::Security5157;
            let time = Micros(connection.time);
            let best = context
                .clocks
                .correct(connection.host, event, time, connection.logged.map(Micros))
                .filter(|_| !blocked)
                .flat_map(|corrected| nearest(connection, corrected, flows))
                .min_by_key(|(index, candidate)| (candidate.rank, candidate.apart, *index));
            match best {
                Some(best) => events.assigned.push(best),
                None => events.unmatched.push(connection),
            }
        }
        events.assigned.sort_by_key(|(index, _)| *index);
        events
    }

    pub(super) fn of(&self, flow: usize) -> &[(usize, Candidate<'c, 't>)] {
        let from = self.assigned.partition_point(|(index, _)| *index < flow);
        let until = self.assigned.partition_point(|(index, _)| *index <= flow);
        self.assigned.get(from..until).unwrap_or_default()
    }
}

/// The time that decides to which slice of its conversation a connection belongs: its most likely one.
pub(super) fn slice_time(connection: &Connection<'_>, context: &JoinContext) -> i64 {
    let event = EventClass::from_code(connection.class);
    let logged = connection.logged.map(Micros);
    let mut times = context.clocks.correct(connection.host, event, Micros(connection.time), logged);
    let time = times.next().map_or(connection.time, |corrected| corrected.time.0);
    // A connection may be written a moment before the first packet is seen.
    time.saturating_add(SECOND / 10)
}

/// The flows around a corrected time that a connection may have opened.
fn nearest<'c, 't>(
    connection: &'c Connection<'t>,
    corrected: Corrected,
    flows: &[MergedFlow<'t>],
) -> impl Iterator<Item = (usize, Candidate<'c, 't>)> {
    let time = corrected.time.0;
    let after = flows.partition_point(|flow| flow.row.start <= time);
    let datagram = connection.protocol != Protocol::TCP.0;
    let early = if datagram { DATAGRAM_SILENCE } else { NEAR };
    (after.saturating_sub(2)..(after + 2).min(flows.len())).filter_map(move |index| {
        let flow = flows.get(index)?;
        let delta = time.saturating_sub(flow.row.start);
        let rank = match () {
            () if (-NEAR..=NEAR).contains(&delta) => 0,
            () if delta < 0 && -delta <= early => 1,
            () if delta > 0 && time <= flow.end().saturating_add(NEAR) => 1,
            () if !corrected.verified && delta.abs() <= UNVERIFIED => 2,
            () => return None,
        };
        Some((index, Candidate { connection, corrected, rank, apart: delta.unsigned_abs() }))
    })
}

/// The end of a connection that is the endpoint's own: as the event says, else by ownership of the address.
pub(super) fn own_end(connection: &Connection<'_>, context: &JoinContext) -> Endpoint {
    let source = Endpoint::new(from_bits(connection.source_ip), connection.source_port);
    let destination = Endpoint::new(from_bits(connection.destination_ip), connection.destination_port);
    match LocalEnd::from_code(connection.local_end) {
        LocalEnd::Source | LocalEnd::SourceAccepted => source,
        LocalEnd::Destination => destination,
        LocalEnd::Unknown => {
            let holds = |ip| context.owners.held_by(ip, connection.host);
            let group = |ip| is_group(ip);
            match (holds(source.ip), holds(destination.ip)) {
                (true, _) => source,
                (false, true) => destination,
                // An inbound datagram may be written with the group address it came to as its source.
                (false, false) if group(source.ip) && !group(destination.ip) => source,
                (false, false)
                    if context.is_local(destination.ip, None) && !context.is_local(source.ip, None) =>
                {
                    destination
                }
                (false, false) => source,
            }
        }
    }
}

/// Whether a connection says that its host opened the conversation. For datagrams the flag of the event cannot be trusted, but the
/// source that it writes is the end that sent first as far as the endpoint saw.
pub(super) fn opened_by_its_host(connection: &Connection<'_>, own: Endpoint) -> bool {
    match LocalEnd::from_code(connection.local_end) {
        LocalEnd::Source => true,
        LocalEnd::Destination | LocalEnd::SourceAccepted => false,
        LocalEnd::Unknown => own == Endpoint::new(from_bits(connection.source_ip), connection.source_port),
    }
}

/// A connection that no flow speaks of.
pub(super) fn contact<'t>(connection: &Connection<'t>, context: &JoinContext) -> Contact<'t> {
    let own = own_end(connection, context);
    let source = Endpoint::new(from_bits(connection.source_ip), connection.source_port);
    let destination = Endpoint::new(from_bits(connection.destination_ip), connection.destination_port);
    let remote = if own == source { destination } else { source };
    let event = EventClass::from_code(connection.class);
    let mut corrected = context.clocks.correct(
        connection.host,
        event,
        Micros(connection.time),
        connection.logged.map(Micros),
    );
    let outbound = match LocalEnd::from_code(connection.local_end) {
        LocalEnd::Source => Some(1),
        LocalEnd::Destination | LocalEnd::SourceAccepted => Some(0),
        LocalEnd::Unknown => None,
    };
    Contact {
        host: connection.host,
        class: connection.class,
        time: corrected.next().map_or(connection.time, |corrected| corrected.time.0),
        protocol: connection.protocol,
        local_port: own.port,
        remote_ip: bits(remote.ip),
        remote_port: remote.port,
        outbound,
        pid: connection.pid,
        guid: connection.guid,
        image: connection.image,
        user: connection.user,
        remote_name: connection.remote_name,
        input: connection.input,
        record: connection.record,
    }
}
