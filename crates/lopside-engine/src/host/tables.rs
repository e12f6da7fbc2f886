//! One partition of the second exchange, folded host by host.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use lopside_model::tables::{Access, Bind, Contact, Lookup, ProcessEnd, ProcessStart, Transfer};

use crate::error::EngineError;
use crate::exchange::Batch;
use crate::host::of_host::{ByHost, OfHost, Passes};
use crate::order::Sorted;

/// The tables of one partition of the second exchange.
#[derive(Default)]
pub struct HostTables {
    /// Transfers told from the hosts.
    pub transfers: ByHost<Transfer<'static>>,
    /// Whether a transfer of this partition names an image by its device instead of its drive.
    pub device_paths: bool,
    /// Connections that no flow speaks of.
    pub contacts: ByHost<Contact<'static>>,
    /// Process starts.
    pub starts: Vec<Batch<ProcessStart<'static>>>,
    /// Process ends.
    pub ends: Vec<Batch<ProcessEnd<'static>>>,
    /// Process accesses.
    pub accesses: Vec<Batch<Access<'static>>>,
    /// Lookups of names, endpoints' and sensors'.
    pub lookups: Vec<Batch<Lookup<'static>>>,
    /// Bound ports.
    pub binds: Vec<Batch<Bind<'static>>>,
}

/// What concerns one host beside its transfers and contacts, each list in a total order.
pub struct HostRows<'t> {
    /// The host.
    pub host: &'t str,
    /// Whether a transfer of this partition names an image by its device instead of its drive.
    pub device_paths: bool,
    /// By time.
    pub starts: Vec<ProcessStart<'t>>,
    /// By time.
    pub ends: Vec<ProcessEnd<'t>>,
    /// By time.
    pub accesses: Vec<Access<'t>>,
    /// By time.
    pub lookups: Vec<Lookup<'t>>,
    /// By time.
    pub binds: Vec<Bind<'t>>,
}

/// The transfers of one host.
pub type HostTransfers<'o, 't> = OfHost<'o, 't, Transfer<'static>>;
/// The contacts of one host.
pub type HostContacts<'o, 't> = OfHost<'o, 't, Contact<'static>>;

/// Calls `fold` for each host of a partition, in an order that does not depend on arrival. Transfers without a host come under the
/// empty name.
///
/// # Errors
/// When `fold` fails, or rows cannot be read back.
pub fn each_host(
    tables: &HostTables,
    mut fold: impl FnMut(HostRows<'_>, HostTransfers<'_, '_>, HostContacts<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut all_transfers = tables.transfers.ordered(transfer_tie);
    let mut all_contacts = tables.contacts.ordered(contact_tie);
    let mut orders = Orders::new(tables);
    loop {
        let heads = [orders.first_hash(), all_transfers.first_hash(), all_contacts.first_hash()];
        let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
        let (transfers, contacts) = (all_transfers.take(hash), all_contacts.take(hash));
        let rows = HostRows { device_paths: tables.device_paths, ..orders.take(hash) };
        let names = || transfers.names().chain(contacts.names()).chain(rows.names());
        let name = names().next().unwrap_or("");
        if names().all(|other| other == name) {
            fold(HostRows { host: name, ..rows }, transfers.alone(name), contacts.alone(name))?;
            continue;
        }
        // Two hosts share a hash, by chance or by somebody's will: each is folded for itself.
        let names: BTreeSet<&str> = names().collect();
        for name in names {
            let (mut over_transfers, mut over_contacts) = (Passes::default(), Passes::default());
            let contacts = contacts.only(name, &mut over_contacts);
            fold(rows.only(name), transfers.only(name, &mut over_transfers), contacts)?;
        }
    }
}

/// What makes the order of transfers of one hash and start total.
pub(crate) fn transfer_tie(a: &Transfer<'_>, b: &Transfer<'_>) -> Ordering {
    (a.host, transfer_key(a)).cmp(&(b.host, transfer_key(b)))
}

fn transfer_key(row: &Transfer<'_>) -> (u128, u16, u128, u16, u8, u32, u64) {
    let source = (row.source_ip, row.source_port);
    let destination = (row.destination_ip, row.destination_port);
    (source.0, source.1, destination.0, destination.1, row.protocol, row.input, row.record)
}

/// What makes the order of contacts of one hash and time total.
pub(crate) fn contact_tie(a: &Contact<'_>, b: &Contact<'_>) -> Ordering {
    (a.host, a.input, a.record).cmp(&(b.host, b.input, b.record))
}

macro_rules! tables_of_a_host {
    ($( $field:ident: $table:ident, ($($tie:ident),*); )*) => {
        /// Those tables in the order of hosts, with how far it was taken.
        struct Orders<'t> { $( $field: (Sorted<'t, $table<'static>>, usize), )* }

        impl<'t> Orders<'t> {
            fn new(tables: &'t HostTables) -> Orders<'t> {
                Orders { $( $field: (Sorted::new(
                    &tables.$field,
                    |a: &$table<'t>, b: &$table<'t>| (a.host, $(a.$tie),*).cmp(&(b.host, $(b.$tie),*)),
                ), 0), )* }
            }

            fn first_hash(&self) -> Option<u64> {
                [$( self.$field.0.key(self.$field.1).map(|key| key.0), )*].into_iter().flatten().min()
            }

            fn take(&mut self, hash: u64) -> HostRows<'t> {
                let mut rows = HostRows { host: "", device_paths: false, $( $field: Vec::new(), )* };
                $(
                    let (order, position) = &mut self.$field;
                    let until = order.end_of(hash, *position);
                    rows.$field.reserve_exact(until - *position);
                    (*position..until).for_each(|position| {
                        order.with(position, |row| rows.$field.push(row));
                    });
                    *position = until;
                )*
                rows
            }
        }

        impl<'t> HostRows<'t> {
            /// The host of every row.
            fn names(&self) -> impl Iterator<Item = &'t str> {
                std::iter::empty()$( .chain(self.$field.iter().map(|row| { let host: Option<&str> = row.host.into(); host.unwrap_or("") })) )*
            }

            fn only(&self, host: &'t str) -> HostRows<'t> {
                HostRows { host, device_paths: self.device_paths, $( $field: self.$field.iter().filter(|row| { let own: Option<&str> = row.host.into(); own.unwrap_or("") == host }).copied().collect(), )* }
            }
        }
    };
}

tables_of_a_host! {
    starts: ProcessStart, (class, input, record);
    ends: ProcessEnd, (class, input, record);
    accesses: Access, (input, record);
    lookups: Lookup, (class, name, answer, pid, guid, ttl);
    binds: Bind, (input, record);
}
