//! `lopside baseline merge`: one baseline of several.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use lopside_score::Baseline;

use crate::args::Common;
use crate::baseline_file;
use crate::output::{safe, units};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside baseline merge monday.baseline tuesday.baseline -o week.baseline
  lopside baseline merge london.baseline paris.baseline -o company.baseline

The order does not matter: the same files give the same bytes. Hosts that stand in several become one, and the same day twice is
one day; only the totals by which rates are made are added up.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Baselines, all with names in clear or all hashed with one key
    #[arg(value_name = "FILE", required = true, num_args = 2..)]
    files: Vec<PathBuf>,
}

/// Reads, merges and writes.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    if common.output.is_none() {
        bail!("a baseline is a file; name it with -o FILE");
    }
    let mut merged: Option<Baseline> = None;
    for path in &args.files {
        let baseline = baseline_file::read_locked(path, common.memory)?;
        match &mut merged {
            Some(merged) => {
                merged.merge(baseline).with_context(|| format!("cannot merge {}", path.display()))?;
            }
            None => merged = Some(baseline),
        }
    }
    let mut baseline = merged.unwrap_or_default();
    baseline.bound();
    // Opened after reading: it may be one of the files.
    let mut results = common.results()?;
    baseline_file::write(&baseline, &mut results)?;
    results.finish()?;
    let summary = baseline.summary();
    let file = common.output.as_deref().map_or(String::new(), |path| path.display().to_string());
    terminal.note(&format!(
        "{}: {} from {} to {}",
        safe::text(&file),
        units::counted(summary.hosts.into(), "host"),
        units::day(summary.first_day),
        units::day(summary.last_day)
    ));
    Ok(ExitCode::SUCCESS)
}
