//! A shard at a moment of the past is the shard that a run stopped then has: digests of all that
//! was said, and every account's explanation.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use puls::clock::ManualClock;
use puls::decode::DecoderSpec;
use puls::log::files::{DataFolder, FileFormat, FileInput};
use puls::merge::Merged;
use puls::model::{Digest, Kind, Output, ShardId, Step, Time};
use puls::rules::RulesEngine;
use puls::shard::{Shard, ShardSpec};
use puls::worker::files::{FileRun, run};
use puls::worker::past::{Fold, Past, Witness};
use puls::worker::{NoObserver, Runner, Stop};
use puls_benches::{Generator, Line, Workload};
use puls_tests::program::put;
use puls_tests::seed;
use puls_tests::sim::{inputs, publish_shipped, shipped};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tempfile::TempDir;

const SHARDS: u32 = 2;

/// Made-up customers with late and repeated events, a file per kind.
struct World {
    folder: TempDir,
    from: Time,
    until: Time,
}

impl World {
    fn new(seed: u64) -> Self {
        let workload = Workload {
            seed,
            accounts: 12,
            events_per_s: 1_000.0 / (60.0 * 86_400.0),
            late_share: 0.05,
            duplicate_share: 0.05,
            ..Workload::default()
        };
        let lines: Vec<Line> = Generator::new(&workload).take(700).collect();
        let folder = tempfile::tempdir().unwrap();
        for kind in Kind::ALL {
            let of_kind = lines.iter().filter(|line| line.kind == *kind);
            let text: String = of_kind.map(|line| format!("{}\n", line.value)).collect();
            put(folder.path(), kind.as_str(), text);
        }
        let time = |line: Option<&Line>| line.map_or(Time(0), |line| line.time);
        Self {
            folder,
            from: time(lines.first()),
            until: time(lines.last()),
        }
    }

    /// A run into `data` up to and including `until`.
    fn run(&self, data: &Path, until: Time) -> FileRun {
        let file_run = self.on(DataFolder::open(data, SHARDS).unwrap(), until);
        publish_shipped(&mut file_run.log(), Time(0), &shipped());
        run(&file_run, &NoObserver, &Stop::default()).unwrap();
        drop(file_run);
        self.on(DataFolder::read(data).unwrap(), until)
    }

    fn on(&self, folder: DataFolder, until: Time) -> FileRun {
        let source = |kind: &Kind| FileInput {
            paths: vec![self.folder.path().join(kind.as_str())],
            format: FileFormat::Lines,
            follow: false,
        };
        let inputs = inputs();
        FileRun {
            folder: Arc::new(folder),
            sources: Kind::ALL.iter().map(source).collect(),
            spec: ShardSpec {
                shards: SHARDS,
                keyed: false,
                decoders: inputs.iter().map(|_| DecoderSpec::default()).collect(),
                inputs,
                engine: RulesEngine::new().unwrap(),
            },
            clock: Arc::new(ManualClock::at(self.until.plus_ms(86_400_000))),
            until: Some(until),
            follow: false,
            records_max: 23,
        }
    }
}

/// Sees how much is folded.
#[derive(Default)]
struct Seen(usize);

impl Witness for Seen {
    fn folded(&mut self, _: &Step, _: &[Merged], outputs: &[Output]) {
        self.0 += outputs.len();
    }

    fn progress(&mut self, _: u64, _: u64) {}
}

/// Digests of all that was said, and every account's explanation at `at`.
fn told(shard: &mut Shard, at: Time) -> (Vec<(String, Digest)>, Vec<String>) {
    let mut all = Vec::new();
    shard.standings(at, &mut |standing| {
        for rule in &standing.rules {
            let data = String::from_utf8(rule.data.to_json()).unwrap();
            let alerts: Vec<_> = rule.alerts.iter().map(|it| (it.id, it.revision)).collect();
            all.push(format!("{} {data} {alerts:?}", standing.key));
        }
    });
    (shard.digests(), all)
}

fn at_past(run: &FileRun, shard: ShardId, until: Time, from_beginning: bool) -> Past {
    let fold = Fold {
        until,
        from_beginning,
        tenant: None,
    };
    Past::fold(
        &mut run.log(),
        (shard, &run.spec),
        fold,
        &mut Seen::default(),
    )
    .unwrap()
}

#[test]
fn a_look_back_is_the_run_that_was_stopped_then() {
    let seed = seed("explain", 5);
    let world = World::new(seed);
    let whole = tempfile::tempdir().unwrap();
    let whole = world.run(whole.path(), world.until);
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (mut accounts, mut cut) = (0, 0);
    for place in 0..24 {
        let at = Time(random.random_range(world.from.0..=world.until.0));
        let stopped = tempfile::tempdir().unwrap();
        let stopped = world.run(stopped.path(), at);
        for shard in (0..SHARDS).map(ShardId) {
            let mut past = at_past(&whole, shard, at, false);
            let steps = past.steps;
            let mut log = stopped.log();
            let mut then = Runner::recover(&mut log, shard, &stopped.spec, &NoObserver).unwrap();
            let (found, expected) = (
                told(past.runner.shard_mut(), at),
                told(then.shard_mut(), at),
            );
            assert_eq!(found, expected, "moment {place}, {at}, shard {}", shard.0);
            accounts += expected.1.len();
            cut += usize::from(past.is_passed);
            // The step that the moment lies in says the same in two halves.
            past.finish(None).unwrap();
            assert_eq!(past.steps, steps + u64::from(past.is_passed));
        }
    }
    assert!(accounts > 200 && cut > 30, "{accounts} {cut}");
}

#[test]
fn a_snapshot_before_the_moment_gives_the_same_answer() {
    let world = World::new(seed("explain snapshot", 8));
    let data = tempfile::tempdir().unwrap();
    let middle = Time(i64::midpoint(world.from.0, world.until.0));
    world.run(data.path(), middle);
    let snapshot = |shard: u32| data.path().join(format!("shard-{shard}/snapshot"));
    let kept: Vec<_> = (0..SHARDS)
        .map(|shard| fs::read(snapshot(shard)).unwrap())
        .collect();
    let whole = world.run(data.path(), world.until);
    for (shard, kept) in (0..SHARDS).zip(&kept) {
        put(data.path(), &format!("shard-{shard}/snapshot"), kept);
    }
    for share in [0, 1, 5, 9] {
        let at = middle.plus_ms(world.until.since_ms(middle) * share / 10);
        for shard in (0..SHARDS).map(ShardId) {
            let mut near = at_past(&whole, shard, at, false);
            let mut far = at_past(&whole, shard, at, true);
            assert!(near.sequence_from > 0 && far.sequence_from == 0);
            let told_near = told(near.runner.shard_mut(), at);
            assert_eq!(told_near, told(far.runner.shard_mut(), at), "{at}");
        }
    }
    // Before the snapshot it is passed over.
    assert_eq!(
        at_past(&whole, ShardId(0), middle.minus_ms(86_400_000), false).sequence_from,
        0
    );
}
