//! How foreign records become events: `[mapping.<input>]` as a data engineer writes it.
//!
//! The types of this file are the form in TOML; `compile` checks them as a whole and says all that
//! is wrong, `expression` computes fields of one record. A mapping never fails as a whole at run
//! time: what it cannot map is a dead letter with its reason.
//!
//! ```toml
//! [mapping.tickets]
//! tenant = "acme"                       # anything else than below is a constant
//! account = "/org_id"                   # `/name`: a column, or a JSON Pointer
//! id = "{/source}:{/ticket_id}"         # `{...}`: a template; `{{` is a brace
//! ticket = "/ticket_id"
//! zone = "Europe/Oslo"                  # of times without an offset; UTC without it
//!
//! [[mapping.tickets.events]]
//! kind = "ticket"
//! change = "opened"
//! at = ["/created", "/received"]        # the first that is there: RFC 3339, epoch ms, or a date
//!                                       # (its local midnight)
//! priority = { from = "/severity?", table = { urgent = "critical" } }
//!
//! [[mapping.tickets.events]]            # its id is that of the first, with `#2`
//! when = { "/resolved" = { present = true } }
//! kind = "ticket"
//! change = "resolved"
//! at = { from = "/resolved", format = "%d.%m.%Y %H:%M" }
//! ```
//!
//! Fields at the top hold for all events that have them; an event's own come first. Without
//! `events` the mapping is one event itself. A field that is not there (null and the empty text
//! are not there) makes its event a dead letter, unless its source ends in `?`, or it says
//! `optional = true`, or has a `default`.

mod compile;
mod compiled;
mod expression;
mod moment;
mod when;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

pub(super) use compile::{Given, compile};
pub(super) use compiled::{Compiled, Known, Values};

/// A mapping as it stands in the configuration.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Mapping {
    /// What holds for all events.
    pub common: EventMapping,
    /// The events that a record may yield, in order; none means that `common` is the only one.
    pub events: Vec<EventMapping>,
    /// IANA zone of times without an offset; UTC by default.
    pub zone: Option<String>,
    /// The record's time, where it is not the greatest `at` of its events.
    pub time: Option<FieldMapping>,
}

/// What one event is made of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EventMapping {
    /// Conditions by source; all must hold.
    pub when: BTreeMap<String, TestMapping>,
    /// Fields by name.
    pub fields: BTreeMap<String, FieldMapping>,
    /// Attributes of the account by name.
    pub attributes: BTreeMap<String, FieldMapping>,
    /// Ids of the account in CRMs, by system.
    pub crm_ids: BTreeMap<String, FieldMapping>,
}

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

/// How one field is found. In TOML a text, a number, a bool, a list of sources, or a table of
/// these keys.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldMapping {
    /// Pointers, columns or templates; the first that is there counts.
    pub from: Sources,
    /// A constant instead.
    pub constant: Option<Constant>,
    /// Whether the event may do without this field; where this is written, a `?` at the end of a
    /// source belongs to the name.
    pub optional: Option<bool>,
    /// What counts where the field is not there.
    pub default: Option<Constant>,
    /// Values by the text that was found; others pass as they are.
    pub table: BTreeMap<String, Constant>,
    /// What counts for values that `table` does not have.
    pub otherwise: Option<Constant>,
    /// Makes a valid name: lower case, `_` for what a name cannot have.
    pub name: bool,
    /// Form of a time: `strptime` directives, or `epoch_s`, `epoch_ms`.
    pub format: Option<String>,
    /// IANA zone of a time without an offset, where it is not the mapping's.
    pub zone: Option<String>,
    /// Spans that are added to a time: source and unit.
    pub plus: BTreeMap<String, Unit>,
    /// Spans that are taken from a time: source and unit.
    pub minus: BTreeMap<String, Unit>,
    /// Factor of a number.
    pub multiply: Option<f64>,
    /// Unit of a number that is found in another unit than its field has.
    pub unit: Option<Unit>,
    /// What becomes of negative numbers.
    pub negative: Negative,
}

/// Where a value comes from: one source, or several of which the first that is there counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources(pub Vec<String>);

/// A unit of time. Days have 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
}

/// What becomes of negative numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Negative {
    /// The field's own rule: nearly all refuse them.
    #[default]
    Reject,
    /// They are 0.
    Clamp,
    /// They are not there.
    Missing,
}

/// A condition on one source. In TOML a constant, a list of constants, or a table of these keys.
/// What is not there passes `present = false` and nothing else.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestMapping {
    /// Is this.
    pub is: Option<Constant>,
    /// Is one of these.
    #[serde(rename = "in")]
    pub one_of: Vec<Constant>,
    /// Is none of these.
    pub not: Vec<Constant>,
    /// Is there, or is not.
    pub present: Option<bool>,
    /// Is at least this number.
    pub at_least: Option<f64>,
    /// Is at most this number.
    pub at_most: Option<f64>,
}

// --- reading it ----------------------------------------------------------------------------------

/// Visits of a constant, each turned into what the visitor is for.
macro_rules! visit_constants {
    ($make:expr) => {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok($make(Constant::Text(text.to_owned())))
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
            Ok($make(Constant::Int(value)))
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
            match i64::try_from(value) {
                Ok(value) => Ok($make(Constant::Int(value))),
                Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
            }
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
            Ok($make(Constant::Float(value)))
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            Ok($make(Constant::Bool(value)))
        }
    };
}

struct ConstantVisitor;

impl Visitor<'_> for ConstantVisitor {
    type Value = Constant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false")
    }

    visit_constants!(|constant| constant);
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConstantVisitor)
    }
}

struct SourcesVisitor;

impl<'de> Visitor<'de> for SourcesVisitor {
    type Value = Sources;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source such as \"/name\" or a list of sources")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Sources, E> {
        Ok(Sources(vec![text.to_owned()]))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Sources, S::Error> {
        let mut sources = Vec::new();
        while let Some(source) = list.next_element()? {
            sources.push(source);
        }
        Ok(Sources(sources))
    }
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourcesVisitor)
    }
}

/// A field in its short form is a [`FieldMapping`] in TOML's long form with one key.
#[derive(Clone, Debug)]
struct Field(FieldMapping);

impl Field {
    /// A text is a source if it begins like one, else a constant.
    fn short(constant: Constant) -> Self {
        let Constant::Text(text) = constant else {
            return Self(FieldMapping {
                constant: Some(constant),
                ..FieldMapping::default()
            });
        };
        if !text.starts_with('/') && !text.contains(['{', '}']) {
            return Self::short_constant(text);
        }
        Self(FieldMapping {
            from: Sources(vec![text]),
            ..FieldMapping::default()
        })
    }

    fn short_constant(text: String) -> Self {
        Self(FieldMapping {
            constant: Some(Constant::Text(text)),
            ..FieldMapping::default()
        })
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source such as \"/name\", a constant, or a table with `from`")
    }

    visit_constants!(Field::short);

    fn visit_seq<S: SeqAccess<'de>>(self, list: S) -> Result<Field, S::Error> {
        let from = SourcesVisitor.visit_seq(list)?;
        Ok(Field(FieldMapping {
            from,
            ..FieldMapping::default()
        }))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Field, M::Error> {
        FieldMapping::deserialize(MapAccessDeserializer::new(map)).map(Field)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct Condition(TestMapping);

struct ConditionVisitor;

impl<'de> Visitor<'de> for ConditionVisitor {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list of values, or a table such as { present = true }")
    }

    visit_constants!(|constant| Condition(TestMapping {
        is: Some(constant),
        ..TestMapping::default()
    }));

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Condition, S::Error> {
        let mut test = TestMapping::default();
        while let Some(constant) = list.next_element()? {
            test.one_of.push(constant);
        }
        Ok(Condition(test))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Condition, M::Error> {
        TestMapping::deserialize(MapAccessDeserializer::new(map)).map(Condition)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConditionVisitor)
    }
}

fn fields_of(map: BTreeMap<String, Field>) -> BTreeMap<String, FieldMapping> {
    map.into_iter()
        .map(|(name, field)| (name, field.0))
        .collect()
}

impl EventMapping {
    /// Reads the value of one key.
    fn member<'de, M: MapAccess<'de>>(&mut self, key: String, map: &mut M) -> Result<(), M::Error> {
        match key.as_str() {
            "when" => {
                let tests: BTreeMap<String, Condition> = map.next_value()?;
                self.when = tests.into_iter().map(|(key, test)| (key, test.0)).collect();
            }
            "attributes" => self.attributes = fields_of(map.next_value()?),
            "crm_ids" => self.crm_ids = fields_of(map.next_value()?),
            _ => {
                let field: Field = map.next_value()?;
                self.fields.insert(key, field.0);
            }
        }
        Ok(())
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventMapping;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of fields")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<EventMapping, M::Error> {
        let mut event = EventMapping::default();
        while let Some(key) = map.next_key()? {
            event.member(key, &mut map)?;
        }
        Ok(event)
    }
}

impl<'de> Deserialize<'de> for EventMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct MappingVisitor;

impl<'de> Visitor<'de> for MappingVisitor {
    type Value = Mapping;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of fields and `events`")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Mapping, M::Error> {
        let mut mapping = Mapping::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "events" => mapping.events = map.next_value()?,
                "zone" => mapping.zone = Some(map.next_value()?),
                "time" => mapping.time = Some(map.next_value::<Field>()?.0),
                _ => mapping.common.member(key, &mut map)?,
            }
        }
        Ok(mapping)
    }
}

impl<'de> Deserialize<'de> for Mapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MappingVisitor)
    }
}
