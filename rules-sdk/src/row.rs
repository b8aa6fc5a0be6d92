//! What a rule reads: the features of one account, and the tenant's parameters.

use puls_wire::ROWS_MAX;

use crate::{Feature, Id, Parameter, bands, line};

/// One account's features, now.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(crate) features: &'a [[f64; ROWS_MAX]],
    pub(crate) parameters: &'a [f64],
    pub(crate) row: u8,
}

impl Row<'_> {
    /// The value of a feature; `None` where it is missing.
    #[must_use]
    #[inline(always)]
    pub fn get(&self, feature: Id<Feature>) -> Option<f64> {
        let value = *self
            .features
            .get(feature.index())?
            .get(usize::from(self.row))?;
        if value.is_nan() { None } else { Some(value) }
    }

    /// Whether a text feature has the value of this code; not where it is missing. See
    /// [`Id::code`].
    #[must_use]
    #[inline(always)]
    #[expect(clippy::float_cmp, reason = "codes are small whole numbers")]
    pub fn is(&self, feature: Id<Feature>, code: f64) -> bool {
        self.get(feature).is_some_and(|found| found == code)
    }

    /// Whether a text feature has one of the values that the rule lists.
    #[must_use]
    #[inline(always)]
    pub fn listed(&self, feature: Id<Feature>) -> bool {
        self.get(feature).is_some_and(|code| code >= 0.0)
    }

    /// Whether a feature has this value or a greater one; not where it is missing.
    #[must_use]
    #[inline(always)]
    pub fn at_least(&self, feature: Id<Feature>, least: f64) -> bool {
        self.get(feature).is_some_and(|value| value >= least)
    }

    /// Whether a feature has this value or a smaller one; not where it is missing.
    #[must_use]
    #[inline(always)]
    pub fn at_most(&self, feature: Id<Feature>, most: f64) -> bool {
        self.get(feature).is_some_and(|value| value <= most)
    }

    /// Points of a feature on a straight line, see [`line()`]; `None` where it is missing.
    #[must_use]
    #[inline(always)]
    pub fn line(&self, feature: Id<Feature>, zero_at: f64, hundred_at: f64) -> Option<f64> {
        self.get(feature)
            .map(|value| line(value, zero_at, hundred_at))
    }

    /// Points of a feature by bands, see [`bands`]; `None` where it is missing.
    #[must_use]
    #[inline(always)]
    pub fn bands(&self, feature: Id<Feature>, up_to: &[(f64, f64)], above: f64) -> Option<f64> {
        self.get(feature).map(|value| bands(value, up_to, above))
    }

    /// The value of a parameter: the tenant's, or its default.
    #[must_use]
    #[inline(always)]
    pub fn parameter(&self, parameter: Id<Parameter>) -> f64 {
        // The host writes a value for each parameter, so the fallback is never seen.
        self.parameters
            .get(parameter.index())
            .copied()
            .unwrap_or(f64::NAN)
    }
}
