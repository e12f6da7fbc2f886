//! Which junk to write: the one thing that decides every byte of it.

use crate::error::EmulateError;

/// A labelled set of captures to write. The same plan writes the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JunkPlan {
    /// What everything is drawn from.
    pub seed: u64,
    /// Conversations, those without junk included: 1 to 100,000.
    pub conversations: u32,
    /// Whether to draw from the harder set: smaller shares of junk, fewer messages, alphabets that look like content,
    /// and further families and controls.
    pub hard: bool,
}

impl Default for JunkPlan {
    fn default() -> Self {
        Self { seed: 1, conversations: 400, hard: false }
    }
}

impl JunkPlan {
    /// Refuses what cannot be made.
    pub(crate) fn check(&self) -> Result<(), EmulateError> {
        match self.conversations {
            1..=100_000 => Ok(()),
            _ => Err(EmulateError::Plan("that many conversations: ask for 1 to 100,000".to_owned())),
        }
    }
}
