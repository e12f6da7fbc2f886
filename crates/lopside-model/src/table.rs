//! Tables: one list of columns, and every way in which its rows travel.
//!
//! [`table!`](crate::table) makes of one list of columns a plain row that borrows its text, a packed row for batches in memory
//! ([`RowBatch`]), and the Arrow schema, builder and view for rows that leave the process: a spilled partition, a Parquet file
//! that a user opens, a partition elsewhere. Both ways hold the same rows.
//!
//! Why two: in memory rows are written once, sorted by a few keys and read once, whole. Packed rows do that several times
//! faster than columns (measured with `bench/compare.py`); columns are what others can read.


use arrow_array::builder::{ArrayBuilder, BooleanBuilder, FixedSizeBinaryBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, PrimitiveArray, StringArray,
};
use arrow_schema::{ArrowError, DataType};
use hashbrown::HashMap;

/// A batch that does not have the columns of its table.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: column {column} is missing or of another type: the file was written by another version")]
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

macro_rules! primitive_kind {
    ($(#[$doc:meta] $plain:ident, #[$optional_doc:meta] $optional:ident: $arrow:ty => $rust:ty, $data_type:expr;)*) => {$(
        #[$doc]
        #[derive(Debug)]
        pub struct $plain;
        impl Kind for $plain {
            type Value<'a> = $rust;
            type Builder = PrimitiveBuilder<$arrow>;
            type View<'a> = &'a PrimitiveArray<$arrow>;
            const NULLABLE: bool = false;
            type Packed = $rust;
            fn pack(value: $rust, _texts: &mut Texts) -> $rust { value }
            fn unpack<'a>(packed: $rust, _texts: &'a Texts) -> Self::Value<'a> { packed }
            fn data_type() -> DataType { $data_type }
            fn builder() -> Self::Builder { PrimitiveBuilder::new() }
            fn append(builder: &mut Self::Builder, value: $rust) { builder.append_value(value); }
            fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> { Ok(ArrayBuilder::finish(builder)) }
            fn view(array: &dyn Array) -> Option<Self::View<'_>> { array.as_any().downcast_ref() }
            fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> { array.value(row) }
        }
        #[$optional_doc]
        #[derive(Debug)]
        pub struct $optional;
        impl Kind for $optional {
            type Value<'a> = Option<$rust>;
            type Builder = PrimitiveBuilder<$arrow>;
            type View<'a> = &'a PrimitiveArray<$arrow>;
            const NULLABLE: bool = true;
            type Packed = Option<$rust>;
            fn pack(value: Option<$rust>, _texts: &mut Texts) -> Option<$rust> { value }
            fn unpack<'a>(packed: Option<$rust>, _texts: &'a Texts) -> Self::Value<'a> { packed }
            fn data_type() -> DataType { $data_type }
            fn builder() -> Self::Builder { PrimitiveBuilder::new() }
            fn append(builder: &mut Self::Builder, value: Option<$rust>) { builder.append_option(value); }
            fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> { Ok(ArrayBuilder::finish(builder)) }
            fn view(array: &dyn Array) -> Option<Self::View<'_>> { array.as_any().downcast_ref() }
            fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> { array.is_valid(row).then(|| array.value(row)) }
        }
    )*};
}

primitive_kind! {
    /// A signed number.
    Int, /// A signed number or nothing.
    OptInt: Int64Type => i64, DataType::Int64;
    /// A count.
    Count, /// A count or nothing.
    OptCount: UInt64Type => u64, DataType::UInt64;
    /// A small number.
    Small, /// A small number or nothing.
    OptSmall: UInt32Type => u32, DataType::UInt32;
    /// A port.
    Port, /// A port or nothing.
    OptPort: UInt16Type => u16, DataType::UInt16;
    /// A code of one of the model's enums.
    Code, /// A code or nothing.
    OptCode: UInt8Type => u8, DataType::UInt8;
    /// A real number.
    Real, /// A real number or nothing.
    OptReal: Float64Type => f64, DataType::Float64;
}

/// Yes or no.
#[derive(Debug)]
pub struct Flag;
impl Kind for Flag {
    type Value<'a> = bool;
    type Builder = BooleanBuilder;
    type View<'a> = &'a BooleanArray;
    const NULLABLE: bool = false;
    type Packed = bool;
    fn pack(value: bool, _texts: &mut Texts) -> bool {
        value
    }
    fn unpack<'a>(packed: bool, _texts: &'a Texts) -> Self::Value<'a> {
        packed
    }
    fn data_type() -> DataType {
        DataType::Boolean
    }
    fn builder() -> Self::Builder {
        BooleanBuilder::new()
    }
    fn append(builder: &mut Self::Builder, value: bool) {
        builder.append_value(value);
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        Ok(ArrayBuilder::finish(builder))
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        array.as_any().downcast_ref()
    }
    fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> {
        array.value(row)
    }
}

/// Text that is mostly different from row to row, or nothing.
#[derive(Debug)]
pub struct OptText;
impl Kind for OptText {
    type Value<'a> = Option<&'a str>;
    type Builder = StringBuilder;
    type View<'a> = &'a StringArray;
    const NULLABLE: bool = true;
    type Packed = Option<TextPlace>;
    fn pack(value: Option<&str>, texts: &mut Texts) -> Option<TextPlace> {
        value.map(|text| texts.add(text))
    }
    fn unpack<'a>(packed: Option<TextPlace>, texts: &'a Texts) -> Self::Value<'a> {
        packed.and_then(|place| texts.text(place))
    }
    fn data_type() -> DataType {
        DataType::Utf8
    }
    fn builder() -> Self::Builder {
        StringBuilder::new()
    }
    fn append(builder: &mut Self::Builder, value: Option<&str>) {
        builder.append_option(value);
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        Ok(ArrayBuilder::finish(builder))
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        array.as_any().downcast_ref()
    }
    fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> {
        array.is_valid(row).then(|| array.value(row))
    }
}

/// Collects labels: each different text once, and its number for each row.
///
/// Rows that follow each other mostly carry the same label, so that the last one is tried before the table.
#[derive(Debug, Default)]
pub struct LabelBuilder {
    keys: PrimitiveBuilder<Int32Type>,
    texts: StringBuilder,
    /// The number of each text.
    numbers: HashMap<Box<str>, i32>,
    last: Option<i32>,
}

impl LabelBuilder {
    fn append(&mut self, value: Option<&str>) {
        let Some(text) = value else { return self.keys.append_null() };
        let number = match self.last {
            Some(last) if self.text(last) == Some(text.as_bytes()) => last,
            _ => self.number(text),
        };
        self.last = Some(number);
        self.keys.append_value(number);
    }

    fn text(&self, number: i32) -> Option<&[u8]> {
        let number = usize::try_from(number).ok()?;
        let offsets = self.texts.offsets_slice();
        let place = |index: usize| offsets.get(index).and_then(|offset| usize::try_from(*offset).ok());
        self.texts.values_slice().get(place(number)?..place(number + 1)?)
    }

    fn number(&mut self, text: &str) -> i32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // A batch has some thousand rows, so that the numbers stay small.
        let number = i32::try_from(self.numbers.len()).unwrap_or(i32::MAX);
        self.texts.append_value(text);
        self.numbers.insert(text.into(), number);
        number
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let keys = self.keys.finish();
        let values = self.texts.finish();
        self.numbers.clear();
        self.last = None;
        Ok(std::sync::Arc::new(DictionaryArray::try_new(keys, std::sync::Arc::new(values))?))
    }
}

/// Text that repeats (images, users, hosts), or nothing: stored once per batch.
#[derive(Debug)]
pub struct OptLabel;
impl Kind for OptLabel {
    type Value<'a> = Option<&'a str>;
    type Builder = LabelBuilder;
    type View<'a> = LabelView<'a>;
    const NULLABLE: bool = true;
    type Packed = LabelNumber;
    fn pack(value: Option<&str>, texts: &mut Texts) -> LabelNumber {
        value.map_or(LabelNumber::NONE, |text| texts.label(text))
    }
    fn unpack<'a>(packed: LabelNumber, texts: &'a Texts) -> Self::Value<'a> {
        texts.text(*texts.labels.get(usize::try_from(packed.0).ok()?)?)
    }
    fn data_type() -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }
    fn builder() -> Self::Builder {
        LabelBuilder::default()
    }
    fn append(builder: &mut Self::Builder, value: Option<&str>) {
        builder.append(value);
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        builder.finish()
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        let array: &DictionaryArray<Int32Type> = array.as_any().downcast_ref()?;
        Some(LabelView { keys: array.keys(), texts: array.values().as_any().downcast_ref()? })
    }
    fn get<'a>(view: Self::View<'a>, row: usize) -> Self::Value<'a> {
        if view.keys.is_null(row) {
            return None;
        }
        let key = usize::try_from(view.keys.value(row)).ok()?;
        (key < view.texts.len()).then(|| view.texts.value(key))
    }
}

/// The parts of a column of labels.
#[derive(Clone, Copy, Debug)]
pub struct LabelView<'a> {
    keys: &'a PrimitiveArray<Int32Type>,
    texts: &'a StringArray,
}

/// Text that repeats and is always there.
#[derive(Debug)]
pub struct Label;
impl Kind for Label {
    type Value<'a> = &'a str;
    type Builder = LabelBuilder;
    type View<'a> = LabelView<'a>;
    const NULLABLE: bool = false;
    type Packed = LabelNumber;
    fn pack(value: &str, texts: &mut Texts) -> LabelNumber {
        texts.label(value)
    }
    fn unpack<'a>(packed: LabelNumber, texts: &'a Texts) -> Self::Value<'a> {
        OptLabel::unpack(packed, texts).unwrap_or("")
    }
    fn data_type() -> DataType {
        OptLabel::data_type()
    }
    fn builder() -> Self::Builder {
        LabelBuilder::default()
    }
    fn append(builder: &mut Self::Builder, value: &str) {
        builder.append(Some(value));
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        builder.finish()
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        OptLabel::view(array)
    }
    fn get<'a>(view: Self::View<'a>, row: usize) -> Self::Value<'a> {
        OptLabel::get(view, row).unwrap_or("")
    }
}

/// 128 bits (an address or a GUID), or nothing.
#[derive(Debug)]
pub struct OptWide;
impl Kind for OptWide {
    type Value<'a> = Option<u128>;
    type Builder = FixedSizeBinaryBuilder;
    type View<'a> = &'a FixedSizeBinaryArray;
    const NULLABLE: bool = true;
    /// Two halves, so that a row need not be aligned to 16 bytes; zero (no address, no GUID) stands for nothing.
    type Packed = [u64; 2];
    fn pack(value: Option<u128>, texts: &mut Texts) -> [u64; 2] {
        Wide::pack(value.unwrap_or(0), texts)
    }
    fn unpack<'a>(packed: [u64; 2], texts: &'a Texts) -> Self::Value<'a> {
        Some(Wide::unpack(packed, texts)).filter(|value| *value != 0)
    }
    fn data_type() -> DataType {
        DataType::FixedSizeBinary(16)
    }
    fn builder() -> Self::Builder {
        FixedSizeBinaryBuilder::new(16)
    }
    fn append(builder: &mut Self::Builder, value: Option<u128>) {
        match value {
            // The width is 16 by construction, so the builder cannot refuse.
            Some(bits) => drop(builder.append_value(bits.to_be_bytes())),
            None => builder.append_null(),
        }
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        Ok(ArrayBuilder::finish(builder))
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        array.as_any().downcast_ref()
    }
    fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> {
        if array.is_null(row) {
            return None;
        }
        array.value(row).try_into().ok().map(u128::from_be_bytes)
    }
}

/// 128 bits that are always there.
#[derive(Debug)]
pub struct Wide;
impl Kind for Wide {
    type Value<'a> = u128;
    type Builder = FixedSizeBinaryBuilder;
    type View<'a> = &'a FixedSizeBinaryArray;
    const NULLABLE: bool = false;
    type Packed = [u64; 2];
    fn pack(value: u128, _texts: &mut Texts) -> [u64; 2] {
        // The halves of 128 bits.
        [(value >> 64) as u64, value as u64]
    }
    fn unpack<'a>([high, low]: [u64; 2], _texts: &'a Texts) -> Self::Value<'a> {
        u128::from(high) << 64 | u128::from(low)
    }
    fn data_type() -> DataType {
        DataType::FixedSizeBinary(16)
    }
    fn builder() -> Self::Builder {
        FixedSizeBinaryBuilder::new(16)
    }
    fn append(builder: &mut Self::Builder, value: u128) {
        OptWide::append(builder, Some(value));
    }
    fn finish(builder: &mut Self::Builder) -> Result<ArrayRef, ArrowError> {
        Ok(ArrayBuilder::finish(builder))
    }
    fn view(array: &dyn Array) -> Option<Self::View<'_>> {
        array.as_any().downcast_ref()
    }
    fn get<'a>(array: Self::View<'a>, row: usize) -> Self::Value<'a> {
        OptWide::get(array, row).unwrap_or(0)
    }
}

/// Where a text stands among the [`Texts`] of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPlace {
    from: u32,
    bytes: u32,
}

/// The number of a label in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelNumber(u32);

impl LabelNumber {
    const NONE: LabelNumber = LabelNumber(u32::MAX);
}

/// The texts of a batch: each label once, other text as often as it comes.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: String,
    labels: Vec<TextPlace>,
    numbers: HashMap<Box<str>, LabelNumber>,
}

impl Texts {
    fn add(&mut self, text: &str) -> TextPlace {
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

    fn text(&self, place: TextPlace) -> Option<&str> {
        let from = usize::try_from(place.from).ok()?;
        self.bytes.get(from..from + usize::try_from(place.bytes).ok()?)
    }

    fn label(&mut self, text: &str) -> LabelNumber {
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
