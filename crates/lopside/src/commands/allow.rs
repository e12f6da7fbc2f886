//! `lopside allow`: the list of sanctioned senders and their envelopes, one file that people edit and review.

use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;

use crate::args::Common;
use crate::terminal::Terminal;

mod add;
mod audit;
mod list;
mod remove;
mod seed;
mod suggest;
mod told;

const EXAMPLES: &str = r#"
An entry says who may send where, over which ports, at which hours, how much, who answers for it, why, and until when. Inside of it a
sender is counted and not shown; outside it is judged against it, and the finding says by how much.

Examples:
  lopside allow list                                  what is sanctioned
  lopside allow add --from 7f3a91c2                   the narrowest entry for a finding of the last hunt, and what else it would hide
  lopside allow add --from 7f3a91c2 --owner backup@corp.example --reason "nightly backup"      keep it
  lopside allow audit collected/                      what is too wide, past its end, never used or shadowed
  lopside allow suggest collected/                    entries learned from history, to be reviewed
  lopside allow remove agent-backup                   no longer
  lopside allow seed                                  a starting file of expected use: nothing of it is on by itself

The file is allow.toml beside the configuration, or the one that --allow or the configuration's `allow` names."#;

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an entry, by hand or from a finding
    Add(Box<add::Args>),
    /// Show the entries
    List(list::Args),
    /// Report entries that are expired, over-broad, never hit or shadowed
    Audit(audit::Args),
    /// Learn narrow entries from history
    Suggest(suggest::Args),
    /// Remove an entry
    Remove(remove::Args),
    /// Show the shipped starting file, and enable entries of it
    Seed(seed::Args),
}

/// Does what was asked for.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    if common.redact.is_some() {
        bail!(
            "the list of sanctioned senders must name hosts and users, so it cannot be redacted; leave --redact out"
        );
    }
    match &args.command {
        Command::Add(args) => add::run(args, common, terminal),
        Command::List(args) => list::run(args, common, terminal),
        Command::Audit(args) => audit::run(args, common, terminal),
        Command::Suggest(args) => suggest::run(args, common, terminal),
        Command::Seed(args) => seed::run(args, common, terminal),
        Command::Remove(args) => remove::run(args, common, terminal),
    }
}
