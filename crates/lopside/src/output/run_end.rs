//! The end of a run: what was read and what was not, what was measured, what was found, and what to do next.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lopside_engine::host::coverage::Measured;
use lopside_model::finding::{Finding, Severity};
use lopside_sources::report::{LeftOut, ReadReport};

use crate::engine::Run;
use crate::output::layout::hang;
use crate::output::{safe, units};
use crate::redact::Redactor;
use crate::sanctioned::SanctionedCounts;
use crate::summary::{Counts, hosts, measured};
use crate::terminal::Terminal;

/// Columns of the labels.
const LABEL: usize = 10;
/// How many of a list are named.
const NAMED: usize = 6;

/// Collects the lines of the end of a run.
pub(crate) struct RunEnd<'r> {
    run: &'r Run,
    terminal: &'r Terminal,
    redact: Option<&'r Redactor>,
    told: String,
}

impl<'r> RunEnd<'r> {
    /// Begins with what was read, its span and what was measured.
    pub(crate) fn new(run: &'r Run, terminal: &'r Terminal, redact: Option<&'r Redactor>) -> RunEnd<'r> {
        let mut end = RunEnd { run, terminal, redact, told: String::new() };
        end.read();
        end.span();
        end.measured();
        end
    }

    /// Adds what "usual" rests on.
    pub(crate) fn usual(&mut self, rests_on: &str) {
        self.line("Usual", rests_on);
    }

    /// Adds what envelopes of sanctioned senders kept from being shown.
    pub(crate) fn sanctioned(&mut self, counts: &SanctionedCounts) {
        self.line("Envelopes", &counts.words());
        if let Some(words) = counts.not_applied() {
            self.line("", &words);
        }
    }

    /// Adds findings by severity, and what was not shown.
    pub(crate) fn findings(&mut self, findings: &[Finding], shown_from: Severity) {
        let measured: Vec<Finding> = findings.iter().filter(|finding| !finding.unmeasured).cloned().collect();
        let counts = Counts::of(&measured);
        let mut words: Vec<String> = Severity::ALL
            .iter()
            .rev()
            .filter(|severity| counts.get(**severity) > 0)
            .map(|severity| {
                let hidden = if *severity < shown_from { " (not shown: --min-severity low)" } else { "" };
                format!("{} {}{hidden}", units::count(counts.get(*severity)), severity.name())
            })
            .collect();
        let unmeasured = findings.len() - measured.len();
        if unmeasured > 0 {
            words.push(format!("{} unmeasured", units::count(unmeasured as u64)));
        }
        let decided = findings.iter().filter(|finding| finding.decision.is_some()).count() as u64;
        if decided > 0 {
            words.push(format!("{} decided", units::count(decided)));
        }
        self.line("Findings", &if words.is_empty() { "none".into() } else { words.join(", ") });
    }

    /// Adds files that were written.
    pub(crate) fn written(&mut self, files: &[PathBuf]) {
        let names: Vec<String> =
            files.iter().map(|file| safe::text(&file.display().to_string()).into_owned()).collect();
        if !names.is_empty() {
            self.line("Written", &names.join(", "));
        }
    }

    /// Adds the commands to try next; gives everything.
    pub(crate) fn next(mut self, commands: &[String]) -> String {
        for (index, command) in commands.iter().enumerate() {
            self.line(if index == 0 { "Next" } else { "" }, command);
        }
        self.told
    }

    fn line(&mut self, label: &str, text: &str) {
        let padded = format!("{label:LABEL$}");
        let line = hang(&padded, text, self.terminal.width);
        match line.strip_prefix(label) {
            Some(rest) if !label.is_empty() => {
                self.told.push_str(&self.terminal.paint(Terminal::heading(), label));
                self.told.push_str(rest);
            }
            _ => self.told.push_str(&line),
        }
    }

    fn read(&mut self) {
        let report = &self.run.outcome.report;
        let recognised = report.inputs.iter().filter(|input| input.recognised).count() as u64;
        let mut kinds: Vec<_> = report.kinds.iter().filter(|kind| kind.records > 0).collect();
        kinds.sort_by(|one, other| other.records.cmp(&one.records).then_with(|| one.kind.cmp(&other.kind)));
        let named: Vec<String> = kinds
            .iter()
            .map(|kind| format!("{} {}", safe::text(&kind.kind), units::count(kind.records)))
            .collect();
        let head = format!(
            "{}, {}, {} records{}{}",
            units::counted(recognised, "input"),
            units::bytes(report.bytes),
            units::count(report.records),
            if named.is_empty() { "" } else { ": " },
            named.join(", ")
        );
        self.line("Read", &head);
        self.skipped(report);
        for (text, list) in [("not used", &report.ignored), ("not supported yet", &report.unsupported)] {
            if !list.is_empty() {
                self.line("", &format!("{text}: {}", left_out(list)));
            }
        }
        let unknown = &report.unrecognised;
        if unknown.files > 0 || unknown.records > 0 {
            let mut parts = Vec::new();
            if unknown.files > 0 {
                parts.push(units::counted(unknown.files, "file"));
            }
            if unknown.records > 0 {
                parts.push(units::counted(unknown.records, "record"));
            }
            self.line("", &format!("not recognised: {}", parts.join(", ")));
        }
        self.faults(report);
    }

    fn skipped(&mut self, report: &ReadReport) {
        if report.skipped == 0 {
            return;
        }
        let reasons = report.reasons.iter().map(|reason| {
            let name = self.name(&reason.input);
            format!("{} {} ({name}:{})", units::count(reason.count), safe::text(&reason.reason), reason.place)
        });
        let told = reasons.collect::<Vec<_>>().join(", ");
        self.line("", &format!("{} skipped: {told}", units::counted(report.skipped, "record")));
    }

    fn faults(&mut self, report: &ReadReport) {
        for fault in report.errors.iter().take(3) {
            let line =
                format!("not read to its end: {}: {}", self.name(&fault.path), safe::text(&fault.message));
            self.line("", &line);
        }
        if report.error_count > 3 {
            self.line(
                "",
                &format!(
                    "and {} more that could not be read to their end",
                    units::count(report.error_count - 3)
                ),
            );
        }
        let early: u64 = report.inputs.iter().map(|input| input.closed_early).sum();
        if early > 0 {
            let count = units::counted(early, "conversation");
            self.line(
                "",
                &format!("{count} closed before they were over, to stay within the memory (--memory)"),
            );
        }
        if report.repeated > 0 {
            self.line("", &format!("{} reached twice, read once", units::counted(report.repeated, "file")));
        }
    }

    fn name(&self, path: &str) -> String {
        self.redact.map_or_else(|| safe::text(path).into_owned(), |redact| redact.file(path))
    }

    fn span(&mut self) {
        let Some((first, last)) = self.run.outcome.report.span() else { return };
        let days = u64::try_from(last.day().saturating_sub(first.day()).saturating_add(1)).unwrap_or(1);
        let hosts = hosts(self.run);
        let watched = self.run.outcome.monitored as u64;
        self.line(
            "Span",
            &format!(
                "{} ({}); {}, {} with endpoint events",
                units::span(first, last),
                units::counted(days, "day"),
                units::counted(hosts, "host"),
                units::count(watched)
            ),
        );
    }

    fn measured(&mut self) {
        let all = measured(self.run);
        let flows = self.run.outcome.join.flows;
        if all.flows == 0 {
            let told = match flows {
                0 => "no flows: nothing says how much was sent".into(),
                _ => format!("{}, all of them within a host or its link", units::counted(flows, "flow")),
            };
            self.line("Measured", &told);
            return;
        }
        self.line(
            "Measured",
            &format!(
                "{}: process known {}, bytes both ways {}, both {}",
                units::counted(all.flows, "flow"),
                units::share(all.process_known, all.flows),
                units::share(all.bytes_both_known, all.flows),
                units::share(all.both_known, all.flows)
            ),
        );
        if let Some(outside) = outside(&all) {
            self.line("", &outside);
        }
        if let Some(why) = self.unmeasured_why() {
            self.line("", &why);
        }
    }

    /// Why directions were not measured, the most frequent reason.
    fn unmeasured_why(&self) -> Option<String> {
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for host in self.run.outcome.coverage.values() {
            for (why, count) in &host.unmeasured_why {
                *reasons.entry(why).or_insert(0) += count;
            }
        }
        let (why, count) =
            reasons.into_iter().max_by_key(|(why, count)| (*count, std::cmp::Reverse(*why)))?;
        Some(format!("not measured in {}: {}", units::counted(count, "flow"), safe::text(why)))
    }
}

fn outside(all: &Measured) -> Option<String> {
    (all.external_bytes_out > 0).then(|| {
        format!(
            "of {} sent outside, {} with process, user and destination",
            units::bytes(all.external_bytes_out),
            units::share(all.external_bytes_out_explained, all.external_bytes_out)
        )
    })
}

fn left_out(list: &[LeftOut]) -> String {
    let mut named: Vec<&LeftOut> = list.iter().collect();
    named.sort_by(|one, other| other.records.cmp(&one.records).then_with(|| one.kind.cmp(&other.kind)));
    let mut words: Vec<String> = named
        .iter()
        .take(NAMED)
        .map(|left| match left.records {
            0 => format!("{} ({})", safe::text(&left.kind), units::counted(left.files, "file")),
            records => format!("{} {}", safe::text(&left.kind), units::count(records)),
        })
        .collect();
    if named.len() > NAMED {
        words.push(format!("and {} more kinds", named.len() - NAMED));
    }
    words.join(", ")
}
