//! What a card says of one account, worked out as plainly as it can be said.
//!
//! Written from the text that says what a card means, not from the compiler nor from the SDK:
//! where they differ from it, one of them is wrong. One account at a time, a missing value is
//! `None`, nothing is clever. It never sees a module, and the engine never scores with it: it is
//! what tests of a card, and of the compiler, hold a module against.
//!
//! ```text
//! card, row ─▶ population ─▶ variant ─▶ lines ─▶ sums ─▶ contributions ─▶ exceptions
//! ```

mod edges;
mod faults;
mod monotone;

pub use edges::Grid;
pub use faults::{Certainty, Fault, faults};
pub use monotone::proved;

use puls_scorecard::{
    Arithmetic, Card, Comparison, Condition, Factor, Force, Measure, Missing, Number, Scale,
};
use puls_wire::{PartVerdict, Status, Verdict};

/// The verdict of a card on one row of features, with these parameters. What the row is too short
/// for is missing, and so is a parameter that is not given.
///
/// # Panics
/// Where the card is not one that was read: with weights or points out of their ranges.
#[must_use]
pub fn evaluate(card: &Card, row: &[f64], parameters: &[f64]) -> Verdict {
    let mut account = Account::new(card, row, parameters);
    if let Some(population) = &card.population
        && !account.holds(population)
    {
        return outside(card);
    }
    let lines = account.lines(card);
    let sums = Sums::of(card, &lines);
    let (parts, sum) = contributions(card, &lines, &sums);
    account.score = sums.weighs().then(|| f64::from(sum) / 10_000.0);
    let (exceptions, force) = account.exceptions(card);
    let (status, adjust) = match (sums.weighs(), force.cap.or(force.floor)) {
        (true, _) => (Status::Scored, force.of(sum) - sum),
        (false, Some(forced)) => (Status::Scored, forced),
        (false, None) => (Status::NoScore, 0),
    };
    Verdict {
        status,
        coverage: sums.coverage(),
        adjust,
        exceptions,
        triggers: bits(card.triggers.iter().map(|it| account.holds(&it.when))),
        parts,
    }
}

/// Whether a condition of the card holds for a row; one that ends missing does not. In it
/// `score.now` is missing.
#[must_use]
pub fn holds(card: &Card, row: &[f64], parameters: &[f64], condition: &Condition) -> bool {
    Account::new(card, row, parameters).holds(condition)
}

/// Index of the variant that a row is of: the first whose condition holds.
#[must_use]
pub fn variant(card: &Card, row: &[f64], parameters: &[f64]) -> Option<usize> {
    let account = Account::new(card, row, parameters);
    card.variants.iter().position(|it| account.holds(&it.when))
}

/// What may differ between two rows beside the values themselves: the variant, and which factors
/// have data.
#[must_use]
pub fn data(card: &Card, row: &[f64], parameters: &[f64]) -> (Option<usize>, Vec<bool>) {
    let account = Account::new(card, row, parameters);
    let variant = card.variants.iter().position(|it| account.holds(&it.when));
    let lines = account.lines(card);
    (variant, lines.iter().map(|it| it.has_data).collect())
}

/// Index of the band in which a factor's value lies for a row, where its measure is in force.
#[must_use]
pub fn band(
    card: &Card,
    row: &[f64],
    parameters: &[f64],
    (measure, factor): (usize, &Factor),
) -> Option<usize> {
    let account = Account::new(card, row, parameters);
    let variant = card.variants.iter().position(|it| account.holds(&it.when));
    let Scale::Bands { up_to, .. } = &factor.scale else {
        return None;
    };
    if !in_force(card, measure, variant) {
        return None;
    }
    let value = account.number(&factor.value)?;
    for (index, band) in up_to.iter().enumerate() {
        if value <= account.number(&band.up_to)? {
            return Some(index);
        }
    }
    Some(up_to.len())
}

/// Nothing applies, nothing is raised or triggered.
fn outside(card: &Card) -> Verdict {
    let factors = card.measures.iter().map(|measure| measure.factors.len());
    Verdict {
        status: Status::OutsidePopulation,
        parts: vec![PartVerdict::default(); factors.sum()],
        ..Verdict::default()
    }
}

/// What is known of an account.
struct Account<'a> {
    row: &'a [f64],
    parameters: &'a [f64],
    derived: Vec<Option<f64>>,
    score: Option<f64>,
}

impl<'a> Account<'a> {
    fn new(card: &Card, row: &'a [f64], parameters: &'a [f64]) -> Self {
        let mut account = Self {
            row,
            parameters,
            derived: Vec::new(),
            score: None,
        };
        for derived in &card.derived {
            let value = account.number(&derived.value);
            account.derived.push(value);
        }
        account
    }

    fn number(&self, number: &Number) -> Option<f64> {
        match number {
            Number::Literal(value) => Some(*value),
            Number::Feature(column) => known(self.row, *column),
            Number::Parameter(index) => known(self.parameters, *index),
            Number::Derived(index) => self.derived.get(*index).copied().flatten(),
            Number::ScoreNow => self.score,
            Number::Negative(number) => Some(-self.number(number)?),
            Number::Arithmetic(operation, two) => {
                let (a, b) = (self.number(&two.0)?, self.number(&two.1)?);
                let result = match operation {
                    Arithmetic::Add => a + b,
                    Arithmetic::Subtract => a - b,
                    Arithmetic::Multiply => a * b,
                    Arithmetic::Divide => a / b,
                };
                result.is_finite().then_some(result)
            }
        }
    }

    /// Missing does not hold.
    fn holds(&self, condition: &Condition) -> bool {
        self.condition(condition) == Some(true)
    }

    fn condition(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Literal(holds) => Some(*holds),
            Condition::Compare(comparison, two) => {
                let (a, b) = (self.number(&two.0)?, self.number(&two.1)?);
                Some(compare(*comparison, a, b))
            }
            Condition::Text(texts) => {
                let found = known(self.row, texts.feature)?;
                let listed = texts.codes.iter().any(|code| same(f64::from(*code), found));
                Some(listed != texts.negated)
            }
            Condition::In(number, literals) => {
                let found = self.number(number)?;
                Some(literals.iter().any(|literal| same(*literal, found)))
            }
            Condition::Has(number) => Some(self.number(number).is_some()),
            Condition::And(two) => match (self.condition(&two.0), self.condition(&two.1)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Condition::Or(two) => match (self.condition(&two.0), self.condition(&two.1)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Condition::Not(condition) => self.condition(condition).map(|holds| !holds),
        }
    }

    /// One line per factor, in the card's order; of measures that are not in force as well.
    fn lines(&self, card: &Card) -> Vec<Line> {
        let variant = card.variants.iter().position(|it| self.holds(&it.when));
        let mut lines = Vec::new();
        for (index, measure) in card.measures.iter().enumerate() {
            let in_force = in_force(card, index, variant);
            for factor in &measure.factors {
                lines.push(self.line(index, in_force, factor));
            }
        }
        lines
    }

    fn line(&self, measure: usize, in_force: bool, factor: &Factor) -> Line {
        let data = if in_force { self.points(factor) } else { None };
        let substitute = match factor.missing {
            Missing::Exclude => None,
            Missing::Neutral => Some(50.0),
            Missing::Worst => Some(0.0),
        };
        Line {
            measure,
            in_force,
            weight: factor.weight,
            has_data: data.is_some(),
            points: if in_force { data.or(substitute) } else { None },
        }
    }

    fn points(&self, factor: &Factor) -> Option<f64> {
        if let Some((age, days_max)) = &factor.valid_for
            && self.number(age)? > *days_max
        {
            return None;
        }
        let value = self.number(&factor.value)?;
        match &factor.scale {
            Scale::Line(line) => {
                let zero_at = self.number(&line.zero_at)?;
                let hundred_at = self.number(&line.hundred_at)?;
                let points = there((value - zero_at) / (hundred_at - zero_at) * 100.0)?;
                Some(points.clamp(0.0, 100.0))
            }
            Scale::Bands { up_to, above } => {
                for band in up_to {
                    if value <= self.number(&band.up_to)? {
                        return Some(band.points);
                    }
                }
                Some(*above)
            }
            Scale::Texts { points, otherwise } => {
                let found = points.iter().find(|it| same(f64::from(it.0), value));
                found.map(|it| it.1).or(*otherwise)
            }
        }
    }

    fn exceptions(&self, card: &Card) -> (u64, Forced) {
        let mut forced = Forced::default();
        for exception in card.exceptions.iter().filter(|it| self.holds(&it.when)) {
            match exception.force {
                Some(Force::Cap(points)) => {
                    let points = nearest(points * 10_000.0);
                    forced.cap = Some(forced.cap.map_or(points, |it| it.min(points)));
                }
                Some(Force::Floor(points)) => {
                    let points = nearest(points * 10_000.0);
                    forced.floor = Some(forced.floor.map_or(points, |it| it.max(points)));
                }
                None => {}
            }
        }
        let raised = card.exceptions.iter().map(|it| self.holds(&it.when));
        (bits(raised), forced)
    }
}

/// The lowest cap and the highest floor that hold.
#[derive(Clone, Copy, Default)]
struct Forced {
    cap: Option<i32>,
    floor: Option<i32>,
}

impl Forced {
    fn of(self, sum: i32) -> i32 {
        let floored = self.floor.map_or(sum, |floor| sum.max(floor));
        self.cap.map_or(floored, |cap| floored.min(cap))
    }
}

/// What one factor comes to on one account.
struct Line {
    measure: usize,
    in_force: bool,
    weight: f64,
    has_data: bool,
    /// Of the data or of what stands for them; `None` where it does not count.
    points: Option<f64>,
}

/// Sums of the weights of a measure's factors.
struct Sum {
    measure_weight: f64,
    nominal: f64,
    covered: f64,
    counted: f64,
}

/// Sums per measure, in the card's order; those of a measure that is not in force are 0.
struct Sums(Vec<Sum>);

impl Sums {
    fn of(card: &Card, lines: &[Line]) -> Self {
        let sum = |index: usize, measure: &Measure| {
            let own = || lines.iter().filter(|it| it.measure == index && it.in_force);
            Sum {
                measure_weight: measure.weight,
                nominal: own().map(|it| it.weight).sum(),
                covered: own().filter(|it| it.has_data).map(|it| it.weight).sum(),
                counted: own()
                    .filter(|it| it.points.is_some())
                    .map(|it| it.weight)
                    .sum(),
            }
        };
        let measures = card.measures.iter().enumerate();
        Self(measures.map(|(index, it)| sum(index, it)).collect())
    }

    fn total(&self) -> f64 {
        let counted = self.0.iter().filter(|it| it.counted > 0.0);
        counted.map(|it| it.measure_weight).sum()
    }

    fn weighs(&self) -> bool {
        self.total() > 0.0
    }

    /// Of no weight at all nothing is covered.
    fn coverage(&self) -> u16 {
        let (mut covered, mut all) = (0.0, 0.0);
        for sum in self.0.iter().filter(|it| it.nominal > 0.0) {
            covered += sum.measure_weight * sum.covered / sum.nominal;
            all += sum.measure_weight;
        }
        if all > 0.0 {
            small(covered / all * 10_000.0)
        } else {
            0
        }
    }

    /// From a factor's weight to ten-thousandths of all. Where no weight counts, none is effective.
    fn scale(&self, measure: usize) -> f64 {
        let counted = self.0.get(measure).filter(|it| it.counted > 0.0);
        counted.filter(|_| self.weighs()).map_or(0.0, |sum| {
            sum.measure_weight * 10_000.0 / (self.total() * sum.counted)
        })
    }
}

/// The lines' verdicts and the sum of their contributions.
fn contributions(card: &Card, lines: &[Line], sums: &Sums) -> (Vec<PartVerdict>, i32) {
    let mut parts = Vec::new();
    let (mut running, mut sum) = (0.0, 0);
    let factors: usize = card.measures.iter().map(|it| it.factors.len()).sum();
    assert_eq!(lines.len(), factors);
    for (line, own_reason) in lines.iter().zip(1..) {
        let Some(points) = line.points else {
            parts.push(PartVerdict::default());
            continue;
        };
        let effective = line.weight * sums.scale(line.measure);
        running += effective * points;
        parts.push(PartVerdict {
            contribution: nearest(running) - sum,
            points: small(points * 100.0),
            weight: small(effective),
            reason: own_reason,
        });
        sum = nearest(running);
    }
    (parts, sum)
}

/// Whether a measure counts for an account of this variant.
fn in_force(card: &Card, index: usize, variant: Option<usize>) -> bool {
    let own = card.measures.get(index).and_then(|it| it.variant);
    match own {
        Some(_) => own == variant,
        None => !card
            .measures
            .iter()
            .any(|it| it.variant.is_some() && it.variant == variant && it.replaces == Some(index)),
    }
}

fn compare(comparison: Comparison, a: f64, b: f64) -> bool {
    match comparison {
        Comparison::Equal => same(a, b),
        Comparison::NotEqual => !same(a, b),
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

#[expect(clippy::float_cmp, reason = "equal is what a card says, and means")]
fn same(a: f64, b: f64) -> bool {
    a == b
}

/// The number in a place, where there is one.
fn known(numbers: &[f64], place: usize) -> Option<f64> {
    there(*numbers.get(place)?)
}

fn there(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// Bit i is whether the i-th holds.
fn bits(hold: impl Iterator<Item = bool>) -> u64 {
    hold.enumerate()
        .filter(|(_, holds)| *holds)
        .fold(0, |bits, (place, _)| bits | 1 << place)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a whole number of at most 1,000,000 either way"
)]
fn nearest(value: f64) -> i32 {
    let whole = value.round_ties_even();
    assert!(whole.abs() <= 1e6 + 1.0, "{value} is no part of a score");
    whole as i32
}

fn small(value: f64) -> u16 {
    u16::try_from(nearest(value)).expect("a share or points in hundredths")
}
