//! What goes wrong between what happened and what was recorded: on a host, and at a sensor.

use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::chance::Chance;

/// What an endpoint records of network connections, and how wrongly.
#[derive(Debug, Clone)]
pub(crate) struct HostFaults {
    /// The share of Sysmon's events that are lost.
    pub(crate) dropped: f64,
    /// Clock error of Sysmon 3 and 22 `UtcTime` in microseconds.
    pub(crate) network_clock: i64,
    /// Clock error of everything that the host writes.
    pub(crate) host_clock: i64,
    /// Sysmon 3 for a list of images only.
    pub(crate) filter: Filter,
    /// Sysmon 22 is off.
    pub(crate) without_names: bool,
    /// Name lookups of the resolver service are recorded as connections.
    pub(crate) records_lookups: bool,
    /// `DestinationHostname` is filled by reverse lookups.
    pub(crate) reverse_names: bool,
    /// The sensor sees only what comes back.
    pub(crate) one_sided: bool,
}

/// Which images a host's Sysmon records connections of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All.
    None,
    /// All but the noisiest system processes.
    ExcludeNoise,
    /// Script hosts, tools and whatever lies in folders that users can write to.
    IncludeSuspects,
}

impl HostFaults {
    /// Draws the faults of a host: none or small ones for most.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let dropped = match chance.below(20) {
            0..=13 => chance.real(0.0, 0.01),
            14..=17 => chance.real(0.01, 0.06),
            _ => chance.real(0.08, 0.35),
        };
        let mut error = |small: f64| match chance.unit() {
            u if u < small => chance.range(-2 * SECOND, 2 * SECOND),
            u if u < small + 0.12 => chance.range(-5 * MINUTE, 5 * MINUTE),
            u if u < small + 0.15 => chance.range(-9 * DAY, -HOUR),
            _ => 0,
        };
        let network_clock = error(0.1);
        let host_clock = error(0.4).clamp(-4 * MINUTE, 4 * MINUTE);
        let filter = match chance.below(12) {
            0 | 1 => Filter::ExcludeNoise,
            2 => Filter::IncludeSuspects,
            _ => Filter::None,
        };
        Self {
            dropped,
            network_clock,
            host_clock,
            filter,
            without_names: chance.happens(0.15),
            records_lookups: chance.happens(0.4),
            reverse_names: chance.happens(0.2),
            one_sided: chance.happens(0.025),
        }
    }

    /// Whether Sysmon records connections of an image.
    pub(crate) fn records(&self, image: &str) -> bool {
        const NOISE: &[&str] =
            &["svchost.exe", "lsass.exe", "MsMpEng.exe", "MsSense.exe", "dns.exe", "System"];
        const SUSPECTS: &[&str] =
            &["powershell.exe", "curl.exe", "ssh.exe", "rundll32.exe", "cmd.exe", "python.exe"];
        let name = image.rsplit('\\').next().unwrap_or(image);
        match self.filter {
            Filter::None => true,
            Filter::ExcludeNoise => !NOISE.contains(&name),
            Filter::IncludeSuspects => {
                SUSPECTS.contains(&name)
                    || ["C:\\Users\\", "C:\\ProgramData\\"].iter().any(|folder| image.starts_with(folder))
            }
        }
    }
}

/// What a sensor misses.
#[derive(Debug, Clone)]
pub(crate) struct SensorFaults {
    /// The share of flows with gaps in their content.
    pub(crate) gaps: f64,
    /// Clock error in microseconds.
    pub(crate) clock: i64,
    /// The sensor knows which networks are local.
    pub(crate) knows_local: bool,
    /// Long connections are written while they last.
    pub(crate) writes_long: bool,
}

impl SensorFaults {
    /// Draws the faults of a sensor. The first one is the reference that keeps good time.
    pub(crate) fn draw(chance: &mut Chance, first: bool) -> Self {
        Self {
            gaps: chance.real(0.0, 0.006),
            clock: if first { 0 } else { chance.range(-4_000, 4_000) },
            knows_local: first || chance.happens(0.5),
            writes_long: chance.happens(0.5),
        }
    }
}
