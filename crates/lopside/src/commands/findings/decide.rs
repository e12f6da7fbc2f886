//! `lopside findings decide`: appends what a finding turned out to be.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::args::Common;
use crate::commands::explain::{find, saved};
use crate::decisions::{self, Line, Verdict};
use crate::output::safe;
use crate::terminal::{self, Terminal, variable};

const EXAMPLES: &str = r#"
Examples:
  lopside findings decide 7f3a91c2 true_positive --note "confirmed with the user, case 4711"
  lopside findings decide 7f3a91c2 benign_expected --note "new backup" --author jo
  lopside findings decide 7f3a91c2 undetermined --findings findings.jsonl
  lopside findings decide 7f3a91c2 false_positive      a later decision stands in place of an earlier one; both are kept

A benign sender that will come again is better sanctioned: lopside allow add --from ID"#;

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The finding's id, or the start of it
    #[arg(value_name = "ID")]
    id: String,
    /// What it turned out to be
    #[arg(value_name = "VERDICT")]
    verdict: Verdict,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who decides; the user of the session when silent
    #[arg(long, value_name = "WHO")]
    author: Option<String>,
    /// Look in FILE, as lopside hunt --format jsonl writes it, instead of the last hunt
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
}

/// Records a decision.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    // A file that is not understood is not written to.
    decisions::read(&common.config)?;
    let findings = saved(args.findings.as_deref())?;
    let finding = find(&findings, &args.id)?;
    let author = args.author.clone().or_else(|| variable("USER")).or_else(|| variable("USERNAME"));
    let decision =
        decisions::decision(args.verdict, args.note.as_deref(), author.as_deref(), terminal::now());
    let path = decisions::append(&common.config, &Line::new(finding, decision))?;
    terminal.note(&format!(
        "{} is {} now; kept in {}",
        safe::text(&finding.id),
        args.verdict.name(),
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}
