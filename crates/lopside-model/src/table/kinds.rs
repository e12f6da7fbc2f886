//! The kinds of columns: numbers, codes, flags, texts, labels, addresses.

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, FixedSizeBinaryBuilder, PrimitiveBuilder, StringBuilder,
};
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, PrimitiveArray, StringArray,
};
use arrow_schema::{ArrowError, DataType};

use super::Kind;
use super::labels::{LabelBuilder, LabelView};
use super::pack::{Packer, Unpacker};

/// How a number that is always there becomes a column.
macro_rules! plain_column {
    ($arrow:ty, $rust:ty, $data_type:expr) => {
        type Builder = PrimitiveBuilder<$arrow>;
        type View<'a> = &'a PrimitiveArray<$arrow>;
        const NULLABLE: bool = false;
        fn data_type() -> DataType {
            $data_type
        }
        fn builder() -> Self::Builder {
            PrimitiveBuilder::new()
        }
        fn append(builder: &mut Self::Builder, value: $rust) {
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
    };
}

/// How a number that may be absent becomes a column.
macro_rules! optional_column {
    ($arrow:ty, $rust:ty, $data_type:expr) => {
        type Builder = PrimitiveBuilder<$arrow>;
        type View<'a> = &'a PrimitiveArray<$arrow>;
        const NULLABLE: bool = true;
        fn data_type() -> DataType {
            $data_type
        }
        fn builder() -> Self::Builder {
            PrimitiveBuilder::new()
        }
        fn append(builder: &mut Self::Builder, value: Option<$rust>) {
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
    };
}

/// Numbers: Arrow's type, ours, the bytes it takes in a packed row at most, and how it is written there and read.
macro_rules! primitive_kind {
    ($(
        #[$doc:meta] $plain:ident, #[$optional_doc:meta] $optional:ident: $arrow:ty => $rust:ty, $data_type:expr, $most:literal,
        |$packer:ident, $value:ident| $write:expr, |$unpacker:ident| $read:expr;
    )*) => {$(
        #[$doc]
        #[derive(Debug)]
        pub struct $plain;
        impl Kind for $plain {
            type Value<'a> = $rust;
            const MOST: usize = $most;
            #[inline(always)]
            fn pack($value: $rust, $packer: &mut Packer<'_>) {
                if $packer.column($value != <$rust>::default()) { $write; }
            }
            #[inline(always)]
            fn unpack<'a>($unpacker: &mut Unpacker<'a>) -> $rust {
                if $unpacker.column() { $read } else { <$rust>::default() }
            }
            plain_column!($arrow, $rust, $data_type);
        }
        #[$optional_doc]
        #[derive(Debug)]
        pub struct $optional;
        impl Kind for $optional {
            type Value<'a> = Option<$rust>;
            const MOST: usize = $most;
            #[inline(always)]
            fn pack(value: Option<$rust>, $packer: &mut Packer<'_>) {
                $packer.column(value.is_some());
                if let Some($value) = value { $write; }
            }
            #[inline(always)]
            fn unpack<'a>($unpacker: &mut Unpacker<'a>) -> Option<$rust> {
                if $unpacker.column() { Some($read) } else { None }
            }
            optional_column!($arrow, $rust, $data_type);
        }
    )*};
}

primitive_kind! {
    /// A count.
    Count, /// A count or nothing.
    OptCount: UInt64Type => u64, DataType::UInt64, 9,
        |packer, value| packer.number(value), |unpacker| unpacker.number();
    /// A small number.
    Small, /// A small number or nothing.
    OptSmall: UInt32Type => u32, DataType::UInt32, 9,
        |packer, value| packer.number(u64::from(value)), |unpacker| unpacker.number() as u32;
    /// A port.
    Port, /// A port or nothing.
    OptPort: UInt16Type => u16, DataType::UInt16, 2,
        |packer, value| packer.word(u64::from(value), 2), |unpacker| unpacker.part(2) as u16;
    /// A code of one of the model's enums.
    Code, /// A code or nothing.
    OptCode: UInt8Type => u8, DataType::UInt8, 1,
        |packer, value| packer.word(u64::from(value), 1), |unpacker| unpacker.part(1) as u8;
    /// A real number.
    Real, /// A real number or nothing.
    OptReal: Float64Type => f64, DataType::Float64, 8,
        |packer, value| packer.word(value.to_bits(), 8), |unpacker| f64::from_bits(unpacker.whole());
}

/// A signed number. The first of a table is a row's moment, by which rows are sorted.
#[derive(Debug)]
pub struct Int;
impl Kind for Int {
    type Value<'a> = i64;
    const MOST: usize = 9;
    #[inline(always)]
    fn pack(value: i64, packer: &mut Packer<'_>) {
        let moment = packer.first_time(value);
        if packer.column(!moment && value != 0) {
            packer.signed(value);
        }
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> i64 {
        let present = unpacker.column();
        match unpacker.first_time() {
            Some(moment) => moment,
            None if present => unpacker.signed(),
            None => 0,
        }
    }
    plain_column!(Int64Type, i64, DataType::Int64);
}

/// A signed number or nothing.
#[derive(Debug)]
pub struct OptInt;
impl Kind for OptInt {
    type Value<'a> = Option<i64>;
    const MOST: usize = 9;
    #[inline(always)]
    fn pack(value: Option<i64>, packer: &mut Packer<'_>) {
        packer.column(value.is_some());
        if let Some(value) = value {
            packer.signed(value);
        }
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Option<i64> {
        if unpacker.column() { Some(unpacker.signed()) } else { None }
    }
    optional_column!(Int64Type, i64, DataType::Int64);
}

/// Yes or no.
#[derive(Debug)]
pub struct Flag;
impl Kind for Flag {
    type Value<'a> = bool;
    type Builder = BooleanBuilder;
    type View<'a> = &'a BooleanArray;
    const NULLABLE: bool = false;
    const MOST: usize = 0;
    #[inline(always)]
    fn pack(value: bool, packer: &mut Packer<'_>) {
        packer.column(value);
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> bool {
        unpacker.column()
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
    const MOST: usize = 9;
    #[inline(always)]
    fn pack(value: Option<&str>, packer: &mut Packer<'_>) {
        packer.column(value.is_some());
        if let Some(text) = value {
            packer.text(text);
        }
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Option<&'a str> {
        if unpacker.column() { Some(unpacker.text()) } else { None }
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

/// Text that repeats (images, users, hosts), or nothing: stored once per batch.
#[derive(Debug)]
pub struct OptLabel;
impl Kind for OptLabel {
    type Value<'a> = Option<&'a str>;
    type Builder = LabelBuilder;
    type View<'a> = LabelView<'a>;
    const NULLABLE: bool = true;
    const MOST: usize = 6;
    #[inline(always)]
    fn pack(value: Option<&str>, packer: &mut Packer<'_>) {
        packer.column(value.is_some());
        if let Some(text) = value {
            packer.label(text);
        }
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Option<&'a str> {
        if unpacker.column() { Some(unpacker.label()) } else { None }
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

/// Text that repeats and is always there.
#[derive(Debug)]
pub struct Label;
impl Kind for Label {
    type Value<'a> = &'a str;
    type Builder = LabelBuilder;
    type View<'a> = LabelView<'a>;
    const NULLABLE: bool = false;
    const MOST: usize = OptLabel::MOST;
    #[inline(always)]
    fn pack(value: &str, packer: &mut Packer<'_>) {
        OptLabel::pack(Some(value), packer);
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> &'a str {
        OptLabel::unpack(unpacker).unwrap_or("")
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
    const MOST: usize = 17;
    #[inline(always)]
    fn pack(value: Option<u128>, packer: &mut Packer<'_>) {
        // Zero, which is no address and no GUID, stands for nothing.
        Wide::pack(value.unwrap_or(0), packer);
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> Option<u128> {
        if unpacker.column() { Some(unpacker.wide()) } else { None }
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
    const MOST: usize = OptWide::MOST;
    #[inline(always)]
    fn pack(value: u128, packer: &mut Packer<'_>) {
        if packer.column(value != 0) {
            packer.wide(value);
        }
    }
    #[inline(always)]
    fn unpack<'a>(unpacker: &mut Unpacker<'a>) -> u128 {
        OptWide::unpack(unpacker).unwrap_or(0)
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
