//! Merging sorted runs while they are read: of each run a batch is in memory.
//!
//! In: the batches of some runs. Out: [`Merge`], from which rows are [`Taken`] in order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use lopside_model::table::{RowPlace, Table};

use crate::error::EngineError;
use crate::order::runs::Tie;
use crate::spill::{Batch, SpillReader, Spilled};

/// Rows that are taken at once where none of them is needed longer than the others.
pub const TAKEN: usize = 4_096;

/// The batches of a run.
pub(super) enum Source<T: Table> {
    Here(std::vec::IntoIter<Batch<T>>),
    File(SpillReader<T>),
}

impl<T: Table> Source<T> {
    /// The next batch, which is never empty.
    fn next(&mut self) -> Result<Option<Batch<T>>, EngineError> {
        match self {
            Source::Here(batches) => Ok(batches.next()),
            Source::File(reader) => reader.next().transpose(),
        }
    }
}

/// The next row of a run: the greatest of a heap comes first.
struct Head<T: Table> {
    place: RowPlace,
    batch: Batch<T>,
    row: usize,
    run: usize,
    tie: Tie<T>,
}

impl<T: Table> Ord for Head<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |head: &Self| (head.place.key, head.place.moment);
        let row = |head: &Self| (head.place.from, head.place.moment);
        key(other).cmp(&key(self)).then_with(|| {
            let ((from, moment), (other_from, other_moment)) = (row(self), row(other));
            let (own, other_row) =
                (self.batch.unpack(from, moment), other.batch.unpack(other_from, other_moment));
            (self.tie)(&other_row, &own).then(other.run.cmp(&self.run))
        })
    }
}

impl<T: Table> PartialOrd for Head<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Table> PartialEq for Head<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T: Table> Eq for Head<T> {}

/// The rows of some runs in order.
pub struct Merge<T: Table> {
    heads: BinaryHeap<Head<T>>,
    sources: Vec<Source<T>>,
    /// Files that nobody else needs.
    kept: Vec<Spilled<T>>,
}

impl<T: Table> Merge<T> {
    pub(super) fn of(mut sources: Vec<Source<T>>, tie: Tie<T>) -> Result<Merge<T>, EngineError> {
        let mut heads = BinaryHeap::with_capacity(sources.len());
        for (run, source) in sources.iter_mut().enumerate() {
            if let Some(batch) = source.next()?
                && let Some(place) = batch.places().first().copied()
            {
                heads.push(Head { place, batch, row: 0, run, tie });
            }
        }
        Ok(Merge { heads, sources, kept: Vec::new() })
    }

    /// Keeps files as long as they are read.
    pub(super) fn keep(&mut self, files: Vec<Spilled<T>>) {
        self.kept = files;
    }

    /// Key and moment of the next row.
    pub fn key(&self) -> Option<(u64, i64)> {
        self.heads.peek().map(|head| (head.place.key, head.place.moment))
    }

    /// Takes the next rows of a key, at most so many.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn take(&mut self, key: u64, most: usize) -> Result<Taken<T>, EngineError> {
        self.take_while(most, |own, _| own == key)
    }

    /// Takes the next rows as long as key and moment fit, at most so many.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn take_while(
        &mut self,
        most: usize,
        fits: impl Fn(u64, i64) -> bool,
    ) -> Result<Taken<T>, EngineError> {
        let mut taken = Taken::default();
        self.fill_while(&mut taken, most, fits)?;
        Ok(taken)
    }

    /// Takes the next rows of a key behind others, until there are so many.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn fill(&mut self, taken: &mut Taken<T>, key: u64, most: usize) -> Result<(), EngineError> {
        self.fill_while(taken, most, |own, _| own == key)
    }

    fn fill_while(
        &mut self,
        taken: &mut Taken<T>,
        most: usize,
        fits: impl Fn(u64, i64) -> bool,
    ) -> Result<(), EngineError> {
        // The number among those taken of the batch that each run is at.
        let mut numbers: Vec<Option<u32>> = vec![None; self.sources.len()];
        while taken.rows.len() < most {
            let first = self.heads.peek_mut();
            let Some(head) = first.filter(|head| fits(head.place.key, head.place.moment)) else { break };
            let number = match numbers.get(head.run).copied().flatten() {
                Some(number) => number,
                None => {
                    taken.batches.push(Arc::clone(&head.batch));
                    u32::try_from(taken.batches.len() - 1).unwrap_or(u32::MAX)
                }
            };
            taken.rows.push((number, head.place));
            let next = head.row + 1;
            if let Some(known) = numbers.get_mut(head.run) {
                *known = (next < head.batch.len()).then_some(number);
            }
            go(head, next, &mut self.sources)?;
        }
        Ok(())
    }

    /// Passes over the rows of all keys before this one.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn skip_to(&mut self, key: u64) -> Result<(), EngineError> {
        self.skip_while(|own, _| own < key)
    }

    /// Passes over the next rows as long as key and moment are among those that are passed over: all up to some place in the order.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn skip_while(&mut self, passed: impl Fn(u64, i64) -> bool) -> Result<(), EngineError> {
        while let Some(head) = self.heads.peek_mut().filter(|head| passed(head.place.key, head.place.moment))
        {
            let rest = head.batch.places().get(head.row..).unwrap_or_default();
            let next = head.row + rest.partition_point(|place| passed(place.key, place.moment));
            go(head, next, &mut self.sources)?;
        }
        Ok(())
    }
}

/// Goes to another row of the first run, which may be past the end of its batch.
fn go<T: Table>(
    mut head: PeekMut<'_, Head<T>>,
    row: usize,
    sources: &mut [Source<T>],
) -> Result<(), EngineError> {
    head.row = row;
    if row >= head.batch.len() {
        let next = sources.get_mut(head.run).map(Source::next).transpose()?.flatten();
        let Some(batch) = next else {
            drop(PeekMut::pop(head));
            return Ok(());
        };
        (head.batch, head.row) = (batch, 0);
    }
    if let Some(place) = head.batch.places().get(head.row).copied() {
        head.place = place;
    }
    Ok(())
}

/// Rows that were taken from a merge, with the batches that hold them.
pub struct Taken<T: Table> {
    batches: Vec<Batch<T>>,
    rows: Vec<(u32, RowPlace)>,
}

impl<T: Table> Default for Taken<T> {
    fn default() -> Self {
        Taken { batches: Vec::new(), rows: Vec::new() }
    }
}

impl<T: Table> Taken<T> {
    /// The moment of each row.
    pub fn moments(&self) -> impl ExactSizeIterator<Item = i64> {
        self.rows.iter().map(|(_, place)| place.moment)
    }

    /// The moment of the last row.
    pub fn last_moment(&self) -> Option<i64> {
        self.rows.last().map(|(_, place)| place.moment)
    }

    /// Splits off the rows from a place on, with the batches that hold them.
    #[must_use]
    pub fn split_off(&mut self, from: usize) -> Taken<T> {
        let mut rest = Taken::default();
        let mut numbers: Vec<Option<u32>> = vec![None; self.batches.len()];
        for (number, place) in self.rows.split_off(from.min(self.rows.len())) {
            let Some(known) = usize::try_from(number).ok().and_then(|number| numbers.get_mut(number)) else {
                continue;
            };
            let own = known.unwrap_or_else(|| u32::try_from(rest.batches.len()).unwrap_or(u32::MAX));
            if known.replace(own).is_none() {
                rest.batches.extend(self.batches.get(number as usize).cloned());
            }
            rest.rows.push((own, place));
        }
        rest
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = T::Row<'_>> {
        self.rows.iter().filter_map(|(number, place)| {
            let batch = self.batches.get(usize::try_from(*number).ok()?)?;
            Some(batch.unpack(place.from, place.moment))
        })
    }

    /// The rows with this first column, where the table begins with a label.
    pub fn rows_of<'t>(&'t self, label: &'t str) -> impl Iterator<Item = T::Row<'t>> {
        self.rows.iter().filter_map(move |(number, place)| {
            let batch = self.batches.get(usize::try_from(*number).ok()?)?;
            (batch.first_label(place.from) == label).then(|| batch.unpack(place.from, place.moment))
        })
    }
}
