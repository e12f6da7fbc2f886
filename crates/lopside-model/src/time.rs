//! Times: microseconds since 1970-01-01 UTC, and the few notations in which telemetry writes them.

use std::fmt;

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600 * SECOND;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// Years that a record may plausibly carry: 1601 (the FILETIME epoch) to 9999.
const YEARS: std::ops::RangeInclusive<i64> = 1601..=9999;

impl Micros {
    /// Days since 1970-01-01 UTC.
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(DAY)).unwrap_or(i32::MAX)
    }

    /// Hour of the UTC day, 0 to 23.
    pub fn hour(self) -> u8 {
        u8::try_from(self.0.rem_euclid(DAY) / HOUR).unwrap_or(0)
    }

    /// The start of the UTC day with this number.
    pub fn of_day(day: i32) -> Micros {
        Micros(i64::from(day) * DAY)
    }

    /// This moment moved by `micros`, saturating.
    #[must_use]
    pub fn plus(self, micros: i64) -> Micros {
        Micros(self.0.saturating_add(micros))
    }

    /// `self - other` in microseconds, saturating.
    pub fn since(self, other: Micros) -> i64 {
        self.0.saturating_sub(other.0)
    }

    /// Reads `YYYY-MM-DD`, a `T` or space, `HH:MM:SS`, an optional fraction, and an optional `Z` or `±HH[:]MM`.
    /// Without a zone the time is taken as UTC. `None` for anything else, or a year outside 1601 to 9999.
    pub fn parse_iso(text: &str) -> Option<Micros> {
        let bytes = text.as_bytes();
        if let Some(usual) = usual_iso(bytes) {
            return Some(usual);
        }
        let number = |from: usize, len: usize| digits(bytes.get(from..from + len)?);
        let separators = bytes.get(4) == Some(&b'-')
            && bytes.get(7) == Some(&b'-')
            && matches!(bytes.get(10), Some(b'T' | b't' | b' '))
            && bytes.get(13) == Some(&b':')
            && bytes.get(16) == Some(&b':');
        if !separators {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
        if !YEARS.contains(&year) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let days = days_from_civil(year, month, day)?;
        let (fraction, rest) = fraction(bytes.get(19..)?)?;
        let zone = zone(rest)?;
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - zone;
        Some(Micros(seconds * SECOND + fraction))
    }

    /// Reads seconds since 1970 in decimal notation (`1773220442.091862`) without going through a float.
    /// A value above 10¹¹ is taken as milliseconds, above 10¹⁴ as microseconds.
    pub fn parse_epoch(text: &str) -> Option<Micros> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || whole.len() > 18 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let value = digits(whole.as_bytes())?;
        let micros = if value > 100_000_000_000_000 {
            value
        } else {
            let scale = if value > 100_000_000_000 { 1_000 } else { SECOND };
            let mut fraction = 0;
            let mut unit = scale / 10;
            for digit in rest.bytes() {
                fraction += i64::from(digit - b'0') * unit;
                unit /= 10;
            }
            value.checked_mul(scale)?.checked_add(fraction)?
        };
        let moment = Micros(if negative { -micros } else { micros });
        moment.plausible().then_some(moment)
    }

    /// Reads a Windows FILETIME: 100 ns since 1601-01-01.
    pub fn from_filetime(ticks: i64) -> Option<Micros> {
        let moment = Micros((ticks / 10).checked_sub(11_644_473_600 * SECOND)?);
        moment.plausible().then_some(moment)
    }

    /// Whether the moment lies in the years 1601 to 9999.
    pub fn plausible(self) -> bool {
        (-11_644_473_600 * SECOND..=253_402_300_799 * SECOND + 999_999).contains(&self.0)
    }
}

/// RFC 3339 in UTC with microseconds (trailing zeros of the fraction dropped in groups of three).
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let rest = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (rest / HOUR, rest / (60 * SECOND) % 60, rest / SECOND % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match rest % SECOND {
            0 => {}
            fraction if fraction % 1_000 == 0 => write!(f, ".{:03}", fraction / 1_000)?,
            fraction => write!(f, ".{fraction:06}")?,
        }
        f.write_str("Z")
    }
}

impl serde::Serialize for Micros {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Micros {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Micros);
        }
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Micros::parse_iso(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

fn digits(bytes: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(value)
}

/// `YYYY-MM-DDTHH:MM:SS.mmm`, with a space in the place of the `T` or with a `Z`: what Windows and its shippers write.
fn usual_iso(bytes: &[u8]) -> Option<Micros> {
    let (text, zone) = bytes.split_first_chunk::<23>()?;
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T' | b' ',
        h0,
        h1,
        b':',
        i0,
        i1,
        b':',
        s0,
        s1,
        b'.',
        f0,
        f1,
        f2,
    ] = *text
    else {
        return None;
    };
    if !matches!(zone, [] | [b'Z']) {
        return None;
    }
    let mut largest = 0;
    let mut number = |digits: [u8; 2]| {
        let [tens, units] = digits.map(|digit| digit.wrapping_sub(b'0'));
        largest = largest.max(tens).max(units);
        i64::from(tens) * 10 + i64::from(units)
    };
    let year = number([y0, y1]) * 100 + number([y2, y3]);
    let (month, day) = (number([m0, m1]), number([d0, d1]));
    let (hour, minute, second) = (number([h0, h1]), number([i0, i1]), number([s0, s1]));
    let millis = number([f0, f1]) * 10 + number([b'0', f2]);
    if largest > 9 || !YEARS.contains(&year) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_from_civil(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(Micros(seconds * SECOND + millis * 1_000))
}

/// The fraction after the seconds in microseconds (further digits cut), and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', rest)) = bytes.split_first() else { return Some((0, bytes)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let kept = count.min(6);
    let value = digits(rest.get(..kept)?)? * 10_i64.pow(6 - u32::try_from(kept).ok()?);
    Some((value, rest.get(count..)?))
}

/// Seconds east of UTC for `Z`, nothing, `+HH:MM`, `+HHMM` or `+HH`.
fn zone(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [] | [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = match rest.len() {
                2 => (digits(rest)?, 0),
                4 => (digits(rest.get(..2)?)?, digits(rest.get(2..)?)?),
                5 if rest.get(2) == Some(&b':') => (digits(rest.get(..2)?)?, digits(rest.get(3..)?)?),
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3_600 + minutes * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms"). `None` for a month or day that does not exist.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *LENGTHS.get(usize::try_from(month - 1).ok()?)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if day < 1 || day > length || (month == 2 && day == 29 && !leap) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_notations_agree() {
        let expected = Micros(1_773_220_442_118_034);
        for text in [
            "2026-03-11T09:14:02.118034Z",
            "2026-03-11 09:14:02.1180341",
            "2026-03-11T10:14:02.118034+01:00",
            "2026-03-11T10:14:02.118034+0100",
            "2026-03-11T04:14:02.118034-05",
        ] {
            assert_eq!(Micros::parse_iso(text), Some(expected), "{text}");
        }
        assert_eq!(expected.to_string(), "2026-03-11T09:14:02.118034Z");
    }

    #[test]
    fn the_usual_notation_is_read_as_any_other() {
        for text in [
            "2026-03-11T09:14:02.118Z",
            "2026-03-11 09:14:02.118",
            "1601-01-01 00:00:00.000",
            "9999-12-31T23:59:60.999",
        ] {
            let usual = usual_iso(text.as_bytes());
            assert!(usual.is_some());
            // One more digit makes it unusual.
            let other = format!("{}0", text.trim_end_matches('Z'));
            assert_eq!(Micros::parse_iso(&other), usual, "{text}");
        }
        for text in [
            "2026-03-11T09:14:02.11aZ",
            "2026-03-32T09:14:02.118Z",
            "2026-03-11T09:14:02.118z",
            "1600-03-11T09:14:02.118",
        ] {
            assert_eq!(usual_iso(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn nonsense_is_none() {
        for text in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-13-01 00:00:00",
            "1600-01-01T00:00:00Z",
            "2026-03-11T25:00:00Z",
            "2026-03-11T09:14:02.Z",
            "2026-03-11T09:14:02 PM",
        ] {
            assert_eq!(Micros::parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn epoch_keeps_every_microsecond() {
        assert_eq!(Micros::parse_epoch("1773220442.091862"), Some(Micros(1_773_220_442_091_862)));
        assert_eq!(Micros::parse_epoch("1773220442"), Some(Micros(1_773_220_442_000_000)));
        assert_eq!(Micros::parse_epoch("1773220442091"), Some(Micros(1_773_220_442_091_000)));
        assert_eq!(Micros::parse_epoch("1773220442091.5"), Some(Micros(1_773_220_442_091_500)));
        assert_eq!(Micros::parse_epoch("1e9"), None);
        assert_eq!(Micros::parse_epoch("99999999999999999999"), None);
    }

    #[test]
    fn filetime_of_the_reference() {
        let moment = Micros::from_filetime(133_370_937_691_236_740).unwrap();
        assert_eq!(moment.to_string(), "2023-08-21T12:16:09.123674Z");
    }

    #[test]
    fn every_day_of_four_centuries_survives_a_round_trip() {
        for day in -719_468..146_097 {
            let (y, m, d) = civil_from_days(day);
            if y >= 1 {
                assert_eq!(days_from_civil(y, m, d), Some(day));
            }
        }
    }
}
