//! Columns of labels: text that repeats, each different one stored once a batch.

use arrow_array::builder::{PrimitiveBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, PrimitiveArray, StringArray};
use arrow_schema::ArrowError;
use hashbrown::HashMap;

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
    pub(super) fn append(&mut self, value: Option<&str>) {
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

    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let keys = self.keys.finish();
        let values = self.texts.finish();
        self.numbers.clear();
        self.last = None;
        Ok(std::sync::Arc::new(DictionaryArray::try_new(keys, std::sync::Arc::new(values))?))
    }
}

/// The parts of a column of labels.
#[derive(Clone, Copy, Debug)]
pub struct LabelView<'a> {
    pub(super) keys: &'a PrimitiveArray<Int32Type>,
    pub(super) texts: &'a StringArray,
}
