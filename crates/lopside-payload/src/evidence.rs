//! What a rule found.

use crate::excerpt;

/// How much a piece of evidence can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Declared or conventional padding.
    Padding,
    /// A statistic.
    Statistic,
    /// Structure contradicts the bytes.
    Contradiction,
}

/// One finding of one rule in one direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) weight: Weight,
    /// How sure: 0 to 1.
    pub(crate) confidence: f64,
    /// Messages or values in which it was found.
    pub(crate) count: usize,
    /// Its share of the bytes looked at.
    pub(crate) share: f64,
    /// The statistic in standard deviations, where there is one.
    pub(crate) deviations: Option<f64>,
    /// In words and numbers.
    pub(crate) text: String,
    /// The first bytes of what it was found in; empty where the rule has none at hand.
    pub(crate) example: Vec<u8>,
}

impl Evidence {
    /// A contradiction.
    pub(crate) fn contradiction(count: usize, share: f64, text: String) -> Evidence {
        let confidence = if count >= 4 {
            0.95
        } else if count >= 2 {
            0.9
        } else {
            0.8
        };
        Evidence::new(Weight::Contradiction, confidence, count, share, text)
    }

    /// A statistic.
    pub(crate) fn statistic(count: usize, share: f64, confidence: f64, text: String) -> Evidence {
        Evidence::new(Weight::Statistic, confidence, count, share, text)
    }

    /// Padding.
    pub(crate) fn padding(count: usize, share: f64, text: String) -> Evidence {
        Evidence::new(Weight::Padding, 0.9, count, share, text)
    }

    /// With a statistic in standard deviations.
    pub(crate) fn with_deviations(self, deviations: f64) -> Evidence {
        Evidence { deviations: Some(deviations), ..self }
    }

    /// With bytes in which it was found, of which a few are kept.
    pub(crate) fn with_example(self, bytes: &[u8]) -> Evidence {
        let kept = bytes.get(..excerpt::SHOWN + 1).unwrap_or(bytes);
        Evidence { example: kept.to_vec(), ..self }
    }

    fn new(weight: Weight, confidence: f64, count: usize, share: f64, text: String) -> Evidence {
        Evidence { weight, confidence, count, share, deviations: None, text, example: Vec::new() }
    }
}
