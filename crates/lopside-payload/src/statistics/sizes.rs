//! Laws of sizes over many messages: constant, quantised, flat.

/// What a list of sizes looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SizeLaw {
    /// Too few to say.
    TooFew,
    /// All of one size.
    Constant(u32),
    /// Several sizes, all multiples of one number that is at least 32.
    Quantised(u32),
    /// Evenly spread between two bounds, and not as the sizes of real messages are: the likelihood ratio against the best of the other
    /// laws, as a natural logarithm.
    Flat {
        /// Smallest and largest.
        least: u32,
        most: u32,
        /// ln of the likelihood ratio.
        advantage: f64,
    },
    /// Anything else.
    Other,
}

/// The fewest sizes for a law of constants and multiples.
pub(crate) const LEAST_FOR_QUANTUM: usize = 6;
/// The fewest sizes for a flat law.
pub(crate) const LEAST_FOR_FLAT: usize = 24;

/// A flat law that is so much likelier (natural logarithm) is not refused for a few sizes of another kind.
const FAR: f64 = 25.0;

/// Which law the sizes follow.
pub(crate) fn size_law(sizes: &[u32]) -> SizeLaw {
    size_law_from(sizes, LEAST_FOR_FLAT)
}

/// The same with another minimum for a flat law, for a rule that has more to go by than sizes.
pub(crate) fn size_law_from(sizes: &[u32], least_for_flat: usize) -> SizeLaw {
    let Some(first) = sizes.first() else { return SizeLaw::TooFew };
    if sizes.len() < LEAST_FOR_QUANTUM {
        return SizeLaw::TooFew;
    }
    if sizes.iter().all(|size| size == first) {
        return SizeLaw::Constant(*first);
    }
    let common = sizes.iter().copied().fold(0, gcd);
    if common >= 32 {
        return SizeLaw::Quantised(common);
    }
    if sizes.len() < least_for_flat {
        return SizeLaw::TooFew;
    }
    flat(sizes).unwrap_or(SizeLaw::Other)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn flat(sizes: &[u32]) -> Option<SizeLaw> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    let n = sorted.len() as f64;
    let width = f64::from(most - least);
    if width < 8.0 {
        return None;
    }
    // Repeats: as many as draws from that width give, and not more.
    let repeats = sorted.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count() as f64;
    let expected = n * (n - 1.0) / 2.0 / (width + 1.0);
    if repeats > expected + 4.0 * expected.sqrt() + 2.0 {
        return None;
    }
    let mut gap: f64 = 0.0;
    for (place, size) in sorted.iter().enumerate() {
        // Sizes are whole numbers: shares are compared before and behind all that are equal.
        let share = |size: u32| f64::from(size - least) / (width + 1.0);
        if place.checked_sub(1).and_then(|before| sorted.get(before)) != Some(size) {
            gap = gap.max((share(*size) - place as f64 / n).abs());
        }
        if sorted.get(place + 1) != Some(size) {
            gap = gap.max((share(size.saturating_add(1)) - (place as f64 + 1.0) / n).abs());
        }
    }
    let advantage = others(&sorted, least) - n * (width * (n + 1.0) / (n - 1.0)).ln();
    // Kolmogorov and Smirnov: over the root of n at most 1.3, which one in twenty of true draws exceeds; where other laws are far behind,
    // 1.9: one in seven hundred, and a few sizes of another kind among the draws.
    let most_gap = if advantage > FAR { 1.9 } else { 1.3 };
    (advantage > 0.0 && gap * n.sqrt() <= most_gap).then_some(SizeLaw::Flat { least, most, advantage })
}

/// The smallest negative log-likelihood (natural) of the normal, log-normal and shifted exponential law.
fn others(sorted: &[u32], least: u32) -> f64 {
    let n = sorted.len() as f64;
    let moments = |values: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut squares) = (0.0, 0.0);
        for value in values {
            sum += value;
            squares += value * value;
        }
        (sum / n, (squares / n - sum * sum / n / n).max(1e-9))
    };
    let (mean, variance) = moments(&mut sorted.iter().map(|size| f64::from(*size)));
    let (log_mean, log_variance) = moments(&mut sorted.iter().map(|size| f64::from(*size).max(0.5).ln()));
    let normal = n * 0.5 * (std::f64::consts::TAU * std::f64::consts::E * variance).ln();
    let log_normal = n * (0.5 * (std::f64::consts::TAU * std::f64::consts::E * log_variance).ln() + log_mean);
    let exponential = n * (1.0 + (mean - f64::from(least)).max(0.5).ln());
    normal.min(log_normal).min(exponential)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    #[test]
    fn constants_and_multiples_are_told() {
        assert_eq!(size_law(&[]), SizeLaw::TooFew);
        assert_eq!(size_law(&[512; 5]), SizeLaw::TooFew);
        assert_eq!(size_law(&[777; 6]), SizeLaw::Constant(777));
        assert_eq!(size_law(&[256, 512, 256, 1024, 768, 256]), SizeLaw::Quantised(256));
        assert_eq!(size_law(&[16, 32, 48, 16, 32, 16]), SizeLaw::TooFew);
    }

    #[test]
    fn few_whole_numbers_drawn_evenly_are_flat_and_two_sizes_are_not() {
        let mut chance = Chance::new(10);
        let draw: Vec<u32> = (0..700).map(|_| 4 + chance.below(17) as u32).collect();
        assert!(matches!(size_law(&draw), SizeLaw::Flat { least: 4, most: 20, .. }), "{:?}", size_law(&draw));
        for few in 1..42 {
            let two: Vec<u32> = (0..42).map(|number| if number < few { 16 } else { 32 }).collect();
            assert!(!matches!(size_law(&two), SizeLaw::Flat { .. }), "{few}");
        }
    }

    #[test]
    fn many_even_draws_are_flat_with_a_few_sizes_of_another_kind_among_them() {
        let mut chance = Chance::new(12);
        let last: Vec<u32> = (0..40).map(|_| 4 + chance.below(60) as u32).collect();
        let draw: Vec<u32> = (0..400).map(|_| 4 + chance.below(397) as u32).chain(last).collect();
        assert!(matches!(size_law(&draw), SizeLaw::Flat { .. }), "{:?}", size_law(&draw));
        let bell: Vec<u32> =
            (0..400).map(|_| 4 + (0..4).map(|_| chance.below(100) as u32).sum::<u32>()).collect();
        assert_eq!(size_law(&bell), SizeLaw::Other);
    }

    #[test]
    fn even_draws_are_flat_and_others_are_not() {
        let mut chance = Chance::new(9);
        let (mut flat, mut bell, mut skew) = (0, 0, 0);
        let is = |sizes: &[u32]| {
            u32::from(matches!(size_law(sizes), SizeLaw::Flat { advantage, .. } if advantage > 3.0))
        };
        for _ in 0..100 {
            let draw: Vec<u32> = (0..60).map(|_| 40 + chance.below(256) as u32).collect();
            flat += is(&draw);
            let draw: Vec<u32> =
                (0..60).map(|_| 40 + (0..6).map(|_| chance.below(64) as u32).sum::<u32>()).collect();
            bell += is(&draw);
            let draw: Vec<u32> = (0..60)
                .map(|_| (5.0 + chance.unit() * chance.unit() * chance.unit() * 900.0) as u32)
                .collect();
            skew += is(&draw);
        }
        assert!(flat >= 70, "{flat}");
        assert!(bell <= 1 && skew <= 1, "{bell} {skew}");
    }
}
