//! What a user may set: the analytic's own tunables and the alert budget.

use lopside_model::finding::Severity;
use serde::{Deserialize, Serialize};

/// In which kind of account a process ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountContext {
    /// A person at the machine.
    Interactive,
    /// A service account, or one of Windows' own for services.
    Service,
    /// The operating system.
    System,
    /// An account named as an administrator's.
    Administrator,
}

impl AccountContext {
    /// All, in the order of their codes.
    pub const ALL: [AccountContext; 4] = [
        AccountContext::Interactive,
        AccountContext::Service,
        AccountContext::System,
        AccountContext::Administrator,
    ];

    /// The context of a user as `DOMAIN\name`.
    pub fn of(user: &str) -> AccountContext {
        let user = user.to_ascii_lowercase();
        let (domain, name) = user.rsplit_once('\\').unwrap_or(("", &user));
        let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
        if matches!(name, "system" | "système" | "sistema" | "s-1-5-18") {
            AccountContext::System
        } else if matches!(name, "local service" | "network service" | "s-1-5-19" | "s-1-5-20")
            || matches!(domain, "nt service" | "iis apppool" | "window manager" | "font driver host")
            || name.ends_with('$')
            || words().any(|word| word.starts_with("svc") || word == "service")
        {
            AccountContext::Service
        } else if words().any(|word| word.starts_with("admin") || word == "adm" || word == "root") {
            AccountContext::Administrator
        } else {
            AccountContext::Interactive
        }
    }

    /// The word of the configuration.
    pub fn name(self) -> &'static str {
        match self {
            AccountContext::Interactive => "interactive",
            AccountContext::Service => "service",
            AccountContext::System => "system",
            AccountContext::Administrator => "administrator",
        }
    }

    /// Its place in arrays.
    pub fn index(self) -> usize {
        match self {
            AccountContext::Interactive => 0,
            AccountContext::Service => 1,
            AccountContext::System => 2,
            AccountContext::Administrator => 3,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            AccountContext::Interactive => "an interactive user",
            AccountContext::Service => "a service account",
            AccountContext::System => "the system account",
            AccountContext::Administrator => "an administrator",
        }
    }
}

/// False alarms per 1,000 host-days where nothing else is asked for.
pub(crate) const ALERT_BUDGET: f64 = 5.0;

/// The tunables. The first three are the analytic's own and keep its names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `TimeWindow`: hours over which a channel is summed before it is judged, 24 (a UTC day) to 168; sums of more than a day look
    /// back over the days before. A longer window sees slower drips and more harmless repetition.
    #[serde(rename = "TimeWindow")]
    pub time_window: u32,
    /// `UserContext`: the kinds of account that are expected to send; a process in another one is evidence.
    #[serde(rename = "UserContext")]
    pub user_context: Vec<AccountContext>,
    /// `PayloadEntropyThreshold`: standard deviations from what random bytes of the same length show, 2 to 8. Used where content was
    /// read.
    #[serde(rename = "PayloadEntropyThreshold")]
    pub payload_entropy_threshold: f64,
    /// False alarms of medium or above per 1,000 host-days, 0.1 to 100.
    pub alert_budget: f64,
    /// The least severity for which findings are made.
    pub min_severity: Severity,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            time_window: 96,
            user_context: AccountContext::ALL.to_vec(),
            payload_entropy_threshold: 4.0,
            alert_budget: ALERT_BUDGET,
            min_severity: Severity::Low,
        }
    }
}

impl Settings {
    /// How many days, the judged one included, a sum may reach back.
    pub(crate) fn window_days(&self) -> i32 {
        i32::try_from(self.time_window.clamp(24, 168).div_ceil(24)).unwrap_or(1)
    }

    /// The budget, kept within what makes sense.
    pub(crate) fn budget(&self) -> f64 {
        if self.alert_budget.is_finite() { self.alert_budget.clamp(0.01, 1_000.0) } else { ALERT_BUDGET }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts() {
        for (user, expected) in [
            (r"NT AUTHORITY\SYSTEM", AccountContext::System),
            (r"nt authority\network service", AccountContext::Service),
            (r"corp\svc-backup", AccountContext::Service),
            (r"corp\ws-17$", AccountContext::Service),
            (r"corp\administrator", AccountContext::Administrator),
            (r"corp\adm-jo", AccountContext::Administrator),
            (r"corp\jo", AccountContext::Interactive),
            (r"corp\admira", AccountContext::Interactive),
        ] {
            assert_eq!(AccountContext::of(user), expected, "{user}");
        }
    }

    #[test]
    fn silent_settings_are_the_defaults() {
        let settings: Settings = toml::from_str("TimeWindow = 24\nUserContext = [\"service\"]").unwrap();
        assert_eq!(settings.time_window, 24);
        assert_eq!(settings.alert_budget, 5.0);
        assert_eq!(settings.window_days(), 1);
    }
}
