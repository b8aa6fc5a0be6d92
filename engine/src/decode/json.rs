//! One JSON object in a single pass: canonical members go straight into slots, members that a
//! mapping names into its values, the rest is skipped without being built.
//!
//! Texts borrow from the record unless an escape had to be undone.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Fault;
use super::fields::FieldName;
use super::slots::{Pairs, Slots};
use super::value::Value;
use crate::limits::EVENT_PAIRS_MAX;
use crate::model::{Reason, Text};

/// Which members of a canonical object are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    /// All.
    Event,
    /// Those that say whose event it is and when.
    Key,
    /// Those of a `CloudEvents` envelope.
    Envelope,
}

/// What a `CloudEvents` envelope holds; it is one if it has a `specversion`.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    /// The version of `CloudEvents`.
    pub(super) specversion: Value<'a>,
    /// Becomes the event's `at`.
    pub(super) time: Value<'a>,
    /// Becomes the event's account.
    pub(super) subject: Value<'a>,
    /// The event, not parsed yet.
    pub(super) data: Option<&'a RawValue>,
    /// Whether the data stands there in base64.
    pub(super) data_base64: bool,
}

/// Reads one canonical object; members of an envelope, if there are any, as well.
pub(super) fn canonical<'a>(
    text: &'a str,
    want: Want,
    slots: &mut Slots<'a>,
) -> Result<Envelope<'a>, Fault> {
    let mut envelope = Envelope::default();
    let members = Members {
        want,
        slots,
        envelope: &mut envelope,
    };
    read(text, members)?;
    Ok(envelope)
}

/// Reads the members that `node` names into `values`.
pub(super) fn wanted<'a>(
    text: &'a str,
    node: &Node,
    values: &mut [Value<'a>],
) -> Result<(), Fault> {
    read(text, Root { node, values })
}

fn read<'a>(text: &'a str, seed: impl DeserializeSeed<'a, Value = ()>) -> Result<(), Fault> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome = seed
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    outcome.map_err(|error| Fault {
        reason: Reason::Malformed,
        detail: format!("expected one JSON object, found: {error}"),
    })
}

// --- canonical members ---------------------------------------------------------------------------

/// A member's name as far as it means something.
enum Member {
    Field(FieldName),
    SpecVersion,
    Time,
    Subject,
    Data,
    DataBase64,
    Other,
}

impl Member {
    fn of(name: &str, want: Want) -> Self {
        match name {
            "specversion" => Self::SpecVersion,
            "time" => Self::Time,
            "subject" => Self::Subject,
            "data" => Self::Data,
            "data_base64" => Self::DataBase64,
            name => match FieldName::parse(name) {
                Some(field) if wants(want, field) => Self::Field(field),
                _ => Self::Other,
            },
        }
    }
}

fn wants(want: Want, field: FieldName) -> bool {
    match want {
        Want::Event => true,
        Want::Key => matches!(
            field,
            FieldName::Tenant | FieldName::Account | FieldName::At
        ),
        Want::Envelope => field == FieldName::Id,
    }
}

struct Members<'s, 'a> {
    want: Want,
    slots: &'s mut Slots<'a>,
    envelope: &'s mut Envelope<'a>,
}

impl<'a> DeserializeSeed<'a> for Members<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(member) = map.next_key_seed(MemberName(self.want))? {
            match member {
                Member::Field(FieldName::Attributes) => {
                    map.next_value_seed(PairsSeed(&mut self.slots.attributes))?;
                }
                Member::Field(FieldName::CrmIds) => {
                    map.next_value_seed(PairsSeed(&mut self.slots.crm_ids))?;
                }
                Member::Field(field) => self.slots.set(field, map.next_value_seed(Scalar)?),
                Member::SpecVersion => self.envelope.specversion = map.next_value_seed(Scalar)?,
                Member::Time => self.envelope.time = map.next_value_seed(Scalar)?,
                Member::Subject => self.envelope.subject = map.next_value_seed(Scalar)?,
                Member::Data => self.envelope.data = Some(map.next_value()?),
                Member::DataBase64 => {
                    self.envelope.data_base64 = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct MemberName(Want);

impl<'a> DeserializeSeed<'a> for MemberName {
    type Value = Member;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Member, E> {
        Ok(Member::of(name, self.0))
    }
}

// --- values --------------------------------------------------------------------------------------

/// Reads one value; objects and lists are skipped and remembered as such.
struct Scalar;

impl<'a> DeserializeSeed<'a> for Scalar {
    type Value = Value<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// What all visitors of scalars do alike.
macro_rules! visit_scalars {
    () => {
        fn visit_unit<E: Error>(self) -> Result<Value<'a>, E> {
            Ok(Value::Absent)
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'a>, E> {
            Ok(Value::Bool(value))
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'a>, E> {
            Ok(Value::Int(value))
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'a>, E> {
            Ok(i64::try_from(value).map_or(Value::Unsigned(value), Value::Int))
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'a>, E> {
            Ok(Value::Float(value))
        }
        fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Value<'a>, E> {
            Ok(Value::text(text))
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Value<'a>, E> {
            Ok(Value::text(text.to_owned()))
        }
    };
}

impl<'a> Visitor<'a> for Scalar {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    visit_scalars!();

    fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<Value<'a>, M::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Value::Nested)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, list: S) -> Result<Value<'a>, S::Error> {
        IgnoredAny.visit_seq(list)?;
        Ok(Value::Nested)
    }
}

/// Reads an object of scalars.
struct PairsSeed<'s, 'a>(&'s mut Pairs<'a>);

impl<'a> DeserializeSeed<'a> for PairsSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        let pairs = self.0;
        pairs.entries.clear();
        pairs.instead = deserializer.deserialize_any(PairsVisitor(&mut pairs.entries))?;
        Ok(())
    }
}

struct PairsVisitor<'s, 'a>(&'s mut Vec<(Text<'a>, Value<'a>)>);

impl<'a> Visitor<'a> for PairsVisitor<'_, 'a> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    visit_scalars!();

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Value<'a>, M::Error> {
        while let Some(name) = map.next_key_seed(Scalar)? {
            let value = map.next_value_seed(Scalar)?;
            // One more than the limit is enough to know that there are too many.
            if self.0.len() <= EVENT_PAIRS_MAX
                && let Value::Text(name) = name
            {
                self.0.push((name, value));
            }
        }
        Ok(Value::Absent)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, list: S) -> Result<Value<'a>, S::Error> {
        IgnoredAny.visit_seq(list)?;
        Ok(Value::Nested)
    }
}

// --- members that a mapping names ----------------------------------------------------------------

/// The members that a mapping wants, as a tree: pointers that begin alike share their beginning.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Where this member's value goes.
    place: Option<usize>,
    /// Members within it, by name; in a list by number.
    members: Vec<(String, Self)>,
}

impl Node {
    /// Adds the member at `path`, whose value goes to `place`.
    pub(super) fn add(&mut self, path: &[String], place: usize) {
        let Some((name, rest)) = path.split_first() else {
            self.place = Some(place);
            return;
        };
        let known = self.members.iter().position(|(known, _)| known == name);
        let known = known.unwrap_or_else(|| {
            self.members.push((name.clone(), Self::default()));
            self.members.len() - 1
        });
        if let Some((_, member)) = self.members.get_mut(known) {
            member.add(rest, place);
        }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        let known = self.members.iter().find(|(known, _)| known == name);
        known.map(|(_, member)| member)
    }
}

struct Root<'n, 's, 'a> {
    node: &'n Node,
    values: &'s mut [Value<'a>],
}

impl<'a> DeserializeSeed<'a> for Root<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Root<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<(), M::Error> {
        members_of(self.node, self.values, map)
    }
}

fn members_of<'a, M: MapAccess<'a>>(
    node: &Node,
    values: &mut [Value<'a>],
    mut map: M,
) -> Result<(), M::Error> {
    while let Some(member) = map.next_key_seed(NodeName(node))? {
        match member {
            Some(member) => {
                let inner = Inner {
                    node: member,
                    values: &mut *values,
                };
                let value = map.next_value_seed(inner)?;
                if let Some(place) = member.place.and_then(|place| values.get_mut(place)) {
                    *place = value;
                }
            }
            None => drop(map.next_value::<IgnoredAny>()?),
        }
    }
    Ok(())
}

struct NodeName<'n>(&'n Node);

impl<'a, 'n> DeserializeSeed<'a> for NodeName<'n> {
    type Value = Option<&'n Node>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for NodeName<'n> {
    type Value = Option<&'n Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name))
    }
}

/// Reads a wanted value and what is wanted within it.
struct Inner<'n, 's, 'a> {
    node: &'n Node,
    values: &'s mut [Value<'a>],
}

impl<'a> DeserializeSeed<'a> for Inner<'_, '_, 'a> {
    type Value = Value<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Inner<'_, '_, 'a> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    visit_scalars!();

    fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<Value<'a>, M::Error> {
        members_of(self.node, self.values, map)?;
        Ok(Value::Nested)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Value<'a>, S::Error> {
        if self.node.members.is_empty() {
            IgnoredAny.visit_seq(list)?;
            return Ok(Value::Nested);
        }
        let mut number = 0_usize;
        loop {
            let member = self.node.member(&number.to_string());
            let Some(member) = member else {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(Value::Nested);
                }
                number += 1;
                continue;
            };
            let inner = Inner {
                node: member,
                values: &mut *self.values,
            };
            let Some(value) = list.next_element_seed(inner)? else {
                return Ok(Value::Nested);
            };
            if let Some(place) = member.place.and_then(|place| self.values.get_mut(place)) {
                *place = value;
            }
            number += 1;
        }
    }
}
