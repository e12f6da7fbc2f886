//! From a run's channels to findings: the one place where the binary asks for the score.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lopside_engine::driver::Outcome;
use lopside_engine::sanctioned::Sanctioned;
use lopside_engine::usual;
use lopside_model::finding::{Finding, Severity};
use lopside_model::record::EventClass;
use lopside_model::time::SECOND;
use lopside_score::envelope::Envelopes;
use lopside_score::{Calibration, Context, References, Settings, Weights};

use crate::args::Common;
use crate::baseline_file::BaselineArgs;
use crate::output::units;

/// What a score came to.
#[derive(Debug)]
pub(crate) struct Scored {
    /// Highest score first; ties by total, then id.
    pub(crate) findings: Vec<Finding>,
    /// From which score each severity begins.
    pub(crate) thresholds: Thresholds,
    /// What "ordinary" rests on, in words.
    pub(crate) rests_on: String,
    /// Hosts whose clock was wrong and was corrected, in words.
    pub(crate) clocks: BTreeMap<String, String>,
    /// What is inside of envelopes, and is not among the findings.
    pub(crate) sanctioned: Sanctioned,
}

/// From which score a severity begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// Medium.
    pub(crate) medium: f64,
    /// High.
    pub(crate) high: f64,
}

/// Weights and reference other than the shipped ones: the files that `evaluate --fit` wrote.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct WeightsArg {
    /// Score with the weights of FILE, and the reference.toml beside it where there is one
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

impl WeightsArg {
    /// What the score rests on.
    ///
    /// # Errors
    /// When a file cannot be read or is no such file.
    pub(crate) fn context(&self) -> anyhow::Result<Context> {
        let mut context = Context::default();
        let Some(path) = &self.weights else { return Ok(context) };
        let read = |path: &Path| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        };
        context.weights = Weights::load(&read(path)?).with_context(|| path.display().to_string())?;
        let beside = path.with_file_name("reference.toml");
        if beside.exists() {
            context.references =
                References::load(&read(&beside)?).with_context(|| beside.display().to_string())?;
        }
        Ok(context)
    }
}

/// What a score rests on, as commands that score are told it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ScoringArgs {
    #[command(flatten)]
    weights: WeightsArg,
    #[command(flatten)]
    past: BaselineArgs,
}

impl ScoringArgs {
    /// What the score rests on: the weights, and the baseline where one is named.
    ///
    /// # Errors
    /// When a file cannot be read or is no such file.
    pub(crate) fn context(&self, common: &Common) -> anyhow::Result<Context> {
        Ok(Context { baseline: self.past.load(common)?, ..self.weights.context()? })
    }
}

/// The findings of every channel, under the envelopes of sanctioned senders.
///
/// # Errors
/// When channels that were put aside cannot be read back.
pub(crate) fn score(
    outcome: &Outcome,
    settings: &Settings,
    context: &Context,
    envelopes: &Envelopes,
) -> anyhow::Result<Scored> {
    let scored = usual::score_within(outcome, settings, context, envelopes)?;
    let from = |severity| scored.calibration.score_for(severity);
    Ok(Scored {
        thresholds: Thresholds { medium: from(Severity::Medium), high: from(Severity::High) },
        rests_on: rests_on(&scored.calibration, context),
        findings: scored.findings,
        sanctioned: scored.sanctioned,
        clocks: clocks(outcome),
    })
}

/// What "ordinary" rests on, in words.
fn rests_on(calibration: &Calibration, context: &Context) -> String {
    let Some(baseline) = &context.baseline else { return calibration.rests_on() };
    let summary = baseline.summary();
    format!(
        "{}; habits also from a baseline of {}, {} to {}",
        calibration.rests_on(),
        units::counted(summary.hosts.into(), "host"),
        units::day(summary.first_day),
        units::day(summary.last_day),
    )
}

/// What is said of each host whose clock is off by a second or more: the clock of its connections.
fn clocks(outcome: &Outcome) -> BTreeMap<String, String> {
    const CLASSES: [(EventClass, &str); 2] =
        [(EventClass::Sysmon3, "Sysmon 3"), (EventClass::Security5156, "Security 5156")];
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for host in outcome.coverage.keys() {
        for (class, name) in CLASSES {
            let mode = outcome.clocks.get(host, class).and_then(|clock| clock.main());
            let Some(mode) = mode.filter(|mode| mode.offset.unsigned_abs() >= SECOND.unsigned_abs()) else {
                continue;
            };
            let words = format!(
                "{name} clock {}, by {}",
                units::offset(mode.offset),
                units::counted(mode.matches, "matching flow")
            );
            told.entry(host.clone()).or_insert(words);
        }
    }
    told
}
