//! Sorting rows without moving them: small keys that point into batches.
//!
//! In: the batches of a table. Out: [`Sorted`], whose rows are made one at a time when they are needed.

use std::cmp::Ordering;

use lopside_model::table::{RowBatch, Table};

use crate::exchange::Batch;

/// A row's place among some batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    batch: u32,
    row: u32,
}

/// The rows of some batches in an order.
pub struct Sorted<'t, T: Table, K> {
    batches: &'t [Batch<T>],
    keys: Vec<(K, Place)>,
}

impl<'t, T: Table, K: Ord + Copy> Sorted<'t, T, K> {
    /// Sorts by `key` of a row in its batch, and rows with the same key by `tie`, which must make the order total for all that
    /// matters.
    pub fn new(
        batches: &'t [Batch<T>],
        key: impl Fn(&T::Packed, &RowBatch<T>) -> K,
        tie: impl Fn(&T::Row<'t>, &T::Row<'t>) -> Ordering,
    ) -> Sorted<'t, T, K> {
        let mut keys = Vec::with_capacity(batches.iter().map(|batch| batch.len()).sum());
        for (number, batch) in (0_u32..).zip(batches) {
            let places = (0_u32..).map(|row| Place { batch: number, row });
            keys.extend(batch.packed().iter().map(|packed| key(packed, batch)).zip(places));
        }
        keys.sort_unstable_by(|(a, a_place), (b, b_place)| {
            a.cmp(b).then_with(|| match (row(batches, *a_place), row(batches, *b_place)) {
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

    /// The key at a position of the order.
    pub fn key(&self, position: usize) -> Option<K> {
        self.keys.get(position).map(|(key, _)| *key)
    }

    /// The packed row at a position of the order, and the batch that holds its texts.
    pub fn packed_at(&self, position: usize) -> Option<(&'t T::Packed, &'t RowBatch<T>)> {
        let (_, place) = self.keys.get(position)?;
        let batch = self.batches.get(usize::try_from(place.batch).ok()?)?;
        Some((batch.packed().get(usize::try_from(place.row).ok()?)?, batch))
    }

    /// The row at a position of the order.
    pub fn at(&self, position: usize) -> Option<T::Row<'t>> {
        self.keys.get(position).and_then(|(_, place)| row(self.batches, *place))
    }
}

fn row<T: Table>(batches: &[Batch<T>], place: Place) -> Option<T::Row<'_>> {
    batches.get(usize::try_from(place.batch).ok()?)?.row(usize::try_from(place.row).ok()?)
}
