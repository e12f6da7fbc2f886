//! `lopside baseline export`: every row, for other tools.

use std::path::PathBuf;
use std::process::ExitCode;

use lopside_score::{Baseline, Kind};

use super::row::{self, Row};
use crate::args::Common;
use crate::baseline_file;
use crate::output::separated::Table;
use crate::output::{Format, json};
use crate::redact::Redactor;

const EXAMPLES: &str = "\
Examples:
  lopside baseline export march.baseline --format jsonl
  lopside baseline export march.baseline -o march.csv

A row for each process, host, user and destination; --format csv leaves out what is a list.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The baseline
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Writes every row.
pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Jsonl, Format::Csv])?;
    let baseline = baseline_file::read_locked(&args.file, common.memory)?;
    let rows = rows(&baseline, common.redact.as_ref());
    let mut results = common.results()?;
    if format == Format::Csv {
        csv(&mut results, &rows)?;
    } else {
        rows.iter().try_for_each(|row| json::line(&mut results, row))?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn rows(baseline: &Baseline, redact: Option<&Redactor>) -> Vec<Row> {
    let mut rows: Vec<Row> =
        baseline.processes().into_iter().map(|(name, row)| row::process(&name, &row, redact)).collect();
    rows.extend(baseline.host_rows().into_iter().map(|(name, row)| row::host(&name, &row, redact)));
    rows.extend(baseline.users().into_iter().map(|(name, row)| row::user(&name, &row, redact)));
    rows.extend(baseline.destinations().into_iter().map(|(name, row)| row::destination(&name, &row, redact)));
    rows
}

fn csv(writer: &mut dyn std::io::Write, rows: &[Row]) -> anyhow::Result<()> {
    const COLUMNS: [&str; 14] = [
        "kind",
        "name",
        "hosts",
        "days",
        "first_day",
        "last_day",
        "destinations",
        "heavy_hosts",
        "bytes_median",
        "bytes_90",
        "bytes_in_median",
        "bytes_in_90",
        "ratio_median",
        "ratio_90",
    ];
    let mut table = Table::new(writer, &COLUMNS)?;
    for row in rows {
        table.plain(Some(match row.kind {
            Kind::Process => "process",
            Kind::Host => "host",
            Kind::User => "user",
            Kind::Destination => "destination",
        }));
        table.text(row.name.as_deref());
        table.plain(Some(row.hosts));
        table.plain(Some(row.days));
        table.text(row.first_day.as_deref());
        table.text(row.last_day.as_deref());
        table.plain(row.destinations);
        table.plain(row.heavy_hosts);
        table.plain(row.bytes_median);
        table.plain(row.bytes_90);
        table.plain(row.bytes_in_median);
        table.plain(row.bytes_in_90);
        table.plain(row.ratio_median);
        table.plain(row.ratio_90);
        table.end()?;
    }
    Ok(table.finish()?)
}
