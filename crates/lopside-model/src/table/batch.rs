//! Batches in memory: packed rows with their texts beside them.

use arrow_schema::ArrowError;
use hashbrown::HashMap;

use super::{ColumnError, Kind, OptLabel, RowBuilder, RowReader, Table};

/// Where a text stands among the [`Texts`] of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPlace {
    from: u32,
    bytes: u32,
}

/// The number of a label in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelNumber(pub(super) u32);

impl LabelNumber {
    pub(super) const NONE: LabelNumber = LabelNumber(u32::MAX);
}

/// The texts of a batch: each label once, other text as often as it comes.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: String,
    pub(super) labels: Vec<TextPlace>,
    numbers: HashMap<Box<str>, LabelNumber>,
}

impl Texts {
    pub(super) fn add(&mut self, text: &str) -> TextPlace {
        // A batch has some thousand rows: its texts stay far below 4 GiB, and a text that would not fit is cut to nothing.
        let fits = self.bytes.len() + text.len() <= u32::MAX as usize;
        let text = if fits { text } else { "" };
        let place = TextPlace {
            from: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
            bytes: u32::try_from(text.len()).unwrap_or(0),
        };
        self.bytes.push_str(text);
        place
    }

    pub(super) fn text(&self, place: TextPlace) -> Option<&str> {
        let from = usize::try_from(place.from).ok()?;
        self.bytes.get(from..from + usize::try_from(place.bytes).ok()?)
    }

    pub(super) fn label(&mut self, text: &str) -> LabelNumber {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = LabelNumber(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        let place = self.add(text);
        self.labels.push(place);
        self.numbers.insert(text.into(), number);
        number
    }
}

/// Some rows of a table in memory.
pub struct RowBatch<T: Table + ?Sized> {
    rows: Vec<T::Packed>,
    texts: Texts,
}

impl<T: Table + ?Sized> Default for RowBatch<T> {
    fn default() -> Self {
        RowBatch { rows: Vec::new(), texts: Texts::default() }
    }
}

impl<T: Table + ?Sized> RowBatch<T> {
    /// Adds a row.
    pub fn push(&mut self, row: &T::Row<'_>) {
        self.rows.push(T::pack(row, &mut self.texts));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row.
    pub fn row(&self, row: usize) -> Option<T::Row<'_>> {
        self.rows.get(row).map(|packed| T::unpack(packed, &self.texts))
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = T::Row<'_>> {
        self.rows.iter().map(|packed| T::unpack(packed, &self.texts))
    }

    /// The text of a label of a packed row.
    pub fn label(&self, number: LabelNumber) -> Option<&str> {
        OptLabel::unpack(number, &self.texts)
    }

    /// The packed rows, whose plain numbers can be read without the rest.
    pub fn packed(&self) -> &[T::Packed] {
        &self.rows
    }

    /// Bytes of memory that the rows take.
    pub fn memory(&self) -> u64 {
        let rows = self.rows.capacity() * size_of::<T::Packed>();
        (rows + self.texts.bytes.capacity() + self.texts.labels.capacity() * size_of::<TextPlace>()) as u64
    }

    /// Gives back what a full batch no longer needs.
    pub fn shrink(&mut self) {
        self.texts.numbers = HashMap::new();
        self.texts.bytes.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The rows as a record batch.
    ///
    /// # Errors
    /// When the columns do not fit the schema, which would be a fault of this crate.
    pub fn to_arrow(&self) -> Result<arrow_array::RecordBatch, ArrowError> {
        let mut builder = T::Builder::new();
        for row in self.iter() {
            builder.push(&row);
        }
        builder.finish()
    }

    /// The rows of a record batch.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn from_arrow(batch: &arrow_array::RecordBatch) -> Result<RowBatch<T>, ColumnError> {
        let columns = T::Columns::new(batch)?;
        let mut rows = RowBatch::default();
        for row in 0..columns.len() {
            rows.push(&columns.row(row));
        }
        rows.shrink();
        Ok(rows)
    }
}

impl<T: Table + ?Sized> std::fmt::Debug for RowBatch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(T::NAME).field("rows", &self.rows.len()).finish()
    }
}
