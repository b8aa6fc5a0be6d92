//! The story of a case: events, when they happened, and how often.

use puls_table::{Plain, Table, Value, hint, list, shown};
use serde_json::{Map, Value as Json};

use super::Reader;
use super::moment::{self, DAY_MS, MOMENT};
use crate::{
    Event, STORIES_BYTES_MAX, STORIES_EVENTS_MAX, STORY_DAYS_MAX, STORY_EVENTS_MAX, Story,
};

/// Least span between repetitions, in milliseconds.
const EVERY_MS_MIN: i64 = 1_000;

/// The fields of one kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventFields {
    /// The kind.
    pub kind: &'static str,
    /// Its fields beside those that every event has.
    pub fields: &'static [(&'static str, FieldForm)],
}

/// What the values of a field look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldForm {
    /// A text, or a whole number used as one.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A moment, or a span from that of the story.
    Time,
    /// A moment, or yes or no.
    TimeOrBool,
    /// Names with values.
    Pairs,
}

use FieldForm::{Bool, Number, Pairs, Text, Time, TimeOrBool};

/// Fields that every event may have, beside `kind` and `at`.
const COMMON: [(&str, FieldForm); 3] = [("id", Text), ("contact", Text), ("product", Text)];

/// The events there are, as the engine decodes them: a test of the engine holds this table against
/// its own.
pub const EVENTS: [EventFields; 10] = [
    EventFields {
        kind: "usage",
        fields: &[
            ("metric", Text),
            ("value", Number),
            ("duration_s", Number),
            ("errors", Number),
        ],
    },
    EventFields {
        kind: "license",
        fields: &[
            ("license", Text),
            ("change", Text),
            ("plan", Text),
            ("seats", Number),
            ("seats_assigned", Number),
            ("mrr", Number),
            ("currency", Text),
            ("term_ends", Time),
            ("notice_days", Number),
            ("trial", Bool),
            ("auto_renew", Bool),
            ("billing", Text),
            ("overdue_since", Time),
            ("amount_due", Number),
        ],
    },
    EventFields {
        kind: "ticket",
        fields: &[
            ("ticket", Text),
            ("change", Text),
            ("priority", Text),
            ("channel", Text),
            ("category", Text),
            ("subcategory", Text),
        ],
    },
    EventFields {
        kind: "survey",
        fields: &[
            ("survey", Text),
            ("change", Text),
            ("score", Number),
            ("scale", Number),
            ("stream", Text),
            ("comment", Text),
            ("category", Text),
            ("subcategory", Text),
        ],
    },
    EventFields {
        kind: "account",
        fields: &[
            ("name", Text),
            ("segment", Text),
            ("stage", Text),
            ("parent", Text),
            ("owner", Text),
            ("kam", Text),
            ("crm_ids", Pairs),
            ("arr", Number),
            ("time_zone", Text),
            ("attributes", Pairs),
        ],
    },
    EventFields {
        kind: "contact",
        fields: &[("change", Text), ("role", Text)],
    },
    EventFields {
        kind: "touch",
        fields: &[
            ("channel", Text),
            ("purpose", Text),
            ("direction", Text),
            ("answers", Text),
        ],
    },
    EventFields {
        kind: "milestone",
        fields: &[("milestone", Text), ("due", Time), ("done", TimeOrBool)],
    },
    EventFields {
        kind: "assessment",
        fields: &[
            ("factor", Text),
            ("value", Number),
            ("scale", Number),
            ("by", Text),
            ("reason", Text),
            ("expires", Time),
        ],
    },
    EventFields {
        kind: "action",
        fields: &[
            ("alert", Text),
            ("change", Text),
            ("by", Text),
            ("until", Time),
            ("outcome", Text),
            ("text", Text),
        ],
    },
];

/// How often and in which steps an event happened.
struct Times {
    count: usize,
    every_ms: i64,
}

impl Reader<'_, '_> {
    pub(super) fn story(&mut self, table: &Table<'_>, events: Value<'_>) -> Option<Story> {
        let at = self.looked_at(table);
        let has_settings = table.get("settings").is_some_and(|value| {
            let settings = value.table("the settings", &mut self.report);
            settings.is_some()
        });
        let tables = events.tables("an event", &mut self.report);
        self.report.check(!tables.is_empty(), events.at, || {
            "expected at least one event, found none; the customer is known by its events"
                .to_owned()
        });
        let mut all = Vec::new();
        for event in &tables {
            if !self.event(event, at, &mut all) {
                break;
            }
        }
        // A stable order: of events at one moment the one that is told first comes first.
        all.sort_by_key(|event| event.at);
        Some(Story {
            at: at?,
            events: all,
            has_settings,
        })
    }

    /// The moment at which the customer is looked at.
    fn looked_at(&mut self, table: &Table<'_>) -> Option<i64> {
        let value = table.need("at", "\"2026-03-31T00:00:00Z\"", &mut self.report)?;
        let found = match value.as_plain() {
            Plain::Text(text) => moment::absolute(text),
            Plain::Moment(moment) => moment::of_datetime(&moment),
            _ => None,
        };
        if found.is_none() {
            let so = "with a time and a zone (Z is UTC): it is when the customer is looked at";
            value.expected_so(MOMENT, so, &mut self.report);
        }
        found
    }

    /// Reads one event and appends each time it happened; whether there is room for more.
    fn event(&mut self, table: &Table<'_>, looked_at: Option<i64>, all: &mut Vec<Event>) -> bool {
        let kind = self.kind(table);
        let times = self.times(table);
        let first = self.when(table, looked_at, &times);
        let mut fields = Map::new();
        if let Some(kind) = kind {
            self.fields(table, kind, looked_at, &mut fields);
        }
        let (Some(first), Some(times)) = (first, times) else {
            return true;
        };
        self.story_events += times.count;
        let fits =
            all.len() + times.count <= STORY_EVENTS_MAX && self.story_events <= STORIES_EVENTS_MAX;
        if !fits {
            self.report.problem(
                table.at,
                format!(
                    "expected at most {STORY_EVENTS_MAX} events in a story and \
                     {STORIES_EVENTS_MAX} in a file, repetitions counted, found more"
                ),
            );
            return false;
        }
        let bytes = Json::Object(fields.clone()).to_string().len();
        let bytes = bytes.saturating_mul(times.count);
        self.story_bytes = self.story_bytes.saturating_add(bytes);
        if self.story_bytes > STORIES_BYTES_MAX {
            self.report.problem(
                table.at,
                format!(
                    "expected stories of at most {STORIES_BYTES_MAX} bytes in a file, repetitions \
                     counted, found longer ones; shorten the texts of this event"
                ),
            );
            return false;
        }
        let named = fields.get("id").and_then(Json::as_str).map(str::to_owned);
        for (time, step) in (0..times.count).zip(0_i64..) {
            let mut fields = fields.clone();
            let at = first + step * times.every_ms;
            let id = match &named {
                Some(id) if time == 0 => id.clone(),
                Some(id) => format!("{id}#{time}"),
                // Two that are told alike happened twice.
                None => format!("{}#{time}", table.at),
            };
            fields.insert("id".into(), id.into());
            fields.insert("at".into(), at.into());
            all.push(Event {
                written: table.at,
                at,
                fields,
            });
        }
        true
    }

    fn kind(&mut self, table: &Table<'_>) -> Option<EventFields> {
        let value = table.need("kind", "\"usage\"", &mut self.report)?;
        let text = value.text(&mut self.report)?;
        let found = EVENTS.iter().find(|known| known.kind == text.text);
        if found.is_none() {
            let known = EVENTS.iter().map(|known| known.kind);
            let there_is = format!("there is {}", list(known.clone(), "and"));
            let hint = hint(text.text, known, &there_is);
            let found = shown(text.text);
            let message = format!("expected a kind of event, found {found}{hint}");
            self.report.problem(text.at, message);
        }
        found.copied()
    }

    /// `None` only with a problem.
    fn times(&mut self, table: &Table<'_>) -> Option<Times> {
        let (every, times) = (table.get("every"), table.get("times"));
        let (every, times) = match (every, times) {
            (None, None) => {
                let (count, every_ms) = (1, 0);
                return Some(Times { count, every_ms });
            }
            (Some(every), Some(times)) => (every, times),
            (Some(one), None) | (None, Some(one)) => {
                self.report.problem(
                    one.key_at,
                    "expected `every` and `times` beside each other, as in `every = \"1d\", \
                     times = 27`, found one of them",
                );
                return None;
            }
        };
        let most = u32::try_from(STORY_EVENTS_MAX).unwrap_or(u32::MAX);
        let count = times.whole((1, most), &mut self.report);
        let text = every.text(&mut self.report)?;
        let every_ms = moment::span(text.text).filter(|span| *span >= EVERY_MS_MIN);
        if every_ms.is_none() {
            let what = "a span of a second or more such as \"1d\", \"3h\" or \"30m\"";
            every.expected(what, &mut self.report);
        }
        Some(Times {
            count: usize::try_from(count?).ok()?,
            every_ms: every_ms?,
        })
    }

    /// When the event happened first; all its repetitions lie before the moment of the story.
    fn when(
        &mut self,
        table: &Table<'_>,
        looked_at: Option<i64>,
        times: &Option<Times>,
    ) -> Option<i64> {
        let value = table.need("at", "\"-28d\"", &mut self.report)?;
        let first = self.moment(&value, looked_at)?;
        let (looked_at, times) = (looked_at?, times.as_ref()?);
        let steps = i64::try_from(times.count).unwrap_or(i64::MAX) - 1;
        let last = first.saturating_add(steps.saturating_mul(times.every_ms));
        let is_told = self.report.check(last <= looked_at, value.at, || {
            let so = if steps == 0 {
                "write for example \"-3h\""
            } else {
                "begin earlier or let it happen less often"
            };
            format!(
                "expected an event before the moment of the case (`at`), found a later one; {so}"
            )
        });
        is_told.then_some(first)
    }

    /// A moment, told as such or from that of the story.
    fn moment(&mut self, value: &Value<'_>, looked_at: Option<i64>) -> Option<i64> {
        let found = match value.as_plain() {
            Plain::Moment(moment) => moment::of_datetime(&moment),
            Plain::Text(text) => match moment::relative(text) {
                Some(span) => Some(looked_at?.saturating_add(span)),
                None => moment::absolute(text),
            },
            _ => None,
        };
        let Some(found) = found else {
            let what = format!("a span such as \"-28d\", \"-3h\" or \"+90d\", or {MOMENT}");
            value.expected(&what, &mut self.report);
            return None;
        };
        let near = looked_at.is_none_or(|at| (found - at).abs() <= STORY_DAYS_MAX * DAY_MS);
        if !near {
            let what = format!("at most {STORY_DAYS_MAX} days from the moment of the case");
            value.expected(&what, &mut self.report);
        }
        near.then_some(found)
    }

    fn fields(
        &mut self,
        table: &Table<'_>,
        kind: EventFields,
        looked_at: Option<i64>,
        fields: &mut Map<String, Json>,
    ) {
        fields.insert("kind".into(), kind.kind.into());
        let of_kind = || COMMON.iter().chain(kind.fields);
        for value in table.values() {
            if ["kind", "at", "every", "times"].contains(&value.key) {
                continue;
            }
            let Some((_, form)) = of_kind().find(|(name, _)| *name == value.key) else {
                let message = stray(kind, value.key, of_kind().map(|(name, _)| *name));
                self.report.problem(value.key_at, message);
                continue;
            };
            if let Some(json) = self.field(&value, *form, looked_at) {
                fields.insert(value.key.to_owned(), json);
            }
        }
    }

    fn field(
        &mut self,
        value: &Value<'_>,
        form: FieldForm,
        looked_at: Option<i64>,
    ) -> Option<Json> {
        match (form, value.as_plain()) {
            (Text, Plain::Text(text)) => Some(text.into()),
            (Text, Plain::Number(number)) if number.fract() == 0.0 => {
                Some(format!("{number}").into())
            }
            (Text, _) => {
                value.expected("a text in quotation marks", &mut self.report);
                None
            }
            (Number, _) => Some(value.number(&mut self.report)?.into()),
            (Bool | TimeOrBool, Plain::Bool(value)) => Some(value.into()),
            (Bool, _) => {
                value.expected("true or false", &mut self.report);
                None
            }
            (Time | TimeOrBool, _) => Some(self.moment(value, looked_at)?.into()),
            (Pairs, _) => self.pairs(value),
        }
    }

    fn pairs(&mut self, value: &Value<'_>) -> Option<Json> {
        let table = value.table("names with values", &mut self.report)?;
        let mut pairs = Map::new();
        for value in table.values() {
            let json = match value.as_plain() {
                Plain::Text(text) => Json::from(text),
                Plain::Number(number) => Json::from(number),
                Plain::Bool(value) => Json::from(value),
                Plain::Moment(_) | Plain::Table | Plain::Other => {
                    value.expected("a text, a number, true or false", &mut self.report);
                    continue;
                }
            };
            pairs.insert(value.key.to_owned(), json);
        }
        Some(pairs.into())
    }
}

/// What to say of a field that events of this kind do not have.
fn stray<'k>(
    kind: EventFields,
    found: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> String {
    let name = kind.kind;
    let otherwise = match found {
        "tenant" | "account" => "a story is about one customer; remove it".to_owned(),
        _ => format!("it has {}", list(known.clone(), "and")),
    };
    let hint = hint(found, known, &otherwise);
    let found = shown(found);
    format!("expected a field of a {name} event, found {found}{hint}")
}
