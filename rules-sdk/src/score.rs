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

use puls_wire::{MEASURES_MAX, PARTS_MAX, POINTS_NONE, REASON_NONE, ROWS_MAX, SCORE_MAX, Status};

use crate::guest::Columns;
use crate::points::within;
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
    /// How the measures share the weight. It stands here so that only as much of it is cleared as
    /// the rule has measures.
    measures: [Sums; MEASURES_MAX],
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
            measures: [Sums::ZERO; MEASURES_MAX],
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
        self.part_or(part, points, f64::NAN);
    }

    /// Points of a part, with other points where its data is missing: 50 is neutral, 0 the worst.
    /// Coverage still counts it as missing.
    #[inline(always)]
    pub fn part_or(&mut self, part: Id<Part>, points: Option<f64>, substitute: f64) {
        match points {
            Some(points) if !points.is_nan() => self.set(part, COUNTS | HAS_DATA, points),
            _ if substitute.is_nan() => self.set(part, 0, 0.0),
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
            *place = within(points);
        }
    }

    /// Writes the verdict into its row.
    #[inline(always)]
    pub(crate) fn write(&mut self, rule: &Rule, out: &mut Columns<'_>, row: u8) {
        if self.outside {
            self.clear(rule);
            self.outside = true;
        }
        let (coverage, total) = self.share(rule);
        let sum = self.write_parts(rule, out, row);
        let (status, adjust) = self.judge(total > 0.0, sum);
        put(out.status, row, status as u8);
        put(out.coverage, row, coverage);
        put(out.adjust, row, adjust);
        put(out.exceptions, row, self.exceptions);
        put(out.triggers, row, self.triggers);
    }

    /// Status, and what exceptions add to the sum.
    #[inline(always)]
    fn judge(&self, weighs: bool, sum: i32) -> (Status, i32) {
        if self.outside {
            return (Status::OutsidePopulation, 0);
        }
        if weighs {
            let floored = self.floor.map_or(sum, |floor| floor.max(sum));
            let score = self.cap.map_or(floored, |cap| cap.min(floored));
            return (Status::Scored, score - sum);
        }
        match self.cap.or(self.floor) {
            Some(forced) => (Status::Scored, forced),
            None => (Status::NoScore, 0),
        }
    }

    /// Shares the weight among the parts that have points. Returns coverage and the sum of the
    /// weights of the measures that have points.
    #[inline(always)]
    fn share(&mut self, rule: &Rule) -> (u16, f64) {
        for (sums, _) in self.measures.iter_mut().zip(rule.measures) {
            *sums = Sums::ZERO;
        }
        for (part, &state) in rule.parts.iter().zip(&self.states) {
            let weight = part.item.weight;
            if let Some(sums) = self.measures.get_mut(part.item.measure.index()) {
                sums.nominal += only_if(state & LEFT_OUT == 0, weight);
                sums.covered += only_if(state & HAS_DATA != 0, weight);
                sums.counted += only_if(state & COUNTS != 0, weight);
            }
        }
        let (mut applies, mut covers, mut total) = (0.0, 0.0, 0.0);
        for (measure, sums) in rule.measures.iter().zip(&self.measures) {
            let weight = measure.item.weight;
            if sums.nominal > 0.0 {
                applies += weight;
                covers += weight * sums.covered / sums.nominal;
            }
            total += only_if(sums.counted > 0.0, weight);
        }
        if total > 0.0 {
            for (measure, sums) in rule.measures.iter().zip(&mut self.measures) {
                if sums.counted > 0.0 {
                    sums.scale = measure.item.weight * 10_000.0 / (total * sums.counted);
                }
            }
        }
        let coverage = if applies > 0.0 {
            small(covers / applies * 10_000.0)
        } else {
            0
        };
        (coverage, total)
    }

    /// Writes the columns of the parts and returns the sum of their contributions.
    #[inline(always)]
    fn write_parts(&self, rule: &Rule, out: &mut Columns<'_>, row: u8) -> i32 {
        let (mut running, mut sum) = (0.0, 0);
        let said = self.states.iter().zip(&self.points).zip(&self.reasons);
        for ((part, ((&state, &points), &other)), (own, column)) in
            rule.parts.iter().zip(said).zip((1..).zip(out.parts()))
        {
            let counts = state & COUNTS != 0;
            let measure = self.measures.get(part.item.measure.index());
            let scale = measure.map_or(f64::NAN, |sums| sums.scale);
            let effective = only_if(counts, part.item.weight * scale);
            running += effective * points;
            let rounded = nearest(running);
            let given = match state & OTHER_REASON {
                0 => own,
                _ => rule.reason_after_parts(other),
            };
            put(column.contribution, row, rounded - sum);
            let hundredths = small(points * 100.0);
            put(
                column.points,
                row,
                if counts { hundredths } else { POINTS_NONE },
            );
            put(column.weight, row, small(effective));
            put(column.reason, row, if counts { given } else { REASON_NONE });
            sum = rounded;
        }
        sum
    }
}

/// How much weight a measure has on this row.
#[derive(Clone, Copy, Debug)]
struct Sums {
    /// Of the parts that apply.
    nominal: f64,
    /// Of the parts whose feature has data.
    covered: f64,
    /// Of the parts that have points.
    counted: f64,
    /// From a part's weight to its effective weight in ten-thousandths.
    scale: f64,
}

impl Sums {
    /// Nothing counted, and none of it is effective: also for a part with points and a weight of
    /// 0, beside which nothing of its measure counts. All bits 0, so that a module carries no bytes
    /// for what it only works in.
    const ZERO: Self = Self {
        nominal: 0.0,
        covered: 0.0,
        counted: 0.0,
        scale: 0.0,
    };
}

#[inline(always)]
fn put<T>(column: &mut [T; ROWS_MAX], row: u8, value: T) {
    if let Some(place) = column.get_mut(usize::from(row)) {
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
    reason = "the low 32 bits are the number that is asked for"
)]
fn nearest(value: f64) -> i32 {
    (value + 6_755_399_441_055_744.0).to_bits() as i32
}

/// As [`nearest`], for 0 to 65,535.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares and points in ten-thousandths and hundredths are at most 10,000"
)]
fn small(value: f64) -> u16 {
    nearest(value) as u16
}

/// Points as they stand in verdicts; what is no number forces nothing but the worst.
#[inline(always)]
fn in_units(points: f64) -> i32 {
    if points.is_nan() {
        0
    } else {
        nearest(within(points) * f64::from(SCORE_MAX / 100))
    }
}

#[cfg(test)]
mod tests;
