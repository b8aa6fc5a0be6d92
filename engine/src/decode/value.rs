//! One value as it was found: what it can be read as, and how a sentence shows it.
//!
//! Null and the empty text are absent, everywhere. Numbers may be texts that are decimal numbers,
//! for CSV has nothing else and real feeds mix both.

use std::borrow::Cow;

use super::Fault;
use crate::model::{Fixed, Reason, Text, Time};

/// Characters of a found value that a sentence shows.
const SHOWN_CHARS_MAX: usize = 60;
/// Digits from which a text of digits is epoch milliseconds; fewer are a year or a date.
const EPOCH_DIGITS_MIN: usize = 10;

/// A value as it was found in a record.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) enum Value<'a> {
    /// Not there, null, or an empty text.
    #[default]
    Absent,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`: an id.
    Unsigned(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A number that a mapping computed.
    Fixed(Fixed),
    /// Text, not empty.
    Text(Text<'a>),
    /// An object or a list where neither can be used.
    Nested,
}

/// Why a value is no number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotANumber {
    /// It is something else.
    Other,
    /// It is one, but larger than fixed-point numbers reach.
    TooLarge,
}

impl<'a> Value<'a> {
    /// A text; the empty one is absent.
    pub(super) fn text(text: impl Into<Text<'a>>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Absent
        } else {
            Self::Text(text)
        }
    }

    /// Whether nothing is there.
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// As a number.
    pub(super) fn number(&self) -> Result<Fixed, NotANumber> {
        match self {
            Self::Int(value) => Fixed::from_int(*value).ok_or(NotANumber::TooLarge),
            Self::Unsigned(_) => Err(NotANumber::TooLarge),
            Self::Float(value) => Fixed::from_f64(*value).ok_or(NotANumber::TooLarge),
            Self::Fixed(value) => Ok(*value),
            Self::Text(text) => decimal(text),
            Self::Absent | Self::Bool(_) | Self::Nested => Err(NotANumber::Other),
        }
    }

    /// As yes or no: a bool, `true` or `false` in any case, 1 or 0.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Int(0) => Some(false),
            Self::Int(1) => Some(true),
            Self::Text(text) => match text.trim_ascii() {
                "1" => Some(true),
                "0" => Some(false),
                word if word.eq_ignore_ascii_case("true") => Some(true),
                word if word.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// As text: a text, or a whole number as it is written (ids often are numbers).
    pub(super) fn into_text(self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(value) => Some(Cow::Owned(value.to_string())),
            Self::Unsigned(value) => Some(Cow::Owned(value.to_string())),
            _ => None,
        }
    }

    /// As a moment: RFC 3339, or epoch milliseconds as a number or as a text of ten digits or more.
    pub(super) fn moment(&self) -> Option<Time> {
        match self {
            Self::Int(ms) => in_calendar(*ms),
            Self::Float(value) => whole(*value).and_then(in_calendar),
            Self::Text(text) => moment_of(text.trim_ascii()),
            _ => None,
        }
    }

    /// As a sentence shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Absent => "nothing".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Unsigned(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Fixed(value) => value.to_string(),
            Self::Text(text) => format!("\"{}\"", clipped(text)),
            Self::Nested => "an object or a list".into(),
        }
    }

    /// The fault that this value is not what `field` asks for.
    pub(super) fn fault(&self, reason: Reason, field: &str, expected: &str) -> Fault {
        Fault {
            reason,
            detail: format!("`{field}`: expected {expected}, found {}", self.shown()),
        }
    }
}

/// A text as a sentence shows it.
fn clipped(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or(text))),
        None => Cow::Borrowed(text),
    }
}

/// A decimal number, exact to the millionth (further digits round half away from zero). One with
/// an exponent goes through the nearest `f64`.
pub(super) fn decimal(text: &str) -> Result<Fixed, NotANumber> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let of_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !of_digits(whole) || !of_digits(fraction) || whole.len() + fraction.len() == 0 {
        return with_exponent(text);
    }
    let whole = match whole.trim_start_matches('0') {
        "" => 0,
        whole => whole.parse::<i64>().map_err(|_| NotANumber::TooLarge)?,
    };
    let millionths = whole
        .checked_mul(Fixed::SCALE)
        .and_then(|value| value.checked_add(millionths_of(fraction)))
        .ok_or(NotANumber::TooLarge)?;
    Ok(Fixed(if negative { -millionths } else { millionths }))
}

/// The millionths that the digits after the point are.
fn millionths_of(fraction: &str) -> i64 {
    let mut digits = fraction.bytes().map(|byte| i64::from(byte - b'0'));
    let kept = (0..6).fold(0, |sum, _| sum * 10 + digits.next().unwrap_or(0));
    kept + i64::from(digits.next().is_some_and(|digit| digit >= 5))
}

fn with_exponent(text: &str) -> Result<Fixed, NotANumber> {
    let of_a_number = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(of_a_number) {
        return Err(NotANumber::Other);
    }
    let value = text.parse::<f64>().map_err(|_| NotANumber::Other)?;
    Fixed::from_f64(value).ok_or(NotANumber::TooLarge)
}

/// A float that is a whole number; exporters that have no whole numbers write `1756000000000.0`.
fn whole(value: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.abs() > EXACT_MAX || value.fract().abs() > 0.0 || value.is_nan() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number of at most 2^53"
    )]
    Some(value as i64)
}

/// A moment that a calendar can show.
pub(super) fn in_calendar(ms: i64) -> Option<Time> {
    jiff::Timestamp::from_millisecond(ms).ok().map(|_| Time(ms))
}

fn moment_of(text: &str) -> Option<Time> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() >= EPOCH_DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().and_then(in_calendar);
    }
    Time::parse_rfc3339(text)
}

#[cfg(test)]
mod tests {
    use super::{NotANumber, Value, decimal};
    use crate::model::{Fixed, Time};

    #[test]
    fn decimals_are_exact() {
        let table: [(&str, Result<i64, NotANumber>); 17] = [
            ("0", Ok(0)),
            ("-0.0", Ok(0)),
            ("1", Ok(1_000_000)),
            ("+1.5", Ok(1_500_000)),
            (" 0.1 ", Ok(100_000)),
            (".25", Ok(250_000)),
            ("3.", Ok(3_000_000)),
            ("-0.0000005", Ok(-1)),
            ("0.00000049", Ok(0)),
            ("0009.999999", Ok(9_999_999)),
            ("9223372036854.775807", Ok(i64::MAX)),
            ("9223372036854.775808", Err(NotANumber::TooLarge)),
            ("99999999999999999999999", Err(NotANumber::TooLarge)),
            ("1e-3", Ok(1_000)),
            ("1,5", Err(NotANumber::Other)),
            ("NaN", Err(NotANumber::Other)),
            (".", Err(NotANumber::Other)),
        ];
        for (text, expected) in table {
            assert_eq!(decimal(text), expected.map(Fixed), "{text}");
        }
    }

    #[test]
    fn moments_are_rfc_3339_or_epoch_ms() {
        let at = Some(Time(1_756_000_000_000));
        let table = [
            (Value::Int(1_756_000_000_000), at),
            (Value::Float(1_756_000_000_000.0), at),
            (Value::text("1756000000000"), at),
            (Value::text("2025-08-24T01:46:40Z"), at),
            (Value::text("2025-08-24T03:46:40.000+02:00"), at),
            (Value::Float(0.5), None),
            (Value::Int(i64::MAX), None),
            (Value::text("2025"), None),
            (Value::text("20250824"), None),
            (Value::text("2025-08-24"), None),
            (Value::text("yesterday"), None),
            (Value::Bool(true), None),
        ];
        for (value, expected) in table {
            assert_eq!(value.moment(), expected, "{value:?}");
        }
    }
}
