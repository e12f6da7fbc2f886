//! Sorting rows without moving them: small keys that point into batches.
//!
//! In: the batches of a table. Out: [`Sorted`], whose rows are made one at a time when they are needed.

use std::cmp::Ordering;

use arrow_array::RecordBatch;
use lopside_model::table::{RowReader, Table};

use crate::error::EngineError;

/// A row's place among some batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    batch: u32,
    row: u32,
}

/// The rows of some batches in an order.
pub struct Sorted<'t, T: Table, K> {
    columns: Vec<T::Columns<'t>>,
    keys: Vec<(K, Place)>,
}

impl<'t, T: Table, K: Ord + Copy> Sorted<'t, T, K> {
    /// Sorts by `key`, and rows with the same key by `tie`, which must make the order total for all that matters.
    ///
    /// # Errors
    /// When a batch is not of the table.
    pub fn new(
        batches: &'t [RecordBatch],
        key: impl Fn(&T::Columns<'t>, usize) -> K,
        tie: impl Fn(&T::Row<'t>, &T::Row<'t>) -> Ordering,
    ) -> Result<Sorted<'t, T, K>, EngineError> {
        let mut columns = Vec::with_capacity(batches.len());
        let mut keys = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for (number, batch) in (0_u32..).zip(batches) {
            let view = T::Columns::new(batch)?;
            keys.extend((0_u32..).zip(0..view.len()).map(|(place, row)| (key(&view, row), Place { batch: number, row: place })));
            columns.push(view);
        }
        let mut sorted = Sorted { columns, keys };
        let mut keys = std::mem::take(&mut sorted.keys);
        keys.sort_unstable_by(|(a, a_place), (b, b_place)| {
            a.cmp(b).then_with(|| match (sorted.row(*a_place), sorted.row(*b_place)) {
                (Some(a), Some(b)) => tie(&a, &b),
                _ => Ordering::Equal,
            })
        });
        sorted.keys = keys;
        Ok(sorted)
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

    /// The row at a position of the order.
    pub fn at(&self, position: usize) -> Option<T::Row<'t>> {
        self.keys.get(position).and_then(|(_, place)| self.row(*place))
    }

    fn row(&self, place: Place) -> Option<T::Row<'t>> {
        let columns = self.columns.get(usize::try_from(place.batch).ok()?)?;
        let row = usize::try_from(place.row).ok()?;
        (row < columns.len()).then(|| columns.row(row))
    }
}
