//! Who used a local port when.
//!
//! In: bound ports and contacts of one host. Out: the process of a transfer that no connection speaks of.

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::net::Protocol;
use lopside_model::record::{EventClass, Method};
use lopside_model::tables::{Bind, Transfer};
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::host::tables::{HostContacts, HostRows};
use crate::join::clock::Clocks;
use crate::numbers::Numbers;

/// A bound port belongs to its process for at most this long without a sign of life.
const BOUND: i64 = 24 * 3_600 * SECOND;
/// A socket without connections is told by what else used its port within this time.
const SAME_SOCKET: i64 = 10 * 60 * SECOND;
/// Confidence of an attribution by local port alone.
const BY_PORT: f64 = 0.6;

/// Who used a local port when: for flows that no connection speaks of.
pub(super) struct Ports {
    by_port: HashMap<(u8, u16), Vec<Use>>,
    /// Images and users.
    texts: Numbers,
}

/// One sign of a process on a port; image and user by their numbers.
#[derive(Clone, Copy)]
struct Use {
    time: i64,
    pid: Option<u32>,
    guid: Option<u128>,
    image: Option<u32>,
    user: Option<u32>,
    bound: bool,
}

impl Ports {
    pub(super) fn new(
        rows: &HostRows<'_>,
        contacts: &mut HostContacts<'_, '_>,
        clocks: &Clocks,
    ) -> Result<Ports, EngineError> {
        let mut ports = Ports { by_port: HashMap::new(), texts: Numbers::default() };
        for bind in &rows.binds {
            let time = bound_at(rows.host, bind, clocks);
            let image = bind.image.map(|image| ports.texts.of(image));
            let entry = Use { time, pid: bind.pid, guid: None, image, user: None, bound: true };
            ports.by_port.entry((bind.protocol, bind.port)).or_default().push(entry);
        }
        // A datagram socket keeps its port over many peers: another connection on it tells the process.
        contacts.each(|contact| {
            if contact.protocol == Protocol::UDP.0 {
                let entry = Use {
                    time: contact.time,
                    pid: contact.pid,
                    guid: contact.guid,
                    image: contact.image.map(|image| ports.texts.of(image)),
                    user: contact.user.map(|user| ports.texts.of(user)),
                    bound: false,
                };
                ports.by_port.entry((contact.protocol, contact.local_port)).or_default().push(entry);
            }
        })?;
        let text = |image: Option<u32>| image.map(|image| ports.texts.text(image));
        let key = |entry: &Use| (entry.time, entry.pid, entry.guid);
        // Each list is sorted for itself, in whatever order.
        ports.by_port.values_mut().for_each(|uses| {
            uses.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| text(a.image).cmp(&text(b.image))));
        });
        Ok(ports)
    }

    /// Attaches the process that had the local port, where no connection did and exactly one process fits.
    pub(super) fn attach<'p>(&'p self, row: &mut Transfer<'p>) {
        let none = Method::from_code(row.method) == Method::None;
        let port = if row.host_is_source { row.source_port } else { row.destination_port };
        if !none || port == 0 || !Protocol(row.protocol).has_ports() {
            return;
        }
        let Some(uses) = self.by_port.get(&(row.protocol, port)) else { return };
        let until = uses.partition_point(|entry| entry.time <= row.start + 5 * SECOND);
        let fits = |entry: &&Use| row.start - entry.time <= if entry.bound { BOUND } else { SAME_SOCKET };
        let mut fitting = uses.get(..until).unwrap_or_default().iter().rev().filter(fits);
        let Some(latest) = fitting.next() else { return };
        let same = |other: &Use| match (latest.pid, other.pid) {
            (Some(a), Some(b)) => a == b,
            _ => latest.image == other.image,
        };
        // An older process on the port is only a rival where nothing shows that the port was bound anew.
        if !latest.bound && !fitting.all(same) {
            return;
        }
        row.method = Method::LocalPort.code();
        row.confidence = BY_PORT;
        row.reason = if latest.bound {
            "the process that had bound the local port (Security 5158)"
        } else {
            "the process that used the local port for another peer at that time"
        };
        row.pid = latest.pid;
        row.guid = latest.guid;
        row.image = latest.image.map(|image| self.texts.text(image));
        row.user = latest.user.map(|user| self.texts.text(user));
    }
}

fn bound_at(host: &str, bind: &Bind<'_>, clocks: &Clocks) -> i64 {
    clocks.corrected(host, EventClass::from_code(bind.class), Micros(bind.time)).0
}
