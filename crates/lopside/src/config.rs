//! The configuration file: the analytic's tunables and the local networks, in TOML.
//!
//! ```toml
//! local = ["10.0.0.0/8", "203.0.113.0/24"]
//! allow = "allow.toml"
//!
//! [analytic]
//! TimeWindow = 96
//! UserContext = ["interactive", "administrator"]
//! PayloadEntropyThreshold = 4.0
//! alert_budget = 5.0
//!
//! [owners]
//! files = ["owners.csv"]
//! ```

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lopside_payload::EntropyThreshold;
use lopside_score::{AccountContext, Settings};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::args::network;
use crate::owners_file::{self, OwnersPlace};
use crate::terminal::variable;

/// What the configuration says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// The file it was read from.
    pub(crate) path: Option<PathBuf>,
    /// SHA-256 of the file; of nothing where there is none.
    pub(crate) sha256: String,
    /// Networks that are local.
    pub(crate) local: Vec<(IpAddr, u8)>,
    /// The tunables.
    pub(crate) settings: Settings,
    /// The folder of the configuration, whether it has one or not: what people decide is kept beside it.
    pub(crate) folder: Option<PathBuf>,
    /// The file of envelopes, where the configuration names one.
    pub(crate) allow: Option<PathBuf>,
    /// Who answers for what, and the files that say so.
    pub(crate) owners: OwnersPlace,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    local: Vec<String>,
    allow: Option<PathBuf>,
    owners: owners_file::Written,
    analytic: Analytic,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Analytic {
    #[serde(rename = "TimeWindow")]
    time_window: Option<u32>,
    #[serde(rename = "UserContext")]
    user_context: Option<Vec<AccountContext>>,
    #[serde(rename = "PayloadEntropyThreshold")]
    payload_entropy_threshold: Option<f64>,
    alert_budget: Option<f64>,
}

impl Config {
    /// Reads the file that was named, else that of the user's configuration folder where it exists.
    pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Config> {
        if let Some(path) = named {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))?;
            return Config::parse(path, &text);
        }
        let Some(path) = usual_place() else { return Ok(Config::none()) };
        let none = || Config { folder: path.parent().map(Path::to_owned), ..Config::none() };
        match std::fs::read_to_string(&path) {
            Ok(text) => Config::parse(&path, &text),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(none())
            }
            Err(error) => {
                Err(error).with_context(|| format!("cannot read the configuration {}", path.display()))
            }
        }
    }

    fn none() -> Config {
        Config { sha256: sha256(b""), ..Config::default() }
    }

    fn parse(path: &Path, text: &str) -> anyhow::Result<Config> {
        let place = path.display();
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
            anyhow::anyhow!("{place}, line {line}: {}", error.message().replace('\n', " "))
        })?;
        let mut config =
            Config { path: Some(path.to_owned()), sha256: sha256(text.as_bytes()), ..Config::default() };
        let folder = path.parent().unwrap_or(Path::new(""));
        config.folder = Some(folder.to_owned());
        config.allow = written.allow.as_ref().map(|file| folder.join(file));
        config.owners = OwnersPlace::new(&written.owners, path, text)?;
        for text in &written.local {
            config.local.push(network(text).with_context(|| format!("{place}: local {text:?}"))?);
        }
        config.settings = written.analytic.settings().with_context(|| place.to_string())?;
        Ok(config)
    }
}

impl Analytic {
    fn settings(self) -> anyhow::Result<Settings> {
        let usual = Settings::default();
        let settings = Settings {
            time_window: self.time_window.unwrap_or(usual.time_window),
            user_context: self.user_context.unwrap_or(usual.user_context),
            payload_entropy_threshold: self
                .payload_entropy_threshold
                .unwrap_or(usual.payload_entropy_threshold),
            alert_budget: self.alert_budget.unwrap_or(usual.alert_budget),
            min_severity: usual.min_severity,
        };
        if !(24..=168).contains(&settings.time_window) {
            bail!("TimeWindow must be between 24 and 168 hours");
        }
        if EntropyThreshold::new(settings.payload_entropy_threshold).is_none() {
            bail!(
                "PayloadEntropyThreshold must be between {} and {} standard deviations",
                EntropyThreshold::LEAST,
                EntropyThreshold::MOST
            );
        }
        if !(0.1..=100.0).contains(&settings.alert_budget) {
            bail!("alert_budget must be between 0.1 and 100 per 1,000 host-days");
        }
        Ok(settings)
    }
}

/// `$XDG_CONFIG_HOME/lopside/config.toml`, or the same below `~/.config` (`%APPDATA%` on Windows).
fn usual_place() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(variable("HOME")?).join(".config"));
    let folder =
        variable("XDG_CONFIG_HOME").or_else(|| variable("APPDATA")).map(PathBuf::from).or_else(home)?;
    Some(folder.join("lopside").join("config.toml"))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(Path::new("c.toml"), text)
    }

    #[test]
    fn what_is_silent_is_the_default() {
        let config = parse("local = [\"192.0.2.0/24\"]\n[analytic]\nTimeWindow = 24\n").unwrap();
        assert_eq!(config.settings.time_window, 24);
        assert_eq!(config.settings.alert_budget, Settings::default().alert_budget);
        assert_eq!(config.local.len(), 1);
        assert_eq!(config.sha256.len(), 64);
        assert!(Config::none().sha256.starts_with("e3b0c442"));
    }

    #[test]
    fn wrong_keys_and_values_are_named() {
        let error = |text: &str| format!("{:#}", parse(text).unwrap_err());
        assert!(error("[analytic]\nTimeWindows = 3\n").contains("line 2: unknown field `TimeWindows`"));
        assert!(error("[analytic]\nTimeWindow = 3\n").contains("TimeWindow must be"));
        assert!(error("[analytic]\nalert_budget = nan\n").contains("alert_budget must be"));
        assert!(error("local = [\"x\"]").contains("\"x\""));
        assert!(!error("[analytic\n").contains('\n'));
    }
}
