//! Packet captures of the public, with the events of their hosts, through the program. Skipped where their folder is missing
//! (`LOPSIDE_DATA`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, and reads its environment"
)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = std::env::var_os("LOPSIDE_DATA").map_or(beside, PathBuf::from).join(name);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: the capture {name} is not here (set LOPSIDE_DATA)");
    None
}

fn lopside(arguments: &[&str], stdin: Vec<u8>) -> String {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lopside"))
        .env("XDG_STATE_HOME", state.path())
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn flows(path: &Path) -> Vec<Value> {
    lines(&lopside(&["flows", "--format", "jsonl", path.to_str().unwrap()], Vec::new()))
}

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
        let Some(folder) = data(&format!("atomic-pairs/SDWIN-{set}")) else { return };
        assert_eq!(named(&flows(&folder)), (count, count), "{set}");
    }
}

#[test]
fn hours_that_do_not_overlap_join_nothing() {
    let Some(folder) = data("atomic-pairs/SDWIN-210427020247") else { return };
    assert_eq!(named(&flows(&folder)).0, 0);
}

#[test]
fn what_two_captures_saw_counts_once() {
    for set in ["190518210125", "190518211456", "190518213907", "200921001437", "201009183000"] {
        let Some(folder) = data(&format!("atomic-pairs/SDWIN-{set}")) else { return };
        let flows = flows(&folder);
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
        let Some(folder) = data(folder) else { return };
        let forwarder: Vec<_> = flows(&folder).into_iter().filter(|flow| flow["dst_port"] == 9_997).collect();
        assert_eq!(forwarder.len(), 1);
        assert!(forwarder[0]["process"].is_null());
        assert_eq!((&forwarder[0]["dst_ip"], &forwarder[0]["bytes_in"]), (&"10.0.1.12".into(), &0.into()));
        assert!(forwarder[0]["bytes_out"].as_u64().unwrap() > 2_500_000);
        let findings = lines(&lopside(&["hunt", "--format", "jsonl", folder.to_str().unwrap()], Vec::new()));
        for finding in findings.iter().filter(|finding| finding["destination"]["port"] == 9_997) {
            assert!(finding["severity"] == "low" || finding["severity"] == "medium", "{finding}");
        }
    }
}

/// The capture alone, without the Zeek logs of the same sensor: the host's clock is days behind.
#[test]
fn a_capture_is_joined_over_an_offset_of_days() {
    let Some(folder) = data("lsass-c01") else { return };
    let of = |ending: &str| folder.join(format!("metasploit_logonpasswords_lsass_memory_dump{ending}.zip"));
    let (events, packets) = (of(""), of("_pcapng"));
    let arguments = ["flows", "--format", "jsonl", events.to_str().unwrap(), packets.to_str().unwrap()];
    let flows = lines(&lopside(&arguments, Vec::new()));
    let offset = |flow: &Value| flow["attribution"]["offset_seconds"].as_f64().unwrap_or(0.0);
    let joined = flows.iter().filter(|flow| (offset(flow) + 483_275.0).abs() < 10.0).count();
    assert!(joined >= 110, "{joined} of {}", flows.len());
}

#[test]
fn a_capture_comes_from_standard_input() {
    let Some(path) = data("pcaps/putty-upload.pcap") else { return };
    let told = lines(&lopside(&["flows", "--format", "jsonl", "-"], std::fs::read(path).unwrap()));
    let upload = told.iter().find(|flow| flow["bytes_out"] == 82_789).expect("the upload");
    assert_eq!(upload["bytes_in"], 93);
}

#[test]
fn content_is_left_alone_where_that_is_asked_for() {
    let Some(path) = data("pcaps/smb2.pcap") else { return };
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
