//! Packet captures of the public, with the events of their hosts, through the program. Skipped where their folder is missing
//! (`LOPSIDE_DATA`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, and reads its environment"
)]

mod public;

use std::collections::BTreeMap;

use public::{capture, findings, flows, lines, lopside};
use serde_json::Value;

/// Flows with ports, and how many of them have a process at one of their ends.
fn named(flows: &[Value]) -> (usize, usize) {
    let ports: Vec<_> =
        flows.iter().filter(|flow| flow["transport"] == "tcp" || flow["transport"] == "udp").collect();
    let process = |flow: &Value| !flow["process"].is_null() || !flow["peer"]["process"].is_null();
    (ports.iter().filter(|flow| process(flow)).count(), ports.len())
}

#[test]
fn every_flow_that_an_event_can_name_is_named() {
    for (set, count) in [("201022042947", 47), ("200806115603", 7)] {
        let Some(folder) = capture(&format!("atomic-pairs/SDWIN-{set}")) else { return };
        assert_eq!(named(&flows(&[&folder])), (count, count), "{set}");
    }
}

#[test]
fn hours_that_do_not_overlap_join_nothing() {
    let Some(folder) = capture("atomic-pairs/SDWIN-210427020247") else { return };
    assert_eq!(named(&flows(&[&folder])).0, 0);
}

#[test]
fn what_two_captures_saw_counts_once() {
    for set in ["190518210125", "190518211456", "190518213907", "200921001437", "201009183000"] {
        let Some(folder) = capture(&format!("atomic-pairs/SDWIN-{set}")) else { return };
        let flows = flows(&[&folder]);
        let mut tuples: Vec<String> = flows
            .iter()
            .map(|flow| {
                let mut ends = [
                    format!("{}:{}", flow["src_ip"], flow["src_port"]),
                    format!("{}:{}", flow["dst_ip"], flow["dst_port"]),
                ];
                ends.sort();
                format!("{ends:?} {}", flow["transport"])
            })
            .collect();
        let all = tuples.len();
        tuples.sort();
        tuples.dedup();
        assert_eq!(tuples.len(), all, "{set}");
        assert!(flows.iter().any(|flow| flow["sources"].as_array().unwrap().len() == 2), "{set}");
    }
}

#[test]
fn a_connection_that_no_event_names_gets_no_process() {
    for folder in ["capattack-hh", "capattack-procdump"] {
        let Some(folder) = capture(folder) else { return };
        let forwarder: Vec<_> =
            flows(&[&folder]).into_iter().filter(|flow| flow["dst_port"] == 9_997).collect();
        assert_eq!(forwarder.len(), 1);
        assert!(forwarder[0]["process"].is_null());
        assert_eq!((&forwarder[0]["dst_ip"], &forwarder[0]["bytes_in"]), (&"10.0.1.12".into(), &0.into()));
        assert!(forwarder[0]["bytes_out"].as_u64().unwrap() > 2_500_000);
        let findings = findings(&[&folder]);
        for finding in findings.iter().filter(|finding| finding["destination"]["port"] == 9_997) {
            assert!(finding["severity"] == "low" || finding["severity"] == "medium", "{finding}");
        }
    }
}

/// The capture alone, without the Zeek logs of the same sensor: the host's clock is days behind.
#[test]
fn a_capture_is_joined_over_an_offset_of_days() {
    let Some(folder) = capture("lsass-c01") else { return };
    let of = |ending: &str| folder.join(format!("metasploit_logonpasswords_lsass_memory_dump{ending}.zip"));
    let (events, packets) = (of(""), of("_pcapng"));
    let flows = flows(&[&events, &packets]);
    let offset = |flow: &Value| flow["attribution"]["offset_seconds"].as_f64().unwrap_or(0.0);
    let joined = flows.iter().filter(|flow| (offset(flow) + 483_275.0).abs() < 10.0).count();
    assert!(joined >= 110, "{joined} of {}", flows.len());
}

/// Bytes by the ends and which of them sent, where they were measured.
fn sent(flows: &[Value]) -> BTreeMap<(String, String), u64> {
    let mut sent = BTreeMap::new();
    for flow in flows.iter().filter(|flow| flow["transport"] == "tcp") {
        let end = |side: &str| format!("{}:{}", flow[format!("{side}_ip")], flow[format!("{side}_port")]);
        let (source, destination) = (end("src"), end("dst"));
        let outbound = flow["direction"] != "inbound";
        for (key, measured) in [("bytes_out", outbound), ("bytes_in", !outbound)] {
            let ends = (source.clone(), destination.clone());
            let ends = if measured { ends } else { (ends.1, ends.0) };
            if let Some(bytes) = flow[key].as_u64() {
                *sent.entry(ends).or_default() += bytes;
            }
        }
    }
    sent
}

/// The sensor saw one direction only, whose bytes it counted as we do; the capture has both.
#[test]
fn a_capture_counts_what_the_sensors_log_counted() {
    let Some(folder) = capture("lsass-c01") else { return };
    let of = |ending: &str| folder.join(format!("metasploit_logonpasswords_lsass_memory_dump_{ending}.zip"));
    let (packets, log) = (sent(&flows(&[&of("pcapng")])), sent(&flows(&[&of("zeek_logs")])));
    assert!(log.values().filter(|bytes| **bytes > 0).count() >= 30, "{log:?}");
    for (ends, bytes) in &log {
        assert_eq!(packets.get(ends), Some(bytes), "{ends:?}");
    }
}

#[test]
fn a_capture_comes_from_standard_input() {
    let Some(path) = capture("pcaps/putty-upload.pcap") else { return };
    let told = lines(&lopside(&["flows", "--format", "jsonl", "-"], std::fs::read(path).unwrap()));
    let upload = told.iter().find(|flow| flow["bytes_out"] == 82_789).expect("the upload");
    assert_eq!(upload["bytes_in"], 93);
}

#[test]
fn content_is_left_alone_where_that_is_asked_for() {
    let Some(path) = capture("pcaps/smb2.pcap") else { return };
    let path = path.to_str().unwrap();
    let with = lines(&lopside(&["flows", "--format", "jsonl", path], Vec::new()));
    let without = lines(&lopside(&["flows", "--format", "jsonl", "--no-payload", path], Vec::new()));
    assert!(!with[0]["payload"].is_null() && without[0]["payload"].is_null());
    assert_eq!(with[0]["bytes_out"], without[0]["bytes_out"]);
}

/// More conversations at one time than the memory holds: each is told, and the summary says that they were closed early.
#[test]
fn conversations_that_were_closed_early_are_counted_in_the_summary() {
    let mut capture =
        vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for number in 0..20_000_u32 {
        let mut packet = vec![
            0x45,
            0,
            0,
            40,
            0,
            0,
            0,
            0,
            64,
            6,
            0,
            0,
            10,
            0,
            (number >> 8) as u8,
            number as u8,
            203,
            0,
            113,
            7,
        ];
        packet.extend([0xc3, 0x50, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0]);
        for word in [1_773_220_440, number, 40, 40] {
            capture.extend(word.to_le_bytes());
        }
        capture.extend(packet);
    }
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.json");
    let arguments =
        ["flows", "-", "--format", "jsonl", "--memory", "64M", "--summary", summary.to_str().unwrap()];
    assert_eq!(lopside(&arguments, capture).lines().count(), 20_000);
    let summary: Value = serde_json::from_slice(&std::fs::read(summary).unwrap()).unwrap();
    assert!(summary["inputs"][0]["closed_early"].as_u64().unwrap() > 1_000, "{summary}");
}

#[test]
fn no_content_of_a_real_capture_is_called_junk() {
    let folders = ["pcaps", "atomic-pairs", "capattack-hh", "capattack-procdump", "lsass-c01", "log4shell"];
    for path in folders.iter().filter_map(|name| capture(name)) {
        let told: Vec<Value> =
            flows(&[&path]).into_iter().filter(|flow| !flow["payload"].is_null()).collect();
        assert!(!told.is_empty(), "{}: no content was seen", path.display());
        for flow in told {
            assert_eq!(flow["payload"]["junk"], false, "{flow}");
        }
    }
}

/// One upload over TCP as a capture: requests whose declared JSON ends long before their content does.
fn capture_of_junk() -> Vec<u8> {
    let (client, server) = ([10, 0, 0, 5], [203, 0, 113, 9]);
    let mut capture = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
    let mut sequence = [1_000_u32, 9_000];
    let mut packet = |from_client: bool, flags: u8, data: &[u8], second: u32| {
        let (own, other) = if from_client { (0, 1) } else { (1, 0) };
        let ports = if from_client { [50_123_u16, 8_443] } else { [8_443, 50_123] };
        let mut frame = [[2_u8; 6], [4; 6]].concat();
        frame.extend([8, 0, 0x45, 0]);
        frame.extend(u16::try_from(40 + data.len()).unwrap().to_be_bytes());
        frame.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
        let (source, destination) = if from_client { (client, server) } else { (server, client) };
        frame.extend(source.iter().chain(&destination));
        frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        frame.extend(sequence[own].to_be_bytes());
        frame.extend(sequence[other].to_be_bytes());
        frame.extend([0x50, flags, 0xfa, 0, 0, 0, 0, 0]);
        frame.extend(data);
        let length = u32::try_from(frame.len()).unwrap();
        capture.extend([1_772_700_000 + second, 0, length, length].map(u32::to_le_bytes).concat());
        capture.extend(frame);
        sequence[own] += u32::try_from(data.len()).unwrap() + u32::from(flags & 2 != 0);
    };
    packet(true, 0x02, b"", 0);
    packet(false, 0x12, b"", 0);
    packet(true, 0x10, b"", 0);
    let mut state = 7_u64;
    for second in 1..60 {
        let document = format!("{{\"id\":{second},\"status\":\"ok\",\"items\":[1,2,3,4,5,6,7,8,9]}}");
        let noise: Vec<u8> = (0..200_000 + 991 * second)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            })
            .collect();
        let mut request = format!(
            "POST /api/sync HTTP/1.1\r\nHost: cdn.example.net\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{document}",
            document.len() + noise.len()
        )
        .into_bytes();
        request.extend(noise);
        request.chunks(1_400).for_each(|part| packet(true, 0x18, part, second));
        packet(false, 0x18, b"HTTP/1.1 204 No Content\r\n\r\n", second);
    }
    capture
}

/// A folder with that capture, and the event that names its process.
fn junk_with_its_process() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.pcap"), capture_of_junk()).unwrap();
    let event = serde_json::json!({"@timestamp": "2026-03-05T08:40:00Z", "winlog": {
        "channel": "Microsoft-Windows-Sysmon/Operational", "event_id": 3, "computer_name": "WS-01", "event_data": {
            "UtcTime": "2026-03-05 08:40:00.000", "ProcessId": "4412", "User": "CORP\\jo",
            "Image": "C:\\Users\\jo\\AppData\\Local\\Temp\\sync.exe", "Protocol": "tcp", "Initiated": "true",
            "SourceIp": "10.0.0.5", "SourcePort": "50123", "DestinationIp": "203.0.113.9", "DestinationPort": "8443"}}});
    std::fs::write(folder.path().join("sysmon.json"), format!("{event}\n")).unwrap();
    folder
}

fn payload_factor(finding: &Value) -> &Value {
    let factors = finding["factors"].as_array().unwrap();
    factors.iter().find(|factor| factor["name"] == "payload").unwrap()
}

#[test]
fn junk_in_a_capture_is_told_with_its_process_and_names_the_technique() {
    let folder = junk_with_its_process();
    let path = folder.path().to_str().unwrap();
    let told = lines(&lopside(&["flows", "--format", "jsonl", path], Vec::new()));
    assert_eq!(
        (&told[0]["payload"]["verdict"], &told[0]["payload"]["side"]),
        (&"junk".into(), &"out".into())
    );
    let found = lines(&lopside(&["hunt", "--format", "jsonl", path], Vec::new()));
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = &found[0];
    assert_eq!(
        (&finding["process"]["name"], &finding["host"]["name"]),
        (&"sync.exe".into(), &"ws-01".into())
    );
    assert_eq!(finding["techniques"][0]["id"], "T1001.001");
    assert_eq!(finding["techniques"][0]["status"], "candidate");
    assert_eq!(payload_factor(finding)["state"], "unusual");
    let factors = finding["factors"].as_array().unwrap();
    let points: f64 = factors.iter().map(|factor| factor["points"].as_f64().unwrap()).sum();
    assert_eq!(points, finding["total"].as_f64().unwrap());
}

#[test]
fn a_few_bytes_of_content_are_shown_only_where_they_are_asked_for() {
    let folder = junk_with_its_process();
    let path = folder.path().to_str().unwrap();
    let found = |more: &[&str]| {
        let arguments = [&["hunt", "--format", "jsonl", path], more].concat();
        lines(&lopside(&arguments, Vec::new())).remove(0)
    };
    assert!(payload_factor(&found(&[])).get("excerpt").is_none());
    let finding = found(&["--excerpts"]);
    let excerpt = payload_factor(&finding)["excerpt"].as_str().unwrap();
    // The first of the noise behind the document, not of the document.
    assert!(excerpt.contains("\\x") && !excerpt.contains("status") && excerpt.is_ascii(), "{excerpt}");
    let saved = folder.path().join("findings.jsonl");
    std::fs::write(&saved, finding.to_string()).unwrap();
    let id = finding["id"].as_str().unwrap();
    let explain = |more: &[&str]| {
        let arguments = [&["explain", id, "--findings", saved.to_str().unwrap()], more].concat();
        lopside(&arguments, Vec::new())
    };
    assert!(explain(&[]).contains("; content:"), "{}", explain(&[]));
    assert!(!explain(&["--redact"]).contains("content:"), "{}", explain(&["--redact"]));
    let told = lines(&lopside(&["flows", "--format", "jsonl", "--excerpts", path], Vec::new()));
    assert_eq!(told[0]["payload"]["excerpt"], excerpt);
}
