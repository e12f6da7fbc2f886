//! `http.log`: the `Host` header of a request; of a `CONNECT` it is the name that the proxy was asked for.

use lopside_model::record::NameSource;
use lopside_model::{Micros, Protocol};

use super::field::{Field, Row, Wrong};
use super::names;
use super::read::Writer;

/// One record to the name of its flow.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    names::put(row, time, (Field::Host, NameSource::HttpHost, Protocol::TCP), writer)
}
