//! The stages usual and score: what all partitions teach, merged, and the findings that stand out against it.
//!
//! In: the channels of an [`Outcome`]. Out: findings, highest first. Two rounds: the first learns from everything, the second
//! without the channel-days that the first flagged, so that one case does not make the next look usual.

use std::cmp::Ordering;

use lopside_model::channel::Origin;
use lopside_model::finding::Finding;
use lopside_model::finding::Severity;
use lopside_score::envelope::Envelopes;
use lopside_score::{Calibration, Context, DayScore, Flagged, Fragment, Settings, Totals, Usual, weigh};
use rayon::prelude::*;

use crate::driver::Outcome;
use crate::error::EngineError;
use crate::kept::Kept;
use crate::sanctioned::{Ground, Sanctioned};

/// What scoring came to.
#[derive(Debug)]
pub struct Scored {
    /// Findings, highest score first, ties by total, then id.
    pub findings: Vec<Finding>,
    /// How totals became rates.
    pub calibration: Calibration,
    /// What is usual.
    pub usual: Usual,
    /// Host-days with sending.
    pub host_days: u64,
    /// The scores behind the findings: partition by partition, channel by channel, as the channels of the outcome.
    pub scores: Vec<Vec<Vec<DayScore>>>,
    /// What is inside of envelopes.
    pub sanctioned: Sanctioned,
}

/// Scores the channels of a run.
///
/// # Errors
/// When channels that were put aside cannot be read back.
pub fn score(outcome: &Outcome, settings: &Settings, context: &Context) -> Result<Scored, EngineError> {
    score_within(outcome, settings, context, &Envelopes::default())
}

/// The same under envelopes: sanctioned senders inside of them are counted and no findings.
///
/// # Errors
/// As [`score`].
pub fn score_within(
    outcome: &Outcome,
    settings: &Settings,
    context: &Context,
    envelopes: &Envelopes,
) -> Result<Scored, EngineError> {
    let partitions = &outcome.channels;
    let (_, first) = round(partitions, &Flagged::default(), settings, context)?;
    let flagged = first.flagged(partitions)?;
    let (usual, second) = round(partitions, &flagged, settings, context)?;
    let name = |origin: Origin| {
        let file = outcome.report.input_name(origin.input)?;
        Some((file.to_owned(), origin.record.to_string()))
    };
    let ground = Ground { envelopes, usual: &usual, calibration: &second.calibration, settings };
    let part = ground.all(partitions, &second.scores)?;
    let (mut findings, sanctioned) = part.sanctioned(&|raw| raw.complete(&name));
    findings.sort_by(order);
    let host_days = usual.host_days();
    Ok(Scored {
        findings,
        calibration: second.calibration,
        usual,
        host_days,
        scores: second.scores,
        sanctioned,
    })
}

/// Highest score first, ties by total, then id.
pub fn order(a: &Finding, b: &Finding) -> Ordering {
    b.score.total_cmp(&a.score).then(b.total.total_cmp(&a.total)).then_with(|| a.id.cmp(&b.id))
}

/// The scores of one round.
struct Round {
    scores: Vec<Vec<Vec<DayScore>>>,
    calibration: Calibration,
}

fn round(
    partitions: &[Kept],
    flagged: &Flagged,
    settings: &Settings,
    context: &Context,
) -> Result<(Usual, Round), EngineError> {
    let fragments = partitions
        .par_iter()
        .map(|kept| Ok(Fragment::without(&kept.load()?, flagged)))
        .collect::<Result<Vec<Fragment>, EngineError>>()?;
    let fragment = fragments.into_iter().fold(Fragment::default(), |mut all, one| {
        all.merge(one);
        all
    });
    let host_days = fragment.host_days();
    let usual = Usual::from(fragment, context.clone());
    let scores = partitions
        .par_iter()
        .map(|kept| Ok(kept.load()?.iter().map(|channel| weigh(channel, &usual, settings)).collect()))
        .collect::<Result<Vec<Vec<Vec<DayScore>>>, EngineError>>()?;
    let mut totals = Totals::default();
    for score in scores.iter().flatten() {
        totals.add(score);
    }
    let calibration = Calibration::new(totals, host_days, settings, context.references.of(usual.hosts()));
    Ok((usual, Round { scores, calibration }))
}

impl Round {
    /// The channel-days that reach low.
    fn flagged(&self, partitions: &[Kept]) -> Result<Flagged, EngineError> {
        let mut flagged = Flagged::default();
        let low = self.calibration.total_for(Severity::Low);
        for (kept, scores) in partitions.iter().zip(&self.scores) {
            if !scores.iter().flatten().any(|score| score.total >= low) {
                continue;
            }
            for (channel, scores) in kept.load()?.iter().zip(scores) {
                for score in scores.iter().filter(|score| score.total >= low) {
                    flagged.insert(&channel.key, score.day);
                }
            }
        }
        Ok(flagged)
    }
}
