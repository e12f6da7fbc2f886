//! Owners, external paths and decisions, through the program.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use std::fs;

use serde_json::Value;
use support::Case;

const OWNERS: &str = "\
kind,match,owner,criticality
host,ws-03,\"=cmd|finance\u{1b}[31m\",high
process,browser.exe,it@corp.example,
network,10.0.0.0/24,\"net, ops\",low
";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The sample with a configuration that imports owners.
fn case(owners: &str) -> Case {
    let case = Case::sample();
    fs::create_dir_all(case.path("config/lopside")).unwrap();
    fs::write(case.path("config/lopside/config.toml"), "[owners]\nfiles = [\"owners.csv\"]\n").unwrap();
    fs::write(case.path("config/lopside/owners.csv"), owners).unwrap();
    case
}

#[test]
fn a_finding_names_its_owner_or_says_that_none_is_known() {
    let case = case(OWNERS);
    let finding = &lines(&case.told(&["hunt", "in", "--format", "jsonl"]))[0];
    assert_eq!(finding["owner"], "=cmd|finance\u{1b}[31m");
    assert_eq!(finding["criticality"], "high");
    let table = case.told(&["hunt", "in"]);
    assert!(table.contains("owner: =cmd|finance\\x1b[31m (criticality high)"), "{table}");
    let csv = case.told(&["hunt", "in", "--format", "csv"]);
    assert!(csv.contains("'=cmd|finance\\x1b[31m"), "{csv}");
    let unknown = Case::sample();
    assert!(unknown.told(&["hunt", "in"]).contains("owner: none is known"));
    let told = unknown.told(&["hunt", "in", "--format", "jsonl"]);
    assert!(lines(&told)[0]["owner"].is_null());
}

#[test]
fn usage_shows_what_is_sanctioned_and_owned() {
    let case = case(OWNERS);
    fs::write(
        case.path("config/lopside/allow.toml"),
        "[[allow]]\nid = \"b\"\nimage = '%ProgramFiles%\\Browser\\browser.exe'\nproduct = \"Browser\"\ndestinations = \"*\"\nowner = \"it\"\nreason = \"r\"\n",
    )
    .unwrap();
    let rows = lines(&case.told(&["usage", "in", "--format", "jsonl"]));
    let browser = rows.iter().find(|row| row["process"]["name"] == "browser.exe").unwrap();
    assert_eq!(browser["bytes_out_sanctioned"], browser["bytes_out"]);
    assert_eq!(browser["bytes_out_owned"], browser["bytes_out"]);
    assert_eq!(browser["owners"][0], "it@corp.example");
    assert!(browser["owner"].is_null());
    let sync = rows.iter().find(|row| row["process"]["name"] == "syncd.exe").unwrap();
    assert_eq!(sync["bytes_out_sanctioned"], 0);
    let owners = lines(&case.told(&["usage", "in", "--by", "owner", "--format", "jsonl"]));
    assert_eq!(owners.len(), 2, "{owners:#?}");
    assert_eq!(owners[1]["owner"], "it@corp.example");
    assert!(owners[1]["process"].is_null());
    let total: u64 = owners.iter().map(|row| row["bytes_out"].as_u64().unwrap()).sum();
    assert_eq!(total, rows.iter().map(|row| row["bytes_out"].as_u64().unwrap()).sum::<u64>());
    let table = case.told(&["usage", "in"]);
    assert!(table.contains("SANCTIONED") && table.contains("has an owner"), "{table}");
}

#[test]
fn contradicting_and_unreadable_owners_end_with_2_and_name_file_and_line() {
    for (owners, expected) in [
        ("kind,match,owner\nhost,a,one\nhost,A,two\n", "owners.csv, line 3"),
        ("kind,match,owner\nship,a,one\n", "owners.csv, line 2: kind \"ship\""),
        ("a,b\n1,2\n", "owners.csv, line 1: "),
        ("kind,match,owner\nnetwork,ten,one\n", "line 2: network \"ten\""),
        ("kind,match,owner,criticality\nhost,\u{1b}[2J,,\n", "line 2: no owner"),
        ("kind,match,owner,criticality\nhost,a,b,vast\n", "criticality \"vast\""),
    ] {
        let case = case(owners);
        for command in ["hunt", "usage", "egress"] {
            let output = case.lopside(&[command, "in"]).assert().code(2).get_output().clone();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(
                told.contains(expected) && told.lines().count() == 1 && !told.contains('\u{1b}'),
                "{told}"
            );
        }
    }
    let case = case(OWNERS);
    fs::remove_file(case.path("config/lopside/owners.csv")).unwrap();
    case.lopside(&["hunt", "in"]).assert().code(2);
    // A command that has no use for owners does not read them.
    case.told(&["flows", "in"]);
    fs::write(
        case.path("config/lopside/config.toml"),
        "[owners]\n[[owners.map]]\nhost = \"a\"\nuser = \"b\"\nowner = \"c\"\n",
    )
    .unwrap();
    let output = case.lopside(&["analytic"]).assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("config.toml, line 2: "));
}

#[test]
fn owners_as_toml_say_the_same() {
    let case = case("");
    fs::write(
        case.path("config/lopside/config.toml"),
        "[owners]\nfiles = [\"o.toml\"]\n[[owners.map]]\nprocess = \"browser.exe\"\nowner = \"it\"\n",
    )
    .unwrap();
    fs::write(
        case.path("config/lopside/o.toml"),
        "[[map]]\nhost = \"ws-0*\"\nowner = \"desk\"\ncriticality = \"low\"\n",
    )
    .unwrap();
    let finding = &lines(&case.told(&["hunt", "in", "--format", "jsonl"]))[0];
    assert_eq!((finding["owner"].as_str(), finding["criticality"].as_str()), (Some("desk"), Some("low")));
}

#[test]
fn every_external_path_is_a_row_and_those_that_few_need_come_first() {
    let case = case(OWNERS);
    let rows = lines(&case.told(&["egress", "in", "--format", "jsonl"]));
    assert_eq!(rows.len(), 9, "{rows:#?}");
    let first = &rows[0];
    assert_eq!((first["process"]["name"].as_str(), first["hosts"].as_u64()), (Some("syncd.exe"), Some(1)));
    assert_eq!((first["destination"].as_str(), first["port"].as_u64()), (Some("198.51.100.23"), Some(8_443)));
    assert_eq!(first["bytes_out"], 24_u64 * 79_166_666);
    assert_eq!((first["sanctioned"].as_str(), first["users"].as_u64()), (Some("no"), Some(1)));
    assert_eq!(first["first_seen"], "2026-03-06T19:02:00Z");
    assert!(rows[1..].iter().all(|row| row["hosts"] == 12 && row["owner"] == "it@corp.example"), "{rows:#?}");
    let csv = case.told(&["egress", "in", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 10);
    assert!(csv.contains("'=cmd|finance"), "{csv}");
    let table = case.told(&["egress", "in"]);
    assert!(table.contains("9 external paths: 1 of one host alone") && !table.contains('\u{1b}'), "{table}");
    // Endpoint events alone name paths without bytes.
    let alone = lines(&case.told(&["egress", "in/sysmon.jsonl", "--format", "jsonl"]));
    assert_eq!(alone.len(), 9);
    assert!(alone.iter().all(|row| row["bytes_out"].is_null() && row["measured"] == false));
    for secret in ["user3", "ws-03", "appdata", "finance"] {
        let told = case.told(&["egress", "in", "--format", "jsonl", "--redact"]).to_lowercase();
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn a_decision_is_shown_in_the_next_hunt_and_the_last_one_stands() {
    let case = Case::sample();
    let id = lines(&case.told(&["hunt", "in", "--format", "jsonl"]))[0]["id"].as_str().unwrap().to_owned();
    let hostile = "done\u{1b}[2J\nby \u{202e}us";
    case.told(&["findings", "decide", &id[..7], "undetermined", "--author", "jo"]);
    case.told(&["findings", "decide", &id, "benign_expected", "--note", hostile, "--author", "jo"]);
    let kept = fs::read_to_string(case.path("config/lopside/decisions.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 2);
    let finding = &lines(&case.told(&["hunt", "in", "--format", "jsonl"]))[0];
    assert_eq!(finding["decision"]["verdict"], "benign_expected");
    assert_eq!(
        (finding["decision"]["note"].as_str(), finding["decision"]["author"].as_str()),
        (Some(hostile), Some("jo"))
    );
    let table = case.told(&["hunt", "in"]);
    assert!(table.contains("decided: benign expected by jo") && table.contains("1 decided"), "{table}");
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table}");
    let csv = case.told(&["hunt", "in", "--format", "csv"]);
    assert!(csv.contains("benign_expected"), "{csv}");
    assert!(case.told(&["explain", &id]).contains("benign expected by jo"));
    let shown = case.told(&["findings", "show", &id[..7]]);
    assert!(shown.contains("Decisions (2)") && shown.contains("undetermined by jo"), "{shown}");
    let json: Value =
        serde_json::from_str(&case.told(&["findings", "show", &id, "--format", "json"])).unwrap();
    assert_eq!(json["decisions"].as_array().unwrap().len(), 2);
    assert_eq!(lines(&case.told(&["findings", "list", "--state", "decided", "--format", "jsonl"])).len(), 1);
    assert!(!case.told(&["findings", "list", "--state", "open"]).contains(&id[..7]));
    let redacted = case.told(&["hunt", "in", "--format", "jsonl", "--redact"]);
    assert!(!redacted.contains("\"jo\""), "{redacted}");
}

#[test]
fn decisions_that_cannot_be_read_are_named_and_never_written_over() {
    let case = Case::sample();
    let id = lines(&case.told(&["hunt", "in", "--format", "jsonl"]))[0]["id"].as_str().unwrap().to_owned();
    case.lopside(&["findings", "decide", &id, "harmless"]).assert().code(2);
    case.lopside(&["findings", "decide", "ffffffffffff", "undetermined"]).assert().code(2);
    case.told(&["findings", "decide", &id, "true_positive"]);
    let path = case.path("config/lopside/decisions.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    for bad in ["{", "{\"schema\":\"x\"}", &good.replace("true_positive", "maybe")] {
        fs::write(&path, format!("{good}\n{bad}\n")).unwrap();
        for arguments in
            [&["hunt", "in"][..], &["findings", "list"], &["findings", "decide", &id, "undetermined"]]
        {
            let output = case.lopside(arguments).assert().code(2).get_output().clone();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains("decisions.jsonl, line 3: ") && told.lines().count() == 1, "{told}");
        }
    }
    // What a crash cut off does not swallow the next line.
    fs::write(&path, good.trim_end()).unwrap();
    case.told(&["findings", "decide", &id, "undetermined"]);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
}
