//! Exit status, messages, and what goes wrong outside of the input.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use support::Case;

/// A run that must end with a status and one line on standard error.
fn one_line(case: &Case, arguments: &[&str], status: i32) -> String {
    let output = case.lopside(arguments).assert().code(status).get_output().clone();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
    assert!(told.starts_with("lopside: "), "{told}");
    told
}

#[test]
fn nothing_recognised_is_2() {
    let case = Case::empty();
    assert!(one_line(&case, &["hunt", "in"], 2).contains("no files below in"));
    case.write("notes.txt", "nothing of interest\n");
    assert!(one_line(&case, &["hunt", "in"], 2).contains("nothing recognised in 1 file"));
    assert!(one_line(&case, &["hunt", "missing"], 2).contains("no such file"));
    for command in ["flows", "usage", "check"] {
        one_line(&case, &[command, "in"], 2);
    }
    case.assert_tidy();
}

#[test]
fn bad_arguments_are_2() {
    let case = Case::sample();
    for arguments in [
        &["hunt"][..],
        &["hunted", "in"],
        &["hunt", "in", "--format", "parquet"],
        &["hunt", "in", "--format", "xml"],
        &["hunt", "in", "--local", "10.0.0.0/99"],
        &["hunt", "in", "--memory", "much"],
        &["hunt", "in", "--threads", "0"],
        &["hunt", "in", "--since", "2026-03-05", "--until", "2026-03-04"],
        &["hunt", "in", "--min-severity", "severe"],
        &["hunt", "in", "--config", "missing.toml"],
        &["hunt", "in", "-o", "missing/out.jsonl"],
        &["hunt", "in", "--summary", "missing/out.json"],
        &["usage", "in", "--by", "weather"],
    ] {
        one_line(&case, arguments, 2);
    }
    case.lopside(&["--version"]).assert().success();
    for command in ["hunt", "flows", "usage", "check", "explain", "analytic", "demo", "emulate", "evaluate"] {
        let help = case.told(&[command, "--help"]);
        assert!(help.contains("Usage: lopside") && help.len() > 200, "{help}");
    }
}

#[test]
fn fail_on_is_1_only_when_such_a_finding_exists() {
    let case = Case::sample();
    case.lopside(&["hunt", "in", "--fail-on", "low"]).assert().code(1);
    case.lopside(&["hunt", "in/sysmon.jsonl", "--fail-on", "low"]).assert().code(0);
    case.lopside(&["hunt", "in"]).assert().code(0);
}

#[test]
fn a_configuration_with_an_unknown_key_is_named() {
    let case = Case::sample();
    fs::create_dir_all(case.path("config/lopside")).unwrap();
    fs::write(case.path("config/lopside/config.toml"), "[analytic]\nTimeWindow = 24\nBudget = 3\n").unwrap();
    let told = one_line(&case, &["hunt", "in"], 2);
    assert!(told.contains("line 3") && told.contains("Budget"), "{told}");
    fs::write(
        case.path("config/lopside/config.toml"),
        "local = [\"10.0.0.0/8\"]\n[analytic]\nalert_budget = 50.0\n",
    )
    .unwrap();
    case.told(&["hunt", "in"]);
}

#[test]
fn an_unwritable_state_folder_is_a_warning() {
    let case = Case::sample();
    fs::write(case.path("state"), "a file where a folder should be").unwrap();
    let output = case.lopside(&["hunt", "in"]).assert().success().get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("warning: findings are not kept"));
}

#[test]
fn a_full_disk_is_told() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: no /dev/full here");
        return;
    }
    let case = Case::sample();
    one_line(&case, &["hunt", "in", "-o", "/dev/full", "--format", "jsonl"], 2);
    one_line(&case, &["flows", "in", "-o", "/dev/full", "--format", "csv"], 2);
}

#[test]
fn a_broken_pipe_is_quiet() {
    let case = Case::sample();
    for arguments in [
        &["flows", "in", "--format", "jsonl"][..],
        &["flows", "in", "--format", "csv"],
        &["flows", "in"],
        &["flows", "in", "--format", "parquet"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lopside"))
            .args(arguments)
            .current_dir(case.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}: {told}");
        assert!(!told.contains("lopside:"), "{arguments:?}: {told}");
    }
}

#[test]
fn ten_thousand_files() {
    let case = Case::sample();
    for number in 0..10_000 {
        case.write(&format!("note-{number}.txt"), "nothing\n");
    }
    let told = case.told(&["hunt", "in"]);
    assert!(told.contains("not recognised: 10,000 files"), "{told}");
    assert!(told.lines().count() < 200);
}
