//! Runs over files: what a crash leaves behind at any point shows in nothing after it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use puls::clock::ManualClock;
use puls::decode::DecoderSpec;
use puls::log::InputSpec;
use puls::log::files::{DataFolder, FileFormat, FileInput};
use puls::model::{Kind, Time, Topic};
use puls::rules::RulesEngine;
use puls::shard::ShardSpec;
use puls::worker::files::{FileRun, Summary, run};
use puls::worker::{NoObserver, Stop};
use puls_benches::{Generator, Line, Workload};
use puls_tests::program::{put, write};
use puls_tests::seed;
use puls_tests::sim::{publish_shipped, shipped};
use tempfile::TempDir;

/// A folder with one input file per kind.
struct Inputs {
    folder: TempDir,
    until: Time,
}

impl Inputs {
    /// Where nothing is late, the time of a record does not depend on other accounts' records.
    fn in_order(seed: u64, lines: usize) -> Self {
        Self::new(seed, lines, 0.0)
    }

    fn new(seed: u64, lines: usize, late_share: f64) -> Self {
        let workload = Workload {
            seed,
            accounts: 30,
            events_per_s: 1_000.0 / (30.0 * 86_400.0),
            late_share,
            duplicate_share: late_share,
            ..Workload::default()
        };
        let lines: Vec<Line> = Generator::new(&workload).take(lines).collect();
        let folder = tempfile::tempdir().unwrap();
        for kind in Kind::ALL {
            let of_kind = lines.iter().filter(|line| line.kind == *kind);
            let text: String = of_kind.map(|line| format!("{}\n", line.value)).collect();
            put(folder.path(), kind.as_str(), text);
        }
        let until = lines.last().map_or(Time(0), |line| line.time);
        Self { folder, until }
    }

    fn run(&self, data: &Path, shards: u32, records_max: usize) -> Summary {
        let inputs: Arc<[InputSpec]> = puls_tests::sim::inputs();
        let source = |kind: &Kind| FileInput {
            paths: vec![self.folder.path().join(kind.as_str())],
            format: FileFormat::Lines,
            follow: false,
        };
        let folder = Arc::new(DataFolder::open(data, shards).unwrap());
        let file_run = FileRun {
            folder,
            sources: Kind::ALL.iter().map(source).collect(),
            spec: ShardSpec {
                shards,
                keyed: false,
                decoders: inputs.iter().map(|_| DecoderSpec::default()).collect(),
                inputs,
                engine: RulesEngine::new().unwrap(),
            },
            clock: Arc::new(ManualClock::at(self.until.plus_ms(86_400_000))),
            until: Some(self.until),
            follow: false,
            records_max,
        };
        publish_shipped(&mut file_run.log(), Time(0), &shipped());
        run(&file_run, &NoObserver, &Stop::default()).unwrap()
    }
}

fn output(data: &Path, shard: u32, topic: Topic) -> PathBuf {
    data.join(format!("shard-{shard}/{}.ndjson", topic.as_str()))
}

fn outputs(data: &Path) -> Vec<Vec<u8>> {
    Topic::ALL
        .iter()
        .map(|topic| fs::read(output(data, 0, *topic)).unwrap())
        .collect()
}

/// Ends of the whole frames of a journal: a frame is 12 bytes and a payload as long as its first
/// four say.
fn frame_ends(journal: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while let Some(length) = journal.get(at..at + 4) {
        at += 12 + u32::from_le_bytes(length.try_into().unwrap()) as usize;
        ends.push(at);
    }
    ends
}

#[test]
fn a_run_that_died_anywhere_ends_with_the_same_bytes() {
    let inputs = Inputs::new(seed("files", 21), 400, 0.05);
    let whole = tempfile::tempdir().unwrap();
    inputs.run(whole.path(), 1, 40);
    let expected = outputs(whole.path());
    assert!(
        expected.iter().map(Vec::len).sum::<usize>() > 10_000,
        "the run says too little"
    );
    let journal = fs::read(whole.path().join("shard-0/journal")).unwrap();
    let ends = frame_ends(&journal);
    assert!(ends.len() > 5, "only {} steps", ends.len());
    for (step, end) in ends.iter().enumerate() {
        // The frame whole, half written, and with outputs of the next step behind it.
        for cut in [*end, end - 5, end - 20] {
            let data = tempfile::tempdir().unwrap();
            Inputs::run_nothing(data.path());
            put(data.path(), "shard-0/journal", &journal[..cut]);
            for (topic, bytes) in Topic::ALL.iter().zip(&expected) {
                write(&output(data.path(), 0, *topic), bytes);
            }
            inputs.run(data.path(), 1, 40);
            assert!(
                outputs(data.path()) == expected,
                "died in step {step}, journal cut at {cut}"
            );
        }
    }
}

impl Inputs {
    /// A data folder with the rules and nothing else.
    fn run_nothing(data: &Path) {
        let folder = Arc::new(DataFolder::open(data, 1).unwrap());
        let mut log = puls::log::files::FileLog::new(
            folder,
            puls_tests::sim::inputs(),
            Arc::new([]),
            Box::new(Nowhere),
        );
        publish_shipped(&mut log, Time(0), &shipped());
        fs::create_dir_all(data.join("shard-0")).unwrap();
    }
}

#[derive(Debug)]
struct Nowhere;

impl puls::log::Route for Nowhere {
    fn route(&mut self, _: &puls::model::Record, _: u32) -> (puls::model::ShardId, Option<Time>) {
        (puls::model::ShardId(0), None)
    }
}

#[test]
fn shards_change_nothing_but_the_file_that_a_line_lies_in() {
    let inputs = Inputs::in_order(seed("shards", 22), 600);
    let lines_of = |shards: u32| {
        let data = tempfile::tempdir().unwrap();
        let summary = inputs.run(data.path(), shards, 10_000);
        let mut lines = Vec::new();
        for shard in 0..shards {
            for topic in [Topic::Scores, Topic::Alerts, Topic::Triggers] {
                let text = fs::read_to_string(output(data.path(), shard, topic)).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
        }
        lines.sort_unstable();
        (lines, summary.counts)
    };
    let (one, counts) = lines_of(1);
    let (four, counts_of_four) = lines_of(4);
    let records: u64 = counts.0.iter().map(|input| input.records.sum()).sum();
    assert_eq!(records, 600);
    assert_eq!(counts, counts_of_four);
    assert!(one.len() > 200, "only {} lines", one.len());
    for (one, four) in one.iter().zip(&four) {
        assert_eq!(one, four);
    }
    assert_eq!(one.len(), four.len());
}
