//! How far the clocks of a host are ahead of the sensors', one line for each value that a clock's error takes.

use lopside_engine::join::clock::{Clock, Clocks, Mode};
use lopside_model::record::EventClass;
use serde::Serialize;

/// One value of one clock.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ClockLine {
    /// Whose clock: `sysmon-3`, `security-5156` …
    pub(crate) source: String,
    /// Host minus sensor: positive where the host is ahead.
    pub(crate) offset_seconds: f64,
    /// Interquartile range of the connections that it rests on.
    pub(crate) spread_seconds: f64,
    /// Connections that it rests on.
    pub(crate) matches: u64,
}

/// The clocks of a host that could be estimated, by source; the most likely value of each first. The time of the log itself is told
/// only where the event's own could not be estimated.
pub(crate) fn lines(host: &str, clocks: &Clocks) -> Vec<ClockLine> {
    let of_host = || clocks.iter().filter(|(name, ..)| *name == host);
    let known = |class: EventClass| {
        of_host().any(|(_, other, logged, clock)| other == class && !logged && clock.known())
    };
    of_host()
        .filter(|(_, class, logged, clock)| clock.known() && (!logged || !known(*class)))
        .flat_map(|(_, class, logged, clock)| {
            modes(clock).into_iter().map(move |mode| line(class, logged, mode))
        })
        .collect()
}

fn modes(clock: &Clock) -> Vec<Mode> {
    let mut modes = clock.report();
    modes.sort_by_key(|mode| (std::cmp::Reverse(mode.matches), mode.offset));
    modes
}

fn line(class: EventClass, logged: bool, mode: Mode) -> ClockLine {
    let seconds = |micros: i64| (micros as f64 / 1e5).round() / 10.0;
    ClockLine {
        source: if logged { format!("{} log time", class.name()) } else { class.name().to_owned() },
        offset_seconds: seconds(mode.offset),
        spread_seconds: seconds(mode.spread),
        matches: mode.matches,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopside_engine::join::clock::{ClockKey, Differences};
    use lopside_model::Micros;
    use std::collections::BTreeMap;

    #[test]
    fn a_clock_that_is_ahead_is_positive() {
        let mut differences = Differences::default();
        for second in 0..40 {
            let start = Micros(1_773_220_442_000_000 + second * 60_000_000);
            differences.add(start.plus(75_240_000), start);
        }
        let key = ClockKey { host: "ws-1".into(), class: EventClass::Sysmon3, logged: false };
        let logged = ClockKey { logged: true, ..key.clone() };
        let clocks = Clocks::fit(&BTreeMap::from([(key, differences.clone()), (logged, differences)]));
        let lines = lines("ws-1", &clocks);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].source.as_str(), lines[0].matches), ("sysmon-3", 40));
        assert!((lines[0].offset_seconds - 75.2).abs() < 0.11, "{lines:?}");
        assert!(super::lines("ws-2", &clocks).is_empty());
    }
}
