//! How well scores tell who was lost: the area under the ROC curve, date by date.
//!
//! A lost row is compared with the rows of its own date that were kept, never with those of
//! another: over the months scores drift and so does the share of customers who leave, and an area
//! over all dates together would take the calendar for foresight. The place of a lost row is the
//! share of kept rows above it, ties counting half: the Mann-Whitney statistic with midranks. The
//! mean place is the area; the distribution of places is the curve. This is the covariate-adjusted
//! ROC curve with the date as covariate: H. Janes and M. S. Pepe, "Adjusting for Covariate Effects
//! on Classification Accuracy Using the Covariate-Adjusted ROC Curve", Biometrika 96 (2009),
//! 371-382. With one date it is the ordinary area.
//!
//! Standard errors are those of the jackknife over clusters, each left out once with all its rows:
//! B. Efron and C. Stein, "The Jackknife Estimate of Variance", Annals of Statistics 9 (1981),
//! 586-596. It is exact in the sums here, has no seed, and rows of one account may agree as much
//! as they like. Intervals of an area are made on the scale of log odds, so that they stay between
//! 0 and 1 (M. S. Pepe, "The Statistical Evaluation of Medical Tests", Oxford 2003).

use std::collections::BTreeMap;

use super::{Z_95, number};

/// A row with a score; higher is healthier. A cluster has at most one row of a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Whose row: rows of one cluster are no independent evidence.
    pub cluster: u32,
    /// Of which date.
    pub date: u16,
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
    /// Standard error.
    pub error: f64,
    /// 95 % interval; `None` at the borders, where the method has none.
    pub interval: Option<(f64, f64)>,
}

/// The area of `marks`; `None` where no date has both lost and kept rows, or where it hangs on a
/// single cluster.
#[must_use]
pub fn area(marks: &[Mark]) -> Option<Area> {
    let places = Places::new(marks);
    let value = places.area()?;
    let error = jackknife(&places.without_each()?);
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
    let (first, second) = (Places::new(first), Places::new(second));
    let value = second.area()? - first.area()?;
    let pairs = first
        .without_each()?
        .into_iter()
        .zip(second.without_each()?);
    let error = jackknife(
        &pairs
            .map(|(first, second)| second - first)
            .collect::<Vec<_>>(),
    );
    let interval = Some((value - Z_95 * error, value + Z_95 * error));
    Some(Area {
        value,
        error,
        interval,
    })
}

/// The ROC curve in steps: at each share of kept rows that would be flagged, the share of lost
/// rows that would be. Begins at (0, 0) and ends at (1, 1).
#[must_use]
pub fn curve(marks: &[Mark]) -> Vec<(f64, f64)> {
    let places = Places::new(marks);
    let lost = marks
        .iter()
        .zip(&places.of_rows)
        .filter(|(mark, _)| mark.is_lost);
    let kept = |date: u16| places.dates.get(&date).map_or(0, |date| date.kept);
    let mut flagged: Vec<f64> = lost
        .filter(|(mark, _)| kept(mark.date) > 0)
        .map(|(mark, above)| 1.0 - above / number(kept(mark.date)))
        .collect();
    flagged.sort_by(f64::total_cmp);
    let all = number(flagged.len());
    let steps = (1..)
        .zip(flagged)
        .flat_map(|(rank, share)| [(share, number(rank - 1) / all), (share, number(rank) / all)]);
    let mut points: Vec<(f64, f64)> = [(0.0, 0.0)].into_iter().chain(steps).collect();
    points.push((1.0, 1.0));
    points
}

/// What one date adds.
#[derive(Clone, Copy, Default)]
struct Date {
    lost: usize,
    kept: usize,
    /// Pairs in the right order, ties counting half.
    right: f64,
}

impl Date {
    /// Sum of the places of its lost rows, and how many those are; nothing without kept rows.
    fn places(self) -> (f64, usize) {
        if self.kept == 0 {
            (0.0, 0)
        } else {
            (self.right / number(self.kept), self.lost)
        }
    }
}

struct Places<'m> {
    marks: &'m [Mark],
    /// Per row, the rows of the other group and its date that lie on its right side.
    of_rows: Vec<f64>,
    dates: BTreeMap<u16, Date>,
}

impl<'m> Places<'m> {
    fn new(marks: &'m [Mark]) -> Self {
        let mut scores: BTreeMap<u16, [Vec<i64>; 2]> = BTreeMap::new();
        for mark in marks {
            let [lost, kept] = scores.entry(mark.date).or_default();
            if mark.is_lost { lost } else { kept }.push(mark.score);
        }
        scores
            .values_mut()
            .flatten()
            .for_each(|scores| scores.sort_unstable());
        let mut dates: BTreeMap<u16, Date> = BTreeMap::new();
        let place = |mark: &Mark| {
            let others = scores.get(&mark.date);
            let others: &[i64] =
                others.map_or(&[], |[lost, kept]| if mark.is_lost { kept } else { lost });
            let below = others.partition_point(|score| *score < mark.score);
            let up_to = others.partition_point(|score| *score <= mark.score);
            let right = if mark.is_lost {
                others.len() - up_to
            } else {
                below
            };
            let right = number(right) + number(up_to - below) / 2.0;
            let date = dates.entry(mark.date).or_default();
            if mark.is_lost {
                date.lost += 1;
                date.right += right;
            } else {
                date.kept += 1;
            }
            right
        };
        let of_rows = marks.iter().map(place).collect();
        Self {
            marks,
            of_rows,
            dates,
        }
    }

    fn sums(&self) -> (f64, usize) {
        let of_dates = self.dates.values().map(|date| date.places());
        of_dates.fold((0.0, 0), |(sum, rows), (place, lost)| {
            (sum + place, rows + lost)
        })
    }

    fn area(&self) -> Option<f64> {
        let (sum, rows) = self.sums();
        (rows > 0).then(|| sum / number(rows))
    }

    /// The area without each cluster in turn, in the order of clusters; `None` where one of them
    /// carries it alone.
    fn without_each(&self) -> Option<Vec<f64>> {
        let mut clusters: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (row, mark) in self.marks.iter().enumerate() {
            clusters.entry(mark.cluster).or_default().push(row);
        }
        let (sum, rows) = self.sums();
        let without = |own: &Vec<usize>| {
            let (mut sum, mut rows) = (sum, rows);
            for row in own {
                let (mark, right) = (self.marks.get(*row)?, self.of_rows.get(*row)?);
                let date = self.dates.get(&mark.date)?;
                let (place, lost) = date.places();
                let mut rest = *date;
                rest.right -= right;
                if mark.is_lost {
                    rest.lost -= 1;
                } else {
                    rest.kept -= 1;
                }
                let (place_then, lost_then) = rest.places();
                sum += place_then - place;
                rows = rows + lost_then - lost;
            }
            (rows > 0).then(|| sum / number(rows))
        };
        clusters.values().map(without).collect()
    }
}

/// The standard error from the values without each cluster.
fn jackknife(without: &[f64]) -> f64 {
    let count = number(without.len());
    let mean = without.iter().sum::<f64>() / count;
    let squares: f64 = without
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    libm::sqrt((count - 1.0) / count * squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(rows: &[(u32, u16, bool, i64)]) -> Vec<Mark> {
        let mark = |&(cluster, date, is_lost, score): &(u32, u16, bool, i64)| Mark {
            cluster,
            date,
            is_lost,
            score,
        };
        rows.iter().map(mark).collect()
    }

    /// Two lost accounts, three that were kept, and a tie.
    const ONE_DATE: [(u32, u16, bool, i64); 5] = [
        (1, 0, true, 10),
        (2, 0, true, 30),
        (3, 0, false, 20),
        (4, 0, false, 40),
        (5, 0, false, 30),
    ];

    #[test]
    fn a_case_of_one_date_worked_by_hand() {
        // 10 has 3 of 3 above it, 30 has 1 and a tie: (3 + 1.5) / 6 = 3/4. In ranks: 20, 40 and
        // the tied 30 have 2, 5 and 3.5, U = 10.5 − 3·4/2 = 4.5.
        // Without each: 1/2, 1, 7/8, 5/8, 3/4; mean 3/4, squares 0.15625, variance 4/5 of them.
        let found = area(&marks(&ONE_DATE)).unwrap();
        assert!((found.value - 0.75).abs() < 1e-12, "{found:?}");
        assert!((found.error - 0.125_f64.sqrt()).abs() < 1e-12, "{found:?}");
        // Log odds of 3/4 are ln 3; half is 1.96 · 0.35355 / (3/16).
        let (low, high) = found.interval.unwrap();
        let half = 1.959_964 * 0.125_f64.sqrt() / 0.1875;
        let back = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        assert!((low - back(3.0_f64.ln() - half)).abs() < 1e-6, "{low}");
        assert!((high - back(3.0_f64.ln() + half)).abs() < 1e-6, "{high}");
    }

    #[test]
    fn a_case_of_two_dates_worked_by_hand() {
        // First date: lost 10; kept 20 and 5: place 1/2. Second: lost 15 (who was kept before);
        // kept 30: place 1. Area 3/4; without each account 1, 0, 1 (the second date has nobody to
        // compare with then): mean 2/3, squares 6/9, variance 2/3 of them.
        let rows = [
            (1, 0, true, 10),
            (2, 0, false, 20),
            (3, 0, false, 5),
            (2, 1, true, 15),
            (3, 1, false, 30),
        ];
        let found = area(&marks(&rows)).unwrap();
        assert!((found.value - 0.75).abs() < 1e-12, "{found:?}");
        assert!((found.error - 2.0 / 3.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn dates_are_not_compared_with_each_other() {
        // Everybody's score falls and more leave on the second date; within each date the score
        // says nothing.
        let mut rows = Vec::new();
        for cluster in 0..40 {
            let score = i64::from(cluster % 2);
            rows.push((cluster, 0, cluster < 4, 900 + score));
            rows.push((cluster, 1, cluster < 36, 100 + score));
        }
        let found = area(&marks(&rows)).unwrap();
        assert!((found.value - 0.5).abs() < 1e-12, "{found:?}");
        let pooled: Vec<_> = (0..)
            .zip(&rows)
            .map(|(row, it)| (row, 0, it.2, it.3))
            .collect();
        assert!(area(&marks(&pooled)).unwrap().value > 0.85);
    }

    #[test]
    fn a_rule_differs_from_itself_by_nothing_and_from_its_mirror_by_twice_the_distance() {
        let rows = marks(&ONE_DATE);
        let same = difference(&rows, &rows).unwrap();
        assert!(same.value.abs() < 1e-12 && same.error < 1e-12, "{same:?}");
        let mirror =
            marks(&ONE_DATE.map(|(cluster, date, lost, score)| (cluster, date, lost, -score)));
        let (found, one) = (difference(&rows, &mirror).unwrap(), area(&rows).unwrap());
        assert!((found.value - (1.0 - 2.0 * one.value)).abs() < 1e-12);
        assert!((found.error - 2.0 * one.error).abs() < 1e-12);
    }

    #[test]
    fn too_little_is_no_area() {
        let cases: [&[(u32, u16, bool, i64)]; 4] = [
            &[],
            &[(1, 0, true, 1), (2, 0, true, 2)],
            &[(1, 0, true, 1), (2, 1, false, 2)],
            &[(1, 0, true, 1), (2, 0, false, 2), (3, 0, false, 2)],
        ];
        for rows in cases {
            assert_eq!(area(&marks(rows)), None, "{rows:?}");
        }
    }

    #[test]
    fn the_curve_goes_from_corner_to_corner_and_has_the_area() {
        let points = curve(&marks(&ONE_DATE));
        assert_eq!(
            (points[0], *points.last().unwrap()),
            ((0.0, 0.0), (1.0, 1.0))
        );
        let under = points.windows(2).map(|pair| {
            let [(x_1, y_1), (x_2, _)] = [pair[0], pair[1]];
            (x_2 - x_1) * y_1
        });
        assert!((under.sum::<f64>() - 0.75).abs() < 1e-12);
    }
}
