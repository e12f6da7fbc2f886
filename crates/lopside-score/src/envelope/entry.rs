//! One envelope: the expected use of a sanctioned sender, checked and ready to be asked.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::identity::{Identity, Place, ProcessFacts};
use lopside_model::process::file_name;

use super::pattern::Pattern;
use super::place::{self, Destination, Host, Ports};
use super::written::{Date, Texts, Written};
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

/// Who a user may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum User {
    Named(Pattern),
    Kind(AccountContext),
}

/// An image that an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// Folded as process identities are.
    pub(super) path: Pattern,
    /// The drive, where one was written.
    drive: Option<char>,
    /// Where it lies.
    pub(super) place: Place,
}

/// An envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// As it is written.
    pub written: Written,
    /// Its line in the file, from 1; 0 where it is in none.
    pub line: usize,
    pub(super) images: Vec<Image>,
    pub(super) runs: Vec<Pattern>,
    pub(super) signers: Vec<Pattern>,
    pub(super) products: Vec<Pattern>,
    pub(super) hosts: Vec<Host>,
    pub(super) users: Vec<User>,
    pub(super) destinations: Vec<Destination>,
    pub(super) ports: Vec<Ports>,
    pub(super) hours: Option<u32>,
    pub(super) max_bytes: Option<u64>,
    pub(super) max_ratio: Option<f64>,
    pub(super) created: Option<i32>,
    pub(super) expires: Option<i32>,
}

/// Whether the image behind a channel-day is who the entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Its maker is named, and is the right one; or nobody but an administrator can write where it lies.
    Proven,
    /// It cannot be told.
    Unknown,
    /// It is somebody else.
    Contradicted(String),
}

impl Envelope {
    /// Checks an entry.
    ///
    /// # Errors
    /// When it names a bare image, or lacks what an envelope must say, or a value cannot be read.
    pub fn new(
        written: Written,
        groups: &BTreeMap<String, Texts>,
        line: usize,
    ) -> Result<Envelope, EntryError> {
        let id = written.id.clone();
        let plain = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
        if id.is_empty() || id.chars().count() > 80 || !id.chars().all(plain) {
            return Err(EntryError::Id);
        }
        for (text, key) in [(&written.owner, "owner"), (&written.reason, "reason")] {
            if text.trim().is_empty() {
                return Err(EntryError::Missing(id, key));
            }
        }
        let read = Reading { id: &id };
        let images = read.images(&written)?;
        let max_ratio = written.max_ratio;
        if max_ratio.is_some_and(|ratio| !ratio.is_finite() || ratio <= 0.0) {
            return Err(read.wrong("max_ratio", &max_ratio.unwrap_or(0.0).to_string(), "a number above 0"));
        }
        let envelope = Envelope {
            images,
            runs: read.patterns("runs", &written.runs)?,
            signers: read.patterns("signer", &written.signer)?,
            products: read.patterns("product", &written.product)?,
            hosts: read.hosts(&written.hosts, groups)?,
            users: read.users(&written.users)?,
            destinations: read.destinations(&written.destinations)?,
            ports: read.ports(&written)?,
            hours: read.hours(written.hours.as_deref())?,
            max_bytes: read.size(&written)?,
            max_ratio,
            created: read.date("created", written.created.as_ref())?,
            expires: read.date("expires", written.expires.as_ref())?,
            line,
            written,
        };
        if let (Some(created), Some(expires)) = (envelope.created, envelope.expires)
            && expires < created
        {
            return Err(EntryError::Backwards(id));
        }
        Ok(envelope)
    }

    /// Its short name.
    pub fn id(&self) -> &str {
        &self.written.id
    }

    /// The last day on which it holds, in days since 1970-01-01.
    pub fn expires(&self) -> Option<i32> {
        self.expires
    }

    /// The day on which it was written, in days since 1970-01-01.
    pub fn created(&self) -> Option<i32> {
        self.created
    }

    /// Whether a process identity is the one that is meant.
    pub(super) fn is_who(&self, identity: &str) -> bool {
        let (image, runs) = image_and_runs(identity);
        let told = match runs {
            Some(runs) => self.runs.iter().any(|pattern| pattern.fits(runs)),
            None => self.runs.is_empty(),
        };
        told && self.images.iter().any(|known| known.path.fits(image))
    }

    /// Whether host and user of a channel are among those that are meant.
    pub(super) fn is_whose(&self, channel: &Channel) -> bool {
        let host = self.hosts.is_empty()
            || self.hosts.iter().any(|host| host.fits(&channel.key.host, &channel.host_ips));
        let user = self.users.is_empty()
            || channel
                .key
                .user
                .as_deref()
                .is_some_and(|user| self.users.iter().any(|known| known.fits(user)));
        host && user
    }

    /// Whether everything that a channel sent on a day went where it may.
    pub(super) fn is_where(&self, channel: &Channel, day: &ChannelDay) -> bool {
        self.destinations.iter().any(|destination| destination.covers(channel, day))
    }

    /// Whether the image behind a channel-day is who it should be.
    pub(super) fn proof(&self, channel: &Channel, day: &ChannelDay) -> Proof {
        let mut makers = 0;
        for sender in &day.senders {
            let process = &sender.process;
            if let Some(drive) = process.image.as_deref().and_then(drive_of)
                && self.images.iter().all(|image| image.drive.unwrap_or('c') != drive)
            {
                return Proof::Contradicted(format!("it ran from drive {}:", drive.to_ascii_uppercase()));
            }
            for (what, known, patterns) in [
                ("company", process.company.as_deref(), &self.signers),
                ("product", process.product.as_deref(), &self.products),
            ] {
                let (Some(known), false) = (known, patterns.is_empty()) else { continue };
                if !patterns.iter().any(|pattern| pattern.fits(known)) {
                    return Proof::Contradicted(format!("its {what} is {known:?}"));
                }
                makers += 1;
            }
        }
        let guarded = matches!(channel.place, Place::Kernel | Place::Windows | Place::Programs);
        if guarded || (makers > 0 && makers >= day.senders.len()) { Proof::Proven } else { Proof::Unknown }
    }
}

impl User {
    /// Whether every user that the other one means is meant here.
    pub(super) fn holds(&self, other: &User) -> bool {
        match (self, other) {
            (User::Named(wide), User::Named(narrow)) => wide.holds(narrow),
            (one, other) => one == other,
        }
    }

    fn fits(&self, user: &str) -> bool {
        match self {
            User::Named(pattern) => pattern.fits(user),
            User::Kind(kind) => AccountContext::of(user) == *kind,
        }
    }
}

/// The image and what it runs, of a process identity.
pub fn image_and_runs(identity: &str) -> (&str, Option<&str>) {
    let name = file_name_start(identity);
    let (folder, name) = identity.split_at(name);
    match name.find(['/', ':']) {
        Some(at) => {
            let (image, rest) = name.split_at(at);
            let end = folder.len() + image.len();
            let mut runs = rest.chars();
            runs.next();
            (identity.get(..end).unwrap_or(identity), Some(runs.as_str()))
        }
        None => (identity, None),
    }
}

/// Where the file name of an identity begins: behind the last backslash before anything it runs.
fn file_name_start(identity: &str) -> usize {
    let end = identity.find('/').unwrap_or(identity.len());
    identity.get(..end).and_then(|image| image.rfind('\\')).map_or(0, |at| at + 1)
}

fn drive_of(image: &str) -> Option<char> {
    let mut letters = image.trim_matches('"').chars();
    let drive = letters.next()?.to_ascii_lowercase();
    (drive.is_ascii_alphabetic() && letters.next() == Some(':')).then_some(drive)
}

/// Reads the values of one entry.
struct Reading<'i> {
    id: &'i str,
}

impl Reading<'_> {
    fn wrong(&self, key: &'static str, value: &str, expected: &'static str) -> EntryError {
        EntryError::Value { id: self.id.to_owned(), key, value: value.to_owned(), expected }
    }

    fn images(&self, written: &Written) -> Result<Vec<Image>, EntryError> {
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

    fn patterns(&self, key: &'static str, texts: &Texts) -> Result<Vec<Pattern>, EntryError> {
        let read = |text: &String| Pattern::new(text).ok_or_else(|| self.wrong(key, text, "a name"));
        texts.list().iter().map(read).collect()
    }

    fn hosts(&self, texts: &Texts, groups: &BTreeMap<String, Texts>) -> Result<Vec<Host>, EntryError> {
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

    fn users(&self, texts: &Texts) -> Result<Vec<User>, EntryError> {
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

    fn destinations(&self, texts: &Texts) -> Result<Vec<Destination>, EntryError> {
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

    fn ports(&self, written: &Written) -> Result<Vec<Ports>, EntryError> {
        let read = |amount: &super::written::Amount| {
            let text = amount.text();
            Ports::read(&text)
                .ok_or_else(|| self.wrong("ports", &text, "a port like 443, \"443/tcp\" or \"2500-3300\""))
        };
        written.ports.iter().map(read).collect()
    }

    fn hours(&self, text: Option<&str>) -> Result<Option<u32>, EntryError> {
        let read = |text| {
            place::hours(text).ok_or_else(|| self.wrong("hours", text, "hours of the UTC day like \"22-06\""))
        };
        text.map(read).transpose()
    }

    fn size(&self, written: &Written) -> Result<Option<u64>, EntryError> {
        let Some(amount) = &written.max_bytes_per_day else { return Ok(None) };
        let text = amount.text();
        let wrong = || self.wrong("max_bytes_per_day", &text, "a size above 0 like \"40 GB\"");
        size(&text).filter(|bytes| *bytes > 0).map(Some).ok_or_else(wrong)
    }

    fn date(&self, key: &'static str, date: Option<&Date>) -> Result<Option<i32>, EntryError> {
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
    use super::super::testing::{entry, envelope};
    use super::*;

    fn error(change: impl Fn(&mut Written)) -> String {
        let mut written = entry();
        change(&mut written);
        Envelope::new(written, &BTreeMap::new(), 1).unwrap_err().to_string()
    }

    #[test]
    fn a_bare_name_is_refused_with_a_sentence() {
        for bare in ["agent.exe", r"*\agent.exe", r"**\agent.exe", r"C:\*\agent.exe"] {
            let told = error(|written| written.image = vec![bare.to_owned()].into());
            assert!(told.contains("bare name") && told.contains("path"), "{told}");
        }
        assert!(error(|written| written.signer = Texts::default()).contains("neither signer nor product"));
        assert!(
            error(|written| written.image = vec![r"C:\Windows\System32\svchost.exe".to_owned()].into())
                .contains("runs")
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(error(|written| written.hours = Some("late".into())).contains("hours \"late\""));
        assert!(
            error(|written| written.expires = Some(Date::Text("soon".into()))).contains("expires \"soon\"")
        );
        assert!(error(|written| written.destinations = Texts::default()).contains("where"));
        assert!(error(|written| written.owner = " ".into()).contains("owner"));
        assert!(error(|written| written.hosts = vec!["@x".to_owned()].into()).contains("group"));
        assert!(error(|written| written.max_ratio = Some(f64::NAN)).contains("max_ratio"));
        assert!(error(|written| written.users = vec!["jo".to_owned()].into()).contains("users"));
        assert!(error(|written| written.id = "a\u{202e}".into()).contains("id"));
    }

    #[test]
    fn who_is_path_and_what_it_runs() {
        let envelope = envelope();
        assert!(envelope.is_who(r"%programfiles%\vendor\agent.exe"));
        assert!(!envelope.is_who(r"%programfiles%\vendor\agent.exe/remote-controlled"));
        assert!(!envelope.is_who(r"%userprofile%\vendor\agent.exe"));
        assert_eq!(
            image_and_runs(r"%systemroot%\system32\svchost.exe/bits"),
            (r"%systemroot%\system32\svchost.exe", Some("bits"))
        );
        assert_eq!(image_and_runs(r"%systemroot%\powershell.exe:x.ps1|profile").1, Some("x.ps1|profile"));
        assert_eq!(image_and_runs("system"), ("system", None));
    }

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
