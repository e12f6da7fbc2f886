//! Events as JSON, one object a line, in the renderings that collectors have.

use crate::calendar::{HOUR, SECOND, Stamp};
use crate::hosts::Host;
use crate::plan::EndpointFormat;
use crate::write::event::{Channel, Event, Value};

/// Where an event comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) host: &'a Host,
    pub(crate) format: EndpointFormat,
    /// Local time minus UTC in hours.
    pub(crate) zone: i64,
}

/// Appends an event as one line.
pub(crate) fn render(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    match origin.format {
        EndpointFormat::EvtxDump => evtx_dump(event, record, origin, line),
        EndpointFormat::Nxlog => nxlog(event, record, origin, line),
        EndpointFormat::Helk => helk(event, record, origin, line),
        EndpointFormat::Velociraptor => velociraptor(event, record, origin, line),
        EndpointFormat::Winlogbeat | EndpointFormat::Mixed => winlogbeat(event, record, origin, line),
    }
    line.push('\n');
}

/// The digit below the microsecond that Windows writes.
fn tenth(event: &Event) -> u8 {
    (event.order % 10) as u8
}

fn execution_pid(channel: Channel) -> u32 {
    if channel == Channel::Sysmon { 3_128 } else { 4 }
}

fn winlogbeat(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    line.push_str("{\"@timestamp\":\"");
    line.push_str(&Stamp::of(event.time).millis());
    line.push_str(&format!("\",\"event\":{{\"code\":\"{}\",\"provider\":\"", event.id));
    line.push_str(event.channel.provider());
    line.push_str("\"},\"host\":{\"name\":");
    text(&origin.host.fqdn, line);
    line.push_str(&format!(
        "}},\"winlog\":{{\"event_id\":\"{}\",\"record_id\":{record},\"channel\":\"",
        event.id
    ));
    line.push_str(event.channel.name());
    line.push_str("\",\"provider_name\":\"");
    line.push_str(event.channel.provider());
    line.push_str("\",\"provider_guid\":\"");
    line.push_str(&event.channel.guid().to_uppercase());
    line.push_str("\",\"computer_name\":");
    text(&origin.host.fqdn, line);
    line.push_str(",\"api\":\"wineventlog\",\"event_data\":");
    fields(event, false, line);
    line.push_str("},\"agent\":{\"type\":\"winlogbeat\",\"version\":\"8.15.3\"}}");
}

fn evtx_dump(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    line.push_str(
        "{\"Event\":{\"#attributes\":{\"xmlns\":\"http://schemas.microsoft.com/win/2004/08/events/event\"},",
    );
    line.push_str("\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"");
    line.push_str(event.channel.provider());
    line.push_str("\",\"Guid\":\"");
    line.push_str(event.channel.guid());
    line.push_str(&format!(
        "\"}}}},\"EventID\":{},\"Version\":5,\"Level\":4,\"Task\":{},\"Opcode\":0,",
        event.id, event.id
    ));
    line.push_str("\"Keywords\":\"0x8000000000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"");
    line.push_str(&Stamp::of(event.time).filetime(tenth(event)));
    line.push_str(&format!(
        "\"}}}},\"EventRecordID\":{record},\"Correlation\":null,\"Execution\":{{\"#attributes\":"
    ));
    line.push_str(&format!(
        "{{\"ProcessID\":{},\"ThreadID\":4572}}}},\"Channel\":\"",
        execution_pid(event.channel)
    ));
    line.push_str(event.channel.name());
    line.push_str("\",\"Computer\":");
    text(&origin.host.fqdn, line);
    line.push_str(",\"Security\":{\"#attributes\":{\"UserID\":\"S-1-5-18\"}}},\"EventData\":");
    fields(event, true, line);
    line.push_str("}}");
}

fn nxlog(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    let local = event.time + origin.zone * HOUR;
    line.push_str("{\"EventTime\":\"");
    line.push_str(&Stamp::of(local).plain());
    line.push_str("\",\"Hostname\":");
    text(&origin.host.fqdn, line);
    line.push_str(&format!(
        ",\"Keywords\":-9223372036854775808,\"EventType\":\"INFO\",\"EventID\":{},",
        event.id
    ));
    line.push_str("\"SourceName\":\"");
    line.push_str(event.channel.provider());
    line.push_str("\",\"ProviderGuid\":\"");
    line.push_str(&event.channel.guid().to_uppercase());
    line.push_str(&format!(
        "\",\"RecordNumber\":{record},\"ExecutionProcessID\":{},",
        execution_pid(event.channel)
    ));
    line.push_str("\"ExecutionThreadID\":4572,\"Channel\":\"");
    line.push_str(event.channel.name());
    line.push_str("\",");
    for (name, value) in &event.fields {
        line.push('"');
        // The collector renames what its own header uses.
        line.push_str(if *name == "ProcessID" { "ProcessId" } else { name });
        line.push_str("\":");
        quoted(value, line);
        line.push(',');
    }
    line.push_str("\"EventReceivedTime\":\"");
    line.push_str(&Stamp::of(local + 2 * SECOND).plain());
    line.push_str("\",\"SourceModuleName\":\"in\",\"SourceModuleType\":\"im_msvistalog\"}");
}

fn helk(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    line.push_str("{\"@timestamp\":\"");
    line.push_str(&Stamp::of(event.time).millis());
    line.push_str(&format!("\",\"event_id\":{},\"record_number\":\"{record}\",\"log_name\":\"", event.id));
    line.push_str(event.channel.name());
    line.push_str("\",\"source_name\":\"");
    line.push_str(event.channel.provider());
    line.push_str("\",\"provider_guid\":\"");
    line.push_str(&event.channel.guid().to_uppercase());
    line.push_str("\",\"computer_name\":");
    text(&origin.host.fqdn, line);
    line.push_str(",\"type\":\"wineventlog\",\"event_data\":");
    fields(event, false, line);
    line.push('}');
}

fn velociraptor(event: &Event, record: u64, origin: Origin<'_>, line: &mut String) {
    line.push_str("{\"System\":{\"Provider\":{\"Name\":\"");
    line.push_str(event.channel.provider());
    line.push_str("\",\"Guid\":\"");
    line.push_str(&event.channel.guid().to_uppercase());
    let (seconds, micros) = (event.time.div_euclid(SECOND), event.time.rem_euclid(SECOND));
    line.push_str(&format!("\"}},\"EventID\":{{\"Value\":{}}},\"Version\":5,\"Level\":4,", event.id));
    line.push_str(&format!(
        "\"TimeCreated\":{{\"SystemTime\":{seconds}.{micros:06}}},\"EventRecordID\":{record},"
    ));
    line.push_str("\"Channel\":\"");
    line.push_str(event.channel.name());
    line.push_str("\",\"Computer\":");
    text(&origin.host.fqdn, line);
    line.push_str("},\"EventData\":");
    fields(event, true, line);
    line.push('}');
}

fn fields(event: &Event, typed: bool, line: &mut String) {
    line.push('{');
    for (index, (name, value)) in event.fields.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        line.push('"');
        line.push_str(name);
        line.push_str("\":");
        match value {
            Value::Number(number) if typed => line.push_str(&number.to_string()),
            Value::Flag(flag) if typed => line.push_str(if *flag { "true" } else { "false" }),
            other => quoted(other, line),
        }
    }
    line.push('}');
}

fn quoted(value: &Value, line: &mut String) {
    match value {
        Value::Text(words) => text(words, line),
        Value::Fixed(words) => text(words, line),
        Value::Number(number) => {
            line.push('"');
            line.push_str(&number.to_string());
            line.push('"');
        }
        Value::Flag(flag) => line.push_str(if *flag { "\"true\"" } else { "\"false\"" }),
    }
}

/// Appends a text as a JSON string.
pub(crate) fn text(words: &str, line: &mut String) {
    line.push('"');
    for letter in words.chars() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            control if control < ' ' => line.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => line.push(other),
        }
    }
    line.push('"');
}
