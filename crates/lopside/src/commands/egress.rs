//! `lopside egress`: every external path in use, so that segmentation and outbound rules can be drafted from it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::stages::Ask;

use crate::args::Common;
use crate::engine;
use crate::governed::Governed;
use crate::output::{Format, json};
use crate::summary;
use crate::terminal::Terminal;

mod paths;
mod told;

const EXAMPLES: &str = "\
One row for each process identity, destination group and port: who uses it, how much went each way, when it was first and last used,
who answers for it, and whether it is inside of an envelope. Paths that few need come first: they are the cheapest to close.

Examples:
  lopside egress collected/                            what leaves this network, rarest first
  lopside egress collected/ --unsanctioned             without what is wholly inside of an envelope
  lopside egress collected/ -o egress.csv              to draft outbound rules from
  lopside egress collected/ --format jsonl             one path a line, with names of hosts and users

Only what a monitored host opened counts. A path that no flow speaks of (endpoint events alone) has no bytes.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders to read; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Leave out paths of which every day is inside of an envelope
    #[arg(long)]
    unsanctioned: bool,
}

/// Lists paths.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv])?;
    let mut results = common.results()?;
    let summary_file = summary::prepare(common)?;
    let envelopes = common.allow.envelopes()?;
    let governed = Governed::load(common)?;
    let run = engine::run(&args.paths, common, Ask { findings: true, ..Ask::default() }, terminal)?;
    summary::write(summary_file, &run, &[], common)?;
    let mut paths = paths::paths(&run.outcome, &envelopes, &governed.owners)?;
    if args.unsanctioned {
        paths.retain(|(_, path)| path.sanctioned() != paths::Sanctioned::Yes);
    }
    let rows: Vec<told::Row> =
        paths.iter().map(|(key, path)| told::Row::new(key, path, common.redact.as_ref())).collect();
    match format {
        Format::Jsonl => rows.iter().try_for_each(|row| json::line(&mut results, row))?,
        Format::Csv => told::csv(&mut results, &rows)?,
        _ => {
            for line in told::table(&rows, terminal.width) {
                writeln!(results, "{line}")?;
            }
        }
    }
    results.finish()?;
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}
