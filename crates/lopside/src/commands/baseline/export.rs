//! `lopside baseline export`: every row, for other tools.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_score::{Baseline, DestinationTold, HostTold, Kind, ProcessTold, most};
use serde::Serialize;

use super::{names, show};
use crate::args::Common;
use crate::baseline_file;
use crate::output::separated::Table;
use crate::output::{Format, json, units};
use crate::redact::Redactor;

const EXAMPLES: &str = "\
Examples:
  lopside baseline export march.baseline --format jsonl
  lopside baseline export march.baseline -o march.csv

A row for each process, host and destination; --format csv leaves out what is a list.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The baseline
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// A row.
#[derive(Debug, Serialize)]
struct Row {
    kind: Kind,
    /// `null` where no process is known.
    name: Option<String>,
    /// Hosts; of a host, 1.
    hosts: u32,
    /// Host-days; of a destination, channel-days.
    days: u32,
    first_day: Option<String>,
    last_day: Option<String>,
    destinations: Option<u64>,
    /// Hosts that send much and get little back; of a host absent.
    heavy_hosts: Option<u32>,
    bytes_median: Option<u64>,
    bytes_90: Option<u64>,
    ratio_median: Option<f64>,
    ratio_90: Option<f64>,
    /// Observations by bytes: from a power of two to the next.
    histogram: Vec<(u64, u32)>,
    ports: BTreeMap<String, u32>,
    processes: BTreeMap<String, u32>,
    users: BTreeMap<String, u32>,
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
        baseline.processes().into_iter().map(|(name, row)| process(&name, &row, redact)).collect();
    rows.extend(baseline.host_rows().into_iter().map(|(name, row)| host(&name, &row, redact)));
    rows.extend(baseline.destinations().into_iter().map(|(name, row)| destination(&name, &row, redact)));
    rows
}

fn process(name: &str, row: &ProcessTold, redact: Option<&Redactor>) -> Row {
    Row {
        kind: Kind::Process,
        name: names::known(name).map(|name| names::told(Kind::Process, name, redact)),
        hosts: row.hosts,
        days: row.host_days,
        first_day: row.days.map(|days| units::day(days.0)),
        last_day: row.days.map(|days| units::day(days.1)),
        destinations: Some(row.destinations.len() as u64),
        heavy_hosts: Some(row.heavy_hosts),
        bytes_median: row.quantity.bytes(0.5),
        bytes_90: row.quantity.bytes(0.9),
        ratio_median: row.quantity.ratio(0.5).map(round),
        ratio_90: row.quantity.ratio(0.9).map(round),
        histogram: histogram(row.quantity.by_bytes()),
        ports: row.ports.iter().map(|(port, hosts)| (show::port_name(*port), hosts)).collect(),
        processes: BTreeMap::new(),
        users: BTreeMap::new(),
    }
}

fn host(name: &str, row: &HostTold, redact: Option<&Redactor>) -> Row {
    Row {
        kind: Kind::Host,
        name: Some(names::told(Kind::Host, name, redact)),
        hosts: 1,
        days: row.host_days,
        first_day: row.days.map(|days| units::day(days.0)),
        last_day: row.days.map(|days| units::day(days.1)),
        destinations: Some(row.destinations.into()),
        heavy_hosts: None,
        bytes_median: row.quantity.bytes(0.5),
        bytes_90: row.quantity.bytes(0.9),
        ratio_median: row.quantity.ratio(0.5).map(round),
        ratio_90: row.quantity.ratio(0.9).map(round),
        histogram: histogram(row.quantity.by_bytes()),
        ports: BTreeMap::new(),
        processes: processes(&row.processes, redact),
        users: row.users.iter().map(|(user, days)| (names::user_told(user, redact), *days)).collect(),
    }
}

fn destination(name: &str, row: &DestinationTold, redact: Option<&Redactor>) -> Row {
    Row {
        kind: Kind::Destination,
        name: Some(names::told(Kind::Destination, name, redact)),
        hosts: row.hosts,
        days: row.channel_days,
        first_day: row.days.map(|days| units::day(days.0)),
        last_day: row.days.map(|days| units::day(days.1)),
        destinations: None,
        heavy_hosts: Some(row.heavy_hosts),
        bytes_median: row.bytes(0.5),
        bytes_90: row.bytes(0.9),
        ratio_median: None,
        ratio_90: None,
        histogram: histogram(row.by_bytes()),
        ports: BTreeMap::new(),
        processes: processes(&row.processes, redact),
        users: BTreeMap::new(),
    }
}

/// Powers of two for their logarithms.
fn histogram(rows: Vec<(u8, u32)>) -> Vec<(u64, u32)> {
    let power = |log: u8| 1_u64.checked_shl(log.into()).unwrap_or(u64::MAX);
    rows.into_iter().map(|(log, count)| (power(log), count)).collect()
}

fn round(ratio: f64) -> f64 {
    (ratio * 1_000.0).round() / 1_000.0
}

/// The most frequent processes.
fn processes(all: &BTreeMap<String, u32>, redact: Option<&Redactor>) -> BTreeMap<String, u32> {
    let told = |name| {
        names::known(name)
            .map_or("(no process known)".to_owned(), |name| names::told(Kind::Process, name, redact))
    };
    let mut sums = BTreeMap::new();
    for (name, count) in most(all) {
        *sums.entry(told(name)).or_default() += count;
    }
    sums
}

fn csv(writer: &mut dyn std::io::Write, rows: &[Row]) -> anyhow::Result<()> {
    const COLUMNS: [&str; 12] = [
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
        "ratio_median",
        "ratio_90",
    ];
    let mut table = Table::new(writer, &COLUMNS)?;
    for row in rows {
        table.plain(Some(match row.kind {
            Kind::Process => "process",
            Kind::Host => "host",
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
        table.plain(row.ratio_median);
        table.plain(row.ratio_90);
        table.end()?;
    }
    Ok(table.finish()?)
}
