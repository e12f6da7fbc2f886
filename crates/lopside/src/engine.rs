//! A run of the engine with what the binary adds to it: a temporary folder, progress, standard input, the time it took.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lopside_engine::driver::{Inputs, Options, Outcome};
use lopside_engine::stages::Ask;
use lopside_payload::EntropyThreshold;
use lopside_sources::input::Limits;
use lopside_sources::read::ReadOptions;
use lopside_sources::report::ReadReport;

use crate::args::Common;
use crate::output::units;
use crate::progress::Shown;
use crate::terminal::Terminal;

/// The partitions at work may take this part of `--memory`; what waits in exchanges and the channels take twice as much,
/// and what the allocator keeps the rest (measured on emulated fleets, `docs/benchmarks.md`).
const WORKING_SHARE: u64 = 4;

/// What was read, joined and summed.
#[derive(Debug)]
pub(crate) struct Run {
    /// What it came to.
    pub(crate) outcome: Outcome,
    /// When it began.
    pub(crate) began: Instant,
    /// Holds spilled rows, which the outcome reads; removed with it.
    _folder: tempfile::TempDir,
}

/// How content is sampled and judged.
fn profile(common: &Common) -> lopside_payload::Settings {
    let usual = lopside_payload::Settings::default();
    let threshold = EntropyThreshold::new(common.settings().payload_entropy_threshold);
    lopside_payload::Settings {
        entropy_threshold: threshold.unwrap_or(usual.entropy_threshold),
        excerpts: common.excerpts,
        ..usual
    }
}

/// Bytes for the conversations of each packet capture: as many may be read at one time as there are threads.
fn conversations(common: &Common) -> usize {
    const SHARE: u64 = 4;
    const LEAST: u64 = 4 << 20;
    let each = common.memory / SHARE / common.threads.max(1) as u64;
    usize::try_from(each.max(LEAST)).unwrap_or(usize::MAX)
}

/// Reads, joins and sums what lies below the paths.
///
/// # Errors
/// When nothing below them is recognised, or the temporary folder cannot be written.
pub(crate) fn run(paths: &[PathBuf], common: &Common, ask: Ask, terminal: &Terminal) -> anyhow::Result<Run> {
    let began = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix("lopside-")
        .tempdir()
        .context("cannot make a temporary folder; name one that can be written with TMPDIR")?;
    let options = Options {
        threads: common.threads,
        partitions: common.partitions,
        memory: common.memory / WORKING_SHARE,
        local: common.local.clone(),
        span: common.span,
        folder: folder.path().to_owned(),
        read: ReadOptions {
            threads: common.threads,
            limits: Limits { conversations: conversations(common), ..Limits::default() },
            hash: common.summary.is_some(),
            temporary: folder.path().to_owned(),
            payload: common.payload.then(|| profile(common)),
        },
    };
    let stdin = paths
        .iter()
        .any(|path| path.as_os_str() == "-")
        .then(|| Box::new(io::stdin()) as Box<dyn io::Read + Send>);
    let shown = Shown::new(common.progress, terminal);
    let outcome = lopside_engine::driver::run(Inputs { paths, stdin }, &options, ask, &shown);
    drop(shown);
    let outcome = outcome?;
    if !outcome.report.recognised_anything() {
        bail!(nothing(paths, &outcome.report));
    }
    Ok(Run { outcome, began, _folder: folder })
}

impl Run {
    /// Ends with the process: the temporary folder is removed, memory is left to the system, which takes it back at once.
    pub(crate) fn leave(self) {
        let Run { outcome, _folder, .. } = self;
        std::mem::forget(outcome);
        drop(_folder);
    }

    /// Time and peak memory, `6.1 s, 412 MiB`, on standard error.
    pub(crate) fn tell_cost(&self, terminal: &Terminal) {
        terminal.note(&cost(self.began.elapsed(), crate::progress::peak_memory()));
    }
}

fn cost(elapsed: Duration, peak: Option<u64>) -> String {
    let memory = peak.map_or(String::new(), |bytes| format!(", {}", units::memory(bytes)));
    format!("{:.1} s{memory}", elapsed.as_secs_f64())
}

/// Why there is nothing to tell, and what to do.
fn nothing(paths: &[PathBuf], report: &ReadReport) -> String {
    let places: Vec<String> = paths.iter().take(3).map(|path| path.display().to_string()).collect();
    let places = if paths.len() > 3 { format!("{}, ...", places.join(", ")) } else { places.join(", ") };
    if let Some(fault) = report.errors.first().filter(|_| report.inputs.is_empty()) {
        return format!("cannot read {}: {}", fault.path, fault.message);
    }
    let files = report.inputs.len() as u64;
    if files == 0 {
        return format!(
            "no files below {places}; name a folder that holds Sysmon or Security events, Zeek logs or packet captures"
        );
    }
    let known: Vec<&str> = report.unsupported.iter().map(|left| left.kind.as_str()).take(3).collect();
    let seen = if known.is_empty() {
        String::new()
    } else {
        format!(" (seen, and not supported yet: {})", known.join(", "))
    };
    format!(
        "nothing recognised in {} below {places}{seen}; name files with Sysmon or Security events (EVTX, XML, JSON), Zeek logs or packet captures",
        units::counted(files, "file")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_one_short_line() {
        assert_eq!(cost(Duration::from_millis(6_100), Some(412 << 20)), "6.1 s, 412 MiB");
        assert_eq!(cost(Duration::from_millis(40), None), "0.0 s");
    }

    #[test]
    fn nothing_is_told_in_one_line() {
        let told = nothing(&[PathBuf::from("x")], &ReadReport::default());
        assert!(told.starts_with("no files below x; "), "{told}");
    }
}
