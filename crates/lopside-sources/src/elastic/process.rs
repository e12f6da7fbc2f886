//! Process events: starts and ends.

use lopside_model::record::{EventClass, Record};
use lopside_model::tables::{ProcessEnd, ProcessStart};

use crate::source::{InputInfo, Sink};

use super::{Event, Refusal, shape};

/// A process was started.
pub(super) fn start(
    info: &InputInfo<'_>,
    event: Event<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    let user = event.user();
    let sha256 = event.text(shape::SHA256).map(str::to_ascii_lowercase);
    sink.seen(EventClass::Elastic.name(), Some(time));
    sink.put(&Record::ProcessStart(ProcessStart {
        host: &host,
        class: EventClass::Elastic.code(),
        time: time.0,
        pid: event.process_id(shape::PID),
        guid: event.entity(shape::ENTITY),
        image: event.image(),
        command_line: event.text(shape::COMMAND_LINE),
        user: user.as_deref(),
        parent_pid: event.process_id(shape::PARENT_PID),
        parent_guid: event.entity(shape::PARENT_ENTITY),
        parent_image: event.text(shape::PARENT_EXECUTABLE),
        parent_command_line: event.text(shape::PARENT_COMMAND_LINE),
        original_name: event.text(shape::ORIGINAL_NAME),
        company: event.text(shape::COMPANY),
        product: event.text(shape::PRODUCT),
        integrity: event.text(shape::INTEGRITY),
        sha256: sha256.as_deref(),
        input: info.input,
        record: place,
    }));
    Ok(())
}

/// A process ended.
pub(super) fn end(
    info: &InputInfo<'_>,
    event: Event<'_>,
    place: u64,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let host = event.host()?;
    let time = event.happened()?;
    sink.seen(EventClass::Elastic.name(), Some(time));
    sink.put(&Record::ProcessEnd(ProcessEnd {
        host: &host,
        class: EventClass::Elastic.code(),
        time: time.0,
        pid: event.process_id(shape::PID),
        guid: event.entity(shape::ENTITY),
        image: event.image(),
        input: info.input,
        record: place,
    }));
    Ok(())
}
