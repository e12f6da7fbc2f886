//! `lopside findings list`: the findings of the last hunt, a line each, with what was decided.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_model::finding::{Finding, Severity};

use crate::args::Common;
use crate::commands::explain::saved;
use crate::decisions;
use crate::output::findings_table::{Telling, owner, spoken};
use crate::output::layout::Grid;
use crate::output::{Format, findings_csv, json, safe};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside findings list                                 medium and above, decided or not
  lopside findings list --state open --min-severity low
  lopside findings list --state decided -o decided.csv
  lopside findings list --findings findings.jsonl       of a saved hunt";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Which findings: open, decided or all
    #[arg(long, value_name = "STATE", default_value = "all")]
    state: State,
    /// Look in FILE, as lopside hunt --format jsonl writes it, instead of the last hunt
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum State {
    Open,
    Decided,
    All,
}

/// Lists findings.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv])?;
    let mut findings = saved(args.findings.as_deref())?;
    decisions::apply(&decisions::read(&common.config)?, &mut findings);
    if let Some(redactor) = &common.redact {
        findings = findings.iter().map(|finding| redactor.finding(finding)).collect();
    }
    let least = common.min_severity(format);
    let wanted = |finding: &&Finding| {
        let decided = finding.decision.is_some();
        let state = match args.state {
            State::Open => !decided,
            State::Decided => decided,
            State::All => true,
        };
        state && (finding.severity >= least || (finding.unmeasured && least <= Severity::Medium))
    };
    let shown: Vec<&Finding> = findings.iter().filter(wanted).collect();
    let mut results = common.results()?;
    match format {
        Format::Csv => findings_csv::write(&mut results, &shown)?,
        Format::Jsonl => shown.iter().try_for_each(|finding| json::line(&mut results, finding))?,
        _ => results.write_all(table(&shown, &findings, terminal).as_bytes())?,
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn table(shown: &[&Finding], all: &[Finding], terminal: &Terminal) -> String {
    if shown.is_empty() {
        let told = "no such findings in the last hunt";
        return format!("{told}: {} are kept (--min-severity low shows more)\n", all.len());
    }
    let telling = Telling::new(terminal, all);
    let mut grid = Grid::new(&[
        ("ID", false),
        ("SEVERITY", false),
        ("SCORE", true),
        ("DECIDED", false),
        ("OWNER", false),
        ("FINDING", false),
    ]);
    for finding in shown {
        let decided = finding.decision.as_ref().map_or("-".into(), |decision| spoken(&decision.verdict));
        let owner = if finding.owner.is_some() { owner(finding) } else { "-".into() };
        let severity = if finding.unmeasured { "unmeasured" } else { finding.severity.name() };
        grid.row(vec![
            telling.short_id(&finding.id).to_owned(),
            severity.to_owned(),
            format!("{:.0}", finding.score),
            decided,
            owner,
            safe::text(&finding.title).into_owned(),
        ]);
    }
    let mut told = grid.lines(terminal.width).join("\n");
    told.push('\n');
    told
}
