//! The whole fold: records in memory to committed outputs, with the rules that ship.
//!
//! One shard on one core: merge, decode, admit, state, features, WebAssembly, decisions, journal.
//! The floor is 300,000 events a second. Build the rules first (engine/demo does).

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puls::clock::Stopwatch;
use puls_benches::fold::{Bench, SAAS_HEALTH, SILENT_ACCOUNT};
use puls_benches::{Generator, Keys, Line, Workload};

/// Records that are folded before the measurement begins: accounts are known then.
const WARM: usize = 100_000;
/// Records that are measured in one go.
const RECORDS: usize = 300_000;

fn fold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let table = [
        ("zipf, saas-health", Keys::Zipf(1.0), &[SAAS_HEALTH][..]),
        ("uniform, saas-health", Keys::Uniform, &[SAAS_HEALTH]),
        (
            "zipf, both rules",
            Keys::Zipf(1.0),
            &[SAAS_HEALTH, SILENT_ACCOUNT],
        ),
    ];
    for (name, keys, rules) in table {
        let workload = Workload {
            keys,
            events_per_s: 1_000.0,
            ..Workload::default()
        };
        let lines: Vec<Line> = Generator::new(&workload).take(WARM + RECORDS).collect();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|passes| (0..passes).map(|_| pass(&lines, rules)).sum());
        });
    }
    group.finish();
}

/// Folds all lines; how long those after the warm-up took.
fn pass(lines: &[Line], rules: &[&str]) -> Duration {
    let mut bench = Bench::new(rules);
    let (warm, measured) = lines.split_at(WARM);
    bench.append(warm);
    bench.run();
    bench.append(measured);
    let watch = Stopwatch::start();
    bench.run();
    watch.elapsed()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(10));
    targets = fold
}
criterion_main!(benches);
