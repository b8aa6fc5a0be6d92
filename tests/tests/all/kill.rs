//! The program over files, killed again and again: what is published is what one undisturbed run
//! publishes, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use puls::model::Topic;
use puls_benches::{Generator, Workload};
use puls_tests::cards::COMPARED;
use puls_tests::program::{self, link_rules, program, puls};
use puls_tests::seed;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tempfile::TempDir;

const SHARDS: usize = 2;
const LINES: usize = 25_000;
/// Kills of one story; the program is started once more than that.
const KILLS: u64 = 12;

const CONFIG: &str = r#"
[puls]
data = "data"
shards = 2

[inputs.events]
path = "events.ndjson"

[tenants.tenant-0]
[[tenants.tenant-0.rules]]
file = "rules/saas-health.wasm"
primary = true
[[tenants.tenant-0.rules]]
file = "rules/silent-account.wasm"
[[tenants.tenant-0.rules]]
file = "compared.toml"
"#;

/// A folder with a feed and a configuration.
fn desk(seed: u64) -> TempDir {
    let workload = Workload {
        seed,
        accounts: 200,
        events_per_s: 0.01,
        late_share: 0.03,
        duplicate_share: 0.03,
        ..Workload::default()
    };
    let lines = Generator::new(&workload).take(LINES);
    let text: String = lines.map(|line| line.value + "\n").collect();
    let folder = program::desk(&[
        ("puls.toml", CONFIG),
        ("compared.toml", COMPARED),
        ("events.ndjson", &text),
    ]);
    link_rules(folder.path(), "rules");
    folder
}

fn start(desk: &Path) -> Child {
    Command::new(program())
        .arg("run")
        .current_dir(desk)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The files in which outputs, and counts for other shards, lie.
fn files(desk: &Path) -> Vec<PathBuf> {
    let names = Topic::ALL.iter().map(|topic| topic.as_str());
    let names: Vec<String> = names
        .map(|name| format!("{name}.ndjson"))
        .chain(["counts".to_owned()])
        .collect();
    (0..SHARDS)
        .flat_map(|shard| {
            let folder = desk.join(format!("data/shard-{shard}"));
            names.iter().map(move |name| folder.join(name))
        })
        .collect()
}

/// Bytes that a run has written so far; none before it has begun.
fn written(desk: &Path) -> u64 {
    let journals = (0..SHARDS).map(|shard| desk.join(format!("data/shard-{shard}/journal")));
    files(desk)
        .into_iter()
        .chain(journals)
        .filter_map(|file| fs::metadata(file).ok())
        .map(|data| data.len())
        .sum()
}

/// Kills a run that is under way as soon as `bytes` are written; whether it still lived then.
fn kill_at(desk: &Path, bytes: u64) -> bool {
    let mut child = start(desk);
    let ended = loop {
        if written(desk) >= bytes {
            break false;
        }
        if child.try_wait().unwrap().is_some() {
            break true;
        }
        std::thread::yield_now();
    };
    // SIGKILL.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    !ended && !status.success()
}

#[test]
fn a_program_that_is_killed_again_and_again_publishes_what_it_would_have() {
    let seed = seed("kills", 31);
    let (undisturbed, disturbed) = (desk(seed), desk(seed));
    puls(undisturbed.path(), ["run"]).done();
    let total = written(undisturbed.path());
    assert!(total > 1_000_000, "the run says too little: {total} bytes");

    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut kills = 0;
    for kill in 0..KILLS {
        let (from, to) = (total * kill / KILLS, total * (kill + 1) / KILLS);
        kills += u64::from(kill_at(disturbed.path(), random.random_range(from..to)));
    }
    assert!(kills > KILLS / 2, "only {kills} runs were killed");
    puls(disturbed.path(), ["run"]).done();

    for (found, expected) in files(disturbed.path())
        .iter()
        .zip(files(undisturbed.path()))
    {
        assert!(
            fs::read(found).unwrap() == fs::read(expected).unwrap(),
            "{} differs",
            found.display()
        );
    }
}
