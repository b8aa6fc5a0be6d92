//! A canonical event as the oracle reads it: the JSON object itself, with its time and identity.

use puls::model::{Time, hash128};
use serde_json::{Map, Value};

/// The kinds in the order of the merge.
pub(super) const KINDS: [&str; 10] = [
    "account",
    "contact",
    "license",
    "usage",
    "ticket",
    "survey",
    "touch",
    "milestone",
    "assessment",
    "action",
];

/// Fields that each kind must have, beside `at`.
const NEEDED: [(&str, &[&str]); 9] = [
    ("contact", &["contact", "change"]),
    ("license", &["license", "change"]),
    ("usage", &["metric"]),
    ("ticket", &["ticket", "change"]),
    ("survey", &["survey", "change"]),
    ("touch", &[]),
    ("milestone", &["milestone"]),
    ("assessment", &["factor"]),
    ("action", &["alert", "change"]),
];

/// Fields that are numbers.
const NUMBERS: [&str; 11] = [
    "value",
    "duration_s",
    "errors",
    "seats",
    "seats_assigned",
    "mrr",
    "amount_due",
    "notice_days",
    "score",
    "scale",
    "arr",
];

/// The words that `change` may be, by kind.
const CHANGES: [(&str, &[&str]); 5] = [
    (
        "license",
        &[
            "started",
            "changed",
            "renewed",
            "ended",
            "payment",
            "payment_failed",
        ],
    ),
    (
        "ticket",
        &[
            "opened",
            "responded",
            "escalated",
            "reopened",
            "resolved",
            "closed",
        ],
    ),
    ("survey", &["sent", "answered"]),
    ("contact", &["joined", "role", "left"]),
    (
        "action",
        &[
            "acknowledged",
            "assigned",
            "snoozed",
            "resolved",
            "commented",
        ],
    ),
];

/// One event. Its order is that of (`at`, id), which decides what is latest.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) id: u128,
    pub(super) at: i64,
    pub(super) kind: &'static str,
    fields: Map<String, Value>,
}

impl Fact {
    /// Reads one record, or says the code of the reason for which it is a dead letter.
    pub(super) fn parse(record: &str) -> Result<Self, &'static str> {
        let Ok(Value::Object(fields)) = serde_json::from_str(record) else {
            return Err("malformed");
        };
        let word = fields.get("kind").and_then(Value::as_str);
        let word = word.ok_or("missing_field")?;
        let kind = KINDS.iter().find(|kind| **kind == word);
        let kind = kind.ok_or("unknown_kind")?;
        let at = fields.get("at").ok_or("missing_field")?;
        let at = moment(at).ok_or("bad_time")?;
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = hash128(id.as_bytes());
        let fact = Self {
            id,
            at,
            kind,
            fields,
        };
        fact.judge()?;
        Ok(fact)
    }

    fn judge(&self) -> Result<(), &'static str> {
        let needed = NEEDED.iter().find(|(kind, _)| *kind == self.kind);
        for field in needed.map_or(&[][..], |(_, fields)| *fields) {
            if !self.fields.contains_key(*field) {
                return Err("missing_field");
            }
        }
        let words = CHANGES.iter().find(|(kind, _)| *kind == self.kind);
        if words.is_some_and(|(_, words)| !words.contains(&self.text("change"))) {
            return Err("unknown_value");
        }
        for field in NUMBERS {
            if self.fields.contains_key(field) && self.number(field).is_none() {
                return Err("bad_field");
            }
        }
        let is_amount = |field: &&&str| !matches!(**field, "score" | "scale");
        let negative = |field: &&str| self.number(field).is_some_and(|number| number < 0);
        if NUMBERS.iter().filter(is_amount).any(negative) {
            return Err("out_of_range");
        }
        let beyond = self.number("score") > self.number("scale").or(Some(10_000_000));
        if self.kind == "survey" && beyond {
            return Err("out_of_range");
        }
        Ok(())
    }

    /// A text; empty where the event does not have it.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    pub(super) fn contact(&self) -> Option<&str> {
        self.fields.get("contact").and_then(Value::as_str)
    }

    /// A number in millionths.
    pub(super) fn number(&self, field: &str) -> Option<i128> {
        millionths(&self.fields.get(field)?.to_string())
    }

    pub(super) fn moment(&self, field: &str) -> Option<i64> {
        moment(self.fields.get(field)?)
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        self.fields.get(field)?.as_bool()
    }

    /// A declared attribute of an account event.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        self.fields.get("attributes")?.get(name)
    }

    pub(super) fn stamp(&self) -> (i64, u128) {
        (self.at, self.id)
    }
}

/// RFC 3339 or epoch milliseconds.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Time::parse_rfc3339(text).map(|time| time.0),
        other => other.as_i64(),
    }
}

/// A decimal number with up to six digits behind the point, exactly.
pub(super) fn millionths(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = format!("{part:0<6}");
    let both: i128 = format!("{whole}{part}").parse().ok()?;
    (part.len() == 6).then_some(sign * both)
}
