//! A rule that fails its own cases, or what is tried with it, does not govern: not by hand, and not
//! by configuration.

use std::fs;
use std::path::Path;

use puls_tests::program::{desk, puls, put};
use puls_wire::{CARD_SECTION, CASES_SECTION, with_section};
use tempfile::TempDir;

use super::{CARD, CASES};

/// A configuration with a start behind it.
fn started() -> TempDir {
    let config = r#"
        [inputs.events]
        path = "events.ndjson"
        [tenants.acme]
    "#;
    let event =
        r#"{"kind":"touch","id":"1","tenant":"acme","account":"a","at":"2026-03-01T00:00:00Z"}"#;
    let desk = desk(&[
        ("puls.toml", config),
        ("events.ndjson", &format!("{event}\n")),
    ]);
    puls(desk.path(), ["run"]).done();
    desk
}

/// The module of a card that carries cases, and itself.
fn package(desk: &Path, card: &str, cases: &str) {
    put(desk, "card.toml", card);
    puls(desk, ["rule", "build", "card.toml", "--out", "bare.wasm"]).done();
    let bare = fs::read(desk.join("bare.wasm")).unwrap();
    let with_cases = with_section(&bare, CASES_SECTION, cases.as_bytes());
    let whole = with_section(&with_cases, CARD_SECTION, card.as_bytes());
    put(desk, "days.wasm", whole);
}

#[test]
fn a_rule_that_fails_its_own_cases_does_not_govern() {
    let desk = started();
    package(
        desk.path(),
        CARD,
        &CASES.replace("score = 50", "score = 51"),
    );
    let pushed = puls(desk.path(), ["rule", "push", "days.wasm"]);
    assert_eq!(pushed.code, 1, "{pushed:?}");
    let told = "case \"half of the days\" (cases of days:2) fails: score: expected 51, found 50";
    assert!(pushed.err.contains(told), "{pushed:?}");

    let broken = CARD.replace("= \"up\"", "= \"down\"");
    package(desk.path(), &broken, CASES);
    let pushed = puls(desk.path(), ["rule", "push", "days.wasm"]);
    assert_eq!(pushed.code, 1, "{pushed:?}");
    assert!(
        pushed.err.contains("the score never falls while"),
        "{pushed:?}"
    );

    let pushed = puls(desk.path(), ["rule", "push", "days.wasm", "--json"]);
    assert_eq!(pushed.code, 1, "{pushed:?}");
    let refused = pushed.json()["refused"].to_string();
    assert!(
        refused.contains("the score never falls while"),
        "{pushed:?}"
    );

    package(desk.path(), CARD, CASES);
    puls(desk.path(), ["rule", "push", "days.wasm"]).done();
    let activate = [
        "rule", "activate", "days", "--by", "tess", "--reason", "a try",
    ];
    let text = puls(desk.path(), activate).done();
    assert!(text.contains("days 1.0.0 governs acme"), "{text}");
}

#[test]
fn a_configured_rule_is_judged_by_check_and_before_it_governs_for_the_first_time() {
    let desk = started();
    package(
        desk.path(),
        CARD,
        &CASES.replace("score = 75", "score = 76"),
    );
    let config = fs::read_to_string(desk.path().join("puls.toml")).unwrap();
    let with_rule = format!("{config}\n[[tenants.acme.rules]]\nfile = \"days.wasm\"\n");
    put(desk.path(), "puls.toml", with_rule);
    let told = "case \"four weeks told as they were\" (cases of days:19) fails: score: expected 76";
    let checked = puls(desk.path(), ["check"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    assert!(checked.out.contains(told), "{checked:?}");
    let ran = puls(desk.path(), ["run"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains(told), "{ran:?}");
    package(desk.path(), CARD, CASES);
    puls(desk.path(), ["check"]).done();
    puls(desk.path(), ["run"]).done();
}
