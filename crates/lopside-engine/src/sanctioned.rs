//! Findings under the envelopes of sanctioned senders, and what the envelopes kept from being shown.
//!
//! In: channels of all partitions with their scores. Out: findings whose records are still numbers, and counts of each envelope.

use lopside_model::channel::{Channel, Origin};
use lopside_model::finding::Finding;
use lopside_score::envelope::{Envelopes, Sanction, Standing, Tally, Verdict, tally};
use lopside_score::{Calibration, DayScore, RawFinding, Settings, Usual, findings, findings_within};
use rayon::prelude::*;

use crate::driver::Outcome;
use crate::error::EngineError;
use crate::kept::Kept;
use crate::usual::Scored;

/// What envelopes came to.
#[derive(Clone, Debug, Default)]
pub struct Sanctioned {
    /// Counts of each entry, in the order of the file.
    pub tallies: Vec<Tally>,
    /// Findings that are inside of an envelope, with its place in the file; highest score first.
    pub hidden: Vec<(usize, Finding)>,
    /// Bytes sent by channels of external destinations, and those of them inside of an envelope.
    pub external: (u64, u64),
}

/// What envelopes would come to on channels that were scored already.
///
/// # Errors
/// When channels that were put aside cannot be read back.
pub fn under(
    outcome: &Outcome,
    scored: &Scored,
    envelopes: &Envelopes,
    settings: &Settings,
) -> Result<Sanctioned, EngineError> {
    let ground = Ground { envelopes, usual: &scored.usual, calibration: &scored.calibration, settings };
    let name = |origin: Origin| {
        let file = outcome.report.input_name(origin.input)?;
        Some((file.to_owned(), origin.record.to_string()))
    };
    Ok(ground.all(&outcome.channels, &scored.scores)?.sanctioned(&|raw| raw.complete(&name)).1)
}

/// One partition's part.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) shown: Vec<RawFinding>,
    pub(crate) hidden: Vec<(usize, RawFinding)>,
    tallies: Vec<Tally>,
    external: (u64, u64),
}

/// What scores rest on.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'g> {
    pub(crate) envelopes: &'g Envelopes,
    pub(crate) usual: &'g Usual,
    pub(crate) calibration: &'g Calibration,
    pub(crate) settings: &'g Settings,
}

impl Ground<'_> {
    /// Findings and counts of all partitions.
    pub(crate) fn all(
        &self,
        partitions: &[Kept],
        scores: &[Vec<Vec<DayScore>>],
    ) -> Result<Part, EngineError> {
        let parts = partitions
            .par_iter()
            .zip(scores)
            .map(|(kept, scores)| Ok(self.partition(&kept.load()?, scores)))
            .collect::<Result<Vec<Part>, EngineError>>()?;
        let mut all = Part { tallies: vec![Tally::default(); self.envelopes.list.len()], ..Part::default() };
        for part in parts {
            all.shown.extend(part.shown);
            all.hidden.extend(part.hidden);
            for (mine, other) in all.tallies.iter_mut().zip(&part.tallies) {
                mine.merge(other);
            }
            all.external.0 = all.external.0.saturating_add(part.external.0);
            all.external.1 = all.external.1.saturating_add(part.external.1);
        }
        Ok(all)
    }

    fn partition(&self, channels: &[Channel], scores: &[Vec<DayScore>]) -> Part {
        let verdicts = self.envelopes.judge(channels);
        let mut part = Part { external: external(channels, &verdicts), ..Part::default() };
        for ((channel, scores), verdicts) in channels.iter().zip(scores).zip(&verdicts) {
            let sanction = Sanction::new(self.envelopes, verdicts);
            part.shown.extend(findings_within(
                channel,
                scores,
                sanction,
                self.usual,
                self.calibration,
                self.settings,
            ));
            part.hidden.extend(self.hidden(channel, scores, verdicts));
        }
        if !self.envelopes.is_empty() {
            part.tallies = tally(self.envelopes, channels, &verdicts, scores, self.calibration);
        }
        part
    }

    /// What would be findings of a channel without the envelopes that it is inside of.
    fn hidden(
        &self,
        channel: &Channel,
        scores: &[DayScore],
        verdicts: &[Option<Verdict>],
    ) -> Vec<(usize, RawFinding)> {
        let entry = |score: &DayScore| match verdicts.get(score.index)?.as_ref()? {
            Verdict { entry, standing: Standing::Inside } => Some(*entry),
            _ => None,
        };
        let mut entries: Vec<usize> = scores.iter().filter_map(entry).collect();
        entries.sort_unstable();
        entries.dedup();
        let mut hidden = Vec::new();
        for own in entries {
            let inside: Vec<DayScore> =
                scores.iter().filter(|score| entry(score) == Some(own)).copied().collect();
            let found = findings(channel, &inside, self.usual, self.calibration, self.settings);
            hidden.extend(found.into_iter().map(|raw| (own, raw)));
        }
        hidden
    }
}

impl Part {
    /// The counts with the hidden findings, whose records have names now.
    pub(crate) fn sanctioned(self, complete: &dyn Fn(RawFinding) -> Finding) -> (Vec<Finding>, Sanctioned) {
        let shown = self.shown.into_iter().map(complete).collect();
        let mut hidden: Vec<(usize, Finding)> =
            self.hidden.into_iter().map(|(entry, raw)| (entry, complete(raw))).collect();
        hidden.sort_by(|one, other| crate::usual::order(&one.1, &other.1).then(one.0.cmp(&other.0)));
        (shown, Sanctioned { tallies: self.tallies, hidden, external: self.external })
    }
}

/// Bytes that channels sent outside, and those of them inside of an envelope.
fn external(channels: &[Channel], verdicts: &[Vec<Option<Verdict>>]) -> (u64, u64) {
    let mut sums = (0_u64, 0_u64);
    for (channel, verdicts) in channels.iter().zip(verdicts) {
        if channel.scope != lopside_model::net::Scope::External {
            continue;
        }
        for (index, day) in channel.days.iter().enumerate() {
            let sent = day.sum.bytes_out.saturating_add(day.unmeasured.bytes_out);
            sums.0 = sums.0.saturating_add(sent);
            let inside = verdicts.get(index).and_then(Option::as_ref);
            if inside.is_some_and(|verdict| verdict.standing == Standing::Inside) {
                sums.1 = sums.1.saturating_add(sent);
            }
        }
    }
    sums
}
