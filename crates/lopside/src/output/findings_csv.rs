//! Findings as comma-separated values: one a row, lists within a cell separated by blanks.

use std::io::Write;

use lopside_model::finding::{FactorState, Finding};

use crate::output::separated::Table;

const COLUMNS: [&str; 57] = [
    "severity",
    "score",
    "bytes_out",
    "bytes_in",
    "ratio",
    "host",
    "process",
    "user",
    "domain",
    "ip",
    "port",
    "transport",
    "app_protocol",
    "scope",
    "first_seen",
    "last_seen",
    "flows",
    "reason",
    "factors",
    "total",
    "confidence",
    "id",
    "analytic",
    "title",
    "host_ips",
    "host_monitored",
    "process_name",
    "pid",
    "guid",
    "command_line",
    "parent_image",
    "services",
    "instances",
    "ips",
    "ports",
    "bytes_out_quality",
    "bytes_in_quality",
    "byte_layer",
    "channel_bytes_out",
    "channel_bytes_in",
    "attribution",
    "not_seen",
    "evidence",
    "owner",
    "criticality",
    "envelope",
    "envelope_standing",
    "decision",
    "decision_note",
    "decision_author",
    "domain_source",
    "packets_out",
    "packets_in",
    "ip_bytes_out",
    "ip_bytes_in",
    "frame_bytes_out",
    "frame_bytes_in",
];

/// Writes all findings.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn write(writer: &mut dyn Write, findings: &[&Finding]) -> csv::Result<()> {
    let mut table = Table::new(writer, &COLUMNS)?;
    for finding in findings {
        first_columns(&mut table, finding);
        further_columns(&mut table, finding);
        table.end()?;
    }
    table.finish()
}

fn first_columns<W: Write>(table: &mut Table<W>, finding: &Finding) {
    let process = finding.process.as_ref();
    let destination = &finding.destination;
    table.plain(Some(finding.severity.name()));
    table.plain(Some(format!("{:.1}", finding.score)));
    table.plain(finding.bytes_out);
    table.plain(finding.bytes_in);
    table.plain(finding.ratio.map(|ratio| format!("{ratio:.2}")));
    table.text(finding.host.name.as_deref());
    table.text(process.and_then(|process| process.image.as_deref()));
    table.text(process.and_then(|process| process.user.as_deref()));
    table.text(destination.domain.as_deref());
    table.plain(destination.ips.first());
    table.plain(destination.port);
    table.text(destination.transport.as_deref());
    table.text(destination.app_protocol.as_deref());
    table.plain(Some(destination.scope.name()));
    table.plain(Some(finding.first_seen));
    table.plain(Some(finding.last_seen));
    table.plain(Some(finding.flows));
    table.text(Some(&finding.reason));
    let told = finding.factors.iter().filter(|factor| factor.state == FactorState::Unusual);
    let factors: Vec<String> = told.map(|factor| format!("{} {:+.1}", factor.name, factor.points)).collect();
    table.text(Some(&factors.join("; ")));
    table.plain(Some(format!("{:.1}", finding.total)));
    table.plain(Some(finding.confidence));
}

fn further_columns<W: Write>(table: &mut Table<W>, finding: &Finding) {
    let process = finding.process.as_ref();
    table.text(Some(&finding.id));
    table.text(Some(&finding.analytic));
    table.text(Some(&finding.title));
    table.plain(Some(words(&finding.host.ips)));
    table.plain(Some(finding.host.monitored));
    table.text(process.and_then(|process| process.name.as_deref()));
    table.plain(process.and_then(|process| process.pid));
    table.plain(process.and_then(|process| process.guid.as_deref()));
    table.text(process.and_then(|process| process.command_line.as_deref()));
    table.text(process.and_then(|process| process.parent_image.as_deref()));
    table.text(process.map(|process| process.services.join(" ")).as_deref());
    table.plain(process.map(|process| process.instances));
    table.plain(Some(words(&finding.destination.ips)));
    table.plain(Some(words(&finding.destination.ports)));
    table.plain(Some(finding.bytes_out_quality.name()));
    table.plain(Some(finding.bytes_in_quality.name()));
    table.plain(Some(finding.byte_layer.name()));
    table.plain(finding.channel_bytes_out);
    table.plain(finding.channel_bytes_in);
    table.text(Some(&finding.attribution.method));
    table.text(Some(&finding.not_seen.join("; ")));
    let records: Vec<String> =
        finding.evidence.iter().map(|record| format!("{}:{}", record.file, record.record)).collect();
    table.text(Some(&records.join(" ")));
    table.text(finding.owner.as_deref());
    table.text(finding.criticality.as_deref());
    table.text(finding.envelope.as_ref().map(|envelope| envelope.entry.as_str()));
    table.plain(finding.envelope.as_ref().map(|envelope| envelope.standing.as_str()));
    let decision = finding.decision.as_ref();
    table.plain(decision.map(|decision| decision.verdict.as_str()));
    table.text(decision.and_then(|decision| decision.note.as_deref()));
    table.text(decision.and_then(|decision| decision.author.as_deref()));
    table.plain(finding.destination.domain_source.as_deref());
    table.wire(finding.wire);
}

fn words<T: ToString>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cells_as_columns() {
        let finding = crate::output::sample::sample();
        let mut written = Vec::new();
        write(&mut written, &[&finding]).unwrap();
        let mut reader = csv::Reader::from_reader(written.as_slice());
        let heads = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let cell = |name: &str| row.get(heads.iter().position(|head| head == name).unwrap()).unwrap();
        assert_eq!((cell("severity"), cell("port"), cell("evidence")), ("high", "8443", "conn.log:9"));
        assert_eq!((cell("id"), cell("domain"), cell("attribution")), ("7f3a91c2d4e5", "", "tuple"));
        assert_eq!((cell("ip_bytes_in"), cell("frame_bytes_in")), ("39400000", ""));
    }
}
