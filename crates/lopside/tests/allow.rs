//! `lopside allow`: sanctioned senders inside and outside of their envelopes, through the program.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use std::fs;

use serde_json::Value;
use support::{Case, Sent, conn_head, flow};

const AGENT: &str = r"C:\Program Files\Vendor\agent.exe";

/// Hosts that browse, and an agent on host 3 that sends so much to a place of its own on each day.
fn case(megabytes: &[u64]) -> Case {
    let case = Case::sample();
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    for (day, megabytes) in megabytes.iter().enumerate() {
        let day = u32::try_from(day).unwrap();
        flow(
            &mut sysmon,
            &mut conn,
            &Sent {
                host: 3,
                day,
                second: 72_000,
                port: u16::try_from(40_000 + day).unwrap(),
                to: "192.0.2.77",
                to_port: 9_443,
                bytes: (megabytes * 1_000_000, 100_000),
                image: AGENT,
            },
        );
    }
    case.write("agent.jsonl", &sysmon);
    case.write("agent_conn.log", &conn);
    case
}

fn entry(change: &[(&str, &str)]) -> String {
    let mut text = r#"
[[allow]]
id = "agent"   # reviewed
image = '%ProgramFiles%\Vendor\agent.exe'
signer = "Vendor*"
hosts = ["ws-0*"]
users = ['corp\user3']
destinations = ["192.0.2.0/24"]
ports = ["9443/tcp"]
max_bytes_per_day = "500 MB"
owner = "backup@corp.example"
reason = "copies"
created = 2026-03-01
expires = 2026-12-31
"#
    .to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_agent(case: &Case, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["hunt", "in", "--format", "jsonl"];
    all.extend(arguments);
    let mut findings = lines(&case.told(&all));
    findings.retain(|finding| finding["process"]["name"] == "agent.exe");
    findings
}

#[test]
fn inside_is_counted_and_not_shown() {
    let case = case(&[400, 400, 400, 400, 400]);
    assert!(!of_agent(&case, &[]).is_empty());
    fs::write(case.path("allow.toml"), entry(&[])).unwrap();
    assert!(of_agent(&case, &["--allow", "allow.toml", "--summary", "summary.json"]).is_empty());
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(case.path("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["sanctioned"]["channels"], 1);
    assert_eq!(summary["sanctioned"]["channel_days"], 5);
    assert_eq!(summary["sanctioned"]["bytes_out"], 2_000_000_000_u64);
    assert_eq!(summary["sanctioned"]["entries"][0]["id"], "agent");
    for arguments in [&["hunt", "in", "--format", "jsonl"][..], &["egress", "in", "--format", "csv"]] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--allow", "allow.toml", "--redact", "--summary", "summary.json"]);
        let told = case.told(&arguments) + &fs::read_to_string(case.path("summary.json")).unwrap();
        assert!(!told.contains("\"agent\"") && !told.contains("backup@corp.example"), "{told}");
    }
    let told = case.told(&["hunt", "in", "--allow", "allow.toml"]);
    assert!(told.contains("Envelopes 1 channel inside of 1 envelope sent 2.0 GB"), "{told}");
    // The other finding is still there, and as it was.
    assert!(told.contains("syncd.exe"), "{told}");
}

#[test]
fn the_file_beside_the_configuration_is_used_and_a_configuration_can_name_another() {
    let case = case(&[400, 400, 400, 400, 400]);
    fs::create_dir_all(case.path("config/lopside")).unwrap();
    fs::write(case.path("config/lopside/allow.toml"), entry(&[])).unwrap();
    assert!(of_agent(&case, &[]).is_empty());
    fs::create_dir_all(case.path("conf")).unwrap();
    fs::write(case.path("conf/c.toml"), "allow = \"team.toml\"\n").unwrap();
    fs::write(case.path("conf/team.toml"), "").unwrap();
    assert!(!of_agent(&case, &["--config", "conf/c.toml"]).is_empty());
    assert!(of_agent(&case, &["--config", "conf/c.toml", "--allow", "config/lopside/allow.toml"]).is_empty());
}

#[test]
fn outside_is_scored_against_the_envelope_and_points_add_up() {
    let case = case(&[400, 400, 400, 400, 4_000]);
    fs::write(case.path("allow.toml"), entry(&[])).unwrap();
    let findings = of_agent(&case, &["--allow", "allow.toml"]);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let finding = &findings[0];
    let factors = finding["factors"].as_array().unwrap();
    let told = factors.iter().find(|factor| factor["name"] == "envelope").unwrap();
    assert!(
        told["text"].as_str().unwrap().contains("4.0 GB in the day where 500 MB are agreed (8.0 times)"),
        "{told}"
    );
    assert_eq!((told["state"].as_str(), told["points"].as_f64()), (Some("unusual"), Some(40.0)));
    let points: f64 = factors.iter().map(|factor| factor["points"].as_f64().unwrap()).sum();
    assert_eq!(points, finding["total"].as_f64().unwrap());
    assert_ne!(finding["severity"], "low");
    let redacted = case.told(&["hunt", "in", "--format", "jsonl", "--allow", "allow.toml", "--redact"]);
    assert!(!redacted.contains("\"agent\"") && !redacted.contains("\\\"agent\\\""), "{redacted}");
    assert_eq!(finding["envelope"]["standing"], "outside");
    assert!(finding["first_seen"].as_str().unwrap().starts_with("2026-03-06"), "{finding}");
}

#[test]
fn ports_hours_users_hosts_and_ends_are_limits() {
    let case = case(&[400, 400, 400, 400, 400]);
    for (change, standing) in [
        (vec![("9443/tcp", "443/tcp")], Some("outside")),
        (vec![("ports", "hours = \"06-18\"\nports")], Some("outside")),
        (vec![("2026-12-31", "2026-02-28"), ("2026-03-01", "2026-02-01")], Some("expired")),
        (vec![("192.0.2.0/24", "198.51.100.0/24")], Some("elsewhere")),
        (vec![("ws-0*", "srv-*")], None),
        (vec![("user3", "user4")], None),
        (vec![("Vendor\\agent", "Other\\agent")], None),
    ] {
        fs::write(case.path("allow.toml"), entry(&change)).unwrap();
        let findings = of_agent(&case, &["--allow", "allow.toml"]);
        assert!(!findings.is_empty(), "{change:?}");
        assert_eq!(findings[0]["envelope"]["standing"].as_str(), standing, "{change:?}");
    }
}

#[test]
fn a_bad_file_ends_with_2_and_one_line_that_names_file_and_line() {
    let case = case(&[400]);
    for (text, expected) in [
        (
            entry(&[(r"%ProgramFiles%\Vendor\", "")]),
            "allow.toml, line 2: entry \"agent\": image \"agent.exe\" is a bare name",
        ),
        (entry(&[("signer = \"Vendor*\"\n", "")]), "signer nor product"),
        (entry(&[("9443/tcp", "many")]), "ports \"many\""),
        (entry(&[("owner =", "boss =")]), "line 11: unknown field"),
        (format!("{}{}", entry(&[]), entry(&[])), "stands twice"),
        ("version = 2".into(), "version 2"),
        ("\u{1b}[2J = 1".into(), "allow.toml, line 1: "),
    ] {
        fs::write(case.path("allow.toml"), text).unwrap();
        for arguments in
            [&["hunt", "in", "--allow", "allow.toml"][..], &["allow", "list", "--allow", "allow.toml"]]
        {
            let output = case.lopside(arguments).assert().code(2).get_output().clone();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains(expected) && told.lines().count() == 1, "{expected}: {told}");
            assert!(!told.contains('\u{1b}') && output.stdout.is_empty(), "{told}");
        }
    }
    case.lopside(&["hunt", "in", "--allow", "nowhere.toml"]).assert().code(2);
    case.lopside(&["allow", "list", "--redact"]).assert().code(2);
}

#[test]
fn add_list_and_remove_keep_what_people_wrote() {
    let case = case(&[400]);
    fs::write(case.path("allow.toml"), entry(&[])).unwrap();
    let add = |more: &[&str]| {
        let mut arguments = vec![
            "allow",
            "add",
            "--allow",
            "allow.toml",
            "--signer",
            "Vendor*",
            "--destination",
            "backup.example",
        ];
        arguments.extend(["--owner", "o", "--reason", "r"]);
        arguments.extend(more);
        case.lopside(&arguments).assert().get_output().clone()
    };
    let bare = add(&["--image", "agent.exe"]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(String::from_utf8(bare.stderr).unwrap().contains("bare name"));
    assert_eq!(fs::read_to_string(case.path("allow.toml")).unwrap(), entry(&[]));
    let good = add(&[
        "--image",
        AGENT,
        "--id",
        "second",
        "--port",
        "443",
        "--port",
        "2500-3300/tcp",
        "--expires",
        "2027-06-30",
    ]);
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));
    let text = fs::read_to_string(case.path("allow.toml")).unwrap();
    assert!(text.starts_with(&entry(&[])) && text.contains("expires = 2027-06-30"), "{text}");
    assert_eq!(add(&["--image", AGENT, "--id", "second"]).status.code(), Some(2));
    let listed = case.told(&["allow", "list", "--allow", "allow.toml"]);
    assert!(listed.contains("second\n") && listed.contains("agent\n"), "{listed}");
    assert_eq!(lines(&case.told(&["allow", "list", "--allow", "allow.toml", "--format", "jsonl"])).len(), 2);
    assert_eq!(case.told(&["allow", "list", "--allow", "allow.toml", "--format", "csv"]).lines().count(), 3);
    case.lopside(&["allow", "remove", "second", "--allow", "allow.toml"]).assert().success();
    assert_eq!(fs::read_to_string(case.path("allow.toml")).unwrap(), entry(&[]));
    case.lopside(&["allow", "remove", "second", "--allow", "allow.toml"]).assert().code(2);
}

#[test]
fn the_narrowest_entry_for_a_finding_hides_it_and_says_what_else() {
    let case = case(&[400, 400, 400, 400, 400]);
    let id = of_agent(&case, &[])[0]["id"].as_str().unwrap().to_owned();
    let refused = case.lopside(&["allow", "add", "--from", &id]).assert().code(2).get_output().clone();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--signer"));
    let told = case.told(&["allow", "add", "--from", &id, "--signer", "Vendor*"]);
    assert!(
        told.contains("192.0.2.77") && told.contains("ws-03") && told.contains("no other finding"),
        "{told}"
    );
    assert!(told.contains("Not written"), "{told}");
    assert!(!case.path("config/lopside/allow.toml").exists());
    case.told(&[
        "allow", "add", "--from", &id, "--signer", "Vendor*", "--owner", "backup", "--reason", "copies",
    ]);
    assert!(case.path("config/lopside/allow.toml").exists());
    assert!(of_agent(&case, &[]).is_empty());
}

#[test]
fn audit_reports_expired_over_broad_never_hit_and_shadowed_entries() {
    let case = case(&[400, 400, 400, 400, 4_000]);
    let mut text = entry(&[("2026-12-31", "2999-12-31")]);
    text.push_str(&entry(&[
        ("id = \"agent\"", "id = \"narrow\""),
        ("ws-0*", "ws-03"),
        ("2026-12-31", "2026-05-31"),
        ("500 MB", "100 MB"),
    ]));
    text.push_str(&entry(&[
        ("id = \"agent\"", "id = \"unused\""),
        ("ws-0*", "srv-*"),
        ("2026-12-31", "2999-12-31"),
    ]));
    text.push_str(&entry(&[
        ("id = \"agent\"", "id = \"wide\""),
        ("192.0.2.0/24", "*"),
        ("ports = [\"9443/tcp\"]\n", ""),
    ]));
    fs::write(case.path("allow.toml"), &text).unwrap();
    let rows = lines(&case.told(&["allow", "audit", "in", "--allow", "allow.toml", "--format", "jsonl"]));
    let kinds = |id: &str| -> Vec<String> {
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        row["remarks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|remark| remark["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(kinds("agent").contains(&"left".to_owned()), "{rows:#?}");
    assert!(
        kinds("narrow").contains(&"expired".to_owned()) && kinds("narrow").contains(&"shadowed".to_owned()),
        "{rows:#?}"
    );
    assert_eq!(kinds("unused")[0], "never_hit");
    assert!(kinds("wide").contains(&"over_broad".to_owned()));
    assert_eq!(rows[0]["usage"]["channel_days"], 4);
    assert_eq!(rows[0]["usage"]["bytes_out"], 1_600_000_000_u64);
    let table = case.told(&["allow", "audit", "in", "--allow", "allow.toml"]);
    assert!(table.contains("4 entries: ") && table.lines().all(|line| line.chars().count() <= 80), "{table}");
    // Without telemetry nothing is said of use.
    let alone = lines(&case.told(&["allow", "audit", "--allow", "allow.toml", "--format", "jsonl"]));
    assert!(alone.iter().all(|row| row["usage"].is_null()));
}

#[test]
fn suggestions_are_narrow_and_a_person_accepts_them_with_an_owner() {
    let case = Case::sample();
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    for day in 0..support::DAYS {
        for host in 1..=4 {
            let sent = Sent {
                host,
                day,
                second: 72_000 + host * 60,
                port: u16::try_from(40_000 + day).unwrap(),
                to: "192.0.2.77",
                to_port: 9_443,
                bytes: (20_000_000 + u64::from(host) * 1_000_000, 1_000_000),
                image: AGENT,
            };
            flow(&mut sysmon, &mut conn, &sent);
        }
    }
    case.write("agent.jsonl", &sysmon);
    case.write("agent_conn.log", &conn);
    let told = case.told(&["allow", "suggest", "in", "--format", "jsonl"]);
    let rows = lines(&told);
    assert_eq!(rows.len(), 1, "{told}");
    let entry = &rows[0]["entry"];
    assert_eq!((entry["image"].as_str(), entry["hours"].as_str()), (Some(AGENT), Some("20-21")));
    assert_eq!(entry["hosts"], serde_json::json!(["ws-01", "ws-02", "ws-03", "ws-04"]));
    assert_eq!(
        (entry["destinations"].as_str(), entry["ports"][0].as_str()),
        (Some("192.0.2.77"), Some("9443/tcp"))
    );
    assert_eq!(
        (entry["max_bytes_per_day"].as_str(), entry["max_ratio"].as_f64()),
        (Some("36 MB"), Some(36.0))
    );
    assert!(
        rows[0]["evidence"]
            .as_str()
            .unwrap()
            .starts_with("on 5 of 5 days from 2026-03-02 to 2026-03-06, from 4 hosts: 450 MB out"),
        "{told}"
    );
    let text = case.told(&["allow", "suggest", "in"]);
    assert!(text.contains("signer or product is to be added") && text.contains("[[allow]]"), "{text}");
    assert!(
        text.lines().filter(|line| line.starts_with('#')).all(|line| line.chars().count() <= 90),
        "{text}"
    );
    let id = entry["id"].as_str().unwrap();
    let accept = |more: &[&str]| {
        let mut arguments = vec!["allow", "suggest", "in", "--accept", id];
        arguments.extend(more);
        case.lopside(&arguments).assert().get_output().status.code()
    };
    assert_eq!(accept(&[]), Some(2));
    assert_eq!(accept(&["--owner", "o"]), Some(2));
    assert_eq!(accept(&["--owner", "o", "--signer", "Vendor*"]), Some(0));
    let kept = lines(&case.told(&["allow", "list", "--format", "jsonl"]));
    assert_eq!((kept[0]["id"].as_str(), kept[0]["owner"].as_str()), (Some(id), Some("o")));
    let summary = case.path("summary.json");
    case.told(&["hunt", "in", "--summary", summary.to_str().unwrap()]);
    let summary: Value = serde_json::from_str(&fs::read_to_string(summary).unwrap()).unwrap();
    assert_eq!(summary["sanctioned"]["channel_days"], 20);
    // What is sanctioned already is not suggested again.
    assert_eq!(case.told(&["allow", "suggest", "in", "--format", "jsonl"]), "");
}

#[test]
fn the_starting_file_applies_only_where_somebody_enabled_it() {
    let case = case(&[400]);
    let all = lines(&case.told(&["allow", "seed", "--format", "jsonl"]));
    assert!(all.len() > 40);
    assert!(case.told(&["allow", "seed", "--print"]).contains("[[entry]]"));
    assert!(case.told(&["allow", "seed", "veeam"]).contains("helpcenter.veeam.com"));
    case.lopside(&["allow", "seed", "--enable", "veeam"]).assert().code(2);
    case.lopside(&["allow", "seed", "--enable", "nothing", "--owner", "o"]).assert().code(2);
    assert!(!case.path("config/lopside/allow.toml").exists());
    case.told(&["allow", "seed", "--enable", "windows,veeam", "--owner", "it@corp.example"]);
    let kept = lines(&case.told(&["allow", "list", "--format", "jsonl"]));
    let on = all.iter().filter(|entry| entry["enabled"] == true).count();
    assert_eq!(kept.len(), on + 1);
    assert!(kept.iter().all(|entry| entry["owner"] == "it@corp.example" && !entry["expires"].is_null()));
    case.told(&["hunt", "in"]);
}

#[test]
fn proposals_say_what_else_they_hide() {
    let case = case(&[400, 400, 400, 400, 400]);
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    let other = Sent {
        host: 4,
        day: 3,
        second: 72_000,
        port: 41_000,
        to: "192.0.2.78",
        to_port: 9_443,
        bytes: (300_000_000, 100_000),
        image: AGENT,
    };
    flow(&mut sysmon, &mut conn, &other);
    case.write("other.jsonl", &sysmon);
    case.write("other_conn.log", &conn);
    let findings = of_agent(&case, &[]);
    let of_host = |host: &str| findings.iter().find(|finding| finding["host"]["name"] == host).unwrap();
    let (id, other) = (of_host("ws-03")["id"].as_str().unwrap(), of_host("ws-04")["id"].as_str().unwrap());
    let propose = |more: &[&str]| {
        let mut arguments = vec!["allow", "add", "--from", id, "--signer", "Vendor*"];
        arguments.extend(more);
        case.told(&arguments)
    };
    assert!(propose(&[]).contains("no other finding"));
    let told = propose(&["--host", "ws-0*", "--user", "corp\\*", "--destination", "192.0.2.0/24"]);
    assert!(told.contains("It would hide 1 other finding") && told.contains(&other[..8]), "{told}");
    assert!(propose(&["--destination", "elsewhere.example"]).contains("would not hide the finding itself"));
}

#[test]
fn audit_and_suggest_score_like_the_hunt_they_are_for() {
    let case = case(&[400, 400, 400, 400, 400]);
    fs::write(case.path("allow.toml"), entry(&[("2026-12-31", "2999-12-31")])).unwrap();
    case.told(&["baseline", "build", "in", "--until", "2026-03-06", "-o", "usual.baseline"]);
    for command in ["audit", "suggest"] {
        let all = ["allow", command, "in", "--allow", "allow.toml", "--format", "jsonl"];
        let told = |more: &[&str]| case.lopside(&[&all[..], more].concat()).assert().get_output().clone();
        assert_eq!(told(&["--baseline", "usual.baseline"]).status.code(), Some(0), "{command}");
        let refused = told(&["--baseline", "allow.toml"]);
        assert_eq!(refused.status.code(), Some(2), "{command}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("allow.toml is no baseline"), "{command}");
        assert_eq!(told(&["--weights", "allow.toml"]).status.code(), Some(2), "{command}");
    }
    // A large budget, so that an agent that sends in one flow a day is a finding without its entry.
    fs::write(case.path("wide.toml"), "[analytic]\nalert_budget = 100.0\n").unwrap();
    let hidden = |more: &[&str]| -> u64 {
        let all =
            ["allow", "audit", "in", "--allow", "allow.toml", "--format", "jsonl", "--config", "wide.toml"];
        lines(&case.told(&[&all[..], more].concat()))[0]["usage"]["hidden_from_medium"].as_u64().unwrap()
    };
    // Days that a baseline knows make the same sending less of a surprise, never more.
    assert!(hidden(&[]) > 0 && hidden(&["--baseline", "usual.baseline"]) <= hidden(&[]));
}

#[test]
fn a_finding_without_a_process_cannot_be_sanctioned_and_says_why() {
    let case = case(&[400, 400, 400, 400, 400]);
    let mut finding = of_agent(&case, &[]).remove(0);
    finding["process"] = Value::Null;
    fs::write(case.path("without.jsonl"), format!("{finding}\n")).unwrap();
    let id = finding["id"].as_str().unwrap();
    let arguments = ["allow", "add", "--from", id, "--findings", "without.jsonl", "--signer", "x"];
    let refused = case.lopside(&arguments).assert().code(2).get_output().clone();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("names no process with its path") && told.lines().count() == 1, "{told}");
}

#[test]
fn the_narrowest_entry_for_a_finding_of_several_days_hides_all_of_it() {
    // The first day is the less lopsided one: the ratio of the whole lies below that of the second.
    let case = Case::sample();
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    for (day, second, bytes) in [(3, 80_000, (200_000_000, 2_000_000)), (4, 3_000, (300_000_000, 900_000))] {
        let port = 41_000 + u16::try_from(day).unwrap();
        let sent = Sent { host: 4, day, second, port, to: "192.0.2.78", to_port: 9_443, bytes, image: AGENT };
        flow(&mut sysmon, &mut conn, &sent);
    }
    case.write("other.jsonl", &sysmon);
    case.write("other_conn.log", &conn);
    let findings = of_agent(&case, &[]);
    let finding = findings.iter().find(|finding| finding["host"]["name"] == "ws-04").unwrap();
    let days = finding["days"].as_array().unwrap();
    assert_eq!(days.len(), 2, "{finding}");
    assert_eq!(
        (days[1]["bytes_out"].as_u64(), days[1]["bytes_in"].as_u64()),
        (Some(300_000_000), Some(900_000))
    );
    let id = finding["id"].as_str().unwrap();
    let told = case.told(&["allow", "add", "--from", id, "--signer", "Vendor*"]);
    assert!(told.contains(r#"max_bytes_per_day = "300 MB""#), "{told}");
    assert!(told.contains("max_ratio = 340.0") && told.contains(r#"hours = "22-01""#), "{told}");
    assert!(!told.contains("would not hide the finding itself"), "{told}");
    let narrower = case.told(&["allow", "add", "--from", id, "--signer", "Vendor*", "--max-ratio", "250"]);
    assert!(narrower.contains("would not hide the finding itself"), "{narrower}");
    case.told(&["allow", "add", "--from", id, "--signer", "Vendor*", "--owner", "backup", "--reason", "x"]);
    assert!(of_agent(&case, &[]).iter().all(|finding| finding["host"]["name"] != "ws-04"));
}
