//! Where accounts stand under each rule: tiers against tiers, and scores in bins of five points.

use crate::backtest::Side;
use crate::backtest::fold::{Unit, View};
use crate::backtest::pair::{Ladder, NOT_SCORED, UNKNOWN};

/// Bins of a histogram: five points each, the last with 100 in it.
pub const BINS: usize = 20;
/// Ten-thousandths of a point in a bin.
const BIN: i64 = 50_000;
/// The row of accounts for which no rule governed.
const NO_RULE: &str = "no rule";

/// Accounts by their tier under both rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Tiers of the active rule, from the healthiest down.
    pub rows: Vec<String>,
    /// Tiers of the candidate.
    pub columns: Vec<String>,
    /// Counts, row by row.
    pub counts: Vec<Vec<usize>>,
    /// All.
    pub all: usize,
    /// Whose tier has the same name under both.
    pub same: usize,
    /// At risk under the candidate only.
    pub newly_flagged: usize,
    /// At risk under the active rule only.
    pub no_longer_flagged: usize,
}

impl Migration {
    /// Counts units.
    #[must_use]
    pub fn new(units: &[Unit], [active, candidate]: &[Ladder; 2]) -> Self {
        let place = |view: Option<View>, ladder: &Ladder| {
            view.map_or(ladder.names.len(), |view| usize::from(view.tier))
        };
        let width = candidate.names.len() + 1;
        let mut cells = vec![vec![0_usize; width]; active.names.len() + 1];
        let (mut same, mut newly_flagged, mut no_longer_flagged) = (0, 0, 0);
        for unit in units {
            let [before, after] = unit.views;
            let row = cells.get_mut(place(before, active));
            if let Some(cell) = row.and_then(|row| row.get_mut(place(after, candidate))) {
                *cell += 1;
            }
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            same += usize::from(active.name(before.tier) == candidate.name(after.tier));
            let was = active.is_flagged(before.tier);
            let is = candidate.is_flagged(after.tier);
            newly_flagged += usize::from(is && !was);
            no_longer_flagged += usize::from(was && !is);
        }
        let named = |ladder: &Ladder| {
            let names = ladder.names.iter().cloned();
            names.chain([NO_RULE.to_owned()]).collect::<Vec<_>>()
        };
        let (rows, columns) = (named(active), named(candidate));
        let is_band = |name: &str| ![UNKNOWN, NOT_SCORED, NO_RULE].contains(&name);
        let is_shown_column = |column: usize, name: &str| {
            is_band(name)
                || cells
                    .iter()
                    .any(|row| row.get(column).is_some_and(|cell| *cell > 0))
        };
        let shown: Vec<bool> = columns
            .iter()
            .enumerate()
            .map(|(column, name)| is_shown_column(column, name))
            .collect();
        let keep = |row: &[usize]| {
            let cells = row.iter().zip(&shown).filter(|(_, shown)| **shown);
            cells.map(|(cell, _)| *cell).collect::<Vec<_>>()
        };
        let kept: Vec<(String, Vec<usize>)> = rows
            .into_iter()
            .zip(&cells)
            .filter(|(name, row)| is_band(name) || row.iter().any(|cell| *cell > 0))
            .map(|(name, row)| (name, keep(row)))
            .collect();
        let columns = columns.into_iter().zip(&shown).filter(|(_, shown)| **shown);
        let columns = columns.map(|(name, _)| name).collect();
        let (rows, counts) = kept.into_iter().unzip();
        Self {
            rows,
            columns,
            counts,
            all: units.len(),
            same,
            newly_flagged,
            no_longer_flagged,
        }
    }

    /// Units that have one name under both.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.counts.iter().flatten().copied().max().unwrap_or(0)
    }
}

/// Scores in bins of five points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Histogram {
    /// Accounts per bin, from 0 up.
    pub bins: [usize; BINS],
    /// Accounts in the population without a score.
    pub unscored: usize,
    /// Accounts with one.
    pub scored: usize,
}

impl Histogram {
    /// Counts the scores of one side.
    #[must_use]
    pub fn new(units: &[Unit], side: Side) -> Self {
        let mut histogram = Self {
            bins: [0; BINS],
            unscored: 0,
            scored: 0,
        };
        for view in units.iter().filter_map(|unit| *side.of(&unit.views)) {
            let Some(score) = view.score() else {
                histogram.unscored += usize::from(view.is_inside());
                continue;
            };
            let bin = usize::try_from(score / BIN).unwrap_or(0).min(BINS - 1);
            if let Some(bin) = histogram.bins.get_mut(bin) {
                *bin += 1;
            }
            histogram.scored += 1;
        }
        histogram
    }
}
