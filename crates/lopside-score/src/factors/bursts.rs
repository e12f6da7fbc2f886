//! In which pieces and how fast the bytes went out.
//!
//! Measures: the largest flows of the day (at most 16): the share of bytes beside the largest of them, how alike the sizes of the large
//! ones are, and bytes a second of the largest; the time from the first to the last flow of the channel's day. Usual: what is sent in
//! the course of work goes out in one large flow, in flows of all sizes, or over hours. Silent when: no flow is noted. Limits: backups
//! and agents send in pieces too, so that the pieces count only beside other evidence; who takes his time or sends in a single flow
//! shows none of it. Source of the formula: 1 - largest/sum; the coefficient of variation of what is at least a twentieth of the
//! largest; logarithms of time and speed.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use crate::gate::ramp;
use crate::words;

/// See the module.
pub(super) struct Bursts;

/// How what is sent in the course of work goes out.
const USUAL: &str = "one large flow, flows of all sizes, or use over hours";
/// The same of a single flow.
const USUAL_OF_ONE: &str = "a slower flow, or use over hours";

/// A flow is large from this part of the largest.
const PART: u64 = 20;
/// Coefficients of variation at which sizes begin to be alike, and are.
const ALIKE: (f64, f64) = (-0.8, -0.3);
/// log2 of large flows at which likeness begins to tell (more than 2) and tells wholly (8).
const SEVERAL: (f64, f64) = (1.0, 3.0);
/// log2 of the hours at which a day's use begins to be drawn out (a quarter) and is (8).
const LONG: (f64, f64) = (-2.0, 3.0);
/// log2 bytes a second at which the largest flow begins to be fast (256 KiB) and is (4 MiB).
const FAST: (f64, f64) = (18.0, 22.0);
/// A flow takes at least this long, in seconds: what is shorter says nothing of speed.
const SHORTEST: f64 = 0.1;

/// The largest flows of a day.
struct Pieces {
    /// Bytes of the largest, and of all that are noted.
    largest: u64,
    sum: u64,
    /// How many are large, and how far their sizes vary.
    large: usize,
    variation: f64,
    /// Bytes a second of the largest.
    speed: f64,
}

fn pieces(case: &Case<'_>) -> Option<Pieces> {
    let flows = || case.day.largest.iter().filter_map(|flow| Some((flow.bytes_out?, flow)));
    let (largest, flow) = flows().reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let sum = flows().fold(0_u64, |sum, (bytes, _)| sum.saturating_add(bytes));
    let large = || flows().map(|(bytes, _)| bytes).filter(|bytes| *bytes >= largest / PART);
    let count = large().count();
    let mean = large().map(|bytes| bytes as f64).sum::<f64>() / count.max(1) as f64;
    let squares = large().map(|bytes| (bytes as f64 - mean).powi(2)).sum::<f64>() / count.max(1) as f64;
    let seconds = (flow.end.0.saturating_sub(flow.start.0)) as f64 / 1e6;
    Some(Pieces {
        largest,
        sum,
        large: count,
        variation: squares.sqrt() / mean.max(1.0),
        speed: largest as f64 / seconds.max(SHORTEST),
    })
}

/// How alike the sizes of several large flows are: 0 to 1.
fn alike(pieces: &Pieces) -> f64 {
    ramp(-pieces.variation, ALIKE) * ramp((pieces.large.max(1) as f64).log2(), SEVERAL)
}

/// Hours from the first to the last packet of the day.
fn hours(case: &Case<'_>) -> f64 {
    case.day.last.0.saturating_sub(case.day.first.0).max(0) as f64 / 3.6e9
}

impl Factor for Bursts {
    fn name(&self) -> &'static str {
        "bursts"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Pieces, Term::Even, Term::Fast, Term::DrawnOut]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        let Some(pieces) = pieces(case) else {
            return Weighed::NotMeasured("no flow is noted");
        };
        let beside = 1.0 - pieces.largest as f64 / pieces.sum.max(1) as f64;
        Weighed::Evidence(
            [
                (Term::Pieces, beside),
                (Term::Even, alike(&pieces)),
                (Term::Fast, ramp(pieces.speed.max(1.0).log2(), FAST)),
                (Term::DrawnOut, ramp(hours(case).max(1e-3).log2(), LONG)),
            ]
            .into(),
        )
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let Some(pieces) = pieces(case) else { return Told::default() };
        let value = format!("{} within {}", words::count(pieces.large, "large flow"), duration(hours(case)));
        let mut text = format!("{value}, the largest at {} a second", words::bytes(pieces.speed as u64));
        if alike(&pieces) >= 0.3 {
            text.push_str("; their sizes are alike");
        }
        let usual = if pieces.large > 1 { USUAL } else { USUAL_OF_ONE };
        Told { value: Some(value), usual: Some(usual.into()), text }
    }
}

/// A span of hours in words.
fn duration(hours: f64) -> String {
    match hours * 60.0 {
        minutes if minutes < 1.0 => "a minute".into(),
        minutes if minutes < 90.0 => words::count(minutes.round() as usize, "minute"),
        _ => words::count(hours.round() as usize, "hour"),
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
    use lopside_model::bytes::Quality;
    use lopside_model::channel::{Channel, FlowNote};
    use lopside_model::time::Micros;

    fn sent(sizes: &[u64], seconds: i64) -> Channel {
        let mut channel = on(channel("h", Some("x"), "drop.example"), 1, sizes.iter().sum(), 1_000);
        let day = &mut channel.days[0];
        let start = day.first.0;
        day.largest = sizes
            .iter()
            .map(|size| FlowNote {
                start: Micros(start),
                end: Micros(start + seconds * 1_000_000),
                ip: "203.0.113.9".parse().unwrap(),
                port: 443,
                bytes_out: Some(*size),
                bytes_in: Some(0),
                quality: (Quality::Exact, Quality::Exact),
                origins: Vec::new(),
                connection: None,
                files: None,
            })
            .collect();
        channel
    }

    fn of(channel: &Channel, term: Term) -> f64 {
        strength(&Bursts, channel, &usual_of(std::slice::from_ref(channel)), term)
    }

    #[test]
    fn pieces_of_one_size_stand_out() {
        let even = sent(&[10_000_000, 9_500_000, 10_200_000, 9_900_000, 10_000_000], 5);
        let uneven = sent(&[10_000_000, 2_000_000, 700_000, 600_000, 600_000], 5);
        let single = sent(&[30_000_000], 5);
        assert!(of(&even, Term::Even) > 0.5 && of(&even, Term::Pieces) > 0.7);
        assert_eq!(of(&uneven, Term::Even), 0.0);
        assert_eq!((of(&single, Term::Even), of(&single, Term::Pieces)), (0.0, 0.0));
    }

    #[test]
    fn speed_and_time_from_first_to_last() {
        assert_eq!(of(&sent(&[100_000_000], 10), Term::Fast), 1.0);
        assert_eq!(of(&sent(&[100_000_000], 3_600), Term::Fast), 0.0);
        let mut long = sent(&[100_000_000], 10);
        let short = of(&long, Term::DrawnOut);
        long.days[0].last = Micros(long.days[0].first.0 + 9 * 3_600_000_000);
        assert!(short < 0.3 && of(&long, Term::DrawnOut) == 1.0);
    }

    #[test]
    fn no_noted_flow_says_nothing() {
        let channel = on(channel("h", Some("x"), "d"), 1, 1 << 30, 0);
        assert_eq!(of(&channel, Term::Pieces), 0.0);
    }

    #[test]
    fn several_flows_of_one_size_are_told_as_such() {
        let told = |sizes: &[u64]| {
            let (channel, settings) = (sent(sizes, 5), Settings::default());
            let usual = usual_of(std::slice::from_ref(&channel));
            Bursts.tell(&Case::new(Seen::new(&channel, &usual), 0, Basis::Sum, &settings).unwrap())
        };
        let even = told(&[10_000_000, 9_500_000, 10_200_000, 9_900_000, 10_000_000]);
        assert!(even.text.contains("5 large flows") && even.text.ends_with("; their sizes are alike"));
        assert_eq!(even.usual.as_deref(), Some(USUAL));
        // What is a small part of the largest, wherever that stands, is not large.
        let single = told(&[400_000, 30_000_000, 400_000]);
        assert!(single.text.contains("1 large flow") && !single.text.contains("alike"), "{}", single.text);
        assert_eq!(single.usual.as_deref(), Some(USUAL_OF_ONE));
    }
}
