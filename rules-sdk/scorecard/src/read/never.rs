//! Conditions that can never hold, as far as it can be told without knowing any customer.
//!
//! A condition is taken apart into cases: what each number, text and presence must be for it to
//! hold. A case that contradicts itself is dropped; with none left the condition never holds.
//! What is not understood (two features compared with each other) may be anything. It never calls
//! a condition impossible that is possible.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use puls_wire::Parameter;

use crate::{Comparison, Condition, Number, Texts};

/// Cases beyond which a condition is left alone.
const CASES_MAX: usize = 64;

/// When a condition holds; `None` where there are too many cases to tell.
#[derive(Clone, Debug)]
pub(super) struct Holds(Option<Vec<Case>>);

/// All of it must be so.
#[derive(Clone, Debug, Default)]
struct Case {
    numbers: Vec<(Number, Range)>,
    texts: Vec<(usize, Choice)>,
    /// Whether a number is there.
    present: Vec<(Number, bool)>,
    /// Whatever else must hold, or must not.
    others: Vec<(Condition, bool)>,
}

/// Values that a number may have.
#[derive(Clone, Debug)]
struct Range {
    low: f64,
    low_out: bool,
    high: f64,
    high_out: bool,
    not: Vec<f64>,
}

/// Codes that a text may have.
#[derive(Clone, Debug, Default)]
struct Choice {
    any_of: Option<BTreeSet<u16>>,
    none_of: BTreeSet<u16>,
}

impl Holds {
    pub(super) fn new(condition: &Condition, parameters: &[Parameter]) -> Self {
        Self(Cases { parameters }.of(condition, true))
    }

    /// Whether it never holds.
    pub(super) fn never(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// When both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (Some(left), Some(right)) => Self(both(left, right)),
            _ => Self(None),
        }
    }

    /// Whether the other always holds where this does.
    pub(super) fn within(&self, wide: &Self) -> bool {
        let (Some(narrow), Some(wide)) = (&self.0, &wide.0) else {
            return false;
        };
        narrow
            .iter()
            .all(|case| wide.iter().any(|wide| case.within(wide)))
    }
}

fn both(left: &[Case], right: &[Case]) -> Option<Vec<Case>> {
    let mut all = Vec::new();
    for left in left {
        for right in right {
            let case = left.and(right);
            if !case.contradicts() {
                all.push(case);
            }
            if all.len() > CASES_MAX {
                return None;
            }
        }
    }
    Some(all)
}

fn either(left: Option<Vec<Case>>, right: Option<Vec<Case>>) -> Option<Vec<Case>> {
    let mut all = left?;
    all.extend(right?);
    (all.len() <= CASES_MAX).then_some(all)
}

struct Cases<'p> {
    parameters: &'p [Parameter],
}

impl Cases<'_> {
    /// The cases in which a condition holds, or in which it is known not to.
    fn of(&self, condition: &Condition, wanted: bool) -> Option<Vec<Case>> {
        match condition {
            Condition::Literal(value) => Some(if *value == wanted {
                vec![Case::default()]
            } else {
                Vec::new()
            }),
            Condition::Not(inner) => self.of(inner, !wanted),
            Condition::And(both_of) | Condition::Or(both_of) => {
                let left = self.of(&both_of.0, wanted);
                let right = self.of(&both_of.1, wanted);
                if matches!(condition, Condition::And(_)) == wanted {
                    both(&left?, &right?)
                } else {
                    either(left, right)
                }
            }
            Condition::Compare(comparison, sides) => {
                let comparison = if wanted {
                    *comparison
                } else {
                    comparison.opposite()
                };
                Some(self.compare(comparison, &sides.0, &sides.1))
            }
            Condition::In(number, values) => {
                let points = values.iter().map(|value| Number::Literal(*value));
                if wanted {
                    points
                        .map(|point| Some(self.compare(Comparison::Equal, number, &point)))
                        .fold(Some(Vec::new()), either)
                } else {
                    points
                        .map(|point| self.compare(Comparison::NotEqual, number, &point))
                        .try_fold(vec![Case::default()], |all, next| both(&all, &next))
                }
            }
            Condition::Text(texts) => Some(vec![text(texts, wanted)]),
            Condition::Has(number) => Some(vec![Case {
                present: vec![(number.clone(), wanted)],
                ..Case::default()
            }]),
        }
    }

    fn compare(&self, comparison: Comparison, left: &Number, right: &Number) -> Vec<Case> {
        let (comparison, number, value) = match (left, right) {
            (Number::Literal(left), Number::Literal(right)) => {
                let holds = Range::of(comparison, *right).contains(*left);
                return if holds {
                    vec![Case::default()]
                } else {
                    Vec::new()
                };
            }
            (number, Number::Literal(value)) => (comparison, number, *value),
            (Number::Literal(value), number) => (mirrored(comparison), number, *value),
            _ => {
                let sides = Box::new((left.clone(), right.clone()));
                return vec![Case {
                    others: vec![(Condition::Compare(comparison, sides), true)],
                    ..Case::default()
                }];
            }
        };
        let mut range = Range::of(comparison, value);
        if let Number::Parameter(index) = number
            && let Some(parameter) = self.parameters.get(*index)
        {
            range = range
                .and(&Range::of(Comparison::GreaterOrEqual, parameter.min))
                .and(&Range::of(Comparison::LessOrEqual, parameter.max));
        }
        let case = Case {
            numbers: vec![(number.clone(), range)],
            ..Case::default()
        };
        if case.contradicts() {
            Vec::new()
        } else {
            vec![case]
        }
    }
}

fn text(texts: &Texts, wanted: bool) -> Case {
    let codes: BTreeSet<_> = texts.codes.iter().copied().collect();
    let choice = if texts.negated == wanted {
        Choice {
            any_of: None,
            none_of: codes,
        }
    } else {
        Choice {
            any_of: Some(codes),
            none_of: BTreeSet::new(),
        }
    };
    Case {
        texts: vec![(texts.feature, choice)],
        ..Case::default()
    }
}

/// The comparison with its sides changed.
const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal | Comparison::NotEqual => comparison,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

impl Range {
    fn of(comparison: Comparison, value: f64) -> Self {
        let mut range = Self {
            low: f64::NEG_INFINITY,
            low_out: false,
            high: f64::INFINITY,
            high_out: false,
            not: Vec::new(),
        };
        match comparison {
            Comparison::Equal => (range.low, range.high) = (value, value),
            Comparison::NotEqual => range.not.push(value),
            Comparison::Less => (range.high, range.high_out) = (value, true),
            Comparison::LessOrEqual => range.high = value,
            Comparison::Greater => (range.low, range.low_out) = (value, true),
            Comparison::GreaterOrEqual => range.low = value,
        }
        range
    }

    fn contains(&self, value: f64) -> bool {
        let low = if self.low_out {
            value > self.low
        } else {
            value >= self.low
        };
        let high = if self.high_out {
            value < self.high
        } else {
            value <= self.high
        };
        low && high && !self.not.iter().any(|not| not.total_cmp(&value).is_eq())
    }

    fn is_empty(&self) -> bool {
        match self.low.total_cmp(&self.high) {
            Ordering::Less => false,
            Ordering::Equal => !self.contains(self.low),
            Ordering::Greater => true,
        }
    }

    fn and(&self, other: &Self) -> Self {
        let (low, low_out) = match self.low.total_cmp(&other.low) {
            Ordering::Greater => (self.low, self.low_out),
            Ordering::Equal => (self.low, self.low_out || other.low_out),
            Ordering::Less => (other.low, other.low_out),
        };
        let (high, high_out) = match self.high.total_cmp(&other.high) {
            Ordering::Less => (self.high, self.high_out),
            Ordering::Equal => (self.high, self.high_out || other.high_out),
            Ordering::Greater => (other.high, other.high_out),
        };
        Self {
            low,
            low_out,
            high,
            high_out,
            not: self.not.iter().chain(&other.not).copied().collect(),
        }
    }

    fn within(&self, wide: &Self) -> bool {
        let low = match self.low.total_cmp(&wide.low) {
            Ordering::Greater => true,
            Ordering::Equal => self.low_out || !wide.low_out,
            Ordering::Less => false,
        };
        let high = match self.high.total_cmp(&wide.high) {
            Ordering::Less => true,
            Ordering::Equal => self.high_out || !wide.high_out,
            Ordering::Greater => false,
        };
        low && high && wide.not.iter().all(|not| !self.contains(*not))
    }
}

impl Choice {
    fn and(&self, other: &Self) -> Self {
        let any_of = match (&self.any_of, &other.any_of) {
            (Some(left), Some(right)) => Some(left & right),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        };
        Self {
            any_of,
            none_of: &self.none_of | &other.none_of,
        }
    }

    fn is_empty(&self) -> bool {
        self.any_of
            .as_ref()
            .is_some_and(|any_of| any_of.is_subset(&self.none_of))
    }

    fn within(&self, wide: &Self) -> bool {
        match (&self.any_of, &wide.any_of) {
            (Some(narrow), wide_any) => narrow.difference(&self.none_of).all(|code| {
                wide_any.as_ref().is_none_or(|any_of| any_of.contains(code))
                    && !wide.none_of.contains(code)
            }),
            (None, Some(_)) => false,
            (None, None) => wide.none_of.is_subset(&self.none_of),
        }
    }
}

impl Case {
    fn and(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (number, range) in &other.numbers {
            match all.numbers.iter_mut().find(|(known, _)| known == number) {
                Some((_, known)) => *known = known.and(range),
                None => all.numbers.push((number.clone(), range.clone())),
            }
        }
        for (feature, choice) in &other.texts {
            match all.texts.iter_mut().find(|(known, _)| known == feature) {
                Some((_, known)) => *known = known.and(choice),
                None => all.texts.push((*feature, choice.clone())),
            }
        }
        all.present.extend(other.present.iter().cloned());
        all.others.extend(other.others.iter().cloned());
        all
    }

    /// Whether a number is known to be there.
    fn has(&self, number: &Number) -> bool {
        self.present.contains(&(number.clone(), true))
            || self.numbers.iter().any(|(known, _)| known == number)
            || matches!(number, Number::Feature(column)
                if self.texts.iter().any(|(known, _)| known == column))
    }

    fn contradicts(&self) -> bool {
        let opposite = |(condition, wanted): &(Condition, bool)| match condition {
            Condition::Compare(comparison, sides) => self.others.contains(&(
                Condition::Compare(comparison.opposite(), sides.clone()),
                *wanted,
            )),
            _ => self.others.contains(&(condition.clone(), !*wanted)),
        };
        self.numbers.iter().any(|(_, range)| range.is_empty())
            || self.texts.iter().any(|(_, choice)| choice.is_empty())
            || self
                .present
                .iter()
                .any(|(number, there)| !there && self.has(number))
            || self.others.iter().any(opposite)
    }

    fn within(&self, wide: &Self) -> bool {
        let numbers = wide.numbers.iter().all(|(number, wide)| {
            let narrow = self.numbers.iter().find(|(known, _)| known == number);
            narrow.is_some_and(|(_, narrow)| narrow.within(wide))
        });
        let texts = wide.texts.iter().all(|(feature, wide)| {
            let narrow = self.texts.iter().find(|(known, _)| known == feature);
            narrow.is_some_and(|(_, narrow)| narrow.within(wide))
        });
        let present = wide.present.iter().all(|(number, there)| {
            if *there {
                self.has(number)
            } else {
                self.present.contains(&(number.clone(), false))
            }
        });
        numbers && texts && present && wide.others.iter().all(|other| self.others.contains(other))
    }
}
