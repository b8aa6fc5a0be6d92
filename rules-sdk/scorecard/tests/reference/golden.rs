//! Golden vectors: what public documentation of the field says comes out, and small accounts
//! whose answers can be worked out on paper.

use puls_reference::evaluate;
use puls_scorecard::{
    Arithmetic, Card, Comparison, Condition, Derived, Factor, Force, Missing, Number, Scale, Texts,
    Variant,
};
use puls_wire::{POINTS_NONE, Status, Verdict};

use super::build::{
    and, at_least, at_most, bands, card, compare, exception, factor, line, measure, or, trigger,
};

const UNKNOWN: f64 = f64::NAN;

/// A card of one measure and one factor.
fn one(scale: Scale) -> Card {
    let factors = vec![factor("p", 1.0, 0, scale)];
    card(&["usage.a"], vec![measure("m", 1.0, factors)])
}

fn contributions(verdict: &Verdict) -> Vec<i32> {
    verdict.parts.iter().map(|part| part.contribution).collect()
}

/// Source: field notes, golden vectors, weighted group (weights 20, 15, 22 on 47, 59, 21 are
/// 40.1228: 16.4912 + 15.5263 + 8.1053).
#[test]
fn a_group_is_its_weighted_mean() {
    let factors = [20.0, 15.0, 22.0].into_iter().enumerate();
    let factors = factors
        .map(|(column, weight)| factor(&format!("p{column}"), weight, column, line(0.0, 100.0)));
    let group = measure("m", 3.0, factors.collect());
    let card = card(&["usage.a", "usage.b", "usage.c"], vec![group]);
    let verdict = evaluate(&card, &[47.0, 59.0, 21.0], &[]);
    assert_eq!(verdict.score(), 401_228);
    assert_eq!(contributions(&verdict), [164_912, 155_263, 81_053]);
    let weights: Vec<u16> = verdict.parts.iter().map(|part| part.weight).collect();
    assert_eq!(weights, [3_509, 2_632, 3_860]);
    assert_eq!(verdict.coverage, 10_000);
}

/// Source: field notes, golden vectors, linear (0 at 7, 100 at 30: 18 is 47.83, 5 is 0, 35 is
/// 100).
#[test]
fn a_line_is_straight_between_its_ends() {
    let cases = [
        (line(7.0, 30.0), 18.0, 4_783, 478_261),
        (line(7.0, 30.0), 5.0, 0, 0),
        (line(7.0, 30.0), 7.0, 0, 0),
        (line(7.0, 30.0), 30.0, 10_000, 1_000_000),
        (line(7.0, 30.0), 35.0, 10_000, 1_000_000),
        // Less is better: the same line from the other side.
        (line(30.0, 7.0), 18.0, 5_217, 521_739),
        (line(30.0, 7.0), 35.0, 0, 0),
        // Too far away for a difference that is a number.
        (line(-f64::MAX, 0.0), f64::MAX, 10_000, 1_000_000),
    ];
    for (scale, value, points, score) in cases {
        let verdict = evaluate(&one(scale), &[value], &[]);
        assert_eq!(verdict.parts[0].points, points, "{value}");
        assert_eq!(verdict.score(), score, "{value}");
    }
}

/// Source: field notes, golden vectors, range edges (up to 50, up to 75, up to 100: 50 is the
/// lowest, 50.0001 the middle).
#[test]
fn an_edge_belongs_to_the_band_below_it() {
    let cases = [
        (-1.0, 1_000),
        (50.0, 1_000),
        (50.0_f64.next_up(), 6_000),
        (50.0001, 6_000),
        (75.0, 6_000),
        (75.0001, 9_000),
        (100.0, 9_000),
    ];
    for (value, points) in cases {
        let card = one(bands(&[(50.0, 10.0), (75.0, 60.0)], 90.0));
        let verdict = evaluate(&card, &[value], &[]);
        assert_eq!(verdict.parts[0].points, points, "{value}");
    }
}

/// Source: field notes, golden vectors, redistribution (measure A of weight 50 has 100 and a
/// missing factor, measure B of weight 50 has 40: 70, not 60).
#[test]
fn the_weight_of_missing_data_stays_in_its_measure() {
    let missing = |policy| Factor {
        missing: policy,
        ..factor("f2", 1.0, 1, line(0.0, 100.0))
    };
    // What stands for f2, the score, and what is covered.
    let cases = [
        (Missing::Exclude, UNKNOWN, 700_000, 7_500),
        (Missing::Neutral, UNKNOWN, 575_000, 7_500),
        (Missing::Worst, UNKNOWN, 450_000, 7_500),
        (Missing::Worst, 40.0, 550_000, 10_000),
    ];
    for (policy, second, score, coverage) in cases {
        let first = factor("f1", 1.0, 0, line(0.0, 100.0));
        let a = measure("a", 50.0, vec![first, missing(policy)]);
        let b = measure("b", 50.0, vec![factor("g", 1.0, 2, line(0.0, 100.0))]);
        let card = card(&["usage.a", "usage.b", "usage.c"], vec![a, b]);
        let verdict = evaluate(&card, &[100.0, second, 40.0], &[]);
        assert_eq!(verdict.score(), score, "{policy:?}");
        assert_eq!(verdict.coverage, coverage, "{policy:?}");
        // Where a whole measure is missing, its weight goes to the other.
        let verdict = evaluate(&card, &[100.0, second, UNKNOWN], &[]);
        let [a, b] = [0, 2].map(|part| verdict.parts[part]);
        assert_eq!(b.points, POINTS_NONE, "{policy:?}");
        assert!(a.weight >= 5_000, "{policy:?}: {a:?}");
    }
}

/// Sources: field notes, formulas of NPS, CSAT, GRR and NRR, and the golden vector of NRR
/// (200,000 − 6,000 − 4,000 + 20,000 is 105 %).
#[test]
fn formulas_come_out_as_derived_numbers() {
    use Number::Feature;
    let calculate = |operation, a, b| Number::Arithmetic(operation, Box::new((a, b)));
    let percent = |part, whole| {
        let share = calculate(Arithmetic::Divide, part, whole);
        calculate(Arithmetic::Multiply, Number::Literal(100.0), share)
    };
    let less = |a, b| calculate(Arithmetic::Subtract, a, b);
    let kept = less(less(Feature(0), Feature(1)), Feature(2));
    let grown = calculate(Arithmetic::Add, kept.clone(), Feature(3));
    let nps = percent(less(Feature(0), Feature(1)), Feature(2));
    let cases = [
        (
            "NRR",
            percent(grown.clone(), Feature(0)),
            [200e3, 6e3, 4e3, 20e3],
            Some(105.0),
        ),
        (
            "GRR",
            percent(kept, Feature(0)),
            [200e3, 6e3, 4e3, 20e3],
            Some(95.0),
        ),
        (
            "NRR of nothing",
            percent(grown.clone(), Feature(0)),
            [0.0; 4],
            None,
        ),
        (
            "NRR unknown",
            percent(grown, Feature(0)),
            [1.0, 0.0, 0.0, UNKNOWN],
            None,
        ),
        ("NPS", nps.clone(), [50.0, 20.0, 100.0, 0.0], Some(30.0)),
        ("NPS", nps.clone(), [0.0, 10.0, 10.0, 0.0], Some(-100.0)),
        ("NPS of nobody", nps, [0.0, 0.0, 0.0, 0.0], None),
        (
            "CSAT",
            percent(Feature(0), Feature(1)),
            [3.0, 4.0, 0.0, 0.0],
            Some(75.0),
        ),
    ];
    for (name, value, row, expected) in cases {
        let mut card = one(line(-400.0, 400.0));
        card.features = ["usage.a", "usage.b", "usage.c", "usage.d"]
            .map(super::build::feature)
            .to_vec();
        card.derived.push(Derived {
            name: "custom.formula".to_owned(),
            unit: String::new(),
            value,
        });
        card.measures[0].factors[0].value = Number::Derived(0);
        let known = Condition::Has(Number::Derived(0));
        let near = |by: f64, comparison| {
            let literal = Number::Literal(expected.unwrap_or_default() + by);
            Condition::Compare(comparison, Box::new((Number::Derived(0), literal)))
        };
        let equal = and(
            near(-1e-9, Comparison::Greater),
            near(1e-9, Comparison::Less),
        );
        card.triggers = vec![trigger("known", known), trigger("equal", equal)];
        let verdict = evaluate(&card, &row, &[]);
        let holds = if expected.is_some() { 0b11 } else { 0 };
        assert_eq!(verdict.triggers, holds, "{name}");
    }
}

/// Caps win over floors, the lowest and the highest of each count, and they make a score where
/// there is none. Source: the contract of scorecards, exceptions.
#[test]
fn exceptions_force_the_score() {
    let force = |at: usize, force| exception(&format!("e{at}"), at_least(at, 1.0), force);
    let mut card = one(line(0.0, 100.0));
    let features = [
        "usage.a", "usage.b", "usage.c", "usage.d", "usage.e", "usage.f",
    ];
    card.features = features.map(super::build::feature).to_vec();
    card.exceptions = vec![
        force(1, Some(Force::Cap(50.0))),
        force(2, Some(Force::Cap(30.0))),
        force(3, Some(Force::Floor(40.0))),
        force(4, Some(Force::Floor(80.12345))),
        force(5, None),
    ];
    // Points, which exceptions hold; the sum, what is added, which of them are raised.
    let cases = [
        (70.0, [0, 0, 0, 0, 0], 700_000, 0),
        (70.0, [1, 0, 0, 0, 0], 700_000, -200_000),
        (70.0, [1, 1, 0, 0, 0], 700_000, -400_000),
        (70.0, [0, 0, 1, 0, 0], 700_000, 0),
        (20.0, [0, 0, 1, 1, 0], 200_000, 601_234),
        (20.0, [1, 0, 0, 1, 0], 200_000, 300_000),
        (20.0, [1, 1, 1, 1, 1], 200_000, 100_000),
        (20.0, [0, 0, 0, 0, 1], 200_000, 0),
        (UNKNOWN, [1, 1, 1, 1, 1], 0, 300_000),
        (UNKNOWN, [0, 0, 1, 1, 1], 0, 801_234),
    ];
    for (points, hold, sum, adjust) in cases {
        let row: Vec<f64> = [points].into_iter().chain(hold.map(f64::from)).collect();
        let verdict = evaluate(&card, &row, &[]);
        assert_eq!(verdict.status, Status::Scored, "{row:?}");
        assert_eq!(contributions(&verdict), [sum], "{row:?}");
        assert_eq!(verdict.adjust, adjust, "{row:?}");
        let raised = hold
            .iter()
            .rev()
            .fold(0, |bits, it| bits << 1 | u64::from(*it > 0));
        assert_eq!(verdict.exceptions, raised, "{row:?}");
    }
    let verdict = evaluate(&card, &[UNKNOWN, 0.0, 0.0, 0.0, 0.0, 1.0], &[]);
    assert_eq!(verdict.status, Status::NoScore);
    assert_eq!((verdict.adjust, verdict.exceptions), (0, 0b1_0000));
}

/// The first variant that holds counts; what it replaces says nothing. Source: the contract of
/// scorecards, variants.
#[test]
fn the_first_variant_that_holds_takes_the_measure() {
    let points = |name: &str, points| factor(name, 1.0, 0, bands(&[], points));
    let of_variant = |variant: usize, at: f64| {
        let name = format!("v{variant}.a");
        let mut measure = measure(&name, 1.0, vec![points(&format!("v{variant}.p"), at)]);
        (measure.variant, measure.replaces) = (Some(variant), Some(0));
        measure
    };
    let own = measure("a", 1.0, vec![points("p", 10.0)]);
    let other = measure("b", 1.0, vec![points("q", 0.0)]);
    let measures = vec![own, other, of_variant(0, 60.0), of_variant(1, 90.0)];
    let mut card = card(&["usage.a", "usage.size"], measures);
    let variant = |name: &str, when| Variant {
        name: name.to_owned(),
        when,
    };
    card.variants = vec![
        variant("v0", at_most(1, 5.0)),
        variant("v1", at_most(1, 10.0)),
    ];
    let none = POINTS_NONE;
    let cases = [
        (5.0, 300_000, [none, 0, 6_000, none]),
        (6.0, 450_000, [none, 0, none, 9_000]),
        (11.0, 50_000, [1_000, 0, none, none]),
        (UNKNOWN, 50_000, [1_000, 0, none, none]),
    ];
    for (size, score, points) in cases {
        let verdict = evaluate(&card, &[1.0, size], &[]);
        assert_eq!(verdict.score(), score, "size {size}");
        let found: Vec<u16> = verdict.parts.iter().map(|part| part.points).collect();
        assert_eq!(found, points, "size {size}");
        assert_eq!(verdict.coverage, 10_000, "size {size}");
    }
}

/// Kleene's tables, with a feature below 1 for what does not hold, and one that is missing.
#[test]
fn conditions_are_three_valued() {
    let known = |column| compare(column, Comparison::Greater, 0.5);
    let both = || and(known(0), known(1));
    let either = || or(known(0), known(1));
    let not = |condition| Condition::Not(Box::new(condition));
    let mut card = one(line(0.0, 1.0));
    card.features.push(super::build::feature("usage.b"));
    card.triggers = vec![
        trigger("and", both()),
        trigger("not_and", not(both())),
        trigger("or", either()),
        trigger("not_or", not(either())),
        trigger("not", not(known(0))),
    ];
    let (yes, no) = (1.0, 0.0);
    let cases = [
        (yes, yes, 0b00101),
        (yes, no, 0b00110),
        (yes, UNKNOWN, 0b00100),
        (no, no, 0b11010),
        (no, UNKNOWN, 0b10010),
        (UNKNOWN, yes, 0b00100),
        (UNKNOWN, no, 0b00010),
        (UNKNOWN, UNKNOWN, 0),
    ];
    for (a, b, holds) in cases {
        let verdict = evaluate(&card, &[a, b], &[]);
        assert_eq!(verdict.triggers, holds, "{a} and {b}");
    }
}

/// Texts the card names, one it does not, and none; old data, data of unknown age.
#[test]
fn texts_and_age_decide_whether_there_are_data() {
    let texts = |otherwise| Scale::Texts {
        points: vec![(0, 100.0), (2, 30.0)],
        otherwise,
    };
    // Otherwise, the text's code, days of age, points.
    let cases = [
        (Some(5.0), 0.0, 30.0, 10_000),
        (Some(5.0), 2.0, 0.0, 3_000),
        (Some(5.0), 1.0, 0.0, 500),
        (Some(5.0), -1.0, 0.0, 500),
        (Some(5.0), UNKNOWN, 0.0, POINTS_NONE),
        (None, -1.0, 0.0, POINTS_NONE),
        (None, 0.0, 0.0, 10_000),
        (Some(5.0), 0.0, 30.0_f64.next_up(), POINTS_NONE),
        (Some(5.0), 0.0, UNKNOWN, POINTS_NONE),
    ];
    for (otherwise, code, age, points) in cases {
        let mut card = one(texts(otherwise));
        card.features.push(super::build::feature("usage.b"));
        card.measures[0].factors[0].valid_for = Some((Number::Feature(1), 30.0));
        let named = |negated| {
            Condition::Text(Texts {
                feature: 0,
                codes: vec![0, 2],
                negated,
            })
        };
        card.triggers = vec![trigger("in", named(false)), trigger("out", named(true))];
        let verdict = evaluate(&card, &[code, age], &[]);
        assert_eq!(verdict.parts[0].points, points, "{code}, {age} days");
        let named = if code.is_nan() {
            0
        } else if code > -0.5 && (code - 1.0).abs() > 0.5 {
            0b01
        } else {
            0b10
        };
        assert_eq!(verdict.triggers, named, "{code}");
    }
}
