//! What a rule says of one account, and how that becomes a verdict.
//!
//! ```text
//! nominal    of a part:  W / Σ W of the measures that apply × w / Σ w of its measure's parts
//!                        that apply
//! coverage   Σ nominal of the parts whose feature has data, before any substitute
//! effective  as nominal, over the parts that have points: the weight of a missing part goes to
//!            its measure's other parts, and where none is left to the other measures
//! running    Σ effective × points, in part order, in ten-thousandths of a point
//! contribution of a part: round(running with it) − round(running before it)
//! score      min(lowest cap, max(highest floor, Σ contributions))
//! ```
//! Rounding is to the nearest, ties to even. Nothing here keeps a value from one row to the next.

use puls_wire::{MEASURES_MAX, PARTS_MAX, POINTS_NONE, REASON_NONE, SCORE_MAX, Status};

use crate::guest::Columns;
use crate::{Exception, Id, Part, Reason, Rule, Trigger};

/// The part has points, so its weight counts.
const COUNTS: u8 = 1;
/// The points come from data, not from a substitute.
const HAS_DATA: u8 = 2;
/// The part does not apply to this account.
const LEFT_OUT: u8 = 4;
/// The part gives another reason than its own.
const OTHER_REASON: u8 = 8;

/// What a rule says of one account: points per part, exceptions, triggers.
#[derive(Debug)]
pub struct Score {
    states: [u8; PARTS_MAX],
    points: [f64; PARTS_MAX],
    reasons: [u16; PARTS_MAX],
    exceptions: u64,
    triggers: u64,
    cap: Option<i32>,
    floor: Option<i32>,
    outside: bool,
}

impl Score {
    /// Nothing said yet.
    pub(crate) const fn new() -> Self {
        Self {
            states: [0; PARTS_MAX],
            points: [0.0; PARTS_MAX],
            reasons: [0; PARTS_MAX],
            exceptions: 0,
            triggers: 0,
            cap: None,
            floor: None,
            outside: false,
        }
    }

    /// Forgets the last row. What remains in `points` and `reasons` is behind a state of 0.
    #[inline(always)]
    pub(crate) fn clear(&mut self, rule: &Rule) {
        for (state, _) in self.states.iter_mut().zip(rule.parts) {
            *state = 0;
        }
        self.exceptions = 0;
        self.triggers = 0;
        self.cap = None;
        self.floor = None;
        self.outside = false;
    }

    /// Points of a part, 0 to 100 (what lies outside is taken at the border); `None` where its
    /// data is missing: then its weight goes to other parts. A part of which nothing is said is
    /// missing too.
    #[inline(always)]
    pub fn part(&mut self, part: Id<Part>, points: Option<f64>) {
        let given = points.unwrap_or(f64::NAN);
        let state = if given.is_nan() { 0 } else { COUNTS | HAS_DATA };
        self.set(part, state, given);
    }

    /// Points of a part, with other points where its data is missing: 50 is neutral, 0 the worst.
    /// Coverage still counts it as missing.
    #[inline(always)]
    pub fn part_or(&mut self, part: Id<Part>, points: Option<f64>, substitute: f64) {
        match points {
            Some(points) if !points.is_nan() => self.set(part, COUNTS | HAS_DATA, points),
            _ => self.set(part, COUNTS, substitute),
        }
    }

    /// The part does not apply to this account: neither its weight nor its coverage counts.
    #[inline(always)]
    pub fn leave_out(&mut self, part: Id<Part>) {
        self.set(part, LEFT_OUT, 0.0);
    }

    /// Gives another reason for a part than its own. It stands until the part is set again.
    #[inline(always)]
    pub fn because(&mut self, part: Id<Part>, reason: Id<Reason>) {
        let place = (
            self.states.get_mut(part.index()),
            self.reasons.get_mut(part.index()),
        );
        if let (Some(state), Some(other)) = place {
            *state |= OTHER_REASON;
            // The list is asserted to have at most 256 items when its handles are made.
            *other = u16::try_from(reason.index()).unwrap_or(REASON_NONE);
        }
    }

    /// Where `holds`: the exception holds, and the score stays as it is.
    #[inline(always)]
    pub fn raise(&mut self, exception: Id<Exception>, holds: bool) {
        self.exceptions |= bit(exception.index(), holds);
    }

    /// Where `holds`: the exception holds, and the score is at most so many points.
    #[inline(always)]
    pub fn cap(&mut self, exception: Id<Exception>, holds: bool, points: f64) {
        self.raise(exception, holds);
        if holds {
            let points = in_units(points);
            self.cap = Some(self.cap.map_or(points, |lowest| lowest.min(points)));
        }
    }

    /// Where `holds`: the exception holds, and the score is at least so many points, unless a cap
    /// is lower.
    #[inline(always)]
    pub fn floor(&mut self, exception: Id<Exception>, holds: bool, points: f64) {
        self.raise(exception, holds);
        if holds {
            let points = in_units(points);
            self.floor = Some(self.floor.map_or(points, |highest| highest.max(points)));
        }
    }

    /// Where `holds`: asks for something to be done. How often it may fire is the trigger's
    /// cooldown.
    #[inline(always)]
    pub fn trigger(&mut self, trigger: Id<Trigger>, holds: bool) {
        self.triggers |= bit(trigger.index(), holds);
    }

    /// Whether the account is one of those that the rule is about. Where it is not, it gets no
    /// score, whatever else is said. An account of which this is not said is one of them.
    #[inline(always)]
    pub const fn population(&mut self, belongs: bool) {
        self.outside = !belongs;
    }

    #[inline(always)]
    fn set(&mut self, part: Id<Part>, state: u8, points: f64) {
        let place = (
            self.states.get_mut(part.index()),
            self.points.get_mut(part.index()),
        );
        if let (Some(known), Some(place)) = place {
            *known = state;
            *place = points.clamp(0.0, 100.0);
        }
    }

    /// Writes the verdict into its row.
    #[inline(always)]
    pub(crate) fn write(&self, rule: &Rule, out: &mut Columns<'_>, row: usize) {
        let weights = if self.outside {
            Weights::NONE
        } else {
            self.weights(rule)
        };
        let sum = self.write_parts(rule, &weights, out, row);
        let (status, adjust) = self.judge(&weights, sum);
        put(&mut out.status, row, status as u8);
        put(&mut out.coverage, row, weights.coverage);
        put(&mut out.adjust, row, adjust);
        let (exceptions, triggers) = if self.outside {
            (0, 0)
        } else {
            (self.exceptions, self.triggers)
        };
        put(&mut out.exceptions, row, exceptions);
        put(&mut out.triggers, row, triggers);
    }

    /// Status, and what exceptions add to the sum.
    #[inline(always)]
    fn judge(&self, weights: &Weights, sum: i32) -> (Status, i32) {
        if self.outside {
            return (Status::OutsidePopulation, 0);
        }
        if weights.total > 0.0 {
            let floored = self.floor.map_or(sum, |floor| floor.max(sum));
            let score = self.cap.map_or(floored, |cap| cap.min(floored));
            return (Status::Scored, score - sum);
        }
        match self.cap.or(self.floor) {
            Some(forced) => (Status::Scored, forced),
            None => (Status::NoScore, 0),
        }
    }

    /// How the measures share the weight.
    #[inline(always)]
    fn weights(&self, rule: &Rule) -> Weights {
        let mut sums = [[0.0; 3]; MEASURES_MAX];
        for (part, &state) in rule.parts.iter().zip(&self.states) {
            let weight = part.item.weight;
            if let Some([nominal, covered, counted]) = sums.get_mut(part.item.measure.index()) {
                *nominal += only_if(state & LEFT_OUT == 0, weight);
                *covered += only_if(state & HAS_DATA != 0, weight);
                *counted += only_if(state & COUNTS != 0, weight);
            }
        }
        let mut weights = Weights::NONE;
        let (mut applies, mut covers) = (0.0, 0.0);
        for (measure, [nominal, covered, counted]) in rule.measures.iter().zip(sums) {
            let weight = measure.item.weight;
            if nominal > 0.0 {
                applies += weight;
                covers += weight * covered / nominal;
            }
            weights.total += only_if(counted > 0.0, weight);
        }
        for ((measure, [_, _, counted]), scale) in
            rule.measures.iter().zip(sums).zip(&mut weights.scale)
        {
            if counted > 0.0 && weights.total > 0.0 {
                *scale = measure.item.weight / weights.total / counted;
            }
        }
        if applies > 0.0 {
            weights.coverage = small(covers / applies * 10_000.0);
        }
        weights
    }

    /// Writes the columns of the parts and returns the sum of their contributions.
    #[inline(always)]
    fn write_parts(
        &self,
        rule: &Rule,
        weights: &Weights,
        out: &mut Columns<'_>,
        row: usize,
    ) -> i32 {
        let (mut running, mut sum) = (0.0, 0);
        let mut own_reason = REASON_NONE;
        let said = self.states.iter().zip(&self.points).zip(&self.reasons);
        let columns = out
            .contribution
            .iter_mut()
            .zip(out.points.iter_mut())
            .zip(out.weight.iter_mut().zip(out.reason.iter_mut()));
        for ((part, ((&state, &points), &other)), ((contribution, hundredths), (weight, reason))) in
            rule.parts.iter().zip(said).zip(columns)
        {
            own_reason += 1;
            let counts = state & COUNTS != 0 && !self.outside;
            let scale = weights
                .scale
                .get(part.item.measure.index())
                .copied()
                .unwrap_or(0.0);
            let effective = only_if(counts, part.item.weight * scale);
            running += effective * only_if(counts, points) * 10_000.0;
            let rounded = nearest(running);
            let given = if state & OTHER_REASON == 0 {
                own_reason
            } else {
                rule.reason_after_parts(other)
            };
            put(contribution, row, rounded - sum);
            put(
                hundredths,
                row,
                if counts {
                    small(points * 100.0)
                } else {
                    POINTS_NONE
                },
            );
            put(weight, row, small(effective * 10_000.0));
            put(reason, row, if counts { given } else { REASON_NONE });
            sum = rounded;
        }
        sum
    }
}

/// How much each part's weight is worth on this row.
struct Weights {
    /// Σ weight of the measures that have points.
    total: f64,
    /// Per measure: from a part's weight to its effective weight.
    scale: [f64; MEASURES_MAX],
    /// Ten-thousandths.
    coverage: u16,
}

impl Weights {
    const NONE: Self = Self {
        total: 0.0,
        scale: [0.0; MEASURES_MAX],
        coverage: 0,
    };
}

#[inline(always)]
fn put<T>(column: &mut [T], row: usize, value: T) {
    if let Some(place) = column.get_mut(row) {
        *place = value;
    }
}

#[inline(always)]
fn bit(index: usize, holds: bool) -> u64 {
    // No list is longer than 64, so the remainder changes nothing.
    u64::from(holds) << (index % 64)
}

/// The value or +0.0, without a branch: real data makes a jump here as bad as a coin toss.
#[inline(always)]
fn only_if(holds: bool, value: f64) -> f64 {
    f64::from_bits(value.to_bits() & u64::from(holds).wrapping_neg())
}

/// The nearest whole number, ties to even, for |value| < 2^31. Adding 1.5 × 2^52 leaves it in the
/// low bits: one addition and no call on any target, with the same result.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the low 32 bits are the number that is asked for"
)]
fn nearest(value: f64) -> i32 {
    (value + 6_755_399_441_055_744.0).to_bits() as i32
}

/// As [`nearest`], for 0 to 65,535.
#[inline(always)]
fn small(value: f64) -> u16 {
    u16::try_from(nearest(value)).unwrap_or(0)
}

/// Points as they stand in verdicts; what is no number forces nothing but the worst.
#[inline(always)]
fn in_units(points: f64) -> i32 {
    if points.is_nan() {
        0
    } else {
        nearest(points.clamp(0.0, 100.0) * f64::from(SCORE_MAX / 100))
    }
}

#[cfg(test)]
mod tests;
