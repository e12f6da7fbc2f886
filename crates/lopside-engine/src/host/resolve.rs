//! Transfers and contacts of one host with the rest of their process and the name of their destination.
//!
//! In: [`HostRows`] and the clocks. Out: [`HostView`]s, one a day.

use std::collections::BTreeMap;
use std::rc::Rc;

use hashbrown::{Equivalent, HashMap};
use lopside_model::channel::Origin;
use lopside_model::identity::{Identity, ProcessFacts, services};
use lopside_model::net::{AddressClass, Scope, class, from_bits};
use lopside_model::process::{Process, file_name, format_guid};
use lopside_model::record::{Method, NameSource};
use lopside_model::tables::{Access, Contact, Transfer};

use crate::error::EngineError;
use crate::host::elsewhere::Elsewhere;
use crate::host::names::Names;
use crate::host::ports::Ports;
use crate::host::preludes::Preludes;
use crate::host::processes::{Known, ProcessTable, sysmon_offset};
use crate::host::tables::{HostContacts, HostRows, HostTransfers};
use crate::join::clock::Clocks;

/// What is known of a process once its host's events met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessNote {
    /// The process as findings tell it (without the user, which a connection may know better).
    pub process: Process,
    /// What its baseline is kept for.
    pub identity: Option<Identity>,
    /// Start, corrected, where an event says so.
    pub started: Option<i64>,
    /// The parent's command line.
    pub parent_command_line: Option<String>,
    /// Original file name of the version resource.
    pub original_name: Option<String>,
    /// Company of the version resource.
    pub company: Option<String>,
    /// Where the start was written.
    pub origin: Option<Origin>,
    /// Services, joined.
    pub services: Option<String>,
    /// The number of this note among those of its host.
    pub number: u32,
}

/// A transfer with what its host knows.
#[derive(Clone, Debug)]
pub struct Resolved<'t> {
    /// The transfer, with method, domain and candidates as they are now.
    pub row: Transfer<'t>,
    /// Its process, where one was attached.
    pub note: Option<Rc<ProcessNote>>,
}

impl<'t> Resolved<'t> {
    /// The row with every field of the process filled in.
    pub fn told(&self) -> Transfer<'_> {
        let note = self.note.as_deref();
        Transfer {
            image: note.and_then(|note| note.process.image.as_deref()).or(self.row.image),
            user: self.user(),
            pid: self.row.pid.or(note.and_then(|note| note.process.pid)),
            command_line: note.and_then(|note| note.process.command_line.as_deref()),
            parent_image: note.and_then(|note| note.process.parent_image.as_deref()),
            services: note.and_then(|note| note.services.as_deref()),
            identity: note.and_then(|note| note.identity.as_ref()).map(|identity| identity.key.as_str()),
            ..self.row
        }
    }

    /// The user of the process.
    pub fn user(&self) -> Option<&str> {
        self.note.as_deref().and_then(|note| note.process.user.as_deref()).or(self.row.user)
    }

    /// The peer's address as tables hold it.
    pub fn peer(&self) -> (u128, u16) {
        if self.row.host_is_source {
            (self.row.destination_ip, self.row.destination_port)
        } else {
            (self.row.source_ip, self.row.source_port)
        }
    }

    /// The name of the peer, where it can be relied on (a reverse lookup cannot).
    pub fn name(&self) -> Option<(&'t str, NameSource)> {
        let source = NameSource::from_code(self.row.domain_source?);
        source.is_relied_on().then_some((self.row.domain?, source))
    }
}

/// A contact with what its host knows.
#[derive(Clone, Debug)]
pub struct ResolvedContact<'t> {
    /// The contact.
    pub row: Contact<'t>,
    /// Its process.
    pub note: Option<Rc<ProcessNote>>,
    /// The name of the peer.
    pub name: Option<&'t str>,
}

/// A part of one host with everything resolved: its transfers of one UTC day (or some of them, where the day has very many), or
/// its contacts of one (or some of them).
#[derive(Debug)]
pub struct HostView<'v, 't> {
    /// The host.
    pub host: &'t str,
    /// Transfers of a day, by start.
    pub transfers: Vec<Resolved<'t>>,
    /// Whether no more of this day follow.
    pub day_ends: bool,
    /// Contacts of a day, by time, once all transfers came.
    pub contacts: Vec<ResolvedContact<'t>>,
    /// All its accesses by time, corrected.
    pub accesses: &'v [(i64, Access<'t>)],
    /// Its archivers and installers.
    pub preludes: &'v Preludes<'t>,
    /// Process starts that were read, and how many had a command line; in the last part.
    pub starts: (u64, u64),
}

/// Transfers or contacts of a part: many of a day that a flood fills need not be held together.
const PART: usize = 65_536;

/// Resolves one host and calls `each` for its parts: one a day or more, so that no more than a part of a busy host is held here at
/// once, then those of its contacts, then one with what is left.
///
/// # Errors
/// When `each` fails, or rows cannot be read back.
pub fn resolve<'t>(
    mut rows: HostRows<'t>,
    mut transfers: HostTransfers<'_, '_>,
    mut contacts: HostContacts<'_, '_>,
    clocks: &Clocks,
    elsewhere: &'t Elsewhere,
    each: &mut dyn FnMut(&HostView<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let offset = sysmon_offset(rows.host, &rows.starts, &mut transfers, clocks)?;
    let processes = ProcessTable::new(rows.host, &rows.starts, &rows.ends, offset, clocks);
    let names = LookedUp { own: Names::new(rows.host, std::mem::take(&mut rows.lookups), clocks), elsewhere };
    let ports = Ports::new(&rows, &mut contacts, clocks)?;
    let volumes = volumes(&rows, &mut transfers, &processes)?;
    let mut notes = Notes { volumes, cache: HashMap::new(), processes: &processes };
    let accesses: Vec<(i64, Access<'t>)> =
        rows.accesses.iter().map(|access| (access.time - processes.offset, *access)).collect();
    let preludes = Preludes::of(&processes);
    let view = || HostView {
        host: rows.host,
        transfers: Vec::new(),
        day_ends: true,
        contacts: Vec::new(),
        accesses: &accesses,
        preludes: &preludes,
        starts: (0, 0),
    };
    transfers.parts(PART, &mut |part, day_ends| {
        let mut transfers = Vec::with_capacity(part.len());
        part.for_each(|row| {
            // Resolved where it stays: rows are wide.
            transfers.push(Resolved { row, note: None });
            let Some(Resolved { row, note }) = transfers.last_mut() else { return };
            ports.attach(row);
            names.name(row);
            if !matches!(Method::from_code(row.method), Method::None | Method::Ambiguous) {
                *note = notes.of(row.guid, row.pid, row.image, row.user, row.start);
            }
        });
        each(&HostView { transfers, day_ends, ..view() })
    })?;
    contacts.parts(PART, &mut |part, _| {
        let resolved = part.rows().map(|row| ResolvedContact {
            note: notes.of(row.guid, row.pid, row.image, row.user, row.time),
            name: names.of_contact(&row),
            row,
        });
        each(&HostView { contacts: resolved.collect(), ..view() })
    })?;
    let with_command_line = rows.starts.iter().filter(|start| start.command_line.is_some()).count();
    let starts = (rows.starts.len() as u64, with_command_line as u64);
    each(&HostView { starts, ..view() })
}

/// Names that were looked up, by this host and by others.
struct LookedUp<'t> {
    own: Names<'t>,
    elsewhere: &'t Elsewhere,
}

impl<'t> LookedUp<'t> {
    /// Gives a transfer that carries no name itself the name that was looked up.
    fn name(&self, row: &mut Transfer<'t>) {
        let known = row.domain_source.map(NameSource::from_code);
        let scope = Scope::from_code(row.scope);
        if known.is_some_and(NameSource::is_carried) || scope == Scope::Local {
            return;
        }
        let peer = if row.host_is_source { row.destination_ip } else { row.source_ip };
        let own = self.own.find(peer, row.start, row.guid, row.pid);
        let found = own.or_else(|| self.elsewhere(peer, row.start, scope == Scope::External));
        if let Some((name, source)) = found {
            row.domain = Some(name);
            row.domain_source = Some(source.code());
        }
    }

    /// The name of a contact's peer.
    fn of_contact(&self, row: &Contact<'t>) -> Option<&'t str> {
        let own = self.own.find(row.remote_ip, row.time, row.guid, row.pid);
        let external = class(from_bits(row.remote_ip)) == AddressClass::Public;
        own.or_else(|| self.elsewhere(row.remote_ip, row.time, external)).map(|(name, _)| name)
    }

    fn elsewhere(&self, peer: u128, start: i64, external: bool) -> Option<(&'t str, NameSource)> {
        let name = external.then(|| self.elsewhere.find(peer, start)).flatten()?;
        Some((name, NameSource::DnsOther))
    }
}

/// Makes one note a process.
struct Notes<'p, 't> {
    processes: &'p ProcessTable<'t>,
    volumes: BTreeMap<String, String>,
    cache: HashMap<NoteKey<Box<str>>, Rc<ProcessNote>>,
}

/// What a note is kept by: the parts of a host come and go, so that it owns its texts; they are looked for by borrowed ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct NoteKey<S> {
    guid: Option<u128>,
    pid: Option<u32>,
    image: Option<S>,
    user: Option<S>,
    started: Option<i64>,
}

impl Equivalent<NoteKey<Box<str>>> for NoteKey<&str> {
    fn equivalent(&self, known: &NoteKey<Box<str>>) -> bool {
        (self.guid, self.pid, self.image, self.user, self.started)
            == (known.guid, known.pid, known.image.as_deref(), known.user.as_deref(), known.started)
    }
}

impl Notes<'_, '_> {
    fn of(
        &mut self,
        guid: Option<u128>,
        pid: Option<u32>,
        image: Option<&str>,
        user: Option<&str>,
        time: i64,
    ) -> Option<Rc<ProcessNote>> {
        if guid.is_none() && pid.is_none() && image.is_none() {
            return None;
        }
        let known = self.processes.find(guid, pid, image, time);
        let key = NoteKey { guid, pid, image, user, started: known.map(|known| known.start) };
        if let Some(note) = self.cache.get(&key) {
            return Some(Rc::clone(note));
        }
        let owned_key = NoteKey {
            guid,
            pid,
            image: image.map(Box::from),
            user: user.map(Box::from),
            started: key.started,
        };
        let note = Rc::new(self.written(&key, known));
        self.cache.insert(owned_key, Rc::clone(&note));
        Some(note)
    }

    /// What is told of a process, as far as its start is known.
    fn written(&self, key: &NoteKey<&str>, known: Option<&Known<'_>>) -> ProcessNote {
        let event = known.map(|known| known.event);
        let image =
            event.and_then(|event| event.image).or(key.image).map(|image| dos_path(image, &self.volumes));
        let command_line = event.and_then(|event| event.command_line);
        let facts = ProcessFacts {
            image: image.as_deref(),
            command_line,
            original_name: event.and_then(|event| event.original_name),
            company: event.and_then(|event| event.company),
            parent_image: event.and_then(|event| event.parent_image),
        };
        let services = image.as_deref().map(|image| services(image, command_line)).unwrap_or_default();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ProcessNote {
            identity: Identity::of(&facts),
            started: key.started,
            parent_command_line: owned(event.and_then(|event| event.parent_command_line)),
            original_name: owned(facts.original_name),
            company: owned(facts.company),
            origin: known.map(|known| known.origin()),
            services: (!services.is_empty()).then(|| services.join(",")),
            number: u32::try_from(self.cache.len()).unwrap_or(u32::MAX),
            process: Process {
                name: image.as_deref().map(|image| file_name(image).to_owned()),
                pid: key.pid.or(event.and_then(|event| event.pid)),
                guid: key.guid.or(event.and_then(|event| event.guid)).map(format_guid),
                user: owned(key.user.or(event.and_then(|event| event.user))),
                command_line: owned(command_line),
                parent_image: owned(facts.parent_image),
                company: owned(facts.company),
                product: owned(event.and_then(|event| event.product)),
                services,
                instances: 1,
                image,
            },
        }
    }
}

/// Which drive letter a device volume is, learned from processes that one source writes by device and another by drive.
fn volumes(
    rows: &HostRows<'_>,
    transfers: &mut HostTransfers<'_, '_>,
    processes: &ProcessTable<'_>,
) -> Result<BTreeMap<String, String>, EngineError> {
    if !rows.device_paths {
        return Ok(BTreeMap::new());
    }
    let mut votes: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    transfers.each(|transfer| {
        let Some((volume, tail)) = transfer.image.and_then(device_path) else { return };
        let known = processes.find(transfer.guid, transfer.pid, transfer.image, transfer.start);
        let Some(image) = known.and_then(|known| known.event.image) else { return };
        if let Some((drive, path)) = image.split_once(':')
            && drive.len() == 1
            && path.eq_ignore_ascii_case(tail)
        {
            *votes
                .entry(volume.to_ascii_lowercase())
                .or_default()
                .entry(drive.to_ascii_uppercase())
                .or_insert(0) += 1;
        }
    })?;
    let learned = votes
        .into_iter()
        .filter_map(|(volume, drives)| {
            let (drive, _) =
                drives.into_iter().max_by_key(|(drive, count)| (*count, std::cmp::Reverse(drive.clone())))?;
            Some((volume, drive))
        })
        .collect();
    Ok(learned)
}

/// Splits `\device\harddiskvolume3\windows\x.exe` into volume and tail.
pub(crate) fn device_path(image: &str) -> Option<(&str, &str)> {
    const PREFIX: &str = r"\device\harddiskvolume";
    let head = image.get(..PREFIX.len())?;
    if !head.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    let slash = image.get(PREFIX.len()..)?.find('\\')? + PREFIX.len();
    Some(image.split_at(slash))
}

fn dos_path(image: &str, volumes: &BTreeMap<String, String>) -> String {
    if let Some((volume, tail)) = device_path(image)
        && let Some(drive) = volumes.get(&volume.to_ascii_lowercase())
    {
        return format!("{drive}:{tail}");
    }
    image.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_paths_become_drives_once_learned() {
        let volumes = BTreeMap::from([(r"\device\harddiskvolume3".to_owned(), "C".to_owned())]);
        assert_eq!(dos_path(r"\Device\HarddiskVolume3\Windows\a.exe", &volumes), r"C:\Windows\a.exe");
        assert_eq!(dos_path(r"\device\harddiskvolume9\a.exe", &volumes), r"\device\harddiskvolume9\a.exe");
        assert_eq!(dos_path("System", &volumes), "System");
    }
}
