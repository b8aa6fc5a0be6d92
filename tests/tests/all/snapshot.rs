//! Kept snapshots: what this program and those before it have written can still be read, and means
//! what it meant.
//!
//! `fixtures/snapshot-N.bin` is a snapshot of schema version N, `fixtures/snapshot-N.txt` what it
//! says: digests per tenant, and the features of every account that were known then. A fixture is
//! written once, with `PULS_BLESS=1`, when a version is new, and never again.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use puls::log::{Log, Snapshot};
use puls::model::{DAY_MS, ShardId, Time, Writer};
use puls::rules::RulesEngine;
use puls::snapshot::{VERSION, open, seal};
use puls::worker::{NoObserver, Runner};
use puls_benches::{Generator, Line, Workload};
use puls_tests::cards::compared;
use puls_tests::sim::{Feed, Sim, SimRule, shipped};

const SHARD: ShardId = ShardId(0);
/// The first schema that was kept.
const FIRST: u32 = 2;
/// When the features are read; behind all that the snapshot knows.
const AT: Time = Time(1_769_040_000_000);

fn fixture(version: u32, form: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/snapshot-{version}.{form}"))
}

/// The rules that ship, and one that compares with peers.
fn rules() -> Vec<SimRule> {
    let mut rules = shipped();
    rules.push(compared(false));
    rules
}

fn lines() -> Vec<Line> {
    let workload = Workload {
        seed: 41,
        accounts: 6,
        events_per_s: 300.0 / (20.0 * 86_400.0),
        late_share: 0.05,
        duplicate_share: 0.05,
        ..Workload::default()
    };
    Generator::new(&workload).take(300).collect()
}

/// A shard that has seen a little of everything.
fn made() -> Vec<u8> {
    let sim = Sim::new(1, &RulesEngine::new().unwrap(), &rules());
    let until = lines().last().unwrap().time.plus_ms(DAY_MS);
    sim.catch_up(&lines(), Feed::whole(until));
    sim.member(SHARD).store_snapshot();
    sim.world.connect().snapshot(SHARD).unwrap().unwrap().bytes
}

/// A shard recovered from a snapshot alone, and the payload that it would write itself.
fn recovered(bytes: &[u8]) -> (Runner, Vec<u8>) {
    let sim = Sim::new(1, &RulesEngine::new().unwrap(), &rules());
    let mut log = sim.world.connect();
    let snapshot = Snapshot {
        sequence_next: 1,
        bytes: bytes.to_vec(),
    };
    log.store_snapshot(SHARD, &snapshot).unwrap();
    let runner = Runner::recover(&mut log, SHARD, &sim.spec, &NoObserver).unwrap();
    let mut writer = Writer::new();
    runner.shard().write(&mut writer);
    (runner, writer.into_bytes())
}

/// What a shard knows, in lines.
fn told(runner: &mut Runner) -> String {
    let mut text = String::new();
    for (tenant, digest) in runner.digests() {
        writeln!(text, "digest {tenant} {digest}").unwrap();
    }
    runner.shard_mut().features(AT, &mut |key, values| {
        for (name, value) in values {
            let shown = match (value.value, &value.text) {
                (_, Some(words)) => words.clone(),
                (Some(number), None) => format!("{number:?}"),
                (None, None) => format!("missing: {}", value.missing.unwrap_or("")),
            };
            writeln!(text, "{key} {name} {shown}").unwrap();
        }
    });
    text
}

#[test]
fn kept_snapshots_mean_what_they_meant() {
    if std::env::var_os("PULS_BLESS").is_some() && !fixture(VERSION, "bin").exists() {
        let bytes = made();
        let text = told(&mut recovered(&bytes).0);
        fs::create_dir_all(fixture(VERSION, "bin").parent().unwrap()).unwrap();
        for (form, content) in [("bin", bytes.as_slice()), ("txt", text.as_bytes())] {
            puls::log::durable::replace(&fixture(VERSION, form), content).unwrap();
        }
    }
    for version in FIRST..=VERSION {
        let bytes = fs::read(fixture(version, "bin")).unwrap();
        let kept = fs::read_to_string(fixture(version, "txt")).unwrap();
        let (mut runner, written) = recovered(&bytes);
        let found = told(&mut runner);
        assert!(kept.lines().count() > 150, "the fixture says too little");
        for line in kept.lines() {
            // Features that came later have lines of their own.
            assert!(
                found.lines().any(|found| found == line),
                "snapshot of version {version}: expected `{line}`"
            );
        }
        if version == VERSION {
            let (_, payload) = open(&bytes).unwrap();
            assert!(payload.ends_with(&written), "it would be written otherwise");
        }
    }
}

#[test]
fn a_snapshot_that_is_damaged_anywhere_is_refused() {
    let bytes = fs::read(fixture(VERSION, "bin")).unwrap();
    let (_, payload) = open(&bytes).unwrap();
    assert_eq!(seal(payload), bytes);
    for at in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(open(&damaged).is_err(), "byte {at}");
        assert!(open(&bytes[..at]).is_err(), "cut at {at}");
    }
}
