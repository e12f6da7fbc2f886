//! Flows as comma-separated values.

use std::io::Write;

use crate::output::flow_row::FlowRow;
use crate::output::separated::Table;

/// The columns, which Parquet has too.
pub(crate) const COLUMNS: [&str; 48] = [
    "start",
    "end",
    "host",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "transport",
    "app_protocol",
    "domain",
    "domain_source",
    "bytes_out",
    "bytes_in",
    "bytes_out_quality",
    "bytes_in_quality",
    "byte_layer",
    "measured",
    "unmeasured_why",
    "direction",
    "scope",
    "process_image",
    "process_name",
    "pid",
    "guid",
    "user",
    "command_line",
    "parent_image",
    "services",
    "method",
    "confidence",
    "offset_seconds",
    "reason",
    "candidates",
    "peer_host",
    "peer_image",
    "peer_pid",
    "peer_user",
    "payload_verdict",
    "payload_confidence",
    "payload_reasons",
    "payload_excerpt",
    "sources",
    "packets_out",
    "packets_in",
    "ip_bytes_out",
    "ip_bytes_in",
    "frame_bytes_out",
    "frame_bytes_in",
];

/// Adds one flow.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write<W: Write>(table: &mut Table<W>, flow: &FlowRow<'_>) -> csv::Result<()> {
    ends(table, flow);
    amounts(table, flow);
    who(table, flow);
    table.wire(flow.wire);
    table.end()
}

fn ends<W: Write>(table: &mut Table<W>, flow: &FlowRow<'_>) {
    table.plain(Some(flow.start));
    table.plain(Some(flow.end));
    table.text(flow.host.as_deref());
    table.plain(Some(flow.src_ip));
    table.plain(flow.src_port);
    table.plain(Some(flow.dst_ip));
    table.plain(flow.dst_port);
    table.plain(Some(&flow.transport));
    table.text(flow.app_protocol);
    table.text(flow.domain.as_deref());
    table.plain(flow.domain_source);
}

fn amounts<W: Write>(table: &mut Table<W>, flow: &FlowRow<'_>) {
    table.plain(flow.bytes_out);
    table.plain(flow.bytes_in);
    table.plain(Some(flow.bytes_out_quality.name()));
    table.plain(Some(flow.bytes_in_quality.name()));
    table.plain(Some(flow.byte_layer.name()));
    table.plain(Some(flow.measured));
    table.text(flow.unmeasured_why);
    table.plain(Some(flow.direction.name()));
    table.plain(Some(flow.scope.name()));
}

fn who<W: Write>(table: &mut Table<W>, flow: &FlowRow<'_>) {
    let process = flow.process.as_ref();
    table.text(process.and_then(|process| process.image.as_deref()));
    table.text(process.and_then(|process| process.name.as_deref()));
    table.plain(process.and_then(|process| process.pid));
    table.plain(process.and_then(|process| process.guid.as_deref()));
    table.text(process.and_then(|process| process.user.as_deref()));
    table.text(process.and_then(|process| process.command_line.as_deref()));
    table.text(process.and_then(|process| process.parent_image.as_deref()));
    table.text(process.map(|process| process.services.join(" ")).as_deref());
    table.plain(Some(flow.attribution.method));
    table.plain(Some(flow.attribution.confidence));
    table.plain(Some(flow.attribution.offset_seconds));
    table.text(flow.attribution.reason);
    table.text(Some(&flow.attribution.candidates.join("; ")));
    let peer = flow.peer.as_ref();
    let peer_process = peer.and_then(|peer| peer.process.as_ref());
    table.text(peer.map(|peer| peer.host.as_ref()));
    table.text(peer_process.and_then(|process| process.image.as_deref()));
    table.plain(peer_process.and_then(|process| process.pid));
    table.text(peer_process.and_then(|process| process.user.as_deref()));
    let payload = flow.payload.as_ref();
    table.plain(payload.map(|payload| payload.verdict.name()));
    table.plain(payload.map(|payload| payload.confidence));
    table.text(payload.map(|payload| payload.reasons.join("; ")).as_deref());
    table.text(payload.and_then(|payload| payload.excerpt.as_deref()));
    table.text(Some(&flow.sources.join(" ")));
}
