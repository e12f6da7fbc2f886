//! One record of any log to rows, and the counting around it.

use std::borrow::Cow;

use lopside_model::Micros;
use lopside_model::record::{FlowKind, Record};

use super::field::{self, Field, Row};
use super::log::{self, Log};
use super::{conn, dhcp, dns, files, http, quic, ssl};
use crate::source::{InputInfo, Sink};

/// Puts the rows of one record: says once that the record was seen, before its first row.
pub(super) struct Writer<'a> {
    sink: &'a mut dyn Sink,
    info: &'a InputInfo<'a>,
    place: u64,
    /// The record's kind and time, until they were told.
    unseen: Option<(&'static str, Micros)>,
}

impl<'a> Writer<'a> {
    /// Hands a row over.
    pub(super) fn put(&mut self, record: &Record<'_>) {
        self.tell();
        self.sink.put(record);
    }

    /// Who wrote the record: its own word, else the input's.
    pub(super) fn sensor<'s>(&self, row: &'s impl Row) -> Cow<'s, str>
    where
        'a: 's,
    {
        row.text(Field::System).unwrap_or(Cow::Borrowed(self.info.sensor))
    }

    /// Number of the input.
    pub(super) fn input(&self) -> u32 {
        self.info.input
    }

    /// Number of the record or line.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    fn tell(&mut self) {
        if let Some((kind, time)) = self.unseen.take() {
            self.sink.seen(kind, Some(time));
        }
    }
}

/// Reads one record of a log. `name` is what Zeek calls the log, where that is known.
pub(super) fn record(
    row: &impl Row,
    (log, name): (Log, &str),
    info: &InputInfo<'_>,
    place: u64,
    sink: &mut dyn Sink,
) {
    if log == Log::Other {
        return sink.ignored(log::unused_kind(name));
    }
    let time = match field::time(row) {
        Ok(time) => time,
        Err(wrong) => return sink.skipped(place, wrong),
    };
    let mut writer = Writer { sink, info, place, unseen: Some((log.kind(), time)) };
    let read = match log {
        Log::Conn => conn::read(row, time, FlowKind::Final, &mut writer),
        Log::ConnLong => conn::read(row, time, FlowKind::Running, &mut writer),
        Log::Dns => dns::read(row, time, &mut writer),
        Log::Ssl => ssl::read(row, time, &mut writer),
        Log::Quic => quic::read(row, time, &mut writer),
        Log::Http => http::read(row, time, &mut writer),
        Log::Files => files::read(row, time, &mut writer),
        Log::Dhcp => dhcp::read(row, time, &mut writer),
        Log::Other => Ok(()),
    };
    match read {
        Ok(()) => writer.tell(),
        Err(wrong) => sink.skipped(place, wrong),
    }
}

/// The log that a record belongs to by the fields it has, where neither the record nor its file says so.
pub(super) fn log_by_fields(row: &impl Row) -> Option<Log> {
    let has = |field| row.has(field);
    let tuple = has(Field::OrigIp) && has(Field::RespIp);
    if has(Field::Fuid) && !has(Field::Method) {
        Some(Log::Files)
    } else if (has(Field::AssignedIp) || has(Field::MessageTypes)) && (has(Field::Mac) || !tuple) {
        Some(Log::Dhcp)
    } else if !tuple {
        None
    } else if has(Field::ConnState) || has(Field::OrigPackets) || has(Field::MissedBytes) {
        Some(Log::Conn)
    } else if has(Field::Query) || has(Field::QueryType) || has(Field::ResponseCode) {
        Some(Log::Dns)
    } else if has(Field::ClientDcid) {
        Some(Log::Quic)
    } else if has(Field::TransDepth) && (has(Field::Method) || has(Field::StatusCode)) {
        Some(Log::Http)
    } else if has(Field::Established) || has(Field::Cipher) {
        Some(Log::Ssl)
    } else {
        None
    }
}
