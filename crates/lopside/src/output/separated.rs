//! Comma-separated values after RFC 4180, with a guard against cells that a spreadsheet would run.

use std::borrow::Cow;
use std::io::Write;

use lopside_model::bytes::Wire;

use crate::output::safe;

/// Collects one row after another.
pub(crate) struct Table<W: Write> {
    writer: csv::Writer<W>,
    row: Vec<String>,
}

impl<W: Write> Table<W> {
    /// Begins a table with these columns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn new(writer: W, columns: &[&str]) -> csv::Result<Table<W>> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(writer);
        writer.write_record(columns)?;
        Ok(Table { writer, row: Vec::new() })
    }

    /// Adds a cell of text from telemetry.
    pub(crate) fn text(&mut self, value: Option<&str>) {
        self.row.push(value.map_or_else(String::new, |value| guarded(value).into_owned()));
    }

    /// Adds a cell of our own: a number, a time, an address, a word of the interface.
    pub(crate) fn plain(&mut self, value: Option<impl ToString>) {
        self.row.push(value.map_or_else(String::new, |value| value.to_string()));
    }

    /// Adds cells for packets and bytes below the payload, each way.
    pub(crate) fn wire(&mut self, wire: Option<Wire>) {
        let wire = wire.unwrap_or_default();
        for count in [
            wire.packets_out,
            wire.packets_in,
            wire.ip_bytes_out,
            wire.ip_bytes_in,
            wire.frame_bytes_out,
            wire.frame_bytes_in,
        ] {
            self.plain(count);
        }
    }

    /// Ends the row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn end(&mut self) -> csv::Result<()> {
        self.writer.write_record(&self.row)?;
        self.row.clear();
        Ok(())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> csv::Result<()> {
        self.writer.flush()?;
        Ok(())
    }
}

/// Text that no spreadsheet takes for a formula, and that does nothing else either.
fn guarded(value: &str) -> Cow<'_, str> {
    const STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    let harmless = safe::text(value);
    if value.trim_start_matches([' ', '\u{feff}', '\u{200b}']).starts_with(STARTS) {
        return Cow::Owned(format!("'{harmless}"));
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        let mut written = Vec::new();
        let mut table = Table::new(&mut written, &["a", "b"]).unwrap();
        for formula in ["=cmd|'/c calc'!A1", "+1", "-1", "@x", "\tx", "\rx", " =1"] {
            table.text(Some(formula));
            table.plain(Some(-5));
            table.end().unwrap();
        }
        table.text(Some("a \"b\", c\nd"));
        table.plain(None::<u8>);
        table.end().unwrap();
        table.finish().unwrap();
        let written = String::from_utf8(written).unwrap();
        let lines: Vec<&str> = written.split("\r\n").collect();
        assert!(lines[1..8].iter().all(|line| line.starts_with('\'') && line.ends_with(",-5")), "{written}");
        assert_eq!(lines[8], "\"a \"\"b\"\", c\\nd\",");
    }
}
