//! `lopside emulate` and `lopside evaluate` on small fleets.

mod common;

use common::{fleet, lopside, stdout};
use serde_json::Value;

#[test]
fn json_has_the_keys_of_the_interface() {
    let folder = fleet(8, 2, 5);
    let path = folder.path().join("fleet");
    let told: Value =
        serde_json::from_str(&stdout(lopside().arg("evaluate").arg(&path).args(["--format", "json"])))
            .unwrap();
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(path.join("truth.json")).unwrap()).unwrap();
    let fleet = &told["fleets"][0];
    assert_eq!(fleet["host_days"], truth["host_days"]);
    let rules = fleet["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 6);
    let attacks = truth["attacks"].as_array().unwrap().len();
    for told in rules.iter().chain([&fleet["lopside"]]) {
        assert_eq!(told["of"], attacks);
        assert!(told["found"].as_u64().unwrap() <= attacks as u64);
        let by_kind: u64 =
            told["by_scenario"].as_object().unwrap().values().map(|counts| counts[1].as_u64().unwrap()).sum();
        assert_eq!(by_kind, attacks as u64);
        assert!(told["false_per_1000_host_days"].as_f64().unwrap() >= 0.0);
        assert!((0.0..=1.0).contains(&told["average_precision"].as_f64().unwrap()));
    }
    let table = stdout(lopside().arg("evaluate").arg(&path));
    assert!(table.contains("lopside") && table.contains("50 biggest senders a day"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80 || !line.starts_with(' ')), "{table}");
}

#[test]
fn misses_are_listed_with_the_total_that_they_reach() {
    let folder = fleet(8, 2, 5);
    let path = folder.path().join("fleet");
    // At a budget this small hardly anything is medium, so that there is something to list.
    let config = folder.path().join("strict.toml");
    std::fs::write(&config, "[analytic]\nalert_budget = 0.1\n").unwrap();
    let config = config.to_str().unwrap();
    let strict = ["--misses", "--config", config];
    let told: Value = serde_json::from_str(&stdout(
        lopside().arg("evaluate").arg(&path).args(strict).args(["--format", "json"]),
    ))
    .unwrap();
    let fleet = &told["fleets"][0];
    let misses = fleet["misses"].as_array().unwrap();
    let of = |key: &str| fleet["lopside"][key].as_u64().unwrap() as usize;
    assert!(!misses.is_empty() && misses.len() == of("of") - of("found"), "{fleet}");
    for miss in misses {
        assert!(miss["scenario"].is_string() && miss["host"].is_string() && miss["destination"].is_string());
        assert!(!matches!(miss["severity"].as_str(), Some("medium" | "high" | "critical")), "{miss}");
    }
    assert!(misses.iter().any(|miss| miss["total"].as_f64() > Some(0.0)), "{fleet}");
    let table = stdout(lopside().arg("evaluate").arg(&path).args(strict));
    assert!(table.contains(&format!("missed: {} sender", misses.len())), "{table}");
    for miss in misses {
        assert!(table.contains(miss["destination"].as_str().unwrap()), "{table}");
    }
    let without = stdout(lopside().arg("evaluate").arg(&path).args(["--format", "json"]));
    assert!(!without.contains("misses"));
}

/// What is usual once depended on how many alarms one wants: what reached low taught nothing.
#[test]
fn a_larger_budget_lists_more_and_changes_no_score() {
    let folder = fleet(40, 3, 5);
    let hunt = |budget: &str| {
        let config = folder.path().join(format!("{budget}.toml"));
        std::fs::write(&config, format!("[analytic]\nalert_budget = {budget}\n")).unwrap();
        let mut command = lopside();
        command
            .arg("hunt")
            .arg(folder.path().join("fleet/telemetry"))
            .args(["--format", "jsonl", "--config"]);
        let text = stdout(command.arg(&config));
        let told = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let days = |one: &Value| format!("{} {}", one["id"], one["first_seen"]);
        told.map(|one| (days(&one), one["score"].to_string())).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (few, many) = (hunt("1"), hunt("50"));
    assert!(!few.is_empty() && few.len() < many.len(), "{few:?} {many:?}");
    for (finding, score) in &few {
        if let Some(other) = many.get(finding) {
            assert_eq!(score, other, "{finding}");
        }
    }
    assert!(few.keys().any(|finding| many.contains_key(finding)));
}

#[test]
fn a_fleet_needs_a_truth_and_telemetry() {
    let folder = tempfile::tempdir().unwrap();
    let error = lopside().arg("evaluate").arg(folder.path()).assert().code(2);
    let text = String::from_utf8(error.get_output().stderr.clone()).unwrap();
    assert!(text.contains("truth.json") && text.lines().count() == 1, "{text}");
    std::fs::write(folder.path().join("truth.json"), r#"{"host_days":1,"attacks":[]}"#).unwrap();
    let error = lopside().arg("evaluate").arg(folder.path()).assert().code(2);
    assert!(String::from_utf8(error.get_output().stderr.clone()).unwrap().contains("telemetry"));
}

#[test]
fn weights_are_fitted_and_written() {
    let folder = fleet(8, 2, 5);
    let path = folder.path().join("fleet");
    lopside().args(["evaluate", "--fit"]).arg(&path).assert().code(2);
    let weights = folder.path().join("weights.toml");
    lopside().args(["evaluate", "--fit"]).arg(&path).arg("-o").arg(&weights).assert().success();
    let text = std::fs::read_to_string(&weights).unwrap();
    assert!(text.contains("provenance = \"fitted by lopside") && text.contains("[weights]"), "{text}");
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_a_full_folder_is_left_alone() {
    let (one, other) = (fleet(3, 1, 7), fleet(3, 1, 7));
    let truth = |folder: &tempfile::TempDir| std::fs::read(folder.path().join("fleet/truth.json")).unwrap();
    assert_eq!(truth(&one), truth(&other));
    let again = lopside().args(["emulate", "fleet"]).arg(one.path().join("fleet")).assert().code(2);
    assert!(String::from_utf8(again.get_output().stderr.clone()).unwrap().contains("not empty"));
    assert_eq!(truth(&one), truth(&other));
}

/// Captures with junk, small.
fn captures(folder: &std::path::Path) -> std::path::PathBuf {
    let out = folder.join("junk");
    lopside()
        .args(["emulate", "junk"])
        .arg(&out)
        .args(["--seed", "3", "--conversations", "30"])
        .assert()
        .success();
    out
}

#[test]
fn captures_with_junk_are_judged_by_the_flows_path() {
    let folder = tempfile::tempdir().unwrap();
    let out = captures(folder.path());
    let text = stdout(lopside().arg("evaluate").arg(&out).args(["--format", "json"]));
    let told: Value = serde_json::from_str(&text).unwrap();
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("truth.json")).unwrap()).unwrap();
    let report = &told["junk"][0];
    assert_eq!(report["conversations"], 30);
    assert_eq!(report["not_seen"], 0, "every conversation has its flow");
    let wanted = |junk: bool, decidable: bool| {
        let list = truth["conversations"].as_array().unwrap();
        list.iter().filter(|one| one["junk"] == junk && one["decidable"] == decidable).count()
    };
    assert_eq!(report["junk"][1], wanted(true, true));
    assert_eq!(report["undecidable"][1], wanted(true, false) + wanted(false, false));
    assert_eq!(report["controls"][1], wanted(false, true));
    let wrong = report["wrong"].as_array().unwrap().len() as u64;
    let missed = report["junk"][1].as_u64().unwrap() - report["junk"][0].as_u64().unwrap();
    assert_eq!(wrong, missed + report["controls"][0].as_u64().unwrap());
    let table = stdout(lopside().arg("evaluate").arg(&out));
    assert!(table.contains("junk that can be told") && table.contains("families "), "{table}");
}

#[test]
fn captures_and_fleets_are_not_mixed() {
    let folder = fleet(3, 1, 7);
    let out = captures(folder.path());
    let error = lopside().arg("evaluate").arg(&out).arg(folder.path().join("fleet")).assert().code(2);
    let text = String::from_utf8(error.get_output().stderr.clone()).unwrap();
    assert!(text.contains("on their own") && text.lines().count() == 1, "{text}");
}

#[test]
fn bytes_of_the_captures_are_those_of_their_truth() {
    let folder = tempfile::tempdir().unwrap();
    let out = captures(folder.path());
    let flows = stdout(lopside().arg("flows").arg(out.join("captures")).args(["--format", "jsonl"]));
    let flows: Vec<Value> = flows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("truth.json")).unwrap()).unwrap();
    for one in truth["conversations"].as_array().unwrap() {
        let same = |flow: &&Value| flow["src_ip"] == one["src_ip"] && flow["src_port"] == one["src_port"];
        let (mut sent, mut received) = (0, 0);
        for flow in flows.iter().filter(same) {
            sent += flow["bytes_out"].as_u64().unwrap_or(0);
            received += flow["bytes_in"].as_u64().unwrap_or(0);
        }
        assert_eq!((&sent.into(), &received.into()), (&one["bytes_out"], &one["bytes_in"]), "{one}");
    }
}
