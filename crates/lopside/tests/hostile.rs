//! Hostile strings come out harmless in every form.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use support::{Case, Sent, conn_head, flow};

const IMAGE: &str =
    "=cmd|'/c calc'!A1\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}exe.\u{200b}txt\n\r\tC:\\x\u{9b}31m.exe";

fn hostile() -> Case {
    let case = Case::empty();
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    for part in 0..24 {
        flow(
            &mut sysmon,
            &mut conn,
            &Sent {
                host: 3,
                day: 0,
                second: 60_000 + part * 100,
                port: u16::try_from(60_000 + part).unwrap(),
                to: "198.51.100.23",
                to_port: 8_443,
                bytes: (80_000_000, 100_000),
                image: IMAGE,
            },
        );
    }
    case.write("sysmon.jsonl", &sysmon);
    case.write("conn\u{1b}[31m\u{202e}.log", &conn);
    case
}

#[test]
fn nothing_acts_on_a_terminal_or_a_spreadsheet() {
    let case = hostile();
    for arguments in [
        vec!["hunt", "in", "--min-severity", "low"],
        vec!["hunt", "in", "--format", "jsonl"],
        vec!["hunt", "in", "--format", "csv"],
        vec!["hunt", "in/sysmon.jsonl"],
        vec!["flows", "in"],
        vec!["flows", "in", "--format", "jsonl"],
        vec!["flows", "in", "--format", "csv"],
        vec!["usage", "in"],
        vec!["usage", "in", "--format", "jsonl"],
        vec!["usage", "in", "--format", "csv"],
        vec!["check", "in"],
        vec!["check", "in", "--format", "json"],
    ] {
        let told = case.told(&arguments);
        let acts = |letter: char| {
            (letter.is_control() && letter != '\n' && letter != '\r')
                || ('\u{200b}'..='\u{200f}').contains(&letter)
                || ('\u{202a}'..='\u{202e}').contains(&letter)
        };
        assert!(!told.contains(acts), "{arguments:?}: {told:?}");
        let csv = arguments.contains(&"csv");
        assert_eq!(told.contains('\r'), csv, "{arguments:?}");
        if csv {
            for row in csv::Reader::from_reader(told.as_bytes()).records() {
                assert!(
                    row.unwrap().iter().all(|cell| !cell.starts_with(['=', '+', '@', '\t', '\r'])),
                    "{told}"
                );
            }
        }
    }
}

#[test]
fn json_gives_the_very_string_back() {
    let case = hostile();
    let told = case.told(&["flows", "in", "--format", "jsonl"]);
    let flow: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(flow["process"]["image"], IMAGE);
}

#[test]
fn an_explanation_is_harmless_too() {
    let case = hostile();
    let told = case.told(&["hunt", "in", "--format", "jsonl"]);
    let Some(line) = told.lines().next() else { panic!("no finding") };
    let finding: serde_json::Value = serde_json::from_str(line).unwrap();
    let told = case.told(&["explain", finding["id"].as_str().unwrap()]);
    assert!(
        !told.contains(|letter: char| letter.is_control() && letter != '\n') && !told.contains('\u{202e}'),
        "{told:?}"
    );
}
