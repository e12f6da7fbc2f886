//! Why a fleet could not be written.

use std::io;
use std::path::{Path, PathBuf};

/// Why a fleet could not be written, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EmulateError {
    /// The plan asks for something that cannot be made.
    #[error("cannot emulate {0}")]
    Plan(String),
    /// The output folder holds files already.
    #[error("{0} is not empty: name a new or an empty folder")]
    NotEmpty(PathBuf),
    /// A file could not be read or written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A list of facts that ships with this crate is broken.
    #[error("the list of applications is broken: {0}")]
    Facts(String),
}

impl EmulateError {
    /// Names the file at which input or output failed.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}
