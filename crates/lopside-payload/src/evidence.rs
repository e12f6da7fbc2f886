//! What a rule found.

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
        Evidence { weight: Weight::Contradiction, confidence, count, share, deviations: None, text }
    }

    /// A statistic.
    pub(crate) fn statistic(count: usize, share: f64, confidence: f64, text: String) -> Evidence {
        Evidence { weight: Weight::Statistic, confidence, count, share, deviations: None, text }
    }

    /// Padding.
    pub(crate) fn padding(count: usize, share: f64, text: String) -> Evidence {
        Evidence { weight: Weight::Padding, confidence: 0.9, count, share, deviations: None, text }
    }

    /// With a statistic in standard deviations.
    pub(crate) fn with_deviations(self, deviations: f64) -> Evidence {
        Evidence { deviations: Some(deviations), ..self }
    }
}
