//! `lopside baseline`, and hunts against one, through the program.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;

use support::Case;

/// The sample with a baseline of its days before the last.
fn learned() -> Case {
    let case = Case::sample();
    case.lopside(&["baseline", "build", "in", "--until", "2026-03-06", "-o", "usual.baseline"])
        .assert()
        .success();
    case
}

/// Standard error of a run that could not: one line.
fn refused(case: &Case, arguments: &[&str]) -> String {
    let output = case.lopside(arguments).assert().code(2).get_output().clone();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

fn findings(case: &Case, more: &[&str]) -> Vec<serde_json::Value> {
    let hunt = ["hunt", "in", "--since", "2026-03-06", "--format", "jsonl"];
    let told = case.told(&[&hunt[..], more].concat());
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_hunt_of_one_day_knows_the_days_before() {
    let case = learned();
    let alone = findings(&case, &[]);
    let found = findings(&case, &["--baseline", "usual.baseline"]);
    assert_eq!(found[0]["process"]["name"], "syncd.exe");
    let rests = found[0]["rests_on"].as_str().unwrap();
    assert!(rests.contains("12 hosts from 2026-03-02 to 2026-03-05"), "{rests}");
    assert!(rests.contains("4 days of this host and 0 days of this channel"), "{rests}");
    assert!(found[0]["total"].as_f64() > alone[0]["total"].as_f64());
    assert!(alone[0].get("rests_on").is_none());
    let told = case.told(&["explain", found[0]["id"].as_str().unwrap()]);
    assert!(told.contains("Compared with") && told.contains("baseline of 12 hosts"), "{told}");
    case.assert_tidy();
}

#[test]
fn the_same_bytes_at_any_number_of_threads_and_partitions() {
    let case = learned();
    let first = fs::read(case.path("usual.baseline")).unwrap();
    for (threads, partitions) in [("1", "1"), ("2", "7"), ("3", "40")] {
        let build = ["baseline", "build", "in", "--until", "2026-03-06", "-o", "again", "--threads", threads];
        case.lopside(&[&build[..], &["--partitions", partitions]].concat()).assert().success();
        assert!(fs::read(case.path("again")).unwrap() == first);
    }
}

#[test]
fn parts_merge_in_any_order() {
    let case = Case::sample();
    for (name, since, until) in [
        ("a", "2026-03-02", "2026-03-04"),
        ("b", "2026-03-03", "2026-03-05"),
        ("c", "2026-03-05", "2026-03-07"),
    ] {
        let span = ["--since", since, "--until", until];
        case.lopside(&[&["baseline", "build", "in", "-o", name][..], &span].concat()).assert().success();
    }
    let mut merged = Vec::new();
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        case.lopside(&[&["baseline", "merge"][..], &order, &["-o", "all"]].concat()).assert().success();
        merged.push(fs::read(case.path("all")).unwrap());
    }
    case.lopside(&["baseline", "merge", "b", "c", "-o", "bc"]).assert().success();
    case.lopside(&["baseline", "merge", "bc", "a", "-o", "all"]).assert().success();
    merged.push(fs::read(case.path("all")).unwrap());
    assert!(merged.iter().all(|bytes| *bytes == merged[0]));
    let told = case.told(&["baseline", "show", "all"]);
    assert!(told.contains("12 hosts over 60 host-days from 2026-03-02 to 2026-03-06"), "{told}");
}

#[test]
fn what_is_usual_is_told_in_words_and_bars() {
    let case = learned();
    let told = case.told(&["baseline", "show", "usual.baseline", "process", "BROWSER.exe"]);
    assert!(
        told.contains("on 12 of 12 hosts") && told.contains("443/tcp since 2026-03-02 (12 hosts)"),
        "{told}"
    );
    assert!(told.contains("Receives      half of the days at most"), "{told}");
    assert!(told.contains("Host-days with sending, by hour (UTC)"), "{told}");
    assert!(told.contains("###") && told.is_ascii(), "{told}");
    assert!(told.contains("host-days"), "{told}");
    assert!(told.lines().all(|line| line.len() <= 80), "{told}");
    let told = case.told(&["baseline", "show", "usual.baseline", "host", "ws-03"]);
    assert!(told.contains("Host          ws-03") && told.contains("corp\\user3: 4 days"), "{told}");
    assert!(told.contains("Days on which a user was active, by hour (UTC)"), "{told}");
    let told = case.told(&["baseline", "show", "usual.baseline", "user", "USER3"]);
    assert!(told.contains("User          corp\\user3") && told.contains("on 1 of 12 hosts"), "{told}");
    assert!(told.contains("since 2026-03-02") && told.contains("203.0.113."), "{told}");
    let told = case.told(&["baseline", "show", "usual.baseline", "destination", "203.0.113.12"]);
    assert!(told.contains("from 12 of 12 hosts") && told.contains("channel-days\n"), "{told}");
    let told = refused(&case, &["baseline", "show", "usual.baseline", "process", "brow"]);
    assert!(told.contains("holds no process brow; like it:"), "{told}");
}

#[test]
fn names_are_redacted_where_that_is_asked_for() {
    let case = learned();
    for arguments in [
        &["baseline", "show", "usual.baseline", "host", "ws-03"][..],
        &["baseline", "export", "usual.baseline", "--format", "jsonl"],
        &["baseline", "export", "usual.baseline", "--format", "csv"],
        &["baseline", "diff", "usual.baseline", "usual.baseline"],
    ] {
        let told = case.told(&[arguments, &["--redact"]].concat());
        assert!(!told.contains("ws-0") && !told.contains("user3"), "{told}");
    }
}

#[test]
fn what_is_new_is_told_first_with_its_size() {
    let case = learned();
    case.lopside(&["baseline", "build", "in", "--since", "2026-03-05", "-o", "later"]).assert().success();
    // What a hunt would flag teaches nothing, so the tool of the last day is no habit.
    let told = case.told(&["baseline", "diff", "usual.baseline", "later"]);
    assert!(told.contains("host") && !told.contains("syncd.exe"), "{told}");
    let told = case.told(&["baseline", "diff", "usual.baseline", "usual.baseline"]);
    assert!(told.starts_with("Nothing is new"), "{told}");
    let told = case.told(&["baseline", "diff", "usual.baseline", "later", "--format", "jsonl"]);
    let sizes: Vec<f64> = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["doublings"].as_f64().unwrap())
        .collect();
    assert!(!sizes.is_empty() && sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
}

#[test]
fn what_is_shown_is_told_to_scripts_too() {
    let case = learned();
    let json = |args: &[&str]| -> serde_json::Value {
        let all = [&["baseline", "show", "usual.baseline"], args, &["--format", "json"]].concat();
        serde_json::from_str(&case.told(&all)).unwrap()
    };
    let all = json(&[]);
    assert_eq!(
        (all["baseline"]["hosts"].as_u64(), all["baseline"]["first_day"].as_str()),
        (Some(12), Some("2026-03-02"))
    );
    let kinds: Vec<_> = all["rows"].as_array().unwrap().iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds.len() as u64 + all["more"].as_u64().unwrap(), 1 + 8);
    assert!(kinds.contains(&"process".into()) && kinds.contains(&"destination".into()), "{all}");
    let host = json(&["host", "ws-03"]);
    let row = &host["rows"][0];
    assert_eq!(
        (row["kind"].as_str(), row["name"].as_str(), host["more"].as_u64()),
        (Some("host"), Some("ws-03"), Some(0))
    );
    for hours in ["hours", "user_hours"] {
        assert_eq!(row[hours].as_array().map(Vec::len), Some(24));
    }
    assert_eq!(row["ports_since"]["443/tcp"], "2026-03-02");
    let user = json(&["user", "user3"]);
    assert_eq!(
        (user["rows"][0]["kind"].as_str(), user["rows"][0]["hosts"].as_u64()),
        (Some("user"), Some(1))
    );
    assert!(user["rows"][0]["bytes_in_median"].as_u64() > Some(0), "{user}");
    let words = case.told(&["baseline", "show", "usual.baseline", "host", "ws-03"]);
    assert!(words.contains(&format!("{} host-days", row["days"])), "{words}");
    assert!(
        refused(&case, &["baseline", "show", "usual.baseline", "host", "nobody", "--format", "json"])
            .contains("no host")
    );
}

#[test]
fn every_row_is_exported() {
    let case = learned();
    let told = case.told(&["baseline", "export", "usual.baseline"]);
    let rows: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    assert_eq!((of("process"), of("host"), of("user"), of("destination")), (1, 12, 12, 8));
    assert_eq!((rows[0]["hosts"].as_u64(), rows[0]["first_day"].as_str()), (Some(12), Some("2026-03-02")));
    case.lopside(&["baseline", "export", "usual.baseline", "-o", "rows.csv"]).assert().success();
    assert_eq!(fs::read_to_string(case.path("rows.csv")).unwrap().lines().count(), 34);
}

#[test]
fn a_baseline_with_hashed_names_works_with_its_key_alone() {
    let case = learned();
    fs::write(case.path("key"), "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::write(case.path("other"), "fedcba9876543210fedcba9876543210\n").unwrap();
    let build = ["baseline", "build", "in", "--until", "2026-03-06", "-o", "shared", "--hash-names"];
    case.lopside(&[&build[..], &["--key", "key"]].concat()).assert().success();
    let told = case.told(&["baseline", "export", "shared"]);
    assert!(!told.contains("ws-") && !told.contains("browser") && !told.contains("203.0.113"), "{told}");
    assert!(refused(&case, &["hunt", "in", "--baseline", "shared"]).contains("--hash-key"));
    let told = refused(&case, &["hunt", "in", "--baseline", "shared", "--hash-key", "other"]);
    assert!(told.contains("hashed with another key"), "{told}");
    let open = findings(&case, &["--baseline", "usual.baseline"]);
    let shared = findings(&case, &["--baseline", "shared", "--hash-key", "key"]);
    assert_eq!(open, shared);
    let told = case.told(&["baseline", "show", "shared", "host", "ws-03", "--hash-key", "key"]);
    assert!(told.contains("Host          ws-03"), "{told}");
    let mut command = case.lopside(&["hunt", "in", "--baseline", "shared", "--hash-key", "env:KEY"]);
    command.env("KEY", "0123456789abcdef0123456789abcdef").assert().success();
    let told = refused(&case, &["baseline", "merge", "shared", "usual.baseline", "-o", "x"]);
    assert!(told.contains("build both the same way"), "{told}");
}

#[test]
fn what_cannot_be_read_or_written_is_said_in_one_line() {
    let case = learned();
    assert!(refused(&case, &["baseline", "build", "in"]).contains("-o FILE"));
    assert!(refused(&case, &["baseline", "build", "in", "-o", "no/such/folder/x"]).contains("cannot write"));
    assert!(refused(&case, &["baseline", "build", "nowhere", "-o", "x"]).contains("nowhere"));
    assert!(refused(&case, &["baseline", "show", "nowhere"]).contains("nowhere"));
    assert!(refused(&case, &["hunt", "in", "--baseline", "nowhere"]).contains("nowhere"));
    assert!(refused(&case, &["baseline", "show", "in/conn.log"]).contains("is no baseline"));
    assert!(refused(&case, &["baseline", "build", "in", "-o", "x", "--hash-names"]).contains("--key"));
    let bytes = fs::read(case.path("usual.baseline")).unwrap();
    for cut in [0, 10, 45, bytes.len() / 2, bytes.len() - 1] {
        fs::write(case.path("cut"), &bytes[..cut]).unwrap();
        refused(&case, &["baseline", "show", "cut"]);
    }
    // No byte of the file may be wrong: the checksum tells.
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        fs::write(case.path("damaged"), &damaged).unwrap();
        refused(&case, &["baseline", "show", "damaged"]);
    }
}
