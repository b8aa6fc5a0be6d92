//! Local days of a zone, without asking the zone on the way of an event.
//!
//! A day is numbered from 1970-01-01 and reaches from its first instant to the first instant of
//! the next. Days never run backwards: where clocks go back over midnight, the repeated hour
//! belongs to the new day. A day that a zone skipped is empty.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{DAY_MS, HOUR_MS, Time};

/// Number of a local day; kept as `u16`, which reaches to the year 2149.
pub(crate) type Day = u16;

/// Rules of zones are followed to 2100-01-01; later days have the last offset.
const TRANSITIONS_UNTIL_S: i64 = 4_102_444_800;

/// The local days of one zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Days {
    segments: Vec<Segment>,
    /// Per span of 2³⁴ ms (half a year), the segment in which it begins: looking up takes a step or
    /// two.
    begins: Vec<usize>,
}

/// Bits of a moment within one span of [`Days::begins`].
const SPAN_BITS: u32 = 34;

/// A span of time with one offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Segment {
    from: i64,
    offset: i64,
    /// The day that was reached before; days do not run backwards.
    day_min: i64,
}

impl Segment {
    fn day(&self, at: i64) -> i64 {
        let local = at.saturating_add(self.offset);
        local.div_euclid(DAY_MS).max(self.day_min)
    }
}

impl Days {
    /// The days of `zone`.
    pub(crate) fn new(zone: &TimeZone) -> Self {
        let start = Timestamp::UNIX_EPOCH;
        let offset_ms = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1_000;
        let mut last = Segment {
            from: i64::MIN,
            offset: offset_ms(zone.to_offset(start)),
            day_min: 0,
        };
        let mut segments = vec![last];
        let transitions = zone
            .following(start)
            .take_while(|t| t.timestamp().as_second() < TRANSITIONS_UNTIL_S);
        for transition in transitions {
            let from = transition.timestamp().as_millisecond();
            let offset = offset_ms(transition.offset());
            if offset != last.offset {
                let day_min = last.day(from - 1);
                last = Segment {
                    from,
                    offset,
                    day_min,
                };
                segments.push(last);
            }
        }
        let spans = 0..=(TRANSITIONS_UNTIL_S * 1_000) >> SPAN_BITS;
        let begin = |span: i64| {
            let after = segments.partition_point(|segment| segment.from <= span << SPAN_BITS);
            after.saturating_sub(1)
        };
        Self {
            begins: spans.map(begin).collect(),
            segments,
        }
    }

    fn index(&self, at: i64) -> usize {
        let span = usize::try_from(at >> SPAN_BITS).unwrap_or(0);
        let begin = self.begins.get(span).or(self.begins.last());
        let begin = if at < 0 {
            0
        } else {
            begin.copied().unwrap_or(0)
        };
        let later = self.segments.iter().skip(begin + 1);
        begin + later.take_while(|segment| segment.from <= at).count()
    }

    /// The day in which `at` lies.
    pub(crate) fn day_of(&self, at: Time) -> Day {
        let segment = self.segments.get(self.index(at.0));
        day(segment.map_or(0, |segment| segment.day(at.0)))
    }

    /// The first instant of `day`.
    pub(crate) fn start_of(&self, day: Day) -> Time {
        let midnight = i64::from(day) * DAY_MS;
        let first = self.index(midnight - DAY_MS);
        let later = self.segments.iter().skip(first);
        let ends = self.segments.iter().skip(first + 1).map(|next| next.from);
        let starts = later.map(|segment| segment.from.max(midnight - segment.offset));
        let start = starts
            .zip(ends.chain([i64::MAX]))
            .find(|(start, end)| start < end);
        Time(start.map_or(midnight, |(start, _)| start))
    }
}

/// A day within the range of days.
pub(crate) fn day(number: i64) -> Day {
    Day::try_from(number.max(0)).unwrap_or(Day::MAX)
}

/// The hour of UTC in which `at` lies, from 1970.
pub(crate) fn hour_of(at: Time) -> u32 {
    u32::try_from(at.0.div_euclid(HOUR_MS).max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::{Days, day};
    use crate::model::{DAY_MS, HOUR_MS, Time};

    const EPOCH_DAYS: fn(jiff::civil::Date) -> u16 = |date| {
        let midnight = date.to_zoned(TimeZone::UTC).unwrap();
        day(midnight.timestamp().as_millisecond() / DAY_MS)
    };

    /// Every day of twenty years begins where jiff says, in zones with odd habits.
    #[test]
    fn days_begin_where_the_zone_says() {
        for name in [
            "UTC",
            "Europe/Stockholm",
            "Asia/Kolkata",
            "America/Sao_Paulo",
            "America/Havana",
            "America/St_Johns",
            "Asia/Beirut",
            "Pacific/Apia",
            "Australia/Lord_Howe",
        ] {
            let zone = TimeZone::get(name).unwrap();
            let days = Days::new(&zone);
            let mut civil = date(2005, 1, 1);
            while civil < date(2031, 1, 1) {
                let number = EPOCH_DAYS(civil);
                let expected = civil.to_zoned(zone.clone()).unwrap().timestamp();
                // Apia skipped 2011-12-30: an empty day, which begins with the next.
                if civil == date(2011, 12, 30) && name == "Pacific/Apia" {
                    assert_eq!(days.start_of(number), days.start_of(number + 1));
                } else {
                    let start = days.start_of(number);
                    assert_eq!(start.0, expected.as_millisecond(), "{name} {civil}");
                    assert_eq!(days.day_of(start), number, "{name} {civil}");
                    assert!(days.day_of(start.minus_ms(1)) < number, "{name} {civil}");
                }
                civil = civil.tomorrow().unwrap();
            }
        }
    }

    #[test]
    fn days_of_stockholm_have_23_24_and_25_hours() {
        let days = Days::new(&TimeZone::get("Europe/Stockholm").unwrap());
        for (civil, hours) in [
            (date(2026, 3, 28), 24),
            (date(2026, 3, 29), 23),
            (date(2026, 10, 25), 25),
        ] {
            let number = EPOCH_DAYS(civil);
            let span = days.start_of(number + 1).since_ms(days.start_of(number));
            assert_eq!(span, hours * HOUR_MS, "{civil}");
        }
    }

    #[test]
    fn days_never_run_backwards_and_no_moment_panics() {
        let days = Days::new(&TimeZone::get("America/St_Johns").unwrap());
        let mut last = 0;
        // Its clocks used to go back at a minute past midnight; thirty seconds past is looked at.
        for half_hour in 0..1_100_000 {
            let today = days.day_of(Time(half_hour * HOUR_MS / 2 + 30_000));
            assert!(today >= last);
            last = today;
        }
        assert_eq!(days.day_of(Time::MIN), 0);
        assert_eq!(days.day_of(Time::MAX), u16::MAX);
        days.start_of(u16::MAX);
    }
}
