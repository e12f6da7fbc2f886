//! `lopside baseline diff`: what is new, gone or changed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use lopside_score::{Changed, Kind};

use super::names;
use crate::args::Common;
use crate::baseline_file;
use crate::output::layout::Grid;
use crate::output::{Format, json, units};
use crate::redact::Redactor;
use crate::terminal::Terminal;

/// Rows of the table.
const TOLD: usize = 40;

const EXAMPLES: &str = "\
Examples:
  lopside baseline diff march.baseline april.baseline
  lopside baseline diff march.baseline april.baseline --format jsonl

The size of a change is the doublings of hosts (of a host: of days) and of the bytes that 9 of 10 observations stay within,
together. Changes of less than half a doubling are left out.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The older baseline
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The newer one
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

/// Compares and prints.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl])?;
    let old = baseline_file::read_locked(&args.old, common.memory)?;
    let new = baseline_file::read_locked(&args.new, common.memory)?;
    if old.is_hidden() != new.is_hidden() {
        bail!(
            "the names of one baseline are hashed and those of the other are not, so nothing in them is the same"
        );
    }
    let mut changes = old.changes(&new);
    let mut results = common.results()?;
    if format == Format::Jsonl {
        for change in &mut changes {
            change.name = names::told(change.kind, &change.name, common.redact.as_ref());
            json::line(&mut results, change)?;
        }
    } else {
        let lines = table(&changes, common.redact.as_ref(), terminal.width);
        results.write_all(format!("{}\n", lines.join("\n")).as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn table(changes: &[Changed], redact: Option<&Redactor>, columns: usize) -> Vec<String> {
    if changes.is_empty() {
        return vec!["Nothing is new, gone or changed by half a doubling or more".to_owned()];
    }
    let mut grid = Grid::new(&[
        ("CHANGE", false),
        ("WHAT", false),
        ("HOSTS OR DAYS", true),
        ("9 IN 10 SEND", true),
        ("DOUBLINGS", true),
        ("NAME", false),
    ]);
    for change in changes.iter().take(TOLD) {
        let (word, kind) = (word(change), kind(change.kind));
        let count = |count: Option<u32>| count.map_or("-".to_owned(), |count| units::count(count.into()));
        let bytes = |bytes: Option<u64>| bytes.map_or("-".to_owned(), units::bytes);
        grid.row(vec![
            word.to_owned(),
            kind.to_owned(),
            format!("{} > {}", count(change.before), count(change.after)),
            format!("{} > {}", bytes(change.bytes_before), bytes(change.bytes_after)),
            format!("{:.1}", change.doublings),
            names::of(change.kind, &change.name, redact),
        ]);
    }
    let mut lines = grid.lines(columns);
    if changes.len() > TOLD {
        lines.push(format!(
            "and {} more: --format jsonl has them all",
            units::count((changes.len() - TOLD) as u64)
        ));
    }
    lines
}

fn word(change: &Changed) -> &'static str {
    match (change.before, change.after) {
        (None, _) => "new",
        (_, None) => "gone",
        _ => "changed",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Process => "process",
        Kind::Host => "host",
        Kind::User => "user",
        Kind::Destination => "destination",
    }
}
