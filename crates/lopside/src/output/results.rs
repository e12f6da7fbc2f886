//! What a result is written to: a file, or standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A buffered file or standard output.
pub(crate) struct Results {
    writer: BufWriter<Target>,
}

enum Target {
    File(Kept),
    Standard(io::Stdout),
}

/// A file that keeps what it holds until the first byte of the new result.
struct Kept {
    file: File,
    path: PathBuf,
    /// Whether it was not there before.
    created: bool,
    /// Whether its old content is gone.
    begun: bool,
}

impl Results {
    /// Opens the file, or standard output where none is named. Done before any work, so that a wrong path costs nothing.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Results> {
        let target = match path {
            None => Target::Standard(io::stdout()),
            Some(path) => Target::File(
                Kept::open(path)
                    .with_context(|| format!("cannot write {}; name another file", path.display()))?,
            ),
        };
        Ok(Results { writer: BufWriter::with_capacity(1 << 16, target) })
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if let Target::File(kept) = self.writer.get_mut() {
            kept.begin()?;
        }
        self.writer.flush()
    }
}

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::File(kept) => {
                kept.begin()?;
                kept.file.write(bytes)
            }
            Target::Standard(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::File(kept) => kept.file.flush(),
            Target::Standard(stdout) => stdout.flush(),
        }
    }
}

impl Kept {
    fn open(path: &Path) -> io::Result<Kept> {
        let created = fs::symlink_metadata(path).is_err();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Kept { file, path: path.to_owned(), created, begun: false })
    }

    /// Empties the file, once.
    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            // A pipe or device has no length.
            if self.file.metadata()?.is_file() {
                self.file.set_len(0)?;
            }
        }
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A run that came to nothing leaves no empty file behind.
        if self.created && !self.begun {
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_result_stays_until_there_is_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        drop(Results::open(Some(&path)).unwrap());
        assert!(!path.exists());
        fs::write(&path, "an old result").unwrap();
        drop(Results::open(Some(&path)).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "an old result");
        let mut results = Results::open(Some(&path)).unwrap();
        results.write_all(b"new").unwrap();
        results.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        Results::open(Some(&path)).unwrap().finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}
