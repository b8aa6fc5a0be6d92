//! The border to the host, and cards as large as they may be.

use puls_wire::{
    EXCEPTIONS_MAX, FEATURES_MAX, MANIFEST_SECTION, MEASURES_MAX, Manifest, PARTS_MAX,
    TRIGGERS_MAX, Verdict,
};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::NAN;
use super::build::{
    bands, card, compare, exception, factor, is_one, line, measure, plain, trigger, variant,
};
use super::harness::{Host, run};
use crate::{Arithmetic, Card, Comparison, Condition, Derived, Force, Missing, Number, compile};

/// What the host refuses bodies and modules from.
const BODY_BYTES_MAX: usize = 64 * 1024;
const MODULE_BYTES_MAX: usize = 1024 * 1024;

/// All counts at their limits.
fn greatest() -> Card {
    let factors = |measure: usize| {
        let per_measure = PARTS_MAX / MEASURES_MAX;
        (0..per_measure).map(move |index| {
            let part = measure * per_measure + index;
            let edges: Vec<_> = (0_u8..20)
                .map(|i| (f64::from(i), f64::from(i) * 5.0))
                .collect();
            let scale = match part % 2 {
                0 => bands(&edges, 100.0),
                _ => line(0.0, 20.0),
            };
            let mut factor = factor(&format!("p{part}"), 1.0, part, scale);
            factor.valid_for = Some((Number::Feature(FEATURES_MAX - 1 - part), 19.0));
            factor.missing = Missing::Neutral;
            factor
        })
    };
    let measures = (0..MEASURES_MAX).map(|m| measure(&format!("m{m}"), 1.0, factors(m).collect()));
    let mut card = card(FEATURES_MAX, measures.collect());
    card.population = Some(compare(0, Comparison::NotEqual, 77.0));
    for index in 0..8 {
        card.variants
            .push(variant(&format!("v{index}"), is_one(index)));
        let last = MEASURES_MAX - 1 - index;
        card.measures[last].variant = Some(index);
        card.measures[last].replaces = Some(index);
    }
    for index in 0..EXCEPTIONS_MAX {
        let force = match index % 3 {
            0 => None,
            1 => Some(Force::Cap(90.0)),
            _ => Some(Force::Floor(5.0)),
        };
        let name = format!("e{index}");
        card.exceptions.push(exception(&name, is_one(index), force));
    }
    for index in 0..TRIGGERS_MAX {
        let when = compare(index, Comparison::Greater, 3.0);
        card.triggers.push(trigger(&format!("t{index}"), when));
    }
    card
}

/// What the host allows; its own list has a little more.
fn validate(module: &[u8]) {
    let features = WasmFeatures::FLOATS | WasmFeatures::SATURATING_FLOAT_TO_INT;
    Validator::new_with_features(features | WasmFeatures::SIMD)
        .validate_all(module)
        .unwrap();
}

#[test]
fn a_card_at_all_limits_is_within_those_of_the_host() {
    let card = greatest();
    let compiled = compile(&card);
    validate(&compiled.module);
    assert!(compiled.cost.body_bytes_max < BODY_BYTES_MAX);
    assert!(compiled.module.len() < MODULE_BYTES_MAX);
    // Half the fuel of a call.
    let operators = compiled.cost.batch_operators;
    assert!(operators < 5_000_000, "{operators} operators");
    let mut bodies = 0;
    let mut manifest = None;
    for payload in Parser::new(0).parse_all(&compiled.module) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(body) => bodies = body.range().len().max(bodies),
            Payload::CustomSection(custom) if custom.name() == MANIFEST_SECTION => {
                manifest = Some(Manifest::parse(custom.data()).unwrap());
            }
            _ => {}
        }
    }
    assert_eq!(bodies, compiled.cost.body_bytes_max);
    assert_eq!(manifest.as_ref(), Some(&compiled.manifest));
    assert_eq!(compile(&card), compiled, "the same card, another module");
}

/// Values of a row that depend on nothing but its number.
fn row(number: usize) -> Vec<f64> {
    let value = |feature: usize| match (number * 31 + feature * 17) % 23 {
        22 => NAN,
        value => f64::from(u8::try_from(value).unwrap()),
    };
    (0..FEATURES_MAX).map(value).collect()
}

/// A row's answer does not depend on the others, nor on how many there are.
#[test]
fn batches_of_all_sizes_answer_alike() {
    let mut host = Host::new(&greatest());
    let rows: Vec<_> = (0..256).map(row).collect();
    let all = host.run(&rows);
    assert!(all.iter().any(|verdict| verdict.exceptions > 1 << 63));
    assert!(
        all.iter()
            .all(|verdict| (0..=1_000_000).contains(&verdict.score()))
    );
    let scores: Vec<_> = all.iter().map(Verdict::score).collect();
    assert!(scores.iter().any(|score| *score != scores[0]));
    for count in [1, 2, 3, 255, 256] {
        assert_eq!(host.run(&rows[..count]), all[..count], "{count} rows");
    }
    let backwards: Vec<_> = rows.iter().rev().cloned().collect();
    let mut found = host.run(&backwards);
    found.reverse();
    assert_eq!(found, all);
}

#[test]
fn a_header_that_lies_is_refused() {
    let small = card(2, vec![measure("all", 1.0, vec![plain("f", 1.0, 1)])]);
    let mut host = Host::new(&small);
    assert_eq!(host.call(|_| {}, 0), 0);
    assert_eq!(host.call(|header| header.rows = 256, 0), 0);
    // Fields that a later host adds at the end.
    assert_eq!(host.call(|header| header.header_bytes = 72, 0), 0);
    assert_eq!(host.call(|_| {}, 64), -1);
    let lies: [fn(&mut puls_wire::Header); 11] = [
        |header| header.header_bytes = 64,
        |header| header.rows_max = 128,
        |header| header.rows = 0,
        |header| header.rows = 257,
        |header| header.rows = u32::MAX,
        |header| header.features = 1,
        |header| header.parts = 2,
        |header| header.parameters = 1,
        |header| header.features_at += 64,
        |header| header.status_at = 0,
        |header| header.reason_at = u32::MAX,
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        assert_eq!(host.call(lie, 0), -1, "lie {index}");
    }
    let here = host.arena(0);
    assert_eq!(host.arena(0_u32.wrapping_sub(64)), here);
    assert_eq!(host.arena(1), 0);
    assert_eq!(host.arena(0_u32.wrapping_sub(64 * 1024)), 0);
}

/// Numbers and conditions as no person writes them go into functions of their own.
#[test]
fn what_is_too_long_for_one_function_is_split() {
    let mut card = card(2, vec![measure("all", 1.0, vec![plain("f", 1.0, 0)])]);
    // 1 + 1 + … + column 1.
    let mut sum = Number::Feature(1);
    for _ in 0..2_000 {
        let sides = (sum, Number::Literal(1.0));
        sum = Number::Arithmetic(Arithmetic::Add, Box::new(sides));
    }
    let mut any = is_one(1);
    let mut all = Condition::Not(Box::new(is_one(1)));
    for index in 0..2_000_u32 {
        let equal = compare(1, Comparison::Equal, f64::from(index) + 10.0);
        all = Condition::And(Box::new((all, Condition::Not(Box::new(equal.clone())))));
        any = Condition::Or(Box::new((equal, any)));
    }
    card.derived.push(Derived {
        name: "custom.sum".to_owned(),
        unit: String::new(),
        value: sum,
    });
    card.measures[0].factors[0].value = Number::Derived(0);
    card.measures[0].factors[0].scale = line(2_000.0, 2_100.0);
    card.exceptions = vec![exception("any", any, None), exception("all", all, None)];
    let compiled = compile(&card);
    validate(&compiled.module);
    assert!(compiled.cost.body_bytes_max < BODY_BYTES_MAX);
    let rows = [1.0, 2.0, 10.0, 2_009.0, NAN].map(|value| vec![0.0, value]);
    let found: Vec<_> = run(&card, &rows)
        .iter()
        .map(|verdict| (verdict.score(), verdict.exceptions))
        .collect();
    let expected = [
        (10_000, 0b01),
        (20_000, 0b10),
        (100_000, 0b01),
        (1_000_000, 0b01),
        (0, 0b00),
    ];
    assert_eq!(found, expected);
}

/// Exceptions that do not fit into one function share their bits and forces over several.
#[test]
fn what_is_too_many_for_one_function_is_split() {
    let mut card = card(2, vec![measure("all", 1.0, vec![plain("f", 1.0, 0)])]);
    for index in 0..64_u32 {
        // Of column 1: all whole numbers from 0 that are less than 10 × (index + 1).
        let literals = (0..10 * (index + 1)).map(f64::from).collect();
        let when = Condition::In(Box::new(Number::Feature(1)), literals);
        let cap = Some(Force::Cap(90.0 - f64::from(index)));
        card.exceptions
            .push(exception(&format!("e{index}"), when, cap));
    }
    let compiled = compile(&card);
    validate(&compiled.module);
    assert!(compiled.cost.body_bytes_max < BODY_BYTES_MAX);
    let rows = [0.0, 335.0, 639.0, 640.0].map(|value| vec![100.0, value]);
    let found: Vec<_> = run(&card, &rows)
        .iter()
        .map(|verdict| (verdict.score(), verdict.exceptions))
        .collect();
    let expected = [
        (270_000, u64::MAX),
        (270_000, u64::MAX << 33),
        (270_000, 1 << 63),
        (1_000_000, 0),
    ];
    assert_eq!(found, expected);
}
