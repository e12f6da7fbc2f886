//! Sysmon 1, 3, 5, 10 and 22.
//!
//! `UtcTime` of events 3 and 22 comes from a clock of its own, which can be wrong by days; connections keep the time of
//! logging beside it, and lookups are corrected as a class. Events 1, 5 and 10 are right.

use std::borrow::Cow;

use lopside_model::name;
use lopside_model::net::{self, Protocol};
use lopside_model::record::{EventClass, LocalEnd, Record};
use lopside_model::tables::{Access, Connection, Lookup, ProcessEnd, ProcessStart};

use crate::source::{InputInfo, Sink};

use super::event::{EventFields, Refusal};
use super::slots;
use super::values::trimmed;

/// Rights that matter: to write memory, to start a thread, to change memory.
const RIGHTS: u32 = 0x20 | 0x02 | 0x08;

/// Whether rights are worth a row.
#[must_use]
pub fn is_intrusive(granted: u32) -> bool {
    granted & RIGHTS != 0
}

/// Event 1: a process was started.
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
    let time = event.happened()?;
    let sha256 = event.text(slots::HASHES).and_then(sha256);
    sink.seen(EventClass::Sysmon1.name(), Some(time));
    sink.put(&Record::ProcessStart(ProcessStart {
        host: &host,
        class: EventClass::Sysmon1.code(),
        time: time.0,
        pid: event.process_id(slots::PROCESS_ID),
        guid: event.guid(slots::PROCESS_GUID),
        image: event.text(slots::IMAGE),
        command_line: event.text(slots::COMMAND_LINE),
        user: event.text(slots::USER),
        parent_pid: event.process_id(slots::PARENT_PROCESS_ID),
        parent_guid: event.guid(slots::PARENT_PROCESS_GUID),
        parent_image: event.text(slots::PARENT_IMAGE),
        parent_command_line: event.text(slots::PARENT_COMMAND_LINE),
        original_name: event.text(slots::ORIGINAL_FILE_NAME),
        company: event.text(slots::COMPANY),
        product: event.text(slots::PRODUCT),
        integrity: event.text(slots::INTEGRITY_LEVEL),
        sha256: sha256.as_deref(),
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// Event 3: a process opened or accepted a conversation.
///
/// # Errors
/// Where host, time, protocol or an address are missing, or a port is none.
pub fn connection(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let logged = event.logged();
    let time = event.happened()?;
    let protocol = event.protocol()?;
    let source_ip = event.address(slots::SOURCE_IP, "source")?;
    let destination_ip = event.address(slots::DESTINATION_IP, "destination")?;
    let source_port = event.port(slots::SOURCE_PORT, "source")?;
    let destination_port = event.port(slots::DESTINATION_PORT, "destination")?;
    // The flag is right for TCP only; for UDP, who owns the address decides.
    let local_end = match (protocol, event.flag(slots::INITIATED)) {
        (Protocol::TCP, Some(true)) => LocalEnd::Source,
        (Protocol::TCP, Some(false)) => LocalEnd::Destination,
        _ => LocalEnd::Unknown,
    };
    let peer =
        if local_end == LocalEnd::Destination { slots::SOURCE_HOSTNAME } else { slots::DESTINATION_HOSTNAME };
    let remote_name = event.peer_name(peer);
    let image = event.text(slots::IMAGE);
    sink.seen(EventClass::Sysmon3.name(), logged.or(Some(time)));
    sink.put(&Record::Connection(Connection {
        host: &host,
        class: EventClass::Sysmon3.code(),
        time: time.0,
        logged: logged.filter(|logged| *logged != time).map(|logged| logged.0),
        protocol: protocol.0,
        source_ip: net::bits(source_ip),
        source_port,
        destination_ip: net::bits(destination_ip),
        destination_port,
        local_end: local_end.code(),
        pid: event.process_id(slots::PROCESS_ID).filter(|pid| *pid != 0 || image.is_some()),
        guid: event.guid(slots::PROCESS_GUID),
        image,
        user: event.text(slots::USER),
        remote_name: remote_name.as_deref(),
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// Event 5: a process ended.
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
    let time = event.happened()?;
    sink.seen(EventClass::Sysmon5.name(), Some(time));
    sink.put(&Record::ProcessEnd(ProcessEnd {
        host: &host,
        class: EventClass::Sysmon5.code(),
        time: time.0,
        pid: event.process_id(slots::PROCESS_ID),
        guid: event.guid(slots::PROCESS_GUID),
        image: event.text(slots::IMAGE),
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// Event 10: a process opened another. A row only where the rights matter; nine in ten events of a busy log are of
/// this kind, and nearly all of them only ask.
///
/// # Errors
/// Where host, time or rights are missing.
pub fn access(
    info: &InputInfo<'_>,
    event: EventFields<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let granted = event.process_id(slots::GRANTED_ACCESS).ok_or(Refusal::NoRights)?;
    let time = event.happened()?;
    if !is_intrusive(granted) {
        sink.seen(EventClass::Sysmon10.name(), Some(time));
        return Ok(());
    }
    let host = event.host()?;
    sink.seen(EventClass::Sysmon10.name(), Some(time));
    sink.put(&Record::Access(Access {
        host: &host,
        time: time.0,
        source_pid: event.process_id(slots::SOURCE_PROCESS_ID),
        source_guid: event.guid(slots::SOURCE_PROCESS_GUID),
        source_image: event.text(slots::SOURCE_IMAGE),
        target_pid: event.process_id(slots::TARGET_PROCESS_ID),
        target_guid: event.guid(slots::TARGET_PROCESS_GUID),
        target_image: event.text(slots::TARGET_IMAGE),
        granted,
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// Event 22: a process looked a name up. One row for each address in the answer.
///
/// # Errors
/// Where host or time are missing.
pub fn lookup(event: EventFields<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    sink.seen(EventClass::Sysmon22.name(), event.logged().or(Some(time)));
    let Some(name) = event.text(slots::QUERY_NAME).and_then(name::clean) else { return Ok(()) };
    let pid = event.process_id(slots::PROCESS_ID);
    let guid = event.guid(slots::PROCESS_GUID);
    // Items end in `;`: an address, or `type:  5 name` for what is none.
    let answers = event.text(slots::QUERY_RESULTS).unwrap_or_default().split(';');
    for answer in answers.filter_map(|item| net::parse_ip(trimmed(item))) {
        sink.put(&Record::Lookup(Lookup {
            host: Some(&host),
            class: EventClass::Sysmon22.code(),
            time: time.0,
            name: &name,
            answer: net::bits(answer),
            pid,
            guid,
            ..Lookup::default()
        }));
    }
    Ok(())
}

/// The SHA-256 in `SHA1=…,SHA256=…`, in lower case.
fn sha256(hashes: &str) -> Option<Cow<'_, str>> {
    let digits = hashes.split(',').find_map(|hash| {
        let (name, digits) = hash.trim().split_once('=')?;
        name.eq_ignore_ascii_case("SHA256").then_some(digits)
    })?;
    let valid = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| Cow::Owned(digits.to_ascii_lowercase()))
}
