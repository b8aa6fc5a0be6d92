//! Variants: who gets which measures.

use super::NAN;
use super::build::{card, is_one, measure, plain, variant};
use super::harness::run;
use crate::{Card, Measure, Missing};

fn of_variant(variant: usize, replaces: Option<usize>, measure: Measure) -> Measure {
    Measure {
        variant: Some(variant),
        replaces,
        ..measure
    }
}

/// Own measures a (column 0) and b (column 1); variant 0, where column 2 is 1, has another a;
/// variant 1, where column 3 is 1, another a and another b.
fn two_variants() -> Card {
    let mut neutral = plain("two.b", 1.0, 5);
    neutral.missing = Missing::Neutral;
    let mut card = card(
        6,
        vec![
            measure("a", 1.0, vec![plain("a", 1.0, 0)]),
            measure("b", 1.0, vec![plain("b", 1.0, 1)]),
            of_variant(
                0,
                Some(0),
                measure("one.a", 3.0, vec![plain("one.a", 1.0, 4)]),
            ),
            of_variant(
                1,
                Some(0),
                measure("two.a", 1.0, vec![plain("two.a", 1.0, 4)]),
            ),
            of_variant(1, Some(1), measure("two.b", 1.0, vec![neutral])),
        ],
    );
    card.variants = vec![variant("one", is_one(2)), variant("two", is_one(3))];
    card
}

#[test]
fn the_first_variant_that_holds_replaces_measures() {
    let cases = [
        // Row; score, coverage, reasons of the five parts.
        (
            vec![10.0, 20.0, 0.0, 0.0, 90.0, 70.0],
            (150_000, 10_000, [1, 2, 0, 0, 0]),
        ),
        (
            vec![10.0, 20.0, 1.0, 0.0, 90.0, 70.0],
            (725_000, 10_000, [0, 2, 3, 0, 0]),
        ),
        (
            vec![10.0, 20.0, 0.0, 1.0, 90.0, 70.0],
            (800_000, 10_000, [0, 0, 0, 4, 5]),
        ),
        // Both hold: the first.
        (
            vec![10.0, 20.0, 1.0, 1.0, 90.0, 70.0],
            (725_000, 10_000, [0, 2, 3, 0, 0]),
        ),
        // Missing does not hold.
        (
            vec![10.0, 20.0, NAN, NAN, 90.0, 70.0],
            (150_000, 10_000, [1, 2, 0, 0, 0]),
        ),
        (
            vec![10.0, 20.0, NAN, 1.0, 90.0, NAN],
            (700_000, 5_000, [0, 0, 0, 4, 5]),
        ),
        // A measure not in force has no substitutes and no share of the coverage.
        (
            vec![10.0, NAN, 1.0, 0.0, 90.0, NAN],
            (900_000, 7_500, [0, 0, 3, 0, 0]),
        ),
    ];
    let rows: Vec<_> = cases.iter().map(|case| case.0.clone()).collect();
    for (found, (row, expected)) in run(&two_variants(), &rows).iter().zip(cases) {
        let reasons: Vec<_> = found.parts.iter().map(|part| part.reason).collect();
        assert_eq!(
            (found.score(), found.coverage),
            (expected.0, expected.1),
            "{row:?}"
        );
        assert_eq!(reasons, expected.2, "{row:?}");
    }
}

#[test]
fn outside_the_population_no_variant_is_in_force() {
    let mut card = two_variants();
    card.population = Some(is_one(0));
    let rows = [
        vec![10.0, 20.0, 1.0, 0.0, 90.0, 70.0],
        vec![1.0, 20.0, 1.0, 0.0, 90.0, 70.0],
        vec![10.0, 20.0, 0.0, 1.0, 90.0, NAN],
    ];
    let verdicts = run(&card, &rows);
    let found: Vec<_> = verdicts
        .iter()
        .map(|v| (v.status as u8, v.score(), v.coverage))
        .collect();
    assert_eq!(found, [(2, 0, 0), (0, 725_000, 10_000), (2, 0, 0)]);
    assert!(verdicts[2].parts.iter().all(|part| part.reason == 0));
}
