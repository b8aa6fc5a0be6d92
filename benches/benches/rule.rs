//! One call of a rule's module: 256 rows in, 256 verdicts out.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puls::model::hash64;
use puls::rules::{Host, RulesEngine};
use puls_benches::fold::{SAAS_HEALTH, SILENT_ACCOUNT, module};
use puls_wire::{ROWS_MAX, Rows};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn rule(criterion: &mut Criterion) {
    let engine = RulesEngine::new().expect("rules can run here");
    let mut group = criterion.benchmark_group("rule");
    group.throughput(Throughput::Elements(ROWS_MAX as u64));
    for name in [SAAS_HEALTH, SILENT_ACCOUNT] {
        let module = engine
            .compile(&module(name))
            .expect("the shipped rule is sound");
        let parameters: Vec<f64> = module
            .manifest
            .parameters
            .iter()
            .map(|parameter| parameter.default)
            .collect();
        let mut random = Pcg64Mcg::seed_from_u64(1);
        let mut rows = Rows::new(module.manifest.features.len());
        while !rows.is_full() {
            let missing = f64::NAN;
            let features = 0..rows.features();
            let row: Vec<f64> = features
                .map(|_| {
                    if random.random_bool(0.1) {
                        missing
                    } else {
                        random.random_range(0.0..90.0)
                    }
                })
                .collect();
            rows.push(row);
        }
        let causes: Vec<u64> = (0..ROWS_MAX)
            .map(|row| hash64(&row.to_le_bytes()))
            .collect();
        let mut host = Host::new();
        let mut verdicts = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let failures =
                    host.evaluate("bench", &module, &parameters, &rows, &causes, &mut verdicts);
                assert!(failures.is_empty(), "{failures:?}");
                black_box(&verdicts);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = rule
}
criterion_main!(benches);
