//! Reference dates, weeks and dates of a tenant's zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::{DAY_MS, Time};

/// The calendar of one zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// The calendar of an IANA zone.
    ///
    /// # Errors
    /// Where there is no such zone.
    pub fn new(zone: &str) -> Result<Self, String> {
        let found = TimeZone::get(zone);
        let zone = found.map_err(|_| format!("expected an IANA time zone, found `{zone}`"))?;
        Ok(Self { zone })
    }

    /// The first moment of the first day of a month, later than `after`.
    #[must_use]
    pub fn reference_after(&self, after: Time) -> Time {
        let date = self.date(after);
        let next = date.first_of_month().checked_add(1.month());
        next.map_or(Time::MAX, |next| self.start_of(next))
    }

    /// The first moment of the Monday that begins the week in which `at` lies.
    #[must_use]
    pub fn week_of(&self, at: Time) -> Time {
        let date = self.date(at);
        let back = date.weekday().to_monday_zero_offset();
        let monday = date.checked_sub(i64::from(back).days());
        monday.map_or(Time::MIN, |monday| self.start_of(monday))
    }

    /// The first moment of the week after the one that begins at `week`.
    #[must_use]
    pub fn week_after(&self, week: Time) -> Time {
        // The middle of the next week: clocks that change do not matter there.
        self.week_of(week.plus_ms(10 * DAY_MS))
    }

    /// The local date of a moment.
    #[must_use]
    pub fn date(&self, at: Time) -> Date {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp.to_zoned(self.zone.clone()).date()
    }

    /// The first moment of a local date.
    #[must_use]
    pub fn start_of(&self, date: Date) -> Time {
        let start = date.to_zoned(self.zone.clone());
        start.map_or(Time::MAX, |start| Time(start.timestamp().as_millisecond()))
    }

    /// A moment from a text: RFC 3339, or a date, which is its local midnight.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Time> {
        let date = || text.parse::<Date>().ok().map(|date| self.start_of(date));
        Time::parse_rfc3339(text).or_else(date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_weeks_begin_at_local_midnight() {
        let time = |text: &str| Time::parse_rfc3339(text).unwrap();
        let oslo = Calendar::new("Europe/Oslo").unwrap();
        let cases = [
            ("2024-03-15T12:00:00Z", "2024-03-31T22:00:00Z"),
            ("2024-01-31T22:59:59Z", "2024-01-31T23:00:00Z"),
            // The first moment itself is not after itself.
            ("2024-01-31T23:00:00Z", "2024-02-29T23:00:00Z"),
            ("2024-12-05T00:00:00Z", "2024-12-31T23:00:00Z"),
        ];
        for (at, expected) in cases {
            assert_eq!(oslo.reference_after(time(at)), time(expected), "{at}");
        }
        let monday = oslo.week_of(time("2024-03-31T12:00:00Z"));
        assert_eq!(monday, time("2024-03-24T23:00:00Z"));
        assert_eq!(oslo.week_after(monday), time("2024-03-31T22:00:00Z"));
        assert_eq!(oslo.parse("2024-07-01"), Some(time("2024-06-30T22:00:00Z")));
        assert_eq!(oslo.parse("1 July"), None);
        assert!(Calendar::new("Mars/Olympus").is_err());
    }
}
