//! From a total to a rate, a score and a severity.
//!
//! p estimates the share of ordinary channel-days whose total is as high. Channel-days that reach low, and the one judged, do not
//! enter. Up to the highest hundredth p is counted. Beyond, the data's own history is too short for the budget, and cutting off what
//! is flagged would make any tail look thin: there p falls as the shipped reference distribution does, from the share that the data
//! show at the highest hundredth. Below [`FEW`] channel-days all comes from the reference.

use lopside_model::finding::Severity;
use serde::{Deserialize, Serialize};

use crate::settings::Settings;
use crate::totals::Totals;
use crate::weights::WeightsError;

const SHIPPED: &str = include_str!("../data/reference.toml");

/// Below this many channel-days the reference distribution stands in.
pub const FEW: u64 = 10_000;

/// The share of channel-days above which the tail is fitted.
const TAIL: f64 = 0.01;
/// Rounds in which the tail and the cut that it implies settle.
const ROUNDS: usize = 12;

/// A shipped distribution of totals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Its name, as findings tell it.
    pub name: String,
    /// For hunts of at least this many hosts.
    pub hosts: u32,
    /// Sending channel-days per host-day.
    pub channel_days_per_host_day: f64,
    /// Totals and the share of ordinary channel-days that reach them, both monotone.
    pub tail: Vec<(f64, f64)>,
}

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

#[derive(Serialize, Deserialize)]
struct File {
    references: Vec<Reference>,
}

/// The text of a file of references, as it is shipped.
///
/// # Errors
/// Where a number cannot be written.
pub fn references_text(references: &[Reference]) -> Result<String, WeightsError> {
    Ok(toml::to_string(&File { references: references.to_vec() })?)
}

/// Reference distributions, by the size of fleet that each is for.
#[derive(Clone, Debug, PartialEq)]
pub struct References(Vec<Reference>);

impl Default for References {
    /// The shipped ones.
    fn default() -> Self {
        References::load(SHIPPED).unwrap_or_else(|_| References(Vec::new()))
    }
}

impl References {
    /// Reads the text of a file of references.
    ///
    /// # Errors
    /// Where it is no such file.
    pub fn load(text: &str) -> Result<References, WeightsError> {
        Ok(References(toml::from_str::<File>(text)?.references))
    }

    /// The one for a hunt of so many hosts: with few, priors stand in and totals are lower.
    pub fn of(&self, hosts: u32) -> Reference {
        let fits = self.0.iter().filter(|reference| reference.hosts <= hosts);
        fits.max_by_key(|reference| reference.hosts).cloned().unwrap_or(Reference {
            name: "none: no reference could be read".into(),
            hosts: 0,
            channel_days_per_host_day: 30.0,
            tail: vec![(0.0, 1.0), (40.0, 1e-5)],
        })
    }
}

impl Reference {
    /// The shipped reference for a hunt of so many hosts.
    pub fn shipped(hosts: u32) -> Reference {
        References::default().of(hosts)
    }

    /// The share of ordinary channel-days that reach a total: straight between points in the logarithm, and beyond the last.
    pub fn share(&self, total: f64) -> f64 {
        let log = |share: f64| share.max(1e-300).ln();
        let mut last: Option<((f64, f64), f64)> = None;
        let mut previous: Option<(f64, f64)> = None;
        for &(at, share) in &self.tail {
            if let Some((before, before_share)) = previous {
                let slope = (log(share) - log(before_share)) / (at - before).max(1e-9);
                if total < at {
                    return if total <= before {
                        before_share
                    } else {
                        (log(before_share) + slope * (total - before)).exp()
                    };
                }
                last = Some(((at, share), slope));
            } else if total <= at {
                return share;
            }
            previous = Some((at, share));
        }
        last.map_or(1.0, |((at, share), slope)| (log(share) + slope.min(0.0) * (total - at)).exp())
    }

    /// A reference made from the totals of ordinary channel-days, at every second deciban that at least 20 of them reach.
    pub fn from_totals(name: &str, hosts: u32, totals: &Totals, host_days: u64) -> Reference {
        let count = totals.count().max(1) as f64;
        let mut tail = vec![(0.0, 1.0)];
        for step in 0..100 {
            let total = 0.25 + 2.0 * f64::from(step);
            let reach = totals.at_least(total);
            if reach < 20 {
                break;
            }
            tail.push((total, reach as f64 / count));
        }
        Reference {
            name: name.into(),
            hosts,
            channel_days_per_host_day: count / host_days.max(1) as f64,
            tail,
        }
    }
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
        let low = share_for(Severity::Low, budget, per_host_day);
        let (tail, cut) = settle(&totals, low, reference);
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
        let reaches = |step: &u32| self.severity(f64::from(*step) / 4.0) >= Some(severity);
        (1..2_000).find(reaches).map_or(500.0, |step| f64::from(step) / 4.0)
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
                    "fewer than {FEW} channel-days were read: rates come from the reference distribution \"{}\"",
                    reference.name
                )
            }
            Source::Data { totals, tail, .. } => format!(
                "rates come from {} channel-days of these data, the rarest hundredth (above {:.1} decibans) continued by the reference distribution \"{}\"",
                totals.count(),
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

impl Tail {
    fn share(&self, total: f64) -> f64 {
        self.share * self.fall(total)
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

/// The tail of what is ordinary, and the total above which channel-days are flagged: each follows from the other, in few rounds.
fn settle(totals: &Totals, low: f64, reference: Reference) -> (Tail, f64) {
    let mut cut = f64::INFINITY;
    let mut tail = Tail { from: 0.25, share: 1.0, reference };
    for _ in 0..ROUNDS {
        let flagged = if cut.is_finite() { totals.at_least(cut) } else { 0 };
        let ordinary = totals.count().saturating_sub(flagged).max(1) as f64;
        tail.from = totals.cut(flagged + (TAIL * ordinary) as u64);
        let seen = totals.between(tail.from, cut) as f64;
        // What lies between is the part of the tail that is not flagged.
        let part = if cut.is_finite() { 1.0 - tail.fall(cut) } else { 1.0 };
        tail.share = (seen.max(1.0) / part.max(0.1) / ordinary).min(1.0);
        let next = tail.total_at(low).max(tail.from + 1.0);
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
    fn findings_do_not_make_themselves_ordinary() {
        let mut totals = exponential(50_000, 3.0);
        for _ in 0..40 {
            totals.add_total(60.0);
        }
        let calibration = Calibration::new(totals, 1_500, &Settings::default(), Reference::shipped(200));
        assert!(calibration.severity(60.0) >= Some(Severity::High));
    }

    #[test]
    fn the_shipped_references_load() {
        let references = toml::from_str::<File>(SHIPPED).unwrap().references;
        assert!(references.iter().any(|reference| reference.hosts <= 1));
        assert!(
            references.iter().all(|reference| reference.tail.is_sorted_by(|a, b| a.0 < b.0 && a.1 >= b.1))
        );
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
