//! A baseline in words, with its plots.

use std::collections::BTreeMap;

use lopside_model::net::Protocol;
use lopside_score::{
    Baseline, DestinationTold, HostTold, PortSeen, Ports, ProcessTold, Quantity, UserTold, most,
};

use super::show::{LISTED, MATCHES, What, find, forgotten, widest};
use super::{names, plot};
use crate::output::layout::{hang, hang_lines};
use crate::output::{safe, units};
use crate::redact::Redactor;

/// Columns of the labels.
const LABEL: usize = 14;
/// What bars by hour count, of one process or user.
const HOST_DAYS_BY_HOUR: &str = "Host-days with sending, by hour (UTC)";
/// The same of a host, or of all.
const PROCESS_DAYS_BY_HOUR: &str = "Processes and days with sending, by hour (UTC)";

/// How things are shown.
pub(super) struct Show<'s> {
    pub(super) redact: Option<&'s Redactor>,
    pub(super) width: usize,
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
    pub(super) fn all(&self, baseline: &Baseline) -> String {
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
        told.push_str(&self.hours(PROCESS_DAYS_BY_HOUR, &baseline.fleet().hours));
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

    pub(super) fn named(&self, baseline: &Baseline, what: What, name: &str) -> anyhow::Result<String> {
        let of = baseline.hosts();
        match what {
            What::Process => {
                self.matches(&baseline.processes(), what, name, &|name, row| self.process(name, row, of))
            }
            What::Host => self.matches(&baseline.host_rows(), what, name, &|name, row| self.host(name, row)),
            What::User => self.matches(&baseline.users(), what, name, &|name, row| self.user(name, row, of)),
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
        told.push_str(&self.ports(&row.ports));
        told.push_str(&self.line(
            "Destinations",
            &format!(
                "{} in all, {:.1} a host; it sends much and gets little back on {}",
                units::count(row.destinations.len() as u64),
                f64::from(row.pairs) / f64::from(row.hosts.max(1)),
                units::counted(row.heavy_hosts.into(), "host")
            ),
        ));
        told.push_str(&self.reached("", &row.destinations));
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
        told.push_str(&self.hours(HOST_DAYS_BY_HOUR, &row.quantity.hours));
        told
    }

    fn user(&self, name: &str, row: &UserTold, of: u32) -> String {
        let mut told = self.line("User", &names::user(name, self.redact));
        told.push_str(&self.line(
            "Seen",
            &format!("on {} of {of} hosts, {}", row.hosts, dates(row.days, row.host_days, "host-day")),
        ));
        told.push_str(&self.quantity(&row.quantity));
        told.push_str(&self.ports(&row.ports));
        told.push_str(&self.reached("Destinations", &row.destinations));
        told.push_str(
            &self.sizes("Host-days by bytes that the user's largest channel sent", &row.quantity.by_bytes()),
        );
        told.push_str(&self.ratios(&row.quantity));
        told.push_str(&self.hours(HOST_DAYS_BY_HOUR, &row.quantity.hours));
        told
    }

    fn host(&self, name: &str, row: &HostTold) -> String {
        let mut told = self.line("Host", &names::host(name, self.redact));
        told.push_str(&self.line("Seen", &dates(row.days, row.host_days, "host-day")));
        told.push_str(&self.quantity(&row.quantity));
        told.push_str(&self.ports(&row.ports));
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
        told.push_str(&self.hours(PROCESS_DAYS_BY_HOUR, &row.quantity.hours));
        told.push_str(&self.hours("Days on which a user was active, by hour (UTC)", &row.user_hours));
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
        let bytes_back = |q| quantity.bytes_back(q).map_or("-".to_owned(), units::bytes);
        let back =
            format!("half of the days at most {}, 9 in 10 at most {}", bytes_back(0.5), bytes_back(0.9));
        let ratio =
            format!("sent to received {} on half of the days, at most {} on 9 in 10", ratio(0.5), ratio(0.9));
        self.line("Sends", &out) + &self.line("Receives", &back) + &self.line("Ratio", &ratio)
    }

    fn ports(&self, ports: &Ports) -> String {
        let since = |seen: &PortSeen| format!("{} since {}", port_name(seen.port), units::day(seen.first));
        let hosts: BTreeMap<String, u32> = ports.iter().map(|seen| (since(seen), seen.hosts)).collect();
        self.line("Ports", &self.counted(&hosts, "host", str::to_owned))
    }

    fn reached(&self, label: &str, destinations: &BTreeMap<String, u32>) -> String {
        let line = |(name, hosts): &(&str, u32)| {
            format!("{}: {}", names::destination(name, self.redact), units::counted((*hosts).into(), "host"))
        };
        let rows: Vec<String> = most(destinations).iter().take(LISTED).map(line).collect();
        self.list(label, &rows, destinations.len())
    }

    fn hours(&self, title: &str, hours: &[u32; 24]) -> String {
        if hours.iter().all(|days| *days == 0) {
            return String::new();
        }
        let rows: Vec<(String, u64)> =
            hours.iter().zip(0..).map(|(days, hour)| (format!("{hour:02} h"), u64::from(*days))).collect();
        self.plot(title, &rows)
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
