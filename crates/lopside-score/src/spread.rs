//! Log-bucket histograms of whole numbers: what quantities are usual, mergeable by addition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by bucket. For bytes a bucket is half a doubling; for log-ratios half a bit, shifted so that equality lies at 64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread(BTreeMap<u8, u32>);

/// The bucket of a byte count: twice its binary logarithm.
pub(crate) fn bucket_of_bytes(bytes: u64) -> u8 {
    let log = (bytes.max(1) as f64).log2();
    (log * 2.0) as u8
}

/// The bucket of a log2 ratio.
pub(crate) fn bucket_of_ratio(log_ratio: f64) -> u8 {
    (log_ratio * 2.0 + 64.0).clamp(0.0, 127.0) as u8
}

/// The log2 at the middle of a bucket of bytes.
pub(crate) fn log_of_bytes(bucket: f64) -> f64 {
    (bucket + 0.5) / 2.0
}

/// The log2 ratio at the middle of a bucket of ratios.
pub(crate) fn log_of_ratio(bucket: f64) -> f64 {
    (bucket + 0.5 - 64.0) / 2.0
}

impl Spread {
    /// Counts one observation.
    pub(crate) fn add(&mut self, bucket: u8) {
        let count = self.0.entry(bucket).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds another histogram.
    pub(crate) fn merge(&mut self, other: &Spread) {
        for (bucket, count) in &other.0 {
            let mine = self.0.entry(*bucket).or_default();
            *mine = mine.saturating_add(*count);
        }
    }

    /// The bucket at quantile `q` of this histogram without `part`, and how many observations that rests on.
    pub(crate) fn quantile_without(&self, part: Option<&Spread>, q: f64) -> Option<(f64, u32)> {
        let left = |bucket: &u8, count: &u32| {
            count.saturating_sub(part.and_then(|part| part.0.get(bucket)).copied().unwrap_or(0))
        };
        let total: u32 = self.0.iter().map(|(bucket, count)| left(bucket, count)).sum();
        if total == 0 {
            return None;
        }
        let rank = (q * f64::from(total)).ceil().max(1.0) as u32;
        let mut seen = 0;
        for (bucket, count) in &self.0 {
            seen += left(bucket, count);
            if seen >= rank {
                return Some((f64::from(*bucket), total));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_without_a_part() {
        let mut all = Spread::default();
        let mut own = Spread::default();
        for exponent in 10..20 {
            all.add(bucket_of_bytes(1 << exponent));
        }
        all.add(bucket_of_bytes(1 << 40));
        own.add(bucket_of_bytes(1 << 40));
        assert_eq!(all.quantile_without(Some(&own), 1.0), Some((38.0, 10)));
        assert_eq!(all.quantile_without(None, 1.0), Some((80.0, 11)));
        assert_eq!(own.quantile_without(Some(&own), 0.5), None);
    }

    #[test]
    fn extremes_have_buckets() {
        assert_eq!(bucket_of_bytes(0), 0);
        assert_eq!(bucket_of_bytes(u64::MAX), 128);
        assert_eq!(bucket_of_ratio(f64::MAX), 127);
        assert_eq!(bucket_of_ratio(0.0), 64);
    }
}
