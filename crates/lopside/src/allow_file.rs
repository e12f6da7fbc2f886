//! The file of sanctioned senders: where it is, and how it is read and changed. Comments and the order of what people wrote stay.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lopside_score::envelope::{Envelopes, Texts, VERSION, Written};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value, value};

use crate::config::Config;

/// The name of the file beside the configuration.
const NAME: &str = "allow.toml";
/// A file is at most so large: people are to review it.
const LARGEST: u64 = 16 << 20;

/// How a new file begins.
const HEAD: &str = "\
# Sanctioned senders of Lopside: inside of its envelope a sender is counted and not shown, outside it is judged against it.
# Edit and review this file as you like; `lopside allow audit PATH` says what of it is too wide, past its end or never used.
# Keys of an entry: docs/allow.md, or lopside allow add --help
";

/// Where the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowPlace {
    path: Option<PathBuf>,
    /// Whether somebody named it: then it must be there.
    named: bool,
}

impl AllowPlace {
    /// The file of the option, else of the configuration, else `allow.toml` beside the configuration.
    pub(crate) fn new(option: Option<&Path>, config: &Config) -> AllowPlace {
        let named = option.map(Path::to_owned).or_else(|| config.allow.clone());
        match named {
            Some(path) => AllowPlace { path: Some(path), named: true },
            None => AllowPlace { path: config.folder.as_ref().map(|folder| folder.join(NAME)), named: false },
        }
    }

    /// The file.
    ///
    /// # Errors
    /// When nothing says where it could be.
    pub(crate) fn path(&self) -> anyhow::Result<&Path> {
        self.path
            .as_deref()
            .context("there is no folder for the configuration; name a file with --allow FILE")
    }

    /// The envelopes that are kept; none where there is no file and nobody named one.
    ///
    /// # Errors
    /// When the file cannot be read, or an entry of it cannot be used: file, line and cause.
    pub(crate) fn envelopes(&self) -> anyhow::Result<Envelopes> {
        match self.text()? {
            Some(text) => self.parse(&text),
            None => Ok(Envelopes::default()),
        }
    }

    /// The envelopes of a file that is to be changed: it need not be there yet.
    ///
    /// # Errors
    /// When the file is there and cannot be used.
    pub(crate) fn envelopes_to_change(&self) -> anyhow::Result<Envelopes> {
        self.parse(&self.existing()?)
    }

    fn parse(&self, text: &str) -> anyhow::Result<Envelopes> {
        let place = self.path.as_deref().unwrap_or(Path::new(NAME)).display();
        Envelopes::parse(text).map_err(|error| anyhow::anyhow!("{place}, {error}"))
    }

    fn text(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.path else { return Ok(None) };
        let absent = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        };
        let unreadable = || format!("cannot read sanctioned senders from {}", path.display());
        match fs::metadata(path) {
            Ok(known) if known.len() > LARGEST => {
                bail!("{}: larger than 16 MiB; no person reviews so much", unreadable())
            }
            Err(error) if absent(&error) && !self.named => return Ok(None),
            Err(error) => return Err(error).with_context(unreadable),
            Ok(_) => {}
        }
        fs::read_to_string(path).map(Some).with_context(unreadable)
    }

    /// Adds entries at the end.
    ///
    /// # Errors
    /// When the file cannot be read or written, or an entry cannot be used.
    pub(crate) fn add(&self, entries: &[Written]) -> anyhow::Result<()> {
        let old = self.existing()?;
        let mut document: DocumentMut = old.parse().context("the file is no TOML")?;
        if old.is_empty() {
            document.insert("version", value(VERSION));
            document.decor_mut().set_prefix(HEAD);
        }
        let list = document.entry("allow").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(list) = list.as_array_of_tables_mut() else {
            bail!("{}: allow is no list of tables; write entries as [[allow]]", self.path()?.display())
        };
        for entry in entries {
            list.push(table(entry)?);
        }
        self.write(&document.to_string())
    }

    /// Removes the entry with this id, with the comments right above it.
    ///
    /// # Errors
    /// When there is no such entry, or the file cannot be read or written.
    pub(crate) fn remove(&self, id: &str) -> anyhow::Result<()> {
        let old = self.existing()?;
        self.parse(&old)?;
        let mut document: DocumentMut = old.parse().context("the file is no TOML")?;
        let list = document.get_mut("allow").and_then(Item::as_array_of_tables_mut);
        let has = |table: &Table| {
            table.get("id").and_then(Item::as_str).is_some_and(|known| known.eq_ignore_ascii_case(id))
        };
        match list {
            Some(list) if list.iter().any(has) => list.retain(|table| !has(table)),
            _ => bail!("{} has no entry {id:?}; lopside allow list shows them", self.path()?.display()),
        }
        self.write(&document.to_string())
    }

    /// What the file holds now; nothing where it is not there, for then it is made.
    fn existing(&self) -> anyhow::Result<String> {
        match self.text() {
            Ok(text) => Ok(text.unwrap_or_default()),
            Err(_) if self.path.as_deref().is_some_and(|path| fs::symlink_metadata(path).is_err()) => {
                Ok(String::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a text that is a good file, and only such a one.
    fn write(&self, text: &str) -> anyhow::Result<()> {
        self.parse(text)?;
        let path = self.path()?;
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let cannot = || format!("cannot write {}", path.display());
        fs::create_dir_all(folder).with_context(cannot)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
        file.write_all(text.as_bytes()).with_context(cannot)?;
        if let Ok(known) = fs::metadata(&path) {
            file.as_file().set_permissions(known.permissions()).with_context(cannot)?;
        }
        file.persist(&path).with_context(cannot)?;
        Ok(())
    }
}

/// An entry as people would write it: what is silent is left out.
pub(crate) fn table(entry: &Written) -> anyhow::Result<Table> {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    let mut put = |key: &str, item: Option<Value>| {
        if let Some(item) = item {
            table.insert(key, Item::Value(item));
        }
    };
    put("id", Some(text(&entry.id)?));
    for (key, list) in [
        ("image", &entry.image),
        ("runs", &entry.runs),
        ("signer", &entry.signer),
        ("product", &entry.product),
        ("hosts", &entry.hosts),
        ("users", &entry.users),
        ("destinations", &entry.destinations),
    ] {
        put(key, texts(list)?);
    }
    if !entry.ports.is_empty() {
        let mut ports = toml_edit::Array::new();
        for port in &entry.ports {
            match port.text().parse::<i64>() {
                Ok(number) => ports.push(number),
                Err(_) => ports.push(port.text()),
            }
        }
        put("ports", Some(ports.into()));
    }
    put("hours", entry.hours.as_deref().map(text).transpose()?);
    put(
        "max_bytes_per_day",
        entry.max_bytes_per_day.as_ref().map(|amount| text(&amount.text())).transpose()?,
    );
    put("max_ratio", entry.max_ratio.map(Value::from));
    put("nowhere_else", entry.nowhere_else.then(|| Value::from(true)));
    put("owner", Some(text(&entry.owner)?));
    put("reason", Some(text(&entry.reason)?));
    for (key, date) in [("created", &entry.created), ("expires", &entry.expires)] {
        let date = date.as_ref().map(|date| date.text().parse::<toml_edit::Datetime>().map(Value::from));
        put(key, date.transpose()?);
    }
    Ok(table)
}

fn texts(list: &Texts) -> anyhow::Result<Option<Value>> {
    match list.list() {
        [] => Ok(None),
        [one] => Ok(Some(text(one)?)),
        many => {
            let mut array = toml_edit::Array::new();
            for one in many {
                array.push(text(one)?);
            }
            Ok(Some(array.into()))
        }
    }
}

/// A text as TOML: paths in single quotes, so that backslashes stand as they are; what acts on a terminal as escapes.
fn text(text: &str) -> anyhow::Result<Value> {
    let plain = text.contains('\\') && !text.contains('\'') && !text.contains(crate::output::safe::acts);
    if plain {
        return Ok(format!("'{text}'").parse::<Value>()?);
    }
    if !text.contains(crate::output::safe::acts) {
        return Ok(Value::from(text));
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if crate::output::safe::acts(letter) => {
                quoted.push_str(&format!("\\U{:08X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    Ok(quoted.parse::<Value>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_score::envelope::{Amount, Date};

    fn entry(id: &str) -> Written {
        Written {
            id: id.into(),
            image: vec![r"C:\Program Files\Vendor\agent.exe".to_owned()].into(),
            signer: vec!["Vendor \u{1b}[31m\"x\" it's".to_owned()].into(),
            destinations: vec!["backup.example".to_owned(), "203.0.113.0/24".to_owned()].into(),
            ports: vec![Amount::Number(443), Amount::Text("2500-3300/tcp".into())],
            owner: "backup@corp.example".into(),
            reason: "it's nightly".into(),
            created: Some(Date::Text("2026-11-25".into())),
            ..Written::default()
        }
    }

    #[test]
    fn comments_and_order_of_what_people_wrote_stay() {
        let folder = tempfile::tempdir().unwrap();
        let place = AllowPlace { path: Some(folder.path().join("new").join("allow.toml")), named: false };
        assert!(place.envelopes().unwrap().is_empty());
        place.add(&[entry("a")]).unwrap();
        let path = place.path().unwrap().to_owned();
        let edited = fs::read_to_string(&path)
            .unwrap()
            .replace("id = \"a\"", "# reviewed by jo\nid   =   \"a\" # keep");
        fs::write(&path, &edited).unwrap();
        place.add(&[entry("b")]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&edited), "{text}");
        assert!(text.starts_with("# Sanctioned senders"), "{text}");
        let envelopes = place.envelopes().unwrap();
        assert_eq!(
            envelopes.list[1].written,
            Written { created: envelopes.list[1].written.created.clone(), ..entry("b") }
        );
        assert!(!text.contains('\u{1b}'));
        place.remove("B").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), edited);
        assert!(place.remove("b").unwrap_err().to_string().contains("no entry"));
    }

    #[test]
    fn a_bad_file_is_told_with_line_and_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow.toml");
        fs::write(&path, "[[allow]]\nid = \"a\"\n").unwrap();
        let place = AllowPlace { path: Some(path.clone()), named: true };
        let told = place.envelopes().unwrap_err().to_string();
        assert!(told.contains("allow.toml, line 1: ") && !told.contains('\n'), "{told}");
        assert!(place.add(&[entry("b")]).is_err() && place.remove("a").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[[allow]]\nid = \"a\"\n");
        let nowhere = AllowPlace { path: Some(folder.path().join("x.toml")), named: true };
        assert!(nowhere.envelopes().is_err());
    }
}
