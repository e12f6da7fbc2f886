//! `lopside usage`: bytes by process, host, user, destination or owner, external and internal apart.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::host::usage::{UsageKey, UsageSum};
use lopside_engine::stages::Ask;
use lopside_model::Micros;
use lopside_model::net::Scope;
use lopside_model::process::file_name;
use serde::Serialize;

use crate::args::Common;
use crate::engine;
use crate::governed::Governed;
use crate::output::layout::{Grid, wrap};
use crate::output::separated::Table;
use crate::output::{Format, json, safe, units};
use crate::redact::{Kind, Redactor};
use crate::summary;
use crate::terminal::Terminal;

mod governance;

use governance::Governance;

/// Rows that the text form tells of each scope.
const TOLD: usize = 50;

const EXAMPLES: &str = "\
Examples:
  lopside usage collected/                          which processes send most outside
  lopside usage collected/ --by host                which systems
  lopside usage collected/ --by destination -o usage.csv
  lopside usage collected/ --by user --since 2026-03-05
  lopside usage collected/ --by owner               who answers for it ([owners] in the configuration, lopside allow)

From flows: a flow without a process counts under (unknown). Only bytes that were measured are added up.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders to read; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// What a row stands for
    #[arg(long, value_name = "WHAT", default_value = "process")]
    by: By,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Process,
    Host,
    User,
    Destination,
    Owner,
}

/// A row's key: the part that `--by` names, external before internal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    scope: Scope,
    value: Option<String>,
    service: Option<String>,
}

/// A row's sums.
#[derive(Clone, Debug)]
struct Row {
    sum: UsageSum,
    /// The value in its own case.
    shown: Option<String>,
    hosts: BTreeSet<String>,
    destinations: BTreeSet<String>,
    /// Bytes sent inside of envelopes.
    inside: u64,
    /// Bytes sent that somebody answers for.
    owned: u64,
    /// Bytes sent by owner.
    owners: BTreeMap<String, u64>,
}

/// A row as the interface tells it.
#[derive(Serialize)]
struct Told<'r> {
    start: Micros,
    end: Micros,
    host: Option<&'r str>,
    process: Option<ToldProcess<'r>>,
    user: Option<&'r str>,
    destination: Option<&'r str>,
    interface: Option<&'r str>,
    owner: Option<&'r str>,
    bytes_out: u64,
    bytes_in: u64,
    scope: Scope,
    source: &'static str,
    flows: u64,
    flows_not_measured: u64,
    hosts: usize,
    destinations: usize,
    bytes_out_sanctioned: u64,
    bytes_out_owned: u64,
    owners: Vec<&'r str>,
}

#[derive(Serialize)]
struct ToldProcess<'r> {
    image: Option<&'r str>,
    name: Option<&'r str>,
    service: Option<&'r str>,
}

/// Sums and prints.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv])?;
    let mut results = common.results()?;
    let summary_file = summary::prepare(common)?;
    let envelopes = common.allow.envelopes()?;
    let owners = Governed::load(common)?.owners;
    let governed = !envelopes.is_empty() || !owners.is_empty();
    let run = engine::run(
        &args.paths,
        common,
        Ask { usage: true, findings: governed, ..Ask::default() },
        terminal,
    )?;
    summary::write(summary_file, &run, &[], common)?;
    let governance = Governance::new(&run.outcome, &envelopes, &owners)?;
    let rows = rows(&run.outcome.usage, args.by, &governance, common.redact.as_ref());
    match format {
        Format::Jsonl => {
            rows.iter().try_for_each(|(key, row)| json::line(&mut results, &row.told(key, args.by)))?;
        }
        Format::Csv => write_csv(&mut results, &rows, args.by)?,
        _ => {
            for line in table(&rows, args.by, governance.known, terminal.width) {
                writeln!(results, "{line}")?;
            }
        }
    }
    results.finish()?;
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}

/// Sums by what is asked for, most bytes sent first.
fn rows(
    usage: &BTreeMap<UsageKey, UsageSum>,
    by: By,
    governance: &Governance<'_>,
    redact: Option<&Redactor>,
) -> Vec<(Key, Row)> {
    let mut rows: BTreeMap<Key, Row> = BTreeMap::new();
    for (fine, sum) in usage {
        let share = governance.of(fine, sum);
        let owner = share
            .owner
            .map(|owner| redact.map_or_else(|| owner.clone(), |redact| redact.token(Kind::User, &owner)));
        let shown = if by == By::Owner { owner.clone() } else { value(fine, by, redact) };
        let key = Key {
            scope: fine.scope,
            value: shown.as_deref().map(str::to_lowercase),
            service: fine.service.clone().filter(|_| by == By::Process),
        };
        let row = rows.entry(key).or_insert_with(|| Row {
            sum: UsageSum { flows: 0, bytes_out: 0, bytes_in: 0, unmeasured: 0, ..*sum },
            shown,
            hosts: BTreeSet::new(),
            destinations: BTreeSet::new(),
            inside: 0,
            owned: 0,
            owners: BTreeMap::new(),
        });
        row.sum.merge(sum);
        row.inside = row.inside.saturating_add(share.inside);
        if let Some(owner) = owner {
            row.owned = row.owned.saturating_add(sum.bytes_out);
            let bytes = row.owners.entry(owner).or_default();
            *bytes = bytes.saturating_add(sum.bytes_out);
        }
        row.hosts.insert(fine.host.clone());
        row.destinations.insert(fine.destination.clone());
    }
    let mut rows: Vec<(Key, Row)> = rows.into_iter().collect();
    rows.sort_by(|one, other| {
        other.1.sum.bytes_out.cmp(&one.1.sum.bytes_out).then_with(|| one.0.cmp(&other.0))
    });
    rows
}

fn value(fine: &UsageKey, by: By, redact: Option<&Redactor>) -> Option<String> {
    match by {
        By::Process => fine
            .image
            .as_deref()
            .map(|image| redact.map_or(image.into(), |redact| redact.path(image)).into_owned()),
        By::Host => Some(redact.map_or_else(|| fine.host.clone(), |redact| redact.host(&fine.host))),
        By::User => fine
            .user
            .as_deref()
            .map(|user| redact.map_or_else(|| user.to_owned(), |redact| redact.token(Kind::User, user))),
        By::Destination => Some(match redact {
            // Inside, a destination is a host.
            Some(redact) => redact.domain(&fine.destination, fine.scope),
            _ => fine.destination.clone(),
        }),
        By::Owner => None,
    }
}

impl Row {
    /// Who answers for most of it, and how many others do for parts.
    fn owner_words(&self) -> String {
        let most =
            self.owners.iter().max_by(|one, other| one.1.cmp(other.1).then_with(|| other.0.cmp(one.0)));
        match (most, self.owners.len()) {
            (None, _) => "-".into(),
            (Some((owner, _)), 1) => safe::text(owner).into_owned(),
            (Some((owner, _)), count) => format!("{} +{}", safe::text(owner), count - 1),
        }
    }

    fn told<'r>(&'r self, key: &'r Key, by: By) -> Told<'r> {
        let shown = self.shown.as_deref();
        let of = |what: By| shown.filter(|_| by == what);
        let process = of(By::Process).map(|image| ToldProcess {
            image: Some(image),
            name: Some(file_name(image)),
            service: key.service.as_deref(),
        });
        Told {
            start: self.sum.first,
            end: self.sum.last,
            host: of(By::Host),
            process,
            user: of(By::User),
            destination: of(By::Destination),
            interface: None,
            owner: of(By::Owner),
            bytes_out: self.sum.bytes_out,
            bytes_in: self.sum.bytes_in,
            scope: key.scope,
            source: "flows",
            flows: self.sum.flows,
            flows_not_measured: self.sum.unmeasured,
            hosts: self.hosts.len(),
            destinations: self.destinations.len(),
            bytes_out_sanctioned: self.inside,
            bytes_out_owned: self.owned,
            owners: self.owners.keys().map(String::as_str).collect(),
        }
    }
}

fn write_csv(writer: &mut dyn Write, rows: &[(Key, Row)], by: By) -> csv::Result<()> {
    const COLUMNS: [&str; 20] = [
        "scope",
        "bytes_out",
        "bytes_in",
        "host",
        "process_image",
        "process_name",
        "service",
        "user",
        "destination",
        "owner",
        "start",
        "end",
        "flows",
        "flows_not_measured",
        "hosts",
        "destinations",
        "source",
        "bytes_out_sanctioned",
        "bytes_out_owned",
        "owners",
    ];
    let mut table = Table::new(writer, &COLUMNS)?;
    for (key, row) in rows {
        let told = row.told(key, by);
        let process = told.process.as_ref();
        table.plain(Some(told.scope.name()));
        table.plain(Some(told.bytes_out));
        table.plain(Some(told.bytes_in));
        table.text(told.host);
        table.text(process.and_then(|process| process.image));
        table.text(process.and_then(|process| process.name));
        table.text(process.and_then(|process| process.service));
        table.text(told.user);
        table.text(told.destination);
        table.text(told.owner);
        table.plain(Some(told.start));
        table.plain(Some(told.end));
        table.plain(Some(told.flows));
        table.plain(Some(told.flows_not_measured));
        table.plain(Some(told.hosts));
        table.plain(Some(told.destinations));
        table.plain(Some(told.source));
        table.plain(Some(told.bytes_out_sanctioned));
        table.plain(Some(told.bytes_out_owned));
        table.text(Some(&told.owners.join("; ")));
        table.end()?;
    }
    table.finish()
}

fn table(rows: &[(Key, Row)], by: By, governed: bool, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (scope, head) in [(Scope::External, "SENT OUTSIDE"), (Scope::Internal, "SENT INSIDE")] {
        let of_scope: Vec<&(Key, Row)> = rows.iter().filter(|(key, _)| key.scope == scope).collect();
        if of_scope.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let mut heads = vec![
            (head, true),
            ("RECEIVED", true),
            ("RATIO", true),
            ("FLOWS", true),
            ("HOSTS", true),
            ("DESTINATIONS", true),
        ];
        if governed {
            heads.push(("SANCTIONED", true));
        }
        if governed && by != By::Owner {
            heads.push(("OWNER", false));
        }
        heads.push((by.head(), false));
        let mut grid = Grid::new(&heads);
        for (key, row) in of_scope.iter().take(TOLD) {
            grid.row(cells(key, row, by, governed));
        }
        lines.extend(grid.lines(columns));
        if of_scope.len() > TOLD {
            lines.push(format!(
                "and {} more: --format csv has them all",
                units::count((of_scope.len() - TOLD) as u64)
            ));
        }
    }
    if !rows.is_empty() {
        lines.push(String::new());
        lines.extend(wrap(&shares(rows, governed), columns));
    }
    let unmeasured: u64 = rows.iter().map(|(_, row)| row.sum.unmeasured).sum();
    let flows: u64 = rows.iter().map(|(_, row)| row.sum.flows).sum();
    if flows == 0 {
        lines.push(
            "No flow was read, so nothing says how much was sent; lopside check tells what is missing".into(),
        );
    } else if unmeasured > 0 {
        lines.push(String::new());
        lines.push(format!(
            "In {} of {} a direction was not measured and is not added up; lopside check tells why",
            units::count(unmeasured),
            units::counted(flows, "flow")
        ));
    }
    lines
}

/// Which part of what was sent outside is sanctioned, and which has an owner.
fn shares(rows: &[(Key, Row)], governed: bool) -> String {
    if !governed {
        return "Nothing is sanctioned (lopside allow --help), and no owners are known ([owners] in the configuration)".into();
    }
    let outside = || rows.iter().filter(|(key, _)| key.scope == Scope::External);
    let sum = |of: fn(&Row) -> u64| outside().fold(0_u64, |all, (_, row)| all.saturating_add(of(row)));
    let all = sum(|row| row.sum.bytes_out);
    format!(
        "Of {} sent outside {} is inside of envelopes, and {} has an owner",
        units::bytes(all),
        units::share(sum(|row| row.inside), all),
        units::share(sum(|row| row.owned), all)
    )
}

fn cells(key: &Key, row: &Row, by: By, governed: bool) -> Vec<String> {
    let mut shown =
        row.shown.as_deref().map_or_else(|| "(unknown)".to_owned(), |value| safe::text(value).into_owned());
    if let Some(service) = &key.service {
        shown.push_str(&format!(" ({})", safe::text(service)));
    }
    if by == By::Owner && row.shown.is_none() {
        "(nobody that is known)".clone_into(&mut shown);
    }
    let mut cells = vec![
        units::bytes(row.sum.bytes_out),
        units::bytes(row.sum.bytes_in),
        units::ratio(row.sum.bytes_out, row.sum.bytes_in),
        units::count(row.sum.flows),
        units::count(row.hosts.len() as u64),
        units::count(row.destinations.len() as u64),
    ];
    if governed {
        cells.push(units::share(row.inside, row.sum.bytes_out));
    }
    if governed && by != By::Owner {
        cells.push(row.owner_words());
    }
    cells.push(shown);
    cells
}

impl By {
    fn head(self) -> &'static str {
        match self {
            By::Process => "PROCESS",
            By::Host => "HOST",
            By::User => "USER",
            By::Destination => "DESTINATION",
            By::Owner => "OWNER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> BTreeMap<UsageKey, UsageSum> {
        let key = |host: &str, image: &str, scope| UsageKey {
            host: host.into(),
            image: Some(image.into()),
            service: None,
            user: Some("CORP\\jo".into()),
            destination: "a.example".into(),
            scope,
        };
        let sum = |bytes_out| UsageSum {
            first: Micros(0),
            last: Micros(5),
            flows: 1,
            bytes_out,
            bytes_in: 1,
            unmeasured: 0,
        };
        BTreeMap::from([
            (key("a", "C:\\X.exe", Scope::External), sum(5)),
            (key("b", "c:\\x.exe", Scope::External), sum(7)),
            (key("b", "c:\\x.exe", Scope::Internal), sum(100)),
        ])
    }

    #[test]
    fn a_row_per_key_and_scope() {
        let rows = rows(&usage(), By::Process, &Governance::default(), None);
        let told: Vec<(Scope, u64, usize)> =
            rows.iter().map(|(key, row)| (key.scope, row.sum.bytes_out, row.hosts.len())).collect();
        assert_eq!(told, [(Scope::Internal, 100, 1), (Scope::External, 12, 2)]);
        let lines = table(&rows, By::Process, false, 80);
        assert!(lines[0].starts_with("SENT OUTSIDE") && lines[3].starts_with("SENT INSIDE"), "{lines:#?}");
    }

    #[test]
    fn other_keys_are_null() {
        let rows = rows(&usage(), By::User, &Governance::default(), Some(&Redactor::new(None)));
        let told = serde_json::to_value(rows[0].1.told(&rows[0].0, By::User)).unwrap();
        assert!(told["process"].is_null() && told["host"].is_null() && told["owner"].is_null());
        assert!(told["user"].as_str().unwrap().starts_with("user-"));
    }
}
