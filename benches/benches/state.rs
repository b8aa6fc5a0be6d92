//! Events into accounts, and accounts into features.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use puls::decode::{Decoder, DecoderSpec};
use puls::features::Selection;
use puls::model::{Event, Record, Settings, Time};
use puls::rules::RulesEngine;
use puls::state::{Account, Plan};
use puls_benches::fold::{SAAS_HEALTH, module};
use puls_benches::{Generator, Keys, Workload, records};

const RECORDS: usize = 20_000;
const ACCOUNTS: u32 = 200;

fn workload() -> Vec<Record> {
    let workload = Workload {
        accounts: ACCOUNTS,
        keys: Keys::Uniform,
        duplicate_share: 0.0,
        // A hundred days.
        events_per_s: RECORDS as f64 / (100.0 * 86_400.0),
        ..Workload::default()
    };
    records(Generator::new(&workload).take(RECORDS), 0)
}

/// Every event with its account's place and its now.
fn decoded(records: &[Record]) -> Vec<(usize, Time, Event<'_>)> {
    let mut decoder = Decoder::new(&DecoderSpec::default()).expect("the default is sound");
    let mut events = Vec::new();
    let mut all = Vec::new();
    for record in records {
        decoder
            .decode(record, &mut events)
            .expect("made-up records are sound");
        for event in events.drain(..) {
            let event = event.expect("made-up events are sound");
            let number = event.account.trim_start_matches("a-").parse();
            let now = record.timestamp.expect("made-up records have a time");
            all.push((number.expect("accounts are numbered"), now, event));
        }
    }
    all
}

fn fold_into(plan: &Plan, events: &[(usize, Time, Event<'_>)]) -> Vec<Account> {
    let mut accounts: Vec<_> = (0..ACCOUNTS).map(|_| Account::default()).collect();
    for (account, now, event) in events {
        if let Some(account) = accounts.get_mut(*account) {
            account.apply(plan, event, *now);
        }
    }
    accounts
}

fn state(criterion: &mut Criterion) {
    let plan = Plan::new(&Settings::default(), &BTreeMap::new()).expect("the default is sound");
    let records = workload();
    let events = decoded(&records);
    let mut group = criterion.benchmark_group("state");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("apply", |bencher| {
        bencher.iter(|| black_box(fold_into(&plan, &events)));
    });
    group.finish();
}

fn features(criterion: &mut Criterion) {
    let plan = Plan::new(&Settings::default(), &BTreeMap::new()).expect("the default is sound");
    let records = workload();
    let events = decoded(&records);
    let engine = RulesEngine::new().expect("rules can run here");
    let manifest = engine
        .check(&module(SAAS_HEALTH))
        .expect("the shipped rule is sound");
    let selection = Selection::new(&plan, &manifest.features).expect("its features are known");
    let now = records
        .last()
        .and_then(|record| record.timestamp)
        .expect("there are records");
    let mut group = criterion.benchmark_group("features");
    group.throughput(Throughput::Elements(u64::from(ACCOUNTS)));
    group.bench_function("saas-health", |bencher| {
        bencher.iter_batched_ref(
            || (fold_into(&plan, &events), Vec::new()),
            |(accounts, row)| {
                for account in accounts {
                    selection.compute(&plan, account, now, row);
                    black_box(&row);
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = state, features
}
criterion_main!(benches);
