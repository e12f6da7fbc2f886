//! The generators of `bench/`, which share no code with the emulator: what they say they wrote is what is counted. Skipped where there
//! is no Python.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and says why it is skipped")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{lopside, stdout};
use serde_json::Value;

/// Runs a generator of `bench/` with these arguments; `None` where there is no Python to run it.
fn generate(script: &str, arguments: &[&str]) -> Option<()> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bench").join(script);
    match Command::new("python3").arg(script).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(())
        }
        Err(error) => {
            println!("skipped: the generators of bench/ need python3, which cannot be run ({error})");
            None
        }
    }
}

fn truth(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap()
}

fn flows(path: &Path) -> Vec<Value> {
    let told = stdout(lopside().args(["flows", "--no-payload", "--format", "jsonl"]).arg(path));
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Bytes each way by transport and ends.
fn sums(rows: &[Value]) -> BTreeMap<String, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let ends = ["transport", "src_ip", "src_port", "dst_ip", "dst_port"].map(|key| row[key].to_string());
        let sum: &mut (u64, u64) = sums.entry(ends.join(" ")).or_default();
        sum.0 += row["bytes_out"].as_u64().unwrap();
        sum.1 += row["bytes_in"].as_u64().unwrap();
    }
    sums
}

#[test]
fn conversations_of_other_junk_are_counted_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let Some(()) = generate("other_junk", &[out, "--seed", "3", "--rounds", "1", "--most", "48"]) else {
        return;
    };
    let truth = truth(folder.path());
    let written = truth["conversations"].as_array().unwrap();
    assert_eq!(written.len(), 48);
    assert!(written.iter().any(|row| row["junk"] == true) && written.iter().any(|row| row["junk"] == false));
    let counted = flows(&folder.path().join("captures"));
    assert!(counted.iter().all(|flow| flow["bytes_out_quality"] == "exact"));
    assert_eq!(sums(&counted), sums(written));
}

#[test]
fn senders_of_other_fleet_sent_what_its_truth_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let Some(()) = generate("other_fleet.py", &["1", "6", "1", out]) else { return };
    let truth = truth(folder.path());
    let flows = flows(&folder.path().join("telemetry"));
    let attacks = truth["attacks"].as_array().unwrap();
    assert!(!attacks.is_empty());
    for attack in attacks {
        let own = |flow: &&Value| {
            let ips = attack["ips"].as_array().unwrap();
            let host = attack["host"].as_str().unwrap().to_lowercase();
            let image = flow["process"].is_null() || flow["process"]["image"] == attack["image"];
            flow["host"] == host && ips.contains(&flow["dst_ip"]) && image && {
                let start = flow["start"].as_str().unwrap();
                attack["start"].as_str().unwrap() <= start && start <= attack["end"].as_str().unwrap()
            }
        };
        let sent: u64 = flows.iter().filter(own).filter_map(|flow| flow["bytes_out"].as_u64()).sum();
        assert_eq!(Some(sent), attack["bytes_out"].as_u64(), "{attack:#}");
    }
}
