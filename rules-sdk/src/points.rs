//! From a value to points.

/// Points on a straight line: 0 at `zero_at` and beyond it, 100 at `hundred_at` and beyond it.
/// `zero_at` may be the greater one: less is then better.
#[must_use]
#[inline(always)]
pub fn line(value: f64, zero_at: f64, hundred_at: f64) -> f64 {
    let points = (value - zero_at) / (hundred_at - zero_at) * 100.0;
    if points.is_nan() {
        points
    } else {
        within(points)
    }
}

/// Points within 0 and 100, for what is not NaN; −0 becomes 0. Whole numbers order as the
/// positive floats whose bits they are, and comparing them needs no jump, which real data makes
/// as bad as a coin toss.
#[inline(always)]
pub(crate) fn within(points: f64) -> f64 {
    let bits = points.to_bits().cast_signed();
    let hundred = 100_f64.to_bits().cast_signed();
    f64::from_bits(bits.clamp(0, hundred).cast_unsigned())
}

/// Points by bands: those of the first band whose value is not exceeded, else `above`. A band's
/// upper edge belongs to it; the next begins just above, so there is no gap.
#[must_use]
#[inline(always)]
pub fn bands(value: f64, up_to: &[(f64, f64)], above: f64) -> f64 {
    up_to
        .iter()
        .find(|(edge, _)| value <= *edge)
        .map_or(above, |(_, points)| *points)
}

/// Weighted mean of points, over those that are there: Σ weight × points / Σ weight. `None`
/// where no weight is left. Each item is weight and points.
#[must_use]
#[inline(always)]
pub fn weighted(items: &[(f64, Option<f64>)]) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (weight, points) in items {
        if let Some(points) = points {
            sum += weight * points;
            weights += weight;
        }
    }
    if weights > 0.0 {
        Some(sum / weights)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{bands, line, weighted, within};

    #[test]
    fn points_stay_within_their_range() {
        let cases = [
            (-0.0, 0.0),
            (-1e-300, 0.0),
            (f64::NEG_INFINITY, 0.0),
            (50.5, 50.5),
            (100.0, 100.0),
            (100.000_000_1, 100.0),
            (f64::INFINITY, 100.0),
        ];
        for (points, expected) in cases {
            assert_eq!(within(points).to_bits(), f64::to_bits(expected), "{points}");
        }
        assert!(line(f64::NAN, 0.0, 1.0).is_nan());
        assert!(line(1.0, 1.0, 1.0).is_nan());
    }

    /// Source: field notes, golden vectors from public documentation, linear scoring.
    #[test]
    fn a_line_is_straight_between_its_ends() {
        let cases = [
            (18.0, 7.0, 30.0, 47.83),
            (5.0, 7.0, 30.0, 0.0),
            (35.0, 7.0, 30.0, 100.0),
            (7.0, 7.0, 30.0, 0.0),
            (30.0, 7.0, 30.0, 100.0),
            // Less is better: the same line from the other side.
            (18.0, 30.0, 7.0, 52.17),
            (35.0, 30.0, 7.0, 0.0),
        ];
        for (value, zero_at, hundred_at, expected) in cases {
            let found = (line(value, zero_at, hundred_at) * 100.0).round() / 100.0;
            assert!(
                (found - expected).abs() < 1e-9,
                "{value}: {found}, not {expected}"
            );
        }
    }

    /// Source: field notes, golden vectors, range edges up to 50, up to 75, up to 100.
    #[test]
    fn an_edge_belongs_to_the_band_below_it() {
        let edges = [(50.0, 10.0), (75.0, 60.0)];
        let cases = [
            (0.0, 10.0),
            (50.0, 10.0),
            (50.0001, 60.0),
            (75.0, 60.0),
            (100.0, 90.0),
        ];
        for (value, expected) in cases {
            let found = bands(value, &edges, 90.0);
            assert!(
                (found - expected).abs() < 1e-9,
                "{value}: {found}, not {expected}"
            );
        }
    }

    /// Source: field notes, golden vectors, weighted group.
    #[test]
    fn a_group_is_its_weighted_mean() {
        let group = [(20.0, Some(47.0)), (15.0, Some(59.0)), (22.0, Some(21.0))];
        let found = weighted(&group).unwrap();
        assert!((found - 40.1228).abs() < 0.00005, "{found}");
        let found = weighted(&[(20.0, Some(47.0)), (80.0, None)]).unwrap();
        assert!((found - 47.0).abs() < 1e-9, "{found}");
        assert_eq!(weighted(&[(20.0, None)]), None);
        assert_eq!(weighted(&[(0.0, Some(50.0))]), None);
    }
}
