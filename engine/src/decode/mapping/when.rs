//! Conditions under which a mapping's event is there.

use crate::decode::value::Value;
use crate::model::Fixed;

/// A test of one value of the record.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// Which value.
    pub(super) place: usize,
    /// What it must be; all must hold.
    pub(super) checks: Vec<Check>,
}

/// What a value must be.
#[derive(Clone, Debug)]
pub(super) enum Check {
    /// There, or not there.
    Present(bool),
    /// One of these.
    OneOf(Vec<Value<'static>>),
    /// None of these.
    NoneOf(Vec<Value<'static>>),
    /// At least this.
    AtLeast(Fixed),
    /// At most this.
    AtMost(Fixed),
}

impl Test {
    /// Whether it holds. What is not there passes `present = false` and nothing else.
    pub(super) fn holds(&self, values: &[Value<'_>]) -> bool {
        let value = values.get(self.place).unwrap_or(&Value::Absent);
        self.checks.iter().all(|check| check.holds(value))
    }
}

impl Check {
    fn holds(&self, value: &Value<'_>) -> bool {
        if let Self::Present(present) = self {
            return *present != value.is_absent();
        }
        if value.is_absent() {
            return false;
        }
        match self {
            Self::Present(_) => true,
            Self::OneOf(list) => list.iter().any(|constant| same(constant, value)),
            Self::NoneOf(list) => !list.iter().any(|constant| same(constant, value)),
            Self::AtLeast(least) => value.number().is_ok_and(|number| number >= *least),
            Self::AtMost(most) => value.number().is_ok_and(|number| number <= *most),
        }
    }
}

/// Whether `value` is the constant, read as what the constant is.
fn same(constant: &Value<'_>, value: &Value<'_>) -> bool {
    match constant {
        Value::Bool(expected) => value.boolean() == Some(*expected),
        Value::Text(expected) => match value {
            Value::Text(text) => text == expected,
            Value::Int(number) => number.to_string() == **expected,
            Value::Bool(found) => found.to_string() == **expected,
            _ => false,
        },
        number => number.number() == value.number() && number.number().is_ok(),
    }
}
