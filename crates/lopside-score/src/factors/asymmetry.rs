//! How much more a channel sent than it got back.
//!
//! Measures: log2((out + 64 KiB) / (in + 64 KiB)). Usual: the 90th percentile of the largest channel of a host and day of the same
//! process on other hosts, backed off to all processes. Silent when: a direction was not measured, or both were taken in different
//! layers. Limits: agents and backups send only; their own kind is what they are compared with; answers in DNS repeat the question,
//! which the gate takes from what came back and this factor does not. Source of the formula: log-ratio,
//! additive and symmetric where a producer-consumer ratio saturates.

use super::{Factor, OTHER_SENDERS, Told, Weighed, same_elsewhere};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::{self, ramp};
use crate::spread::{log_of_bytes, log_of_ratio};
use crate::words;

/// See the module.
pub(super) struct Asymmetry;

/// Doublings above what is usual at which the evidence is whole.
const WHOLE: f64 = 5.0;

fn usual(case: &Case<'_>) -> Option<(f64, u32)> {
    let (bucket, count) = case.usual.quantile(0.9, |part| &part.ratio, |all| &all.ratio)?;
    Some((log_of_ratio(bucket), count))
}

impl Factor for Asymmetry {
    fn name(&self) -> &'static str {
        "asymmetry"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Asymmetry]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.measured() {
            return Weighed::NotMeasured("a direction was not measured, so there is no ratio");
        }
        let usual = usual(case).map_or(0.0, |(usual, _)| usual);
        Weighed::Evidence([(Term::Asymmetry, ramp(case.log_ratio() - usual, (0.0, WHOLE)))].into())
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let mut value = words::ratio(case.sum.bytes_out, case.sum.bytes_in);
        let repeated = case.sum.bytes_in - gate::of_the_peer(case.day, case.sum.bytes_in);
        if repeated > 0 {
            value
                .push_str(&format!(" ({} of the answers only repeat DNS questions)", words::bytes(repeated)));
        }
        let Some((log, count)) = usual(case) else {
            return Told { text: format!("{value} sent to received"), value: Some(value), usual: None };
        };
        let usual = words::ratio_of_log(log);
        let against = if count >= 5 { same_elsewhere(case) } else { OTHER_SENDERS };
        let back = case.usual.quantile(0.5, |part| &part.back, |all| &all.back);
        let back = back.map_or(String::new(), |(bucket, _)| {
            format!(", and {} or less back on half of them", words::bytes(log_of_bytes(bucket).exp2() as u64))
        });
        Told {
            text: format!("{value} sent to received; {against}: {usual} or less on 9 of 10 host-days{back}"),
            value: Some(value),
            usual: Some(format!("{usual} or less: {against}, 9 in 10")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Basis;
    use crate::seen::Seen;
    use crate::settings::Settings;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn bounded_and_growing() {
        let usual = usual_of(&[]);
        let mut last = 1.0;
        for exponent in 0..40 {
            let c = on(channel("h", Some("x"), "d"), 1, 1 << 30, 1 << exponent);
            let now = strength(&Asymmetry, &c, &usual, Term::Asymmetry);
            assert!((0.0..=last).contains(&now));
            last = now;
        }
        assert_eq!(last, 0.0);
    }

    #[test]
    fn what_comes_back_elsewhere_is_told() {
        let mut all: Vec<_> =
            (0..9).map(|n| on(channel(&format!("h{n}"), Some("x"), "d"), 1, 1 << 30, 1 << 20)).collect();
        let judged = on(channel("h", Some("x"), "e"), 1, 1 << 30, 0);
        all.push(judged.clone());
        let (usual, settings) = (usual_of(&all), Settings::default());
        let case = Case::new(Seen::new(&judged, &usual), 0, Basis::Sum, &settings).unwrap();
        let text = Asymmetry.tell(&case).text;
        assert!(text.ends_with("and 1.2 MB or less back on half of them"), "{text}");
    }
}
