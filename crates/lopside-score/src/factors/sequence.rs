//! What ran on the host before the sending: an archiver, or an installer.
//!
//! Measures: an archiver that started within two hours before the day's first flow of the channel, by its name, its original name or
//! its command line; an installer that started within the day before, where the program is new to the host. Usual: programs that
//! send without either; a program that was installed and then talks to its place speaks for itself. Silent when: neither was seen,
//! which is no evidence that neither ran. Limits: people pack files for many reasons, and an intruder can install as well. Source of
//! the formula: presence.

use super::process_novelty::newness;
use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;

/// See the module.
pub(super) struct Sequence;

impl Factor for Sequence {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Packed, Term::Installed]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if case.day.packed.is_none() && case.day.installed.is_none() {
            return Weighed::NotMeasured("no archiver and no installer was seen before it");
        }
        let packed = f64::from(u8::from(case.day.packed.is_some()));
        let installed = if case.day.installed.is_some() { newness(case) } else { 0.0 };
        Weighed::Evidence([(Term::Packed, packed), (Term::Installed, installed)].into())
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let mut told = Vec::new();
        if let Some(packed) = &case.day.packed {
            told.push(format!("{} started at {} before it", packed.image, packed.time));
        }
        if let Some(installed) = case.day.installed.as_ref().filter(|_| newness(case) > 0.0) {
            told.push(format!("the program is new, and {} installed at {}", installed.image, installed.time));
        }
        let text = if told.is_empty() { "no archiver before it".to_owned() } else { told.join("; ") };
        Told { value: None, usual: None, text }
    }
}

#[cfg(test)]
mod tests {
    use lopside_model::Micros;
    use lopside_model::channel::{Origin, StartNote};

    use super::*;
    use crate::case::Basis;
    use crate::seen::Seen;
    use crate::settings::Settings;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    fn note(image: &str) -> Option<Box<StartNote>> {
        let origin = Origin { input: 0, record: 1 };
        Some(Box::new(StartNote { time: Micros::of_day(5), image: image.into(), origin }))
    }

    #[test]
    fn packing_speaks_for_and_installing_only_for_what_is_new() {
        let old = on(channel("h", Some("y"), "d0.example"), 1, 1 << 20, 1 << 20);
        let mut sent = on(channel("h", Some("x"), "d.example"), 5, 1 << 30, 1_000);
        let usual = usual_of(&[old.clone(), sent.clone()]);
        assert_eq!(strength(&Sequence, &sent, &usual, Term::Packed), 0.0);
        sent.days[0].packed = note("7z.exe");
        sent.days[0].installed = note("msiexec.exe");
        assert_eq!(strength(&Sequence, &sent, &usual, Term::Packed), 1.0);
        assert!(strength(&Sequence, &sent, &usual, Term::Installed) > 0.3);
        let mut known = on(old, 5, 1 << 30, 1_000);
        known.days[1].installed = note("msiexec.exe");
        let usual = usual_of(std::slice::from_ref(&known));
        assert_eq!(strength(&Sequence, &known, &usual, Term::Installed), 0.0);
    }

    #[test]
    fn where_nothing_was_seen_before_it_nothing_is_measured() {
        let mut sent = on(channel("h", Some("x"), "d.example"), 5, 1 << 30, 1_000);
        let is_measured = |channel: &lopside_model::channel::Channel| {
            let settings = Settings::default();
            let usual = usual_of(std::slice::from_ref(channel));
            let case = Case::new(Seen::new(channel, &usual), 0, Basis::Sum, &settings).unwrap();
            matches!(Sequence.weigh(&case), Weighed::Evidence(_))
        };
        assert!(!is_measured(&sent));
        sent.days[0].installed = note("msiexec.exe");
        assert!(is_measured(&sent));
        sent.days[0].installed = None;
        sent.days[0].packed = note("7z.exe");
        assert!(is_measured(&sent));
    }
}
