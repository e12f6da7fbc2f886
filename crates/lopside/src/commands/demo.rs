//! `lopside demo`: writes a small labelled fleet, hunts it, and compares what was found with what was planted.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use lopside_emulate::{Attacks, FleetPlan};
use lopside_engine::stages::Ask;
use lopside_model::finding::{Finding, Severity};
use lopside_model::process::file_name;
use lopside_score::envelope::Envelopes;

use crate::args::Common;
use crate::commands::emulate;
use crate::commands::evaluate::{Attack, Claim, Truth, Verdicts, measure, verdicts};
use crate::commands::hunt::{self, Hunt};
use crate::engine;
use crate::output::findings_table::{destination, host, process};
use crate::output::layout::{hang, hang_lines, left};
use crate::output::{Format, safe, units};
use crate::scoring;
use crate::state;
use crate::summary;
use crate::terminal::Terminal;

const PLANTED: &str = include_str!("../../data/planted.toml");

/// The company of the demo. Its seed was taken as it came; another one shows other senders.
const SEED: u64 = 2026;
const HOSTS: u32 = 40;
const DAYS: u32 = 7;

const EXAMPLES: &str = "\
Examples:
  lopside demo                    write, hunt and compare in a few seconds
  lopside demo --keep company     keep the telemetry: company/telemetry, and the truth
  lopside hunt company/telemetry  then hunt it like your own";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Keep the fleet in DIR, which must be new or empty
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Draw another company
    #[arg(long, value_name = "S", default_value_t = SEED)]
    seed: u64,
}

/// Writes, hunts, compares.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    common.format(&[Format::Table])?;
    let mut results = common.results()?;
    let folder = tempfile::Builder::new()
        .prefix("lopside-demo-")
        .tempdir()
        .context("cannot make a temporary folder; name one that can be written with TMPDIR")?;
    let place = args.keep.clone().unwrap_or_else(|| folder.path().join("company"));
    let plan = FleetPlan {
        hosts: HOSTS,
        days: DAYS,
        seed: args.seed,
        attacks: Attacks::Scaled,
        ..FleetPlan::default()
    };
    emulate::write(&plan, &place, common, terminal)?;
    let truth = Truth::load(&place)?;
    let run =
        engine::run(&[place.join("telemetry")], common, Ask { findings: true, ..Ask::default() }, terminal)?;
    let mut scored = scoring::score(
        &run.outcome,
        common.settings(),
        &lopside_score::Context::default(),
        &Envelopes::default(),
    )?;
    // The truth knows no tokens: compared first, redacted then.
    let claims: Vec<Claim> = scored.findings.iter().map(Claim::of_finding).collect();
    if let Some(redact) = &common.redact {
        scored.findings = scored.findings.iter().map(|finding| redact.finding(finding)).collect();
    }
    let hunt = Hunt { run, scored, envelopes: Envelopes::default() };
    if let Err(error) = state::keep(&hunt.scored.findings) {
        terminal.note(&format!("lopside: warning: findings are not kept for explain: {error:#}"));
    }
    let shown = if common.output.is_some() { terminal.for_file() } else { *terminal };
    let told = Told { hunt: &hunt, truth: &truth, claims: &claims, common, terminal: &shown };
    results.write_all(told.all(&plan, args).as_bytes())?;
    results.finish()?;
    hunt.run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}

/// What the demo tells of.
struct Told<'d> {
    hunt: &'d Hunt,
    truth: &'d Truth,
    claims: &'d [Claim],
    common: &'d Common,
    terminal: &'d Terminal,
}

impl Told<'_> {
    fn all(&self, plan: &FleetPlan, args: &Args) -> String {
        let verdicts = verdicts(self.claims, self.truth);
        let mut out = self.opening(plan);
        out.push_str(&hunt::findings(self.hunt, self.common.min_severity(Format::Table), self.terminal));
        self.planted(&mut out, &verdicts);
        self.beside(&mut out, &verdicts);
        self.sum(&mut out, &verdicts);
        out.push_str(&hang_lines("Next  ", &self.next(args)));
        out
    }

    fn width(&self) -> usize {
        self.terminal.width
    }

    fn findings(&self) -> &[Finding] {
        &self.hunt.scored.findings
    }

    fn opening(&self, plan: &FleetPlan) -> String {
        let text = format!(
            "An invented company: {} over {}, {} on its network, and {} planted among its backups, updates, calls and \
             uploads. This is what `lopside hunt` makes of its Sysmon, Security and Zeek logs:",
            units::counted(u64::from(plan.hosts), "host"),
            units::counted(u64::from(plan.days), "day"),
            units::counted(summary::measured(&self.hunt.run).flows, "flow"),
            units::counted(self.truth.attacks.len() as u64, "lopsided sender"),
        );
        format!("{}\n", hang("", &text, self.width()))
    }

    /// Each planted sender, and what became of it.
    fn planted(&self, out: &mut String, verdicts: &Verdicts) {
        self.heading(out, "What was planted, and what became of it");
        let kinds: BTreeMap<String, String> = toml::from_str(PLANTED).unwrap_or_default();
        for (attack, best) in self.truth.attacks.iter().zip(&verdicts.best) {
            let finding = best.and_then(|place| self.findings().get(place));
            let word = match finding {
                Some(finding) if finding.severity >= Severity::Medium => {
                    format!("found   {} {:.0}", finding.severity.name(), finding.score)
                }
                Some(finding) => format!("listed  {} {:.0}", finding.severity.name(), finding.score),
                None => "missed".to_owned(),
            };
            let plain = attack.scenario.replace('_', " ");
            let kind = kinds.get(&attack.scenario).unwrap_or(&plain);
            out.push_str(&hang(
                &format!("  {}  ", left(&word, 17)),
                &self.sender(attack, kind),
                self.width(),
            ));
        }
        out.push('\n');
    }

    fn sender(&self, attack: &Attack, kind: &str) -> String {
        let redact = self.common.redact.as_ref();
        let host = redact.map_or_else(|| attack.host.clone(), |redact| redact.host(&attack.host));
        let image = attack.image.as_deref().map_or("no process", file_name);
        let address = attack.ips.first().map(ToString::to_string);
        let place = attack.domain.clone().or(address).unwrap_or_default();
        let port = attack.port.map_or(String::new(), |port| format!(":{port}"));
        let sent = attack.bytes_out.map_or(String::new(), |bytes| format!(", {}", units::bytes(bytes)));
        let why = if attack.attributable { "" } else { "; no event names its process" };
        let text = format!("{kind}: {host}, {image} -> {place}{port}{sent}{why}");
        safe::text(&text).into_owned()
    }

    /// Findings that an analyst sees and that nobody planted.
    fn beside(&self, out: &mut String, verdicts: &Verdicts) {
        let wrong: Vec<&Finding> = self
            .findings()
            .iter()
            .zip(&verdicts.right)
            .filter(|(finding, right)| !**right && finding.severity >= Severity::Medium)
            .map(|(finding, _)| finding)
            .collect();
        if wrong.is_empty() {
            return;
        }
        self.heading(out, "Found beside, and not planted");
        for finding in wrong {
            let word = format!("{} {:.0}", finding.severity.name(), finding.score);
            let sent = finding.bytes_out.map_or(String::new(), |bytes| format!(", {}", units::bytes(bytes)));
            let text = format!(
                "{}, {} -> {}{sent}",
                host(finding),
                file_name(&process(finding)),
                destination(finding)
            );
            out.push_str(&hang(&format!("  {}  ", left(&word, 17)), &text, self.width()));
        }
        out.push('\n');
    }

    fn sum(&self, out: &mut String, verdicts: &Verdicts) {
        let told = measure(self.claims, self.truth);
        let listed = verdicts
            .best
            .iter()
            .zip(&verdicts.found)
            .filter(|(best, found)| best.is_some() && !**found)
            .count();
        let listed = if listed > 0 { format!(", {listed} more listed at low") } else { String::new() };
        let text = format!(
            "{} of {} planted senders found at medium or above{listed}. Of what was found beside, {} (each day of a false \
             finding counts) in {}, where the alert budget is {} in 1,000. Several fleets and other rules side by side: lopside evaluate.",
            told.found,
            told.of,
            units::counted(told.wrong, "false finding-day"),
            units::counted(self.truth.host_days, "host-day"),
            self.common.settings().alert_budget,
        );
        out.push_str(&hang("", &text, self.width()));
    }

    fn next(&self, args: &Args) -> Vec<String> {
        let best = self.findings().iter().find(|finding| !finding.unmeasured);
        let explain =
            best.map(|finding| format!("lopside explain {}", finding.id.get(..8).unwrap_or(&finding.id)));
        let then = match &args.keep {
            Some(folder) => format!("lopside check {}", folder.join("telemetry").display()),
            None => "lopside hunt YOUR-FOLDER".to_owned(),
        };
        explain.into_iter().chain([then]).collect()
    }

    fn heading(&self, out: &mut String, text: &str) {
        out.push_str(&self.terminal.paint(Terminal::heading(), text));
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words() {
        let kinds: BTreeMap<String, String> = toml::from_str(PLANTED).unwrap();
        assert!(kinds.len() >= 15);
        assert!(kinds.values().all(|words| !words.is_empty()));
    }
}
