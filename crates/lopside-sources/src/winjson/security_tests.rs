//! Events of security auditing: every quirk by name, with invented hosts.

use super::tests::{DATA, holds, read, row, security, sysmon};

#[test]
fn security_4688_has_the_child_in_new_process_id() {
    let start = |target: &str| {
        row(&security(
            4688,
            &format!(
                r#""SubjectUserSid":"S-1-5-21-1-2-3-1187","SubjectUserName":"m.ito","SubjectDomainName":"CORP","NewProcessId":"0x17e8","NewProcessName":"C:\\ProgramData\\Kestrel\\syncd.exe","ProcessId":"0x113c","ParentProcessName":"C:\\Windows\\System32\\cmd.exe","CommandLine":"","MandatoryLabel":"S-1-16-8192",{target}"#
            ),
        ))
    };
    let as_subject = start(r#""TargetUserSid":"S-1-0-0","TargetUserName":"-","TargetDomainName":"-""#);
    holds(
        &as_subject,
        &[
            "pid: Some(6120)",
            "parent_pid: Some(4412)",
            "command_line: None",
            r#"user: Some("CORP\\m.ito")"#,
            r#"integrity: Some("Medium")"#,
        ],
    );
    let as_target = start(r#""TargetUserSid":"S-1-5-18","TargetUserName":"svc","TargetDomainName":"CORP""#);
    holds(&as_target, &[r#"user: Some("CORP\\svc")"#]);
    let by_sid = start(r#""TargetUserSid":"S-1-5-21-9","TargetUserName":"-","TargetDomainName":"-""#);
    holds(&by_sid, &[r#"user: Some("S-1-5-21-9")"#]);
}

#[test]
fn security_4689_ends_the_process_in_process_id() {
    holds(
        &row(&security(4689, r#""Status":"0x0","ProcessId":"0x17e8","ProcessName":"C:\\x.exe""#)),
        &["ProcessEnd", "pid: Some(6120)", "class: 7"],
    );
}

pub(super) const FILTERING: &str = r#""Application":"\\device\\harddiskvolume3\\programdata\\kestrel\\syncd.exe","Direction":"%%14593","SourceAddress":"10.20.30.41","SourcePort":"51544","DestAddress":"203.0.113.77","DestPort":"8443","Protocol":"6","LayerName":"%%14611""#;

#[test]
fn security_5156_and_5157_differ_in_class() {
    let data = format!(r#""ProcessID":"6120",{FILTERING}"#);
    holds(
        &row(&security(5156, &data)),
        &[
            "class: 8",
            "local_end: 1",
            "pid: Some(6120)",
            r"\\device\\harddiskvolume3\\",
            "logged: None",
            "time: 1773220442092187",
        ],
    );
    holds(&row(&security(5157, &data)), &["class: 9"]);
}

#[test]
fn security_5156_inbound_or_udp_leaves_the_end_to_ownership() {
    let data = format!(r#""ProcessID":"6120",{FILTERING}"#);
    for changed in [
        data.replace("%%14593", "%%14592"),
        data.replace(r#""Protocol":"6""#, r#""Protocol":"17""#),
        data.replace("%%14593", "-"),
    ] {
        holds(&row(&security(5156, &changed)), &["local_end: 0"]);
    }
}

#[test]
fn nxlog_process_id_of_the_header_is_not_believed() {
    for (member, expected) in [
        (r#""ProcessID":4"#, "pid: None"),
        (r#""ProcessID":"6120""#, "pid: Some(6120)"),
        (r#""ProcessID":6120,"ExecutionProcessID":4"#, "pid: Some(6120)"),
        (r#""ProcessId":"6120","ExecutionProcessID":4"#, "pid: Some(6120)"),
        (r#""ProcessID":4,"ProcessId":"6120""#, "pid: Some(6120)"),
        (r#""ProcessID":4,"processid":"6120""#, "pid: Some(6120)"),
    ] {
        holds(&row(&security(5156, &format!("{member},{FILTERING}"))), &[expected]);
    }
    let kernel = FILTERING.replace(r"\\device\\harddiskvolume3\\programdata\\kestrel\\syncd.exe", "System");
    holds(&row(&security(5156, &format!(r#""ProcessID":4,{kernel}"#))), &["pid: Some(4)"]);
    // In a rendering that keeps header and data apart, a number is the event's own.
    let nested = format!(
        r##"{{"Event":{{"System":{{"EventID":5156,"Channel":"Security","Computer":"WS-0417","TimeCreated":{{"#attributes":{{"SystemTime":"2026-03-11T09:14:02Z"}}}},"Execution":{{"#attributes":{{"ProcessID":4}}}}}},"EventData":{{"ProcessID":6120,{FILTERING}}}}}}}"##
    );
    holds(&row(&nested), &["pid: Some(6120)"]);
}

#[test]
fn nxlog_process_id_of_the_header_is_no_sysmon_process() {
    let data = DATA.replace(r#""ProcessId":"6120""#, r#""ProcessID":2204"#);
    holds(&row(&sysmon(3, &data)), &["pid: None", "guid: Some("]);
}

#[test]
fn nxlog_local_time_gets_its_zone_from_the_receiver() {
    let event = |times: &str| {
        format!(
            r#"{{"EventID":5156,"Channel":"security","host":"wec","Hostname":"WS-0417.corp.example",{times},"ProcessID":"1",{FILTERING}}}"#
        )
    };
    for (times, expected) in [
        (
            r#""EventTime":"2026-03-11 05:14:02","EventReceivedTime":"2026-03-11 05:14:04","@timestamp":"2026-03-11T09:14:05.410Z""#,
            "2026-03-11T09:14:02Z",
        ),
        (
            r#""EventTime":"2026-03-11 14:59:02","EventReceivedTime":"2026-03-11 14:59:04","@timestamp":"2026-03-11T09:14:05.410Z""#,
            "2026-03-11T09:14:02Z",
        ),
        (
            r#""EventTime":"2026-03-11 05:14:02","EventReceivedTime":"2026-03-10 05:14:04","@timestamp":"2026-03-11T09:14:05Z""#,
            "2026-03-11T09:14:05Z",
        ),
        (r#""EventTime":"2026-03-11 05:14:02","@timestamp":"2026-03-11T09:14:05Z""#, "2026-03-11T09:14:05Z"),
        (r#""EventTime":"2026-03-11 05:14:02""#, "2026-03-11T05:14:02Z"),
        (
            r#""EventTime":"2026-03-11T05:14:02.5-04:00","@timestamp":"2026-03-11T09:14:05Z""#,
            "2026-03-11T09:14:02.500Z",
        ),
    ] {
        let expected = lopside_model::Micros::parse_iso(expected).unwrap().0;
        holds(&row(&event(times)), &[&format!("time: {expected},"), r#"host: "ws-0417""#]);
    }
}

#[test]
fn security_5158_is_a_bind() {
    let bind = security(
        5158,
        r#""ProcessId":"6120","Application":"\\device\\harddiskvolume3\\x.exe","SourceAddress":"::","SourcePort":"51544","Protocol":"17""#,
    );
    holds(&row(&bind), &["Bind", "protocol: 17", "port: 51544", "pid: Some(6120)"]);
    let portless = read(&bind.replace("51544", "0"));
    assert_eq!((portless.seen.get("security-5158"), portless.rows.len()), (Some(&1), 0));
}
