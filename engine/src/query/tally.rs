//! What a what-if counts: migrations, scores, segments, movers. Sums only, so that it does not
//! matter which thread counted what.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::compare::Comparison;
use crate::decide::Plain;
use crate::model::{Key, Time};
use crate::shard::Chunk;

/// Bands of ten points in a distribution.
const BINS: usize = 10;
/// Ten-thousandths of a point in a bin.
const BIN: i64 = 100_000;

/// Everything that is counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Accounts that both rules answered on.
    pub accounts: u64,
    /// Accounts that a rule failed on: the present one, the draft.
    pub failures: [u64; 2],
    /// Least and greatest moment of the values.
    pub moments: Option<(Time, Time)>,
    /// Accounts by tier, as many rows as the present rule has tiers, columns as the draft has.
    pub migration: Vec<Vec<u64>>,
    /// Scores of the present rule and of the draft.
    pub scores: [Scores; 2],
    /// Accounts that have a score by both rules.
    pub scored_by_both: u64,
    /// Those of them whose score is another.
    pub scores_changed: u64,
    /// By segment; `None` for accounts without one.
    pub segments: BTreeMap<Option<Box<str>>, OfSegment>,
    /// The greatest movers, the greatest first.
    pub movers: Vec<Mover>,
    movers_max: usize,
    places: Places,
}

/// Scores of one rule over many accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// Accounts that have one.
    pub scored: u64,
    /// Their sum, in ten-thousandths of a point.
    pub sum: i128,
    /// Accounts in 0 to 10 points, 10 to 20, …; an edge belongs to the bin above it.
    pub bins: [u64; BINS],
}

/// What is counted of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfSegment {
    /// Its accounts.
    pub accounts: u64,
    /// How tiers move.
    pub moves: Moves,
    /// Scores and their sum: the present rule, the draft.
    pub scores: [(u64, i128); 2],
}

/// How tiers move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Into a better band.
    pub better: u64,
    /// Into a worse band.
    pub worse: u64,
    /// Between a band, `unknown` and `not_scored`, or into one that cannot be compared.
    pub other: u64,
}

/// An account that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mover {
    /// Which.
    pub key: Key,
    /// By how much, in ten-thousandths of a point; 0 where one of the two has no score.
    pub moved: i64,
    /// Its chunk.
    pub chunk: usize,
    /// Its row there.
    pub row: usize,
}

/// How the tiers of both rules lie to each other.
#[derive(Clone, Debug)]
struct Places {
    /// Of a present tier its rank among all bands; `None` for `unknown` and `not_scored`.
    present: Vec<Option<usize>>,
    draft: Vec<Option<usize>>,
    /// Whether two tiers are one.
    same: Vec<Vec<bool>>,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(what: &Comparison<'_>) -> Self {
        let places = Places::new(what);
        let row = vec![0; places.draft.len()];
        Self {
            accounts: 0,
            failures: [0; 2],
            moments: None,
            migration: vec![row; places.present.len()],
            scores: [Scores::default(); 2],
            scored_by_both: 0,
            scores_changed: 0,
            segments: BTreeMap::new(),
            movers: Vec::new(),
            movers_max: what.movers,
            places,
        }
    }

    /// Counts a chunk; `None` where a rule failed on a row.
    pub(super) fn count(
        &mut self,
        number: usize,
        chunk: &Chunk,
        (present, draft): (&[Option<Plain>], &[Option<Plain>]),
    ) {
        let mut segments: Vec<(Option<&str>, OfSegment)> = Vec::new();
        for (row, (before, after)) in present.iter().zip(draft).enumerate() {
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            self.accounts += 1;
            let cell = self.migration.get_mut(before.tier);
            if let Some(cell) = cell.and_then(|row| row.get_mut(after.tier)) {
                *cell += 1;
            }
            for (scores, side) in self.scores.iter_mut().zip([before, after]) {
                scores.add(side.score);
            }
            let moves = self.places.moves(before.tier, after.tier);
            let of = chunk.segment(row);
            let place = segments.iter().position(|(segment, _)| *segment == of);
            let place = place.unwrap_or_else(|| {
                segments.push((of, OfSegment::default()));
                segments.len() - 1
            });
            if let Some((_, segment)) = segments.get_mut(place) {
                segment.add((before.score, after.score), moves);
            }
            let both = before.score.zip(after.score);
            let delta = both.map_or(0, |(a, b)| b - a);
            self.scored_by_both += u64::from(both.is_some());
            self.scores_changed += u64::from(delta != 0);
            if delta != 0 || moves != Moves::default() {
                self.move_in(delta, (number, chunk, row));
            }
        }
        for at in chunk.moments() {
            let (least, most) = self.moments.unwrap_or((*at, *at));
            self.moments = Some((least.min(*at), most.max(*at)));
        }
        for (name, counted) in segments {
            let own = self.segments.entry(name.map(Into::into)).or_default();
            own.sum(&counted);
        }
    }

    fn move_in(&mut self, moved: i64, (chunk, of, row): (usize, &Chunk, usize)) {
        let Some(key) = of.keys().get(row) else {
            return;
        };
        let is_among = self.movers.len() < self.movers_max
            || self.movers.last().is_some_and(|last| {
                rank(moved, key) < rank(last.moved, &last.key) && self.movers_max > 0
            });
        if !is_among {
            return;
        }
        let place = self
            .movers
            .partition_point(|it| rank(it.moved, &it.key) < rank(moved, key));
        let key = key.clone();
        let mover = Mover {
            key,
            moved,
            chunk,
            row,
        };
        self.movers.insert(place, mover);
        self.movers.truncate(self.movers_max);
    }

    /// Adds what another thread counted.
    pub(super) fn add(&mut self, other: Self) {
        self.accounts += other.accounts;
        for (own, other) in self.failures.iter_mut().zip(other.failures) {
            *own += other;
        }
        let own = self.migration.iter_mut().flatten();
        for (own, other) in own.zip(other.migration.iter().flatten()) {
            *own += other;
        }
        for (own, other) in self.scores.iter_mut().zip(&other.scores) {
            own.sum(other);
        }
        self.scored_by_both += other.scored_by_both;
        self.scores_changed += other.scores_changed;
        self.moments = match (self.moments, other.moments) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        for (name, counted) in other.segments {
            self.segments.entry(name).or_default().sum(&counted);
        }
        self.movers.extend(other.movers);
        self.movers
            .sort_by(|a, b| rank(a.moved, &a.key).cmp(&rank(b.moved, &b.key)));
        self.movers.truncate(self.movers_max);
    }

    /// How tiers move, over all accounts.
    #[must_use]
    pub fn moves(&self) -> Moves {
        let mut moves = Moves::default();
        for segment in self.segments.values() {
            moves.add(&segment.moves);
        }
        moves
    }
}

/// The order of movers: the greatest first, ties by key.
const fn rank(moved: i64, key: &Key) -> (Reverse<u64>, &Key) {
    (Reverse(moved.unsigned_abs()), key)
}

impl Scores {
    fn add(&mut self, score: Option<i64>) {
        let Some(score) = score else { return };
        self.scored += 1;
        self.sum += i128::from(score);
        let bin = usize::try_from(score.div_euclid(BIN)).unwrap_or(0);
        if let Some(bin) = self.bins.get_mut(bin.min(BINS - 1)) {
            *bin += 1;
        }
    }

    fn sum(&mut self, other: &Self) {
        self.scored += other.scored;
        self.sum += other.sum;
        for (own, other) in self.bins.iter_mut().zip(other.bins) {
            *own += other;
        }
    }
}

impl OfSegment {
    fn add(&mut self, (before, after): (Option<i64>, Option<i64>), moves: Moves) {
        self.accounts += 1;
        self.moves.add(&moves);
        for (own, score) in self.scores.iter_mut().zip([before, after]) {
            own.0 += u64::from(score.is_some());
            own.1 += i128::from(score.unwrap_or(0));
        }
    }

    fn sum(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.moves.add(&other.moves);
        for (own, other) in self.scores.iter_mut().zip(other.scores) {
            own.0 += other.0;
            own.1 += other.1;
        }
    }

    /// The same for what is counted of several segments.
    #[must_use]
    pub fn of_all<'s>(all: impl IntoIterator<Item = &'s Self>) -> Self {
        let mut sum = Self::default();
        all.into_iter().for_each(|segment| sum.sum(segment));
        sum
    }
}

impl Moves {
    const fn add(&mut self, other: &Self) {
        self.better += other.better;
        self.worse += other.worse;
        self.other += other.other;
    }

    /// Accounts in another tier.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.better + self.worse + self.other
    }
}

impl Places {
    /// Bands of the same name are one and rank as the draft has them; the others rank by the least
    /// score that they begin at.
    fn new(what: &Comparison<'_>) -> Self {
        let (present, draft) = (what.present.policy(), what.draft.policy());
        let (present_names, draft_names) = (present.tier_names(), draft.tier_names());
        let (present_edges, draft_edges) = (present.tier_edges(), draft.tier_edges());
        let mut bands: Vec<(Reverse<i64>, &str)> = draft_edges
            .iter()
            .zip(&draft_names)
            .map(|(edge, name)| (Reverse(*edge), *name))
            .collect();
        for (edge, name) in present_edges.iter().zip(&present_names) {
            if !bands.iter().any(|(_, known)| known == name) {
                bands.push((Reverse(*edge), name));
            }
        }
        bands.sort_unstable();
        let rank = |name: &&str| bands.iter().position(|(_, band)| band == name);
        let ranks = |names: &[&str]| names.iter().map(rank).collect::<Vec<_>>();
        let same = present_names
            .iter()
            .map(|before| draft_names.iter().map(|after| before == after).collect());
        Self {
            same: same.collect(),
            present: ranks(&present_names),
            draft: ranks(&draft_names),
        }
    }

    fn moves(&self, before: usize, after: usize) -> Moves {
        let same = self.same.get(before).and_then(|row| row.get(after));
        let mut moves = Moves::default();
        if same == Some(&true) {
            return moves;
        }
        let ranks = self.present.get(before).zip(self.draft.get(after));
        match ranks {
            Some((Some(before), Some(after))) if after < before => moves.better = 1,
            Some((Some(_), Some(_))) => moves.worse = 1,
            _ => moves.other = 1,
        }
        moves
    }
}
