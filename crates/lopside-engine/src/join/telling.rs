//! One flow told as a transfer: from which host, in which direction, with which process, name and reason.

use std::borrow::Cow;

use lopside_model::Micros;
use lopside_model::bytes::{Bytes, Weight};
use lopside_model::net::{AddressClass, Direction, Endpoint, Protocol, Scope, bits, class, from_bits};
use lopside_model::payload::Payload;
use lopside_model::record::{LocalEnd, Method, NameSource};
use lopside_model::tables::{Connection, Flow, Transfer};

use crate::error::EngineError;
use crate::join::attribute::JoinSink;
use crate::join::context::JoinContext;
use crate::join::conversation::Group;
use crate::join::duplicates::{
    MergedFlow, destination_bytes, destination_weight, native_end_is_source, source_bytes, source_weight,
};
use crate::join::ends::{Ends, Side};
use crate::join::files::FilesByUid;
use crate::join::matching::opened_by_its_host;
use crate::join::names::CarriedNames;
use crate::join::owners::Holder;

/// One flow about to become a transfer.
pub(super) struct Telling<'c, 't> {
    pub(super) group: &'c Group<'t, 'c>,
    pub(super) flow: &'c MergedFlow<'t>,
    pub(super) ends: &'c Ends<'c, 't>,
    pub(super) names: &'c CarriedNames<'c, 't>,
    pub(super) files: &'c FilesByUid<'t>,
    pub(super) context: &'c JoinContext,
}

/// One end of the flow that is told: endpoint, host, process and what it sent.
struct Told<'c, 't> {
    end: Endpoint,
    local: bool,
    holder: Holder<'c>,
    side: &'c Side<'c, 't>,
    /// The record that names process and bytes, where it speaks of this end.
    native: Option<&'c Flow<'t>>,
    sent: Bytes,
    /// What that came to below the payload.
    weight: Weight,
}

impl<'c, 't: 'c> Told<'c, 't> {
    /// The host: the one whose connection was chosen, else the owner of the address.
    fn host(&self) -> Option<&'c str> {
        let said = self.native.and_then(|native| native.host);
        said.or(self.side.connection.map(|connection| connection.host)).or(self.holder.host)
    }

    /// Whether any endpoint event of that host was read: what names it is one, or it is known of the owner.
    fn monitored(&self) -> bool {
        let said = self.native.is_some_and(|native| native.host.is_some());
        said || self.side.connection.is_some() || self.holder.monitored
    }
}

impl<'c, 't> Telling<'c, 't> {
    pub(super) fn emit(&self, sink: &mut impl JoinSink) -> Result<(), EngineError> {
        let (source, destination, turned) = self.oriented();
        let from_source = self.tells_from_source(&source, &destination);
        let (own, peer) = if from_source { (&source, &destination) } else { (&destination, &source) };
        let known = own.host();
        let address = if known.is_none() && own.local { Some(own.end.ip.to_string()) } else { None };
        let host = known.or(address.as_deref());
        // A host may be named by its address.
        let monitored = match &address {
            Some(address) => self.context.monitored.contains(address),
            None => own.monitored(),
        };
        let (direction, scope) = self.direction(own, peer, from_source);
        let (domain, domain_source) = self.name(own.side.connection);
        let files = self.flow.uids().find_map(|uid| self.files.describe(uid));
        let row = &self.flow.row;
        let payload =
            row.payload.map(|text| told_payload(text, (own.end.ip, own.end.port) == source_end(row)));
        let more_records = more_records(self.flow);
        let process = Process::of(own.side, own.native);
        let told = self.conversation(&source, &destination);
        let told = self.peer(peer, scope, process.tell(own, told));
        sink.transfer(&Transfer {
            host,
            monitored,
            host_is_source: from_source,
            initiator_known: row.initiator_known || turned,
            bytes_out: own.sent.count,
            out_quality: own.sent.quality.code(),
            bytes_in: peer.sent.count,
            in_quality: peer.sent.quality.code(),
            packets_out: own.weight.packets,
            packets_in: peer.weight.packets,
            ip_bytes_out: own.weight.ip_bytes,
            ip_bytes_in: peer.weight.ip_bytes,
            frame_bytes_out: own.weight.frame_bytes,
            frame_bytes_in: peer.weight.frame_bytes,
            direction: direction.code(),
            scope: scope.code(),
            domain,
            domain_source,
            files: files.as_deref(),
            payload: payload.as_deref(),
            reason: self.reason(&process, own, monitored),
            more_records: more_records.as_deref(),
            ..told
        })
    }

    /// What the flow's records say whichever end it is told from.
    fn conversation(&self, source: &Told<'c, 't>, destination: &Told<'c, 't>) -> Transfer<'c> {
        let row = &self.flow.row;
        let origin = self.flow.origin();
        Transfer {
            start: row.start,
            end: self.flow.end(),
            protocol: row.protocol,
            source_ip: bits(source.end.ip),
            source_port: source.end.port,
            destination_ip: bits(destination.end.ip),
            destination_port: destination.end.port,
            answered: row.answered,
            layer: row.layer,
            unmeasured_why: row.unmeasured_why,
            service: row.service,
            input: origin.input,
            record: origin.record,
            ..Transfer::default()
        }
    }

    /// Adds what is known of the other end, where that is a monitored host too.
    fn peer(&self, peer: &Told<'c, 't>, scope: Scope, told: Transfer<'c>) -> Transfer<'c> {
        let process = Process::of(peer.side, peer.native);
        let host = peer.host().filter(|_| peer.monitored() && scope != Scope::External);
        Transfer {
            peer_host: host,
            peer_method: process.method.code(),
            peer_confidence: process.confidence,
            peer_reason: host.map(|_| peer.side.reason),
            peer_pid: process.pid,
            peer_guid: process.guid,
            peer_image: process.image,
            peer_user: process.user,
            ..told
        }
    }

    /// A row is told from the initiator where that is local, else from the responder. An initiator that no endpoint event ever came
    /// from gives way to a responder whose process is known.
    fn tells_from_source(&self, source: &Told<'_, '_>, destination: &Told<'_, '_>) -> bool {
        let known = |told: &Told<'_, '_>| told.native.is_some() || told.side.connection.is_some();
        match (source.local, destination.local) {
            (true, true) => source.monitored() || !destination.monitored() || !known(destination),
            (source, destination) => source || !destination,
        }
    }

    /// The two ends as initiator and responder. Where the sensor had to guess, an endpoint that says it opened the conversation
    /// knows better; then the ends are turned.
    fn oriented(&self) -> (Told<'c, 't>, Told<'c, 't>, bool) {
        let row = &self.flow.row;
        let source = self.told(
            (row.source_ip, row.source_port),
            row.source_local,
            (source_bytes(row), source_weight(row)),
        );
        let destination = self.told(
            (row.destination_ip, row.destination_port),
            row.destination_local,
            (destination_bytes(row), destination_weight(row)),
        );
        let opened = |told: &Told<'_, '_>| {
            told.side.connection.is_some_and(|connection| opened_by_its_host(connection, told.end))
        };
        let accepted = |told: &Told<'_, '_>| {
            told.side.connection.is_some_and(|connection| {
                matches!(
                    LocalEnd::from_code(connection.local_end),
                    LocalEnd::Destination | LocalEnd::SourceAccepted
                )
            })
        };
        let opened_here = opened(&source) || accepted(&destination);
        let opened_there = opened(&destination) || accepted(&source);
        if !row.initiator_known && opened_there && !opened_here {
            return (destination, source, true);
        }
        (source, destination, opened_here && !opened_there)
    }

    fn told(
        &self,
        (ip, port): (u128, u16),
        sensor_says: Option<u8>,
        (sent, weight): (Bytes, Weight),
    ) -> Told<'c, 't> {
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
        let owner = self.context.owners.find(end.ip, Micros(self.flow.row.start));
        Told {
            end,
            native,
            local: owner.is_some() || self.context.is_local_unowned(end.ip, sensor_says),
            holder: owner.unwrap_or_default(),
            side,
            sent,
            weight,
        }
    }

    fn direction(&self, own: &Told<'_, '_>, peer: &Told<'_, '_>, from_source: bool) -> (Direction, Scope) {
        use AddressClass::{Broadcast, LinkLocal, Loopback, Multicast, Platform, Unspecified};
        let link =
            |ip| matches!(class(ip), LinkLocal | Loopback | Multicast | Broadcast | Platform | Unspecified);
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
        let seen = self.names.find(self.flow).map(|name| (name.name, name.origin));
        let native = self.flow.native.as_ref().and_then(|native| native.remote_name);
        let own = self.flow.row.remote_name.or(native).map(|name| (name, NameSource::Edr.code()));
        let reverse = connection.and_then(|connection| connection.remote_name);
        let reverse = reverse.map(|name| (name, NameSource::ReverseDns.code()));
        [seen, own, reverse]
            .into_iter()
            .flatten()
            .min_by_key(|(_, origin)| NameSource::from_code(*origin))
            .unzip()
    }

    fn reason(&self, process: &Process<'_>, own: &Told<'_, '_>, monitored: bool) -> &'static str {
        match process.method {
            Method::Native => "process and bytes stand in one record",
            Method::None if !own.local => "neither end is a local address",
            Method::None if !monitored => "no endpoint event of this host was read",
            Method::None if !Protocol(self.flow.row.protocol).has_ports() => {
                "the protocol has no ports to join by"
            }
            _ if own.holder.contested && own.side.connection.is_none() => {
                "several hosts claim this address at that time"
            }
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
    /// Adds the process of the telling end, and how it was attached.
    fn tell<'c>(&self, own: &Told<'c, 't>, told: Transfer<'c>) -> Transfer<'c>
    where
        't: 'c,
    {
        Transfer {
            method: self.method.code(),
            confidence: self.confidence,
            offset: own.side.offset,
            candidates: own.side.candidates.as_deref(),
            pid: self.pid,
            guid: self.guid,
            image: self.image,
            user: self.user,
            connection_input: own.side.connection.map(|connection| connection.input),
            connection_record: own.side.connection.map(|connection| connection.record),
            ..told
        }
    }

    fn of(side: &Side<'_, 't>, native: Option<&Flow<'t>>) -> Process<'t> {
        let image = side.connection.and_then(|connection| connection.image);
        let known = side.process;
        if let Some(native) = native.filter(|native| native.image.is_some() || native.pid.is_some()) {
            return Process {
                method: Method::Native,
                confidence: 1.0,
                pid: native.pid.or(known.pid),
                guid: native.guid.or(known.guid),
                image: native.image.or(image),
                user: native.user.or(known.user),
            };
        }
        Process {
            method: side.method,
            confidence: side.confidence,
            pid: known.pid,
            guid: known.guid,
            image,
            user: known.user,
        }
    }
}

/// The source of a record.
fn source_end(row: &Flow<'_>) -> (std::net::IpAddr, u16) {
    (from_bits(row.source_ip), row.source_port)
}

/// What a record says of its content, told from the host instead of from the record's source.
fn told_payload(text: &str, host_is_record_source: bool) -> Cow<'_, str> {
    match Payload::decode(text).filter(|_| !host_is_record_source) {
        Some(payload) => Cow::Owned(Payload { side: payload.side.turned(), ..payload }.encode()),
        None => Cow::Borrowed(text),
    }
}

/// Every record of a flow but its first.
fn more_records(flow: &MergedFlow<'_>) -> Option<String> {
    if flow.more.is_empty() {
        return None;
    }
    let records: Vec<String> =
        flow.more.iter().map(|origin| format!("{}:{}", origin.input, origin.record)).collect();
    Some(records.join(","))
}
