//! The second look at a partition of conversations: each flow gets its process, or the reason why it has none.
//!
//! In: the tables of one partition, and what the whole run knows ([`JoinContext`]). Out: transfers, and contacts for connections that
//! no flow speaks of.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use lopside_model::Micros;
use lopside_model::bytes::Bytes;
use lopside_model::net::{AddressClass, Direction, Endpoint, Protocol, Scope, class, from_bits};
use lopside_model::process::{file_name, format_guid};
use lopside_model::record::{EventClass, LocalEnd, Method, NameSource};
use lopside_model::tables::{Connection, Contact, Flow, FlowName, Transfer};
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::join::clock::{Clocks, Corrected};
use crate::join::conversation::{ConversationTables, FilesByUid, Folded, Group, Slice, each};
use crate::join::duplicates::{MergedFlow, destination_bytes, merge, native_end_is_source, source_bytes};
use crate::join::owners::{Holder, Owners};

/// A connection is written this close to the start of its flow, once clocks are corrected.
const NEAR: i64 = 5 * SECOND;
/// Endpoints report the first datagram of a process and stay silent for a while after it.
const DATAGRAM_SILENCE: i64 = 65 * SECOND;
/// Without an estimated clock, this much error is allowed for, at lower confidence.
const UNVERIFIED: i64 = 120 * SECOND;
/// Confidence kept from one flow to the one that continues it.
const CONTINUED: f64 = 0.95;

/// What the whole run knows.
#[derive(Debug, Default)]
pub struct JoinContext {
    /// Host clocks.
    pub clocks: Clocks,
    /// Who holds which address when.
    pub owners: Owners,
    /// Uids of flows that enclose others.
    pub tunnels: BTreeSet<String>,
    /// Networks that the user calls local.
    pub local: LocalNets,
    /// Hosts of which any endpoint event was read.
    pub monitored: HashSet<String>,
}

/// Networks that the user calls local.
#[derive(Clone, Debug, Default)]
pub struct LocalNets(pub Vec<(IpAddr, u8)>);

impl LocalNets {
    /// Whether an address lies in one of the networks.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|(net, prefix)| same_prefix(*net, ip, *prefix))
    }
}

fn same_prefix(net: IpAddr, ip: IpAddr, prefix: u8) -> bool {
    match (net, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let shift = 32_u32.saturating_sub(u32::from(prefix));
            shift >= 32 || a.to_bits() >> shift == b.to_bits() >> shift
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let shift = 128_u32.saturating_sub(u32::from(prefix));
            shift >= 128 || a.to_bits() >> shift == b.to_bits() >> shift
        }
        _ => false,
    }
}

/// Counts of one partition's join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinCounts {
    /// Flow records that came in.
    pub records: u64,
    /// Flows after merging.
    pub flows: u64,
    /// Flows passed over because they only enclose others.
    pub tunnels: u64,
    /// Connections that no flow speaks of.
    pub contacts: u64,
}

/// What a partition's join hands on.
pub trait JoinSink {
    /// A transfer.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn transfer(&mut self, row: &Transfer<'_>) -> Result<(), EngineError>;
    /// A contact.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn contact(&mut self, row: &Contact<'_>) -> Result<(), EngineError>;
}

/// Joins one partition.
///
/// # Errors
/// When the sink cannot store.
pub fn attribute(
    tables: &ConversationTables,
    context: &JoinContext,
    sink: &mut impl JoinSink,
) -> Result<JoinCounts, EngineError> {
    let files = FilesByUid::new(&tables.files);
    let mut counts = JoinCounts::default();
    each(tables, Folded::All, |group| {
        counts.records += group.flows.len() as u64;
        let mut flows = merge(group.flows);
        let before = flows.len();
        if !context.tunnels.is_empty() {
            flows.retain(|flow| !flow.uids().any(|uid| context.tunnels.contains(uid)));
        }
        counts.tunnels += (before - flows.len()) as u64;
        counts.flows += flows.len() as u64;
        let events = Events::assign(group, &flows, context);
        let mut before: Option<Ends<'_>> = None;
        for (index, flow) in flows.iter().enumerate() {
            let inherited = before.take().filter(|_| flow.continues);
            let ends = Ends::of(group, events.of(index), inherited, context);
            Telling { group, flow, ends: &ends, files: &files, context }.emit(sink)?;
            before = Some(ends);
        }
        for connection in events.unmatched {
            counts.contacts += 1;
            sink.contact(&contact(connection, context))?;
        }
        Ok(())
    })?;
    Ok(counts)
}

/// A connection that was assigned to a flow.
#[derive(Clone, Copy, Debug)]
struct Candidate<'c, 't> {
    connection: &'c Connection<'t>,
    corrected: Corrected,
    /// 0 at the start of the flow, 1 within it, 2 only if the clock is wrong by no more than two minutes.
    rank: u8,
    /// Corrected time minus start of the flow, microseconds, absolute.
    apart: u64,
}

/// The connections of a conversation, each assigned to the flow it opened.
struct Events<'c, 't> {
    /// By the number of the flow.
    assigned: Vec<(usize, Candidate<'c, 't>)>,
    unmatched: Vec<&'c Connection<'t>>,
}

impl<'c, 't> Events<'c, 't> {
    fn assign(group: &Group<'t, 'c>, flows: &[MergedFlow<'t>], context: &JoinContext) -> Events<'c, 't> {
        let mut events = Events { assigned: Vec::new(), unmatched: Vec::new() };
        for connection in group.connections {
            let event = EventClass::from_code(connection.class);
            if group.slice.is_some_and(|slice| !in_slice(connection, slice, context)) {
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

    fn of(&self, flow: usize) -> &[(usize, Candidate<'c, 't>)] {
        let from = self.assigned.partition_point(|(index, _)| *index < flow);
        let until = self.assigned.partition_point(|(index, _)| *index <= flow);
        self.assigned.get(from..until).unwrap_or_default()
    }
}

/// Whether a connection belongs to a slice of its conversation: by its most likely time.
fn in_slice(connection: &Connection<'_>, slice: Slice, context: &JoinContext) -> bool {
    let event = EventClass::from_code(connection.class);
    let logged = connection.logged.map(Micros);
    let mut times = context.clocks.correct(connection.host, event, Micros(connection.time), logged);
    // A connection may be written a moment before the first packet is seen.
    let moment = SECOND / 10;
    times.next().is_some_and(|corrected| (slice.from..slice.until).contains(&corrected.time.0.saturating_add(moment)))
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

/// What is known of the processes at the two ends of a conversation (which have no direction yet).
#[derive(Clone, Debug)]
struct Ends<'t> {
    low: Side<'t>,
    high: Side<'t>,
}

/// One end of a flow.
#[derive(Clone, Debug)]
struct Side<'t> {
    method: Method,
    confidence: f64,
    offset: i64,
    reason: &'static str,
    candidates: Option<String>,
    connection: Option<Connection<'t>>,
}

impl<'t> Ends<'t> {
    fn of(
        group: &Group<'t, '_>,
        candidates: &[(usize, Candidate<'_, 't>)],
        inherited: Option<Ends<'t>>,
        context: &JoinContext,
    ) -> Ends<'t> {
        let low = group.conversation.low;
        let (of_low, of_high): (Vec<&Candidate<'_, 't>>, Vec<&Candidate<'_, 't>>) = candidates
            .iter()
            .map(|(_, candidate)| candidate)
            .partition(|candidate| own_end(candidate.connection, context) == low);
        let spoken_of = !group.connections.is_empty();
        let (low, high) = inherited.map_or((None, None), |ends| (Some(ends.low), Some(ends.high)));
        Ends { low: Side::of(&of_low, spoken_of, low), high: Side::of(&of_high, spoken_of, high) }
    }
}

impl<'t> Side<'t> {
    /// Chooses among the connections of one end; `spoken_of` says whether any connection has this 5-tuple at all.
    fn of(candidates: &[&Candidate<'_, 't>], spoken_of: bool, inherited: Option<Side<'t>>) -> Side<'t> {
        let Some(best) = candidates.iter().min_by_key(|candidate| preference(candidate)) else {
            return Side::without(spoken_of, inherited);
        };
        let rivals: Vec<&&Candidate<'_, 't>> = candidates
            .iter()
            .filter(|other| !same_process(best.connection, other.connection) && as_likely(best, other))
            .collect();
        let confidence = confidence(best);
        if rivals.is_empty() {
            return Side {
                method: Method::Tuple,
                confidence,
                offset: best.corrected.offset,
                reason: reason(best),
                candidates: None,
                connection: Some(richest(best, candidates)),
            };
        }
        let mut names: Vec<String> = rivals
            .iter()
            .map(|rival| describe(rival.connection))
            .chain([describe(best.connection)])
            .collect();
        names.sort_unstable();
        names.dedup();
        Side {
            method: Method::Ambiguous,
            confidence: confidence / (1.0 + rivals.len() as f64),
            offset: best.corrected.offset,
            reason: "several processes opened this 5-tuple at times that fit as well",
            candidates: Some(names.join("\n")),
            connection: None,
        }
    }

    fn without(spoken_of: bool, inherited: Option<Side<'t>>) -> Side<'t> {
        if let Some(mut side) = inherited
            && side.connection.is_some()
        {
            side.method = Method::Continuation;
            side.confidence = (side.confidence * CONTINUED).max(0.5);
            side.reason = "continues a flow of the same 5-tuple that this process opened";
            return side;
        }
        let reason = if spoken_of {
            "a connection of this 5-tuple was logged, but at another time"
        } else {
            "no connection of this 5-tuple was logged"
        };
        Side { method: Method::None, confidence: 0.0, offset: 0, reason, candidates: None, connection: None }
    }
}

/// Smaller is better: closeness first, then the richer event, then a total order.
fn preference<'c>(candidate: &Candidate<'c, '_>) -> (u8, u64, u8, &'c str, u32, u64) {
    let connection = candidate.connection;
    // Events of one opening at different sources lie within a second or two of each other: richness decides among those.
    let richness = u8::from(connection.guid.is_none()) + u8::from(connection.pid.is_none());
    (candidate.rank, candidate.apart / (3 * SECOND.unsigned_abs()), richness, connection.host, connection.input, connection.record)
}

/// Among the connections of the best one's process, that which says most.
fn richest<'t>(best: &Candidate<'_, 't>, candidates: &[&Candidate<'_, 't>]) -> Connection<'t> {
    let mut result = *best.connection;
    for other in candidates.iter().map(|candidate| candidate.connection) {
        if same_process(&result, other) {
            result.guid = result.guid.or(other.guid);
            result.pid = result.pid.or(other.pid);
            result.user = result.user.or(other.user);
        }
    }
    result
}

fn same_process(a: &Connection<'_>, b: &Connection<'_>) -> bool {
    if a.host != b.host {
        return false;
    }
    match (a.guid, b.guid, a.pid, b.pid) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => a == b,
        _ => match (a.image, b.image) {
            (Some(a), Some(b)) => file_name(a).eq_ignore_ascii_case(file_name(b)),
            _ => true,
        },
    }
}

fn as_likely(best: &Candidate<'_, '_>, other: &Candidate<'_, '_>) -> bool {
    // A score that halves every 1.4 s of distance: half as likely or more counts as a rival.
    other.rank == best.rank && other.apart <= best.apart + 1_400_000
}

fn confidence(candidate: &Candidate<'_, '_>) -> f64 {
    let seconds = candidate.apart as f64 / SECOND as f64;
    let closeness = match candidate.rank {
        0 => 0.99 - 0.03 * seconds.min(5.0),
        1 => 0.8,
        _ => 0.5,
    };
    if candidate.corrected.verified { closeness } else { closeness * 0.8 }
}

fn reason(candidate: &Candidate<'_, '_>) -> &'static str {
    match (candidate.rank, candidate.corrected.verified) {
        (0, true) => "a connection of the same 5-tuple at the start of the flow (host clock corrected)",
        (0, false) => "a connection of the same 5-tuple at the start of the flow (host clock not verified)",
        (1, true) => "a connection of the same 5-tuple during the flow (host clock corrected)",
        (1, false) => "a connection of the same 5-tuple during the flow (host clock not verified)",
        _ => "a connection of the same 5-tuple within two minutes (host clock not verified)",
    }
}

fn describe(connection: &Connection<'_>) -> String {
    let image = connection.image.unwrap_or("unknown image");
    let pid = connection.pid.map(|pid| format!(" pid {pid}")).unwrap_or_default();
    let guid = connection.guid.map(|guid| format!(" {}", format_guid(guid))).unwrap_or_default();
    format!("{image}{pid}{guid} on {}", connection.host)
}

/// The end of a connection that is the endpoint's own: as the event says, else by ownership of the address.
fn own_end(connection: &Connection<'_>, context: &JoinContext) -> Endpoint {
    let source = Endpoint::new(from_bits(connection.source_ip), connection.source_port);
    let destination = Endpoint::new(from_bits(connection.destination_ip), connection.destination_port);
    match LocalEnd::from_code(connection.local_end) {
        LocalEnd::Source | LocalEnd::SourceAccepted => source,
        LocalEnd::Destination => destination,
        LocalEnd::Unknown => {
            let holds = |ip| context.owners.held_by(ip, connection.host);
            let group = |ip| lopside_model::net::is_group(ip);
            match (holds(source.ip), holds(destination.ip)) {
                (true, _) => source,
                (false, true) => destination,
                // An inbound datagram may be written with the group address it came to as its source.
                (false, false) if group(source.ip) && !group(destination.ip) => source,
                (false, false) if context.is_local(destination.ip, None) && !context.is_local(source.ip, None) => destination,
                (false, false) => source,
            }
        }
    }
}

/// Whether a connection says that its host opened the conversation. For datagrams the flag of the event cannot be trusted, but the
/// source that it writes is the end that sent first as far as the endpoint saw.
fn opened_by_its_host(connection: &Connection<'_>, own: Endpoint) -> bool {
    match LocalEnd::from_code(connection.local_end) {
        LocalEnd::Source => true,
        LocalEnd::Destination | LocalEnd::SourceAccepted => false,
        LocalEnd::Unknown => own == Endpoint::new(from_bits(connection.source_ip), connection.source_port),
    }
}

/// A connection that no flow speaks of.
fn contact<'t>(connection: &Connection<'t>, context: &JoinContext) -> Contact<'t> {
    let own = own_end(connection, context);
    let source = Endpoint::new(from_bits(connection.source_ip), connection.source_port);
    let destination = Endpoint::new(from_bits(connection.destination_ip), connection.destination_port);
    let remote = if own == source { destination } else { source };
    let event = EventClass::from_code(connection.class);
    let mut corrected =
        context.clocks.correct(connection.host, event, Micros(connection.time), connection.logged.map(Micros));
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
        remote_ip: lopside_model::net::bits(remote.ip),
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

impl JoinContext {
    /// Whether an address is local: a configured network, else one that a host owns, else one that the sensor calls local, else a
    /// private one.
    pub fn is_local(&self, ip: IpAddr, sensor_says: Option<u8>) -> bool {
        self.local.contains(ip)
            || self.owners.knows(ip)
            || sensor_says == Some(1)
            || matches!(class(ip), AddressClass::Private | AddressClass::LinkLocal | AddressClass::Loopback)
    }
}

/// One flow about to become a transfer.
struct Telling<'c, 't> {
    group: &'c Group<'t, 'c>,
    flow: &'c MergedFlow<'t>,
    ends: &'c Ends<'t>,
    files: &'c FilesByUid<'t>,
    context: &'c JoinContext,
}

/// One end of the flow that is told: endpoint, host, process and what it sent.
struct Told<'c, 't> {
    end: Endpoint,
    local: bool,
    holder: Holder<'c>,
    side: &'c Side<'t>,
    /// The record that names process and bytes, where it speaks of this end.
    native: Option<&'c Flow<'t>>,
    sent: Bytes,
}

impl<'c, 't: 'c> Told<'c, 't> {
    /// The host: the one whose connection was chosen, else the owner of the address.
    fn host(&self) -> Option<&'c str> {
        let said = self.native.and_then(|native| native.host);
        said.or(self.side.connection.as_ref().map(|connection| connection.host)).or(self.holder.host)
    }
}

impl<'c, 't> Telling<'c, 't> {
    fn emit(&self, sink: &mut impl JoinSink) -> Result<(), EngineError> {
        let row = &self.flow.row;
        let (source, destination, turned) = self.oriented();
        let from_source = self.tells_from_source(&source, &destination);
        let (own, peer) = if from_source { (&source, &destination) } else { (&destination, &source) };
        let native = own.native;
        let known = own.host();
        let address = if known.is_none() && own.local { Some(own.end.ip.to_string()) } else { None };
        let host = known.or(address.as_deref());
        let monitored = host.is_some_and(|host| self.context.monitored.contains(host));
        let (direction, scope) = self.direction(own, peer, from_source);
        let (domain, domain_source) = self.name(own.side.connection.as_ref());
        let files = self.flow.uids().find_map(|uid| self.files.describe(uid));
        let more_records = more_records(self.flow);
        let origin = self.flow.origin();
        let process = Process::of(own.side, native);
        let at_peer = Process::of(peer.side, peer.native);
        let peer_monitored = peer.host().filter(|host| self.context.monitored.contains(*host) && scope != Scope::External);
        sink.transfer(&Transfer {
            host,
            monitored,
            start: row.start,
            end: self.flow.end(),
            protocol: row.protocol,
            source_ip: lopside_model::net::bits(source.end.ip),
            source_port: source.end.port,
            destination_ip: lopside_model::net::bits(destination.end.ip),
            destination_port: destination.end.port,
            host_is_source: from_source,
            initiator_known: row.initiator_known || turned,
            answered: row.answered,
            bytes_out: own.sent.count,
            out_quality: own.sent.quality.code(),
            bytes_in: peer.sent.count,
            in_quality: peer.sent.quality.code(),
            layer: row.layer,
            unmeasured_why: row.unmeasured_why,
            service: row.service,
            direction: direction.code(),
            scope: scope.code(),
            domain,
            domain_source,
            files: files.as_deref(),
            method: process.method.code(),
            confidence: process.confidence,
            offset: own.side.offset,
            reason: self.reason(&process, own, monitored),
            candidates: own.side.candidates.as_deref(),
            pid: process.pid,
            guid: process.guid,
            image: process.image,
            user: process.user,
            command_line: None,
            parent_image: None,
            services: None,
            identity: None,
            peer_host: peer_monitored,
            peer_method: at_peer.method.code(),
            peer_confidence: at_peer.confidence,
            peer_reason: peer_monitored.map(|_| peer.side.reason),
            peer_pid: at_peer.pid,
            peer_guid: at_peer.guid,
            peer_image: at_peer.image,
            peer_user: at_peer.user,
            input: origin.input,
            record: origin.record,
            more_records: more_records.as_deref(),
            connection_input: own.side.connection.map(|connection| connection.input),
            connection_record: own.side.connection.map(|connection| connection.record),
        })
    }

    /// A row is told from the initiator where that is local, else from the responder. An initiator that no endpoint event ever came
    /// from gives way to a responder whose process is known.
    fn tells_from_source(&self, source: &Told<'_, '_>, destination: &Told<'_, '_>) -> bool {
        let monitored = |told: &Told<'_, '_>| told.host().is_some_and(|host| self.context.monitored.contains(host));
        let known = |told: &Told<'_, '_>| told.native.is_some() || told.side.connection.is_some();
        match (source.local, destination.local) {
            (true, true) => monitored(source) || !monitored(destination) || !known(destination),
            (source, destination) => source || !destination,
        }
    }

    /// The two ends as initiator and responder. Where the sensor had to guess, an endpoint that says it opened the conversation
    /// knows better; then the ends are turned.
    fn oriented(&self) -> (Told<'c, 't>, Told<'c, 't>, bool) {
        let row = &self.flow.row;
        let source = self.told(row.source_ip, row.source_port, row.source_local, source_bytes(row));
        let destination =
            self.told(row.destination_ip, row.destination_port, row.destination_local, destination_bytes(row));
        let opened = |told: &Told<'_, '_>| told.side.connection.is_some_and(|connection| opened_by_its_host(&connection, told.end));
        let accepted = |told: &Told<'_, '_>| {
            told.side.connection.is_some_and(|connection| {
                matches!(LocalEnd::from_code(connection.local_end), LocalEnd::Destination | LocalEnd::SourceAccepted)
            })
        };
        let opened_here = opened(&source) || accepted(&destination);
        let opened_there = opened(&destination) || accepted(&source);
        if !row.initiator_known && opened_there && !opened_here {
            return (destination, source, true);
        }
        (source, destination, opened_here && !opened_there)
    }

    fn told(&self, ip: u128, port: u16, sensor_says: Option<u8>, sent: Bytes) -> Told<'c, 't> {
        let end = Endpoint::new(from_bits(ip), port);
        let side = if end == self.group.conversation.low { &self.ends.low } else { &self.ends.high };
        let native = self.flow.native.as_deref().filter(|native| {
            let (ip, port) = if native_end_is_source(native) {
                (native.source_ip, native.source_port)
            } else {
                (native.destination_ip, native.destination_port)
            };
            Endpoint::new(from_bits(ip), port) == end
        });
        Told {
            end,
            native,
            local: self.context.is_local(end.ip, sensor_says),
            holder: self.context.owners.at(end.ip, Micros(self.flow.row.start)),
            side,
            sent,
        }
    }

    fn direction(&self, own: &Told<'_, '_>, peer: &Told<'_, '_>, from_source: bool) -> (Direction, Scope) {
        use AddressClass::{Broadcast, LinkLocal, Loopback, Multicast, Platform, Unspecified};
        let link = |ip| matches!(class(ip), LinkLocal | Loopback | Multicast | Broadcast | Platform | Unspecified);
        let same_host = own.host().is_some() && own.host() == peer.host();
        if same_host || own.end.ip == peer.end.ip || link(peer.end.ip) && class(peer.end.ip) != LinkLocal {
            return (Direction::Local, Scope::Local);
        }
        if own.local && peer.local {
            return (Direction::Internal, Scope::Internal);
        }
        match (own.local, from_source) {
            (true, true) => (Direction::Outbound, Scope::External),
            (true, false) => (Direction::Inbound, Scope::External),
            (false, _) => (Direction::Unknown, Scope::External),
        }
    }

    /// The name that the conversation carries, by trust.
    fn name(&self, connection: Option<&Connection<'t>>) -> (Option<&'t str>, Option<u8>) {
        let belongs = |name: &&FlowName<'_>| match name.uid {
            Some(uid) if self.flow.row.uid.is_some() => self.flow.uids().any(|own| own == uid),
            _ => name.time >= self.flow.row.start - SECOND && name.time <= self.flow.end() + SECOND,
        };
        if let Some(name) = self.group.names.iter().find(belongs) {
            return (Some(name.name), Some(name.origin));
        }
        if let Some(name) = self.flow.row.remote_name.or(self.flow.native.as_ref().and_then(|native| native.remote_name)) {
            return (Some(name), Some(NameSource::Edr.code()));
        }
        let reverse = connection.and_then(|connection| connection.remote_name);
        (reverse, reverse.map(|_| NameSource::ReverseDns.code()))
    }

    fn reason(&self, process: &Process<'_>, own: &Told<'_, '_>, monitored: bool) -> &'static str {
        match process.method {
            Method::Native => "process and bytes stand in one record",
            Method::None if !own.local => "neither end is a local address",
            Method::None if !monitored => "no endpoint event of this host was read",
            Method::None if !Protocol(self.flow.row.protocol).has_ports() => "the protocol has no ports to join by",
            _ if own.holder.contested && own.side.connection.is_none() => "several hosts claim this address at that time",
            _ => own.side.reason,
        }
    }
}

/// The process of the telling end.
struct Process<'t> {
    method: Method,
    confidence: f64,
    pid: Option<u32>,
    guid: Option<u128>,
    image: Option<&'t str>,
    user: Option<&'t str>,
}

impl<'t> Process<'t> {
    fn of(side: &Side<'t>, native: Option<&Flow<'t>>) -> Process<'t> {
        let connection = side.connection.as_ref();
        if let Some(native) = native.filter(|native| native.image.is_some() || native.pid.is_some()) {
            return Process {
                method: Method::Native,
                confidence: 1.0,
                pid: native.pid.or(connection.and_then(|connection| connection.pid)),
                guid: native.guid.or(connection.and_then(|connection| connection.guid)),
                image: native.image.or(connection.and_then(|connection| connection.image)),
                user: native.user.or(connection.and_then(|connection| connection.user)),
            };
        }
        Process {
            method: side.method,
            confidence: side.confidence,
            pid: connection.and_then(|connection| connection.pid),
            guid: connection.and_then(|connection| connection.guid),
            image: connection.and_then(|connection| connection.image),
            user: connection.and_then(|connection| connection.user),
        }
    }
}

/// Every record of a flow but its first.
fn more_records(flow: &MergedFlow<'_>) -> Option<String> {
    if flow.more.is_empty() {
        return None;
    }
    let records: Vec<String> = flow.more.iter().map(|origin| format!("{}:{}", origin.input, origin.record)).collect();
    Some(records.join(","))
}
