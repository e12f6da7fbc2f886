//! Every shape and quirk by name, with invented hosts; then the vendor's examples.

use super::*;
use crate::windows::testing::{Counts, Dice, INPUT, Kept, capture};

const END: &str = r#"{"@timestamp":"2026-03-11T09:24:13.3019871Z","event":{"action":"disconnect_received","dataset":"endpoint.events.network","type":["end"],"sequence":88121},"host":{"id":"0d2f","hostname":"WS-0417","name":"ws-0417.corp.example","ip":["10.20.30.41"]},"agent":{"type":"endpoint"},"process":{"pid":6120,"name":"syncd.exe","executable":"C:\\ProgramData\\Kestrel\\syncd.exe","entity_id":"MGQyZi02MTIwLTE3NzMyMjA0Mzg=","code_signature":{"exists":false}},"source":{"ip":"10.20.30.41","port":51544,"bytes":184219870},"destination":{"ip":"203.0.113.77","port":8443,"bytes":38190,"domain":"Drop.Example"},"network":{"transport":"tcp","direction":"egress","type":"ipv4"},"user":{"id":"S-1-5-21-1-1187","name":"m.ito","domain":"CORP"}}"#;

fn read(object: &str) -> Kept {
    let mut kept = Kept::default();
    assert_eq!(
        read_object(&INPUT, &mut new_fields(), object.as_bytes(), 7, &mut kept),
        Outcome::Done,
        "{object}"
    );
    kept
}

#[track_caller]
fn row(object: &str) -> String {
    let kept = read(object);
    assert_eq!((kept.rows.len(), kept.skipped.len()), (1, 0), "{kept:?}");
    kept.rows.into_iter().next().unwrap()
}

#[track_caller]
fn holds(row: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(row.contains(text), "{text} is not in {row}");
    }
}

#[test]
fn the_end_of_a_connection_is_a_flow_with_its_process() {
    holds(
        &row(END),
        &[
            "kind: 2",
            r#"sensor: "ws-0417""#,
            r#"host: Some("ws-0417")"#,
            "start: 1773221053301987",
            "end: Some(1773221053301987)",
            "source_bytes: Some(184219870), source_quality: 0",
            "destination_bytes: Some(38190), destination_quality: 0",
            "layer: 0",
            "source_local: Some(1)",
            "destination_local: None",
            "pid: Some(6120)",
            r#"user: Some("CORP\\m.ito")"#,
            r#"remote_name: Some("drop.example")"#,
        ],
    );
    let started = END.replace(r#""sequence":88121"#, r#""start":"2026-03-11T09:14:02.1Z""#);
    holds(&row(&started), &["start: 1773220442100000"]);
    assert_eq!(row(&END.replace("disconnect_received", "disconnected")), row(END));
}

#[test]
fn accepted_connections_are_local_at_the_destination() {
    for direction in ["ingress", "inbound"] {
        holds(&row(&END.replace("egress", direction)), &["source_local: None", "destination_local: Some(1)"]);
    }
}

#[test]
fn dotted_wrapped_and_listed_events_are_the_same() {
    let dotted = r#"{"@timestamp":"2026-03-11T09:24:13.3019871Z","event.action":"disconnect_received","data_stream.dataset":"endpoint.events.network","host.name":"ws-0417.corp.example","process.pid":6120,"process.executable":"C:\\ProgramData\\Kestrel\\syncd.exe","process.entity_id":"MGQyZi02MTIwLTE3NzMyMjA0Mzg=","source.ip":"10.20.30.41","source.port":51544,"source.bytes":184219870,"destination.ip":"203.0.113.77","destination.port":8443,"destination.bytes":38190,"destination":{"domain":"Drop.Example"},"network.transport":"tcp","network.direction":"egress","user.name":"m.ito","user.domain":"CORP"}"#;
    assert_eq!(row(dotted), row(END));
    assert_eq!(row(&format!(r#"{{"_index":"x","_source":{END}}}"#)), row(END));
    let inner = dotted
        .replace(r#","destination":{"domain":"Drop.Example"}"#, r#","destination.domain":"Drop.Example""#);
    let mut listed = String::new();
    for (place, piece) in inner.trim_matches(['{', '}']).split(",\"").enumerate() {
        let (name, value) = piece.split_once("\":").unwrap();
        listed +=
            &format!("{}\"{}\":[{value}]", if place > 0 { "," } else { "" }, name.trim_start_matches('"'));
    }
    assert_eq!(row(&format!(r#"{{"_id":"1","fields":{{{listed}}}}}"#)), row(END));
}

#[test]
fn counts_that_are_absent_are_not_zero() {
    let none = END.replace(r#","bytes":184219870"#, "").replace(r#""bytes":38190"#, r#""bytes":null"#);
    holds(
        &row(&none),
        &[
            "source_bytes: None, source_quality: 3",
            "destination_bytes: None, destination_quality: 3",
            "unmeasured_why: Some(",
        ],
    );
    for wrong in ["-1", "\"x\"", "1.5", "99999999999999999999"] {
        let kept = read(&END.replace("184219870", wrong));
        assert_eq!(kept.skipped, [(7, "event has a byte count that is none".to_owned())], "{wrong}");
    }
}

#[test]
fn beginnings_are_connections() {
    for action in ["connection_attempted", "connection_accepted", "reconnection_attempted", "http_request"] {
        holds(
            &row(&END.replace("disconnect_received", action)),
            &["Connection(", "class: 11", "local_end: 1", "pid: Some(6120)"],
        );
    }
}

#[test]
fn lookups_give_a_row_an_address() {
    let lookup = END.replace("disconnect_received", "lookup_result").replacen('{', r#"{"dns":{"question":{"name":"Drop.Example"},"resolved_ip":["203.0.113.77","::ffff:203.0.113.78","x"]},"#, 1);
    assert_eq!(read(&lookup).rows.len(), 2);
    assert_eq!(read(&END.replace("disconnect_received", "lookup_requested")).ignored.len(), 1);
}

#[test]
fn process_events_are_starts_and_ends() {
    let event = |action: &str| {
        END.replace("disconnect_received", action).replace("events.network", "events.process").replace(r#""pid":6120"#, r#""pid":6120,"command_line":"syncd.exe -x","hash":{"sha256":"AB"},"Ext":{"token":{"integrity_level_name":"high"}},"pe":{"original_file_name":"rclone.exe"},"parent":{"pid":4412,"entity_id":"x","executable":"C:\\c.exe"}"#)
    };
    holds(
        &row(&event("start")),
        &[
            "ProcessStart",
            r#"command_line: Some("syncd.exe -x")"#,
            r#"sha256: Some("ab")"#,
            "parent_pid: Some(4412)",
            r#"integrity: Some("high")"#,
        ],
    );
    holds(&row(&event("end")), &["ProcessEnd", "pid: Some(6120)"]);
    assert_eq!(read(&event("already_running")).ignored.keys().next().unwrap(), "elastic-process");
}

#[test]
fn what_is_wrong_is_said() {
    for (from, to, reason) in [
        ("51544", "65536", "event has a port that is not 0 to 65535"),
        ("51544", "-1", "event has a port that is not 0 to 65535"),
        ("203.0.113.77", "-", "event has no readable destination address"),
        ("2026-03-11T09:24:13.3019871Z", "soon", "event has no readable time"),
    ] {
        assert_eq!(read(&END.replace(from, to)).skipped, [(7, reason.to_owned())]);
    }
}

#[test]
fn other_events_are_not_mine() {
    assert!(recognise(END.as_bytes()));
    assert!(!recognise(END.replace("endpoint", "winlogbeat").as_bytes()));
    assert!(!recognise(br#"{"@timestamp":"2026-03-11T09:24:13Z","winlog":{"event_id":3}}"#));
}

#[test]
fn mutations_never_panic() {
    let mut dice = Dice(0x5eed_0002);
    let mut fields = new_fields();
    for _ in 0..5_000 {
        read_object(&INPUT, &mut fields, &dice.damage(END.as_bytes()), 1, &mut Counts::default());
    }
}

#[test]
fn the_vendors_examples_are_read() {
    let Some(folder) = capture("elastic-endpoint") else { return };
    let mut total = Kept::default();
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(recognise(&bytes));
        assert_eq!(read_object(&INPUT, &mut new_fields(), &bytes, 1, &mut total), Outcome::Done);
    }
    let flows = total.rows.iter().filter(|row| row.starts_with("Flow(")).count();
    let connections = total.rows.iter().filter(|row| row.starts_with("Connection(")).count();
    assert_eq!(total.skipped, []);
    assert_eq!((flows, connections, total.ignored.len()), (3, 7, 1));
}
