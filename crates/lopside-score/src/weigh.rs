//! A channel-day's score: all factors, gated and weighed.

use lopside_model::channel::{Channel, ChannelDay};

use crate::case::{Basis, Case};
use crate::evidence::{Evidence, Term};
use crate::factors::{self, Weighed};
use crate::gate;
use crate::past::with_past;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::usual::Usual;

/// The score of one day of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DayScore {
    /// Days since 1970-01-01 UTC.
    pub day: i32,
    /// Its place in the channel's days.
    pub index: usize,
    /// Which flows are the evidence.
    pub basis: Basis,
    /// The gate, 0 to 1.
    pub gate: f64,
    /// The sum of the factors' points, in decibans.
    pub total: f64,
}

impl DayScore {
    /// Whether a direction was not measured: ranked apart, and no part of what totals are usual.
    pub fn unmeasured(&self) -> bool {
        self.basis == Basis::Unmeasured
    }
}

/// The score of each day of a channel. A day is judged by the sum of its flows or by the most lopsided of them, whichever gives more.
pub fn weigh(channel: &Channel, usual: &Usual, settings: &Settings) -> Vec<DayScore> {
    if !gate::may_open(channel) && usual.past(channel).is_none() {
        let shut =
            |(index, day): (usize, &ChannelDay)| DayScore { day: day.day, index, ..DayScore::default() };
        return channel.days.iter().enumerate().map(shut).collect();
    }
    let (long, earlier) = with_past(channel, usual);
    let seen = Seen::new(&long, usual);
    let own = |index| DayScore { index, ..weigh_day(seen, index + earlier, settings) };
    (0..channel.days.len()).map(own).collect()
}

/// The gated evidence behind a score: what weights are fitted on.
pub fn evidence(channel: &Channel, score: &DayScore, usual: &Usual, settings: &Settings) -> Evidence {
    let (long, earlier) = with_past(channel, usual);
    Case::new(Seen::new(&long, usual), score.index + earlier, score.basis, settings)
        .map_or_else(Evidence::default, |case| evidence_of(&case))
}

/// The gated evidence of a case.
pub(crate) fn evidence_of(case: &Case<'_>) -> Evidence {
    let gate = case.gate();
    if gate <= 0.0 {
        return Evidence::default();
    }
    let mut evidence = Evidence::default();
    for factor in factors::ALL {
        if let Weighed::Evidence(strengths) = factor.weigh(case) {
            for (term, strength) in strengths.iter() {
                evidence.set(term, strength);
            }
        }
    }
    let support = support(&evidence);
    for term in SUPPORTED {
        evidence.set(term, evidence.get(term) * support);
    }
    evidence.gated(gate)
}

/// Terms that count only as far as other evidence stands beside them: size, ratio and the way of sending alone are no finding.
const SUPPORTED: [Term; 6] =
    [Term::Volume, Term::Size, Term::Asymmetry, Term::Pieces, Term::Even, Term::Fast];

/// How far anything else speaks for a finding: 0 to 1.
fn support(evidence: &Evidence) -> f64 {
    let others = Term::ALL.iter().filter(|term| term.sign() > 0.0 && !SUPPORTED.contains(term));
    1.0 - others.map(|term| 1.0 - evidence.get(*term)).product::<f64>()
}

fn weigh_day(seen: Seen<'_>, index: usize, settings: &Settings) -> DayScore {
    let day = seen.channel.days.get(index).map_or(0, |day| day.day);
    let of = |basis: Basis| {
        let case = Case::new(seen, index, basis, settings)?;
        let total = seen.weights().total(&evidence_of(&case));
        Some(DayScore { day, index, basis, gate: case.gate(), total })
    };
    let mut best = of(Basis::Sum).unwrap_or(DayScore { day, index, ..DayScore::default() });
    if let Some(lopsided) = of(Basis::Lopsided).filter(|score| score.total > best.total) {
        best = lopsided;
    }
    // What was measured goes first unless it is by far the lesser part.
    if let Some(unmeasured) = of(Basis::Unmeasured).filter(|score| score.total > 2.0 * best.total.max(0.0)) {
        best = unmeasured;
    }
    best
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::factors::Factor;
    use crate::fragment::Fragment;
    use crate::testing::{channel, on};
    use crate::usual::Context;

    pub(crate) fn usual_of(channels: &[Channel]) -> Usual {
        Usual::from(Fragment::of(channels), Context::default())
    }

    pub(crate) fn strength_on(
        factor: &dyn Factor,
        channel: &Channel,
        index: usize,
        usual: &Usual,
        term: Term,
    ) -> f64 {
        let settings = Settings::default();
        let case = Case::new(Seen::new(channel, usual), index, Basis::Sum, &settings).unwrap();
        match factor.weigh(&case) {
            Weighed::Evidence(strengths) => {
                strengths.iter().find(|(named, _)| *named == term).map_or(0.0, |(_, strength)| strength)
            }
            _ => 0.0,
        }
    }

    pub(crate) fn strength(factor: &dyn Factor, channel: &Channel, usual: &Usual, term: Term) -> f64 {
        strength_on(factor, channel, channel.days.len() - 1, usual, term)
    }

    #[test]
    fn a_large_upload_does_not_hide_in_downloads() {
        let mut c = on(channel("h", Some(r"c:\x.exe"), "203.0.113.9"), 1, 2_187_099, 5_347_774);
        c.days[0].lopsided.add(2_181_167, 27_238);
        let scores = weigh(&c, &usual_of(std::slice::from_ref(&c)), &Settings::default());
        assert_eq!(scores[0].basis, Basis::Lopsided);
        assert!(scores[0].total > 0.0);
    }

    #[test]
    fn doubling_every_day_does_not_lift_its_own_baseline() {
        let mut c = channel("h", Some(r"c:\x.exe"), "203.0.113.9");
        let mut all = vec![];
        for day in 0..14 {
            c = on(c, day, 1 << (16 + day), 100);
        }
        for n in 0..50 {
            let mut other = channel(&format!("o{n}"), Some("browser"), "common.example");
            for day in 0..14 {
                other = on(other, day, 1 << 20, 1 << 24);
            }
            all.push(other);
        }
        all.push(c.clone());
        let scores = weigh(&c, &usual_of(&all), &Settings::default());
        let open: Vec<f64> =
            scores.iter().filter(|score| score.gate > 0.5).map(|score| score.total).collect();
        assert!(open.len() > 5);
        assert!(open.last() >= open.first(), "{open:?}");
    }

    #[test]
    fn the_order_of_partitions_does_not_matter() {
        let channels: Vec<Channel> = (0..9)
            .map(|n| {
                on(channel(&format!("h{n}"), Some("x"), &format!("d{}", n % 4)), 1, 1 << (20 + n), 1 << n)
            })
            .collect();
        let mut backwards = Fragment::default();
        for channel in channels.iter().rev() {
            backwards.merge(Fragment::of(std::slice::from_ref(channel)));
        }
        let (a, b) = (usual_of(&channels), Usual::from(backwards, Context::default()));
        for channel in &channels {
            assert_eq!(weigh(channel, &a, &Settings::default()), weigh(channel, &b, &Settings::default()));
        }
    }
}
