//! `lopside findings show`: one finding, and every decision on it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use crate::args::Common;
use crate::commands::explain::{find, saved};
use crate::decisions::{self, Line};
use crate::output::findings_table::{Telling, decided};
use crate::output::layout::hang;
use crate::output::{Format, json};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside findings show 7f3a91c2                     as hunt tells it, with every decision
  lopside findings show 7f3a91c2 --format json       for scripts

In words, factor by factor: lopside explain ID";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The finding's id, or the start of it
    #[arg(value_name = "ID")]
    id: String,
    /// Look in FILE, as lopside hunt --format jsonl writes it, instead of the last hunt
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
}

#[derive(Serialize)]
struct Told<'f> {
    finding: &'f lopside_model::finding::Finding,
    decisions: Vec<&'f lopside_model::finding::Decision>,
}

/// Shows a finding.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json])?;
    let mut findings = saved(args.findings.as_deref())?;
    let lines = decisions::read(&common.config)?;
    decisions::apply(&lines, &mut findings);
    let found = find(&findings, &args.id)?;
    // A redacted finding has redacted decisions: each is told through it.
    let history: Vec<_> =
        lines.iter().filter(|line| line.finding == found.id).map(|line| with(found, line)).collect();
    let redact = |finding: lopside_model::finding::Finding| match &common.redact {
        Some(redactor) => redactor.finding(&finding),
        None => finding,
    };
    let history: Vec<_> = history.into_iter().map(redact).collect();
    let finding = redact(found.clone());
    let mut results = common.results()?;
    if format == Format::Json {
        let decisions = history.iter().filter_map(|finding| finding.decision.as_ref()).collect();
        json::pretty(&mut results, &Told { finding: &finding, decisions })?;
    } else {
        let terminal = if common.output.is_some() { terminal.for_file() } else { *terminal };
        let all = [finding.clone()];
        results.write_all(Telling::new(&terminal, &all).finding(&finding).as_bytes())?;
        writeln!(results, "\nDecisions ({})", history.len())?;
        for line in history.iter().filter_map(decided) {
            results.write_all(
                hang("  ", line.strip_prefix("decided: ").unwrap_or(&line), terminal.width).as_bytes(),
            )?;
        }
        if history.is_empty() {
            let id = finding.id.get(..8).unwrap_or(&finding.id);
            writeln!(results, "  none yet: lopside findings decide {id} VERDICT --note WHY")?;
        }
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn with(finding: &lopside_model::finding::Finding, line: &Line) -> lopside_model::finding::Finding {
    lopside_model::finding::Finding { decision: Some(line.decision.clone()), ..finding.clone() }
}
