//! Destinations and ports by process from connections alone: what endpoint logs can tell where no sensor measured bytes.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::name::group;
use lopside_model::net::{AddressClass, class, from_bits};
use lopside_model::process::file_name;

use crate::host::resolve::HostView;

/// What contacts are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactKey {
    /// The image's file name, lower-case; absent where no process is known.
    pub process: Option<String>,
    /// The destination group.
    pub destination: String,
    /// Port of the peer.
    pub port: u16,
}

/// Contacts of one kind; they merge by addition since a host lives in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactSum {
    /// Different hosts.
    pub hosts: u64,
    /// One of them, the first by name.
    pub example_host: String,
    /// The full path of one image.
    pub example_image: Option<String>,
    /// Connections.
    pub connections: u64,
    /// First connection.
    pub first: Micros,
    /// Last connection.
    pub last: Micros,
}

impl ContactSum {
    /// Adds the contacts of other hosts.
    pub fn merge(&mut self, other: &ContactSum) {
        self.hosts += other.hosts;
        if other.example_host < self.example_host {
            other.example_host.clone_into(&mut self.example_host);
            self.example_image.clone_from(&other.example_image);
        }
        self.connections += other.connections;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Counts what one host opened to external addresses without any flow speaking of it: a part of its contacts after the other.
pub fn add_contacts(sums: &mut BTreeMap<ContactKey, ContactSum>, view: &HostView<'_, '_>) {
    for contact in &view.contacts {
        let ip = from_bits(contact.row.remote_ip);
        if contact.row.outbound == Some(0) || class(ip) != AddressClass::Public {
            continue;
        }
        let image = contact.note.as_deref().and_then(|note| note.process.image.as_deref());
        let key = ContactKey {
            process: image.map(|image| file_name(image).to_lowercase()),
            destination: group(contact.name, ip),
            port: contact.row.remote_port,
        };
        let time = Micros(contact.row.time);
        match sums.get_mut(&key) {
            Some(sum) => {
                sum.connections += 1;
                (sum.first, sum.last) = (sum.first.min(time), sum.last.max(time));
            }
            None => {
                let sum = ContactSum {
                    hosts: 1,
                    example_host: view.host.to_owned(),
                    example_image: image.map(str::to_owned),
                    connections: 1,
                    first: time,
                    last: time,
                };
                sums.insert(key, sum);
            }
        }
    }
}
