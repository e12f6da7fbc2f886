//! Baselines as files: a line of text, then the compressed bytes of `docs/baseline.md`; and the options by which commands read one.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use lopside_score::{Baseline, NameKey};

use crate::args::Common;
use crate::terminal::variable;

/// The first line, so that a person who opens the file knows what it is.
const HEAD: &[u8] = b"lopside baseline, see docs/baseline.md\n";
/// How hard it is compressed: a baseline is written seldom and sent around.
const LEVEL: i32 = 9;

/// Options of commands that compare with a baseline.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct BaselineArgs {
    /// What was usual before: a file of lopside baseline build; its days are history for these data
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Key of a baseline whose names are hashed: a file that holds it, or env:NAME
    #[arg(long, value_name = "KEY", requires = "baseline")]
    hash_key: Option<String>,
}

impl BaselineArgs {
    /// Whether one is named.
    pub(crate) fn named(&self) -> bool {
        self.baseline.is_some()
    }

    /// The baseline, where one is named.
    ///
    /// # Errors
    /// When it cannot be read, or its names are hashed and the key is missing or wrong.
    pub(crate) fn load(&self, common: &Common) -> anyhow::Result<Option<Arc<Baseline>>> {
        let Some(path) = &self.baseline else { return Ok(None) };
        read(path, self.hash_key.as_deref(), common.memory).map(Arc::new).map(Some)
    }
}

/// Reads a baseline, with its key where its names are hashed.
///
/// # Errors
/// When it cannot be read, is no baseline, or the key is missing or wrong.
pub(crate) fn read(path: &Path, key: Option<&str>, memory: u64) -> anyhow::Result<Baseline> {
    let mut baseline = read_locked(path, memory)?;
    let key = key.map(self::key).transpose()?;
    baseline.unlock(key).with_context(|| path.display().to_string())?;
    Ok(baseline)
}

/// Reads a baseline; names stay hashed where they are.
///
/// # Errors
/// When it cannot be read, or is no baseline.
pub(crate) fn read_locked(path: &Path, memory: u64) -> anyhow::Result<Baseline> {
    let place = || format!("cannot read the baseline {}", path.display());
    let file = std::fs::File::open(path).with_context(place)?;
    let mut file = std::io::BufReader::new(file);
    let mut head = vec![0; HEAD.len()];
    if file.read_exact(&mut head).is_err() || head != HEAD {
        bail!("{} is no baseline; make one with lopside baseline build PATH -o FILE", path.display());
    }
    // What it unpacks to takes some times that in memory.
    let most = (memory / 4).max(1 << 24);
    let mut bytes = Vec::new();
    let unpacked =
        zstd::Decoder::new(file).and_then(|decoder| decoder.take(most + 1).read_to_end(&mut bytes));
    unpacked.with_context(|| format!("{}: is it whole? copy or build it again", place()))?;
    if bytes.len() as u64 > most {
        bail!("{} unpacks to more than {} MiB; allow more with --memory", path.display(), most >> 20);
    }
    Baseline::from_bytes(&bytes).with_context(place)
}

/// Writes a baseline.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(baseline: &Baseline, writer: &mut dyn Write) -> anyhow::Result<()> {
    writer.write_all(HEAD)?;
    let mut encoder = zstd::Encoder::new(writer, LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(&baseline.to_bytes())?;
    encoder.finish()?;
    Ok(())
}

/// The key that a file holds, or an environment variable as `env:NAME`.
///
/// # Errors
/// When there is none, or it is too short.
pub(crate) fn key(place: &str) -> anyhow::Result<NameKey> {
    let secret = match place.strip_prefix("env:") {
        Some(name) => {
            variable(name).with_context(|| format!("the environment has no key {name}"))?.into_bytes()
        }
        None => {
            let file = std::fs::File::open(place);
            let file =
                file.with_context(|| format!("cannot read the key {place}; name a file, or env:NAME"))?;
            let mut secret = Vec::new();
            file.take(1 << 16)
                .read_to_end(&mut secret)
                .with_context(|| format!("cannot read the key {place}"))?;
            secret
        }
    };
    NameKey::new(&secret).with_context(|| place.to_owned())
}
