//! Paths as rows of a table, of CSV and of JSON lines.

use std::io::Write;

use lopside_model::Micros;
use lopside_model::net::Scope;
use lopside_model::process::file_name;
use serde::Serialize;

use super::paths::{Key, Path, Sanctioned};
use crate::output::layout::Grid;
use crate::output::separated::Table;
use crate::output::{safe, units};
use crate::redact::{Kind, Redactor};

/// Rows that the text form tells.
const TOLD: usize = 100;
/// Names of hosts and users that a row holds.
const NAMED: usize = 20;

/// A path as the interface tells it.
#[derive(Serialize)]
pub(super) struct Row {
    process: Process,
    destination: String,
    port: u16,
    transport: Option<String>,
    hosts: u64,
    users: usize,
    host_names: Vec<String>,
    user_names: Vec<String>,
    flows: u64,
    bytes_out: Option<u64>,
    bytes_in: Option<u64>,
    first_seen: Option<Micros>,
    last_seen: Option<Micros>,
    owner: Option<String>,
    /// How many owners there are: `owner` answers for most bytes.
    owners: usize,
    sanctioned: Sanctioned,
    bytes_out_inside: u64,
    envelopes: Vec<String>,
    measured: bool,
}

#[derive(Serialize)]
struct Process {
    identity: Option<String>,
    image: Option<String>,
    name: Option<String>,
}

impl Row {
    /// A path, redacted where that is asked for.
    pub(super) fn new(key: &Key, path: &Path, redact: Option<&Redactor>) -> Row {
        let image = path
            .image
            .as_deref()
            .map(|image| redact.map_or(image.into(), |redact| redact.path(image)).into_owned());
        let identity = key.identity.as_deref().map(|identity| shown_identity(identity, redact));
        let named = image.as_deref().or(identity.as_deref());
        let name = named.map(|image| file_name(image.split('/').next().unwrap_or(image)).to_owned());
        let token =
            |kind, value: &String| redact.map_or_else(|| value.clone(), |redact| redact.token(kind, value));
        let host = |name: &String| redact.map_or_else(|| name.clone(), |redact| redact.host(name));
        let (owner, owners) = path.owner();
        Row {
            process: Process { identity, image, name },
            destination: redact.map_or_else(
                || key.destination.clone(),
                |redact| redact.domain(&key.destination, Scope::External),
            ),
            port: key.port,
            transport: key.protocol.map(|protocol| protocol.name()),
            hosts: path.host_count(),
            users: path.users.len(),
            host_names: path.hosts.iter().take(NAMED).map(host).collect(),
            user_names: path.users.iter().take(NAMED).map(|user| token(Kind::User, user)).collect(),
            flows: path.flows,
            bytes_out: path.bytes.map(|(out, _)| out),
            bytes_in: path.bytes.map(|(_, back)| back),
            first_seen: path.seen.map(|(first, _)| first),
            last_seen: path.seen.map(|(_, last)| last),
            owner: owner.map(|owner| token(Kind::User, &owner.to_owned())),
            owners,
            sanctioned: path.sanctioned(),
            bytes_out_inside: path.bytes_inside,
            envelopes: path.envelopes.iter().map(|id| token(Kind::Entry, id)).collect(),
            measured: path.bytes.is_some(),
        }
    }

    fn place(&self) -> String {
        let place = if self.destination.contains(':') {
            format!("[{}]", self.destination)
        } else {
            self.destination.clone()
        };
        let transport = self.transport.as_deref().map_or(String::new(), |transport| format!("/{transport}"));
        format!("{}:{}{transport}", safe::text(&place), self.port)
    }

    fn process_words(&self) -> String {
        let known = self.process.image.as_deref().or(self.process.identity.as_deref());
        let runs = self
            .process
            .identity
            .as_deref()
            .and_then(|identity| lopside_score::envelope::image_and_runs(identity).1);
        let runs = runs.map_or(String::new(), |runs| format!(" ({})", safe::text(runs)));
        known.map_or("(process unknown)".into(), |image| format!("{}{runs}", safe::text(image)))
    }
}

/// Below a profile an identity is redacted as paths are.
fn shown_identity(identity: &str, redact: Option<&Redactor>) -> String {
    match (redact, identity.strip_prefix("%userprofile%\\")) {
        (Some(redact), Some(below)) => format!("%userprofile%\\{}", redact.token(Kind::Path, below)),
        _ => identity.to_owned(),
    }
}

/// The rows as text.
pub(super) fn table(rows: &[Row], columns: usize) -> Vec<String> {
    if rows.is_empty() {
        return vec![
            "no external path is in use, or nothing of it was recorded; lopside check tells what is missing"
                .into(),
        ];
    }
    let mut grid = Grid::new(&[
        ("HOSTS", true),
        ("USERS", true),
        ("SENT", true),
        ("RECEIVED", true),
        ("LAST (UTC)", false),
        ("SANCTIONED", false),
        ("OWNER", false),
        ("TO", false),
        ("PROCESS", false),
    ]);
    let bytes = |count: Option<u64>| count.map_or("-".into(), units::bytes);
    for row in rows.iter().take(TOLD) {
        let owner = row.owner.as_deref().map_or("-".into(), |owner| safe::text(owner).into_owned());
        grid.row(vec![
            units::count(row.hosts),
            units::count(row.users as u64),
            bytes(row.bytes_out),
            bytes(row.bytes_in),
            row.last_seen.map_or("-".into(), |last| units::minute(last).chars().take(10).collect()),
            row.sanctioned.name().into(),
            owner,
            row.place(),
            row.process_words(),
        ]);
    }
    let mut lines = grid.lines(columns);
    if rows.len() > TOLD {
        lines.push(format!(
            "and {} more: --format csv has them all",
            units::count((rows.len() - TOLD) as u64)
        ));
    }
    let count = |wanted: Sanctioned| rows.iter().filter(|row| row.sanctioned == wanted).count() as u64;
    let owned = rows.iter().filter(|row| row.owner.is_some()).count() as u64;
    let of_one = rows.iter().filter(|row| row.hosts == 1).count() as u64;
    lines.push(String::new());
    lines.push(format!(
        "{}: {} of one host alone, {} sanctioned, {} in part, {} with an owner",
        units::counted(rows.len() as u64, "external path"),
        units::count(of_one),
        units::count(count(Sanctioned::Yes)),
        units::count(count(Sanctioned::Partly)),
        units::count(owned)
    ));
    lines
}

/// The rows as comma-separated values.
pub(super) fn csv(writer: &mut dyn Write, rows: &[Row]) -> csv::Result<()> {
    let columns = [
        "hosts",
        "users",
        "bytes_out",
        "bytes_in",
        "process_identity",
        "process_image",
        "process_name",
        "destination",
        "port",
        "transport",
        "first_seen",
        "last_seen",
        "owner",
        "owners",
        "sanctioned",
        "bytes_out_inside",
        "envelopes",
        "flows",
        "host_names",
        "user_names",
        "measured",
    ];
    let mut table = Table::new(writer, &columns)?;
    for row in rows {
        table.plain(Some(row.hosts));
        table.plain(Some(row.users));
        table.plain(row.bytes_out);
        table.plain(row.bytes_in);
        table.text(row.process.identity.as_deref());
        table.text(row.process.image.as_deref());
        table.text(row.process.name.as_deref());
        table.text(Some(&row.destination));
        table.plain(Some(row.port));
        table.text(row.transport.as_deref());
        table.plain(row.first_seen);
        table.plain(row.last_seen);
        table.text(row.owner.as_deref());
        table.plain(Some(row.owners));
        table.plain(Some(row.sanctioned.name()));
        table.plain(Some(row.bytes_out_inside));
        table.text(Some(&row.envelopes.join(" ")));
        table.plain(Some(row.flows));
        table.text(Some(&row.host_names.join(" ")));
        table.text(Some(&row.user_names.join("; ")));
        table.plain(Some(row.measured));
        table.end()?;
    }
    table.finish()
}
