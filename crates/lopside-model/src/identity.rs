//! Process identity: what a baseline is kept for. Image, signer or product, and for service hosts and interpreters the service
//! or script, with everything volatile (versions, profiles, GUIDs) folded away.

use serde::{Deserialize, Serialize};

use crate::process::file_name;

mod command;
mod path;

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
        let image = facts.image.map(str::trim).filter(|image| !image.is_empty())?;
        let mut key = path::key(image);
        let place = path::place(&key);
        if let Some(command_line) = facts.command_line {
            let name = file_name(image.trim_matches('"')).to_ascii_lowercase();
            command::append(&mut key, &name, command_line, facts.parent_image);
        }
        Some(Identity { key, place })
    }
}

impl Place {
    /// The class of the folder that holds an image.
    pub fn of(image: &str) -> Place {
        path::place(&path::key(image))
    }
}

/// The services of a service host, from its command line (`-s Service`, else `-k group`); none for any other image.
pub fn services(image: &str, command_line: Option<&str>) -> Vec<String> {
    if !file_name(image).eq_ignore_ascii_case("svchost.exe") {
        return Vec::new();
    }
    command_line.and_then(command::service).map(str::to_owned).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_service_hosts_only() {
        let line = Some(r"C:\Windows\System32\svchost.exe -k netsvcs -p -s BITS");
        assert_eq!(services(r"C:\Windows\System32\svchost.exe", line), ["BITS"]);
        assert!(services(r"C:\x.exe", line).is_empty());
        assert!(services("svchost.exe", None).is_empty());
    }

    #[test]
    fn nothing_known_is_no_identity() {
        assert_eq!(Identity::of(&ProcessFacts::default()), None);
        assert_eq!(Identity::of(&ProcessFacts { image: Some("  "), ..ProcessFacts::default() }), None);
    }

    #[test]
    fn any_text_has_a_key() {
        for text in ["\\", "\"", " \"\"", r"\\?\", r"\device\", "C:", ":", "é\u{301}\\1.2", "%", r"\??\"] {
            let facts =
                ProcessFacts { image: Some(text), command_line: Some(text), ..ProcessFacts::default() };
            let _ = Identity::of(&facts);
        }
        for name in [
            "rundll32.exe",
            "powershell.exe",
            "regsvr32.exe",
            "dllhost.exe",
            "java.exe",
            "msiexec.exe",
            "cmd.exe",
        ] {
            for line in
                ["", "\"", "x é", "x -é", "x /i:", "x -c", "x -file", "x \"\u{1F600}", "x ,", "x /iéé"]
            {
                let facts =
                    ProcessFacts { image: Some(name), command_line: Some(line), ..ProcessFacts::default() };
                assert!(Identity::of(&facts).is_some());
            }
        }
    }
}
