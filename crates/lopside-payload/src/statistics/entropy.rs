//! Entropy for people: what was measured, and what evenly random bytes of exactly that length would give.

use super::{Counts, Null};

/// Shannon entropy of the counts in bits a byte; 0 for nothing.
pub(crate) fn entropy_bits(counts: &Counts) -> f64 {
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    if total == 0 {
        return 0.0;
    }
    let n = total as f64;
    let weighted: f64 = counts
        .iter()
        .filter(|count| **count > 1)
        .map(|count| f64::from(*count) * f64::from(*count).log2())
        .sum();
    (n.log2() - weighted / n).max(0.0)
}

/// The entropy of `length` evenly random bytes: its mean exactly, its deviation by the Poisson approximation with the total held
/// fixed (Holst 1972), within a few percent from 32 bytes on.
pub(crate) fn entropy_of_random(length: usize) -> Null {
    if length == 0 {
        return Null { mean: 0.0, deviation: 0.0 };
    }
    const VALUES: f64 = 256.0;
    let n = length as f64;
    if length > 1 << 17 {
        let lost = (VALUES - 1.0) / (2.0 * n * std::f64::consts::LN_2);
        return Null { mean: 8.0 - lost, deviation: (VALUES / 2.0).sqrt() / (n * std::f64::consts::LN_2) };
    }
    // f(c) = c·log2 c over a binomial count c of each value.
    let p = 1.0 / VALUES;
    let mean_count = n * p;
    let spread = (mean_count * (1.0 - p)).sqrt();
    let last = ((mean_count + 14.0 * spread + 20.0) as usize).min(length);
    let first = (mean_count - 14.0 * spread - 20.0).max(0.0) as usize;
    let (mut weight, mut f1, mut f2, mut fc) = (0.0, 0.0, 0.0, 0.0);
    let factorials = Factorials::new();
    let (all, ln_p, ln_rest) = (factorials.ln(length), p.ln(), (1.0 - p).ln());
    for count in first..=last {
        let c = count as f64;
        let choices = all - factorials.ln(count) - factorials.ln(length - count);
        let chance = (choices + c * ln_p + (n - c) * ln_rest).exp();
        let f = if count > 1 { c * c.log2() } else { 0.0 };
        weight += chance;
        f1 += chance * f;
        f2 += chance * f * f;
        fc += chance * f * c;
    }
    let (f1, f2, fc) = (f1 / weight, f2 / weight, fc / weight);
    let covariance = fc - f1 * mean_count;
    let variance = (f2 - f1 * f1 - covariance * covariance / (spread * spread)).max(0.0);
    Null { mean: n.log2() - VALUES * f1 / n, deviation: (VALUES * variance).sqrt() / n }
}

/// Natural logarithms of factorials.
struct Factorials {
    /// Those of the small numbers.
    few: [f64; 32],
}

impl Factorials {
    fn new() -> Factorials {
        let mut sum = 0.0;
        Factorials {
            few: std::array::from_fn(|n| {
                sum += if n < 2 { 0.0 } else { (n as f64).ln() };
                sum
            }),
        }
    }

    /// Stirling's series from 32 on, the product below.
    fn ln(&self, n: usize) -> f64 {
        if let Some(few) = self.few.get(n) {
            return *few;
        }
        let x = n as f64;
        x * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI * x).ln() + 1.0 / (12.0 * x)
            - 1.0 / (360.0 * x * x * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::histogram;
    use crate::testing::Chance;

    #[test]
    fn the_null_agrees_with_draws() {
        let mut chance = Chance::new(3);
        for length in [32, 128, 512, 1460, 4096] {
            let draws: Vec<f64> = (0..200).map(|_| entropy_bits(&histogram(&chance.bytes(length)))).collect();
            let mean = draws.iter().sum::<f64>() / 200.0;
            let deviation = (draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 199.0).sqrt();
            let null = entropy_of_random(length);
            assert!((null.mean - mean).abs() < 4.0 * deviation / 14.0, "{length}: {null:?} {mean}");
            assert!((null.deviation / deviation - 1.0).abs() < 0.25, "{length}: {null:?} {deviation}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_tame() {
        assert_eq!(entropy_of_random(0).mean, 0.0);
        assert!(entropy_of_random(1).mean.abs() < 1e-9);
        assert!((entropy_of_random(1 << 20).mean - 8.0).abs() < 0.001);
        let (below, above) = (entropy_of_random(1 << 17), entropy_of_random((1 << 17) + 1));
        assert!((below.mean - above.mean).abs() < 1e-5, "{below:?} {above:?}");
        assert_eq!(entropy_bits(&[0; 256]), 0.0);
    }
}
