//! `lopside baseline build`: learns what is usual.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use lopside_engine::stages::Ask;
use lopside_engine::usual;
use lopside_score::{Baseline, Context};

use super::show;
use crate::args::Common;
use crate::output::layout::hang;
use crate::output::units;
use crate::summary;
use crate::terminal::Terminal;
use crate::{baseline_file, engine};

const EXAMPLES: &str = "\
Examples:
  lopside baseline build march/ -o march.baseline
  lopside baseline build logs/ --since 2026-03-01 --until 2026-04-01 -o march.baseline
  lopside baseline build march/ --hash-names --key key.txt -o shared.baseline
  LOPSIDE_KEY=... lopside baseline build march/ --hash-names --key env:LOPSIDE_KEY -o shared.baseline

What a hunt of the same data would report as a finding is left out: it does not become usual by being there.
With --hash-names the names of hosts, users, destinations and images become keyed hashes (HMAC-SHA-256). Images below the
Windows folder stay in clear, since every Windows has them; so do days, sizes and ports.";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to read; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Replace names by keyed hashes, so that the file can be given to another site
    #[arg(long, requires = "key")]
    hash_names: bool,
    /// The key for that: a file that holds it, or env:NAME
    #[arg(long, value_name = "KEY", requires = "hash_names")]
    key: Option<String>,
}

/// Reads, joins, scores and learns.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    if common.output.is_none() {
        bail!("a baseline is a file; name it with -o FILE");
    }
    let key = args.key.as_deref().map(baseline_file::key).transpose()?;
    let mut results = common.results()?;
    let summary = summary::prepare(common)?;
    let run = engine::run(&args.paths, common, Ask { findings: true, ..Ask::default() }, terminal)?;
    let mut baseline = usual::learn(&run.outcome, common.settings(), &Context::default())?;
    if baseline.hosts() == 0 {
        bail!(
            "no flow was read that a local host sent, so there is nothing to learn; lopside check tells what is missing"
        );
    }
    baseline.bound();
    if let Some(key) = key {
        baseline.hide(&key)?;
    }
    baseline_file::write(&baseline, &mut results)?;
    results.finish()?;
    summary::write(summary, &run, &[], common)?;
    tell(&baseline, common, terminal);
    run.tell_cost(terminal);
    Ok(ExitCode::SUCCESS)
}

/// What was learned, on standard error.
fn tell(baseline: &Baseline, common: &Common, terminal: &Terminal) {
    let summary = baseline.summary();
    let file = common.output.as_deref().map_or(String::new(), |path| path.display().to_string());
    let mut text = format!(
        "{file}: {} over {} from {} to {}; {} of {} to {}",
        units::counted(summary.hosts.into(), "host"),
        units::counted(summary.host_days, "host-day"),
        units::day(summary.first_day),
        units::day(summary.last_day),
        units::counted(summary.channel_days, "channel-day"),
        units::counted(summary.processes, "process identity").replace("identitys", "identities"),
        units::counted(summary.destinations, "destination"),
    );
    if let Some(forgotten) = show::forgotten(&summary) {
        text.push_str(&format!("; {forgotten}"));
    }
    terminal.note(hang("Learned  ", &crate::output::safe::text(&text), terminal.width).trim_end());
}
