//! `lopside flows`: the joined table, one row per conversation.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lopside_engine::error::EngineError;
use lopside_engine::stages::Ask;
use lopside_model::tables::Transfer;

use crate::args::Common;
use crate::engine;
use crate::output::flow_row::FlowRow;
use crate::output::layout::{left, right};
use crate::output::separated::Table;
use crate::output::{Format, flows_csv, flows_parquet, json, safe, units};
use crate::summary;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside flows collected/                             as text, by start time
  lopside flows collected/ --format jsonl | head       one flow a line
  lopside flows collected/ -o flows.parquet            for DuckDB, pandas or Spark
  lopside flows collected/ --since 2026-03-05 --until 2026-03-06 -o day.csv

src is who opened the flow, as far as that is known; bytes_out is what the host sent; a count that was not measured is absent.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files and folders to read; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// Prints every flow with its process, or the reason why it has none.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Jsonl, Format::Csv, Format::Parquet])?;
    let mut results = common.results()?;
    let summary_file = summary::prepare(common)?;
    let run = engine::run(&args.paths, common, Ask { transfers: true, ..Ask::default() }, terminal)?;
    summary::write(summary_file, &run, &[], common)?;
    let told = |row: &Transfer<'_>,
                each: &mut dyn FnMut(&FlowRow<'_>, &Transfer<'_>) -> anyhow::Result<()>| {
        each(&FlowRow::new(row, &run.outcome.report, common.redact.as_ref()), row)
    };
    let each = |take: &mut dyn FnMut(&FlowRow<'_>, &Transfer<'_>) -> anyhow::Result<()>| {
        run.outcome.transfers(|row| told(row, take).map_err(Stopped)).map_err(|Stopped(error)| error)
    };
    match format {
        Format::Jsonl => each(&mut |flow, _| Ok(json::line(&mut results, flow)?))?,
        Format::Csv => {
            let mut table = Table::new(&mut results, &flows_csv::COLUMNS)?;
            each(&mut |flow, _| Ok(flows_csv::write(&mut table, flow)?))?;
            table.finish()?;
        }
        Format::Parquet => {
            let mut writer = flows_parquet::Writer::new(results)?;
            each(&mut |flow, _| writer.add(flow))?;
            results = writer.finish()?;
        }
        _ => {
            writeln!(results, "{}", columns(HEADS))?;
            each(&mut |flow, row| Ok(writeln!(results, "{}", line(flow, row))?))?;
        }
    }
    results.finish()?;
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}

/// Why the flows ended before their end.
struct Stopped(anyhow::Error);

impl From<EngineError> for Stopped {
    fn from(error: EngineError) -> Stopped {
        Stopped(error.into())
    }
}

/// The heads of the columns.
const HEADS: [&str; 6] = ["START (UTC)", "HOST", "SENT", "RECEIVED", "RATIO", "PEER, PROCESS, USER"];

/// One line of the table: a column is as wide as a time, an address of IPv4 and a count with its mark are; what is longer moves the rest of its line.
fn columns([start, host, sent, received, ratio, rest]: [&str; 6]) -> String {
    format!(
        "{}  {}  {}  {}  {}  {rest}",
        left(start, 19),
        left(host, 15),
        right(sent, 9),
        right(received, 9),
        left(ratio, 8),
    )
}

/// One flow in one line, which is not wrapped: long ones are for wide terminals and `less -S`.
fn line(flow: &FlowRow<'_>, row: &Transfer<'_>) -> String {
    let start: String = flow
        .start
        .to_string()
        .chars()
        .take(19)
        .map(|letter| if letter == 'T' { ' ' } else { letter })
        .collect();
    let (ip, port) = flow.peer_end(row);
    let peer = match (flow.domain.as_deref(), ip.is_ipv6(), port) {
        (Some(domain), _, Some(port)) => format!("{}:{port}", safe::text(domain)),
        (Some(domain), _, None) => safe::text(domain).into_owned(),
        (None, true, Some(port)) => format!("[{ip}]:{port}"),
        (None, _, Some(port)) => format!("{ip}:{port}"),
        (None, _, None) => ip.to_string(),
    };
    let arrow = if row.host_is_source { "->" } else { "<-" };
    let protocol = safe::text(flow.app_protocol.unwrap_or(&flow.transport)).into_owned();
    let process = flow.process.as_ref();
    let who = match process.and_then(|process| process.image.as_deref().or(process.name.as_deref())) {
        Some(image) => safe::text(image).into_owned(),
        None => format!("({})", flow.attribution.reason.map_or("process unknown".into(), safe::text)),
    };
    let user = process
        .and_then(|process| process.user.as_deref())
        .map_or(String::new(), |user| format!("  {}", safe::text(user)));
    let ratio = match (flow.measured, flow.bytes_out, flow.bytes_in) {
        ("both", Some(out), Some(received)) => units::ratio(out, received),
        _ => "-".into(),
    };
    columns([
        &start,
        &flow.host.as_deref().map_or("-".into(), safe::text),
        &short(flow.bytes_out, flow.bytes_out_quality),
        &short(flow.bytes_in, flow.bytes_in_quality),
        &ratio,
        &format!("{arrow} {peer} ({protocol})  {who}{user}"),
    ])
}

/// Bytes with a mark for what they are worth: `>` at least, `~` by sequence numbers, `?` not measured.
fn short(count: Option<u64>, quality: lopside_model::Quality) -> String {
    use lopside_model::Quality::{Exact, LowerBound, SequenceOnly, Unmeasured};
    match (count, quality) {
        (None, _) | (_, Unmeasured) => "?".into(),
        (Some(bytes), Exact) => units::bytes(bytes),
        (Some(bytes), LowerBound) => format!(">{}", units::bytes(bytes)),
        (Some(bytes), SequenceOnly) => format!("~{}", units::bytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_stand_over_their_columns() {
        let head = columns(HEADS);
        let line =
            columns(["2026-11-30 08:18:21", "192.168.100.138", ">16.5 MB", "~16.1 kB", "all sent", "-> x"]);
        let end = |text: &str, of: &str| text.find(of).unwrap() + of.len();
        assert_eq!(end(&head, "SENT"), end(&line, ">16.5 MB"));
        assert_eq!(end(&head, "RECEIVED"), end(&line, "~16.1 kB"));
        assert_eq!(head.find("HOST"), line.find("192."));
        assert_eq!(head.find("RATIO"), line.find("all sent"));
        assert_eq!(head.find("PEER"), line.find("-> x"));
    }
}
