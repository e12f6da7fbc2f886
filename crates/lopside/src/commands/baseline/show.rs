//! `lopside baseline show`: what is usual, in words and as a plot; `told` says the same for scripts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;
use lopside_model::process::file_name;
use lopside_score::{REMEMBERED, Summary};

use super::words::Show;
use super::{names, told};
use crate::args::Common;
use crate::baseline_file;
use crate::output::{Format, json, safe, units};
use crate::redact::Redactor;
use crate::terminal::Terminal;

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
  lopside baseline show march.baseline user jo
  lopside baseline show march.baseline destination example.com
  lopside baseline show shared.baseline host ws-17 --hash-key key.txt

NAME is a whole name, or of a process its file name, of a host its first part, of a user what follows the domain.";

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
    User,
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
        What::User => {
            let known = known.to_lowercase();
            known == wanted || known.split_once('\\').is_some_and(|(_, user)| user == wanted)
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
            What::User => names::user(name, redact),
            What::Destination => names::destination(name, redact),
        };
        let what = match what {
            What::Process => "process",
            What::Host => "host",
            What::User => "user",
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
