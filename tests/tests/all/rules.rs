//! The rules that ship: as functions and as modules, equal to the bit.

use std::collections::BTreeMap;

use puls::rules::{Host, RulesEngine};
use puls_tests::rules::module;
use puls_wire::{ROWS_MAX, Rows, Status, Verdict};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

const SEEDS: u64 = 40;
/// Values at which arithmetic likes to go wrong.
const EXTREMES: [f64; 16] = [
    0.0,
    -0.0,
    -1.0,
    1.0,
    100.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    f64::EPSILON,
    5e-324,
    -2_147_483_649.0,
    4_294_967_296.0,
    1e18,
    0.1 + 0.2,
];

/// A feature: missing, extreme, a code or a count, a percent, or some number.
fn feature(random: &mut Pcg64Mcg) -> f64 {
    match random.random_range(0..20) {
        0..4 => f64::NAN,
        4..6 => EXTREMES[random.random_range(0..EXTREMES.len())],
        6..10 => f64::from(random.random_range(-1..12)),
        10..14 => random.random_range(-20.0..120.0),
        14..19 => f64::from(random.random_range(0..400_u16)) / 4.0,
        _ => f64::from_bits(random.random()),
    }
}

/// Compares a rule's module with its function on many rows, with parameters in their ranges.
fn native_and_module_agree(name: &str, native: impl Fn(&[f64], &[f64]) -> Verdict) {
    let engine = RulesEngine::new().unwrap();
    let module = engine.compile(&module(name)).unwrap();
    let mut host = Host::with_second_look(97);
    let mut scored = 0;
    for seed in 0..SEEDS {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let named: BTreeMap<_, _> = (module.manifest.parameters.iter())
            .map(|it| (it.name.clone(), random.random_range(it.min..=it.max)))
            .collect();
        let parameters = module.parameters(&named).unwrap();
        let mut rows = Rows::new(module.manifest.features.len());
        let count = random.random_range(1..=ROWS_MAX);
        for _ in 0..count {
            rows.push((0..module.manifest.features.len()).map(|_| feature(&mut random)));
        }
        let causes: Vec<u64> = (0..count).map(|_| random.random()).collect();
        let mut verdicts = Vec::new();
        let failures = host.evaluate("acme", &module, &parameters, &rows, &causes, &mut verdicts);
        assert_eq!(failures, [], "{name}, seed {seed}");
        for (row, verdict) in verdicts.iter().enumerate() {
            let features: Vec<_> = rows.row(row).collect();
            let expected = native(&features, &parameters);
            assert_eq!(
                *verdict, expected,
                "{name}, seed {seed}, row {row}: {features:?}"
            );
            scored += usize::from(verdict.status == Status::Scored);
        }
    }
    assert!(scored > 100, "{name}: only {scored} rows had a score");
}

#[test]
fn saas_health_is_the_same_natively_and_as_a_module() {
    native_and_module_agree("saas-health", |features, parameters| {
        saas_health::RULE.verdict_with(features, parameters)
    });
}

#[test]
fn silent_account_is_the_same_natively_and_as_a_module() {
    native_and_module_agree("silent-account", |features, parameters| {
        silent_account::RULE.verdict_with(features, parameters)
    });
}

#[test]
fn a_manifest_is_that_of_its_rule() {
    let engine = RulesEngine::new().unwrap();
    for name in ["saas-health", "silent-account"] {
        let manifest = engine.check(&module(name)).unwrap();
        assert_eq!(manifest.name, name);
        assert!(!manifest.title.is_empty(), "{name} has no title");
    }
}
