//! How weights and a reference do on material: an estimate from channel-days, without making findings anew.

use std::collections::BTreeMap;

use lopside_model::finding::Severity;
use lopside_score::{Calibration, Reference, Settings, Weights};

use super::material::Material;

/// What came out, over all fleets.
#[derive(Clone, Debug, Default)]
pub(super) struct Trial {
    /// By kind: attacks at medium or above, at low or above, and all that pass the gate or not.
    pub(super) kinds: BTreeMap<String, [u64; 3]>,
    /// Channel-days at medium or above that are no attack.
    pub(super) wrong: u64,
    /// Host-days.
    pub(super) host_days: u64,
    /// Sum of the average precisions, and fleets.
    precision: (f64, u64),
}

impl Trial {
    /// Judges one fleet.
    pub(super) fn add(
        &mut self,
        material: &Material,
        weights: &Weights,
        reference: &Reference,
        settings: &Settings,
    ) {
        let totals = material.totals(weights, |_| true);
        let calibration = Calibration::new(totals, material.host_days, settings, reference.clone());
        let (medium, low) = (calibration.total_for(Severity::Medium), calibration.total_for(Severity::Low));
        let mut attacks = vec![0.0_f64; material.kinds.len()];
        let mut others: BTreeMap<usize, f64> = BTreeMap::new();
        for row in &material.rows {
            let total = weights.total(&row.sample.evidence);
            match row.attack.and_then(|attack| attacks.get_mut(attack)) {
                Some(best) => *best = best.max(total),
                None => {
                    self.wrong += u64::from(total >= medium);
                    let best = others.entry(row.channel).or_default();
                    *best = best.max(total);
                }
            }
        }
        for (kind, best) in material.kinds.iter().zip(&attacks) {
            let [at_medium, at_low, all] = self.kinds.entry(kind.clone()).or_default();
            *at_medium += u64::from(*best >= medium);
            *at_low += u64::from(*best >= low);
            *all += 1;
        }
        self.host_days += material.host_days;
        self.precision.0 += average_precision(&attacks, others.into_values().collect());
        self.precision.1 += 1;
    }

    /// The share of attacks at medium or above.
    pub(super) fn recall(&self) -> f64 {
        let sum = |place: usize| self.kinds.values().filter_map(|counts| counts.get(place)).sum::<u64>();
        sum(0) as f64 / sum(2).max(1) as f64
    }

    /// Channel-days at medium or above that are no attack, per 1,000 host-days.
    pub(super) fn false_per_1000(&self) -> f64 {
        self.wrong as f64 * 1_000.0 / self.host_days.max(1) as f64
    }

    /// The mean over fleets.
    pub(super) fn average_precision(&self) -> f64 {
        self.precision.0 / self.precision.1.max(1) as f64
    }
}

/// Mean over attacks of the precision at each one's rank; 0 for those without any total.
fn average_precision(attacks: &[f64], others: Vec<f64>) -> f64 {
    let mut ranked: Vec<(f64, bool)> = others.into_iter().map(|total| (total, false)).collect();
    ranked.extend(attacks.iter().map(|total| (*total, true)));
    ranked.retain(|(total, _)| *total > 0.0);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut right, mut sum) = (0.0, 0.0);
    for (rank, (_, attack)) in ranked.iter().enumerate() {
        if *attack {
            right += 1.0;
            sum += right / (rank + 1) as f64;
        }
    }
    sum / (attacks.len() as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_falls_with_what_ranks_above() {
        assert_eq!(average_precision(&[9.0, 8.0], vec![1.0]), 1.0);
        assert_eq!(average_precision(&[9.0, 0.0], vec![1.0]), 0.5);
        assert_eq!(average_precision(&[5.0], vec![9.0, 8.0, 7.0]), 0.25);
    }
}
