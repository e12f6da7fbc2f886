//! `lopside allow audit`: which entries are too wide, past their end, never used, or within another one.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::sanctioned::Sanctioned;
use lopside_engine::stages::Ask;
use lopside_engine::usual;
use lopside_score::envelope::{Envelopes, Remark, Tally, audit, date_of};
use serde::Serialize;

use crate::args::Common;
use crate::engine;
use crate::output::layout::hang;
use crate::output::{Format, json, safe, units};
use crate::scoring::ScoringArgs;
use crate::terminal::{self, Terminal};

const EXAMPLES: &str = "\
With paths, entries are held against what those hosts did; without, only against themselves and today's date.

Examples:
  lopside allow audit collected/                       expired, over-broad, never hit, shadowed, and who left an envelope
  lopside allow audit                                  without telemetry
  lopside allow audit collected/ --format jsonl        an entry a line, with its counts";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to hold the entries against; - is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// An entry as the interface tells it.
#[derive(Serialize)]
struct Row<'r> {
    id: &'r str,
    line: usize,
    owner: &'r str,
    expires: Option<String>,
    remarks: Vec<Told<'r>>,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Told<'r> {
    kind: &'static str,
    text: &'r str,
}

#[derive(Serialize)]
struct Usage {
    hosts: u64,
    channels: u64,
    channel_days: u64,
    bytes_out: u64,
    bytes_in: u64,
    first: Option<String>,
    last: Option<String>,
    hidden_from_medium: u64,
    outside: u64,
    unproven: u64,
    contradicted: u64,
    expired: u64,
    elsewhere: u64,
}

/// Audits the entries.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl])?;
    let envelopes = common.allow.envelopes()?;
    let mut results = common.results()?;
    let sanctioned =
        if args.paths.is_empty() { None } else { Some(judged(args, common, &envelopes, terminal)?) };
    let tallies = sanctioned.as_ref().map(|sanctioned| sanctioned.tallies.as_slice());
    let remarks = audit(&envelopes, tallies, terminal::now().day());
    let rows = rows(&envelopes, tallies, &remarks);
    if format == Format::Jsonl {
        rows.iter().try_for_each(|row| json::line(&mut results, row))?;
    } else {
        results.write_all(table(&rows, terminal.width).as_bytes())?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn judged(
    args: &Args,
    common: &Common,
    envelopes: &Envelopes,
    terminal: &Terminal,
) -> anyhow::Result<Sanctioned> {
    let context = args.scoring.context(common)?;
    let run = engine::run(&args.paths, common, Ask { findings: true, ..Ask::default() }, terminal)?;
    let scored = usual::score_within(&run.outcome, common.settings(), &context, envelopes)?;
    run.tell_cost(terminal);
    Ok(scored.sanctioned)
}

fn rows<'r>(envelopes: &'r Envelopes, tallies: Option<&[Tally]>, remarks: &'r [Remark]) -> Vec<Row<'r>> {
    let row = |(entry, envelope): (usize, &'r lopside_score::envelope::Envelope)| Row {
        id: envelope.id(),
        line: envelope.line,
        owner: &envelope.written.owner,
        expires: envelope.expires().map(date_of),
        remarks: remarks
            .iter()
            .filter(|remark| remark.entry == entry)
            .map(|remark| Told { kind: remark.kind.name(), text: &remark.text })
            .collect(),
        usage: tallies.and_then(|tallies| tallies.get(entry)).map(usage),
    };
    envelopes.list.iter().enumerate().map(row).collect()
}

fn usage(tally: &Tally) -> Usage {
    Usage {
        hosts: tally.hosts,
        channels: tally.channels,
        channel_days: tally.days,
        bytes_out: tally.bytes_out,
        bytes_in: tally.bytes_in,
        first: tally.span.map(|(first, _)| date_of(first)),
        last: tally.span.map(|(_, last)| date_of(last)),
        hidden_from_medium: tally.hidden_from_medium(),
        outside: tally.outside,
        unproven: tally.unproven,
        contradicted: tally.contradicted,
        expired: tally.expired,
        elsewhere: tally.elsewhere,
    }
}

fn table(rows: &[Row<'_>], columns: usize) -> String {
    let mut told = String::new();
    for row in rows {
        told.push_str(&format!("{} (line {}, {})\n", safe::text(row.id), row.line, safe::text(row.owner)));
        if let Some(words) = row.usage.as_ref().and_then(Usage::words) {
            told.push_str(&hang("  inside      ", &words, columns));
        }
        for remark in &row.remarks {
            told.push_str(&hang(
                &format!("  {:12}", remark.kind.replace('_', " ")),
                &safe::text(remark.text),
                columns,
            ));
        }
        if row.remarks.is_empty() {
            told.push_str("  in order\n");
        }
        told.push('\n');
    }
    let with = |kind: &str| {
        rows.iter().filter(|row| row.remarks.iter().any(|remark| remark.kind == kind)).count() as u64
    };
    let entries = if rows.len() == 1 {
        "1 entry".into()
    } else {
        format!("{} entries", units::count(rows.len() as u64))
    };
    let text = format!(
        "{entries}: {} expired, {} over-broad, {} never hit, {} shadowed, {} left by their sender",
        with("expired"),
        with("over_broad"),
        with("never_hit"),
        with("shadowed"),
        with("left")
    );
    told.push_str(&hang("", &text, columns));
    told
}

impl Usage {
    /// What was inside, where anything was.
    fn words(&self) -> Option<String> {
        let (first, last) = (self.first.as_deref()?, self.last.as_deref()?);
        let hidden = match self.hidden_from_medium {
            0 => String::new(),
            count => format!("; {} would be medium or above", units::counted(count, "channel-day")),
        };
        Some(format!(
            "{} of {} sent {} from {first} to {last}{hidden}",
            units::counted(self.channels, "channel"),
            units::counted(self.hosts, "host"),
            units::bytes(self.bytes_out)
        ))
    }
}
