//! A partition of conversations that is too large to be held whole: sorted on disk, and folded conversation by conversation and slice by
//! slice as one that is held.
//!
//! In: [`Runs`] of the tables. Out: the same [`Group`](super::conversation::Group)s in the same order as from
//! [`ConversationTables`](super::conversation::ConversationTables). Of a conversation a slice of its flows is in memory.

use std::sync::Arc;

use lopside_model::table::RowBatch;
use lopside_model::tables::{Connection, FileSeen, Flow, FlowName};

use crate::error::EngineError;
use crate::join::conversation::{ConnectionTime, Folded, GroupFold, Rows, connection_tie};
use crate::join::slices::{NameWindow, SLICE, Slice, cut};
use crate::order::merge::{Merge, TAKEN, Taken};
use crate::order::runs::{Runs, Sorter};
use crate::spill::{Batch, Budget};

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
    /// Where what is sorted anew goes.
    pub budget: Arc<Budget>,
}

impl SortedConversations {
    /// Calls `fold` for each conversation, as [`Conversations::each`](super::conversation::Conversations::each).
    pub(super) fn each(
        &self,
        folded: Folded,
        time: &ConnectionTime<'_>,
        fold: &mut GroupFold<'_>,
    ) -> Result<(), EngineError> {
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
            let flown = flows.key().is_some_and(|key| key.0 == hash);
            let mut few = connections.take(hash, SLICE)?;
            while !flown && connections.key().is_some_and(|key| key.0 == hash) {
                // No flow speaks of them, so that it does not matter which are folded together.
                Rows::of_connections(&few.rows().collect::<Vec<_>>()).fold(None, fold)?;
                few = connections.take(hash, SLICE)?;
            }
            let spoken_of = !few.is_empty();
            let mut sliced = Sliced::of(few, &mut connections, hash, &self.budget, time)?;
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
                let own_connections = sliced.next(slice)?;
                let rows = Rows {
                    flows: &own_flows,
                    connections: &in_order(own_connections),
                    names: &own_names,
                    spoken_of,
                };
                rows.fold(slice, fold)?;
                let Some(next) = next else { break };
                from = next;
            }
        }
    }
}

/// The connections of one conversation, slice by slice.
enum Sliced {
    /// Few enough to be looked at with every slice.
    Few(Taken<Connection<'static>>),
    /// By the time that decides on their slice, and those of the slice that is at work.
    Many(Merge<Connection<'static>>, Taken<Connection<'static>>),
}

impl Sliced {
    fn of(
        few: Taken<Connection<'static>>,
        rest: &mut Merge<Connection<'static>>,
        hash: u64,
        budget: &Arc<Budget>,
        time: &ConnectionTime<'_>,
    ) -> Result<Sliced, EngineError> {
        if rest.key().is_none_or(|key| key.0 != hash) {
            return Ok(Sliced::Few(few));
        }
        let mut sorter = Sorter::<Connection<'static>>::new(budget, connection_tie);
        let mut some = few;
        while !some.is_empty() {
            let mut batch = RowBatch::default();
            some.rows().for_each(|row| batch.push(ordered(time(&row)), &row));
            batch.shrink();
            sorter.add(Arc::new(batch))?;
            some = rest.take(hash, TAKEN)?;
        }
        Ok(Sliced::Many(sorter.finish()?.into_merge()?, Taken::default()))
    }

    /// Those of the next slice; it may be more where they are few.
    fn next(&mut self, slice: Option<Slice>) -> Result<&Taken<Connection<'static>>, EngineError> {
        match self {
            Sliced::Few(all) => Ok(all),
            Sliced::Many(by_time, own) => {
                let until = slice.map_or(u64::MAX, |slice| ordered(slice.until));
                *own = by_time.take_while(usize::MAX, |time, _| time < until)?;
                Ok(own)
            }
        }
    }
}

/// A time as a key of the same order.
fn ordered(time: i64) -> u64 {
    time.cast_unsigned() ^ 1 << 63
}

/// Connections in the order that those of a conversation have.
fn in_order<'a>(taken: &'a Taken<Connection<'static>>) -> Vec<Connection<'a>> {
    let mut connections: Vec<Connection<'_>> = taken.rows().collect();
    connections.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| connection_tie(a, b)));
    connections
}
