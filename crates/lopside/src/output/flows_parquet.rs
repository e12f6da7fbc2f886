//! Flows as Apache Parquet: the columns of the CSV form with their types, compressed with Snappy.

use std::io::Write;
use std::sync::Arc;

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use lopside_model::table;
use lopside_model::table::{RowBuilder, Table};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::output::flow_row::FlowRow;

/// Rows of one batch.
const BATCH: usize = 8_192;
/// Rows of one row group.
const GROUP: usize = 65_536;

table! {
    /// A flow with a column for each of its parts.
    Flat, FlatBuilder, FlatColumns, "flows" {
        /// First packet.
        start: Int,
        /// Last packet.
        end: Int,
        /// Host.
        host: OptLabel,
        /// Initiator.
        src_ip: Label,
        /// Its port.
        src_port: OptPort,
        /// Responder.
        dst_ip: Label,
        /// Its port.
        dst_port: OptPort,
        /// Transport.
        transport: Label,
        /// Application protocol.
        app_protocol: OptLabel,
        /// Name of the peer.
        domain: OptLabel,
        /// Where it came from.
        domain_source: OptLabel,
        /// Bytes sent.
        bytes_out: OptCount,
        /// Bytes received.
        bytes_in: OptCount,
        /// Quality of the first.
        bytes_out_quality: Label,
        /// Quality of the second.
        bytes_in_quality: Label,
        /// Layer of both.
        byte_layer: Label,
        /// Which directions were measured.
        measured: Label,
        /// Why one was not.
        unmeasured_why: OptLabel,
        /// Who opened it.
        direction: Label,
        /// Where the peer stands.
        scope: Label,
        /// Image.
        process_image: OptLabel,
        /// Its last component.
        process_name: OptLabel,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptLabel,
        /// User.
        user: OptLabel,
        /// Command line.
        command_line: OptText,
        /// Parent's image.
        parent_image: OptLabel,
        /// Services.
        services: OptLabel,
        /// How the process was attached.
        method: Label,
        /// How sure.
        confidence: Real,
        /// Clock offset.
        offset_seconds: Real,
        /// Why.
        reason: OptLabel,
        /// Candidates.
        candidates: OptText,
        /// Peer's host.
        peer_host: OptLabel,
        /// Peer's image.
        peer_image: OptLabel,
        /// Peer's process id.
        peer_pid: OptSmall,
        /// Peer's user.
        peer_user: OptLabel,
        /// What its content is.
        payload_verdict: OptLabel,
        /// How sure.
        payload_confidence: OptReal,
        /// Why.
        payload_reasons: OptText,
        /// A few escaped bytes of content, where they were asked for.
        payload_excerpt: OptText,
        /// Records.
        sources: OptText,
        /// Packets that the host sent.
        packets_out: OptCount,
        /// Packets that it received.
        packets_in: OptCount,
        /// Bytes of IP packets that it sent.
        ip_bytes_out: OptCount,
        /// Bytes of IP packets that it received.
        ip_bytes_in: OptCount,
        /// Bytes of frames that it sent.
        frame_bytes_out: OptCount,
        /// Bytes of frames that it received.
        frame_bytes_in: OptCount,
    }
}

/// Writes flows one after another; a row group is in memory at a time.
pub(crate) struct Writer<W: Write + Send> {
    file: ArrowWriter<W>,
    rows: FlatBuilder,
    schema: SchemaRef,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn new(target: W) -> anyhow::Result<Writer<W>> {
        let schema = schema();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP))
            .set_created_by(format!("lopside {}", env!("CARGO_PKG_VERSION")))
            .build();
        let file = ArrowWriter::try_new(target, Arc::clone(&schema), Some(properties))?;
        Ok(Writer { file, rows: FlatBuilder::new(), schema })
    }

    /// Adds a flow.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn add(&mut self, flow: &FlowRow<'_>) -> anyhow::Result<()> {
        push(&mut self.rows, flow);
        if self.rows.len() >= BATCH { self.write() } else { Ok(()) }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> anyhow::Result<W> {
        self.write()?;
        Ok(self.file.into_inner()?)
    }

    fn write(&mut self) -> anyhow::Result<()> {
        let batch = self.rows.finish()?;
        let columns = batch
            .columns()
            .iter()
            .enumerate()
            .map(|(index, column)| if index < 2 { moment(column) } else { Arc::clone(column) });
        self.file.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())?)?;
        Ok(())
    }
}

/// The schema of the table, with the first two columns as times.
fn schema() -> SchemaRef {
    let flat = <Flat<'static> as Table>::schema();
    let fields: Vec<Field> = flat
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let field = field.as_ref().clone();
            if index < 2 {
                field.with_data_type(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
            } else {
                field
            }
        })
        .collect();
    Arc::new(Schema::new(fields))
}

fn moment(column: &ArrayRef) -> ArrayRef {
    match column.as_any().downcast_ref::<Int64Array>() {
        Some(numbers) => {
            Arc::new(numbers.reinterpret_cast::<TimestampMicrosecondType>().with_timezone("UTC"))
        }
        None => Arc::clone(column),
    }
}

fn push(rows: &mut FlatBuilder, flow: &FlowRow<'_>) {
    let process = flow.process.as_ref();
    let peer_process = flow.peer.as_ref().and_then(|peer| peer.process.as_ref());
    let payload = flow.payload.as_ref();
    let wire = flow.wire.unwrap_or_default();
    let list = |items: &[String], between: &str| (!items.is_empty()).then(|| items.join(between));
    let services = process.and_then(|process| list(&process.services, " "));
    let candidates = &flow.attribution.candidates;
    let candidates = (!candidates.is_empty()).then(|| candidates.join("; "));
    rows.push(&Flat {
        start: flow.start.0,
        end: flow.end.0,
        host: flow.host.as_deref(),
        src_ip: &flow.src_ip.to_string(),
        src_port: flow.src_port,
        dst_ip: &flow.dst_ip.to_string(),
        dst_port: flow.dst_port,
        transport: &flow.transport,
        app_protocol: flow.app_protocol,
        domain: flow.domain.as_deref(),
        domain_source: flow.domain_source,
        bytes_out: flow.bytes_out,
        bytes_in: flow.bytes_in,
        bytes_out_quality: flow.bytes_out_quality.name(),
        bytes_in_quality: flow.bytes_in_quality.name(),
        byte_layer: flow.byte_layer.name(),
        measured: flow.measured,
        unmeasured_why: flow.unmeasured_why,
        direction: flow.direction.name(),
        scope: flow.scope.name(),
        process_image: process.and_then(|process| process.image.as_deref()),
        process_name: process.and_then(|process| process.name.as_deref()),
        pid: process.and_then(|process| process.pid),
        guid: process.and_then(|process| process.guid.as_deref()),
        user: process.and_then(|process| process.user.as_deref()),
        command_line: process.and_then(|process| process.command_line.as_deref()),
        parent_image: process.and_then(|process| process.parent_image.as_deref()),
        services: services.as_deref(),
        method: flow.attribution.method,
        confidence: flow.attribution.confidence,
        offset_seconds: flow.attribution.offset_seconds,
        reason: flow.attribution.reason,
        candidates: candidates.as_deref(),
        peer_host: flow.peer.as_ref().map(|peer| peer.host.as_ref()),
        peer_image: peer_process.and_then(|process| process.image.as_deref()),
        peer_pid: peer_process.and_then(|process| process.pid),
        peer_user: peer_process.and_then(|process| process.user.as_deref()),
        payload_verdict: payload.map(|payload| payload.verdict.name()),
        payload_confidence: payload.map(|payload| payload.confidence),
        payload_reasons: payload.and_then(|payload| list(&payload.reasons, "; ")).as_deref(),
        payload_excerpt: payload.and_then(|payload| payload.excerpt.as_deref()),
        sources: list(&flow.sources, " ").as_deref(),
        packets_out: wire.packets_out,
        packets_in: wire.packets_in,
        ip_bytes_out: wire.ip_bytes_out,
        ip_bytes_in: wire.ip_bytes_in,
        frame_bytes_out: wire.frame_bytes_out,
        frame_bytes_in: wire.frame_bytes_in,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_csv_form() {
        let names: Vec<String> = schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, crate::output::flows_csv::COLUMNS);
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let written = Writer::new(Vec::new()).unwrap().finish().unwrap();
        assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));
    }
}
