//! Tables: one list of columns, and every way in which its rows travel.
//!
//! [`table!`](crate::table!) makes of one list of columns a plain row that borrows its text, a packed row for batches in memory
//! ([`RowBatch`]), and the Arrow schema, builder and view for rows that leave the process: a spilled partition, a Parquet file
//! that a user opens, a partition elsewhere. Both ways hold the same rows.
//!
//! Why two: in memory rows are written once, sorted by a few keys and read once, whole. Packed rows do that several times
//! faster than columns (measured with `bench/compare.py`); columns are what others can read.

use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

mod batch;
mod kinds;
mod labels;

pub use batch::{LabelNumber, RowBatch, TextPlace, Texts};
pub use kinds::{
    Code, Count, Flag, Int, Label, OptCode, OptCount, OptInt, OptLabel, OptPort, OptReal, OptSmall, OptText,
    OptWide, Port, Real, Small, Wide,
};
pub use labels::{LabelBuilder, LabelView};

/// A batch that does not have the columns of its table.
#[derive(Debug, thiserror::Error)]
#[error(
    "table {table}: column {column} is missing or of another type: the file was written by another version"
)]
pub struct ColumnError {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// How one kind of column is built and read.
pub trait Kind {
    /// What a row holds.
    type Value<'a>;
    /// What collects values.
    type Builder: Send;
    /// What reads values: the typed parts of an array, found once a batch.
    type View<'a>: Copy;
    /// Whether values may be absent.
    const NULLABLE: bool;
    /// The value in a packed row.
    type Packed: Copy + Send + Sync;
    /// Puts a value into a packed row, and its text beside it.
    fn pack(value: Self::Value<'_>, texts: &mut Texts) -> Self::Packed;
    /// The value of a packed row.
    fn unpack<'a>(packed: Self::Packed, texts: &'a Texts) -> Self::Value<'a>;
    /// The Arrow type.
    fn data_type() -> DataType;
    /// An empty builder.
    fn builder() -> Self::Builder;
    /// Adds one value.
    fn append(builder: &mut Self::Builder, value: Self::Value<'_>);
    /// The view of an array; `None` where it is of another type.
    fn view(array: &dyn Array) -> Option<Self::View<'_>>;
    /// Reads one value; `row` is below the array's length.
    fn get<'a>(view: Self::View<'a>, row: usize) -> Self::Value<'a>;
    /// Turns the collected values into an array.
    ///
    /// # Errors
    /// When they do not fit together, which would be a fault of this crate.
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError>;
}

/// The Rust type of a column's value (a macro so that rows stay covariant in their lifetime).
#[macro_export]
#[doc(hidden)]
macro_rules! column_value {
    (Int) => { i64 };
    (OptInt) => { Option<i64> };
    (Count) => { u64 };
    (OptCount) => { Option<u64> };
    (Small) => { u32 };
    (OptSmall) => { Option<u32> };
    (Port) => { u16 };
    (OptPort) => { Option<u16> };
    (Code) => { u8 };
    (OptCode) => { Option<u8> };
    (Real) => { f64 };
    (OptReal) => { Option<f64> };
    (Flag) => { bool };
    (OptText) => { Option<&'a str> };
    (OptLabel) => { Option<&'a str> };
    (Label) => { &'a str };
    (Wide) => { u128 };
    (OptWide) => { Option<u128> };
}

/// What a table's row, builder and columns have in common, so that the exchange can be written once.
pub trait Table: 'static {
    /// One row, borrowing its text.
    type Row<'a>: Copy;
    /// What collects rows.
    type Builder: RowBuilder<Self>;
    /// Typed columns of one batch.
    type Columns<'a>: RowReader<'a, Self>;
    /// One row packed for a batch in memory.
    type Packed: Copy + Send + Sync;
    /// The table's name, as files carry it.
    const NAME: &'static str;
    /// Packs a row.
    fn pack(row: &Self::Row<'_>, texts: &mut Texts) -> Self::Packed;
    /// Unpacks a row.
    fn unpack<'a>(packed: &Self::Packed, texts: &'a Texts) -> Self::Row<'a>;
    /// Its Arrow schema.
    fn schema() -> arrow_schema::SchemaRef;
}

/// Collects rows into a record batch.
pub trait RowBuilder<T: Table + ?Sized>: Send {
    /// An empty builder.
    fn new() -> Self;
    /// Adds a row.
    fn push(&mut self, row: &T::Row<'_>);
    /// Rows so far.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The rows as a record batch; the builder is empty afterwards.
    ///
    /// # Errors
    /// When the columns do not fit the schema, which would be a fault of this crate.
    fn finish(&mut self) -> Result<arrow_array::RecordBatch, ArrowError>;
}

/// Reads the rows of a record batch.
pub trait RowReader<'a, T: Table + ?Sized>: Sized {
    /// The typed columns of a batch.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    fn new(batch: &'a arrow_array::RecordBatch) -> Result<Self, ColumnError>;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// One row; `row` is below [`RowReader::len`].
    fn row(&self, row: usize) -> T::Row<'a>;
}

/// Defines a table: its row, its builder, its columns and its schema.
#[macro_export]
macro_rules! table {
    (
        $(#[$doc:meta])*
        $table:ident, $packed:ident, $builder:ident, $columns:ident, $name:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $table<'a> {
            $( $(#[$field_doc])* pub $field: $crate::column_value!($kind), )*
        }

        #[doc = concat!("A packed row of the table `", $name, "`.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $packed {
            $( $(#[$field_doc])* pub $field: <$crate::table::$kind as $crate::table::Kind>::Packed, )*
        }

        #[doc = concat!("Collects rows of the table `", $name, "`.")]
        pub struct $builder {
            rows: usize,
            $( $field: <$crate::table::$kind as $crate::table::Kind>::Builder, )*
        }

        #[doc = concat!("The columns of one batch of the table `", $name, "`.")]
        #[derive(Debug)]
        pub struct $columns<'a> {
            rows: usize,
            $( $field: <$crate::table::$kind as $crate::table::Kind>::View<'a>, )*
        }

        impl $crate::table::Table for $table<'static> {
            type Row<'a> = $table<'a>;
            type Builder = $builder;
            type Columns<'a> = $columns<'a>;
            type Packed = $packed;
            const NAME: &'static str = $name;
            fn pack(row: &$table<'_>, texts: &mut $crate::table::Texts) -> $packed {
                use $crate::table::Kind;
                $packed { $( $field: <$crate::table::$kind as Kind>::pack(row.$field, texts), )* }
            }
            fn unpack<'a>(packed: &$packed, texts: &'a $crate::table::Texts) -> $table<'a> {
                use $crate::table::Kind;
                $table { $( $field: <$crate::table::$kind as Kind>::unpack(packed.$field, texts), )* }
            }
            fn schema() -> arrow_schema::SchemaRef {
                use $crate::table::Kind;
                static SCHEMA: std::sync::OnceLock<arrow_schema::SchemaRef> = std::sync::OnceLock::new();
                SCHEMA.get_or_init(|| std::sync::Arc::new(arrow_schema::Schema::new(vec![
                    $( arrow_schema::Field::new(
                        stringify!($field),
                        <$crate::table::$kind as Kind>::data_type(),
                        <$crate::table::$kind as Kind>::NULLABLE,
                    ), )*
                ]))).clone()
            }
        }

        impl $crate::table::RowBuilder<$table<'static>> for $builder {
            fn new() -> Self {
                use $crate::table::Kind;
                $builder { rows: 0, $( $field: <$crate::table::$kind as Kind>::builder(), )* }
            }
            fn push(&mut self, row: &$table<'_>) {
                use $crate::table::Kind;
                self.rows += 1;
                $( <$crate::table::$kind as Kind>::append(&mut self.$field, row.$field); )*
            }
            fn len(&self) -> usize { self.rows }
            fn finish(&mut self) -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
                use $crate::table::Kind;
                self.rows = 0;
                arrow_array::RecordBatch::try_new(
                    <$table<'static> as $crate::table::Table>::schema(),
                    vec![ $( <$crate::table::$kind as Kind>::finish(&mut self.$field)?, )* ],
                )
            }
        }

        impl<'a> $crate::table::RowReader<'a, $table<'static>> for $columns<'a> {
            fn new(batch: &'a arrow_array::RecordBatch) -> Result<Self, $crate::table::ColumnError> {
                Ok($columns {
                    rows: batch.num_rows(),
                    $( $field: batch
                        .column_by_name(stringify!($field))
                        .and_then(|column| <$crate::table::$kind as $crate::table::Kind>::view(column))
                        .ok_or($crate::table::ColumnError { table: $name, column: stringify!($field) })?, )*
                })
            }
            fn len(&self) -> usize { self.rows }
            fn row(&self, row: usize) -> $table<'a> {
                use $crate::table::Kind;
                $table { $( $field: <$crate::table::$kind as Kind>::get(self.$field, row), )* }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{RowBatch, RowBuilder, RowReader, Table};

    #[allow(unreachable_pub, reason = "tables are public where they are used")]
    mod sample {
        table! {
            /// A row for the test.
            Sample, PackedSample, SampleBuilder, SampleColumns, "sample" {
                /// Label.
                host: Label,
                /// Optional text.
                note: OptText,
                /// Wide.
                ip: Wide,
                /// Optional number.
                pid: OptSmall,
            }
        }
    }
    use sample::{Sample, SampleBuilder, SampleColumns};

    #[test]
    fn rows_survive_a_batch() {
        let rows = [
            Sample { host: "a", note: None, ip: 7, pid: Some(4) },
            Sample { host: "b", note: Some(""), ip: u128::MAX, pid: None },
            Sample { host: "a", note: Some("x"), ip: 0, pid: Some(0) },
        ];
        let mut builder = <Sample<'static> as Table>::Builder::new();
        for row in &rows {
            builder.push(row);
        }
        assert_eq!(builder.len(), 3);
        let batch = builder.finish().unwrap();
        assert!(builder.is_empty());
        let columns = SampleColumns::new(&batch).unwrap();
        let back: Vec<_> = (0..columns.len()).map(|row| columns.row(row)).collect();
        assert_eq!(back, rows);
    }

    #[test]
    fn packed_rows_and_columns_hold_the_same() {
        let rows = [
            Sample { host: "a", note: None, ip: 7, pid: Some(4) },
            Sample { host: "b", note: Some(""), ip: u128::MAX, pid: None },
            Sample { host: "a", note: Some("é"), ip: 0, pid: Some(0) },
        ];
        let mut batch = RowBatch::<Sample<'static>>::default();
        rows.iter().for_each(|row| batch.push(row));
        assert_eq!(batch.iter().collect::<Vec<_>>(), rows);
        let back = RowBatch::<Sample<'static>>::from_arrow(&batch.to_arrow().unwrap()).unwrap();
        assert_eq!(back.iter().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn a_batch_of_another_table_is_refused() {
        let mut builder = SampleBuilder::new();
        let batch = builder.finish().unwrap().project(&[0]).unwrap();
        assert!(SampleColumns::new(&batch).is_err());
    }
}
