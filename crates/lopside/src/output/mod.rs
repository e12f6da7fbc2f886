//! What results look like: one file a form.

pub(crate) mod contacts_table;
pub(crate) mod explanation;
pub(crate) mod findings_csv;
pub(crate) mod findings_table;
pub(crate) mod flow_row;
pub(crate) mod flows_csv;
pub(crate) mod flows_parquet;
pub(crate) mod json;
pub(crate) mod layout;
pub(crate) mod results;
pub(crate) mod run_end;
pub(crate) mod safe;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod separated;
pub(crate) mod units;

use std::path::Path;

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text for people.
    Table,
    /// One JSON object.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values after RFC 4180.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// All.
    pub(crate) const ALL: [Format; 5] =
        [Format::Table, Format::Json, Format::Jsonl, Format::Csv, Format::Parquet];

    /// The word of the option.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }

    /// The format of this name.
    pub(crate) fn of_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a file's ending stands for.
    pub(crate) fn of_ending(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "txt" => Some(Format::Table),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "csv" => Some(Format::Csv),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        assert_eq!(Format::of_ending(Path::new("a/b.JSONL")), Some(Format::Jsonl));
        assert_eq!(Format::of_ending(Path::new("a/b")), None);
        for format in Format::ALL {
            assert_eq!(Format::of_name(format.name()), Some(format));
        }
    }
}
