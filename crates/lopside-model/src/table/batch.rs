//! Batches in memory: rows packed into bytes, their labels beside them.

use arrow_schema::ArrowError;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

use super::pack::{Packer, Unpacker, WORD};
use super::{ColumnError, RowBuilder, RowReader, Table};

/// A text's number, and where it stands: a text is looked for in one place of memory less than by its number alone, and those of a
/// batch that was not used lately have to come from far.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    number: u32,
    from: u32,
    length: u32,
}

/// The labels of a batch: each different text once.
#[derive(Debug, Default)]
pub struct Labels {
    pub(super) bytes: String,
    /// Where each text stands: from, and how many bytes.
    pub(super) places: Vec<(u32, u32)>,
    numbers: HashTable<Numbered>,
    hashes: DefaultHashBuilder,
    /// The last label of each column: rows that follow each other are often alike, and then the table is not asked.
    last: Vec<u32>,
}

impl Labels {
    /// Labels that were collected before, which cannot find a text again.
    pub(super) fn of(bytes: String, places: Vec<(u32, u32)>) -> Labels {
        Labels { bytes, places, ..Labels::default() }
    }

    /// The number of a text in a column.
    #[inline]
    pub(super) fn number(&mut self, column: u32, text: &str) -> u32 {
        let column = column as usize;
        if let Some(last) = self.last.get(column)
            && text_of(&self.bytes, &self.places, *last) == text
            && *last != u32::MAX
        {
            return *last;
        }
        let number = self.find(text);
        if self.last.len() <= column {
            self.last.resize(column + 1, u32::MAX);
        }
        if let Some(last) = self.last.get_mut(column) {
            *last = number;
        }
        number
    }

    fn find(&mut self, text: &str) -> u32 {
        let hash = self.hashes.hash_one(text);
        let bytes = &self.bytes;
        if let Some(known) = self.numbers.find(hash, |known| part_of(bytes, known.from, known.length) == text)
        {
            return known.number;
        }
        // A batch has some thousand rows: its labels stay far below 4 GiB, and one that would not fit is cut to nothing.
        let fits = self.bytes.len() + text.len() <= u32::MAX as usize;
        let text = if fits { text } else { "" };
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let from = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(text.len()).unwrap_or(0);
        self.places.push((from, length));
        self.bytes.push_str(text);
        let (bytes, hashes) = (&self.bytes, &self.hashes);
        self.numbers.insert_unique(hash, Numbered { number, from, length }, |known| {
            hashes.hash_one(part_of(bytes, known.from, known.length))
        });
        number
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        text_of(&self.bytes, &self.places, number)
    }

    /// Empty labels with the room of these, which become unable to find a text again.
    fn successor(&mut self) -> Labels {
        let mut numbers = std::mem::take(&mut self.numbers);
        numbers.clear();
        Labels {
            bytes: String::with_capacity(self.bytes.len()),
            places: Vec::with_capacity(self.places.len()),
            numbers,
            hashes: self.hashes.clone(),
            last: Vec::new(),
        }
    }
}

fn text_of<'a>(bytes: &'a str, places: &[(u32, u32)], number: u32) -> &'a str {
    let place = usize::try_from(number).ok().and_then(|number| places.get(number));
    place.map_or("", |(from, length)| part_of(bytes, *from, *length))
}

fn part_of(bytes: &str, from: u32, length: u32) -> &str {
    bytes.get(from as usize..from as usize + length as usize).unwrap_or_default()
}

/// Where a row stands, and what it is sorted by.
#[derive(Clone, Copy, Debug)]
pub struct RowPlace {
    /// What it meets other rows by: the hash of its conversation or its host.
    pub key: u64,
    /// Its first time.
    pub moment: i64,
    /// Where its bytes begin.
    pub from: u32,
}

/// Some rows of a table in memory.
pub struct RowBatch<T: Table + ?Sized> {
    pub(super) places: Vec<RowPlace>,
    pub(super) bytes: Vec<u8>,
    /// Bytes of rows; what follows is room.
    pub(super) used: usize,
    pub(super) labels: Labels,
    pub(super) table: std::marker::PhantomData<fn() -> Box<T>>,
}

impl<T: Table + ?Sized> Default for RowBatch<T> {
    fn default() -> Self {
        RowBatch {
            places: Vec::new(),
            bytes: Vec::new(),
            used: 0,
            labels: Labels::default(),
            table: std::marker::PhantomData,
        }
    }
}

impl<T: Table + ?Sized> RowBatch<T> {
    /// Adds a row that meets others by `key`. A batch holds less than 4 GiB: whoever fills one takes it long before that.
    pub fn push(&mut self, key: u64, row: &T::Row<'_>) {
        let from = u32::try_from(self.used).unwrap_or(u32::MAX);
        let mut packer = Packer::new(&mut self.bytes, &mut self.labels, self.used, T::MOST);
        T::pack(row, &mut packer);
        let (moment, used) = packer.finish();
        self.used = used;
        self.places.push(RowPlace { key, moment, from });
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One row.
    pub fn row(&self, row: usize) -> Option<T::Row<'_>> {
        self.places.get(row).map(|place| self.unpack(place.from, place.moment))
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = T::Row<'_>> {
        self.places.iter().map(|place| self.unpack(place.from, place.moment))
    }

    /// The row of a [`RowPlace`], whose bytes begin here and which has this moment.
    #[inline(never)]
    pub fn unpack(&self, from: u32, moment: i64) -> T::Row<'_> {
        T::unpack(&mut Unpacker::new(&self.bytes, &self.labels, from as usize, moment))
    }

    /// What a call makes of a few columns of that row: the others are passed over without their texts. Each caller has unpacking of its
    /// own, so that it is worth its length only where many rows are looked at.
    #[inline(always)]
    pub fn look<R>(&self, from: u32, moment: i64, call: impl FnOnce(&T::Row<'_>) -> R) -> R {
        call(&T::unpack(&mut Unpacker::new(&self.bytes, &self.labels, from as usize, moment)))
    }

    /// Reads a little of the row whose bytes begin here, so that it is in the caches when it is unpacked. What is read means nothing.
    pub fn touch(&self, from: u32) -> u8 {
        const LINE: usize = 64;
        let from = from as usize;
        let byte = |at: usize| self.bytes.get(at).copied().unwrap_or(0);
        byte(from) ^ byte(from + LINE)
    }

    /// What the rows are sorted by, without the rows themselves.
    pub fn places(&self) -> &[RowPlace] {
        &self.places
    }

    /// The first column of the row whose bytes begin here, where the table begins with a label; the empty text where it has none.
    pub fn first_label(&self, from: u32) -> &str {
        let mut unpacker = Unpacker::new(&self.bytes, &self.labels, from as usize, 0);
        if unpacker.column() { unpacker.label() } else { "" }
    }

    /// Every different label of the rows, of whichever column.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let labels = &self.labels;
        labels.places.iter().map(|(from, length)| part_of(&labels.bytes, *from, *length))
    }

    /// Bytes that the rows and their labels take.
    pub fn bytes(&self) -> usize {
        self.used + self.labels.bytes.len()
    }

    /// Bytes of memory that the rows take.
    pub fn memory(&self) -> u64 {
        let places = self.places.capacity() * size_of::<RowPlace>();
        let labels = self.labels.bytes.capacity()
            + self.labels.places.capacity() * size_of::<(u32, u32)>()
            + self.labels.numbers.capacity() * size_of::<Numbered>();
        (places + self.bytes.capacity() + labels) as u64
    }

    /// Takes what was collected and leaves an empty batch, with room for as much again.
    pub fn take(&mut self) -> RowBatch<T> {
        let next = RowBatch {
            places: Vec::with_capacity(self.places.len()),
            bytes: Vec::with_capacity(self.used + T::MOST + 2 * WORD),
            used: 0,
            labels: self.labels.successor(),
            table: std::marker::PhantomData,
        };
        std::mem::replace(self, next)
    }

    /// Gives back what a full batch no longer needs.
    pub fn shrink(&mut self) {
        self.labels.numbers = HashTable::new();
        self.labels.last = Vec::new();
        self.bytes.truncate(self.used + WORD);
        // Moving a batch costs more than a little room that it does not need.
        let spare = |room: usize, used: usize| room - used > used / 8;
        if spare(self.bytes.capacity(), self.bytes.len()) {
            self.bytes.shrink_to_fit();
        }
        if spare(self.places.capacity(), self.places.len()) {
            self.places.shrink_to_fit();
        }
        if spare(self.labels.bytes.capacity(), self.labels.bytes.len()) {
            self.labels.bytes.shrink_to_fit();
        }
        if spare(self.labels.places.capacity(), self.labels.places.len()) {
            self.labels.places.shrink_to_fit();
        }
    }

    /// The rows as a record batch of the table's columns.
    ///
    /// # Errors
    /// When the columns do not fit the schema, which would be a fault of this crate.
    pub fn to_arrow(&self) -> Result<arrow_array::RecordBatch, ArrowError> {
        let mut builder = T::Builder::new();
        self.iter().for_each(|row| builder.push(&row));
        builder.finish()
    }

    /// The rows of a record batch, each with the key by which it meets others.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn from_arrow(
        batch: &arrow_array::RecordBatch,
        key: impl Fn(&T::Row<'_>) -> u64,
    ) -> Result<RowBatch<T>, ColumnError> {
        let columns = T::Columns::new(batch)?;
        let mut rows = RowBatch::default();
        for row in 0..columns.len() {
            let row = columns.row(row);
            rows.push(key(&row), &row);
        }
        rows.shrink();
        Ok(rows)
    }
}

impl<T: Table + ?Sized> std::fmt::Debug for RowBatch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(T::NAME).field("rows", &self.places.len()).finish()
    }
}
