//! Options that every command takes: as they were typed ([`CommonArgs`]), and validated ([`Common`]).

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lopside_engine::join::context::LocalNets;
use lopside_engine::stages::Span;
use lopside_model::Micros;
use lopside_model::finding::Severity;
use lopside_score::Settings;

use crate::allow_file::AllowPlace;
use crate::config::Config;
use crate::output::Format;
use crate::output::results::Results;
use crate::redact::Redactor;
use crate::terminal::Terminal;

/// The common options as typed.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct CommonArgs {
    /// Write the result to FILE instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", global = true)]
    output: Option<PathBuf>,
    /// Form of the result; guessed from the ending of FILE when silent
    #[arg(long, value_name = "FORMAT", global = true, value_parser = formats())]
    format: Option<Format>,
    /// Read settings from FILE instead of the user's configuration folder
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Write counts, inputs and hashes of the run to FILE as JSON
    #[arg(long, value_name = "FILE", global = true)]
    summary: Option<PathBuf>,
    /// A network that is yours, like 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "CIDR", global = true)]
    local: Vec<String>,
    /// The file of sanctioned senders; allow.toml beside the configuration when silent
    #[arg(long, value_name = "FILE", global = true)]
    allow: Option<PathBuf>,
    /// Least severity to print: medium in the table, low elsewhere when silent
    #[arg(long, value_name = "SEVERITY", global = true, value_parser = severities())]
    min_severity: Option<Severity>,
    /// Leave out what began before TIME (2026-03-02 or 2026-03-02T08:00:00Z, UTC)
    #[arg(long, value_name = "TIME", global = true)]
    since: Option<String>,
    /// Leave out what began at TIME or later
    #[arg(long, value_name = "TIME", global = true)]
    until: Option<String>,
    /// Show progress on standard error: auto (on a terminal) or never
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", value_parser = ["auto", "never"])]
    progress: String,
    /// Threads to use; all cores when silent
    #[arg(long, value_name = "N", global = true)]
    threads: Option<usize>,
    /// Memory for tables before they go to disk, like 512M or 4G
    #[arg(long, value_name = "SIZE", global = true, default_value = "1G")]
    memory: String,
    /// Do not look at the content of packet captures, only at headers and names
    #[arg(long, global = true)]
    no_payload: bool,
    /// Show a few escaped bytes of what a payload's verdict rests on; content can be personal
    #[arg(long, global = true, conflicts_with_all = ["no_payload", "redact"])]
    excerpts: bool,
    /// Replace users, hosts, paths below a profile and command lines by keyed hashes
    #[arg(long, global = true)]
    redact: bool,
    /// Secret for --redact; without one, who tries many names can find a short one
    #[arg(long, value_name = "KEY", global = true, requires = "redact")]
    redact_key: Option<String>,
    /// End with status 1 when a finding of SEVERITY or above exists
    #[arg(long, value_name = "SEVERITY", global = true, value_parser = severities())]
    fail_on: Option<Severity>,
    /// Partitions of each exchange
    #[arg(long, value_name = "N", global = true, hide = true)]
    partitions: Option<usize>,
}

/// The common options, validated.
#[derive(Debug)]
pub(crate) struct Common {
    /// Where the result goes; standard output when absent.
    pub(crate) output: Option<PathBuf>,
    format: Option<Format>,
    /// The configuration.
    pub(crate) config: Config,
    /// Where the summary goes.
    pub(crate) summary: Option<PathBuf>,
    /// Networks that are local.
    pub(crate) local: LocalNets,
    /// The file of sanctioned senders.
    pub(crate) allow: AllowPlace,
    min_severity: Option<Severity>,
    /// What part of the time is wanted.
    pub(crate) span: Span,
    /// Whether to show progress.
    pub(crate) progress: bool,
    /// Threads, at least one.
    pub(crate) threads: usize,
    /// Bytes of tables that may stay in memory.
    pub(crate) memory: u64,
    /// Whether the content of packet captures is judged.
    pub(crate) payload: bool,
    /// Whether a few bytes of content are shown.
    pub(crate) excerpts: bool,
    /// Replaces what describes people, where that is asked for.
    pub(crate) redact: Option<Redactor>,
    /// From which severity a finding makes the exit status 1.
    pub(crate) fail_on: Option<Severity>,
    /// Partitions of each exchange.
    pub(crate) partitions: Option<usize>,
}

impl CommonArgs {
    /// Checks what was typed, and reads the configuration.
    pub(crate) fn validate(&self, terminal: &Terminal) -> anyhow::Result<Common> {
        let config = Config::load(self.config.as_deref())?;
        let mut local = config.local.clone();
        for text in &self.local {
            local.push(network(text).with_context(|| format!("--local {text}"))?);
        }
        let moment = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| moment(text).with_context(|| format!("{name} {text}"))).transpose()
        };
        let span = Span { since: moment("--since", &self.since)?, until: moment("--until", &self.until)? };
        if let (Some(since), Some(until)) = (span.since, span.until)
            && since >= until
        {
            bail!("--since must be before --until");
        }
        let threads =
            self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if !(1..=1_024).contains(&threads) {
            bail!("--threads must be between 1 and 1024");
        }
        if self.partitions.is_some_and(|partitions| !(1..=4_096).contains(&partitions)) {
            bail!("--partitions must be between 1 and 4096");
        }
        Ok(Common {
            output: self.output.clone().filter(|path| path.as_os_str() != "-"),
            format: self.format,
            allow: AllowPlace::new(self.allow.as_deref(), &config),
            config,
            summary: self.summary.clone(),
            local: LocalNets(local),
            min_severity: self.min_severity,
            span,
            progress: self.progress == "auto" && terminal.watched,
            threads,
            payload: !self.no_payload,
            excerpts: self.excerpts,
            memory: size(&self.memory).with_context(|| format!("--memory {}", self.memory))?,
            redact: self.redact.then(|| Redactor::new(self.redact_key.as_deref())),
            fail_on: self.fail_on,
            partitions: self.partitions,
        })
    }
}

impl Common {
    /// The format of the result: what was asked for, else what the ending of `-o` says, else the first that the command has.
    ///
    /// # Errors
    /// When the command has no such format.
    pub(crate) fn format(&self, has: &[Format]) -> anyhow::Result<Format> {
        let first = has.first().copied().unwrap_or(Format::Table);
        let ending =
            || self.output.as_deref().and_then(Format::of_ending).filter(|format| has.contains(format));
        let format = self.format.or_else(ending).unwrap_or(first);
        if !has.contains(&format) {
            let names: Vec<&str> = has.iter().map(|format| format.name()).collect();
            bail!("this command has no format {}; use --format {}", format.name(), names.join(", "));
        }
        Ok(format)
    }

    /// Opens what the result is written to.
    ///
    /// # Errors
    /// When the file of `-o` cannot be written.
    pub(crate) fn results(&self) -> anyhow::Result<Results> {
        Results::open(self.output.as_deref())
    }

    /// The least severity to print: medium in the table, low elsewhere when silent.
    pub(crate) fn min_severity(&self, format: Format) -> Severity {
        self.min_severity.unwrap_or(if format == Format::Table { Severity::Medium } else { Severity::Low })
    }

    /// The tunables.
    pub(crate) fn settings(&self) -> &Settings {
        &self.config.settings
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .map(|name| Format::of_name(&name).unwrap_or(Format::Table))
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).map(|name| {
        let named = Severity::ALL.into_iter().find(|severity| severity.name() == name);
        named.unwrap_or(Severity::Low)
    })
}

/// Reads a network, `10.0.0.0/8`, or a single address.
pub(crate) fn network(text: &str) -> anyhow::Result<(IpAddr, u8)> {
    let (address, prefix) =
        text.trim().split_once('/').map_or((text.trim(), None), |(ip, prefix)| (ip, Some(prefix)));
    let Some(ip) = lopside_model::net::parse_ip(address) else {
        bail!("is no network; write it like 10.0.0.0/8")
    };
    let widest = if ip.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(widest), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= widest));
    match prefix {
        Some(prefix) => Ok((ip, prefix)),
        None => bail!("has no prefix length between 0 and {widest}; write it like 10.0.0.0/8"),
    }
}

/// Reads a time, or a date as its first moment.
fn moment(text: &str) -> anyhow::Result<Micros> {
    let date = || Micros::parse_iso(&format!("{text}T00:00:00Z"));
    let minute = || Micros::parse_iso(&format!("{}:00Z", text.trim_end_matches('Z')));
    match Micros::parse_iso(text).or_else(date).or_else(minute) {
        Some(moment) => Ok(moment),
        None => bail!("is no time; write it like 2026-03-02 or 2026-03-02T08:00:00Z"),
    }
}

/// Reads a size: a number, and K, M, G or T (powers of 1024; of 1000 when written KB, MB, GB, TB).
fn size(text: &str) -> anyhow::Result<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let (letter, rest) = unit.trim().split_at_checked(1).unwrap_or((unit.trim(), ""));
    let base: u64 = match rest {
        "" | "ib" => 1_024,
        "b" => 1_000,
        _ => 0,
    };
    let power = match letter {
        "" | "b" => Some(0),
        "k" => Some(1),
        "m" => Some(2),
        "g" => Some(3),
        "t" => Some(4),
        _ => None,
    };
    let bytes =
        power.filter(|_| base > 0).and_then(|power| number.parse::<u64>().ok()?.checked_mul(base.pow(power)));
    match bytes {
        Some(bytes) => Ok(bytes),
        None => bail!("is no size; write it like 512M or 4G"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("1G").unwrap(), 1 << 30);
        assert_eq!(size("512 MiB").unwrap(), 512 << 20);
        assert_eq!(size("4GB").unwrap(), 4_000_000_000);
        assert_eq!(size("17").unwrap(), 17);
        for wrong in ["", "G", "1X", "1Gig", "-1G", "99999999999999T", "1é"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks() {
        assert_eq!(network("10.0.0.0/8").unwrap().1, 8);
        assert_eq!(network("2001:db8::/32").unwrap().1, 32);
        assert_eq!(network("192.0.2.7").unwrap().1, 32);
        for wrong in ["", "10.0.0.0/33", "10/8", "x/8", "10.0.0.0/"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(moment("2026-03-02").unwrap(), moment("2026-03-02T00:00:00Z").unwrap());
        assert_eq!(moment("2026-03-02 08:30").unwrap(), moment("2026-03-02T08:30:00Z").unwrap());
        assert!(moment("yesterday").is_err());
    }
}
