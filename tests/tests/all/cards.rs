//! Scorecards through the program: checked, compiled, and run beside a rule in Rust.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use puls_benches::{Generator, Keys, Workload};
use puls_tests::program::{desk, link_rules, puls, top};
use puls_tests::seed;

const CARD: &str = "rules/saas-scorecard/card.toml";

fn shipped() -> String {
    fs::read_to_string(top().join(CARD)).unwrap()
}

#[test]
fn a_card_is_checked_built_and_taken_as_a_module() {
    let desk = desk(&[("card.toml", &shipped())]);
    let checked = puls(desk.path(), ["rule", "check", "card.toml"]).done();
    assert!(
        checked.starts_with("saas-scorecard 1.0.0 is taken: "),
        "{checked}"
    );
    let built = puls(desk.path(), ["rule", "build", "card.toml"]).done();
    let digest = |line: &str| line.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(digest(&built), digest(&checked), "{built}");
    let taken = puls(desk.path(), ["rule", "check", "saas-scorecard.wasm"]).done();
    assert_eq!(digest(&taken), digest(&checked), "{taken}");
}

#[test]
fn what_is_wrong_with_a_card_is_said_all_at_once_with_its_place() {
    let wrong = shipped()
        .replace("usage.trend_28d", "usage.trend_28")
        .replace("weight = 20\n", "weight = \"a lot\"\n");
    let desk = desk(&[("card.toml", &wrong)]);
    let answer = puls(desk.path(), ["rule", "check", "card.toml"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.out.contains("usage.trend_28d"), "{}", answer.out);
    assert!(answer.out.contains("card.toml:"), "{}", answer.out);
    // Twice a weight, once a feature.
    assert!(answer.out.ends_with("3 problems\n"), "{}", answer.out);
}

#[test]
fn a_tenants_own_features_are_known_with_its_configuration() {
    let card = shipped().replace("usage.breadth_28d", "custom.exports");
    let config = r#"
        [inputs.events]
        path = "events.ndjson"
        [tenants.acme]
        [[tenants.acme.features]]
        name = "exports"
        from = "usage"
        agg = "count"
        window = "7d"
    "#;
    let desk = desk(&[("card.toml", &card), ("puls.toml", config)]);
    let without = puls(desk.path(), ["rule", "check", "card.toml"]);
    assert_eq!(without.code, 1, "{without:?}");
    assert!(without.out.contains("custom.exports"), "{}", without.out);
    let with = ["rule", "check", "card.toml", "--config", "puls.toml"];
    puls(desk.path(), with).done();
}

/// Score, coverage and status by account and rule.
fn scores(desk: &Path) -> BTreeMap<(String, String), String> {
    puls(
        desk,
        ["export", "scores", "--format", "csv", "--out", "scores.csv"],
    )
    .done();
    let text = fs::read_to_string(desk.join("scores.csv")).unwrap();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let told = [place("status"), place("score"), place("coverage_pct")];
    // No column before these holds a comma.
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let key = (cells[place("account")].into(), cells[place("rule")].into());
            (key, told.map(|place| cells[place]).join(" "))
        })
        .collect()
}

#[test]
fn the_shipped_card_says_what_the_rule_in_rust_says() {
    let workload = Workload {
        seed: seed("card", 51),
        accounts: 150,
        keys: Keys::Uniform,
        events_per_s: 0.002,
        ..Workload::default()
    };
    let lines = Generator::new(&workload).take(12_000);
    let events: String = lines.map(|line| line.value + "\n").collect();
    let config = r#"
        [inputs.events]
        path = "events.ndjson"
        [[tenants.tenant-0.rules]]
        file = "card.toml"
        primary = true
        [[tenants.tenant-0.rules]]
        file = "modules/saas-health.wasm"
    "#;
    let desk = desk(&[
        ("card.toml", &shipped()),
        ("puls.toml", config),
        ("events.ndjson", &events),
    ]);
    link_rules(desk.path(), "modules");
    puls(desk.path(), ["run"]).done();
    let scores = scores(desk.path());
    let mut scored = 0;
    for ((account, rule), told) in &scores {
        let other = match rule.as_str() {
            "saas-scorecard" => "saas-health",
            _ => "saas-scorecard",
        };
        let expected = scores.get(&(account.clone(), other.to_owned()));
        assert_eq!(Some(told), expected, "{account}: {rule} and {other}");
        scored += usize::from(told.starts_with("scored"));
    }
    assert!(scored > 200, "only {scored} of {} are scored", scores.len());
}
