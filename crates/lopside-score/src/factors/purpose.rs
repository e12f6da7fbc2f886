//! Whether the process seems to run for this sending alone.
//!
//! Measures: the time from the start of the process to the first flow of the channel's day; other places to which the program sends
//! from this host; days on which it sends to those. Usual: what stays in use looks for updates, reports and talks to its vendor,
//! before and beside what it sends much to. Silent when: no process is known; of its age when no start event was read. Limits: tools that people
//! start for one upload do the same. Source of the formula: logarithm of the age; 1/(1 + other places); logarithm of days.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::words;

/// See the module.
pub(super) struct Purpose;

/// What stays in use does.
const USUAL: &str = "what stays in use sends elsewhere too, and on other days";

/// log2 of the seconds from the start to the first flow at which it was started for it (a minute), and at which it was not (an hour and more).
const AGE: (f64, f64) = (6.0, 12.0);
/// Seconds that a start may seem to lie behind the flow: two clocks.
const CLOCKS: f64 = 5.0;
/// log2 of one and the days on which it sends elsewhere, at which it is in use wholly.
const USED: (f64, f64) = (0.0, 2.5);

/// Seconds from the youngest sender's start to the day's first flow.
fn age(case: &Case<'_>) -> Option<f64> {
    let started = case.day.senders.iter().filter_map(|sender| sender.started).max()?;
    Some(case.day.first.0.saturating_sub(started.0) as f64 / 1e6)
}

/// How sure it is that the process was started to send: 0 to 1.
fn fresh(age: f64) -> f64 {
    if age <= -CLOCKS { 0.0 } else { 1.0 - ramp(age.max(1.0).log2(), AGE) }
}

impl Factor for Purpose {
    fn name(&self) -> &'static str {
        "purpose"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Fresh, Term::Sole, Term::InUse]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let (places, days) = case.usual.elsewhere();
        Weighed::Evidence(
            [
                (Term::Fresh, age(case).map_or(0.0, fresh)),
                (Term::Sole, 1.0 / (1.0 + f64::from(places))),
                (Term::InUse, ramp((1.0 + f64::from(days)).log2(), USED)),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let (places, days) = case.usual.elsewhere();
        let mut text = match places {
            0 => "the program sends to no other place from this host".to_owned(),
            _ => format!(
                "the program sends to {} from this host, on {} without this one",
                words::count(places as usize, "other place"),
                words::count(days as usize, "day")
            ),
        };
        if let Some(age) = age(case).filter(|age| fresh(*age) >= 0.5) {
            let seconds = words::count(age.max(0.0).round() as usize, "second");
            text.push_str(&format!("; it started {seconds} before it first sent here"));
        }
        Told { value: None, usual: Some(USUAL.into()), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};
    use lopside_model::channel::Channel;
    use lopside_model::time::Micros;

    fn of(all: &[Channel], term: Term) -> f64 {
        strength(&Purpose, &all[0], &usual_of(all), term)
    }

    #[test]
    fn started_a_moment_before() {
        let mut it = on(channel("h", Some(r"c:\x.exe"), "d"), 1, 1 << 26, 0);
        let first = it.days[0].first;
        let of_age = |it: &mut Channel, seconds: i64| {
            it.days[0].senders[0].started = Some(Micros(first.0 - seconds * 1_000_000));
            of(std::slice::from_ref(it), Term::Fresh)
        };
        assert_eq!(of_age(&mut it, 20), 1.0);
        assert!((0.1..0.9).contains(&of_age(&mut it, 600)));
        assert_eq!(of_age(&mut it, 9_000), 0.0);
        assert_eq!(of_age(&mut it, -60), 0.0);
    }

    #[test]
    fn other_places_and_days_speak_for_it() {
        let it = on(channel("h", Some("x"), "d"), 3, 1 << 26, 0);
        let mut other = channel("h", Some("x"), "vendor.example");
        for day in 0..4 {
            other = on(other, day, 9_000, 9_000);
        }
        let alone = [it.clone()];
        assert_eq!((of(&alone, Term::Sole), of(&alone, Term::InUse)), (1.0, 0.0));
        let both = [it, other];
        assert_eq!(of(&both, Term::Sole), 0.5);
        assert!(of(&both, Term::InUse) > 0.5);
    }
}
