//! Exceptions, population and triggers.

use puls_wire::Status;

use super::NAN;
use super::build::{card, compare, exception, is_one, measure, plain, trigger};
use super::harness::{Host, run};
use crate::{Arithmetic, Card, Comparison, Condition, Exception, Force, Number};

/// One part in column 0, and exceptions that hold where their own column is 1.
fn with_exceptions(forces: &[Option<Force>]) -> Card {
    let mut card = card(
        1 + forces.len(),
        vec![measure("all", 1.0, vec![plain("f", 1.0, 0)])],
    );
    card.exceptions = forces.iter().enumerate().map(of_column).collect();
    card
}

fn of_column((index, force): (usize, &Option<Force>)) -> Exception {
    exception(&format!("e{index}"), is_one(index + 1), *force)
}

#[test]
fn exceptions_cap_and_floor() {
    let card = with_exceptions(&[
        Some(Force::Cap(50.0)),
        Some(Force::Cap(30.00004)),
        Some(Force::Floor(20.0)),
        Some(Force::Floor(80.0)),
        None,
    ]);
    let cases = [
        // Points, which hold; status, bits, adjustment.
        (70.0, [0.0, 0.0, 0.0, 0.0, 0.0], (Status::Scored, 0, 0)),
        (
            70.0,
            [1.0, 0.0, 0.0, 0.0, 0.0],
            (Status::Scored, 1, -200_000),
        ),
        (
            70.0,
            [1.0, 1.0, 0.0, 0.0, 0.0],
            (Status::Scored, 3, -400_000),
        ),
        (40.0, [1.0, 0.0, 0.0, 0.0, 0.0], (Status::Scored, 1, 0)),
        (
            10.0,
            [0.0, 0.0, 1.0, 0.0, 0.0],
            (Status::Scored, 4, 100_000),
        ),
        (
            10.0,
            [0.0, 0.0, 1.0, 1.0, 0.0],
            (Status::Scored, 12, 700_000),
        ),
        // The cap has the last word.
        (
            10.0,
            [1.0, 0.0, 0.0, 1.0, 0.0],
            (Status::Scored, 9, 400_000),
        ),
        (10.0, [0.0, 0.0, 0.0, 0.0, 1.0], (Status::Scored, 16, 0)),
        // Missing does not hold.
        (70.0, [NAN, NAN, NAN, NAN, NAN], (Status::Scored, 0, 0)),
        // Without weight the lowest cap is the score, else the highest floor.
        (
            NAN,
            [1.0, 1.0, 0.0, 1.0, 0.0],
            (Status::Scored, 11, 300_000),
        ),
        (
            NAN,
            [0.0, 0.0, 1.0, 1.0, 0.0],
            (Status::Scored, 12, 800_000),
        ),
        (NAN, [0.0, 0.0, 0.0, 0.0, 1.0], (Status::NoScore, 16, 0)),
        (NAN, [0.0, 0.0, 0.0, 0.0, 0.0], (Status::NoScore, 0, 0)),
    ];
    let row = |points: f64, holds: &[f64]| [&[points], holds].concat();
    let rows: Vec<_> = cases.iter().map(|case| row(case.0, &case.1)).collect();
    for (found, (points, holds, expected)) in run(&card, &rows).iter().zip(cases) {
        let found = (found.status, found.exceptions, found.adjust);
        assert_eq!(found, expected, "{points} {holds:?}");
    }
}

#[test]
fn a_force_of_nothing_is_a_force() {
    for (force, expected) in [
        (Force::Cap(0.0), (Status::Scored, 0)),
        (Force::Floor(0.0), (Status::Scored, 0)),
        (Force::Cap(100.0), (Status::Scored, 1_000_000)),
    ] {
        let found = &run(&with_exceptions(&[Some(force)]), &[vec![NAN, 1.0]])[0];
        assert_eq!((found.status, found.adjust), expected, "{force:?}");
    }
}

/// Outside the population nothing applies, holds or is asked for, whatever the row says.
#[test]
fn population_comes_first() {
    let mut card = with_exceptions(&[Some(Force::Cap(50.0))]);
    card.triggers = vec![trigger("t", Condition::Literal(true))];
    card.population = Some(compare(0, Comparison::Less, 90.0));
    let verdicts = run(
        &card,
        &[
            vec![70.0, 1.0],
            vec![95.0, 1.0],
            vec![NAN, 1.0],
            vec![80.0, 0.0],
        ],
    );
    let found: Vec<_> = verdicts
        .iter()
        .map(|v| (v.status, v.score(), v.coverage, v.exceptions, v.triggers))
        .collect();
    let outside = (Status::OutsidePopulation, 0, 0, 0, 0);
    let expected = [
        (Status::Scored, 500_000, 10_000, 1, 1),
        outside,
        outside,
        (Status::Scored, 800_000, 10_000, 0, 1),
    ];
    assert_eq!(found, expected);
    assert_eq!(verdicts[1].parts, [puls_wire::PartVerdict::default()]);
}

/// Triggers see the score before exceptions; where there is none it is missing.
#[test]
fn triggers_see_the_score_of_now() {
    let mut card = with_exceptions(&[Some(Force::Cap(10.0))]);
    let low = |points| {
        let sides = (Number::ScoreNow, Number::Literal(points));
        Condition::Compare(Comparison::Less, Box::new(sides))
    };
    let fall = Number::Arithmetic(
        Arithmetic::Subtract,
        Box::new((Number::Feature(1), Number::ScoreNow)),
    );
    card.triggers = vec![
        trigger("low", low(50.0)),
        trigger("not_low", Condition::Not(Box::new(low(50.0)))),
        trigger("known", Condition::Has(Number::ScoreNow)),
        trigger(
            "fell",
            Condition::Compare(
                Comparison::GreaterOrEqual,
                Box::new((fall, Number::Literal(15.0))),
            ),
        ),
    ];
    let rows = [
        vec![60.0, 1.0],
        vec![49.9, 1.0],
        vec![60.0, 75.0],
        vec![NAN, 1.0],
    ];
    let found: Vec<_> = run(&card, &rows).iter().map(|v| v.triggers).collect();
    assert_eq!(found, [0b0110, 0b0101, 0b1110, 0]);
}

/// What one batch said is gone in the next.
#[test]
fn nothing_stays_from_one_call_to_the_next() {
    let mut card = with_exceptions(&[Some(Force::Cap(50.0))]);
    card.triggers = vec![trigger("t", is_one(1))];
    let mut host = Host::new(&card);
    let first = host.run(&[vec![70.0, 1.0]]);
    assert_eq!((first[0].exceptions, first[0].triggers), (1, 1));
    let second = host.run(&[vec![NAN, 0.0]]);
    assert_eq!((second[0].exceptions, second[0].triggers), (0, 0));
    assert_eq!((second[0].status, second[0].adjust), (Status::NoScore, 0));
    assert_eq!(host.run(&[vec![70.0, 1.0]]), first);
}
