//! An entry for people: who, where, how much, who answers for it.

use lopside_model::finding::Finding;
use lopside_score::envelope::{Texts, Written};

use crate::output::layout::hang;
use crate::output::safe;

/// Columns of the labels.
const LABEL: usize = 12;

/// An entry in a few lines.
pub(super) fn entry(entry: &Written, columns: usize) -> String {
    let mut told = format!("{}\n", safe::text(&entry.id));
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            told.push_str(&hang(&format!("  {label:LABEL$}"), &safe::text(text), columns));
        }
    };
    let list = |texts: &Texts| texts.list().join(", ");
    let mut who = list(&entry.image);
    for (word, texts) in [("running", &entry.runs), ("by", &entry.signer), ("of", &entry.product)] {
        if !texts.is_empty() {
            who.push_str(&format!(" {word} {}", list(texts)));
        }
    }
    line("who", &who);
    line("on", &list(&entry.hosts));
    line("as", &list(&entry.users));
    let mut place = list(&entry.destinations);
    if !entry.ports.is_empty() {
        let ports: Vec<String> = entry.ports.iter().map(|port| port.text()).collect();
        place.push_str(&format!(" over {}", ports.join(", ")));
    }
    if entry.nowhere_else {
        place.push_str(", and nowhere else");
    }
    line("to", &place);
    line("hours", &entry.hours.as_ref().map_or_else(String::new, |hours| format!("{hours} UTC")));
    let much = [
        entry.max_bytes_per_day.as_ref().map(|amount| format!("{} a day and host", amount.text())),
        entry.max_ratio.map(|ratio| format!("{ratio}:1")),
    ];
    line("at most", &much.into_iter().flatten().collect::<Vec<_>>().join(", "));
    line("owner", &entry.owner);
    line("reason", &entry.reason);
    let date = |date: &Option<lopside_score::envelope::Date>| date.as_ref().map(|date| date.text());
    let life = match (date(&entry.created), date(&entry.expires)) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("from {from}, without an end"),
        (None, Some(to)) => format!("until {to}"),
        (None, None) => "without an end".into(),
    };
    line("holds", &life);
    told
}

/// Findings that an entry hides, a line each.
pub(super) fn hidden(findings: &[&Finding], columns: usize) -> String {
    const TOLD: usize = 20;
    let mut told = String::new();
    for finding in findings.iter().take(TOLD) {
        let label = format!(
            "  {:8}  {}  ",
            finding.severity.name(),
            safe::text(finding.id.get(..8).unwrap_or(&finding.id))
        );
        told.push_str(&hang(&label, &safe::text(&finding.title), columns));
    }
    if findings.len() > TOLD {
        told.push_str(&format!("  and {} more\n", findings.len() - TOLD));
    }
    told
}
