//! One partition of the second exchange, folded host by host.

use std::collections::BTreeSet;

use lopside_model::tables::{Access, Bind, Contact, Lookup, ProcessEnd, ProcessStart, Transfer};

use crate::error::EngineError;
use crate::exchange::Batch;
use crate::host::transfers::{
    HostTransfers, Passes, SortedTransfers, TransferOrder, TransferRows, Transfers, transfer_tie,
};
use crate::order::Sorted;

/// The tables of one partition of the second exchange.
#[derive(Default)]
pub struct HostTables {
    /// Transfers told from the hosts.
    pub transfers: Transfers,
    /// Connections that no flow speaks of.
    pub contacts: Vec<Batch<Contact<'static>>>,
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

/// Everything that concerns one host but its transfers, each list in a total order.
pub struct HostRows<'t> {
    /// The host.
    pub host: &'t str,
    /// Whether a transfer of this partition names an image by its device instead of its drive.
    pub device_paths: bool,
    /// By time.
    pub contacts: Vec<Contact<'t>>,
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

/// Calls `fold` for each host of a partition, in an order that does not depend on arrival. Transfers without a host come under the
/// empty name.
///
/// # Errors
/// When `fold` fails, or rows cannot be read back.
pub fn each_host(
    tables: &HostTables,
    mut fold: impl FnMut(HostRows<'_>, HostTransfers<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    match &tables.transfers {
        Transfers::Held(batches) => each_held(tables, batches, &mut fold),
        Transfers::Sorted(sorted) => each_sorted(tables, sorted, &mut fold),
    }
}

fn each_held<'t>(
    tables: &'t HostTables,
    batches: &'t [Batch<Transfer<'static>>],
    fold: &mut impl FnMut(HostRows<'_>, HostTransfers<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let order = TransferOrder::new(batches, transfer_tie);
    let mut orders = Orders::new(tables);
    let device_paths = tables.transfers.device_paths();
    let mut next = 0;
    loop {
        let heads = [orders.first_hash(), order.key(next).map(|key| key.0)];
        let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
        let from = next;
        next = order.end_of(hash, from);
        let transfers = TransferRows::of_hash(&order, from, next);
        let rows = HostRows { device_paths, ..orders.take(hash) };
        let name = transfers.names().chain(rows.names()).next().unwrap_or("");
        if transfers.names().chain(rows.names()).all(|other| other == name) {
            fold(HostRows { host: name, ..rows }, HostTransfers::Held(transfers))?;
            continue;
        }
        // Two hosts share a hash, by chance or by somebody's will: each is folded for itself.
        let names: BTreeSet<&str> = transfers.names().chain(rows.names()).collect();
        for name in names {
            fold(rows.only(name), HostTransfers::Held(transfers.only(name)))?;
        }
    }
}

fn each_sorted(
    tables: &HostTables,
    sorted: &SortedTransfers,
    fold: &mut impl FnMut(HostRows<'_>, HostTransfers<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut orders = Orders::new(tables);
    let mut hashes = sorted.hashes().into_iter().peekable();
    let mut passes = Passes::default();
    loop {
        let heads = [orders.first_hash(), hashes.peek().copied()];
        let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
        hashes.next_if_eq(&hash);
        let rows = HostRows { device_paths: tables.transfers.device_paths(), ..orders.take(hash) };
        let mut names: BTreeSet<&str> = sorted.hosts(hash).chain(rows.names()).collect();
        if names.len() == 1
            && let Some(name) = names.pop_first()
        {
            fold(HostRows { host: name, ..rows }, sorted.of_host(hash, name, &mut passes))?;
            continue;
        }
        for name in names {
            fold(rows.only(name), sorted.of_host(hash, name, &mut Passes::default()))?;
        }
    }
}

macro_rules! tables_of_a_host {
    ($( $field:ident: $table:ident, ($($tie:ident),*); )*) => {
        /// Every table but the transfers in the order of hosts, with how far it was taken.
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
                    rows.$field.extend((*position..until).filter_map(|position| order.at(position)));
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
    contacts: Contact, (input, record);
    starts: ProcessStart, (class, input, record);
    ends: ProcessEnd, (class, input, record);
    accesses: Access, (input, record);
    lookups: Lookup, (class, name, answer, pid, guid, ttl);
    binds: Bind, (input, record);
}
