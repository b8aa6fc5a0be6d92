//! What people judge: each success factor as last assessed, and the override of the score.

use crate::limits::{FACTORS_MAX, KEPT_REASON_BYTES_MAX, KEPT_TEXT_BYTES_MAX};
use crate::model::{Assessment, CodecError, Fixed, Reader, Time, Writer, hash64};

use super::bounded::{Entities, Entity};
use super::latest::{Latest, Stamp};
use super::profile::kept;
use super::reading::{Missing, Reading, days_since, rounded};

/// Ten-thousandths of a point in the greatest score.
const SCORE_MAX: i64 = 1_000_000;

/// A score that a person set in place of the computed one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// Ten-thousandths of a point, 0 to 1,000,000.
    pub value: i64,
    /// Who set it; empty if nobody is named.
    pub by: String,
    /// Why.
    pub reason: String,
    /// From when on it holds no longer.
    pub expires: Time,
}

/// A judgement of one factor; without a value it was withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Judgement {
    value: Option<Fixed>,
    expires: Option<Time>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Factor(Latest<Judgement>);

impl Entity for Factor {
    fn newest(&self) -> Time {
        self.0.at().unwrap_or(Time::MIN)
    }
}

/// The assessments of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Assessments {
    factors: Entities<Factor>,
    over: Latest<Option<Box<Override>>>,
}

impl Assessments {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &Assessment<'_>) {
        if event.factor == "override" {
            let value = event
                .value
                .and_then(|value| scaled(value, event.scale, SCORE_MAX));
            let over = value.zip(event.expires).map(|(value, expires)| {
                let text = |text: Option<&_>, max| {
                    kept(text.map_or("", |text: &crate::model::Text<'_>| text), max)
                };
                Box::new(Override {
                    value: value.clamp(0, SCORE_MAX),
                    by: text(event.by.as_ref(), KEPT_TEXT_BYTES_MAX).into(),
                    reason: text(event.reason.as_ref(), KEPT_REASON_BYTES_MAX).into(),
                    expires,
                })
            });
            self.over.state(stamp, over);
            return;
        }
        let hundred = 100 * Fixed::SCALE;
        let value = event
            .value
            .and_then(|value| scaled(value, event.scale, hundred));
        let judgement = Judgement {
            value: value.map(Fixed),
            expires: event.expires,
        };
        let hash = hash64(event.factor.as_bytes());
        let (factor, _) = self.factors.entry(hash, stamp.at, FACTORS_MAX);
        if let Some(Factor(factor)) = factor {
            factor.state(stamp, judgement);
        }
    }

    /// The override that is in force.
    pub(crate) fn override_at(&self, now: Time) -> Option<&Override> {
        let over = self.over.get()?.as_deref()?;
        (now < over.expires).then_some(over)
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.factors.is_capped(now)
    }

    /// The factor's value, 0 to 100.
    pub(crate) fn value(&self, factor: u64, now: Time) -> Reading {
        let (value, _) = self.judgement(factor, now)?;
        Ok(value.to_f64())
    }

    pub(crate) fn age_days(&self, factor: u64, now: Time) -> Reading {
        let (_, at) = self.judgement(factor, now)?;
        Ok(days_since(at, now))
    }

    /// When the factor was last assessed, if that still holds.
    pub(crate) fn assessed_at(&self, factor: u64, now: Time) -> Option<Time> {
        self.judgement(factor, now).ok().map(|(_, at)| at)
    }

    fn judgement(&self, factor: u64, now: Time) -> Result<(Fixed, Time), Missing> {
        let Factor(latest) = self.factors.get(factor).ok_or(Missing::NoData)?;
        let stated = latest.get().zip(latest.at());
        let (judgement, at) = stated.ok_or(Missing::NoData)?;
        let holds = judgement.expires.is_none_or(|expires| now < expires);
        let value = judgement.value.filter(|_| holds).ok_or(Missing::Expired)?;
        Ok((value, at))
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.factors.write(writer, |writer, Factor(latest)| {
            latest.write(writer, |writer, judgement| {
                writer.option(judgement.value, |writer, value| writer.i64(value.0));
                writer.option(judgement.expires, |writer, at| writer.i64(at.0));
            });
        });
        self.over.write(writer, |writer, over| {
            writer.option(over.as_deref(), |writer, over| {
                writer.i64(over.value);
                writer.text(&over.by);
                writer.text(&over.reason);
                writer.i64(over.expires.0);
            });
        });
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let factors = Entities::read(reader, FACTORS_MAX, |reader| {
            let judgement = |reader: &mut Reader<'_>| {
                Ok(Judgement {
                    value: reader.option(|reader| Ok(Fixed(reader.i64()?)))?,
                    expires: reader.option(|reader| Ok(Time(reader.i64()?)))?,
                })
            };
            Latest::read(reader, judgement).map(Factor)
        })?;
        let over = |reader: &mut Reader<'_>| {
            Ok(Box::new(Override {
                value: reader.i64()?,
                by: reader.text()?.into(),
                reason: reader.text()?.into(),
                expires: Time(reader.i64()?),
            }))
        };
        Ok(Self {
            factors,
            over: Latest::read(reader, |reader| reader.option(over))?,
        })
    }
}

/// The value on a scale that ends at `greatest`; none where its own scale is not positive.
fn scaled(value: Fixed, scale: Fixed, greatest: i64) -> Option<i64> {
    if scale.0 <= 0 {
        return None;
    }
    let scaled = rounded(i128::from(value.0) * i128::from(greatest), scale.0.into());
    i64::try_from(scaled).ok()
}
