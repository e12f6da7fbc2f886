//! The evaluation as text: a table of detectors for each fleet, then the kinds of sender, then the means.

use super::matching::Measures;
use super::{FleetReport, RuleReport, misses};
use crate::output::layout::{Grid, hang, hang_lines, join};
use crate::output::{safe, units};

/// The text, within `columns` columns.
pub(super) fn render(fleets: &[FleetReport], budget: f64, columns: usize) -> String {
    let mut out = String::new();
    for fleet in fleets {
        let title = format!(
            "{}: {}, {} planted",
            safe::text(&fleet.path),
            units::counted(fleet.host_days, "host-day"),
            units::counted(fleet.lopside.of, "sender"),
        );
        out.push_str(&hang("", &title, columns));
        let rules: Vec<(&str, &Measures)> =
            fleet.rules.iter().map(|rule| (rule.name.as_str(), &rule.measures)).collect();
        detectors(&mut out, &fleet.lopside, &rules, columns);
        beside(&mut out, &fleet.lopside, columns);
        scenarios(&mut out, &fleet.lopside, columns);
        if let Some(missed) = &fleet.misses {
            misses::render(&mut out, missed, columns);
        }
        out.push('\n');
    }
    if fleets.len() > 1 {
        out.push_str(&format!("Mean of {} fleets\n", fleets.len()));
        let lopside = mean(fleets.iter().map(|fleet| &fleet.lopside));
        let names = fleets.first().map(|fleet| fleet.rules.as_slice()).unwrap_or_default();
        let means: Vec<(&str, Measures)> =
            names.iter().map(|rule| (rule.name.as_str(), mean(of_rule(fleets, rule)))).collect();
        let rules: Vec<(&str, &Measures)> = means.iter().map(|(name, measures)| (*name, measures)).collect();
        detectors(&mut out, &lopside, &rules, columns);
        beside(&mut out, &lopside, columns);
        scenarios(&mut out, &lopside, columns);
        out.push('\n');
    }
    calibration(&mut out, fleets);
    let achieved: f64 = fleets.iter().map(|fleet| fleet.lopside.false_per_1000_host_days).sum::<f64>()
        / fleets.len().max(1) as f64;
    let text = format!(
        "False findings of medium or above per 1,000 host-days: budget {budget}, achieved {achieved:.1}"
    );
    out.push_str(&hang("", &text, columns));
    out
}

/// Nominal against achieved, the mean over fleets.
fn calibration(out: &mut String, fleets: &[FleetReport]) {
    let Some(first) = fleets.first().filter(|fleet| !fleet.calibration.is_empty()) else { return };
    let mut grid = Grid::new(&[("BUDGET", true), ("FALSE/1,000", true), ("RECALL", true)]);
    for nominal in &first.calibration {
        let of: Vec<_> = fleets
            .iter()
            .flat_map(|fleet| &fleet.calibration)
            .filter(|achieved| achieved.budget == nominal.budget)
            .collect();
        let count = (of.len() as f64).max(1.0);
        let wrong = of.iter().map(|achieved| achieved.false_per_1000_host_days).sum::<f64>() / count;
        let recall = of.iter().map(|achieved| achieved.recall).sum::<f64>() / count;
        grid.row(vec![format!("{}", nominal.budget), per_thousand(wrong), format!("{recall:.2}")]);
    }
    for line in grid.lines(60) {
        out.push_str(&format!("  {line}\n"));
    }
    out.push('\n');
}

fn detectors(out: &mut String, lopside: &Measures, rules: &[(&str, &Measures)], columns: usize) {
    let mut grid = Grid::new(&[
        ("DETECTOR", false),
        ("FOUND", true),
        ("RECALL", true),
        ("FALSE/1,000", true),
        ("AP", true),
    ]);
    for (name, told) in std::iter::once(("lopside", lopside)).chain(rules.iter().copied()) {
        grid.row(vec![
            name.to_owned(),
            format!("{}/{}", told.found, told.of),
            if told.of == 0 { "-".to_owned() } else { format!("{:.2}", told.found as f64 / told.of as f64) },
            per_thousand(told.false_per_1000_host_days),
            if told.of == 0 { "-".to_owned() } else { format!("{:.2}", told.average_precision) },
        ]);
    }
    for line in grid.lines(columns.saturating_sub(2)) {
        out.push_str(&format!("  {line}\n"));
    }
}

/// What else is known of the findings: how long they took, and what is found whatever the image.
fn beside(out: &mut String, told: &Measures, columns: usize) {
    if told.of == 0 {
        return;
    }
    let wait = told.median_days_to_finding.map_or_else(String::new, |days| {
        format!("; {days} days from the start to the first finding, the middle one of those found")
    });
    let text = format!(
        "lopside by host and destination, whatever the image: {}/{}{wait}",
        told.found_by_host_and_destination, told.of
    );
    out.push_str(&hang("  ", &text, columns));
}

fn per_thousand(rate: f64) -> String {
    if rate < 100.0 { format!("{rate:.1}") } else { units::count(rate.round() as u64) }
}

fn scenarios(out: &mut String, told: &Measures, columns: usize) {
    if told.by_scenario.is_empty() {
        return;
    }
    let last = told.by_scenario.len() - 1;
    let kinds = told.by_scenario.iter().enumerate().map(|(number, (name, (found, of)))| {
        format!("{} {found}/{of}{}", safe::text(name), if number == last { "" } else { "," })
    });
    out.push_str(&hang_lines("  by kind ", &join(kinds, " ", columns.saturating_sub(10))));
}

fn of_rule<'f>(fleets: &'f [FleetReport], rule: &'f RuleReport) -> impl Iterator<Item = &'f Measures> {
    fleets
        .iter()
        .flat_map(|fleet| &fleet.rules)
        .filter(|other| other.name == rule.name)
        .map(|rule| &rule.measures)
}

/// Sums of counts, means of rates.
fn mean<'m>(all: impl Iterator<Item = &'m Measures>) -> Measures {
    let mut told = Measures::default();
    let mut count = 0.0;
    for one in all {
        count += 1.0;
        told.found += one.found;
        told.found_by_host_and_destination += one.found_by_host_and_destination;
        told.of += one.of;
        told.wrong += one.wrong;
        told.false_per_1000_host_days += one.false_per_1000_host_days;
        told.average_precision += one.average_precision;
        for (name, (found, of)) in &one.by_scenario {
            let sum = told.by_scenario.entry(name.clone()).or_default();
            sum.0 += found;
            sum.1 += of;
        }
    }
    told.false_per_1000_host_days /= f64::max(count, 1.0);
    told.average_precision /= f64::max(count, 1.0);
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::evaluate::Achieved;
    use crate::output::layout::width;

    fn fleet(path: &str, found: u64) -> FleetReport {
        let measures = Measures {
            found,
            found_by_host_and_destination: found,
            of: 9,
            by_scenario: (0..9)
                .map(|n| (format!("a_kind_of_sender_{n}"), (u64::from(n < found), 1)))
                .collect(),
            false_per_1000_host_days: 4.0,
            average_precision: found as f64 / 10.0,
            wrong: 5,
            median_days_to_finding: None,
        };
        let rule = Measures { false_per_1000_host_days: 4_265.0, ..measures.clone() };
        FleetReport {
            path: path.into(),
            host_days: 1_400,
            lopside: measures,
            rules: vec![RuleReport {
                name: "50 biggest senders a day".into(),
                measures: rule,
                point: Some((0.9, 0.1)),
            }],
            calibration: Vec::new(),
            misses: None,
            curve: vec![(0.1, 1.0)],
        }
    }

    #[test]
    fn a_table_for_each_fleet_and_their_mean() {
        let text = render(&[fleet("a", 8), fleet("b", 9)], 5.0, 80);
        assert!(text.lines().all(|line| width(line) <= 80), "{text}");
        assert!(text.starts_with("a: 1,400 host-days, 9 senders planted\n"), "{text}");
        assert!(
            text.contains("Mean of 2 fleets") && text.contains("17/18") && text.contains("4,265"),
            "{text}"
        );
        assert!(text.contains("achieved 4.0"), "{text}");
        assert!(!render(&[fleet("a", 8)], 5.0, 80).contains("Mean"));
    }

    #[test]
    fn budgets_stand_beside_what_they_came_to() {
        let achieved = |rate| Achieved { budget: 5.0, false_per_1000_host_days: rate, recall: 0.5 };
        let with = |rate| FleetReport { calibration: vec![achieved(rate)], ..fleet("a", 8) };
        let text = render(&[with(4.0), with(8.0)], 5.0, 80);
        assert!(text.contains("BUDGET") && text.contains("6.0"), "{text}");
        assert!(!render(&[fleet("a", 8)], 5.0, 80).contains("BUDGET"));
    }

    #[test]
    fn the_json_has_the_keys_of_the_interface() {
        let told = serde_json::to_value(fleet("a", 8)).unwrap();
        for key in ["found", "of", "by_scenario", "false_per_1000_host_days", "average_precision"] {
            assert!(told["lopside"].get(key).is_some() && told["rules"][0].get(key).is_some(), "{key}");
        }
        assert_eq!(told["lopside"]["by_scenario"]["a_kind_of_sender_0"], serde_json::json!([1, 1]));
        assert_eq!(told["rules"][0]["name"], "50 biggest senders a day");
    }
}
