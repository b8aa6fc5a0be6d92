//! The values of one event by field, and the taking of them in the form that a kind asks for.
//!
//! JSON, CSV and mappings all fill slots; [`super::event`] alone empties them. So every way in has
//! the same rules and the same sentences.

use smallvec::SmallVec;

use super::Fault;
use super::fields::{FieldName, Word, list_of};
use super::value::{NotANumber, Value};
use crate::limits::{EVENT_PAIRS_MAX, FIELD_BYTES_MAX};
use crate::model::{Fixed, Reason, Text, Time, name_is_valid};

/// Values of an event that fit without an allocation; a usual event has ten.
const INLINE: usize = 16;

/// The values of one event by field.
#[derive(Debug)]
pub(super) struct Slots<'a> {
    /// Per field: 0 for absent, else its place in `values` and one.
    places: [u8; FieldName::ALL.len()],
    values: SmallVec<[Value<'a>; INLINE]>,
    /// Attributes by name.
    pub(super) attributes: Pairs<'a>,
    /// Ids by CRM.
    pub(super) crm_ids: Pairs<'a>,
}

/// Names with values.
#[derive(Debug, Default)]
pub(super) struct Pairs<'a> {
    /// In the order found.
    pub(super) entries: Vec<(Text<'a>, Value<'a>)>,
    /// What stood there instead of an object.
    pub(super) instead: Value<'a>,
}

impl Default for Slots<'_> {
    fn default() -> Self {
        Self {
            places: [0; FieldName::ALL.len()],
            values: SmallVec::new(),
            attributes: Pairs::default(),
            crm_ids: Pairs::default(),
        }
    }
}

impl<'a> Slots<'a> {
    /// Sets a field; a later value replaces an earlier one.
    pub(super) fn set(&mut self, field: FieldName, value: Value<'a>) {
        let known = self.place(field);
        if let Some(known) = known.and_then(|place| self.values.get_mut(place)) {
            *known = value;
            return;
        }
        self.values.push(value);
        // Fewer than 256 fields, and each has one place.
        let place = u8::try_from(self.values.len()).unwrap_or(0);
        if let Some(slot) = self.places.get_mut(field as usize) {
            *slot = place;
        }
    }

    /// Sets a field that has no value yet.
    pub(super) fn fill(&mut self, field: FieldName, value: Value<'a>) {
        if self.get(field).is_none_or(Value::is_absent) {
            self.set(field, value);
        }
    }

    fn place(&self, field: FieldName) -> Option<usize> {
        let place = self.places.get(field as usize).copied().unwrap_or(0);
        usize::from(place).checked_sub(1)
    }

    /// A field's value as it was found.
    pub(super) fn get(&self, field: FieldName) -> Option<&Value<'a>> {
        self.values.get(self.place(field)?)
    }

    /// Takes a field's value as it was found.
    pub(super) fn take(&mut self, field: FieldName) -> Value<'a> {
        let place = self.place(field);
        place
            .and_then(|place| self.values.get_mut(place))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Text of any length.
    pub(super) fn free_text(&mut self, field: FieldName) -> Result<Option<Text<'a>>, Fault> {
        match self.take(field) {
            Value::Absent => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            value => match value.clone().into_text() {
                Some(text) => Ok(Some(text)),
                None => Err(value.fault(Reason::BadField, field.as_str(), "text")),
            },
        }
    }

    /// Text of bounded length.
    pub(super) fn text(&mut self, field: FieldName) -> Result<Option<Text<'a>>, Fault> {
        let text = self.free_text(field)?;
        match text {
            Some(text) if text.len() > FIELD_BYTES_MAX => {
                let expected = format!("text of at most {FIELD_BYTES_MAX} bytes");
                Err(Value::Text(text).fault(Reason::BadField, field.as_str(), &expected))
            }
            text => Ok(text),
        }
    }

    /// A valid name.
    pub(super) fn name(&mut self, field: FieldName) -> Result<Option<Text<'a>>, Fault> {
        let text = self.free_text(field)?;
        match text {
            Some(text) if !name_is_valid(&text) => {
                let expected = "a name of 1 to 64 characters of a-z 0-9 . _ -";
                Err(Value::Text(text).fault(Reason::BadField, field.as_str(), expected))
            }
            text => Ok(text),
        }
    }

    /// A word of a closed list.
    pub(super) fn word<W: Word>(&mut self, field: FieldName) -> Result<Option<W>, Fault> {
        let value = self.take(field);
        let found = match &value {
            Value::Absent => return Ok(None),
            Value::Text(text) => W::of(text),
            _ => None,
        };
        match found {
            Some(word) => Ok(Some(word)),
            None => {
                let expected = format!("one of {}", list_of::<W>().join(", "));
                Err(value.fault(Reason::UnknownValue, field.as_str(), &expected))
            }
        }
    }

    /// A number of either sign.
    pub(super) fn number(&mut self, field: FieldName) -> Result<Option<Fixed>, Fault> {
        let value = self.take(field);
        if value.is_absent() {
            return Ok(None);
        }
        number_of(&value, field.as_str()).map(Some)
    }

    /// A number that is not negative.
    pub(super) fn amount(&mut self, field: FieldName) -> Result<Option<Fixed>, Fault> {
        match self.number(field)? {
            Some(value) if value < Fixed::ZERO => {
                let value = Value::Fixed(value);
                let expected = "a number of at least 0";
                Err(value.fault(Reason::OutOfRange, field.as_str(), expected))
            }
            value => Ok(value),
        }
    }

    /// Yes or no.
    pub(super) fn boolean(&mut self, field: FieldName) -> Result<Option<bool>, Fault> {
        let value = self.take(field);
        if value.is_absent() {
            return Ok(None);
        }
        match value.boolean() {
            Some(value) => Ok(Some(value)),
            None => Err(value.fault(Reason::BadField, field.as_str(), "true or false")),
        }
    }

    /// A moment.
    pub(super) fn moment(&mut self, field: FieldName) -> Result<Option<Time>, Fault> {
        let value = self.take(field);
        if value.is_absent() {
            return Ok(None);
        }
        match value.moment() {
            Some(time) => Ok(Some(time)),
            None => {
                let reason = match field {
                    FieldName::At => Reason::BadTime,
                    _ => Reason::BadField,
                };
                let expected = "RFC 3339 with an offset, or epoch milliseconds";
                Err(value.fault(reason, field.as_str(), expected))
            }
        }
    }
}

impl<'a> Pairs<'a> {
    /// Takes the entries that have a value, in order of their names; of two with one name, the
    /// later one.
    pub(super) fn take(&mut self, field: FieldName) -> Result<Vec<(Text<'a>, Value<'a>)>, Fault> {
        let instead = &self.instead;
        if !instead.is_absent() {
            return Err(instead.fault(Reason::BadField, field.as_str(), "an object"));
        }
        let mut entries = std::mem::take(&mut self.entries);
        if entries.len() > EVENT_PAIRS_MAX {
            let field = field.as_str();
            let found = entries.len();
            return Err(Fault {
                reason: Reason::BadField,
                detail: format!(
                    "`{field}`: expected at most {EVENT_PAIRS_MAX} entries, found {found}"
                ),
            });
        }
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, earlier| later.0 == earlier.0);
        entries.retain(|(_, value)| !value.is_absent());
        Ok(entries)
    }
}

/// What `field` must have, or the fault that it is missing.
pub(super) fn needed<T>(value: Option<T>, field: FieldName, kind: &str) -> Result<T, Fault> {
    value.ok_or_else(|| Fault {
        reason: Reason::MissingField,
        detail: format!("`{}`: {kind} must have it, found nothing", field.as_str()),
    })
}

/// A value that must be a number.
pub(super) fn number_of(value: &Value<'_>, place: &str) -> Result<Fixed, Fault> {
    value.number().map_err(|fault| match fault {
        NotANumber::Other => value.fault(Reason::BadField, place, "a number"),
        NotANumber::TooLarge => {
            let expected = "a number between about -9.2e12 and 9.2e12";
            value.fault(Reason::OutOfRange, place, expected)
        }
    })
}
