//! Moments, days and languages as a person asks for them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::none_of;
use crate::language::Language;
use crate::model::Time;

/// A moment, or a day of the tenant's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Day {
    Moment(Time),
    Whole(Date),
}

/// A stretch of time, both ends in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) since: Time,
    pub(super) until: Time,
}

/// A moment or a day as the command line takes it.
pub(super) fn day(text: &str) -> Result<Day, String> {
    let moment = Time::parse_rfc3339(text).map(Day::Moment);
    moment
        .or_else(|| text.parse().ok().map(Day::Whole))
        .ok_or_else(|| {
            format!("expected a moment such as 2026-03-03T10:00:00Z or a day, found {text}")
        })
}

/// A language that Puls speaks.
pub(super) fn language(code: &str) -> Result<Language, String> {
    let known = Language::ALL.map(Language::code);
    Language::parse(code).ok_or_else(|| none_of("a language", code, &known))
}

impl Day {
    /// The moment, or the first of the day in `zone`.
    pub(super) fn start(self, zone: &str) -> anyhow::Result<Time> {
        match self {
            Self::Moment(time) => Ok(time),
            Self::Whole(date) => {
                let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
                Ok(Time(date.to_zoned(zone)?.timestamp().as_millisecond()))
            }
        }
    }

    /// The moment, or the last of the day in `zone`.
    pub(super) fn end(self, zone: &str) -> anyhow::Result<Time> {
        match self {
            Self::Moment(time) => Ok(time),
            Self::Whole(date) => Ok(Self::Whole(date.tomorrow()?).start(zone)?.minus_ms(1)),
        }
    }
}

impl Span {
    /// From `since` to `until`, from the beginning and to the end where nothing is said.
    pub(super) fn new(since: Option<Day>, until: Option<Day>, zone: &str) -> anyhow::Result<Self> {
        let since = since.map(|day| day.start(zone)).transpose()?;
        let until = until.map(|day| day.end(zone)).transpose()?;
        let (since, until) = (since.unwrap_or(Time::MIN), until.unwrap_or(Time::MAX));
        anyhow::ensure!(
            since <= until,
            "expected --since at or before --until, found {since} and {until}"
        );
        Ok(Self { since, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_tenants_and_ends_before_its_midnight() {
        let time = |text: &str| Time::parse_rfc3339(text).unwrap();
        let asked = day("2026-03-29").unwrap();
        // The clocks go forward that night in Stockholm.
        assert_eq!(
            asked.start("Europe/Stockholm").unwrap(),
            time("2026-03-28T23:00:00Z")
        );
        assert_eq!(
            asked.end("Europe/Stockholm").unwrap(),
            time("2026-03-29T21:59:59.999Z")
        );
        let moment = day("2026-03-29T10:00:00+02:00").unwrap();
        assert_eq!(
            moment.end("Asia/Tokyo").unwrap(),
            time("2026-03-29T08:00:00Z")
        );
        let wrong = day("3 March").unwrap_err();
        assert!(
            wrong.contains("2026-03-03T10:00:00Z or a day, found 3 March"),
            "{wrong}"
        );
        let span = Span::new(Some(asked), Some(day("2026-03-28").unwrap()), "UTC");
        assert!(
            span.unwrap_err()
                .to_string()
                .contains("--since at or before --until")
        );
        let wrong = language("se").unwrap_err();
        let expected = "expected a language (`en`, `sv`), found `se`";
        assert!(wrong.starts_with(expected), "{wrong}");
    }
}
