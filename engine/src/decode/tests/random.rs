//! Random events and random bytes. proptest prints the seed of a failure and keeps it.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::{prop_assert_eq, proptest};
use serde_json::{Map, Value, json};

use super::{mapping_decoder, record, with_headers};
use crate::decode::content::{self, Part};
use crate::decode::fields::{FieldName, Form, needed_of, of_kind, words_of};
use crate::decode::{Decoder, DecoderSpec, Format};
use crate::model::{Event, Kind};

const MAPPING: &str = r#"
    tenant = "t"
    account = "/account"
    id = "{/id}:{/a/b/0}"
    at = { from = ["/at", "/time"], plus = { "/hours?" = "hours" }, format = "%Y-%m-%dT%H:%M:%SZ" }
    [[events]]
    when = { "/kind" = "usage" }
    kind = "usage"
    metric = { from = "/metric", name = true }
    value = { from = "/value?", multiply = 0.1, negative = "clamp" }
    duration_s = { from = "/duration_s?", unit = "hours" }
    [[events]]
    kind = "survey"
    survey = "/survey?"
    change = { from = "/change", table = { a = "sent" }, otherwise = "answered" }
    at = "/at"
    score = "/score?"
"#;

/// One decoder of each sort.
fn decoders() -> Vec<Decoder> {
    let plain = DecoderSpec::default();
    let csv = DecoderSpec {
        format: Format::Csv,
        ..plain.clone()
    };
    let enveloped = DecoderSpec {
        format: Format::CloudEvents,
        ..plain.clone()
    };
    let columns = ["account", "at", "kind", "metric", "value"]
        .map(String::from)
        .to_vec();
    let named = DecoderSpec {
        columns,
        ..csv.clone()
    };
    [plain.clone(), csv.clone(), named, enveloped.clone()]
        .iter()
        .map(|spec| Decoder::new(spec).unwrap())
        .chain([plain, csv, enveloped].map(|spec| mapping_decoder(MAPPING, spec).unwrap()))
        .collect()
}

/// Decodes with all decoders; they may refuse, and must agree with what they say of key and time.
fn survives(value: &[u8], header: &[u8]) {
    let plain = record(value);
    let mut headed = with_headers(value, &[("ce_specversion", "1.0"), ("ce_time", "x")]);
    headed
        .headers
        .push(("csv-header".into(), header.to_vec().into()));
    for mut decoder in decoders() {
        for record in [&plain, &headed] {
            let mut events = Vec::new();
            let outcome = decoder.decode(record, &mut events);
            let (key, time) = decoder.key_and_time(record);
            assert_eq!(outcome.is_ok(), !events.is_empty());
            for event in events.iter().flatten() {
                let key = key.as_ref().unwrap();
                assert_eq!(
                    (key.tenant(), key.account()),
                    (&*event.tenant, event.account.to_string())
                );
                assert!(time.unwrap() >= event.at);
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    // Escapes, quotes and letters of several bytes among them.
    prop_oneof![
        "[a-z]{1,12}",
        "[ -~]{1,12}",
        "\\PC{1,12}",
        Just("\u{1}\"\\/\n".to_owned())
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_i64..1_000_000).prop_map(Value::from),
        (0_i64..9_000_000_000_000_000).prop_map(|millionths| {
            Value::from(format!(
                "{}.{:06}",
                millionths / 1_000_000,
                millionths % 1_000_000
            ))
        }),
        (0_u32..1_000_000).prop_map(|value| Value::from(f64::from(value) / 1024.0)),
    ]
}

/// A value that `field` may have in an event of `kind`.
fn value_of(kind: Kind, field: FieldName) -> proptest::strategy::BoxedStrategy<Value> {
    if let Some(words) = words_of(kind, field) {
        return select(words).prop_map(Value::from).boxed();
    }
    match (field, field.form()) {
        (FieldName::Metric | FieldName::Segment | FieldName::Tenant, _) => {
            "[a-z0-9._-]{1,64}".prop_map(Value::from).boxed()
        }
        (FieldName::Currency, _) => "[A-Z]{3}".prop_map(Value::from).boxed(),
        (FieldName::TimeZone, _) => select(vec!["Europe/Oslo", "UTC"])
            .prop_map(Value::from)
            .boxed(),
        (FieldName::Survey, _) => select(vec!["nps", "csat", "ces", "own"])
            .prop_map(Value::from)
            .boxed(),
        // One that all scales allow.
        (FieldName::Score, _) => (1_i64..=5).prop_map(Value::from).boxed(),
        (FieldName::Scale, _) => Just(Value::from(10)).boxed(),
        (FieldName::Value, _) if kind == Kind::Assessment => {
            (0_i64..=10).prop_map(Value::from).boxed()
        }
        (_, Form::Text) => text().prop_map(Value::from).boxed(),
        (_, Form::Number) => number().boxed(),
        (_, Form::Bool) => any::<bool>().prop_map(Value::from).boxed(),
        (_, Form::Time) => (-1_000_000_000_000_i64..10_000_000_000_000)
            .prop_map(Value::from)
            .boxed(),
        (_, Form::Pairs) => vec((text(), text()), 0..4)
            .prop_map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(name, value)| (name, Value::from(value)))
                    .collect()
            })
            .boxed(),
    }
}

/// A canonical event as JSON, with all that its kind needs and some of the rest.
fn event() -> impl Strategy<Value = Map<String, Value>> {
    select(Kind::ALL.to_vec()).prop_flat_map(|kind| {
        let (fields, needed) = (of_kind(kind), needed_of(kind));
        let given = [FieldName::Tenant, FieldName::Account, FieldName::At]
            .iter()
            .chain(needed)
            .map(|field| (*field, value_of(kind, *field).prop_map(Some).boxed()));
        // What an answer, an override or a change of role needs is there as well.
        let optional = [FieldName::Contact, FieldName::Product]
            .iter()
            .chain(fields)
            .filter(|field| !needed.contains(field))
            .map(|field| {
                let value = value_of(kind, *field);
                let always = matches!(
                    field,
                    FieldName::Score | FieldName::Reason | FieldName::Expires | FieldName::Role
                );
                let value = if always {
                    value.prop_map(Some).boxed()
                } else {
                    option::of(value).boxed()
                };
                (*field, value)
            });
        let (names, values): (Vec<_>, Vec<_>) = given.chain(optional).unzip();
        values.prop_map(move |values| {
            let mut event = Map::new();
            event.insert("kind".into(), kind.as_str().into());
            for (name, value) in names.iter().zip(values) {
                if let Some(value) = value {
                    event.insert(name.as_str().to_owned(), value);
                }
            }
            event
        })
    })
}

/// `event` as canonical JSON, with an id that is written in the field `id`.
fn written(event: &Event<'_>, id: &str) -> String {
    let mut object = Map::new();
    object.insert("id".into(), id.into());
    let mut entry = String::new();
    content::parts(event, &mut |field, part| {
        let value = match part {
            Part::Text(text) => Value::from(text),
            Part::Number(number) => {
                let (whole, rest) = (number.0 / 1_000_000, number.0.unsigned_abs() % 1_000_000);
                let sign = if number.0 < 0 && whole == 0 { "-" } else { "" };
                Value::from(format!("{sign}{whole}.{rest:06}"))
            }
            Part::Time(time) => Value::from(time.0),
            Part::Bool(value) => Value::from(value),
            // A hash cannot be undone; answers are compared by themselves.
            Part::Id(_) => return,
            Part::Entry(name) => {
                entry = name.to_owned();
                return;
            }
        };
        if field.form() == Form::Pairs {
            let pairs = object.entry(field.as_str()).or_insert_with(|| json!({}));
            pairs.as_object_mut().unwrap().insert(entry.clone(), value);
        } else {
            object.insert(field.as_str().to_owned(), value);
        }
    });
    Value::Object(object).to_string()
}

/// Keys of random mappings.
const KEYS: [&str; 9] = [
    "at", "kind", "metric", "value", "id", "zone", "time", "tenant", "account",
];

proptest! {
    #[test]
    fn an_event_that_is_written_and_decoded_is_the_same(mut json in event()) {
        json.remove("answers");
        let id = "an id";
        json.insert("id".into(), id.into());
        let first = record(Value::Object(json).to_string());
        let mut decoder = Decoder::new(&DecoderSpec::default()).unwrap();
        let mut events = Vec::new();
        decoder.decode(&first, &mut events).unwrap();
        let event = events.remove(0).unwrap();

        let second = record(written(&event, id));
        let mut again = Vec::new();
        decoder.decode(&second, &mut again).unwrap();
        prop_assert_eq!(&event, again[0].as_ref().unwrap());
        prop_assert_eq!(content::id(&event), content::id(again[0].as_ref().unwrap()));
    }

    #[test]
    fn random_bytes_never_panic(
        value in vec(any::<u8>(), 0..200),
        header in vec(any::<u8>(), 0..60),
    ) {
        survives(&value, &header);
    }

    #[test]
    fn damaged_events_never_panic(
        json in event(),
        changes in vec((any::<Index>(), any::<u8>(), 0_u8..3), 0..4),
    ) {
        let mut bytes = Value::Object(json).to_string().into_bytes();
        for (at, byte, change) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        survives(&bytes, b"account,at,kind,metric,value");
    }

    #[test]
    fn rows_of_any_text_never_panic(cells in vec("[\"a-z0-9,.\\-:TZ]{0,24}", 0..7)) {
        survives(cells.join(",").as_bytes(), b"account,at,kind,metric,value");
    }

    #[test]
    fn any_mapping_is_refused_or_runs(
        lines in vec(
            (select(KEYS.to_vec()),
             prop_oneof![
                "\"[/a-z{}?]{0,8}\"".boxed(),
                "\\{ from = \"[/a-z?]{0,6}\", (zone|format|unit) = \"[A-Za-z%/]{0,6}\" \\}"
                    .boxed(),
                "-?[0-9]{1,18}(\\.[0-9])?".boxed(),
                Just("{ from = \"/x\", plus = { \"/y\" = \"days\" } }".to_owned()).boxed(),
                Just("\"usage\"".to_owned()).boxed(),
             ]),
            0..9,
        ),
    ) {
        // A later line of a key replaces an earlier one: TOML allows no repeats.
        let lines: std::collections::BTreeMap<_, _> = lines.into_iter().collect();
        let line = |(key, value)| format!("{key} = {value}\n");
        let toml: String = lines.into_iter().map(line).collect();
        let spec = DecoderSpec { tenant: Some("t".into()), ..DecoderSpec::default() };
        if let Ok(mut decoder) = mapping_decoder(&toml, spec) {
            let record = record(r#"{"a":1,"x":1e12,"y":9e12,"account":"z","at":"2026-01-01"}"#);
            let mut events = Vec::new();
            drop(decoder.decode(&record, &mut events));
            drop(decoder.key_and_time(&record));
        }
    }
}

#[test]
fn an_escaped_text_is_owned_and_equal() {
    let record = record(r#"{"tenant":"t","account":"\u00e6","kind":"touch","at":0}"#);
    let mut events = Vec::new();
    Decoder::new(&DecoderSpec::default())
        .unwrap()
        .decode(&record, &mut events)
        .unwrap();
    let account = &events[0].as_ref().unwrap().account;
    assert!(matches!(account, Cow::Owned(text) if text == "æ"));
}
