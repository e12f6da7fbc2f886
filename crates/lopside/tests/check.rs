//! `lopside check` on a small fleet.

mod common;

use common::{fleet, lopside, stdout};
use serde_json::Value;

#[test]
fn json_has_the_keys_of_the_interface_for_each_host() {
    let folder = fleet(3, 1, 1);
    let telemetry = folder.path().join("fleet/telemetry");
    let told: Value =
        serde_json::from_str(&stdout(lopside().arg("check").arg(&telemetry).args(["--format", "json"])))
            .unwrap();
    let counts = [
        "flows",
        "process_known",
        "bytes_both_known",
        "both_known",
        "user_known",
        "name_known",
        "payload_seen",
    ];
    for key in counts.iter().chain(&[
        "verdict",
        "external_bytes_out",
        "external_bytes_out_with_process_user_destination",
    ]) {
        assert!(told["overall"].get(*key).is_some(), "{key}");
    }
    let hosts = told["hosts"].as_array().unwrap();
    assert!(!hosts.is_empty());
    for host in hosts {
        for key in counts.iter().chain(&["name", "verdict", "clocks", "checks"]) {
            assert!(host.get(*key).is_some(), "{key}");
        }
        let ids: Vec<&str> =
            host["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 14, "{ids:?}");
        assert!(["measurable", "partly", "not_measurable"].contains(&host["verdict"].as_str().unwrap()));
        for check in host["checks"].as_array().unwrap() {
            let status = check["status"].as_str().unwrap();
            assert!(["pass", "warn", "fail", "unknown"].contains(&status));
            assert_eq!(check["advice"].is_string(), ["warn", "fail"].contains(&status), "{check}");
        }
    }
    assert!(told["sources"].as_array().unwrap().iter().any(|source| source["records"].as_u64().unwrap() > 0));
}

#[test]
fn the_same_bytes_whatever_the_threads_and_partitions() {
    let folder = fleet(3, 1, 2);
    let telemetry = folder.path().join("fleet/telemetry");
    let told = |threads: &str, partitions: &str, format: &str| {
        stdout(lopside().arg("check").arg(&telemetry).args([
            "--threads",
            threads,
            "--partitions",
            partitions,
            "--format",
            format,
        ]))
    };
    for format in ["json", "table"] {
        assert_eq!(told("1", "1", format), told("4", "7", format));
    }
    assert!(told("1", "2", "table").starts_with("Can this telemetry answer AN0030? "));
}

#[test]
fn network_logs_alone_are_answered_by_host_and_endpoint_logs_alone_not_at_all() {
    let folder = fleet(3, 1, 3);
    let verdict = |part: &str| {
        let path = folder.path().join("fleet/telemetry").join(part);
        let told = stdout(lopside().arg("check").arg(&path).args(["--format", "json"]));
        let told: Value = serde_json::from_str(&told).unwrap();
        (told["overall"]["verdict"].as_str().unwrap().to_owned(), told)
    };
    let (network, told) = verdict("network");
    assert_eq!(network, "partly");
    assert!(told["hosts"].as_array().unwrap().iter().all(|host| host["verdict"] != "measurable"));
    let (endpoint, told) = verdict("endpoint");
    assert_eq!(endpoint, "not_measurable");
    assert_eq!(told["overall"]["flows"], 0);
}
