//! Third-party event sets, read in place, and run through every world that Puls knows.
//!
//! A [`DataSet`] is a set's records as its shipped configuration reads them; [`Final`] is what a
//! run over them ends with, in a form that can be compared.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use puls::clock::{ManualClock, SystemClock};
use puls::config::{self, Config, Source};
use puls::decode::{Decoder, Format};
use puls::log::files::{DataFolder, FileFormat, FileInput, FileLog};
use puls::log::memory::World;
use puls::log::{Committed, InputSpec, Log, Position, Route};
use puls::model::{InputIndex, Output, Record, Settings, ShardId, Time, Topic, partition_of};
use puls::rules::RulesEngine;
use puls::shard::{Counts, Shard, ShardSpec, Standing};
use puls::worker::files::{FileRun, run};
use puls::worker::{NoObserver, Runner, StepLimits, Stepped, Stop};
use serde_json::Value;

use crate::sim::{publish_for, shipped};

/// The folder of a set, where the machine has it.
#[must_use]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn folder(set: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("PULS_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let folder = shared.join(set);
    if !folder.exists() {
        eprintln!(
            "skipped: expected the data set in {}, found no such folder; \
             PULS_TEST_DATA names another",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// A set as its configuration reads it.
#[derive(Debug)]
pub struct DataSet {
    config: Config,
    tenant: String,
    settings: Settings,
    /// The last moment of the run.
    pub until: Time,
    /// All records, by input, with key and time.
    pub records: Vec<Vec<Record>>,
    sources: Vec<FileInput>,
}

/// What a run ends with.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Final {
    /// Per account and rule: score, coverage, features to the bit, parts and reasons.
    pub scores: BTreeMap<String, String>,
    /// Per account and rule: the tier and since when.
    pub tiers: BTreeMap<String, String>,
    /// Per account: what its alerts said, in order.
    pub alerts: BTreeMap<String, Vec<String>>,
    /// What became of everything.
    pub counts: Counts,
}

#[derive(Debug)]
struct Routes(Vec<Decoder>);

impl Route for Routes {
    fn route(&mut self, record: &Record, _: u32) -> (ShardId, Option<Time>) {
        let decoder = self
            .0
            .get_mut(usize::from(record.input))
            .expect("an input's decoder");
        (ShardId(0), decoder.key_and_time(record).1)
    }
}

impl DataSet {
    /// Reads a configuration and all records that it names.
    ///
    /// # Panics
    /// Where either cannot be read.
    #[must_use]
    pub fn load(config: &Path, until: &str) -> Self {
        let config = config::load(config, []).unwrap_or_else(|problems| panic!("{problems}"));
        let (tenant, declared) = config.tenants.first_key_value().expect("one tenant");
        let (tenant, settings) = (tenant.clone(), declared.settings.clone());
        let until = Time::parse_rfc3339(until).expect("a time");
        let source = |input: &config::Input| FileInput {
            paths: paths_of(&config.folder, &input.source),
            format: match input.decoder.format {
                Format::Csv => FileFormat::Csv,
                _ => FileFormat::Lines,
            },
            follow: false,
        };
        let sources: Vec<FileInput> = config.inputs.iter().map(source).collect();
        let records = Vec::new();
        let mut set = Self {
            config,
            tenant,
            settings,
            until,
            records,
            sources,
        };
        set.records = set.read_all();
        set
    }

    fn specs(&self) -> Arc<[InputSpec]> {
        self.config
            .inputs
            .iter()
            .map(|input| input.spec.clone())
            .collect()
    }

    fn decoders(&self) -> Vec<Decoder> {
        let decoder = |input: &config::Input| Decoder::new(&input.decoder).expect("it was checked");
        self.config.inputs.iter().map(decoder).collect()
    }

    /// Names of the inputs.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.config
            .inputs
            .iter()
            .map(|input| input.spec.name.clone())
            .collect()
    }

    fn read_all(&self) -> Vec<Vec<Record>> {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = Arc::new(DataFolder::open(data.path(), 1).expect("a new folder"));
        let routes = Box::new(Routes(self.decoders()));
        let mut log = FileLog::new(folder, self.specs(), self.sources.clone().into(), routes);
        let mut decoders = self.decoders();
        let mut all = Vec::new();
        for (number, decoder) in (0..).zip(&mut decoders) {
            let mut records = VecDeque::new();
            let from = Position {
                shard: ShardId(0),
                input: number,
                offset: 0,
            };
            log.read(from, usize::MAX, &mut records)
                .expect("the set can be read");
            let keyed = |mut record: Record| {
                let (key, _) = decoder.key_and_time(&record);
                record.key = key.map(|key| key.as_str().to_owned().into());
                record
            };
            all.push(records.into_iter().map(keyed).collect());
        }
        all
    }

    /// What every shard is made of.
    ///
    /// # Panics
    /// Where the rules engine does not start.
    #[must_use]
    pub fn spec(&self, shards: u32, keyed: bool) -> ShardSpec {
        let decoders = self
            .config
            .inputs
            .iter()
            .map(|input| input.decoder.clone())
            .collect();
        let engine = RulesEngine::new().expect("the engine starts");
        ShardSpec {
            shards,
            keyed,
            inputs: self.specs(),
            decoders,
            engine,
        }
    }

    /// Publishes the set's settings and the shipped rules, where the log has none.
    pub fn publish(&self, log: &mut dyn Log) {
        publish_for(log, Time(0), (&self.tenant, &self.settings), &shipped());
    }

    /// Through files, in a data folder with so many shards.
    ///
    /// # Panics
    /// Where the run fails.
    #[must_use]
    pub fn through_files(&self, shards: u32) -> Final {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = Arc::new(DataFolder::open(data.path(), shards).expect("a new folder"));
        let file_run = FileRun {
            folder,
            sources: self.sources.clone().into(),
            spec: self.spec(shards, false),
            clock: Arc::new(SystemClock),
            until: Some(self.until),
            follow: false,
            records_max: FileRun::RECORDS_MAX,
        };
        self.publish(&mut file_run.log());
        let summary = run(&file_run, &NoObserver, &Stop::default()).expect("the run ends");
        let mut end = Final {
            counts: summary.counts,
            ..Final::default()
        };
        for shard in 0..shards {
            let mut log = file_run.log();
            let runner = Runner::recover(&mut log, ShardId(shard), &file_run.spec, &NoObserver);
            end.note_shard(runner.expect("the shard recovers").shard_mut(), self.until);
            let alerts = data.path().join(format!("shard-{shard}/alerts.ndjson"));
            let text = fs::read_to_string(alerts).expect("alerts were written");
            text.lines()
                .for_each(|line| end.note_alert(line.as_bytes()));
        }
        end
    }

    /// Through the log in memory, with steps of so many records.
    ///
    /// # Panics
    /// Where a step fails.
    #[must_use]
    pub fn through_memory(&self, shards: u32, records_max: usize) -> Final {
        let spec = self.spec(shards, true);
        let world = World::new(Arc::clone(&spec.inputs), shards);
        for record in self.records.iter().flatten() {
            world.append(ShardId(self.shard_of(record, shards)), record.clone());
        }
        self.publish(&mut world.connect());
        let clock = ManualClock::at(self.until.plus_ms(3_600_000));
        let mut end = Final::default();
        for shard in (0..shards).map(ShardId) {
            let mut log = world.connect_shard(shard);
            let mut runner =
                Runner::recover(&mut log, shard, &spec, &NoObserver).expect("nothing to recover");
            let limits = StepLimits {
                records_max,
                until: self.until,
                timers: true,
            };
            while let Stepped::Folded(prepared) = runner
                .step(&mut log, &clock, limits)
                .expect("memory can be read")
            {
                let commit = std::slice::from_ref(&prepared.commit);
                assert_eq!(
                    log.commit(commit).expect("no fault was planned"),
                    Committed::Done
                );
            }
            end.note_counts(runner.shard().counts());
            end.note_shard(runner.shard_mut(), self.until);
            end.note_alerts(&world.outputs(shard));
        }
        end
    }

    /// The partition among `shards` that a record belongs to.
    #[must_use]
    pub fn shard_of(&self, record: &Record, shards: u32) -> u32 {
        record
            .key
            .as_deref()
            .map_or(0, |key| partition_of(key, shards))
    }

    /// The place of an input by its name.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn input(&self, name: &str) -> InputIndex {
        let place = self.names().iter().position(|input| input == name);
        InputIndex::try_from(place.expect("an input of the set")).expect("few inputs")
    }
}

fn paths_of(folder: &Path, source: &Source) -> Vec<PathBuf> {
    match source {
        Source::Files(paths) => paths.iter().map(|path| folder.join(path)).collect(),
        Source::Topic(_) => Vec::new(),
    }
}

impl Final {
    /// Notes the final evaluation of every account of a shard.
    pub fn note_shard(&mut self, shard: &mut Shard, until: Time) {
        shard.standings(until, &mut |standing| self.note_standing(standing));
    }

    fn note_standing(&mut self, standing: &Standing<'_>) {
        for rule in &standing.rules {
            let name = format!("{} {}", standing.key, rule.data.rule.name);
            let bits: Vec<u64> = rule.values.iter().map(|value| value.to_bits()).collect();
            let why: Vec<&str> = rule.data.why.iter().map(|why| &*why.text).collect();
            let data = &rule.data;
            let parts = &data.measures;
            let text = format!(
                "{:?} {:?} {:?} {} {bits:?} {why:?} {parts:?}",
                data.status, data.score, data.computed, data.coverage
            );
            self.scores.insert(name.clone(), text);
            self.tiers
                .insert(name, format!("{} since {}", data.tier, data.since));
        }
    }

    /// Notes the alerts among a shard's outputs.
    pub fn note_alerts(&mut self, outputs: &[Output]) {
        let alerts = outputs
            .iter()
            .filter(|output| output.topic == Topic::Alerts);
        alerts.for_each(|output| self.note_alert(&output.value));
    }

    /// Notes one publication of an alert.
    ///
    /// # Panics
    /// Where it is none.
    pub fn note_alert(&mut self, event: &[u8]) {
        let event: Value = serde_json::from_slice(event).expect("an alert is JSON");
        let data = event.get("data").expect("an event has data");
        let said = ["alert", "revision", "change", "subject", "severity", "why"]
            .map(|field| data.get(field).map(Value::to_string).unwrap_or_default());
        let line = format!("{:?} {}", event.get("time"), said.join(" "));
        let account = event
            .get("subject")
            .and_then(Value::as_str)
            .expect("an alert names its account");
        self.alerts
            .entry(account.to_owned())
            .or_default()
            .push(line);
    }

    /// Adds the counts of a shard.
    pub fn note_counts(&mut self, counts: &Counts) {
        if self.counts.0.is_empty() {
            self.counts = counts.clone();
        } else {
            self.counts.add(counts);
        }
    }

    /// Compares scores and explanations, account by account.
    ///
    /// # Panics
    /// Where any differs.
    pub fn assert_same_scores(&self, other: &Self, how: &str) {
        assert_eq!(
            self.scores.len(),
            other.scores.len(),
            "{how}: number of scores"
        );
        for ((name, ours), (of, theirs)) in self.scores.iter().zip(&other.scores) {
            assert_eq!((name, ours), (of, theirs), "{how}");
        }
    }

    /// Compares tiers and alerts, account by account.
    ///
    /// # Panics
    /// Where any differs.
    pub fn assert_same_decisions(&self, other: &Self, how: &str) {
        for ((name, ours), (of, theirs)) in self.tiers.iter().zip(&other.tiers) {
            assert_eq!((name, ours), (of, theirs), "{how}");
        }
        assert_eq!(
            self.alerts.len(),
            other.alerts.len(),
            "{how}: accounts with alerts"
        );
        for ((name, ours), (of, theirs)) in self.alerts.iter().zip(&other.alerts) {
            assert_eq!((name, ours), (of, theirs), "{how}");
        }
    }
}
