//! `CloudEvents` 1.0: the envelope around a canonical event, in the structured mode (one JSON
//! object with `specversion` and `data`) and in Kafka's binary mode (`ce_*` headers, the event is
//! the value).
//!
//! The attributes `id`, `time` and `subject` become id, at and account of an event that does not
//! say its own. `type` and `source` say nothing to Puls.

use serde_json::value::RawValue;

use super::Fault;
use super::fields::FieldName;
use super::json::{self, Envelope, Want};
use super::slots::Slots;
use super::value::Value;
use crate::model::{Reason, Record};

/// What an envelope says about its event.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    pub(super) id: Value<'a>,
    pub(super) time: Value<'a>,
    pub(super) subject: Value<'a>,
}

/// Fills the slots of a canonical event with or without an envelope; with one only where it is
/// `required`.
pub(super) fn canonical<'a>(
    record: &'a Record,
    text: &'a str,
    want: Want,
    required: bool,
    slots: &mut Slots<'a>,
) -> Result<(), Fault> {
    let envelope = json::canonical(text, want, slots)?;
    if let Some(attributes) = of_headers(record)? {
        fill(slots, attributes);
        return Ok(());
    }
    if envelope.specversion.is_absent() {
        return if required { Err(no_envelope()) } else { Ok(()) };
    }
    // The envelope's own members are none of the event's, its id excepted.
    let outer = std::mem::take(slots);
    let (data, attributes) = taken(envelope, outer)?;
    json::canonical(data, want, slots)?;
    fill(slots, attributes);
    Ok(())
}

/// The event within an envelope, and what the envelope says about it.
pub(super) fn opened<'a>(
    record: &'a Record,
    text: &'a str,
) -> Result<(&'a str, Attributes<'a>), Fault> {
    if let Some(attributes) = of_headers(record)? {
        return Ok((text, attributes));
    }
    let mut slots = Slots::default();
    let envelope = json::canonical(text, Want::Envelope, &mut slots)?;
    if envelope.specversion.is_absent() {
        return Err(no_envelope());
    }
    taken(envelope, slots)
}

fn taken<'a>(
    envelope: Envelope<'a>,
    mut outer: Slots<'a>,
) -> Result<(&'a str, Attributes<'a>), Fault> {
    version_is_known(&envelope.specversion)?;
    let Some(data) = envelope.data.map(RawValue::get) else {
        let found = match envelope.data_base64 {
            true => "`data_base64`",
            false => "nothing",
        };
        return Err(Fault {
            reason: Reason::Malformed,
            detail: format!("`data`: expected one JSON object, found {found}"),
        });
    };
    let attributes = Attributes {
        id: outer.take(FieldName::Id),
        time: envelope.time,
        subject: envelope.subject,
    };
    Ok((data, attributes))
}

/// Attributes in headers; `None` where the record is not in binary mode.
fn of_headers(record: &Record) -> Result<Option<Attributes<'_>>, Fault> {
    let mut binary = false;
    let mut attributes = Attributes::default();
    for (name, value) in &record.headers {
        let Some(attribute) = name.strip_prefix("ce_") else {
            continue;
        };
        let value = str::from_utf8(value).map_err(|_| super::csv::not_text("a header"))?;
        let value = Value::text(value);
        match attribute {
            "specversion" => {
                version_is_known(&value)?;
                binary = true;
            }
            "id" => attributes.id = value,
            "time" => attributes.time = value,
            "subject" => attributes.subject = value,
            _ => {}
        }
    }
    Ok(binary.then_some(attributes))
}

fn version_is_known(version: &Value<'_>) -> Result<(), Fault> {
    match version {
        Value::Text(text) if text == "1.0" => Ok(()),
        version => Err(version.fault(Reason::Malformed, "specversion", "\"1.0\"")),
    }
}

fn fill<'a>(slots: &mut Slots<'a>, attributes: Attributes<'a>) {
    slots.fill(FieldName::Id, attributes.id);
    slots.fill(FieldName::At, attributes.time);
    slots.fill(FieldName::Account, attributes.subject);
}

fn no_envelope() -> Fault {
    Fault {
        reason: Reason::Malformed,
        detail: "expected a CloudEvents envelope with `specversion`, or `ce_` headers, found \
                 neither"
            .into(),
    }
}
