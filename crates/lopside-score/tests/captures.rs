//! Channels made of real Zeek logs, without the join: hosts, names and bytes as they are, no processes.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test, and its report")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use lopside_model::bytes::{Layer, Quality, log_ratio};
use lopside_model::channel::{Channel, ChannelDay, ChannelKey, PortSum};
use lopside_model::finding::Severity;
use lopside_model::identity::Place;
use lopside_model::name::{group, registrable};
use lopside_model::net::{AddressClass, Protocol, Scope, class};
use lopside_model::record::NameSource;
use lopside_model::time::Micros;
use lopside_score::{
    Calibration, Context, Fragment, RawFinding, Reference, Settings, Totals, Usual, findings, weigh,
};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LOPSIDE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

type Row = BTreeMap<String, String>;

/// Rows of a Zeek log, TSV or JSON.
fn rows(path: &std::path::Path) -> Vec<Row> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let mut fields: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(names) = line.strip_prefix("#fields\t") {
            fields = names.split('\t').map(|name| name.replace('.', "_")).collect();
        } else if line.starts_with('{') {
            let Ok(serde_json::Value::Object(object)) = serde_json::from_str(line) else { continue };
            let text =
                |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            rows.push(object.iter().map(|(key, value)| (key.replace('.', "_"), text(value))).collect());
        } else if !line.starts_with('#') {
            rows.push(fields.iter().cloned().zip(line.split('\t').map(str::to_owned)).collect());
        }
    }
    rows
}

fn get<'a>(row: &'a Row, key: &str) -> Option<&'a str> {
    row.get(key).map(String::as_str).filter(|value| !matches!(*value, "-" | "" | "(empty)"))
}

fn number<T: std::str::FromStr>(row: &Row, key: &str) -> Option<T> {
    get(row, key)?.parse().ok()
}

fn channels(conn: &[Row], ssl: &[Row], dns: &[Row], local: &dyn Fn(&Row, IpAddr) -> bool) -> Vec<Channel> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for row in ssl {
        if let (Some(uid), Some(name)) = (get(row, "uid"), get(row, "server_name")) {
            names.insert(uid.to_owned(), name.to_owned());
        }
    }
    let mut answers: BTreeMap<String, String> = BTreeMap::new();
    for row in dns {
        if let (Some(query), Some(list)) = (get(row, "query"), get(row, "answers")) {
            for answer in list.split([',', '[', ']', '"']) {
                answers.insert(answer.to_owned(), query.to_owned());
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut channels: BTreeMap<ChannelKey, Channel> = BTreeMap::new();
    let mut sorted: Vec<&Row> = conn.iter().collect();
    let time =
        |row: &Row| get(row, "ts").and_then(|ts| Micros::parse_epoch(ts).or_else(|| Micros::parse_iso(ts)));
    sorted.sort_by_key(|row| time(row));
    for row in sorted {
        let (Some(from), Some(to), Some(start)) =
            (number::<IpAddr>(row, "id_orig_h"), number::<IpAddr>(row, "id_resp_h"), time(row))
        else {
            continue;
        };
        let tuple = (
            from,
            number::<u16>(row, "id_orig_p"),
            to,
            start.0 / 2_000_000,
            number::<u64>(row, "orig_bytes"),
        );
        let here =
            matches!(class(to), AddressClass::Multicast | AddressClass::Broadcast | AddressClass::LinkLocal);
        if !local(row, from) || here || !seen.insert(tuple) {
            continue;
        }
        let (Some(out), Some(received)) =
            (number::<u64>(row, "orig_bytes"), number::<u64>(row, "resp_bytes"))
        else {
            continue;
        };
        let name = get(row, "uid").and_then(|uid| names.get(uid)).or_else(|| answers.get(&to.to_string()));
        let key = ChannelKey {
            host: from.to_string(),
            identity: None,
            user: None,
            destination: group(name.map(String::as_str), to),
        };
        let scope = if class(to) == AddressClass::Private { Scope::Internal } else { Scope::External };
        let channel = channels.entry(key.clone()).or_insert_with(|| Channel {
            key,
            host_ips: vec![from],
            monitored: false,
            place: Place::Unknown,
            scope,
            name: name.map(|name| (registrable(name).to_owned(), NameSource::Sni)),
            days: Vec::new(),
        });
        if channel.days.last().is_none_or(|last| last.day != start.day()) {
            channel.days.push(ChannelDay {
                day: start.day(),
                layer: Layer::Payload,
                quality: (Quality::Exact, Quality::Exact),
                ips: vec![to],
                first: start,
                last: start,
                reason: "no endpoint events".into(),
                ..ChannelDay::default()
            });
        }
        let day = channel.days.last_mut().unwrap();
        day.sum.add(out, received);
        if out >= 65_536 && out / 4 >= received {
            day.lopsided.add(out, received);
        }
        day.hours.add(start.hour(), out);
        day.last = start;
        let protocol = Protocol::parse(get(row, "proto").unwrap_or("tcp")).unwrap_or(Protocol::TCP);
        day.ports.push(PortSum {
            port: number(row, "id_resp_p").unwrap_or(0),
            protocol,
            service: None,
            flows: 1,
            bytes_out: out,
            bytes_in: received,
        });
    }
    channels.into_values().collect()
}

fn hunt(channels: &[Channel]) -> Vec<RawFinding> {
    let settings = Settings::default();
    let usual = Usual::from(Fragment::of(channels), Context::default());
    let mut totals = Totals::default();
    for channel in channels {
        totals.add(&weigh(channel, &usual, &settings));
    }
    let host_days = usual.host_days();
    let calibration = Calibration::new(totals, host_days, &settings, Reference::shipped(usual.hosts()));
    let mut best: Vec<(f64, String)> = Vec::new();
    let mut found = Vec::new();
    for channel in channels {
        let scores = weigh(channel, &usual, &settings);
        for score in &scores {
            best.push((
                score.total,
                format!(
                    "{} {:?} gate {:.2} ratio {:.1}",
                    channel.key.destination,
                    score.basis,
                    score.gate,
                    channel
                        .days
                        .get(score.index)
                        .map_or(0.0, |day| log_ratio(day.sum.bytes_out, day.sum.bytes_in))
                ),
            ));
        }
        found.extend(findings(channel, &scores, &usual, &calibration, &settings));
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!(
        "{} channels, {host_days} host-days, cuts {} {}",
        channels.len(),
        calibration.total_for(Severity::Low),
        calibration.total_for(Severity::Medium)
    );
    for (total, line) in best.iter().take(8) {
        println!("  {total:.2} {line}");
    }
    for raw in &found {
        let points: Vec<_> = raw
            .finding
            .factors
            .iter()
            .filter(|f| f.points != 0.0)
            .map(|f| (f.name.as_str(), f.points))
            .collect();
        println!(
            "  {:?} {:.1} {} {points:?} {}",
            raw.finding.severity, raw.finding.score, raw.finding.reason, raw.finding.counterfactual
        );
    }
    found
}

fn medium(found: &[RawFinding]) -> usize {
    found.iter().filter(|raw| raw.finding.severity >= Severity::Medium).count()
}

#[test]
fn a_real_benign_pc_has_at_most_two_findings_of_medium_or_above() {
    let Some(data) = data() else {
        println!("skipped: no captures");
        return;
    };
    for name in ["strato-008-zeek-mixed", "strato-012-zeek-mixed", "strato-002-zeek-scenario-port-scanning"] {
        let log = |kind: &str| {
            let folder = data.join(name);
            let found = walk(&folder)
                .into_iter()
                .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(kind)));
            found.flat_map(|path| rows(&path)).collect::<Vec<Row>>()
        };
        let conn = log("conn");
        println!("{name}: {} rows", conn.len());
        let found = hunt(&channels(&conn, &log("ssl"), &log("dns"), &|row, from| {
            get(row, "local_orig") == Some("T") || class(from) == AddressClass::Private
        }));
        assert!(medium(&found) <= 2);
        if name.contains("002") {
            assert!(found.is_empty());
        }
    }
}

#[test]
fn the_hidden_upload_is_a_finding() {
    let Some(data) = data() else {
        println!("skipped: no captures");
        return;
    };
    let log = |kind: &str| -> Vec<Row> {
        ["NASHUA", "SCRANTON"]
            .iter()
            .flat_map(|sensor| rows(&data.join(format!("apt29-day1/zeek/{sensor}_{kind}.log"))))
            .collect()
    };
    let local = |_: &Row, from: IpAddr| class(from) == AddressClass::Private;
    let found = hunt(&channels(&log("conn"), &log("ssl"), &log("dns"), &local));
    assert!(
        found.iter().any(|raw| raw.finding.destination.ips.iter().any(|ip| ip.to_string() == "192.168.0.4"))
    );
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { paths.extend(walk(&path)) } else { paths.push(path) }
    }
    paths.sort();
    paths
}
