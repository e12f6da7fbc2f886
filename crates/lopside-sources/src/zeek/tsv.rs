//! Zeek's own text format: a header, then one record a line.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memmem};

use super::field::{Field, Row};
use super::header::{Header, unescape};
use super::log::Log;
use super::read as records;
use crate::input::{Block, InputStream, Line, LineBlocks, for_each_block_with};
use crate::job::Job;
use crate::source::{InputInfo, Sink};

/// Whether a stream that begins so is a TSV log of Zeek.
pub fn recognise(head: &[u8]) -> bool {
    head.starts_with(b"#separator ")
        || head.starts_with(b"#fields\t")
        || head.starts_with(b"#set_separator\t")
}

/// Follows the headers of one stream, block by block in order, so that blocks can be read side by side.
#[derive(Debug)]
struct Headers {
    current: Arc<Header>,
}

/// What holds where a block begins.
#[derive(Clone, Debug)]
struct Context(Arc<Header>);

impl Headers {
    /// Before the first block of an input of this name.
    fn new(input_name: &str) -> Headers {
        let file_name = input_name.rsplit(['/', '\\', '!']).next().unwrap_or_default();
        Headers { current: Arc::new(Header::new(file_name)) }
    }

    /// What holds where this block begins; goes on to its end.
    fn pass(&mut self, block: &Block<'_>) -> Context {
        let context = Context(Arc::clone(&self.current));
        let mut begin = block.bytes.starts_with(b"#").then_some(0);
        let mut found = memmem::find_iter(block.bytes, b"\n#");
        while let Some(start) = begin.or_else(|| found.next().map(|newline| newline + 1)) {
            begin = None;
            let rest = block.bytes.get(start..).unwrap_or_default();
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            Arc::make_mut(&mut self.current).take(line.strip_suffix(b"\r").unwrap_or(line));
        }
        context
    }
}

/// Reads a stream to its end.
pub(crate) fn read(stream: InputStream<'_>, job: &Job<'_>) {
    let mut headers = Headers::new(job.info.name);
    let blocks = LineBlocks::new(stream, job.limits.line);
    let counts = for_each_block_with(
        blocks,
        |block| headers.pass(block),
        |block, context| {
            let index = block.index;
            let mut given = Some((block, context));
            job.stretch(index, |stretch| {
                if let Some((block, context)) = given.take() {
                    read_block(block, context, &job.info, stretch);
                }
            });
        },
    );
    job.long_lines(&counts.long_lines);
}

/// Reads the records of one block.
fn read_block(block: Block<'_>, context: Context, info: &InputInfo<'_>, sink: &mut dyn Sink) {
    let mut header = context.0;
    let mut ends = Vec::new();
    let escapes = memchr(b'\\', block.bytes).is_some();
    let whole = std::str::from_utf8(block.bytes).ok();
    for line in block.lines() {
        if line.bytes.first() == Some(&b'#') {
            Arc::make_mut(&mut header).take(line.bytes);
            continue;
        }
        let (log, name) = header.log();
        if log == Log::Other {
            sink.ignored(super::log::unused_kind(name));
            continue;
        }
        let text = match whole {
            Some(whole) => Cow::Borrowed(slice(whole, &block, &line)),
            None => String::from_utf8_lossy(line.bytes),
        };
        if header.wanted == 0 {
            sink.skipped(line.number, "no #fields line before this record");
            continue;
        }
        split(&text, &header, &mut ends);
        if ends.len() < header.wanted {
            sink.skipped(line.number, "fewer columns than the #fields line has");
            continue;
        }
        let row = TsvRow { line: &text, ends: &ends, header: &header, escapes };
        records::record(&row, (log, name), info, line.number, sink);
    }
}

/// The line within the block's text.
fn slice<'a>(whole: &'a str, block: &Block<'_>, line: &Line<'_>) -> &'a str {
    let start = usize::try_from(line.offset - block.offset).unwrap_or(usize::MAX);
    whole.get(start..start.saturating_add(line.bytes.len())).unwrap_or_default()
}

/// Finds where the columns end.
fn split(line: &str, header: &Header, ends: &mut Vec<u32>) {
    ends.clear();
    match header.separator.as_slice() {
        [separator] => {
            if split_by_byte(line.as_bytes(), *separator, header.wanted, ends) {
                return;
            }
        }
        // Lines are shorter than 4 GiB.
        separator => ends.extend(memmem::find_iter(line.as_bytes(), separator).map(|place| place as u32)),
    }
    ends.push(line.len() as u32);
}

/// Columns are a few bytes wide, so eight bytes are looked at at once. True once as many as wanted were found.
#[inline]
fn split_by_byte(line: &[u8], separator: u8, wanted: usize, ends: &mut Vec<u32>) -> bool {
    // Room for what is wanted and the rest of a word.
    ends.resize(wanted + 8, 0);
    let mut count = 0;
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOWS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = ONES * u64::from(separator);
    let (words, rest) = line.as_chunks::<8>();
    let mut base = 0_u32;
    for word in words {
        let difference = u64::from_le_bytes(*word) ^ pattern;
        // The high bit of each byte that is zero, and no other.
        let mut found = !(((difference & LOWS) + LOWS) | difference | LOWS);
        let here = ((found >> 7).wrapping_mul(ONES) >> 56) as usize;
        let Some(places) = ends.get_mut(count..).and_then(|places| places.first_chunk_mut::<8>()) else {
            break;
        };
        // How many there are is hard to foretell: more are written than there may be, without asking.
        let (few, many) = places.split_at_mut(3);
        for place in few {
            *place = base + found.trailing_zeros() / 8;
            found &= found.wrapping_sub(1);
        }
        if found != 0 {
            for place in many {
                *place = base + found.trailing_zeros() / 8;
                found &= found.wrapping_sub(1);
            }
        }
        count += here;
        if count >= wanted {
            ends.truncate(count);
            return true;
        }
        base += 8;
    }
    ends.truncate(count);
    for (place, byte) in rest.iter().enumerate() {
        if *byte == separator {
            ends.push(base + place as u32);
        }
    }
    ends.len() >= wanted
}

/// One line, cut into columns.
struct TsvRow<'a> {
    line: &'a str,
    ends: &'a [u32],
    header: &'a Header,
    /// Whether there may be escapes in it.
    escapes: bool,
}

impl TsvRow<'_> {
    #[inline(always)]
    fn cell(&self, field: Field) -> Option<&str> {
        let column = self.header.column(field);
        let end = *self.ends.get(column)? as usize;
        let start = match column.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize + self.header.separator.len(),
            None => 0,
        };
        self.line.get(start..end).filter(|cell| !self.header.is_unset(cell))
    }

    fn unescaped<'s>(&self, cell: &'s str) -> Cow<'s, str> {
        if !self.escapes || memchr(b'\\', cell.as_bytes()).is_none() {
            return Cow::Borrowed(cell);
        }
        let bytes = unescape(cell);
        let text = String::from_utf8(bytes);
        Cow::Owned(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

impl Row for TsvRow<'_> {
    #[inline(always)]
    fn raw(&self, field: Field) -> Option<&str> {
        self.cell(field)
    }

    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        let cell = self.cell(field).filter(|cell| !cell.is_empty() && *cell != self.header.empty)?;
        Some(self.unescaped(cell))
    }

    fn each(&self, field: Field, take: &mut dyn FnMut(&str)) {
        let Some(cell) = self.cell(field).filter(|cell| *cell != self.header.empty) else { return };
        if self.header.set_separator == "," {
            cell.split(',').for_each(|element| take(&self.unescaped(element)));
        } else {
            cell.split(self.header.set_separator.as_str()).for_each(|element| take(&self.unescaped(element)));
        }
    }

    fn has(&self, field: Field) -> bool {
        self.header.column(field) < self.ends.len()
    }
}
