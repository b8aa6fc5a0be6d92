//! A what-if of a million accounts: the shipped scorecard and the same card with another weight.
//!
//! The columns are those of 50,000 accounts with a year of made-up traffic, read off the shard
//! twenty times into memory of their own, so that a million rows stream from memory as a million
//! accounts' would. Measured is the whole answer: both cards on every row, sums, and the reasons of
//! the ten greatest movers. The floor is one second on two threads. What the columns take of memory
//! is told before. Build the rules first (engine/demo does).

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use puls::kit::catalogue;
use puls::model::Settings;
use puls::query::{Answer, Comparison, Contender, Shards};
use puls::rules::{Module, RulesEngine};
use puls::shard::{Chunk, ColumnSet, Place};
use puls::state::Plan;
use puls_benches::fold::{Bench, SAAS_HEALTH, TENANT};
use puls_benches::{Generator, Keys, Line, Workload};
use puls_wire::ROWS_MAX;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CARD: &str = include_str!("../../rules/saas-scorecard/card.toml");
/// Accounts that are folded, and events of theirs.
const ACCOUNTS: u32 = 50_000;
const EVENTS: usize = 400_000;
/// Rows that are compared.
const ROWS: usize = 1_000_000;

fn what_if(criterion: &mut Criterion) {
    let engine = RulesEngine::new().expect("rules can run here");
    let settings = Settings::default();
    let present = contender(&engine, CARD, &settings);
    let draft = CARD.replacen("weight = 45", "weight = 90", 1);
    let draft = contender(&engine, &draft, &settings);
    let chunks = columns(&present);
    let what = Comparison {
        tenant: TENANT,
        chunks: &chunks,
        present: &present,
        draft: &draft,
        movers: 10,
    };
    let mut group = criterion.benchmark_group("what-if");
    group.throughput(Throughput::Elements(ROWS as u64));
    for threads in [1, 2] {
        let name = format!("a million accounts, saas-scorecard, {threads} threads");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let tally = what.run_on(threads).expect("both cards answer");
                assert_eq!(tally.accounts, ROWS as u64);
                assert!(tally.scores_changed > 0);
                black_box(Answer::new(&what, &tally, (Shards { here: 1, of: 1 }, 0)))
            });
        });
    }
    group.finish();
}

fn contender(engine: &RulesEngine, card: &str, settings: &Settings) -> Contender {
    let plan = Plan::new(settings, &BTreeMap::new()).expect("the default settings are sound");
    let card = puls_scorecard::read(card, &catalogue(&plan));
    let compiled = puls_scorecard::compile(&card.expect("the shipped card is sound"));
    let module: Arc<Module> = engine.compile(&compiled.module).expect("a card compiles");
    let defaults = module.manifest.parameters.iter().map(|it| it.default);
    let parameters: Vec<f64> = defaults.collect();
    Contender::new("saas-scorecard", (&module, &parameters), settings)
}

/// A million rows of what the card reads.
fn columns(card: &Contender) -> Vec<Arc<Chunk>> {
    let workload = Workload {
        accounts: ACCOUNTS,
        keys: Keys::Uniform,
        events_per_s: 0.0127,
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(EVENTS).collect();
    let mut bench = Bench::new(&[SAAS_HEALTH]);
    bench.append(&lines);
    drop(lines);
    bench.run();
    let shard = bench.shard_mut();
    let at = shard.now();
    let epoch = shard.governing(TENANT, at).expect("it was activated");
    let features = &card.module.manifest.features;
    let set = ColumnSet::new(epoch, features).expect("the card fits the tenant");
    let set = Arc::new(set);
    let places: Vec<Place> = (0..).take(shard.accounts_len()).collect();
    let (mut chunks, mut rows) = (Vec::new(), 0);
    while rows < ROWS {
        for places in places.chunks_exact(ROWS_MAX) {
            let short = places.get(..(ROWS - rows).min(ROWS_MAX)).unwrap_or(places);
            chunks.push(Arc::new(shard.chunk(&set, (short, None), at)));
            rows += short.len();
            if rows == ROWS {
                break;
            }
        }
    }
    let taken: usize = chunks.iter().map(|chunk| chunk.bytes()).sum();
    writeln!(
        std::io::stderr(),
        "{rows} rows of {} features take {} MB, texts of keys not counted",
        features.len(),
        taken / 1_000_000
    )
    .expect("there is a standard error");
    chunks
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(5));
    targets = what_if
}
criterion_main!(benches);
