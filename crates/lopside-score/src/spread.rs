//! Log-bucket histograms of whole numbers: what quantities are usual, mergeable by addition.

use crate::counts::Counts;

/// Every bucket that a number of one byte can name.
const BUCKETS: usize = 256;

/// Counts by bucket. For bytes a bucket is half a doubling; for log-ratios half a bit, shifted so that equality lies at 64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread(Counts<u8>);

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
        self.0.add(&bucket, 1);
    }

    /// Adds another histogram.
    pub(crate) fn merge(&mut self, other: &Spread) {
        for (bucket, count) in other.iter() {
            self.0.add(&bucket, count);
        }
    }

    /// Buckets and their counts, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u32)> {
        self.0.iter().map(|(bucket, count)| (*bucket, count))
    }

    /// The bucket at quantile `q` of this histogram without `part`, and how many observations that rests on.
    pub(crate) fn quantile_without(&self, part: Option<&Spread>, q: f64) -> Option<(f64, u32)> {
        let mut left = [0_u32; BUCKETS];
        let mut total = 0_u32;
        for (bucket, count) in self.iter() {
            left[usize::from(bucket)] = count;
            total = total.saturating_add(count);
        }
        for (bucket, count) in part.into_iter().flat_map(Spread::iter) {
            let slot = &mut left[usize::from(bucket)];
            total -= count.min(*slot).min(total);
            *slot = slot.saturating_sub(count);
        }
        if total == 0 {
            return None;
        }
        let rank = (q * f64::from(total)).ceil().max(1.0) as u32;
        let mut seen = 0_u32;
        let place = left.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= rank
        })?;
        Some((place as f64, total))
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
