//! `lopside allow seed`: the shipped starting file of expected use; shows it, and copies entries that a person answers for.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use lopside_score::envelope::{Date, Envelope, Written, date_of};
use serde::{Deserialize, Serialize};

use crate::args::Common;
use crate::commands::allow::{add, told};
use crate::output::layout::Grid;
use crate::output::{Format, json, safe};
use crate::terminal::{self, Terminal};

const SHIPPED: &str = include_str!("../../../data/expected_use.toml");

const EXAMPLES: &str = "\
Entries say that a program's sending is normal to these destinations and ports. None applies before somebody has enabled it with an
owner. What ships with Windows is one group (windows); what only some companies run is off until it is named.

Examples:
  lopside allow seed                                          what there is
  lopside allow seed veeam                                    one entry in words, with its source
  lopside allow seed --print > expected_use.toml              the whole file, with comments and sources
  lopside allow seed --enable windows --owner it@corp.example
  lopside allow seed --enable veeam,zoom --owner it@corp.example

Then: give amounts from your own history (lopside allow suggest PATH), and see what is used (lopside allow audit PATH)";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Show one entry
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Print the shipped file as it is
    #[arg(long, conflicts_with_all = ["id", "enable"])]
    print: bool,
    /// Copy entries into your file: ids, or windows for all that are on
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "owner")]
    enable: Vec<String>,
    /// Who answers for what is enabled
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
}

/// The shipped file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    entry: Vec<Entry>,
}

/// An entry of it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    tier: String,
    enabled: bool,
    source: String,
    #[serde(default)]
    note: Option<String>,
    allow: Written,
}

/// Shows or copies.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl])?;
    let seed: Seed = toml::from_str(SHIPPED).context("the shipped starting file")?;
    let mut results = common.results()?;
    if args.print {
        results.write_all(SHIPPED.as_bytes())?;
    } else if !args.enable.is_empty() {
        enable(args, &seed, common, terminal)?;
    } else if let Some(id) = &args.id {
        results.write_all(one(seed.find(id)?, terminal).as_bytes())?;
    } else if format == Format::Jsonl {
        seed.entry.iter().try_for_each(|entry| json::line(&mut results, entry))?;
    } else {
        results.write_all(table(&seed, terminal).as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

impl Seed {
    fn find(&self, id: &str) -> anyhow::Result<&Entry> {
        let found = self.entry.iter().find(|entry| entry.allow.id.eq_ignore_ascii_case(id.trim()));
        found.with_context(|| format!("the starting file has no entry {id:?}; lopside allow seed lists them"))
    }
}

fn enable(args: &Args, seed: &Seed, common: &Common, terminal: &Terminal) -> anyhow::Result<()> {
    let known = common.allow.envelopes_to_change()?;
    let mut wanted: Vec<&Entry> = Vec::new();
    for id in &args.enable {
        if id.eq_ignore_ascii_case("windows") {
            wanted.extend(seed.entry.iter().filter(|entry| entry.enabled));
        } else {
            wanted.push(seed.find(id)?);
        }
    }
    let today = terminal::now().day();
    let mut entries: Vec<Written> = Vec::new();
    for entry in wanted {
        let id = &entry.allow.id;
        if known.find(id).is_some() {
            terminal.note(&format!("{id} is in your file already: left as it is"));
            continue;
        }
        if entries.iter().any(|other| other.id == *id) {
            continue;
        }
        let mut written = entry.allow.clone();
        written.owner = args.owner.clone().unwrap_or_default();
        written.created = Some(Date::Text(date_of(today)));
        written.expires = Some(Date::Text(date_of(today.saturating_add(add::HOLDS))));
        Envelope::new(written.clone(), &known.groups, 0).map_err(|error| anyhow::anyhow!("{error}"))?;
        entries.push(written);
    }
    if entries.is_empty() {
        bail!("nothing to add: all of it is in your file already");
    }
    common.allow.add(&entries)?;
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    terminal.note(&format!("added {} to {}", safe::text(&ids.join(", ")), common.allow.path()?.display()));
    Ok(())
}

fn one(entry: &Entry, terminal: &Terminal) -> String {
    let mut text = told::entry(&entry.allow, terminal.width);
    for (label, part) in
        [("group", Some(&entry.tier)), ("source", Some(&entry.source)), ("note", entry.note.as_ref())]
    {
        if let Some(part) = part {
            text.push_str(&crate::output::layout::hang(&format!("  {label:12}"), part, terminal.width));
        }
    }
    text
}

fn table(seed: &Seed, terminal: &Terminal) -> String {
    let mut grid = Grid::new(&[("ID", false), ("GROUP", false), ("ON", false), ("WHAT", false)]);
    for entry in &seed.entry {
        let on = if entry.enabled { "yes" } else { "no" };
        grid.row(vec![entry.allow.id.clone(), entry.tier.clone(), on.into(), entry.allow.reason.clone()]);
    }
    let mut text = grid.lines(terminal.width).join("\n");
    text.push_str(
        "\n\nNone of these applies until you enable it: lopside allow seed --enable ID --owner WHO\n",
    );
    text
}

/// The entries as envelopes, to check them.
#[cfg(test)]
fn envelopes() -> Vec<Envelope> {
    let seed: Seed = toml::from_str(SHIPPED).unwrap();
    let make = |entry: Entry| {
        let mut written = entry.allow;
        written.owner = "test".into();
        Envelope::new(written, &std::collections::BTreeMap::new(), 0).unwrap()
    };
    seed.entry.into_iter().map(make).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_an_envelope_and_has_a_source() {
        let seed: Seed = toml::from_str(SHIPPED).unwrap();
        assert!(seed.entry.iter().all(|entry| !entry.source.is_empty()));
        // Only what ships with Windows is on.
        assert!(seed.entry.iter().all(|entry| !entry.enabled || entry.tier == "windows"));
        let envelopes = envelopes();
        let ids: std::collections::BTreeSet<&str> = envelopes.iter().map(Envelope::id).collect();
        assert_eq!(ids.len(), envelopes.len());
        assert!(ids.contains("veeam") && ids.contains("delivery-optimization"));
        // What anybody can upload with, or to, is not in it.
        for shared in ["blob.core.windows.net", "amazonaws.com", "\"bits\""] {
            let lines =
                SHIPPED.lines().filter(|line| line.starts_with("destinations") || line.starts_with("runs"));
            assert_eq!(lines.filter(|line| line.contains(shared)).count(), 0, "{shared}");
        }
    }
}
