//! The text of records, pinned: it stays in the log for as long as the inputs do.

use std::collections::BTreeMap;

use super::{Activation, Deactivation, Record, RuleRole, SetAside, effective};
use crate::model::{Digest, Time};

fn activation() -> Activation {
    Activation {
        tenant: "acme".into(),
        rule: "saas-health".into(),
        digest: Digest([0xab; 32]),
        role: RuleRole::Primary,
        shadow: false,
        parameters: BTreeMap::new(),
        from: None,
        genesis: false,
        by: "configuration".into(),
        reason: String::new(),
        signed: None,
    }
}

fn set_aside() -> SetAside {
    SetAside {
        tenant: "acme".into(),
        rule: "saas-health".into(),
        digest: Digest([0xab; 32]),
        shard: 3,
        detail: "trap".into(),
    }
}

#[test]
fn records_have_the_text_that_they_always_had() {
    let digest = "ab".repeat(32);
    let full = Activation {
        role: RuleRole::Secondary,
        shadow: true,
        parameters: BTreeMap::from([("quiet_days".into(), 14.5)]),
        from: Time::parse_rfc3339("2026-03-03T10:00:00Z"),
        genesis: true,
        by: "anna".into(),
        reason: "a trial".into(),
        ..activation()
    };
    let deactivation = Deactivation {
        tenant: "acme".into(),
        rule: "saas-health".into(),
        from: Some(Time::MIN),
        genesis: false,
        by: "anna".into(),
        reason: String::new(),
    };
    let start =
        |record: &str| format!(r#"{{"record":"{record}","tenant":"acme","rule":"saas-health","#);
    let module = format!(r#""digest":"{digest}","#);
    let cases = [
        (
            Record::Activation(activation()),
            [
                &start("activation"),
                &module,
                r#""role":"primary","by":"configuration"}"#,
            ]
            .concat(),
        ),
        (
            Record::Activation(full),
            [
                &start("activation"),
                &module,
                r#""role":"secondary","shadow":true,"parameters":{"quiet_days":14.5},"#,
                r#""from":"2026-03-03T10:00:00Z","genesis":true,"by":"anna","reason":"a trial"}"#,
            ]
            .concat(),
        ),
        (
            Record::Deactivation(deactivation),
            [
                &start("deactivation"),
                r#""from":-9223372036854775808,"by":"anna"}"#,
            ]
            .concat(),
        ),
        (
            Record::SetAside(set_aside()),
            [
                &start("set_aside"),
                &module,
                r#""shard":3,"detail":"trap"}"#,
            ]
            .concat(),
        ),
    ];
    for (record, text) in cases {
        let bytes = record.to_bytes().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), text);
        assert_eq!(Record::from_bytes(text.as_bytes()).unwrap(), record);
    }
}

#[test]
fn settings_may_leave_out_what_has_a_default() {
    let text = r#"{"record":"settings","tenant":"acme","settings":{"currency":"EUR"},"by":"a"}"#;
    let Record::Settings(read) = Record::from_bytes(text.as_bytes()).unwrap() else {
        panic!("another record");
    };
    assert_eq!((read.settings.currency.as_str(), read.from), ("EUR", None));
    let again = Record::Settings(read);
    assert_eq!(
        Record::from_bytes(&again.to_bytes().unwrap()).unwrap(),
        again
    );
}

#[test]
fn what_is_not_known_is_an_error() {
    let cases = [
        (
            r#"{"record":"promotion","tenant":"acme"}"#,
            "unknown variant `promotion`",
        ),
        (r#"{"tenant":"acme"}"#, "missing field `record`"),
        (
            r#"{"record":"deactivation","tenant":"a","rule":"r","by":"b","x":1}"#,
            "unknown field `x`",
        ),
        (
            r#"{"record":"deactivation","tenant":"a","rule":"r","by":"b","from":"soon"}"#,
            "expected an RFC 3339 time, found `soon`",
        ),
        (
            r#"{"record":"set_aside","tenant":"a","rule":"r","digest":"12","shard":0,"detail":""}"#,
            "expected 64 hexadecimal digits, found `12`",
        ),
    ];
    for (text, expected) in cases {
        let found = Record::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn a_record_governs_no_earlier_than_it_was_written_unless_it_is_of_the_genesis() {
    let (early, written, late) = (Time(10), Time(20), Time(30));
    let cases = [
        (None, false, written),
        (Some(early), false, written),
        (Some(late), false, late),
        (None, true, Time::MIN),
        (Some(early), true, early),
        (Some(late), true, late),
    ];
    for (from, genesis, expected) in cases {
        assert_eq!(
            effective(from, genesis, written),
            expected,
            "{from:?} {genesis}"
        );
    }
}
