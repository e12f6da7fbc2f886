//! `quic.log`: the server name in the first packet of a QUIC conversation, over UDP.

use lopside_model::record::NameSource;
use lopside_model::{Micros, Protocol};

use super::field::{Field, Row, Wrong};
use super::names;
use super::read::Writer;

/// One record to the name of its flow.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    names::put(row, time, (names::of(row, Field::ServerName), NameSource::QuicSni, Protocol::UDP), writer)
}
