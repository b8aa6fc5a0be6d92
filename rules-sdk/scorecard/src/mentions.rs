//! Which columns an expression reads, in the order in which it names them.

use crate::{Condition, Derived, Number};

/// Columns behind a number, those behind derived numbers too, each once.
pub(crate) fn of_number(number: &Number, derived: &[Derived]) -> Vec<usize> {
    let mut walk = Walk::new(derived);
    walk.number(number);
    walk.columns
}

/// Columns behind a condition.
pub(crate) fn of_condition(condition: &Condition, derived: &[Derived]) -> Vec<usize> {
    let mut walk = Walk::new(derived);
    walk.condition(condition);
    walk.columns
}

struct Walk<'d> {
    derived: &'d [Derived],
    columns: Vec<usize>,
    /// Derived numbers that were walked: without it, sums of sums would take for ever.
    walked: Vec<usize>,
}

impl<'d> Walk<'d> {
    const fn new(derived: &'d [Derived]) -> Self {
        Self {
            derived,
            columns: Vec::new(),
            walked: Vec::new(),
        }
    }

    fn column(&mut self, column: usize) {
        if !self.columns.contains(&column) {
            self.columns.push(column);
        }
    }

    fn number(&mut self, number: &Number) {
        match number {
            Number::Feature(column) => self.column(*column),
            Number::Derived(index) => {
                if let Some(derived) = self.derived.get(*index)
                    && !self.walked.contains(index)
                {
                    self.walked.push(*index);
                    self.number(&derived.value);
                }
            }
            Number::Negative(inner) => self.number(inner),
            Number::Arithmetic(_, both) => {
                self.number(&both.0);
                self.number(&both.1);
            }
            Number::Literal(_) | Number::Parameter(_) | Number::ScoreNow => {}
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Literal(_) => {}
            Condition::Compare(_, both) => {
                self.number(&both.0);
                self.number(&both.1);
            }
            Condition::Text(texts) => self.column(texts.feature),
            Condition::In(number, _) => self.number(number),
            Condition::Has(number) => self.number(number),
            Condition::And(both) | Condition::Or(both) => {
                self.condition(&both.0);
                self.condition(&both.1);
            }
            Condition::Not(inner) => self.condition(inner),
        }
    }
}
