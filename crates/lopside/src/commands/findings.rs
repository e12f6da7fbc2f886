//! `lopside findings`: the findings of the last hunt, and what people decided of them.

use std::process::ExitCode;

use clap::Subcommand;

use crate::args::Common;
use crate::terminal::Terminal;

mod decide;
mod list;
mod show;

const EXAMPLES: &str = r#"
Examples:
  lopside findings list                               what is open
  lopside findings show 7f3a91c2                      one finding with every decision on it
  lopside findings decide 7f3a91c2 benign_expected --note "new backup, change 4711" --author jo
  lopside findings list --state decided -o decided.csv

Decisions are appended to decisions.jsonl beside the configuration; the next hunt shows what was decided."#;

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List findings with what was decided
    List(list::Args),
    /// Show one finding and its decisions
    Show(show::Args),
    /// Record what a finding turned out to be
    Decide(decide::Args),
}

/// Does what was asked for.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(args) => list::run(args, common, terminal),
        Command::Show(args) => show::run(args, common, terminal),
        Command::Decide(args) => decide::run(args, common, terminal),
    }
}
