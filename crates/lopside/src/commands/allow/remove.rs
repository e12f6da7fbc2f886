//! `lopside allow remove`: takes an entry out of the file; everything else in it stays as it was written.

use std::process::ExitCode;

use crate::args::Common;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside allow remove agent-backup                     from the usual file
  lopside allow remove agent-backup --allow team.toml   from another one";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The entry's id
    #[arg(value_name = "ID")]
    id: String,
}

/// Removes an entry.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    common.allow.remove(&args.id)?;
    terminal.note(&format!(
        "removed {} from {}",
        crate::output::safe::text(&args.id),
        common.allow.path()?.display()
    ));
    Ok(ExitCode::SUCCESS)
}
