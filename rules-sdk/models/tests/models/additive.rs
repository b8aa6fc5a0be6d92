//! Additive models and the cards that they become.

use crate::{catalogue, harness::said};
use puls_models::{Additive, AdditiveCard};

const MODEL: &str = r#"{ "form": "puls-additive/1", "name": "churn-ebm", "intercept": -2.2,
  "features": [
    { "feature": "usage.f0", "title": "Active days", "missing": 0.3,
      "reason": "Active on {} of the last 28 days",
      "steps": [{ "up_to": 3, "value": 0.9 }, { "below": 10, "value": 0.2 }, { "value": -0.6 }] },
    { "feature": "account.stage", "missing": 0.0, "measure": "life",
      "texts": { "trial": 0.4, "adoption": -0.1 }, "otherwise": 0.2 },
    { "feature": "usage.f1", "missing": 0.1,
      "line": { "slope": -0.02, "zero_at": 5, "from": -80, "to": 80 } },
    { "feature": "usage.f2", "missing": 0.5, "steps": [{ "value": 0.5 }] } ] }"#;

fn card(text: &str) -> AdditiveCard {
    Additive::read(text, &catalogue()).unwrap_or_else(|found| panic!("{}", said(&found)))
}

#[test]
fn chances_are_read_off_scores_of_the_card() {
    let made = card(MODEL);
    let card = puls_scorecard::read(&made.text, &catalogue()).unwrap();
    assert_eq!(card.measures.len(), 2, "{}", made.text);
    // Amounts of rows, features in the order of the model, and the points by hand.
    let points = |amount: f64, missing: f64, reach: f64| 50.0 + 50.0 * (missing - amount) / reach;
    let reach = [0.9, 0.4, 1.6];
    let missing = [0.3, 0.0, 0.1];
    for amounts in [
        [0.9, 0.4, -0.3],
        [0.2, -0.1, 1.7],
        [0.3, 0.0, 0.1],
        [-0.6, 0.2, -1.5],
    ] {
        let mut sum = 0.0;
        for ((amount, missing), reach) in amounts.iter().zip(missing).zip(reach) {
            sum += 2.0 * reach * points(*amount, missing, reach);
        }
        let score = sum / (2.0 * (0.9 + 0.4 + 1.6));
        let margin = -2.2 + amounts.iter().sum::<f64>();
        let expected = 1.0 / (1.0 + libm::exp(-margin));
        let found = made.chance(score);
        // The one that is left out says 0.5 of everybody; it is in the card's top.
        let shifted = 1.0 / (1.0 + libm::exp(-margin - 0.5));
        assert!(
            (found - shifted).abs() < 1e-12,
            "{found} for {shifted}, not {expected}"
        );
    }
    assert!(made.text.contains("9.999999999999998"), "{}", made.text);
}

#[test]
fn numbers_beyond_whole_ones_are_those_of_the_model() {
    let text = MODEL
        .replacen("\"below\": 10", "\"up_to\": 1e19", 1)
        .replacen("-0.02", "-1e-20", 1)
        .replacen(
            "\"from\": -80, \"to\": 80",
            "\"from\": -8e19, \"to\": 8e19",
            1,
        );
    let made = card(&text);
    assert!(made.text.contains("up_to = 1e19,"), "{}", made.text);
    let found = puls_scorecard::read(&made.text, &catalogue());
    assert!(found.is_ok(), "{found:?}\n{}", made.text);
}

/// What is changed in the model, to what, and what is told.
const CASES: &[(&str, &str, &str)] = &[
    (
        "puls-additive/1",
        "puls-additive/2",
        "expected `form` to be \"puls-additive/1\", found \"puls-additive/2\"",
    ),
    (
        "churn-ebm",
        "Churn EBM",
        "expected `name` to be 1 to 64 of a-z 0-9 . _ -, found \"Churn EBM\"",
    ),
    (
        "-2.2",
        "\"low\"",
        "1: expected an additive model as JSON, found another form: invalid type: string",
    ),
    (
        "usage.f0",
        "usage.fo",
        "features[0] (\"usage.fo\"): expected a feature (`puls features`); did you mean `usage.f",
    ),
    (
        "usage.f1",
        "usage.f0",
        "features[2] (\"usage.f0\"): expected each feature once",
    ),
    (
        "\"up_to\": 3",
        "\"up_to\": 30",
        "features[0] (\"usage.f0\"): steps[1]: expected edges that rise",
    ),
    (
        "\"up_to\": 3, ",
        "",
        "steps[0]: expected one of `up_to` and `below`",
    ),
    (
        "{ \"value\": -0.6 }",
        "{ \"up_to\": 99, \"value\": -0.6 }",
        "steps[2]: expected no edge on the last step",
    ),
    (
        "\"texts\": {",
        "\"steps\": [{ \"value\": 1 }], \"texts\": {",
        "expected `texts`, since the feature is a text, found steps and texts",
    ),
    (
        "\"slope\": -0.02",
        "\"slope\": 0",
        "expected a line of finite numbers with a slope",
    ),
    ("\"from\": -80", "\"from\": 90", "with `from` below `to`"),
    (
        "0.9",
        "9e9",
        "steps[0]: expected an amount within ±1000, found 9000000000",
    ),
    ("\"adoption\"", "\"adopted\"", "adopted"),
    (
        "\"missing\": 0.0, \"measure\"",
        "\"measure\"",
        "missing field `missing`",
    ),
    (
        "\"intercept\": -2.2,",
        "\"intercept\": -2.2, \"pairs\": [],",
        "unknown field `pairs`",
    ),
    (
        "\"intercept\": -2.2,",
        "\"intercept\": -2.2, \"tiers\": [{ \"name\": \"a\" }, { \"name\": \"b\" }],",
        "tiers[0]: expected `churn_up_to` on all tiers but the last",
    ),
];

#[test]
fn what_is_wrong_with_an_additive_model_is_told() {
    for (from, to, expected) in CASES.iter().copied() {
        let text = MODEL.replacen(from, to, 1);
        let told = said(&Additive::read(&text, &catalogue()).map(|_| ()).unwrap_err());
        assert!(told.contains(expected), "{from} → {to}\n{told}");
    }
}

#[test]
fn a_model_that_says_the_same_of_everybody_is_no_card() {
    let text = r#"{ "form": "puls-additive/1", "name": "flat", "intercept": -2.2, "features": [
        { "feature": "usage.f2", "missing": 0.5, "steps": [{ "value": 0.5 }] } ] }"#;
    let told = said(&Additive::read(text, &catalogue()).map(|_| ()).unwrap_err());
    assert!(told.contains("says the same of everybody"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}
