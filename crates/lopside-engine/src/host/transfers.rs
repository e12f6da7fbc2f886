//! The transfers of one partition, host by host: held in memory, or sorted on disk where they are too many for that.
//!
//! In: batches, or [`Runs`]. Out: [`HostTransfers`], which goes over a host's rows as a whole or in parts of a day, the same either way.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::table::RowBatch;
use lopside_model::tables::Transfer;

use crate::error::EngineError;
use crate::exchange::Exchange;
use crate::host::resolve::device_path;
use crate::order::Sorted;
use crate::order::runs::{Merge, Runs, TAKEN, Taken};
use crate::spill::Batch;

/// The transfers of one partition of the second exchange.
pub enum Transfers {
    /// Held whole.
    Held(Vec<Batch<Transfer<'static>>>),
    /// On disk, because they are too many to be held.
    Sorted(SortedTransfers),
}

impl Default for Transfers {
    fn default() -> Self {
        Transfers::Held(Vec::new())
    }
}

impl Transfers {
    /// Whether any transfer names an image by its device instead of its drive.
    pub fn device_paths(&self) -> bool {
        match self {
            Transfers::Held(batches) => batches.iter().any(|batch| names_a_device(batch)),
            Transfers::Sorted(sorted) => sorted.device_paths,
        }
    }
}

fn names_a_device(batch: &RowBatch<Transfer<'static>>) -> bool {
    batch.labels().any(|label| device_path(label).is_some())
}

/// What makes the order of transfers of one hash and start total.
pub(super) fn transfer_tie(a: &Transfer<'_>, b: &Transfer<'_>) -> std::cmp::Ordering {
    (a.host, transfer_key(a)).cmp(&(b.host, transfer_key(b)))
}

fn transfer_key(row: &Transfer<'_>) -> (u128, u16, u128, u16, u8, u32, u64) {
    let source = (row.source_ip, row.source_port);
    let destination = (row.destination_ip, row.destination_port);
    (source.0, source.1, destination.0, destination.1, row.protocol, row.input, row.record)
}

/// Transfers by host and start, on disk.
pub struct SortedTransfers {
    runs: Arc<Runs<Transfer<'static>>>,
    /// The hosts of each hash: nearly always one.
    hosts: HashMap<u64, BTreeSet<Box<str>>>,
    device_paths: bool,
}

impl SortedTransfers {
    /// Sorts one partition of the exchange.
    ///
    /// # Errors
    /// When rows cannot be read back or written.
    pub fn of(
        exchange: &Exchange<Transfer<'static>>,
        partition: usize,
    ) -> Result<SortedTransfers, EngineError> {
        let mut hosts: HashMap<u64, BTreeSet<Box<str>>> = HashMap::new();
        let mut device_paths = false;
        let runs = exchange.sorted(partition, transfer_tie, |batch| {
            device_paths = device_paths || names_a_device(batch);
            let mut last = None;
            for place in batch.places() {
                let own = (place.key, batch.first_label(place.from));
                // Rows that follow each other are mostly of one host.
                if last.replace(own) != Some(own) {
                    let known = hosts.entry(own.0).or_default();
                    if !known.contains(own.1) {
                        known.insert(own.1.into());
                    }
                }
            }
        })?;
        exchange.forget(partition);
        Ok(SortedTransfers { runs, hosts, device_paths })
    }

    /// Every hash of a host, ascending.
    pub(super) fn hashes(&self) -> Vec<u64> {
        let mut hashes: Vec<u64> = self.hosts.keys().copied().collect();
        hashes.sort_unstable();
        hashes
    }

    /// The hosts of a hash.
    pub(super) fn hosts(&self, hash: u64) -> impl Iterator<Item = &str> {
        self.hosts.get(&hash).into_iter().flatten().map(|host| &**host)
    }

    /// The transfers of one host. Hosts come in the order of their hashes for the same `passes`.
    pub(super) fn of_host<'o>(
        &'o self,
        hash: u64,
        host: &'o str,
        passes: &'o mut Passes,
    ) -> HostTransfers<'o, 'o> {
        HostTransfers::Sorted(SortedRows { runs: &self.runs, hash, host, passes, pass: 0 })
    }
}

/// The order of transfers: by host, then start.
pub(super) type TransferOrder<'t> = Sorted<'t, Transfer<'static>>;

/// The transfers of one host by start. Rows are made when they are asked for: a busy host has too many to hold at once.
pub enum HostTransfers<'o, 't> {
    /// Out of batches in memory.
    Held(TransferRows<'o, 't>),
    /// Out of runs on disk.
    Sorted(SortedRows<'o>),
}

/// How often rows were gone over so far: a host is gone over up to three times, each time from a merge that is at that host.
#[derive(Default)]
pub struct Passes {
    merges: Vec<Merge<Transfer<'static>>>,
}

/// Rows of one host on disk.
pub struct SortedRows<'o> {
    runs: &'o Runs<Transfer<'static>>,
    hash: u64,
    host: &'o str,
    passes: &'o mut Passes,
    pass: usize,
}

impl SortedRows<'_> {
    /// A merge that is at the first row of the host.
    fn next_pass(&mut self) -> Result<&mut Merge<Transfer<'static>>, EngineError> {
        let merges = &mut self.passes.merges;
        if merges.len() <= self.pass {
            merges.push(self.runs.merge()?);
            self.pass = merges.len() - 1;
        }
        let gone = || EngineError::Table("a pass over transfers is gone".to_owned());
        let merge = merges.get_mut(self.pass).ok_or_else(gone)?;
        self.pass += 1;
        merge.skip_to(self.hash)?;
        Ok(merge)
    }
}

impl HostTransfers<'_, '_> {
    /// Calls `each` for every row.
    ///
    /// # Errors
    /// When rows cannot be read back.
    pub fn each(&mut self, each: &mut dyn FnMut(&Transfer<'_>)) -> Result<(), EngineError> {
        match self {
            HostTransfers::Held(rows) => rows.iter().for_each(|row| each(&row)),
            HostTransfers::Sorted(rows) => {
                let (hash, host) = (rows.hash, rows.host);
                let merge = rows.next_pass()?;
                loop {
                    let taken = merge.take(hash, TAKEN)?;
                    if taken.is_empty() {
                        break;
                    }
                    taken.rows().filter(|row| row.host.unwrap_or("") == host).for_each(|row| each(&row));
                }
            }
        }
        Ok(())
    }

    /// Calls `each` for the rows of each UTC day, ascending, in parts of at most `most`, each with whether the day ends with it.
    ///
    /// # Errors
    /// When rows cannot be read back, or `each` fails.
    pub fn parts(
        &mut self,
        most: usize,
        each: &mut dyn FnMut(Part<'_>, bool) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        match self {
            HostTransfers::Held(rows) => {
                let mut parts = rows.days().flat_map(|day| day.parts(most));
                parts.try_for_each(|(part, day_ends)| each(Part::Held(part), day_ends))
            }
            HostTransfers::Sorted(rows) => {
                let (hash, host) = (rows.hash, rows.host);
                let merge = rows.next_pass()?;
                while let Some((_, start)) = merge.key().filter(|(key, _)| *key == hash) {
                    let day = Micros(start).day();
                    let same = |key, start| key == hash && Micros(start).day() == day;
                    let taken = merge.take_while(most, same)?;
                    let goes_on = merge.key().is_some_and(|(key, start)| same(key, start));
                    each(Part::Taken(&taken, host), !goes_on)?;
                }
                Ok(())
            }
        }
    }
}

/// Some transfers of one host.
pub enum Part<'p> {
    /// Out of batches in memory.
    Held(TransferRows<'p, 'p>),
    /// Taken from disk: those of this host.
    Taken(&'p Taken<Transfer<'static>>, &'p str),
}

impl<'p> Part<'p> {
    /// How many rows there are at most.
    pub fn len(&self) -> usize {
        match self {
            Part::Held(rows) => rows.len(),
            Part::Taken(taken, _) => taken.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = Transfer<'p>> {
        let (held, taken) = match self {
            Part::Held(rows) => (Some(*rows), None),
            Part::Taken(taken, host) => (None, Some((*taken, *host))),
        };
        let of_host = |(taken, host): (&'p Taken<Transfer<'static>>, &'p str)| {
            taken.rows().filter(move |row| row.host.unwrap_or("") == host)
        };
        held.into_iter().flat_map(TransferRows::iter).chain(taken.into_iter().flat_map(of_host))
    }
}

/// The transfers of one host in memory.
#[derive(Clone, Copy)]
pub struct TransferRows<'o, 't> {
    order: &'o TransferOrder<'t>,
    from: usize,
    until: usize,
    host: &'t str,
    /// Whether rows of other hosts stand between.
    mixed: bool,
}

impl<'o, 't> TransferRows<'o, 't> {
    /// The rows of one hash, whichever host is meant.
    pub(super) fn of_hash(order: &'o TransferOrder<'t>, from: usize, until: usize) -> TransferRows<'o, 't> {
        TransferRows { order, from, until, host: "", mixed: false }
    }

    /// Those of a host, where others have rows of this hash too.
    pub(super) fn only(self, host: &'t str) -> TransferRows<'o, 't> {
        TransferRows { host, mixed: true, ..self }
    }

    /// Every row.
    pub fn iter(self) -> impl Iterator<Item = Transfer<'t>> + use<'o, 't> {
        (self.from..self.until)
            .filter(move |position| !self.mixed || self.host_at(*position) == Some(self.host))
            .filter_map(move |position| self.order.at(position))
    }

    /// How many rows there are at most.
    pub fn len(self) -> usize {
        self.until - self.from
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The rows of each UTC day, ascending.
    fn days(self) -> impl Iterator<Item = TransferRows<'o, 't>> + use<'o, 't> {
        let day = move |position: usize| self.order.key(position).map(|(_, start)| Micros(start).day());
        let mut from = self.from;
        std::iter::from_fn(move || {
            let first = (from < self.until).then(|| day(from)).flatten()?;
            let start = from;
            while from < self.until && day(from) == Some(first) {
                from += 1;
            }
            Some(TransferRows { from: start, until: from, ..self })
        })
    }

    /// The same rows in parts of at most `most`, each with whether it is the last.
    fn parts(self, most: usize) -> impl Iterator<Item = (TransferRows<'o, 't>, bool)> + use<'o, 't> {
        (self.from..self.until).step_by(most.max(1)).map(move |from| {
            let until = from.saturating_add(most.max(1)).min(self.until);
            (TransferRows { from, until, ..self }, until == self.until)
        })
    }

    fn host_at(&self, position: usize) -> Option<&'t str> {
        self.order.first_label(position)
    }

    /// The hosts of all rows, whichever host is meant.
    pub(super) fn names(self) -> impl Iterator<Item = &'t str> + use<'o, 't> {
        (self.from..self.until).filter_map(move |position| self.host_at(position))
    }
}
