//! Quantities for people, as every output tells them.

use crate::time::{DAY, Micros};

/// A whole number with separators: `239,894`.
pub fn count(number: u64) -> String {
    in_groups(&number.to_string())
}

/// Decimal digits in groups of three: `1234567` as `1,234,567`. Nothing but digits is expected.
pub fn in_groups(digits: &str) -> String {
    let mut told = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// `2026-03-05` of days since 1970-01-01 UTC.
pub fn day(day: i32) -> String {
    Micros(i64::from(day).saturating_mul(DAY)).to_string().chars().take(10).collect()
}

/// `2026-03-05 19:02` (UTC).
pub fn minute(time: Micros) -> String {
    time.to_string().chars().take(16).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(day(20_517), "2026-03-05");
        assert_eq!(minute(Micros(20_517 * DAY + 68_520_000_000)), "2026-03-05 19:02");
    }
}
