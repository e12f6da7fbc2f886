//! What is taken to be usual before anything was seen: a documented prior, and the lists that factors read.

use lopside_model::process::file_name;
use serde::Deserialize;

const SHIPPED: &str = include_str!("../data/prior.toml");

/// The prior, from `data/prior.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct Prior {
    /// Its name, as findings tell it.
    pub name: String,
    /// How many hosts the prior weighs as much as.
    pub hosts: f64,
    /// Below this many hosts a finding says that prevalence rests on the prior.
    pub few_hosts: u32,
    /// Below this many days of history a finding says that novelty rests on the prior.
    pub few_days: u32,
    /// Share of unique places among the places of a process.
    pub unique_share: f64,
    /// New places a host and day of a process.
    pub new_places: f64,
    /// Chance that a process uses a port, by `port/transport`.
    pub ports: std::collections::BTreeMap<String, f64>,
    /// The same for every other port.
    pub other_port: f64,
    /// Registrable domains (and tenant suffixes) that are in use everywhere.
    pub common_domains: Vec<String>,
    /// Images that seldom start what sends: script hosts, office applications.
    pub odd_parents: Vec<String>,
    /// Words of a command line that uploads or hides, lower-case.
    pub telling_arguments: Vec<String>,
    /// Original names of tools that upload or tunnel, lower-case.
    pub upload_tools: Vec<String>,
    /// Images of Windows that seldom send by themselves, lower-case names.
    pub quiet_images: Vec<String>,
    /// Images that pack files, lower-case names.
    pub archivers: Vec<String>,
    /// Images that install software, lower-case names.
    pub installers: Vec<String>,
    /// Images of Windows that open what they start or serve with rights to write, lower-case names.
    #[serde(default)]
    pub openers: Vec<String>,
    /// Words that name no vendor, lower-case.
    pub vendor_stop_words: Vec<String>,
}

impl Default for Prior {
    fn default() -> Self {
        toml::from_str(SHIPPED).unwrap_or(Prior {
            name: "none: the shipped prior could not be read".into(),
            hosts: 8.0,
            few_hosts: 20,
            few_days: 3,
            unique_share: 0.15,
            new_places: 0.3,
            ports: std::collections::BTreeMap::new(),
            other_port: 0.01,
            common_domains: Vec::new(),
            odd_parents: Vec::new(),
            telling_arguments: Vec::new(),
            upload_tools: Vec::new(),
            quiet_images: Vec::new(),
            archivers: Vec::new(),
            installers: Vec::new(),
            openers: Vec::new(),
            vendor_stop_words: Vec::new(),
        })
    }
}

/// What a process that starts does to what is sent after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prelude {
    /// It packs files.
    Packs,
    /// It installs software.
    Installs,
}

impl Prior {
    /// What a process that starts is for, where it matters to what is sent after it.
    pub fn prelude(
        &self,
        image: &str,
        original_name: Option<&str>,
        command_line: Option<&str>,
    ) -> Option<Prelude> {
        let name = file_name(image).to_ascii_lowercase();
        let original = original_name.map(str::to_ascii_lowercase);
        let is =
            |list: &[String]| list.iter().any(|known| *known == name || Some(known) == original.as_ref());
        let line = command_line.unwrap_or_default().to_ascii_lowercase();
        if is(&self.archivers) || line.contains("compress-archive") {
            return Some(Prelude::Packs);
        }
        let stem = name.strip_suffix(".exe").unwrap_or(&name);
        let called = stem == "setup" || stem.ends_with("setup") || stem.contains("installer");
        // The service that waits for installations runs all day; an installation names a package.
        let waits =
            name == "msiexec.exe" && !line.is_empty() && !line.contains(".ms") && !line.contains("/i");
        ((is(&self.installers) && !waits) || called).then_some(Prelude::Installs)
    }

    /// Whether an image is one of Windows, where Windows keeps it, that opens other processes in the course of its work.
    pub fn opens_by_itself(&self, image: &str) -> bool {
        let image = image.to_ascii_lowercase();
        let place = image.strip_suffix(file_name(&image)).unwrap_or_default();
        is_of_windows(place) && self.openers.iter().any(|known| known == file_name(&image))
    }

    /// The chance that a process uses a port.
    pub fn port(&self, port: u16, transport: &str) -> f64 {
        self.ports.get(&format!("{port}/{transport}")).copied().unwrap_or(self.other_port)
    }

    /// Whether a destination is in use everywhere.
    pub fn is_common(&self, destination: &str) -> bool {
        let covers = |common: &String| {
            destination
                .strip_suffix(common.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.common_domains.iter().any(covers)
    }
}

/// Whether a folder in lower case is that of Windows' own programs: below the root of a drive or of a volume, since a folder of that name
/// can stand anywhere else.
fn is_of_windows(folder: &str) -> bool {
    let Some(root) = folder.strip_suffix(r"\windows\system32\") else { return false };
    let volume = root.strip_prefix(r"\device\harddiskvolume");
    root.len() == 2 && root.ends_with(':')
        || volume.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_prior_loads() {
        let prior: Prior = toml::from_str(SHIPPED).unwrap();
        assert!(prior.port(443, "tcp") > 0.5 && prior.port(8443, "tcp") < 0.1);
        assert!(prior.is_common("microsoft.com") && prior.is_common("x.microsoft.com"));
        assert!(!prior.is_common("notmicrosoft.com"));
    }

    #[test]
    fn windows_opens_processes_from_its_own_folder_alone() {
        let prior = Prior::default();
        assert!(prior.opens_by_itself(r"C:\Windows\system32\lsass.exe"));
        assert!(prior.opens_by_itself(r"C:\WINDOWS\System32\csrss.exe"));
        assert!(prior.opens_by_itself(r"\Device\HarddiskVolume3\Windows\System32\svchost.exe"));
        let elsewhere = [r"C:\Temp\Windows\System32\lsass.exe", r"\\host\share\Windows\System32\lsass.exe"];
        for other in elsewhere.into_iter().chain([
            r"C:\Users\jo\lsass.exe",
            r"C:\Windows\System32\x.exe",
            "lsass.exe",
            "",
        ]) {
            assert!(!prior.opens_by_itself(other), "{other}");
        }
    }

    #[test]
    fn what_packs_and_what_installs() {
        let prior = Prior::default();
        let of = |image: &str, original: Option<&str>, line: &str| prior.prelude(image, original, Some(line));
        assert_eq!(of(r"C:\Program Files\7-Zip\7z.exe", None, "7z a x.7z D:"), Some(Prelude::Packs));
        assert_eq!(of(r"C:\Temp\x.exe", Some("Rar.exe"), ""), Some(Prelude::Packs));
        assert_eq!(of(r"C:\powershell.exe", None, "powershell Compress-Archive a"), Some(Prelude::Packs));
        assert_eq!(
            of(r"C:\Windows\System32\msiexec.exe", None, "msiexec /i a.msi /qn"),
            Some(Prelude::Installs)
        );
        assert_eq!(of(r"C:\Windows\System32\msiexec.exe", None, "msiexec.exe /V"), None);
        assert_eq!(of(r"C:\Users\jo\Downloads\ToolSetup.exe", None, ""), Some(Prelude::Installs));
        assert_eq!(of(r"C:\x.exe", None, ""), None);
    }
}
