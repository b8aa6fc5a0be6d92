//! Canonical JSON, plain and in both modes of `CloudEvents`.

use super::{at, blocks, dead, decoder, only, outcome, record, with_headers};
use crate::decode::{Decoder, DecoderSpec, Format};
use crate::limits::RECORD_BYTES_MAX;
use crate::model::{
    AttributeValue, Body, Fixed, Kind, Reason, Role, Stage, SurveyChange, TicketChange, hash128,
};

/// An event with `more` beside what all have.
fn event(kind: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"id":"e1","tenant":"acme","account":"a/1","kind":"{kind}","at":"2026-03-03T10:00:00Z"{comma}{more}}}"#
    )
}

fn plain() -> Decoder {
    decoder(&DecoderSpec::default())
}

#[test]
fn every_kind_is_decoded() {
    for [line, expected] in blocks(include_str!("tables/kinds.txt")) {
        let (kind, more) = line.split_once(' ').unwrap();
        let record = record(event(kind, more));
        let event = only(&mut plain(), &record).unwrap();
        assert_eq!(event.id, hash128(b"e1"));
        assert_eq!((&*event.tenant, &*event.account), ("acme", "a/1"));
        assert_eq!(event.at, at("2026-03-03T10:00:00Z"));
        assert_eq!(format!("{:?}", event.body), expected);
    }
}

#[test]
fn a_dead_event_says_what_was_expected_and_found() {
    for [line, expected] in blocks(include_str!("tables/dead.txt")) {
        let (kind, more) = line.split_once(' ').unwrap_or((line, ""));
        let (reason, detail) = dead(&mut plain(), &record(event(kind, more)));
        let found = format!("{}: {detail}", reason.code());
        assert!(
            found.starts_with(expected),
            "{line}\n{found}\nis not\n{expected}"
        );
    }
}

#[test]
fn a_record_that_is_no_object_is_dead_as_a_whole() {
    let long = format!(r#"{{"x":"{}"}}"#, "y".repeat(RECORD_BYTES_MAX));
    let deep = format!(r#"{{"x":{}}}"#, "[".repeat(300_000));
    let table: [(&[u8], Reason); 10] = [
        (b"", Reason::Empty),
        (b" \n", Reason::Empty),
        (b"null", Reason::Malformed),
        (b"[]", Reason::Malformed),
        (br#"{"a":1"#, Reason::Malformed),
        (br#"{"a":1} {"a":2}"#, Reason::Malformed),
        (b"{\"a\":\"\xff\"}", Reason::Malformed),
        (br#"{"a":NaN}"#, Reason::Malformed),
        (long.as_bytes(), Reason::TooLarge),
        (deep.as_bytes(), Reason::Malformed),
    ];
    for (value, reason) in table {
        let record = record(value);
        let rejection = outcome(&mut plain(), &record).unwrap_err();
        assert_eq!(rejection.reason, reason, "{}", rejection.detail);
        assert_eq!(plain().key_and_time(&record), (None, None));
    }
}

#[test]
fn texts_borrow_from_the_record_unless_they_have_escapes() {
    let record = record(event(
        "usage",
        r#""metric":"m","contact":"plain","product":"a\"b""#,
    ));
    let event = only(&mut plain(), &record).unwrap();
    let borrowed = |text: &std::borrow::Cow<'_, str>| matches!(text, std::borrow::Cow::Borrowed(_));
    assert!(borrowed(&event.tenant) && borrowed(&event.account));
    assert!(borrowed(event.contact.as_ref().unwrap()));
    assert!(!borrowed(event.product.as_ref().unwrap()));
}

#[test]
fn an_event_without_id_is_known_by_its_content() {
    let one = r#"{"tenant":"t","account":"a","kind":"usage","at":1000,"metric":"m","value":2}"#;
    // Another order, other spaces, other forms of the same values, and what says nothing.
    let same = r#"{ "value":"2.0", "metric":"m", "at":"1970-01-01T00:00:01Z", "extra":{"x":1},
        "kind":"usage", "account":"a", "tenant":"t", "contact":null, "product":"" }"#;
    let other = one.replace("\"value\":2", "\"value\":3");
    let [one, same, other] = [one.to_owned(), same.to_owned(), other].map(record);
    let id = |record| only(&mut plain(), record).unwrap().id;
    assert_eq!(id(&one), id(&same));
    assert_ne!(id(&one), id(&other));
}

#[test]
fn an_input_has_a_tenant_and_a_kind_for_what_says_none() {
    let spec = DecoderSpec {
        tenant: Some("acme".into()),
        kind: Some(Kind::Usage),
        ..DecoderSpec::default()
    };
    let short = record(r#"{"account":"a","at":0,"metric":"m"}"#);
    let event = only(&mut decoder(&spec), &short).unwrap();
    assert_eq!((&*event.tenant, event.body.kind()), ("acme", Kind::Usage));

    let foreign = record(r#"{"tenant":"evil","account":"a","at":0,"metric":"m"}"#);
    let rejection = only(&mut decoder(&spec), &foreign).unwrap_err();
    assert_eq!(rejection.reason, Reason::BadKey);
    assert_eq!(
        rejection.detail,
        "`tenant`: expected \"acme\", the tenant of the input, found \"evil\""
    );
    assert_eq!(rejection.tenant.as_deref(), Some("acme"));
}

#[test]
fn an_account_must_fit_into_a_key() {
    for (bytes, fits) in [(170, true), (507, true), (508, false)] {
        let account = "a".repeat(bytes);
        let json = event("touch", &format!(r#""account":"{account}""#));
        assert_eq!(only(&mut plain(), &record(json)).is_ok(), fits, "{bytes}");
    }
    let slashes = format!(r#""account":"{}""#, "/".repeat(170));
    let (reason, detail) = dead(&mut plain(), &record(event("touch", &slashes)));
    assert_eq!(reason, Reason::BadKey, "{detail}");
}

#[test]
fn cloud_events_fill_what_their_data_leaves_open() {
    let data = r#"{"tenant":"t","kind":"touch"}"#;
    let own = r#"{"id":"mine","tenant":"t","account":"own","kind":"touch","at":2000}"#;
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", "e9"),
        ("ce_time", "1970-01-01T00:00:01Z"),
        ("ce_subject", "sub"),
        ("ce_type", "touch"),
    ];
    let structured = |data: &str| {
        record(format!(
            r#"{{"specversion":"1.0","type":"x","source":"/s","product":"of the envelope",
            "id":"e9","time":"1970-01-01T00:00:01Z","data":{data},"subject":"sub"}}"#
        ))
    };
    let table = [
        (structured(data), "e9", "sub", 1_000),
        (structured(own), "mine", "own", 2_000),
        (with_headers(data, &headers), "e9", "sub", 1_000),
        (with_headers(own, &headers), "mine", "own", 2_000),
    ];
    for format in [Format::Json, Format::CloudEvents] {
        for (record, id, account, at) in &table {
            let mut decoder = decoder(&DecoderSpec {
                format,
                ..DecoderSpec::default()
            });
            let event = only(&mut decoder, record).unwrap();
            assert_eq!(event.id, hash128(id.as_bytes()));
            assert_eq!((&*event.account, event.at.0), (*account, *at));
            assert_eq!(event.product, None);
            let (key, time) = decoder.key_and_time(record);
            assert_eq!(key.unwrap().account(), *account);
            assert_eq!(time.unwrap().0, *at);
        }
    }
}

#[test]
fn a_broken_envelope_is_malformed() {
    let strict = || {
        decoder(&DecoderSpec {
            format: Format::CloudEvents,
            ..DecoderSpec::default()
        })
    };
    let table = [
        (
            record(event("touch", "")),
            "expected a CloudEvents envelope",
        ),
        (
            record(r#"{"specversion":"0.3","data":{}}"#),
            "`specversion`: expected \"1.0\", found \"0.3\"",
        ),
        (
            record(r#"{"specversion":"1.0","data_base64":"e30="}"#),
            "`data`: expected one JSON object, found `data_base64`",
        ),
        (
            record(r#"{"specversion":"1.0"}"#),
            "`data`: expected one JSON object, found nothing",
        ),
        (
            record(r#"{"specversion":"1.0","data":"text"}"#),
            "expected one JSON object, found: invalid type: string",
        ),
        (
            with_headers("{}", &[("ce_specversion", "2")]),
            "`specversion`: expected \"1.0\", found \"2\"",
        ),
    ];
    for (record, expected) in table {
        let rejection = outcome(&mut strict(), &record).unwrap_err();
        assert_eq!(rejection.reason, Reason::Malformed);
        assert!(
            rejection.detail.starts_with(expected),
            "{}",
            rejection.detail
        );
    }
}

#[test]
fn the_words_of_the_tables_are_the_models() {
    let record = record(event(
        "account",
        r#""stage":"churned","attributes":{"n":"7"}"#,
    ));
    let event = only(&mut plain(), &record).unwrap();
    let Body::Account(account) = event.body else {
        panic!("{:?}", event.body)
    };
    assert_eq!(account.stage, Some(Stage::Churned));
    // A text stays a text: what an attribute is, its declaration says.
    assert_eq!(
        account.attributes,
        [("n".into(), AttributeValue::Text("7".into()))]
    );
    assert_eq!(Role::parse("champion"), Some(Role::Champion));
    assert_eq!(TicketChange::parse("closed"), Some(TicketChange::Closed));
    assert_eq!(SurveyChange::parse("sent"), Some(SurveyChange::Sent));
    assert_eq!(Fixed::ONE.to_string(), "1");
}
