//! Mappings: what they make of foreign records, and what is said of wrong ones.

use super::{at, blocks, mapping_decoder, only, outcome, record, with_headers};
use crate::decode::{DecoderSpec, Format};
use crate::model::{Body, Fixed, Reason, hash128};

/// A mapping of usage with `more` lines, which replace those that they begin like.
fn usage(more: &str) -> String {
    let mut toml = more.to_owned();
    for (key, value) in [
        ("tenant", "t"),
        ("account", "/a"),
        ("kind", "usage"),
        ("at", "/at"),
        ("metric", "m"),
    ] {
        if !more.starts_with(&format!("{key} ")) {
            toml = format!("{key} = \"{value}\"\n{toml}");
        }
    }
    toml
}

/// What a usage event of one record says, or why there is none.
fn field(more: &str, json: &str) -> Result<String, String> {
    let mut decoder =
        mapping_decoder(&usage(more), DecoderSpec::default()).map_err(|all| all.join("\n"))?;
    let record = record(format!(r#"{{"a":"x","at":"2026-03-01T00:00:00Z",{json}}}"#));
    match only(&mut decoder, &record) {
        Ok(event) => {
            let Body::Usage(usage) = &event.body else {
                panic!("{:?}", event.body)
            };
            let product = event.product.as_deref().unwrap_or("-");
            let duration = usage.duration_s.unwrap_or(Fixed::ZERO);
            let metric = &usage.metric;
            Ok(format!("{metric} {} {duration} {product}", usage.value))
        }
        Err(rejection) => {
            let detail = rejection.detail;
            let detail = detail.strip_prefix("event 1 of the mapping: ").unwrap();
            Err(format!("{}: {detail}", rejection.reason.code()))
        }
    }
}

#[test]
fn fields_are_found_translated_and_brought_into_form() {
    for [more, json, expected] in blocks(include_str!("tables/fields.txt")) {
        let found = field(more, json).unwrap_or_else(|dead| dead);
        assert_eq!(found, expected, "{more} of {json}");
    }
}

#[test]
fn times_have_a_form_a_zone_and_spans() {
    for [more, found, expected] in blocks(include_str!("tables/times.txt")) {
        let toml = format!(
            "tenant = \"t\"\naccount = \"a\"\nkind = \"touch\"\nzone = \"Europe/Oslo\"\n{more}"
        );
        let mut decoder = mapping_decoder(&toml, DecoderSpec::default()).unwrap();
        let record = record(format!(r#"{{"t":{found},"h":"2","m":30,"w":"wide"}}"#));
        let found = match only(&mut decoder, &record) {
            Ok(event) => event.at.to_string(),
            Err(rejection) => rejection.reason.code().to_owned(),
        };
        let json = record.value.escape_ascii();
        assert_eq!(found, expected, "{more} of {json}");
    }
}

const TICKET: &str = r#"
    tenant = "t"
    account = "/org"
    id = "/id"
    ticket = "/id"
    [[events]]
    kind = "ticket"
    change = "opened"
    at = "/opened"
    [[events]]
    when = { "/answered" = { present = true } }
    kind = "ticket"
    change = "responded"
    at = "/answered"
    [[events]]
    when = { "/state" = ["done", "closed"], "/spam" = { not = [true] } }
    kind = "ticket"
    change = "closed"
    at = "/closed"
    [[events]]
    when = { "/csat" = { at_least = 1, at_most = 5 } }
    id = "{/id}-csat"
    kind = "survey"
    survey = "csat"
    change = "answered"
    at = "/closed"
    score = "/csat"
"#;

#[test]
fn one_record_yields_several_events_whose_ids_do_not_depend_on_each_other() {
    let mut decoder = mapping_decoder(TICKET, DecoderSpec::default()).unwrap();
    let early = record(r#"{"org":"o","id":7,"opened":"2026-01-01","spam":false}"#);
    let late = record(
        r#"{"org":"o","id":7,"opened":"2026-01-01","spam":"False","closed":"2026-01-03",
            "state":"done","csat":"4"}"#,
    );
    let full = record(
        r#"{"org":"o","id":7,"opened":"2026-01-01","spam":0,"closed":"2026-01-03",
            "answered":"2026-01-04","state":"closed","csat":5}"#,
    );
    let table = [
        (&early, vec!["7"], "2026-01-01T00:00:00Z"),
        (&late, vec!["7", "7#3", "7-csat"], "2026-01-03T00:00:00Z"),
        (
            &full,
            vec!["7", "7#2", "7#3", "7-csat"],
            "2026-01-04T00:00:00Z",
        ),
    ];
    for (record, ids, time) in table {
        let events = outcome(&mut decoder, record).unwrap();
        let found: Vec<_> = events.into_iter().map(|event| event.unwrap().id).collect();
        let ids: Vec<_> = ids.iter().map(|id| hash128(id.as_bytes())).collect();
        assert_eq!(found, ids);
        // The record's time is the greatest of its events'.
        assert_eq!(decoder.key_and_time(record).1, Some(at(time)));
    }
}

#[test]
fn a_mapping_may_name_the_time_of_the_record() {
    let toml = format!("time = \"/seen\"\n{TICKET}");
    let mut decoder = mapping_decoder(&toml, DecoderSpec::default()).unwrap();
    let record = record(r#"{"org":"o","id":7,"opened":"2026-01-01","seen":"2025-12-24"}"#);
    assert_eq!(
        decoder.key_and_time(&record).1,
        Some(at("2025-12-24T00:00:00Z"))
    );
}

#[test]
fn a_dead_event_leaves_the_others_alive_and_a_dead_record_has_none() {
    let mut decoder = mapping_decoder(TICKET, DecoderSpec::default()).unwrap();
    let half = record(r#"{"org":"o","id":7,"opened":"2026-01-01","answered":"soon"}"#);
    let events = outcome(&mut decoder, &half).unwrap();
    let found: Vec<_> = events
        .iter()
        .map(|event| {
            event
                .as_ref()
                .err()
                .map(|rejection| (rejection.reason, rejection.tenant.clone()))
        })
        .collect();
    assert_eq!(found, [None, Some((Reason::BadTime, Some("t".into())))]);

    let homeless = record(r#"{"id":7,"opened":"2026-01-01"}"#);
    let rejection = outcome(&mut decoder, &homeless).unwrap_err();
    assert_eq!(rejection.reason, Reason::MissingField);
    assert_eq!(
        rejection.detail,
        "`account`: expected a value at /org, found nothing"
    );

    let toml = usage("when = { \"/type\" = \"use\" }");
    let mut picky = mapping_decoder(&toml, DecoderSpec::default()).unwrap();
    let other = record(r#"{"a":"x","at":0,"type":"other"}"#);
    assert_eq!(
        outcome(&mut picky, &other).unwrap_err().reason,
        Reason::Empty
    );
}

#[test]
fn a_record_yields_eight_events_and_no_more() {
    for (events, reason) in [(8, None), (9, Some(Reason::TooManyEvents))] {
        let mut toml =
            "tenant = \"t\"\naccount = \"a\"\nat = \"/at\"\nkind = \"touch\"\n".to_owned();
        for event in 0..events {
            toml.push_str(&format!("[[events]]\nid = \"{{/id}}.{event}\"\n"));
        }
        let mut decoder = mapping_decoder(&toml, DecoderSpec::default()).unwrap();
        let record = record(r#"{"id":"x","at":"2026-01-01"}"#);
        let mut found = Vec::new();
        let outcome = decoder.decode(&record, &mut found);
        assert_eq!(outcome.err().map(|rejection| rejection.reason), reason);
        assert_eq!(found.len(), if reason.is_none() { 8 } else { 0 });
    }
}

#[test]
fn two_events_of_a_record_may_not_have_one_id() {
    let toml = "tenant = \"t\"\naccount = \"a\"\nat = \"/at\"\nkind = \"touch\"\n\
                [[events]]\nid = \"/id\"\n[[events]]\nid = \"/id\"\n";
    let mut decoder = mapping_decoder(toml, DecoderSpec::default()).unwrap();
    let record = record(r#"{"id":"x","at":"2026-01-01"}"#);
    let events = outcome(&mut decoder, &record).unwrap();
    let rejection = events[1].as_ref().unwrap_err();
    assert_eq!(rejection.reason, Reason::BadField);
    assert!(
        rejection
            .detail
            .contains("give event 2 of the mapping an `id` of its own"),
        "{}",
        rejection.detail
    );
}

#[test]
fn a_mapping_of_cloud_events_reads_their_data() {
    let toml = "tenant = \"t\"\nkind = \"usage\"\nmetric = \"/m\"";
    let spec = DecoderSpec {
        format: Format::CloudEvents,
        ..DecoderSpec::default()
    };
    let mut decoder = mapping_decoder(toml, spec).unwrap();
    let structured = record(
        r#"{"specversion":"1.0","id":"e","source":"s","type":"y","subject":"a","time":"1970-01-01T00:00:01Z","data":{"m":"login"}}"#,
    );
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", "e"),
        ("ce_subject", "a"),
        ("ce_time", "1970-01-01T00:00:01Z"),
    ];
    let binary = with_headers(r#"{"m":"login"}"#, &headers);
    for record in [&structured, &binary] {
        let event = only(&mut decoder, record).unwrap();
        assert_eq!(
            (&*event.account, event.at.0, event.id),
            ("a", 1_000, hash128(b"e"))
        );
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let toml = r#"
        acount = "/a"
        zone = "Oslo"
        ticket = "/t"
        when = { "x" = 1, "/y" = {} }
        [[events]]
        kind = "usage"
        metrik = "/m"
        at = { from = "/at", format = "%Q" }
        value = { from = "/v", constant = 1, zone = "UTC", multiply = 1e-13 }
        duration_s = { unit = "hours" }
        errors = { from = "/e", name = true, otherwise = 0, multiply = 1e-13 }
        [[events]]
        kind = "visit"
        tenant = "t"
        [[events]]
        kind = "survey"
        change = "asked"
        stream = { from = "/s", table = { a = "sales", b = "seals" }, default = 1 }
        survey = "{/a}{b"
        attributes = { x = "/x" }
    "#;
    let problems = mapping_decoder(toml, DecoderSpec::default()).unwrap_err();
    let expected: Vec<_> = include_str!("tables/wrong.txt")
        .lines()
        .map(|text| format!("mapping: {text}"))
        .collect();
    for text in &expected {
        assert!(problems.contains(text), "not said: {text}\n{problems:#?}");
    }
    for text in &problems {
        assert!(expected.contains(text), "said too much: {text}");
    }
}

#[test]
fn what_holds_for_all_events_is_judged_once() {
    let toml = "account = \"/a\"\nat = { from = \"/at\", zone = \"Oslo\" }\nticket = \"/t\"\n\
                kind = \"touch\"\nwhen = { \"x\" = 1 }\n[[events]]\n[[events]]\n";
    let spec = DecoderSpec {
        tenant: Some("t".into()),
        ..DecoderSpec::default()
    };
    assert_eq!(
        mapping_decoder(toml, spec).unwrap_err(),
        [
            "mapping: `when.x`: expected a source such as \"/name\", found \"x\"",
            "mapping: `at`: `zone`: expected an IANA time zone such as Europe/Oslo, found \"Oslo\"",
            "mapping: `ticket`: none of the events is of a kind that has it",
        ]
    );
}

#[test]
fn columns_that_are_not_there_are_named() {
    let spec = DecoderSpec {
        format: Format::Csv,
        columns: ["acct", "time", "metric"].map(String::from).to_vec(),
        delimiter: Some('"'),
        tenant: Some("A".into()),
        ..DecoderSpec::default()
    };
    let toml = "account = \"/account\"\nkind = \"usage\"\nat = \"/tine\"\nmetric = \"/metric\"";
    assert_eq!(
        mapping_decoder(toml, spec).unwrap_err(),
        [
            "`tenant`: expected a tenant name of 1 to 64 characters of a-z 0-9 . _ -, found \"A\"",
            "`delimiter`: expected one ASCII character, no quote or line end",
            "mapping: `account`: there is no column \"account\"",
            "mapping: `at`: there is no column \"tine\"; did you mean `time`?",
        ]
    );
}

#[test]
fn the_form_in_toml_is_judged_where_it_stands() {
    let table = [
        (
            "at = { from = \"/a\", zome = \"UTC\" }",
            "unknown field `zome`",
        ),
        (
            "at = { from = \"/a\", plus = { \"/x\" = \"weeks\" } }",
            "unknown variant `weeks`",
        ),
        ("when = 5", "invalid type"),
        (
            "value = { from = 5 }",
            "expected a source such as \"/name\" or a list",
        ),
    ];
    for (line, expected) in table {
        let problems = mapping_decoder(&usage(line), DecoderSpec::default()).unwrap_err();
        assert!(problems[0].contains(expected), "{problems:?}");
    }
}
