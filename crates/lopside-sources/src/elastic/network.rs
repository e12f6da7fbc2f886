//! Network events: connections, their ends, lookups.

use std::net::IpAddr;

use lopside_model::bytes::{Layer, Quality};
use lopside_model::name;
use lopside_model::net::{self, Protocol};
use lopside_model::record::{EventClass, FlowKind, LocalEnd, Record};
use lopside_model::tables::{Connection, Flow, Lookup};

use crate::fields::{Kind, Slot};
use crate::source::{InputInfo, Sink};

use super::{Event, Refusal, shape};

/// Both ends of a conversation.
struct Ends {
    protocol: Protocol,
    source_ip: IpAddr,
    source_port: u16,
    destination_ip: IpAddr,
    destination_port: u16,
    local: LocalEnd,
}

impl Ends {
    fn of(event: Event<'_>) -> Result<Ends, Refusal> {
        let address = |slot| event.text(slot).and_then(net::parse_ip);
        Ok(Ends {
            protocol: event
                .text(shape::TRANSPORT)
                .and_then(Protocol::parse)
                .ok_or("event has no readable protocol")?,
            source_ip: address(shape::SOURCE_IP).ok_or("event has no readable source address")?,
            source_port: port(event, shape::SOURCE_PORT)?,
            destination_ip: address(shape::DESTINATION_IP)
                .ok_or("event has no readable destination address")?,
            destination_port: port(event, shape::DESTINATION_PORT)?,
            // The first two are the host's view, the others those of older sensors.
            local: match event.text(shape::DIRECTION) {
                Some("egress" | "outbound" | "outgoing") => LocalEnd::Source,
                Some("ingress" | "inbound" | "incoming") => LocalEnd::Destination,
                _ => LocalEnd::Unknown,
            },
        })
    }
}

fn port(event: Event<'_>, slot: Slot) -> Result<u16, Refusal> {
    match event.text(slot) {
        Some(port) => port.parse().map_err(|_| "event has a port that is not 0 to 65535"),
        None => Ok(0),
    }
}

/// The name that the sensor gives for the peer.
fn remote_name(event: Event<'_>, local: LocalEnd) -> Option<String> {
    let slot = if local == LocalEnd::Destination { shape::SOURCE_DOMAIN } else { shape::DESTINATION_DOMAIN };
    event.text(slot).and_then(name::clean)
}

/// A connection began.
pub(super) fn connection(
    info: &InputInfo<'_>,
    event: Event<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    let ends = Ends::of(event)?;
    let (user, remote_name) = (event.user(), remote_name(event, ends.local));
    sink.seen(EventClass::Elastic.name(), Some(time));
    sink.put(&Record::Connection(Connection {
        host: &host,
        class: EventClass::Elastic.code(),
        time: time.0,
        logged: None,
        protocol: ends.protocol.0,
        source_ip: net::bits(ends.source_ip),
        source_port: ends.source_port,
        destination_ip: net::bits(ends.destination_ip),
        destination_port: ends.destination_port,
        local_end: ends.local.code(),
        pid: event.process_id(shape::PID),
        guid: event.entity(shape::ENTITY),
        image: event.image(),
        user: user.as_deref(),
        remote_name: remote_name.as_deref(),
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// A connection ended: its bytes both ways. The event has no start unless it says so.
pub(super) fn flow(
    info: &InputInfo<'_>,
    event: Event<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    let start = event.time(shape::START).filter(|start| *start <= time).unwrap_or(time);
    let ends = Ends::of(event)?;
    let (source_bytes, destination_bytes) =
        (count(event, shape::SOURCE_BYTES)?, count(event, shape::DESTINATION_BYTES)?);
    let quality = |bytes: Option<u64>| bytes.map_or(Quality::Unmeasured, |_| Quality::Exact).code();
    let missing = source_bytes.is_none() || destination_bytes.is_none();
    let (user, remote_name) = (event.user(), remote_name(event, ends.local));
    sink.seen(EventClass::Elastic.name(), Some(time));
    sink.put(&Record::Flow(Flow {
        // Both ends of a conversation may tell of it: each endpoint is a sensor of its own.
        sensor: &host,
        kind: FlowKind::Native.code(),
        start: start.0,
        end: Some(time.0),
        protocol: ends.protocol.0,
        source_ip: net::bits(ends.source_ip),
        source_port: ends.source_port,
        destination_ip: net::bits(ends.destination_ip),
        destination_port: ends.destination_port,
        initiator_known: ends.local != LocalEnd::Unknown,
        opening: true,
        answered: true,
        source_bytes,
        source_quality: quality(source_bytes),
        destination_bytes,
        destination_quality: quality(destination_bytes),
        layer: Layer::Payload.code(),
        unmeasured_why: missing.then_some("the endpoint gave no byte count"),
        service: event.text(shape::SERVICE),
        source_local: (ends.local == LocalEnd::Source).then_some(1),
        destination_local: (ends.local == LocalEnd::Destination).then_some(1),
        host: Some(&host),
        pid: event.process_id(shape::PID),
        guid: event.entity(shape::ENTITY),
        image: event.image(),
        user: user.as_deref(),
        remote_name: remote_name.as_deref(),
        input: info.input,
        record: place,
        ..Flow::default()
    }));
    Ok(())
}

/// A count; absent stays absent, and what is none is damage.
fn count(event: Event<'_>, slot: Slot) -> Result<Option<u64>, Refusal> {
    const NONE: Refusal = "event has a byte count that is none";
    match event.0.kind(slot) {
        Kind::Absent | Kind::Null => Ok(None),
        Kind::List => event.text(slot).map(|text| text.parse().map_err(|_| NONE)).transpose(),
        _ if event.text(slot).is_none() => Ok(None),
        _ => event.0.uint(slot).map(Some).ok_or(NONE),
    }
}

/// A name was looked up: a row for each address in the answer.
pub(super) fn lookup(event: Event<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    sink.seen(EventClass::Elastic.name(), Some(time));
    let Some(name) = event.text(shape::QUESTION).and_then(name::clean) else { return Ok(()) };
    for answer in event.0.list(shape::RESOLVED).filter_map(net::parse_ip) {
        sink.put(&Record::Lookup(Lookup {
            host: Some(&host),
            class: EventClass::Elastic.code(),
            time: time.0,
            name: &name,
            answer: net::bits(answer),
            pid: event.process_id(shape::PID),
            guid: event.entity(shape::ENTITY),
            ..Lookup::default()
        }));
    }
    Ok(())
}
