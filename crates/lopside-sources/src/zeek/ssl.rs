//! `ssl.log`: the server name that the client asked for, in the clear even where everything after is not. Without one (no SNI,
//! or an address instead of a name) there is no row. With Encrypted Client Hello it is the public outer name.

use lopside_model::record::NameSource;
use lopside_model::{Micros, Protocol};

use super::field::{Field, Row, Wrong};
use super::names;
use super::read::Writer;

/// One record to the name of its flow.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    names::put(row, time, (Field::ServerName, NameSource::Sni, Protocol::TCP), writer)
}
