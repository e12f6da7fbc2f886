//! `lopside baseline show --format json`: what the words say, for scripts.

use std::collections::BTreeMap;

use lopside_score::Baseline;
use serde::Serialize;

use super::row::{self, Row};
use super::show::{self, LISTED, MATCHES, What};
use crate::output::units;
use crate::redact::Redactor;

/// What was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// What all of it rests on.
    baseline: About,
    /// Of the name that was asked for; without one, the processes and destinations with the most hosts.
    rows: Vec<Row>,
    /// Rows that belong here and are left out.
    more: u64,
}

/// What a baseline rests on.
#[derive(Debug, Serialize)]
struct About {
    first_day: String,
    last_day: String,
    hosts: u32,
    host_days: u64,
    channel_days: u64,
    processes: u64,
    destinations: u64,
    /// Channel-days by which rates are made.
    rated_channel_days: u64,
    /// Destinations that are counted and not named.
    forgotten: u64,
    names_hashed: bool,
}

/// Tells of a name, or of all.
///
/// # Errors
/// When the baseline holds nothing of that name.
pub(super) fn tell(
    baseline: &Baseline,
    asked: Option<(What, &str)>,
    redact: Option<&Redactor>,
) -> anyhow::Result<Told> {
    let (rows, all) = match asked {
        Some(asked @ (What::Process, _)) => named(&baseline.processes(), asked, redact, row::process)?,
        Some(asked @ (What::Host, _)) => named(&baseline.host_rows(), asked, redact, row::host)?,
        Some(asked @ (What::User, _)) => named(&baseline.users(), asked, redact, row::user)?,
        Some(asked @ (What::Destination, _)) => {
            named(&baseline.destinations(), asked, redact, row::destination)?
        }
        None => widest(baseline, redact),
    };
    let summary = baseline.summary();
    let about = About {
        first_day: units::day(summary.first_day),
        last_day: units::day(summary.last_day),
        hosts: summary.hosts,
        host_days: summary.host_days,
        channel_days: summary.channel_days,
        processes: summary.processes,
        destinations: summary.destinations,
        rated_channel_days: summary.rated_channel_days,
        forgotten: summary.forgotten,
        names_hashed: summary.names_hashed,
    };
    Ok(Told { baseline: about, more: (all - rows.len()) as u64, rows })
}

/// How a row of a kind is told.
type RowOf<T> = fn(&str, &T, Option<&Redactor>) -> Row;

/// The rows of a name, and how many it has.
fn named<T>(
    rows: &BTreeMap<String, T>,
    (what, name): (What, &str),
    redact: Option<&Redactor>,
    row: RowOf<T>,
) -> anyhow::Result<(Vec<Row>, usize)> {
    let found = show::find(rows, what, name, redact)?;
    let told = found.iter().take(MATCHES).map(|(name, told)| row(name, told, redact)).collect();
    Ok((told, found.len()))
}

/// The processes and destinations with the most hosts, and how many there are of both.
fn widest(baseline: &Baseline, redact: Option<&Redactor>) -> (Vec<Row>, usize) {
    let (processes, destinations) = (baseline.processes(), baseline.destinations());
    let mut rows: Vec<Row> = show::widest(&processes, |row| row.hosts)
        .into_iter()
        .take(LISTED)
        .map(|(name, told)| row::process(name, told, redact))
        .collect();
    let widest = show::widest(&destinations, |row| row.hosts).into_iter().take(LISTED);
    rows.extend(widest.map(|(name, told)| row::destination(name, told, redact)));
    (rows, processes.len() + destinations.len())
}
