//! `lopside hunt`: the findings.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::stages::Ask;
use lopside_model::finding::{Finding, Severity};
use lopside_score::Context;
use lopside_score::envelope::Envelopes;

use crate::args::Common;
use crate::engine::{self, Run};
use crate::failure::FOUND;
use crate::governed::Governed;
use crate::output::findings_table::Telling;
use crate::output::layout::hang;
use crate::output::run_end::RunEnd;
use crate::output::{Format, contacts_table, findings_csv, json};
use crate::sanctioned::SanctionedCounts;
use crate::scoring::{self, Scored, ScoringArgs};
use crate::state;
use crate::summary;
use crate::terminal::Terminal;

/// How many unmeasured ones the table tells.
const UNMEASURED: usize = 10;

const EXAMPLES: &str = "\
Examples:
  lopside hunt collected/                                everything below a folder
  lopside hunt sysmon.evtx conn.log.gz                   two files
  lopside hunt collected/ --min-severity low             what is just outside the budget, too
  lopside hunt collected/ -o findings.jsonl              one finding a line, for scripts
  lopside hunt collected/ --local 203.0.113.0/24         when your own hosts have public addresses
  zcat conn.log.gz | lopside hunt - endpoint/            standard input as well
  lopside hunt today/ --baseline usual.baseline          against what was usual before (lopside baseline)
  lopside hunt collected/ --fail-on high || page-me      in a pipeline

Recognised by content, whatever the name: Sysmon and Security events (EVTX, XML, JSON), Elastic Defend, Azure VMConnection, Zeek logs
(TSV, JSON), packet captures (pcap, pcapng), and all inside of .gz, .zst, .zip, .tar. Then: lopside explain ID, lopside check PATH";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders to read; - is standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// A run with its findings.
#[derive(Debug)]
pub(crate) struct Hunt {
    /// What was read, joined and summed.
    pub(crate) run: Run,
    /// The findings.
    pub(crate) scored: Scored,
    /// The envelopes of sanctioned senders.
    pub(crate) envelopes: Envelopes,
}

/// Hunts and prints the findings.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv])?;
    let mut results = common.results()?;
    let summary = summary::prepare(common)?;
    let context = args.scoring.context(common)?;
    let hunt = hunt(&args.paths, &context, common, terminal)?;
    if let Err(error) = state::keep(&hunt.scored.findings) {
        terminal.note(&format!("lopside: warning: findings are not kept for explain: {error:#}"));
    }
    let sanctioned = SanctionedCounts::of(&hunt.envelopes, &hunt.scored.sanctioned, common.redact.as_ref());
    summary::write_with(summary, &hunt.run, &hunt.scored.findings, Some(&sanctioned), common)?;
    let terminal = if common.output.is_some() { terminal.for_file() } else { *terminal };
    let shown_from = common.min_severity(format);
    let shown: Vec<&Finding> =
        hunt.scored.findings.iter().filter(|finding| finding.severity >= shown_from).collect();
    match format {
        Format::Csv => findings_csv::write(&mut results, &shown)?,
        Format::Jsonl => shown.iter().try_for_each(|finding| json::line(&mut results, finding))?,
        _ => results.write_all(table(&hunt, args, common, shown_from, &terminal).as_bytes())?,
    }
    results.finish()?;
    hunt.run.tell_cost(&terminal);
    let worst = hunt.scored.findings.iter().map(|finding| finding.severity).max();
    let failed = common.fail_on.is_some_and(|least| worst.is_some_and(|worst| worst >= least));
    hunt.run.leave();
    Ok(if failed { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// Reads, joins, sums and scores; redacted where that is asked for.
///
/// # Errors
/// When nothing is recognised below the paths.
pub(crate) fn hunt(
    paths: &[PathBuf],
    context: &Context,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<Hunt> {
    let envelopes = common.allow.envelopes()?;
    let governed = Governed::load(common)?;
    let run = engine::run(paths, common, Ask { findings: true, ..Ask::default() }, terminal)?;
    let mut scored = scoring::score(&run.outcome, common.settings(), context, &envelopes)?;
    governed.complete(&mut scored.findings);
    if let Some(redact) = &common.redact {
        scored.findings = scored.findings.iter().map(|finding| redact.finding(finding)).collect();
        scored.clocks = scored.clocks.into_iter().map(|(host, words)| (redact.host(&host), words)).collect();
    }
    Ok(Hunt { run, scored, envelopes })
}

/// Everything that the table tells.
fn table(hunt: &Hunt, args: &Args, common: &Common, shown_from: Severity, terminal: &Terminal) -> String {
    let mut told = findings(hunt, shown_from, terminal);
    if hunt.run.outcome.join.flows == 0 {
        told.push_str(&endpoints_alone(hunt, common, terminal));
    } else if summary::measured(&hunt.run).flows == 0 {
        let text = "Every flow that was read stays on its host or its link, so there is nothing to judge. If addresses that are yours \
                    look foreign, or the reverse, name your networks with --local.";
        told.push_str(&format!("{}\n", hang("", text, terminal.width)));
    } else if hunt.run.outcome.monitored == 0 {
        let text = "No endpoint event was read, so findings name hosts and no processes. Sysmon 3 (or Security 5156) of these hosts \
                    and days would name the process of each flow.";
        told.push_str(&format!("{}\n", hang("", text, terminal.width)));
    }
    told.push_str(&end(hunt, args, common, shown_from, terminal));
    told
}

/// The findings in their lists.
pub(crate) fn findings(hunt: &Hunt, shown_from: Severity, terminal: &Terminal) -> String {
    let all = &hunt.scored.findings;
    let telling = Telling::new(terminal, all).against(&hunt.scored);
    let nobody_watched = hunt.run.outcome.monitored == 0;
    let shown = |finding: &&Finding| !finding.unmeasured && finding.severity >= shown_from;
    let (watched, unwatched): (Vec<&Finding>, Vec<&Finding>) =
        all.iter().filter(shown).partition(|finding| nobody_watched || finding.host.monitored);
    let mut told = String::new();
    for finding in watched {
        told.push_str(&format!("{}\n", telling.finding(finding)));
    }
    if !unwatched.is_empty() {
        heading(&mut told, &format!("Hosts without endpoint events ({})", unwatched.len()), terminal);
        for finding in unwatched {
            told.push_str(&format!("{}\n", telling.finding(finding)));
        }
    }
    if shown_from <= Severity::Medium {
        unmeasured(&mut told, &telling, all, terminal);
    }
    told
}

fn unmeasured(told: &mut String, telling: &Telling<'_>, all: &[Finding], terminal: &Terminal) {
    let apart: Vec<&Finding> = all.iter().filter(|finding| finding.unmeasured).collect();
    if apart.is_empty() {
        return;
    }
    heading(told, &format!("Unmeasured, worth a look ({})", apart.len()), terminal);
    for finding in apart.iter().take(UNMEASURED) {
        told.push_str(&telling.unmeasured(finding));
    }
    if apart.len() > UNMEASURED {
        told.push_str(&format!("  and {} more: --format jsonl has them all\n", apart.len() - UNMEASURED));
    }
    told.push('\n');
}

/// What endpoint logs alone can tell.
fn endpoints_alone(hunt: &Hunt, common: &Common, terminal: &Terminal) -> String {
    let mut told = String::new();
    let contacts = &hunt.run.outcome.contacts;
    let text = "No network flow was read, so nothing says how much was sent, and there are no findings. To measure: Zeek conn.log \
                (or another supported flow log) of the network these hosts were in, for the same days.";
    told.push_str(&format!("{}\n", hang("", text, terminal.width)));
    if !contacts.is_empty() {
        heading(&mut told, "Rare destinations and ports by process", terminal);
        for line in contacts_table::rare(contacts, common.redact.as_ref(), terminal.width.saturating_sub(2)) {
            told.push_str(&format!("  {line}\n"));
        }
        told.push('\n');
    }
    told
}

fn end(hunt: &Hunt, args: &Args, common: &Common, shown_from: Severity, terminal: &Terminal) -> String {
    let mut end = RunEnd::new(&hunt.run, terminal, common.redact.as_ref());
    let measured = summary::measured(&hunt.run).flows > 0;
    if measured {
        end.usual(&hunt.scored.rests_on);
    }
    if !hunt.envelopes.is_empty() {
        end.sanctioned(&SanctionedCounts::of(
            &hunt.envelopes,
            &hunt.scored.sanctioned,
            common.redact.as_ref(),
        ));
    }
    end.findings(&hunt.scored.findings, shown_from);
    let written: Vec<PathBuf> = common.output.iter().chain(&common.summary).cloned().collect();
    end.written(&written);
    let paths: Vec<String> = args.paths.iter().map(|path| shell_word(&path.display().to_string())).collect();
    let paths = paths.join(" ");
    let first =
        hunt.scored.findings.iter().find(|finding| finding.severity >= shown_from || finding.unmeasured);
    let mut next = Vec::new();
    match first {
        Some(finding) => {
            let telling = Telling::new(terminal, &hunt.scored.findings);
            next.push(format!("lopside explain {}", telling.short_id(&finding.id)));
        }
        None if measured && !hunt.scored.findings.is_empty() => {
            next.push(format!("lopside hunt {paths} --min-severity low"));
        }
        None if measured => {
            let by = if hunt.run.outcome.monitored > 0 { "process" } else { "host" };
            next.push(format!("lopside usage {paths} --by {by}"));
        }
        None => {}
    }
    if args.paths.iter().all(|path| path.as_os_str() != "-") {
        next.push(format!("lopside check {paths}"));
    }
    end.next(&next)
}

fn heading(told: &mut String, text: &str, terminal: &Terminal) {
    told.push_str(&terminal.paint(Terminal::heading(), text));
    told.push('\n');
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let word = crate::output::safe::text(word);
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:=@%,~\\".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
