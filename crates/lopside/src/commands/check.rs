//! `lopside check`: which of the analytic's questions this telemetry can answer, per host.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::stages::Ask;

use crate::args::Common;
use crate::engine;
use crate::output::{Format, json};
use crate::readiness::{Readiness, text};
use crate::summary;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside check collected/                      can this be answered, host by host, and what to switch on
  lopside check collected/ --all                every host, not only those that lack something
  lopside check collected/ --format json        the same for scripts

Verdicts:
  measurable      process and bytes both ways are known for nearly all that is sent
  partly          for a part of it, or by host only (no endpoint events)
  not measurable  bytes sent or received were not measured, as where a sensor sees one side";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders to read; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// List every host in the table
    #[arg(long)]
    all: bool,
}

/// Reads, joins, and judges what was measured.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json])?;
    let mut results = common.results()?;
    let summary = summary::prepare(common)?;
    let run = engine::run(&args.paths, common, Ask::default(), terminal)?;
    summary::write(summary, &run, &[], common)?;
    let outcome = &run.outcome;
    let mut told = Readiness::of(&outcome.coverage, &outcome.clocks, &outcome.report)?;
    if let Some(redactor) = &common.redact {
        for host in &mut told.hosts {
            host.name = redactor.host(&host.name);
        }
        told.hosts.sort_by(|a, b| a.name.cmp(&b.name));
    }
    if format == Format::Json {
        json::pretty(&mut results, &told)?;
    } else {
        results.write_all(text::render(&told, terminal.width, args.all).as_bytes())?;
    }
    results.finish()?;
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}
