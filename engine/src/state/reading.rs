//! A feature's value, or why there is none; and the few divisions by which sums become values.

use crate::model::{DAY_MS, Time};

/// Why a feature has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// Nothing is known from which it could be computed.
    NoData,
    /// It was declared too recently for its window.
    NotEnoughHistory,
    /// Money in a currency without a rate.
    NoRate,
    /// What was said was withdrawn, or holds no longer.
    Expired,
    /// Too few accounts of the segment to compare with.
    NoPeers,
}

impl Missing {
    /// The word as it stands in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::NotEnoughHistory => "not_enough_history",
            Self::NoRate => "no_rate",
            Self::Expired => "expired",
            Self::NoPeers => "no_peers",
        }
    }
}

/// A feature's value, or why there is none.
pub type Reading = Result<f64, Missing>;

/// The value if there is one.
pub(crate) fn known(value: Option<f64>) -> Reading {
    value.ok_or(Missing::NoData)
}

/// An integer as the nearest `f64`.
#[expect(
    clippy::cast_precision_loss,
    reason = "the nearest f64 is what is asked for"
)]
pub(crate) fn nearest(value: i128) -> f64 {
    // The same number by a shorter way: processors know 64 bits.
    match i64::try_from(value) {
        Ok(value) => value as f64,
        Err(_) => value as f64,
    }
}

/// A sum of millionths as the nearest `f64`.
pub(crate) fn from_millionths(sum: i128) -> f64 {
    nearest(sum) / 1e6
}

/// One division of two sums; missing where there is nothing to divide by.
pub(crate) fn ratio(dividend: i128, divisor: i128) -> Reading {
    if divisor == 0 {
        return Err(Missing::NoData);
    }
    Ok(nearest(dividend) / nearest(divisor))
}

/// 100 × part / whole; missing where the whole is 0.
pub(crate) fn percent(part: i128, whole: i128) -> Reading {
    ratio(part.saturating_mul(100), whole)
}

/// Days since a moment, never negative.
pub(crate) fn days_since(moment: Time, now: Time) -> f64 {
    days(now.since_ms(moment).max(0))
}

/// Days until a moment, negative once it has passed.
pub(crate) fn days_until(moment: Time, now: Time) -> f64 {
    days(moment.since_ms(now))
}

fn days(ms: i64) -> f64 {
    nearest(i128::from(ms)) / nearest(i128::from(DAY_MS))
}

/// `dividend / divisor` as an integer, halves away from zero; 0 where the divisor is 0.
pub(crate) fn rounded(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend.checked_div(divisor).unwrap_or(0);
    let rest = dividend.checked_rem(divisor).unwrap_or(0);
    if rest.unsigned_abs() * 2 >= divisor.unsigned_abs().max(1) {
        quotient + rest.signum() * divisor.signum()
    } else {
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn halves_round_away_from_zero() {
        for (dividend, divisor, expected) in [
            (5, 2, 3),
            (-5, 2, -3),
            (5, -2, -3),
            (4, 3, 1),
            (-4, 3, -1),
            (5, 3, 2),
            (0, 7, 0),
            (7, 0, 0),
        ] {
            assert_eq!(rounded(dividend, divisor), expected, "{dividend}/{divisor}");
        }
    }
}
