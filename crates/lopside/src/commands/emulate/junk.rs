//! `lopside emulate junk`: captures with junk in payloads, and without.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lopside_emulate::{JunkPlan, JunkTruth, write_junk};

use super::with_progress;
use crate::args::Common;
use crate::output::layout::hang;
use crate::output::units;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside emulate junk junk1 --seed 1
  lopside emulate junk junk2 --seed 2 --conversations 2000 --hard
  lopside evaluate junk1 junk2";

/// The options of `emulate junk`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Folder to write to: new or empty
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// What everything is drawn from: the same seed writes the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Conversations, those without junk included
    #[arg(long, value_name = "N", default_value_t = 400)]
    conversations: u32,
    /// Smaller shares of junk, fewer messages, junk that looks like content, further families and controls
    #[arg(long)]
    hard: bool,
}

/// Writes the captures.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let plan = JunkPlan { seed: args.seed, conversations: args.conversations, hard: args.hard };
    let truth = with_progress(common, terminal, |progress| write_junk(&plan, &args.out, progress))?;
    let mut results = common.results()?;
    results.write_all(told(&truth, &args.out, terminal.width).as_bytes())?;
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn told(truth: &JunkTruth, out: &Path, columns: usize) -> String {
    let place = out.display();
    let count = |wanted: fn(&lopside_emulate::JunkConversation) -> bool| {
        truth.conversations.iter().filter(|conversation| wanted(conversation)).count() as u64
    };
    let text = format!(
        "{}, {} with junk of which {} can be told; captures in {place}/captures, truth in {place}/truth.json",
        units::counted(truth.conversations.len() as u64, "conversation"),
        units::count(count(|conversation| conversation.junk)),
        units::count(count(|conversation| conversation.junk && conversation.decidable)),
    );
    format!("{}{}", hang("", &text, columns), hang("Next  ", &format!("lopside evaluate {place}"), columns))
}
