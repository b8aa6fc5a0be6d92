//! A rule evaluated natively, as the module does it.
//!
//! ```text
//! start         the score where a feature does nothing: of the values of all roots. First part
//! secant        (score − start) ÷ (margin − base); where both are as good as equal, the slope
//! amount        of a feature: its steps × secant
//! contribution  nearest(running sum) − nearest(running sum before); the last sum is the score
//! points        50 + amount ÷ 2, within 0 and 100: 50 is no better and no worse than average
//! weight        all features alike
//! coverage      features with data ÷ features; without any there is no score
//! ```
//! Steps add up in the margin, where the model adds; people read points. The secant carries them
//! over so that parts add up to the score, and each keeps its sign and its share. It is what the
//! integral of the logistic curve along the straight way from base to margin gives each feature
//! (M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", 2017).

use puls_wire::{POINTS_NONE, PartVerdict, REASON_NONE, Status, Verdict, WEIGHT_UNIT};

use crate::forest::{Forest, Step};
use crate::logistic::{UNITS, units};
use crate::{Missing, Rule, Test};

/// Margins that are nearer to each other than this use the slope: their scores differ too little to
/// divide by.
const NEAR: f64 = 1e-6;
/// Running sums are held within this, so that differences fit into 32 bits; only the last sum has
/// to be a score.
pub(crate) const RUNNING_MAX: f64 = 100_000_000.0;
/// Hundredths of a point that an amount of a ten-thousandth is, halved.
pub(crate) const POINTS_OF_UNIT: f64 = 0.005;
/// 50 points in hundredths.
pub(crate) const POINTS_EVEN: f64 = 5_000.0;
/// 100 points in hundredths.
pub(crate) const POINTS_MAX: f64 = 10_000.0;
/// What LightGBM takes for zero: 10⁻³⁵ of single precision.
pub(crate) const ZERO_MAX: f64 = 1.000_000_018_002_509_5e-35;

/// Numbers that do not depend on the row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Constants {
    /// From a whole number to the argument of the logistic curve.
    pub(crate) scale: f64,
    /// Score of the base.
    pub(crate) start: f64,
    /// Change of the score for a whole number there.
    pub(crate) slope: f64,
    /// Whole numbers below which the slope is used.
    pub(crate) near: f64,
    /// Effective weight of each feature.
    pub(crate) weight: u16,
}

impl Constants {
    pub(crate) fn new(forest: &Forest, sigmoid: f64, features: usize) -> Self {
        let scale = sigmoid * forest.unit();
        let start = units(to_f64(forest.base) * scale);
        let count = u16::try_from(features.max(1)).unwrap_or(WEIGHT_UNIT);
        Self {
            scale,
            start,
            slope: -start * (1.0 - start / UNITS) * scale,
            near: NEAR / forest.unit(),
            weight: WEIGHT_UNIT / count,
        }
    }
}

impl Rule {
    /// The verdict of one row: a number for each feature of the manifest, NaN where it is missing.
    #[must_use]
    pub fn evaluate(&self, row: &[f64]) -> Verdict {
        let count = self.manifest.features.len();
        let value = |feature: usize| row.get(feature).copied().unwrap_or(f64::NAN);
        let present = (0..count)
            .filter(|feature| !value(*feature).is_nan())
            .count();
        if present == 0 {
            return Verdict {
                status: Status::NoScore,
                parts: vec![PartVerdict::default(); count + 1],
                ..Verdict::default()
            };
        }
        let mut steps = vec![0_i64; count];
        for tree in &self.forest.trees {
            let mut at = Some(0);
            while let Some(split) = at.and_then(|at| tree.get(at)) {
                let Step { amount, to } = if goes_left(&split.test, value(split.feature)) {
                    split.left
                } else {
                    split.right
                };
                if let Some(sum) = steps.get_mut(split.feature) {
                    *sum += amount;
                }
                at = to;
            }
        }
        let parts = self.parts(&steps, &|feature| value(feature).is_nan());
        Verdict {
            status: Status::Scored,
            coverage: coverage(present, count),
            parts,
            ..Verdict::default()
        }
    }

    fn parts(&self, steps: &[i64], is_missing: &dyn Fn(usize) -> bool) -> Vec<PartVerdict> {
        let constants = &self.constants;
        let moved: i64 = steps.iter().sum();
        let score = units(to_f64(self.forest.base + moved) * constants.scale);
        let moved = to_f64(moved);
        let secant = if moved.abs() >= constants.near {
            (score - constants.start) / moved
        } else {
            constants.slope
        };
        let mut running = constants.start;
        let mut rounded = running.round_ties_even();
        let mut parts = vec![PartVerdict {
            contribution: to_i32(rounded),
            points: POINTS_NONE,
            weight: 0,
            reason: REASON_NONE,
        }];
        for (feature, steps_of) in steps.iter().enumerate() {
            let amount = to_f64(*steps_of) * secant;
            running += amount;
            let sum = if feature + 1 == steps.len() {
                score
            } else {
                running
            };
            let now = sum.clamp(-RUNNING_MAX, RUNNING_MAX).round_ties_even();
            let points = (POINTS_EVEN + amount * POINTS_OF_UNIT).clamp(0.0, POINTS_MAX);
            parts.push(PartVerdict {
                contribution: to_i32(now - rounded),
                points: to_u16(points.round_ties_even()),
                weight: constants.weight,
                reason: reason(feature, is_missing(feature)),
            });
            rounded = now;
        }
        parts
    }
}

/// The reason of a part in the manifest plus 1: each feature has one for data and one for none.
pub(crate) fn reason(feature: usize, is_missing: bool) -> u16 {
    u16::try_from(2 * feature + 1 + usize::from(is_missing)).unwrap_or(REASON_NONE)
}

/// As LightGBM decides.
fn goes_left(test: &Test, value: f64) -> bool {
    match test {
        Test::AtMost { threshold, missing } => match missing {
            Missing::AsZero if value.is_nan() => 0.0 <= *threshold,
            Missing::Zero { left } if value.is_nan() || value.abs() <= ZERO_MAX => *left,
            Missing::NoNumber { left } if value.is_nan() => *left,
            _ => value <= *threshold,
        },
        Test::OneOf(words) => is_in(words, value),
    }
}

/// Whether the whole part of a number is in a set.
#[expect(
    clippy::cast_possible_truncation,
    reason = "towards zero and within 32 bits, as the guest does it"
)]
fn is_in(words: &[u32], value: f64) -> bool {
    if value.is_nan() {
        return false;
    }
    let Ok(number) = usize::try_from(value as i32) else {
        return false;
    };
    let word = words.get(number / 32).copied().unwrap_or(0);
    word & (1 << (number % 32)) != 0
}

/// Ten-thousandths, the half up.
fn coverage(present: usize, count: usize) -> u16 {
    let all = usize::from(WEIGHT_UNIT);
    u16::try_from((present * all + count / 2) / count).unwrap_or(WEIGHT_UNIT)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rounded as the guest's convert operator rounds"
)]
pub(crate) const fn to_f64(number: i64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a whole number within twice RUNNING_MAX"
)]
const fn to_i32(number: f64) -> i32 {
    number as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number from 0 to POINTS_MAX"
)]
const fn to_u16(number: f64) -> u16 {
    number as u16
}
