//! Real public captures with known truths, through the program. Skipped where their folder is missing (`LOPSIDE_DATA`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, and reads its environment"
)]

mod public;

use public::{capture, findings, flows, lopside};
use serde_json::Value;

/// The clock of Sysmon 3, how many flows have a process or a peer's process, and the verdict of the host.
fn lsass(name: &str, offset: f64, host: &str, matching: usize) {
    let Some(folder) = capture(name) else { return };
    let check: Value =
        serde_json::from_str(&lopside(&["check", "--format", "json", folder.to_str().unwrap()], Vec::new()))
            .unwrap();
    let host =
        check["hosts"].as_array().unwrap().iter().find(|found| found["name"] == host).expect("the host");
    let clocks = host["clocks"].as_array().unwrap();
    let clock = clocks.iter().find(|clock| clock["source"] == "sysmon-3").expect("a clock of sysmon-3");
    assert!((clock["offset_seconds"].as_f64().unwrap() - offset).abs() < 10.0, "{clock}");
    // The packets of the first set lie beside its logs, and miss nothing.
    assert_eq!(host["verdict"] == "measurable", name == "lsass-c01", "{}", host["verdict"]);
    let named = flows(&[&folder])
        .iter()
        .filter(|flow| !flow["process"].is_null() || !flow["peer"]["process"].is_null())
        .count();
    assert!(named * 100 >= matching * 97, "{named} of the {matching} flows whose 5-tuple a Sysmon 3 holds");
}

#[test]
fn lsass_c01_clock_is_days_behind() {
    lsass("lsass-c01", -483_279.6, "mkt01", 107);
}

#[test]
fn lsass_c02_outbound_bytes_were_not_measured() {
    lsass("lsass-c02", 176.5, "acct01", 115);
    let Some(folder) = capture("lsass-c02") else { return };
    let sent = flows(&[&folder]);
    let shell: Vec<_> =
        sent.iter().filter(|flow| flow["dst_ip"] == "10.0.5.13" && flow["dst_port"] == 4433).collect();
    assert!(!shell.is_empty());
    assert!(
        shell.iter().all(|flow| flow["bytes_out"].is_null() && flow["bytes_out_quality"] == "unmeasured")
    );
}

#[test]
fn lsass_c06_counts_from_sequence_numbers_are_worth_a_look() {
    lsass("lsass-c06", -50_027.9, "mkt01", 761);
    let Some(folder) = capture("lsass-c06") else { return };
    let found = findings(&[&folder]);
    let payload = found
        .iter()
        .find(|finding| finding["process"]["name"] == "winx64_payload.exe")
        .expect("the payload's sending");
    assert_eq!(payload["bytes_out"], 26_310_415);
    assert_eq!(payload["bytes_out_quality"], "sequence_only");
    assert_eq!((&payload["unmeasured"], &payload["ratio"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(payload["destination"]["port"], 6666);
    assert!(payload["not_seen"].to_string().contains("sequence numbers"));
}

#[test]
fn apt29_conversations_of_two_sensors_are_told_once() {
    let Some(folder) = capture("apt29-day1/zeek") else { return };
    let all = flows(&[&folder]);
    let upload: Vec<_> =
        all.iter().filter(|flow| flow["src_port"] == 60_760 && flow["dst_ip"] == "192.168.0.4").collect();
    assert_eq!(upload.len(), 1, "one row");
    assert_eq!((&upload[0]["bytes_out"], &upload[0]["bytes_in"]), (&2_181_167.into(), &27_238.into()));
    // 44 flows of 30 tuples stand in the logs of both sensors, with starts some milliseconds apart.
    let twice: Vec<_> = all.iter().filter(|flow| flow["sources"].as_array().unwrap().len() == 2).collect();
    assert_eq!((all.len(), twice.len()), (613 - 44, 44));
    assert_eq!(twice.iter().filter(|flow| flow["bytes_out"] == 527_368).count(), 1);
    let found = findings(&[&folder]);
    let finding =
        found.iter().find(|finding| finding["bytes_out"] == 2_181_167).expect("the upload is a finding");
    assert_eq!(finding["channel_bytes_in"], 5_347_774, "although the sum of the channel hides it");
}

#[test]
fn a_day_of_a_benign_pc_is_quiet() {
    for name in ["strato-008-zeek-mixed", "strato-012-zeek-mixed"] {
        let Some(folder) = capture(name) else { continue };
        let found = findings(&[&folder]);
        let loud = found.iter().filter(|finding| finding["severity"] != "low").count();
        assert!(loud <= 2, "{name}: {loud}");
    }
}

#[test]
fn scans_are_not_sending() {
    let Some(folder) = capture("strato-002-zeek-scenario-port-scanning") else { return };
    assert!(findings(&[&folder]).is_empty());
}

#[test]
fn vmconnection_rows_carry_process_and_bytes() {
    let Some(folder) = capture("log4shell") else { return };
    let native: Vec<_> =
        flows(&[&folder]).into_iter().filter(|flow| flow["attribution"]["method"] == "native").collect();
    assert_eq!(native.len(), 5);
    let callback = native.iter().find(|flow| flow["dst_port"] == 443).unwrap();
    assert_eq!((&callback["bytes_out"], &callback["bytes_in"]), (&183.into(), &8.into()));
    assert_eq!(callback["process"]["name"], "bash");
    assert_eq!((&callback["host"], &callback["direction"]), (&"ubuntu5".into(), &"internal".into()));
    let served = native.iter().find(|flow| flow["dst_port"] == 8080).unwrap();
    assert_eq!((&served["host"], &served["bytes_out"]), (&"ubuntu5".into(), &333.into()));
}

#[test]
fn a_capture_of_one_side_is_told_as_such() {
    for capture in ["lsass-c01", "lsass-c02", "lsass-c06"] {
        let Some(path) = public::capture(capture) else { continue };
        // The sensor's logs and the endpoint's: packets that were captured beside them are another witness.
        let logs = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        let logs = logs.filter(|file| file.extension().is_some_and(|ending| ending == "zip"));
        let logs = logs.filter(|file| !file.to_string_lossy().contains("pcap"));
        let logs: Vec<String> = logs.map(|file| file.to_str().unwrap().to_owned()).collect();
        let arguments: Vec<&str> =
            ["check", "--format", "json"].into_iter().chain(logs.iter().map(String::as_str)).collect();
        let told: Value = serde_json::from_str(&lopside(&arguments, Vec::new())).unwrap();
        assert_ne!(told["overall"]["verdict"], "measurable", "{capture}");
        for host in told["hosts"].as_array().unwrap().iter().filter(|host| host["endpoint_events"] == true) {
            assert_ne!(host["verdict"], "measurable", "{capture}: {}", host["name"]);
        }
    }
}
