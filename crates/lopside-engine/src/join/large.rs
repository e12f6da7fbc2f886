//! A partition of conversations that is too large to be held whole: sorted on disk, and folded conversation by conversation and slice by
//! slice as one that is held.
//!
//! In: [`Runs`] of the tables. Out: the same [`Group`](super::conversation::Group)s in the same order as from
//! [`ConversationTables`](super::conversation::ConversationTables). Of a conversation a slice of its flows is in memory.

use std::sync::Arc;

use lopside_model::tables::{Connection, FileSeen, Flow, FlowName};

use crate::error::EngineError;
use crate::join::conversation::{Folded, GroupFold, Rows};
use crate::join::slices::{NameWindow, SLICE, Slice, cut};
use crate::order::runs::{Runs, Taken};
use crate::spill::Batch;

/// The tables of one partition of the first exchange, sorted.
pub struct SortedConversations {
    /// Flow records of every sensor.
    pub flows: Arc<Runs<Flow<'static>>>,
    /// Connections of every host.
    pub connections: Arc<Runs<Connection<'static>>>,
    /// Names that conversations carry.
    pub names: Arc<Runs<FlowName<'static>>>,
    /// What sensors' logs tell of content.
    pub files: Vec<Batch<FileSeen<'static>>>,
}

impl SortedConversations {
    /// Calls `fold` for each conversation, as [`Conversations::each`](super::conversation::Conversations::each).
    pub(super) fn each(&self, folded: Folded, fold: &mut GroupFold<'_>) -> Result<(), EngineError> {
        let mut flows = self.flows.merge()?;
        let mut connections = self.connections.merge()?;
        let mut names = self.names.merge()?;
        loop {
            let heads = [flows.key().map(|key| key.0), connections.key().map(|key| key.0)];
            let Some(hash) = heads.into_iter().flatten().min() else { return Ok(()) };
            if folded == Folded::WithConnections && heads[1] != Some(hash) {
                flows.skip_to(heads[1].unwrap_or(u64::MAX))?;
                // The last of all keys has none to skip to.
                if heads[1].is_none() {
                    return Ok(());
                }
                continue;
            }
            names.skip_to(hash)?;
            let own_connections = connections.take(hash, usize::MAX)?;
            let own_connections: Vec<Connection<'_>> = own_connections.rows().collect();
            let mut window = NameWindow::default();
            let mut ahead = Taken::default();
            let mut from = i64::MIN;
            loop {
                let mut own_flows = std::mem::take(&mut ahead);
                flows.fill(&mut own_flows, hash, SLICE)?;
                let mut next = flows.key().filter(|key| key.0 == hash).map(|key| key.1);
                if let Some(start) = next {
                    ahead = own_flows.split_off(cut(own_flows.moments(), start));
                    next = ahead.moments().next().or(next);
                }
                let slice = Slice::between(from, next);
                window.go_on(&mut names, hash, slice)?;
                let own_names = window.names(slice);
                let own_flows: Vec<Flow<'_>> = own_flows.rows().collect();
                let rows = Rows { flows: &own_flows, connections: &own_connections, names: &own_names };
                rows.fold(slice, fold)?;
                let Some(next) = next else { break };
                from = next;
            }
        }
    }
}
