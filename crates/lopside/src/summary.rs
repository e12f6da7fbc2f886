//! `--summary FILE`: what a run read and came to, as JSON.

use anyhow::Context;
use lopside_engine::host::addresses::hosts_of;
use lopside_engine::host::coverage::Measured;
use lopside_model::Micros;
use lopside_model::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};

use crate::args::Common;
use crate::engine::Run;
use crate::output::json;
use crate::output::results::Results;
use crate::sanctioned::SanctionedCounts;

/// The analytic's own facts.
const FACTS: &str = include_str!("../data/an0030.toml");

#[derive(Serialize)]
struct Summary<'r> {
    version: &'static str,
    analytic: Analytic<'r>,
    config_sha256: &'r str,
    inputs: Vec<Input<'r>>,
    span: Span,
    hosts: u64,
    records: u64,
    skipped: u64,
    flows: u64,
    process_known: u64,
    bytes_both_known: u64,
    both_known: u64,
    findings: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanctioned: Option<&'r SanctionedCounts>,
    elapsed_seconds: f64,
    peak_memory_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Analytic<'r> {
    id: &'static str,
    attack_release: &'r str,
}

/// What is needed of [`FACTS`].
#[derive(Deserialize)]
struct Facts {
    attack_release: String,
}

#[derive(Serialize)]
struct Input<'r> {
    path: String,
    sha256: Option<&'r str>,
    bytes: u64,
    kind: &'r str,
    records: u64,
    skipped: u64,
    /// Conversations of a packet capture that were closed before they were over, to stay within the memory.
    #[serde(skip_serializing_if = "is_zero")]
    closed_early: u64,
}

#[derive(Serialize)]
struct Span {
    first: Option<Micros>,
    last: Option<Micros>,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    low: u64,
    medium: u64,
    high: u64,
    critical: u64,
}

impl Counts {
    /// Counts findings.
    pub(crate) fn of(findings: &[Finding]) -> Counts {
        let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
        Counts {
            low: of(Severity::Low),
            medium: of(Severity::Medium),
            high: of(Severity::High),
            critical: of(Severity::Critical),
        }
    }

    /// How many in all.
    pub(crate) fn total(&self) -> u64 {
        Severity::ALL.iter().map(|severity| self.get(*severity)).sum()
    }

    /// How many of this severity.
    pub(crate) fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Low => self.low,
            Severity::Medium => self.medium,
            Severity::High => self.high,
            Severity::Critical => self.critical,
        }
    }
}

/// Coverage of all hosts together.
pub(crate) fn measured(run: &Run) -> Measured {
    let mut all = Measured::default();
    for host in run.outcome.coverage.values() {
        all.merge(&host.measured);
    }
    all
}

/// Hosts that anything was read of.
pub(crate) fn hosts(run: &Run) -> u64 {
    run.outcome.coverage.iter().map(|(name, host)| hosts_of(name, host)).sum()
}

/// Makes sure that the summary can be written, before any work.
///
/// # Errors
/// When it cannot.
pub(crate) fn prepare(common: &Common) -> anyhow::Result<Option<Results>> {
    common.summary.as_deref().map(|path| Results::open(Some(path))).transpose()
}

/// Writes the summary.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(
    target: Option<Results>,
    run: &Run,
    findings: &[Finding],
    common: &Common,
) -> anyhow::Result<()> {
    write_with(target, run, findings, None, common)
}

/// The same with what envelopes came to.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_with(
    target: Option<Results>,
    run: &Run,
    findings: &[Finding],
    sanctioned: Option<&SanctionedCounts>,
    common: &Common,
) -> anyhow::Result<()> {
    let Some(mut target) = target else { return Ok(()) };
    let facts: Facts = toml::from_str(FACTS).context("the shipped facts of the analytic")?;
    let report = &run.outcome.report;
    let measured = measured(run);
    let name =
        |path: &str| common.redact.as_ref().map_or_else(|| path.to_owned(), |redact| redact.file(path));
    let span = report.span();
    let summary = Summary {
        version: env!("CARGO_PKG_VERSION"),
        analytic: Analytic { id: lopside_score::ANALYTIC, attack_release: &facts.attack_release },
        config_sha256: &common.config.sha256,
        inputs: report
            .inputs
            .iter()
            .map(|input| Input {
                path: name(&input.path),
                sha256: input.sha256.as_deref(),
                bytes: input.bytes,
                kind: &input.kind,
                records: input.records,
                skipped: input.skipped,
                closed_early: input.closed_early,
            })
            .collect(),
        span: Span { first: span.map(|(first, _)| first), last: span.map(|(_, last)| last) },
        hosts: hosts(run),
        records: report.records,
        skipped: report.skipped,
        flows: measured.flows,
        process_known: measured.process_known,
        bytes_both_known: measured.bytes_both_known,
        both_known: measured.both_known,
        findings: Counts::of(findings),
        sanctioned,
        elapsed_seconds: (run.began.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
        peak_memory_bytes: crate::progress::peak_memory(),
    };
    let written = json::pretty(&mut target, &summary).and_then(|()| target.finish());
    written.context("cannot write the summary; free some space or name another file with --summary")
}
fn is_zero(count: &u64) -> bool {
    *count == 0
}
