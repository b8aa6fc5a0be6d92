//! What a score says of itself.

use puls_wire::{POINTS_NONE, Status, Verdict};

use crate::harness::{rule, said, try_rule};
use crate::{SMALL, SMALL_MAP};
use puls_models::Rule;

fn small() -> Rule {
    rule(SMALL, SMALL_MAP)
}

fn contributions(verdict: &Verdict) -> Vec<i32> {
    verdict.parts.iter().map(|part| part.contribution).collect()
}

/// 100 × (1 − p) of a margin, in ten-thousandths.
fn score(margin: f64) -> i64 {
    let score = 1e6 / (1.0 + libm::exp(margin));
    #[expect(clippy::cast_possible_truncation, reason = "a score")]
    let score = score.round_ties_even() as i64;
    score
}

#[test]
fn a_score_is_the_chance_of_staying_and_parts_add_up_to_it() {
    let rule = small();
    // Means by rows: −1 × 10, −2 × 20, −3.5 × 70 of 100; 0.5 × 40, −0.25 × 60 of 100.
    let base = -2.95 + 0.05;
    let cases = [
        // Left at 4.5; set {0, 2}: left.
        ([3.0, 0.0], -1.0 + 0.5),
        ([20.0, 1.0], -3.5 - 0.25),
        // Missing goes left at the first split; to the right of a set.
        ([f64::NAN, 2.0], -1.0 + 0.5),
        ([8.0, f64::NAN], -2.0 - 0.25),
        ([8.0, -1.0], -2.0 - 0.25),
    ];
    for (row, margin) in cases {
        let verdict = rule.evaluate(&row);
        let parts = contributions(&verdict);
        assert_eq!(verdict.score(), score(margin), "{row:?}");
        assert_eq!(i64::from(parts[0]), score(base), "{row:?}");
        // Less use than average pulls down, more pulls up.
        assert_eq!(parts[1] < 0, margin > -3.0, "{row:?}: {parts:?}");
        let sides = verdict.parts.iter().skip(1);
        for part in sides {
            assert_eq!(
                part.contribution < 0,
                part.points < 5_000,
                "{row:?}: {part:?}"
            );
            assert_eq!(part.weight, 5_000);
        }
        assert_eq!(verdict.parts[0].points, POINTS_NONE);
    }
}

#[test]
fn coverage_and_reasons_tell_what_was_missing() {
    let rule = small();
    let verdict = rule.evaluate(&[f64::NAN, 0.0]);
    assert_eq!(verdict.coverage, 5_000);
    let text = |part: usize| {
        let reason = rule.manifest.reason(verdict.parts[part].reason).unwrap();
        reason.text.clone()
    };
    assert_eq!(text(1), "No data: Active days");
    assert_eq!(text(2), "Account stage: {account.stage}");
    let full = rule.evaluate(&[4.0, 0.0]);
    let reason = rule.manifest.reason(full.parts[1].reason).unwrap();
    assert_eq!(reason.text, "Active on {usage.f0} of the last 28 days");
    let none = rule.evaluate(&[f64::NAN, f64::NAN]);
    assert_eq!((none.status, none.coverage), (Status::NoScore, 0));
    assert_eq!(contributions(&none), [0, 0, 0]);
}

#[test]
fn a_manifest_has_what_the_map_says_and_tiers_by_the_odds() {
    let manifest = small().manifest;
    assert_eq!(
        (manifest.name.as_str(), manifest.version.as_str()),
        ("churn", "1.0.0")
    );
    let measures: Vec<_> = manifest.measures.iter().map(|m| m.title.as_str()).collect();
    assert_eq!(measures, ["An average account", "Usage", "Account"]);
    let features: Vec<_> = manifest.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        features,
        ["usage.f0", "account.stage"],
        "an idle column is no feature"
    );
    assert_eq!(manifest.features[1].values, ["trial", "adoption", "paused"]);
    // Odds e^−2.9: 5.2 % churn.
    let from: Vec<_> = manifest.tiers.bands.iter().map(|band| band.from).collect();
    assert_eq!(from, [94.78, 90.09, 81.96, 0.0]);
    assert_eq!(manifest.coverage_min, 4_000);
}

/// A map, and what is told of it.
const CASES: &[(&str, &str)] = &[
    (
        "[columns.\"usage.f0\"]\nfeature = \"usage.f9999\"",
        "2: expected a feature (`puls features`), found \"usage.f9999\"; did you mean `usage.f199`?",
    ),
    (
        "[columns.\"usage.f1\"]",
        "1: expected a column of the model, found \"usage.f1\"; did you mean `usage.f0`?",
    ),
    (
        "",
        "expected the texts behind the categories of `account.stage`, found none; say in the map which text category 0, 1, … was in the training: [columns.\"account.stage\"] values = [\"…\", \"…\"]",
    ),
    (
        "[columns.\"account.stage\"]\nvalues = [\"trial\"]",
        "2: expected a text for each category of `account.stage` that the model knows, found 1 texts and a category 2",
    ),
    (
        "[columns.\"account.stage\"]\nvalues = [\"trial\", \"adoptiom\", \"paused\"]",
        "2: expected values of `account.stage` to be of trial, adoption, paused, found \"adoptiom\"; did you mean `adoption`?",
    ),
    (
        "[columns.\"account.stage\"]\nvalues = [\"trial\", \"trial\", \"paused\"]",
        "2: expected different plain texts",
    ),
    (
        "[columns.\"usage.f0\"]\nvalues = [\"a\"]",
        "2: expected no `values` for `usage.f0`, which is a number",
    ),
    (
        "[columns.\"usage.f0\"]\nfeature = \"account.stage\"",
        "1: expected categorical splits on `account.stage`, which is a text, found a numerical one; train with categorical_feature=usage.f0",
    ),
    (
        "[columns.\"usage.f0\"]\nfeature = \"score.ago_28d\"",
        "2: expected a feature, found `score.ago_28d`; a score cannot depend on itself",
    ),
    (
        "[columns.\"usage.f0\"]\nmeasure = \"start\"",
        "2: expected `measure`",
    ),
    (
        "[columns.\"usage.f0\"]\nreason = \"\"",
        "2: expected a plain text of 1 to 500 bytes in one line, found \"\"",
    ),
    (
        "[columns.\"usage.f0\"]\nraeson = \"x\"",
        "2: unknown field `raeson`",
    ),
    (
        "[measures.sage]\ntitle = \"x\"\n[columns.\"account.stage\"]\nvalues = [\"trial\", \"adoption\", \"paused\"]",
        "1: expected a measure of some column, found \"sage\"; did you mean `usage`?",
    ),
    (
        "[model]\ncoverage_min = 400\n[columns.\"account.stage\"]\nvalues = [\"trial\", \"adoption\", \"paused\"]",
        "2: expected `coverage_min` to be 0 to 100 percent, found 400",
    ),
    (
        "[columns.\"usage.f0\"]\nreason = \"{usage.f7}\"\n[columns.\"account.stage\"]\nvalues = [\"trial\", \"adoption\", \"paused\"]",
        "usage.f7",
    ),
    (
        "[tiers]\nbands = [{ name = \"a\", from = 50 }]\n[columns.\"account.stage\"]\nvalues = [\"trial\", \"adoption\", \"paused\"]",
        "the last begins at 0",
    ),
    ("[model\n", "1: "),
];

#[test]
fn what_does_not_fit_a_map_is_told_with_its_line() {
    for (map, expected) in CASES.iter().copied() {
        let told = said(&try_rule(SMALL, map).map(|_| ()).unwrap_err());
        assert!(told.contains(expected), "{map}\n{told}");
    }
}
