//! Packed batches on their way to disk: one record a batch, its bytes and labels as they are.
//!
//! Taking rows apart into columns and packing them again costs more than the rows themselves; a spilled partition is read by the
//! process that wrote it, which knows its table. Whoever else wants rows gets columns ([`RowBatch::to_arrow`]).

use std::sync::{Arc, LazyLock};

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{BinaryArray, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::batch::{Labels, RowBatch, RowPlace};
use super::pack::WORD;
use super::{ColumnError, Table};

const PLACES: &str = "places";
const ROWS: &str = "rows";
const LABEL_PLACES: &str = "label_places";
const LABELS: &str = "labels";

/// The Arrow schema of packed batches of whatever table: bytes and places of the rows, texts and places of the labels.
pub fn packed_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            Field::new(PLACES, DataType::Binary, false),
            Field::new(ROWS, DataType::Binary, false),
            Field::new(LABEL_PLACES, DataType::Binary, false),
            Field::new(LABELS, DataType::Utf8, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

impl<T: Table + ?Sized> RowBatch<T> {
    /// Some batches as one record batch of [`packed_schema`], one record each. Together they hold less than 2 GiB.
    ///
    /// # Errors
    /// When the columns do not fit the schema, which would be a fault of this crate.
    pub fn to_packed<'b>(
        batches: impl IntoIterator<Item = &'b RowBatch<T>>,
    ) -> Result<RecordBatch, ArrowError> {
        let mut places = BinaryBuilder::new();
        let mut rows = BinaryBuilder::new();
        let mut label_places = BinaryBuilder::new();
        let mut labels = StringBuilder::new();
        let mut bytes = Vec::new();
        for batch in batches {
            bytes.clear();
            batch.places.iter().for_each(|place| bytes.extend(place_bytes(place)));
            places.append_value(&bytes);
            rows.append_value(batch.bytes.get(..batch.used).unwrap_or_default());
            bytes.clear();
            batch.labels.places.iter().for_each(|place| bytes.extend(pair_bytes(*place)));
            label_places.append_value(&bytes);
            labels.append_value(&batch.labels.bytes);
        }
        let (places, rows) = (Arc::new(places.finish()), Arc::new(rows.finish()));
        let (label_places, labels) = (Arc::new(label_places.finish()), Arc::new(labels.finish()));
        RecordBatch::try_new(packed_schema(), vec![places, rows, label_places, labels])
    }

    /// The batches of a record batch of [`packed_schema`] that was written for this table.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn from_packed(batch: &RecordBatch) -> Result<Vec<RowBatch<T>>, ColumnError> {
        let binary = |name| column::<BinaryArray>(batch, T::NAME, name);
        let (places, rows, label_places) = (binary(PLACES)?, binary(ROWS)?, binary(LABEL_PLACES)?);
        let labels: &StringArray = column(batch, T::NAME, LABELS)?;
        let batches = (0..batch.num_rows()).map(|index| RowBatch {
            places: places.value(index).as_chunks().0.iter().map(place_of).collect(),
            used: rows.value(index).len(),
            bytes: with_room(rows.value(index)),
            labels: Labels::of(
                labels.value(index).to_owned(),
                label_places.value(index).as_chunks().0.iter().map(pair_of).collect(),
            ),
            table: std::marker::PhantomData,
        });
        Ok(batches.collect())
    }
}

fn column<'b, A: 'static>(
    batch: &'b RecordBatch,
    table: &'static str,
    column: &'static str,
) -> Result<&'b A, ColumnError> {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_any().downcast_ref())
        .ok_or(ColumnError { table, column })
}

/// The bytes of rows, with what a reader of words may look at behind them.
fn with_room(rows: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() + WORD);
    bytes.extend_from_slice(rows);
    bytes.extend([0; WORD]);
    bytes
}

fn place_bytes(place: &RowPlace) -> [u8; 20] {
    let mut bytes = [0; 20];
    let (key, rest) = bytes.split_at_mut(8);
    let (moment, from) = rest.split_at_mut(8);
    key.copy_from_slice(&place.key.to_le_bytes());
    moment.copy_from_slice(&place.moment.to_le_bytes());
    from.copy_from_slice(&place.from.to_le_bytes());
    bytes
}

fn place_of(bytes: &[u8; 20]) -> RowPlace {
    let word = |from: usize| {
        let word = bytes.get(from..).and_then(|rest| rest.first_chunk());
        word.map_or(0, |word| u64::from_le_bytes(*word))
    };
    let from = bytes.last_chunk().map_or(0, |from| u32::from_le_bytes(*from));
    RowPlace { key: word(0), moment: word(8) as i64, from }
}

fn pair_bytes((from, length): (u32, u32)) -> [u8; 8] {
    (u64::from(from) | u64::from(length) << 32).to_le_bytes()
}

fn pair_of(bytes: &[u8; 8]) -> (u32, u32) {
    // The halves of a word.
    let word = u64::from_le_bytes(*bytes);
    (word as u32, (word >> 32) as u32)
}
