//! What is decided of a card without any customer, against many customers: a score that is proved
//! never to fall never falls, and what is said never to hold never holds.

use puls_reference::{Certainty, data, evaluate, faults, proved};
use puls_scorecard::{Arithmetic, Card, Comparison, Condition, Derived, Force, Number};

use super::build::{and, at_least, at_most, bands, card, exception, factor, line, measure, or};
use super::{generate, rows, seeds};

/// A customer and the same one with another value in a column, of which the second is better off.
fn falls(card: &Card, parameters: &[f64], worse: &[f64], better: &[f64]) -> bool {
    if data(card, worse, parameters) != data(card, better, parameters) {
        return false;
    }
    let worse = evaluate(card, worse, parameters);
    let better = evaluate(card, better, parameters);
    worse.has_score() && better.has_score() && better.score() < worse.score()
}

#[test]
fn a_score_that_is_proved_never_to_fall_never_falls() {
    let (mut proofs, mut moved) = (0, 0);
    for seed in seeds(150) {
        let card = generate::card(seed);
        let parameters = rows::parameters(&card, seed);
        let customers = rows::rows(&card, &parameters, seed, 60);
        let numbers = card.features.iter().enumerate();
        let numbers = numbers.filter(|(_, feature)| feature.values.is_empty());
        for (column, _) in numbers {
            for up in [true, false] {
                if !proved(&card, column, up) {
                    continue;
                }
                proofs += 1;
                for pair in customers.windows(2) {
                    let (base, other) = (&pair[0], pair[1][column]);
                    if base[column].is_nan() || other.is_nan() {
                        continue;
                    }
                    let mut changed = base.clone();
                    changed[column] = other;
                    let rises = other > base[column];
                    let (worse, better) = match rises == up {
                        true => (base, &changed),
                        false => (&changed, base),
                    };
                    moved += 1;
                    let fell = falls(&card, &parameters, worse, better);
                    assert!(
                        !fell,
                        "seed {seed}, column {column}, up {up}: {worse:?} {better:?}"
                    );
                }
            }
        }
    }
    assert!(
        proofs > 100 && moved > 1_000,
        "{proofs} proofs, {moved} pairs"
    );
}

/// What is too great for a number is missing, and a floor lets go of it.
#[test]
fn a_condition_that_may_be_lost_on_the_way_proves_nothing() {
    let cases = [
        (Arithmetic::Multiply, 1e300, false),
        (Arithmetic::Multiply, 2.0, false),
        (Arithmetic::Multiply, 0.5, true),
        (Arithmetic::Divide, 0.5, false),
        (Arithmetic::Divide, 2.0, true),
        (Arithmetic::Add, 1e300, false),
        (Arithmetic::Add, 1.0, true),
        (Arithmetic::Subtract, 1.0, true),
    ];
    for (operation, by, expected) in cases {
        let sides = (Number::Feature(0), Number::Literal(by));
        let value = Number::Arithmetic(operation, Box::new(sides));
        for number in [value.clone(), Number::Derived(0)] {
            let factors = vec![factor("p", 1.0, 0, line(0.0, 1e20))];
            let mut card = card(&["usage.a"], vec![measure("m", 1.0, factors)]);
            card.derived = vec![Derived {
                name: "d.n".to_owned(),
                unit: String::new(),
                value: value.clone(),
            }];
            let sides = (number, Number::Literal(0.25));
            let when = Condition::Compare(Comparison::Greater, Box::new(sides));
            card.exceptions = vec![exception("great", when, Some(Force::Floor(80.0)))];
            let found = proved(&card, 0, true);
            assert_eq!(found, expected, "{operation:?} {by}");
            // From a floor of 80 to no floor, and hardly a point on the line.
            let fell = falls(&card, &[], &[1.0], &[1e10]);
            assert_eq!(fell, by > 1e200 && operation == Arithmetic::Multiply);
        }
    }
}

#[test]
fn what_is_said_never_to_hold_never_holds() {
    let mut said = 0;
    for seed in seeds(12) {
        let card = generate::card(seed);
        let parameters: Vec<f64> = card.parameters.iter().map(|it| it.default).collect();
        let faults = faults(&card, seed);
        let decided = |name: &str| {
            let begin = format!("exception `{name}` never holds");
            faults.iter().any(|it| {
                it.certainty == Certainty::Decided && it.grave && it.message.starts_with(&begin)
            })
        };
        let never: Vec<_> = (card.exceptions.iter().enumerate())
            .filter(|(_, it)| decided(&it.name))
            .map(|(bit, _)| bit)
            .collect();
        said += never.len();
        for row in rows::rows(&card, &parameters, seed, 300) {
            let verdict = evaluate(&card, &row, &parameters);
            for bit in &never {
                assert_eq!(
                    verdict.exceptions >> bit & 1,
                    0,
                    "seed {seed}, exception {bit}: {row:?}"
                );
            }
        }
    }
    assert!(said > 0, "no exception of any card can never hold");
}

/// Sums of sums sixty deep that are made of no feature: walked naively they would take for ever.
#[test]
fn numbers_made_of_each_other_are_walked_once() {
    let factors = vec![factor("p", 1.0, 0, line(0.0, 100.0))];
    let mut card = card(&["usage.a"], vec![measure("m", 1.0, factors)]);
    let mut value = Number::Literal(1e-9);
    for index in 0..60 {
        card.derived.push(Derived {
            name: format!("d.n{index}"),
            unit: String::new(),
            value,
        });
        let twice = (Number::Derived(index), Number::Derived(index));
        value = Number::Arithmetic(Arithmetic::Add, Box::new(twice));
    }
    let sides = (Number::Derived(59), Number::Literal(1e15));
    let when = Condition::Compare(Comparison::Greater, Box::new(sides));
    card.exceptions = vec![exception("great", when, Some(Force::Cap(50.0)))];
    assert!(proved(&card, 0, true), "the cap has nothing to do with it");
    let found = faults(&card, 1);
    let said = "exception `great` never holds";
    assert!(
        found.iter().any(|it| it.message.starts_with(said)),
        "{found:?}"
    );
}

/// Bands that no customer meets, each looked for among some ten thousand.
#[test]
fn a_card_that_takes_for_ever_is_looked_at_for_a_while() {
    const SAID: &str = "not all bands, variants, exceptions and triggers were looked at: ";
    let edges: Vec<_> = (1..=5_u8).map(|edge| (f64::from(edge), 50.0)).collect();
    let found = |count: usize| {
        let factors = (0..count).map(|it| factor(&format!("p{it}"), 1.0, 0, bands(&edges, 100.0)));
        let measures = vec![measure("m", 1.0, factors.collect())];
        let mut card = card(&["usage.a", "usage.b", "usage.c"], measures);
        let mut any = at_least(1, 0.0);
        for edge in 1..8_u8 {
            any = or(any, at_least(1, f64::from(edge)));
            any = or(any, at_least(2, f64::from(edge)));
        }
        card.population = Some(and(at_most(0, 0.0), any));
        let all = faults(&card, 1);
        let spent = all.iter().any(|it| it.message.starts_with(SAID));
        (all.len(), spent)
    };
    // Each factor has five bands above what there is.
    assert_eq!(found(2), (10, false));
    let (told, spent) = found(40);
    assert!(spent && (11..200).contains(&told), "{told} faults, {spent}");
}
