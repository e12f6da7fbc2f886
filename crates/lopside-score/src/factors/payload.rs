//! What was sent: a seat kept for the statistics of content.
//!
//! Measures: nothing yet. Usual: the null for the length and the class of content. Silent when: no content was read. Limits:
//! encrypted content is never evidence. Source of the formula: `PayloadEntropyThreshold`, in standard deviations from random.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;

/// See the module.
pub(super) struct Payload;

impl Factor for Payload {
    fn name(&self) -> &'static str {
        "payload"
    }

    fn terms(&self) -> &'static [Term] {
        &[]
    }

    fn weigh(&self, _case: &Case<'_>) -> Weighed {
        Weighed::NotMeasured("no content was read")
    }

    fn tell(&self, _case: &Case<'_>) -> Told {
        Told::default()
    }
}
