//! Each fault of a manifest is named.

use serde_json::{Value, json};

use crate::Manifest;

fn good() -> Value {
    json!({
        "abi": "puls/1",
        "name": "good-rule",
        "version": "1.0.0",
        "title": "A rule",
        "parameters": [{"name": "days", "default": 30.0, "min": 7.0, "max": 90.0}],
        "features": [
            {"name": "usage.days_since_last", "wake": [30.0]},
            {"name": "account.stage", "values": ["trial", "adoption"]}
        ],
        "measures": [{"name": "adoption", "title": "Adoption", "weight": 1.0}],
        "parts": [
            {"name": "recency", "measure": "adoption", "features": ["usage.days_since_last"], "baseline": 90.0}
        ],
        "reasons": [{"code": "recency", "text": "Last seen {usage.days_since_last} days ago"}],
        "exceptions": [{"name": "gone", "text": "Gone", "alert": true, "severity": "critical", "due_days": 3}],
        "triggers": [{"name": "call", "owner_roles": ["csm"], "cooldown_hours": 24}],
        "tiers": {"bands": [
            {"name": "healthy", "from": 50.0},
            {"name": "at_risk", "from": 0.0, "alert": "warning"}
        ], "hysteresis_points": 2.5, "dwell_hours": 24},
        "coverage_min": 4000
    })
}

fn error(manifest: &Value) -> String {
    Manifest::parse(manifest.to_string().as_bytes())
        .unwrap_err()
        .0
}

#[test]
fn a_good_manifest_answers_for_its_parts() {
    let manifest = Manifest::parse(good().to_string().as_bytes()).unwrap();
    assert_eq!(manifest.feature_index("account.stage"), Some(1));
    assert_eq!(manifest.part_measure_index(0), Some(0));
    assert_eq!(manifest.part_measure_index(1), None);
    assert_eq!(manifest.reason(0), None);
    assert_eq!(manifest.reason(1).unwrap().code, "recency");
    assert_eq!(manifest.reason(2), None);
}

/// A place in the good manifest, what to put there, and what must then be said.
#[test]
fn each_fault_is_named() {
    let cases = [
        ("/abi", json!("puls/2"), "abi is \"puls/2\""),
        (
            "/name",
            json!("Good Rule"),
            "the rule is named \"Good Rule\"",
        ),
        ("/version", json!("1 0"), "version is \"1 0\""),
        (
            "/title",
            json!("bell \u{7}"),
            "title of the rule is no plain text",
        ),
        (
            "/parameters/0/min",
            json!(31.0),
            "parameter \"days\" has default 30",
        ),
        ("/features", json!([]), "a rule reads at least one"),
        (
            "/features/1/name",
            json!("usage.days_since_last"),
            "stands twice",
        ),
        (
            "/features/1/values",
            json!(["a", "a"]),
            "lists a value twice",
        ),
        (
            "/features/0/wake",
            json!(vec![1.0; 17]),
            "wakes at 17 values; the most is 16",
        ),
        (
            "/measures/0/weight",
            json!(-1.0),
            "measure \"adoption\" has weight -1",
        ),
        (
            "/parts/0/measure",
            json!("support"),
            "names measure \"support\"",
        ),
        (
            "/parts/0/features",
            json!(["usage.x"]),
            "names feature \"usage.x\"",
        ),
        (
            "/parts/0/baseline",
            json!(101.0),
            "part \"recency\" has baseline 101",
        ),
        (
            "/reasons/0/text",
            json!(""),
            "text of reason \"recency\" is empty",
        ),
        (
            "/reasons/0/text",
            json!("{usage.x}"),
            "names feature \"usage.x\"",
        ),
        (
            "/reasons/0/text",
            json!("a {usage"),
            "a brace that nothing closes",
        ),
        (
            "/reasons/0/text",
            json!("a } b"),
            "a brace that nothing opens",
        ),
        (
            "/exceptions/0/name",
            json!("tier"),
            "an exception is named \"tier\"",
        ),
        (
            "/exceptions/0/due_days",
            json!(400),
            "\"gone\" is due in 400 days",
        ),
        (
            "/triggers/0/cooldown_hours",
            json!(0),
            "has cooldown_hours 0",
        ),
        ("/tiers/bands", json!([]), "the last begins at 0"),
        ("/tiers/bands/0/from", json!(0.0), "no two alike"),
        ("/tiers/bands/1/from", json!(1.0), "the last begins at 0"),
        ("/tiers/bands/0/from", json!(101.0), "expected 0 to 100"),
        (
            "/tiers/bands/1/name",
            json!("unknown"),
            "a tier is named \"unknown\"",
        ),
        (
            "/tiers/hysteresis_points",
            json!(-1.0),
            "hysteresis_points is -1",
        ),
        ("/tiers/dwell_hours", json!(9000), "dwell_hours is 9000"),
        ("/coverage_min", json!(10_001), "coverage_min is 10001"),
    ];
    for (place, value, expected) in cases {
        let mut manifest = good();
        *manifest.pointer_mut(place).unwrap() = value;
        let found = error(&manifest);
        assert!(found.contains(expected), "{place}: {found}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let mut manifest = good();
    manifest["surprise"] = json!(1);
    assert!(error(&manifest).contains("unknown field `surprise`"));
    let long = vec![b' '; crate::MANIFEST_BYTES_MAX + 1];
    assert!(
        Manifest::parse(&long)
            .unwrap_err()
            .0
            .contains("the limit is 65536")
    );
}

#[test]
fn all_problems_come_at_once() {
    let mut manifest = good();
    manifest["abi"] = json!("x");
    manifest["source"] = json!("abc");
    manifest["features"] = json!(
        (0..129)
            .map(|i| json!({"name": format!("custom.f{i}")}))
            .collect::<Vec<_>>()
    );
    let found = error(&manifest);
    for expected in [
        "abi is \"x\"",
        "source is no digest",
        "129 features; the most is 128",
        "part \"recency\" names feature",
        "text of reason \"recency\" names feature",
    ] {
        assert!(found.contains(expected), "{expected} is not in: {found}");
    }
    assert_eq!(found.split("; expected").count(), 3);
}
