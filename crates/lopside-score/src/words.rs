//! Quantities in words.

pub(crate) use lopside_model::bytes::in_units as bytes;
pub(crate) use lopside_model::words::{count as number, day, minute};

/// `159:1`, `0.4:1`; with nothing received, `all sent, nothing received`.
pub(crate) fn ratio(bytes_out: u64, bytes_in: u64) -> String {
    if bytes_in == 0 {
        return "nothing received".into();
    }
    number_to_one(lopside_model::bytes::ratio(bytes_out, bytes_in))
}

/// A log2 ratio as `4:1`.
pub(crate) fn ratio_of_log(log: f64) -> String {
    number_to_one(log.exp2())
}

/// `1 day`, `3 days`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn number_to_one(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}:1") } else { format!("{value:.0}:1") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(bytes(640), "640 B");
        assert_eq!(bytes(1_900_000_000), "1.9 GB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18 EB");
        assert_eq!(ratio(1_908, 12), "159:1");
        assert_eq!(ratio(4, 10), "0.4:1");
        assert_eq!(count(1, "day"), "1 day");
    }
}
