//! The area under the ROC curve, with ties, and its standard error with clustered rows.
//!
//! The area is the chance that a row that was kept has a higher score than one that was lost, ties
//! counting half: the Mann-Whitney statistic with midranks, divided by the number of pairs.
//! Standard errors come from placements summed per cluster: N. A. Obuchowski, "Nonparametric
//! Analysis of Clustered ROC Curve Data", Biometrics 53 (1997), 567-578. With one row a cluster
//! that is the method of E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44
//! (1988), 837-845. Intervals are made on the scale of log odds, so that they stay between 0 and 1
//! (M. S. Pepe, "The Statistical Evaluation of Medical Tests", Oxford 2003, section 5.2.3).

use std::collections::BTreeMap;

use super::{Z_95, number};

/// A row with a score; higher is healthier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Whose row: rows of one cluster are no independent evidence.
    pub cluster: u32,
    /// Whether it was lost.
    pub is_lost: bool,
    /// The score.
    pub score: i64,
}

/// An area, or a difference of areas.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Area {
    /// The area from 0 to 1; 0.5 tells nothing. A difference lies between −1 and 1.
    pub value: f64,
    /// Standard error; rows of a cluster may agree with each other.
    pub error: f64,
    /// 95 % interval; `None` at the borders, where the method has none.
    pub interval: Option<(f64, f64)>,
}

/// The area of `marks`; `None` with fewer than two clusters that lost or kept a row.
#[must_use]
pub fn area(marks: &[Mark]) -> Option<Area> {
    let places = Places::new(marks)?;
    let error = libm::sqrt(covariance(marks, &places, &places)?.max(0.0));
    let value = places.area;
    let interval = (value > 0.0 && value < 1.0).then(|| {
        let odds = libm::log(value / (1.0 - value));
        let half = Z_95 * error / (value * (1.0 - value));
        let back = |odds: f64| 1.0 / (1.0 + libm::exp(-odds));
        (back(odds - half), back(odds + half))
    });
    Some(Area {
        value,
        error,
        interval,
    })
}

/// The area of `second` less that of `first`: the same rows in the same order, scored twice.
#[must_use]
pub fn difference(first: &[Mark], second: &[Mark]) -> Option<Area> {
    let (one, two) = (Places::new(first)?, Places::new(second)?);
    let both = covariance(first, &one, &two)?;
    let variance = covariance(first, &one, &one)? + covariance(second, &two, &two)? - 2.0 * both;
    let error = libm::sqrt(variance.max(0.0));
    let value = two.area - one.area;
    let interval = Some((value - Z_95 * error, value + Z_95 * error));
    Some(Area {
        value,
        error,
        interval,
    })
}

/// Per row the share of the other group that lies on its right side, ties counting half.
struct Places {
    area: f64,
    of_rows: Vec<f64>,
}

impl Places {
    fn new(marks: &[Mark]) -> Option<Self> {
        let sorted = |is_lost: bool| {
            let group = marks.iter().filter(|mark| mark.is_lost == is_lost);
            let mut scores: Vec<i64> = group.map(|mark| mark.score).collect();
            scores.sort_unstable();
            scores
        };
        let (lost, kept) = (sorted(true), sorted(false));
        if lost.is_empty() || kept.is_empty() {
            return None;
        }
        let place = |mark: &Mark| {
            let others = if mark.is_lost { &kept } else { &lost };
            let below = others.partition_point(|score| *score < mark.score);
            let up_to = others.partition_point(|score| *score <= mark.score);
            let right = if mark.is_lost { others.len() - up_to } else { below };
            (number(right) + number(up_to - below) / 2.0) / number(others.len())
        };
        let of_rows: Vec<f64> = marks.iter().map(place).collect();
        let of_lost = marks.iter().zip(&of_rows).filter(|(mark, _)| mark.is_lost);
        let area = of_lost.map(|(_, place)| place).sum::<f64>() / number(lost.len());
        Some(Self { area, of_rows })
    }
}

/// What one cluster adds: rows and placements of each group, by both scores.
#[derive(Default)]
struct Cluster {
    rows: [usize; 2],
    first: [f64; 2],
    second: [f64; 2],
}

/// Covariance of two areas over the same rows; of one with itself its variance.
fn covariance(marks: &[Mark], first: &Places, second: &Places) -> Option<f64> {
    const LOST: usize = 0;
    let mut clusters: BTreeMap<u32, Cluster> = BTreeMap::new();
    let mut rows = [0_usize; 2];
    let places = first.of_rows.iter().zip(&second.of_rows);
    for (mark, (one, two)) in marks.iter().zip(places) {
        let cluster = clusters.entry(mark.cluster).or_default();
        let group = usize::from(!mark.is_lost);
        let add = |sums: &mut [f64; 2], more: f64| {
            if let Some(sum) = sums.get_mut(group) {
                *sum += more;
            }
        };
        add(&mut cluster.first, *one);
        add(&mut cluster.second, *two);
        for counts in [&mut cluster.rows, &mut rows] {
            if let Some(count) = counts.get_mut(group) {
                *count += 1;
            }
        }
    }
    let residual = |sums: [f64; 2], rows: [usize; 2], area: f64| {
        let [lost, kept] = sums;
        let [lost_rows, kept_rows] = rows;
        [lost - number(lost_rows) * area, kept - number(kept_rows) * area]
    };
    let (mut within, mut across) = ([0.0; 2], 0.0);
    let mut having = [0_usize; 2];
    for cluster in clusters.values() {
        let [lost_1, kept_1] = residual(cluster.first, cluster.rows, first.area);
        let [lost_2, kept_2] = residual(cluster.second, cluster.rows, second.area);
        for (group, product) in [lost_1 * lost_2, kept_1 * kept_2].into_iter().enumerate() {
            if let (Some(sum), Some(count)) = (within.get_mut(group), having.get_mut(group)) {
                *sum += product;
                *count += usize::from(cluster.rows.get(group).is_some_and(|rows| *rows > 0));
            }
        }
        across += lost_1 * kept_2 + lost_2 * kept_1;
    }
    if having.iter().any(|clusters| *clusters < 2) {
        return None;
    }
    let of_group = |group: usize| {
        let clusters = number(*having.get(group)?);
        let rows = number(*rows.get(group)?);
        Some(clusters / ((clusters - 1.0) * rows * rows) * within.get(group)?)
    };
    let all = number(clusters.len());
    let [lost_rows, kept_rows] = rows.map(number);
    let both = all / (all - 1.0) * across / (lost_rows * kept_rows);
    Some(of_group(LOST)? + of_group(1 - LOST)? + both)
}

/// The ROC curve: at each threshold from the lowest score up, the share of the kept and of the
/// lost rows at or below it. Begins at (0, 0) and ends at (1, 1).
#[must_use]
pub fn curve(marks: &[Mark]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<&Mark> = marks.iter().collect();
    sorted.sort_unstable_by_key(|mark| mark.score);
    let lost_all = number(marks.iter().filter(|mark| mark.is_lost).count());
    let kept_all = number(marks.len()) - lost_all;
    let (mut lost, mut kept) = (0_usize, 0_usize);
    let mut points = vec![(0.0, 0.0)];
    for chunk in sorted.chunk_by(|a, b| a.score == b.score) {
        let lost_here = chunk.iter().filter(|mark| mark.is_lost).count();
        lost += lost_here;
        kept += chunk.len() - lost_here;
        points.push((number(kept) / kept_all, number(lost) / lost_all));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(rows: &[(u32, bool, i64)]) -> Vec<Mark> {
        let mark = |&(cluster, is_lost, score): &(u32, bool, i64)| Mark {
            cluster,
            is_lost,
            score,
        };
        rows.iter().map(mark).collect()
    }

    /// Two lost accounts (one with two rows), three that were kept; one tie.
    const ROWS: [(u32, bool, i64); 6] = [
        (1, true, 10),
        (2, true, 20),
        (2, true, 30),
        (3, false, 25),
        (4, false, 40),
        (5, false, 20),
    ];

    #[test]
    fn a_case_worked_by_hand() {
        // Lost: 10 has 3 of 3 above it, 20 has 2 and a tie, 30 has 1: (1 + 5/6 + 1/3) / 3 = 13/18.
        // Kept: 25 has 2 of 3 below, 40 has 3, 20 has 1 and a tie: 2/3, 1, 1/2.
        // Residuals per cluster: lost ±5/18, kept −1/18, 5/18, −4/18.
        // S10 = 2/(1·3) · 50/324, S01 = 3/(2·3) · 42/324, variance = S10/3 + S01/3.
        let found = area(&marks(&ROWS)).unwrap();
        assert!((found.value - 13.0 / 18.0).abs() < 1e-12, "{found:?}");
        let variance = 2.0 / 9.0 * 50.0 / 324.0 + 1.0 / 6.0 * 42.0 / 324.0;
        assert!((found.error - variance.sqrt()).abs() < 1e-12, "{found:?}");
        // odds of 13/18 are 13/5; half = 1.96 · 0.23643 / (13/18 · 5/18).
        let (low, high) = found.interval.unwrap();
        assert!((low - 0.2053).abs() < 1e-3 && (high - 0.9631).abs() < 1e-3, "{low} {high}");
    }

    #[test]
    fn an_account_with_rows_of_both_sorts_moves_the_error() {
        // The kept row of 20 belongs to the account that lost 10: residuals 5/18 and −4/18, so
        // 2 · S11/(m n) = 2 · 4/3 · (−20/324) / 9.
        let mut rows = ROWS;
        rows[5].0 = 1;
        let found = area(&marks(&rows)).unwrap();
        let alone = 2.0 / 9.0 * 50.0 / 324.0 + 1.0 / 6.0 * 42.0 / 324.0;
        let variance = alone - 2.0 * 4.0 / 3.0 * 20.0 / 324.0 / 9.0;
        assert!((found.error - variance.sqrt()).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn the_area_is_the_rank_sum_with_midranks() {
        // Ranks of the kept rows among 10, 20, 20, 25, 30, 40: 2.5, 4, 6. U = 12.5 − 3·4/2 = 6.5.
        let found = area(&marks(&ROWS)).unwrap();
        assert!((found.value - 6.5 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn with_one_row_an_account_it_is_the_method_of_delong() {
        // Lost 1, 3; kept 2, 4: placements 1, 1/2 and 1/2, 1; area 3/4. Variance of the lost
        // placements 1/8, of the kept 1/8: 1/16 + 1/16.
        let rows = [(1, true, 1), (2, true, 3), (3, false, 2), (4, false, 4)];
        let found = area(&marks(&rows)).unwrap();
        assert!((found.value - 0.75).abs() < 1e-12);
        assert!((found.error - 0.125_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_rule_differs_from_itself_by_nothing_and_from_its_mirror_by_twice_the_distance() {
        let same = difference(&marks(&ROWS), &marks(&ROWS)).unwrap();
        assert!(same.value.abs() < 1e-12 && same.error.abs() < 1e-6, "{same:?}");
        let mirror = marks(&ROWS.map(|(cluster, lost, score)| (cluster, lost, -score)));
        let found = difference(&marks(&ROWS), &mirror).unwrap();
        let one = area(&marks(&ROWS)).unwrap();
        assert!((found.value - (1.0 - 2.0 * one.value)).abs() < 1e-12);
        assert!((found.error - 2.0 * one.error).abs() < 1e-12);
    }

    #[test]
    fn too_little_is_no_area() {
        let cases: [&[(u32, bool, i64)]; 4] = [
            &[],
            &[(1, true, 1), (2, true, 2)],
            &[(1, true, 1), (2, false, 2), (3, false, 2)],
            &[(1, true, 1), (1, true, 2), (2, false, 2), (3, false, 2)],
        ];
        for rows in cases {
            assert_eq!(area(&marks(rows)), None, "{rows:?}");
        }
    }

    #[test]
    fn the_curve_goes_from_corner_to_corner_and_has_the_area() {
        let points = curve(&marks(&ROWS));
        assert_eq!((points[0], *points.last().unwrap()), ((0.0, 0.0), (1.0, 1.0)));
        let trapezoids = points.windows(2).map(|pair| {
            let [(x_1, y_1), (x_2, y_2)] = [pair[0], pair[1]];
            (x_2 - x_1) * (y_1 + y_2) / 2.0
        });
        assert!((trapezoids.sum::<f64>() - 13.0 / 18.0).abs() < 1e-12);
    }
}
