//! Junk must be told by its content: a simple classifier that learns ports, addresses, times, counts, sizes and names
//! must do hardly better than a coin.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::HashMap;
use std::fs;

use lopside_emulate::{JunkConversation, JunkPlan, write_junk};

/// What chance allows at most.
const LIMIT: f64 = 0.6;

/// One conversation: its features, and whether it holds junk.
type Example = (Vec<String>, bool);

fn log2(number: u64) -> u32 {
    64 - number.leading_zeros()
}

fn digit(text: &str, from_end: usize) -> char {
    text.chars().rev().nth(from_end).unwrap_or('-')
}

fn ports(of: &JunkConversation) -> Vec<String> {
    vec![
        format!("server {}", of.dst_port),
        format!("client {}", digit(&of.src_port.to_string(), 0)),
        format!("client2 {}", digit(&of.src_port.to_string(), 1)),
        format!("transport {} {}", of.transport, of.carrier),
    ]
}

fn addresses(of: &JunkConversation) -> Vec<String> {
    vec![
        format!("server {}", of.dst_ip),
        format!("client {}", of.src_ip),
        format!("net {}", of.src_ip.split(['.', ':']).take(3).collect::<Vec<_>>().join(".")),
    ]
}

fn times(of: &JunkConversation) -> Vec<String> {
    let start = of.start.trim_end_matches('Z');
    let mut features: Vec<String> = (0..8).map(|place| format!("{place}:{}", digit(start, place))).collect();
    features.push(of.capture.clone());
    features
}

fn counts(of: &JunkConversation) -> Vec<String> {
    let minutes = |text: &str| -> u64 {
        let clock = text.split('T').nth(1).unwrap_or_default();
        let mut parts = clock.trim_end_matches('Z').split(':').map(|part| part.parse::<f64>().unwrap_or(0.0));
        let [hours, minutes, seconds] = [0; 3].map(|_| parts.next().unwrap_or(0.0));
        (hours * 3_600.0 + minutes * 60.0 + seconds) as u64
    };
    let lasts = minutes(&of.end).saturating_sub(minutes(&of.start));
    vec![
        format!("{} messages {}", of.carrier, log2(u64::from(of.messages))),
        format!("{} lasts {}", of.carrier, log2(lasts)),
    ]
}

fn sizes(of: &JunkConversation) -> Vec<String> {
    vec![
        format!("{} out {}", of.carrier, log2(of.bytes_out)),
        format!("{} in {}", of.carrier, log2(of.bytes_in)),
        format!("{} mean {}", of.carrier, log2((of.bytes_out + of.bytes_in) / u64::from(of.messages.max(1)))),
    ]
}

/// The first lines of requests by client, from a capture: agent, host and its labels, word by word of the path.
fn heads(file: &[u8], names: &mut HashMap<u16, Vec<String>>) {
    let mut at = 24;
    while at < file.len() {
        let length = u32::from_le_bytes(file[at + 8..at + 12].try_into().expect("four bytes")) as usize;
        let frame = &file[at + 16..at + 16 + length];
        at += 16 + length;
        let ip = if frame[12..14] == [0x81, 0] { &frame[18..] } else { &frame[14..] };
        let segment = if ip[0] >> 4 == 4 { &ip[20..] } else { &ip[40..] };
        let port = u16::from_be_bytes([segment[0], segment[1]]);
        let text = String::from_utf8_lossy(segment);
        let Some(start) = text.find("Host: ") else { continue };
        let features = names.entry(port).or_default();
        if !features.is_empty() {
            continue;
        }
        for line in text.get(start..).unwrap_or_default().lines().take(2) {
            features.push(line.to_owned());
            features.extend(line.split(['.', '-', ' ']).map(str::to_owned));
        }
        let path = text.get(..start).unwrap_or_default().rsplit(' ').nth(1).unwrap_or_default();
        features.extend(path.split('/').take(2).map(|part| format!("/{}", part.get(..6).unwrap_or(part))));
    }
}

/// The area under the curve of a naive Bayes classifier, each example judged by what the other four fifths taught.
fn area(examples: &[Example]) -> f64 {
    let mut judged: Vec<(f64, bool)> = Vec::new();
    for fold in 0..5 {
        let mut counts: HashMap<&str, [f64; 2]> = HashMap::new();
        let mut totals = [0.0, 0.0];
        for (_, (features, junk)) in examples.iter().enumerate().filter(|(index, _)| index % 5 != fold) {
            for feature in features {
                counts.entry(feature).or_default()[usize::from(*junk)] += 1.0;
                totals[usize::from(*junk)] += 1.0;
            }
        }
        let kinds = counts.len() as f64;
        for (_, (features, junk)) in examples.iter().enumerate().filter(|(index, _)| index % 5 == fold) {
            let odds: f64 = features
                .iter()
                .map(|feature| {
                    let [no, yes] = counts.get(feature.as_str()).copied().unwrap_or_default();
                    ((yes + 1.0) / (totals[1] + kinds)).ln() - ((no + 1.0) / (totals[0] + kinds)).ln()
                })
                .sum();
            judged.push((odds / features.len().max(1) as f64, *junk));
        }
    }
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut wins) = (0.0, 0.0, 0.0);
    for (_, junk) in &judged {
        if *junk {
            wins += below;
            pairs += 1.0;
        } else {
            below += 1.0;
        }
    }
    wins / (pairs * below)
}

/// The area for each group of features, over five sets.
fn areas(hard: bool) -> Vec<(&'static str, f64)> {
    let mut groups: Vec<(&'static str, Vec<Example>)> =
        ["ports", "addresses", "times", "counts", "sizes", "names"].map(|name| (name, Vec::new())).into();
    for seed in 700..705 {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = JunkPlan { seed, conversations: 400, hard };
        let truth = write_junk(&plan, folder.path(), &mut |_| {}).expect("captures");
        let mut names = HashMap::new();
        for capture in &truth.captures {
            heads(&fs::read(folder.path().join(capture)).expect("a capture"), &mut names);
        }
        for of in &truth.conversations {
            let told = names.get(&of.src_port).cloned().unwrap_or_default();
            let all = [ports(of), addresses(of), times(of), counts(of), sizes(of), told];
            for ((name, examples), features) in groups.iter_mut().zip(all) {
                if *name != "names" || of.carrier == "http" {
                    examples.push((features, of.junk));
                }
            }
        }
    }
    groups.iter().map(|(name, examples)| (*name, area(examples))).collect()
}

#[test]
fn what_should_not_tell_does_not_tell() {
    for (name, area) in areas(false) {
        println!("{name}: area {area:.3}");
        assert!(area < LIMIT, "{name} tell junk: area {area:.3}");
    }
}

#[test]
fn nor_in_the_harder_set() {
    for (name, area) in areas(true) {
        println!("{name}: area {area:.3}");
        assert!(area < LIMIT, "{name} tell junk: area {area:.3}");
    }
}
