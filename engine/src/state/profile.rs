//! Who the account is: stage, segment, revenue without licenses, and declared attributes.
//!
//! Names, owners and ids in other systems are no features and are not kept here; nor does an
//! account's own zone move its days, because a zone that arrives after events would make what is
//! known depend on the order of arrival.

use crate::limits::{ATTRIBUTES_MAX, KEPT_TEXT_BYTES_MAX};
use crate::model::{
    AccountEvent, AttributeType, AttributeValue, CodecError, Fixed, Reader, Stage, Time, Writer,
    hash64,
};

use super::bounded::{Entities, Entity};
use super::latest::{Latest, Stamp};
use super::pending::{read_word, write_word};

/// A text cut to at most `max` bytes, between characters.
pub(crate) fn kept(text: &str, max: usize) -> Box<str> {
    let end = text.floor_char_boundary(max);
    text.get(..end).unwrap_or("").into()
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Attribute {
    Text(Box<str>),
    Number(Fixed),
    Yes(bool),
}

impl Attribute {
    fn new(value: &AttributeValue<'_>) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(kept(text, KEPT_TEXT_BYTES_MAX)),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Bool(yes) => Self::Yes(*yes),
        }
    }

    const fn kind(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Yes(_) => AttributeType::Bool,
        }
    }
}

/// Under what an attribute is kept: its name and the type that it has. A value of another type
/// than the declared one takes no other's place.
pub(crate) fn attribute_hash(name: &str, kind: AttributeType) -> u64 {
    hash64(name.as_bytes()).wrapping_add(kind as u64)
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Declared(Latest<Attribute>);

impl Entity for Declared {
    fn newest(&self) -> Time {
        self.0.at().unwrap_or(Time::MIN)
    }
}

/// The profile of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Profile {
    stage: Latest<Stage>,
    segment: Latest<Box<str>>,
    arr: Latest<Fixed>,
    attributes: Entities<Declared>,
    first: Option<Time>,
    newest: Option<Time>,
}

impl Profile {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &AccountEvent<'_>) {
        self.stage.state_some(stamp, event.stage);
        let segment = event.segment.as_ref();
        let segment = segment.map(|segment| kept(segment, KEPT_TEXT_BYTES_MAX));
        self.segment.state_some(stamp, segment);
        self.arr.state_some(stamp, event.arr);
        for (name, value) in &event.attributes {
            let value = Attribute::new(value);
            let hash = attribute_hash(name, value.kind());
            let (attribute, _) = self.attributes.entry(hash, stamp.at, ATTRIBUTES_MAX);
            if let Some(Declared(attribute)) = attribute {
                attribute.state(stamp, value);
            }
        }
        self.first = Some(self.first.map_or(stamp.at, |first| first.min(stamp.at)));
        self.newest = self.newest.max(Some(stamp.at));
    }

    pub(crate) fn stage(&self) -> Option<Stage> {
        self.stage.get().copied()
    }

    pub(crate) fn segment(&self) -> Option<&str> {
        self.segment.get().map(|segment| &**segment)
    }

    pub(crate) fn arr(&self) -> Option<Fixed> {
        self.arr.get().copied()
    }

    /// The latest value of an attribute that has a type, by [`attribute_hash`].
    pub(crate) fn attribute(&self, hash: u64) -> Option<&Attribute> {
        self.attributes.get(hash)?.0.get()
    }

    /// The earliest event about the account itself.
    pub(crate) const fn first(&self) -> Option<Time> {
        self.first
    }

    pub(crate) const fn newest(&self) -> Option<Time> {
        self.newest
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.attributes.is_capped(now)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.stage
            .write(writer, |writer, stage| write_word(writer, *stage as u8));
        self.segment
            .write(writer, |writer, segment| writer.text(segment));
        self.arr.write(writer, |writer, arr| writer.i64(arr.0));
        self.attributes
            .write(writer, |writer, Declared(attribute)| {
                attribute.write(writer, write_attribute);
            });
        for at in [self.first, self.newest] {
            writer.option(at, |writer, at| writer.i64(at.0));
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let time = |reader: &mut Reader<'_>| Ok(Time(reader.i64()?));
        Ok(Self {
            stage: Latest::read(reader, |reader| read_word(reader, Stage::ALL))?,
            segment: Latest::read(reader, |reader| Ok(reader.text()?.into()))?,
            arr: Latest::read(reader, |reader| Ok(Fixed(reader.i64()?)))?,
            attributes: Entities::read(reader, ATTRIBUTES_MAX, |reader| {
                Latest::read(reader, read_attribute).map(Declared)
            })?,
            first: reader.option(time)?,
            newest: reader.option(time)?,
        })
    }
}

fn write_attribute(writer: &mut Writer, value: &Attribute) {
    match value {
        Attribute::Text(text) => {
            writer.u8(0);
            writer.text(text);
        }
        Attribute::Number(number) => {
            writer.u8(1);
            writer.i64(number.0);
        }
        Attribute::Yes(yes) => {
            writer.u8(2);
            writer.bool(*yes);
        }
    }
}

fn read_attribute(reader: &mut Reader<'_>) -> Result<Attribute, CodecError> {
    match reader.u8()? {
        0 => Ok(Attribute::Text(reader.text()?.into())),
        1 => Ok(Attribute::Number(Fixed(reader.i64()?))),
        2 => Ok(Attribute::Yes(reader.bool()?)),
        _ => Err(reader.invalid("a type of attribute")),
    }
}
