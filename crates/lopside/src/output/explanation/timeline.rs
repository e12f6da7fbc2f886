//! What happened, moment by moment, and the records behind each number.

use lopside_model::Micros;
use lopside_model::finding::{Evidence, Finding};

use crate::output::findings_table::destination;
use crate::output::units;

/// Records that are named of one file and kind.
const NAMED: usize = 6;
/// A start so long before the sending is not part of the story.
const HOURS_BEFORE: i64 = 24;

/// The moments of a finding, oldest first: the start of its process, an access to it, its first, largest and last flow.
pub(super) fn moments(finding: &Finding) -> Vec<String> {
    let mut moments: Vec<(Micros, u8, String)> = Vec::new();
    let of = |kind: &'static str| finding.evidence.iter().filter(move |record| record.kind == kind);
    let earliest =
        |kind| of(kind).filter_map(|record| Some((record.time?, record))).min_by_key(|(time, _)| *time);
    let parent = finding.process.as_ref().and_then(|process| process.parent_image.as_deref());
    if let Some((time, record)) = earliest("process") {
        let long_ago = finding.first_seen.since(time) > HOURS_BEFORE * lopside_model::time::HOUR;
        let by = parent.map_or(String::new(), |parent| format!(" by {parent}"));
        let long = if long_ago { " (long before)" } else { "" };
        moments.push((time, 0, format!("started{by}{long} [{}]", place(record))));
    }
    if let Some((time, record)) = earliest("access") {
        moments.push((time, 1, format!("another process opened it [{}]", place(record))));
    }
    let mut flows: Vec<(Micros, &Evidence)> =
        of("flow").filter_map(|record| Some((record.time?, record))).collect();
    flows.sort();
    let largest =
        flows.iter().max_by_key(|(time, record)| (record.bytes_out, std::cmp::Reverse(*time))).copied();
    if let Some((time, record)) = flows.first() {
        let of = if finding.flows == 1 {
            "the only flow".to_owned()
        } else {
            format!("first of {} flows", units::count(finding.flows))
        };
        moments.push((
            finding.first_seen.min(*time),
            2,
            format!("{of} to {}{}", destination(finding), told(record)),
        ));
    }
    if let Some((time, record)) = largest
        .filter(|(_, record)| finding.flows > 1 && flows.first().is_none_or(|(_, first)| *first != *record))
    {
        moments.push((time, 3, format!("the largest of them{}", told(record))));
    }
    if finding.flows > 1 || finding.last_seen.since(finding.first_seen) > lopside_model::time::HOUR {
        moments.push((finding.last_seen, 4, "last packet".to_owned()));
    }
    moments.sort();
    let same_day = moments.iter().all(|(time, ..)| time.day() == finding.first_seen.day());
    moments
        .into_iter()
        .map(|(time, _, text)| {
            let minute = units::minute(time);
            let clock = if same_day {
                minute.split_once(' ').map_or(minute.as_str(), |(_, clock)| clock)
            } else {
                &minute
            };
            format!("{clock}  {text}")
        })
        .collect()
}

/// Bytes and place of a flow's record.
fn told(record: &Evidence) -> String {
    let bytes = match (record.bytes_out, record.bytes_in) {
        (Some(out), Some(back)) => format!(": {} out, {} in", units::bytes(out), units::bytes(back)),
        (Some(out), None) => format!(": {} out", units::bytes(out)),
        _ => String::new(),
    };
    format!("{bytes} [{}]", place(record))
}

fn place(record: &Evidence) -> String {
    format!("{}:{}", record.file, record.record)
}

/// The records by what they show, a line for each file: which numbers rest on them.
pub(super) fn records(finding: &Finding) -> Vec<String> {
    let evidence = &finding.evidence;
    const KINDS: [(&str, &str); 4] = [
        ("flow", "bytes, flows and times"),
        ("connection", "which process, user and host"),
        ("process", "start, parent and command line"),
        ("access", "access to the process"),
    ];
    let mut lines = Vec::new();
    let known = |kind: &str| KINDS.iter().any(|(known, _)| *known == kind);
    for (kind, shows) in KINDS {
        let own =
            evidence.iter().filter(|record| record.kind == kind || (kind == "flow" && !known(&record.kind)));
        for (file, places) in by_file(own) {
            let named = places.len() as u64;
            let part = if kind == "flow" && named < finding.flows {
                format!(" ({named} of {} flows, the largest)", units::count(finding.flows))
            } else {
                String::new()
            };
            lines.push(format!("{shows}{part}: {file}{}", listed(&places)));
        }
    }
    lines
}

fn by_file<'e>(records: impl Iterator<Item = &'e Evidence>) -> Vec<(&'e str, Vec<&'e str>)> {
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    for record in records {
        match files.iter_mut().find(|(file, _)| *file == record.file) {
            Some((_, places)) => places.push(&record.record),
            None => files.push((&record.file, vec![&record.record])),
        }
    }
    files
}

/// `:1842, :1877 and 22 more`.
fn listed(places: &[&str]) -> String {
    let shown: Vec<String> = places.iter().take(NAMED).map(|place| format!(":{place}")).collect();
    let more = places.len().saturating_sub(NAMED);
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
