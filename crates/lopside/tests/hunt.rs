//! `lopside hunt` from files to findings.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use serde_json::Value;
use support::Case;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_sender_is_one_finding() {
    let case = Case::sample();
    let findings = lines(&case.told(&["hunt", "in", "--format", "jsonl"]));
    let finding = &findings[0];
    assert_eq!(finding["schema"], "lopside.finding/1");
    assert_eq!(finding["host"]["name"], "ws-03");
    assert_eq!(finding["process"]["name"], "syncd.exe");
    assert_eq!(finding["process"]["user"], "CORP\\user3");
    assert_eq!(finding["destination"]["ips"][0], "198.51.100.23");
    assert_eq!(finding["bytes_out"], 24_u64 * 79_166_666);
    assert_eq!(finding["attribution"]["method"], "tuple");
    assert!(finding["techniques"].as_array().unwrap().is_empty());
    let points: f64 =
        finding["factors"].as_array().unwrap().iter().map(|factor| factor["points"].as_f64().unwrap()).sum();
    assert!((points - finding["total"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(findings.iter().filter(|finding| finding["severity"] != "low").count(), 1, "{findings:#?}");
    case.assert_tidy();
}

#[test]
fn the_table_at_80_and_at_200_columns() {
    let case = Case::sample();
    for columns in ["80", "200"] {
        let output =
            case.lopside(&["hunt", "in"]).env("COLUMNS", columns).assert().success().get_output().clone();
        let told = String::from_utf8(output.stdout).unwrap();
        let widest = told.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns.parse().unwrap(), "{widest}\n{told}");
        assert!(!told.contains('\u{1b}'));
        support::assert_snapshot(&format!("hunt_{columns}.txt"), &told);
        let cost = String::from_utf8(output.stderr).unwrap();
        assert!(
            cost.trim_end().ends_with("MiB") && cost.contains(" s, ") && cost.lines().count() == 1,
            "{cost}"
        );
    }
}

#[test]
fn explain_works_right_after_a_hunt_and_from_a_file() {
    let case = Case::sample();
    case.told(&["hunt", "in", "-o", "out.jsonl"]);
    let saved = lines(&std::fs::read_to_string(case.path("out.jsonl")).unwrap());
    let id = saved[0]["id"].as_str().unwrap();
    let told = case.told(&["explain", &id[..6]]);
    support::assert_snapshot("explain_80.txt", &told);
    assert_eq!(told, case.told(&["explain", id, "--findings", "out.jsonl"]));
    let json: Value = serde_json::from_str(&case.told(&["explain", id, "--format", "json"])).unwrap();
    assert_eq!(json, saved[0]);
    let error = case.lopside(&["explain", "zz"]).assert().code(2).get_output().clone();
    assert_eq!(String::from_utf8(error.stderr).unwrap().lines().count(), 1);
}

#[test]
fn the_summary_has_the_keys_of_the_interface() {
    let case = Case::sample();
    case.told(&["hunt", "in", "--summary", "summary.json"]);
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(case.path("summary.json")).unwrap()).unwrap();
    for key in [
        "version",
        "analytic",
        "config_sha256",
        "inputs",
        "span",
        "hosts",
        "records",
        "skipped",
        "flows",
        "process_known",
        "bytes_both_known",
        "both_known",
        "findings",
        "elapsed_seconds",
        "peak_memory_bytes",
    ] {
        assert!(summary.get(key).is_some(), "{key}");
    }
    assert_eq!(summary["inputs"][0]["sha256"].as_str().unwrap().len(), 64);
    let flows = u64::from(support::DAYS * support::HOSTS * 8 + 24);
    assert_eq!(summary["flows"], flows);
    assert_eq!(summary["both_known"], flows);
    assert_eq!(summary["analytic"]["id"], "AN0030");
}

#[test]
fn endpoint_logs_alone_tell_rare_places() {
    let case = Case::sample();
    let told = case.told(&["hunt", "in/sysmon.jsonl"]);
    support::assert_snapshot("endpoint_alone_80.txt", &told);
    assert!(told.contains("198.51.100.23:8443") && told.contains("To measure"), "{told}");
    assert_eq!(case.told(&["hunt", "in/sysmon.jsonl", "--format", "jsonl"]), "");
}

#[test]
fn network_logs_alone_find_by_host() {
    let case = Case::sample();
    let findings = lines(&case.told(&["hunt", "in/conn.log", "--format", "jsonl"]));
    assert_eq!(findings[0]["host"]["name"], "10.0.0.3");
    assert!(findings[0]["process"].is_null());
    assert_eq!(findings[0]["attribution"]["method"], "none");
    let told = case.told(&["hunt", "in/conn.log", "--min-severity", "low"]);
    assert!(told.contains("(process unknown)") && told.contains("No endpoint event was read"), "{told}");
}

#[test]
fn redacted_output_names_nobody() {
    let case = Case::sample();
    for arguments in [
        vec!["hunt", "in", "--min-severity", "low"],
        vec!["hunt", "in", "--format", "jsonl"],
        vec!["hunt", "in", "--format", "csv"],
        vec!["flows", "in", "--format", "jsonl"],
        vec!["flows", "in", "--format", "csv"],
        vec!["flows", "in"],
        vec!["usage", "in", "--by", "user"],
        vec!["usage", "in", "--by", "host", "--format", "jsonl"],
        vec!["hunt", "in/sysmon.jsonl"],
    ] {
        let mut arguments = arguments;
        arguments.extend(["--redact", "--summary", "summary.json"]);
        let told = case.told(&arguments).to_lowercase();
        let summary = std::fs::read_to_string(case.path("summary.json")).unwrap();
        // The commands to try next repeat what was typed.
        let told: String = told.lines().filter(|line| !line.contains("lopside check")).collect();
        for secret in ["user3", "ws-03", "sysmon.jsonl", "appdata"] {
            assert!(!told.contains(secret), "{secret} in {arguments:?}: {told}");
            assert!(!summary.contains(secret), "{secret} in the summary of {arguments:?}");
        }
    }
    let (one, other) = (
        case.told(&["usage", "in", "--by", "user", "--redact"]),
        case.told(&["usage", "in", "--by", "user", "--redact", "--redact-key", "k"]),
    );
    assert_ne!(one, other);
}
