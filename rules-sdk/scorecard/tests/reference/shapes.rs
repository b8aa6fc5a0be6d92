//! Cards of unusual shapes, which dice hardly throw: very long tables, one great measure, deep
//! expressions, chains; and a card of every day.

use puls_scorecard::{
    Arithmetic, Card, Comparison, Condition, Derived, Factor, Measure, Number, Scale,
};
use puls_wire::{FEATURES_MAX, FeatureUse, PARTS_MAX, ROWS_MAX, VALUES_MAX};

use super::agree::agrees;
use super::build::{
    and, bands, card, compare, exception, factor, line, measure, or, trigger, unknown,
};
use super::rows;
use super::saas::{as_written, saas};

/// As deep as nobody writes by hand.
const DEPTH: usize = 60;

#[test]
fn cards_of_any_shape_answer_what_the_interpreter_says() {
    let cases = [
        ("every day", saas()),
        ("every day, from its table", as_written()),
        ("three hundred bands", long_bands()),
        ("all texts there may be", all_texts()),
        ("one measure of all parts", one_measure()),
        ("measures without a factor", empty_measures()),
        ("deep conditions", deep_conditions()),
        ("deep numbers", deep_numbers()),
        ("a chain of derived numbers", chain()),
        ("a long list", long_list()),
    ];
    for (name, card) in cases {
        for seed in 0..3 {
            let accounts = rows::rows(&card, &[], seed, ROWS_MAX);
            let accounts: Vec<&[f64]> = accounts.iter().map(Vec::as_slice).collect();
            if let Err((row, wrong)) = agrees(&card, &[], &accounts) {
                panic!(
                    "{name}, seed {seed}, row {row}: {wrong}\n{:?}",
                    accounts[row]
                );
            }
        }
    }
}

/// Two features and one measure of these factors.
fn simple(factors: Vec<Factor>) -> Card {
    card(&["usage.a", "usage.b"], vec![measure("m", 1.0, factors)])
}

fn plain() -> Card {
    simple(vec![factor("p", 1.0, 0, line(0.0, 100.0))])
}

fn long_bands() -> Card {
    let edges: Vec<(f64, f64)> = (0..300_u16)
        .map(|edge| (f64::from(edge) / 3.0, f64::from(edge * 7 % 101)))
        .collect();
    let factors = vec![
        factor("p", 1.0, 0, bands(&edges, 33.0)),
        factor("q", 2.0, 1, bands(&edges, 0.0)),
    ];
    simple(factors)
}

fn all_texts() -> Card {
    let values: Vec<String> = (0..VALUES_MAX).map(|it| format!("v{it}")).collect();
    let points = |step: u16| {
        (0..256)
            .map(|it| (it, f64::from(it * step % 101)))
            .collect()
    };
    let texts = |otherwise, step| Scale::Texts {
        points: points(step),
        otherwise,
    };
    let mut card = simple(vec![
        factor("p", 1.0, 0, texts(None, 3)),
        factor("q", 2.0, 1, texts(Some(12.5), 7)),
    ]);
    for feature in &mut card.features {
        feature.values.clone_from(&values);
    }
    card
}

fn one_measure() -> Card {
    let factors = (0..PARTS_MAX).map(|it| {
        let weight = if it % 5 == 0 { 0.0 } else { 0.1 };
        factor(&format!("p{it}"), weight, it, line(0.0, 100.0))
    });
    let mut card = simple(factors.collect());
    let feature = |it| FeatureUse {
        name: format!("usage.f{it}"),
        values: Vec::new(),
        wake: Vec::new(),
    };
    card.features = (0..FEATURES_MAX).map(feature).collect();
    card
}

fn empty_measures() -> Card {
    let mut card = plain();
    let empty = |name| Measure {
        factors: Vec::new(),
        ..measure(name, 5.0, Vec::new())
    };
    card.measures.insert(0, empty("before"));
    card.measures.push(empty("after"));
    card
}

/// Chains of `and`, `or` and `not` to either side.
fn deep_conditions() -> Card {
    let leaf = |step: usize| {
        let step = u32::try_from(step).expect("a small number");
        compare(
            usize::from(step % 2 == 1),
            Comparison::Less,
            f64::from(step),
        )
    };
    let deep = |chain: &dyn Fn(Condition, usize) -> Condition| {
        (0..DEPTH).fold(Condition::Has(Number::Feature(0)), chain)
    };
    let left = deep(&|so_far, step| or(and(so_far, leaf(step)), unknown(1)));
    let right = deep(&|so_far, step| and(leaf(step + 10), or(unknown(0), so_far)));
    let not = deep(&|so_far, step| match step % 3 {
        0 => or(so_far, leaf(step)),
        _ => Condition::Not(Box::new(so_far)),
    });
    let mut card = plain();
    card.triggers = vec![trigger("left", left.clone()), trigger("right", right)];
    card.exceptions = vec![exception("not", not, None)];
    card.population = Some(or(left, unknown(0)));
    card
}

fn deep_numbers() -> Card {
    let operations = [
        Arithmetic::Add,
        Arithmetic::Multiply,
        Arithmetic::Subtract,
        Arithmetic::Divide,
    ];
    let deep = |to_the_left: bool| {
        (0..DEPTH).fold(Number::Feature(0), |so_far, step| {
            let two = if to_the_left {
                (so_far, Number::Feature(1))
            } else {
                (Number::Literal(1.5), so_far)
            };
            let number = Number::Arithmetic(operations[step % 4], Box::new(two));
            match step % 7 {
                0 => Number::Negative(Box::new(number)),
                _ => number,
            }
        })
    };
    let mut card = plain();
    let above = |number: Number| {
        let two = (number, Number::Negative(Box::new(Number::ScoreNow)));
        Condition::Compare(Comparison::GreaterOrEqual, Box::new(two))
    };
    card.triggers = vec![
        trigger("left", above(deep(true))),
        trigger("right", above(deep(false))),
    ];
    card
}

/// Each derived number is made of the one before it.
fn chain() -> Card {
    let mut card = plain();
    card.derived = (0..DEPTH)
        .map(|index| {
            let before = match index.checked_sub(1) {
                Some(before) => Number::Derived(before),
                None => Number::Feature(1),
            };
            let two = Box::new((before, Number::Feature(index % 2)));
            let operation = [Arithmetic::Add, Arithmetic::Subtract][index % 2];
            Derived {
                name: format!("custom.d{index}"),
                unit: String::new(),
                value: Number::Arithmetic(operation, two),
            }
        })
        .collect();
    card.measures[0].factors[0].value = Number::Derived(DEPTH - 1);
    card
}

fn long_list() -> Card {
    let literals = (0..200_u16).map(|it| f64::from(it) / 2.0).collect();
    let listed = Condition::In(Box::new(Number::Feature(0)), literals);
    let mut card = plain();
    card.triggers = vec![
        trigger("in", listed.clone()),
        trigger("out", Condition::Not(Box::new(listed))),
    ];
    card
}
