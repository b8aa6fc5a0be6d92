//! A number in millionths. Sums of such numbers do not depend on their order, sums of floats do.

use std::fmt;

/// A fixed-point number: an `i64` count of millionths, about ±9.2 × 10¹².
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fixed(pub i64);

impl Fixed {
    /// Millionths in one.
    pub const SCALE: i64 = 1_000_000;
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(Self::SCALE);

    /// The nearest fixed-point number (ties away from zero), or `None` where `value` is not
    /// finite or out of range.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        let scaled = libm::round(value * 1e6);
        // 2^63 as f64 is exact; anything strictly inside converts without loss of range.
        if scaled.is_finite() && scaled.abs() < 9_223_372_036_854_775_808.0 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "range checked on the line above"
            )]
            return Some(Self(scaled as i64));
        }
        None
    }

    /// A whole number, or `None` where it is out of range.
    #[must_use]
    pub fn from_int(value: i64) -> Option<Self> {
        value.checked_mul(Self::SCALE).map(Self)
    }

    /// This number as the nearest `f64`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest f64 is what is asked for"
    )]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// A sum of millionths as the nearest `f64`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest f64 is what is asked for"
    )]
    pub fn sum_to_f64(sum: i128) -> f64 {
        sum as f64 / 1e6
    }
}

/// Ten-thousandths in a point of a score, and in a whole of a coverage.
pub const POINT: f64 = 10_000.0;

/// Ten-thousandths of a point as points. A score has at most seven digits, so this is exact enough
/// to read back.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "scores and their sums lie far below 2^53"
)]
pub const fn points(ten_thousandths: i64) -> f64 {
    ten_thousandths as f64 / POINT
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_f64())
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
