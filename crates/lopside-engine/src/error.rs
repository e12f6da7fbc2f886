//! What can go wrong in the engine itself; damaged input is counted in the report instead.

use std::path::PathBuf;

/// A run that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The folder for spilled partitions cannot be used.
    #[error(
        "cannot write temporary data in {folder}: {cause}; free some space or name another folder with TMPDIR"
    )]
    Spill {
        /// The folder.
        folder: PathBuf,
        /// Why.
        cause: String,
    },
    /// A table could not be built or read back.
    #[error("internal table error: {0}")]
    Table(String),
    /// The inputs cannot be read at all.
    #[error(transparent)]
    Read(#[from] lopside_sources::read::ReadError),
    /// The weights or another data file that ships with Lopside cannot be used.
    #[error("{0}")]
    Score(String),
}

impl From<arrow_schema::ArrowError> for EngineError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        EngineError::Table(error.to_string())
    }
}

impl From<lopside_model::table::ColumnError> for EngineError {
    fn from(error: lopside_model::table::ColumnError) -> Self {
        EngineError::Table(error.to_string())
    }
}
