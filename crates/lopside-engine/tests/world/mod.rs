//! A small world of telemetry, written as real files and read by the real pipeline.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "events are written where they are told"
)]

use std::fmt::Write as _;
use std::path::PathBuf;

use lopside_engine::driver::{Inputs, Options, Outcome, Watch, run};
use lopside_engine::error::EngineError;
use lopside_engine::join::context::LocalNets;
use lopside_engine::kept::Kept;
use lopside_engine::stages::{Ask, Span};
use lopside_model::Micros;
use lopside_model::bytes::Wire;
use lopside_model::net::{Direction, Scope, from_bits};
use lopside_model::record::{Method, NameSource};
use lopside_sources::read::{Progress, ReadOptions};

/// 2026-03-11 09:14:02 UTC, in seconds.
pub(crate) const START: f64 = 1_773_220_442.0;

/// Telemetry to be written: one file a sensor and log, one a host.
#[derive(Default)]
pub(crate) struct World {
    conn: Vec<(String, String)>,
    dns: Vec<String>,
    ssl: Vec<String>,
    events: Vec<(String, String)>,
    pub(crate) local: Vec<(std::net::IpAddr, u8)>,
    pub(crate) memory: Option<u64>,
}

/// One flow record.
#[derive(Clone)]
pub(crate) struct Conn {
    pub(crate) sensor: &'static str,
    pub(crate) uid: String,
    pub(crate) start: f64,
    pub(crate) duration: f64,
    pub(crate) from: (&'static str, u16),
    pub(crate) to: (&'static str, u16),
    pub(crate) proto: &'static str,
    pub(crate) bytes: (u64, u64),
    pub(crate) history: &'static str,
    pub(crate) state: &'static str,
    pub(crate) missed: u64,
    pub(crate) tunnel: &'static str,
}

impl Default for Conn {
    fn default() -> Conn {
        Conn {
            sensor: "sensor",
            uid: "C1".to_owned(),
            start: START,
            duration: 10.0,
            from: ("10.20.30.41", 51_544),
            to: ("203.0.113.77", 8_443),
            proto: "tcp",
            bytes: (180_000_000, 40_000),
            history: "ShADadFf",
            state: "SF",
            missed: 0,
            tunnel: "-",
        }
    }
}

/// One Sysmon event 3.
#[derive(Clone)]
pub(crate) struct Connect {
    pub(crate) host: &'static str,
    pub(crate) time: f64,
    pub(crate) guid: &'static str,
    pub(crate) pid: u32,
    pub(crate) image: &'static str,
    pub(crate) user: &'static str,
    pub(crate) proto: &'static str,
    /// What the endpoint's reverse lookup of the destination says.
    pub(crate) reverse: &'static str,
    pub(crate) initiated: bool,
    pub(crate) from: (&'static str, u16),
    pub(crate) to: (&'static str, u16),
}

impl Default for Connect {
    fn default() -> Connect {
        Connect {
            host: "WS-0417.corp.example",
            time: START,
            guid: "{7b1f22c0-3256-69b1-4e02-000000001f00}",
            pid: 6_120,
            image: r"C:\ProgramData\Kestrel\syncd.exe",
            user: r"CORP\m.ito",
            proto: "tcp",
            reverse: "-",
            initiated: true,
            from: ("10.20.30.41", 51_544),
            to: ("203.0.113.77", 8_443),
        }
    }
}

/// A GUID that ends in a number.
pub(crate) fn guid(number: u32) -> &'static str {
    format!("{{7b1f22c0-3256-69b1-4e02-{number:012x}}}").leak()
}

fn utc(time: f64) -> String {
    let text = Micros((time * 1e6).round() as i64).to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    if text.contains('.') { text.get(..23).unwrap_or(&text).to_owned() } else { format!("{text}.000") }
}

impl World {
    pub(crate) fn conn(&mut self, conn: Conn) -> &mut World {
        let (orig_pkts, resp_pkts) = (
            u64::from(conn.history.chars().any(char::is_uppercase)) * (conn.bytes.0 / 1_400 + 3),
            u64::from(conn.history.chars().any(char::is_lowercase)) * (conn.bytes.1 / 1_400 + 2),
        );
        let line = format!(
            "{:.6}\t{}\t{}\t{}\t{}\t{}\t{}\t-\t{:.6}\t{}\t{}\t{}\t-\t-\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            conn.start,
            conn.uid,
            conn.from.0,
            conn.from.1,
            conn.to.0,
            conn.to.1,
            conn.proto,
            conn.duration,
            conn.bytes.0,
            conn.bytes.1,
            conn.state,
            conn.missed,
            conn.history,
            orig_pkts,
            conn.bytes.0 + 40 * orig_pkts,
            resp_pkts,
            conn.bytes.1 + 40 * resp_pkts,
            conn.tunnel,
        );
        self.conn.push((conn.sensor.to_owned(), line));
        self
    }

    pub(crate) fn connect(&mut self, event: Connect) -> &mut World {
        let line = serde_json::json!({
            "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": event.host,
            "SourceName": "Microsoft-Windows-Sysmon", "ProviderGuid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
            "UtcTime": utc(event.time), "ProcessGuid": event.guid, "ProcessId": event.pid.to_string(), "Image": event.image,
            "User": event.user, "Protocol": event.proto, "Initiated": event.initiated.to_string(), "SourceIp": event.from.0,
            "SourcePort": event.from.1.to_string(), "DestinationIp": event.to.0, "DestinationPort": event.to.1.to_string(),
            "DestinationHostname": event.reverse,
        });
        self.event(event.host, &line)
    }

    pub(crate) fn start(
        &mut self,
        host: &'static str,
        time: f64,
        guid: &str,
        pid: u32,
        image: &str,
        command_line: &str,
    ) -> &mut World {
        let line = serde_json::json!({
            "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host,
            "SourceName": "Microsoft-Windows-Sysmon", "UtcTime": utc(time), "ProcessGuid": guid, "ProcessId": pid.to_string(),
            "Image": image, "CommandLine": command_line, "User": r"CORP\m.ito", "ParentImage": r"C:\Windows\explorer.exe",
        });
        self.event(host, &line)
    }

    pub(crate) fn end(
        &mut self,
        host: &'static str,
        time: f64,
        guid: &str,
        pid: u32,
        image: &str,
    ) -> &mut World {
        let line = serde_json::json!({
            "EventID": 5, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host,
            "SourceName": "Microsoft-Windows-Sysmon", "UtcTime": utc(time), "ProcessGuid": guid, "ProcessId": pid.to_string(),
            "Image": image,
        });
        self.event(host, &line)
    }

    pub(crate) fn lookup(
        &mut self,
        host: &'static str,
        time: f64,
        guid: &str,
        pid: u32,
        name: &str,
        answer: &str,
    ) -> &mut World {
        let line = serde_json::json!({
            "EventID": 22, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host,
            "SourceName": "Microsoft-Windows-Sysmon", "UtcTime": utc(time), "ProcessGuid": guid, "ProcessId": pid.to_string(),
            "QueryName": name, "QueryStatus": "0", "QueryResults": format!("::ffff:{answer};"), "Image": "-",
        });
        self.event(host, &line)
    }

    pub(crate) fn audit(
        &mut self,
        host: &'static str,
        time: &str,
        pid: u32,
        image: &str,
        outbound: bool,
        proto: u8,
        from: (&str, u16),
        to: (&str, u16),
    ) -> &mut World {
        let line = serde_json::json!({
            "EventID": 5156, "Channel": "Security", "Hostname": host, "ProviderGuid": "{54849625-5478-4994-a5ba-3e3b0328c30d}",
            "SourceName": "Microsoft-Windows-Security-Auditing", "TimeCreated": time, "ProcessID": pid.to_string(),
            "Application": image, "Direction": if outbound { "%%14593" } else { "%%14592" }, "SourceAddress": from.0,
            "SourcePort": from.1.to_string(), "DestAddress": to.0, "DestPort": to.1.to_string(), "Protocol": proto.to_string(),
        });
        self.event(host, &line)
    }

    pub(crate) fn dns(&mut self, time: f64, client: &str, name: &str, answer: &str) -> &mut World {
        self.dns
            .push(format!("{time:.6}\tD1\t{client}\t50000\t10.0.0.53\t53\tudp\t{name}\t{answer}\t60.000000"));
        self
    }

    pub(crate) fn ssl(&mut self, conn: &Conn, name: &str) -> &mut World {
        self.tls(conn, name, "-", "-")
    }

    /// A TLS handshake with a certificate, and what the sensor says of it.
    pub(crate) fn tls(&mut self, conn: &Conn, name: &str, subject: &str, verified: &str) -> &mut World {
        self.ssl.push(format!(
            "{:.6}\t{}\t{}\t{}\t{}\t{}\t{name}\t{subject}\t{verified}",
            conn.start + 0.01,
            conn.uid,
            conn.from.0,
            conn.from.1,
            conn.to.0,
            conn.to.1
        ));
        self
    }

    fn event(&mut self, host: &str, line: &serde_json::Value) -> &mut World {
        self.events.push((host.to_owned(), line.to_string()));
        self
    }

    fn write(&self, folder: &std::path::Path, damage: &mut dyn FnMut(&mut Vec<u8>)) {
        const CONN: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n";
        const DNS: &str = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\tTTLs\n";
        const SSL: &str = "#separator \\x09\n#path\tssl\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tserver_name\tsubject\tvalidation_status\n";
        let mut files: std::collections::BTreeMap<PathBuf, String> = std::collections::BTreeMap::new();
        for (sensor, line) in &self.conn {
            let text = files.entry(folder.join(sensor).join("conn.log")).or_insert_with(|| CONN.to_owned());
            writeln!(text, "{line}").unwrap();
        }
        for (name, header, lines) in [("dns.log", DNS, &self.dns), ("ssl.log", SSL, &self.ssl)] {
            if !lines.is_empty() {
                files.insert(folder.join("sensor").join(name), format!("{header}{}\n", lines.join("\n")));
            }
        }
        for (host, line) in &self.events {
            let text = files.entry(folder.join("hosts").join(format!("{host}.json"))).or_default();
            writeln!(text, "{line}").unwrap();
        }
        for (path, text) in files {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = text.into_bytes();
            damage(&mut bytes);
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// Runs the pipeline at this many partitions and threads.
    pub(crate) fn run_at(&self, partitions: usize, threads: usize) -> (Vec<Row>, Outcome) {
        self.run_damaged(partitions, threads, &mut |_| ())
    }

    /// Runs the pipeline on files that `damage` changed.
    pub(crate) fn run_damaged(
        &self,
        partitions: usize,
        threads: usize,
        damage: &mut dyn FnMut(&mut Vec<u8>),
    ) -> (Vec<Row>, Outcome) {
        let folder = tempfile::tempdir().unwrap();
        self.write(&folder.path().join("in"), damage);
        let spill = folder.path().join("spill");
        std::fs::create_dir(&spill).unwrap();
        let options = Options {
            threads,
            partitions: Some(partitions),
            memory: self.memory.unwrap_or(1 << 30),
            local: LocalNets(self.local.clone()),
            span: Span::default(),
            folder: spill.clone(),
            read: ReadOptions {
                threads,
                limits: Default::default(),
                hash: false,
                temporary: spill,
                payload: None,
            },
        };
        let ask = Ask { findings: true, transfers: true, usage: true };
        let paths = [folder.path().join("in")];
        let mut outcome =
            run(Inputs { paths: &paths, stdin: None }, &options, ask, &Quiet::default()).unwrap();
        // Channels that were put aside go with the folder.
        outcome.channels = outcome.all_channels().unwrap().into_iter().map(Kept::Here).collect();
        let mut rows = Vec::new();
        outcome
            .transfers::<EngineError>(|row| {
                rows.push(Row {
                    host: row.host.map(str::to_owned),
                    start: row.start,
                    source: format!("{}:{}", from_bits(row.source_ip), row.source_port),
                    destination: format!("{}:{}", from_bits(row.destination_ip), row.destination_port),
                    bytes_out: row.bytes_out,
                    bytes_in: row.bytes_in,
                    wire: row.wire(),
                    method: Method::from_code(row.method),
                    image: row.image.map(str::to_owned),
                    command_line: row.command_line.map(str::to_owned),
                    pid: row.pid,
                    offset: row.offset,
                    reason: row.reason.to_owned(),
                    candidates: row.candidates.map(str::to_owned),
                    direction: Direction::from_code(row.direction),
                    scope: Scope::from_code(row.scope),
                    domain: row.domain.map(str::to_owned),
                    domain_source: row.domain_source.map(NameSource::from_code),
                    peer_host: row.peer_host.map(str::to_owned),
                    peer_image: row.peer_image.map(str::to_owned),
                    sources: row.flow_origins().count(),
                    why: row.unmeasured_why.map(str::to_owned),
                });
                Ok(())
            })
            .unwrap();
        (rows, outcome)
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        self.run_at(3, 2).0
    }

    /// The only row.
    pub(crate) fn row(&self) -> Row {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows.remove(0)
    }
}

/// A transfer, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) host: Option<String>,
    pub(crate) start: i64,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) bytes_out: Option<u64>,
    pub(crate) bytes_in: Option<u64>,
    pub(crate) wire: Wire,
    pub(crate) method: Method,
    pub(crate) image: Option<String>,
    pub(crate) command_line: Option<String>,
    pub(crate) pid: Option<u32>,
    pub(crate) offset: i64,
    pub(crate) reason: String,
    pub(crate) candidates: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) scope: Scope,
    pub(crate) domain: Option<String>,
    pub(crate) domain_source: Option<NameSource>,
    pub(crate) peer_host: Option<String>,
    pub(crate) peer_image: Option<String>,
    pub(crate) sources: usize,
    pub(crate) why: Option<String>,
}

#[derive(Default)]
struct Quiet(Progress);

impl Watch for Quiet {
    fn progress(&self) -> &Progress {
        &self.0
    }
    fn stage(&self, _name: &'static str) {}
}
