//! Rare destinations and ports by process, from connections alone: what endpoint logs can tell without a sensor.

use std::collections::BTreeMap;

use lopside_engine::host::contacts::{ContactKey, ContactSum};

use crate::output::layout::Grid;
use crate::output::{safe, units};
use crate::redact::Redactor;

/// How many are told.
const TOLD: usize = 20;

/// The rarest contacts: on fewest hosts, then fewest connections.
pub(crate) fn rare(
    contacts: &BTreeMap<ContactKey, ContactSum>,
    redact: Option<&Redactor>,
    columns: usize,
) -> Vec<String> {
    let mut rarest: Vec<(&ContactKey, &ContactSum)> = contacts.iter().collect();
    rarest.sort_by_key(|(key, sum)| (sum.hosts, sum.connections, *key));
    let mut grid = Grid::new(&[
        ("HOSTS", true),
        ("CONNECTIONS", true),
        ("FIRST (UTC)", false),
        ("HOST", false),
        ("DESTINATION", false),
        ("PROCESS", false),
    ]);
    for (key, sum) in rarest.iter().take(TOLD) {
        let image = sum.example_image.as_deref().or(key.process.as_deref());
        let image = image.map(|image| redact.map_or(image.into(), |redact| redact.path(image)));
        let host = redact.map_or_else(|| sum.example_host.clone(), |redact| redact.host(&sum.example_host));
        let place = if key.destination.contains(':') {
            format!("[{}]", key.destination)
        } else {
            key.destination.clone()
        };
        grid.row(vec![
            units::count(sum.hosts),
            units::count(sum.connections),
            units::minute(sum.first),
            safe::text(&host).into_owned(),
            format!("{}:{}", safe::text(&place), key.port),
            image.map_or("(unknown)".into(), |image| safe::text(&image).into_owned()),
        ]);
    }
    let mut lines = grid.lines(columns);
    if rarest.len() > TOLD {
        lines.push(format!("and {} more", units::count((rarest.len() - TOLD) as u64)));
    }
    lines
}
