//! `lopside allow list`: the entries, in the order of the file.

use std::io::Write;
use std::process::ExitCode;

use lopside_score::envelope::Envelopes;

use crate::args::Common;
use crate::commands::allow::told;
use crate::output::separated::Table;
use crate::output::{Format, json, safe};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside allow list                       in words
  lopside allow list --format jsonl        an entry a line
  lopside allow list -o allow.csv          for a review in a spreadsheet";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {}

/// Shows the entries.
pub(super) fn run(_args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv])?;
    let envelopes = common.allow.envelopes()?;
    let mut results = common.results()?;
    match format {
        Format::Jsonl => {
            envelopes.list.iter().try_for_each(|envelope| json::line(&mut results, &envelope.written))?;
        }
        Format::Csv => csv(&mut results, &envelopes)?,
        _ => {
            for envelope in &envelopes.list {
                results.write_all(told::entry(&envelope.written, terminal.width).as_bytes())?;
                results.write_all(b"\n")?;
            }
            if envelopes.is_empty() {
                let place = common.allow.path().map(|path| path.display().to_string()).unwrap_or_default();
                writeln!(
                    results,
                    "nothing is sanctioned: {} has no entries; lopside allow add --help shows how",
                    safe::text(&place)
                )?;
            }
        }
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn csv(writer: &mut dyn Write, envelopes: &Envelopes) -> csv::Result<()> {
    let columns = [
        "id",
        "image",
        "runs",
        "signer",
        "product",
        "hosts",
        "users",
        "destinations",
        "ports",
        "hours",
        "max_bytes_per_day",
        "max_ratio",
        "nowhere_else",
        "owner",
        "reason",
        "created",
        "expires",
        "line",
    ];
    let mut table = Table::new(writer, &columns)?;
    for envelope in &envelopes.list {
        let entry = &envelope.written;
        table.text(Some(&entry.id));
        for texts in [
            &entry.image,
            &entry.runs,
            &entry.signer,
            &entry.product,
            &entry.hosts,
            &entry.users,
            &entry.destinations,
        ] {
            table.text(Some(&texts.list().join("; ")));
        }
        let ports: Vec<String> = entry.ports.iter().map(|port| port.text()).collect();
        table.text(Some(&ports.join(" ")));
        table.text(entry.hours.as_deref());
        table.text(entry.max_bytes_per_day.as_ref().map(|amount| amount.text()).as_deref());
        table.plain(entry.max_ratio);
        table.plain(Some(entry.nowhere_else));
        table.text(Some(&entry.owner));
        table.text(Some(&entry.reason));
        table.text(entry.created.as_ref().map(|date| date.text()).as_deref());
        table.text(entry.expires.as_ref().map(|date| date.text()).as_deref());
        table.plain(Some(envelope.line));
        table.end()?;
    }
    table.finish()
}
