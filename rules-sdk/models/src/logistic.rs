//! From a margin to a score, by the same operations natively and in the guest.
//!
//! ```text
//! z is sigmoid × margin, within ±700     score = 100 × (1 − p) = 100 / (1 + e^z)
//! k = nearest(z × log2 e)                r = (z − k × LN2_HIGH) − k × LN2_LOW,  |r| ≤ ln 2 / 2
//! e^r by Taylor's series to r^13 / 13!   e^z = e^r × 2^k, with 2^k put together from its bits
//! ```
//! The reduction in two steps is Cody and Waite's ("Software Manual for the Elementary Functions",
//! 1980): `k × LN2_HIGH` is exact. What the series leaves out is below 5 × 10⁻¹⁸ of e^r, so that
//! the error is that of 15 roundings: e^z is right within 10⁻¹⁵ of itself, a score within 10⁻¹³
//! points. A system's own `exp` differs from machine to machine in the last bit, and the guest has
//! none.

/// A score of 100 points, in ten-thousandths.
pub(crate) const UNITS: f64 = 1_000_000.0;
/// Beyond this a score is 0 or 100 to the last bit that counts; 2^k stays a normal number.
pub(crate) const EXPONENT_MAX: f64 = 700.0;
/// ln 2, its upper 33 bits: times a whole number below 2^20 it is exact.
pub(crate) const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
/// What is left of ln 2.
pub(crate) const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
/// 1 / n! for n from 13 down to 0.
pub(crate) const SERIES: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
    1.0,
    1.0,
];
/// Added to a whole k and shifted, this makes the bits of 2^k.
pub(crate) const EXPONENT_BIAS: i64 = 1_023;
/// Where an exponent begins in the bits of a number.
pub(crate) const EXPONENT_AT: u32 = 52;

/// The score in ten-thousandths of a point, not rounded, of a finite `z`.
pub(crate) fn units(z: f64) -> f64 {
    let z = z.clamp(-EXPONENT_MAX, EXPONENT_MAX);
    UNITS / (1.0 + exp(z))
}

fn exp(z: f64) -> f64 {
    let k = (z * std::f64::consts::LOG2_E).round_ties_even();
    let r = (z - k * LN2_HIGH) - k * LN2_LOW;
    let mut sum = 0.0;
    for term in SERIES {
        sum = sum * r + term;
    }
    sum * power_of_two(k)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "k is whole and within ±1,010, so that its biased exponent is above 0"
)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k as i64 + EXPONENT_BIAS) as u64) << EXPONENT_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_is_right_within_a_few_roundings() {
        let mut worst = 0.0_f64;
        for step in -700_000..=700_000 {
            let z = f64::from(step) / 1_000.0;
            let expected = libm::exp(z);
            worst = worst.max(((exp(z) - expected) / expected).abs());
        }
        assert!(worst < 1e-15, "off by {worst:e}");
    }

    #[test]
    fn a_score_falls_from_one_hundred_to_zero() {
        let at: Vec<f64> = [-1e300, -700.0, -2.0, 0.0, 2.0, 700.0, 1e300]
            .map(units)
            .into();
        assert!(at.is_sorted_by(|a, b| a >= b), "{at:?}");
        let same = |one: f64, other: f64| assert_eq!(one.to_bits(), other.to_bits());
        same(at[0].round(), UNITS);
        same(at[3], UNITS / 2.0);
        same(at[6].round(), 0.0);
    }
}
