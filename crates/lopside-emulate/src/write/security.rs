//! Events of Windows' own auditing.

use std::net::Ipv4Addr;

use crate::applications::{Account, Proto};
use crate::machine::Process;
use crate::write::event::Value;
use crate::write::sysmon::{Connection, Fields, logon};

/// 4688, a process was made.
pub(crate) fn process_create(process: &Process) -> Fields {
    let (domain, name) = process.user.split_once('\\').unwrap_or(("-", &process.user));
    let (parent_pid, parent_image) =
        process.parent.as_ref().map_or((0, "-".to_owned()), |parent| (parent.pid, parent.image.to_string()));
    vec![
        ("SubjectUserSid", sid(process.account).into()),
        ("SubjectUserName", name.to_owned().into()),
        ("SubjectDomainName", domain.to_owned().into()),
        ("SubjectLogonId", logon(process.account).into()),
        ("NewProcessId", format!("0x{:x}", process.pid).into()),
        ("NewProcessName", (&process.image).into()),
        ("TokenElevationType", "%%1936".into()),
        ("ProcessId", format!("0x{parent_pid:x}").into()),
        ("CommandLine", (&process.command).into()),
        ("TargetUserSid", "S-1-0-0".into()),
        ("TargetUserName", "-".into()),
        ("TargetDomainName", "-".into()),
        ("TargetLogonId", "0x0".into()),
        ("ParentProcessName", parent_image.into()),
        (
            "MandatoryLabel",
            if process.account == Account::User { "S-1-16-8192" } else { "S-1-16-16384" }.into(),
        ),
    ]
}

/// 4689, a process ended.
pub(crate) fn process_end(process: &Process) -> Fields {
    let (domain, name) = process.user.split_once('\\').unwrap_or(("-", &process.user));
    vec![
        ("SubjectUserSid", sid(process.account).into()),
        ("SubjectUserName", name.to_owned().into()),
        ("SubjectDomainName", domain.to_owned().into()),
        ("SubjectLogonId", logon(process.account).into()),
        ("Status", "0x0".into()),
        ("ProcessId", format!("0x{:x}", process.pid).into()),
        ("ProcessName", (&process.image).into()),
    ]
}

/// 5156, a connection was permitted.
pub(crate) fn connection(process: &Process, connection: &Connection) -> Fields {
    let (direction, layer, layer_id) =
        if connection.initiated { ("%%14593", "%%14611", 48) } else { ("%%14592", "%%14610", 44) };
    vec![
        ("ProcessID", Value::Number(process.pid.into())),
        ("Application", device_path(&process.image).into()),
        ("Direction", direction.into()),
        ("SourceAddress", connection.source.0.to_string().into()),
        ("SourcePort", connection.source.1.to_string().into()),
        ("DestAddress", connection.destination.0.to_string().into()),
        ("DestPort", connection.destination.1.to_string().into()),
        ("Protocol", Value::Number(number(connection.proto))),
        ("FilterRTID", Value::Number(71_204)),
        ("LayerName", layer.into()),
        ("LayerRTID", Value::Number(layer_id)),
        ("RemoteUserID", "S-1-0-0".into()),
        ("RemoteMachineID", "S-1-0-0".into()),
    ]
}

/// 5158, a local port was taken.
pub(crate) fn bind(process: &Process, proto: Proto, port: u16) -> Fields {
    vec![
        ("ProcessId", Value::Number(process.pid.into())),
        ("Application", device_path(&process.image).into()),
        ("SourceAddress", Ipv4Addr::UNSPECIFIED.to_string().into()),
        ("SourcePort", port.to_string().into()),
        ("Protocol", Value::Number(number(proto))),
        ("FilterRTID", Value::Number(0)),
        ("LayerName", "%%14608".into()),
        ("LayerRTID", Value::Number(36)),
    ]
}

fn sid(account: Account) -> &'static str {
    match account {
        Account::User => "S-1-5-21-1004336348-1177238915-682003330-1103",
        Account::System => "S-1-5-18",
        Account::Network => "S-1-5-20",
        Account::Local => "S-1-5-19",
    }
}

fn number(proto: Proto) -> u64 {
    match proto {
        Proto::Tcp => 6,
        Proto::Udp => 17,
        Proto::Icmp => 1,
    }
}

/// The path as the filtering platform writes it.
fn device_path(image: &str) -> String {
    match image.strip_prefix("C:\\") {
        Some(rest) => format!("\\device\\harddiskvolume3\\{}", rest.to_lowercase()),
        None => image.to_owned(),
    }
}
