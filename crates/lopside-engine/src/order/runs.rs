//! Sorting more rows than memory holds: sorted runs on disk, merged while they are read.
//!
//! In: batches in whatever order ([`Sorter::add`]). Out: [`Runs`], and from them as often as wanted a [`Merge`], whose rows come in
//! the order that [`Sorted`] gives them. Of each run a batch is in memory while it is merged.

use std::cmp::Ordering;
use std::sync::Arc;

use lopside_model::table::{RowBatch, Table};

use crate::error::EngineError;
use crate::order::Sorted;
use crate::order::merge::{Merge, Source, TAKEN};
use crate::spill::{Batch, Budget, Spill, Spilled};

/// Runs that are merged at once: each has a file open and a batch in memory.
const MERGED: usize = 100;
/// Bytes of a batch of a run.
const BYTES: usize = 64 << 10;

/// Orders rows that share key and moment; total for all that matters.
pub type Tie<T> = for<'a, 'b> fn(&<T as Table>::Row<'a>, &<T as Table>::Row<'b>) -> Ordering;

/// Collects rows, and sorts them run by run.
pub struct Sorter<T: Table> {
    budget: Arc<Budget>,
    tie: Tie<T>,
    waiting: Vec<Batch<T>>,
    bytes: u64,
    files: Vec<Spilled<T>>,
}

impl<T: Table> Sorter<T> {
    /// An empty sorter, whose runs are as large as a partition that may be held whole.
    pub fn new(budget: &Arc<Budget>, tie: Tie<T>) -> Sorter<T> {
        Sorter { budget: Arc::clone(budget), tie, waiting: Vec::new(), bytes: 0, files: Vec::new() }
    }

    /// Adds some rows.
    ///
    /// # Errors
    /// When a run cannot be written.
    pub fn add(&mut self, batch: Batch<T>) -> Result<(), EngineError> {
        let bytes = batch.memory();
        if self.bytes + bytes > self.budget.each() && !self.waiting.is_empty() {
            self.write()?;
        }
        self.bytes += bytes;
        self.waiting.push(batch);
        Ok(())
    }

    /// Sorts what is left.
    ///
    /// # Errors
    /// When a run cannot be written or read back.
    pub fn finish(mut self) -> Result<Runs<T>, EngineError> {
        let mut here = Vec::new();
        if self.files.is_empty() {
            let mut run = Vec::new();
            in_order(&Sorted::new(&self.waiting, self.tie), &mut |batch| {
                run.push(Arc::new(batch));
                Ok(())
            })?;
            here.push(run);
        } else {
            self.write()?;
        }
        Runs { here, files: self.files, tie: self.tie }.merged(&self.budget)
    }

    /// Writes what waits as a run.
    fn write(&mut self) -> Result<(), EngineError> {
        let mut file = Spill::new(&self.budget)?;
        let sorted = Sorted::new(&self.waiting, self.tie);
        in_order(&sorted, &mut |batch| file.write(&[&batch]))?;
        self.files.push(file.finish()?);
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Packs rows again in their order.
fn in_order<T: Table>(
    sorted: &Sorted<'_, T>,
    put: &mut dyn FnMut(RowBatch<T>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut packed = Packed { batch: RowBatch::default(), put };
    for position in 0..sorted.len() {
        if let (Some((key, _)), Some(row)) = (sorted.key(position), sorted.at(position)) {
            packed.push(key, &row)?;
        }
    }
    packed.close()
}

/// Rows on their way to batches of about [`BYTES`].
struct Packed<'p, T: Table> {
    batch: RowBatch<T>,
    put: &'p mut dyn FnMut(RowBatch<T>) -> Result<(), EngineError>,
}

impl<T: Table> Packed<'_, T> {
    fn push(&mut self, key: u64, row: &T::Row<'_>) -> Result<(), EngineError> {
        self.batch.push(key, row);
        if self.batch.bytes() < BYTES {
            return Ok(());
        }
        let mut full = self.batch.take();
        full.shrink();
        (self.put)(full)
    }

    fn close(mut self) -> Result<(), EngineError> {
        self.batch.shrink();
        if self.batch.is_empty() { Ok(()) } else { (self.put)(self.batch) }
    }
}

/// Sorted rows: in memory where they are few, else on disk.
pub struct Runs<T: Table> {
    here: Vec<Vec<Batch<T>>>,
    files: Vec<Spilled<T>>,
    tie: Tie<T>,
}

impl<T: Table> Runs<T> {
    /// All rows of all of them, which have the same order.
    ///
    /// # Errors
    /// When runs that are too many to be merged at once cannot be written as fewer.
    pub fn together(
        all: impl IntoIterator<Item = Runs<T>>,
        tie: Tie<T>,
        budget: &Arc<Budget>,
    ) -> Result<Runs<T>, EngineError> {
        let mut runs = Runs { here: Vec::new(), files: Vec::new(), tie };
        for some in all {
            runs.here.extend(some.here);
            runs.files.extend(some.files);
        }
        runs.merged(budget)
    }

    /// The same rows in memory as far as the budget allows, else on disk.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn within(self, budget: &Arc<Budget>) -> Result<Runs<T>, EngineError> {
        let bytes = self.here.iter().flatten().map(|batch| batch.memory()).sum();
        if budget.hold(bytes) <= budget.limit() {
            return Ok(self);
        }
        budget.release(bytes);
        let file = self.write(budget)?;
        Ok(Runs { here: Vec::new(), files: vec![file], tie: self.tie })
    }

    /// The same rows in no more files than are merged at once.
    fn merged(mut self, budget: &Arc<Budget>) -> Result<Runs<T>, EngineError> {
        while self.files.len() > MERGED {
            // No more than has to be is written again.
            let rest = self.files.split_off((self.files.len() - MERGED + 1).min(MERGED));
            let first =
                Runs { here: Vec::new(), files: std::mem::replace(&mut self.files, rest), tie: self.tie };
            self.files.push(first.write(budget)?);
        }
        Ok(self)
    }

    /// Every row, from the first on.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn merge(&self) -> Result<Merge<T>, EngineError> {
        let here = self.here.iter().map(|run| Source::Here(run.clone().into_iter()));
        let mut sources: Vec<Source<T>> = here.collect();
        for file in &self.files {
            sources.push(Source::File(file.read()?));
        }
        Merge::of(sources, self.tie)
    }

    /// Every row; the files go with the last. For rows that are gone over once.
    ///
    /// # Errors
    /// As [`Runs::merge`].
    pub fn into_merge(self) -> Result<Merge<T>, EngineError> {
        let mut merge = self.merge()?;
        merge.keep(self.files);
        Ok(merge)
    }

    /// Writes every row as one run.
    fn write(&self, budget: &Arc<Budget>) -> Result<Spilled<T>, EngineError> {
        let mut file = Spill::new(budget)?;
        let mut put = |batch| file.write(&[&batch]);
        let mut packed = Packed { batch: RowBatch::default(), put: &mut put };
        let mut merge = self.merge()?;
        while let Some((key, _)) = merge.key() {
            let taken = merge.take(key, TAKEN)?;
            taken.rows().try_for_each(|row| packed.push(key, &row))?;
        }
        packed.close()?;
        file.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_model::tables::Lease;

    /// Rows of few keys, moments and ties, in no order.
    fn batches() -> Vec<Batch<Lease<'static>>> {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let batch = |_| {
            let mut batch = RowBatch::default();
            for _ in 0..100 {
                let host = format!("ws-{}", random(5));
                let (key, time, ip) = (random(4), random(20) as i64, u128::from(random(50)));
                batch.push(key, &Lease { ip, host: Some(&host), mac: None, time, seconds: Some(600) });
            }
            batch.shrink();
            Arc::new(batch)
        };
        (0..300).map(batch).collect()
    }

    fn tie(a: &Lease<'_>, b: &Lease<'_>) -> Ordering {
        (a.ip, a.host).cmp(&(b.ip, b.host))
    }

    type Key = (u64, i64, u128, String);

    fn key(key: u64, row: &Lease<'_>) -> Key {
        (key, row.time, row.ip, row.host.unwrap_or_default().to_owned())
    }

    fn sorted(limit: u64, folder: &std::path::Path) -> Runs<Lease<'static>> {
        let mut sorter = Sorter::<Lease<'static>>::new(&Budget::new(limit, 1, folder), tie);
        batches().into_iter().for_each(|batch| sorter.add(batch).unwrap());
        sorter.finish().unwrap()
    }

    #[test]
    fn rows_come_in_the_same_order_however_little_memory_there_is() {
        let batches = batches();
        let whole = Sorted::new(&batches, tie);
        let expected: Vec<Key> = (0..whole.len())
            .map(|place| key(whole.key(place).unwrap().0, &whole.at(place).unwrap()))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        // All in memory, some runs, and a run for every batch, which are merged in two rounds.
        for (limit, least, most) in [(1 << 30, 0, 0), (100_000, 2, MERGED - 1), (1, 50, MERGED)] {
            let runs = sorted(limit, folder.path());
            let files = runs.files.len();
            assert!((least..=most).contains(&files), "{limit}: {files}");
            for most in [1, 7, usize::MAX] {
                let mut merge = runs.merge().unwrap();
                let mut rows = Vec::new();
                while let Some((hash, _)) = merge.key() {
                    let taken = merge.take(hash, most).unwrap();
                    assert!(taken.len() <= most && !taken.is_empty());
                    rows.extend(taken.rows().map(|row| key(hash, &row)));
                }
                assert!(rows == expected, "{limit} bytes, {most} at a time");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "files go with their runs");
    }

    #[test]
    fn keys_are_passed_over_without_their_rows() {
        let folder = tempfile::tempdir().unwrap();
        for limit in [1 << 30, 1_000] {
            let mut merge = sorted(limit, folder.path()).merge().unwrap();
            merge.skip_to(2).unwrap();
            assert_eq!(merge.key().map(|(key, _)| key), Some(2));
            merge.skip_to(9).unwrap();
            assert_eq!(merge.key(), None);
        }
    }
}
