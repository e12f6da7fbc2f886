//! Findings of made-up channels.

use super::*;
use crate::fragment::Fragment;
use crate::reference::Reference;
use crate::testing::{channel, on, started_to_send};
use crate::totals::Totals;
use crate::usual::Context;
use crate::weigh::weigh;
use lopside_model::channel::{FlowNote, PortSum, Sum};
use lopside_model::identity::Place;

/// A fleet of 60 hosts with a browser and an agent, and these channels.
fn hunt(extra: &[Channel]) -> (Vec<Vec<RawFinding>>, Calibration) {
    let mut all = extra.to_vec();
    for n in 0..60 {
        let mut browser = channel(&format!("o{n}"), Some(r"%programfiles%\b.exe"), "news.example");
        let mut agent = channel(&format!("o{n}"), Some(r"%programfiles%\agent.exe"), "vendor.example");
        for day in 0..7 {
            browser = on(browser, day, 1 << 20, 1 << 25);
            agent = on(agent, day, 1 << 22, 1 << 14);
        }
        all.extend([browser, agent]);
    }
    let usual = Usual::from(Fragment::of(&all), Context::default());
    let settings = Settings::default();
    let calibration = Calibration::new(Totals::default(), 0, &settings, Reference::shipped(62));
    let of = |channel: &Channel| {
        findings(channel, &weigh(channel, &usual, &settings), &usual, &calibration, &settings)
    };
    (extra.iter().map(of).collect(), calibration)
}

fn theft() -> Channel {
    let quiet = on(
        channel("o1", Some(r"c:\users\#\appdata\local\temp\x.exe"), "198.51.100.23"),
        4,
        1_900_000_000,
        12_000_000,
    );
    let mut c = on(quiet, 5, 1_000_000_000, 3_000_000);
    c.place = Place::Temporary;
    started_to_send(c, 1_800)
}

#[test]
fn a_theft_is_one_finding_over_its_days() {
    let (found, _) = hunt(&[theft()]);
    assert_eq!(found[0].len(), 1);
    let finding = &found[0][0].finding;
    assert!(finding.severity >= Severity::Medium, "{finding:#?}");
    assert_eq!((finding.bytes_out, finding.flows), (Some(2_900_000_000), 2));
    assert_eq!(finding.total, finding.factors.iter().map(|factor| factor.points).sum::<f64>());
    assert!(finding.counterfactual.contains("below medium") || finding.counterfactual.contains("no single"));
    assert!(finding.techniques.is_empty());
    let (again, _) = hunt(&[theft()]);
    assert_eq!(again, found);
}

#[test]
fn a_gap_makes_two_spells_with_two_ids() {
    let c = on(theft(), 9, 1_500_000_000, 1_000);
    let (found, _) = hunt(&[c]);
    assert_eq!(found[0].len(), 2);
    assert_ne!(found[0][0].finding.id, found[0][1].finding.id);
    assert_eq!(found[0][0].finding.id, hunt(&[theft()]).0[0][0].finding.id);
}

#[test]
fn volume_and_ratio_alone_are_never_medium() {
    let mut agent = channel("o1", Some(r"%programfiles%\agent.exe"), "vendor.example");
    for day in 0..7 {
        agent = on(agent, day, 1 << 50, 0);
    }
    let (found, _) = hunt(&[agent]);
    assert!(found[0].iter().all(|raw| raw.finding.severity < Severity::Medium), "{found:#?}");
}

#[test]
fn unmeasured_is_ranked_apart() {
    let mut c = theft();
    for day in &mut c.days {
        day.unmeasured = day.sum;
        day.sum = Sum::default();
        day.lopsided = Sum::default();
        day.unmeasured_why = Some("the sensor saw no content".into());
    }
    let (found, _) = hunt(&[c]);
    let finding = &found[0][0].finding;
    assert!(finding.unmeasured && finding.severity == Severity::Low);
    assert_eq!(finding.ratio, None);
    assert!(finding.not_seen[0].contains("no content"));
}

#[test]
fn a_count_of_sequence_numbers_on_one_host_is_worth_a_look() {
    let mut c = on(channel("mkt01", Some(r"%userprofile%\downloads\payload.exe"), "10.0.5.14"), 4, 0, 0);
    (c.place, c.scope) = (Place::Temporary, lopside_model::net::Scope::Internal);
    let day = &mut c.days[0];
    (day.sum, day.unmeasured) = (Sum::default(), Sum { flows: 2, bytes_out: 26_310_415, bytes_in: 748_459 });
    day.ports[0] = PortSum { port: 6_666, bytes_out: 26_310_415, ..day.ports[0].clone() };
    day.largest.push(FlowNote {
        start: day.first,
        end: day.last,
        ip: "10.0.5.14".parse().unwrap(),
        port: 6_666,
        bytes_out: Some(26_310_415),
        bytes_in: Some(748_459),
        quality: (Quality::SequenceOnly, Quality::Exact),
        origins: Vec::new(),
        connection: None,
        files: None,
    });
    let usual = Usual::from(Fragment::of(std::slice::from_ref(&c)), Context::default());
    let settings = Settings::default();
    let calibration = Calibration::new(Totals::default(), 0, &settings, Reference::shipped(usual.hosts()));
    let found = findings(&c, &weigh(&c, &usual, &settings), &usual, &calibration, &settings);
    let finding = &found[0].finding;
    assert_eq!((finding.bytes_out, finding.bytes_out_quality), (Some(26_310_415), Quality::SequenceOnly));
    assert_eq!((finding.severity, finding.ratio, finding.unmeasured), (Severity::Low, None, true));
    // Neither is a host of which nothing was counted a finding, nor does it stop anything.
    c.days[0].unmeasured.bytes_out = 0;
    assert!(findings(&c, &weigh(&c, &usual, &settings), &usual, &calibration, &settings).is_empty());
}

#[test]
fn records_are_named_by_the_caller() {
    let raw = RawFinding {
        finding: hunt(&[theft()]).0[0][0].finding.clone(),
        origins: vec![(Origin { input: 3, record: 17 }, Trace { kind: "flow", ..Trace::default() })],
    };
    let finding =
        raw.complete(&|origin| Some((format!("conn{}.log", origin.input), origin.record.to_string())));
    assert_eq!((finding.evidence[0].file.as_str(), finding.evidence[0].record.as_str()), ("conn3.log", "17"));
}

#[test]
fn a_name_that_another_host_looked_up_says_that_it_is_weak() {
    use lopside_model::record::NameSource;
    let named = |source| {
        let mut c = theft();
        c.name = Some(("drop.example".into(), source));
        hunt(&[c]).0.remove(0).remove(0).finding
    };
    let weak = named(NameSource::DnsOther);
    assert_eq!(weak.destination.domain.as_deref(), Some("drop.example"));
    assert_eq!(weak.destination.domain_source.as_deref(), Some("dns_other_host"));
    assert!(weak.not_seen.iter().any(|item| item.contains("another host got this address for it")));
    let own = named(NameSource::DnsHost);
    assert!(own.not_seen.iter().all(|item| !item.contains("which name")), "{own:#?}");
    let written_by_anybody = named(NameSource::CertificateUnverified);
    assert_eq!(written_by_anybody.destination.domain, None);
    assert!(!written_by_anybody.title.contains("drop.example"), "{}", written_by_anybody.title);
}

#[test]
fn a_roll_out_to_a_third_of_the_fleet_is_not_a_finding_a_host() {
    // New on 20 of 62 hosts over three days, each as large and lopsided as a theft, to a place that is not named for it.
    let software = |n: usize| {
        let identity = Some(r"%programfiles%\acme\agent.exe");
        let mut new = channel(&format!("o{n}"), identity, "collector.example");
        for day in 3 + n as i32 % 3..7 {
            new = on(new, day, 200_000_000, 1_000_000);
        }
        started_to_send(new, 60)
    };
    let roll_out: Vec<Channel> = (0..20).map(software).collect();
    let medium = |found: &[Vec<RawFinding>]| {
        found.iter().flatten().filter(|raw| raw.finding.severity >= Severity::Medium).count()
    };
    assert_eq!(medium(&hunt(&roll_out[..1]).0), 1, "on a single host it is one");
    let (together, _) = hunt(&roll_out);
    assert!(medium(&together) <= 1, "{} of 20", medium(&together));
}

#[test]
fn an_application_of_one_host_that_sends_to_its_vendor_every_day_is_no_finding() {
    let sending = |to: &str, days: std::ops::Range<i32>| {
        let mut own = channel("o1", Some(r"%programfiles%\acme\uploader.exe"), to);
        for day in days {
            own = on(own, day, 200_000_000, 1_000_000);
        }
        let (found, _) = hunt(&[started_to_send(own, 60)]);
        found[0].iter().map(|raw| raw.finding.severity).max()
    };
    // Even where it is started anew for each upload.
    assert!(sending("acme.example", 0..7) < Some(Severity::Medium));
    assert!(
        sending("elsewhere.example", 4..5) >= Some(Severity::Medium),
        "once, to another place, it is one"
    );
}

#[test]
fn thirteen_megabytes_a_day_in_small_pieces_are_seen_like_two_gigabytes_at_once() {
    let image = Some(r"c:\users\#\appdata\local\temp\x.exe");
    let mut drip = channel("o1", image, "198.51.100.23");
    for day in 2..6 {
        drip = on(drip, day, 13_000_000, 200_000);
    }
    drip = started_to_send(drip, 5);
    for day in &mut drip.days {
        let whole = day.largest.remove(0);
        day.largest = (0..16)
            .map(|n| {
                let start = whole.start.plus(n * 1_200_000_000);
                let (bytes_out, bytes_in) = (Some(800_000), Some(12_000));
                FlowNote { start, end: start.plus(4_000_000), bytes_out, bytes_in, ..whole.clone() }
            })
            .collect();
        day.last = day.first.plus(16 * 1_200_000_000);
    }
    let mut at_once = on(channel("o2", image, "198.51.100.24"), 4, 2_000_000_000, 12_000_000);
    at_once = started_to_send(at_once, 600);
    for sender in [&mut drip, &mut at_once] {
        sender.place = Place::Temporary;
    }
    let (found, _) = hunt(&[drip, at_once]);
    let severities: Vec<Vec<Severity>> =
        found.iter().map(|of| of.iter().map(|raw| raw.finding.severity).collect()).collect();
    // One finding each, whatever the number of days.
    assert!(severities.iter().all(|of| of.len() == 1 && of[0] >= Severity::Medium), "{severities:?}");
}
