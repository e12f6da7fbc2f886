//! The rows of one partition host by host, of a table that has too many of them to be made at once: held packed in memory, or sorted on
//! disk where they are too many for that too.
//!
//! In: batches, or [`Runs`]. Out: [`OfHost`], which goes over a host's rows as a whole or in parts of a day, the same either way.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::sync::Arc;

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::table::{RowBatch, Table};

use crate::error::EngineError;
use crate::exchange::Exchange;
use crate::order::Sorted;
use crate::order::merge::{Merge, TAKEN, Taken};
use crate::order::runs::{Runs, Tie};
use crate::spill::Batch;

/// The rows of a table in one partition of the second exchange. The first column of the table is the host.
pub enum ByHost<T: Table> {
    /// Held packed.
    Held(Vec<Batch<T>>),
    /// On disk, because they are too many to be held.
    Sorted(SortedByHost<T>),
}

impl<T: Table> Default for ByHost<T> {
    fn default() -> Self {
        ByHost::Held(Vec::new())
    }
}

impl<T: Table> ByHost<T> {
    /// Takes the rows of one partition of the exchange: on disk where they are more than `held` bytes. `look` sees every batch.
    ///
    /// # Errors
    /// When rows cannot be read back or written.
    pub fn take(
        exchange: &Exchange<T>,
        partition: usize,
        held: u64,
        tie: Tie<T>,
        mut look: impl FnMut(&RowBatch<T>),
    ) -> Result<ByHost<T>, EngineError> {
        if exchange.bytes(partition) > held {
            return Ok(ByHost::Sorted(SortedByHost::of(exchange, partition, tie, look)?));
        }
        let batches = exchange.take(partition)?;
        batches.iter().for_each(|batch| look(batch));
        Ok(ByHost::Held(batches))
    }

    /// The same in order.
    pub(super) fn ordered<'t>(&'t self, tie: Tie<T>) -> Ordered<'t, T> {
        match self {
            ByHost::Held(batches) => Ordered::Held { order: Sorted::new(batches, tie), next: 0 },
            ByHost::Sorted(sorted) => Ordered::Sorted {
                sorted,
                hashes: sorted.hashes().into_iter().peekable(),
                passes: Passes::default(),
            },
        }
    }
}

/// Rows by host and moment, with how far they were taken.
pub(super) enum Ordered<'t, T: Table> {
    Held { order: Sorted<'t, T>, next: usize },
    Sorted { sorted: &'t SortedByHost<T>, hashes: Peekable<std::vec::IntoIter<u64>>, passes: Passes<T> },
}

impl<'t, T: Table> Ordered<'t, T> {
    /// The hash of the next host.
    pub(super) fn first_hash(&mut self) -> Option<u64> {
        match self {
            Ordered::Held { order, next } => order.key(*next).map(|key| key.0),
            Ordered::Sorted { hashes, .. } => hashes.peek().copied(),
        }
    }

    /// Takes the rows of a hash, which is the first.
    pub(super) fn take(&mut self, hash: u64) -> OfHash<'_, 't, T> {
        match self {
            Ordered::Held { order, next } => {
                let from = *next;
                *next = order.end_of(hash, from);
                OfHash::Held(HeldRows { order, from, until: *next, host: "", mixed: false })
            }
            Ordered::Sorted { sorted, hashes, passes } => {
                hashes.next_if_eq(&hash);
                OfHash::Sorted { sorted, hash, passes }
            }
        }
    }
}

/// The rows of a hash: nearly always of one host.
pub(super) enum OfHash<'o, 't, T: Table> {
    Held(HeldRows<'o, 't, T>),
    Sorted { sorted: &'t SortedByHost<T>, hash: u64, passes: &'o mut Passes<T> },
}

impl<'o, 't, T: Table> OfHash<'o, 't, T> {
    /// Every host.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> + use<'o, 't, T> {
        let (held, sorted) = match self {
            OfHash::Held(rows) => (Some(*rows), None),
            OfHash::Sorted { sorted, hash, .. } => (None, Some((*sorted, *hash))),
        };
        let of_hash = |(sorted, hash): (&'t SortedByHost<T>, u64)| sorted.hosts(hash);
        held.into_iter().flat_map(HeldRows::names).chain(sorted.into_iter().flat_map(of_hash))
    }

    /// The rows of the only host.
    pub(super) fn alone(self, host: &'t str) -> OfHost<'o, 't, T> {
        match self {
            OfHash::Held(rows) => OfHost::Held(rows),
            OfHash::Sorted { sorted, hash, passes } => {
                OfHost::Sorted(SortedRows { runs: &sorted.runs, hash, host, passes, pass: 0 })
            }
        }
    }

    /// The rows of one of several hosts, on disk by passes of their own.
    pub(super) fn only<'p>(&self, host: &'t str, passes: &'p mut Passes<T>) -> OfHost<'p, 't, T>
    where
        'o: 'p,
    {
        match self {
            OfHash::Held(rows) => OfHost::Held(HeldRows { host, mixed: true, ..*rows }),
            OfHash::Sorted { sorted, hash, .. } => {
                OfHost::Sorted(SortedRows { runs: &sorted.runs, hash: *hash, host, passes, pass: 0 })
            }
        }
    }
}

/// Rows by host and moment, on disk.
pub struct SortedByHost<T: Table> {
    runs: Arc<Runs<T>>,
    /// The hosts of each hash: nearly always one.
    hosts: HashMap<u64, BTreeSet<Box<str>>>,
}

impl<T: Table> SortedByHost<T> {
    fn of(
        exchange: &Exchange<T>,
        partition: usize,
        tie: Tie<T>,
        mut look: impl FnMut(&RowBatch<T>),
    ) -> Result<SortedByHost<T>, EngineError> {
        let mut hosts: HashMap<u64, BTreeSet<Box<str>>> = HashMap::new();
        let runs = exchange.sorted(partition, tie, |batch| {
            look(batch);
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
        Ok(SortedByHost { runs, hosts })
    }

    /// Every hash of a host, ascending.
    fn hashes(&self) -> Vec<u64> {
        let mut hashes: Vec<u64> = self.hosts.keys().copied().collect();
        hashes.sort_unstable();
        hashes
    }

    /// The hosts of a hash.
    fn hosts(&self, hash: u64) -> impl Iterator<Item = &str> + use<'_, T> {
        self.hosts.get(&hash).into_iter().flatten().map(|host| &**host)
    }
}

/// The rows of one host by moment. They are made when they are asked for: a busy host has too many to hold at once.
pub enum OfHost<'o, 't, T: Table> {
    /// Out of batches in memory.
    Held(HeldRows<'o, 't, T>),
    /// Out of runs on disk.
    Sorted(SortedRows<'o, T>),
}

/// How often rows were gone over so far: a host is gone over up to three times, each time from a merge that is at that host.
pub struct Passes<T: Table> {
    merges: Vec<Merge<T>>,
}

impl<T: Table> Default for Passes<T> {
    fn default() -> Self {
        Passes { merges: Vec::new() }
    }
}

/// Rows of one host on disk.
pub struct SortedRows<'o, T: Table> {
    runs: &'o Runs<T>,
    hash: u64,
    host: &'o str,
    passes: &'o mut Passes<T>,
    pass: usize,
}

impl<T: Table> SortedRows<'_, T> {
    /// A merge that is at the first row of the host.
    fn next_pass(&mut self) -> Result<&mut Merge<T>, EngineError> {
        let merges = &mut self.passes.merges;
        if merges.len() <= self.pass {
            merges.push(self.runs.merge()?);
            self.pass = merges.len() - 1;
        }
        let gone = || EngineError::Table("a pass over the rows of a host is gone".to_owned());
        let merge = merges.get_mut(self.pass).ok_or_else(gone)?;
        self.pass += 1;
        merge.skip_to(self.hash)?;
        Ok(merge)
    }
}

/// What is done with a part of a day, and whether the day ends with it.
pub type EachPart<'f, T> = dyn FnMut(Part<'_, T>, bool) -> Result<(), EngineError> + 'f;

impl<T: Table> OfHost<'_, '_, T> {
    /// Calls `each` for every row, of which it needs few columns.
    ///
    /// # Errors
    /// When rows cannot be read back.
    #[inline(always)]
    pub fn each(&mut self, mut each: impl FnMut(&T::Row<'_>)) -> Result<(), EngineError> {
        match self {
            OfHost::Held(rows) => {
                for position in rows.positions() {
                    rows.order.look(position, &mut each);
                }
            }
            OfHost::Sorted(rows) => {
                let (hash, host) = (rows.hash, rows.host);
                let merge = rows.next_pass()?;
                loop {
                    let taken = merge.take(hash, TAKEN)?;
                    if taken.is_empty() {
                        break;
                    }
                    taken.rows_of(host).for_each(|row| each(&row));
                }
            }
        }
        Ok(())
    }

    /// Calls `each` for the rows of each UTC day, ascending, in parts of at most `most`, each with whether the day ends with it.
    ///
    /// # Errors
    /// When rows cannot be read back, or `each` fails.
    pub fn parts(&mut self, most: usize, each: &mut EachPart<'_, T>) -> Result<(), EngineError> {
        match self {
            OfHost::Held(rows) => {
                let mut parts = rows.days().flat_map(|day| day.parts(most));
                parts.try_for_each(|(part, day_ends)| each(Part::Held(part), day_ends))
            }
            OfHost::Sorted(rows) => {
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

/// Some rows of one host.
pub enum Part<'p, T: Table> {
    /// Out of batches in memory.
    Held(HeldRows<'p, 'p, T>),
    /// Taken from disk: those of this host.
    Taken(&'p Taken<T>, &'p str),
}

impl<'p, T: Table> Part<'p, T> {
    /// How many rows there are at most.
    pub fn len(&self) -> usize {
        match self {
            Part::Held(rows) => rows.until - rows.from,
            Part::Taken(taken, _) => taken.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `each` for every row: copies rows less often than [`Part::rows`].
    pub fn for_each(&self, mut each: impl FnMut(T::Row<'p>)) {
        match self {
            Part::Held(rows) => rows.for_each(each),
            Part::Taken(taken, host) => taken.rows_of(host).for_each(&mut each),
        }
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = T::Row<'p>> {
        let (held, taken) = match self {
            Part::Held(rows) => (Some(*rows), None),
            Part::Taken(taken, host) => (None, Some((*taken, *host))),
        };
        let of_host = |(taken, host): (&'p Taken<T>, &'p str)| taken.rows_of(host);
        held.into_iter().flat_map(HeldRows::iter).chain(taken.into_iter().flat_map(of_host))
    }
}

/// The rows of one host in memory.
pub struct HeldRows<'o, 't, T: Table> {
    order: &'o Sorted<'t, T>,
    from: usize,
    until: usize,
    host: &'t str,
    /// Whether rows of other hosts stand between.
    mixed: bool,
}

impl<T: Table> Clone for HeldRows<'_, '_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Table> Copy for HeldRows<'_, '_, T> {}

impl<'o, 't, T: Table> HeldRows<'o, 't, T> {
    /// Every row.
    fn iter(self) -> impl Iterator<Item = T::Row<'t>> + use<'o, 't, T> {
        self.positions().filter_map(move |position| self.order.at(position))
    }

    /// Calls `each` for every row.
    fn for_each(self, mut each: impl FnMut(T::Row<'t>)) {
        for position in self.positions() {
            self.order.with(position, &mut each);
        }
    }

    /// The positions of the rows of the host.
    fn positions(self) -> impl Iterator<Item = usize> {
        (self.from..self.until)
            .filter(move |position| !self.mixed || self.host_at(*position) == Some(self.host))
    }

    /// The rows of each UTC day, ascending.
    fn days(self) -> impl Iterator<Item = HeldRows<'o, 't, T>> + use<'o, 't, T> {
        let day = move |position: usize| self.order.key(position).map(|(_, start)| Micros(start).day());
        let mut from = self.from;
        std::iter::from_fn(move || {
            let first = (from < self.until).then(|| day(from)).flatten()?;
            let start = from;
            while from < self.until && day(from) == Some(first) {
                from += 1;
            }
            Some(HeldRows { from: start, until: from, ..self })
        })
    }

    /// The same rows in parts of at most `most`, each with whether it is the last.
    fn parts(self, most: usize) -> impl Iterator<Item = (HeldRows<'o, 't, T>, bool)> + use<'o, 't, T> {
        (self.from..self.until).step_by(most.max(1)).map(move |from| {
            let until = from.saturating_add(most.max(1)).min(self.until);
            (HeldRows { from, until, ..self }, until == self.until)
        })
    }

    fn host_at(&self, position: usize) -> Option<&'t str> {
        self.order.first_label(position)
    }

    /// The hosts of all rows, whichever host is meant.
    fn names(self) -> impl Iterator<Item = &'t str> + use<'o, 't, T> {
        (self.from..self.until).filter_map(move |position| self.host_at(position))
    }
}
