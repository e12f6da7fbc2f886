//! The channels of a run, partition by partition: in memory, or past the budget that they share with the exchanges in files that are
//! read anew for each look at them.
//!
//! In: the channels of one partition at a time ([`Keeper::keep`]). Out: [`Kept`], whose channels are lent partition by partition.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lopside_model::channel::Channel;

use crate::error::EngineError;
use crate::spill::Budget;

/// Bytes of a channel in memory with its names, of one of its days, and of a day with its flows and processes: the sizes of
/// their fields and of the usual numbers of entries.
const CHANNEL: u64 = 400;
const DAY: u64 = 450;
const DETAILS: u64 = 1_600;

/// Keeps channels within a budget.
#[derive(Debug)]
pub struct Keeper {
    budget: Arc<Budget>,
    files: AtomicU64,
    folder: PathBuf,
}

/// The channels of one partition.
#[derive(Debug)]
pub enum Kept {
    /// In memory.
    Here(Vec<Channel>),
    /// In a file of the run's temporary folder.
    File(PathBuf),
}

impl Keeper {
    /// The budget for channels in memory, and a folder for the others.
    pub fn new(budget: &Arc<Budget>, folder: &Path) -> Keeper {
        Keeper { budget: Arc::clone(budget), files: AtomicU64::new(0), folder: folder.to_owned() }
    }

    /// Keeps the channels of a partition.
    ///
    /// # Errors
    /// When they do not fit into memory and cannot be written.
    pub fn keep(&self, channels: Vec<Channel>) -> Result<Kept, EngineError> {
        let weight = channels.iter().map(weight).sum();
        if self.budget.hold(weight) <= self.budget.limit() {
            return Ok(Kept::Here(channels));
        }
        self.budget.release(weight);
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("channels-{number}"));
        let packed = postcard::to_allocvec(&channels).map_err(|error| damaged(&error))?;
        drop(channels);
        let written = std::fs::write(&path, packed);
        written
            .map_err(|error| EngineError::Spill { folder: self.folder.clone(), cause: error.to_string() })?;
        Ok(Kept::File(path))
    }
}

impl Kept {
    /// The channels, in the order of their keys by host.
    ///
    /// # Errors
    /// When their file cannot be read back.
    pub fn load(&self) -> Result<Cow<'_, [Channel]>, EngineError> {
        match self {
            Kept::Here(channels) => Ok(Cow::Borrowed(channels)),
            Kept::File(path) => {
                let packed = std::fs::read(path).map_err(|error| damaged(&error))?;
                Ok(Cow::Owned(postcard::from_bytes(&packed).map_err(|error| damaged(&error))?))
            }
        }
    }
}

/// What a channel takes in memory, about.
fn weight(channel: &Channel) -> u64 {
    let detailed =
        channel.days.iter().filter(|day| !day.senders.is_empty() || !day.largest.is_empty()).count();
    CHANNEL + channel.days.len() as u64 * DAY + detailed as u64 * DETAILS
}

fn damaged(error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Table(format!("channels that were put aside: {error}"))
}
