//! The test kit through the program: a rule is made, tested natively and as a module, tried with
//! what no case thought of, and refused where it fails.

mod new;
mod refused;

use std::collections::BTreeMap;
use std::convert::Infallible;

use puls::kit::{Candidate, Check, Native, pose, run, verify};
use puls::model::Settings;
use puls::rules::RulesEngine;
use puls_cases::{Case, Expect, Found, Known, Subject, row};
use puls_tests::program::{desk, puls, put, top};
use puls_tests::rules::module;
use puls_tests::seed;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::hostile::modules::{Expected, Hostile, honest, hostile};

/// A card whose score is the active days, and what it promises.
const CARD: &str = r#"
[card]
name = "days"
version = "1.0.0"
applies_when = "true"
coverage_min = 0
[parameters]
low = { default = 5, min = 1, max = 20 }
[[measures]]
name = "adoption"
weight = 1
[[measures.factors]]
name = "rhythm"
feature = "usage.active_days_28d"
weight = 1
line = { zero_at = 0, hundred_at = 20 }
reason = "Active on {} of the last 28 days"
[[exceptions]]
name = "quiet"
when = "usage.active_days_28d < parameter.low"
cap = 10
reason = "Active on {usage.active_days_28d} days only"
[monotone]
"usage.active_days_28d" = "up"
"#;

const CASES: &str = r#"
[[cases]]
name = "half of the days"
features = { "usage.active_days_28d" = 10 }
[cases.expect]
score = 50
tier = "at_risk"
reasons = ["Active on 10 of the last 28 days"]
exceptions = []

[[cases]]
name = "quiet as this tenant means it"
features = { "usage.active_days_28d" = 10 }
parameters = { low = 12 }
[cases.expect]
score = 10
exceptions = ["quiet"]

[[cases]]
name = "four weeks told as they were"
at = "2026-03-31T00:00:00Z"
events = [{ kind = "usage", at = "-20d", every = "1d", times = 15, contact = "ann", metric = "login" }]
[cases.expect]
score = 75
"#;

/// A folder with files.
/// The check of `puls rule verify` whose words begin so.
fn check<'j>(json: &'j Value, begin: &str) -> &'j Value {
    let checks = json["verify"]["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .find(|it| it["what"].as_str().unwrap().starts_with(begin));
    found.unwrap_or_else(|| panic!("{begin}: {json:#}"))
}

#[test]
fn the_rules_that_ship_say_what_their_cases_expect() {
    for rule in ["saas-health", "silent-account", "saas-scorecard"] {
        let folder = format!("rules/{rule}");
        let answer = puls(&top(), ["rule", "test", &folder, "--json"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let said = answer.json();
        assert_eq!(said["native"]["ok"], true, "{said:#}");
        let cases = said["cases"].as_array().unwrap();
        assert!(cases.len() >= 8, "{said:#}");
        assert!(
            cases.iter().all(|it| it["native_alike"] == true),
            "{said:#}"
        );
    }
}

#[test]
fn a_card_is_tested_natively_and_as_a_module() {
    let desk = desk(&[("card.toml", CARD), ("cases.toml", CASES)]);
    let answer = puls(desk.path(), ["rule", "test", "."]);
    let text = answer.done();
    assert!(
        text.starts_with("days 1.0.0: 3 cases, all pass\n"),
        "{text}"
    );
    let how = "natively by the interpreter of cards and as WebAssembly, alike to the bit";
    assert!(text.contains(how), "{text}");
    puls(
        desk.path(),
        ["rule", "build", "card.toml", "--out", "bare.wasm"],
    )
    .done();
    let bare = [
        "rule",
        "test",
        "bare.wasm",
        "--cases",
        "cases.toml",
        "--cases-only",
    ];
    let text = puls(desk.path(), bare).done();
    assert!(text.contains("as WebAssembly only"), "{text}");
}

/// What is changed in the cases, and what is said of it.
#[test]
fn a_case_that_fails_shows_both_sides_and_the_parts_behind() {
    let changes = [
        (
            "score = 50",
            "score = 50.5",
            &[
                "FAILED  half of the days  (./cases.toml:2)",
                "  score  50.5      50",
                "Active on 10 of the last 28 days",
            ][..],
        ),
        (
            "tier = \"at_risk\"",
            "tier = \"watch\"",
            &["  tier  watch     at_risk"],
        ),
        (
            "reasons = [\"Active",
            "reasons = [\"Idle",
            &["Idle on 10 of the last 28 days"],
        ),
        (
            "exceptions = [\"quiet\"]",
            "exceptions = []",
            &["  exceptions  none      quiet"],
        ),
        (
            "times = 15",
            "times = 16",
            &["four weeks told", "  score  75        80"],
        ),
        (
            "metric = \"login\"",
            "metric = \"Log in\"",
            &["line 22: `metric`: expected a name of 1 to 64 characters"],
        ),
    ];
    for (from, to, expected) in changes {
        let cases = CASES.replacen(from, to, 1);
        let desk = desk(&[("card.toml", CARD), ("cases.toml", &cases)]);
        let answer = puls(desk.path(), ["rule", "test", ".", "--cases-only"]);
        assert_eq!(answer.code, 1, "{to}: {answer:?}");
        for part in expected {
            assert!(
                answer.out.contains(part),
                "{to}: {part:?} is not in\n{}",
                answer.out
            );
        }
    }
}

#[test]
fn mistakes_in_cases_are_told_all_at_once_with_their_places() {
    let cases = CASES
        .replace(
            "usage.active_days_28d\" = 10 }\n[",
            "usage.active_day_28d\" = 10 }\n[",
        )
        .replace("low = 12", "lou = 12")
        .replace("kind = \"usage\"", "kind = \"usages\"");
    let desk = desk(&[("card.toml", CARD), ("cases.toml", &cases)]);
    let answer = puls(desk.path(), ["rule", "test", "."]);
    assert_eq!(answer.code, 1, "{answer:?}");
    for part in [
        "cases.toml:4:14: expected a feature that the rule reads",
        "cases.toml:14:16: expected a parameter of the rule, found \"lou\"; did you mean `low`?",
        "cases.toml:22:21: expected a kind of event, found \"usages\"; did you mean `usage`?",
        "3 problems",
    ] {
        assert!(
            answer.out.contains(part),
            "{part:?} is not in\n{}",
            answer.out
        );
    }
}

#[test]
fn settings_of_a_case_are_those_of_a_tenant() {
    // Two logins of one night: in Oslo they are two days, in UTC one.
    let cases = |settings: &str, score: u32| {
        format!(
            "[[cases]]\nname = \"a night\"\nat = \"2026-01-31T12:00:00Z\"\n{settings}\nevents = [\
             {{ kind = \"usage\", at = \"2026-01-20T22:30:00Z\", contact = \"a\", metric = \"x\" }}, \
             {{ kind = \"usage\", at = \"2026-01-20T23:30:00Z\", contact = \"a\", metric = \"x\" }}]\n\
             [cases.expect]\nscore = {score}\n"
        )
    };
    let card = CARD.replace("cap = 10", "cap = 100");
    for (settings, score) in [("", 5), ("settings = { time_zone = \"Europe/Oslo\" }", 10)] {
        let desk = desk(&[
            ("card.toml", &card),
            ("cases.toml", &cases(settings, score)),
        ]);
        puls(desk.path(), ["rule", "test", ".", "--cases-only"]).done();
    }
    let wrong = cases("settings = { time_zone = \"Europe/Olso\" }", 10);
    let desk = desk(&[("card.toml", &card), ("cases.toml", &wrong)]);
    let answer = puls(desk.path(), ["rule", "test", "."]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.err.contains("did you mean `Europe/Oslo`?"),
        "{answer:?}"
    );
}

/// What a card says, the check that tells of it, and its words; whether it refuses the card.
#[test]
fn what_of_a_card_can_never_be_is_decided() {
    let variant = |when: &str| {
        format!(
            "{CARD}\n[[variants]]\nname = \"v\"\nwhen = \"{when}\"\n[[variants.measures]]\nname = \
             \"adoption\"\nweight = 1\n[[variants.measures.factors]]\nname = \"r\"\nfeature = \
             \"license.seats\"\nweight = 1\nbands = [{{ up_to = 5, points = 0 }}, {{ points = 100 \
             }}]\nreason = \"{{}} seats\"\n"
        )
    };
    let table = [
        (variant("license.seats <= 50"), None),
        (
            variant("license.seats > 50"),
            Some("the band up to 5 is met by no customer"),
        ),
        (
            CARD.replace(
                "applies_when = \"true\"",
                "applies_when = \"license.seats > 5\"",
            )
            .replace("usage.active_days_28d < parameter.low", "license.seats < 5"),
            Some("exception `quiet` never holds for a customer of the card"),
        ),
    ];
    for (card, expected) in table {
        let desk = desk(&[("card.toml", &card)]);
        let answer = puls(desk.path(), ["rule", "verify", "card.toml", "--json"]);
        let said = answer.json();
        let found = check(&said, "bands, variants");
        assert_eq!(answer.code, i32::from(expected.is_some()), "{said:#}");
        let told = found["failures"].to_string();
        assert!(told.contains(expected.unwrap_or("[]")), "{said:#}");
    }
}

#[test]
fn a_promise_is_proved_or_searched_and_a_counterexample_shown() {
    let proved = desk(&[("card.toml", CARD)]);
    let said = puls(proved.path(), ["rule", "verify", ".", "--json"]).json();
    // The cap that lets go belongs to the proof.
    let found = check(
        &said,
        "the score never falls while usage.active_days_28d rises",
    );
    assert_eq!(
        (&found["ok"], &found["searched"]),
        (&true.into(), &Value::Null),
        "{said:#}"
    );

    let derived = format!(
        "{}\n[derive.\"own.share\"]\nvalue = \"usage.active_days_28d / license.seats\"\n",
        CARD.replace(
            "feature = \"usage.active",
            "feature = \"own.share\"\n# \"usage.active"
        )
    );
    let searched = desk(&[("card.toml", &derived)]);
    let answer = puls(
        searched.path(),
        ["rule", "verify", ".", "--seed", "3", "--json"],
    );
    let said = answer.json();
    let found = check(&said, "the score never falls");
    // Seats below 0 turn the share around, and the search knows no shame.
    assert_eq!(found["ok"], false, "{said:#}");
    assert_eq!(found["failures"][0]["rows"].as_array().unwrap().len(), 2);
    let again = puls(
        searched.path(),
        ["rule", "verify", ".", "--seed", "3", "--json"],
    );
    assert_eq!(again.out, answer.out, "the same seed finds the same");

    let down = CARD.replace(
        "\"usage.active_days_28d\" = \"up\"",
        "\"usage.active_days_28d\" = \"down\"",
    );
    let broken = desk(&[("card.toml", &down)]);
    let text = puls(broken.path(), ["rule", "verify", "."]).out;
    assert!(
        text.contains("FAILED  the score never falls while usage.active_days_28d falls"),
        "{text}"
    );
    assert!(
        text.contains("features = { \"usage.active_days_28d\" = "),
        "{text}"
    );
}

#[test]
fn a_shipped_module_stands_what_is_tried_with_any_seed() {
    let desk = desk(&[]);
    put(desk.path(), "rule.wasm", module("saas-health"));
    for seed in ["1", "2", "3"] {
        puls(desk.path(), ["rule", "verify", "rule.wasm", "--seed", seed]).done();
    }
}

/// Verification tells of every module that fails rows or remembers them, and ends.
#[test]
fn hostile_modules_do_not_pass() {
    let engine = RulesEngine::new().unwrap();
    let passes = |bytes: Vec<u8>| {
        let candidate = Candidate::new(&engine, bytes, Settings::default()).unwrap();
        verify(&candidate, None, 1).iter().all(Check::passes)
    };
    assert!(passes(honest()));
    for Hostile {
        does,
        bytes,
        expected,
    } in hostile()
    {
        match expected {
            Expected::Refused(_) => {}
            Expected::RowFails(..) | Expected::Caught => assert!(!passes(bytes), "{does}"),
            Expected::Harmless => assert!(passes(bytes), "{does}"),
        }
    }
}

/// Customers made from a seed: what the SDK's own reader of verdicts says of each is what the
/// engine says.
#[test]
fn a_rules_own_tests_read_a_verdict_as_the_engine_does() {
    let engine = RulesEngine::new().unwrap();
    let mut random = Pcg64::seed_from_u64(seed("verdicts", 11));
    for rule in ["saas-health", "silent-account"] {
        let candidate = Candidate::new(&engine, module(rule), Settings::default()).unwrap();
        let manifest = &candidate.module.manifest;
        let cases: Vec<_> = (0..400)
            .map(|index| {
                let known = manifest.features.iter().filter_map(|feature| {
                    let value = match random.random_range(0..4) {
                        0 => return None,
                        1 => f64::from(random.random_range(0..120)),
                        _ => random.random_range(0.0..60.0),
                    };
                    let known = match feature.values.first() {
                        Some(text) if value > 40.0 => Known::Text(text.clone()),
                        Some(_) => Known::Text("another".into()),
                        None => Known::Number(value),
                    };
                    Some((feature.name.clone(), known))
                });
                Case {
                    name: index.to_string(),
                    index,
                    at: 0,
                    subject: Subject::Features(known.collect()),
                    parameters: BTreeMap::new(),
                    expect: Expect::default(),
                }
            })
            .collect();
        let asked = pose(&candidate, cases, &|_| {
            Ok::<_, Infallible>(Settings::default())
        })
        .unwrap();
        for outcome in run(&candidate, asked, Native::None) {
            let answer = outcome.answer.unwrap();
            let row = row(&outcome.case.subject, manifest);
            let own = Found::new(manifest, &row, &answer.verdict);
            assert_eq!(own, answer.found, "{rule}: {:?}", outcome.case.subject);
        }
    }
}
