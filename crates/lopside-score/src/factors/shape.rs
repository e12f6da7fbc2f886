//! The channel over days: whether it has long sent as much, goes on doing so, or grows.
//!
//! Measures: the share of the host's days on which the channel is in use at all; earlier days with at least a quarter of the day's bytes, and since when; later days alike; the day against the median of
//! the days before. Usual: the channel's own days before. Silent when: there is only one day of data. Limits: a theft that goes on
//! for days begins to look like a habit; what it can gain is bounded, most where it began before the data did, and days that double
//! are growth, not habit. Source of the formula: share of days with pseudo-counts.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::words;
use lopside_model::channel::ChannelDay;

/// See the module.
pub(super) struct Shape;

/// At most so many earlier days teach.
const CAP: usize = 6;

struct Days {
    /// Earlier days that sent as much, at most [`CAP`].
    alike: usize,
    /// The share of the host's days since the channel's first on which it did.
    regular: f64,
    /// Whether the channel is as old as the host's data.
    from_start: bool,
    /// Later days that sent as much.
    later: usize,
    /// Median of the earlier days.
    median: Option<u64>,
}

fn days(case: &Case<'_>) -> Days {
    let alike = |day: &&ChannelDay| case.out_on(day) >= case.sum.bytes_out / 4;
    let earlier = case.before.iter().filter(alike).count() + case.assume.days;
    let later = case.after.iter().filter(alike).count();
    let first = case.channel.days.first().map_or(case.day.day, |day| day.day);
    let possible =
        case.host().map_or(1, |host| host.days.range(first..case.day.day).count()) + case.assume.days;
    let mut outs: Vec<u64> = case.before.iter().rev().take(2 * CAP).map(|day| case.out_on(day)).collect();
    outs.sort_unstable();
    Days {
        alike: earlier.min(CAP),
        regular: (earlier as f64 / possible.max(1) as f64).min(1.0),
        from_start: case.history() == 0,
        later: later.min(CAP),
        median: outs.get(outs.len() / 2).copied(),
    }
}

/// How far the channel, in whatever size, is in use on the host's days before; and where it was from the first on, on those after.
fn used(case: &Case<'_>) -> (f64, f64) {
    let Some(host) = case.host() else { return (0.0, 0.0) };
    let share = |used: usize, of: usize| used as f64 / of.max(1) as f64;
    let (before, after) = (case.before.len() + case.assume.days, case.after.len());
    let day = case.day.day;
    let settled = habit(before) * share(before, host.days.range(..day).count() + case.assume.days).min(1.0);
    let lasting = habit(after) * share(after, host.days.range(day.saturating_add(1)..).count()).min(1.0);
    (ramp(settled, (0.0, 0.6)), if case.history() == 0 { lasting } else { 0.0 })
}

fn habit(days: usize) -> f64 {
    days as f64 / (days as f64 + 1.5)
}

/// Doublings over the median of the days before.
fn growth(case: &Case<'_>, days: &Days) -> Option<f64> {
    days.median.map(|median| case.log_out() - (median.max(65_536) as f64).log2())
}

impl Factor for Shape {
    fn name(&self) -> &'static str {
        "shape"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Settled, Term::Lasting, Term::Persistence, Term::Continued, Term::Growth]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let days = days(case);
        let age = if days.from_start { 1.0 } else { 0.5 };
        let earlier = habit(days.alike) * age * days.regular.sqrt();
        let grown =
            growth(case, &days).map_or(0.0, |grown| ramp(grown, (1.5, 7.0)) * habit(case.before.len()));
        let (settled, lasting) = used(case);
        Weighed::Evidence(
            [
                (Term::Settled, settled),
                (Term::Lasting, lasting),
                (Term::Persistence, earlier),
                (Term::Continued, habit(days.later)),
                (Term::Growth, grown),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let days = days(case);
        let value = match (case.before.len(), days.alike) {
            (0, _) => "nothing sent on days before".to_owned(),
            (before, alike) => format!("as much on {alike} of {} before", words::count(before, "day")),
        };
        let mut text = value.clone();
        if let (Some(median), Some(grown)) = (days.median, growth(case, &days))
            && grown > 1.5
        {
            text.push_str(&format!("; {} on a median day before", words::bytes(median)));
        }
        if days.later > 0 {
            text.push_str(&format!("; as much on {} after", words::count(days.later, "day")));
        }
        Told {
            value: Some(value),
            usual: days.median.map(|median| format!("{} on a median day before", words::bytes(median))),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength_on, usual_of};

    #[test]
    fn what_sends_every_day_is_a_habit() {
        let mut c = channel("h", Some("x"), "d");
        for day in 0..7 {
            c = on(c, day, 1 << 30, 0);
        }
        let usual = usual_of(std::slice::from_ref(&c));
        let mut last = 0.0;
        for day in 0..7 {
            let now = strength_on(&Shape, &c, day, &usual, Term::Persistence);
            assert!((last..1.0).contains(&now));
            last = now;
        }
        assert!(last > 0.75);
        assert_eq!(strength_on(&Shape, &c, 6, &usual, Term::Growth), 0.0);
    }

    #[test]
    fn a_leap_is_growth() {
        let c = on(on(on(channel("h", Some("x"), "d"), 0, 1 << 20, 0), 1, 1 << 20, 0), 2, 1 << 30, 0);
        let usual = usual_of(std::slice::from_ref(&c));
        assert!(strength_on(&Shape, &c, 2, &usual, Term::Growth) > 0.5);
        assert_eq!(strength_on(&Shape, &c, 2, &usual, Term::Persistence), 0.0);
    }
}
