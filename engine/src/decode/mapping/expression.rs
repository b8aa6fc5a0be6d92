//! How one field of one record is computed: found, translated, brought into form.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Negative;
use super::moment::{TimePlan, divided};
use crate::decode::Fault;
use crate::decode::slots::number_of;
use crate::decode::value::Value;
use crate::model::{Fixed, Reason, Time};

/// A factor of one, in the parts that factors are kept in.
pub(super) const FACTOR_ONE: i128 = 1_000_000_000_000;

/// A field's value as a function of the record's.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// The field, for sentences.
    pub(super) field: String,
    /// Where it is looked for, for sentences.
    pub(super) sources: String,
    /// Where it is looked for.
    pub(super) input: Input,
    /// Whether it may be missing.
    pub(super) optional: bool,
    /// What counts where it is missing.
    pub(super) default: Option<Value<'static>>,
    /// Values by found text.
    pub(super) table: BTreeMap<String, Value<'static>>,
    /// What counts where the table does not have it.
    pub(super) otherwise: Option<Value<'static>>,
    /// Whether it is made a name.
    pub(super) name: bool,
    /// Its last form.
    pub(super) finish: Finish,
}

/// Where a value is looked for.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// It is always this.
    Constant(Value<'static>),
    /// The first of these that is there.
    First(Vec<Source>),
}

/// One place to look.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A member or column.
    Place(usize),
    /// Text with members in it; missing where one of them is.
    Template(Vec<Piece>),
}

/// A piece of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// This text.
    Text(String),
    /// The text of a member or column.
    Place(usize),
}

/// The last form of a value.
#[derive(Clone, Debug)]
pub(super) enum Finish {
    /// As it is; the kind's own rules judge it.
    AsIs,
    /// A number in other units.
    Number(NumberPlan),
    /// A moment.
    Time(TimePlan),
}

/// How a number is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberPlan {
    /// What it is multiplied by.
    pub(super) factor: i128,
    /// What it is divided by then.
    pub(super) divisor: i128,
    /// What becomes of negative ones.
    pub(super) negative: Negative,
}

impl Expression {
    /// The field's value; absent only where the event may do without it.
    pub(super) fn value<'a>(&self, values: &[Value<'a>]) -> Result<Value<'a>, Fault> {
        let found = match &self.input {
            Input::Constant(constant) => return self.finished(constant.clone(), values),
            Input::First(sources) => first(sources, values),
        };
        if found.is_absent() {
            return self.missing(values);
        }
        match self.translated(found)? {
            Translated::ByTable(value) => self.finished(value, values),
            Translated::AsFound(value) => match &self.finish {
                Finish::Number(plan) => self.number(*plan, &value, values),
                _ => self.finished(value, values),
            },
        }
    }

    /// What a missing value becomes.
    fn missing<'a>(&self, values: &[Value<'a>]) -> Result<Value<'a>, Fault> {
        match &self.default {
            Some(default) => self.finished(default.clone(), values),
            None if self.optional => Ok(Value::Absent),
            None => Err(Fault {
                reason: Reason::MissingField,
                detail: format!(
                    "`{}`: expected a value at {}, found nothing",
                    self.field, self.sources
                ),
            }),
        }
    }

    fn translated<'a>(&self, found: Value<'a>) -> Result<Translated<'a>, Fault> {
        if !self.table.is_empty() {
            let key = match &found {
                Value::Text(text) => Cow::Borrowed(&**text),
                Value::Nested => Cow::Borrowed(""),
                other => Cow::Owned(other.shown()),
            };
            let listed = self.table.get(&*key).or(self.otherwise.as_ref());
            if let Some(value) = listed {
                return Ok(Translated::ByTable(value.clone()));
            }
        }
        if !self.name {
            return Ok(Translated::AsFound(found));
        }
        match found.clone().into_text() {
            Some(text) => Ok(Translated::AsFound(Value::text(named(&text)))),
            None => Err(found.fault(Reason::BadField, &self.field, "text")),
        }
    }

    /// A constant or default, or what needs no arithmetic: times are read, all else stays.
    fn finished<'a>(&self, value: Value<'a>, values: &[Value<'a>]) -> Result<Value<'a>, Fault> {
        match &self.finish {
            // A milestone's `done` may be just true or false.
            Finish::Time(_) if matches!(value, Value::Bool(_)) && self.field == "done" => Ok(value),
            Finish::Time(plan) => self.moment(plan, &value, values),
            Finish::AsIs | Finish::Number(_) => Ok(value),
        }
    }

    fn moment<'a>(
        &self,
        plan: &TimePlan,
        value: &Value<'a>,
        values: &[Value<'a>],
    ) -> Result<Value<'a>, Fault> {
        let Some(time) = plan.read(value) else {
            let reason = if self.field == "at" {
                Reason::BadTime
            } else {
                Reason::BadField
            };
            let expected = "a time in the form and zone that the mapping names";
            return Err(value.fault(reason, &self.field, expected));
        };
        match plan.moved(time, values) {
            Ok(Time(ms)) => Ok(Value::Int(ms)),
            // Where a span is missing, so is the time.
            Err(fault) if fault.reason == Reason::MissingField && self.optional => {
                Ok(Value::Absent)
            }
            Err(fault) => Err(fault),
        }
    }

    fn number<'a>(
        &self,
        plan: NumberPlan,
        value: &Value<'a>,
        values: &[Value<'a>],
    ) -> Result<Value<'a>, Fault> {
        let found = number_of(value, &self.field)?;
        let product = i128::from(found.0)
            .checked_mul(plan.factor)
            .map(|product| divided(product, plan.divisor))
            .and_then(|product| i64::try_from(product).ok());
        let Some(product) = product.map(Fixed) else {
            let expected = "a number whose multiple lies within about 9.2e12";
            return Err(value.fault(Reason::OutOfRange, &self.field, expected));
        };
        match plan.negative {
            Negative::Clamp if product < Fixed::ZERO => Ok(Value::Fixed(Fixed::ZERO)),
            Negative::Missing if product < Fixed::ZERO => self.missing(values),
            _ => Ok(Value::Fixed(product)),
        }
    }
}

enum Translated<'a> {
    /// A value of the table, in the field's own words and units.
    ByTable(Value<'a>),
    /// What was found.
    AsFound(Value<'a>),
}

fn first<'a>(sources: &[Source], values: &[Value<'a>]) -> Value<'a> {
    sources
        .iter()
        .map(|source| match source {
            Source::Place(place) => values.get(*place).cloned().unwrap_or_default(),
            Source::Template(pieces) => template(pieces, values).unwrap_or_default(),
        })
        .find(|value| !value.is_absent())
        .unwrap_or_default()
}

fn template<'a>(pieces: &[Piece], values: &[Value<'a>]) -> Option<Value<'a>> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Place(place) => match values.get(*place)? {
                Value::Absent | Value::Nested => return None,
                Value::Text(value) => text.push_str(value),
                other => text.push_str(&other.shown()),
            },
        }
    }
    Some(Value::text(text))
}

/// A valid name made of `text`, unless it is too long: lower case, `_` for what a name cannot have.
fn named(text: &str) -> String {
    let of_a_name = |c: char| match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'a'..='z' | '0'..='9' | '.' | '_' | '-' => c,
        _ => '_',
    };
    text.trim().chars().map(of_a_name).collect()
}
