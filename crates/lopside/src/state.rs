//! The result of the last hunt, kept in the user's state folder so that `explain ID` works right after it.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lopside_model::finding::Finding;

use crate::terminal::variable;

/// Where the last result is kept: `$XDG_STATE_HOME/lopside`, or below `~/.local/state` (`%LOCALAPPDATA%` on Windows).
pub(crate) fn place() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(variable("HOME")?).join(".local").join("state"));
    let folder =
        variable("XDG_STATE_HOME").or_else(|| variable("LOCALAPPDATA")).map(PathBuf::from).or_else(home)?;
    Some(folder.join("lopside").join("findings.jsonl"))
}

/// Keeps findings until the next hunt.
///
/// # Errors
/// When there is no such folder, or it cannot be written.
pub(crate) fn keep(findings: &[Finding]) -> anyhow::Result<()> {
    let Some(path) = place() else { bail!("neither XDG_STATE_HOME nor HOME is set") };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    // Written beside and renamed, so that a reader never sees half of it.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(|| folder.display().to_string())?;
    let mut writer = BufWriter::new(file.as_file_mut());
    for finding in findings {
        serde_json::to_writer(&mut writer, finding)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()?;
    drop(writer);
    file.persist(&path).with_context(|| path.display().to_string())?;
    Ok(())
}

/// Reads saved findings.
///
/// # Errors
/// When the file cannot be read, or a line is no finding.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Finding>> {
    let file =
        fs::File::open(path).with_context(|| format!("cannot read findings from {}", path.display()))?;
    let mut findings = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("{}, line {}", path.display(), number + 1);
        let line = line.with_context(place)?;
        if !line.trim().is_empty() {
            findings.push(
                serde_json::from_str(&line)
                    .with_context(|| format!("{} is no finding of lopside hunt --format jsonl", place()))?,
            );
        }
    }
    Ok(findings)
}
