//! Sorting rows without moving them: small keys that point into batches.
//!
//! In: the batches of a table. Out: [`Sorted`], whose rows are made one at a time when they are needed.

pub mod merge;
pub mod runs;

use std::cmp::Ordering;

use lopside_model::table::{RowPlace, Table};

use crate::exchange::Batch;

/// What rows are sorted by: what they meet others by, then their moment.
type Key = (u64, i64);

/// Rows that are fetched together: they lie where they arrived, so that each would have to be waited for by itself.
const TOGETHER: usize = 16;

/// A row's place among some batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    batch: u32,
    /// Where its bytes begin.
    from: u32,
}

/// The rows of some batches by key and moment.
pub struct Sorted<'t, T: Table> {
    batches: &'t [Batch<T>],
    keys: Vec<(Key, Place)>,
}

impl<'t, T: Table> Sorted<'t, T> {
    /// Sorts by key and moment, and rows that share both by `tie`, which must make the order total for all that matters.
    pub fn new(batches: &'t [Batch<T>], tie: impl Fn(&T::Row<'t>, &T::Row<'t>) -> Ordering) -> Sorted<'t, T> {
        let mut keys = Vec::with_capacity(batches.iter().map(|batch| batch.len()).sum());
        for (number, batch) in (0_u32..).zip(batches) {
            let entry =
                |place: &RowPlace| ((place.key, place.moment), Place { batch: number, from: place.from });
            keys.extend(batch.places().iter().map(entry));
        }
        keys.sort_unstable_by(|(a, a_place), (b, b_place)| {
            a.cmp(b).then_with(|| match (row(batches, *a_place, a.1), row(batches, *b_place, b.1)) {
                (Some(a), Some(b)) => tie(&a, &b),
                _ => Ordering::Equal,
            })
        });
        Sorted { batches, keys }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Key and moment at a position of the order.
    pub fn key(&self, position: usize) -> Option<(u64, i64)> {
        self.keys.get(position).map(|(key, _)| *key)
    }

    /// The first position from `from` on whose row meets others by another hash.
    pub fn end_of(&self, hash: u64, from: usize) -> usize {
        let rest = self.keys.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|((own, _), _)| *own == hash).count()
    }

    /// The positions of the rows that meet others by a hash.
    pub fn of(&self, hash: u64) -> std::ops::Range<usize> {
        let from = self.keys.partition_point(|((own, _), _)| *own < hash);
        from..self.end_of(hash, from)
    }

    /// The first column at a position of the order, where the table begins with a label.
    pub fn first_label(&self, position: usize) -> Option<&'t str> {
        let (_, place) = self.keys.get(position)?;
        let batch = self.batches.get(usize::try_from(place.batch).ok()?)?;
        Some(batch.first_label(place.from))
    }

    /// The row at a position of the order. Rows are best asked for one after the other.
    pub fn at(&self, position: usize) -> Option<T::Row<'t>> {
        self.with(position, |row| row)
    }

    /// What a call makes of the row at a position of the order. Rows are wide: where they are put in their place at once, they are
    /// copied less often than when they are asked for with [`Sorted::at`].
    #[inline]
    pub fn with<R>(&self, position: usize, call: impl FnOnce(T::Row<'t>) -> R) -> Option<R> {
        if position.is_multiple_of(TOGETHER) {
            self.fetch(position);
        }
        let ((_, moment), place) = self.keys.get(position)?;
        let batch = self.batches.get(usize::try_from(place.batch).ok()?)?;
        Some(call(batch.unpack(place.from, *moment)))
    }

    /// The same with a few columns of the row: see [`RowBatch::look`](lopside_model::table::RowBatch::look).
    #[inline(always)]
    pub fn look<R>(&self, position: usize, call: impl FnOnce(&T::Row<'_>) -> R) -> Option<R> {
        if position.is_multiple_of(TOGETHER) {
            self.fetch(position);
        }
        let ((_, moment), place) = self.keys.get(position)?;
        let batch = self.batches.get(usize::try_from(place.batch).ok()?)?;
        Some(batch.look(place.from, *moment, call))
    }
}

impl<T: Table> Sorted<'_, T> {
    /// Brings the rows from a position on into the caches: reads that do not depend on each other are waited for together.
    fn fetch(&self, position: usize) {
        let next = self.keys.iter().skip(position).take(TOGETHER);
        let bytes = next.fold(0, |bytes, (_, place)| {
            let batch = usize::try_from(place.batch).ok().and_then(|batch| self.batches.get(batch));
            bytes ^ batch.map_or(0, |batch| batch.touch(place.from))
        });
        std::hint::black_box(bytes);
    }
}

fn row<T: Table>(batches: &[Batch<T>], place: Place, moment: i64) -> Option<T::Row<'_>> {
    Some(batches.get(usize::try_from(place.batch).ok()?)?.unpack(place.from, moment))
}
