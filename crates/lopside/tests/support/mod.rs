//! Telemetry that the tests make themselves, and the program to run on it.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its environment"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// Days of the sample, from 2026-03-02.
pub(crate) const DAYS: u32 = 5;
/// Hosts of the sample.
pub(crate) const HOSTS: u32 = 12;

/// A folder with telemetry, and one for what the program keeps.
pub(crate) struct Case {
    pub(crate) folder: TempDir,
}

impl Case {
    /// Nothing in it yet.
    pub(crate) fn empty() -> Case {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Case { folder }
    }

    /// Hosts that browse, and one that sends 1.9 GB to a place of its own on the last day.
    pub(crate) fn sample() -> Case {
        let case = Case::empty();
        let (sysmon, conn) = sample();
        case.write("sysmon.jsonl", &sysmon);
        case.write("conn.log", &conn);
        case
    }

    pub(crate) fn input(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.input().join(name), text).unwrap();
    }

    /// The program, in the folder above the input, so that names in the output do not depend on where that is.
    pub(crate) fn lopside(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lopside"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("COLUMNS", "80")
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .args(arguments);
        command
    }

    /// Standard output of a run that must succeed.
    pub(crate) fn told(&self, arguments: &[&str]) -> String {
        let output = self.lopside(arguments).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Nothing of the program's own is left in the temporary folder.
    pub(crate) fn assert_tidy(&self) {
        assert_eq!(fs::read_dir(self.path("tmp")).unwrap().count(), 0, "temporary files were left");
    }
}

/// One flow and what the endpoint says of it.
pub(crate) struct Sent<'s> {
    pub(crate) host: u32,
    pub(crate) day: u32,
    pub(crate) second: u32,
    pub(crate) port: u16,
    pub(crate) to: &'s str,
    pub(crate) to_port: u16,
    pub(crate) bytes: (u64, u64),
    pub(crate) image: &'s str,
}

/// Writes a flow as Sysmon 3 and as a line of Zeek's conn.log.
pub(crate) fn flow(sysmon: &mut String, conn: &mut String, sent: &Sent<'_>) {
    let (clock, seconds) = moment(sent.day, sent.second);
    let Sent { host, port, to, to_port, bytes: (out, received), image, .. } = sent;
    let event = serde_json::json!({"Event": {
        "System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 3,
            "TimeCreated": {"#attributes": {"SystemTime": clock}},
            "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": format!("ws-{host:02}.corp.example")},
        "EventData": {"UtcTime": clock.replace('T', " ").trim_end_matches('Z'),
            "ProcessGuid": format!("{{7B1F22C0-0000-{host:04X}-0000-{:012X}}}", image.len()),
            "ProcessId": 4_000 + image.len(), "Image": image, "User": format!("CORP\\user{host}"), "Protocol": "tcp",
            "Initiated": "true", "SourceIp": format!("10.0.0.{host}"), "SourcePort": port, "DestinationIp": to,
            "DestinationPort": to_port}}});
    writeln!(sysmon, "{event}").unwrap();
    writeln!(
        conn,
        "{seconds}.000000\tC{host}x{seconds}x{port}\t10.0.0.{host}\t{port}\t{to}\t{to_port}\ttcp\tssl\t30.000000\t{out}\t{received}\tSF\tT\tF\t0\tShADadFf\t{}\t{}\t{}\t{}\t-",
        out / 1_000 + 4,
        out + out / 25 + 200,
        received / 1_000 + 4,
        received + received / 25 + 200
    )
    .unwrap();
}

/// The head of a conn.log.
pub(crate) fn conn_head() -> String {
    let fields = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\t\
                  local_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents";
    let types = "time\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\t\
                 count\tcount\tcount\tset[string]";
    format!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\t{fields}\n#types\t{types}\n"
    )
}

fn sample() -> (String, String) {
    let (mut sysmon, mut conn) = (String::new(), conn_head());
    for day in 0..DAYS {
        for host in 1..=HOSTS {
            for visit in 0..8_u32 {
                let place = format!("203.0.113.{}", 10 + visit);
                flow(
                    &mut sysmon,
                    &mut conn,
                    &Sent {
                        host,
                        day,
                        second: 32_400 + visit * 900 + host,
                        port: u16::try_from(50_000 + day * 100 + visit).unwrap(),
                        to: &place,
                        to_port: 443,
                        bytes: (40_000 + u64::from(visit) * 1_000, 2_000_000),
                        image: r"C:\Program Files\Browser\browser.exe",
                    },
                );
            }
        }
    }
    for part in 0..24_u32 {
        flow(
            &mut sysmon,
            &mut conn,
            &Sent {
                host: 3,
                day: DAYS - 1,
                second: 68_520 + part * 475,
                port: u16::try_from(60_000 + part).unwrap(),
                to: "198.51.100.23",
                to_port: 8_443,
                bytes: (79_166_666, 500_000),
                image: r"C:\Users\user3\AppData\Local\Temp\syncd.exe",
            },
        );
    }
    (sysmon, conn)
}

/// A moment as RFC 3339 and as seconds since 1970.
fn moment(day: u32, second: u32) -> (String, u64) {
    let (hour, minute, left) = (second / 3_600, second / 60 % 60, second % 60);
    let seconds = 1_772_409_600 + u64::from(day) * 86_400 + u64::from(second);
    (format!("2026-03-{:02}T{hour:02}:{minute:02}:{left:02}.000Z", 2 + day), seconds)
}

/// Compares with a text file of `tests/snapshots`; with `LOPSIDE_SNAPSHOTS=write` it is written anew.
pub(crate) fn assert_snapshot(name: &str, told: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var("LOPSIDE_SNAPSHOTS").is_ok_and(|what| what == "write") {
        fs::write(&path, told).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == told,
        "{} differs; look at it, then run again with LOPSIDE_SNAPSHOTS=write\n{told}",
        path.display()
    );
}
