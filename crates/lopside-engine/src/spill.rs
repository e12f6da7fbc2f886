//! Packed batches on disk: files of a run's temporary folder, and the budget that sends rows there.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use lopside_model::table::{RowBatch, Table, packed_schema};

use crate::error::EngineError;

/// Some rows of a table, shared by whoever reads them.
pub type Batch<T> = Arc<RowBatch<T>>;

/// What all exchanges of a run share: how much may stay in memory, and where the rest goes.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    /// Bytes that outboxes are measured by.
    share: u64,
    /// Bytes of a partition that a worker may hold whole.
    each: u64,
    used: AtomicU64,
    spilled: AtomicU64,
    folder: PathBuf,
    files: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes for batches in memory, spilling to files in `folder`. As many bytes again may be held by the
    /// partitions that `workers` have at work.
    pub fn new(limit: u64, workers: usize, folder: &Path) -> Arc<Budget> {
        Budget::shared(limit, limit, workers, folder)
    }

    /// A budget of `limit` bytes for batches in memory and what else is noted with [`Budget::hold`]; partitions at work may hold `share`.
    pub(crate) fn shared(limit: u64, share: u64, workers: usize, folder: &Path) -> Arc<Budget> {
        Arc::new(Budget {
            limit,
            share,
            each: share / workers.max(1) as u64,
            used: AtomicU64::new(0),
            spilled: AtomicU64::new(0),
            folder: folder.to_owned(),
            files: AtomicU64::new(0),
        })
    }

    /// Bytes that may wait in memory.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that outboxes are measured by.
    pub(crate) fn share(&self) -> u64 {
        self.share
    }

    /// Bytes of a partition that one worker may hold whole; a larger one is sorted on disk and taken slice by slice.
    pub(crate) fn each(&self) -> u64 {
        self.each
    }

    /// Bytes that went to disk so far.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    /// Notes bytes that wait in memory from now on; says how many do then.
    pub(crate) fn hold(&self, bytes: u64) -> u64 {
        self.used.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// Notes bytes that no longer wait in memory.
    pub(crate) fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn error(&self, cause: &dyn std::fmt::Display) -> EngineError {
        EngineError::Spill { folder: self.folder.clone(), cause: cause.to_string() }
    }
}

/// A file that goes when this is dropped.
struct Temporary {
    path: PathBuf,
    budget: Arc<Budget>,
}

impl Temporary {
    fn read<T: Table>(&self) -> Result<SpillReader<T>, EngineError> {
        let file = File::open(&self.path).map_err(|error| self.budget.error(&error))?;
        let reader = StreamReader::try_new(BufReader::new(file), None)?;
        Ok(SpillReader { reader, together: Vec::new().into_iter(), table: PhantomData })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The folder goes with the run; a file that cannot be removed now costs disk space only until then.
        drop(std::fs::remove_file(&self.path));
    }
}

/// Batches of one table on their way to a file, which goes when this is dropped.
pub(crate) struct Spill<T: Table> {
    writer: StreamWriter<BufWriter<File>>,
    file: Temporary,
    table: PhantomData<fn() -> Box<T>>,
}

impl<T: Table> Spill<T> {
    /// An empty file.
    pub(crate) fn new(budget: &Arc<Budget>) -> Result<Spill<T>, EngineError> {
        let number = budget.files.fetch_add(1, Ordering::Relaxed);
        let path = budget.folder.join(format!("{}-{number}.arrows", T::NAME));
        let file = File::create(&path).map_err(|error| budget.error(&error))?;
        let writer = StreamWriter::try_new(BufWriter::new(file), &packed_schema())?;
        Ok(Spill { writer, file: Temporary { path, budget: Arc::clone(budget) }, table: PhantomData })
    }

    /// Writes some batches as one: whoever reads them has all of them in memory at once.
    pub(crate) fn write(&mut self, together: &[&RowBatch<T>]) -> Result<(), EngineError> {
        let budget = &self.file.budget;
        let packed = RowBatch::to_packed(together.iter().copied())?;
        let bytes = together.iter().map(|batch| batch.memory()).sum();
        budget.spilled.fetch_add(bytes, Ordering::Relaxed);
        self.writer.write(&packed).map_err(|error| budget.error(&error))
    }

    /// What was written so far. The writer stays open, so the stream has no end marker yet: reading stops at the end of the file.
    pub(crate) fn read(&mut self) -> Result<SpillReader<T>, EngineError> {
        self.writer.flush()?;
        self.file.read()
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<Spilled<T>, EngineError> {
        let finished = self.writer.finish().and_then(|()| self.writer.flush());
        finished.map_err(|error| self.file.budget.error(&error))?;
        Ok(Spilled { file: self.file, table: PhantomData })
    }
}

/// A file that is complete, and goes when this is dropped.
pub(crate) struct Spilled<T: Table> {
    file: Temporary,
    table: PhantomData<fn() -> Box<T>>,
}

impl<T: Table> Spilled<T> {
    /// Its batches, from the first on.
    pub(crate) fn read(&self) -> Result<SpillReader<T>, EngineError> {
        self.file.read()
    }

    /// Its batches; the file goes with the last.
    pub(crate) fn into_batches(
        self,
    ) -> Result<impl Iterator<Item = Result<Batch<T>, EngineError>>, EngineError> {
        let mut batches = self.read()?;
        Ok(std::iter::from_fn(move || {
            let _kept = &self;
            batches.next()
        }))
    }
}

/// The batches of a file in the order in which they were written; those that were written as one are in memory together.
pub(crate) struct SpillReader<T: Table> {
    reader: StreamReader<BufReader<File>>,
    together: std::vec::IntoIter<RowBatch<T>>,
    table: PhantomData<fn() -> Box<T>>,
}

impl<T: Table> SpillReader<T> {
    fn read(&mut self) -> Result<Option<Batch<T>>, EngineError> {
        loop {
            if let Some(batch) = self.together.next() {
                return Ok(Some(Arc::new(batch)));
            }
            let Some(written) = self.reader.next() else { return Ok(None) };
            self.together = RowBatch::from_packed(&written?)?.into_iter();
        }
    }
}

impl<T: Table> Iterator for SpillReader<T> {
    type Item = Result<Batch<T>, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
