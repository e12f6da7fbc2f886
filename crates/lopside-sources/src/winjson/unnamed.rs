//! Event data without names, as `Get-WinEvent | ConvertTo-Json` writes them: the values stand in the order of the provider's template,
//! and `Message` repeats them in the words of the machine's language.
//!
//! The values are believed by their place where as many are there as a known version of the event has, or more. Where the export was too shallow to
//! hold them, `Message` of Sysmon is read, whose lines are `name: value` in every language; that of security auditing is translated.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::{Fields, Kind, Slot};
use crate::windows::{EventFields, Provider, slots};

/// Why such an event cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unnamed {
    /// Neither the values nor a message that names them.
    #[error("event data are missing (export with ConvertTo-Json -Depth 4, or save the log as EVTX)")]
    Missing,
    /// Another number of values than any version of the event has.
    #[error("event data have no names, and another number than the versions that are known")]
    UnknownVersion,
}

/// Whether this is such an event.
pub(super) fn is_there(fields: &Fields) -> bool {
    fields.kind(slots::UNNAMED_DATA) == Kind::List && fields.scalar(slots::UNNAMED_ID).is_some()
}

/// Gives the values of an event their names, where `Properties` holds them without. Events of no use are left as they are.
///
/// # Errors
/// Where the values cannot be told.
pub(super) fn name_values(fields: &mut Fields, object: &[u8]) -> Result<(), Unnamed> {
    if !is_there(fields) {
        return Ok(());
    }
    promote(fields);
    // The header's: the process that wrote the event.
    fields.forget(slots::PROCESS_ID);
    let event = EventFields::new(fields);
    let Some(id) = event.id() else { return Ok(()) };
    let provider = event.provider();
    let versions = versions(provider, id);
    if versions.is_empty() {
        return Ok(());
    }
    let exported: Exported = serde_json::from_slice(object).map_err(|_| Unnamed::Missing)?;
    let values: Option<Vec<Value>> = exported.properties.into_iter().map(value).collect();
    match (values, exported.message) {
        (Some(values), _) if !values.is_empty() => by_place(fields, versions, &values),
        (_, Some(message)) if provider == Provider::Sysmon => by_message(fields, &message),
        _ => Err(Unnamed::Missing),
    }
}

/// The header of this rendering has names that are too common to be asked for in others.
fn promote(fields: &mut Fields) {
    for (from, to) in [(slots::UNNAMED_ID, slots::EVENT_ID), (slots::UNNAMED_LOG, slots::CHANNEL)] {
        if fields.kind(to) == Kind::Absent
            && let Some(text) = fields.scalar(from).map(str::to_owned)
        {
            fields.set_text(to, &text);
        }
    }
}

/// What is read of the object beyond its header.
#[derive(Deserialize)]
struct Exported {
    #[serde(rename = "Properties")]
    properties: Vec<Value>,
    #[serde(rename = "Message")]
    message: Option<String>,
}

/// The value of one property; `None` where the export was too shallow to hold it.
fn value(property: Value) -> Option<Value> {
    match property {
        Value::Object(mut members) => members.remove("Value"),
        _ => None,
    }
}

fn by_place(fields: &mut Fields, versions: &[&'static str], values: &[Value]) -> Result<(), Unnamed> {
    let names = version(versions, values.len()).ok_or(Unnamed::UnknownVersion)?;
    for (name, value) in names.split_ascii_whitespace().zip(values) {
        let Some(slot) = slot(name) else { continue };
        match value {
            Value::String(text) => fields.set_text(slot, text),
            Value::Number(number) => fields.set_text(slot, &number.to_string()),
            Value::Bool(flag) => fields.set_text(slot, if *flag { "true" } else { "false" }),
            // A SID is an object of its own.
            Value::Object(members) => {
                if let Some(Value::String(text)) = members.get("Value") {
                    fields.set_text(slot, text);
                }
            }
            Value::Null | Value::Array(_) => {}
        }
    }
    Ok(())
}

/// The first line of each name counts, so that a line break in a later value cannot change an earlier one.
fn by_message(fields: &mut Fields, message: &str) -> Result<(), Unnamed> {
    let mut named = 0;
    for line in message.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let Some(slot) = slot(name) else { continue };
        if fields.kind(slot) == Kind::Absent {
            fields.set_text(slot, value.trim());
            named += 1;
        }
    }
    if named > 0 { Ok(()) } else { Err(Unnamed::Missing) }
}

fn slot(name: &str) -> Option<Slot> {
    slots::data(name.as_bytes()).map(|named| named.slot)
}

/// The names of an event's values in their order, longest version first; empty for events of no use. Taken from logs of these versions:
/// later ones put new values behind the known ones, but for `RuleName`, which Sysmon put first.
fn versions(provider: Provider, id: u32) -> &'static [&'static str] {
    match (provider, id) {
        (Provider::Sysmon, 1) => &[
            "RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName CommandLine \
             CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId \
             ParentImage ParentCommandLine ParentUser",
            "RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName CommandLine \
             CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId \
             ParentImage ParentCommandLine",
            "RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company CommandLine CurrentDirectory User \
             LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage \
             ParentCommandLine",
            "UtcTime ProcessGuid ProcessId Image CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId \
             IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage ParentCommandLine",
        ],
        (Provider::Sysmon, 3) => &[
            "RuleName UtcTime ProcessGuid ProcessId Image User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort \
             SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName",
            "UtcTime ProcessGuid ProcessId Image User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort \
             SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName",
        ],
        (Provider::Sysmon, 5) => &[
            "RuleName UtcTime ProcessGuid ProcessId Image User",
            "RuleName UtcTime ProcessGuid ProcessId Image",
            "UtcTime ProcessGuid ProcessId Image",
        ],
        (Provider::Sysmon, 10) => &[
            "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId \
             TargetImage GrantedAccess CallTrace SourceUser TargetUser",
            "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId \
             TargetImage GrantedAccess CallTrace",
            "UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId TargetImage \
             GrantedAccess CallTrace",
        ],
        (Provider::Sysmon, 22) => &[
            "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User",
            "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image",
        ],
        (Provider::Security, 4688) => &[
            "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName TokenElevationType ProcessId \
             CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName MandatoryLabel",
            "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName TokenElevationType ProcessId \
             CommandLine",
        ],
        (Provider::Security, 4689) => {
            &["SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId Status ProcessId ProcessName"]
        }
        (Provider::Security, 5156 | 5157) => &[
            "ProcessID Application Direction SourceAddress SourcePort DestAddress DestPort Protocol FilterRTID LayerName LayerRTID \
             RemoteUserID RemoteMachineID",
        ],
        (Provider::Security, 5158) => {
            &["ProcessId Application SourceAddress SourcePort Protocol FilterRTID LayerName LayerRTID"]
        }
        _ => &[],
    }
}

/// The version that has so many values. What a later version put behind them is not read.
fn version(versions: &[&'static str], values: usize) -> Option<&'static str> {
    let length = |names: &&&str| names.split_ascii_whitespace().count();
    let longest = versions.first().filter(|names| length(names) < values);
    longest.or_else(|| versions.iter().find(|names| length(names) == values)).copied()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{holds, read, row};

    const SYSMON: &str =
        r#""ProviderName":"Microsoft-Windows-Sysmon","LogName":"Microsoft-Windows-Sysmon/Operational""#;
    const HEADER: &str = r#""Version":5,"RecordId":901,"ProcessId":2204,"ThreadId":3,"MachineName":"WS-0417.corp.example","UserId":{"BinaryLength":12,"Value":"S-1-5-18"},"TimeCreated":"\/Date(1773220444221)\/""#;
    const MESSAGE: &str = r#""Message":"Network connection detected:\r\nRuleName: -\r\nUtcTime: 2026-03-11 09:14:02.118\r\nProcessGuid: {7b1f22c0-3256-69b1-4e02-000000001f00}\r\nProcessId: 6120\r\nImage: C:\\ProgramData\\Kestrel\\syncd.exe\r\nUser: CORP\\m.ito\r\nProtocol: tcp\r\nInitiated: true\r\nSourceIsIpv6: false\r\nSourceIp: 10.20.30.41\r\nSourceHostname: -\r\nSourcePort: 51544\r\nSourcePortName: -\r\nDestinationIsIpv6: false\r\nDestinationIp: 203.0.113.77\r\nDestinationHostname: -\r\nDestinationPort: 8443\r\nDestinationPortName: -""#;
    const WANTED: [&str; 8] = [
        r#"host: "ws-0417""#,
        "time: 1773220442118000",
        "logged: Some(1773220444221000)",
        "pid: Some(6120)",
        r#"image: Some("C:\\ProgramData\\Kestrel\\syncd.exe")"#,
        "source_port: 51544",
        "destination_port: 8443",
        "local_end: 1",
    ];

    fn properties(values: &[&str]) -> String {
        let list: Vec<String> = values.iter().map(|value| format!(r#"{{"Value":{value}}}"#)).collect();
        format!(r#""Properties":[{}]"#, list.join(","))
    }

    fn connection(before: &[&str], after: &[&str]) -> String {
        let values = [
            r#""2026-03-11 09:14:02.118""#,
            r#""7b1f22c0-3256-69b1-4e02-000000001f00""#,
            "6120",
            r#""C:\\ProgramData\\Kestrel\\syncd.exe""#,
            r#""CORP\\m.ito""#,
            r#""tcp""#,
            "true",
            "false",
            r#""10.20.30.41""#,
            r#""-""#,
            "51544",
            r#""-""#,
            "false",
            r#""203.0.113.77""#,
            r#""-""#,
            "8443",
            r#""-""#,
        ];
        let all: Vec<&str> = before.iter().chain(&values).chain(after).copied().collect();
        properties(&all)
    }

    #[test]
    fn values_are_named_by_their_place_in_each_version() {
        for data in [
            connection(&[], &[]),
            connection(&[r#""-""#], &[]),
            connection(&[r#""-""#], &[r#""of a later version""#]),
        ] {
            for object in [
                format!(r#"{{"Id":3,{HEADER},{SYSMON},{data},{MESSAGE}}}"#),
                format!(r#"{{{data},{SYSMON},"Id":3,{HEADER}}}"#),
            ] {
                holds(&row(&object), &WANTED);
            }
        }
    }

    #[test]
    fn a_shallow_export_is_read_by_its_message() {
        let shallow = r#""Properties":["System.Diagnostics.Eventing.Reader.EventProperty","System.Diagnostics.Eventing.Reader.EventProperty"]"#;
        for data in [shallow, r#""Properties":[]"#] {
            holds(&row(&format!(r#"{{"Id":3,{HEADER},{SYSMON},{data},{MESSAGE}}}"#)), &WANTED);
            let security = format!(
                r#"{{"Id":5156,{HEADER},"ProviderName":"Microsoft-Windows-Security-Auditing","LogName":"Security",{data},{MESSAGE}}}"#
            );
            let kept = read(&security);
            assert_eq!((kept.rows.len(), kept.skipped.len()), (0, 1), "{kept:?}");
            assert!(kept.skipped[0].1.contains("-Depth 4"), "{kept:?}");
        }
    }

    #[test]
    fn a_line_break_in_a_command_line_cannot_pass_for_a_user() {
        let message = r#""Message":"Process Create:\r\nUtcTime: 2026-03-11 09:14:02.118\r\nProcessGuid: {7b1f22c0-3256-69b1-4e02-000000001f00}\r\nProcessId: 6120\r\nImage: C:\\x.exe\r\nCommandLine: x\r\nImage: C:\\good.exe\r\nProcessId: 4\r\nUser: CORP\\m.ito""#;
        let row = row(&format!(r#"{{"Id":1,{HEADER},{SYSMON},"Properties":[],{message}}}"#));
        holds(&row, &["pid: Some(6120)", r#"image: Some("C:\\x.exe")"#]);
    }

    #[test]
    fn security_events_are_named_and_their_process_is_not_the_headers() {
        let values = [
            "6120",
            r#""\\device\\harddiskvolume3\\programdata\\kestrel\\syncd.exe""#,
            r#""%%14593""#,
            r#""10.20.30.41""#,
            r#""51544""#,
            r#""203.0.113.77""#,
            r#""8443""#,
            "6",
            "70032",
            r#""%%14611""#,
            "48",
            r#"{"BinaryLength":12,"Value":"S-1-0-0"}"#,
            r#"{"BinaryLength":12,"Value":"S-1-0-0"}"#,
        ];
        let object = format!(
            r#"{{"Id":5156,{HEADER},"ProviderName":"Microsoft-Windows-Security-Auditing","LogName":"Security",{}}}"#,
            properties(&values)
        );
        holds(&row(&object), &["pid: Some(6120)", "destination_port: 8443", "source_port: 51544"]);
    }

    #[test]
    fn another_number_of_values_is_said() {
        let object = format!(r#"{{"Id":3,{HEADER},{SYSMON},{}}}"#, properties(&["1", "2"]));
        let kept = read(&object);
        assert_eq!(kept.skipped.len(), 1);
        assert!(kept.skipped[0].1.contains("another number"), "{kept:?}");
    }
}
