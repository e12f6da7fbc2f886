//! The file of envelopes: TOML that people edit and review, read whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::entry::Envelope;
use super::reading::EntryError;
use super::written::{Texts, Written};

/// The version that is written and read.
pub const VERSION: i64 = 1;
/// Entries that a file may have.
const MOST: usize = 10_000;

/// Why a file cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub cause: String,
}

/// All envelopes of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelopes {
    /// The entries.
    pub list: Vec<Envelope>,
    /// Groups of hosts by name.
    pub groups: BTreeMap<String, Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Option<toml::Spanned<i64>>,
    #[serde(default)]
    groups: BTreeMap<String, Texts>,
    #[serde(default)]
    allow: Vec<toml::Spanned<Written>>,
}

impl Envelopes {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// When it is no such file, an entry cannot be used, or two entries have one id.
    pub fn parse(text: &str) -> Result<Envelopes, FileError> {
        let at = |line, cause: String| FileError { line, cause: cause.replace(['\n', '\r'], " ") };
        let file: File = toml::from_str(text).map_err(|error| {
            at(line_of(text, error.span().map_or(0, |span| span.start)), error.message().to_owned())
        })?;
        if let Some(version) = file.version.filter(|version| *version.get_ref() != VERSION) {
            let line = line_of(text, version.span().start);
            return Err(at(
                line,
                format!("version {} is not known; this program reads version {VERSION}", version.get_ref()),
            ));
        }
        if file.allow.len() > MOST {
            return Err(at(1, format!("more than {MOST} entries")));
        }
        let mut ids = BTreeSet::new();
        let mut list = Vec::with_capacity(file.allow.len());
        for entry in file.allow {
            let line = line_of(text, entry.span().start);
            let envelope = Envelope::new(entry.into_inner(), &file.groups, line)
                .map_err(|error| at(line, error.to_string()))?;
            if !ids.insert(envelope.id().to_lowercase()) {
                return Err(at(line, EntryError::Twice(envelope.id().to_owned()).to_string()));
            }
            list.push(envelope);
        }
        Ok(Envelopes { list, groups: file.groups })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The entry with this id, whatever its case.
    pub fn find(&self, id: &str) -> Option<&Envelope> {
        self.list.iter().find(|envelope| envelope.id().eq_ignore_ascii_case(id))
    }
}

/// The line, from 1, of a place in a text.
pub fn line_of(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
# who reviews what
version = 1

[groups]
servers = ["srv-*", "10.0.5.0/24"]

[[allow]]
id = "backup"
image = '%ProgramFiles%\Vendor\agent.exe'   # not the old one
signer = "Vendor *"
hosts = "@servers"
destinations = ["backup.example"]
ports = [443, "2500-3300/tcp"]
hours = "22-06"
max_bytes_per_day = "40 GB"
owner = "backup@corp.example"
reason = "nightly"
created = 2026-11-25
expires = "2027-05-25"
"#;

    #[test]
    fn a_file_is_read_with_groups_dates_and_lines() {
        let envelopes = Envelopes::parse(GOOD).unwrap();
        let envelope = envelopes.find("BACKUP").unwrap();
        assert_eq!(envelope.line, 8);
        assert_eq!(envelope.hosts.len(), 2);
        assert_eq!(envelope.max_bytes, Some(40_000_000_000));
        assert_eq!(envelope.created(), super::super::reading::day_of("2026-11-25"));
        assert!(Envelopes::parse("").unwrap().is_empty());
    }

    #[test]
    fn a_damaged_file_is_an_error_with_a_line_of_the_file() {
        let lines = GOOD.lines().count() + 1;
        for at in 0..GOOD.len() {
            for other in [b'"', b'[', b'\n', b'*', b'/', 0, b'9'] {
                let mut bytes = GOOD.as_bytes().to_vec();
                bytes[at] = other;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                if let Err(error) = Envelopes::parse(&text) {
                    assert!((1..=lines + 1).contains(&error.line) && !error.cause.contains('\n'), "{error}");
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = |text: &str| Envelopes::parse(text).unwrap_err();
        let unknown = error(&GOOD.replace("reason =", "reasons ="));
        assert!(unknown.cause.contains("reasons") && unknown.line == 18, "{unknown}");
        let bare = error(&GOOD.replace(r"%ProgramFiles%\Vendor\", ""));
        assert!(bare.cause.contains("bare name") && bare.line == 8, "{bare}");
        let twice = error(&format!(
            "{GOOD}{}",
            GOOD.split_once("[[allow]]").map(|(_, rest)| format!("[[allow]]{rest}")).unwrap()
        ));
        assert!(twice.cause.contains("stands twice") && twice.line > 18, "{twice}");
        assert!(error("version = 9").cause.contains("version 9"));
        assert!(error("[[allow]\n").cause.chars().all(|letter| letter != '\n'));
        let typed = error(&GOOD.replace("\"22-06\"", "22"));
        assert_eq!(typed.line, 15, "{typed}");
        let list = error(&GOOD.replace("signer = \"Vendor *\"", "signer = 3"));
        assert!(list.line == 11 && list.cause.contains("a text or a list"), "{list}");
    }
}
