//! How much a channel sent in a day.
//!
//! Measures: log2 of the bytes sent, by itself and against what is usual. Usual: the 90th percentile of the largest channel of a host and day of the same process on
//! other hosts, backed off to all processes. Silent when: never, but it counts only beside other evidence. Limits: size is what the
//! gate asks for and no evidence of its own: both terms fade where nothing else speaks. Source of the formula: robust position on log2 bytes
//! with back-off by weight n/(n+m).

use super::{Factor, OTHER_SENDERS, Told, Weighed, same_elsewhere};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::spread::log_of_bytes;
use crate::words;

/// See the module.
pub(super) struct Volume;

/// Doublings above what is usual at which the evidence is whole.
const WHOLE: f64 = 3.0;

/// log2 bytes at which size by itself begins to count (4 MB) and counts wholly (64 MB).
const SIZE: (f64, f64) = (22.0, 26.0);

fn usual(case: &Case<'_>) -> Option<(f64, u32)> {
    let (bucket, count) = case.usual.quantile(0.9, |part| &part.out, |all| &all.out)?;
    Some((log_of_bytes(bucket), count))
}

impl Factor for Volume {
    fn name(&self) -> &'static str {
        "volume"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Volume, Term::Size]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let usual = usual(case).map_or(18.0, |(usual, _)| usual);
        let size = ramp((case.week_out().max(1) as f64).log2(), SIZE);
        Weighed::Evidence(
            [(Term::Volume, ramp(case.log_out() - usual, (0.0, WHOLE))), (Term::Size, size)].into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let value = words::bytes(case.sum.bytes_out);
        let gated = format!(
            "{value} sent in the day (gate {:.2}: how large and lopsided that is, 0 to 1, times every point)",
            case.gate()
        );
        let (usual, against) = match usual(case) {
            Some((log, count)) if count >= 5 => {
                let who = same_elsewhere(case);
                (words::bytes(log.exp2() as u64), format!("{who} ({count} host-days), 9 in 10"))
            }
            Some((log, _)) if log >= 1.0 => {
                (words::bytes(log.exp2() as u64), format!("{OTHER_SENDERS}, 9 in 10"))
            }
            _ => {
                return Told {
                    text: format!("{gated}; what others send was not measured"),
                    value: Some(value),
                    usual: None,
                };
            }
        };
        Told {
            text: format!("{gated}; {against}, send at most {usual}"),
            value: Some(value),
            usual: Some(format!("at most {usual}: {against}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};

    #[test]
    fn bounded_and_growing() {
        let usual = usual_of(&[]);
        let mut last = 0.0;
        for exponent in 10..60 {
            let c = on(channel("h", Some("x"), "d"), 1, 1 << exponent, 0);
            let now = strength(&Volume, &c, &usual, Term::Volume);
            assert!((last..=1.0).contains(&now));
            last = now;
        }
        assert_eq!(last, 1.0);
    }
}
