//! One envelope: the expected use of a sanctioned sender, checked and ready to be asked.

use std::collections::BTreeMap;

use lopside_model::channel::{Channel, ChannelDay};
use lopside_model::identity::Place;

use super::pattern::Pattern;
use super::place::{Destination, Host, Ports};
use super::reading::{EntryError, Reading};
use super::written::{Texts, Written};
use crate::settings::AccountContext;

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
    pub(super) drive: Option<char>,
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
        if !told {
            return false;
        }
        // Identities lower no letters beyond ASCII.
        let image = image.to_lowercase();
        self.images.iter().any(|known| known.path.fits_lower(&image))
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

pub(super) fn drive_of(image: &str) -> Option<char> {
    let mut letters = image.trim_matches('"').chars();
    let drive = letters.next()?.to_ascii_lowercase();
    (drive.is_ascii_alphabetic() && letters.next() == Some(':')).then_some(drive)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entry, envelope};
    use super::super::written::Date;
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
}
