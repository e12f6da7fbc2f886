//! Tables: one list of columns, and every way in which its rows travel.
//!
//! [`table!`](crate::table!) makes of one list of columns a plain row that borrows its text, a packed row for batches in memory
//! ([`RowBatch`]), and the Arrow schema, builder and view for rows that leave the process: a Parquet file that a user opens, a
//! partition elsewhere. Both ways hold the same rows. A spilled partition holds packed batches as they are ([`packed_schema`]).
//!
//! Why two: in memory rows are written once, sorted by a few keys and read once or twice, whole. Packed rows do that several times
//! faster than columns and take a third of the memory of plain ones (measured with `bench/compare.py`); columns are what others
//! can read.

use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

mod batch;
mod kinds;
mod labels;
mod pack;
mod packed;

pub use batch::{Labels, RowBatch, RowPlace};
pub use kinds::{
    Code, Count, Flag, Int, Label, OptCode, OptCount, OptInt, OptLabel, OptPort, OptReal, OptSmall, OptText,
    OptWide, Port, Real, Small, Wide,
};
pub use labels::{LabelBuilder, LabelView};
pub use pack::{Packer, Unpacker};
pub use packed::packed_schema;

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
    /// The bytes that a value takes in a packed row at most, text apart.
    const MOST: usize;
    /// Puts a value into a packed row.
    fn pack(value: Self::Value<'_>, packer: &mut Packer<'_>);
    /// The next value of a packed row.
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Self::Value<'a>;
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
    /// The table's name, as files carry it.
    const NAME: &'static str;
    /// The bytes that a packed row takes at most, text apart.
    const MOST: usize;
    /// Packs a row.
    fn pack(row: &Self::Row<'_>, packer: &mut Packer<'_>);
    /// Unpacks a row.
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Self::Row<'a>;
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
        $table:ident, $builder:ident, $columns:ident, $name:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident, )*
        }
    ) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = "The default row has nothing that may be absent and 0 or nothing for the rest: for what a source does not have."]
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $table<'a> {
            $( $(#[$field_doc])* pub $field: $crate::column_value!($kind), )*
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
            const NAME: &'static str = $name;
            const MOST: usize = {
                // A packed row tells which columns it has in 64 bits.
                assert!([$( stringify!($field), )*].len() <= 64);
                0 $( + <$crate::table::$kind as $crate::table::Kind>::MOST )*
            };
            fn pack(row: &$table<'_>, packer: &mut $crate::table::Packer<'_>) {
                use $crate::table::Kind;
                $( <$crate::table::$kind as Kind>::pack(row.$field, packer); )*
            }
            // Where some columns are asked for, the others are not made: see `RowBatch::look`.
            #[inline(always)]
            fn unpack<'a>(unpacker: &mut $crate::table::Unpacker<'a>) -> $table<'a> {
                use $crate::table::Kind;
                // In the order of the columns, as they were packed.
                $table { $( $field: <$crate::table::$kind as Kind>::unpack(unpacker), )* }
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
            Sample, SampleBuilder, SampleColumns, "sample" {
                /// Label.
                host: Label,
                /// Moment.
                time: Int,
                /// Optional time.
                end: OptInt,
                /// Signed.
                offset: Int,
                /// Optional count.
                count: OptCount,
                /// Port.
                port: Port,
                /// Flag.
                known: Flag,
                /// Real.
                share: Real,
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

    fn rows() -> [Sample<'static>; 3] {
        let bare = Sample {
            host: "a",
            time: 1_773_220_442_000_000,
            end: None,
            offset: 0,
            count: None,
            port: 0,
            known: false,
            share: 0.0,
            note: None,
            ip: 0,
            pid: None,
        };
        [
            Sample { ip: 7, pid: Some(4), end: Some(1_773_220_443_000_000), ..bare },
            Sample { host: "b", note: Some(""), ip: u128::MAX, time: 0, end: Some(0), known: true, ..bare },
            Sample {
                note: Some("é"),
                pid: Some(0),
                time: -5,
                share: 0.5,
                ip: 0xffff_0a00_0001,
                count: Some(0),
                port: 443,
                ..bare
            },
        ]
    }

    #[test]
    fn rows_survive_a_batch() {
        let rows = rows();
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
        let rows = rows();
        let mut batch = RowBatch::<Sample<'static>>::default();
        rows.iter().for_each(|row| batch.push(row.pid.unwrap_or(9).into(), row));
        assert_eq!(batch.iter().collect::<Vec<_>>(), rows);
        let back = RowBatch::<Sample<'static>>::from_arrow(&batch.to_arrow().unwrap(), |row| {
            row.pid.unwrap_or(9).into()
        })
        .unwrap();
        assert_eq!(back.iter().collect::<Vec<_>>(), rows);
        for batch in [batch, back] {
            assert_eq!(
                batch.places().iter().map(|place| place.moment).collect::<Vec<_>>(),
                rows.map(|row| row.time)
            );
            assert_eq!(batch.places()[0].key, 4);
            assert_eq!(batch.first_label(batch.places()[1].from), "b");
            for (place, row) in batch.places().iter().zip(&rows) {
                let few = batch.look(place.from, place.moment, |row| (row.time, row.note.is_some(), row.pid));
                assert_eq!(few, (row.time, row.note.is_some(), row.pid));
            }
        }
    }

    #[test]
    fn packed_batches_come_back_as_they_were() {
        let rows = rows();
        let batches = [&rows[..], &rows[..0], &rows[1..]].map(|rows| {
            let mut batch = RowBatch::<Sample<'static>>::default();
            rows.iter().for_each(|row| batch.push(row.ip as u64, row));
            batch.shrink();
            batch
        });
        let arrow = RowBatch::to_packed(&batches).unwrap();
        assert_eq!(arrow.num_rows(), 3);
        let back = RowBatch::<Sample<'static>>::from_packed(&arrow).unwrap();
        for (batch, back) in batches.iter().zip(&back) {
            assert_eq!(back.iter().collect::<Vec<_>>(), batch.iter().collect::<Vec<_>>());
            let keys = |batch: &RowBatch<Sample<'static>>| -> Vec<(u64, i64)> {
                batch.places().iter().map(|place| (place.key, place.moment)).collect()
            };
            assert_eq!(keys(back), keys(batch));
            assert_eq!(back.bytes(), batch.bytes());
        }
        assert!(RowBatch::<Sample<'static>>::from_packed(&arrow.project(&[0]).unwrap()).is_err());
        assert!(RowBatch::<Sample<'static>>::from_packed(&batches[0].to_arrow().unwrap()).is_err());
    }

    #[test]
    fn a_batch_goes_on_after_it_was_taken() {
        let rows = rows();
        let mut batch = RowBatch::<Sample<'static>>::default();
        for _ in 0..3 {
            rows.iter().for_each(|row| batch.push(0, row));
            let mut taken = batch.take();
            taken.shrink();
            assert_eq!(taken.iter().collect::<Vec<_>>(), rows);
            assert!(batch.is_empty());
        }
    }

    #[test]
    fn numbers_of_every_size_are_packed() {
        let mut batch = RowBatch::<Sample<'static>>::default();
        let mut expected = Vec::new();
        for shift in 0..64 {
            for near in [-1_i64, 0, 1] {
                let value = 1_i64.wrapping_shl(shift).wrapping_add(near);
                let row = Sample { end: Some(value), count: Some(value as u64), ..rows()[0] };
                let row = Sample { ip: u128::from(value as u64) << (shift % 50), port: value as u16, ..row };
                let later = Sample { time: value, offset: value, end: Some(value.wrapping_add(500)), ..row };
                expected.extend([row, later]);
            }
        }
        expected.iter().for_each(|row| batch.push(0, row));
        assert_eq!(batch.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn more_labels_than_two_bytes_count() {
        let names: Vec<String> = (0..70_000).map(|number| format!("host-{number}")).collect();
        let mut batch = RowBatch::<Sample<'static>>::default();
        names.iter().for_each(|name| batch.push(0, &Sample { host: name, ..rows()[0] }));
        let back: Vec<&str> = batch.iter().map(|row| row.host).collect();
        assert_eq!(back, names);
        assert_eq!(batch.first_label(batch.places()[69_999].from), "host-69999");
    }

    #[test]
    fn a_batch_of_another_table_is_refused() {
        let mut builder = SampleBuilder::new();
        let batch = builder.finish().unwrap().project(&[0]).unwrap();
        assert!(SampleColumns::new(&batch).is_err());
    }
}
