//! Exchanges: rows on their way to the partition where they are needed, in memory or, past the budget, packed as they are in Arrow IPC files.
//!
//! In: rows from any number of workers, each with its own [`Outbox`]. Out: the batches of one partition at a time
//! ([`Exchange::take`]), in no particular order: stages sort.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lopside_model::table::{RowBatch, Table};

use crate::error::EngineError;
use crate::order::runs::{Runs, Sorter, Tie};
use crate::spill::Spill;
pub use crate::spill::{Batch, Budget};

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

/// Batches that are read one at a time.
pub type BatchStream<T> = Box<dyn Iterator<Item = Result<Batch<T>, EngineError>>>;

/// One partition of one table.
struct Partition<T: Table> {
    batches: Vec<Batch<T>>,
    /// Bytes of the batches in memory.
    bytes: u64,
    file: Option<Spill<T>>,
    /// Bytes of the batches on disk, in memory.
    on_disk: u64,
    /// All of it in order, once it was sorted.
    runs: Option<Arc<Runs<T>>>,
}

impl<T: Table> Default for Partition<T> {
    fn default() -> Self {
        Partition { batches: Vec::new(), bytes: 0, file: None, on_disk: 0, runs: None }
    }
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
        let used = self.budget.hold(bytes);
        {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.batches.push(Arc::new(batch));
            slot.bytes += bytes;
            self.note_size(partition, slot.bytes);
        }
        if used > self.budget.limit() { self.spill_largest() } else { Ok(()) }
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
        let worth = WORTH_SPILLING.min(self.budget.limit() / self.sizes.len() as u64).max(1);
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
            slot.batches.is_empty() && slot.file.is_none() && slot.runs.is_none()
        })
    }

    /// The batches of one partition in the order they were added, one at a time.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn stream(&self, partition: usize) -> Result<BatchStream<T>, EngineError> {
        let Some(slot) = self.partitions.get(partition) else { return Ok(Box::new(std::iter::empty())) };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let in_memory = slot.batches.clone().into_iter().map(Ok);
        match &mut slot.file {
            Some(file) => Ok(Box::new(file.read()?.chain(in_memory))),
            None => Ok(Box::new(in_memory)),
        }
    }

    /// Takes everything of one partition.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn take(&self, partition: usize) -> Result<Vec<Batch<T>>, EngineError> {
        self.read(partition, true)
    }

    /// Takes everything of one partition, one batch at a time: those before are gone by then.
    ///
    /// # Errors
    /// When spilled rows cannot be read back.
    pub fn drain(&self, partition: usize) -> Result<BatchStream<T>, EngineError> {
        let Some(slot) = self.partitions.get(partition) else { return Ok(Box::new(std::iter::empty())) };
        self.drained(partition, &mut slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn drained(&self, partition: usize, slot: &mut Partition<T>) -> Result<BatchStream<T>, EngineError> {
        let Partition { batches, file, .. } = self.empty(partition, slot);
        let here = batches.into_iter().map(Ok);
        match file {
            Some(file) => Ok(Box::new(file.finish()?.into_batches()?.chain(here))),
            None => Ok(Box::new(here)),
        }
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
        if let Some(file) = &mut slot.file {
            for batch in file.read()? {
                batches.push(batch?);
            }
        }
        if consume {
            batches.extend(self.empty(partition, &mut slot).batches);
        } else {
            batches.extend(slot.batches.iter().cloned());
        }
        Ok(batches)
    }

    /// What a partition holds; it is empty then.
    fn empty(&self, partition: usize, slot: &mut Partition<T>) -> Partition<T> {
        self.budget.release(slot.bytes);
        self.note_size(partition, 0);
        std::mem::take(slot)
    }

    /// Bytes of the rows of one partition, were they all in memory.
    pub fn bytes(&self, partition: usize) -> u64 {
        let slot = self.partitions.get(partition);
        slot.map_or(0, |slot| {
            let slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            slot.bytes + slot.on_disk
        })
    }

    /// The rows of one partition in order, on disk as far as they are many: for a partition that is too large to be held whole. They
    /// are sorted once and no longer in the exchange then; a later call gives the same rows. `look` sees every batch before.
    ///
    /// # Errors
    /// When rows cannot be read back or written.
    pub fn sorted(
        &self,
        partition: usize,
        tie: Tie<T>,
        mut look: impl FnMut(&RowBatch<T>),
    ) -> Result<Arc<Runs<T>>, EngineError> {
        let mut sorter = Sorter::new(&self.budget, tie);
        let Some(slot) = self.partitions.get(partition) else { return Ok(Arc::new(sorter.finish()?)) };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runs) = &slot.runs {
            return Ok(Arc::clone(runs));
        }
        let bytes = slot.bytes + slot.on_disk;
        for batch in self.drained(partition, &mut slot)? {
            let batch = batch?;
            look(&batch);
            sorter.add(batch)?;
        }
        let runs = Arc::new(sorter.finish()?);
        *slot = Partition { on_disk: bytes, runs: Some(Arc::clone(&runs)), ..Partition::default() };
        Ok(runs)
    }

    /// Forgets what one partition holds.
    pub fn forget(&self, partition: usize) {
        if let Some(slot) = self.partitions.get(partition) {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.empty(partition, &mut slot));
        }
    }

    fn spill(&self, slot: &mut Partition<T>) -> Result<(), EngineError> {
        let file = match &mut slot.file {
            Some(file) => file,
            none => none.insert(Spill::new(&self.budget)?),
        };
        let batches = std::mem::take(&mut slot.batches);
        let mut rest = batches.iter().map(|batch| &**batch).peekable();
        while rest.peek().is_some() {
            let mut bytes = 0;
            let together: Vec<&RowBatch<T>> = std::iter::from_fn(|| {
                let batch = rest.next_if(|_| bytes < BYTES_PER_WRITE)?;
                bytes += batch.memory();
                Some(batch)
            })
            .collect();
            file.write(&together)?;
        }
        self.budget.release(slot.bytes);
        slot.on_disk += std::mem::take(&mut slot.bytes);
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
        let fitting =
            usize::try_from(exchange.budget.share() / OUTBOX_SHARE / USUAL_ROW).unwrap_or(usize::MAX);
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
    use std::path::Path;

    fn lease(ip: u128) -> Lease<'static> {
        Lease { ip, host: Some("ws-0417"), mac: None, time: 1, seconds: Some(600) }
    }

    fn filled(limit: u64, folder: &Path) -> (Exchange<Lease<'static>>, Arc<Budget>) {
        let budget = Budget::new(limit, 1, folder);
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
        let budget = Budget::new(0, 1, folder);
        let exchange: Exchange<Lease<'static>> = Exchange::new(1, |_| 0, &budget);
        let mut outbox = Outbox::new(&exchange);
        outbox.send(&lease(1)).unwrap();
        let error = outbox.close().unwrap_err();
        assert!(error.to_string().contains("free some space"), "{error}");
    }
}
