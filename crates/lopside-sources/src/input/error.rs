//! What can be wrong with an input.

use super::Container;

/// One input, or one entry of an archive, that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {fault}")]
pub struct InputError {
    /// Display name of the input or entry (`archive.zip!inner/conn.log`).
    pub name: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with an input. Everything before the place of the fault was delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The path does not exist (any more).
    #[error("no such file; check the path, or whether it was moved while being read")]
    Missing,
    /// The path may not be read.
    #[error("permission denied; run as a user who may read it")]
    Denied,
    /// The operating system gave another error.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A pipe, socket or device inside of a folder.
    #[error("is not a regular file and was left out; name it on the command line to read it")]
    NotAFile,
    /// The container ends before its content does.
    #[error("the {0} data ends early; what stands before was read")]
    Truncated(Container),
    /// The container is corrupt.
    #[error("the {container} data is damaged ({reason}); what stands before was read")]
    Damaged {
        /// Which container.
        container: Container,
        /// What its decoder says.
        reason: String,
    },
    /// Password-protected.
    #[error("the {0} entry is encrypted; decrypt it first")]
    Encrypted(Container),
    /// A compression method that is not supported.
    #[error("the {container} entry uses an unsupported method ({reason}); pack it again with deflate")]
    Unsupported {
        /// Which container.
        container: Container,
        /// What its decoder says.
        reason: String,
    },
    /// Inflates by more than the allowed ratio.
    #[error(
        "inflates to more than {ratio} times its size, which looks like a decompression bomb; reading stopped"
    )]
    RatioTooHigh {
        /// The limit.
        ratio: u64,
    },
    /// Inflates to more than the allowed total.
    #[error("inflates to more than {limit} bytes; reading stopped")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Too many containers in one another.
    #[error("has more than {limit} containers in one another; unpack it first")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Too many entries.
    #[error("has more than {limit} entries; reading stopped")]
    TooManyEntries {
        /// The limit.
        limit: u64,
    },
    /// Does not fit in the space allowed for temporary files.
    #[error("needs more than {limit} bytes of temporary space; unpack it first")]
    SpoolTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The temporary file could not be written.
    #[error("temporary file cannot be written: {0}")]
    SpoolFailed(String),
    /// So many faults in one input that the rest is only counted.
    #[error("has {0} more faults")]
    More(u64),
}

impl Fault {
    /// The fault for an error of the operating system while a plain file or folder was opened or read.
    #[must_use]
    pub fn from_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}
