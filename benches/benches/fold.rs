//! The whole fold: records in memory to committed outputs, with the rules that ship.
//!
//! One shard on one core: merge, decode, admit, state, features, WebAssembly, decisions, journal.
//! The floor is 300,000 events a second and core. Time is that of the processor where the system
//! tells it, so that others on the machine do not count. Build the rules first (engine/demo does).

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puls::clock::Stopwatch;
use puls_benches::fold::{Bench, SAAS_HEALTH, SILENT_ACCOUNT};
use puls_benches::{Generator, Keys, Line, Workload};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Records that are folded before the measurement begins: accounts are known then.
const WARM: usize = 100_000;
/// Records that are measured in one go.
const RECORDS: usize = 200_000;

fn fold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(RECORDS as u64));
    // Few accounts are known well soon, so a score is published now and then; of many accounts
    // with a few events each, one event in eight publishes one.
    let settled = Workload {
        accounts: 1_000,
        events_per_s: 1_000.0,
        ..Workload::default()
    };
    let many = Workload {
        accounts: 10_000,
        ..settled
    };
    let uniform = Workload {
        keys: Keys::Uniform,
        ..many
    };
    let table = [
        ("settled accounts, saas-health", settled, &[SAAS_HEALTH][..]),
        (
            "settled accounts, both rules",
            settled,
            &[SAAS_HEALTH, SILENT_ACCOUNT],
        ),
        ("many accounts, saas-health", many, &[SAAS_HEALTH]),
        ("many alike, saas-health", uniform, &[SAAS_HEALTH]),
    ];
    for (name, workload, rules) in table {
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
    let (watch, before) = (Stopwatch::start(), processor_time());
    bench.run();
    match (before, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => watch.elapsed(),
    }
}

/// How long this thread has been on a processor, as Linux tells it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
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
