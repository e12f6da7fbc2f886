//! One partition of the second exchange, folded host by host.

use std::collections::BTreeSet;

use lopside_model::Micros;
use lopside_model::tables::{Access, Bind, Contact, Lookup, ProcessEnd, ProcessStart, Transfer};

use crate::error::EngineError;
use crate::exchange::Batch;
use crate::host::resolve::device_path;
use crate::order::Sorted;

/// The tables of one partition of the second exchange.
#[derive(Debug, Default)]
pub struct HostTables {
    /// Transfers told from the hosts.
    pub transfers: Vec<Batch<Transfer<'static>>>,
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

/// Everything that concerns one host, each list in a total order.
pub struct HostRows<'o, 't> {
    /// The host.
    pub host: &'t str,
    /// By start.
    pub transfers: TransferRows<'o, 't>,
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

/// The order of transfers: by host, then start.
type TransferOrder<'t> = Sorted<'t, Transfer<'static>>;

/// The transfers of one host by start. Rows are made when they are asked for: a busy host has too many to hold at once.
#[derive(Clone, Copy)]
pub struct TransferRows<'o, 't> {
    order: &'o TransferOrder<'t>,
    from: usize,
    until: usize,
    host: &'t str,
    /// Whether rows of other hosts stand between.
    mixed: bool,
}

impl<'o, 't> TransferRows<'o, 't> {
    /// Every row.
    pub fn iter(self) -> impl Iterator<Item = Transfer<'t>> + use<'o, 't> {
        (self.from..self.until)
            .filter(move |position| !self.mixed || self.host_at(*position) == Some(self.host))
            .filter_map(move |position| self.order.at(position))
    }

    /// How many rows there are at most.
    pub fn len(self) -> usize {
        self.until - self.from
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The rows of each UTC day, ascending.
    pub fn days(self) -> impl Iterator<Item = TransferRows<'o, 't>> + use<'o, 't> {
        let day = move |position: usize| self.order.key(position).map(|(_, start)| Micros(start).day());
        let mut from = self.from;
        std::iter::from_fn(move || {
            let first = (from < self.until).then(|| day(from)).flatten()?;
            let start = from;
            while from < self.until && day(from) == Some(first) {
                from += 1;
            }
            Some(TransferRows { from: start, until: from, ..self })
        })
    }

    /// The same rows in parts of at most `most`, each with whether it is the last.
    pub fn parts(self, most: usize) -> impl Iterator<Item = (TransferRows<'o, 't>, bool)> + use<'o, 't> {
        (self.from..self.until).step_by(most.max(1)).map(move |from| {
            let until = from.saturating_add(most.max(1)).min(self.until);
            (TransferRows { from, until, ..self }, until == self.until)
        })
    }

    fn host_at(&self, position: usize) -> Option<&'t str> {
        self.order.first_label(position)
    }

    /// The hosts of all rows, whichever host is meant.
    fn names(self) -> impl Iterator<Item = &'t str> + use<'o, 't> {
        (self.from..self.until).filter_map(move |position| self.host_at(position))
    }
}

/// Calls `fold` for each host of a partition, in an order that does not depend on arrival. Transfers without a host come under the
/// empty name.
///
/// # Errors
/// When `fold` fails.
pub fn each_host<'t>(
    tables: &'t HostTables,
    mut fold: impl FnMut(HostRows<'_, 't>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let order = TransferOrder::new(&tables.transfers, |a, b| {
        (a.host, transfer_key(a)).cmp(&(b.host, transfer_key(b)))
    });
    let mut orders = Orders::new(tables);
    let device_paths =
        tables.transfers.iter().any(|batch| batch.labels().any(|label| device_path(label).is_some()));
    let mut next = 0;
    loop {
        let heads = [orders.first_hash(), order.key(next).map(|key| key.0)];
        let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
        let from = next;
        next = order.end_of(hash, from);
        let transfers = TransferRows { order: &order, from, until: next, host: "", mixed: false };
        let rows = orders.take(hash, transfers);
        let name = rows.names().next().unwrap_or("");
        if rows.names().all(|other| other == name) {
            let transfers = TransferRows { host: name, ..transfers };
            fold(HostRows { host: name, transfers, device_paths, ..rows })?;
            continue;
        }
        // Two hosts share a hash, by chance or by somebody's will: each is folded for itself.
        let names: BTreeSet<&str> = rows.names().collect();
        for name in names {
            fold(HostRows { device_paths, ..rows.only(name) })?;
        }
    }
}

/// What makes the order of a host's transfers total.
fn transfer_key(row: &Transfer<'_>) -> (u128, u16, u128, u16, u8, u32, u64) {
    let source = (row.source_ip, row.source_port);
    let destination = (row.destination_ip, row.destination_port);
    (source.0, source.1, destination.0, destination.1, row.protocol, row.input, row.record)
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

            fn take<'o>(&mut self, hash: u64, transfers: TransferRows<'o, 't>) -> HostRows<'o, 't> {
                let mut rows = HostRows { host: "", transfers, device_paths: false, $( $field: Vec::new(), )* };
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

        impl<'o, 't> HostRows<'o, 't> {
            /// The host of every row.
            fn names(&self) -> impl Iterator<Item = &'t str> {
                self.transfers.names()$( .chain(self.$field.iter().map(|row| { let host: Option<&str> = row.host.into(); host.unwrap_or("") })) )*
            }

            fn only(&self, host: &'t str) -> HostRows<'o, 't> {
                HostRows { host, transfers: TransferRows { host, mixed: true, ..self.transfers }, device_paths: self.device_paths, $( $field: self.$field.iter().filter(|row| { let own: Option<&str> = row.host.into(); own.unwrap_or("") == host }).copied().collect(), )* }
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
