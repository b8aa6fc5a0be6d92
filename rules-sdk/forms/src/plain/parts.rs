//! Parts of a condition as they are gathered, and how comparisons turn.

use puls_scorecard::{Comparison, Condition, Number};

/// A part of a condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) condition: &'a Condition,
    pub(super) denied: bool,
}

impl<'a> Part<'a> {
    /// What it says is known, in a list of which all must hold; not known, in one of which one
    /// must.
    pub(super) fn presence(&self, all: bool) -> Option<Number> {
        match self.condition {
            Condition::Has(number) if self.denied != all => Some(number.clone()),
            _ => None,
        }
    }

    /// The number that it compares with something.
    pub(super) fn about(&self) -> Option<Number> {
        match self.condition {
            Condition::Compare(_, sides) => Some(sides.0.clone()),
            Condition::In(number, _) => Some((**number).clone()),
            Condition::Text(texts) => Some(Number::Feature(texts.feature)),
            _ => None,
        }
    }

    pub(super) const fn is_about_a_value(&self) -> bool {
        !matches!(self.condition, Condition::Has(_))
    }

    fn bound(&self, wanted: Comparison) -> Option<(&'a Number, &'a Number)> {
        let Condition::Compare(comparison, sides) = self.condition else {
            return None;
        };
        let comparison = if self.denied {
            comparison.opposite()
        } else {
            *comparison
        };
        let value = |number: &Number| matches!(number, Number::Literal(_) | Number::Parameter(_));
        if comparison == wanted && value(&sides.1) && !value(&sides.0) {
            Some((&sides.0, &sides.1))
        } else if turned(comparison) == wanted && value(&sides.0) && !value(&sides.1) {
            Some((&sides.1, &sides.0))
        } else {
            None
        }
    }

    /// The number that is at least the other one.
    pub(super) fn lower(&self) -> Option<(&'a Number, &'a Number)> {
        self.bound(Comparison::GreaterOrEqual)
    }

    pub(super) fn upper(&self) -> Option<(&'a Number, &'a Number)> {
        self.bound(Comparison::LessOrEqual)
    }
}

/// Whether a count that compares so with a number is none.
pub(super) fn none(comparison: Comparison, right: &Number) -> bool {
    match comparison {
        Comparison::Less => is(right, 1.0),
        Comparison::LessOrEqual | Comparison::Equal => is(right, 0.0),
        _ => false,
    }
}

/// Whether a number is this literal.
pub(super) fn is(number: &Number, value: f64) -> bool {
    matches!(number, Number::Literal(at) if at.total_cmp(&value).is_eq())
}

/// The comparison with its sides exchanged.
pub(super) const fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// Words with commas and an `or`.
pub(super) fn or(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}
