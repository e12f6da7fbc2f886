//! What `ssl.log`, `quic.log` and `http.log` have in common: the name that a conversation itself carries.

use lopside_model::record::{NameSource, Record};
use lopside_model::tables::FlowName;
use lopside_model::{Micros, Protocol, name};

use super::field::{self, Field, Row, Wrong};
use super::read::Writer;

/// The name in a field, where it is one.
pub(super) fn of(row: &impl Row, field: Field) -> Option<String> {
    row.text(field).and_then(|text| name::clean(&text))
}

/// Puts a name of the record's conversation, where there is one.
pub(super) fn put(
    row: &impl Row,
    time: Micros,
    (name, origin, protocol): (Option<String>, NameSource, Protocol),
    writer: &mut Writer<'_>,
) -> Result<(), Wrong> {
    let Some(name) = name else { return Ok(()) };
    let ends = field::ends(row)?;
    let uid = row.text(Field::Uid);
    let sensor = writer.sensor(row);
    writer.put(&Record::FlowName(FlowName {
        sensor: &sensor,
        uid: uid.as_deref(),
        time: time.0,
        protocol: protocol.0,
        source_ip: ends.source_ip,
        source_port: ends.source_port,
        destination_ip: ends.destination_ip,
        destination_port: ends.destination_port,
        origin: origin.code(),
        name: &name,
    }));
    Ok(())
}
