//! Every rendering and every quirk by name, with invented hosts.

use super::security_tests::FILTERING;
use super::*;
use crate::windows::testing::{Counts, Dice, INPUT, Kept};

pub(super) fn read(object: &str) -> Kept {
    let mut kept = Kept::default();
    let mut fields = windows::new_fields();
    assert_eq!(read_object(&INPUT, &mut fields, object.as_bytes(), 7, &mut kept), Outcome::Done, "{object}");
    kept
}

pub(super) fn row(object: &str) -> String {
    let kept = read(object);
    assert_eq!(kept.skipped, [], "{object}");
    assert_eq!(kept.rows.len(), 1, "{object}");
    kept.rows.into_iter().next().unwrap()
}

#[track_caller]
pub(super) fn holds(row: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(row.contains(text), "{text} is not in {row}");
    }
}

const EVTX: &str = r##"{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"}},"EventID":3,"Version":5,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-11T09:14:04.2210000Z"}},"EventRecordID":901,"Execution":{"#attributes":{"ProcessID":2204,"ThreadID":3}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-0417.corp.example"},"EventData":{"RuleName":"","UtcTime":"2026-03-11 09:14:02.118","ProcessGuid":"{7b1f22c0-3256-69b1-4e02-000000001f00}","ProcessId":6120,"Image":"C:\\ProgramData\\Kestrel\\syncd.exe","User":"CORP\\m.ito","Protocol":"tcp","Initiated":true,"SourceIsIpv6":false,"SourceIp":"10.20.30.41","SourceHostname":"-","SourcePort":51544,"SourcePortName":"-","DestinationIsIpv6":false,"DestinationIp":"203.0.113.77","DestinationHostname":"Drop.Example.","DestinationPort":8443,"DestinationPortName":"-"}}}"##;

pub(super) const DATA: &str = r#""UtcTime":"2026-03-11 09:14:02.118","ProcessGuid":"{7b1f22c0-3256-69b1-4e02-000000001f00}","ProcessId":"6120","Image":"C:\\ProgramData\\Kestrel\\syncd.exe","User":"CORP\\m.ito","Protocol":"tcp","Initiated":"true","SourceIsIpv6":"false","SourceIp":"10.20.30.41","SourceHostname":"-","SourcePort":"51544","DestinationIp":"203.0.113.77","DestinationHostname":"Drop.Example.","DestinationPort":"8443","RuleName":"-""#;

/// The event of [`EVTX`] as every rendering writes it.
fn renderings() -> Vec<(&'static str, String)> {
    let dotted = format!(",{DATA}").replace(",\"", ",\"winlog.event_data.").replacen(',', "", 1);
    let sysmon = "Microsoft-Windows-Sysmon/Operational";
    let lists = dotted.replace("\":\"", "\":[\"").replace("\",\"", "\"],\"") + "]";
    let inner = format!("{{{DATA}}}").replace('\\', "\\\\").replace('"', "\\\"");
    let flat = format!(
        r#""EventID":3,"Channel":"{sysmon}","Hostname":"WS-0417.corp.example","TimeCreated":"2026-03-11T09:14:04.221Z",{DATA}"#
    );
    vec![
        ("evtx_dump", EVTX.to_owned()),
        (
            "evtx_dump with separate attributes",
            EVTX.replace(r##""TimeCreated":{"#attributes":{"SystemTime":"2026-03-11T09:14:04.2210000Z"}}"##, r##""TimeCreated":null,"TimeCreated_attributes":{"SystemTime":"2026-03-11T09:14:04.2210000Z"}"##)
                .replace(r##""Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"}}"##, r##""Provider_attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"}"##),
        ),
        ("an id with qualifiers", EVTX.replace(r#""EventID":3"#, r##""EventID":{"#attributes":{"Qualifiers":0},"#text":3}"##)),
        ("an id with its text first", EVTX.replace(r#""EventID":3"#, r##""EventID":{"#text":3,"#attributes":{"Qualifiers":0}}"##)),
        ("flat", format!("{{{flat}}}")),
        ("elasticsearch hit", format!(r#"{{"_index":"x","_id":"3","_source":{{{flat}}}}}"#)),
        (
            "winlogbeat",
            format!(r#"{{"@timestamp":"2026-03-11T09:14:04.221Z","host":{{"name":"wec-1"}},"agent":{{"hostname":"wec-1"}},"event":{{"code":"3","kind":"event"}},"process":{{"pid":1}},"winlog":{{"process":{{"pid":2204}},"event_id":3,"channel":"{sysmon}","provider_name":"Microsoft-Windows-Sysmon","computer_name":"WS-0417.corp.example","event_data":{{{DATA}}}}}}}"#),
        ),
        (
            "winlogbeat with a textual id in event.code only",
            format!(r#"{{"@timestamp":"2026-03-11T09:14:04.221Z","event":{{"code":"3"}},"winlog":{{"channel":"{sysmon}","computer_name":"WS-0417.corp.example","event_data":{{{DATA}}}}}}}"#),
        ),
        (
            "winlogbeat dotted",
            format!(r#"{{"@timestamp":"2026-03-11T09:14:04.221Z","host.name":"wec-1","event.code":"3","winlog.event_id":"3","winlog.channel":"{sysmon}","winlog.computer_name":"WS-0417.corp.example",{dotted}}}"#),
        ),
        (
            "elasticsearch fields",
            format!(r#"{{"_id":"3","fields":{{"@timestamp":["2026-03-11T09:14:04.221Z"],"winlog.event_id":["3"],"winlog.channel":["{sysmon}"],"winlog.computer_name":["WS-0417.corp.example"],{lists}}}}}"#),
        ),
        (
            "helk",
            format!(r#"{{"@timestamp":"2026-03-11T09:14:04.221Z","event_id":3,"log_name":"{sysmon}","source_name":"Microsoft-Windows-Sysmon","computer_name":"WS-0417.corp.example","beat":{{"hostname":"wec-1"}},"event_data":{{{DATA}}}}}"#),
        ),
        (
            "velociraptor",
            format!(r#"{{"System":{{"Provider":{{"Name":"Microsoft-Windows-Sysmon","Guid":"5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},"EventID":{{"Value":3}},"TimeCreated":{{"SystemTime":1773220444.221}},"Channel":"{sysmon}","Computer":"WS-0417.corp.example","Execution":{{"ProcessID":2204}}}},"EventData":{{{DATA}}},"Message":"x"}}"#),
        ),
        (
            "azure with an object",
            format!(r#"{{"TimeGenerated":"2026-03-11T09:14:04.221Z","Channel":"{sysmon}","Computer":"WS-0417","EventID":3,"EventData":{{{DATA}}},"Type":"WindowsEvent"}}"#),
        ),
        (
            "azure with a string of JSON",
            format!(r#"{{"TimeGenerated":"2026-03-11T09:14:04.221Z","Channel":"{sysmon}","Computer":"WS-0417","EventData":"{inner}","EventID":3,"Type":"WindowsEvent"}}"#),
        ),
        (
            "azure with a string of XML",
            format!(r#"{{"TimeGenerated":"2026-03-11T09:14:04.221Z","EventLog":"{sysmon}","Computer":"WS-0417","EventID":3,"EventData":"{}","Type":"Event"}}"#, xml_inside()),
        ),
        (
            "powershell's date",
            format!(r#"{{"EventID":"3","Channel":"{sysmon}","MachineName":"WS-0417.corp.example","TimeCreated":"\/Date(1773220444221)\/",{DATA}}}"#),
        ),
        ("other case", format!("{{{}}}", flat.replace("SourceIp\"", "sourceip\"").replace("Image", "image"))),
    ]
}

fn xml_inside() -> String {
    let data = [
        ("UtcTime", "2026-03-11 09:14:02.118"),
        ("ProcessGuid", "{7b1f22c0-3256-69b1-4e02-000000001f00}"),
        ("ProcessId", "6120"),
        ("Image", r"C:\\ProgramData\\Kestrel\\syncd.exe"),
        ("User", r"CORP\\m.ito"),
        ("Protocol", "tcp"),
        ("Initiated", "true"),
        ("SourceIp", "10.20.30.41"),
        ("SourcePort", "51544"),
        ("DestinationIp", "203.0.113.77"),
        ("DestinationHostname", "Drop.Example."),
        ("DestinationPort", "8443"),
    ];
    let elements: String =
        data.iter().map(|(name, value)| format!(r#"<Data Name=\"{name}\">{value}</Data>\r\n"#)).collect();
    format!(
        r#"<DataItem type=\"System.XmlData\"><EventData xmlns=\"http://x\">{elements}</EventData></DataItem>"#
    )
}

#[test]
fn all_renderings_of_one_event_give_one_row() {
    let expected = row(EVTX);
    holds(
        &expected,
        &[
            r#"host: "ws-0417""#,
            "class: 2",
            "time: 1773220442118000",
            "logged: Some(1773220444221000)",
            "protocol: 6",
            "source_port: 51544",
            "destination_port: 8443",
            "local_end: 1",
            "pid: Some(6120)",
            r#"user: Some("CORP\\m.ito")"#,
            r#"remote_name: Some("drop.example")"#,
            "record: 7",
            "input: 3",
        ],
    );
    for (name, object) in renderings() {
        assert!(recognise(object.as_bytes()), "{name}: {object}");
        assert_eq!(row(&object), expected, "{name}: {object}");
    }
}

pub(super) fn sysmon(id: u32, data: &str) -> String {
    format!(
        r#"{{"EventID":{id},"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"WS-0417.corp.example","TimeCreated":"2026-03-11T09:14:04.221Z",{data}}}"#
    )
}

pub(super) fn security(id: u32, data: &str) -> String {
    format!(
        r#"{{"EventID":{id},"Channel":"Security","Hostname":"WS-0417.corp.example","TimeCreated":"2026-03-11T09:14:02.0921877Z",{data}}}"#
    )
}

#[test]
fn sysmon_1_is_a_process_start() {
    let start = row(&sysmon(
        1,
        r#""UtcTime":"2026-03-11 09:13:58.004","ProcessGuid":"{7b1f22c0-3256-69b1-4e02-000000001f00}","ProcessId":6120,"Image":"C:\\ProgramData\\Kestrel\\syncd.exe","OriginalFileName":"rclone.exe","Company":"Kestrel Ltd","Product":"-","CommandLine":"syncd.exe copy D:\\finance drop: --transfers 8","User":"CORP\\m.ito","IntegrityLevel":"Medium","Hashes":"SHA1=00,MD5=11,SHA256=ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789,IMPHASH=2","ParentProcessGuid":"{7b1f22c0-31e3-69b1-1100-000000001f00}","ParentProcessId":4412,"ParentImage":"C:\\Windows\\System32\\cmd.exe","ParentCommandLine":"cmd.exe /c start syncd.exe""#,
    ));
    holds(
        &start,
        &[
            "time: 1773220438004000",
            "pid: Some(6120)",
            r#"original_name: Some("rclone.exe")"#,
            "product: None",
            "parent_pid: Some(4412)",
            r#"integrity: Some("Medium")"#,
            r#"sha256: Some("abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789")"#,
        ],
    );
}

#[test]
fn an_old_sysmon_1_lacks_fields() {
    let start = row(&sysmon(
        1,
        r#""UtcTime":"2017-03-11 09:13:58.004","ProcessGuid":"{7B1F22C0-3256-69B1-4E02-000000001F00}","ProcessId":"6120","Image":"C:\\x.exe""#,
    ));
    holds(&start, &["command_line: None", "company: None", "sha256: None", "guid: Some("]);
}

#[test]
fn sysmon_5_is_a_process_end() {
    let end = row(&sysmon(
        5,
        r#""UtcTime":"2026-03-11 09:20:00.000","ProcessGuid":"{7b1f22c0-3256-69b1-4e02-000000001f00}","ProcessId":6120,"Image":"C:\\x.exe""#,
    ));
    holds(&end, &["ProcessEnd", "class: 3", "pid: Some(6120)"]);
}

#[test]
fn sysmon_3_udp_does_not_believe_initiated() {
    for initiated in ["true", "false"] {
        let udp = DATA
            .replace("tcp", "udp")
            .replace(r#""Initiated":"true""#, &format!(r#""Initiated":"{initiated}""#));
        holds(&row(&sysmon(3, &udp)), &["protocol: 17", "local_end: 0"]);
    }
}

#[test]
fn sysmon_3_accepted_names_the_source_as_peer() {
    let accepted = DATA
        .replace(r#""Initiated":"true""#, r#""Initiated":"false""#)
        .replace(r#""SourceHostname":"-""#, r#""SourceHostname":"Peer.Example""#);
    holds(&row(&sysmon(3, &accepted)), &["local_end: 2", r#"remote_name: Some("peer.example")"#]);
}

#[test]
fn sysmon_3_of_an_unknown_process() {
    let unknown = DATA
        .replace("{7b1f22c0-3256-69b1-4e02-000000001f00}", "{00000000-0000-0000-0000-000000000000}")
        .replace(r#""ProcessId":"6120""#, r#""ProcessId":"0""#)
        .replace(r"C:\\ProgramData\\Kestrel\\syncd.exe", "\\u003cunknown process\\u003e");
    holds(&row(&sysmon(3, &unknown)), &["pid: None", "guid: None", "image: None"]);
}

#[test]
fn sysmon_3_in_uncompressed_ipv6_is_one_address() {
    let long = DATA.replace("10.20.30.41", "fe80:0:0:0:90e:17af:263c:5209");
    let short = DATA.replace("10.20.30.41", "fe80::90e:17af:263c:5209%12");
    assert_eq!(row(&sysmon(3, &long)), row(&sysmon(3, &short)));
    assert_eq!(row(&sysmon(3, DATA)), row(&sysmon(3, &DATA.replace("203.0.113.77", "::ffff:203.0.113.77"))));
}

#[test]
fn ports_that_are_none_skip_the_record() {
    for port in ["65536", "-1", "\"65536\"", "\"-1\"", "\"x\"", "true", "1.5", "99999999999999999999", "[]"] {
        let kept =
            read(&sysmon(3, &DATA.replace(r#""SourcePort":"51544""#, &format!(r#""SourcePort":{port}"#))));
        assert_eq!(
            kept.skipped,
            [(7, "event has a source port that is not 0 to 65535".to_owned())],
            "{port}"
        );
        assert!(kept.rows.is_empty() && kept.seen.is_empty());
    }
    for port in ["null", "\"\"", "\"-\"", "0"] {
        holds(
            &row(&sysmon(3, &DATA.replace(r#""SourcePort":"51544""#, &format!(r#""SourcePort":{port}"#)))),
            &["source_port: 0"],
        );
    }
}

#[test]
fn records_without_what_matters_are_skipped_with_a_reason() {
    for (change, reason) in [
        ("10.20.30.41", "event has no readable source address"),
        ("203.0.113.77", "event has no readable destination address"),
        ("\"tcp\"", "event has no readable protocol"),
    ] {
        let kept =
            read(&sysmon(3, &DATA.replace(change, if change.starts_with('"') { "7e9" } else { "nowhere" })));
        assert_eq!(kept.skipped, [(7, reason.to_owned())]);
    }
    let no_host = sysmon(3, DATA).replace("WS-0417.corp.example", "-");
    assert_eq!(read(&no_host).skipped, [(7, "event names no computer".to_owned())]);
    let no_time = security(4689, r#""ProcessId":"0x1""#).replace("2026-03-11T09:14:02.0921877Z", "yesterday");
    assert_eq!(read(&no_time).skipped, [(7, "event has no readable time".to_owned())]);
}

#[test]
fn sysmon_10_matters_only_with_rights_to_change_the_target() {
    let access = |granted: &str| {
        sysmon(
            10,
            &format!(
                r#""UtcTime":"2026-03-11 09:13:00.000","SourceProcessGUID":"{{7b1f22c0-3256-69b1-4e02-000000001f00}}","SourceProcessId":"6120","SourceThreadId":"1","SourceImage":"C:\\a.exe","TargetProcessGUID":"{{7b1f22c0-3256-69b1-4e02-000000001f01}}","TargetProcessId":"4","TargetImage":"C:\\b.exe","GrantedAccess":"{granted}","CallTrace":"x""#
            ),
        )
    };
    for granted in ["0x20", "0x2", "0x8", "0x1fffff", "0x143A"] {
        holds(
            &row(&access(granted)),
            &["Access", "source_pid: Some(6120)", "target_pid: Some(4)", "target_guid: Some("],
        );
    }
    for granted in ["0x1000", "0x1400", "0x1410", "0x40"] {
        let kept = read(&access(granted));
        assert_eq!((kept.seen.get("sysmon-10"), kept.rows.len()), (Some(&1), 0), "{granted}");
        assert_eq!(kept.times, [lopside_model::Micros::parse_iso("2026-03-11 09:13:00.000")]);
    }
    assert_eq!(read(&access("much")).skipped.len(), 1);
    let lower = access("0x20").replace("SourceProcessGUID", "SourceProcessGuid");
    assert_eq!(row(&lower), row(&access("0x20")));
}

#[test]
fn sysmon_22_gives_a_row_an_address() {
    let lookup = |results: &str| {
        read(&sysmon(
            22,
            &format!(
                r#""UtcTime":"2026-03-11 09:14:01.902","ProcessGuid":"{{7b1f22c0-3256-69b1-4e02-000000001f00}}","ProcessId":"6120","QueryName":"Drop.Kestrel-Sync.example","QueryStatus":"0","QueryResults":"{results}","Image":"C:\\x.exe""#
            ),
        ))
    };
    let kept = lookup("type:  5 edge7.kestrel-sync.example;::ffff:203.0.113.77;2001:db8::1;");
    assert_eq!(kept.rows.len(), 2);
    holds(
        &kept.rows[0],
        &[
            r#"name: "drop.kestrel-sync.example""#,
            "pid: Some(6120)",
            &lopside_model::net::bits("203.0.113.77".parse().unwrap()).to_string(),
        ],
    );
    for nothing in ["-", "", "type:  5 a.example;"] {
        let kept = lookup(nothing);
        assert_eq!(
            (kept.seen.get("sysmon-22"), kept.rows.len(), kept.skipped.len()),
            (Some(&1), 0, 0),
            "{nothing}"
        );
    }
}

#[test]
fn azure_security_events_have_columns() {
    let columns = r#"{"TimeGenerated":"2026-03-11T09:14:08.42Z","Account":"CORP\\m.ito","Computer":"WS-0417","EventSourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","Task":1,"EventID":4688,"CommandLine":"x -y","NewProcessId":"0x824","NewProcessName":"C:\\x.exe","ParentProcessName":"C:\\p.exe","Process":"x.exe","ProcessId":"0xf60","SubjectDomainName":"CORP","SubjectUserName":"m.ito","SubjectUserSid":"S-1-5-19","TargetUserName":"-","TargetUserSid":"S-1-0-0","Type":"SecurityEvent"}"#;
    holds(
        &row(columns),
        &[
            "pid: Some(2084)",
            "parent_pid: Some(3936)",
            r#"user: Some("CORP\\m.ito")"#,
            r#"command_line: Some("x -y")"#,
        ],
    );
}

#[test]
fn other_events_are_ignored_by_name() {
    let name = |object: &str| read(object).ignored.into_keys().next().unwrap();
    assert_eq!(name(&sysmon(7, r#""Image":"C:\\x.exe""#)), "sysmon-7");
    assert_eq!(name(&security(4624, r#""TargetUserName":"x""#)), "security-4624");
    assert_eq!(
        name(r#"{"EventID":4104,"Channel":"Microsoft-Windows-PowerShell/Operational","Hostname":"x"}"#),
        "windows-event"
    );
    assert_eq!(name(r#"{"EventID":1,"Channel":"System","Hostname":"x"}"#), "windows-event");
    assert_eq!(name(r#"{"winlog":{"event_id":4624,"channel":"Security"}}"#), "security-4624");
    assert_eq!(
        name(
            r#"{"EventID":3,"ProviderGuid":"{FF032593-A8D3-4F13-B0D6-01FC615A0F97}","Channel":"Linux-Sysmon/Operational","Hostname":"x"}"#
        ),
        "windows-event"
    );
}

#[test]
fn content_cannot_pass_for_a_header() {
    let hidden = DATA.replace(r#""RuleName":"-""#, r#""RuleName":"x\",\"EventID\":7,\"y""#);
    assert_eq!(row(&sysmon(3, &hidden)), row(&sysmon(3, DATA)));
    let nested = format!(
        r#"{{"winlog":{{"event_id":3,"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"WS-0417.corp.example","event_data":{{"EventID":"7",{DATA}}}}}}}"#
    );
    holds(&row(&nested), &["Connection"]);
}

#[test]
fn a_cut_off_event_is_damage_even_where_it_would_be_ignored() {
    let whole = sysmon(7, r#""Image":"C:\\x.exe""#);
    let kept = read(whole.get(..whole.len() - 5).unwrap());
    assert_eq!(kept.skipped.len(), 1);
    assert!(kept.ignored.is_empty());
}

#[test]
fn other_objects_are_not_mine() {
    let mut fields = windows::new_fields();
    for object in [
        r#"{"a":1}"#,
        r#"{"EventID":3}"#,
        r#"{"_path":"conn","uid":"C1"}"#,
        r#"{"event":{"code":"3"},"host":{"name":"x"}}"#,
    ] {
        assert!(!recognise(object.as_bytes()));
        assert_eq!(
            read_object(&INPUT, &mut fields, object.as_bytes(), 1, &mut Kept::default()),
            Outcome::NotMine,
            "{object}"
        );
    }
    assert!(!recognise(b"[]") && !recognise(b""));
}

#[test]
fn mutations_never_panic() {
    let mut dice = Dice(0x5eed);
    let mut fields = windows::new_fields();
    let mut samples: Vec<String> = renderings().into_iter().map(|(_, object)| object).collect();
    samples.push(security(5156, &format!(r#""ProcessID":4,{FILTERING}"#)));
    samples.push(sysmon(22, r#""UtcTime":"2026-03-11 09:14:01.902","QueryName":"a.example","QueryResults":"type:  5 b;::ffff:203.0.113.77;""#));
    samples.push(sysmon(10, r#""UtcTime":"2026-03-11 09:14:01.902","GrantedAccess":"0x1fffff""#));
    for sample in samples {
        for _ in 0..2_000 {
            let damaged = dice.damage(sample.as_bytes());
            let mut counts = Counts::default();
            let known = recognise(&damaged);
            read_object(&INPUT, &mut fields, &damaged, 1, &mut counts);
            let told = counts.skipped.len() + counts.ignored as usize + counts.seen.len();
            assert!(told <= 1 && (told == 1 || !known));
        }
    }
}
