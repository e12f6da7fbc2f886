//! The command line: a table of commands. Each command is one file in [`commands`]: its arguments, its help, its run.
//!
//! Clock and environment are read in this crate only, and only in [`terminal`], [`progress`], [`config`], [`state`] and
//! [`engine`]; everything below gets them as arguments.

mod allow_file;
mod args;
mod baseline_file;
mod commands;
mod config;
mod decisions;
mod engine;
mod failure;
mod governed;
mod output;
mod owners_file;
mod progress;
mod readiness;
mod redact;
mod sanctioned;
mod scoring;
mod state;
mod summary;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::args::{Common, CommonArgs};
use crate::commands::{
    allow, analytic, baseline, check, demo, egress, emulate, evaluate, explain, findings, flows, hunt, usage,
};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Short-lived tables of many threads: this allocator takes a tenth off a hunt (`bench/`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Which Windows processes send data out, to whom, and is that usual for them?
///
/// Lopside reads endpoint events (Sysmon, Windows Security) and what the network saw (Zeek logs, packet captures), joins them, and
/// tells the processes that sent much and got little back, with the reasons.
#[derive(Debug, Parser)]
#[command(name = "lopside", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
}

const EXAMPLES: &str = "\
Examples:
  lopside demo                                 see it work on telemetry made for the purpose
  lopside hunt collected/                      findings from everything below a folder
  lopside check collected/                     what this telemetry can answer at all
  lopside flows collected/ -o flows.parquet    the joined table
  lopside usage collected/ --by process        who sends most outside

Exit status: 0 done, with or without findings; 1 with --fail-on when such a finding exists; 2 it could not.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Find processes that sent much and got little back
    Hunt(hunt::Args),
    /// List every flow with its process, or the reason why it has none
    Flows(flows::Args),
    /// Sum bytes by process, host, user, destination or owner
    Usage(usage::Args),
    /// Tell which of the analytic's questions this telemetry can answer
    Check(check::Args),
    /// Tell one finding in words, factor by factor
    Explain(explain::Args),
    /// Learn what is usual, show it, merge it, compare it
    Baseline(baseline::Args),
    /// Show the analytic behind the findings, and what answers it
    Analytic(analytic::Args),
    /// List findings of the last hunt, and record what they turned out to be
    Findings(findings::Args),
    /// List every external path in use, those that few need first
    Egress(egress::Args),
    /// Keep the list of sanctioned senders
    Allow(allow::Args),
    /// Write a small labelled fleet, hunt it, and compare
    Demo(demo::Args),
    /// Write labelled telemetry to test with
    Emulate(emulate::Args),
    /// Hunt labelled fleets and print recall and false findings
    Evaluate(evaluate::Args),
}

impl Command {
    fn run(&self, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
        match self {
            Command::Hunt(args) => hunt::run(args, common, terminal),
            Command::Flows(args) => flows::run(args, common, terminal),
            Command::Usage(args) => usage::run(args, common, terminal),
            Command::Check(args) => check::run(args, common, terminal),
            Command::Explain(args) => explain::run(args, common, terminal),
            Command::Baseline(args) => baseline::run(args, common, terminal),
            Command::Analytic(args) => analytic::run(args, common, terminal),
            Command::Findings(args) => findings::run(args, common, terminal),
            Command::Egress(args) => egress::run(args, common, terminal),
            Command::Allow(args) => allow::run(args, common, terminal),
            Command::Demo(args) => demo::run(args, common, terminal),
            Command::Emulate(args) => emulate::run(args, common, terminal),
            Command::Evaluate(args) => evaluate::run(args, common, terminal),
        }
    }
}

fn main() -> ExitCode {
    let terminal = Terminal::detect();
    let typed = match CommandLine::try_parse() {
        Ok(typed) => typed,
        Err(error) => return Failure::of_arguments(&error).tell(&terminal),
    };
    let done = typed.common.validate(&terminal).and_then(|common| typed.command.run(&common, &terminal));
    done.unwrap_or_else(|error| Failure::of(&error).tell(&terminal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
