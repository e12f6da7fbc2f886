//! Exchanges: rows on their way to the partition where they are needed, in memory or, past the budget, packed as they are in Arrow IPC files.
//!
//! In: rows from any number of workers, each with its own [`Outbox`]. Out: the batches of one partition at a time
//! ([`Exchange::take`]), in no particular order: stages sort.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use lopside_model::table::{RowBatch, Table, packed_schema};

use crate::error::EngineError;

/// Rows that an outbox collects over all partitions, and the bounds of what it collects for one before it sends them on: what waits
/// in outboxes is in no budget, so that many partitions must mean small batches.
const ROWS_WAITING: usize = 65_536;
const ROWS_PER_BATCH: (usize, usize) = (128, 4_096);
/// Bytes of a batch after which it is sent on, however few its rows are.
const BYTES_PER_BATCH: usize = 1 << 20;
/// What waits in one outbox is at most this part of the budget, as far as batches of the fewest rows allow.
const OUTBOX_SHARE: u64 = 32;
/// Bytes of a usual row with its part of the labels.
const USUAL_ROW: u64 = 128;
/// Bytes that are written as one, as far as batches are smaller, since each write names every column again.
const BYTES_PER_WRITE: u64 = 1 << 20;
/// A partition with less than this stays in memory: it would cost a write and make no room.
const WORTH_SPILLING: u64 = 32 << 10;

/// What all exchanges of a run share: how much may stay in memory, and where the rest goes.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
    spilled: AtomicU64,
    folder: PathBuf,
    files: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes for batches in memory, spilling to files in `folder`.
    pub fn new(limit: u64, folder: &Path) -> Arc<Budget> {
        Arc::new(Budget {
            limit,
            used: AtomicU64::new(0),
            spilled: AtomicU64::new(0),
            folder: folder.to_owned(),
            files: AtomicU64::new(0),
        })
    }

    /// Bytes that went to disk so far.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    fn error(&self, cause: &dyn std::fmt::Display) -> EngineError {
        EngineError::Spill { folder: self.folder.clone(), cause: cause.to_string() }
    }
}

/// Some rows of a table, shared by whoever reads them.
pub type Batch<T> = Arc<RowBatch<T>>;

/// Batches that are read one at a time.
pub type BatchStream<T> = Box<dyn Iterator<Item = Result<Batch<T>, EngineError>>>;

/// One partition of one table.
struct Partition<T: Table> {
    batches: Vec<Batch<T>>,
    bytes: u64,
    file: Option<Spill>,
}

impl<T: Table> Default for Partition<T> {
    fn default() -> Self {
        Partition { batches: Vec::new(), bytes: 0, file: None }
    }
}

struct Spill {
    path: PathBuf,
    writer: StreamWriter<BufWriter<File>>,
}

impl Spill {
    /// What was written so far. The writer stays open, so the stream has no end marker yet: reading stops at the end of the file.
    fn reader(&mut self, budget: &Budget) -> Result<StreamReader<BufReader<File>>, EngineError> {
        self.writer.flush()?;
        let file = File::open(&self.path).map_err(|error| budget.error(&error))?;
        Ok(StreamReader::try_new(BufReader::new(file), None)?)
    }
}

/// The batches that were written as one.
fn unpacked<T: Table>(written: Result<RecordBatch, ArrowError>) -> Result<Vec<Batch<T>>, EngineError> {
    Ok(RowBatch::from_packed(&written?)?.into_iter().map(Arc::new).collect())
}

/// What the rows of a table meet by: the hash of a conversation, of a host.
pub type KeyOf<T> = for<'a> fn(&<T as Table>::Row<'a>) -> u64;

/// A table on its way to its partitions.
pub struct Exchange<T: Table> {
    partitions: Vec<Mutex<Partition<T>>>,
    /// Bytes in memory of each partition, to be looked at without its lock.
    sizes: Vec<AtomicU64>,
    key: KeyOf<T>,
    budget: Arc<Budget>,
}

impl<T: Table> Exchange<T> {
    /// An empty exchange of `partitions` partitions, where rows meet by `key`.
    pub fn new(partitions: usize, key: KeyOf<T>, budget: &Arc<Budget>) -> Exchange<T> {
        Exchange {
            partitions: (0..partitions.max(1)).map(|_| Mutex::new(Partition::default())).collect(),
            sizes: (0..partitions.max(1)).map(|_| AtomicU64::new(0)).collect(),
            key,
            budget: Arc::clone(budget),
        }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// The partition of a key.
    fn of_key(&self, key: u64) -> usize {
        // The remainder of a well-mixed 64-bit hash; partitions are few.
        usize::try_from(key % self.partitions.len() as u64).unwrap_or(0)
    }

    /// Adds a batch to a partition.
    ///
    /// # Errors
    /// When the budget is used up and the batch cannot be written to disk.
    pub fn add(&self, partition: usize, mut batch: RowBatch<T>) -> Result<(), EngineError> {
        if batch.is_empty() {
            return Ok(());
        }
        batch.shrink();
        let Some(slot) = self.partitions.get(partition) else { return Ok(()) };
        let bytes = batch.memory();
        let used = self.budget.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.batches.push(Arc::new(batch));
            slot.bytes += bytes;
            self.note_size(partition, slot.bytes);
        }
        if used > self.budget.limit { self.spill_largest() } else { Ok(()) }
    }

    fn note_size(&self, partition: usize, bytes: u64) {
        if let Some(size) = self.sizes.get(partition) {
            size.store(bytes, Ordering::Relaxed);
        }
    }

    /// Spills the largest partition: few large writes cost less than many small ones.
    fn spill_largest(&self) -> Result<(), EngineError> {
        let sizes = self.sizes.iter().map(|size| size.load(Ordering::Relaxed));
        let largest = sizes.enumerate().max_by_key(|(_, bytes)| *bytes);
        let worth = WORTH_SPILLING.min(self.budget.limit / self.sizes.len() as u64).max(1);
        let Some((partition, _)) = largest.filter(|(_, bytes)| *bytes >= worth) else { return Ok(()) };
        let Some(slot) = self.partitions.get(partition) else { return Ok(()) };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.note_size(partition, 0);
        self.spill(&mut slot)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.partitions.iter().all(|slot| {
            let slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.batches.is_empty() && slot.file.is_none()
        })
    }

    /// The batches of one partition in the order they were added, one at a time.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn stream(&self, partition: usize) -> Result<BatchStream<T>, EngineError> {
        let Some(slot) = self.partitions.get(partition) else { return Ok(Box::new(std::iter::empty())) };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let in_memory: Vec<Batch<T>> = slot.batches.clone();
        let rest = in_memory.into_iter().map(Ok);
        let Some(spill) = &mut slot.file else { return Ok(Box::new(rest)) };
        let spilled = spill.reader(&self.budget)?.flat_map(|written| match unpacked(written) {
            Ok(batches) => batches.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        Ok(Box::new(spilled.chain(rest)))
    }

    /// Takes everything of one partition.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn take(&self, partition: usize) -> Result<Vec<Batch<T>>, EngineError> {
        self.read(partition, true)
    }

    /// Everything of one partition, which stays where it is for a second reading.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn peek(&self, partition: usize) -> Result<Vec<Batch<T>>, EngineError> {
        self.read(partition, false)
    }

    fn read(&self, partition: usize, consume: bool) -> Result<Vec<Batch<T>>, EngineError> {
        let Some(slot) = self.partitions.get(partition) else { return Ok(Vec::new()) };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batches = Vec::new();
        if let Some(spill) = &mut slot.file {
            for written in spill.reader(&self.budget)? {
                batches.extend(unpacked(written)?);
            }
        }
        if consume {
            self.budget.used.fetch_sub(slot.bytes, Ordering::Relaxed);
            self.note_size(partition, 0);
            let taken = std::mem::take(&mut *slot);
            batches.extend(taken.batches);
            if let Some(spill) = taken.file {
                // The folder goes with the run; a file that cannot be removed now costs disk space only until then.
                drop(std::fs::remove_file(&spill.path));
            }
        } else {
            batches.extend(slot.batches.iter().cloned());
        }
        Ok(batches)
    }

    fn spill(&self, slot: &mut Partition<T>) -> Result<(), EngineError> {
        let budget = &self.budget;
        if slot.file.is_none() {
            let number = budget.files.fetch_add(1, Ordering::Relaxed);
            let path = budget.folder.join(format!("{}-{number}.arrows", T::NAME));
            let file = File::create(&path).map_err(|error| budget.error(&error))?;
            let writer = StreamWriter::try_new(BufWriter::new(file), &packed_schema())?;
            slot.file = Some(Spill { path, writer });
        }
        if let Some(spill) = &mut slot.file {
            let mut batches = std::mem::take(&mut slot.batches).into_iter().peekable();
            while batches.peek().is_some() {
                let mut bytes = 0;
                let together: Vec<Batch<T>> = std::iter::from_fn(|| {
                    let batch = batches.next_if(|_| bytes < BYTES_PER_WRITE)?;
                    bytes += batch.memory();
                    Some(batch)
                })
                .collect();
                let packed = RowBatch::to_packed(together.iter().map(|batch| &**batch))?;
                spill.writer.write(&packed).map_err(|error| budget.error(&error))?;
            }
        }
        budget.used.fetch_sub(slot.bytes, Ordering::Relaxed);
        budget.spilled.fetch_add(slot.bytes, Ordering::Relaxed);
        slot.bytes = 0;
        Ok(())
    }
}

/// One worker's rows on their way into an exchange.
pub struct Outbox<'e, T: Table> {
    exchange: &'e Exchange<T>,
    batches: Vec<RowBatch<T>>,
    rows_per_batch: usize,
}

impl<'e, T: Table> Outbox<'e, T> {
    /// An empty outbox.
    pub fn new(exchange: &'e Exchange<T>) -> Outbox<'e, T> {
        let (fewest, most) = ROWS_PER_BATCH;
        let fitting = usize::try_from(exchange.budget.limit / OUTBOX_SHARE / USUAL_ROW).unwrap_or(usize::MAX);
        let waiting = fitting.min(ROWS_WAITING);
        Outbox {
            batches: (0..exchange.partitions()).map(|_| RowBatch::default()).collect(),
            rows_per_batch: (waiting / exchange.partitions()).clamp(fewest, most),
            exchange,
        }
    }

    /// Sends a row to the partition where it meets others.
    ///
    /// # Errors
    /// As [`Exchange::add`].
    pub fn send(&mut self, row: &T::Row<'_>) -> Result<(), EngineError> {
        let key = (self.exchange.key)(row);
        self.push(self.exchange.of_key(key), key, row)
    }

    /// Sends a row to the partition of another key than its own: to where that of which it tells is.
    ///
    /// # Errors
    /// As [`Exchange::add`].
    pub fn send_by(&mut self, key: u64, row: &T::Row<'_>) -> Result<(), EngineError> {
        self.send_to(self.exchange.of_key(key), row)
    }

    /// Sends a row to a partition.
    ///
    /// # Errors
    /// As [`Exchange::add`].
    pub fn send_to(&mut self, partition: usize, row: &T::Row<'_>) -> Result<(), EngineError> {
        self.push(partition, (self.exchange.key)(row), row)
    }

    fn push(&mut self, partition: usize, key: u64, row: &T::Row<'_>) -> Result<(), EngineError> {
        let Some(batch) = self.batches.get_mut(partition) else { return Ok(()) };
        batch.push(key, row);
        if batch.len() >= self.rows_per_batch || batch.bytes() >= BYTES_PER_BATCH {
            self.exchange.add(partition, batch.take())?;
        }
        Ok(())
    }

    /// Sends what is left.
    ///
    /// # Errors
    /// As [`Exchange::add`].
    pub fn close(self) -> Result<(), EngineError> {
        for (partition, batch) in self.batches.into_iter().enumerate() {
            self.exchange.add(partition, batch)?;
        }
        Ok(())
    }
}

/// Outboxes that nobody uses now: as many are made as are ever used at once, so that batches fill up over partitions.
pub struct Shelf<B> {
    free: Mutex<Vec<B>>,
}

impl<B> Default for Shelf<B> {
    fn default() -> Self {
        Shelf { free: Mutex::default() }
    }
}

impl<B> Shelf<B> {
    /// Lends one for a call; it is dropped with its rows where the call fails.
    ///
    /// # Errors
    /// What the call says.
    pub fn lend<R>(
        &self,
        make: impl FnOnce() -> B,
        call: impl FnOnce(&mut B) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut lent = free.unwrap_or_else(make);
        let result = call(&mut lent)?;
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(lent);
        Ok(result)
    }

    /// All of them, once nobody uses them.
    pub fn into_all(self) -> Vec<B> {
        self.free.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows of some batches, borrowing their text.
pub fn rows<T: Table>(batches: &[Batch<T>]) -> impl Iterator<Item = T::Row<'_>> {
    batches.iter().flat_map(|batch| batch.iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_model::tables::Lease;

    fn lease(ip: u128) -> Lease<'static> {
        Lease { ip, host: Some("ws-0417"), mac: None, time: 1, seconds: Some(600) }
    }

    fn filled(limit: u64, folder: &Path) -> (Exchange<Lease<'static>>, Arc<Budget>) {
        let budget = Budget::new(limit, folder);
        let exchange = Exchange::new(3, |row: &Lease<'_>| row.ip as u64, &budget);
        let mut outbox = Outbox::new(&exchange);
        for ip in 0..30_000_u128 {
            outbox.send(&lease(ip)).unwrap();
        }
        outbox.close().unwrap();
        (exchange, budget)
    }

    #[test]
    fn spilled_rows_come_back_and_can_be_read_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (exchange, budget) = filled(100_000, folder.path());
        assert!(budget.spilled() > 0);
        let peeked = exchange.peek(1).unwrap();
        let taken = exchange.take(1).unwrap();
        for batches in [&peeked, &taken] {
            let mut ips: Vec<u128> = rows::<Lease<'static>>(batches).map(|row| row.ip).collect();
            ips.sort_unstable();
            assert_eq!(ips, (0..30_000).filter(|ip| ip % 3 == 1).collect::<Vec<u128>>());
        }
        assert!(exchange.take(1).unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_clear_error() {
        let folder = Path::new("/nonexistent/folder");
        let budget = Budget::new(0, folder);
        let exchange: Exchange<Lease<'static>> = Exchange::new(1, |_| 0, &budget);
        let mut outbox = Outbox::new(&exchange);
        outbox.send(&lease(1)).unwrap();
        let error = outbox.close().unwrap_err();
        assert!(error.to_string().contains("free some space"), "{error}");
    }
}
