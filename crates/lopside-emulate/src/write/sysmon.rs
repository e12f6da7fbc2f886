//! Sysmon's events.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::applications::{Account, Proto};
use crate::calendar::Stamp;
use crate::machine::Process;
use crate::write::event::Value;

/// Fields of an event, in Sysmon's order.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// A connection as an endpoint sees it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) proto: Proto,
    pub(crate) initiated: bool,
    pub(crate) source: (Ipv4Addr, u16),
    pub(crate) destination: (Ipv4Addr, u16),
    /// What a reverse lookup of the destination gave.
    pub(crate) destination_name: Option<Arc<str>>,
    pub(crate) source_name: Option<Arc<str>>,
}

fn utc(time: i64) -> Value {
    Stamp::of(time).sysmon().into()
}

/// Event 1, process creation.
pub(crate) fn process_create(process: &Process, time: i64) -> Fields {
    let none: Arc<str> = "-".into();
    let (parent_guid, parent_pid, parent_image, parent_command, parent_user) =
        process.parent.as_ref().map_or_else(
            || ("{00000000-0000-0000-0000-000000000000}".into(), 0, none.clone(), none.clone(), none.clone()),
            |p| (p.guid.clone(), p.pid, p.image.clone(), p.command.clone(), p.user.clone()),
        );
    let (integrity, session) = match process.account {
        Account::User => ("Medium", 1),
        _ => ("System", 0),
    };
    vec![
        ("RuleName", "-".into()),
        ("UtcTime", utc(time)),
        ("ProcessGuid", (&process.guid).into()),
        ("ProcessId", Value::Number(process.pid.into())),
        ("Image", (&process.image).into()),
        ("FileVersion", "-".into()),
        ("Description", (&process.product).into()),
        ("Product", (&process.product).into()),
        ("Company", (&process.company).into()),
        ("OriginalFileName", (&process.original).into()),
        ("CommandLine", (&process.command).into()),
        ("CurrentDirectory", "C:\\Windows\\system32\\".into()),
        ("User", (&process.user).into()),
        ("LogonId", logon(process.account).into()),
        ("TerminalSessionId", Value::Number(session)),
        ("IntegrityLevel", integrity.into()),
        ("Hashes", (&process.hashes).into()),
        ("ParentProcessGuid", (&parent_guid).into()),
        ("ParentProcessId", Value::Number(parent_pid.into())),
        ("ParentImage", (&parent_image).into()),
        ("ParentCommandLine", (&parent_command).into()),
        ("ParentUser", (&parent_user).into()),
    ]
}

/// Event 5, process end.
pub(crate) fn process_end(process: &Process, time: i64) -> Fields {
    vec![
        ("RuleName", "-".into()),
        ("UtcTime", utc(time)),
        ("ProcessGuid", (&process.guid).into()),
        ("ProcessId", Value::Number(process.pid.into())),
        ("Image", (&process.image).into()),
        ("User", (&process.user).into()),
    ]
}

/// Event 3, network connection.
pub(crate) fn connection(process: &Process, time: i64, connection: &Connection) -> Fields {
    let name = |name: &Option<Arc<str>>| name.as_ref().map_or(Value::Fixed("-"), Value::from);
    vec![
        ("RuleName", "-".into()),
        ("UtcTime", utc(time)),
        ("ProcessGuid", (&process.guid).into()),
        ("ProcessId", Value::Number(process.pid.into())),
        ("Image", (&process.image).into()),
        ("User", (&process.user).into()),
        ("Protocol", if connection.proto == Proto::Udp { "udp" } else { "tcp" }.into()),
        ("Initiated", Value::Flag(connection.initiated)),
        ("SourceIsIpv6", Value::Flag(false)),
        ("SourceIp", connection.source.0.to_string().into()),
        ("SourceHostname", name(&connection.source_name)),
        ("SourcePort", Value::Number(connection.source.1.into())),
        ("SourcePortName", "-".into()),
        ("DestinationIsIpv6", Value::Flag(false)),
        ("DestinationIp", connection.destination.0.to_string().into()),
        ("DestinationHostname", name(&connection.destination_name)),
        ("DestinationPort", Value::Number(connection.destination.1.into())),
        ("DestinationPortName", port_name(connection.destination.1).into()),
    ]
}

/// Takes out of a connection event what Sysmon cannot tell of a process that is gone.
pub(crate) fn forget_process(fields: &mut Fields) {
    for (name, value) in fields {
        match *name {
            "Image" => *value = "<unknown process>".into(),
            "ProcessGuid" => *value = "{00000000-0000-0000-0000-000000000000}".into(),
            "User" => *value = "-".into(),
            _ => {}
        }
    }
}

/// Event 10, one process opens another.
pub(crate) fn process_access(
    source: &Process,
    target: &Process,
    time: i64,
    granted: u32,
    trace: String,
) -> Fields {
    vec![
        ("RuleName", "-".into()),
        ("UtcTime", utc(time)),
        ("SourceProcessGUID", (&source.guid).into()),
        ("SourceProcessId", Value::Number(source.pid.into())),
        ("SourceThreadId", Value::Number(u64::from(source.pid) + 52)),
        ("SourceImage", (&source.image).into()),
        ("TargetProcessGUID", (&target.guid).into()),
        ("TargetProcessId", Value::Number(target.pid.into())),
        ("TargetImage", (&target.image).into()),
        ("GrantedAccess", format!("0x{granted:x}").into()),
        ("CallTrace", trace.into()),
        ("SourceUser", (&source.user).into()),
        ("TargetUser", (&target.user).into()),
    ]
}

/// Event 22, a name was looked up. `answers` are the canonical name and the addresses; none for a failure.
pub(crate) fn query(
    process: &Process,
    time: i64,
    name: &Arc<str>,
    answers: &(Option<String>, Vec<Ipv4Addr>),
) -> Fields {
    let mut results = String::new();
    if let Some(canonical) = &answers.0 {
        results.push_str(&format!("type:  5 {canonical};"));
    }
    for address in &answers.1 {
        results.push_str(&format!("::ffff:{address};"));
    }
    let found = !answers.1.is_empty();
    vec![
        ("RuleName", "-".into()),
        ("UtcTime", utc(time)),
        ("ProcessGuid", (&process.guid).into()),
        ("ProcessId", Value::Number(process.pid.into())),
        ("QueryName", name.into()),
        ("QueryStatus", if found { "0" } else { "9003" }.into()),
        ("QueryResults", if found { results.into() } else { "-".into() }),
        ("Image", (&process.image).into()),
        ("User", (&process.user).into()),
    ]
}

/// The logon session of an account.
pub(crate) fn logon(account: Account) -> &'static str {
    match account {
        Account::User => "0x4a31f",
        Account::System => "0x3e7",
        Account::Network => "0x3e4",
        Account::Local => "0x3e5",
    }
}

fn port_name(port: u16) -> &'static str {
    match port {
        22 => "ssh",
        53 => "domain",
        80 => "http",
        88 => "kerberos",
        123 => "ntp",
        161 => "snmp",
        389 => "ldap",
        443 => "https",
        445 => "microsoft-ds",
        _ => "-",
    }
}
