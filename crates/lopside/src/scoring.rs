//! From a run's channels to findings: the one place where the binary asks for the score.

use lopside_engine::driver::Outcome;
use lopside_engine::usual;
use lopside_model::finding::{Finding, Severity};
use lopside_score::{Context, Settings};

/// What a score came to.
#[derive(Debug)]
pub(crate) struct Scored {
    /// Highest score first; ties by total, then id.
    pub(crate) findings: Vec<Finding>,
    /// From which score each severity begins.
    pub(crate) thresholds: Thresholds,
    /// What "ordinary" rests on, in words.
    pub(crate) rests_on: String,
}

/// From which score a severity begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// Medium.
    pub(crate) medium: f64,
    /// High.
    pub(crate) high: f64,
}

/// The findings of every channel.
///
/// # Errors
/// When the shipped weights cannot be used.
pub(crate) fn score(outcome: &Outcome, settings: &Settings) -> anyhow::Result<Scored> {
    let scored = usual::score(outcome, settings, &Context::default());
    let from = |severity| scored.calibration.score_for(severity);
    Ok(Scored {
        thresholds: Thresholds { medium: from(Severity::Medium), high: from(Severity::High) },
        rests_on: scored.calibration.rests_on(),
        findings: scored.findings,
    })
}
