//! The books kept while one input is read, and the reader that turns faults into the end of a stream.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Container, Fault, InputError, Limits};

/// Faults of one input that are kept in full; more are counted.
const KEPT_FAULTS: usize = 100;

/// What was read and what went wrong in one input from the command line.
pub(super) struct Ledger<'a> {
    pub(super) limits: &'a Limits,
    progress: &'a AtomicU64,
    /// Bytes on disk; absent for streams.
    size: Option<u64>,
    on_disk: Cell<u64>,
    inflated: Cell<u64>,
    entries: Cell<u64>,
    pub(super) streams: Cell<u64>,
    /// Set when a limit was hit: nothing more is read of this input.
    ended: Cell<bool>,
    errors: RefCell<Vec<InputError>>,
    more: Cell<u64>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(limits: &'a Limits, progress: &'a AtomicU64, size: Option<u64>) -> Self {
        Self {
            limits,
            progress,
            size,
            on_disk: Cell::new(0),
            inflated: Cell::new(0),
            entries: Cell::new(0),
            streams: Cell::new(0),
            ended: Cell::new(false),
            errors: RefCell::new(Vec::new()),
            more: Cell::new(0),
        }
    }

    /// Counts bytes read from disk, never beyond the size of the file: seeking readers read some twice.
    pub(super) fn count(&self, bytes: usize) {
        let left = self.size.map_or(u64::MAX, |size| size.saturating_sub(self.on_disk.get()));
        let bytes = left.min(bytes as u64);
        self.on_disk.set(self.on_disk.get() + bytes);
        self.progress.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts what was left out, so that progress reaches the size of the file.
    pub(super) fn count_rest(&self) {
        if let Some(size) = self.size {
            let rest = size.saturating_sub(self.on_disk.get());
            self.on_disk.set(size);
            self.progress.fetch_add(rest, Ordering::Relaxed);
        }
    }

    pub(super) fn on_disk(&self) -> u64 {
        self.on_disk.get()
    }

    pub(super) fn ended(&self) -> bool {
        self.ended.get()
    }

    pub(super) fn report(&self, name: &str, fault: Fault) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < KEPT_FAULTS {
            errors.push(InputError { name: name.to_owned(), fault });
        } else {
            self.more.set(self.more.get() + 1);
        }
    }

    /// Reports a fault after which nothing more of this input is read.
    pub(super) fn end(&self, name: &str, fault: Fault) {
        if !self.ended.replace(true) {
            self.report(name, fault);
        }
    }

    /// Counts an entry of an archive; false when there are too many.
    pub(super) fn enter(&self, archive: &str) -> bool {
        self.entries.set(self.entries.get() + 1);
        let limit = self.limits.entries;
        if self.entries.get() > limit {
            self.end(archive, Fault::TooManyEntries { limit });
        }
        !self.ended()
    }

    pub(super) fn into_errors(self, name: &str) -> Vec<InputError> {
        let mut errors = self.errors.into_inner();
        if self.more.get() > 0 {
            errors.push(InputError { name: name.to_owned(), fault: Fault::More(self.more.get()) });
        }
        errors
    }

    /// Counts inflated bytes; false when a limit is exceeded.
    fn inflate(&self, name: &str, bytes: usize) -> bool {
        let inflated = self.inflated.get().saturating_add(bytes as u64);
        self.inflated.set(inflated);
        let Limits { ratio, ratio_after, inflated: limit, .. } = *self.limits;
        if inflated > limit {
            self.end(name, Fault::TooLarge { limit });
        } else if inflated > ratio_after && inflated > self.on_disk.get().saturating_mul(ratio) {
            self.end(name, Fault::RatioTooHigh { ratio });
        }
        !self.ended()
    }
}

/// Whether a layer of containers is broken. A fault below a broken layer is its consequence and is not reported.
#[derive(Clone, Default)]
pub(super) struct Broken(Rc<Cell<bool>>);

impl Broken {
    pub(super) fn get(&self) -> bool {
        self.0.get()
    }

    pub(super) fn set(&self) {
        self.0.set(true);
    }
}

/// Reads one layer: ends the stream at a fault, which goes to the ledger, and watches the limits.
pub(super) struct Guarded<'a, R> {
    pub(super) inner: R,
    pub(super) ledger: &'a Ledger<'a>,
    pub(super) name: String,
    pub(super) container: Container,
    /// Bytes that the container promises for this entry and that were not read yet.
    pub(super) promised: Option<u64>,
    pub(super) outer: Broken,
    pub(super) broken: Broken,
}

impl<R> Guarded<'_, R> {
    fn fail(&self, fault: Fault) {
        if !self.outer.get() && !self.ledger.ended() {
            self.ledger.report(&self.name, fault);
        }
        self.broken.set();
    }

    fn fault(&self, error: &io::Error) -> Fault {
        let container = self.container;
        match error.kind() {
            _ if container == Container::Plain => Fault::from_io(error),
            io::ErrorKind::UnexpectedEof => Fault::Truncated(container),
            _ => Fault::Damaged { container, reason: error.to_string() },
        }
    }
}

impl<R: Read> Read for Guarded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.broken.get() || self.ledger.ended() || buffer.is_empty() {
            return Ok(0);
        }
        // A decoder that meets damage drops what it wrote in that call: small calls lose little.
        let inflating = !matches!(self.container, Container::Plain | Container::Tar);
        let most = if inflating { buffer.len().min(32 << 10) } else { buffer.len() };
        let Some(buffer) = buffer.get_mut(..most) else { return Ok(0) };
        match self.inner.read(buffer) {
            Ok(0) => {
                if self.promised.is_some_and(|promised| promised > 0) {
                    self.fail(Fault::Truncated(self.container));
                }
                Ok(0)
            }
            Ok(read) => {
                self.promised = self.promised.map(|promised| promised.saturating_sub(read as u64));
                let fits = !inflating || self.ledger.inflate(&self.name, read);
                Ok(if fits { read } else { 0 })
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.fail(self.fault(&error));
                Ok(0)
            }
        }
    }
}

/// Counts what a seeking reader takes from disk.
pub(super) struct Counted<'a, R> {
    pub(super) inner: R,
    pub(super) ledger: Option<&'a Ledger<'a>>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Some(ledger) = self.ledger {
            ledger.count(read);
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
