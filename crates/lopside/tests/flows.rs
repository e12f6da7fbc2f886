//! `lopside flows` and `lopside usage`: shapes, formats, spans.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::{Case, DAYS, HOSTS};

#[test]
fn a_flow_has_the_keys_of_the_interface() {
    let case = Case::sample();
    let told = case.told(&["flows", "in", "--format", "jsonl"]);
    let flows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(flows.len() as u32, DAYS * HOSTS * 8 + 24);
    let flow = &flows[0];
    for key in [
        "start",
        "end",
        "host",
        "src_ip",
        "src_port",
        "dst_ip",
        "dst_port",
        "transport",
        "app_protocol",
        "domain",
        "domain_source",
        "bytes_out",
        "bytes_in",
        "bytes_out_quality",
        "bytes_in_quality",
        "byte_layer",
        "measured",
        "direction",
        "scope",
        "process",
        "attribution",
        "peer",
        "payload",
        "wire",
        "sources",
    ] {
        assert!(flow.get(key).is_some(), "{key}");
    }
    for key in
        ["image", "name", "pid", "guid", "user", "command_line", "parent_image", "services", "instances"]
    {
        assert!(flow["process"].get(key).is_some(), "{key}");
    }
    for key in ["method", "confidence", "offset_seconds", "reason", "candidates"] {
        assert!(flow["attribution"].get(key).is_some(), "{key}");
    }
    assert_eq!(flow["sources"], serde_json::json!(["in/conn.log:8"]));
    assert_eq!(flow["attribution"]["source"], "in/sysmon.jsonl:1");
    assert_eq!(
        (&flow["measured"], &flow["direction"], &flow["scope"]),
        (&"both".into(), &"outbound".into(), &"external".into())
    );
    let starts: Vec<&str> = flows.iter().map(|flow| flow["start"].as_str().unwrap()).collect();
    assert!(starts.is_sorted());
}

#[test]
fn every_form_has_every_flow() {
    let case = Case::sample();
    let count = (DAYS * HOSTS * 8 + 24) as usize;
    assert_eq!(case.told(&["flows", "in"]).lines().count(), count + 1);
    let csv = case.told(&["flows", "in", "--format", "csv"]);
    assert_eq!(csv.matches("\r\n").count(), count + 1);
    case.told(&["flows", "in", "-o", "flows.parquet"]);
    let bytes = std::fs::read(case.path("flows.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn a_span_leaves_out_what_began_elsewhen() {
    let case = Case::sample();
    let told =
        case.told(&["flows", "in", "--format", "jsonl", "--since", "2026-03-03", "--until", "2026-03-04"]);
    assert_eq!(told.lines().count() as u32, HOSTS * 8);
    assert!(told.lines().all(|line| line.contains("\"start\":\"2026-03-03T")));
}

#[test]
fn usage_adds_up_by_everything() {
    let case = Case::sample();
    let browsed: u64 = u64::from(DAYS * HOSTS) * (0..8).map(|visit| 40_000 + visit * 1_000).sum::<u64>();
    for by in ["process", "host", "user", "destination", "owner"] {
        let told = case.told(&["usage", "in", "--by", by, "--format", "jsonl"]);
        let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let sum: u64 = rows.iter().map(|row| row["bytes_out"].as_u64().unwrap()).sum();
        assert_eq!(sum, browsed + 24 * 79_166_666, "{by}");
        let sent: Vec<u64> = rows.iter().map(|row| row["bytes_out"].as_u64().unwrap()).collect();
        assert!(sent.is_sorted_by(|one, other| one >= other));
        for key in ["start", "end", "interface", "owner", "bytes_in", "scope", "source"] {
            assert!(rows[0].get(key).is_some(), "{key}");
        }
    }
    support::assert_snapshot("usage_80.txt", &case.told(&["usage", "in"]));
}

#[test]
fn long_names_that_a_sensor_tells_of_are_told_and_not_judged() {
    let case = Case::empty();
    let ends = r#""id.orig_h":"10.0.0.5","id.orig_p":50000,"id.resp_h":"203.0.113.9","id.resp_p":53"#;
    let conn = format!(
        r#"{{"_path":"conn","ts":1772700000.0,"uid":"C1",{ends},"proto":"udp","service":"dns","duration":9.0,"orig_bytes":40000000,"resp_bytes":900,"conn_state":"SF","history":"Dd","orig_pkts":30000,"orig_ip_bytes":41200000,"resp_pkts":9,"resp_ip_bytes":1152}}"#
    );
    let query = |label: &str| {
        format!(
            r#"{{"_path":"dns","ts":1772700001.0,"uid":"C1",{ends},"proto":"udp","query":"{label}.t.example"}}"#
        )
    };
    case.write("conn.log", &conn);
    case.write(
        "dns.log",
        &[query("0123456789abcdef"), query("0123456789abcdef"), query("fedcba98765432100"), query("www")]
            .join("\n"),
    );
    let told = |command: &str| -> Value {
        serde_json::from_str(&case.told(&[command, "in", "--format", "jsonl"])).unwrap()
    };
    let names = "queries for 2 different names with long labels (3 queries, 79 bytes of names, the longest 27) from the initiator";
    assert_eq!((&told("flows")["files"], &told("flows")["payload"]), (&names.into(), &Value::Null));
    let finding = told("hunt");
    let payload = format!(
        "payload: no content was read; a sensor's log tells of {names}, of which the content was not assessed"
    );
    assert!(finding["not_seen"].as_array().unwrap().contains(&payload.into()), "{finding:#}");
}

#[test]
fn files_and_bodies_that_a_sensor_tells_of_are_told_and_not_judged() {
    let case = Case::empty();
    let ends = r#""id.orig_h":"10.0.0.5","id.orig_p":50000,"id.resp_h":"203.0.113.9","id.resp_p":80"#;
    let conn = format!(
        r#"{{"_path":"conn","ts":1772700000.0,"uid":"C1",{ends},"proto":"tcp","service":"http","duration":9.0,"orig_bytes":40000000,"resp_bytes":900,"conn_state":"SF","history":"ShADadFf","orig_pkts":30000,"orig_ip_bytes":41200000,"resp_pkts":9000,"resp_ip_bytes":361000,"missed_bytes":0}}"#
    );
    let request = format!(
        r#"{{"_path":"http","ts":1772700001.0,"uid":"C1",{ends},"trans_depth":1,"method":"POST","host":"a.example","request_body_len":39990000}}"#
    );
    case.write("conn.log", &conn);
    case.write("http.log", &request);
    let told = |command: &str| -> Value {
        serde_json::from_str(&case.told(&[command, "in", "--format", "jsonl"])).unwrap()
    };
    assert_eq!(told("flows")["files"], "unknown type (1 body, 39990000 bytes) from the initiator");
    case.write(
        "files.log",
        r#"{"_path":"files","ts":1772700002.0,"fuid":"F1","uid":"C1","source":"HTTP","is_orig":true,"mime_type":"application/zip","seen_bytes":39000000,"missing_bytes":990000}"#,
    );
    let files = "application/zip (1 file, 39000000 bytes, 990000 bytes missed) from the initiator";
    assert_eq!((&told("flows")["files"], &told("flows")["payload"]), (&files.into(), &Value::Null));
    let finding = told("hunt");
    let not_seen = finding["not_seen"].as_array().unwrap();
    let payload = format!(
        "payload: no content was read; a sensor's log tells of {files}, of which the content was not assessed"
    );
    assert!(not_seen.contains(&payload.as_str().into()), "{not_seen:#?}");
}
