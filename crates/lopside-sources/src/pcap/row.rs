//! A conversation that is over, as a row.

use lopside_model::payload::Payload;
use lopside_model::record::{FlowKind, NameSource, Record};
use lopside_model::tables::{Flow, FlowName};
use lopside_model::{Layer, net};

use super::conversation::{Conversation, Opener, Side};
use super::sensor::sensor_of;
use super::{judge, names};
use crate::source::InputInfo;

const TCP: u8 = 6;
const QUIC_PORT: u16 = 443;
/// Ports below this are those of services.
const SERVICES: u16 = 1_024;
/// Ports from this on are given to clients by most systems.
const CLIENTS: u16 = 49_152;

/// The id of a conversation: unique in a run, and the same in every run.
pub(super) fn uid(info: &InputInfo<'_>, number: u64) -> String {
    format!("capture-{}-{number}", info.input)
}

/// Hands a conversation to `put`: its name where it carried one, and the flow.
pub(super) fn tell<'a>(
    info: &InputInfo<'_>,
    conversation: &Conversation,
    resolved: &dyn Fn(u128) -> Option<&'a str>,
    put: &mut dyn FnMut(&Record<'_>),
) {
    let opener = opener(conversation);
    let Some(ends) = Ends::of(conversation, opener.end) else { return };
    let uid = uid(info, conversation.number);
    let carried = conversation.found.name.as_deref().map(|(origin, name)| (*origin, name.as_str()));
    // What the capturing program had resolved says what it thought of an address, not what anybody asked for.
    if let Some((origin, name)) =
        carried.or_else(|| Some((NameSource::ReverseDns, resolved(ends.destination.0)?)))
    {
        put(&Record::FlowName(FlowName {
            sensor: sensor_of(info.name),
            uid: Some(&uid),
            time: conversation.start,
            protocol: conversation.protocol,
            source_ip: ends.source.0,
            source_port: ends.source.1,
            destination_ip: ends.destination.0,
            destination_port: ends.destination.1,
            origin: origin.code(),
            name,
        }));
    }
    flow(info, conversation, &uid, (opener, &ends), put);
}

/// The two ends, told from who opened the conversation.
struct Ends<'c> {
    /// Address and port.
    source: (u128, u16),
    destination: (u128, u16),
    sent: &'c Side,
    answered: &'c Side,
}

impl<'c> Ends<'c> {
    fn of(conversation: &'c Conversation, opener: usize) -> Option<Ends<'c>> {
        let other = 1_usize.checked_sub(opener)?;
        Some(Ends {
            source: *conversation.ends.get(opener)?,
            destination: *conversation.ends.get(other)?,
            sent: conversation.sides.get(opener)?,
            answered: conversation.sides.get(other)?,
        })
    }
}

/// Hands the flow to `put`.
fn flow(
    info: &InputInfo<'_>,
    conversation: &Conversation,
    uid: &str,
    (opener, ends): (Opener, &Ends<'_>),
    put: &mut dyn FnMut(&Record<'_>),
) {
    let judged = judge::judge(conversation);
    let [source_bytes, destination_bytes] =
        if opener.end == 0 { judged.bytes } else { [judged.bytes[1], judged.bytes[0]] };
    let sent = ends.sent.weight().if_seen(source_bytes.quality);
    let answered = ends.answered.weight().if_seen(destination_bytes.quality);
    let payload = payload(conversation, opener.end);
    let service = service(conversation, ends.destination.1);
    let tunnel = conversation.tunnel.map(|number| self::uid(info, number));
    put(&Record::Flow(Flow {
        sensor: sensor_of(info.name),
        uid: Some(uid),
        kind: FlowKind::Final.code(),
        start: conversation.start,
        end: Some(conversation.end),
        protocol: conversation.protocol,
        source_ip: ends.source.0,
        source_port: ends.source.1,
        destination_ip: ends.destination.0,
        destination_port: ends.destination.1,
        initiator_known: opener.seen,
        opening: conversation.sides.iter().any(|side| side.opened.is_some()),
        answered: ends.sent.spoke && ends.answered.spoke,
        source_bytes: source_bytes.count,
        source_quality: source_bytes.quality.code(),
        destination_bytes: destination_bytes.count,
        destination_quality: destination_bytes.quality.code(),
        layer: Layer::Payload.code(),
        source_packets: sent.packets,
        destination_packets: answered.packets,
        source_ip_bytes: sent.ip_bytes,
        destination_ip_bytes: answered.ip_bytes,
        source_frame_bytes: sent.frame_bytes,
        destination_frame_bytes: answered.frame_bytes,
        missed_bytes: Some(judged.missed),
        unmeasured_why: judged.why,
        service: service.as_deref(),
        state: judge::state(conversation, opener.end),
        tunnel_parents: tunnel.as_deref(),
        payload: payload.as_deref(),
        input: info.input,
        record: conversation.first,
        ..Flow::default()
    }));
}

/// What the content was judged to be, told from who opened the conversation: the first end was taken for the one that sends.
fn payload(conversation: &Conversation, opener: usize) -> Option<String> {
    let payload = conversation.found.payload.as_deref()?;
    let side = if opener == 0 { payload.side } else { payload.side.turned() };
    Some(Payload { side, ..payload.clone() }.encode())
}

/// The protocol by content, and the one that the port stands for where the content is of another.
fn service(conversation: &Conversation, port: u16) -> Option<String> {
    let found = &conversation.found;
    let from_start = match conversation.protocol {
        TCP => conversation.opener.is_some_and(|opener| opener.seen),
        // In the middle of QUIC nothing shows that it is.
        _ => port != QUIC_PORT,
    };
    names::told(found.service, found.looked_at && from_start, conversation.protocol, port)
}

/// Who opened a conversation: by the opening itself, else by what the content says, else by the ports, else who spoke first.
pub(super) fn opener(conversation: &Conversation) -> Opener {
    if let Some(opener) = conversation.opener {
        return opener;
    }
    let [(_, first_port), (second_ip, second_port)] = conversation.ends;
    let datagrams = conversation.protocol != TCP;
    if let Some(client) = conversation.found.client {
        return Opener { end: client, seen: datagrams && client == 0 };
    }
    if net::is_group(net::from_bits(second_ip)) || !net::Protocol(conversation.protocol).has_ports() {
        return Opener { end: 0, seen: datagrams };
    }
    let rank = |port: u16| match port {
        0..SERVICES => 0,
        SERVICES..CLIENTS => 1,
        CLIENTS.. => 2,
    };
    // The first packet seen may be an answer to one before the capture.
    let turned = rank(first_port) < rank(second_port);
    Opener { end: usize::from(turned), seen: datagrams && !turned }
}
