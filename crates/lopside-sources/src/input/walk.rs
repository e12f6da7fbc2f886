//! The files below the given paths, each once, in a fixed order.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Fault, InputError};

/// Folders in one another that are followed.
const DEPTH: usize = 128;

/// What was found below the paths.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The files, sorted by the bytes of their path, standard input first.
    pub files: Vec<InputFile>,
    /// What could not be looked at.
    pub errors: Vec<InputError>,
    /// Files and folders that were reached again, by a link or a repeated path, and are read only once.
    pub repeated: u64,
}

impl Inputs {
    /// Bytes on disk of all files: what progress runs up to. Standard input counts 0.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Place in [`Inputs::files`].
    pub index: usize,
    /// Display name: the path as it was given or found.
    pub name: String,
    /// Where the bytes are.
    pub place: Place,
    /// Bytes on disk, 0 where nobody knows (standard input, pipes).
    pub bytes: u64,
}

/// Where the bytes of an input are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Standard input, given as `-`.
    StandardInput,
    /// A file.
    Path(PathBuf),
}

/// Finds the regular files below the paths. Links are followed, and each file and folder is taken once however
/// often links lead to it, so that links in a circle end. A path named itself may also be a pipe.
#[must_use]
pub fn walk(paths: &[PathBuf]) -> Inputs {
    let mut walker = Walker::default();
    let sorted: BTreeSet<&PathBuf> = paths.iter().collect();
    for path in sorted {
        if path.as_os_str() == "-" {
            walker.add(Place::StandardInput, "-".to_owned(), 0);
        } else {
            walker.visit(path, 0);
        }
    }
    let mut inputs = walker.found;
    inputs.files.sort_by(|one, other| one.place.cmp_bytes(&other.place));
    for (index, file) in inputs.files.iter_mut().enumerate() {
        file.index = index;
    }
    inputs
}

impl Place {
    /// Order by the bytes of the path, standard input first.
    fn cmp_bytes(&self, other: &Self) -> std::cmp::Ordering {
        let key = |place: &Self| match place {
            Self::StandardInput => None,
            Self::Path(path) => Some(path.as_os_str().as_encoded_bytes().to_vec()),
        };
        key(self).cmp(&key(other))
    }
}

#[derive(Default)]
struct Walker {
    found: Inputs,
    seen: BTreeSet<PathBuf>,
}

impl Walker {
    fn visit(&mut self, path: &Path, depth: usize) {
        if let Err(fault) = self.try_visit(path, depth) {
            self.found.errors.push(InputError { name: path.display().to_string(), fault });
        }
    }

    fn try_visit(&mut self, path: &Path, depth: usize) -> Result<(), Fault> {
        let faulty = |error: std::io::Error| Fault::from_io(&error);
        let metadata = fs::metadata(path).map_err(faulty)?;
        if depth > DEPTH {
            return Err(Fault::Unreadable(format!("more than {DEPTH} folders in one another")));
        }
        if !metadata.is_dir() && !metadata.is_file() && depth > 0 {
            return Err(Fault::NotAFile);
        }
        // Pipes have no canonical path on every system; they are named once.
        let canonical = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(canonical) {
            self.found.repeated += 1;
            return Ok(());
        }
        if metadata.is_dir() {
            self.visit_folder(path, depth)
        } else {
            let bytes = if metadata.is_file() { metadata.len() } else { 0 };
            self.add(Place::Path(path.to_owned()), path.display().to_string(), bytes);
            Ok(())
        }
    }

    fn visit_folder(&mut self, folder: &Path, depth: usize) -> Result<(), Fault> {
        let mut names = Vec::new();
        let mut fault = None;
        for entry in fs::read_dir(folder).map_err(|error| Fault::from_io(&error))? {
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                Err(error) => fault = Some(Fault::from_io(&error)),
            }
            if fault.is_some() {
                break;
            }
        }
        names.sort_by(|one, other| one.as_encoded_bytes().cmp(other.as_encoded_bytes()));
        for name in names {
            self.visit(&folder.join(name), depth + 1);
        }
        fault.map_or(Ok(()), Err)
    }

    fn add(&mut self, place: Place, name: String, bytes: u64) {
        self.found.files.push(InputFile { index: 0, name, place, bytes });
    }
}
