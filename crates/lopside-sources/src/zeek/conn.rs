//! `conn.log` and `conn_long.log`: one flow a record. What the byte counts are worth is decided in [`super::quality`].
//!
//! - The source is Zeek's originator. The sensor is sure of it unless it turned the conversation round by a guess (`^` in
//!   `history`) without the responder's answer to an opening (`h`), or came in the middle of a TCP conversation (no `S` or `h`).
//! - `conn_long` records are running totals, replaced by later records of the same uid.
//! - A record shows the opening of the conversation where `history` has `S` or `h`; UDP and ICMP have none.

use lopside_model::record::{FlowKind, Record};
use lopside_model::tables::Flow;
use lopside_model::{Layer, Micros, Protocol};

use super::field::{self, Field, Row, Wrong};
use super::history::History;
use super::quality::{Counts, Direction};
use super::read::Writer;

/// Protocol number for what Zeek calls `unknown_transport` without giving its number (255 is reserved).
const UNKNOWN_PROTOCOL: Protocol = Protocol(255);

/// One record to one flow.
pub(super) fn read(
    row: &impl Row,
    time: Micros,
    kind: FlowKind,
    writer: &mut Writer<'_>,
) -> Result<(), Wrong> {
    let ends = field::ends(row)?;
    let protocol = protocol(row, ends.six)?;
    let history = row.raw(Field::History).map(History::of);
    let counts = counts(row, protocol, history)?;
    let judged = counts.judge();
    let source = counts.source.weight().if_seen(judged.source.quality);
    let destination = counts.destination.weight().if_seen(judged.destination.quality);
    let flags = Flags::of(protocol, history, row.raw(Field::ConnState));
    let service = row.text(Field::Service);
    let uid = row.text(Field::Uid);
    let state = row.text(Field::ConnState);
    let parents = parents(row);
    let sensor = writer.sensor(row);
    writer.put(&Record::Flow(Flow {
        sensor: &sensor,
        uid: uid.as_deref(),
        kind: kind.code(),
        start: time.0,
        end: length(row).map(|length| time.plus(length).0),
        protocol: protocol.0,
        source_ip: ends.source_ip,
        source_port: ends.source_port,
        destination_ip: ends.destination_ip,
        destination_port: ends.destination_port,
        initiator_known: flags.initiator_known,
        opening: flags.opening,
        answered: counts.answered(),
        source_bytes: judged.source.count,
        source_quality: judged.source.quality.code(),
        destination_bytes: judged.destination.count,
        destination_quality: judged.destination.quality.code(),
        layer: if row.is_ecs() { Layer::Ip } else { Layer::Payload }.code(),
        source_packets: source.packets,
        destination_packets: destination.packets,
        source_ip_bytes: source.ip_bytes,
        destination_ip_bytes: destination.ip_bytes,
        missed_bytes: counts.missed,
        unmeasured_why: judged.why,
        service: service.as_deref(),
        state: state.as_deref(),
        source_local: field::flag(row, Field::LocalOrig).map(u8::from),
        destination_local: field::flag(row, Field::LocalResp).map(u8::from),
        tunnel_parents: parents.as_deref(),
        input: writer.input(),
        record: writer.place(),
        ..Flow::default()
    }));
    Ok(())
}

/// How long the conversation was, in microseconds.
fn length(row: &impl Row) -> Option<i64> {
    if row.is_ecs() {
        let nanos: u64 = row.raw(Field::Duration)?.parse().ok()?;
        return i64::try_from(nanos / 1_000).ok();
    }
    field::interval(row, Field::Duration)
}

/// What Zeek counted. What Filebeat leaves of it is the bytes of IP packets.
fn counts(row: &impl Row, protocol: Protocol, history: Option<History>) -> Result<Counts, Wrong> {
    let mut counts = written(row, protocol, history)?;
    if row.is_ecs() {
        counts.source.bytes = counts.source.ip_bytes;
        counts.destination.bytes = counts.destination.ip_bytes;
    }
    Ok(counts)
}

/// The counts as they are written.
fn written(row: &impl Row, protocol: Protocol, history: Option<History>) -> Result<Counts, Wrong> {
    Ok(Counts {
        tcp: protocol == Protocol::TCP,
        history,
        missed: field::count(row, Field::MissedBytes, "missed_bytes is not a count below 2^63")?,
        source: Direction {
            bytes: field::count(row, Field::OrigBytes, "orig_bytes is not a count below 2^63")?,
            packets: field::count(row, Field::OrigPackets, "orig_pkts is not a count below 2^63")?,
            ip_bytes: field::count(row, Field::OrigIpBytes, "orig_ip_bytes is not a count below 2^63")?,
        },
        destination: Direction {
            bytes: field::count(row, Field::RespBytes, "resp_bytes is not a count below 2^63")?,
            packets: field::count(row, Field::RespPackets, "resp_pkts is not a count below 2^63")?,
            ip_bytes: field::count(row, Field::RespIpBytes, "resp_ip_bytes is not a count below 2^63")?,
        },
    })
}

/// The protocol number. Zeek calls ICMP of both versions `icmp`.
fn protocol(row: &impl Row, six: bool) -> Result<Protocol, Wrong> {
    let name = row.raw(Field::Proto).ok_or("proto is missing")?;
    match Protocol::parse(name) {
        Some(Protocol::ICMP) if six => Ok(Protocol::ICMP6),
        Some(protocol) => Ok(protocol),
        None if name == "unknown_transport" => Ok(row
            .raw(Field::IpProto)
            .and_then(|number| number.parse().ok())
            .map_or(UNKNOWN_PROTOCOL, Protocol)),
        None => Err("proto is not a protocol"),
    }
}

/// What `history` says about the beginning of the conversation.
struct Flags {
    initiator_known: bool,
    opening: bool,
}

impl Flags {
    fn of(protocol: Protocol, history: Option<History>, state: Option<&str>) -> Flags {
        let Some(history) = history else {
            // Without a history the state tells whether the first packet was seen.
            const OPENED: [&str; 10] = ["S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "SH"];
            let opened = protocol == Protocol::TCP && state.is_some_and(|state| OPENED.contains(&state));
            return Flags { initiator_known: opened || protocol != Protocol::TCP, opening: opened };
        };
        if protocol != Protocol::TCP {
            return Flags { initiator_known: !history.turned, opening: false };
        }
        let opening = history.any(b"Sh");
        // An answer to the opening shows who opened, also where the sensor missed the opening and guessed (`^h`).
        Flags { initiator_known: opening && (!history.turned || history.any(b"h")), opening }
    }
}

/// The uids of the enclosing tunnels, separated by commas.
fn parents(row: &impl Row) -> Option<String> {
    let mut joined = String::new();
    row.each(Field::TunnelParents, &mut |uid| {
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(uid);
    });
    (!joined.is_empty()).then_some(joined)
}
