//! The bytes that others read, whole.

use expect_test::expect;
use puls_wire::{PartVerdict, Verdict};

use super::bench::{Bench, Line, START};
use crate::decide::{
    DeadLetter, FeatureNote, Outcome, Override, Reading, RuleRef, dead_letter, explain, render_text,
};
use crate::limits::DEAD_LETTER_RAW_BYTES_MAX;
use crate::model::{Cause, Digest, HOUR_MS, Key, Kind, Origin, Output, Reason, ShardId};

fn part(contribution: i32, points: u16, weight: u16, reason: u16) -> PartVerdict {
    PartVerdict {
        contribution,
        points,
        weight,
        reason,
    }
}

fn line() -> Line {
    Line {
        now: START,
        verdict: Verdict {
            coverage: 8_125,
            adjust: -250_000,
            exceptions: 1,
            triggers: 1,
            parts: vec![
                part(164_912, 2_749, 6_000, 1),
                part(236_316, 5_908, 4_000, 2),
            ],
            ..Verdict::default()
        },
        features: vec![3.26, 0.0, f64::NAN],
        over: None,
        is_daily: false,
        touched: 1 << Kind::Usage as u8,
        cause: Cause::Input(Origin {
            input: 1,
            offset: 41,
            row: 2,
        }),
    }
}

/// One line, in whose order of keys it stands.
fn line_of(output: &Output) -> &str {
    let text = std::str::from_utf8(&output.value).unwrap();
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(value["specversion"], "1.0");
    assert!(!text.contains('\n'));
    text
}

/// The same, broken between keys, to be read here.
fn text(line: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for piece in line.replace(",\"", ",\n\"").lines() {
        if column > 0 && column + piece.len() > 80 {
            text.push('\n');
            column = 0;
        }
        text.push_str(piece);
        column += piece.len();
    }
    text + "\n"
}

/// The outputs of the line above: score, two alerts, trigger.
fn outputs() -> Vec<Output> {
    let mut bench = Bench::new();
    assert!(matches!(bench.decide(&line()), Outcome::Decided(_)));
    let topics: Vec<&str> = bench
        .outputs
        .iter()
        .map(|output| output.topic.as_str())
        .collect();
    assert_eq!(topics, ["scores", "alerts", "alerts", "triggers"]);
    bench.outputs
}

#[test]
fn a_score_event() {
    expect![[r#"
        {"specversion":"1.0","id":"9be77bce8031c858020524f5f9efb1a5",
        "source":"puls/acme","type":"puls.score.v1","subject":"eu/42",
        "time":"2026-03-01T00:00:00Z","datacontenttype":"application/json",
        "data":{"account":"eu/42","rule":{"name":"health","version":"1.2.0",
        "digest":"7d3c49bb4e30c7f4a06956f278bfa5f645a3e8f4c8f7e51dc9249d2315f6ee24",
        "primary":true},"language":"en","as_of":"2026-03-01T00:00:00Z",
        "cause":{"input":"tickets","offset":41,"row":2},"status":"scored",
        "score":15.1228,"previous":null,"delta":null,"direction":"higher_is_healthier",
        "tier":"critical","tier_title":"critical","tier_previous":null,
        "since":"2026-03-01T00:00:00Z","coverage":81.25,"adjustment":-25,
        "exceptions":[{"code":"unpaid","text":"An invoice is unpaid"}],"split":null,
        "measures":[{"name":"adoption","title":"Adoption","contribution":16.4912,
        "points":27.49,"weight":60,"parts":[{"name":"active_days",
        "contribution":16.4912,"points":27.49,"weight":60,"reason":{"code":"few_days",
        "text":"Active on only 3.3 of 28 days"},
        "features":["usage.active_days_28d"]}]},{"name":"relation","title":"relation",
        "contribution":23.6316,"points":59.08,"weight":40,"parts":[{"name":"contact",
        "contribution":23.6316,"points":59.08,"weight":40,"reason":{"code":"no_contact",
        "text":"No contact with this gold account"},"features":["touch.days_since_last",
        "account.segment"]}]}],"features":{"usage.active_days_28d":3.26,
        "account.segment":"gold","touch.days_since_last":null}}}
    "#]]
    .assert_eq(&text(line_of(&outputs()[0])));
}

#[test]
fn an_alert_event() {
    let outputs = outputs();
    let (alert, score) = line_of(&outputs[1])
        .split_once("\"score\":{\"account\"")
        .unwrap();
    // The score data stand in it as in the score event.
    assert!(line_of(&outputs[0]).ends_with(score.strip_suffix('}').unwrap()));
    expect![[r#"
        {"specversion":"1.0","id":"7ed179df17cd4044ed7546cdd1c4a309",
        "source":"puls/acme","type":"puls.alert.v1","subject":"eu/42",
        "time":"2026-03-01T00:00:00Z","datacontenttype":"application/json",
        "data":{"alert":"635ca269a1754cb1d0736d9079974b5b","revision":1,
        "change":"opened","subject":"tier","title":"Tier: critical","language":"en",
        "rule":"health","rule_version":"1.2.0",
        "rule_digest":"7d3c49bb4e30c7f4a06956f278bfa5f645a3e8f4c8f7e51dc9249d2315f6ee24",
        "severity":"critical","state":"open","opened":"2026-03-01T00:00:00Z",
        "due":"2026-03-06T00:00:00Z","owner_role":"csm","playbook":"save",
        "why":[{"code":"unpaid","text":"An invoice is unpaid"},{"code":"few_days",
        "text":"Active on only 3.3 of 28 days"},{"code":"no_contact",
        "text":"No contact with this gold account"}],
    "#]]
    .assert_eq(&text(alert));
}

#[test]
fn a_trigger_event() {
    expect![[r#"
        {"specversion":"1.0","id":"bedebf4245cf0d1e1e454890705093fe",
        "source":"puls/acme","type":"puls.trigger.v1","subject":"eu/42",
        "time":"2026-03-01T00:00:00Z","datacontenttype":"application/json",
        "data":{"trigger":"call","rule":{"name":"health","version":"1.2.0",
        "digest":"7d3c49bb4e30c7f4a06956f278bfa5f645a3e8f4c8f7e51dc9249d2315f6ee24",
        "primary":true},"as_of":"2026-03-01T00:00:00Z","cause":{"input":"tickets",
        "offset":41,"row":2},"language":"en","text":"Call about 3.3 days",
        "playbook":"ring","owner_roles":["csm","kam"],"due":"2026-03-03T00:00:00Z",
        "cooldown_until":"2026-03-03T00:00:00Z"}}
    "#]]
    .assert_eq(&text(line_of(&outputs()[3])));
}

fn notes() -> [FeatureNote; 3] {
    [
        FeatureNote {
            value: Some(3.26),
            unit: "days",
            age_ms: Some(50 * HOUR_MS),
            capped: true,
            ..FeatureNote::default()
        },
        FeatureNote {
            text: Some("gold".into()),
            ..FeatureNote::default()
        },
        FeatureNote {
            missing: Some("no_events"),
            unit: "days",
            ..FeatureNote::default()
        },
    ]
}

#[test]
fn an_explanation_on_a_terminal_adds_up_and_changes_nothing() {
    let mut bench = Bench::threshold(1.0);
    bench.play("0h 71");
    let line = line();
    let key = Key::new("acme", "eu/42").unwrap();
    let reading = Reading {
        key: &key,
        rule: RuleRef {
            name: "health",
            version: "1.2.0",
            digest: Digest::default(),
            parameters: &[],
            primary: true,
            shadow: false,
        },
        now: START.plus_ms(30 * HOUR_MS),
        verdict: &line.verdict,
        features: &line.features,
        over: Some(Override {
            value: 555_000,
            by: "ada",
            reason: "new sponsor",
            expires: START.plus_ms(48 * HOUR_MS),
        }),
        peers: None,
    };
    let notes = notes();
    let before = bench.memory.clone();
    let data = explain(&bench.policy, &bench.memory, &reading, &notes, None);
    assert_eq!(bench.memory, before);
    assert_eq!(
        data.tier, "healthy",
        "the tier that the account has, not that of the score"
    );
    expect![[r#"
        eu/42, health 1.2.0 (primary), as of 2 March 2026, 06:00 UTC
        Score 55.5 (−15.5 since 71 was published), tier healthy since 1 March
            2026, 00:00
        Coverage 81.3 % of the weight has data
        Override to 55.5 by ada until 3 March 2026, 00:00: new sponsor (the rule
            says 15.1)

        Exceptions
          unpaid: An invoice is unpaid

        Why
          1. Set by ada: new sponsor
          2. An invoice is unpaid
          3. Active on only 3.3 of 28 days
          4. No contact with this gold account

        Adoption: +16.5 from 27.5 points × 60 %
          active_days: +16.5 from 27.5 points × 60 %
            Active on only 3.3 of 28 days
              usage.active_days_28d = 3.3 days, newest event 2 days ago, capped

        relation: +23.6 from 59.1 points × 40 %
          contact: +23.6 from 59.1 points × 40 %
            No contact with this gold account
              touch.days_since_last = no data (no_events)
              account.segment = gold

        Exceptions: −25
    "#]]
    .assert_eq(&render_text(&data, 72));
    let json: serde_json::Value = serde_json::from_slice(&data.to_json()).unwrap();
    assert_eq!(
        json["feature_notes"]["touch.days_since_last"]["missing"],
        "no_events"
    );
    assert_eq!(json["why"].as_array().unwrap().len(), 4);
}

fn letter<'a>(raw: &'a [u8], key: Option<&'a [u8]>) -> DeadLetter<'a> {
    DeadLetter {
        tenant: "acme",
        key,
        input: "usage",
        shard: ShardId(3),
        origin: Origin {
            input: 0,
            offset: 12,
            row: 1,
        },
        now: START,
        reason: Reason::BadField,
        detail: "expected a number in \"seats\", found \"many\"",
        raw,
    }
}

#[test]
fn a_dead_letter_has_all_that_is_needed_to_use_it_later() {
    let output = dead_letter(&letter(b"{\"seats\":\"many\"}", Some(b"acme/42")));
    assert_eq!(
        (output.key.as_str(), output.tenant.as_str()),
        ("acme/42", "acme")
    );
    expect![[r#"
        {"specversion":"1.0","id":"c8a4568dee9260cdb5b11041a69cc5ce",
        "source":"puls/acme","type":"puls.dead_letter.v1","time":"2026-03-01T00:00:00Z",
        "datacontenttype":"application/json","data":{"origin":{"input":"usage",
        "partition":3,"offset":12,"row":1},"reason":"bad_field",
        "sentence":"A field has another type or form than the kind asks for.",
        "detail":"expected a number in \"seats\", found \"many\"","key":"acme/42",
        "raw":"{\"seats\":\"many\"}","raw_bytes":16}}
    "#]]
    .assert_eq(&text(line_of(&output)));
    let binary = dead_letter(&letter(&[0xff, 0, 1], Some(&[0xfe])));
    let binary = line_of(&binary);
    assert!(
        binary.contains(r#""raw_base64":"/wAB","raw_bytes":3"#),
        "{binary}"
    );
    assert!(line_of(&dead_letter(&letter(b"", None))).contains(r#""key":null,"raw":"""#));
}

/// Whatever the bytes are, the letter fits into a message of a megabyte.
#[test]
fn a_dead_letter_is_never_longer_than_a_message() {
    for byte in [b'a', b'"', 1, 0xff] {
        let raw = vec![byte; DEAD_LETTER_RAW_BYTES_MAX * 2];
        let output = dead_letter(&letter(&raw, None));
        assert!(
            output.value.len() < 1_000_000,
            "{byte}: {}",
            output.value.len()
        );
        assert!(line_of(&output).ends_with(r#""raw_bytes":1310720}}"#));
    }
}
