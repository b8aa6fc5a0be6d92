//! A mapped time: found in one form and zone, moved by spans that stand in other fields.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::Unit;
use crate::decode::Fault;
use crate::decode::slots::number_of;
use crate::decode::value::{Value, in_calendar};
use crate::model::{DAY_MS, Fixed, HOUR_MS, MINUTE_MS, Reason, SECOND_MS, Time};

/// The form of a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TimeForm {
    /// RFC 3339, a local date and time, a date, or epoch milliseconds.
    Any,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMs,
    /// Directives of `strptime`.
    Pattern(String),
}

/// What a time is moved by.
#[derive(Clone, Debug)]
pub(super) struct Span {
    /// How a sentence calls it.
    pub(super) name: String,
    /// How much.
    pub(super) amount: Amount,
    /// Of what.
    pub(super) unit: Unit,
    /// Whether it is taken instead of added.
    pub(super) minus: bool,
}

/// How much a time is moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    /// Always the same.
    Constant(Fixed),
    /// What stands at this place.
    Place {
        /// Which.
        place: usize,
        /// Whether the time is not moved where nothing stands there.
        optional: bool,
    },
}

/// How a time is found.
#[derive(Clone, Debug)]
pub(super) struct TimePlan {
    /// Its form.
    pub(super) form: TimeForm,
    /// Zone of a time without an offset.
    pub(super) zone: TimeZone,
    /// What it is moved by.
    pub(super) spans: Vec<Span>,
}

impl Unit {
    /// Milliseconds of one.
    pub(super) const fn ms(self) -> i64 {
        match self {
            Self::Ms => 1,
            Self::Seconds => SECOND_MS,
            Self::Minutes => MINUTE_MS,
            Self::Hours => HOUR_MS,
            Self::Days => DAY_MS,
        }
    }
}

impl TimePlan {
    /// The moment that `found` says; `None` where it is in another form.
    pub(super) fn read(&self, found: &Value<'_>) -> Option<Time> {
        match &self.form {
            TimeForm::Any => found.moment().or_else(|| self.local(found)),
            TimeForm::EpochMs => from_millionths(found.number().ok()?, 1),
            TimeForm::EpochSeconds => from_millionths(found.number().ok()?, SECOND_MS),
            TimeForm::Pattern(pattern) => {
                let text = found.clone().into_text()?;
                let parsed = BrokenDownTime::parse(pattern, text.trim_ascii()).ok()?;
                if parsed.offset().is_some() {
                    let timestamp = parsed.to_timestamp().ok()?;
                    return Some(Time(timestamp.as_millisecond()));
                }
                let date = parsed.to_date().ok()?;
                let time = parsed.to_time().unwrap_or_default();
                self.in_zone(date.to_datetime(time))
            }
        }
    }

    /// A date and time without an offset, or a date: its local midnight.
    fn local(&self, found: &Value<'_>) -> Option<Time> {
        match found {
            Value::Text(text) => self.in_zone(text.trim_ascii().parse().ok()?),
            _ => None,
        }
    }

    fn in_zone(&self, datetime: DateTime) -> Option<Time> {
        let timestamp = self.zone.to_timestamp(datetime).ok()?;
        Some(Time(timestamp.as_millisecond()))
    }

    /// Moves `time` by the spans.
    pub(super) fn moved(&self, time: Time, values: &[Value<'_>]) -> Result<Time, Fault> {
        let mut ms = i128::from(time.0);
        for span in &self.spans {
            ms += span.ms(values)?;
        }
        let moved = i64::try_from(ms).ok().and_then(in_calendar);
        moved.ok_or_else(|| Fault {
            reason: Reason::BadTime,
            detail: format!("expected a time in the calendar, found {ms} ms after 1970"),
        })
    }
}

impl Span {
    fn ms(&self, values: &[Value<'_>]) -> Result<i128, Fault> {
        let amount = match self.amount {
            Amount::Constant(amount) => amount,
            Amount::Place { place, optional } => match values.get(place) {
                Some(value) if !value.is_absent() => number_of(value, &self.name)?,
                _ if optional => return Ok(0),
                _ => {
                    return Err(Fault {
                        reason: Reason::MissingField,
                        detail: format!("`{}`: the time is moved by it, found nothing", self.name),
                    });
                }
            },
        };
        let ms = divided(
            i128::from(amount.0) * i128::from(self.unit.ms()),
            i128::from(Fixed::SCALE),
        );
        Ok(if self.minus { -ms } else { ms })
    }
}

fn from_millionths(amount: Fixed, unit_ms: i64) -> Option<Time> {
    let ms = divided(
        i128::from(amount.0) * i128::from(unit_ms),
        i128::from(Fixed::SCALE),
    );
    i64::try_from(ms).ok().and_then(in_calendar)
}

/// A quotient rounded half away from zero.
pub(super) const fn divided(dividend: i128, divisor: i128) -> i128 {
    let half = if dividend < 0 {
        -divisor / 2
    } else {
        divisor / 2
    };
    (dividend + half) / divisor
}
