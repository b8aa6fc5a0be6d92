//! The split of a change of score: what the rule, missing data, time, the peers and the customer
//! did to it.
//!
//! ```text
//! R0 published ─▶ R1 this rule on the published values      rule
//!              ─▶ R2 with features that came or went        data availability
//!              ─▶ R3 with features that no event moved      time
//!              ─▶ R4 with the peers of now                  peers
//!              ─▶ R5 the score of now                       customer
//! ```
//! Each part is the difference of two neighbours, so they sum exactly. A hybrid row that has no
//! score moves nothing. A feature relative to peers moves twice: with the account's own number, by
//! time or by the customer, and with the statistics of its segment. On the way it has the number of
//! one of then and the other of now, which whoever has the statistics works out. What an override
//! adds to or takes from the rule's own score stands apart: it was neither.

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
    let after_data = run.bring(after_rule, &mut |_, (old, new), _| {
        (old.is_nan() != new.is_nan()).then_some((new, true))
    });
    let is_still = |index: usize| {
        let feature = policy.features.get(index);
        feature.is_some_and(|feature| feature.kinds & touched == 0)
    };
    let behind = Behind::new(policy, published, reading);
    let after_time = run.bring(after_data, &mut |index, (_, new), rescore| {
        if !is_still(index) {
            return None;
        }
        match behind.of(index) {
            None => Some((new, true)),
            Some((_, own)) => Some((rescore.relate(index, own, behind.peers_then?)?, false)),
        }
    });
    let after_peers = run.bring(after_time, &mut |index, (_, new), rescore| {
        let (own_then, _) = behind.of(index)?;
        if is_still(index) {
            return Some((new, true));
        }
        Some((rescore.relate(index, own_then, behind.peers_now?)?, false))
    });
    Some(Split {
        rule: after_rule - before,
        data: after_data - after_rule,
        time: after_time - after_data,
        peers: after_peers - after_time,
        customer: now - after_peers,
        over: change - (now - before),
    })
}

/// What stands behind features relative to peers, then and now.
struct Behind {
    /// Per feature the account's own number, then and now; `None` for other features.
    own: Vec<Option<(f64, f64)>>,
    /// The statistics of then and of now, of the segment that the account had then: a change of
    /// its segment is the customer's.
    peers_then: Option<(u16, u64)>,
    peers_now: Option<(u16, u64)>,
}

impl Behind {
    fn new(policy: &Policy, published: &Published, reading: &Reading<'_>) -> Self {
        let mut own = vec![None; policy.features.len()];
        let (then, now) = (published.peers.as_deref(), reading.peers);
        for (place, value) in now.iter().flat_map(|now| &now.own) {
            let tag = policy.features.get(*place).map(|feature| feature.tag);
            let known = then.iter().flat_map(|then| &then.own);
            let known = known.copied().find(|(of, _)| Some(*of) == tag);
            let value_then = known.map_or(f64::NAN, |(_, bits)| f64::from_bits(bits));
            if let Some(own) = own.get_mut(*place) {
                *own = Some((value_then, *value));
            }
        }
        let segment = then.map(|then| then.segment);
        let day_now = now.and_then(|now| now.day);
        Self {
            own,
            peers_then: then.and_then(|then| then.day).zip(segment),
            peers_now: day_now.zip(segment),
        }
    }

    fn of(&self, index: usize) -> Option<(f64, f64)> {
        self.own.get(index).copied().flatten()
    }
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
    /// Features that have not arrived.
    away: usize,
    /// Per feature its published value, until it has arrived.
    olds: Vec<Option<f64>>,
    reading: &'h Reading<'h>,
    /// The score once all have arrived.
    now: i64,
    rescore: &'h mut dyn Rescore,
}

/// Says, of a feature with its values of then and of now, which one it takes in a stage, and
/// whether it has arrived with it; `None` where the stage does not move it.
type Moves<'m> = dyn FnMut(usize, (f64, f64), &mut dyn Rescore) -> Option<(f64, bool)> + 'm;

impl Hybrids<'_> {
    /// Moves features on, and gives the score that follows from `score`.
    fn bring(&mut self, score: i64, moves: &mut Moves<'_>) -> i64 {
        let mut has_moved = false;
        let features = self
            .row
            .iter_mut()
            .zip(&mut self.olds)
            .zip(self.reading.features);
        for (index, ((value, old), new)) in features.enumerate() {
            let Some(of_old) = *old else { continue };
            let Some((moved, arrived)) = moves(index, (of_old, *new), self.rescore) else {
                continue;
            };
            has_moved |= arrived || moved.to_bits() != value.to_bits();
            *value = moved;
            if arrived {
                *old = None;
                self.away -= 1;
            }
        }
        if has_moved { self.score(score) } else { score }
    }

    /// The score of the row as it is, or `otherwise` where it has none.
    fn score(&mut self, otherwise: i64) -> i64 {
        if self.away == 0 {
            return self.now;
        }
        self.rescore.score(&self.row).unwrap_or(otherwise)
    }
}
