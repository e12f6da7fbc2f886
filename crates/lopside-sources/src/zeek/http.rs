//! `http.log`: the `Host` header of a request (of a `CONNECT` it is the name that the proxy was asked for), and how long the body of
//! the request was.

use lopside_model::record::{NameSource, Record};
use lopside_model::tables::FileSeen;
use lopside_model::{Micros, Protocol};

use super::field::{self, Field, Row, Wrong};
use super::names;
use super::read::Writer;

/// One record to the name of its flow, and the body of its request where there was one.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    names::put(row, time, (names::of(row, Field::Host), NameSource::HttpHost, Protocol::TCP), writer)?;
    body(row, time, writer);
    Ok(())
}

fn body(row: &impl Row, time: Micros, writer: &mut Writer<'_>) {
    let length = field::count(row, Field::RequestBody, "").ok().flatten().filter(|length| *length > 0);
    let (Some(length), Some(uid)) = (length, row.text(Field::Uid)) else { return };
    let mut mime = None;
    row.each(Field::RequestTypes, &mut |first| {
        mime.get_or_insert_with(|| first.to_owned());
    });
    let sensor = writer.sensor(row);
    writer.put(&Record::FileSeen(FileSeen {
        sensor: &sensor,
        uid: &uid,
        time: time.0,
        from_source: Some(1),
        mime: mime.as_deref(),
        name: None,
        seen_bytes: Some(length),
        missing_bytes: None,
        body: true,
        input: writer.input(),
        record: writer.place(),
    }));
}
