//! `lopside baseline show`: what is usual, in words and as a plot; `told` says the same for scripts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;
use lopside_model::net::Protocol;
use lopside_model::process::file_name;
use lopside_score::{Baseline, DestinationTold, HostTold, ProcessTold, Quantity, REMEMBERED, Summary, most};

use super::{names, plot, told};
use crate::args::Common;
use crate::baseline_file;
use crate::output::layout::{hang, hang_lines};
use crate::output::{Format, json, safe, units};
use crate::redact::Redactor;
use crate::terminal::Terminal;

/// Columns of the labels.
const LABEL: usize = 14;
/// So many names are listed.
pub(super) const LISTED: usize = 8;
/// So many matches of a name are told in full.
pub(super) const MATCHES: usize = 3;

const EXAMPLES: &str = "\
Examples:
  lopside baseline show march.baseline
  lopside baseline show march.baseline process chrome.exe
  lopside baseline show march.baseline host ws-17
  lopside baseline show march.baseline host ws-17 --format json
  lopside baseline show march.baseline destination example.com
  lopside baseline show shared.baseline host ws-17 --hash-key key.txt

NAME is a whole name, or of a process its file name, of a host its first part.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The baseline
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to tell of
    #[arg(value_enum, requires = "name")]
    what: Option<What>,
    /// Its name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Key of a baseline whose names are hashed, to ask for a name: a file that holds it, or env:NAME
    #[arg(long, value_name = "KEY")]
    hash_key: Option<String>,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum What {
    Process,
    Host,
    Destination,
}

/// Shows.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json])?;
    let mut baseline = match &args.hash_key {
        Some(key) => baseline_file::read(&args.file, Some(key), common.memory)?,
        None => baseline_file::read_locked(&args.file, common.memory)?,
    };
    let asked = args.what.zip(args.name.as_deref());
    if let Some((_, name)) = asked {
        baseline.reveal(name);
    }
    if format == Format::Json {
        let told = told::tell(&baseline, asked, common.redact.as_ref())?;
        let mut results = common.results()?;
        json::pretty(&mut results, &told)?;
        results.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    let show = Show { redact: common.redact.as_ref(), width: terminal.width };
    let told = match asked {
        Some((what, name)) => show.named(&baseline, what, name)?,
        None => show.all(&baseline),
    };
    let mut results = common.results()?;
    results.write_all(told.as_bytes())?;
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// How things are shown.
struct Show<'s> {
    redact: Option<&'s Redactor>,
    width: usize,
}

impl Show<'_> {
    fn line(&self, label: &str, text: &str) -> String {
        hang(&format!("{label:LABEL$}"), text, self.width)
    }

    fn list(&self, label: &str, items: &[String], of: usize) -> String {
        let mut items = items.to_vec();
        if of > items.len() {
            items.push(format!("and {} more", units::count((of - items.len()) as u64)));
        }
        if items.is_empty() { String::new() } else { hang_lines(&format!("{label:LABEL$}"), &items) }
    }

    fn plot(&self, title: &str, rows: &[(String, u64)]) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let bars = plot::bars(rows, self.width.saturating_sub(2));
        format!("\n{title}\n{}\n", bars.iter().map(|bar| format!("  {bar}")).collect::<Vec<_>>().join("\n"))
    }

    /// What the baseline rests on, and who sends most.
    fn all(&self, baseline: &Baseline) -> String {
        let summary = baseline.summary();
        let mut told = self.line(
            "Baseline",
            &format!(
                "{} over {} from {} to {}",
                units::counted(summary.hosts.into(), "host"),
                units::counted(summary.host_days, "host-day"),
                units::day(summary.first_day),
                units::day(summary.last_day)
            ),
        );
        told.push_str(&self.line(
            "Holds",
            &format!(
                "{} of {} processes to {}; rates from {}",
                units::counted(summary.channel_days, "channel-day"),
                units::count(summary.processes),
                units::counted(summary.destinations, "destination"),
                units::counted(summary.rated_channel_days, "channel-day"),
            ),
        ));
        if let Some(forgotten) = forgotten(&summary) {
            told.push_str(&self.line("Left out", &forgotten));
        }
        if summary.names_hashed {
            told.push_str(&self.line("Names", "hashed with a key; ask for one with --hash-key"));
        }
        let processes = baseline.processes();
        let most = widest(&processes, |row| row.hosts);
        let rows: Vec<String> =
            most.iter().take(LISTED).map(|(name, row)| self.process_line(name, row)).collect();
        told.push_str(&self.list("Processes", &rows, processes.len()));
        let destinations = baseline.destinations();
        let most = widest(&destinations, |row| row.hosts);
        let line = |(name, row): &(&String, &DestinationTold)| {
            format!("{}: {}", names::destination(name, self.redact), units::counted(row.hosts.into(), "host"))
        };
        let rows: Vec<String> = most.iter().take(LISTED).map(line).collect();
        told.push_str(&self.list("Destinations", &rows, destinations.len()));
        told
    }

    fn process_line(&self, name: &str, row: &ProcessTold) -> String {
        format!(
            "{}: {}, 9 in 10 host-days at most {}",
            names::process(name, self.redact),
            units::counted(row.hosts.into(), "host"),
            row.quantity.bytes(0.9).map_or("-".to_owned(), units::bytes)
        )
    }

    fn named(&self, baseline: &Baseline, what: What, name: &str) -> anyhow::Result<String> {
        let of = baseline.hosts();
        match what {
            What::Process => {
                self.matches(&baseline.processes(), what, name, &|name, row| self.process(name, row, of))
            }
            What::Host => self.matches(&baseline.host_rows(), what, name, &|name, row| self.host(name, row)),
            What::Destination => self
                .matches(&baseline.destinations(), what, name, &|name, row| self.destination(name, row, of)),
        }
    }

    /// The rows of a name in words.
    fn matches<T>(
        &self,
        rows: &BTreeMap<String, T>,
        what: What,
        name: &str,
        tell: &dyn Fn(&str, &T) -> String,
    ) -> anyhow::Result<String> {
        let found = find(rows, what, name, self.redact)?;
        let mut told: Vec<String> = found.iter().take(MATCHES).map(|(name, row)| tell(name, row)).collect();
        if found.len() > MATCHES {
            told.push(format!("and {} more of that name; give the whole name\n", found.len() - MATCHES));
        }
        Ok(told.join("\n"))
    }

    fn process(&self, name: &str, row: &ProcessTold, of: u32) -> String {
        let mut told = self.line("Process", &names::process(name, self.redact));
        told.push_str(&self.line(
            "Seen",
            &format!("on {} of {of} hosts, {}", row.hosts, dates(row.days, row.host_days, "host-day")),
        ));
        told.push_str(&self.quantity(&row.quantity));
        let ports: BTreeMap<String, u32> =
            row.ports.iter().map(|(port, hosts)| (port_name(*port), hosts)).collect();
        told.push_str(&self.line("Ports", &self.counted(&ports, "host", str::to_owned)));
        told.push_str(&self.line(
            "Destinations",
            &format!(
                "{} in all, {:.1} a host; it sends much and gets little back on {}",
                units::count(row.destinations.len() as u64),
                f64::from(row.pairs) / f64::from(row.hosts.max(1)),
                units::counted(row.heavy_hosts.into(), "host")
            ),
        ));
        let line = |(name, hosts): &(&str, u32)| {
            format!("{}: {}", names::destination(name, self.redact), units::counted((*hosts).into(), "host"))
        };
        let rows: Vec<String> = most(&row.destinations).iter().take(LISTED).map(line).collect();
        told.push_str(&self.list("", &rows, row.destinations.len()));
        let parents: BTreeMap<String, u32> =
            row.parents.iter().map(|(name, hosts)| (name.clone(), hosts)).collect();
        if !parents.is_empty() {
            told.push_str(
                &self.line(
                    "Started by",
                    &self.counted(&parents, "host", |name| safe::text(name).into_owned()),
                ),
            );
        }
        told.push_str(
            &self.sizes("Host-days by bytes that its largest channel sent", &row.quantity.by_bytes()),
        );
        told.push_str(&self.ratios(&row.quantity));
        told
    }

    fn host(&self, name: &str, row: &HostTold) -> String {
        let mut told = self.line("Host", &names::host(name, self.redact));
        told.push_str(&self.line("Seen", &dates(row.days, row.host_days, "host-day")));
        told.push_str(&self.quantity(&row.quantity));
        told.push_str(&self.line("Destinations", &units::count(row.destinations.into())));
        let line = |(name, days): &(&str, u32)| {
            format!("{}: {}", names::process(name, self.redact), units::counted((*days).into(), "day"))
        };
        let rows: Vec<String> = most(&row.processes).iter().take(LISTED).map(line).collect();
        told.push_str(&self.list("Processes", &rows, row.processes.len()));
        let line = |(name, days): &(&str, u32)| {
            format!("{}: {}", names::user(name, self.redact), units::counted((*days).into(), "day"))
        };
        let rows: Vec<String> = most(&row.users).iter().take(LISTED).map(line).collect();
        told.push_str(&self.list("Users", &rows, row.users.len()));
        told.push_str(
            &self
                .sizes("Processes and days by bytes that the largest channel sent", &row.quantity.by_bytes()),
        );
        let hours: Vec<(String, u64)> = row
            .hours
            .iter()
            .enumerate()
            .map(|(hour, days)| (format!("{hour:02} h"), u64::from(*days)))
            .collect();
        if hours.iter().any(|(_, days)| *days > 0) {
            told.push_str(&self.plot("Days on which a user was active, by hour (UTC)", &hours));
        }
        told
    }

    fn destination(&self, name: &str, row: &DestinationTold, of: u32) -> String {
        let mut told = self.line("Destination", &names::destination(name, self.redact));
        told.push_str(&self.line(
            "Seen",
            &format!(
                "from {} of {of} hosts, {}",
                row.hosts,
                dates(row.days, row.channel_days, "channel-day")
            ),
        ));
        told.push_str(&self.line(
            "Sends",
            &format!(
                "half of the channel-days at most {}, 9 in 10 at most {}; much and with little back from {}",
                row.bytes(0.5).map_or("-".to_owned(), units::bytes),
                row.bytes(0.9).map_or("-".to_owned(), units::bytes),
                units::counted(row.heavy_hosts.into(), "host")
            ),
        ));
        let line = |(name, hosts): &(&str, u32)| {
            format!("{}: {}", names::process(name, self.redact), units::counted((*hosts).into(), "host"))
        };
        let rows: Vec<String> = most(&row.processes).iter().take(LISTED).map(line).collect();
        told.push_str(&self.list("Processes", &rows, row.processes.len()));
        told.push_str(&self.sizes("Channel-days by bytes sent", &row.by_bytes()));
        told
    }

    fn quantity(&self, quantity: &Quantity) -> String {
        let bytes = |q| quantity.bytes(q).map_or("-".to_owned(), units::bytes);
        let ratio = |q| quantity.ratio(q).map_or("-".to_owned(), units::number_to_one);
        let out = format!("half of the days at most {}, 9 in 10 at most {}", bytes(0.5), bytes(0.9));
        let back =
            format!("sent to received {} on half of the days, at most {} on 9 in 10", ratio(0.5), ratio(0.9));
        self.line("Sends", &out) + &self.line("Ratio", &back)
    }

    fn counted(&self, names: &BTreeMap<String, u32>, noun: &str, shown: impl Fn(&str) -> String) -> String {
        let all = most(names);
        let mut list: Vec<String> = all
            .iter()
            .take(LISTED)
            .map(|(name, count)| format!("{} ({})", shown(name), units::counted((*count).into(), noun)))
            .collect();
        if names.len() > list.len() {
            list.push(format!("and {} more", names.len() - list.len()));
        }
        list.join(", ")
    }

    fn sizes(&self, title: &str, rows: &[(u8, u32)]) -> String {
        let label = |log: u8| units::bytes(1_u64.checked_shl(log.into()).unwrap_or(u64::MAX));
        let rows: Vec<(String, u64)> =
            rows.iter().map(|(log, count)| (format!("from {}", label(*log)), u64::from(*count))).collect();
        self.plot(title, &rows)
    }

    fn ratios(&self, quantity: &Quantity) -> String {
        let rows: Vec<(String, u64)> = quantity
            .by_ratio()
            .into_iter()
            .map(|(log, count)| (format!("from {}", doubling(log)), u64::from(count)))
            .collect();
        self.plot("The same by ratio of sent to received", &rows)
    }
}

/// First and last day, and how many observations of a kind lie between them.
fn dates(days: Option<(i32, i32)>, of: u32, noun: &str) -> String {
    match days {
        Some((first, last)) => {
            format!("{} to {}, {}", units::day(first), units::day(last), units::counted(of.into(), noun))
        }
        None => "on no day".to_owned(),
    }
}

/// A power of two as a ratio: `1:16`, `4:1`. Each has its own label, which a decimal rounded to one place has not.
fn doubling(log: i32) -> String {
    let power = 1_u64.checked_shl(log.unsigned_abs()).unwrap_or(u64::MAX);
    if log < 0 { format!("1:{power}") } else { format!("{power}:1") }
}

/// What is not remembered, where that is anything.
pub(super) fn forgotten(summary: &Summary) -> Option<String> {
    (summary.forgotten > 0).then(|| {
        format!(
            "{} of processes that reach more than {} from one host are counted and not named",
            units::counted(summary.forgotten, "destination"),
            units::count(REMEMBERED as u64)
        )
    })
}

/// The rows of a name, whole names first.
///
/// # Errors
/// Where there is none; it names what is like it.
pub(super) fn find<'r, T>(
    rows: &'r BTreeMap<String, T>,
    what: What,
    name: &str,
    redact: Option<&Redactor>,
) -> anyhow::Result<Vec<(&'r String, &'r T)>> {
    let wanted = name.to_lowercase();
    let is = |known: &str| match what {
        What::Process => known == wanted || file_name(known.split('/').next().unwrap_or(known)) == wanted,
        What::Host => {
            let known = known.to_lowercase();
            known == wanted || known.split('.').next() == Some(&wanted)
        }
        What::Destination => known == wanted,
    };
    let found: Vec<(&String, &T)> = match rows.get_key_value(name) {
        Some(row) => vec![row],
        None => rows.iter().filter(|(known, _)| is(known)).collect(),
    };
    if found.is_empty() {
        let like: Vec<&String> =
            rows.keys().filter(|known| known.to_lowercase().contains(&wanted)).take(3).collect();
        let shown = |name: &str| match what {
            What::Process => names::process(name, redact),
            What::Host => names::host(name, redact),
            What::Destination => names::destination(name, redact),
        };
        let what = match what {
            What::Process => "process",
            What::Host => "host",
            What::Destination => "destination",
        };
        let like = match like.is_empty() {
            true => "lopside baseline export lists what it holds".to_owned(),
            false => format!("like it: {}", words(&like, shown)),
        };
        bail!("the baseline holds no {what} {}; {like}", safe::text(name));
    }
    Ok(found)
}

/// Rows by their hosts, the most first, ties by name.
pub(super) fn widest<T>(rows: &BTreeMap<String, T>, hosts: impl Fn(&T) -> u32) -> Vec<(&String, &T)> {
    let mut list: Vec<(&String, &T)> = rows.iter().collect();
    list.sort_by(|a, b| hosts(b.1).cmp(&hosts(a.1)).then_with(|| a.0.cmp(b.0)));
    list
}

fn words(names: &[&String], shown: impl Fn(&str) -> String) -> String {
    names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")
}

/// `443/tcp`.
pub(super) fn port_name(port: u32) -> String {
    let protocol = Protocol((port & 0xff) as u8);
    if protocol.has_ports() { format!("{}/{}", port >> 8, protocol.name()) } else { protocol.name() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_bar_of_ratios_has_a_label_of_its_own() {
        let labels: BTreeSet<String> = (-32..32).map(doubling).collect();
        assert_eq!(labels.len(), 64);
        assert_eq!(
            (doubling(-4).as_str(), doubling(0).as_str(), doubling(3).as_str()),
            ("1:16", "1:1", "8:1")
        );
    }

    #[test]
    fn days_say_of_what_they_are() {
        assert_eq!(dates(Some((0, 4)), 535, "channel-day"), "1970-01-01 to 1970-01-05, 535 channel-days");
        assert_eq!(dates(Some((0, 0)), 1, "host-day"), "1970-01-01 to 1970-01-01, 1 host-day");
    }
}
