//! `lopside evaluate` on captures with junk: runs the captures through the same path as `flows`, and counts which conversations
//! were marked.

mod counting;
mod plot;
mod report;
mod truth;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use lopside_engine::error::EngineError;
use lopside_engine::stages::Ask;
use lopside_model::net::from_bits;
use lopside_model::payload::Payload;
use lopside_model::tables::Transfer;
use serde::Serialize;

use crate::args::Common;
use crate::engine;
use crate::output::{Format, json};
use crate::terminal::Terminal;

use counting::{Counts, Judged, count};
use truth::{Ends, JunkTruth};

/// What came out for one folder.
#[derive(Debug, Serialize)]
struct JunkReport {
    /// The folder.
    path: String,
    /// What was marked and what was not.
    #[serde(flatten)]
    counts: Counts,
}

/// What is written as JSON.
#[derive(Serialize)]
struct Written<'r> {
    junk: &'r [JunkReport],
}

/// Whether a folder holds captures with junk, by what its `truth.json` says.
pub(super) fn recognise(folder: &Path) -> bool {
    JunkTruth::recognise(folder)
}

/// Judges each folder and compares with its truth; `plot` names a drawing to write.
pub(super) fn run(
    folders: &[PathBuf],
    plot: Option<&Path>,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json])?;
    let mut reports = Vec::new();
    for folder in folders {
        let truth = JunkTruth::load(folder)?;
        let judged = judge(folder, &truth, common, terminal)?;
        reports.push(JunkReport { path: folder.display().to_string(), counts: count(&truth, &judged) });
    }
    if let Some(path) = plot {
        let drawing = plot::render(&reports);
        std::fs::write(path, drawing).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut results = common.results()?;
    if format == Format::Json {
        json::pretty(&mut results, &Written { junk: &reports })?;
    } else {
        let text = report::render(&reports, terminal.width);
        std::io::Write::write_all(&mut results, text.as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Every conversation that the captures hold, with what its content was judged to be.
///
/// # Errors
/// When the folder has no captures, or none can be read.
fn judge(
    folder: &Path,
    truth: &JunkTruth,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<Vec<Judged>> {
    let mut paths: Vec<PathBuf> = truth.captures.iter().map(|name| folder.join(name)).collect();
    if paths.is_empty() {
        paths.push(folder.join("captures"));
    }
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        bail!("{} is missing; name a folder that `lopside emulate junk` wrote", missing.display());
    }
    let run = engine::run(&paths, common, Ask { transfers: true, ..Ask::default() }, terminal)?;
    let mut judged = Vec::new();
    run.outcome.transfers(|row| -> Result<(), EngineError> {
        judged.push(told(row));
        Ok(())
    })?;
    Ok(judged)
}

fn told(row: &Transfer<'_>) -> Judged {
    let source = (from_bits(row.source_ip), row.source_port);
    let destination = (from_bits(row.destination_ip), row.destination_port);
    Judged {
        ends: Ends::new(row.protocol, source, destination),
        start: row.start,
        end: row.end,
        payload: row.payload.and_then(Payload::decode),
    }
}
