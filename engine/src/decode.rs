//! From records to events: the form of a record is judged here, and nothing but its form.
//!
//! Three formats (JSON, CSV, `CloudEvents` in both modes) and one step for foreign ones
//! ([`mapping`]) fill the same slots, and one builder empties them into an event, so that all ways
//! in have the same fields, ranges and sentences. Events borrow their texts from the record where
//! they can. Nothing here knows a clock, state, or which tenants there are.
//!
//! ```text
//! record ─▶ json ──┬───────────▶ slots ─▶ event ─▶ Event
//!           csv  ──┤               ▲
//!   cloudevents ───┴─▶ mapping ────┘
//! ```
//!
//! What a canonical event may look like beside the plain form: a number may be a text that is a
//! decimal number, a text may be a whole number, a bool may be `true` or `false` in any case or 1
//! or 0; null and the empty text mean that the field is not there; a time is RFC 3339 with an
//! offset or epoch milliseconds; of two members with one name the later counts; fields that no
//! kind has are passed over.

mod cloudevents;
mod content;
mod csv;
mod event;
mod fields;
mod json;
pub mod mapping;
mod slots;
#[cfg(test)]
mod tests;
mod value;

use serde::Deserialize;

use self::cloudevents::Attributes;
use self::csv::{Names, Rows};
use self::fields::FieldName;
use self::json::{Node, Want};
use self::mapping::{Compiled, Given, Known, Mapping, Values};
use self::slots::Slots;
use self::value::Value;
use crate::limits::RECORD_BYTES_MAX;
use crate::model::{Event, Key, KeyError, Kind, Reason, Record, Text, Time, name_is_valid};

/// What the records of an input are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object each: canonical, or foreign with a mapping. Without a mapping `CloudEvents`
    /// are recognised in both modes.
    #[default]
    Json,
    /// One CSV row each; column names are field names (`attributes.industry`, `crm_ids.hubspot`),
    /// or what a mapping reads.
    Csv,
    /// `CloudEvents` 1.0 in both modes and nothing else; with a mapping, it reads their data.
    CloudEvents,
}

/// How the records of one input become events.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DecoderSpec {
    /// What the records are.
    pub format: Format,
    /// The tenant of all records; a record that names another one is a dead letter.
    pub tenant: Option<String>,
    /// The kind of events that do not say theirs.
    pub kind: Option<Kind>,
    /// CSV: the columns, where records bring no header row.
    pub columns: Vec<String>,
    /// CSV: what stands between cells; a comma by default.
    pub delimiter: Option<char>,
    /// How foreign records become events.
    pub mapping: Option<Mapping>,
}

/// Why a record or event is a dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// The reason.
    pub reason: Reason,
    /// What was expected, what was found, where.
    pub detail: String,
    /// Whose it is, as far as that can be told.
    pub tenant: Option<String>,
}

/// Why a record or event is a dead letter, before its tenant is known.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Fault {
    reason: Reason,
    detail: String,
}

impl Fault {
    fn of(self, tenant: Option<&str>) -> Rejection {
        Rejection {
            reason: self.reason,
            detail: self.detail,
            tenant: tenant.map(str::to_owned),
        }
    }
}

/// Decodes the records of one input.
#[derive(Debug)]
pub struct Decoder {
    input: Input,
    mapping: Option<Compiled>,
}

/// What is the same for all records of an input.
#[derive(Debug)]
struct Input {
    format: Format,
    tenant: Option<String>,
    kind: Option<Kind>,
    rows: Option<Rows>,
}

impl Decoder {
    /// A decoder as `spec` says.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn new(spec: &DecoderSpec) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if let Some(tenant) = spec.tenant.as_deref().filter(|name| !name_is_valid(name)) {
            problems.push(format!(
                "`tenant`: {}, found \"{tenant}\"",
                KeyError::Tenant
            ));
        }
        let delimiter = spec.delimiter.unwrap_or(',');
        let delimiter = u8::try_from(delimiter).ok().filter(u8::is_ascii);
        if delimiter.is_none_or(|delimiter| b"\"\r\n".contains(&delimiter)) {
            problems.push("`delimiter`: expected one ASCII character, no quote or line end".into());
        }
        let csv = spec.format == Format::Csv;
        if !csv && (!spec.columns.is_empty() || spec.delimiter.is_some()) {
            problems.push("`columns` and `delimiter` are for `format = \"csv\"`".into());
        }
        let given = Given {
            tenant: spec.tenant.is_some(),
            kind: spec.kind,
            envelope: spec.format == Format::CloudEvents,
            csv: csv.then_some(&*spec.columns),
        };
        let mapping = spec.mapping.as_ref();
        let mapping = match mapping.map(|mapping| mapping::compile(mapping, given)) {
            Some(Err(more)) => {
                problems.extend(more.iter().map(|text| format!("mapping: {text}")));
                None
            }
            Some(Ok(compiled)) => Some(compiled),
            None => None,
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let names = mapping
            .as_ref()
            .map_or(Names::Canonical, |mapping| Names::Mapped(mapping.columns()));
        let input = Input {
            format: spec.format,
            tenant: spec.tenant.clone(),
            kind: spec.kind,
            rows: csv.then(|| Rows::new(delimiter.unwrap_or(b','), &spec.columns, names)),
        };
        Ok(Self { input, mapping })
    }

    /// Decodes `record` into `events`, which is cleared first: one entry per event, in order, each
    /// an event or why it is dead.
    ///
    /// # Errors
    /// Why the record as a whole is one dead letter; `events` is empty then.
    pub fn decode<'a>(
        &mut self,
        record: &'a Record,
        events: &mut Vec<Result<Event<'a>, Rejection>>,
    ) -> Result<(), Rejection> {
        events.clear();
        let Self { input, mapping } = self;
        let of_input = input.tenant.clone();
        let dead = |fault: Fault| fault.of(of_input.as_deref());
        let text = text_of(record).map_err(dead)?;
        if let Some(mapping) = mapping {
            let members = mapping.members(false);
            let (values, known) = input.mapped(mapping, members, record, text).map_err(dead)?;
            return mapping.events(&values, &known, events);
        }
        let mut slots = Slots::default();
        let owner = input
            .canonical(record, text, Want::Event, &mut slots)
            .and_then(|()| input.owner(&mut slots));
        let (tenant, account) = owner.map_err(dead)?;
        let of = tenant.clone();
        let event = event::build(&mut slots, tenant, account, input.kind);
        events.push(event.map_err(|fault| fault.of(Some(&of))));
        Ok(())
    }

    /// The key of a record's account and the record's time (the one that the mapping names, else
    /// the greatest `at` of its events), each as far as it can be told. Reads as little of the
    /// record as it can: a record with a key may still turn out to be a dead letter.
    pub fn key_and_time(&mut self, record: &Record) -> (Option<Key>, Option<Time>) {
        let Ok(text) = text_of(record) else {
            return (None, None);
        };
        let Self { input, mapping } = self;
        if let Some(mapping) = mapping {
            let members = mapping.members(true);
            return match input.mapped(mapping, members, record, text) {
                Ok((values, known)) => mapping.key_and_time(&values, &known),
                Err(_) => (None, None),
            };
        }
        let mut slots = Slots::default();
        if input
            .canonical(record, text, Want::Key, &mut slots)
            .is_err()
        {
            return (None, None);
        }
        let time = slots.moment(FieldName::At).ok().flatten();
        let owner = input.owner(&mut slots).ok();
        let key = owner.and_then(|(tenant, account)| Key::new(&tenant, &account).ok());
        (key, time)
    }
}

impl Input {
    /// Fills the slots of a canonical event.
    fn canonical<'a>(
        &mut self,
        record: &'a Record,
        text: &'a str,
        want: Want,
        slots: &mut Slots<'a>,
    ) -> Result<(), Fault> {
        if let Some(rows) = &mut self.rows {
            return rows.canonical(record, text, slots);
        }
        let required = self.format == Format::CloudEvents;
        cloudevents::canonical(record, text, want, required, slots)
    }

    fn owner<'a>(&self, slots: &mut Slots<'a>) -> Result<(Text<'a>, Text<'a>), Fault> {
        let tenant = slots.take(FieldName::Tenant);
        let account = slots.take(FieldName::Account);
        owner(tenant, account, self.tenant.as_deref())
    }

    /// The values that the mapping reads, and what is known beside them.
    fn mapped<'a>(
        &mut self,
        mapping: &Compiled,
        members: &Node,
        record: &'a Record,
        text: &'a str,
    ) -> Result<(Values<'a>, Known<'a>), Fault> {
        let mut known = Known {
            tenant: self.tenant.clone(),
            kind: self.kind,
            ..Known::default()
        };
        let mut values = mapping.values();
        if let Some(rows) = &mut self.rows {
            rows.wanted(record, text, &mut values)?;
            return Ok((values, known));
        }
        let mut data = text;
        if self.format == Format::CloudEvents {
            let (inner, Attributes { id, time, subject }) = cloudevents::opened(record, text)?;
            data = inner;
            known = Known {
                id,
                at: time,
                account: subject,
                ..known
            };
        }
        json::wanted(data, members, &mut values)?;
        Ok((values, known))
    }
}

/// A record's value as text, within the limit.
fn text_of(record: &Record) -> Result<&str, Fault> {
    if record.value.len() > RECORD_BYTES_MAX {
        let found = record.value.len();
        return Err(Fault {
            reason: Reason::TooLarge,
            detail: format!("expected at most {RECORD_BYTES_MAX} bytes, found {found}"),
        });
    }
    if record.value.trim_ascii().is_empty() {
        return Err(Fault {
            reason: Reason::Empty,
            detail: "expected an event, found a record without a value".into(),
        });
    }
    str::from_utf8(&record.value).map_err(|_| csv::not_text("the record"))
}

/// Tenant and account of a record. A record of an input that has a tenant may name no other one.
fn owner<'a>(
    tenant: Value<'a>,
    account: Value<'a>,
    configured: Option<&str>,
) -> Result<(Text<'a>, Text<'a>), Fault> {
    let bad = |value: &Value<'_>, field: &str, expected: &str| {
        let reason = match value {
            Value::Absent => Reason::MissingField,
            _ => Reason::BadKey,
        };
        Err(value.fault(reason, field, expected))
    };
    let tenant = match (tenant, configured) {
        (Value::Absent, Some(configured)) => Text::Owned(configured.to_owned()),
        (Value::Text(tenant), Some(configured)) if tenant != configured => {
            let expected = format!("\"{configured}\", the tenant of the input");
            return bad(&Value::Text(tenant), "tenant", &expected);
        }
        (Value::Text(tenant), _) if name_is_valid(&tenant) => tenant,
        (value, _) => {
            return bad(
                &value,
                "tenant",
                "a name of 1 to 64 characters of a-z 0-9 . _ -",
            );
        }
    };
    let account = match account {
        Value::Text(account) => account,
        Value::Int(number) => Text::Owned(number.to_string()),
        Value::Unsigned(number) => Text::Owned(number.to_string()),
        value => return bad(&value, "account", "text"),
    };
    // Each byte becomes three at most, so a short one needs no look at the key.
    let short = tenant.len() + 1 + 3 * account.len() <= SHORT_KEY_BYTES;
    if !short && let Err(error) = Key::new(&tenant, &account) {
        return bad(&Value::Text(account), "account", &error.to_string());
    }
    Ok((tenant, account))
}

/// Bytes of a key that is short enough in any case.
const SHORT_KEY_BYTES: usize = 256;
