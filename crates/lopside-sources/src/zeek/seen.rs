//! What `http.log` and `dns.log` tell of what a client sent, without its content: lengths and names.

use lopside_model::record::Record;
use lopside_model::tables::FileSeen;
use lopside_model::{Micros, Protocol};

use super::field::{self, Field, Row};
use super::read::Writer;

/// Completes a row by the conversation and place of a record and puts it; nothing where the record names no conversation.
pub(super) fn put(
    row: &impl Row,
    time: Micros,
    protocol: Protocol,
    seen: FileSeen<'_>,
    writer: &mut Writer<'_>,
) {
    let (Some(uid), Ok(ends)) = (row.text(Field::Uid), field::ends(row)) else { return };
    let sensor = writer.sensor(row);
    writer.put(&Record::FileSeen(FileSeen {
        sensor: &sensor,
        uid: &uid,
        time: time.0,
        from_source: Some(1),
        protocol: Some(protocol.0),
        source_ip: Some(ends.source_ip),
        source_port: ends.source_port,
        destination_ip: Some(ends.destination_ip),
        destination_port: ends.destination_port,
        input: writer.input(),
        record: writer.place(),
        ..seen
    }));
}
