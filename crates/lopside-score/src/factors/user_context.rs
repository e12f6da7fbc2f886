//! In whose account it ran, and whether that user was at work.
//!
//! Measures: the bytes by hour against the hours in which other processes of the same user send; for services and the system,
//! whether any person was at work then; the kind of account against those in which the process runs on other hosts, and against the
//! kinds that are expected to send (`UserContext`). Usual: this user on this host, on all days. Silent when: the user is not known.
//! Limits: hours in which the machine idles and its programs chat count as presence. Source of the formula: share of days with
//! activity in the hour or next to it.

use std::collections::BTreeMap;

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::fragment::hour_mask;
use crate::gate::ramp;
use crate::settings::AccountContext;

/// See the module.
pub(super) struct UserContext;

/// Strengths from which the evidence is whole.
const WHOLE: (f64, f64) = (0.0, 0.5);

/// Days of which something must be known before hours are judged fully.
const FEW_DAYS: f64 = 2.0;

/// The hours of a day in which other channels of the user are active, by day.
fn others(case: &Case<'_>, days: &BTreeMap<i32, (u32, u32)>) -> BTreeMap<i32, u32> {
    let own: BTreeMap<i32, u32> = case.channel.days.iter().map(|day| (day.day, hour_mask(day))).collect();
    let without =
        |(day, (any, two)): (&i32, &(u32, u32))| (*day, two | (any & !own.get(day).copied().unwrap_or(0)));
    days.iter().map(without).collect()
}

/// The share of bytes, 0 to 1, that were sent in hours when these people are seldom active.
fn outside(case: &Case<'_>, active: &BTreeMap<i32, u32>) -> Option<f64> {
    let days = active.values().filter(|mask| **mask != 0).count() as f64;
    if days < 1.0 {
        return None;
    }
    let near = |hour: usize| 1_u32 << hour | 1 << ((hour + 1) % 24) | 1 << ((hour + 23) % 24);
    let today = active.get(&case.day.day).copied().unwrap_or(0);
    let absent = |hour: usize| {
        if today & near(hour) != 0 {
            return 0.0;
        }
        let with = active.values().filter(|mask| *mask & near(hour) != 0).count() as f64;
        let share = (with + 0.25) / (days + 1.0);
        if today == 0 { (1.0 - share).max(0.3) } else { 1.0 - ramp(share, (0.0, 0.5)) }
    };
    let total: f64 = case.day.hours.iter().map(|(_, bytes)| bytes as f64).sum();
    if total <= 0.0 {
        return None;
    }
    let outside: f64 =
        case.day.hours.iter().map(|(hour, bytes)| bytes as f64 * absent(usize::from(hour))).sum();
    Some(outside / total * days / (days + FEW_DAYS))
}

fn is_person(user: &str) -> bool {
    matches!(AccountContext::of(user), AccountContext::Interactive | AccountContext::Administrator)
}

/// Strength for hours of this user, or for nobody being there.
fn hours(case: &Case<'_>, user: &str) -> Option<f64> {
    let host = case.host()?;
    if is_person(user) {
        return outside(case, &others(case, &host.users.get(user)?.hours));
    }
    let mut people: BTreeMap<i32, u32> = BTreeMap::new();
    for (_, habits) in host.users.iter().filter(|(user, _)| is_person(user)) {
        for (day, (any, _)) in &habits.hours {
            *people.entry(*day).or_default() |= any;
        }
    }
    outside(case, &people)
}

/// Strength for an account that is unusual for the process.
fn account(case: &Case<'_>, user: &str) -> f64 {
    let context = AccountContext::of(user);
    let unexpected = if case.settings.user_context.contains(&context) { 0.0 } else { 1.0 };
    let (all, own) = case.usual.process();
    let (Some(all), true) = (all, case.has_process()) else { return unexpected };
    let of = |part: &crate::fragment::ProcessPart| {
        f64::from(part.accounts.get(context.index()).copied().unwrap_or(0))
    };
    let with = (of(all) - own.map_or(0.0, of)).max(0.0);
    let peers = f64::from(case.process_peers().hosts);
    let share = (with + 1.0) / (peers + 1.0);
    ramp(-share.log10(), (0.3, 1.5)).max(unexpected)
}

impl Factor for UserContext {
    fn name(&self) -> &'static str {
        "user_context"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Hours, Term::Nobody, Term::Account]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let Some(user) = &case.channel.key.user else {
            return Weighed::NotMeasured("the user is not known");
        };
        let term = if is_person(user) { Term::Hours } else { Term::Nobody };
        Weighed::Evidence(
            [
                (term, ramp(hours(case, user).unwrap_or(0.0), WHOLE)),
                (Term::Account, ramp(account(case, user), WHOLE)),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let Some(user) = &case.channel.key.user else { return Told::default() };
        let context = AccountContext::of(user);
        let mut text = format!("ran as {user} ({})", context.words());
        match (is_person(user), hours(case, user)) {
            (_, None) => text.push_str("; of hours of work too little is known"),
            (true, Some(strength)) if strength >= 0.3 => {
                text.push_str("; sent when this user is seldom active");
            }
            (true, Some(_)) => text.push_str("; sent when this user is active"),
            (false, Some(strength)) if strength >= 0.3 => {
                text.push_str("; sent when nobody was at work on this host");
            }
            (false, Some(_)) => text.push_str("; somebody was at work on this host"),
        }
        if !case.settings.user_context.contains(&context) {
            text.push_str("; accounts of this kind are not expected to send (UserContext)");
        } else if account(case, user) >= 0.3 {
            text.push_str("; elsewhere this process does not run in such an account");
        }
        Told { value: Some(context.words().into()), usual: None, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};
    use lopside_model::channel::Hours;

    #[test]
    fn night_is_unusual_for_who_works_by_day() {
        let mut work = channel("h", Some("browser"), "d");
        for day in 0..6 {
            work = on(work, day, 1_000, 1_000);
        }
        let by_day = on(channel("h", Some("x"), "e"), 5, 1 << 30, 0);
        let mut by_night = by_day.clone();
        by_night.days[0].hours = Hours::default();
        by_night.days[0].hours.add(2, 1 << 30);
        let usual = usual_of(&[work, by_day.clone(), by_night.clone()]);
        assert!(strength(&UserContext, &by_night, &usual, Term::Hours) > 0.5);
        assert_eq!(strength(&UserContext, &by_day, &usual, Term::Hours), 0.0);
    }
}
