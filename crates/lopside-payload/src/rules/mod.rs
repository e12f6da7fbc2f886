//! The rules, one a file. Each says what it takes for it to speak and what its minimum is; `docs/payload.md` lists them.

mod after_document;

use crate::evidence::Evidence;
use crate::reading::Reading;

/// What a rule is given: one direction, and the other one for what was asked or set there.
pub(crate) struct Look<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) other: &'a Reading<'a>,
    /// `PayloadEntropyThreshold` in standard deviations.
    pub(crate) limit: f64,
    /// A framing with lengths accounts for the messages.
    pub(crate) framed: bool,
    /// Sizes of messages, from the first on.
    pub(crate) sizes: &'a [u32],
}

/// A rule: what it found in one direction.
type Rule = fn(&Look<'_>) -> Vec<Evidence>;

/// All rules, in the order in which they are told.
const ALL: &[Rule] = &[after_document::find];

/// What all rules find.
pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    ALL.iter().flat_map(|rule| rule(look)).collect()
}
