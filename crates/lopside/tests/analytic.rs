//! `lopside analytic`.

mod common;

use common::{lopside, stdout};
use serde_json::Value;

#[test]
fn tells_the_analytic_with_origins_and_present_values() {
    let text = stdout(lopside().arg("analytic"));
    for part in
        ["AN0030", "DET0011", "T1001.001", "TimeWindow", "UserContext", "PayloadEntropyThreshold", "MITRE"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let told: Value =
        serde_json::from_str(&stdout(lopside().args(["analytic", "--format", "json"]))).unwrap();
    assert_eq!(told["analytic"]["id"], "AN0030");
    assert_eq!(told["log_sources"].as_array().unwrap().len(), 3);
    for tunable in told["tunables"].as_array().unwrap() {
        assert!(
            !tunable["value"].is_null()
                && tunable["origin"].is_string()
                && tunable["value_from"] == "default"
        );
    }
}

#[test]
fn a_configured_tunable_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, "[analytic]\nTimeWindow = 48\n").unwrap();
    let told: Value = serde_json::from_str(&stdout(
        lopside().args(["analytic", "--format", "json", "--config"]).arg(&file),
    ))
    .unwrap();
    assert_eq!(told["tunables"][0]["value"], 48);
    assert!(told["tunables"][0]["value_from"].as_str().unwrap().contains("c.toml"));
}
