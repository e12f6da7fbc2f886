//! The header of a TSV log, which may come again in the middle of a file that was put together from several.

use super::field::{COUNT, Field, NAMES};
use super::log::{self, Log};

/// Columns beyond this are not looked at.
pub(super) const MOST_COLUMNS: usize = 1_024;
/// Stands for a field that the log does not have.
pub(super) const NO_COLUMN: u16 = u16::MAX;

/// What the lines before the records say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Between columns, a tab unless the header says otherwise.
    pub(super) separator: Vec<u8>,
    /// Between the elements of a set or vector.
    pub(super) set_separator: String,
    /// An empty text or set.
    pub(super) empty: String,
    /// A field that is not set.
    unset: String,
    /// Name of the log.
    path: Option<String>,
    /// Where each field stands.
    columns: [u16; COUNT],
    /// How many columns must be found to have every wanted one; 0 where there was no `#fields` line.
    pub(super) wanted: usize,
    /// The log by its path, its file's name or its fields.
    log: Log,
}

impl Header {
    /// What holds before the first header line. The file's name tells the log where no `#path` does.
    pub(super) fn new(file_name: &str) -> Header {
        let name = log::in_file_name(&file_name.to_ascii_lowercase()).map(|(name, _)| name.to_owned());
        Header {
            separator: b"\t".to_vec(),
            set_separator: ",".to_owned(),
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            log: Log::of(name.as_deref().unwrap_or_default()),
            path: name,
            columns: [NO_COLUMN; COUNT],
            wanted: 0,
        }
    }

    /// Takes in one line that starts with `#`. Lines that mean nothing here (`#open`, `#types`, `#close`) are passed over.
    pub(super) fn take(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        if let Some(value) = line.strip_prefix("#separator") {
            let value = unescape(value.strip_prefix(' ').unwrap_or(value));
            if !value.is_empty() {
                self.separator = value;
            }
            return;
        }
        let separator = String::from_utf8_lossy(&self.separator).into_owned();
        let mut cells = line.split(separator.as_str());
        let word = cells.next().unwrap_or_default();
        let value = || line.split(separator.as_str()).nth(1).unwrap_or_default().to_owned();
        match word {
            "#set_separator" if !value().is_empty() => self.set_separator = value(),
            "#empty_field" => self.empty = value(),
            "#unset_field" => self.unset = value(),
            "#path" => {
                let path = value();
                self.log = Log::of(&path);
                self.path = Some(path);
            }
            "#fields" => self.take_fields(cells),
            _ => {}
        }
    }

    /// Where a field stands.
    #[inline]
    pub(super) fn column(&self, field: Field) -> usize {
        usize::from(self.columns.get(field as usize).copied().unwrap_or(NO_COLUMN))
    }

    /// Whether a cell says that the field is not set.
    #[inline]
    pub(super) fn is_unset(&self, cell: &str) -> bool {
        match self.unset.as_bytes() {
            // Short ones are compared without a call.
            [unset] => matches!(cell.as_bytes(), [only] if only == unset),
            _ => cell == self.unset,
        }
    }

    /// The log and its name.
    pub(super) fn log(&self) -> (Log, &str) {
        (self.log, self.path.as_deref().unwrap_or_default())
    }

    fn take_fields<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.columns = [NO_COLUMN; COUNT];
        self.wanted = 1;
        for (place, name) in names.take(MOST_COLUMNS).enumerate() {
            let field = NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
            let slot = field.and_then(|field| self.columns.get_mut(field as usize));
            if let (Some(slot), Ok(column)) = (slot, u16::try_from(place))
                && *slot == NO_COLUMN
            {
                *slot = column;
                self.wanted = place + 1;
            }
        }
    }
}

/// Resolves `\xNN` and `\\`; anything else stands for itself.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match rest {
            [b'\\', b'x', high, low, ..] => {
                hexadecimal(*high).zip(hexadecimal(*low)).map(|(high, low)| (high << 4 | low, 4))
            }
            [b'\\', b'\\', ..] => Some((b'\\', 2)),
            _ => None,
        };
        match escaped {
            Some((byte, used)) => {
                bytes.push(byte);
                rest = rest.get(used..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
