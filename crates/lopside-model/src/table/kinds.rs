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
use super::batch::{LabelNumber, TextPlace, Texts};
use super::labels::{LabelBuilder, LabelView};

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
