//! `lopside explain`: one finding in words, factor by factor.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use lopside_model::finding::Finding;

use crate::args::Common;
use crate::decisions;
use crate::output::{Format, explanation, json};
use crate::state;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside explain 7f3a91c2                               a finding of the last hunt; the start of its id will do
  lopside explain 7f3a91c2 --findings findings.jsonl     one that was saved with hunt -o findings.jsonl
  lopside explain 7f3a91c2 --format json                 everything that is known of it";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The finding's id, or the start of it
    #[arg(value_name = "ID")]
    id: String,
    /// Look in FILE, as lopside hunt --format jsonl writes it, instead of the last hunt
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
}

/// Tells one finding.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let format = common.format(&[Format::Table, Format::Json, Format::Jsonl])?;
    let mut findings = saved(args.findings.as_deref())?;
    // What was decided since the hunt stands here, too.
    decisions::apply(&decisions::read(&common.config)?, &mut findings);
    let finding = find(&findings, &args.id)?;
    let finding = common.redact.as_ref().map_or_else(|| finding.clone(), |redact| redact.finding(finding));
    let mut results = common.results()?;
    match format {
        Format::Json => json::pretty(&mut results, &finding)?,
        Format::Jsonl => json::line(&mut results, &finding)?,
        _ => {
            let terminal = if common.output.is_some() { terminal.for_file() } else { *terminal };
            let all: Vec<Finding> = match &common.redact {
                Some(redact) => findings.iter().map(|finding| redact.finding(finding)).collect(),
                None => findings,
            };
            results.write_all(explanation::explain(&finding, &all, &terminal).as_bytes())?;
        }
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The findings of a file, else of the last hunt.
///
/// # Errors
/// When there are none, or they cannot be read.
pub(crate) fn saved(file: Option<&Path>) -> anyhow::Result<Vec<Finding>> {
    if let Some(path) = file {
        return state::read(path);
    }
    let path = state::place().context("no last hunt is kept; name a file with --findings")?;
    state::read(&path)
        .context("no last hunt is kept; run lopside hunt PATH first, or name a file with --findings")
}

/// The one finding whose id begins so.
///
/// # Errors
/// When there is none, or more than one.
pub(crate) fn find<'f>(findings: &'f [Finding], id: &str) -> anyhow::Result<&'f Finding> {
    let id = id.trim().to_lowercase();
    let mut fitting = findings.iter().filter(|finding| !id.is_empty() && finding.id.starts_with(&id));
    match (fitting.next(), fitting.next()) {
        (Some(finding), None) => Ok(finding),
        (Some(finding), Some(_)) if finding.id == id => Ok(finding),
        (Some(one), Some(other)) => {
            bail!(
                "several findings begin with {id}, {} and {} among them; give more of the id",
                one.id,
                other.id
            )
        }
        (None, _) if findings.is_empty() => {
            bail!("the last hunt had no findings; run lopside hunt PATH first")
        }
        (None, _) => bail!("no finding has an id that begins with {id:?}; lopside hunt PATH prints them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::sample;

    #[test]
    fn the_start_of_an_id_will_do() {
        let (one, mut other) = (sample(), sample());
        other.id = "7f3aaaaaaaaa".into();
        let findings = [one, other];
        assert_eq!(find(&findings, "7F3A9").unwrap().id, findings[0].id);
        assert!(find(&findings, "7f3a").unwrap_err().to_string().contains("several"));
        assert!(find(&findings, "").is_err());
        assert!(find(&[], "7").unwrap_err().to_string().contains("no findings"));
    }
}
