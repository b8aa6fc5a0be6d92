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

/// A place in the good manifest | what stands there instead | what must then be said.
const FAULTS: &str = r#"
/abi | "puls/2" | abi is "puls/2"
/name | "Good Rule" | the rule is named "Good Rule"
/version | "1 0" | version is "1 0"
/title | "bell \u0007" | title of the rule is no plain text
/parameters/0/min | 31.0 | parameter "days" has default 30
/features | [] | a rule reads at least one
/features/1/name | "usage.days_since_last" | stands twice
/features/1/values | ["a", "a"] | lists a value twice
/features/1/values | [""] | lists a value that is no plain text
/features/0/wake | [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17] | 17 values; the most is 16
/measures/0/weight | -1.0 | measure "adoption" has weight -1
/parts/0/measure | "support" | names measure "support"
/parts/0/features | ["usage.x"] | names feature "usage.x"
/parts/0/baseline | 101.0 | part "recency" has baseline 101
/reasons/0/text | "" | text of reason "recency" is empty
/reasons/0/text | "{usage.x}" | names feature "usage.x"
/reasons/0/text | "a {usage" | a brace that nothing closes
/reasons/0/text | "a } b" | a brace that nothing opens
/exceptions/0/name | "tier" | an exception is named "tier"
/exceptions/0/due_days | 400 | "gone" is due in 400 days
/triggers/0/cooldown_hours | 0 | has cooldown_hours 0
/triggers/0/owner_roles | ["a\nb"] | a role or playbook that is no plain text
/tiers/bands | [] | the last begins at 0
/tiers/bands/0/from | 0.0 | no two alike
/tiers/bands/1/from | 1.0 | the last begins at 0
/tiers/bands/0/from | 101.0 | expected 0 to 100
/tiers/bands/1/name | "unknown" | a tier is named "unknown"
/tiers/hysteresis_points | -1.0 | hysteresis_points is -1
/tiers/dwell_hours | 9000 | dwell_hours is 9000
/coverage_min | 10001 | coverage_min is 10001
"#;

#[test]
fn each_fault_is_named() {
    for fault in FAULTS.lines().filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = fault.split(" | ").collect();
        let mut manifest = good();
        let value = serde_json::from_str(columns[1]).unwrap();
        *manifest.pointer_mut(columns[0]).unwrap() = value;
        let found = error(&manifest);
        assert!(found.contains(columns[2]), "{fault}: {found}");
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
