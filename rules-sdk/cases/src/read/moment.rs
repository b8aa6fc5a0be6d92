//! Moments of a story: told as such, or as so long before or after the moment at which one looks.
//!
//! `2026-03-31T00:00:00Z` is a moment; `-28d`, `-3h` and `+90d` are spans from the story's own.

use toml::value::{Datetime, Offset};

/// Milliseconds of a second.
const SECOND_MS: i64 = 1_000;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400 * SECOND_MS;

/// How moments are written, for messages.
pub(super) const MOMENT: &str = "a moment such as \"2026-03-31T00:00:00Z\"";

/// Milliseconds since 1970 of a text that is a whole moment: date, time and zone.
pub(super) fn absolute(text: &str) -> Option<i64> {
    of_datetime(&text.trim().parse().ok()?)
}

/// Milliseconds since 1970 of a moment that has a date, a time and a zone.
pub(super) fn of_datetime(moment: &Datetime) -> Option<i64> {
    let (date, time) = (moment.date?, moment.time?);
    let minutes = match moment.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days(
        i64::from(date.year),
        i64::from(date.month),
        i64::from(date.day),
    );
    let of_day = i64::from(time.hour) * 3_600
        + i64::from(time.minute) * 60
        + i64::from(time.second.unwrap_or(0));
    let milliseconds = i64::from(time.nanosecond.unwrap_or(0) / 1_000_000);
    Some(days * DAY_MS + (of_day - minutes * 60) * SECOND_MS + milliseconds)
}

/// Days since 1970 of a day of the Gregorian calendar. Years are counted from March, so that the
/// day that only some years have is the last of its year.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // Months from March on have 31, 30, 31, 30, 31 days, and so on again.
    let before = (153 * month + 2) / 5;
    // 1 March of the year 0 lies 719,468 days before 1970.
    365 * year + leaps + before + day - 1 - 719_468
}

/// Milliseconds of a signed span such as `-28d`; `None` where the text is none.
pub(super) fn relative(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    Some(sign * span(rest)?)
}

/// Milliseconds of a span such as `1d` or `2.5h`.
pub(super) fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let unit_ms = match unit {
        's' => SECOND_MS,
        'm' => 60 * SECOND_MS,
        'h' => 3_600 * SECOND_MS,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    let plain = digits.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "units are small, and what is too long is cut at the ends of the calendar"
    )]
    let milliseconds = (number * unit_ms as f64).round_ties_even().min(1e15) as i64;
    Some(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::{absolute, relative};

    #[test]
    fn moments_are_counted_from_1970() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-03-31T00:00:00Z", Some(1_774_915_200_000)),
            ("2024-02-29T23:59:59.250Z", Some(1_709_251_199_250)),
            ("2026-03-31T02:00:00+02:00", Some(1_774_915_200_000)),
            ("1969-12-31T23:00:00-01:00", Some(0)),
            ("2000-03-01T00:00:00Z", Some(951_868_800_000)),
            ("2026-03-31", None),
            ("2026-03-31T00:00:00", None),
            ("2026-02-30T00:00:00Z", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(absolute(text), expected, "{text}");
        }
    }

    #[test]
    fn spans_have_a_sign_and_a_unit() {
        let cases = [
            ("-28d", Some(-28 * 86_400_000)),
            ("+1.5h", Some(5_400_000)),
            ("-10s", Some(-10_000)),
            ("-30m", Some(-1_800_000)),
            ("+2w", Some(14 * 86_400_000)),
            ("28d", None),
            ("-28", None),
            ("-1e9d", None),
            ("- d", None),
            ("-99999999999999999999d", Some(-1_000_000_000_000_000)),
        ];
        for (text, expected) in cases {
            assert_eq!(relative(text), expected, "{text}");
        }
    }
}
