//! The second look at a partition of conversations: each flow gets its process, or the reason why it has none.
//!
//! In: the tables of one partition, and what the whole run knows ([`JoinContext`]). Out: transfers, and contacts for connections that
//! no flow speaks of.

use lopside_model::tables::{Contact, Transfer};

use crate::error::EngineError;
use crate::join::context::JoinContext;
use crate::join::conversation::{Conversations, Folded};
use crate::join::duplicates::merge;
use crate::join::ends::Ends;
use crate::join::files::FilesByUid;
use crate::join::matching::{Events, contact, slice_time};
use crate::join::names::CarriedNames;
use crate::join::telling::Telling;

/// Counts of one partition's join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinCounts {
    /// Flow records that came in.
    pub records: u64,
    /// Flows after merging.
    pub flows: u64,
    /// Flows passed over because they only enclose others.
    pub tunnels: u64,
    /// Connections that no flow speaks of.
    pub contacts: u64,
}

/// What a partition's join hands on.
pub trait JoinSink {
    /// A transfer.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn transfer(&mut self, row: &Transfer<'_>) -> Result<(), EngineError>;
    /// A contact.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn contact(&mut self, row: &Contact<'_>) -> Result<(), EngineError>;
}

/// Joins one partition.
///
/// # Errors
/// When the sink cannot store, or rows cannot be read back.
pub fn attribute(
    conversations: &Conversations,
    context: &JoinContext,
    sink: &mut impl JoinSink,
) -> Result<JoinCounts, EngineError> {
    let files = FilesByUid::new(conversations.files());
    let mut counts = JoinCounts::default();
    conversations.each(Folded::All, &|connection| slice_time(connection, context), |group| {
        counts.records += group.flows.len() as u64;
        let mut flows = merge(group.flows);
        let before = flows.len();
        if !context.tunnels.is_empty() {
            flows.retain(|flow| !flow.uids().any(|uid| context.tunnels.contains(uid)));
        }
        counts.tunnels += (before - flows.len()) as u64;
        counts.flows += flows.len() as u64;
        let events = Events::assign(group, &flows, context);
        let names = CarriedNames::new(group.names);
        let mut inherited: Option<Ends<'_, '_>> = None;
        for (index, flow) in flows.iter().enumerate() {
            let ends = Ends::of(group, events.of(index), inherited.take(), context);
            Telling { group, flow, ends: &ends, names: &names, files: &files, context }.emit(sink)?;
            if flows.get(index + 1).is_some_and(|next| next.continues) {
                inherited = Some(ends);
            }
        }
        for connection in events.unmatched {
            counts.contacts += 1;
            sink.contact(&contact(connection, context))?;
        }
        Ok(())
    })?;
    Ok(counts)
}
