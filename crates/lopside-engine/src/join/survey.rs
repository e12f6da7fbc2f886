//! The first look at a partition of conversations: what the whole run must know before flows can get their processes.
//!
//! In: the tables of some partitions. Out: a [`Survey`]: clock differences, which merge by addition.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::record::{EventClass, FlowKind};
use lopside_model::tables::{Connection, Flow};
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::join::clock::{ClockKey, Differences};
use crate::join::conversation::{Conversations, Folded, Group};
use crate::join::duplicates::merge;
use crate::numbers::Numbers;

/// The log's own time is surveyed beside the event's where they are further apart than this.
const TIMES_DISAGREE: i64 = 120 * SECOND;

/// What some partitions know; merges with that of others.
#[derive(Debug, Default)]
pub struct Survey {
    hosts: Numbers,
    /// By the number of the host, the code of the class, and whether it is the log's own time.
    differences: HashMap<(u32, u8, bool), Differences>,
}

impl Survey {
    /// Surveys one partition.
    ///
    /// # Errors
    /// When rows cannot be read back.
    pub fn of(conversations: &Conversations) -> Result<Survey, EngineError> {
        let mut survey = Survey::default();
        survey.add(conversations)?;
        Ok(survey)
    }

    /// Surveys one more partition.
    ///
    /// # Errors
    /// As [`Survey::of`].
    pub fn add(&mut self, conversations: &Conversations) -> Result<(), EngineError> {
        // Slices are not surveyed.
        conversations.each(Folded::WithConnections, &|connection| connection.time, |group| {
            self.pair(group);
            Ok(())
        })
    }

    /// Adds another survey.
    pub fn merge(&mut self, other: Survey) {
        let numbers = self.hosts.translation(&other.hosts);
        for ((host, class, logged), differences) in other.differences {
            let Some(host) = usize::try_from(host).ok().and_then(|host| numbers.get(host)) else { continue };
            self.differences.entry((*host, class, logged)).or_default().merge(differences);
        }
    }

    /// Clock differences by clock.
    pub fn differences(&mut self) -> BTreeMap<ClockKey, Differences> {
        let hosts = &self.hosts;
        let key = |(host, class, logged): (u32, u8, bool)| ClockKey {
            host: hosts.text(host).to_owned(),
            class: EventClass::from_code(class),
            logged,
        };
        self.differences.drain().map(|(clock, differences)| (key(clock), differences)).collect()
    }

    /// A conversation that a sensor saw once and a host's events of one class saw once gives a pair of times.
    fn pair(&mut self, group: &Group<'_, '_>) {
        if group.connections.is_empty() || group.slice.is_some() {
            return;
        }
        let Some(start) = only_opening(group.flows) else { return };
        if group.connections.len() <= FEW {
            for connection in group.connections {
                let same = |other: &&Connection<'_>| {
                    (other.class, other.host) == (connection.class, connection.host)
                };
                if group.connections.iter().filter(same).count() == 1 {
                    self.add_pair(connection, start);
                }
            }
            return;
        }
        let mut counts: BTreeMap<(&str, u8), (u32, &Connection<'_>)> = BTreeMap::new();
        for connection in group.connections {
            counts.entry((connection.host, connection.class)).or_insert((0, connection)).0 += 1;
        }
        for (count, connection) in counts.into_values() {
            if count == 1 {
                self.add_pair(connection, start);
            }
        }
    }

    fn add_pair(&mut self, connection: &Connection<'_>, start: Micros) {
        let time = Micros(connection.time);
        let host = self.hosts.of(connection.host);
        self.differences.entry((host, connection.class, false)).or_default().add(time, start);
        if let Some(logged) = connection.logged.map(Micros)
            && logged.since(time).abs() > TIMES_DISAGREE
        {
            self.differences.entry((host, connection.class, true)).or_default().add(logged, start);
        }
    }
}

/// Up to this many connections of a conversation are compared with each other; more are counted.
const FEW: usize = 8;

/// The start of the one flow that opens a conversation, as a sensor saw it.
fn only_opening(flows: &[Flow<'_>]) -> Option<Micros> {
    if let [only] = flows {
        return (only.kind != FlowKind::Native.code()).then_some(Micros(only.start));
    }
    let flows = merge(flows);
    let mut openings = flows.iter().filter(|flow| !flow.continues && flow.native.is_none());
    match (openings.next(), openings.next()) {
        (Some(flow), None) => Some(Micros(flow.row.start)),
        _ => None,
    }
}
