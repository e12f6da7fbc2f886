//! `lopside allow add`: an entry written by hand, or the narrowest one for a finding with what else it would hide.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use lopside_model::finding::Finding;
use lopside_score::envelope::{Amount, Date, Envelope, Envelopes, Written, date_of, day_of, hides, propose};

use crate::allow_file;
use crate::args::Common;
use crate::commands::allow::told;
use crate::commands::explain::{find, saved};
use crate::output::safe;
use crate::terminal::{self, Terminal};

/// Days that an entry holds where nothing is said.
pub(super) const HOLDS: i32 = 180;

const EXAMPLES: &str = r#"
An entry needs an image with its path and its maker (signer or product): a bare name is refused, since any program can carry it. No
source that is read holds signatures yet: signer is compared with the company of the version resource, and where the telemetry does
not name it, a path that only administrators can write to stands in.

Examples:
  lopside allow add --from 7f3a91c2                   proposes, and shows what else it would hide; writes nothing
  lopside allow add --from 7f3a91c2 --owner backup@corp.example --reason "nightly backup"
  lopside allow add --image '%ProgramFiles%\Vendor\agent.exe' --signer 'Vendor *' --host 'srv-*' --user system \
      --destination backup.example --port 443/tcp --hours 20-06 --max-bytes-per-day '40 GB' --max-ratio 2000 \
      --owner backup@corp.example --reason 'nightly backup' --expires 2027-06-30
  lopside allow add --image 'C:\Windows\System32\svchost.exe' --runs dosvc --signer 'Microsoft*' --destination internal \
      --port 7680/tcp --owner it@corp.example --reason 'update sharing'"#;

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Propose the narrowest entry for the finding with this id; further options change it
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// Take the finding from FILE, as lopside hunt --format jsonl writes it, instead of the last hunt
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
    /// Short name of the entry; made of image and destination when silent
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Path of the image; * within a folder, ** over folders; may be repeated, as all of these may
    #[arg(long, value_name = "PATH")]
    image: Vec<String>,
    /// What a service host or interpreter runs (service, script or library), as the process identity tells it
    #[arg(long, value_name = "WHAT")]
    runs: Vec<String>,
    /// Who made the image
    #[arg(long, value_name = "NAME")]
    signer: Vec<String>,
    /// The product that the image belongs to
    #[arg(long, value_name = "NAME")]
    product: Vec<String>,
    /// A host by name or network, or @group of the group table of the file; all hosts when silent
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// A user as DOMAIN\name, or interactive, service, system, administrator; all users when silent
    #[arg(long, value_name = "USER")]
    user: Vec<String>,
    /// A domain with what lies below it, a network, or internal
    #[arg(long, value_name = "WHERE")]
    destination: Vec<String>,
    /// A port or range: 443, 443/tcp, 2500-3300; all ports when silent
    #[arg(long, value_name = "PORT")]
    port: Vec<String>,
    /// Hours of the UTC day, like 20-06
    #[arg(long, value_name = "HOURS")]
    hours: Option<String>,
    /// What a host may send so in a UTC day, like '40 GB'
    #[arg(long, value_name = "SIZE")]
    max_bytes_per_day: Option<String>,
    /// How many times what comes back it may send
    #[arg(long, value_name = "RATIO")]
    max_ratio: Option<f64>,
    /// The process is to send nowhere else: whatever it sends elsewhere leaves the envelope
    #[arg(long)]
    nowhere_else: bool,
    /// Who answers for it
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Why it is expected
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Last day on which it holds, or never; 180 days from today when silent
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// Show the entry and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Adds an entry, or proposes one.
pub(super) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let known = common.allow.envelopes_to_change()?;
    let findings = match &args.from {
        Some(_) => saved(args.findings.as_deref())?,
        None => Vec::new(),
    };
    let source = args.from.as_deref().map(|id| find(&findings, id)).transpose()?;
    let entry = args.entry(source, &known)?;
    let (owner, reason) = (args.owner.is_some(), args.reason.is_some());
    let write = !args.dry_run && (source.is_none() || (owner && reason));
    let mut results = common.results()?;
    if source.is_some() || args.dry_run {
        results.write_all(proposal(&entry, source, &findings, &known, terminal)?.as_bytes())?;
    }
    if write {
        common.allow.add(std::slice::from_ref(&entry))?;
        terminal.note(&format!("added {} to {}", safe::text(&entry.id), common.allow.path()?.display()));
    } else if let Some(finding) = source.filter(|_| !args.dry_run) {
        writeln!(
            results,
            "\nNot written. To keep it: lopside allow add --from {} --owner WHO --reason WHY",
            safe::text(&finding.id)
        )?;
    }
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    /// The entry as it is asked for, over what is proposed for a finding.
    fn entry(&self, source: Option<&Finding>, known: &Envelopes) -> anyhow::Result<Written> {
        let today = terminal::now().day();
        let mut entry = match source {
            Some(finding) => propose(finding)?,
            None => Written::default(),
        };
        for (typed, slot) in [
            (&self.image, &mut entry.image),
            (&self.runs, &mut entry.runs),
            (&self.signer, &mut entry.signer),
            (&self.product, &mut entry.product),
            (&self.host, &mut entry.hosts),
            (&self.user, &mut entry.users),
            (&self.destination, &mut entry.destinations),
        ] {
            if !typed.is_empty() {
                *slot = typed.clone().into();
            }
        }
        if !self.port.is_empty() {
            let port =
                |text: &String| text.parse().map_or_else(|_| Amount::Text(text.clone()), Amount::Number);
            entry.ports = self.port.iter().map(port).collect();
        }
        entry.hours = self.hours.clone().or(entry.hours);
        entry.max_bytes_per_day =
            self.max_bytes_per_day.clone().map(Amount::Text).or(entry.max_bytes_per_day);
        entry.max_ratio = self.max_ratio.or(entry.max_ratio);
        entry.nowhere_else |= self.nowhere_else;
        entry.owner = self.owner.clone().unwrap_or(entry.owner);
        entry.reason = self.reason.clone().unwrap_or(entry.reason);
        entry.created = Some(Date::Text(date_of(today)));
        entry.expires = self.expires(today)?;
        entry.id = match &self.id {
            Some(id) => id.clone(),
            None => free_id(&entry, known),
        };
        // Without an owner it is only shown.
        let mut whole = entry.clone();
        if source.is_some() {
            for text in [&mut whole.owner, &mut whole.reason] {
                if text.is_empty() {
                    "?".clone_into(text);
                }
            }
        }
        if source.is_some() && whole.signer.is_empty() && whole.product.is_empty() {
            bail!(
                "the telemetry does not say who made {}, and a path alone is no identity: add --signer NAME or --product NAME as its file says",
                whole.image.list().join(", ")
            );
        }
        Envelope::new(whole, &known.groups, 0).map_err(|error| anyhow::anyhow!("{error}"))?;
        if known.find(&entry.id).is_some() {
            bail!("there is an entry {:?} already; choose another --id, or remove it first", entry.id);
        }
        Ok(entry)
    }

    fn expires(&self, today: i32) -> anyhow::Result<Option<Date>> {
        match self.expires.as_deref() {
            None => Ok(Some(Date::Text(date_of(today.saturating_add(HOLDS))))),
            Some("never") => Ok(None),
            Some(text) => {
                let day = day_of(text)
                    .with_context(|| format!("--expires {text} is no date; write it like 2027-06-30"))?;
                Ok(Some(Date::Text(date_of(day))))
            }
        }
    }
}

/// The entry as TOML, and which findings of the last hunt it hides.
fn proposal(
    entry: &Written,
    source: Option<&Finding>,
    findings: &[Finding],
    known: &Envelopes,
    terminal: &Terminal,
) -> anyhow::Result<String> {
    let mut document = toml_edit::DocumentMut::new();
    let mut list = toml_edit::ArrayOfTables::new();
    list.push(allow_file::table(entry)?);
    document.insert("allow", toml_edit::Item::ArrayOfTables(list));
    let mut told = document.to_string().trim_start().to_owned();
    let Some(source) = source else { return Ok(told) };
    let mut whole = entry.clone();
    (whole.owner, whole.reason) = ("?".into(), "?".into());
    let envelope = Envelope::new(whole, &known.groups, 0).map_err(|error| anyhow::anyhow!("{error}"))?;
    let (own, others): (Vec<&Finding>, Vec<&Finding>) =
        hides(&envelope, findings).into_iter().partition(|finding| finding.id == source.id);
    if own.is_empty() {
        told.push_str("\nIt would not hide the finding itself: what you changed leaves it outside.\n");
    }
    if others.is_empty() {
        told.push_str("\nIt would hide no other finding of that hunt.\n");
    } else {
        let many = if others.len() == 1 { "" } else { "s" };
        told.push_str(&format!("\nIt would hide {} other finding{many} of that hunt:\n", others.len()));
        told.push_str(&told::hidden(&others, terminal.width));
    }
    Ok(told)
}

/// A name made of image and destination that no entry has.
pub(super) fn free_id(entry: &Written, known: &Envelopes) -> String {
    let first = |texts: &lopside_score::envelope::Texts| texts.list().first().cloned().unwrap_or_default();
    let image = first(&entry.image);
    let name = lopside_model::process::file_name(&image).to_lowercase();
    let parts = [
        name.trim_end_matches(".exe").to_owned(),
        first(&entry.runs).to_lowercase(),
        first(&entry.destinations).to_lowercase(),
    ];
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let words: Vec<String> = parts
        .iter()
        .map(|part| part.chars().take(40).map(plain).collect::<String>())
        .filter(|part| !part.is_empty())
        .collect();
    let base: String = words.join("-").chars().take(70).collect();
    let mut number = 1_u32;
    loop {
        let id = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        if known.find(&id).is_none() {
            return id;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_image_and_destination() {
        let entry = Written {
            image: vec![r"C:\Program Files\Vendor\My Agent.exe".to_owned()].into(),
            destinations: vec!["backup.example".to_owned()].into(),
            ..Written::default()
        };
        assert_eq!(free_id(&entry, &Envelopes::default()), "my-agent-backup.example");
    }
}
