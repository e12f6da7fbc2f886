//! Security auditing: 4688, 4689, 5156, 5157 and 5158.

use std::borrow::Cow;

use lopside_model::net::{self, Protocol};
use lopside_model::record::{EventClass, LocalEnd, Record};
use lopside_model::tables::{Bind, Connection, ProcessEnd, ProcessStart};

use crate::source::{InputInfo, Sink};

use super::event::{EventFields, Refusal};
use super::slots;

/// What the filtering platform did with a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 5156.
    Permitted,
    /// 5157.
    Blocked,
}

/// 4688: a process was started. Here `ProcessId` is the creator's, and both ids are hexadecimal.
///
/// # Errors
/// Where host or time are missing.
pub fn process_start(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.logged().ok_or(Refusal::NoTime)?;
    // The process runs as Target where there is one, else as Subject.
    let target = || event.account(slots::TARGET_DOMAIN_NAME, slots::TARGET_USER_NAME, slots::TARGET_USER_SID);
    let user = target().or_else(|| subject(event));
    sink.seen(EventClass::Security4688.name(), Some(time));
    sink.put(&Record::ProcessStart(ProcessStart {
        host: &host,
        class: EventClass::Security4688.code(),
        time: time.0,
        pid: event.process_id(slots::NEW_PROCESS_ID),
        image: event.text(slots::NEW_PROCESS_NAME),
        command_line: event.text(slots::COMMAND_LINE),
        user: user.as_deref(),
        parent_pid: event.process_id(slots::PROCESS_ID),
        parent_image: event.text(slots::PARENT_PROCESS_NAME),
        integrity: event.text(slots::MANDATORY_LABEL).map(integrity),
        input: info.input,
        record: place,
        ..ProcessStart::default()
    }));
    Ok(())
}

/// 4689: a process ended.
///
/// # Errors
/// Where host or time are missing.
pub fn process_end(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.logged().ok_or(Refusal::NoTime)?;
    sink.seen(EventClass::Security4689.name(), Some(time));
    sink.put(&Record::ProcessEnd(ProcessEnd {
        host: &host,
        class: EventClass::Security4689.code(),
        time: time.0,
        pid: event.process_id(slots::PROCESS_ID),
        image: event.text(slots::PROCESS_NAME),
        input: info.input,
        record: place,
        ..ProcessEnd::default()
    }));
    Ok(())
}

/// 5156 and 5157: the filtering platform let a conversation through, or did not.
///
/// # Errors
/// Where host, time, protocol or an address are missing, or a port is none.
pub fn connection(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    verdict: Verdict,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let class = match verdict {
        Verdict::Permitted => EventClass::Security5156,
        Verdict::Blocked => EventClass::Security5157,
    };
    let host = event.host()?;
    let time = event.logged().ok_or(Refusal::NoTime)?;
    let protocol = event.protocol()?;
    let source_ip = event.address(slots::SOURCE_ADDRESS, "source")?;
    let destination_ip = event.address(slots::DEST_ADDRESS, "destination")?;
    let source_port = event.port(slots::SOURCE_PORT, "source")?;
    let destination_port = event.port(slots::DEST_PORT, "destination")?;
    // Only here do all versions of Windows agree on which end is whose.
    let outbound = event.text(slots::DIRECTION).is_some_and(is_outbound);
    let local_end = if outbound && protocol == Protocol::TCP { LocalEnd::Source } else { LocalEnd::Unknown };
    sink.seen(class.name(), Some(time));
    sink.put(&Record::Connection(Connection {
        host: &host,
        class: class.code(),
        time: time.0,
        protocol: protocol.0,
        source_ip: net::bits(source_ip),
        source_port,
        destination_ip: net::bits(destination_ip),
        destination_port,
        local_end: local_end.code(),
        pid: pid(event),
        image: event.text(slots::APPLICATION),
        input: info.input,
        record: place,
        ..Connection::default()
    }));
    Ok(())
}

/// 5158: a process bound a local port. An event without a port puts no row.
///
/// # Errors
/// Where host, time or protocol are missing, or the port is none.
pub fn bind(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.logged().ok_or(Refusal::NoTime)?;
    let protocol = event.protocol()?;
    let port = event.port(slots::SOURCE_PORT, "source")?;
    sink.seen(EventClass::Security5158.name(), Some(time));
    if port == 0 {
        return Ok(());
    }
    sink.put(&Record::Bind(Bind {
        host: &host,
        class: EventClass::Security5158.code(),
        time: time.0,
        protocol: protocol.0,
        port,
        pid: pid(event),
        image: event.text(slots::APPLICATION),
        input: info.input,
        record: place,
    }));
    Ok(())
}

fn subject(event: EventFields<'_>) -> Option<Cow<'_, str>> {
    event.account(slots::SUBJECT_DOMAIN_NAME, slots::SUBJECT_USER_NAME, slots::SUBJECT_USER_SID)
}

fn pid(event: EventFields<'_>) -> Option<u32> {
    event.filtering_process_id().filter(|pid| *pid != 0 || event.text(slots::APPLICATION).is_some())
}

/// `%%14593`; rendered texts are localised, so of these only the English one is known.
fn is_outbound(direction: &str) -> bool {
    direction == "%%14593" || direction.eq_ignore_ascii_case("outbound")
}

/// The word for an integrity level's SID.
fn integrity(label: &str) -> &str {
    match label {
        "S-1-16-0" => "Untrusted",
        "S-1-16-4096" => "Low",
        "S-1-16-8192" => "Medium",
        "S-1-16-8448" => "MediumPlus",
        "S-1-16-12288" => "High",
        "S-1-16-16384" => "System",
        "S-1-16-20480" => "ProtectedProcess",
        other => other,
    }
}
