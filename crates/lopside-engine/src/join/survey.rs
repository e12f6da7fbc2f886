//! The first look at a partition of conversations: what the whole run must know before flows can get their processes.
//!
//! In: the tables of one partition. Out: a [`Survey`]: clock differences, claims of addresses and uids of enclosing tunnels, all of
//! which merge by addition or union.

use std::collections::{BTreeMap, BTreeSet};

use lopside_model::Micros;
use lopside_model::net::from_bits;
use lopside_model::record::{EventClass, FlowKind, LocalEnd};
use lopside_model::table::RowBatch;
use lopside_model::tables::{Connection, Flow};
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::join::clock::{ClockKey, Differences};
use crate::join::conversation::{ConversationTables, Folded, Group, each};
use crate::join::duplicates::{merge, native_end_is_source};
use crate::join::owners::Claims;

/// The log's own time is surveyed beside the event's where they are further apart than this.
const TIMES_DISAGREE: i64 = 120 * SECOND;

/// What one partition knows; merges with that of others.
#[derive(Debug, Default)]
pub struct Survey {
    /// Clock differences by clock.
    pub differences: BTreeMap<ClockKey, Differences>,
    /// Who claims which address.
    pub claims: Claims,
    /// Uids of flows that enclose others.
    pub tunnels: BTreeSet<String>,
}

impl Survey {
    /// Surveys one partition.
    ///
    /// # Errors
    /// Never at present: the fold that it uses can fail for others.
    pub fn of(tables: &ConversationTables) -> Result<Survey, EngineError> {
        let mut survey = Survey::default();
        let mut pairs: BTreeMap<(&str, EventClass, bool), Differences> = BTreeMap::new();
        for batch in &tables.flows {
            survey.note_flows(batch);
        }
        each(tables, Folded::WithConnections, |group| {
            if group.slice.is_none_or(|slice| slice.from == i64::MIN) {
                group.connections.iter().for_each(|connection| survey.claim(connection));
            }
            pair(group, &mut pairs);
            Ok(())
        })?;
        for ((host, class, logged), differences) in pairs {
            survey.differences.insert(ClockKey { host: host.to_owned(), class, logged }, differences);
        }
        Ok(survey)
    }

    /// Adds another partition's survey.
    pub fn merge(&mut self, other: Survey) {
        for (key, differences) in other.differences {
            self.differences.entry(key).or_default().merge(differences);
        }
        self.claims.merge(other.claims);
        self.tunnels.extend(other.tunnels);
    }

    /// A connection whose own end is certain proves that its host holds that address.
    fn claim(&mut self, connection: &Connection<'_>) {
        let ip = match LocalEnd::from_code(connection.local_end) {
            LocalEnd::Source | LocalEnd::SourceAccepted => connection.source_ip,
            LocalEnd::Destination => connection.destination_ip,
            LocalEnd::Unknown => return,
        };
        let class = EventClass::from_code(connection.class);
        self.claims.add(from_bits(ip), connection.host, class, Micros(connection.time));
    }

    /// Tunnels, and the hosts that name their address in their own flow records.
    fn note_flows(&mut self, flows: &RowBatch<Flow<'static>>) {
        for (index, packed) in flows.packed().iter().enumerate() {
            let native = packed.kind == FlowKind::Native.code();
            if !native && packed.tunnel_parents.is_none() {
                continue;
            }
            let Some(flow) = flows.row(index) else { continue };
            if let Some(parents) = flow.tunnel_parents {
                self.tunnels.extend(parents.split(',').filter(|uid| !uid.is_empty()).map(str::to_owned));
            }
            if native {
                let local = if native_end_is_source(&flow) { flow.source_ip } else { flow.destination_ip };
                if let Some(host) = flow.host {
                    self.claims.add(from_bits(local), host, EventClass::Sensor, Micros(flow.start));
                }
            }
        }
    }
}

/// A conversation that a sensor saw once and a host's events of one class saw once gives a pair of times.
fn pair<'t>(group: &Group<'t, '_>, pairs: &mut BTreeMap<(&'t str, EventClass, bool), Differences>) {
    if group.connections.is_empty() || group.flows.is_empty() || group.slice.is_some() {
        return;
    }
    let flows = merge(group.flows);
    let mut openings = flows.iter().filter(|flow| !flow.continues && flow.native.is_none());
    let (Some(flow), None) = (openings.next(), openings.next()) else { return };
    let start = Micros(flow.row.start);
    let mut counts: BTreeMap<(&str, EventClass), (u32, &Connection<'t>)> = BTreeMap::new();
    for connection in group.connections {
        let class = EventClass::from_code(connection.class);
        counts.entry((connection.host, class)).or_insert((0, connection)).0 += 1;
    }
    for ((host, class), (count, connection)) in counts {
        if count != 1 {
            continue;
        }
        let time = Micros(connection.time);
        pairs.entry((host, class, false)).or_default().add(time, start);
        if let Some(logged) = connection.logged.map(Micros)
            && logged.since(time).abs() > TIMES_DISAGREE
        {
            pairs.entry((host, class, true)).or_default().add(logged, start);
        }
    }
}
