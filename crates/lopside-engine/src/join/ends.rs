//! Which process stood at each end of a flow: chosen among the connections that fit, inherited, ambiguous, or none, and why.

use lopside_model::process::{file_name, format_guid};
use lopside_model::record::Method;
use lopside_model::tables::Connection;
use lopside_model::time::SECOND;

use crate::join::context::JoinContext;
use crate::join::conversation::Group;
use crate::join::matching::{Candidate, own_end};

/// Confidence kept from one flow to the one that continues it.
const CONTINUED: f64 = 0.95;

/// What is known of the processes at the two ends of a conversation (which have no direction yet).
#[derive(Clone, Debug)]
pub(super) struct Ends<'c, 't> {
    pub(super) low: Side<'c, 't>,
    pub(super) high: Side<'c, 't>,
}

/// One end of a flow.
#[derive(Clone, Debug)]
pub(super) struct Side<'c, 't> {
    pub(super) method: Method,
    pub(super) confidence: f64,
    pub(super) offset: i64,
    pub(super) reason: &'static str,
    pub(super) candidates: Option<String>,
    pub(super) connection: Option<&'c Connection<'t>>,
    /// The process of that connection, with what others of the same process add.
    pub(super) process: Known<'t>,
}

/// What connections tell of one process beside its image.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'t> {
    pub(super) guid: Option<u128>,
    pub(super) pid: Option<u32>,
    pub(super) user: Option<&'t str>,
}

impl<'c, 't> Ends<'c, 't> {
    pub(super) fn of(
        group: &Group<'t, 'c>,
        candidates: &[(usize, Candidate<'c, 't>)],
        inherited: Option<Ends<'c, 't>>,
        context: &JoinContext,
    ) -> Ends<'c, 't> {
        let low = group.conversation.low;
        let (of_low, of_high): (Vec<&Candidate<'c, 't>>, Vec<&Candidate<'c, 't>>) = candidates
            .iter()
            .map(|(_, candidate)| candidate)
            .partition(|candidate| own_end(candidate.connection, context) == low);
        let (low, high) = inherited.map_or((None, None), |ends| (Some(ends.low), Some(ends.high)));
        Ends { low: Side::of(&of_low, group.spoken_of, low), high: Side::of(&of_high, group.spoken_of, high) }
    }
}

impl<'c, 't> Side<'c, 't> {
    /// Chooses among the connections of one end; `spoken_of` says whether any connection has this 5-tuple at all.
    fn of(
        candidates: &[&Candidate<'c, 't>],
        spoken_of: bool,
        inherited: Option<Side<'c, 't>>,
    ) -> Side<'c, 't> {
        let Some(best) = candidates.iter().min_by_key(|candidate| preference(candidate)) else {
            return Side::without(spoken_of, inherited);
        };
        let rivals: Vec<&&Candidate<'c, 't>> = candidates
            .iter()
            .filter(|other| !same_process(best.connection, other.connection) && as_likely(best, other))
            .collect();
        let confidence = confidence(best);
        if rivals.is_empty() {
            return Side {
                method: Method::Tuple,
                confidence,
                offset: best.corrected.offset,
                reason: reason(best),
                candidates: None,
                connection: Some(best.connection),
                process: richest(best, candidates),
            };
        }
        let mut names: Vec<String> = rivals
            .iter()
            .map(|rival| describe(rival.connection))
            .chain([describe(best.connection)])
            .collect();
        names.sort_unstable();
        names.dedup();
        Side {
            method: Method::Ambiguous,
            confidence: confidence / (1.0 + rivals.len() as f64),
            offset: best.corrected.offset,
            reason: "several processes opened this 5-tuple at times that fit as well",
            candidates: Some(names.join("\n")),
            connection: None,
            process: Known::default(),
        }
    }

    fn without(spoken_of: bool, inherited: Option<Side<'c, 't>>) -> Side<'c, 't> {
        if let Some(mut side) = inherited
            && side.connection.is_some()
        {
            side.method = Method::Continuation;
            side.confidence = (side.confidence * CONTINUED).max(0.5);
            side.reason = "continues a flow of the same 5-tuple that this process opened";
            return side;
        }
        let reason = if spoken_of {
            "a connection of this 5-tuple was logged, but at another time"
        } else {
            "no connection of this 5-tuple was logged"
        };
        Side {
            method: Method::None,
            confidence: 0.0,
            offset: 0,
            reason,
            candidates: None,
            connection: None,
            process: Known::default(),
        }
    }
}

/// Smaller is better: closeness first, then the richer event, then a total order.
fn preference<'c>(candidate: &Candidate<'c, '_>) -> (u8, u64, u8, &'c str, u32, u64) {
    let connection = candidate.connection;
    // Events of one opening at different sources lie within a second or two of each other: richness decides among those.
    let richness = u8::from(connection.guid.is_none()) + u8::from(connection.pid.is_none());
    (
        candidate.rank,
        candidate.apart / (3 * SECOND.unsigned_abs()),
        richness,
        connection.host,
        connection.input,
        connection.record,
    )
}

/// What the best connection and the others of its process say of it together.
fn richest<'t>(best: &Candidate<'_, 't>, candidates: &[&Candidate<'_, 't>]) -> Known<'t> {
    let connection = best.connection;
    let mut known = Known { guid: connection.guid, pid: connection.pid, user: connection.user };
    for other in candidates.iter().map(|candidate| candidate.connection) {
        if is_of(known, connection, other) {
            known.guid = known.guid.or(other.guid);
            known.pid = known.pid.or(other.pid);
            known.user = known.user.or(other.user);
        }
    }
    known
}

fn same_process(a: &Connection<'_>, b: &Connection<'_>) -> bool {
    is_of(Known { guid: a.guid, pid: a.pid, user: a.user }, a, b)
}

/// Whether another connection is of the process of this one, of which this is known.
fn is_of(known: Known<'_>, a: &Connection<'_>, b: &Connection<'_>) -> bool {
    if a.host != b.host {
        return false;
    }
    match (known.guid, b.guid, known.pid, b.pid) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => a == b,
        _ => match (a.image, b.image) {
            (Some(a), Some(b)) => file_name(a).eq_ignore_ascii_case(file_name(b)),
            _ => true,
        },
    }
}

fn as_likely(best: &Candidate<'_, '_>, other: &Candidate<'_, '_>) -> bool {
    // A score that halves every 1.4 s of distance: half as likely or more counts as a rival.
    other.rank == best.rank && other.apart <= best.apart + 1_400_000
}

fn confidence(candidate: &Candidate<'_, '_>) -> f64 {
    let seconds = candidate.apart as f64 / SECOND as f64;
    let closeness = match candidate.rank {
        0 => 0.99 - 0.03 * seconds.min(5.0),
        1 => 0.8,
        _ => 0.5,
    };
    if candidate.corrected.verified { closeness } else { closeness * 0.8 }
}

fn reason(candidate: &Candidate<'_, '_>) -> &'static str {
    match (candidate.rank, candidate.corrected.verified) {
        (0, true) => "a connection of the same 5-tuple at the start of the flow (host clock corrected)",
        (0, false) => "a connection of the same 5-tuple at the start of the flow (host clock not verified)",
        (1, true) => "a connection of the same 5-tuple during the flow (host clock corrected)",
        (1, false) => "a connection of the same 5-tuple during the flow (host clock not verified)",
        _ => "a connection of the same 5-tuple within two minutes (host clock not verified)",
    }
}

fn describe(connection: &Connection<'_>) -> String {
    let image = connection.image.unwrap_or("unknown image");
    let pid = connection.pid.map(|pid| format!(" pid {pid}")).unwrap_or_default();
    let guid = connection.guid.map(|guid| format!(" {}", format_guid(guid))).unwrap_or_default();
    format!("{image}{pid}{guid} on {}", connection.host)
}
