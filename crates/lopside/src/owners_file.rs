//! Owners from the configuration and from the files that it imports: CSV with `kind,match,owner,criticality`, or TOML with `[[map]]`.
//!
//! ```toml
//! [owners]
//! files = ["owners.csv", "systems.toml"]     # beside the configuration
//!
//! [[owners.map]]
//! host = "srv-*"
//! owner = "infrastructure@corp.example"
//! criticality = "high"
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lopside_score::envelope::line_of;
use lopside_score::owners::{Claim, Kind, Owners, WrittenClaim};
use serde::Deserialize;

use crate::config::Config;

/// A file is at most so large.
const LARGEST: u64 = 256 << 20;

/// `[owners]` as it is written in the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Written {
    files: Vec<PathBuf>,
    map: Vec<toml::Spanned<WrittenClaim>>,
}

/// What the configuration says of owners.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnersPlace {
    files: Vec<PathBuf>,
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    map: Vec<toml::Spanned<WrittenClaim>>,
}

impl OwnersPlace {
    /// Checks what the configuration says.
    ///
    /// # Errors
    /// When a claim cannot be used: file, line and cause.
    pub(crate) fn new(written: &Written, place: &Path, text: &str) -> anyhow::Result<OwnersPlace> {
        let folder = place.parent().unwrap_or(Path::new(""));
        Ok(OwnersPlace {
            files: written.files.iter().map(|file| folder.join(file)).collect(),
            claims: claims(&written.map, place, text)?,
        })
    }

    /// Every claim, those of files behind those of the configuration.
    ///
    /// # Errors
    /// When a file cannot be read, a claim in it cannot be used, or two claims contradict each other: file, line and cause.
    pub(crate) fn load(config: &Config) -> anyhow::Result<Owners> {
        let mut all = config.owners.claims.clone();
        for file in &config.owners.files {
            all.extend(read(file)?);
        }
        Ok(Owners::new(all)?)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Claim>> {
    let cannot = || format!("cannot read owners from {}", path.display());
    if fs::metadata(path).with_context(cannot)?.len() > LARGEST {
        bail!("{}: larger than 256 MiB", cannot());
    }
    let text = fs::read_to_string(path).with_context(cannot)?;
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    if ending != "toml" {
        return csv_claims(path, &text);
    }
    let file: TomlFile = toml::from_str(&text).map_err(|error| {
        let line = line_of(&text, error.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{}, line {line}: {}", path.display(), error.message().replace('\n', " "))
    })?;
    claims(&file.map, path, &text)
}

fn claims(written: &[toml::Spanned<WrittenClaim>], path: &Path, text: &str) -> anyhow::Result<Vec<Claim>> {
    let claim = |written: &toml::Spanned<WrittenClaim>| {
        let place = format!("{}, line {}", path.display(), line_of(text, written.span().start));
        Claim::of(written.get_ref(), &place).map_err(|error| anyhow::anyhow!("{place}: {error}"))
    };
    written.iter().map(claim).collect()
}

fn csv_claims(path: &Path, text: &str) -> anyhow::Result<Vec<Claim>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().with_context(|| format!("{}, line 1", path.display()))?.clone();
    let column = |name: &str| heads.iter().position(|head| head.eq_ignore_ascii_case(name));
    let (Some(kind), Some(text), Some(owner)) = (column("kind"), column("match"), column("owner")) else {
        bail!(
            "{}, line 1: the first line must name the columns kind, match, owner and, where known, criticality",
            path.display()
        );
    };
    let criticality = column("criticality");
    let mut claims = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            anyhow::anyhow!("{}, line {line}: {error}", path.display())
        })?;
        let place = format!("{}, line {}", path.display(), record.position().map_or(1, csv::Position::line));
        let cell = |at: usize| record.get(at).unwrap_or("");
        if record.iter().all(str::is_empty) || cell(0).starts_with('#') {
            continue;
        }
        let Some(kind) = Kind::of_name(cell(kind)) else {
            bail!("{place}: kind {:?} is not one of process, host, user, network, destination", cell(kind));
        };
        let claim = Claim::new(kind, cell(text), cell(owner), criticality.map(cell), &place)
            .map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
        claims.push(claim);
    }
    Ok(claims)
}
