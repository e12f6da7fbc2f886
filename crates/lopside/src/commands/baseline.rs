//! `lopside baseline`: what is usual, learned once, kept as a file, and taught to later hunts.

mod build;
mod diff;
mod export;
mod merge;
mod names;
mod plot;
mod row;
mod show;
mod told;
mod words;

use std::process::ExitCode;

use crate::args::Common;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside baseline build march/ -o march.baseline            learn from a month
  lopside hunt april-01/ --baseline march.baseline           hunt a day against it
  lopside baseline show march.baseline                       what it rests on
  lopside baseline show march.baseline process chrome.exe    what is usual for a process
  lopside baseline show march.baseline --format json         the same for scripts
  lopside baseline merge march.baseline april.baseline -o spring.baseline
  lopside baseline diff march.baseline april.baseline        what is new, gone or changed

A baseline names hosts, users and destinations. To give it to another site:
  openssl rand -hex 32 > key
  lopside baseline build march/ --hash-names --key key -o shared.baseline";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Learn what is usual from telemetry
    Build(build::Args),
    /// Tell what is usual: for all, a process, a host, a user or a destination
    Show(show::Args),
    /// Make one baseline of several, in any order
    Merge(merge::Args),
    /// Tell what is new, gone or changed between two baselines, the largest first
    Diff(diff::Args),
    /// Write every row, for other tools
    Export(export::Args),
}

/// Does what was asked for.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Build(args) => build::run(args, common, terminal),
        What::Show(args) => show::run(args, common, terminal),
        What::Merge(args) => merge::run(args, common, terminal),
        What::Diff(args) => diff::run(args, common, terminal),
        What::Export(args) => export::run(args, common),
    }
}
