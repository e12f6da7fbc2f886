//! Weights: what each term is worth, a data file that says where it comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::{Evidence, TERMS, Term};

/// Decibans in a natural unit of log-odds: 10 / ln 10.
pub const DECIBANS: f64 = 10.0 / std::f64::consts::LN_10;

/// Points are multiples of its inverse.
const GRAIN: f64 = 64.0;

const SHIPPED: &str = include_str!("../data/weights.toml");

/// Why a weight file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// It is no TOML of the right shape.
    #[error("weights cannot be read, write them with `lopside evaluate --fit`: {0}")]
    Syntax(#[from] toml::de::Error),
    /// It cannot be written.
    #[error("weights cannot be written: {0}")]
    Write(#[from] toml::ser::Error),
    /// It names a term that does not exist.
    #[error("weights name the unknown term `{0}`: remove it or fit anew")]
    Unknown(String),
    /// It lacks a term.
    #[error("weights lack the term `{0}`: fit anew")]
    Missing(&'static str),
    /// A weight is negative or no number.
    #[error("the weight of `{0}` must be a number of 0 or more")]
    Value(String),
}

/// One weight a term, in natural log-odds for full evidence, never negative: the sign is the term's.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// On what they were fitted, in words.
    pub provenance: String,
    /// Log-odds of a finding without evidence; left out of totals.
    pub intercept: f64,
    /// By term, in the order of [`Term::ALL`].
    pub values: [f64; TERMS],
}

#[derive(Serialize, Deserialize)]
struct File {
    provenance: String,
    intercept: f64,
    weights: BTreeMap<String, f64>,
}

impl Default for Weights {
    /// The shipped weights.
    fn default() -> Self {
        Weights::load(SHIPPED).unwrap_or(Weights {
            provenance: "none: the shipped weights could not be read".into(),
            intercept: 0.0,
            values: [1.0; TERMS],
        })
    }
}

impl Weights {
    /// Reads the text of a weight file.
    ///
    /// # Errors
    /// Where it is no such file, or a term is unknown, lacking or negative.
    pub fn load(text: &str) -> Result<Weights, WeightsError> {
        let file: File = toml::from_str(text)?;
        if let Some(name) = file.weights.keys().find(|name| Term::ALL.iter().all(|term| term.name() != *name))
        {
            return Err(WeightsError::Unknown(name.clone()));
        }
        let mut values = [0.0; TERMS];
        for (term, slot) in Term::ALL.iter().zip(&mut values) {
            let value = *file.weights.get(term.name()).ok_or(WeightsError::Missing(term.name()))?;
            if !value.is_finite() || value < 0.0 {
                return Err(WeightsError::Value(term.name().into()));
            }
            *slot = value;
        }
        Ok(Weights { provenance: file.provenance, intercept: file.intercept, values })
    }

    /// The text of a weight file.
    ///
    /// # Errors
    /// Where a number cannot be written.
    pub fn save(&self) -> Result<String, WeightsError> {
        let weights =
            Term::ALL.iter().zip(self.values).map(|(term, value)| (term.name().to_owned(), value)).collect();
        let file = File { provenance: self.provenance.clone(), intercept: self.intercept, weights };
        Ok(toml::to_string(&file)?)
    }

    /// The points of one term, in decibans, to 1/64: sums of such numbers are exact in whatever order.
    pub fn points(&self, evidence: &Evidence, term: Term) -> f64 {
        let points = DECIBANS * self.values.get(term as usize).copied().unwrap_or(0.0) * evidence.get(term);
        (points * GRAIN).round() / GRAIN
    }

    /// The sum of all points, in the order of the terms.
    pub fn total(&self, evidence: &Evidence) -> f64 {
        Term::ALL.iter().map(|term| self.points(evidence, *term)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_weights_load_and_round_trip() {
        let weights = Weights::load(SHIPPED).unwrap();
        assert_eq!(Weights::load(&weights.save().unwrap()).unwrap(), weights);
    }

    #[test]
    fn wrong_files_say_what_is_wrong() {
        let text = SHIPPED.replace("volume", "velocity");
        assert!(matches!(Weights::load(&text), Err(WeightsError::Unknown(_))));
        assert!(matches!(Weights::load("x"), Err(WeightsError::Syntax(_))));
    }
}
