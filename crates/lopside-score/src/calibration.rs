//! From a total to a rate, a score and a severity.
//!
//! p estimates the share of ordinary channel-days whose total is as high. Channel-days that stand out, and the one judged, do not
//! enter; which ones stand out does not depend on the budget, so that a budget moves severities alone. Up to a small share p is
//! counted. Beyond, the data's own history is too short for the budget, and cutting off what is flagged would make any tail look thin:
//! there p falls as the shipped reference distribution does, from the share that the data show where the count ends. Fleets differ in
//! how their tails begin, so the count ends at two places, and the tail that makes a total more ordinary stands. What was counted there
//! is taken [`STANDARD_ERRORS`] higher, since a budget is what a hunt should stay within, and few data tell less of it. Below [`FEW`]
//! channel-days all comes from the reference.

use lopside_model::finding::Severity;

use crate::reference::Reference;
use crate::settings::{ALERT_BUDGET, Settings};
use crate::totals::Totals;
use crate::words;

/// Below this many channel-days the reference distribution stands in.
pub const FEW: u64 = 3_000;

/// Shares of ordinary channel-days above which the tail is continued by the reference.
const TAILS: [f64; 2] = [0.01, 0.002];
/// As often as what stands out, at least: what lies between is what can be counted.
const ABOVE_STANDING_OUT: f64 = 2.0;
/// Channel-days above which the reference takes over, at least.
const LEAST_TAIL: f64 = 60.0;
/// By so many standard errors of its count a tail is taken to be larger than it was seen: the upper end of a 95 % interval.
const STANDARD_ERRORS: f64 = 2.0;
/// Rounds in which the tail and the cut that it implies settle.
const ROUNDS: usize = 12;

/// How totals become rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    source: Source,
    /// Sending channel-days per host-day.
    per_host_day: f64,
    budget: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Reference(Reference),
    Data { totals: Totals, tail: Tail, cut: f64 },
}

/// The tail of what is ordinary: the data's share at `from`, beyond it falling as the reference does.
#[derive(Clone, Debug, PartialEq)]
struct Tail {
    from: f64,
    share: f64,
    reference: Reference,
}

impl Calibration {
    /// The calibration that the totals of all channel-days give.
    pub fn new(totals: Totals, host_days: u64, settings: &Settings, reference: Reference) -> Calibration {
        let budget = settings.budget();
        if totals.count() < FEW || host_days == 0 {
            let per_host_day = reference.channel_days_per_host_day;
            return Calibration { source: Source::Reference(reference), per_host_day, budget };
        }
        let per_host_day = totals.count() as f64 / host_days as f64;
        let settled = TAILS.map(|tail| settle(&totals, tail, standing_out(per_host_day), &reference));
        let [far, near] = settled;
        let (tail, cut) = if near.0.level() > far.0.level() { near } else { far };
        Calibration { source: Source::Data { totals, tail, cut }, per_host_day, budget }
    }

    /// The share of ordinary channel-days with such a total, above 0 and at most 1.
    pub fn share(&self, total: f64) -> f64 {
        if total <= 0.0 {
            return 1.0;
        }
        match &self.source {
            Source::Reference(reference) => reference.share(total).clamp(1e-12, 1.0),
            Source::Data { totals, tail, cut } => {
                if total >= tail.from {
                    return tail.share(total).clamp(1e-12, 1.0);
                }
                let flagged = totals.at_least(*cut);
                let ordinary = (totals.count() - flagged).max(1) as f64;
                let seen = totals.at_least(total).saturating_sub(totals.at_least(tail.from)) as f64;
                (seen / ordinary + tail.share).clamp(1e-12, 1.0)
            }
        }
    }

    /// 10·log10(1/p), 0 to 100.
    pub fn score(&self, total: f64) -> f64 {
        let score = (-10.0 * self.share(total).log10()).clamp(0.0, 100.0);
        (score * 10.0).round() / 10.0
    }

    /// The severity of a total; `None` below low.
    pub fn severity(&self, total: f64) -> Option<Severity> {
        let share = self.share(total);
        let reached = |severity: &Severity| share <= share_for(*severity, self.budget, self.per_host_day);
        Severity::ALL.iter().rev().copied().find(|severity| total > 0.0 && reached(severity))
    }

    /// The score from which a severity begins.
    pub fn score_for(&self, severity: Severity) -> f64 {
        let score = -10.0 * share_for(severity, self.budget, self.per_host_day).log10();
        (score * 10.0).round() / 10.0
    }

    /// The least total that reaches a severity, to a quarter of a deciban.
    pub fn total_for(&self, severity: Severity) -> f64 {
        least(|total| self.severity(total) >= Some(severity))
    }

    /// The least total that stands out, whatever the budget, to a quarter of a deciban: such channel-days teach nothing.
    pub fn stands_out_from(&self) -> f64 {
        let share = standing_out(self.per_host_day);
        least(|total| self.share(total) <= share)
    }

    /// Sending channel-days per host-day.
    pub fn channel_days_per_host_day(&self) -> f64 {
        self.per_host_day
    }

    /// What the rates rest on, in words.
    pub fn rests_on(&self) -> String {
        match &self.source {
            Source::Reference(reference) => {
                format!(
                    "fewer than {} channel-days were read: rates come from the reference distribution \"{}\"",
                    words::number(FEW),
                    reference.name
                )
            }
            Source::Data { totals, tail, .. } => format!(
                "rates come from {} channel-days of these data, the rarest (above {:.1} decibans, taken two standard errors higher than counted) continued by the reference distribution \"{}\"",
                words::number(totals.count()),
                tail.from,
                tail.reference.name
            ),
        }
    }

    /// Whether the shipped reference stands in for the data's own history.
    pub fn by_reference(&self) -> bool {
        matches!(self.source, Source::Reference(_))
    }
}

/// The least total that meets a condition, to a quarter of a deciban.
fn least(meets: impl Fn(f64) -> bool) -> f64 {
    (1..2_000).map(|step| f64::from(step) / 4.0).find(|total| meets(*total)).unwrap_or(500.0)
}

impl Tail {
    fn share(&self, total: f64) -> f64 {
        self.share * self.fall(total)
    }

    /// How much more ordinary high totals are than in the reference, as a factor.
    fn level(&self) -> f64 {
        self.share / self.reference.share(self.from).max(1e-300)
    }

    /// The share of what lies above `from` that reaches a total.
    fn fall(&self, total: f64) -> f64 {
        (self.reference.share(total) / self.reference.share(self.from).max(1e-300)).min(1.0)
    }

    /// The least total that so small a share reaches, to a quarter of a deciban.
    fn total_at(&self, share: f64) -> f64 {
        let reaches = |step: &u32| self.share(self.from + f64::from(*step) / 4.0) <= share;
        (0..1_000).find(reaches).map_or(self.from + 250.0, |step| self.from + f64::from(step) / 4.0)
    }
}

/// The share at which a severity begins.
fn share_for(severity: Severity, budget: f64, per_host_day: f64) -> f64 {
    let medium = budget / (1_000.0 * per_host_day.max(1e-9));
    let times = match severity {
        Severity::Low => 10.0,
        Severity::Medium => 1.0,
        Severity::High => 0.1,
        Severity::Critical => 0.01,
    };
    (medium * times).min(0.5)
}

/// The share from which a channel-day stands out and teaches nothing: that of low within the default budget.
fn standing_out(per_host_day: f64) -> f64 {
    share_for(Severity::Low, ALERT_BUDGET, per_host_day)
}

/// The tail of what is ordinary, and the total above which channel-days are flagged: each follows from the other, in few rounds.
fn settle(totals: &Totals, tail: f64, standing_out: f64, reference: &Reference) -> (Tail, f64) {
    let least = tail.max(ABOVE_STANDING_OUT * standing_out);
    let mut cut = f64::INFINITY;
    let mut tail = Tail { from: 0.25, share: 1.0, reference: reference.clone() };
    for _ in 0..ROUNDS {
        let flagged = if cut.is_finite() { totals.at_least(cut) } else { 0 };
        let ordinary = totals.count().saturating_sub(flagged).max(1) as f64;
        tail.from = totals.cut(flagged + (least * ordinary).max(LEAST_TAIL) as u64);
        let seen = totals.between(tail.from, cut).max(1) as f64;
        let seen = seen + STANDARD_ERRORS * seen.sqrt();
        // What lies between is the part of the tail that is not flagged.
        let part = if cut.is_finite() { 1.0 - tail.fall(cut) } else { 1.0 };
        tail.share = (seen / part.max(0.1) / ordinary).min(1.0);
        let next = tail.total_at(standing_out).max(tail.from + 1.0);
        if next == cut {
            break;
        }
        cut = next;
    }
    (tail, cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential(count: u32, mean: f64) -> Totals {
        let mut totals = Totals::default();
        for n in 0..count {
            let quantile = (f64::from(n) + 0.5) / f64::from(count);
            totals.add_total(-mean * quantile.ln());
        }
        totals
    }

    #[test]
    fn a_tail_like_the_reference_is_met() {
        let reference = Reference::from_totals("exponential", 0, &exponential(200_000, 3.0), 6_000);
        let calibration = Calibration::new(exponential(50_000, 3.0), 1_500, &Settings::default(), reference);
        for total in [3.0, 9.0, 15.0, 24.0] {
            let (found, truth) = (calibration.share(total).ln(), -total / 3.0);
            assert!((found - truth).abs() < 1.0, "{total}: {found} {truth}");
        }
    }

    #[test]
    fn the_fewer_were_counted_the_more_ordinary_is_a_tail() {
        let reference = Reference::from_totals("exponential", 0, &exponential(200_000, 3.0), 6_000);
        let at = |count: u32| {
            let (totals, host_days) = (exponential(count, 3.0), u64::from(count) / 33);
            Calibration::new(totals, host_days, &Settings::default(), reference.clone()).share(24.0)
        };
        let shares = [3_300, 50_000, 500_000].map(at);
        assert!(shares.is_sorted_by(|few, many| few > many), "{shares:?}");
        // Two standard errors of the 60 channel-days of the shortest count, of some thousands of the longest.
        assert!(shares[0] > 1.15 * shares[2] && shares[0] < 1.6 * shares[2], "{shares:?}");
    }

    #[test]
    fn what_is_far_below_the_budget_does_not_thin_the_tail() {
        let reference = Reference::from_totals("exponential", 0, &exponential(200_000, 3.0), 6_000);
        // An eighth of what the reference expects around its hundredth, all of it further up.
        let totals = exponential(200_000, 3.0);
        let thinned = Totals::of_bins(
            totals.count(),
            &totals
                .bins()
                .map(|(bin, count)| (bin as u64, if (50..70).contains(&bin) { count / 8 } else { count }))
                .collect::<Vec<_>>(),
        );
        let totals = thinned.unwrap();
        let calibration = Calibration::new(totals, 1_500, &Settings::default(), reference);
        let (found, truth) = (calibration.share(27.0), (-27.0_f64 / 3.0).exp());
        assert!(found < 1.3 * truth && found > truth / 1.3, "{found} {truth}");
    }

    #[test]
    fn findings_do_not_make_themselves_ordinary() {
        let mut totals = exponential(50_000, 3.0);
        for _ in 0..40 {
            totals.add_total(60.0);
        }
        let calibration = Calibration::new(totals, 1_500, &Settings::default(), Reference::shipped(200));
        assert!(calibration.severity(60.0) >= Some(Severity::High));
    }

    #[test]
    fn a_budget_moves_severities_and_not_what_stands_out() {
        let at = |alert_budget| {
            let settings = Settings { alert_budget, ..Settings::default() };
            Calibration::new(exponential(50_000, 3.0), 1_500, &settings, Reference::shipped(200))
        };
        let (few, many) = (at(1.0), at(50.0));
        assert_eq!(few.stands_out_from(), many.stands_out_from());
        assert!((1..200).all(|total| few.share(f64::from(total)) == many.share(f64::from(total))));
        assert!(few.total_for(Severity::Medium) > many.total_for(Severity::Medium));
    }

    #[test]
    fn shares_fall_and_severities_rise() {
        for totals in [exponential(50_000, 3.0), exponential(50, 3.0)] {
            let calibration = Calibration::new(totals, 1_500, &Settings::default(), Reference::shipped(200));
            let mut last = (1.0, None);
            for step in 0..400 {
                let total = f64::from(step) / 4.0;
                let now = (calibration.share(total), calibration.severity(total));
                assert!(now.0 <= last.0 + 1e-12 && now.1 >= last.1, "{total} {now:?} {last:?}");
                last = now;
            }
            assert_eq!(last.1, Some(Severity::Critical));
            assert_eq!(calibration.severity(0.0), None);
        }
    }
}
