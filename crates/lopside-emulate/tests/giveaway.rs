//! Planted senders must be told by what they do: a simple classifier that learns what should not tell (letters of
//! paths, last digits of ports and times, places of records) must do hardly better than a coin.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use lopside_emulate::{EndpointFormat, FleetPlan, Truth, write_fleet};

/// What chance allows at most.
const LIMIT: f64 = 0.6;

/// Where the fleets' network logs lie.
const SENSORS: [&str; 3] = ["core", "branch", "edge"];

/// One thing to judge: its features, and whether it was planted.
type Example = (Vec<String>, bool);

/// What the fleets hold that a classifier might learn from.
#[derive(Default)]
struct Material {
    /// Images without the user's profile: planted or not.
    images: BTreeMap<String, bool>,
    /// Images that ordinary and planted senders share.
    shared: BTreeSet<String>,
    /// Registrable names of places, those that are invented for one fleet: whether a planted sender sends there.
    places: BTreeMap<String, bool>,
    /// Names that several fleets know: the services that everybody uses.
    everywhere: BTreeSet<String>,
    /// Flows: digits of the port, of the time, letters of the uid, and the place in the file.
    flows: Vec<Example>,
    /// Connection events: digits of the time, and the place in the file.
    events: Vec<Example>,
    /// Processes by host and id: digits of the id.
    processes: BTreeMap<(u64, String, String), bool>,
}

fn material() -> Material {
    let mut material = Material::default();
    for seed in 900..906 {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = FleetPlan {
            hosts: 70,
            days: 3,
            seed,
            flows_per_host_day: 40,
            endpoint: EndpointFormat::Winlogbeat,
            ..FleetPlan::default()
        };
        let truth = write_fleet(&plan, folder.path(), &mut |_| {}).expect("a fleet");
        flows(&truth, &folder.path().join("telemetry/network"), &mut material);
        places(&truth, &folder.path().join("telemetry/network"), &mut material);
        events(&truth, &folder.path().join("telemetry/endpoint"), &mut material);
    }
    let shared = std::mem::take(&mut material.shared);
    material.images.retain(|image, _| !shared.contains(image));
    let everywhere = std::mem::take(&mut material.everywhere);
    material.places.retain(|name, _| !everywhere.contains(name));
    material
}

fn flows(truth: &Truth, folder: &Path, material: &mut Material) {
    for sensor in SENSORS {
        let Ok(text) = fs::read_to_string(folder.join(sensor).join("conn.log")) else { continue };
        for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let (time, from, port, to) = (cells[0], cells[2], cells[3], cells[4]);
            if to.starts_with("10.") || !from.starts_with("10.") || cells[6] == "icmp" {
                continue;
            }
            let planted = truth.attacks.iter().any(|attack| attack.ips.iter().any(|ip| ip == to));
            let features = digits(
                &[
                    ("uid", cells[1], 1),
                    ("uid", cells[1], 2),
                    ("port", port, 1),
                    ("port", port, 2),
                    ("time", time, 1),
                    ("time", time, 2),
                    ("time", time, 3),
                ],
                place,
            );
            material.flows.push((features, planted));
        }
    }
}

/// Names of places in the logs of TLS; what an earlier fleet knew as well is a service of everybody.
fn places(truth: &Truth, folder: &Path, material: &mut Material) {
    let planted: BTreeSet<String> =
        truth.attacks.iter().filter_map(|attack| attack.domain.as_deref()).map(registrable).collect();
    let mut found = BTreeSet::new();
    for sensor in SENSORS {
        let Ok(text) = fs::read_to_string(folder.join(sensor).join("ssl.log")) else { continue };
        let fields = text.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("names of fields");
        let column = fields.split('\t').position(|field| field == "server_name").expect("a column of names");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        found.extend(lines.filter_map(|line| line.split('\t').nth(column)).map(registrable));
    }
    for name in found {
        if material.places.contains_key(&name) || name.ends_with(".example") {
            material.everywhere.insert(name);
        } else {
            let sent_to = planted.contains(&name);
            material.places.insert(name, sent_to);
        }
    }
}

fn events(truth: &Truth, folder: &Path, material: &mut Material) {
    for entry in fs::read_dir(folder).expect("a listing") {
        let path = entry.expect("an entry").path();
        let host = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let attacks: Vec<_> = truth.attacks.iter().filter(|attack| attack.host == host).collect();
        for (place, line) in fs::read_to_string(&path).expect("events").lines().enumerate() {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let data = &event["winlog"]["event_data"];
            let (Some(image), Some(to)) = (data["Image"].as_str(), data["DestinationIp"].as_str()) else {
                continue;
            };
            let planted = attacks
                .iter()
                .any(|attack| attack.image.as_deref() == Some(image) && attack.ips.iter().any(|ip| ip == to));
            let image = without_profile(image);
            if *material.images.entry(image.clone()).or_insert(planted) != planted {
                material.shared.insert(image);
            }
            let key = (truth.seed, host.clone(), data["ProcessId"].as_str().unwrap_or_default().to_owned());
            *material.processes.entry(key).or_default() |= planted;
            let time = data["UtcTime"].as_str().expect("a time");
            let port = data["SourcePort"].as_str().expect("a port");
            let features =
                digits(&[("time", time, 1), ("time", time, 2), ("time", time, 3), ("port", port, 1)], place);
            material.events.push((features, planted));
        }
    }
}

/// The name without its subdomains.
fn registrable(name: &str) -> String {
    let labels: Vec<&str> = name.split('.').collect();
    let kept = if name.ends_with(".co.uk") { 3 } else { 2 };
    labels.iter().skip(labels.len().saturating_sub(kept)).copied().collect::<Vec<_>>().join(".")
}

fn without_profile(image: &str) -> String {
    let lower = image.to_lowercase();
    match lower.strip_prefix("c:\\users\\").and_then(|rest| rest.split_once('\\')) {
        Some((_, rest)) => format!("%userprofile%\\{rest}"),
        None => lower,
    }
}

/// The n-th digits from the end of some texts, and the last digits of the place in the file.
fn digits(texts: &[(&str, &str, usize)], place: usize) -> Vec<String> {
    let mut features: Vec<String> = texts
        .iter()
        .map(|(name, text, from_end)| {
            format!("{name}{from_end}:{}", text.chars().rev().nth(from_end - 1).unwrap_or('-'))
        })
        .collect();
    features.push(format!("place:{}", place % 10));
    features
}

fn bigrams(text: &str) -> Vec<String> {
    let letters: Vec<char> = format!("^{text}$").chars().collect();
    letters.windows(2).map(|pair| pair.iter().collect()).collect()
}

/// The area under the curve of a naive Bayes classifier, each example judged by what the other four fifths taught.
fn area(examples: &[Example]) -> f64 {
    let mut judged: Vec<(f64, bool)> = Vec::new();
    for fold in 0..5 {
        let mut counts: HashMap<&str, [f64; 2]> = HashMap::new();
        let mut totals = [0.0, 0.0];
        for (_, (features, planted)) in examples.iter().enumerate().filter(|(index, _)| index % 5 != fold) {
            for feature in features {
                counts.entry(feature).or_default()[usize::from(*planted)] += 1.0;
                totals[usize::from(*planted)] += 1.0;
            }
        }
        let kinds = counts.len() as f64;
        for (_, (features, planted)) in examples.iter().enumerate().filter(|(index, _)| index % 5 == fold) {
            let odds: f64 = features
                .iter()
                .map(|feature| {
                    let [no, yes] = counts.get(feature.as_str()).copied().unwrap_or_default();
                    ((yes + 1.0) / (totals[1] + kinds)).ln() - ((no + 1.0) / (totals[0] + kinds)).ln()
                })
                .sum();
            judged.push((odds / features.len() as f64, *planted));
        }
    }
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut wins) = (0.0, 0.0, 0.0);
    for (_, planted) in &judged {
        if *planted {
            wins += below;
            pairs += 1.0;
        } else {
            below += 1.0;
        }
    }
    wins / (pairs * below)
}

#[test]
fn what_should_not_tell_does_not_tell() {
    let material = material();
    let images: Vec<Example> =
        material.images.iter().map(|(image, planted)| (bigrams(image), *planted)).collect();
    let names: Vec<Example> = material
        .images
        .iter()
        .map(|(image, planted)| (bigrams(image.rsplit('\\').next().unwrap_or(image)), *planted))
        .collect();
    let places: Vec<Example> =
        material.places.iter().map(|(name, planted)| (bigrams(name), *planted)).collect();
    let processes: Vec<Example> = material
        .processes
        .iter()
        .map(|((_, _, id), planted)| (digits(&[("id", id, 1), ("id", id, 2)], 0), *planted))
        .collect();
    for (what, examples) in [
        ("paths", &images),
        ("names", &names),
        ("places", &places),
        ("processes", &processes),
        ("flows", &material.flows),
        ("events", &material.events),
    ] {
        let planted = examples.iter().filter(|(_, planted)| *planted).count();
        assert!(planted >= 40, "{what}: only {planted} planted of {}", examples.len());
        let area = area(examples);
        println!("{what}: {planted} planted of {}, area {area:.3}", examples.len());
        assert!(area < LIMIT, "{what} tell planted senders: area {area:.3}");
    }
}
