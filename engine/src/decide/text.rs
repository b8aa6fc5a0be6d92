//! What people read: sentences with values filled in, rounded numbers, and sums that still add up
//! after rounding. Nothing here decides anything.

use std::fmt::Write as _;

use super::json::Decimal;
use super::policy::Feature;
use crate::language::Dictionary;
use crate::model::Fixed;

/// A sentence of the manifest, with its places for feature values found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(Box<str>),
    /// Index of a feature of the rule.
    Feature(usize),
}

impl Template {
    /// Finds `{feature.name}` in `text`. A name that the rule does not read stays as it stands.
    pub(super) fn new(text: &str, features: &[Feature]) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            let place = after.split_once('}').and_then(|(name, tail)| {
                let feature = features.iter().position(|feature| *feature.name == *name)?;
                Some((feature, tail))
            });
            if let Some((feature, tail)) = place {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
                }
                pieces.push(Piece::Feature(feature));
                rest = tail;
            } else {
                plain.push('{');
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Self(pieces)
    }

    /// The sentence with the values of `row`, one per feature of the rule, as `words` write them.
    pub(super) fn fill(&self, features: &[Feature], row: &[f64], words: &Dictionary) -> String {
        let mut out = String::with_capacity(64);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Feature(index) => {
                    let value = row.get(*index).copied().unwrap_or(f64::NAN);
                    if let Some(feature) = features.get(*index) {
                        push_value(feature, value, words, &mut out);
                    }
                }
            }
        }
        out
    }
}

/// Appends a feature's value: a number with one decimal at most, or the text that its code means.
pub(super) fn push_value(feature: &Feature, value: f64, words: &Dictionary, out: &mut String) {
    if value.is_nan() {
        out.push_str(words.say("value.none"));
    } else if feature.values.is_empty() {
        push_rounded(value, words, out);
    } else {
        out.push_str(feature.text(value).unwrap_or(words.say("value.other")));
    }
}

/// Appends a number with one decimal at most.
pub(super) fn push_rounded(value: f64, words: &Dictionary, out: &mut String) {
    if let Some(fixed) = Fixed::from_f64(value) {
        let tenths = (fixed.0.saturating_abs().saturating_add(50_000) / 100_000) * fixed.0.signum();
        push_decimal(tenths, 1, words, out);
    } else {
        // Writing to a string cannot fail.
        write!(out, "{value:e}").unwrap_or_default();
    }
}

/// Appends `value × 10^-places` without trailing zeros.
pub(super) fn push_decimal(value: i64, places: usize, words: &Dictionary, out: &mut String) {
    words.push_number(Decimal::signed(value, places).as_str(), out);
}

/// `value` in whole `unit`s, halves away from zero.
pub(super) const fn in_units(value: i64, unit: i64) -> i64 {
    (value.saturating_abs().saturating_add(unit / 2) / unit) * value.signum()
}

/// Each of `values` in whole `unit`s such that they add up to `total` units: all are rounded down,
/// then those that lost most get one more (largest remainder; ties by order). `total` may be what
/// two rounded numbers differ by, which is up to one unit beside what the values are rounded to.
pub(super) fn apportion(values: &[i64], unit: i64, total: i64) -> Vec<i64> {
    let mut units: Vec<i64> = values.iter().map(|value| value.div_euclid(unit)).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    let lost = |index: &usize| values.get(*index).map_or(0, |value| value.rem_euclid(unit));
    order.sort_by_key(|index| std::cmp::Reverse(lost(index)));
    let missing = total - units.iter().sum::<i64>();
    let count = i64::try_from(units.len()).unwrap_or(i64::MAX).max(1);
    for (place, index) in (0..).zip(order) {
        if let Some(unit) = units.get_mut(index) {
            *unit += missing.div_euclid(count) + i64::from(place < missing.rem_euclid(count));
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::{Template, apportion, in_units, push_rounded};
    use crate::decide::policy::Feature;
    use crate::language::Language;

    /// Field notes, golden vectors: weights 20, 15, 22 on 47, 59, 21 give 40.1228, of which the
    /// parts rounded to two decimals make 40.13.
    #[test]
    fn rounded_parts_add_up_to_the_rounded_sum() {
        let parts = [164_912, 155_263, 81_053];
        let total: i64 = parts.iter().sum();
        assert_eq!(total, 401_228);
        assert_eq!(
            parts.map(|part| in_units(part, 100)).iter().sum::<i64>(),
            4_013
        );
        assert_eq!(
            apportion(&parts, 100, in_units(total, 100)),
            [1_649, 1_553, 810]
        );
    }

    #[test]
    fn apportioned_units_add_up_whatever_the_values() {
        for seed in 0..2_000_i64 {
            let value = |n: i64| (seed * 7_919 + n * 104_729).rem_euclid(900_001) - 400_000;
            let values: Vec<i64> = (0..seed % 9).map(value).collect();
            let sum: i64 = values.iter().sum();
            let total = in_units(sum, 1_000);
            let units = apportion(&values, 1_000, total);
            if !values.is_empty() {
                assert_eq!(units.iter().sum::<i64>(), total, "seed {seed}");
            }
            for (value, unit) in values.iter().zip(&units) {
                assert!((value - unit * 1_000).abs() < 1_000, "seed {seed}");
            }
            // A change between two rounded scores may be a unit more or less.
            for total in [total - 1, total + 1] {
                let units = apportion(&values, 1_000, total);
                assert!(
                    values.is_empty() || units.iter().sum::<i64>() == total,
                    "seed {seed}"
                );
                for (value, unit) in values.iter().zip(&units) {
                    assert!((value - unit * 1_000).abs() <= 2_000, "seed {seed}");
                }
            }
        }
    }

    #[test]
    fn numbers_have_one_decimal_at_most() {
        let table = [
            (3.0, "3"),
            (3.13, "3.1"),
            (3.15, "3.2"),
            (-0.04, "0"),
            (-2.55, "-2.6"),
            (12_000.0, "12,000"),
            (1e300, "1e300"),
        ];
        for (value, expected) in table {
            let mut text = String::new();
            push_rounded(value, Language::English.dictionary(), &mut text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn sentences_are_filled() {
        let features = [
            Feature::new("usage.active_days_28d", &[], 0),
            Feature::new("account.segment", &["gold".into(), "silver".into()], 0),
        ];
        let table = [
            (
                "Active on {usage.active_days_28d} of 28 days",
                "Active on 3.3 of 28 days",
            ),
            ("{account.segment}{usage.active_days_28d}", "silver3.3"),
            ("{unknown} {", "{unknown} {"),
            ("{{usage.active_days_28d}}", "{3.3}"),
            ("", ""),
        ];
        for (text, expected) in table {
            let template = Template::new(text, &features);
            let filled = template.fill(&features, &[3.26, 1.0], Language::English.dictionary());
            assert_eq!(filled, expected);
        }
        let template = Template::new("{account.segment}, {usage.active_days_28d}", &features);
        let said = |language: Language, row: [f64; 2]| {
            template.fill(&features, &row, language.dictionary())
        };
        let unknown = [f64::NAN, -1.0];
        assert_eq!(said(Language::English, unknown), "another value, no data");
        assert_eq!(
            said(Language::Swedish, unknown),
            "annat värde, uppgift saknas"
        );
        assert_eq!(
            said(Language::Swedish, [12_345.6, 0.0]),
            "gold, 12\u{a0}345,6"
        );
    }
}
