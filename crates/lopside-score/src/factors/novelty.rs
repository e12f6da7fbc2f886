//! How new the place is to its host, for a process that seldom reaches new places.
//!
//! Measures: days on which the host sent before it first used this channel; other places to which the host, and this program on it,
//! send heavily and at least half as much. Usual: how many places new to their host this process
//! reaches a day, over all hosts and days and over all its channels, not only large ones. Silent when: never; on the first day of a
//! host's data nothing can be told to be new, and a prior stands in. Limits: a channel that began before the data looks new on its
//! first day. Source of the formula: surprise at a rate, log10 1/(1 - exp(-rate)).

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::words::count;

/// See the module.
pub(super) struct Novelty;

/// Strength on the first day of a host, when anything may be old.
const UNKNOWN: f64 = 0.35;
/// How much each earlier day of the channel takes from its newness.
const WEAR: f64 = 0.35;

/// log10 of the places a host at which a process begins to be broad (3) and is (50).
const BROAD: (f64, f64) = (0.5, 1.7);

/// Other heavy places at which there is nothing special in one more.
const MANY: f64 = 6.0;

/// 0 to 1: how sure it is that the place is new to the host.
fn newness(case: &Case<'_>) -> f64 {
    let history = f64::from(case.history());
    let fresh = if history > 0.0 { UNKNOWN + (1.0 - UNKNOWN) * history / (history + 1.0) } else { UNKNOWN };
    fresh / (1.0 + WEAR * (case.before.len() + case.assume.days) as f64)
}

/// 0 to 1: how unexpected a new place is of this process.
fn surprise(rate: f64) -> f64 {
    let chance = 1.0 - (-rate.max(1e-6)).exp();
    ramp(-chance.log10(), (0.0, 1.5))
}

/// log2 of half the bytes: what other places must get for this one to be nothing special.
fn size(case: &Case<'_>) -> u8 {
    (case.sum.bytes_out.max(1).ilog2() as u8).saturating_sub(1)
}

fn busy(case: &Case<'_>) -> f64 {
    few(case.usual.heavy_places(size(case)))
}

/// 0 for none, growing to 1 at [`MANY`].
fn few(places: usize) -> f64 {
    ((places as f64).ln_1p() / MANY.ln_1p()).min(1.0)
}

impl Factor for Novelty {
    fn name(&self) -> &'static str {
        "novelty"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Novelty, Term::NoveltyUnattributed, Term::Breadth, Term::Busy, Term::Sends]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            // What has no process reaches new places all day: it is asked to how many others the host sends as much.
            let others = case.usual.heavy_places_of_process(size(case));
            let strength = newness(case) / (1.0 + others as f64);
            return Weighed::Evidence(
                [(Term::NoveltyUnattributed, strength), (Term::Busy, busy(case))].into(),
            );
        }
        let strength = newness(case) * surprise(case.usual.new_places_a_day());
        let breadth = ramp(case.usual.places_a_host().max(1.0).log10(), BROAD);
        Weighed::Evidence(
            [
                (Term::Novelty, strength),
                (Term::Breadth, breadth),
                (Term::Busy, busy(case)),
                (Term::Sends, few(case.usual.heavy_places_of_process(size(case)))),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let rate = case.usual.new_places_a_day();
        let history = case.history();
        let value = match (case.before.len(), history) {
            (0, 0) => "first seen on the first day of this host's data".to_owned(),
            (0, days) => format!("first contact of this host in {}", count(days as usize + 1, "day")),
            (days, _) => format!("used on {} before", count(days, "day")),
        };
        let of = if case.has_process() { "this process" } else { "what has no process here" };
        let usual = format!("{of} reaches {rate:.2} new places a host and day");
        let mut text = format!("{value}; {usual}");
        let (busy, sends) =
            (case.usual.heavy_places(size(case)), case.usual.heavy_places_of_process(size(case)));
        if busy > 0 {
            text.push_str(&format!("; this host sends as heavily to {}", count(busy, "other place")));
            if case.has_process() && sends > 0 {
                text.push_str(&format!(", by this program to {sends}"));
            }
        }
        if history < case.usual.prior().few_days {
            text.push_str(&format!("; with {} of history a prior stands in", count(history as usize, "day")));
        }
        Told { value: Some(value), usual: Some(usual), text }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::channel::Channel;

    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn hosts_that_send_much_elsewhere_are_busy() {
        let mut all = vec![on(channel("h", Some("x"), "d.example"), 1, 1 << 30, 0)];
        let of = |all: &[Channel], term| strength(&Novelty, &all[0], &usual_of(all), term);
        assert_eq!((of(&all, Term::Busy), of(&all, Term::Sends)), (0.0, 0.0));
        all.push(on(channel("h", Some("y"), "other.example"), 1, 1 << 30, 0));
        let one = of(&all, Term::Busy);
        assert!(one > 0.2 && of(&all, Term::Sends) == 0.0);
        for n in 0..20 {
            all.push(on(channel("h", Some("x"), &format!("p{n}.example")), 1, 1 << 30, 0));
        }
        assert_eq!((of(&all, Term::Busy), of(&all, Term::Sends)), (1.0, 1.0));
    }

    #[test]
    fn places_that_get_less_do_not_excuse_more() {
        let with_others = |bytes: u64| {
            let mut all = vec![on(channel("camera", None, "d.example"), 3, 1 << 28, 0)];
            for n in 0..5 {
                all.push(on(channel("camera", None, &format!("p{n}.example")), 1, bytes, 0));
            }
            let usual = usual_of(&all);
            [Term::Busy, Term::NoveltyUnattributed].map(|term| strength(&Novelty, &all[0], &usual, term))
        };
        let ([busy, excused], [idle, new]) = (with_others(1 << 28), with_others(1 << 25));
        assert!(busy > 0.8 && idle == 0.0, "{busy} {idle}");
        assert!(new > 5.0 * excused, "{new} {excused}");
    }

    #[test]
    fn more_history_makes_it_newer() {
        let mut last = 0.0;
        for first in 1..10 {
            let mut old = channel("h", Some("y"), "old.example");
            for day in 0..=first {
                old = on(old, day, 1_000, 1_000);
            }
            let new = on(channel("h", Some("x"), "new.example"), first, 1 << 30, 0);
            let now = strength(&Novelty, &new, &usual_of(&[old, new.clone()]), Term::Novelty);
            assert!((last..=1.0).contains(&now));
            last = now;
        }
        assert!(surprise(0.01) > surprise(1.0) && surprise(f64::INFINITY) == 0.0);
    }
}
