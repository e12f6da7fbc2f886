//! What was usual, kept: a dated, versioned memory of what hosts did, made from channels and taught to later hunts.
//!
//! A baseline is what fragments remember, with the days on which each channel was used, and the totals from which rates are made.
//! Habits are joined by union, so that the order of merging does not matter and the same day twice is one day; totals are added.
//! Nothing here opens a file: [`Baseline::to_bytes`] and [`Baseline::from_bytes`] are the form of `docs/baseline.md` before compression.

mod bound;
mod changes;
mod hide;
mod read;
mod tell;
mod write;

use lopside_model::net::StableHash;

use crate::fragment::Fragment;
use crate::totals::Totals;
use crate::weigh::DayScore;
use crate::weights::Weights;

pub use self::bound::REMEMBERED;
pub use self::changes::Changed;
pub use self::hide::{HideError, NameKey};
pub use self::read::BaselineError;
pub use self::tell::{DestinationTold, HostTold, Kind, ProcessTold, Quantity, Summary, UserTold, most};

/// The version of the form that is written, and the only one that is read.
pub const BASELINE_VERSION: u16 = 3;

/// What was usual.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// What hosts do, with the days on which they did.
    fragment: Fragment,
    /// Totals by which rates are made.
    rates: Rates,
    /// Tells the key by which names are hashed, where they are.
    hidden: Option<[u8; 8]>,
    /// That key, where it was given.
    key: Option<NameKey>,
}

/// Totals of channel-days that had days behind them, and under which weights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rates {
    /// Of the weights; 0 where there are no totals.
    weights: u64,
    /// The totals.
    totals: Totals,
    /// Host-days behind them.
    host_days: u64,
}

/// Why two baselines cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// One has names and the other hashes.
    #[error("the names of one baseline are hashed and those of the other are not; build both the same way")]
    Hidden,
    /// Both are hashed, by different keys.
    #[error("the names of the two baselines are hashed with different keys; build both with one key")]
    Keys,
    /// Their totals were made with different weights.
    #[error("the two baselines were built under different weights; build both with one version of lopside")]
    Weights,
}

impl Baseline {
    /// A baseline of what was remembered of all partitions ([`Fragment::remembering`]), and the scores of their channels.
    pub fn learn(fragment: Fragment, scores: &[Vec<Vec<DayScore>>], weights: &Weights) -> Baseline {
        let rates = Rates::of(&fragment, scores, weights);
        Baseline { fragment, rates, ..Baseline::default() }
    }

    /// Takes in another baseline.
    ///
    /// # Errors
    /// Where one is hashed and the other not, or with another key, or their totals were made under different weights.
    pub fn merge(&mut self, other: Baseline) -> Result<(), MergeError> {
        match (self.hidden, other.hidden) {
            (Some(mine), Some(theirs)) if mine != theirs => return Err(MergeError::Keys),
            (Some(_), None) | (None, Some(_)) => return Err(MergeError::Hidden),
            _ => {}
        }
        self.rates.merge(&other.rates)?;
        self.fragment.merge(other.fragment);
        Ok(())
    }

    /// First and last day (since 1970-01-01 UTC) on which any host sent; `None` of an empty baseline.
    pub fn span(&self) -> Option<(i32, i32)> {
        let days = || self.fragment.habits.iter().flat_map(|host| host.days.keys().copied());
        days().min().zip(days().max())
    }

    /// Whether names are hashed.
    pub fn is_hidden(&self) -> bool {
        self.hidden.is_some()
    }

    /// Hosts in it.
    pub fn hosts(&self) -> u32 {
        self.fragment.hosts()
    }

    /// Host-days in it.
    pub fn host_days(&self) -> u64 {
        self.fragment.host_days()
    }

    /// What hosts do.
    pub fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    /// The totals behind rates and the host-days behind those, where they were made under these weights.
    pub fn totals(&self, weights: &Weights) -> Option<(&Totals, u64)> {
        (self.rates.weights == fingerprint(weights) && self.rates.host_days > 0)
            .then_some((&self.rates.totals, self.rates.host_days))
    }
}

impl Rates {
    /// Of the days that had a third of the span before them: earlier ones had nothing to be compared with.
    fn of(fragment: &Fragment, scores: &[Vec<Vec<DayScore>>], weights: &Weights) -> Rates {
        let days = || fragment.habits.iter().flat_map(|host| host.days.keys().copied());
        let Some((first, last)) = days().min().zip(days().max()) else { return Rates::default() };
        let from = first.saturating_add(last.saturating_sub(first).saturating_add(2) / 3);
        let mut totals = Totals::default();
        for scores in scores.iter().flatten() {
            let at = scores.partition_point(|score| score.day < from);
            totals.add(scores.get(at..).unwrap_or_default());
        }
        let host_days = days().filter(|day| *day >= from).count() as u64;
        Rates { weights: fingerprint(weights), totals, host_days }
    }

    fn merge(&mut self, other: &Rates) -> Result<(), MergeError> {
        match (self.weights, other.weights) {
            (0, _) => self.weights = other.weights,
            (_, 0) => {}
            (mine, theirs) if mine != theirs => return Err(MergeError::Weights),
            _ => {}
        }
        self.totals.merge(&other.totals);
        self.host_days = self.host_days.saturating_add(other.host_days);
        Ok(())
    }
}

/// Tells weights apart; never 0.
fn fingerprint(weights: &Weights) -> u64 {
    let mut hash = StableHash::default();
    for (term, value) in crate::evidence::Term::ALL.iter().zip(weights.values) {
        hash.write(term.name().as_bytes());
        hash.write(&value.to_bits().to_le_bytes());
    }
    hash.finish().max(1)
}

#[cfg(test)]
mod tests;
