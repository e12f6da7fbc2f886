//! Whole fleets: what is written is well-formed, repeats byte by byte, and agrees with its truth.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

use lopside_emulate::{Attacks, EmulateError, EndpointFormat, FleetPlan, NetworkFormat, Truth, write_fleet};

fn plan(seed: u64) -> FleetPlan {
    FleetPlan { hosts: 18, days: 3, seed, flows_per_host_day: 90, ..FleetPlan::default() }
}

fn fleet(plan: &FleetPlan) -> (tempfile::TempDir, Truth) {
    let folder = tempfile::tempdir().expect("a folder");
    let truth = write_fleet(plan, folder.path(), &mut |_| {}).expect("a fleet");
    (folder, truth)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a listing") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { open.push(path) } else { list.push(path) }
        }
    }
    list.sort();
    list
}

fn digest(folder: &Path) -> BTreeMap<PathBuf, u64> {
    files(folder)
        .into_iter()
        .map(|path| {
            let mut hasher = DefaultHasher::new();
            fs::read(&path).expect("a file").hash(&mut hasher);
            (path.strip_prefix(folder).expect("below").to_path_buf(), hasher.finish())
        })
        .collect()
}

/// Rows of a tab-separated log as maps from column to text.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).expect("a log");
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(names) = line.strip_prefix("#fields\t") {
            columns = names.split('\t').map(str::to_owned).collect();
        } else if !line.starts_with('#') {
            let cells: Vec<_> = line.split('\t').map(str::to_owned).collect();
            assert_eq!(cells.len(), columns.len(), "{}: {line}", path.display());
            rows.push(columns.iter().cloned().zip(cells).collect());
        }
    }
    rows
}

#[test]
fn the_same_plan_writes_the_same_bytes() {
    let (first, truth) = fleet(&plan(11));
    let (second, same) = fleet(&plan(11));
    let (other, _) = fleet(&plan(12));
    assert_eq!(truth, same);
    assert_eq!(digest(first.path()), digest(second.path()));
    assert_ne!(digest(first.path()), digest(other.path()));
}

#[test]
fn compression_and_rotation_change_the_wrapping_only() {
    let (plain, truth) = fleet(&plan(13));
    let (packed, same) = fleet(&FleetPlan { gzip: true, rotate: true, ..plan(13) });
    assert_eq!(truth, same);
    let mut lines = 0;
    for path in files(&packed.path().join("telemetry")) {
        assert_eq!(path.extension().and_then(|end| end.to_str()), Some("gz"));
        let mut text = String::new();
        let file = fs::File::open(&path).expect("a file");
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).expect("gzip");
        lines += text.lines().filter(|line| !line.starts_with('#')).count();
    }
    let count: usize = files(&plain.path().join("telemetry"))
        .iter()
        .map(|path| {
            fs::read_to_string(path).expect("a file").lines().filter(|line| !line.starts_with('#')).count()
        })
        .sum();
    assert_eq!(lines, count);
}

#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.txt"), "mine").expect("a file");
    let error = write_fleet(&plan(1), folder.path(), &mut |_| {}).expect_err("refused");
    assert!(matches!(error, EmulateError::NotEmpty(_)), "{error}");
    assert!(error.to_string().contains("empty folder"));
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn plans_that_cannot_be_made_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for plan in [
        FleetPlan { hosts: 0, ..plan(1) },
        FleetPlan { days: 0, ..plan(1) },
        FleetPlan { flows_per_host_day: 0, ..plan(1) },
    ] {
        let error = write_fleet(&plan, folder.path(), &mut |_| {}).expect_err("refused");
        assert!(matches!(error, EmulateError::Plan(_)), "{error}");
    }
}

#[test]
fn every_line_is_well_formed_in_every_format() {
    for format in [
        EndpointFormat::Winlogbeat,
        EndpointFormat::EvtxDump,
        EndpointFormat::Nxlog,
        EndpointFormat::Helk,
        EndpointFormat::Velociraptor,
    ] {
        let network = NetworkFormat::ZeekJson;
        let plan = FleetPlan { hosts: 12, days: 2, endpoint: format, network, ..plan(21) };
        let (folder, _) = fleet(&plan);
        for path in files(&folder.path().join("telemetry")) {
            for line in fs::read_to_string(&path).expect("text").lines() {
                let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert!(value.is_object());
            }
        }
    }
    let (folder, _) = fleet(&plan(22));
    let logs: Vec<_> = files(&folder.path().join("telemetry/network"));
    assert!(logs.len() >= 6, "{logs:?}");
    for path in logs {
        assert!(!rows(&path).is_empty(), "{}", path.display());
    }
}

#[test]
fn the_truth_reads_back_and_has_the_kinds_of_a_demo() {
    for seed in 30..36 {
        let (folder, truth) = fleet(&plan(seed));
        let text = fs::read_to_string(folder.path().join("truth.json")).expect("the truth");
        let read: Truth = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, truth);
        let kinds: BTreeSet<_> = truth.attacks.iter().map(|attack| attack.scenario.as_str()).collect();
        assert!(kinds.len() >= 6, "seed {seed}: {kinds:?}");
        assert!(truth.host_days > 0 && truth.host_days <= u64::from(truth.hosts * truth.days));
        for attack in &truth.attacks {
            assert!(attack.bytes_out >= 5_000_000, "{attack:?}");
            assert!(attack.start < attack.end && !attack.ips.is_empty(), "{attack:?}");
            assert_eq!(attack.image.is_none(), attack.scenario == "unattributed_host", "{attack:?}");
        }
    }
}

#[test]
fn a_larger_fleet_has_every_kind() {
    let plan = FleetPlan { hosts: 70, days: 3, flows_per_host_day: 20, ..plan(41) };
    let (_folder, truth) = fleet(&plan);
    let kinds: BTreeSet<_> = truth.attacks.iter().map(|attack| attack.scenario.as_str()).collect();
    assert!(kinds.len() >= 20, "{}: {kinds:?}", kinds.len());
    let none = fleet(&FleetPlan { attacks: Attacks::None, ..plan }).1;
    assert!(none.attacks.is_empty());
}

#[test]
fn planted_bytes_are_in_the_network_logs() {
    for seed in 51..54 {
        let (folder, truth) = fleet(&FleetPlan { hosts: 40, ..plan(seed) });
        let mut conns = Vec::new();
        for sensor in ["core", "branch"] {
            let path = folder.path().join(format!("telemetry/network/{sensor}/conn.log"));
            if path.exists() {
                conns.extend(rows(&path));
            }
        }
        for attack in &truth.attacks {
            let (start, end) = (seconds(&attack.start) - 0.001, seconds(&attack.end) + 0.001);
            let sum: u64 = conns
                .iter()
                .filter(|row| {
                    attack.host_ips.contains(&row["id.orig_h"]) && attack.ips.contains(&row["id.resp_h"])
                })
                .filter(|row| {
                    let at: f64 = row["ts"].parse().expect("a time");
                    let lasts: f64 = row["duration"].parse().unwrap_or(0.0);
                    at >= start && at + lasts <= end && attack_port(attack.port, row)
                })
                .map(|row| row["orig_bytes"].parse().unwrap_or(0))
                .sum();
            assert_eq!(sum, attack.bytes_out, "seed {seed}: {attack:?}");
        }
    }
}

fn attack_port(port: u16, row: &BTreeMap<String, String>) -> bool {
    row["id.resp_p"] == port.to_string()
}

fn seconds(time: &str) -> f64 {
    let at: jiff::Timestamp = time.parse().expect("RFC 3339");
    at.as_microsecond() as f64 / 1e6
}

/// Whether a line of events names the program of a sender: on each of its days it may be another process.
fn names_program(line: &str, attack: &lopside_emulate::Attack) -> bool {
    let image = attack.image.as_deref().and_then(|image| image.rsplit('\\').next());
    image.is_some_and(|name| line.to_lowercase().contains(&name.to_lowercase()))
}

#[test]
fn attributable_says_whether_an_event_names_the_sender() {
    let (folder, truth) = fleet(&FleetPlan { hosts: 40, endpoint: EndpointFormat::Winlogbeat, ..plan(61) });
    for attack in &truth.attacks {
        let path = folder.path().join(format!("telemetry/endpoint/{}.json", attack.host));
        let text = fs::read_to_string(&path).unwrap_or_default();
        let named = text.lines().any(|line| {
            let connection = ["\"code\":\"3\"", "\"code\":\"5156\""].iter().any(|code| line.contains(code));
            connection
                && attack.ips.iter().any(|ip| line.contains(&format!("\"{ip}\"")))
                && line.contains(&format!("\"{}\"", attack.port))
                && names_program(line, attack)
        });
        assert_eq!(named, attack.attributable, "{attack:?}");
    }
}

#[test]
fn a_campaign_is_one_program_and_place_on_several_hosts() {
    for seed in 71..74 {
        let plan = FleetPlan { hosts: 70, days: 3, flows_per_host_day: 20, hard: true, ..plan(seed) };
        let (_folder, truth) = fleet(&plan);
        let hosts: Vec<_> = truth.attacks.iter().filter(|attack| attack.scenario == "campaign").collect();
        let distinct: BTreeSet<_> = hosts.iter().map(|attack| &attack.host).collect();
        assert!((2..=6).contains(&hosts.len()) && distinct.len() == hosts.len(), "seed {seed}: {hosts:?}");
        let program = |image: &Option<String>| {
            image.as_ref().and_then(|image| image.rsplit('\\').next().map(str::to_owned))
        };
        let one = (&hosts[0].domain, &hosts[0].ips, program(&hosts[0].image));
        for attack in &hosts {
            assert_eq!((&attack.domain, &attack.ips, program(&attack.image)), one, "seed {seed}");
        }
    }
}

#[test]
fn campaigns_are_planted_as_asked_and_disturb_nothing_else() {
    let plan = FleetPlan { hosts: 70, days: 3, flows_per_host_day: 20, hard: true, ..plan(75) };
    let count = |campaigns| fleet(&FleetPlan { campaigns, ..plan.clone() }).1.attacks;
    let (none, three) = (count(Attacks::None), count(Attacks::Count(3)));
    assert!(none.iter().all(|attack| attack.scenario != "campaign"));
    let others: Vec<_> = three.iter().filter(|attack| attack.scenario != "campaign").collect();
    assert_eq!(others.len(), none.len());
    assert!(three.len() >= none.len() + 6, "{} of {}", three.len(), none.len());
    let calm = fleet(&FleetPlan { attacks: Attacks::None, ..plan }).1;
    assert!(calm.attacks.is_empty());
}

/// FNV-1a of all files with their names: the same on every version of the compiler.
fn mark(folder: &Path) -> u64 {
    let mut mark = 0xcbf2_9ce4_8422_2325;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            mark = (mark ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for path in files(folder) {
        eat(path.strip_prefix(folder).expect("below").to_string_lossy().replace('\\', "/").as_bytes());
        eat(&fs::read(&path).expect("a file"));
    }
    mark
}

#[test]
fn fleets_are_hard_only_when_asked_to_be() {
    let plan = FleetPlan { hosts: 70, days: 3, flows_per_host_day: 20, ..plan(71) };
    let (folder, truth) = fleet(&plan);
    let (harder, hard) = fleet(&FleetPlan { hard: true, ..plan });
    let campaigns = |truth: &Truth| truth.attacks.iter().filter(|one| one.scenario == "campaign").count();
    assert_eq!((campaigns(&truth), truth.generator), (0, None));
    assert!(campaigns(&hard) >= 2);
    assert_eq!(hard.generator.as_deref(), Some("emulate fleet --hard"));
    assert_ne!(mark(folder.path()), mark(harder.path()));
}

/// What figures were measured on can be made again: change this only together with them.
#[test]
fn a_fleet_without_options_stays_as_it_is() {
    let (folder, _) = fleet(&FleetPlan { hosts: 12, days: 2, ..plan(5) });
    assert_eq!(format!("{:016x}", mark(folder.path())), "50f725077e8382ce");
}
