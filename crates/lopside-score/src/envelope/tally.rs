//! What each envelope covered: counted beside the score, told at the end of a run, by `allow audit` and by `allow suggest`.

use std::collections::BTreeSet;

use lopside_model::channel::Channel;
use lopside_model::finding::Severity;

use super::file::Envelopes;
use super::judge::{Standing, Verdict, sent};
use crate::calibration::Calibration;
use crate::weigh::DayScore;

/// Counts of one entry; a host lives in one partition, so they merge by addition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Hosts with a day inside.
    pub hosts: u64,
    /// Channels with a day inside.
    pub channels: u64,
    /// Channel-days inside.
    pub days: u64,
    /// Bytes sent inside.
    pub bytes_out: u64,
    /// Bytes received inside.
    pub bytes_in: u64,
    /// First and last day inside, in days since 1970-01-01.
    pub span: Option<(i32, i32)>,
    /// Channel-days inside that would have been of a severity, lowest first.
    pub hidden: [u64; 4],
    /// Channel-days outside, of an unproven or contradicted sender, past its end, of the process elsewhere.
    pub outside: u64,
    /// Of a sender that cannot be told.
    pub unproven: u64,
    /// Of another sender with its path.
    pub contradicted: u64,
    /// After its end.
    pub expired: u64,
    /// Of its process to other destinations.
    pub elsewhere: u64,
}

impl Tally {
    /// Adds the counts of another partition.
    pub fn merge(&mut self, other: &Tally) {
        let add = |mine: &mut u64, other: u64| *mine = mine.saturating_add(other);
        add(&mut self.hosts, other.hosts);
        add(&mut self.channels, other.channels);
        add(&mut self.days, other.days);
        add(&mut self.bytes_out, other.bytes_out);
        add(&mut self.bytes_in, other.bytes_in);
        add(&mut self.outside, other.outside);
        add(&mut self.unproven, other.unproven);
        add(&mut self.contradicted, other.contradicted);
        add(&mut self.expired, other.expired);
        add(&mut self.elsewhere, other.elsewhere);
        for (mine, other) in self.hidden.iter_mut().zip(other.hidden) {
            add(mine, other);
        }
        if let Some((first, last)) = other.span {
            let (own_first, own_last) = self.span.unwrap_or((first, last));
            self.span = Some((own_first.min(first), own_last.max(last)));
        }
    }

    /// Whether the entry had anything to do with these data.
    pub fn hit(&self) -> bool {
        self.days + self.outside + self.unproven + self.contradicted + self.expired > 0
    }

    /// Channel-days inside that would have been of medium or above.
    pub fn hidden_from_medium(&self) -> u64 {
        self.hidden.iter().skip(1).sum()
    }
}

/// The counts of every entry over some channels, with their verdicts and scores.
pub fn tally(
    envelopes: &Envelopes,
    channels: &[Channel],
    verdicts: &[Vec<Option<Verdict>>],
    scores: &[Vec<DayScore>],
    calibration: &Calibration,
) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); envelopes.list.len()];
    let mut hosts: BTreeSet<(usize, &str)> = BTreeSet::new();
    for ((channel, verdicts), scores) in channels.iter().zip(verdicts).zip(scores) {
        let mut inside: BTreeSet<usize> = BTreeSet::new();
        for (index, (day, verdict)) in channel.days.iter().zip(verdicts).enumerate() {
            let Some(verdict) = verdict else { continue };
            let Some(tally) = tallies.get_mut(verdict.entry) else { continue };
            match verdict.standing {
                Standing::Inside => {
                    inside.insert(verdict.entry);
                    tally.merge(&Tally {
                        days: 1,
                        bytes_out: sent(day),
                        bytes_in: day.sum.bytes_in.saturating_add(day.unmeasured.bytes_in),
                        span: Some((day.day, day.day)),
                        ..Tally::default()
                    });
                    let total =
                        scores.iter().find(|score| score.index == index).map_or(0.0, |score| score.total);
                    if let Some(slot) =
                        calibration.severity(total).and_then(|severity| tally.hidden.get_mut(place(severity)))
                    {
                        *slot += 1;
                    }
                }
                Standing::Outside(_) => tally.outside += 1,
                Standing::Unproven(_) => tally.unproven += 1,
                Standing::Contradicted(_) => tally.contradicted += 1,
                Standing::Expired => tally.expired += 1,
                Standing::Elsewhere => tally.elsewhere += 1,
            }
        }
        for entry in inside {
            if let Some(tally) = tallies.get_mut(entry) {
                tally.channels += 1;
                tally.hosts += u64::from(hosts.insert((entry, channel.key.host.as_str())));
            }
        }
    }
    tallies
}

fn place(severity: Severity) -> usize {
    Severity::ALL.iter().position(|known| *known == severity).unwrap_or(0)
}
