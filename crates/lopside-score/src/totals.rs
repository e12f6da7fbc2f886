//! Totals of channel-days: the histogram from which a total becomes a rate.

use serde::{Deserialize, Serialize};

use crate::weigh::DayScore;

/// Bins of a deciban.
const PER_DECIBAN: f64 = 4.0;
/// Totals at and above this many decibans share the last bin.
const BINS: usize = 800;

/// Counts of channel-days by total, mergeable by addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Channel-days in all.
    count: u64,
    /// Those with a positive total, by quarter of a deciban.
    bins: Vec<u64>,
}

impl Default for Totals {
    fn default() -> Self {
        Totals { count: 0, bins: vec![0; BINS] }
    }
}

impl Totals {
    /// Counts scores; days of which a direction was not measured count as nothing out of the ordinary.
    pub fn add(&mut self, scores: &[DayScore]) {
        for score in scores {
            self.add_total(if score.unmeasured() { 0.0 } else { score.total });
        }
    }

    /// Counts one channel-day.
    pub fn add_total(&mut self, total: f64) {
        self.count = self.count.saturating_add(1);
        if total > 0.0
            && let Some(slot) = self.bins.get_mut(bin(total))
        {
            *slot = slot.saturating_add(1);
        }
    }

    /// Adds the counts of another partition.
    pub fn merge(&mut self, other: &Totals) {
        self.count = self.count.saturating_add(other.count);
        for (mine, other) in self.bins.iter_mut().zip(&other.bins) {
            *mine = mine.saturating_add(*other);
        }
    }

    /// The bins that count something, by their number.
    pub(crate) fn bins(&self) -> impl Iterator<Item = (usize, u64)> {
        self.bins.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }

    /// Totals of such bins, in ascending order; `None` where there is no such bin, or they hold more than there are in all.
    pub(crate) fn of_bins(count: u64, bins: &[(u64, u64)]) -> Option<Totals> {
        let mut totals = Totals { count, ..Totals::default() };
        let mut sum = 0_u64;
        if !bins.is_sorted_by(|a, b| a.0 < b.0) {
            return None;
        }
        for (bin, count) in bins {
            sum = sum.checked_add(*count)?;
            *totals.bins.get_mut(usize::try_from(*bin).ok()?)? = *count;
        }
        (sum <= count).then_some(totals)
    }

    /// Channel-days in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Channel-days with a total of at least that of the bin.
    pub fn at_least(&self, total: f64) -> u64 {
        if total <= 0.0 {
            return self.count;
        }
        self.bins.iter().skip(bin(total)).sum()
    }

    /// The least total that at most `count` channel-days reach.
    pub fn cut(&self, count: u64) -> f64 {
        let mut seen = 0;
        for (index, bin) in self.bins.iter().enumerate().rev() {
            seen += bin;
            if seen > count {
                return (index + 1) as f64 / PER_DECIBAN;
            }
        }
        1.0 / PER_DECIBAN
    }

    /// Channel-days with a total in `from..to`.
    pub fn between(&self, from: f64, to: f64) -> u64 {
        let last = if to.is_finite() { bin(to) } else { BINS };
        self.bins.iter().take(last).skip(bin(from)).sum()
    }
}

fn bin(total: f64) -> usize {
    ((total.max(0.0) * PER_DECIBAN) as usize).min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_cuts() {
        let mut totals = Totals::default();
        for n in 0..100 {
            totals.add_total(f64::from(n) - 50.0);
        }
        assert_eq!(totals.count(), 100);
        assert_eq!(totals.at_least(0.0), 100);
        assert_eq!(totals.at_least(40.0), 10);
        assert!(totals.at_least(totals.cut(10)) <= 10);
        let mut twice = totals.clone();
        twice.merge(&totals);
        assert_eq!(twice.at_least(40.0), 20);
        assert_eq!(totals.between(40.0, 45.0), 5);
    }
}
