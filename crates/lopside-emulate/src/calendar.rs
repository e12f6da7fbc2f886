//! The days of a fleet: when it starts, its time zone, weekends and holidays, and how times are written.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::chance::Chance;

/// Microseconds of a second, an hour and a day.
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The days of a fleet. Times are microseconds since 1970 in UTC.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    first: Date,
    /// Midnight UTC of the first day.
    pub(crate) start: i64,
    pub(crate) days: u32,
    /// Local time minus UTC in hours.
    pub(crate) zone: i64,
    holiday: Option<i64>,
}

impl Calendar {
    /// Draws the first day, the zone and perhaps a holiday.
    pub(crate) fn draw(seed: u64, days: u32) -> Self {
        let mut chance = Chance::of(seed, "calendar", 0, 0);
        let first = date(2026, 1, 5).saturating_add(jiff::Span::new().days(chance.range(0, 270)));
        let start = jiff::tz::Offset::UTC
            .to_timestamp(first.at(0, 0, 0, 0))
            .map_or(0, |midnight| midnight.as_second() * SECOND);
        let zone = chance.one(&[-8, -6, -5, 0, 1, 1, 2, 2, 3]);
        let holiday = (days >= 5 && chance.happens(0.5)).then(|| chance.below(days as usize) as i64);
        Self { first, start, days, zone, holiday }
    }

    /// Midnight UTC of a day, counted from 0.
    pub(crate) fn midnight(&self, day: i64) -> i64 {
        self.start + day * DAY
    }

    /// The end of the last day.
    pub(crate) fn end(&self) -> i64 {
        self.midnight(self.days.into())
    }

    /// Whether most people have the day off.
    pub(crate) fn is_free(&self, day: i64) -> bool {
        self.holiday == Some(day) || self.date(day).weekday().to_monday_zero_offset() >= 5
    }

    /// The day as a date.
    pub(crate) fn date(&self, day: i64) -> Date {
        self.first.saturating_add(jiff::Span::new().days(day))
    }

    /// A local hour of a day as a time.
    pub(crate) fn local(&self, day: i64, hour: f64) -> i64 {
        self.midnight(day) + ((hour - self.zone as f64) * HOUR as f64) as i64
    }
}

/// A time in its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    year: i16,
    month: i8,
    day: i8,
    hour: i64,
    minute: i64,
    second: i64,
    micro: i64,
}

impl Stamp {
    /// The parts of microseconds since 1970.
    pub(crate) fn of(time: i64) -> Self {
        let date = Timestamp::from_second(time.div_euclid(SECOND))
            .map_or(date(1970, 1, 1), |at| jiff::tz::Offset::UTC.to_datetime(at).date());
        let rest = time.rem_euclid(DAY);
        Self {
            year: date.year(),
            month: date.month(),
            day: date.day(),
            hour: rest / HOUR,
            minute: rest / MINUTE % 60,
            second: rest / SECOND % 60,
            micro: rest % SECOND,
        }
    }

    /// `2026-03-11 09:14:02.118`, as Sysmon writes `UtcTime`.
    pub(crate) fn sysmon(self) -> String {
        format!("{} {}.{:03}", self.ymd(), self.hms(), self.micro / 1000)
    }

    /// `2026-03-11 09:14:02`.
    pub(crate) fn plain(self) -> String {
        format!("{} {}", self.ymd(), self.hms())
    }

    /// `2026-03-11T09:14:02.118034Z`.
    pub(crate) fn rfc3339(self) -> String {
        format!("{}T{}.{:06}Z", self.ymd(), self.hms(), self.micro)
    }

    /// `2026-03-11T09:14:02.118Z`.
    pub(crate) fn millis(self) -> String {
        format!("{}T{}.{:03}Z", self.ymd(), self.hms(), self.micro / 1000)
    }

    /// `2026-03-11T09:14:02.1180341Z`, with the digit below the microsecond that Windows has.
    pub(crate) fn filetime(self, tenth: u8) -> String {
        format!("{}T{}.{:06}{tenth}Z", self.ymd(), self.hms(), self.micro)
    }

    /// `2026-03-11-09-14-02`, as Zeek writes `#open`.
    pub(crate) fn dashed(self) -> String {
        format!("{}-{:02}-{:02}-{:02}", self.ymd(), self.hour, self.minute, self.second)
    }

    fn ymd(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn hms(self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps() {
        let stamp = Stamp::of(1_773_220_442_118_034);
        assert_eq!(stamp.sysmon(), "2026-03-11 09:14:02.118");
        assert_eq!(stamp.filetime(7), "2026-03-11T09:14:02.1180347Z");
    }

    #[test]
    fn days_start_at_midnight() {
        let calendar = Calendar::draw(3, 7);
        assert_eq!(calendar.midnight(2) % DAY, 0);
        assert!(Stamp::of(calendar.midnight(2)).rfc3339().starts_with(&calendar.date(2).to_string()));
    }
}
