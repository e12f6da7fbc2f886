//! The wanted values of one record.

use std::ops::Range;

use super::layout::Layouts;
use super::strings::Arena;
use super::{JsonError, Shape, Slot, scan};

/// The wanted values of one record. Reuse it for the next record: it keeps its memory, and the layouts that it has met.
#[derive(Debug, Default)]
pub struct Fields {
    pub(super) values: Vec<Value>,
    pub(super) items: Vec<Span>,
    /// Texts whose escapes were resolved, while a record is scanned.
    pub(super) arena: Arena,
    /// Where the last value ends that is kept as it is written.
    pub(super) kept: usize,
    pub(super) layouts: Option<Box<Layouts>>,
    /// Length of the record. Spans below it lie in `line`, others behind it in `text`.
    length: usize,
    /// The record as far as values are kept of it, checked.
    line: String,
    /// All other texts, checked.
    text: String,
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The record has no such member, or it is no scalar.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number without fraction and exponent.
    Int,
    /// Another number.
    Float,
    /// A string, possibly empty.
    Text,
    /// An array; nulls, objects and arrays inside of it are left out.
    List,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    Absent,
    Null,
    Bool(bool),
    Int(Span),
    Float(Span),
    Text(Span),
    List(Span),
}

/// A stretch of the record and the texts behind it, or of the items for a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Fields {
    /// Room for slots 0 to `slots - 1`.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { values: vec![Value::Absent; slots], ..Self::default() }
    }

    /// Reads one JSON object, with nothing but white space around it, and keeps what the shape wants. Values of
    /// the record before are gone, also after an error.
    ///
    /// What is skipped is not checked beyond its quotes and brackets. Bytes of a wanted text that are not UTF-8
    /// become U+FFFD.
    ///
    /// # Errors
    /// When the bytes are not one such object.
    pub fn read_json<S: Shape>(&mut self, shape: &S, bytes: &[u8]) -> Result<(), JsonError> {
        self.forget_texts();
        match scan::object(self, shape, bytes) {
            Ok(()) => self.check(bytes),
            Err(error) => {
                self.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Puts a text into a slot, for readers of other formats (XML, TSV).
    pub fn set_text(&mut self, slot: Slot, text: &str) {
        let start = self.length + self.text.len();
        let Ok(end) = u32::try_from(start + text.len()) else { return };
        self.text.push_str(text);
        self.put(slot, Value::Text(Span { start: start as u32, end }), true);
    }

    /// Forgets the value of one slot.
    pub fn forget(&mut self, slot: Slot) {
        self.put(slot, Value::Absent, true);
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.begin(0);
        self.forget_texts();
    }

    fn forget_texts(&mut self) {
        self.length = 0;
        self.line.clear();
        self.text.clear();
    }

    /// What the slot holds.
    #[must_use]
    pub fn kind(&self, slot: Slot) -> Kind {
        match self.value(slot) {
            Value::Absent => Kind::Absent,
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Float(_) => Kind::Float,
            Value::Text(_) => Kind::Text,
            Value::List(_) => Kind::List,
        }
    }

    /// The string in the slot, as it was written; `""` and `"-"` are texts like others.
    #[must_use]
    pub fn text(&self, slot: Slot) -> Option<&str> {
        match self.value(slot) {
            Value::Text(span) => self.at(span),
            _ => None,
        }
    }

    /// The scalar in the slot as text: strings, numbers as they were written, `true` and `false`.
    #[must_use]
    #[inline]
    pub fn scalar(&self, slot: Slot) -> Option<&str> {
        match self.value(slot) {
            Value::Text(span) | Value::Int(span) | Value::Float(span) => self.at(span),
            Value::Bool(value) => Some(if value { "true" } else { "false" }),
            Value::Absent | Value::Null | Value::List(_) => None,
        }
    }

    /// The number in the slot as it was written, a JSON number or a string that is one (for exact decimals).
    #[must_use]
    pub fn number_text(&self, slot: Slot) -> Option<&str> {
        match self.value(slot) {
            Value::Int(span) | Value::Float(span) => self.at(span),
            Value::Text(span) => self.at(span).map(str::trim).filter(|text| scan::is_number(text.as_bytes())),
            _ => None,
        }
    }

    /// The integer in the slot: a JSON integer, a float without fraction, or a string with a decimal or
    /// `0x` hexadecimal integer.
    #[must_use]
    pub fn int(&self, slot: Slot) -> Option<i64> {
        match self.value(slot) {
            Value::Int(span) => self.at(span)?.parse().ok(),
            Value::Float(span) => whole(self.at(span)?),
            Value::Text(span) => {
                let text = self.at(span)?.trim();
                match hexadecimal(text) {
                    Some(digits) => i64::try_from(u64::from_str_radix(digits, 16).ok()?).ok(),
                    None => text.parse().ok(),
                }
            }
            _ => None,
        }
    }

    /// The same for integers from 0 to 2^64 - 1.
    #[must_use]
    pub fn uint(&self, slot: Slot) -> Option<u64> {
        match self.value(slot) {
            Value::Int(span) => self.at(span)?.parse().ok(),
            Value::Float(span) => whole(self.at(span)?).and_then(|value| u64::try_from(value).ok()),
            Value::Text(span) => {
                let text = self.at(span)?.trim();
                match hexadecimal(text) {
                    Some(digits) => u64::from_str_radix(digits, 16).ok(),
                    None => text.parse().ok(),
                }
            }
            _ => None,
        }
    }

    /// The number in the slot, or the string that is one, rounded to a float.
    #[must_use]
    pub fn float(&self, slot: Slot) -> Option<f64> {
        self.number_text(slot)?.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The truth value in the slot: a JSON bool, or a string `true` or `false` in any case.
    #[must_use]
    pub fn bool(&self, slot: Slot) -> Option<bool> {
        match self.value(slot) {
            Value::Bool(value) => Some(value),
            Value::Text(span) => match self.at(span)?.trim() {
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The scalars of the array in the slot as texts; a scalar alone is a list of one.
    pub fn list(&self, slot: Slot) -> impl Iterator<Item = &str> {
        let (items, alone) = match self.value(slot) {
            Value::List(span) => (self.items.get(span.range()).unwrap_or_default(), None),
            _ => (&[][..], self.scalar(slot)),
        };
        items.iter().filter_map(|span| self.at(*span)).chain(alone)
    }

    #[inline]
    fn value(&self, slot: Slot) -> Value {
        self.values.get(usize::from(slot.0)).copied().unwrap_or(Value::Absent)
    }

    #[inline]
    fn at(&self, span: Span) -> Option<&str> {
        let range = span.range();
        if range.end <= self.length {
            return self.line.get(range);
        }
        self.text.get(range.start.checked_sub(self.length)?..range.end - self.length)
    }

    /// Makes ready for a record of this length.
    pub(super) fn begin(&mut self, length: usize) {
        self.values.fill(Value::Absent);
        self.items.clear();
        self.arena.reset(length);
        self.kept = 0;
    }

    /// Keeps a value where the slot is empty (or null), or where it is to be replaced.
    #[inline]
    pub(super) fn put(&mut self, slot: Slot, value: Value, replace: bool) {
        if let Some(held) = self.values.get_mut(usize::from(slot.0))
            && (replace || matches!(held, Value::Absent | Value::Null))
        {
            *held = value;
        }
    }

    /// True where a value for the slot would be kept.
    #[inline]
    pub(super) fn is_open(&self, slot: Slot) -> bool {
        matches!(self.values.get(usize::from(slot.0)), Some(Value::Absent | Value::Null))
    }

    /// Turns what was scanned of the record into text.
    fn check(&mut self, record: &[u8]) {
        let kept = std::str::from_utf8(record.get(..self.kept).unwrap_or_default());
        match (kept, std::str::from_utf8(self.arena.bytes())) {
            (Ok(kept), Ok(text)) => {
                self.length = record.len();
                self.line.push_str(kept);
                self.text.push_str(text);
            }
            _ => self.check_each(record),
        }
    }

    /// The same, value by value, where some bytes are not UTF-8.
    fn check_each(&mut self, record: &[u8]) {
        let (text, arena) = (&mut self.text, self.arena.bytes());
        let mut lossy = |span: &mut Span| {
            let range = span.range();
            let bytes = match range.start.checked_sub(record.len()) {
                Some(start) => arena.get(start..range.end - record.len()),
                None => record.get(range),
            };
            let start = text.len();
            text.push_str(&String::from_utf8_lossy(bytes.unwrap_or_default()));
            *span = Span { start: start as u32, end: u32::try_from(text.len()).unwrap_or(start as u32) };
        };
        for value in &mut self.values {
            match value {
                Value::Int(span) | Value::Float(span) | Value::Text(span) => lossy(span),
                Value::Absent | Value::Null | Value::Bool(_) | Value::List(_) => {}
            }
        }
        self.items.iter_mut().for_each(lossy);
    }
}

fn hexadecimal(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).filter(|digits| !digits.starts_with('+'))
}

/// The integer that a float stands for, where it has no fraction and f64 holds it exactly.
fn whole(text: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let value: f64 = text.parse().ok()?;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}
