//! A fleet of channels, made up: what the score finds in it, and how much that is not there.
//!
//! This is no substitute for telemetry: it tests the statistics alone, with many seeds in little time.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test, and its report")]

use std::collections::BTreeMap;

use lopside_model::channel::{Channel, ChannelKey};
use lopside_model::finding::Severity;
use lopside_score::{
    Calibration, Context, Flagged, Fragment, Reference, Sample, Settings, Totals, Usual, Weights, evidence,
    findings, fit, weigh,
};

use made_up::Fleet;

mod made_up;

#[derive(Default)]
struct Outcome {
    found: BTreeMap<&'static str, [usize; 4]>,
    false_medium: usize,
    false_low: usize,
    host_days: u64,
    worst: Vec<String>,
    precision: f64,
}

struct Hunt {
    channels: Vec<Channel>,
    truth: BTreeMap<(ChannelKey, i32), &'static str>,
    usual: Usual,
    calibration: Calibration,
    settings: Settings,
}

fn hunt(fleet: &Fleet, weights: &Weights, reference: &Reference) -> Hunt {
    let (channels, truth) = fleet.channels();
    let settings = Settings::default();
    let mut flagged = Flagged::default();
    let mut result = None;
    for _ in 0..2 {
        let context = Context { weights: weights.clone(), ..Context::default() };
        let usual = Usual::from(Fragment::without(&channels, &flagged), context);
        let mut totals = Totals::default();
        for channel in &channels {
            totals.add(&weigh(channel, &usual, &settings));
        }
        let calibration = Calibration::new(totals, usual.host_days(), &settings, reference.clone());
        flagged = Flagged::default();
        for channel in &channels {
            flagged.add(&channel.key, &weigh(channel, &usual, &settings), &calibration);
        }
        result = Some((usual, calibration));
    }
    let (usual, calibration) = result.unwrap();
    Hunt { channels, truth, usual, calibration, settings }
}

fn judge(hunt: &Hunt) -> Outcome {
    let mut outcome = Outcome { host_days: hunt.usual.host_days(), ..Outcome::default() };
    let mut ranked: Vec<(f64, bool)> = Vec::new();
    let mut attacks: BTreeMap<ChannelKey, (&'static str, Option<Severity>)> = BTreeMap::new();
    for ((key, _), kind) in &hunt.truth {
        attacks.insert(key.clone(), (kind, None));
    }
    for channel in &hunt.channels {
        let scores = weigh(channel, &hunt.usual, &hunt.settings);
        for raw in findings(channel, &scores, &hunt.usual, &hunt.calibration, &hunt.settings) {
            let finding = raw.finding;
            let days = finding.first_seen.day()..=finding.last_seen.day();
            let hit = days.clone().any(|day| hunt.truth.contains_key(&(channel.key.clone(), day)));
            ranked.push((finding.total, hit));
            if hit {
                let slot = attacks.get_mut(&channel.key).unwrap();
                slot.1 = slot.1.max(Some(finding.severity));
            } else if finding.severity >= Severity::Medium {
                outcome.false_medium += days.count();
                outcome.worst.push(format!(
                    "{:.1} {} {} {:?}",
                    finding.total,
                    finding.reason,
                    channel.key.destination,
                    finding
                        .factors
                        .iter()
                        .map(|f| (f.name.clone(), f.points as i32))
                        .filter(|f| f.1 != 0)
                        .collect::<Vec<_>>()
                ));
            } else {
                outcome.false_low += days.count();
            }
        }
    }
    let positives = attacks.len() as f64;
    for (kind, severity) in attacks.into_values() {
        let slot = outcome.found.entry(kind).or_default();
        slot[0] += 1;
        slot[1] += usize::from(severity >= Some(Severity::Low));
        slot[2] += usize::from(severity >= Some(Severity::Medium));
        slot[3] += usize::from(severity >= Some(Severity::High));
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut right = 0.0;
    for (n, (_, hit)) in ranked.iter().enumerate() {
        if *hit {
            right += 1.0;
            outcome.precision += right / (n + 1) as f64;
        }
    }
    outcome.precision /= positives;
    outcome
}

fn report(label: &str, outcome: &Outcome) -> (f64, f64, f64) {
    let sum = |n: usize| outcome.found.values().map(|slot| slot[n]).sum::<usize>();
    let per = |count: usize| count as f64 * 1_000.0 / outcome.host_days as f64;
    println!(
        "{label}: of {} low {} medium {} high {} | false medium {:.1} low {:.1} per 1,000 host-days ({}) | AP {:.2}",
        sum(0),
        sum(1),
        sum(2),
        sum(3),
        per(outcome.false_medium),
        per(outcome.false_low),
        outcome.host_days,
        outcome.precision
    );
    (sum(2) as f64 / sum(0) as f64, per(outcome.false_medium), outcome.precision)
}

fn samples(hunt: &Hunt) -> Vec<Sample> {
    let mut samples = Vec::new();
    for channel in &hunt.channels {
        for score in weigh(channel, &hunt.usual, &hunt.settings) {
            let positive = hunt.truth.contains_key(&(channel.key.clone(), score.day));
            let evidence = evidence(channel, &score, &hunt.usual, &hunt.settings);
            if score.gate > 0.0 {
                samples.push(Sample { evidence, positive, weight: 1.0 });
            }
        }
    }
    samples
}

#[test]
fn most_planted_senders_are_found_and_little_else() {
    let outcome = judge(&hunt(&Fleet::new(1, 200, 7), &Weights::default(), &Reference::shipped(200)));
    for (kind, slot) in &outcome.found {
        println!("  {kind:16} {slot:?}");
    }
    for line in outcome.worst.iter().take(40) {
        println!("  {line}");
    }
    let (recall, false_medium, precision) = report("seed 1", &outcome);
    // Weights were fitted on other fleets than these: what they reach here is below what they reach there. All is sent in single flows
    // of one speed, and no start is known. One program on several hosts reaches low on each of them: docs/analytic.md, Limits.
    assert!(recall > 0.5 && false_medium < 10.0 && precision > 0.8);
    let [hosts, low, ..] = outcome.found.get("campaign").copied().unwrap_or_default();
    assert!(low == hosts && hosts > 0, "{low} of {hosts} hosts of campaigns");
}

/// The totals of what was not planted, of several fleets: a reference distribution.
fn reference(seeds: &[u64], weights: &Weights) -> Reference {
    let (mut totals, mut host_days) = (Totals::default(), 0);
    for seed in seeds {
        let hunt = hunt(&Fleet::new(*seed, 200, 7), weights, &Reference::shipped(200));
        host_days += hunt.usual.host_days();
        for channel in &hunt.channels {
            for score in weigh(channel, &hunt.usual, &hunt.settings) {
                if !hunt.truth.contains_key(&(channel.key.clone(), score.day)) {
                    totals.add(&[score]);
                }
            }
        }
    }
    Reference::from_totals("made-up channels", 20, &totals, host_days)
}

/// The same for hunts of one host alone.
fn reference_of_one(seeds: &[u64], weights: &Weights) -> Reference {
    let (mut totals, mut host_days) = (Totals::default(), 0);
    let settings = Settings::default();
    for seed in seeds {
        let (channels, truth) = Fleet::new(*seed, 200, 7).channels();
        let mut by_host: BTreeMap<String, Vec<Channel>> = BTreeMap::new();
        for channel in channels {
            by_host.entry(channel.key.host.clone()).or_default().push(channel);
        }
        for channels in by_host.into_values() {
            let usual = Usual::from(
                Fragment::of(&channels),
                Context { weights: weights.clone(), ..Context::default() },
            );
            host_days += usual.host_days();
            for channel in &channels {
                for score in weigh(channel, &usual, &settings) {
                    if !truth.contains_key(&(channel.key.clone(), score.day)) {
                        totals.add(&[score]);
                    }
                }
            }
        }
    }
    Reference::from_totals("made-up channels, one host", 0, &totals, host_days)
}

/// `cargo test -p lopside-score --test fleet -- --ignored --nocapture`: several seeds, and weights fitted on some of them.
#[test]
#[ignore = "a study, not a test"]
fn study() {
    let train: Vec<Sample> = [11, 12, 13, 14]
        .iter()
        .flat_map(|seed| {
            samples(&hunt(&Fleet::new(*seed, 200, 7), &Weights::default(), &Reference::shipped(200)))
        })
        .collect();
    let fitted = fit(&train, "fitted on made-up channels");
    println!("{}", fitted.save().unwrap());
    for (label, weights) in [("shipped", Weights::default()), ("fitted", fitted)] {
        let reference = reference(&[11, 12, 13, 14], &weights);
        println!(
            "[[references]]\n{}",
            toml::to_string(&reference_of_one(&[11, 12, 13, 14], &weights)).unwrap()
        );
        println!("[[references]]\n{}", toml::to_string(&reference).unwrap());
        let mut kinds: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
        for (seed, hosts, days) in
            [(1, 200, 7), (2, 200, 7), (3, 200, 7), (4, 400, 14), (5, 40, 7), (6, 200, 3)]
        {
            let hunt = hunt(&Fleet::new(seed, hosts, days), &weights, &reference);
            let outcome = judge(&hunt);
            report(&format!("{label} seed {seed} {hosts}x{days}"), &outcome);
            println!(
                "   cuts low {} medium {} high {}; c {:.1}; {}",
                hunt.calibration.total_for(Severity::Low),
                hunt.calibration.total_for(Severity::Medium),
                hunt.calibration.total_for(Severity::High),
                hunt.calibration.channel_days_per_host_day(),
                hunt.calibration.rests_on()
            );
            for (kind, slot) in &outcome.found {
                let sum = kinds.entry(kind).or_default();
                sum.iter_mut().zip(slot).for_each(|(sum, slot)| *sum += slot);
            }
            if seed == 1 {
                for line in outcome.worst.iter().take(25) {
                    println!("   {line}");
                }
            }
        }
        println!("  {kinds:?}");
    }
}
