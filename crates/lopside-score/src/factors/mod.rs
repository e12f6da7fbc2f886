//! The factors, one file each, in the order they are told.

use crate::case::Case;
use crate::evidence::Term;

mod asymmetry;
mod bursts;
mod destination_rarity;
mod launch;
mod look_alikes;
mod masquerade;
mod novelty;
pub(crate) mod payload;
mod place;
mod port_rarity;
mod process_access;
mod process_hours;
mod process_novelty;
mod purpose;
mod sequence;
mod shape;
mod user_context;
mod vendor;
mod volume;

#[cfg(test)]
mod pages;

/// Every factor, in the order they are told.
pub(crate) const ALL: &[&dyn Factor] = &[
    &volume::Volume,
    &asymmetry::Asymmetry,
    &bursts::Bursts,
    &destination_rarity::DestinationRarity,
    &novelty::Novelty,
    &port_rarity::PortRarity,
    &process_novelty::ProcessNovelty,
    &purpose::Purpose,
    &vendor::Vendor,
    &place::PlaceOfImage,
    &masquerade::Masquerade,
    &launch::Launch,
    &user_context::UserContext,
    &process_hours::ProcessHours,
    &process_access::ProcessAccess,
    &sequence::Sequence,
    &shape::Shape,
    &look_alikes::LookAlikes,
    &payload::Payload,
];

/// One piece of evidence.
pub(crate) trait Factor: Sync {
    /// Its name in findings.
    fn name(&self) -> &'static str;
    /// The terms it gives evidence for.
    fn terms(&self) -> &'static [Term];
    /// The evidence of a case, before the gate.
    fn weigh(&self, case: &Case<'_>) -> Weighed;
    /// The case in words; asked only where something was measured.
    fn tell(&self, case: &Case<'_>) -> Told;
    /// A few bytes of content that it rests on, where they were kept.
    fn excerpt(&self, _case: &Case<'_>) -> Option<String> {
        None
    }
}

/// What a factor finds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Weighed {
    /// It could not be measured, because …
    NotMeasured(&'static str),
    /// Nothing out of the ordinary.
    Usual,
    /// Strengths of terms, 0 to 1 each.
    Evidence(Strengths),
}

/// Strengths of a few terms, 0 to 1 each, without an allocation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strengths([Option<(Term, f64)>; 6]);

impl<const N: usize> From<[(Term, f64); N]> for Strengths {
    fn from(strengths: [(Term, f64); N]) -> Strengths {
        const { assert!(N <= 6, "a factor has at most six terms") };
        let mut given = strengths.into_iter();
        Strengths(std::array::from_fn(|_| given.next()))
    }
}

impl Strengths {
    /// What was given.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Term, f64)> + '_ {
        self.0.iter().copied().flatten()
    }
}

/// A case in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The value.
    pub(crate) value: Option<String>,
    /// What is usual, and against whom.
    pub(crate) usual: Option<String>,
    /// A sentence.
    pub(crate) text: String,
}

/// The names of all factors of the score, in the order they are told.
pub fn factor_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|factor| factor.name())
}

/// What a process is compared with where too little is known of it elsewhere: all that sends but itself.
const OTHER_SENDERS: &str = "all other senders";

/// What is compared with where enough is known of it.
fn same_elsewhere(case: &Case<'_>) -> &'static str {
    if case.has_process() { "this process on other hosts" } else { "what has no process on other hosts" }
}

const NO_PROCESS: &str = "no process could be attached";

#[cfg(test)]
mod told;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Term;

    #[test]
    fn every_term_belongs_to_one_factor() {
        for term in Term::ALL {
            let owners = ALL.iter().filter(|factor| factor.terms().contains(term)).count();
            assert_eq!(owners, 1, "{term:?}");
        }
    }
}
