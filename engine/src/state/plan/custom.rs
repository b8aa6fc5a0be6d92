//! A feature that a tenant declares, made ready: its conditions as comparisons, its window as a
//! reach, its aggregate as the shape of what is kept.

use crate::model::{
    Aggregate, CustomFeature, CustomWindow, Event, Field, FieldValue, Fixed, HOUR_MS, Kind, Role,
    Test, Time, hash64, name_is_valid,
};
use crate::state::days::{Day, hour_of};

use super::{Moment, Plan};

/// Days before today that `last` and `days_since` reach back where there is no window.
const REACH_WITHOUT_WINDOW: Day = 399;

/// What is kept of an account for one declared feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Counts and sums, or extremes, per hour or day.
    Cells,
    /// One entry per event, by id: for kinds whose repeats are not removed before.
    Entries,
    /// The last hour or day of each different value.
    Values,
    /// The latest event.
    Latest,
}

/// A declared feature, made ready.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    pub(crate) name: String,
    /// Hash of the declaration: another declaration of the same name begins anew.
    pub(crate) key: u64,
    pub(crate) kind: Kind,
    pub(crate) agg: Aggregate,
    pub(crate) of: Option<Field>,
    pub(crate) shape: Shape,
    /// Since when it is kept.
    pub(crate) since: Time,
    window: Option<CustomWindow>,
    tests: Vec<(Field, Compiled)>,
    role_tests: Vec<Compiled>,
}

/// A test, made ready.
#[derive(Clone, Debug)]
enum Compiled {
    Is(Value),
    IsNot(Value),
    In(Vec<Value>),
    AtLeast(Fixed),
    AtMost(Fixed),
}

/// A text and what it is as a number or as yes or no.
#[derive(Clone, Debug)]
struct Value {
    text: String,
    number: Option<Fixed>,
    yes: Option<bool>,
}

impl Value {
    fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            number: text.parse::<f64>().ok().and_then(Fixed::from_f64),
            yes: text.parse().ok(),
        }
    }

    fn equals(&self, found: FieldValue<'_>) -> bool {
        match found {
            FieldValue::Missing => false,
            FieldValue::Text(text) => text == self.text,
            FieldValue::Number(number) => self.number == Some(number),
            FieldValue::Bool(yes) => self.yes == Some(yes),
        }
    }
}

impl Compiled {
    fn new(test: &Test) -> Result<Self, String> {
        let number = |value: &f64| {
            Fixed::from_f64(*value)
                .ok_or(format!("expected a number to compare with, found {value}"))
        };
        Ok(match test {
            Test::Is(text) => Self::Is(Value::new(text)),
            Test::IsNot(text) => Self::IsNot(Value::new(text)),
            Test::In(texts) => Self::In(texts.iter().map(|text| Value::new(text)).collect()),
            Test::AtLeast(value) => Self::AtLeast(number(value)?),
            Test::AtMost(value) => Self::AtMost(number(value)?),
        })
    }

    const fn compares_numbers(&self) -> bool {
        matches!(self, Self::AtLeast(_) | Self::AtMost(_))
    }

    fn holds(&self, found: FieldValue<'_>) -> bool {
        match (self, found) {
            (_, FieldValue::Missing) => false,
            (Self::Is(value), found) => value.equals(found),
            (Self::IsNot(value), found) => !value.equals(found),
            (Self::In(values), found) => values.iter().any(|value| value.equals(found)),
            (Self::AtLeast(least), FieldValue::Number(number)) => number >= *least,
            (Self::AtMost(most), FieldValue::Number(number)) => number <= *most,
            (Self::AtLeast(_) | Self::AtMost(_), _) => false,
        }
    }
}

impl Custom {
    /// # Errors
    /// All that is wrong with the declaration.
    pub(super) fn new(feature: &CustomFeature, since: Time) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        if !name_is_valid(&feature.name) {
            errors.push("expected a name of 1 to 64 characters of a-z 0-9 . _ -".into());
        }
        let Some(kind) = Kind::parse(&feature.from) else {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            let found = nearest(&feature.from, &known);
            errors.push(format!("from: expected a kind of event, {found}"));
            return Err(errors);
        };
        let of = of(feature, kind).unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let needs_window = !matches!(feature.agg, Aggregate::Last | Aggregate::DaysSince);
        if needs_window && feature.window.is_none() {
            errors.push("window: expected 1d, 7d, 28d, 90d or 365d, found none".into());
        }
        let mut tests = Vec::new();
        let mut role_tests = Vec::new();
        for condition in &feature.conditions {
            match test(condition, kind) {
                Ok((Some(field), test)) => tests.push((field, test)),
                Ok((None, test)) => role_tests.push(test),
                Err(error) => errors.push(format!("where: {error}")),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            name: feature.name.clone(),
            key: hash64(format!("{feature:?}").as_bytes()),
            kind,
            agg: feature.agg,
            of,
            shape: shape(feature.agg, kind),
            since,
            window: feature.window,
            tests,
            role_tests,
        })
    }

    /// Whether a condition names the contact's role.
    pub(crate) const fn needs_role(&self) -> bool {
        !self.role_tests.is_empty()
    }

    /// Whether the event passes all conditions but those on the role.
    pub(crate) fn passes(&self, event: &Event<'_>) -> bool {
        let mut tests = self.tests.iter();
        tests.all(|(field, test)| test.holds(event.field(*field)))
    }

    /// Whether a contact with this role passes the conditions on it.
    pub(crate) fn role_passes(&self, role: Option<Role>) -> bool {
        let found = role.map_or(FieldValue::Missing, |role| FieldValue::Text(role.as_str()));
        self.role_tests.iter().all(|test| test.holds(found))
    }

    /// The hour or day that an event is counted in.
    pub(crate) fn bucket(&self, plan: &Plan, at: Time) -> u32 {
        if self.is_hourly() {
            hour_of(at)
        } else {
            plan.days().day_of(at).into()
        }
    }

    /// The first hour or day of the window.
    pub(crate) fn first_bucket(&self, moment: Moment) -> u32 {
        let days = |reach: Day| u32::from(moment.today.saturating_sub(reach));
        match self.window {
            Some(CustomWindow::Days1) => moment.hour.saturating_sub(23),
            Some(CustomWindow::Days7) => moment.hour.saturating_sub(167),
            Some(CustomWindow::Days28) => days(27),
            Some(CustomWindow::Days90) => days(89),
            Some(CustomWindow::Days365) => days(364),
            None => days(REACH_WITHOUT_WINDOW),
        }
    }

    /// Whether the feature was declared before its window begins.
    pub(crate) fn is_covered(&self, plan: &Plan, moment: Moment) -> bool {
        let first = self.first_bucket(moment);
        let start = if self.is_hourly() {
            Time(i64::from(first) * HOUR_MS)
        } else {
            plan.days()
                .start_of(Day::try_from(first).unwrap_or(Day::MAX))
        };
        self.since <= start
    }

    const fn is_hourly(&self) -> bool {
        matches!(self.window, Some(CustomWindow::Days1 | CustomWindow::Days7))
    }

    /// The name of the unit that people read.
    pub(crate) fn unit(&self) -> &'static str {
        match self.agg {
            Aggregate::Count => "events",
            Aggregate::Distinct => "different values",
            Aggregate::Share => "percent",
            Aggregate::DaysSince => "days",
            Aggregate::Sum
            | Aggregate::Last
            | Aggregate::Mean
            | Aggregate::Min
            | Aggregate::Max => self.of.map_or("", Field::as_str),
        }
    }
}

const fn shape(agg: Aggregate, kind: Kind) -> Shape {
    match agg {
        Aggregate::Min | Aggregate::Max => Shape::Cells,
        Aggregate::Distinct => Shape::Values,
        Aggregate::Last | Aggregate::DaysSince => Shape::Latest,
        Aggregate::Count | Aggregate::Sum | Aggregate::Mean | Aggregate::Share => match kind {
            Kind::Usage | Kind::Touch => Shape::Cells,
            _ => Shape::Entries,
        },
    }
}

fn of(feature: &CustomFeature, kind: Kind) -> Result<Option<Field>, String> {
    let takes_number = match feature.agg {
        Aggregate::Count | Aggregate::Share | Aggregate::DaysSince => {
            return match &feature.of {
                None => Ok(None),
                Some(found) => Err(format!(
                    "of: expected none for this `agg`, found \"{found}\""
                )),
            };
        }
        Aggregate::Distinct => false,
        Aggregate::Sum | Aggregate::Last | Aggregate::Mean | Aggregate::Min | Aggregate::Max => {
            true
        }
    };
    let Some(name) = &feature.of else {
        return Err("of: expected a field for this `agg`, found none".into());
    };
    let found = field(name, kind).map_err(|error| format!("of: {error}"))?;
    if takes_number && !is_number(found) {
        return Err(format!(
            "of: expected a field with a number, found \"{name}\""
        ));
    }
    Ok(Some(found))
}

fn test(
    condition: &crate::model::Condition,
    kind: Kind,
) -> Result<(Option<Field>, Compiled), String> {
    let name = &condition.field;
    let test = Compiled::new(&condition.test).map_err(|error| format!("{name}: {error}"))?;
    let found = match name.as_str() {
        "role" => None,
        name => Some(field(name, kind)?),
    };
    if test.compares_numbers() && !found.is_some_and(is_number) {
        return Err(format!(
            "{name}: expected a test of text, found one of numbers"
        ));
    }
    Ok((found, test))
}

fn field(name: &str, kind: Kind) -> Result<Field, String> {
    let known = fields_of(kind);
    match Field::parse(name) {
        Some(field) if known.contains(&field) => Ok(field),
        _ => {
            let known: Vec<&str> = known.iter().map(|field| field.as_str()).collect();
            let found = nearest(name, &known);
            Err(format!(
                "expected a field of kind {}, {found}",
                kind.as_str()
            ))
        }
    }
}

/// What was found, and the nearest of what is known.
pub(crate) fn nearest(found: &str, known: &[&str]) -> String {
    let distance = |name: &&&str| strsim::osa_distance(found, name);
    match known.iter().min_by_key(distance) {
        Some(name) if distance(&name) <= 3 => {
            format!("found \"{found}\"; did you mean \"{name}\"?")
        }
        _ => format!("found \"{found}\""),
    }
}

const fn is_number(field: Field) -> bool {
    matches!(
        field,
        Field::Value
            | Field::DurationS
            | Field::Errors
            | Field::Seats
            | Field::SeatsAssigned
            | Field::Mrr
            | Field::AmountDue
            | Field::Score
            | Field::Scale
    )
}

/// The fields that [`Event::field`] knows of events of `kind`.
const fn fields_of(kind: Kind) -> &'static [Field] {
    use Field as F;
    match kind {
        Kind::Account => &[F::Contact, F::Product],
        Kind::Contact => &[F::Contact, F::Product, F::Change],
        Kind::Usage => &[
            F::Contact,
            F::Product,
            F::Metric,
            F::Value,
            F::DurationS,
            F::Errors,
        ],
        Kind::License => &[
            F::Contact,
            F::Product,
            F::License,
            F::Change,
            F::Plan,
            F::Seats,
            F::SeatsAssigned,
            F::Mrr,
            F::AmountDue,
            F::Trial,
            F::Billing,
        ],
        Kind::Ticket => &[
            F::Contact,
            F::Product,
            F::Ticket,
            F::Change,
            F::Priority,
            F::Channel,
            F::Category,
            F::Subcategory,
        ],
        Kind::Survey => &[
            F::Contact,
            F::Product,
            F::Survey,
            F::Change,
            F::Score,
            F::Scale,
            F::Stream,
            F::Category,
            F::Subcategory,
        ],
        Kind::Touch => &[F::Contact, F::Product, F::Channel, F::Purpose, F::Direction],
        Kind::Milestone => &[F::Contact, F::Product, F::Milestone],
        Kind::Assessment => &[F::Contact, F::Product, F::Factor, F::Value, F::Scale],
        Kind::Action => &[F::Contact, F::Product, F::Change, F::Outcome],
    }
}
