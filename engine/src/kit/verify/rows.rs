//! Made-up customers: at the edges of a card, at the values that wake a rule, anywhere, beyond all
//! reason. The same seed makes the same.

use puls_reference::Grid;
use puls_scorecard::Card;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::kit::Candidate;

/// Numbers that break careless arithmetic.
const NASTY: [f64; 14] = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2.225_073_858_507_201_4e-308,
    1e-9,
    -1.0,
    1e9,
    -1e9,
    9_007_199_254_740_993.0,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
];
const INFINITE: [f64; 2] = [f64::INFINITY, f64::NEG_INFINITY];
/// Rows from which extremes start.
const EXTREME_BASES: usize = 3;

/// Makes rows for one rule.
pub(super) struct Source {
    random: Pcg64,
    /// Per feature the values at which the rule turns, as far as they are known; empty for a text.
    pub(super) edges: Vec<Vec<f64>>,
    /// Per feature the number of texts that it lists.
    texts: Vec<usize>,
}

impl Source {
    pub(super) fn new(candidate: &Candidate, card: Option<&Card>, seed: u64) -> Self {
        let features = &candidate.module.manifest.features;
        let mut edges: Vec<Vec<f64>> = features.iter().map(|it| it.wake.clone()).collect();
        if let Some(card) = card {
            let parameters: Vec<_> = card.parameters.iter().map(|it| it.default).collect();
            for (column, values) in Grid::whole(card, &parameters).columns {
                if let Some(edges) = edges.get_mut(column) {
                    edges.extend(values.into_iter().filter(|it| it.is_finite()));
                }
            }
        }
        let texts: Vec<_> = features.iter().map(|it| it.values.len()).collect();
        for (edges, texts) in edges.iter_mut().zip(&texts) {
            if *texts > 0 {
                edges.clear();
            }
            edges.sort_by(f64::total_cmp);
            edges.dedup_by(|a, b| a.to_bits() == b.to_bits());
        }
        Self {
            random: Pcg64::seed_from_u64(seed),
            edges,
            texts,
        }
    }

    pub(super) fn batch(&mut self, count: usize) -> Vec<Vec<f64>> {
        (0..count).map(|_| self.row()).collect()
    }

    pub(super) fn row(&mut self) -> Vec<f64> {
        // Of some customers all is known, of some hardly anything.
        let missing = [0, 5, 15, 50, 90].choose(&mut self.random).copied();
        let missing = missing.unwrap_or(0);
        (0..self.texts.len())
            .map(|column| {
                if self.random.random_range(0..100) < missing {
                    f64::NAN
                } else {
                    self.value(column)
                }
            })
            .collect()
    }

    /// A value of a feature that is there.
    pub(super) fn value(&mut self, column: usize) -> f64 {
        let texts = self.texts.get(column).copied().unwrap_or(0);
        if texts > 0 {
            let most = i32::try_from(texts).unwrap_or(i32::MAX);
            return f64::from(self.random.random_range(-1..most));
        }
        let edges = self.edges.get(column).map_or(&[][..], Vec::as_slice);
        match self.random.random_range(0..20) {
            0..=8 if !edges.is_empty() => edges.choose(&mut self.random).copied().unwrap_or(0.0),
            0..=11 => f64::from(self.random.random_range(0..=100)),
            12..=15 => self.random.random_range(-50.0..150.0),
            16..=18 => self.random.random_range(0.0..1e6),
            _ => NASTY.choose(&mut self.random).copied().unwrap_or(0.0),
        }
    }

    /// Every feature in turn missing and beyond all reason, and all of them at once.
    pub(super) fn extremes(&mut self) -> Vec<Vec<f64>> {
        let all = || NASTY.iter().chain(&INFINITE).copied();
        let columns = self.texts.len();
        let mut rows: Vec<Vec<f64>> = std::iter::once(f64::NAN)
            .chain(all())
            .map(|value| vec![value; columns])
            .collect();
        for _ in 0..EXTREME_BASES {
            let base: Vec<_> = (0..columns).map(|column| self.value(column)).collect();
            for column in 0..columns {
                for value in std::iter::once(f64::NAN).chain(all()) {
                    let mut row = base.clone();
                    if let Some(place) = row.get_mut(column) {
                        *place = value;
                    }
                    rows.push(row);
                }
            }
        }
        rows
    }
}
