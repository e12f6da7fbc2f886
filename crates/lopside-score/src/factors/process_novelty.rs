//! How few others run the process, and since when it sends here.
//!
//! Measures: distinct other hosts on which the same program sends, and the same script where it is an interpreter; days of the host's
//! data before the program first sent.
//! Usual: the fleet. Silent when: no process could be attached. Limits: a rare tool of one department is rare as well; persistence
//! and its place speak for it. Source of the formula: distinct hosts with a logarithmic fade.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::peers::Peers;
use crate::words;
use lopside_model::identity::Place;

/// See the module.
pub(super) struct ProcessNovelty;

/// Rarity at which it begins to tell and tells wholly.
const RARE: (f64, f64) = (0.5, 1.0);

/// What is expected of a process that nobody else runs, where few hosts were seen.
fn expected(place: Place) -> f64 {
    match place {
        Place::Kernel | Place::Windows => 0.1,
        Place::Programs => 0.3,
        Place::Profile | Place::Shared => 0.6,
        _ => 0.8,
    }
}

/// Days on which the host sent before this program first did, and days since.
fn days(case: &Case<'_>) -> Option<(u32, i32)> {
    let first = case.usual.family_first_day().unwrap_or(case.day.day).min(case.channel.days.first()?.day);
    let history = case.host()?.days.range(..first).count() as u32;
    Some((history, case.day.day.saturating_sub(first)))
}

/// How sure it is that the program is new to a host with history, 0 to 1; it wears off by the day.
pub(super) fn newness(case: &Case<'_>) -> f64 {
    days(case).map_or(0.0, |(history, since)| {
        let history = f64::from(history);
        history / (history + 1.5) / (1.0 + 0.5 * f64::from(since.max(0)))
    })
}

/// Other hosts that run the program.
fn family_peers(case: &Case<'_>) -> Peers {
    case.usual.family_peers().and(case.assume.process_hosts)
}

impl Factor for ProcessNovelty {
    fn name(&self) -> &'static str {
        "process_novelty"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Prevalence, Term::Script, Term::ProcessNew]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let (family, own) = (family_peers(case), case.process_peers());
        let prior = (expected(case.channel.place), case.usual.prior().hosts);
        let prevalence = family.rarity_with(prior.0, prior.1);
        let script = (own.rarity_with(prior.0, prior.1) - prevalence).max(0.0);
        Weighed::Evidence(
            [
                (Term::Prevalence, ramp(prevalence, RARE)),
                (Term::Script, script),
                (Term::ProcessNew, newness(case)),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let peers = case.process_peers();
        let value = format!("on {}", peers.words());
        let mut text = format!("this process sends {value}");
        match days(case) {
            Some((0, _)) | None => {}
            Some((history, 0)) => {
                text.push_str(&format!(", and on this one for the first time in {} days", history + 1));
            }
            Some((_, since)) => {
                let since = words::count(usize::try_from(since).unwrap_or(0), "day");
                text.push_str(&format!(", and on this one first {since} before"));
            }
        }
        if peers.of < case.usual.prior().few_hosts {
            text.push_str(&format!(
                "; with {} a prior by its folder stands in",
                words::count(peers.of as usize + 1, "host")
            ));
        }
        Told { value: Some(value), usual: None, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn prevalence_fades() {
        let mut last = 1.0;
        for hosts in 1..60 {
            let mut all: Vec<_> =
                (0..hosts).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 0)).collect();
            all.extend((0..100).map(|n| on(channel(&format!("o{n}"), Some("y"), "d"), 1, 1_000, 0)));
            let now = strength(&ProcessNovelty, &all[0], &usual_of(&all), Term::Prevalence);
            assert!(now <= last);
            last = now;
        }
        assert!(last < 0.05);
    }
}
