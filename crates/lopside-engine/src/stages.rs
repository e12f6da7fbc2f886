//! The stages as pure functions of one partition, and what they hand to each other. Nothing here knows which partition runs where.

use std::collections::BTreeMap;
use std::sync::Arc;

use lopside_model::Micros;
use lopside_model::channel::Channel;
use lopside_model::net::{AddressClass, Scope, class, from_bits};
use lopside_model::record::NameSource;
use lopside_model::table::RowBatch;
use lopside_model::tables::{Contact, Lookup, Transfer};

use crate::error::EngineError;
use crate::exchange::{Outbox, rows};
use crate::host::contacts::{ContactKey, ContactSum, add_contacts};
use crate::host::coverage::HostCoverage;
use crate::host::elsewhere::{Elsewhere, Heard, Wanted};
use crate::host::of_host::ByHost;
use crate::host::reached::{Asked, Reached};
use crate::host::resolve::{device_path, resolve};
use crate::host::sum::Channels;
use crate::host::tables::{HostTables, contact_tie, each_host, transfer_tie};
use crate::host::usage::{UsageKey, UsageSum, add_usage};
use crate::intake::{Exchanges, Locator};
use crate::join::attribute::{JoinCounts, JoinSink, attribute};
use crate::join::context::JoinContext;
use crate::join::conversation::{ConversationTables, Conversations, connection_tie, flow_tie, name_order};
use crate::join::large::SortedConversations;
use crate::order::runs::Sorter;

/// What is wanted of a run beside its report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// Channels, and findings from them.
    pub findings: bool,
    /// Every transfer, by start.
    pub transfers: bool,
    /// Usage sums.
    pub usage: bool,
}

/// Records that begin outside this span are left out of the result.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// From this moment on.
    pub since: Option<Micros>,
    /// Up to this moment.
    pub until: Option<Micros>,
}

impl Span {
    /// Whether a moment lies in the span.
    pub fn holds(&self, time: i64) -> bool {
        self.since.is_none_or(|since| time >= since.0) && self.until.is_none_or(|until| time < until.0)
    }
}

/// Says which uids have their flows in one partition of conversations: for records which know only the uid. Called where there are
/// any, since it is a row for every flow.
///
/// # Errors
/// When rows cannot be read or stored.
pub fn announce(exchanges: &Exchanges, partition: usize) -> Result<(), EngineError> {
    let mut outbox = Outbox::new(&exchanges.locators);
    let place = u32::try_from(partition).unwrap_or(0);
    for batch in exchanges.flows.stream(partition)? {
        for uid in batch?.iter().filter_map(|row| row.uid) {
            outbox.send(&Locator { uid: Some(uid), partition: place })?;
        }
    }
    outbox.close()
}

/// Sends the files of one partition of uids on to the conversations of their flows.
///
/// # Errors
/// When rows cannot be read or stored.
pub fn locate(exchanges: &Exchanges, partition: usize) -> Result<(), EngineError> {
    let files = exchanges.files_by_uid.take(partition)?;
    let locators = exchanges.locators.take(partition)?;
    if files.is_empty() {
        return Ok(());
    }
    let mut places: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
    for row in rows(&locators) {
        if let Some(uid) = row.uid {
            places.insert(uid, row.partition);
        }
    }
    let mut outbox = Outbox::new(&exchanges.files);
    for row in rows(&files) {
        if let Some(place) = places.get(row.uid) {
            outbox.send_to(usize::try_from(*place).unwrap_or(0), &row)?;
        }
    }
    outbox.close()
}

/// The conversations of one partition; they stay for a second reading unless `last`.
///
/// # Errors
/// When spilled rows cannot be read back, or those of a large partition not be sorted on disk.
pub fn conversations(
    exchanges: &Exchanges,
    partition: usize,
    last: bool,
) -> Result<Conversations, EngineError> {
    let Exchanges { flows, connections, names, files, .. } = exchanges;
    let bytes = flows.bytes(partition) + connections.bytes(partition) + names.bytes(partition);
    if bytes > exchanges.budget.each() {
        let sorted = SortedConversations {
            flows: flows.sorted(partition, flow_tie, |_| ())?,
            connections: connections.sorted(partition, connection_tie, |_| ())?,
            names: names.sorted(partition, name_order, |_| ())?,
            files: if last { files.take(partition)? } else { Vec::new() },
            budget: Arc::clone(&exchanges.budget),
        };
        if last {
            flows.forget(partition);
            connections.forget(partition);
            names.forget(partition);
        }
        return Ok(Conversations::Sorted(sorted));
    }
    if last {
        return Ok(Conversations::Whole(ConversationTables {
            flows: flows.take(partition)?,
            connections: connections.take(partition)?,
            names: names.take(partition)?,
            files: files.take(partition)?,
        }));
    }
    Ok(Conversations::Whole(ConversationTables {
        flows: flows.peek(partition)?,
        connections: connections.peek(partition)?,
        ..ConversationTables::default()
    }))
}

/// Joins one partition and sends transfers and contacts to their hosts.
///
/// # Errors
/// When rows cannot be read or stored.
pub fn join(
    conversations: &Conversations,
    context: &JoinContext,
    to_hosts: &mut ToHosts<'_>,
) -> Result<JoinCounts, EngineError> {
    attribute(conversations, context, to_hosts)
}

/// One worker's way from conversations to hosts.
pub struct ToHosts<'e> {
    span: Span,
    wanted: Wanted,
    reached: Reached,
    transfers: Outbox<'e, Transfer<'static>>,
    contacts: Outbox<'e, Contact<'static>>,
}

impl<'e> ToHosts<'e> {
    /// For what begins in the span.
    pub fn new(exchanges: &'e Exchanges, span: Span) -> ToHosts<'e> {
        ToHosts {
            span,
            wanted: Wanted::default(),
            reached: Reached::default(),
            transfers: Outbox::new(&exchanges.transfers),
            contacts: Outbox::new(&exchanges.contacts),
        }
    }

    /// Sends what is left; says which addresses were reached without a name, and which of them are external.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn close(self) -> Result<(Reached, Wanted), EngineError> {
        self.transfers.close()?;
        self.contacts.close()?;
        Ok((self.reached, self.wanted))
    }
}

impl JoinSink for ToHosts<'_> {
    fn transfer(&mut self, row: &Transfer<'_>) -> Result<(), EngineError> {
        if !self.span.holds(row.start) {
            return Ok(());
        }
        let carried = row.domain_source.is_some_and(|source| NameSource::from_code(source).is_carried());
        if !carried {
            let peer = if row.host_is_source { row.destination_ip } else { row.source_ip };
            self.reached.add(peer);
            if Scope::from_code(row.scope) == Scope::External {
                self.wanted.add(peer);
            }
        }
        self.transfers.send(row)
    }

    fn contact(&mut self, row: &Contact<'_>) -> Result<(), EngineError> {
        if !self.span.holds(row.time) {
            return Ok(());
        }
        self.reached.add(row.remote_ip);
        if class(from_bits(row.remote_ip)) == AddressClass::Public {
            self.wanted.add(row.remote_ip);
        }
        self.contacts.send(row)
    }
}

/// Sends the lookups that sensors saw to the hosts that made them, as far as they are needed, and goes through them for names of
/// the addresses that are wanted.
///
/// # Errors
/// When rows cannot be read or stored.
pub fn route_lookups(
    exchanges: &Exchanges,
    partition: usize,
    context: &JoinContext,
    reached: &Reached,
    heard: &mut Heard<'_>,
    outbox: &mut Outbox<'_, Lookup<'static>>,
) -> Result<(), EngineError> {
    let mut asked = Asked::new(reached);
    for batch in exchanges.sensor_lookups.drain(partition)? {
        for row in batch?.iter() {
            let Some(ip) = row.client_ip.map(from_bits) else { continue };
            let owner = context.owners.at(ip, Micros(row.time)).host;
            let address = if owner.is_none() { ip.to_string() } else { String::new() };
            let host = owner.unwrap_or(&address);
            if asked.needs(host, &row) {
                heard.add(&row, &context.clocks);
                outbox.send(&Lookup { host: Some(host), ..row })?;
            }
        }
    }
    Ok(())
}

/// Goes through the lookups of one partition of hosts for names of the addresses that are wanted: those that hosts logged, as long as
/// none are routed.
///
/// # Errors
/// When spilled rows cannot be read back.
pub fn hear(
    exchanges: &Exchanges,
    partition: usize,
    context: &JoinContext,
    heard: &mut Heard<'_>,
) -> Result<(), EngineError> {
    for batch in exchanges.lookups.stream(partition)? {
        batch?.iter().for_each(|lookup| heard.add(&lookup, &context.clocks));
    }
    Ok(())
}

/// What one partition of hosts comes to.
#[derive(Debug, Default)]
pub struct HostResult {
    /// Channels by key.
    pub channels: Vec<Channel>,
    /// Coverage by host; flows of no local host under the empty name.
    pub coverage: BTreeMap<String, HostCoverage>,
    /// Contacts that no flow speaks of.
    pub contacts: BTreeMap<ContactKey, ContactSum>,
    /// Usage.
    pub usage: BTreeMap<UsageKey, UsageSum>,
}

/// The tables of one partition of hosts; of the lookups those that are needed.
///
/// # Errors
/// When spilled rows cannot be read back.
pub fn host_tables(
    exchanges: &Exchanges,
    partition: usize,
    reached: &Reached,
) -> Result<HostTables, EngineError> {
    let mut asked = Asked::new(reached);
    let mut lookups = Vec::new();
    for batch in exchanges.lookups.drain(partition)? {
        let batch = batch?;
        lookups.push(asked.part(&batch).map_or(batch, Arc::new));
    }
    let mut device_paths = false;
    let transfers = ByHost::<Transfer<'static>>::take(
        &exchanges.transfers,
        partition,
        exchanges.budget.each(),
        transfer_tie,
        |batch| {
            device_paths = device_paths || batch.labels().any(|label| device_path(label).is_some());
        },
    )?;
    Ok(HostTables {
        transfers,
        device_paths,
        contacts: ByHost::<Contact<'static>>::take(
            &exchanges.contacts,
            partition,
            exchanges.budget.each(),
            contact_tie,
            |_| (),
        )?,
        starts: exchanges.starts.take(partition)?,
        ends: exchanges.ends.take(partition)?,
        accesses: exchanges.accesses.take(partition)?,
        lookups,
        binds: exchanges.binds.take(partition)?,
    })
}

/// Rows of a batch of transfers that are told.
const ROWS_TOLD: usize = 4_096;

/// Resolves and sums the hosts of one partition; transfers go to `told`, where they are asked for.
///
/// # Errors
/// When rows cannot be read or stored.
pub fn sum(
    tables: &HostTables,
    context: &JoinContext,
    elsewhere: &Elsewhere,
    ask: Ask,
    told: &mut Sorter<Transfer<'static>>,
) -> Result<HostResult, EngineError> {
    let mut result = HostResult::default();
    each_host(tables, |rows, transfers, own_contacts| {
        let host = rows.host.to_owned();
        let mut channels = Channels::default();
        let mut coverage = HostCoverage::default();
        let mut contacts = BTreeMap::new();
        resolve(rows, transfers, own_contacts, &context.clocks, elsewhere, &mut |view| {
            if ask.usage {
                add_usage(&mut result.usage, view);
            }
            if ask.transfers {
                for some in view.transfers.chunks(ROWS_TOLD) {
                    let mut batch = RowBatch::default();
                    some.iter().for_each(|transfer| batch.push(0, &transfer.told()));
                    batch.shrink();
                    told.add(Arc::new(batch))?;
                }
            }
            add_contacts(&mut contacts, view);
            coverage.add_view(view);
            if ask.findings {
                channels.add(view);
            }
            Ok(())
        })?;
        for (key, contact) in contacts {
            result.contacts.entry(key).and_modify(|known| known.merge(&contact)).or_insert(contact);
        }
        result.channels.extend(channels.finish());
        result.coverage.insert(host, coverage);
        Ok(())
    })?;
    Ok(result)
}

/// The order of transfers in the output: by start, then whatever makes it total.
pub fn transfer_order(a: &Transfer<'_>, b: &Transfer<'_>) -> std::cmp::Ordering {
    let key = |row: &Transfer<'_>| {
        (row.start, row.source_ip, row.source_port, row.destination_ip, row.destination_port, row.protocol)
    };
    key(a).cmp(&key(b)).then_with(|| (a.host, a.input, a.record).cmp(&(b.host, b.input, b.record)))
}
