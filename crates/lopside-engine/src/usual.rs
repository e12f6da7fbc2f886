//! The stages usual and score: what all partitions teach, merged, and the findings that stand out against it.
//!
//! In: the channels of an [`Outcome`]. Out: findings, highest first. Two rounds: the first learns from everything, the second
//! without the channel-days that the first flagged, so that one case does not make the next look usual.

use std::cell::OnceCell;
use std::cmp::Ordering;

use lopside_model::channel::{Channel, Origin};
use lopside_model::finding::Finding;
use lopside_score::envelope::Envelopes;
use lopside_score::{
    Baseline, Calibration, Context, DayScore, FEW, Flagged, Fragment, Settings, Totals, Usual, weigh,
};
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
    let rounds = Rounds::new(partitions, settings, context);
    let (_, usual, second) = rounds.both()?;
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

/// What a baseline of these data remembers; what a hunt would flag teaches nothing.
///
/// # Errors
/// When what was put aside cannot be read again.
pub fn learn(outcome: &Outcome, settings: &Settings, context: &Context) -> Result<Baseline, EngineError> {
    let rounds = Rounds::new(&outcome.channels, settings, context);
    let (flagged, _, second) = rounds.both()?;
    let mut fragment = Fragment::default();
    for kept in &outcome.channels {
        fragment.merge(Fragment::remembering(&kept.load()?, &flagged));
    }
    Ok(Baseline::learn(fragment, &second.scores, &context.weights))
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

/// What both rounds share.
struct Rounds<'r> {
    partitions: &'r [Kept],
    settings: &'r Settings,
    context: &'r Context,
    /// What the baseline teaches, by the names of these data.
    taught: OnceCell<Fragment>,
}

impl<'r> Rounds<'r> {
    fn new(partitions: &'r [Kept], settings: &'r Settings, context: &'r Context) -> Rounds<'r> {
        Rounds { partitions, settings, context, taught: OnceCell::new() }
    }

    /// What the first round flags, and what the second, which learns without it, comes to.
    fn both(&self) -> Result<(Flagged, Usual, Round), EngineError> {
        let (_, first) = self.round(self.all(|_, kept| Ok(Fragment::of(&kept.load()?)))?)?;
        // Channels that were put aside are read once for both: a channel lives in one partition.
        let lessons = self.all(|partition, kept| {
            let channels = kept.load()?;
            let flagged = first.flagged(partition, &channels);
            Ok((Fragment::without(&channels, &flagged), flagged))
        })?;
        drop(first);
        let (fragments, flagged): (Vec<Fragment>, Vec<Flagged>) = lessons.into_iter().unzip();
        let flagged = flagged.into_iter().fold(Flagged::default(), |mut all, one| {
            all.merge(one);
            all
        });
        let (usual, second) = self.round(fragments)?;
        Ok((flagged, usual, second))
    }

    /// What becomes of each partition.
    fn all<R: Send>(
        &self,
        of: impl Fn(usize, &Kept) -> Result<R, EngineError> + Sync,
    ) -> Result<Vec<R>, EngineError> {
        self.partitions.par_iter().enumerate().map(|(partition, kept)| of(partition, kept)).collect()
    }

    fn round(&self, fragments: Vec<Fragment>) -> Result<(Usual, Round), EngineError> {
        let fragment = fragments.into_iter().fold(Fragment::default(), |mut all, one| {
            all.merge(one);
            all
        });
        let mut host_days = fragment.host_days();
        let usual = Usual::from(self.with_baseline(fragment), self.context.clone());
        let scores: Vec<Vec<Vec<DayScore>>> = self.all(|_, kept| {
            Ok(kept.load()?.iter().map(|channel| weigh(channel, &usual, self.settings)).collect())
        })?;
        let mut totals = Totals::default();
        for score in scores.iter().flatten() {
            totals.add(score);
        }
        let before = self.context.baseline.as_ref().and_then(|known| known.totals(&self.context.weights));
        // Where these data are enough for rates of their own, those are what is ordinary now.
        if let Some((before, days)) = before.filter(|_| totals.count() < FEW) {
            totals.merge(before);
            host_days += days;
        }
        let reference = self.context.references.of(usual.hosts());
        let calibration = Calibration::new(totals, host_days, self.settings, reference);
        Ok((usual, Round { scores, calibration }))
    }

    fn with_baseline(&self, fragment: Fragment) -> Fragment {
        let Some(baseline) = &self.context.baseline else { return fragment };
        let mut all = self.taught.get_or_init(|| baseline.teach(&fragment)).clone();
        all.merge(fragment);
        all
    }
}

impl Round {
    /// The channel-days of a partition that stand out.
    fn flagged(&self, partition: usize, channels: &[Channel]) -> Flagged {
        let from = self.calibration.stands_out_from();
        let mut flagged = Flagged::default();
        for (channel, scores) in channels.iter().zip(self.scores.get(partition).into_iter().flatten()) {
            for score in scores.iter().filter(|score| score.total >= from) {
                flagged.insert(&channel.key, score.day);
            }
        }
        flagged
    }
}
