//! What would make a finding less than it is: the score is computed again with one thing changed at a time.

use lopside_model::finding::Severity;

use crate::calibration::Calibration;
use crate::case::{Assume, Case};
use crate::weigh::evidence_of;
use crate::words;

/// Ratios that are tried, highest first.
const RATIOS: [f64; 8] = [20.0, 10.0, 7.0, 5.0, 4.0, 3.0, 2.0, 1.5];
/// Numbers of hosts that are tried.
const HOSTS: [u32; 7] = [1, 2, 3, 5, 8, 15, 30];
/// Numbers of days that are tried.
const DAYS: [usize; 5] = [1, 2, 3, 5, 10];

/// The sentence.
pub(crate) fn counterfactual(case: &Case<'_>, severity: Severity, calibration: &Calibration) -> String {
    let target = if severity >= Severity::Medium { Severity::Medium } else { Severity::Low };
    let below = |changed: &Case<'_>| {
        calibration.severity(case.usual.weights().total(&evidence_of(changed))) < Some(target)
    };
    let mut ways = Vec::new();
    if case.measured() {
        let own = case.sum.bytes_out as f64 / case.sum.bytes_in.max(1) as f64;
        let with_ratio = |ratio: &f64| {
            let mut changed = *case;
            changed.sum.bytes_in = (case.sum.bytes_out as f64 / ratio) as u64;
            changed
        };
        if let Some(ratio) = RATIOS.iter().find(|ratio| **ratio < own && below(&with_ratio(ratio))) {
            ways.push(format!("with a ratio under {ratio}"));
        }
    }
    if let Some(hosts) = HOSTS.iter().find(|hosts| below(&assuming(case, |a| a.destination_hosts = **hosts)))
    {
        ways.push(format!("if {} used this destination", more(*hosts)));
    }
    if case.has_process()
        && let Some(hosts) = HOSTS.iter().find(|hosts| below(&assuming(case, |a| a.process_hosts = **hosts)))
    {
        ways.push(format!("if {} ran this process", more(*hosts)));
    }
    if let Some(days) = DAYS.iter().find(|days| below(&assuming(case, |a| a.days = **days))) {
        ways.push(format!("if it had sent as much on {} before", words::count(*days, "day")));
    }
    if ways.is_empty() {
        let both = assuming(case, |a| (a.destination_hosts, a.process_hosts, a.days) = (30, 30, 10));
        let all = if below(&both) {
            "only all of these together would"
        } else {
            "not even all of these together would"
        };
        return format!(
            "no single change (a ratio of 1.5, 30 more hosts with this destination or process, 10 days of habit) makes it less than {}; {all}",
            target.name()
        );
    }
    format!("would be below {} {}", target.name(), ways.join(", or "))
}

fn assuming<'a>(case: &Case<'a>, change: impl Fn(&mut Assume)) -> Case<'a> {
    let mut changed = *case;
    change(&mut changed.assume);
    changed
}

fn more(hosts: u32) -> String {
    if hosts == 1 { "1 more host".into() } else { format!("{hosts} more hosts") }
}
