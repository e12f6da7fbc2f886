//! One finding in words: what happened, how unusual that is factor by factor, what it could be, and where to look next.

use lopside_model::bytes::Quality;
use lopside_model::finding::{Factor, FactorState, Finding, FindingDay};

use crate::output::findings_table::{
    amounts, attribution, decided, owner, process, rarity, spoken, whole_channel,
};
use crate::output::layout::{hang, hang_lines, wrap};
use crate::output::{safe, units};
use crate::terminal::Terminal;

mod reading;
mod timeline;

/// Columns of the labels.
const LABEL: usize = 16;
/// Records that are named of one file.
const NAMED: usize = 8;
/// Days of a spell that are told one by one.
const DAYS: usize = 10;
/// Characters of a command line that are told.
const COMMAND: usize = 600;

/// The finding in words; `all` are the findings of its hunt.
pub(crate) fn explain(finding: &Finding, all: &[Finding], terminal: &Terminal) -> String {
    let mut told = hang("", &safe::text(&finding.title), terminal.width);
    told.push_str(&hang(
        "",
        &format!(
            "{} {:.0} (id {}): {}. A total of {:.0} points is {}. Confidence {:.2}.",
            terminal.paint(Terminal::severity(finding.severity), &finding.severity.name().to_uppercase()),
            finding.score,
            safe::text(&finding.id),
            scale(finding),
            finding.total,
            rarity(finding.score),
            finding.confidence
        ),
        terminal.width,
    ));
    told.push('\n');
    let sections = [
        ("What happened", what_happened(finding)),
        ("How unusual", factors(finding)),
        ("Compared with", finding.rests_on.iter().cloned().collect()),
        ("Could be", reading::could_be(finding)),
        ("Owner", vec![owner(finding)]),
        (
            "Decided",
            decided(finding)
                .into_iter()
                .map(|line| line.trim_start_matches("decided: ").to_owned())
                .collect(),
        ),
        ("Not seen", finding.not_seen.clone()),
        ("Look next", reading::look_next(finding)),
        ("See also", reading::see_also(finding, all)),
        ("Would be less", vec![finding.counterfactual.clone()]),
        ("Techniques", techniques(finding)),
        ("Records", timeline::records(finding)),
    ];
    for (label, paragraphs) in sections {
        told.push_str(&section(label, &paragraphs, terminal));
    }
    told
}

fn section(label: &str, paragraphs: &[String], terminal: &Terminal) -> String {
    let columns = terminal.width.saturating_sub(LABEL).max(20);
    let lines: Vec<String> = paragraphs
        .iter()
        .filter(|paragraph| !paragraph.is_empty())
        .flat_map(|paragraph| {
            let mut lines = wrap(&safe::text(paragraph), columns);
            // Further lines of a paragraph stand a little to the right.
            let further = wrap(&safe::text(paragraph), columns.saturating_sub(2));
            if lines.len() > 1 {
                lines = further
                    .iter()
                    .enumerate()
                    .map(|(at, line)| if at == 0 { line.clone() } else { format!("  {line}") })
                    .collect();
            }
            lines
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let text = hang_lines(&format!("{label:LABEL$}"), &lines);
    match text.strip_prefix(label) {
        Some(rest) => format!("{}{rest}", terminal.paint(Terminal::heading(), label)),
        None => text,
    }
}

/// What the severity means.
fn scale(finding: &Finding) -> &'static str {
    use lopside_model::finding::Severity;
    if finding.unmeasured {
        return "a direction was not measured, so it is ranked apart and stays low";
    }
    match finding.severity {
        Severity::Low => "within ten times the alert budget",
        Severity::Medium => "within the alert budget",
        Severity::High => "within a tenth of the alert budget",
        Severity::Critical => "within a hundredth of the alert budget",
    }
}

fn what_happened(finding: &Finding) -> Vec<String> {
    let mut lines = vec![finding.reason.clone()];
    if let Some(process) = &finding.process {
        let mut who = format!(
            "{} (pid {})",
            self::process(finding),
            process.pid.map_or("unknown".into(), |pid| pid.to_string())
        );
        if let Some(parent) = &process.parent_image {
            who.push_str(&format!(", started by {parent}"));
        }
        if !process.services.is_empty() {
            who.push_str(&format!(", services {}", process.services.join(", ")));
        }
        if process.instances > 1 {
            who.push_str(&format!("; {} instances in all, this one sent most", process.instances));
        }
        lines.push(who);
        lines
            .extend(process.command_line.as_deref().map(|line| format!("command line: {}", shortened(line))));
    }
    let exact = |quality| quality == Quality::Exact;
    if !exact(finding.bytes_out_quality) || !exact(finding.bytes_in_quality) {
        lines.push(amounts(finding));
    }
    lines.extend(timeline::moments(finding));
    lines.extend(by_day(finding));
    lines.extend(whole_channel(finding));
    lines.extend(on_the_wire(finding));
    lines.extend(destination_parts(finding));
    lines.extend(attribution(finding));
    lines
}

/// What went out on each day, where those are several.
fn by_day(finding: &Finding) -> Option<String> {
    if finding.days.len() < 2 {
        return None;
    }
    let day = |day: &FindingDay| {
        let back = if day.bytes_in == 0 { "nothing back".into() } else { units::number_to_one(day.ratio) };
        format!("{} {} ({back})", day.date, units::bytes(day.bytes_out))
    };
    let mut days: Vec<String> = finding.days.iter().take(DAYS).map(day).collect();
    if finding.days.len() > DAYS {
        days.push(format!("and {} more", units::counted((finding.days.len() - DAYS) as u64, "day")));
    }
    Some(format!("sent by day: {}", days.join(", ")))
}

/// What the channel came to below its payload, as far as it is known.
fn on_the_wire(finding: &Finding) -> Option<String> {
    let wire = finding.wire?;
    let side = |verb: &str, packets: Option<u64>, ip: Option<u64>, frames: Option<u64>| {
        let parts = [
            packets.map(|packets| units::counted(packets, "packet")),
            ip.map(|bytes| format!("{} with IP headers", units::bytes(bytes))),
            frames.map(|bytes| format!("{} as frames", units::bytes(bytes))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
    };
    let sent = side("sent", wire.packets_out, wire.ip_bytes_out, wire.frame_bytes_out);
    let received = side("received", wire.packets_in, wire.ip_bytes_in, wire.frame_bytes_in);
    let sides: Vec<String> = [sent, received].into_iter().flatten().collect();
    (!sides.is_empty()).then(|| format!("on the wire the channel {}", sides.join("; ")))
}

fn destination_parts(finding: &Finding) -> Option<String> {
    let destination = &finding.destination;
    if destination.ips.len() + destination.ports.len() <= 2 {
        return None;
    }
    let list = |items: Vec<String>| {
        let more = items.len().saturating_sub(NAMED);
        let shown = items.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    };
    let ips = list(destination.ips.iter().map(ToString::to_string).collect());
    let ports = list(destination.ports.iter().map(ToString::to_string).collect());
    Some(format!("addresses {ips}; ports {ports}"))
}

/// A command line that is too long ends with a statement that it goes on.
fn shortened(line: &str) -> String {
    let letters = line.chars().count();
    if letters <= COMMAND {
        return line.to_owned();
    }
    let head: String = line.chars().take(COMMAND).collect();
    format!("{head} [... {} more characters: --format json]", units::count((letters - COMMAND) as u64))
}

/// Every factor: those that speak for the finding, those that do not, those that were not measured.
fn factors(finding: &Finding) -> Vec<String> {
    let measured = |factor: &&Factor| factor.state != FactorState::NotMeasured;
    let mut told: Vec<&Factor> = finding.factors.iter().filter(measured).collect();
    told.sort_by(|one, other| other.points.total_cmp(&one.points));
    told.extend(finding.factors.iter().filter(|factor| !measured(factor)));
    told.into_iter().map(factor).collect()
}

fn factor(factor: &Factor) -> String {
    let name = spoken(&factor.name);
    if factor.state == FactorState::NotMeasured {
        return format!("- {name}: {}", factor.text);
    }
    let points = if factor.points.abs() < 0.05 { "0".into() } else { format!("{:+.1}", factor.points) };
    let mut told = format!("{points} {name}: {}", factor.sentence());
    for (label, part) in [("here", &factor.value), ("usual", &factor.usual)] {
        if let Some(part) = part.as_deref().filter(|part| !says(&factor.text, part)) {
            told.push_str(&format!(" ({label}: {part})"));
        }
    }
    told
}

/// Whether a sentence already holds most of the words of its part.
fn says(sentence: &str, part: &str) -> bool {
    let words: Vec<&str> = part.split(' ').collect();
    2 * words.iter().filter(|word| sentence.contains(**word)).count() > words.len()
}

fn techniques(finding: &Finding) -> Vec<String> {
    finding
        .techniques
        .iter()
        .map(|technique| format!("{} ({}): {}", technique.id, technique.status, technique.because))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::layout::width;
    use crate::output::sample::sample;

    #[test]
    fn every_factor_is_told_and_nothing_is_wider_than_the_terminal() {
        for columns in [80, 200] {
            let terminal = Terminal { width: columns, colour: false, watched: false };
            let told = explain(&sample(), &[sample()], &terminal);
            for factor in sample().factors {
                assert!(told.contains(&spoken(&factor.name)), "{told}");
            }
            assert!(told.lines().all(|line| width(line) <= columns), "{told}");
            assert!(
                told.contains(
                    "Records         bytes, flows and times (1 of 24 flows, the largest): conn.log:9\n"
                ),
                "{told}"
            );
        }
    }

    #[test]
    fn several_days_are_told_one_by_one_and_a_single_one_is_not() {
        let day = |date: &str, bytes_out, bytes_in, ratio| FindingDay {
            date: date.into(),
            bytes_out,
            bytes_in,
            ratio,
            hours: vec![19],
        };
        let mut finding = sample();
        finding.days = vec![day("2026-03-05", 132_000_000, 690_000, 191.3)];
        assert_eq!(by_day(&finding), None);
        finding.days.push(day("2026-03-06", 141_000_000, 0, 141e6));
        assert_eq!(
            by_day(&finding).unwrap(),
            "sent by day: 2026-03-05 132 MB (191:1), 2026-03-06 141 MB (nothing back)"
        );
        finding.days = vec![finding.days.swap_remove(0); 13];
        assert!(by_day(&finding).unwrap().ends_with(", and 3 days more"));
    }

    #[test]
    fn what_is_not_counted_below_the_payload_is_not_told() {
        let finding = sample();
        assert_eq!(
            on_the_wire(&finding).unwrap(),
            "on the wire the channel sent 1,312,400 packets, 2.0 GB with IP headers; received 660,110 packets, 39 MB with IP headers"
        );
        assert_eq!(on_the_wire(&Finding { wire: None, ..finding }), None);
    }

    #[test]
    fn hostile_text_is_harmless() {
        let terminal = Terminal { width: 80, colour: false, watched: false };
        let mut finding = sample();
        let hostile = "x\u{1b}[2J\u{202e}\ny".to_owned();
        (finding.title, finding.reason, finding.counterfactual) =
            (hostile.clone(), hostile.clone(), hostile.clone());
        finding.evidence[0].file = hostile.clone();
        finding.factors[0].value = Some(hostile.clone());
        finding.process.as_mut().unwrap().command_line = Some(hostile.repeat(500));
        finding.process.as_mut().unwrap().parent_image = Some(hostile);
        let told = explain(&finding, &[], &terminal);
        assert!(!told.contains(|c: char| c != '\n' && safe::acts(c)), "{told:?}");
        assert!(told.contains("more characters"));
    }
}
