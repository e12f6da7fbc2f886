//! At what hour the process sends.
//!
//! Measures: the mean, weighed by bytes sent, of the surprise at each hour. Usual: the share of the host-days of this process on other
//! hosts on which it sends in that hour or next to it, drawn to the share of all processes. Silent when: no process is known.
//! Limits: hours are UTC, so a fleet in many time zones has no odd hours; what runs all day has none. Source of the formula: conditional
//! probability with pseudo-counts.

use super::{Factor, NO_PROCESS, OTHER_SENDERS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::seen::HourDays;
use crate::words;

/// See the module.
pub(super) struct ProcessHours;

/// Host-days that the wider group weighs as much as.
const BACK_OFF: f64 = 10.0;

/// -log10 of the chance at which the evidence begins and is whole.
const WHOLE: (f64, f64) = (0.5, 1.7);

/// Bytes sent in any hour of the day; `None` where none were counted.
fn total(case: &Case<'_>) -> Option<f64> {
    let total: f64 = case.day.hours.iter().map(|(_, bytes)| bytes as f64).sum();
    (total > 0.0).then_some(total)
}

/// The chance that a host-day of the process has sending in the hour or next to it.
fn chance(case: &Case<'_>, hour: u8) -> f64 {
    let (narrow, wide) = case.usual.hour_days(hour);
    let wide = (f64::from(wide.with()) + 1.0) / (f64::from(wide.of) + 2.0);
    (f64::from(narrow.with()) + BACK_OFF * wide) / (f64::from(narrow.of) + BACK_OFF)
}

impl Factor for ProcessHours {
    fn name(&self) -> &'static str {
        "process_hours"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::ProcessHours]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let Some(total) = total(case) else { return Weighed::Usual };
        let surprise = |(hour, bytes): (u8, u64)| {
            bytes as f64 / total * ramp(-chance(case, hour).max(1e-6).log10(), WHOLE)
        };
        Weighed::Evidence([(Term::ProcessHours, case.day.hours.iter().map(surprise).sum())].into())
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let most = case.day.hours.iter().reduce(|a, b| if b.1 > a.1 { b } else { a });
        let Some(((hour, bytes), total)) = most.zip(total(case)) else { return Told::default() };
        let share = bytes as f64 / total;
        let (narrow, wide) = case.usual.hour_days(hour);
        let on = |days: HourDays, noun: &str| match days.with() {
            0 => format!("none of {}", words::count(days.of as usize, noun)),
            with => format!("{with} of {}", words::count(days.of as usize, noun)),
        };
        let usual = match (narrow.of, wide.of) {
            (0, 0) => "no other day to compare with".to_owned(),
            (0, _) => {
                format!("{OTHER_SENDERS} send in that hour or next to it on {}", on(wide, "process-day"))
            }
            _ => format!(
                "this process sends in that hour or next to it on {} elsewhere",
                on(narrow, "host-day")
            ),
        };
        let value = format!("{hour:02} h UTC");
        Told {
            text: format!("{:.0} % of the bytes went out at {value}; {usual}", share * 100.0),
            value: Some(value),
            usual: Some(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};
    use lopside_model::channel::{Channel, Hours};

    fn at(mut channel: Channel, hour: u8) -> Channel {
        for day in &mut channel.days {
            let bytes = day.sum.bytes_out;
            day.hours = Hours::default();
            day.hours.add(hour, bytes);
        }
        channel
    }

    #[test]
    fn an_hour_at_which_the_process_never_sends_elsewhere_is_a_surprise() {
        let mut all: Vec<Channel> =
            (0..60).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1_000, 1_000)).collect();
        let usual_hour = on(channel("h0", Some("x"), "e"), 1, 1 << 30, 0);
        let odd = at(usual_hour.clone(), 3);
        let of_other = at(on(channel("h0", Some("y"), "e"), 1, 1 << 30, 0), 3);
        all.extend([odd.clone(), of_other.clone()]);
        let usual = usual_of(&all);
        let strength = |channel: &Channel| strength(&ProcessHours, channel, &usual, Term::ProcessHours);
        assert!(strength(&odd) > 0.9, "{}", strength(&odd));
        assert!(strength(&usual_hour) < 0.05);
        // Of a process that no other host runs, what all do stands in.
        assert!(strength(&of_other) > 0.5 && strength(&of_other) <= strength(&odd));
    }

    #[test]
    fn the_hours_next_to_it_count_across_midnight_too() {
        let mut all: Vec<Channel> =
            (0..60).map(|n| at(on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1_000, 1_000), 23)).collect();
        let judged = |hour| at(on(channel("h0", Some("x"), "e"), 1, 1 << 30, 0), hour);
        all.extend([22, 0, 1].map(judged));
        let usual = usual_of(&all);
        let strength = |hour| strength(&ProcessHours, &judged(hour), &usual, Term::ProcessHours);
        assert!(strength(0) < 0.05 && strength(22) < 0.05 && strength(1) > 0.9);
    }

    #[test]
    fn nobody_to_compare_with_is_no_surprise() {
        let alone = at(on(channel("h", Some("x"), "e"), 1, 1 << 30, 0), 3);
        let usual = usual_of(std::slice::from_ref(&alone));
        assert_eq!(strength(&ProcessHours, &alone, &usual, Term::ProcessHours), 0.0);
    }
}
