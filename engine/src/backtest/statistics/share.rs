//! A share of rows, with an interval that knows that rows of one account go together.
//!
//! The variance of the share between clusters, over that of independent rows, is the design effect;
//! rows divided by it are the effective number of rows, with which Wilson's interval is made. J. N.
//! K. Rao and A. J. Scott, "A Simple Method for the Analysis of Clustered Binary Data", Biometrics
//! 48 (1992), 577-585; E. B. Wilson, Journal of the American Statistical Association 22 (1927),
//! 209-212. A design effect below 1 counts as 1, and where no row or every row counts, so that
//! nothing is known of the spread, the effective number of rows is that of clusters.

use std::collections::BTreeMap;

use super::{Z_95, number};

/// A share with its evidence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share {
    /// Rows that count.
    pub hits: usize,
    /// All rows.
    pub rows: usize,
    /// Different clusters among them.
    pub clusters: usize,
    /// `hits / rows`.
    pub value: f64,
    /// 95 % interval.
    pub interval: (f64, f64),
}

/// The share of `rows` (cluster, whether it counts) that count; `None` without rows.
#[must_use]
pub fn share(rows: impl IntoIterator<Item = (u32, bool)>) -> Option<Share> {
    let mut clusters: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (cluster, is_hit) in rows {
        let (hits, rows) = clusters.entry(cluster).or_default();
        *hits += usize::from(is_hit);
        *rows += 1;
    }
    let hits = clusters.values().map(|(hits, _)| hits).sum();
    let rows = clusters.values().map(|(_, rows)| rows).sum();
    if rows == 0 {
        return None;
    }
    let value = number(hits) / number(rows);
    let effective = if hits == 0 || hits == rows {
        number(clusters.len())
    } else {
        number(rows) / design_effect(&clusters, value, rows)
    };
    Some(Share {
        hits,
        rows,
        clusters: clusters.len(),
        value,
        interval: wilson(value, effective),
    })
}

fn design_effect(clusters: &BTreeMap<u32, (usize, usize)>, value: f64, rows: usize) -> f64 {
    if clusters.len() < 2 {
        return number(rows);
    }
    let residual = |(hits, rows): &(usize, usize)| number(*hits) - value * number(*rows);
    let squares: f64 = clusters
        .values()
        .map(|it| residual(it) * residual(it))
        .sum();
    let count = number(clusters.len());
    let rows = number(rows);
    let between = count / (count - 1.0) * squares / (rows * rows);
    (between / (value * (1.0 - value) / rows)).max(1.0)
}

fn wilson(value: f64, rows: f64) -> (f64, f64) {
    let square = Z_95 * Z_95;
    let whole = 1.0 + square / rows;
    let centre = (value + square / (2.0 * rows)) / whole;
    let spread = value * (1.0 - value) / rows + square / (4.0 * rows * rows);
    let half = Z_95 / whole * libm::sqrt(spread);
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(clusters: &[(u32, usize, usize)]) -> Share {
        let rows = clusters
            .iter()
            .flat_map(|&(cluster, hits, rows)| (0..rows).map(move |row| (cluster, row < hits)));
        share(rows).unwrap()
    }

    #[test]
    fn a_case_worked_by_hand() {
        // 3 of 3, 0 of 3, 1 of 2: share 1/2, residuals 1.5, −1.5, 0, variance 1.5 · 4.5 / 64,
        // design effect 3.375, effective rows 2.37037; Wilson gives 0.5 ± 0.393195.
        let found = of(&[(1, 3, 3), (2, 0, 3), (3, 1, 2)]);
        assert_eq!((found.hits, found.rows, found.clusters), (4, 8, 3));
        assert!((found.interval.0 - 0.106_805).abs() < 1e-5, "{found:?}");
        assert!((found.interval.1 - 0.893_195).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn rows_of_their_own_accounts_have_wilsons_interval() {
        // 1 of 10, ten accounts: the spread between accounts is estimated, so the design effect is
        // 10/9 and ten rows count as nine: 0.219658 ± 0.203079.
        let rows: Vec<_> = (0..10)
            .map(|row| (row, 1 - usize::from(row > 0), 1))
            .collect();
        let found = of(&rows);
        assert!((found.interval.0 - 0.016_579).abs() < 1e-5, "{found:?}");
        assert!((found.interval.1 - 0.422_737).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn nothing_found_in_few_accounts_is_no_certainty() {
        // 0 of 40 rows of 4 accounts: as 0 of 4, at most 0.49.
        let found = of(&[(1, 0, 10), (2, 0, 10), (3, 0, 10), (4, 0, 10)]);
        assert!(found.interval.0.abs() < 1e-12);
        assert!((found.interval.1 - 0.4899).abs() < 1e-3, "{found:?}");
        assert_eq!(share([]), None);
    }
}
