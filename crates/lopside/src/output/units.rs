//! Quantities in words: bytes in decimal units, ratios, counts, shares, durations and times (UTC).

use lopside_model::Micros;
pub(crate) use lopside_model::bytes::in_units as bytes;
use lopside_model::time::SECOND;
use lopside_model::words::in_groups;
pub(crate) use lopside_model::words::{count, day, minute};

/// `412 MiB`.
pub(crate) fn memory(bytes: u64) -> String {
    format!("{} MiB", count(bytes.div_ceil(1 << 20)))
}

/// `159:1`, `0.4:1`, `1:250`; `-` where nothing went either way, `all sent` where nothing came back.
pub(crate) fn ratio(sent: u64, received: u64) -> String {
    match (sent, received) {
        (0, 0) => "-".into(),
        (_, 0) => "all sent".into(),
        _ => number_to_one(sent as f64 / received as f64),
    }
}

/// A ratio as `159:1`.
pub(crate) fn number_to_one(value: f64) -> String {
    if value < 0.05 {
        return format!("1:{}", whole((1.0 / value.max(1e-19)).round()));
    }
    if value < 9.95 { format!("{value:.1}:1") } else { format!("{}:1", whole(value.round())) }
}

/// `1 flow`, `24 flows`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(number)) }
}

/// `69 %`, `99.6 %` near the ends; `-` of nothing. Never 100 % or 0 % unless it is all or none.
pub(crate) fn share(part: u64, of: u64) -> String {
    if of == 0 {
        return "-".into();
    }
    let percent = part as f64 * 100.0 / of as f64;
    match part {
        0 => "0 %".into(),
        _ if part >= of => "100 %".into(),
        _ if percent < 0.1 => "<0.1 %".into(),
        _ if percent > 99.9 => ">99.9 %".into(),
        _ if !(10.0..=99.0).contains(&percent) => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// `3 h 10 min`, `24 min`, `12 s`, `2 d 4 h`, of microseconds.
pub(crate) fn duration(micros: i64) -> String {
    let seconds = micros.max(0) / SECOND;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// `2026-03-05 19:02 to 22:12 UTC`; the second date only where it is another one.
pub(crate) fn span(first: Micros, last: Micros) -> String {
    let (from, to) = (minute(first), minute(last));
    match to.split_once(' ') {
        _ if from == to => format!("{from} UTC"),
        Some((day, clock)) if from.starts_with(day) => format!("{from} to {clock} UTC"),
        _ => format!("{from} to {to} UTC"),
    }
}

/// `75.2 s ahead`, `50,028 s behind`, of an offset host minus sensor in microseconds.
pub(crate) fn offset(micros: i64) -> String {
    let side = if micros >= 0 { "ahead" } else { "behind" };
    let size = micros.unsigned_abs() as f64 / SECOND as f64;
    if size >= 1_000.0 { format!("{} s {side}", whole(size.round())) } else { format!("{size:.1} s {side}") }
}

/// A whole number as a float, with separators.
fn whole(value: f64) -> String {
    in_groups(&format!("{value:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(bytes(1_900_000_000), "1.9 GB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(999_600), "1.0 MB");
        assert_eq!(ratio(1_908, 12), "159:1");
        assert_eq!(ratio(1, 250), "1:250");
        assert_eq!(ratio(4, 10), "0.4:1");
        assert_eq!(ratio(5, 0), "all sent");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(memory(432_013_312), "412 MiB");
        assert_eq!(offset(75_200_000), "75.2 s ahead");
        assert_eq!(offset(-50_027_900_000), "50,028 s behind");
    }

    #[test]
    fn shares_are_honest_at_the_ends() {
        assert_eq!(share(0, 0), "-");
        assert_eq!(share(69, 100), "69 %");
        assert_eq!(share(996, 1_000), "99.6 %");
        assert_eq!(share(99_999, 100_000), ">99.9 %");
        assert_eq!(share(1, 1_000_000), "<0.1 %");
        assert_eq!(share(7, 7), "100 %");
    }

    #[test]
    fn times() {
        let at = |text: &str| Micros::parse_iso(text).unwrap();
        assert_eq!(
            span(at("2026-03-05T19:02:00Z"), at("2026-03-05T22:12:59Z")),
            "2026-03-05 19:02 to 22:12 UTC"
        );
        assert_eq!(
            span(at("2026-03-05T19:02:00Z"), at("2026-03-06T01:00:00Z")),
            "2026-03-05 19:02 to 2026-03-06 01:00 UTC"
        );
        assert_eq!(span(at("2026-03-05T19:02:00Z"), at("2026-03-05T19:02:09Z")), "2026-03-05 19:02 UTC");
        assert_eq!(duration(11_400 * SECOND), "3 h 10 min");
        assert_eq!(duration(-5), "0 s");
        assert_eq!(duration(187_200 * SECOND), "2 d 4 h");
    }
}
