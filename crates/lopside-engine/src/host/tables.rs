//! One partition of the second exchange, folded host by host.

use std::collections::BTreeSet;

use lopside_model::tables::{Access, Bind, Contact, Lookup, ProcessEnd, ProcessStart, Transfer};

use crate::error::EngineError;
use crate::exchange::Batch;
use crate::intake::host_hash;
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
#[derive(Debug)]
pub struct HostRows<'t> {
    /// The host.
    pub host: &'t str,
    /// By start.
    pub transfers: Vec<Transfer<'t>>,
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
/// When `fold` fails.
pub fn each_host<'t>(
    tables: &'t HostTables,
    mut fold: impl FnMut(HostRows<'t>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut orders = Orders::new(tables);
    while let Some(hash) = orders.first_hash() {
        let rows = orders.take(hash);
        let name = rows.names().next().unwrap_or("");
        if rows.names().all(|other| other == name) {
            fold(HostRows { host: name, ..rows })?;
            continue;
        }
        // Two hosts share a hash, by chance or by somebody's will: each is folded for itself.
        let names: BTreeSet<&str> = rows.names().collect();
        for name in names {
            fold(rows.only(name))?;
        }
    }
    Ok(())
}

macro_rules! tables_of_a_host {
    ($( $field:ident: $table:ident, $time:ident, ($($tie:ident),*); )*) => {
        /// Every table in the order of hosts, with how far it was taken.
        struct Orders<'t> { $( $field: (Sorted<'t, $table<'static>, (u64, i64)>, usize), )* }

        impl<'t> Orders<'t> {
            fn new(tables: &'t HostTables) -> Orders<'t> {
                Orders { $( $field: (Sorted::new(
                    &tables.$field,
                    |row, batch| (host_hash(batch.label(row.host).unwrap_or("")), row.$time),
                    |a: &$table<'t>, b: &$table<'t>| (a.host, $(a.$tie),*).cmp(&(b.host, $(b.$tie),*)),
                ), 0), )* }
            }

            fn first_hash(&self) -> Option<u64> {
                [$( self.$field.0.key(self.$field.1).map(|key| key.0), )*].into_iter().flatten().min()
            }

            fn take(&mut self, hash: u64) -> HostRows<'t> {
                let mut rows = HostRows { host: "", $( $field: Vec::new(), )* };
                $(
                    let (order, position) = &mut self.$field;
                    while order.key(*position).is_some_and(|key| key.0 == hash) {
                        rows.$field.extend(order.at(*position));
                        *position += 1;
                    }
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
                HostRows { host, $( $field: self.$field.iter().filter(|row| { let own: Option<&str> = row.host.into(); own.unwrap_or("") == host }).copied().collect(), )* }
            }
        }
    };
}

tables_of_a_host! {
    transfers: Transfer, start, (source_ip, source_port, destination_ip, destination_port, protocol, input, record);
    contacts: Contact, time, (input, record);
    starts: ProcessStart, time, (class, input, record);
    ends: ProcessEnd, time, (class, input, record);
    accesses: Access, time, (input, record);
    lookups: Lookup, time, (class, name, answer, pid, guid, ttl);
    binds: Bind, time, (input, record);
}
