//! The split of a change of score: what the rule, missing data, time and the customer did to it.
//!
//! ```text
//! R0 published ─▶ R1 this rule on the published values      rule
//!              ─▶ R2 with features that came or went        data availability
//!              ─▶ R3 with features that no event moved      time
//!              ─▶ (features relative to peers: none yet)    peers
//!              ─▶ R4 the score of now                       customer
//! ```
//! Each part is the difference of two neighbours, so they sum exactly. A hybrid row that has no
//! score moves nothing. What an override adds to or takes from the rule's own score stands apart:
//! it was neither.

use super::memory::Published;
use super::policy::Policy;
use super::{Judged, Reading, Rescore};

/// A change of score since the last publication, in ten-thousandths of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Split {
    /// Another version or other parameters.
    pub rule: i64,
    /// Features that were missing and are not, or the reverse.
    pub data: i64,
    /// Features that changed although no event could have moved them.
    pub time: i64,
    /// Features relative to peers.
    pub peers: i64,
    /// Everything else: what the customer did.
    pub customer: i64,
    /// An override that came, changed or went.
    pub over: i64,
}

impl Split {
    /// The whole change.
    #[must_use]
    pub const fn sum(&self) -> i64 {
        self.rule + self.data + self.time + self.peers + self.customer + self.over
    }
}

/// Splits the change from `published` to what was judged; `None` where either has no score.
/// `touched` has the kinds of the events in between.
pub(super) fn split(
    policy: &Policy,
    published: &Published,
    (reading, judged, touched): (&Reading<'_>, &Judged, u16),
    rescore: &mut dyn Rescore,
) -> Option<Split> {
    let change = judged.score? - published.score?;
    let Some((before, now)) = published.computed.zip(judged.computed) else {
        return Some(Split {
            over: change,
            ..Split::default()
        });
    };
    let mut row: Vec<f64> = reading.features.to_vec();
    let mut away = 0_usize;
    let mut olds: Vec<Option<f64>> = Vec::with_capacity(row.len());
    let is_aligned = *published.columns == *policy.columns;
    for (index, (feature, value)) in policy.features.iter().zip(&mut row).enumerate() {
        let place = if is_aligned {
            Some(index)
        } else {
            published.place(feature.tag)
        };
        let old = place
            .and_then(|place| published.row.get(place))
            .map(|bits| f64::from_bits(*bits))
            .filter(|old| old.to_bits() != value.to_bits());
        if let Some(old) = old {
            *value = old;
            away += 1;
        }
        olds.push(old);
    }
    let mut run = Hybrids {
        row,
        away,
        olds,
        reading,
        now,
        rescore,
    };
    let is_rule = published.rule != reading.rule.fingerprint();
    let after_rule = if is_rule { run.score(before) } else { before };
    let after_data = run.bring(after_rule, |_, old, new| old.is_nan() != new.is_nan());
    let is_still = |index: usize, _: f64, _: f64| {
        policy
            .features
            .get(index)
            .is_some_and(|feature| feature.kinds & touched == 0)
    };
    let after_time = run.bring(after_data, is_still);
    Some(Split {
        rule: after_rule - before,
        data: after_data - after_rule,
        time: after_time - after_data,
        peers: 0,
        customer: now - after_time,
        over: change - (now - before),
    })
}

impl Published {
    /// Where the feature with this tag stands in the row.
    fn place(&self, tag: u32) -> Option<usize> {
        self.columns.iter().position(|column| *column == tag)
    }
}

/// A row on its way from the published values to those of now.
struct Hybrids<'h> {
    row: Vec<f64>,
    /// Features that still have their published value, and differ in it.
    away: usize,
    /// That value, per feature.
    olds: Vec<Option<f64>>,
    reading: &'h Reading<'h>,
    /// The score once all have arrived.
    now: i64,
    rescore: &'h mut dyn Rescore,
}

impl Hybrids<'_> {
    /// Gives the features that `moves` their value of now, and the score that follows from `score`.
    fn bring(&mut self, score: i64, moves: impl Fn(usize, f64, f64) -> bool) -> i64 {
        let away_before = self.away;
        let features = self
            .row
            .iter_mut()
            .zip(&mut self.olds)
            .zip(self.reading.features);
        for (index, ((value, old), new)) in features.enumerate() {
            if old.is_some_and(|old| moves(index, old, *new)) {
                *value = *new;
                *old = None;
                self.away -= 1;
            }
        }
        if self.away == away_before {
            score
        } else {
            self.score(score)
        }
    }

    /// The score of the row as it is, or `otherwise` where it has none.
    fn score(&mut self, otherwise: i64) -> i64 {
        if self.away == 0 {
            return self.now;
        }
        self.rescore.score(&self.row).unwrap_or(otherwise)
    }
}
