//! Reading the values of an entry: what they must be, and what is said where they are not.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::identity::{Identity, Place, ProcessFacts};
use lopside_model::process::file_name;

use super::entry::{Image, User, drive_of};
use super::pattern::Pattern;
use super::place::{self, Destination, Host, Ports};
use super::written::{Amount, Date, Texts, Written};
use crate::settings::AccountContext;

/// Why an entry cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It has no name.
    #[error("an entry needs an id: a short name of letters, figures, - and _")]
    Id,
    /// It names no image.
    #[error(
        "entry {0:?} names no image; give the path of the image, like '%ProgramFiles%\\Vendor\\agent.exe'"
    )]
    NoImage(String),
    /// A finding has no process, or no path of it.
    #[error(
        "finding {0} names no process with its path: an envelope says who may send, and nobody could be told from another there"
    )]
    NoProcess(String),
    /// It names an image without a folder.
    #[error(
        "entry {0:?}: image {1:?} is a bare name, and any program can carry that name; give its path, like '%ProgramFiles%\\Vendor\\{1}'"
    )]
    BareName(String, String),
    /// It names no maker.
    #[error("entry {0:?} says neither signer nor product; a path alone is no identity: name one of them")]
    NoMaker(String),
    /// The image runs something else, and the entry does not say what.
    #[error(
        "entry {0:?}: {1} runs what it is told to; say which service, script or library with runs = \"…\""
    )]
    Runs(String, String),
    /// It says not where to.
    #[error(
        "entry {0:?} says not where it may send to; give destinations (domains, networks, or \"internal\")"
    )]
    NoDestination(String),
    /// A value cannot be read.
    #[error("entry {id:?}: {key} {value:?} is not {expected}")]
    Value {
        /// The entry.
        id: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Nobody answers for it.
    #[error("entry {0:?} has no {1}; somebody must answer for what is not shown")]
    Missing(String, &'static str),
    /// It ends before it begins.
    #[error("entry {0:?} expires before it was created")]
    Backwards(String),
    /// Another entry has its name.
    #[error("entry {0:?} stands twice; give each its own id")]
    Twice(String),
    /// A group is not known.
    #[error("entry {0:?} names the group {1:?}, which [groups] does not have")]
    Group(String, String),
}

/// Programs that run what they are told to: a path says nothing of what they do.
const RUNNERS: [&str; 30] = [
    "svchost.exe",
    "rundll32.exe",
    "regsvr32.exe",
    "dllhost.exe",
    "msiexec.exe",
    "msbuild.exe",
    "installutil.exe",
    "mshta.exe",
    "wscript.exe",
    "cscript.exe",
    "powershell.exe",
    "pwsh.exe",
    "cmd.exe",
    "java.exe",
    "javaw.exe",
    "python.exe",
    "pythonw.exe",
    "py.exe",
    "node.exe",
    "ruby.exe",
    "perl.exe",
    "php.exe",
    "bash.exe",
    "sh.exe",
    "wsl.exe",
    "deno.exe",
    "bun.exe",
    "lua.exe",
    "msedgewebview2.exe",
    "regasm.exe",
];

/// Reads the values of one entry.
pub(super) struct Reading<'i> {
    pub(super) id: &'i str,
}

impl Reading<'_> {
    pub(super) fn wrong(&self, key: &'static str, value: &str, expected: &'static str) -> EntryError {
        EntryError::Value { id: self.id.to_owned(), key, value: value.to_owned(), expected }
    }

    pub(super) fn images(&self, written: &Written) -> Result<Vec<Image>, EntryError> {
        let id = || self.id.to_owned();
        if written.image.is_empty() {
            return Err(EntryError::NoImage(id()));
        }
        let mut images = Vec::new();
        for text in written.image.list() {
            let facts = ProcessFacts { image: Some(text), ..ProcessFacts::default() };
            let identity = Identity::of(&facts).ok_or_else(|| EntryError::NoImage(id()))?;
            let kernel = identity.place == Place::Kernel;
            let folder = identity.key.rsplit_once('\\').map_or("", |(folder, _)| folder);
            let named = folder.chars().filter(|letter| letter.is_alphanumeric()).count();
            if !kernel && named == 0 {
                return Err(EntryError::BareName(id(), text.clone()));
            }
            let name = file_name(&identity.key).to_owned();
            if RUNNERS.contains(&name.as_str()) && written.runs.is_empty() {
                return Err(EntryError::Runs(id(), name));
            }
            if !kernel && written.signer.is_empty() && written.product.is_empty() {
                return Err(EntryError::NoMaker(id()));
            }
            let wrong = || self.wrong("image", text, "a path of at most 1024 characters");
            images.push(Image {
                path: Pattern::new(&identity.key).ok_or_else(wrong)?,
                drive: drive_of(text),
                place: identity.place,
            });
        }
        Ok(images)
    }

    pub(super) fn patterns(&self, key: &'static str, texts: &Texts) -> Result<Vec<Pattern>, EntryError> {
        let read = |text: &String| Pattern::new(text).ok_or_else(|| self.wrong(key, text, "a name"));
        texts.list().iter().map(read).collect()
    }

    pub(super) fn hosts(
        &self,
        texts: &Texts,
        groups: &BTreeMap<String, Texts>,
    ) -> Result<Vec<Host>, EntryError> {
        let mut hosts = Vec::new();
        for text in texts.list() {
            let members = match text.strip_prefix('@') {
                None => std::slice::from_ref(text),
                Some(name) => groups
                    .get(name)
                    .map(Texts::list)
                    .ok_or_else(|| EntryError::Group(self.id.to_owned(), name.to_owned()))?,
            };
            for member in members {
                hosts.push(Host::read(member).ok_or_else(|| {
                    self.wrong("hosts", member, "a name of hosts like srv-*, a network, or @group")
                })?);
            }
        }
        Ok(hosts)
    }

    pub(super) fn users(&self, texts: &Texts) -> Result<Vec<User>, EntryError> {
        let read = |text: &String| {
            let kind = AccountContext::ALL.into_iter().find(|kind| kind.name() == text.to_ascii_lowercase());
            match kind {
                Some(kind) => Ok(User::Kind(kind)),
                None => Pattern::new(text)
                    .filter(|_| text.contains('\\') || text.contains('*'))
                    .map(User::Named)
                    .ok_or_else(|| {
                        self.wrong(
                            "users",
                            text,
                            "DOMAIN\\name, or one of interactive, service, system, administrator",
                        )
                    }),
            }
        };
        texts.list().iter().map(read).collect()
    }

    pub(super) fn destinations(&self, texts: &Texts) -> Result<Vec<Destination>, EntryError> {
        if texts.is_empty() {
            return Err(EntryError::NoDestination(self.id.to_owned()));
        }
        let read = |text: &String| {
            Destination::read(text).ok_or_else(|| {
                self.wrong("destinations", text, "a domain, a network like 203.0.113.0/24, or \"internal\"")
            })
        };
        texts.list().iter().map(read).collect()
    }

    pub(super) fn ports(&self, written: &Written) -> Result<Vec<Ports>, EntryError> {
        let read = |amount: &Amount| {
            let text = amount.text();
            Ports::read(&text)
                .ok_or_else(|| self.wrong("ports", &text, "a port like 443, \"443/tcp\" or \"2500-3300\""))
        };
        written.ports.iter().map(read).collect()
    }

    pub(super) fn hours(&self, text: Option<&str>) -> Result<Option<u32>, EntryError> {
        let read = |text| {
            place::hours(text).ok_or_else(|| self.wrong("hours", text, "hours of the UTC day like \"22-06\""))
        };
        text.map(read).transpose()
    }

    pub(super) fn size(&self, written: &Written) -> Result<Option<u64>, EntryError> {
        let Some(amount) = &written.max_bytes_per_day else { return Ok(None) };
        let text = amount.text();
        let wrong = || self.wrong("max_bytes_per_day", &text, "a size above 0 like \"40 GB\"");
        size(&text).filter(|bytes| *bytes > 0).map(Some).ok_or_else(wrong)
    }

    pub(super) fn date(&self, key: &'static str, date: Option<&Date>) -> Result<Option<i32>, EntryError> {
        let read = |date: &Date| {
            let text = date.text();
            day_of(&text).ok_or_else(|| self.wrong(key, &text, "a date like 2026-11-25"))
        };
        date.map(read).transpose()
    }
}

/// Days since 1970-01-01 of a date.
pub fn day_of(text: &str) -> Option<i32> {
    let date = text.trim();
    (date.len() == 10).then(|| Micros::parse_iso(&format!("{date}T00:00:00Z"))).flatten().map(Micros::day)
}

/// The date of a day since 1970-01-01.
pub fn date_of(day: i32) -> String {
    Micros::of_day(day).to_string().chars().take(10).collect()
}

/// The shortest stretch of the UTC day that holds all hours of a mask (bits 0 to 23), as `22-02`; `None` where it is longer than `most`.
pub(super) fn hours_within(mask: u32, most: u32) -> Option<String> {
    let mask = mask & 0xff_ffff;
    if mask == 0 || mask.count_ones() > most {
        return None;
    }
    let has = |hour: u32| mask & (1 << (hour % 24)) != 0;
    // The longest stretch without any; what is left is the stretch with all.
    let gap = |start: &u32| (0..24).take_while(|offset| !has(start + offset)).count();
    let (start, length) = (0..24_u32)
        .map(|start| (start, gap(&start)))
        .max_by_key(|(start, length)| (*length, std::cmp::Reverse(*start)))?;
    let first = (start + u32::try_from(length).ok()?) % 24;
    let end = if start == 0 { 24 } else { start };
    let span = (end + 24 - first - 1) % 24 + 1;
    (span <= most).then(|| format!("{first:02}-{end:02}"))
}

/// Bytes of a text: `40 GB` and `40GB` in powers of 1000, `40 GiB` of 1024.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase().replace(['_', ','], "");
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let (letter, binary) = match unit.strip_suffix("ib") {
        Some(letter) => (letter, true),
        None => (unit.strip_suffix('b').unwrap_or(unit), false),
    };
    let power = ["", "k", "m", "g", "t", "p"].iter().position(|known| *known == letter)?;
    let base: f64 = if binary { 1_024.0 } else { 1_000.0 };
    let value = number.parse::<f64>().ok()? * base.powi(i32::try_from(power).ok()?);
    (value.is_finite() && (0.0..1.8e19).contains(&value)).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_dates() {
        assert_eq!(size("40 GB"), Some(40_000_000_000));
        assert_eq!(size("1.5MiB"), Some(1_572_864));
        assert_eq!(size("17"), Some(17));
        assert!(size("x").is_none() && size("-1").is_none() && size("1 XB").is_none());
        assert_eq!(day_of("1970-01-02"), Some(1));
        assert!(day_of("2026-13-01").is_none() && day_of("tomorrow").is_none());
        assert_eq!(date_of(20_517), "2026-03-05");
    }
}
