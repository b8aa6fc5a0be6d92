//! Canonical JSON to events: what a record costs before anything is known of its account.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use puls::decode::{Decoder, DecoderSpec};
use puls_benches::{Generator, Mix, Workload, records};

const RECORDS: usize = 10_000;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(RECORDS as u64));
    for (name, mix) in [("usage", Mix::USAGE), ("mixed", Mix::default())] {
        let workload = Workload {
            mix,
            profiles: false,
            ..Workload::default()
        };
        let records = records(Generator::new(&workload).take(RECORDS), 0);
        let mut decoder = Decoder::new(&DecoderSpec::default()).expect("the default is sound");
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || Vec::with_capacity(8),
                |events| {
                    for record in &records {
                        decoder
                            .decode(record, events)
                            .expect("made-up records are sound");
                        black_box(&events);
                    }
                },
                BatchSize::SmallInput,
            );
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
    targets = decode
}
criterion_main!(benches);
