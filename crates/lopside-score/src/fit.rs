//! Fitting the weights: a logistic regression with weights that cannot be negative, since the signs are fixed by meaning.

use crate::evidence::{Evidence, TERMS, Term};
use crate::weights::Weights;

/// A channel-day with its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Gated evidence.
    pub evidence: Evidence,
    /// Whether it is what is looked for.
    pub positive: bool,
    /// How much it counts; 0 or less leaves it out.
    pub weight: f64,
}

/// Strength of the pull towards zero, per sample weight.
const RIDGE: f64 = 1.0;
/// Passes over all coordinates.
const PASSES: usize = 200;
/// A step smaller than this in every coordinate ends the fit.
const ENOUGH: f64 = 1e-6;

/// Weights of terms that labelled fleets without content cannot show, in natural log-odds: meaningless data that structure proves
/// is seldom an accident, and by itself it stays below what a few ordinary oddities add up to.
const STATED: [(Term, f64); 1] = [(Term::Junk, 3.0)];

/// Values by term, label and weight of a sample.
type Row = (Vec<(usize, f64)>, f64, f64);

/// Fits weights by cyclic Newton steps on one coordinate at a time, kept at 0 or above; the same samples in the same order give the
/// same weights.
pub fn fit(samples: &[Sample], provenance: &str) -> Weights {
    let rows: Vec<Row> = samples
        .iter()
        .filter(|sample| sample.weight > 0.0 && sample.weight.is_finite())
        .map(|sample| {
            let strength = |term: &Term| sample.evidence.get(*term);
            let row =
                Term::ALL.iter().enumerate().map(|(n, term)| (n, strength(term))).filter(|(_, x)| *x != 0.0);
            (row.collect(), f64::from(u8::from(sample.positive)), sample.weight)
        })
        .collect();
    let mut columns: Vec<Vec<(usize, f64)>> = vec![Vec::new(); TERMS];
    for (row, (values, _, _)) in rows.iter().enumerate() {
        for (term, value) in values {
            if let Some(column) = columns.get_mut(*term) {
                column.push((row, *value));
            }
        }
    }
    let (mut intercept, mut values) = (start(&rows), [0.0; TERMS]);
    let mut margins = vec![intercept; rows.len()];
    for _ in 0..PASSES {
        let all: Vec<(usize, f64)> = (0..rows.len()).map(|row| (row, 1.0)).collect();
        let step = newton(&all, &rows, &margins, 0.0, 0.0);
        intercept += step;
        shift(&mut margins, &all, step);
        let mut largest = step.abs();
        for (column, value) in columns.iter().zip(&mut values) {
            let step = newton(column, &rows, &margins, *value, RIDGE).max(-*value);
            *value += step;
            shift(&mut margins, column, step);
            largest = largest.max(step.abs());
        }
        if largest < ENOUGH {
            break;
        }
    }
    for (term, weight) in STATED {
        if let (Some(true), Some(value)) = (
            columns.get(term as usize).map(|column| column.is_empty() && !rows.is_empty()),
            values.get_mut(term as usize),
        ) {
            *value = weight;
        }
    }
    Weights { provenance: provenance.into(), intercept, values }
}

/// Log-odds of all samples, kept finite.
fn start(rows: &[Row]) -> f64 {
    let positive: f64 = rows.iter().map(|(_, label, weight)| label * weight).sum();
    let all: f64 = rows.iter().map(|(_, _, weight)| weight).sum();
    ((positive + 0.5) / (all - positive + 0.5)).ln()
}

/// One damped Newton step along a coordinate.
fn newton(column: &[(usize, f64)], rows: &[Row], margins: &[f64], value: f64, ridge: f64) -> f64 {
    let (mut gradient, mut curvature) = (-ridge * value, ridge);
    for (row, x) in column {
        if let (Some((_, label, weight)), Some(margin)) = (rows.get(*row), margins.get(*row)) {
            let chance = 1.0 / (1.0 + (-margin).exp());
            gradient += weight * x * (label - chance);
            curvature += weight * x * x * (chance * (1.0 - chance)).max(1e-4);
        }
    }
    if curvature <= 0.0 { 0.0 } else { (gradient / curvature).clamp(-1.0, 1.0) }
}

fn shift(margins: &mut [f64], column: &[(usize, f64)], step: f64) {
    for (row, x) in column {
        if let Some(margin) = margins.get_mut(*row) {
            *margin += step * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_tells_and_keeps_signs() {
        let mut samples = Vec::new();
        for n in 0..400_u32 {
            let mut evidence = Evidence::default();
            let positive = n % 4 == 0;
            evidence.set(Term::Rarity, if positive { 0.9 } else { f64::from(n % 10) / 20.0 });
            // Speaks for a finding by meaning, but against one in these samples: it gets no weight.
            evidence.set(Term::Port, if positive { 0.0 } else { 0.5 });
            evidence.set(Term::Persistence, if positive { 0.1 } else { 0.8 });
            samples.push(Sample { evidence, positive, weight: 1.0 });
        }
        let weights = fit(&samples, "test");
        let of = |term: Term| weights.values[term as usize];
        assert!(of(Term::Rarity) > 1.0 && of(Term::Persistence) > 1.0);
        assert_eq!(of(Term::Port), 0.0);
        assert_eq!(of(Term::Hours), 0.0);
        assert_eq!(fit(&samples, "test"), weights);
    }

    #[test]
    fn nothing_to_fit_on_gives_nothing() {
        assert_eq!(fit(&[], "none").values, [0.0; TERMS]);
    }
}
