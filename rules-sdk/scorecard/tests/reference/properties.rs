//! What holds for every card and every account, whoever works it out.

use puls_reference::evaluate;
use puls_scorecard::Card;
use puls_wire::{POINTS_NONE, PartVerdict, SCORE_MAX, Status, Verdict};

use super::build::{card, factor, line, measure};
use super::{generate, rows, seeds};

#[test]
fn verdicts_are_within_their_ranges() {
    let mut scored = 0;
    for seed in seeds(300) {
        let card = generate::card(seed);
        let parameters = rows::parameters(&card, seed);
        for row in rows::rows(&card, &parameters, seed, 32) {
            let verdict = evaluate(&card, &row, &parameters);
            let wrong = wrong(&card, &verdict);
            assert!(
                wrong.is_empty(),
                "seed {seed}, {row:?}: {wrong:?}, {verdict:?}"
            );
            scored += usize::from(verdict.has_score());
        }
    }
    assert!(scored > 1_000, "only {scored} accounts have a score");
}

/// What must hold and does not.
fn wrong(card: &Card, verdict: &Verdict) -> Vec<&'static str> {
    let sum: i32 = verdict.parts.iter().map(|part| part.contribution).sum();
    let weight: i32 = verdict
        .parts
        .iter()
        .map(|part| i32::from(part.weight))
        .sum();
    let score = verdict.score();
    let factors: usize = card.measures.iter().map(|it| it.factors.len()).sum();
    // Each weight is rounded on its own.
    let rounding = i32::try_from(factors).expect("at most 128");
    let whole = weight == 0 || (10_000 - rounding..=10_000 + rounding).contains(&weight);
    let none = verdict.status == Status::NoScore;
    let outside = verdict.status == Status::OutsidePopulation;
    let silent = verdict.exceptions | verdict.triggers == 0
        && verdict.coverage == 0
        && verdict.parts.iter().all(|it| *it == PartVerdict::default());
    let checks = [
        (
            "the score is within 0 and 100",
            (0..=i64::from(SCORE_MAX)).contains(&score),
        ),
        (
            "contributions sum to no more",
            (0..=SCORE_MAX).contains(&sum),
        ),
        ("there is a line per factor", verdict.parts.len() == factors),
        ("coverage is a share", verdict.coverage <= 10_000),
        ("weights are shares of one", whole),
        ("lines are in their ranges", verdict.parts.iter().all(fits)),
        (
            "only exceptions adjust",
            verdict.adjust == 0 || verdict.exceptions != 0,
        ),
        (
            "without weight nothing is added",
            !none || (sum, weight) == (0, 0),
        ),
        (
            "without a score nothing is forced",
            !none || verdict.adjust == 0,
        ),
        (
            "outside, nothing is said",
            !outside || silent && verdict.adjust == 0,
        ),
        ("only the row fails", verdict.status != Status::RowError),
    ];
    checks
        .into_iter()
        .filter(|it| !it.1)
        .map(|it| it.0)
        .collect()
}

/// A line that does not count says nothing.
fn fits(part: &PartVerdict) -> bool {
    let counts = part.points != POINTS_NONE;
    (counts || *part == PartVerdict::default())
        && counts == (part.reason != 0)
        && part.contribution >= 0
        && (part.points <= 10_000 || !counts)
        && part.weight <= 10_000
}

/// Along a line, up or down, in steps great and small.
#[test]
fn more_of_what_is_good_never_costs_anything() {
    let factors = vec![
        factor("up", 3.0, 0, line(-7.0, 1e6)),
        factor("down", 5.0, 1, line(0.1, -0.3)),
    ];
    let card = card(&["usage.a", "usage.b"], vec![measure("m", 1.0, factors)]);
    let mut before = i64::MIN;
    for step in -100..=1_100 {
        let value = f64::from(step) * 1e3;
        let score = evaluate(&card, &[value, 0.0], &[]).score();
        assert!(score >= before, "{value}: {score} after {before}");
        before = score;
    }
    assert_eq!(before, 375_000 + 156_250);
    let down = |value| evaluate(&card, &[0.0, value], &[]).score();
    let mut value = 0.2_f64;
    for _ in 0..1_000 {
        let less = value - 0.000_7;
        assert!(down(less) >= down(value), "{less}");
        value = less;
    }
}

#[test]
fn outside_the_population_nothing_is_looked_at() {
    let mut left = 0;
    for seed in seeds(100) {
        let mut card = generate::card(seed);
        let parameters = rows::parameters(&card, seed);
        let rows = rows::rows(&card, &parameters, seed, 16);
        let everybody = Card {
            population: None,
            ..card.clone()
        };
        for row in &rows {
            let inside = evaluate(&everybody, row, &parameters);
            assert_ne!(inside.status, Status::OutsidePopulation, "seed {seed}");
            let asked = evaluate(&card, row, &parameters);
            if asked.status == Status::OutsidePopulation {
                left += 1;
            } else {
                assert_eq!(asked, inside, "seed {seed}, {row:?}");
            }
        }
        card.population = Some(puls_scorecard::Condition::Literal(false));
        for row in &rows {
            let verdict = evaluate(&card, row, &parameters);
            assert_eq!(verdict.status, Status::OutsidePopulation, "seed {seed}");
        }
    }
    assert!(left > 10, "only {left} accounts were outside");
}
