//! What a case says, with every name checked and every moment worked out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One customer, and what the rule should say of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// What it is about, in words; unique in the file.
    pub name: String,
    /// Place in the file, from 0.
    pub index: usize,
    /// Byte of the file where it begins; [`crate::place`] makes a line and a column of it.
    pub at: usize,
    /// What is known of the customer.
    pub subject: Subject,
    /// Numbers set instead of the rule's defaults.
    pub parameters: BTreeMap<String, f64>,
    /// What the rule should say.
    pub expect: Expect,
}

/// What is known of the customer.
#[derive(Clone, PartialEq, Debug)]
pub enum Subject {
    /// Values of features; those that are not named are missing.
    Features(BTreeMap<String, Known>),
    /// Events, from which the engine computes the features.
    Story(Story),
}

/// The value of a feature.
#[derive(Clone, PartialEq, Debug)]
pub enum Known {
    /// A finite number.
    Number(f64),
    /// A text; one that the rule does not list is another value to it.
    Text(String),
}

/// What happened to a customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// The moment at which it is looked at, in milliseconds since 1970.
    pub at: i64,
    /// In order of time, repetitions told one by one; none is after the moment.
    pub events: Vec<Event>,
    /// Whether the case has settings of its own; the engine reads them.
    pub has_settings: bool,
}

/// One event in its canonical form, without tenant and account.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Byte of the file where it is written.
    pub written: usize,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Its fields, `at` and other moments in milliseconds.
    pub fields: Map<String, Value>,
}

/// What the rule should say; what is `None` is not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expect {
    /// Ten-thousandths of a point; `Some(None)` for no score.
    pub score: Option<Option<i64>>,
    /// A tier of the rule, `unknown` or `not_scored`: that of the score alone, without memory.
    pub tier: Option<String>,
    /// Hundredths of a percent.
    pub coverage: Option<i64>,
    /// The first ranked reasons, as people read them; empty for none at all.
    pub reasons: Option<Vec<String>>,
    /// Exactly these hold.
    pub exceptions: Option<Vec<String>>,
    /// Exactly these are asked for.
    pub triggers: Option<Vec<String>>,
}
