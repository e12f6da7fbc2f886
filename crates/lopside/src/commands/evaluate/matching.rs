//! Claims against the truth: what was found, what was false, and how well the ranking is.
//!
//! The interface's rules: a claim counts on each UTC day from its first to its last. It is right on a day when it matches an attack
//! that was active on that day; on each day of an attack one right claim counts and further ones are false; a false one counts once
//! per host, image, destination and day. An attack is found if any right claim overlaps it. Recall and false claims are those of
//! medium and above; average precision is taken over all claims by rank.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::claim::Claim;
use super::truth::{Attack, Truth};

/// How well a detector did on one fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Measures {
    /// Attacks that were found.
    pub(crate) found: u64,
    /// Attacks of which host and destination were found, whatever the image.
    pub(crate) found_by_host_and_destination: u64,
    /// Attacks.
    pub(crate) of: u64,
    /// The same by kind of sender.
    pub(crate) by_scenario: BTreeMap<String, (u64, u64)>,
    /// False claims of medium and above per 1,000 host-days.
    pub(crate) false_per_1000_host_days: f64,
    /// Over all claims by rank.
    pub(crate) average_precision: f64,
    /// False claims of medium and above.
    #[serde(rename = "false")]
    pub(crate) wrong: u64,
    /// Days from the start of an attack to the first day on which it is told, the middle one of those that were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) median_days_to_finding: Option<f64>,
}

/// What became of each attack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdicts {
    /// By attack, in the order of the truth: the place of the best right claim among all, alerts or not.
    pub(crate) best: Vec<Option<usize>>,
    /// By attack: whether an alert found it.
    pub(crate) found: Vec<bool>,
    /// By claim: whether it is right on any of its days.
    pub(crate) right: Vec<bool>,
}

/// Judges claims.
pub(crate) fn measure(claims: &[Claim], truth: &Truth) -> Measures {
    let order = ranked(claims);
    let alerts: Vec<&Claim> =
        order.iter().filter_map(|place| claims.get(*place)).filter(|claim| claim.alert).collect();
    let days = Days::judge(&alerts, &truth.attacks);
    let mut by_scenario: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (attack, first) in truth.attacks.iter().zip(&days.first) {
        let counts = by_scenario.entry(attack.scenario.clone()).or_default();
        counts.0 += u64::from(first.is_some());
        counts.1 += 1;
    }
    let mut waits: Vec<i32> = truth
        .attacks
        .iter()
        .zip(&days.first)
        .filter_map(|(attack, first)| Some((*first)? - attack.start.day()))
        .collect();
    waits.sort_unstable();
    let wrong = days.wrong.len() as u64;
    let placed =
        |attack: &Attack| alerts.iter().any(|claim| overlaps(claim, attack) && claim.matches_place(attack));
    Measures {
        found: days.first.iter().flatten().count() as u64,
        found_by_host_and_destination: truth.attacks.iter().filter(|attack| placed(attack)).count() as u64,
        of: truth.attacks.len() as u64,
        by_scenario,
        false_per_1000_host_days: if truth.host_days == 0 {
            0.0
        } else {
            wrong as f64 * 1_000.0 / truth.host_days as f64
        },
        average_precision: average_precision(claims, &order, &truth.attacks),
        wrong,
        median_days_to_finding: waits.get(waits.len() / 2).map(|days| f64::from(*days)),
    }
}

/// What became of each attack and each claim.
pub(crate) fn verdicts(claims: &[Claim], truth: &Truth) -> Verdicts {
    let mut told = Verdicts {
        best: vec![None; truth.attacks.len()],
        found: vec![false; truth.attacks.len()],
        right: vec![false; claims.len()],
    };
    for place in ranked(claims) {
        let Some(claim) = claims.get(place) else { continue };
        for (number, attack) in truth.attacks.iter().enumerate() {
            if !overlaps(claim, attack) || !claim.matches(attack) {
                continue;
            }
            if let Some(best) = told.best.get_mut(number) {
                best.get_or_insert(place);
            }
            if let Some(found) = told.found.get_mut(number) {
                *found |= claim.alert;
            }
            if let Some(right) = told.right.get_mut(place) {
                *right = true;
            }
        }
    }
    told
}

/// Places of the claims, highest first.
fn ranked(claims: &[Claim]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|one, other| match (claims.get(*one), claims.get(*other)) {
        (Some(a), Some(b)) => {
            b.score.total_cmp(&a.score).then(b.tie.0.total_cmp(&a.tie.0)).then_with(|| a.tie.1.cmp(&b.tie.1))
        }
        _ => one.cmp(other),
    });
    order
}

fn attack_days(attack: &Attack) -> (i32, i32) {
    (attack.start.day(), attack.end.day())
}

fn overlaps(claim: &Claim, attack: &Attack) -> bool {
    let (first, last) = attack_days(attack);
    claim.days.0 <= last && first <= claim.days.1
}

type FalseKey = ((String, String, String), i32);

/// Claims day by day.
#[derive(Default)]
struct Days {
    /// By attack: the first day on which it was told.
    first: Vec<Option<i32>>,
    /// What was told wrongly, once per host, image, destination and day.
    wrong: BTreeSet<FalseKey>,
}

impl Days {
    /// Judges claims in the order they are given.
    fn judge(claims: &[&Claim], attacks: &[Attack]) -> Days {
        let mut days = Days { first: vec![None; attacks.len()], wrong: BTreeSet::new() };
        let mut taken: BTreeSet<(usize, i32)> = BTreeSet::new();
        for claim in claims {
            let matching: Vec<(usize, &Attack)> = attacks
                .iter()
                .enumerate()
                .filter(|(_, attack)| overlaps(claim, attack) && claim.matches(attack))
                .collect();
            for day in claim.days.0..=claim.days.1 {
                let mut counts = false;
                for (number, attack) in &matching {
                    let (first, last) = attack_days(attack);
                    if (first..=last).contains(&day) && taken.insert((*number, day)) {
                        counts = true;
                        if let Some(told) = days.first.get_mut(*number) {
                            *told = Some(told.map_or(day, |known| known.min(day)));
                        }
                    }
                }
                if !counts {
                    days.wrong.insert((claim.key(), day));
                }
            }
        }
        days
    }
}

/// Mean over attacks of the precision at the rank where each is first found; 0 for those that never are.
fn average_precision(claims: &[Claim], order: &[usize], attacks: &[Attack]) -> f64 {
    let steps = steps(claims, order, attacks);
    let sum: f64 = steps.iter().map(|step| step.new as f64 * step.precision).sum();
    sum / (attacks.len() as f64).max(1.0)
}

/// Recall and precision down the ranking, where an attack is first found.
pub(crate) fn curve(claims: &[Claim], truth: &Truth) -> Vec<(f64, f64)> {
    let mut found = 0;
    let steps = steps(claims, &ranked(claims), &truth.attacks);
    let of = (truth.attacks.len() as f64).max(1.0);
    let mut points = Vec::new();
    for step in steps {
        found += step.new;
        points.push((found as f64 / of, step.precision));
    }
    points
}

/// Recall and precision of all claims together.
pub(crate) fn point(claims: &[Claim], truth: &Truth) -> Option<(f64, f64)> {
    let verdicts = verdicts(claims, truth);
    let count = |list: &[bool]| list.iter().filter(|yes| **yes).count() as f64;
    let of = (truth.attacks.len() as f64).max(1.0);
    (!claims.is_empty()).then(|| (count(&verdicts.found) / of, count(&verdicts.right) / claims.len() as f64))
}

/// A rank at which attacks are found.
struct Step {
    /// Attacks that were not found above.
    new: u64,
    /// The share of claims down to here that are right.
    precision: f64,
}

/// The ranks at which attacks are first found. A claim is right here when it counts on any of its days for an attack; a further one
/// for the same days is not.
fn steps(claims: &[Claim], order: &[usize], attacks: &[Attack]) -> Vec<Step> {
    let mut taken: BTreeSet<(usize, i32)> = BTreeSet::new();
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut right = 0_u64;
    let mut steps = Vec::new();
    for (rank, place) in order.iter().enumerate() {
        let Some(claim) = claims.get(*place) else { continue };
        let (mut counts, mut new) = (false, 0_u64);
        for (number, attack) in attacks.iter().enumerate() {
            if !overlaps(claim, attack) || !claim.matches(attack) {
                continue;
            }
            let (first, last) = attack_days(attack);
            for day in claim.days.0.max(first)..=claim.days.1.min(last) {
                counts |= taken.insert((number, day));
            }
            new += u64::from(found.insert(number));
        }
        right += u64::from(counts);
        if new > 0 {
            steps.push(Step { new, precision: right as f64 / (rank + 1) as f64 });
        }
    }
    steps
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lopside_model::Micros;

    /// An attack of WS-1 on these days.
    pub(crate) fn attack(scenario: &str, first: i32, last: i32) -> Attack {
        Attack {
            scenario: scenario.into(),
            host: "WS-1".into(),
            host_ips: BTreeSet::from(["10.0.0.7".parse().unwrap()]),
            image: Some(r"C:\ProgramData\x.exe".into()),
            domain: Some("drop.example".into()),
            ips: ["203.0.113.9", "203.0.113.10"].iter().map(|ip| ip.parse().unwrap()).collect(),
            port: Some(8_443),
            start: Micros::of_day(first).plus(3_600_000_000),
            end: Micros::of_day(last).plus(7_200_000_000),
            bytes_out: Some(1_000_000_000),
            attributable: true,
        }
    }

    /// A claim that is right about it on those days.
    pub(crate) fn claim(first: i32, last: i32, score: f64) -> Claim {
        Claim {
            host: Some("ws-1.corp.example".into()),
            host_ips: BTreeSet::from(["10.0.0.7".parse().unwrap()]),
            image: Some(r"c:\programdata\X.exe".into()),
            domain: Some("DROP.example".into()),
            ips: BTreeSet::from(["203.0.113.9".parse().unwrap()]),
            days: (first, last),
            score,
            tie: (0.0, format!("{first}-{last}-{score}")),
            alert: true,
        }
    }

    fn wrong(day: i32, score: f64) -> Claim {
        Claim { domain: Some("cdn.example".into()), ips: BTreeSet::new(), ..claim(day, day, score) }
    }

    fn truth(attacks: Vec<Attack>) -> Truth {
        Truth { seed: None, generator: None, hosts: 100, days: 5, host_days: 500, attacks }
    }

    #[test]
    fn one_right_finding_over_all_days_is_perfect() {
        let told = measure(&[claim(3, 5, 60.0)], &truth(vec![attack("drip", 3, 5)]));
        assert_eq!((told.found, told.of, told.wrong), (1, 1, 0));
        assert_eq!((told.average_precision, told.false_per_1000_host_days), (1.0, 0.0));
        assert_eq!(told.by_scenario["drip"], (1, 1));
        assert_eq!(told.median_days_to_finding, Some(0.0));
    }

    #[test]
    fn further_claims_of_a_day_are_false_and_count_once() {
        let other = Claim { image: claim(3, 3, 0.0).image, tie: (0.0, "z".into()), ..claim(3, 3, 50.0) };
        let told = measure(&[claim(3, 3, 60.0), other.clone(), other], &truth(vec![attack("drip", 3, 5)]));
        assert_eq!((told.found, told.wrong), (1, 1));
        assert_eq!(told.false_per_1000_host_days, 2.0);
    }

    #[test]
    fn days_outside_of_the_attack_are_false() {
        let told = measure(&[claim(1, 6, 60.0)], &truth(vec![attack("drip", 3, 5)]));
        assert_eq!((told.found, told.wrong), (1, 3));
        let before = measure(&[claim(1, 2, 60.0)], &truth(vec![attack("drip", 3, 5)]));
        assert_eq!((before.found, before.wrong, before.average_precision), (0, 2, 0.0));
    }

    #[test]
    fn what_is_below_medium_ranks_but_neither_finds_nor_errs() {
        let low = Claim { alert: false, ..claim(3, 5, 40.0) };
        let told =
            measure(&[low, Claim { alert: false, ..wrong(3, 30.0) }], &truth(vec![attack("drip", 3, 5)]));
        assert_eq!((told.found, told.wrong, told.average_precision), (0, 0, 1.0));
    }

    #[test]
    fn precision_counts_what_ranks_above() {
        let attacks = vec![attack("drip", 3, 3), Attack { host: "WS-9".into(), ..attack("bulk", 4, 4) }];
        let second = Claim { host: Some("WS-9".into()), ..claim(4, 4, 40.0) };
        let told = measure(&[wrong(2, 80.0), claim(3, 3, 60.0), second, wrong(5, 10.0)], &truth(attacks));
        assert!((told.average_precision - (1.0 / 2.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12, "{told:?}");
        assert_eq!((told.found, told.wrong), (2, 2));
    }

    #[test]
    fn nothing_claimed_and_nothing_planted() {
        assert_eq!(measure(&[], &truth(vec![attack("drip", 3, 5)])).found, 0);
        let told = measure(&[wrong(1, 1.0)], &truth(Vec::new()));
        assert_eq!((told.of, told.wrong, told.average_precision), (0, 1, 0.0));
    }

    #[test]
    fn verdicts_name_the_best_right_claim() {
        let claims = [wrong(3, 90.0), Claim { alert: false, ..claim(3, 3, 20.0) }, claim(4, 4, 50.0)];
        let told = verdicts(&claims, &truth(vec![attack("drip", 3, 5), attack("bulk", 9, 9)]));
        assert_eq!(told.best, [Some(2), None]);
        assert_eq!(told.found, [true, false]);
        assert_eq!(told.right, [false, true, true]);
    }
}
