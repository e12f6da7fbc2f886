//! `http.log`: the `Host` header of a request (of a `CONNECT` it is the name that the proxy was asked for), how long the body of
//! the request was, and its target where that is long.

use lopside_model::record::{NameSource, SeenKind};
use lopside_model::tables::FileSeen;
use lopside_model::{Micros, Protocol};

use super::field::{self, Field, Row, Wrong};
use super::read::Writer;
use super::{names, seen};

/// One record to the name of its flow, and the body of its request where there was one.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    names::put(row, time, (names::of(row, Field::Host), NameSource::HttpHost, Protocol::TCP), writer)?;
    content(row, time, writer);
    Ok(())
}

/// A target from this length on is told.
const LONG_TARGET: usize = 128;

/// The body of a request, and its target where that is long.
fn content(row: &impl Row, time: Micros, writer: &mut Writer<'_>) {
    let body = field::count(row, Field::RequestBody, "").ok().flatten().filter(|length| *length > 0);
    let mut mime = None;
    row.each(Field::RequestTypes, &mut |first| {
        mime.get_or_insert_with(|| first.to_owned());
    });
    let target = row.text(Field::Uri).map(|target| target.len()).filter(|length| *length >= LONG_TARGET);
    let target = target.map(|length| length as u64);
    for (kind, length, mime) in [(SeenKind::Body, body, mime.as_deref()), (SeenKind::Target, target, None)] {
        if let Some(length) = length {
            let seen = FileSeen { kind: kind.code(), mime, seen_bytes: Some(length), ..FileSeen::default() };
            seen::put(row, time, Protocol::TCP, seen, writer);
        }
    }
}
