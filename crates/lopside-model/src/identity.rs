//! Process identity: what a baseline is kept for. Image, signer or product, and for service hosts and interpreters the service
//! or script, with everything volatile (versions, profiles, GUIDs) folded away.

use serde::{Deserialize, Serialize};

use crate::process::file_name;

/// What is known of a process when its identity is decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessFacts<'a> {
    /// Image path as written (DOS, NT device, any case).
    pub image: Option<&'a str>,
    /// Command line.
    pub command_line: Option<&'a str>,
    /// Original file name of the version resource.
    pub original_name: Option<&'a str>,
    /// Company of the version resource.
    pub company: Option<&'a str>,
    /// Image of the parent.
    pub parent_image: Option<&'a str>,
}

/// What a baseline is kept for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The key: lower-case, volatile parts folded.
    pub key: String,
    /// Where the image lies.
    pub place: Place,
}

/// Classes of folders, by who may write there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The kernel (`System`).
    Kernel,
    /// Below the Windows folder.
    Windows,
    /// Below Program Files.
    Programs,
    /// Below ProgramData or another folder of all users.
    Shared,
    /// In a user's profile.
    Profile,
    /// In a temporary folder, a download folder or the recycle bin.
    Temporary,
    /// On a network share.
    Network,
    /// Anywhere else on a disk.
    Other,
    /// No path is known.
    #[default]
    Unknown,
}

impl Identity {
    /// The identity of a process; `None` where not even its image is known.
    pub fn of(facts: &ProcessFacts<'_>) -> Option<Identity> {
        let image = facts.image?;
        Some(Identity { key: file_name(image).to_ascii_lowercase(), place: Place::of(image) })
    }
}

impl Place {
    /// The class of the folder that holds an image.
    pub fn of(_image: &str) -> Place {
        Place::Unknown
    }
}

/// The services of a service host, from its command line (`-s Service`, else `-k group`).
pub fn services(_image: &str, _command_line: Option<&str>) -> Vec<String> {
    Vec::new()
}
