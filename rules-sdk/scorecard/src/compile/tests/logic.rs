//! Conditions and numbers, with what is missing.

use super::NAN;
use super::build::{card, compare, measure, plain, trigger};
use super::harness::run;
use crate::{Arithmetic, Card, Comparison, Condition, Number, Texts};

/// A card with two columns whose triggers are, for each condition, whether it holds and whether
/// its opposite does.
fn asks(conditions: Vec<Condition>) -> Card {
    let mut card = card(2, vec![measure("all", 1.0, vec![plain("f", 1.0, 0)])]);
    for (index, condition) in conditions.into_iter().enumerate() {
        let not = Condition::Not(Box::new(condition.clone()));
        card.triggers.push(trigger(&format!("t{index}"), condition));
        card.triggers.push(trigger(&format!("not_t{index}"), not));
    }
    card
}

/// For each condition `t`, `f`, or `-` for missing.
fn answers(conditions: &[Condition], a: f64, b: f64) -> String {
    let verdict = &run(&asks(conditions.to_vec()), &[vec![a, b]])[0];
    (0..conditions.len())
        .map(|index| match (verdict.triggers >> (index * 2)) & 3 {
            1 => 't',
            2 => 'f',
            0 => '-',
            _ => 'x',
        })
        .collect()
}

/// True, false or missing, as columns 0 and 1 are 1, 0 or NaN.
fn sides() -> (Condition, Condition) {
    let one = |feature| compare(feature, Comparison::Equal, 1.0);
    (one(0), one(1))
}

#[test]
fn logic_has_three_values() {
    let all = [
        Condition::And(Box::new(sides())),
        Condition::Or(Box::new(sides())),
        Condition::Not(Box::new(sides().0)),
        Condition::Not(Box::new(Condition::Or(Box::new(sides())))),
        Condition::Literal(true),
        Condition::Literal(false),
    ];
    for (a, b, expected) in [
        (1.0, 1.0, "ttfftf"),
        (1.0, 0.0, "ftfftf"),
        (1.0, NAN, "-tfftf"),
        (0.0, 1.0, "fttftf"),
        (0.0, 0.0, "fftttf"),
        (0.0, NAN, "f-t-tf"),
        (NAN, 1.0, "-t-ftf"),
        (NAN, 0.0, "f---tf"),
        (NAN, NAN, "----tf"),
    ] {
        assert_eq!(answers(&all, a, b), expected, "{a} {b}");
    }
}

#[test]
fn numbers_compare_where_both_are_there() {
    let all = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    let sides = || Box::new((Number::Feature(0), Number::Feature(1)));
    let all = all.map(|comparison| Condition::Compare(comparison, sides()));
    for (a, b, expected) in [
        (1.0, 2.0, "ftttff"),
        (2.0, 2.0, "tfftft"),
        (3.0, 2.0, "ftfftt"),
        (0.0, -0.0, "tfftft"),
        (NAN, 2.0, "------"),
        (2.0, NAN, "------"),
        (NAN, NAN, "------"),
    ] {
        assert_eq!(answers(&all, a, b), expected, "{a} {b}");
    }
}

#[test]
fn texts_and_lists_are_looked_up() {
    let texts = |codes: &[u16], negated| {
        Condition::Text(Texts {
            feature: 0,
            codes: codes.to_vec(),
            negated,
        })
    };
    // Longer than one stretch of code.
    let long = (10..311).map(f64::from).collect();
    let all = [
        texts(&[1], false),
        texts(&[1], true),
        texts(&[0, 2], false),
        texts(&[0, 2], true),
        texts(&[], false),
        Condition::In(Box::new(Number::Feature(0)), vec![1.0, 2.5]),
        Condition::In(Box::new(Number::Feature(0)), long),
        Condition::Has(Number::Feature(0)),
    ];
    for (a, expected) in [
        (0.0, "fttfffft"),
        (1.0, "tfftftft"),
        (2.0, "fttfffft"),
        (2.5, "ftftftft"),
        (-1.0, "ftftffft"),
        (10.0, "ftftfftt"),
        (310.0, "ftftfftt"),
        (NAN, "-------f"),
    ] {
        assert_eq!(answers(&all, a, 0.0), expected, "{a}");
    }
}

#[test]
fn what_is_not_finite_is_missing() {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    let (a, b) = (Number::Feature(0), Number::Feature(1));
    let of = |operator, left: &Number, right: &Number| {
        Number::Arithmetic(operator, Box::new((left.clone(), right.clone())))
    };
    let quotient = of(Divide, &a, &b);
    let ten = Number::Literal(10.0);
    let cases = [
        (of(Add, &a, &b), [Some(8.0), Some(6.0), None, None]),
        (
            of(Subtract, &a, &b),
            [Some(4.0), Some(6.0), None, Some(0.0)],
        ),
        (of(Multiply, &a, &b), [Some(12.0), Some(0.0), None, None]),
        (quotient.clone(), [Some(3.0), None, None, Some(1.0)]),
        (
            Number::Negative(Box::new(a.clone())),
            [Some(-6.0), Some(-6.0), None, Some(-1e308)],
        ),
        // The inner quotient is missing, so the outer one is not 0.
        (
            of(Divide, &ten, &quotient),
            [Some(10.0 / 3.0), None, None, Some(10.0)],
        ),
        (
            of(Subtract, &quotient, &quotient),
            [Some(0.0), None, None, Some(0.0)],
        ),
        (
            of(Divide, &ten, &of(Multiply, &a, &ten)),
            [Some(10.0 / 60.0), Some(10.0 / 60.0), None, None],
        ),
    ];
    let rows = [
        vec![6.0, 2.0],
        vec![6.0, 0.0],
        vec![NAN, 2.0],
        vec![1e308, 1e308],
    ];
    for (number, expected) in cases {
        let mut all = vec![Condition::Has(number.clone())];
        for expected in expected.into_iter().flatten() {
            let sides = (number.clone(), Number::Literal(expected));
            all.push(Condition::Compare(Comparison::Equal, Box::new(sides)));
        }
        let mut equals = 0;
        for (row, expected) in rows.iter().zip(expected) {
            let found = answers(&all, row[0], row[1]);
            let mark = |index| found.chars().nth(index).unwrap();
            assert_eq!(mark(0) == 't', expected.is_some(), "{number:?} of {row:?}");
            if expected.is_some() {
                equals += 1;
                assert_eq!(mark(equals), 't', "{number:?} of {row:?}");
            }
        }
    }
}
