//! Readiness as text: the sentence first, then the hosts, then what failed and what to do about it. Reads at 80 columns.

use lopside_score::ANALYTIC;

use crate::output::layout::{Grid, hang, hang_lines, join, width};
use crate::output::{safe, units};
use crate::readiness::{Check, HostReadiness, Readiness, Status, Verdict};

/// Hosts that are listed when not all are asked for; those that can be answered for give way.
const LISTED: usize = 30;
/// Widest name of a host.
const WIDEST_NAME: usize = 24;
/// What stands before advice.
const ADVICE: &str = " -> ";
/// Columns from which the number of matches is told beside a clock.
const ROOMY: usize = 96;

/// `+75.2 s`, `-50,027.9 s`.
pub(crate) fn seconds(value: f64) -> String {
    let tenths = (value.abs() * 10.0).round() as u64;
    let sign = if value < 0.0 && tenths > 0 { '-' } else { '+' };
    format!("{sign}{}.{} s", units::count(tenths / 10), tenths % 10)
}

/// The whole report, within `columns` columns; every host where `all` is set.
pub(crate) fn render(told: &Readiness, columns: usize, all: bool) -> String {
    let mut out = hang("", &sentence(told), columns);
    if told.overall.counts.flows > 0 {
        out.push_str(&hang("", &measured(told), columns));
    }
    out.push('\n');
    table(&mut out, told, columns, all);
    unmonitored(&mut out, told, columns);
    out.push('\n');
    findings(&mut out, told, columns);
    sources(&mut out, told, columns);
    out
}

fn sentence(told: &Readiness) -> String {
    let overall = &told.overall;
    let answer = match overall.verdict {
        Verdict::Measurable => "Yes",
        Verdict::Partly => "Partly",
        Verdict::NotMeasurable => "No",
    };
    let reason = overall.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
    format!("Can this telemetry answer {ANALYTIC}? {answer}{reason}.")
}

fn measured(told: &Readiness) -> String {
    let overall = &told.overall;
    let counts = &overall.counts;
    let share = |count: u64| units::share(count, counts.flows);
    let mut text = format!(
        "{}: process known {}, bytes both ways {}, both {}.",
        units::counted(counts.flows, "flow"),
        share(counts.process_known),
        share(counts.bytes_both_known),
        share(counts.both_known),
    );
    if overall.external_bytes_out > 0 {
        text.push_str(&format!(
            " Of {} sent outside, {} with process, user and destination.",
            units::bytes(overall.external_bytes_out),
            units::share(
                overall.external_bytes_out_with_process_user_destination,
                overall.external_bytes_out
            ),
        ));
    }
    text
}

/// Hosts with endpoint events, those that cannot be answered for first.
fn table(out: &mut String, told: &Readiness, columns: usize, all: bool) {
    let mut hosts: Vec<&HostReadiness> = told.hosts.iter().filter(|host| host.endpoint_events).collect();
    if hosts.is_empty() {
        return;
    }
    hosts.sort_by(|a, b| (a.verdict, &a.name).cmp(&(b.verdict, &b.name)));
    let (shown, rest) = hosts.split_at(if all { hosts.len() } else { LISTED.min(hosts.len()) });
    let (sent, received) = if columns < ROOMY { ("OUT", "IN") } else { ("BYTES OUT", "BYTES IN") };
    let mut grid = Grid::new(&[
        ("HOST", false),
        ("FLOWS", true),
        ("PROCESS", true),
        (sent, true),
        (received, true),
        ("BOTH", true),
        ("CLOCK", false),
        ("VERDICT", false),
    ]);
    for host in shown {
        grid.row(row(host, columns));
    }
    for line in grid.lines(columns) {
        out.push_str(&line);
        out.push('\n');
    }
    if !rest.is_empty() {
        let measurable = rest.iter().filter(|host| host.verdict == Verdict::Measurable).count();
        let text = format!(
            "... {}, {} of them measurable: --all lists them",
            units::counted(rest.len() as u64, "more host"),
            units::count(measurable as u64),
        );
        out.push_str(&hang("", &text, columns));
    }
}

fn row(host: &HostReadiness, columns: usize) -> Vec<String> {
    let share = |count: u64| whole_share(count, host.counts.flows);
    let clock = host.clocks.iter().max_by_key(|line| line.matches).map_or("-".to_owned(), |line| {
        let matches =
            if columns < ROOMY { String::new() } else { format!(" ({})", units::count(line.matches)) };
        format!("{}{matches}", seconds(line.offset_seconds))
    });
    let reason = host.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
    vec![
        shorten(&safe::text(&host.name)),
        units::count(host.counts.flows),
        share(host.counts.process_known),
        share(host.bytes_out_known),
        share(host.bytes_in_known),
        share(host.counts.both_known),
        clock,
        format!("{}{reason}", host.verdict.words()),
    ]
}

/// Whole per cents, so that columns stay narrow; 100 only where it is all.
fn whole_share(part: u64, whole: u64) -> String {
    match (part, whole) {
        (_, 0) => "-".to_owned(),
        (0, _) => "0 %".to_owned(),
        (part, whole) => match u128::from(part) * 100 / u128::from(whole) {
            0 => "<1 %".to_owned(),
            percent => format!("{percent} %"),
        },
    }
}

fn unmonitored(out: &mut String, told: &Readiness, columns: usize) {
    let overall = &told.overall;
    if overall.unmonitored_addresses == 0 {
        return;
    }
    let noun = if overall.unmonitored_addresses == 1 { "address" } else { "addresses" };
    let mut text = format!("(no endpoint events) {} {noun}", units::count(overall.unmonitored_addresses));
    if overall.external_bytes_out > 0 {
        let share = units::share(overall.unmonitored_external_bytes_out, overall.external_bytes_out);
        text.push_str(&format!(", {share} of bytes sent outside"));
    }
    text.push_str(": printers, servers or hosts without Sysmon");
    out.push_str(&hang("", &text, columns));
    let mut largest: Vec<&HostReadiness> =
        told.hosts.iter().filter(|host| !host.endpoint_events && host.external_bytes_out > 0).collect();
    largest.sort_by(|a, b| b.external_bytes_out.cmp(&a.external_bytes_out).then_with(|| a.name.cmp(&b.name)));
    if !largest.is_empty() {
        let named = |host: &&HostReadiness| {
            format!("{} ({})", shorten(&safe::text(&host.name)), units::bytes(host.external_bytes_out))
        };
        let most: Vec<String> = largest.iter().take(3).map(named).collect();
        out.push_str(&hang("  most sent by ", &most.join(", "), columns));
    }
}

/// A check that did not pass, and where.
struct Line<'t> {
    check: &'t Check,
    place: String,
}

/// Each check that did not pass, worst first, with the hosts it concerns and what to do.
fn findings(out: &mut String, told: &Readiness, columns: usize) {
    let mut lines: Vec<Line<'_>> = told.overall.checks.iter().filter_map(|check| line(told, check)).collect();
    lines.sort_by(|a, b| b.check.status.cmp(&a.check.status).then_with(|| a.check.id.cmp(&b.check.id)));
    for line in lines {
        let word = if line.check.status == Status::Fail { "FAIL" } else { "WARN" };
        let label = format!("{word}  {}  ", line.check.id);
        let advice = line.check.advice.as_deref().unwrap_or("");
        let text = format!("{}: {}", line.check.title, line.place);
        out.push_str(&hang(&label, &text, columns));
        out.push_str(&hang_lines(ADVICE, &join(pieces(advice), " ", columns.saturating_sub(width(ADVICE)))));
    }
    let passed = told.overall.checks.iter().filter(|check| check.status == Status::Pass);
    let passed: Vec<&str> = passed.map(|check| check.id.as_str()).collect();
    if !passed.is_empty() {
        out.push_str(&hang("PASS  ", &format!("over all hosts: {}", passed.join(" ")), columns));
    }
}

/// What is told of a check: the hosts on which it came out worst, else what it came to over all hosts.
fn line<'t>(told: &'t Readiness, overall: &'t Check) -> Option<Line<'t>> {
    let bad = |check: &Check| matches!(check.status, Status::Warn | Status::Fail);
    // These count hosts or inputs: their value over all hosts says it.
    if !matches!(overall.id.as_str(), "R01" | "R19" | "R26") {
        let of_hosts: Vec<(&HostReadiness, &Check)> = told
            .hosts
            .iter()
            .filter(|host| host.endpoint_events)
            .filter_map(|host| {
                Some((host, host.checks.iter().find(|check| check.id == overall.id && bad(check))?))
            })
            .collect();
        if let Some(worst) = of_hosts.iter().map(|(_, check)| check.status).max() {
            let hosts: Vec<_> = of_hosts.into_iter().filter(|(_, check)| check.status == worst).collect();
            let (host, check) = hosts.first()?;
            let example = format!("{} on {}", check.value, shorten(&safe::text(&host.name)));
            let place = match hosts.len() {
                1 => example,
                count => format!("on {} hosts, as {example}", units::count(count as u64)),
            };
            return Some(Line { check, place });
        }
    }
    bad(overall).then(|| Line { check: overall, place: overall.value.clone() })
}

fn sources(out: &mut String, told: &Readiness, columns: usize) {
    if told.sources.is_empty() {
        return;
    }
    let kind = |source: &crate::readiness::Source| {
        format!("{} {}", safe::text(&source.kind), units::count(source.records))
    };
    let kinds: Vec<String> = told.sources.iter().map(kind).collect();
    out.push('\n');
    out.push_str(&hang("Read  ", &kinds.join(", "), columns));
}

/// The words of an advice; what stands between backticks is typed, so it stays in one piece.
fn pieces(advice: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for word in advice.split(' ').filter(|word| !word.is_empty()) {
        let ticks = word.matches('`').count();
        match pieces.last_mut().filter(|_| open) {
            Some(piece) => {
                piece.push(' ');
                piece.push_str(word);
            }
            None => pieces.push(word.to_owned()),
        }
        open ^= ticks % 2 == 1;
    }
    pieces
}

/// Cuts a name in its end, saying so.
fn shorten(name: &str) -> String {
    if width(name) <= WIDEST_NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(WIDEST_NAME - 3).collect();
    format!("{kept}...")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::tests::well_covered;
    use lopside_engine::host::coverage::HostCoverage;
    use lopside_engine::join::clock::Clocks;
    use lopside_sources::report::ReadReport;

    #[test]
    fn numbers() {
        assert_eq!(seconds(-50_027.9), "-50,027.9 s");
        assert_eq!(seconds(-0.01), "+0.0 s");
        assert_eq!(whole_share(1_999, 2_000), "99 %");
        assert_eq!(whole_share(1, 2_000), "<1 %");
        assert_eq!(whole_share(7, 7), "100 %");
    }

    #[test]
    fn what_is_typed_stays_in_one_piece() {
        let told = pieces("turn on `auditpol /set x`, then (`a b`) again");
        assert_eq!(told, ["turn", "on", "`auditpol /set x`,", "then", "(`a b`)", "again"]);
        let catalog = crate::readiness::catalog::Catalog::shipped().unwrap();
        for entry in catalog.iter() {
            for advice in entry.remedies() {
                assert!(advice.matches('`').count() % 2 == 0, "{advice}");
                assert!(pieces(advice).iter().all(|piece| width(piece) <= 76), "{advice}");
            }
        }
    }

    #[test]
    fn reads_at_eighty_columns() {
        let mut blind = well_covered(777);
        blind.measured.bytes_out_known = 15;
        blind.measured.bytes_both_known = 15;
        blind.measured.both_known = 15;
        blind.measured.one_sided = 760;
        let printer = HostCoverage { monitored: false, ..well_covered(40) };
        let coverage = [("ws-0017", well_covered(1_204)), ("ws-0022", blind), ("10.0.0.9", printer)]
            .map(|(name, host)| (name.to_owned(), host))
            .into();
        let told = Readiness::of(&coverage, &Clocks::default(), &ReadReport::default()).unwrap();
        let text = render(&told, 80, false);
        for line in text.lines() {
            assert!(width(line) <= 80, "{line}\n{text}");
        }
        assert!(text.starts_with("Can this telemetry answer AN0030? Partly: on 1 of 2 hosts"), "{text}");
        assert!(text.contains("not measurable: bytes out"), "{text}");
        assert!(text.contains("FAIL  R07") && text.contains("(no endpoint events) 1 address"), "{text}");
        assert!(text.find("ws-0022").unwrap() < text.find("ws-0017").unwrap());
        assert!(render(&told, 200, true).lines().count() <= text.lines().count());
    }
}
