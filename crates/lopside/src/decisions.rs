//! What people decided of findings: one line of JSON a decision, appended to `decisions.jsonl` beside the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lopside_model::Micros;
use lopside_model::finding::{Decision, Finding, Severity};
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// The name of the file.
const NAME: &str = "decisions.jsonl";
/// The name of the shape of a line.
const SCHEMA: &str = "lopside.decision/1";
/// A line is at most so long.
const LONGEST: u64 = 1 << 20;

/// What a finding turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Data went where they should not
    TruePositive,
    /// It happened, and it is in order
    BenignExpected,
    /// It did not happen as told, or is nothing out of the ordinary
    FalsePositive,
    /// It cannot be told
    Undetermined,
}

impl Verdict {
    const ALL: [Verdict; 4] =
        [Verdict::TruePositive, Verdict::BenignExpected, Verdict::FalsePositive, Verdict::Undetermined];

    /// The word of the interface.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verdict::TruePositive => "true_positive",
            Verdict::BenignExpected => "benign_expected",
            Verdict::FalsePositive => "false_positive",
            Verdict::Undetermined => "undetermined",
        }
    }
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    schema: String,
    /// The finding's id.
    pub(crate) finding: String,
    /// What was decided.
    #[serde(flatten)]
    pub(crate) decision: Decision,
    /// What the finding was then.
    #[serde(default)]
    pub(crate) title: String,
    /// Its severity then.
    #[serde(default)]
    pub(crate) severity: Option<Severity>,
    /// Its score then.
    #[serde(default)]
    pub(crate) score: Option<f64>,
}

impl Line {
    /// A decision of a finding.
    pub(crate) fn new(finding: &Finding, decision: Decision) -> Line {
        Line {
            schema: SCHEMA.into(),
            finding: finding.id.clone(),
            decision,
            title: finding.title.clone(),
            severity: Some(finding.severity),
            score: Some(finding.score),
        }
    }
}

/// Where decisions are kept, where there is a folder for them.
pub(crate) fn place(config: &Config) -> Option<PathBuf> {
    config.folder.as_ref().map(|folder| folder.join(NAME))
}

/// Every decision, oldest first; none where there is no file.
///
/// # Errors
/// When the file cannot be read, or a line is no decision: file, line and cause.
pub(crate) fn read(config: &Config) -> anyhow::Result<Vec<Line>> {
    let Some(path) = place(config) else { return Ok(Vec::new()) };
    let file = match fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read decisions from {}", path.display()));
        }
    };
    let mut reader = BufReader::new(file);
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let place = || format!("{}, line {number}", path.display());
        let read =
            io::Read::take(&mut reader, LONGEST + 1).read_until(b'\n', &mut bytes).with_context(place)?;
        if read == 0 {
            break;
        }
        if bytes.len() as u64 > LONGEST {
            bail!("{}: longer than 1 MiB, so it is no decision; remove it", place());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        lines.push(parse(&bytes).with_context(place)?);
    }
    Ok(lines)
}

fn parse(bytes: &[u8]) -> anyhow::Result<Line> {
    let line: Line =
        serde_json::from_slice(bytes).map_err(|error| anyhow::anyhow!("is no decision: {error}"))?;
    if line.schema != SCHEMA {
        bail!("is no {SCHEMA} but {:?}", line.schema);
    }
    if Verdict::ALL.iter().all(|verdict| verdict.name() != line.decision.verdict) {
        bail!("the verdict {:?} is not known", line.decision.verdict);
    }
    Ok(line)
}

/// Gives each finding its last decision, where there is one.
pub(crate) fn apply(lines: &[Line], findings: &mut [Finding]) {
    let latest: BTreeMap<&str, &Line> = lines.iter().map(|line| (line.finding.as_str(), line)).collect();
    for finding in findings {
        if let Some(line) = latest.get(finding.id.as_str()) {
            finding.decision = Some(line.decision.clone());
        }
    }
}

/// Appends a decision.
///
/// # Errors
/// When there is no folder for it, or it cannot be written.
pub(crate) fn append(config: &Config, line: &Line) -> anyhow::Result<PathBuf> {
    let path = place(config)
        .context("there is no folder for the configuration, which decisions are kept beside; name a configuration with --config")?;
    let cannot = || format!("cannot write {}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).with_context(cannot)?;
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    // A line that a crash cut off must not swallow the next one.
    if ends_within_a_line(&path) {
        text.insert(0, '\n');
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&path).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)?;
    Ok(path)
}

fn ends_within_a_line(path: &Path) -> bool {
    let mut last = [b'\n'];
    let read = |file: &mut fs::File, last: &mut [u8]| {
        file.seek(io::SeekFrom::End(-1))?;
        io::Read::read_exact(file, last)
    };
    fs::File::open(path).is_ok_and(|mut file| read(&mut file, &mut last).is_ok()) && last != [b'\n']
}

/// A decision as it is made now.
pub(crate) fn decision(verdict: Verdict, note: Option<&str>, author: Option<&str>, time: Micros) -> Decision {
    let text = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Decision { verdict: verdict.name().into(), note: text(note), author: text(author), time }
}
